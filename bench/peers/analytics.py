#!/usr/bin/env python3
"""The analytical work on ClickHouse (chdb) and DuckDB:  analytics.py <folder of events.py> [threads]

Prints one JSON line per peer and work: {"who","work","seconds","result"}. Each peer has its own table, sorted by person and
time, loaded before the clock starts; a work is run `RUNS` times in each of its formulations and the best time counts.
The peers must agree on every result, or the run fails.

  funnel       people who viewed, then added to the cart, then ordered, all within 7 days of the view: [1, 2, 3 steps]
  segment      people with 3 or more views of category 7 and no order, both in the last 30 days: [count]
  last_touch   revenue of orders by the channel of the person's last touch in the 7 days up to the order: [channel, cents], -1 none
  retention    by week of the first event and weeks since, distinct people active: [cohort, k, people]
  rfm          buyers by fifths (1..5) of recency, frequency, monetary value: [r, f, m, people]
               fifths by NTILE over (days since the last order descending | orders | cents), then person
"""

import json
import pathlib
import shutil
import sys
import tempfile
import time

RUNS = 3
DAY = 86_400_000_000
WEEK = 7 * DAY
MONTH = 30 * DAY


def works(start, end):
    """For each work its formulations: (DuckDB, ClickHouse). Every one is what its own manual advises for such a question."""
    rfm = f"""
        WITH buyers AS (
            SELECT person, {{div}} AS recency, count(*) AS frequency, sum(amount) AS monetary
            FROM events WHERE name = 2 GROUP BY person),
        fifths AS (
            SELECT ntile(5) OVER (ORDER BY recency DESC, person) AS r, ntile(5) OVER (ORDER BY frequency, person) AS f,
                   ntile(5) OVER (ORDER BY monetary, person) AS m FROM buyers)
        SELECT r, f, m, count(*) FROM fifths GROUP BY r, f, m ORDER BY r, f, m"""
    retention = """
        WITH active AS (SELECT DISTINCT person, {week} AS week FROM events),
        first AS (SELECT person, min(week) AS cohort FROM active GROUP BY person)
        SELECT cohort, week - cohort AS k, count(*) FROM active JOIN first USING (person) GROUP BY cohort, k ORDER BY cohort, k"""
    return {
        "funnel": (
            [
                f"""
                WITH viewed AS (SELECT person, ts, name, max(ts) FILTER (name = 0) OVER w AS view FROM events WHERE name < 3
                                WINDOW w AS (PARTITION BY person ORDER BY ts ROWS UNBOUNDED PRECEDING)),
                carted AS (SELECT person, ts, name, view, max(view) FILTER (name = 1 AND ts - view <= {WEEK}) OVER w AS chain
                           FROM viewed WINDOW w AS (PARTITION BY person ORDER BY ts ROWS UNBOUNDED PRECEDING)),
                deepest AS (SELECT person, max(CASE WHEN name = 2 AND ts - chain <= {WEEK} THEN 3
                            WHEN name = 1 AND ts - view <= {WEEK} THEN 2 WHEN name = 0 THEN 1 ELSE 0 END) AS level
                            FROM carted GROUP BY person)
                SELECT count(*) FILTER (level >= 1), count(*) FILTER (level >= 2), count(*) FILTER (level >= 3) FROM deepest""",
                f"""
                WITH carts AS (
                    SELECT c.person, c.ts, v.ts AS chain FROM (SELECT person, ts FROM events WHERE name = 1) c
                    ASOF JOIN (SELECT person, ts FROM events WHERE name = 0) v ON c.person = v.person AND c.ts >= v.ts
                    WHERE c.ts - v.ts <= {WEEK}),
                orders AS (
                    SELECT o.person FROM (SELECT person, ts FROM events WHERE name = 2) o
                    ASOF JOIN carts c ON o.person = c.person AND o.ts >= c.ts WHERE o.ts - c.chain <= {WEEK})
                SELECT (SELECT count(DISTINCT person) FROM events WHERE name = 0),
                       (SELECT count(DISTINCT person) FROM carts), (SELECT count(DISTINCT person) FROM orders)""",
            ],
            [
                f"""
                SELECT countIf(level >= 1), countIf(level >= 2), countIf(level >= 3) FROM (
                    SELECT windowFunnel({WEEK})(toUInt64(ts), name = 0, name = 1, name = 2) AS level
                    FROM events WHERE name < 3 GROUP BY person)"""
            ],
        ),
        "segment": (
            [
                f"""
                SELECT count(*) FROM (SELECT person FROM events WHERE ts >= {end - MONTH} GROUP BY person
                    HAVING count(*) FILTER (name = 0 AND detail = 7) >= 3 AND count(*) FILTER (name = 2) = 0)"""
            ],
            [
                f"""
                SELECT count(*) FROM (SELECT person FROM events WHERE ts >= {end - MONTH} GROUP BY person
                    HAVING countIf(name = 0 AND detail = 7) >= 3 AND countIf(name = 2) = 0)"""
            ],
        ),
        "last_touch": (
            [
                f"""
                SELECT CASE WHEN o.ts - t.ts <= {WEEK} THEN t.detail ELSE -1 END AS channel, sum(o.amount)::BIGINT
                FROM (SELECT * FROM events WHERE name = 2) o
                ASOF LEFT JOIN (SELECT * FROM events WHERE name = 3) t ON o.person = t.person AND o.ts >= t.ts
                GROUP BY channel ORDER BY channel""",
                f"""
                WITH touched AS (
                    SELECT ts, name, amount, last_value(CASE WHEN name = 3 THEN ts * 16 + detail END IGNORE NULLS) OVER
                        (PARTITION BY person ORDER BY ts ROWS UNBOUNDED PRECEDING) AS touch FROM events WHERE name >= 2)
                SELECT CASE WHEN ts - (touch >> 4) <= {WEEK} THEN touch & 15 ELSE -1 END AS channel, sum(amount)::BIGINT
                FROM touched WHERE name = 2 GROUP BY channel ORDER BY channel""",
            ],
            [
                f"""
                SELECT if(t.ts > 0 AND o.ts - t.ts <= {WEEK}, toInt16(t.detail), -1) AS channel, sum(o.amount)
                FROM (SELECT person, ts, amount FROM events WHERE name = 2) AS o
                ASOF LEFT JOIN (SELECT person, ts, detail FROM events WHERE name = 3) AS t
                ON o.person = t.person AND o.ts >= t.ts GROUP BY channel ORDER BY channel""",
                f"""
                SELECT if(ts - intDiv(touch, 16) <= {WEEK}, toInt16(touch % 16), -1) AS channel, sum(amount) FROM (
                    SELECT ts, name, amount, max(if(name = 3, ts * 16 + detail, 0)) OVER
                        (PARTITION BY person ORDER BY ts ROWS UNBOUNDED PRECEDING) AS touch FROM events WHERE name >= 2)
                WHERE name = 2 GROUP BY channel ORDER BY channel""",
            ],
        ),
        "retention": (
            [retention.format(week=f"(ts - {start}) // {WEEK}")],
            [
                retention.format(week=f"intDiv(ts - {start}, {WEEK})"),
                f"""
                SELECT arrayMin(weeks) AS cohort, week - cohort AS k, count() FROM (
                    SELECT groupUniqArray(intDiv(ts - {start}, {WEEK})) AS weeks FROM events GROUP BY person)
                ARRAY JOIN weeks AS week GROUP BY cohort, k ORDER BY cohort, k""",
            ],
        ),
        "rfm": (
            [rfm.format(div=f"({end} - max(ts)) // {DAY}")],
            [rfm.format(div=f"intDiv({end} - max(ts), {DAY})")],
        ),
    }


