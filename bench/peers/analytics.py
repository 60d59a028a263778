#!/usr/bin/env python3
"""The analytical work on ClickHouse (chdb), DuckDB, Polars and DataFusion:  analytics.py <folder of events.py> [threads] [peers]

Prints one JSON line per peer and work: {"who","version","work","size","seconds","result","notes"}. Each peer has its own copy of the
table, sorted by person and time, loaded before the clock starts, in a process of its own; a work is run `RUNS` times in each of its
formulations and the best time counts. Works a peer cannot express are left out. The peers must agree on every result, or the run fails.
What they agreed on is kept beside the events (answers.json), so that we can be compared before we are timed.

  funnel       people who viewed, then added to the cart, then ordered, all within 7 days of the view: [1, 2, 3 steps]
  segment      people with 2 or more orders and no refund in the last 90 days, and a view of category 7 in the last 30: [count]
  last_touch   revenue of orders by the channel of the person's last touch in the 7 days up to the order: [channel, cents], -1 none
  retention    by week of the first event and weeks since, distinct people active: [cohort, k, people]
  rfm          buyers by fifths (1..5) of recency, frequency, monetary value: [r, f, m, people]
               fifths by NTILE over (days since the last order descending | orders | cents), then person
"""

import json
import os
import pathlib
import resource
import shutil
import subprocess
import sys
import tempfile
import time

RUNS = 3
DAY = 86_400_000_000
WEEK = 7 * DAY
MONTH = 30 * DAY
QUARTER = 90 * DAY
# A touch's channel rides in the low bits of its time.
BITS = 5


def rfm(div):
    return f"""
        WITH buyers AS (
            SELECT person, {div} AS recency, count(*) AS frequency, sum(amount) AS monetary
            FROM events WHERE name = 2 GROUP BY person),
        fifths AS (
            SELECT ntile(5) OVER (ORDER BY recency DESC, person) AS r, ntile(5) OVER (ORDER BY frequency, person) AS f,
                   ntile(5) OVER (ORDER BY monetary, person) AS m FROM buyers)
        SELECT r, f, m, count(*) FROM fifths GROUP BY r, f, m ORDER BY r, f, m"""


def retention(week):
    return f"""
        WITH active AS (SELECT DISTINCT person, {week} AS week FROM events),
        first AS (SELECT person, min(week) AS cohort FROM active GROUP BY person)
        SELECT cohort, week - cohort AS k, count(*) FROM active JOIN first USING (person) GROUP BY cohort, k ORDER BY cohort, k"""


def segment(end, counted):
    """`counted` writes how many rows meet a condition. The second one tells the engine beforehand which events matter."""
    having = (
        f"{counted('name = 2')} >= 2 AND {counted('name = 18')} = 0 AND {counted(f'name = 0 AND detail = 7 AND ts >= {end - MONTH}')} >= 1"
    )
    plain = f"SELECT count(*) FROM (SELECT person FROM events WHERE ts >= {end - QUARTER} GROUP BY person HAVING {having})"
    return [plain, plain.replace("GROUP BY", "AND name IN (0, 2, 18) GROUP BY")]


WINDOW = "(PARTITION BY person ORDER BY ts ROWS UNBOUNDED PRECEDING)"
CHAIN = f"""
    WITH viewed AS (SELECT person, ts, name, max({{view}}) OVER {WINDOW} AS seen FROM events WHERE name < 3),
    carted AS (SELECT person, ts, name, seen, max({{cart}}) OVER {WINDOW} AS chain FROM viewed),
    deepest AS (SELECT person, max(CASE WHEN name = 2 AND ts - chain <= {WEEK} THEN 3
                WHEN name = 1 AND ts - seen <= {WEEK} THEN 2 WHEN name = 0 THEN 1 ELSE 0 END) AS level
                FROM carted GROUP BY person)
    SELECT count(*) FILTER ({{one}}), count(*) FILTER ({{two}}), count(*) FILTER ({{three}}) FROM deepest"""


