#!/usr/bin/env bash
# The five analytical works at several sizes, on us and on ClickHouse, DuckDB, Polars and DataFusion, in one run; ends with a table and
# bench/results.json:  scripts/bench-analytics.sh [events …]      (1000000 10000000 50000000 when none is named)
# The peers come first: what they agree on is what our answers are compared with before we are timed.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
cd "$ROOT"
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$CACHE/target}
[ $# -gt 0 ] || set -- 1000000 10000000 50000000

scripts/need.sh rust
scripts/need.sh peers || die "the peers cannot be installed here"
python=${BENCH_PYTHON:-$CACHE/venv-peers/bin/python}
results=$(mktemp "${TMPDIR:-/tmp}/siyu-analytics.XXXXXX")
trap 'rm -f -- "$results"' EXIT

say "building the benchmarks"
cargo build --release -p siyu-bench
for events in "$@"; do
    folder=$CACHE/bench-events-$events
    say "$events events (kept in $folder)"
    "$python" bench/peers/events.py "$folder" "$events"
    "$python" bench/peers/analytics.py "$folder" "$(nproc)" | tee -a "$results" | cut -c 1-120
    say "Siyu"
    SIYU_BENCH_EVENTS=$folder SIYU_BENCH_RESULTS=$results "$CARGO_TARGET_DIR/release/siyu-bench" --only analytics --program "$CARGO_TARGET_DIR/release/siyu-bench" </dev/null
done
say "table"
python3 bench/peers/table.py "$results" bench/results.json