def duckdb_peer(parquet, folder, threads):
    import duckdb

    db = duckdb.connect(str(folder / "events.duckdb"))
    db.execute(f"SET threads = {threads}")
    # `name` is written as text by nobody here: both peers get the same small integers.
    db.execute(f"CREATE TABLE events AS SELECT * FROM '{parquet}' ORDER BY person, ts")
    return ("DuckDB", duckdb.__version__), lambda sql: [[int(v) for v in row] for row in db.execute(sql).fetchall()]


def clickhouse_peer(parquet, folder, threads):
    import chdb
    from chdb import session

    db = session.Session(str(folder / "clickhouse"))
    db.query("CREATE DATABASE bench ENGINE = Atomic")
    db.query("USE bench")
    db.query(
        "CREATE TABLE events (person UInt32, ts Int64, name UInt8, detail UInt8, amount Int64) "
        "ENGINE = MergeTree ORDER BY (person, ts)"
    )
    db.query(f"INSERT INTO events SELECT * FROM file('{parquet}', Parquet)")
    db.query("OPTIMIZE TABLE events FINAL")
    settings = f" SETTINGS max_threads = {threads}, optimize_aggregation_in_order = 0"

    def run(sql):
        text = str(db.query(sql + settings, "CSV"))
        return [[int(v) for v in line.split(",")] for line in text.splitlines() if line]

    return ("ClickHouse", f"chdb {chdb.__version__}"), run


def best(run, formulations):
    """The fastest of all formulations and runs, and the result, which must not depend on either."""
    seconds, result = None, None
    for sql in formulations:
        for _ in range(RUNS):
            begin = time.perf_counter()
            rows = run(sql)
            took = time.perf_counter() - begin
            seconds = took if seconds is None else min(seconds, took)
            if result is not None and rows != result:
                sys.exit(f"two formulations disagree: {result[:3]} and {rows[:3]}")
            result = rows
    return seconds, result


def main():
    source = pathlib.Path(sys.argv[1]).resolve()
    threads = int(sys.argv[2]) if len(sys.argv) > 2 else 2
    wanted = sys.argv[3:]
    about = json.loads((source / "about.json").read_text())
    todo = works(about["start"], about["start"] + about["days"] * DAY)
    agreed = {}
    for index, peer in enumerate((duckdb_peer, clickhouse_peer)):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="peer-", dir=source))
        try:
            (who, version), run = peer(source / "events.parquet", folder, threads)
            for work, formulations in todo.items():
                if wanted and work not in wanted:
                    continue
                seconds, result = best(run, formulations[index])
                if agreed.setdefault(work, result) != result:
                    sys.exit(f"the peers disagree on {work}: {agreed[work][:3]} and {result[:3]}")
                row = {"work": work, "size": about["events"], "who": who, "version": version, "seconds": round(seconds, 4)}
                print(json.dumps(row | {"result": result}), flush=True)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
