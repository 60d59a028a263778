#!/usr/bin/env python3
"""Prints the benchmark's table:  table.py <results.jsonl>

One JSON object per line, ours and the peers': {"who","work"} and either "seconds" (less is better) or "per_second" (more is
better); optional "result" (all who give one for a work must agree) and "note". Ours are those whose `who` starts with Siyu.
"""

import json
import sys


def speed(row):
    return row["per_second"] if "per_second" in row else 1 / row["seconds"]


def shown(row):
    return f"{row['per_second']:,.0f}/s" if "per_second" in row else f"{row['seconds'] * 1000:,.1f} ms"


def main():
    with open(sys.argv[1], encoding="utf-8") as f:
        rows = [json.loads(line) for line in f if line.strip()]
    lines, wrong = [("work", "who", "measured", "Siyu is", "note")], []
    for work in dict.fromkeys(r["work"] for r in rows):
        of_work = [r for r in rows if r["work"] == work]
        ours = next((r for r in of_work if r["who"].startswith("Siyu")), None)
        results = {json.dumps(r["result"]) for r in of_work if r.get("result") is not None}
        if len(results) > 1:
            wrong.append(work)
        for r in of_work:
            ratio = "" if ours is None or r is ours else f"{speed(ours) / speed(r):.1f} x"
            lines.append((work, r["who"], shown(r), ratio, r.get("note", "")))
    widths = [max(len(line[i]) for line in lines) for i in range(5)]
    for line in lines:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip())
    if wrong:
        sys.exit(f"different answers, so the times mean nothing: {', '.join(wrong)}")


if __name__ == "__main__":
    main()
