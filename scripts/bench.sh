#!/usr/bin/env bash
# Our benchmarks, then the same work on the peers, in one run on this machine; ends with a table. BENCH_EVENTS sets the size.
# `siyu-bench` finds in its environment what it needs and appends its lines (bench/peers/table.py says how they look):
#   SIYU_BENCH_EVENTS    folder made by bench/peers/events.py      SIYU_BENCH_RESULTS   file to append to
#   SIYU_BENCH_POSTGRES  URL of a durable PostgreSQL, if any       SIYU_BENCH_REDIS     URL of a durable Redis, if any
set -euo pipefail
. "$(dirname "$0")/lib.sh"
cd "$ROOT"
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$CACHE/target}
EVENTS=${BENCH_EVENTS:-50000000}

WORK=$(mktemp -d "${TMPDIR:-/tmp}/siyu-bench.XXXXXX")
chmod 0711 "$WORK"
export SIYU_PG_DIR=$WORK/postgres SIYU_BIN=$ROOT/target/release/siyu
export SIYU_BENCH_EVENTS=$CACHE/bench-events-$EVENTS SIYU_BENCH_RESULTS=${BENCH_RESULTS:-$WORK/results.jsonl}
redis_pid=

finish() {
    trap '' INT TERM HUP
    trap - EXIT
    scripts/postgres.sh stop || true
    if [ -n "$redis_pid" ]; then kill "$redis_pid" 2>/dev/null || true; wait "$redis_pid" 2>/dev/null || true; fi
    [ -e "$SIYU_PG_DIR" ] || rm -rf -- "$WORK"
}
trap finish EXIT
trap 'exit 143' INT TERM HUP

# Durable like us: every write is on the disk before it is answered.
start_redis() {
    local socket=$WORK/redis.sock
    mkdir "$WORK/redis"
    redis-server --port 0 --unixsocket "$socket" --unixsocketperm 700 --dir "$WORK/redis" --save '' \
        --appendonly yes --appendfsync always --daemonize no >"$WORK/redis.log" 2>&1 </dev/null &
    redis_pid=$!
    for _ in $(seq 50); do [ -S "$socket" ] && break || sleep 0.1; done
    [ -S "$socket" ] || { tail "$WORK/redis.log" >&2; die "Redis did not start"; }
    export SIYU_BENCH_REDIS=unix://$socket
}

scripts/need.sh rust
python=$CACHE/venv-peers/bin/python
if scripts/need.sh peers; then
    say "making $EVENTS events (kept in $SIYU_BENCH_EVENTS)"
    "$python" bench/peers/events.py "$SIYU_BENCH_EVENTS" "$EVENTS"
else
    python=
fi
if scripts/need.sh postgres; then SIYU_BENCH_POSTGRES=$(scripts/postgres.sh start) && export SIYU_BENCH_POSTGRES; fi
if scripts/need.sh redis; then start_redis; fi

say "building the benchmarks"
cargo build --release -p siyu-bench
: >"$SIYU_BENCH_RESULTS"
say "Siyu"
"$CARGO_TARGET_DIR/release/siyu-bench" </dev/null
if [ -n "$python" ]; then
    say "DuckDB and ClickHouse"
    "$python" bench/peers/analytics.py "$SIYU_BENCH_EVENTS" "$(nproc)" | tee -a "$SIYU_BENCH_RESULTS" | cut -c 1-160
fi
say "table"
python3 bench/peers/table.py "$SIYU_BENCH_RESULTS"
