#!/usr/bin/env bash
# Our benchmarks, then the same work on the peers, in one run on this machine; ends with a table and with bench/results.json.
#
#   BENCH_ONLY=intake,import   only these works (siyu-bench --help and bench/peers/analytics.py name them)
#   BENCH_SIZE=small           a minute, to see that everything works; `full` (the default) is what the bars are about
#   BENCH_EVENTS=5000000       events of the works on stored behaviour, instead of 50 million
#
# `siyu-bench` finds in its environment what it needs and appends its lines (bench/peers/table.py says how they look):
#   SIYU_BENCH_EVENTS    folder made by bench/peers/events.py      SIYU_BENCH_RESULTS   file to append to
#   SIYU_BENCH_POSTGRES  URL of a durable PostgreSQL, if any       SIYU_BENCH_REDIS     URL of a durable Redis, if any
set -euo pipefail
. "$(dirname "$0")/lib.sh"
cd "$ROOT"
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$CACHE/target}
ONLY=${BENCH_ONLY:-}
SIZE=${BENCH_SIZE:-full}
case $SIZE in small) EVENTS=1000000 ;; *) EVENTS=50000000 ;; esac
EVENTS=${BENCH_EVENTS:-$EVENTS}
# Works of bench/peers/analytics.py: the peers answer them from the events that ours read.
ANALYTICS=(funnel segment last_touch retention rfm)

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

# Those of the peers' works that are wanted, one a line.
analytics() {
    local name
    for name in "${ANALYTICS[@]}"; do
        if [ -z "$ONLY" ] || [[ ",$ONLY," == *",$name,"* ]]; then echo "$name"; fi
    done
}

make_events() {
    scripts/need.sh peers || return 0
    python=$CACHE/venv-peers/bin/python
    say "making $EVENTS events (kept in $SIYU_BENCH_EVENTS)"
    "$python" bench/peers/events.py "$SIYU_BENCH_EVENTS" "$EVENTS"
}

scripts/need.sh rust
say "building the benchmarks"
cargo build --release -p siyu-bench
bench=("$CARGO_TARGET_DIR/release/siyu-bench" --size "$SIZE" ${ONLY:+--only "$ONLY"})
python=
mapfile -t wanted < <(analytics)
needs=" $("${bench[@]}" --needs | tr '\n' ' ')"
if [ ${#wanted[@]} -gt 0 ] || [[ $needs == *" events "* ]]; then make_events; fi
if [[ $needs == *" postgres "* ]] && scripts/need.sh postgres; then
    SIYU_BENCH_POSTGRES=$(scripts/postgres.sh start) && export SIYU_BENCH_POSTGRES
fi
if [[ $needs == *" redis "* ]] && scripts/need.sh redis; then start_redis; fi

: >"$SIYU_BENCH_RESULTS"
say "Siyu"
"${bench[@]}" </dev/null
if [ -n "$python" ] && [ ${#wanted[@]} -gt 0 ]; then
    say "DuckDB and ClickHouse"
    "$python" bench/peers/analytics.py "$SIYU_BENCH_EVENTS" "$(nproc)" "${wanted[@]}" | tee -a "$SIYU_BENCH_RESULTS" | cut -c 1-160
fi
say "table"
python3 bench/peers/table.py "$SIYU_BENCH_RESULTS" bench/results.json
