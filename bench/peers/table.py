#!/usr/bin/env python3
"""Prints the benchmark's table:  table.py <results.jsonl> [results.json]

One JSON object per line, ours and the peers': {"who","work"} and either "seconds" (less is better) or "per_second" (more is
better); optional "version", "size", "result" (all who give one for a work of a size must agree), "note" and "notes". Ours are those
whose `who` starts with Siyu. With a second file, all rows are also written there as one list.
"""

import json
import sys


def per_second(row):
    return row.get("per_second") or row.get("notes", {}).get("per_second")


def speed(row):
    return per_second(row) or 1 / row["seconds"]


def shown(row):
    return f"{per_second(row):,.0f}/s" if per_second(row) else f"{row['seconds'] * 1000:,.1f} ms"


def told(row):
    notes = [f"{name} {value}" for name, value in row.get("notes", {}).items() if name != "per_second"]
    return "; ".join([row["note"]] * ("note" in row) + notes)


def work_of(row):
    return f"{row['work']} {row['size']:,}" if "size" in row else row["work"]


def main():
    with open(sys.argv[1], encoding="utf-8") as f:
        rows = [json.loads(line) for line in f if line.strip()]
    lines, wrong = [("work", "who", "measured", "Siyu is", "notes")], []
    for work in dict.fromkeys(work_of(r) for r in rows):
        of_work = [r for r in rows if work_of(r) == work]
        ours = next((r for r in of_work if r["who"].startswith("Siyu")), None)
        results = {json.dumps(r["result"]) for r in of_work if r.get("result") is not None}
        if len(results) > 1:
            wrong.append(work)
        for r in of_work:
            ratio = "" if ours is None or r is ours else f"{speed(ours) / speed(r):.1f} x"
            who = " ".join(filter(None, (r["who"], r.get("version", ""))))
            lines.append((work, who, shown(r), ratio, told(r)))
    widths = [max(len(line[i]) for line in lines) for i in range(4)]
    for line in lines:
        print("  ".join([*(cell.ljust(width) for cell, width in zip(line, widths)), line[4]]).rstrip())
    if wrong:
        sys.exit(f"different answers, so the times mean nothing: {', '.join(wrong)}")
    if len(sys.argv) > 2:
        with open(sys.argv[2], "w", encoding="utf-8") as f:
            # Answers were compared; the figures are what is kept.
            json.dump([{k: v for k, v in r.items() if k != "result"} for r in rows], f, indent=1)
            f.write("\n")


if __name__ == "__main__":
    main()
