#!/usr/bin/env bash
# Our benchmarks beside the same work on the peers, in one run on this machine; ends with a table and writes bench/results.json.
#   BENCH_ONLY=intake,people   only these works (`siyu-bench --help`)      BENCH_SIZE=small   a minute, to see that everything works
set -euo pipefail
. "$(dirname "$0")/lib.sh"
cd "$ROOT"
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$CACHE/target}

WORK=$(mktemp -d "${TMPDIR:-/tmp}/siyu-bench.XXXXXX")
chmod 0711 "$WORK"
export SIYU_PG_DIR=$WORK/postgres SIYU_BIN=$ROOT/target/release/siyu SIYU_BENCH_RESULTS=$WORK/rows.jsonl

finish() {
    trap '' INT TERM HUP
    trap - EXIT
    scripts/postgres.sh stop || true
    [ -e "$SIYU_PG_DIR" ] || rm -rf -- "$WORK"
}
trap finish EXIT
trap 'exit 143' INT TERM HUP

scripts/need.sh rust
say "building the benchmarks"
cargo build --release -p siyu-bench
bench=("$CARGO_TARGET_DIR/release/siyu-bench" --size "${BENCH_SIZE:-full}")
[ -z "${BENCH_ONLY:-}" ] || bench+=(--only "$BENCH_ONLY")
if "${bench[@]}" --needs | grep -qx postgres && scripts/need.sh postgres; then
    SIYU_BENCH_POSTGRES=$(scripts/postgres.sh start) && export SIYU_BENCH_POSTGRES
fi
: >"$SIYU_BENCH_RESULTS"
"${bench[@]}" </dev/null
say "table (also in bench/results.json)"
python3 bench/peers/table.py "$SIYU_BENCH_RESULTS" bench/results.json
