#!/usr/bin/env python3
"""Prints the benchmark's table, and writes it:  table.py <results.jsonl> [results.json]

In: one JSON object per line, ours and the peers': {"work","size","who","version","seconds"}; optional "result" (all who give one
for a work and size must agree) and "notes" (an object: what else was measured, "bar" and "met" among it). Ours say Siyu.

Out: a list of rows {"work","size","ours_s","peer","peer_version","peer_s","ratio"}, one for each peer of a work, or one without a peer, with our
notes as further fields, the peer's as peer_NAME, the machine and the day. Works and sizes that are not in this run keep their rows. ratio: how many times longer the peer takes.
"""

import datetime
import json
import platform
import sys

US = "Siyu"


def joined(rows):
    """Our figure beside each peer's, in order of first appearance."""
    out, wrong = [], []
    for work, size in dict.fromkeys((r["work"], r["size"]) for r in rows):
        of_work = [r for r in rows if (r["work"], r["size"]) == (work, size)]
        if len({json.dumps(r["result"]) for r in of_work if r.get("result") is not None}) > 1:
            wrong.append(work)
        ours = next((r for r in of_work if r["who"] == US), None)
        peers = [r for r in of_work if r["who"] != US] or [None]
        for peer in peers:
            out.append(
                {
                    "work": work,
                    "size": size,
                    "ours_s": ours and ours["seconds"],
                    "peer": peer and peer["who"],
                    "peer_version": peer and peer["version"],
                    "peer_s": peer and peer["seconds"],
                    "ratio": round(peer["seconds"] / ours["seconds"], 3) if ours and peer else None,
                }
                | (ours or {}).get("notes", {})
                | {f"peer_{name}": value for name, value in (peer or {}).get("notes", {}).items()}
            )
    return out, wrong


def seconds(value):
    return "" if value is None else f"{value * 1000:,.1f} ms" if value < 1 else f"{value:,.2f} s"


def noted(notes):
    plain = ("work", "size", "ours_s", "ratio", "bar", "met", "load")
    shown = {name: value for name, value in notes.items() if name not in plain and not name.startswith("peer")}
    text = ", ".join(f"{name} {value:,}" if isinstance(value, (int, float)) else f"{name} {value}" for name, value in shown.items())
    verdict = {True: "met", False: "NOT met"}.get(notes.get("met"))
    return f"{text}; {notes['bar']}: {verdict}" if verdict else text


def machine():
    """Processor, cores, kernel: what the figures belong to."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as f:
            names = [line.split(":")[1].strip() for line in f if line.startswith("model name")]
    except OSError:
        names = []
    processor = names[0] if names else platform.processor()
    today = datetime.date.today().isoformat()
    return {"processor": processor, "cores": len(names), "kernel": platform.release(), "date": today}


def kept(path, out):
    """What was written before of works that this run was not about."""
    try:
        with open(path, encoding="utf-8") as f:
            before = json.load(f)
    except FileNotFoundError:
        return []
    now = {(row["work"], row["size"]) for row in out}
    return [row for row in before if (row["work"], row["size"]) not in now]


def main():
    with open(sys.argv[1], encoding="utf-8") as f:
        rows = [json.loads(line) for line in f if line.strip()]
    out, wrong = joined(rows)
    if len(sys.argv) > 2:
        rows = kept(sys.argv[2], out) + [row | machine() for row in out]
        with open(sys.argv[2], "w", encoding="utf-8") as f:
            json.dump(rows, f, ensure_ascii=False, indent=1)
            f.write("\n")
    lines = [("work", "size", US, "peer", "takes", "ratio", "notes")]
    seen = set()
    for row in out:
        peer = " ".join(filter(None, (row["peer"], row["peer_version"])))
        ratio = "" if row["ratio"] is None else f"{row['ratio']:.2f} x"
        notes = "" if (row["work"], row["size"]) in seen else noted(row)
        seen.add((row["work"], row["size"]))
        lines.append((row["work"], f"{row['size']:,}", seconds(row["ours_s"]), peer, seconds(row["peer_s"]), ratio, notes))
    widths = [max(len(line[i]) for line in lines) for i in range(6)]
    for line in lines:
        print("  ".join([cell.ljust(width) for cell, width in zip(line, widths)] + [line[6]]).rstrip())
    if wrong:
        sys.exit(f"different answers, so the times mean nothing: {', '.join(wrong)}")


if __name__ == "__main__":
    main()