def duckdb_works(start, end):
    filtered = CHAIN.format(
        view="ts) FILTER (name = 0", cart=f"seen) FILTER (name = 1 AND ts - seen <= {WEEK}", one="level >= 1", two="level >= 2", three="level >= 3"
    )
    asof = f"""
        WITH carts AS (
            SELECT c.person, c.ts, v.ts AS chain FROM (SELECT person, ts FROM events WHERE name = 1) c
            ASOF JOIN (SELECT person, ts FROM events WHERE name = 0) v ON c.person = v.person AND c.ts >= v.ts
            WHERE c.ts - v.ts <= {WEEK}),
        orders AS (
            SELECT o.person FROM (SELECT person, ts FROM events WHERE name = 2) o
            ASOF JOIN carts c ON o.person = c.person AND o.ts >= c.ts WHERE o.ts - c.chain <= {WEEK})
        SELECT (SELECT count(DISTINCT person) FROM events WHERE name = 0),
               (SELECT count(DISTINCT person) FROM carts), (SELECT count(DISTINCT person) FROM orders)"""
    touch_asof = f"""
        SELECT CASE WHEN o.ts - t.ts <= {WEEK} THEN t.detail ELSE -1 END AS channel, sum(o.amount)::BIGINT
        FROM (SELECT * FROM events WHERE name = 2) o
        ASOF LEFT JOIN (SELECT * FROM events WHERE name = 3) t ON o.person = t.person AND o.ts >= t.ts
        GROUP BY channel ORDER BY channel"""
    touch_window = f"""
        WITH touched AS (
            SELECT ts, name, amount, last_value(CASE WHEN name = 3 THEN (ts << {BITS}) + detail END IGNORE NULLS) OVER {WINDOW} AS touch
            FROM events WHERE name IN (2, 3))
        SELECT CASE WHEN ts - (touch >> {BITS}) <= {WEEK} THEN touch & {(1 << BITS) - 1} ELSE -1 END AS channel, sum(amount)::BIGINT
        FROM touched WHERE name = 2 GROUP BY channel ORDER BY channel"""
    return {
        "funnel": [filtered, asof],
        "segment": segment(end, lambda condition: f"count(*) FILTER ({condition})"),
        "last_touch": [touch_asof, touch_window],
        "retention": [retention(f"(ts - {start}) // {WEEK}")],
        "rfm": [rfm(f"({end} - max(ts)) // {DAY}")],
    }


def clickhouse_works(start, end):
    return {
        "funnel": [
            f"""
            SELECT countIf(level >= 1), countIf(level >= 2), countIf(level >= 3) FROM (
                SELECT windowFunnel({WEEK})(toUInt64(ts), name = 0, name = 1, name = 2) AS level
                FROM events WHERE name < 3 GROUP BY person)"""
        ],
        "segment": segment(end, lambda condition: f"countIf({condition})"),
        "last_touch": [
            f"""
            SELECT if(t.ts > 0 AND o.ts - t.ts <= {WEEK}, toInt16(t.detail), -1) AS channel, sum(o.amount)
            FROM (SELECT person, ts, amount FROM events WHERE name = 2) AS o
            ASOF LEFT JOIN (SELECT person, ts, detail FROM events WHERE name = 3) AS t
            ON o.person = t.person AND o.ts >= t.ts GROUP BY channel ORDER BY channel""",
            f"""
            SELECT if(ts - bitShiftRight(touch, {BITS}) <= {WEEK}, toInt16(touch % {1 << BITS}), -1) AS channel, sum(amount) FROM (
                SELECT ts, name, amount, max(if(name = 3, bitShiftLeft(ts, {BITS}) + detail, 0)) OVER {WINDOW} AS touch
                FROM events WHERE name IN (2, 3))
            WHERE name = 2 GROUP BY channel ORDER BY channel""",
        ],
        "retention": [
            retention(f"intDiv(ts - {start}, {WEEK})"),
            f"""
            SELECT arrayMin(weeks) AS cohort, week - cohort AS k, count() FROM (
                SELECT groupUniqArray(intDiv(ts - {start}, {WEEK})) AS weeks FROM events GROUP BY person)
            ARRAY JOIN weeks AS week GROUP BY cohort, k ORDER BY cohort, k""",
        ],
        "rfm": [rfm(f"intDiv({end} - max(ts), {DAY})")],
    }


