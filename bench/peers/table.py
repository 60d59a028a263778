#!/usr/bin/env python3
"""Sets our figures beside the peers':  table.py <rows.jsonl> <results.json>

One JSON object per line: {"work","size","who","version","seconds"} and optional "notes". Those whose `who` is Siyu are ours. Writes rows
{"work","size","ours_s","peer","peer_version","peer_s","ratio","notes"}, one for each peer of a work at a size, or one without a peer;
`ratio` is how many times faster we are.
"""

import json
import sys


def paired(rows):
    for key in dict.fromkeys((r["work"], r["size"]) for r in rows):
        same = [r for r in rows if (r["work"], r["size"]) == key]
        ours = next((r for r in same if r["who"] == "Siyu"), None)
        peers = [r for r in same if r["who"] != "Siyu"]
        for peer in peers or [None]:
            yield {
                "work": key[0],
                "size": key[1],
                "ours_s": ours and round(ours["seconds"], 4),
                "peer": peer and peer["who"],
                "peer_version": peer and peer["version"],
                "peer_s": peer and round(peer["seconds"], 4),
                "ratio": round(peer["seconds"] / ours["seconds"], 2) if ours and peer else None,
                "notes": (ours or peer).get("notes", {}),
            }


def main():
    with open(sys.argv[1], encoding="utf-8") as f:
        results = list(paired([json.loads(line) for line in f if line.strip()]))
    columns = ["work", "size", "ours_s", "peer", "peer_version", "peer_s", "ratio"]
    lines = [columns + ["notes"]]
    for row in results:
        notes = "  ".join(f"{name} {value}" for name, value in row["notes"].items())
        lines.append(["" if row[c] is None else str(row[c]) for c in columns] + [notes])
    widths = [max(len(line[i]) for line in lines) for i in range(len(columns) + 1)]
    for line in lines:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip())
    with open(sys.argv[2], "w", encoding="utf-8") as f:
        json.dump(results, f, ensure_ascii=False, indent=1)
        f.write("\n")


if __name__ == "__main__":
    main()
