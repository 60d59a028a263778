#!/usr/bin/env bash
# Our benchmarks and the same work on the peers, in one run on this machine; ends with a table and with bench/results.json.
#
#   BENCH_ONLY=intake,import           only these works (`siyu-bench --help` names them)
#   BENCH_SIZE=small                   a minute, to see that everything works; `full` (the default) is what the bars are about
#   BENCH_EVENTS="1000000 50000000"    sizes of the works on stored behaviour, in events
#
# `siyu-bench` finds in its environment what it needs and appends its lines (bench/peers/table.py says how they look):
#   SIYU_BENCH_EVENTS    folder made by bench/peers/events.py      SIYU_BENCH_RESULTS   file to append to
#   SIYU_BENCH_POSTGRES  URL of a durable PostgreSQL, if any 
set -euo pipefail
. "$(dirname "$0")/lib.sh"
cd "$ROOT"
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$CACHE/target}
SIZE=${BENCH_SIZE:-full}
case $SIZE in small) sizes=1000000 ;; *) sizes="1000000 10000000 50000000" ;; esac
read -ra sizes <<<"${BENCH_EVENTS:-$sizes}"

WORK=$(mktemp -d "${TMPDIR:-/tmp}/siyu-bench.XXXXXX")
chmod 0711 "$WORK"
export SIYU_PG_DIR=$WORK/postgres SIYU_BIN=$ROOT/target/release/siyu SIYU_BENCH_RESULTS=${BENCH_RESULTS:-$WORK/results.jsonl}

finish() {
    trap '' INT TERM HUP
    trap - EXIT
    scripts/postgres.sh stop || true
    [ -e "$SIYU_PG_DIR" ] || rm -rf -- "$WORK"
}
trap finish EXIT
trap 'exit 143' INT TERM HUP

# The works on stored behaviour. The peers come first: what they agree on is what our answers are compared with before we are timed.
stored_behaviour() {
    local python=$CACHE/venv-peers/bin/python events
    scripts/need.sh peers || { say "the peers cannot be installed: no works on stored behaviour"; return; }
    for events in "${sizes[@]}"; do
        export SIYU_BENCH_EVENTS=$CACHE/bench-events-$events
        say "$events events (kept in $SIYU_BENCH_EVENTS)"
        "$python" bench/peers/events.py "$SIYU_BENCH_EVENTS" "$events"
        say "peers"
        "$python" bench/peers/analytics.py "$SIYU_BENCH_EVENTS" "$(nproc)" | tee -a "$SIYU_BENCH_RESULTS" | cut -c 1-120
        say "Siyu"
        "$bench" --size "$SIZE" --only "$1" </dev/null
    done
}

scripts/need.sh rust
say "building the benchmarks"
cargo build --release -p siyu-bench
bench=$CARGO_TARGET_DIR/release/siyu-bench
: >"$SIYU_BENCH_RESULTS"
works() { "$bench" --size "$SIZE" ${BENCH_ONLY:+--only "$BENCH_ONLY"} --works "$1" | paste -sd,; }
columns=$(works stored) others=$(works other)
if [ -n "$others" ]; then
    needs=" $("$bench" --size "$SIZE" --only "$others" --needs | tr '\n' ' ')"
    if [[ $needs == *" postgres "* ]] && scripts/need.sh postgres; then
        SIYU_BENCH_POSTGRES=$(scripts/postgres.sh start) && export SIYU_BENCH_POSTGRES
    fi
    say "Siyu"
    "$bench" --size "$SIZE" --only "$others" </dev/null
fi
[ -z "$columns" ] || stored_behaviour "$columns"
say "table"
python3 bench/peers/table.py "$SIYU_BENCH_RESULTS" bench/results.json