def datafusion_works(start, end):
    chain = CHAIN.format(
        view="CASE WHEN name = 0 THEN ts END", cart=f"CASE WHEN name = 1 AND ts - seen <= {WEEK} THEN seen END",
        one="WHERE level >= 1", two="WHERE level >= 2", three="WHERE level >= 3",
    )
    touch = f"""
        WITH touched AS (
            SELECT ts, name, amount, max(CASE WHEN name = 3 THEN ts * {1 << BITS} + detail END) OVER {WINDOW} AS touch
            FROM events WHERE name IN (2, 3))
        SELECT CASE WHEN ts - touch / {1 << BITS} <= {WEEK} THEN touch % {1 << BITS} ELSE -1 END AS channel, sum(amount)
        FROM touched WHERE name = 2 GROUP BY channel ORDER BY channel"""
    return {
        "funnel": [chain],
        "segment": segment(end, lambda condition: f"sum(CASE WHEN {condition} THEN 1 ELSE 0 END)"),
        "last_touch": [touch],
        "retention": [retention(f"(ts - {start}) / {WEEK}")],
        "rfm": [rfm(f"({end} - max(ts)) / {DAY}")],
    }


def polars_works(start, end):
    """Plans, built once and collected by the runner."""
    import polars as pl

    name, detail, ts = pl.col("name"), pl.col("detail"), pl.col("ts")

    def of(events, kind, *columns):
        return events.filter(name == kind).select("person", "ts", *columns)

    def behind(left, right):
        return left.join_asof(right, on="ts", by="person", strategy="backward", check_sortedness=False)

    def funnel(events):
        views = of(events, 0).with_columns(view=ts)
        carts = behind(of(events, 1), views).filter(ts - pl.col("view") <= WEEK).rename({"view": "chain"})
        orders = behind(of(events, 2), carts).filter(ts - pl.col("chain") <= WEEK)
        steps = [step.select(pl.col("person").n_unique().cast(pl.Int64).alias(str(at))) for at, step in enumerate((views, carts, orders))]
        return pl.concat(steps, how="horizontal")

    def last_touch(events):
        touches = of(events, 3, "detail").with_columns(touch=ts)
        orders = behind(of(events, 2, "amount"), touches)
        channel = pl.when(ts - pl.col("touch") <= WEEK).then(detail.cast(pl.Int64)).otherwise(-1)
        return orders.group_by(channel.alias("channel")).agg(pl.col("amount").sum()).sort("channel")

    def segmented(events):
        people = events.filter((ts >= end - QUARTER) & name.is_in([0, 2, 18])).group_by("person")
        people = people.agg(
            orders=(name == 2).sum(), refunds=(name == 18).sum(), views=((name == 0) & (detail == 7) & (ts >= end - MONTH)).sum()
        )
        return people.filter((pl.col("orders") >= 2) & (pl.col("refunds") == 0) & (pl.col("views") >= 1)).select(pl.len())

    def retained(events):
        active = events.select("person", week=(ts - start) // WEEK).unique()
        first = active.group_by("person").agg(cohort=pl.col("week").min())
        active = active.join(first, on="person").with_columns(k=pl.col("week") - pl.col("cohort"))
        return active.group_by("cohort", "k").len().sort("cohort", "k")

    def scored(events):
        buyers = events.filter(name == 2).group_by("person")
        buyers = buyers.agg(recency=(end - ts.max()) // DAY, frequency=pl.len(), monetary=pl.col("amount").sum()).sort("person")

        def tile(measure, descending):
            # NTILE: the first n % 5 tiles have one row more.
            rank = pl.col(measure).rank("ordinal", descending=descending).cast(pl.Int64) - 1
            size, larger = pl.len() // 5, pl.len() % 5
            cut = (size + 1) * larger
            return pl.when(rank < cut).then(rank // (size + 1)).otherwise(larger + (rank - cut) // size) + 1

        # Ranks of equal values follow the order of rows: by person.
        tiles = buyers.select(r=tile("recency", True), f=tile("frequency", False), m=tile("monetary", False))
        return tiles.group_by("r", "f", "m").len().sort("r", "f", "m")

    return {"funnel": [funnel], "segment": [segmented], "last_touch": [last_touch], "retention": [retained], "rfm": [scored]}


def duckdb_peer(parquet, folder, threads):
    import duckdb

    db = duckdb.connect(str(folder / "events.duckdb"))
    db.execute(f"SET threads = {threads}")
    # `name` is written as text by nobody here: both peers get the same small integers.
    db.execute(f"CREATE TABLE events AS SELECT * FROM '{parquet}' ORDER BY person, ts")
    db.execute("CHECKPOINT")
    return "DuckDB", duckdb.__version__, lambda sql: db.execute(sql).fetchall()


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
        return [line.split(",") for line in text.splitlines() if line]

    return "ClickHouse", f"chdb {chdb.__version__}", run


def datafusion_peer(parquet, folder, threads):
    import datafusion
    import pyarrow.parquet as pq

    config = datafusion.SessionConfig().with_target_partitions(threads)
    db = datafusion.SessionContext(config)
    table = pq.read_table(parquet)
    # In memory, one run of people for each thread, as its manual advises for repeated questions.
    size = -(-table.num_rows // threads)
    db.register_record_batches("events", [table.slice(at * size, size).to_batches() for at in range(threads)])

    def run(sql):
        batches = db.sql(sql).collect()
        return [list(row.values()) for batch in batches for row in batch.to_pylist()]

    return "DataFusion", datafusion.__version__, run


def polars_peer(parquet, folder, threads):
    import polars as pl

    events = pl.read_parquet(parquet).rechunk().with_columns(pl.col("name", "detail").cast(pl.Int8))
    return "Polars", pl.__version__, lambda plan: plan(events.lazy()).collect().rows()


PEERS = {
    "duckdb": (duckdb_peer, duckdb_works),
    "clickhouse": (clickhouse_peer, clickhouse_works),
    "polars": (polars_peer, polars_works),
    "datafusion": (datafusion_peer, datafusion_works),
}


def best(run, formulations):
    """The fastest of all formulations and runs, and the result, which must not depend on either."""
    seconds, result = None, None
    for formulation in formulations:
        for _ in range(RUNS):
            begin = time.perf_counter()
            rows = run(formulation)
            took = time.perf_counter() - begin
            rows = [[int(value) for value in row] for row in rows]
            seconds = took if seconds is None else min(seconds, took)
            if result is not None and rows != result:
                sys.exit(f"two formulations disagree: {result[:3]} and {rows[:3]}")
            result = rows
    return seconds, result


def one(name, source, threads):
    """Runs one peer here and prints its lines."""
    about = json.loads((source / "about.json").read_text())
    make, works = PEERS[name]
    folder = pathlib.Path(tempfile.mkdtemp(prefix="peer-", dir=source))
    try:
        begin = time.perf_counter()
        who, version, run = make(source / "events.parquet", folder, threads)
        loaded = round(time.perf_counter() - begin, 1)
        on_disk = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
        for work, formulations in works(about["start"], about["start"] + about["days"] * DAY).items():
            seconds, result = best(run, formulations)
            memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
            notes = {"load_seconds": loaded, "memory_mb": memory}
            if on_disk:
                notes["bytes_per_event"] = round(on_disk / about["events"], 2)
            row = {"who": who, "version": version, "work": work, "size": about["events"], "seconds": round(seconds, 5)}
            print(json.dumps({**row, "result": result, "notes": notes}), flush=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main():
    source = pathlib.Path(sys.argv[1]).resolve()
    threads = int(sys.argv[2]) if len(sys.argv) > 2 else 2
    peers = sys.argv[3].split(",") if len(sys.argv) > 3 else list(PEERS)
    if len(sys.argv) > 4:
        return one(peers[0], source, threads)
    agreed, failed = {}, []
    for peer in peers:
        # A process of its own: one peer's memory and threads are not another's.
        command = [sys.executable, __file__, str(source), str(threads), peer, "alone"]
        environment = {**os.environ, "POLARS_MAX_THREADS": str(threads)}
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
            for line in process.stdout:
                row = json.loads(line)
                if agreed.setdefault(row["work"], row["result"]) != row["result"]:
                    sys.exit(f"the peers disagree on {row['work']}: {agreed[row['work']][:3]} and {row['result'][:3]} ({peer})")
                print(line, end="", flush=True)
        if process.returncode:
            failed.append(peer)
    if not failed:
        (source / "answers.json").write_text(json.dumps(agreed))
    if failed:
        sys.exit(f"did not finish: {', '.join(failed)}")


if __name__ == "__main__":
    main()
