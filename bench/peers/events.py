#!/usr/bin/env python3
"""Makes the events that we and the peers work on:  events.py <folder> [events] [people]

Every run of the same size gives the same data (fixed seed). Sorted by person and time, times of one person are unique.
Plain little-endian columns for programs, and one Parquet file for the peers:

  person.u32   0..people          a few people have thousands of events, most have a few (a power law)
  ts.i64       microseconds UTC   180 days from 2026-01-01
  name.u8      0 view 50 %, 1 add_to_cart 10 %, 2 order 5 %, 3 touch 10 %, sixteen others in equal parts
  detail.u8    a view's category 0..20, a touch's channel 0..30, else 0
  amount.i64   an order's cents, else 0
"""

import json
import pathlib
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

START = 1_767_225_600_000_000
DAY = 86_400_000_000
DAYS = 180
NAMES = ["view", "add_to_cart", "order", "touch"] + [
    "page", "search", "click", "share", "coupon_received", "coupon_used", "check_in", "sign_in",
    "message_opened", "group_joined", "group_left", "video", "review", "wish", "refund", "survey",
]
CATEGORIES = 20
CHANNELS = 30
# Upper ends of the first four; the others share the rest.
SHARES = [0.50, 0.60, 0.65, 0.75]


def make(events, people):
    chance = np.random.Generator(np.random.PCG64(20260101))
    # A power law with a cap: 1 % of the people make about a sixth of the events.
    reach = np.cumsum(np.minimum(chance.pareto(1.5, size=people) + 1, 1_000))
    person = np.searchsorted(reach, chance.random(events) * reach[-1]).astype(np.uint32)
    ts = START + (chance.random(events) * (DAYS * DAY)).astype(np.int64)
    order = np.lexsort((ts, person))
    person, ts = person[order], ts[order]
    del order
    while (same := (person[1:] == person[:-1]) & (ts[1:] <= ts[:-1])).any():
        ts[1:][same] = ts[:-1][same] + 1
    draw = chance.random(events, dtype=np.float32)
    others = np.linspace(SHARES[-1], 1, len(NAMES) - len(SHARES) + 1)[1:-1]
    name = np.digitize(draw, SHARES + list(others)).astype(np.uint8)
    detail = np.where(name == 0, chance.integers(0, CATEGORIES, events, np.uint8), 0).astype(np.uint8)
    detail = np.where(name == 3, chance.integers(0, CHANNELS, events, np.uint8), detail).astype(np.uint8)
    amount = np.where(name == 2, chance.integers(500, 50_000, events, np.int64), 0)
    return {"person": person, "ts": ts, "name": name, "detail": detail, "amount": amount}


def main():
    folder = pathlib.Path(sys.argv[1])
    events = int(sys.argv[2]) if len(sys.argv) > 2 else 50_000_000
    people = int(sys.argv[3]) if len(sys.argv) > 3 else events // 50
    about = {"events": events, "people": people, "start": START, "days": DAYS, "names": NAMES}
    mark = folder / "about.json"
    if mark.exists() and json.loads(mark.read_text()) == about:
        return
    folder.mkdir(parents=True, exist_ok=True)
    columns = make(events, people)
    for name, column in columns.items():
        width = {"uint32": "u32", "int64": "i64", "uint8": "u8"}[column.dtype.name]
        column.astype(column.dtype.newbyteorder("<")).tofile(folder / f"{name}.{width}")
    pq.write_table(pa.table(columns), folder / "events.parquet", compression="zstd", row_group_size=1_000_000)
    mark.write_text(json.dumps(about))


if __name__ == "__main__":
    main()
