#!/usr/bin/env bash
# Everything: lint, build, Rust tests on both database engines, console, SDKs, browser. Goes on after a failure, so that one
# run tells all; ends with a table and with every skip. On CI (CI=true) skipping PostgreSQL, the SMTP server, Chromium or the SDKs is a failure.
#
#   scripts/test.sh            everything
#   scripts/test.sh rust sdk   only these (of: lint build rust console sdk browser), plus what they need
set -uo pipefail
. "$(dirname "$0")/lib.sh"
cd "$ROOT" || exit 1
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$CACHE/target}
export SIYU_BIN=$ROOT/target/release/siyu
export CARGO_TERM_COLOR=${CARGO_TERM_COLOR:-auto}

WORK=$(mktemp -d "${TMPDIR:-/tmp}/siyu-test.XXXXXX") || exit 1
chmod 0711 "$WORK" # PostgreSQL runs as another user when we are root
export SIYU_SKIPS=$WORK/skips SIYU_PG_DIR=$WORK/postgres SIYU_SMTP_DIR=$WORK/smtp
: >"$SIYU_SKIPS"
RESULTS=()
FAILED=()

finish() {
    # `timeout` and `make` each pass a signal on: the second one must not cut the cleaning short.
    trap '' INT TERM HUP
    trap - EXIT
    scripts/postgres.sh stop || warn "PostgreSQL of this run may still be there: SIYU_PG_DIR=$SIYU_PG_DIR scripts/postgres.sh stop"
    scripts/smtp.sh stop || warn "the SMTP server of this run may still be there: SIYU_SMTP_DIR=$SIYU_SMTP_DIR scripts/smtp.sh stop"
    [ -e "$SIYU_PG_DIR" ] || rm -rf -- "$WORK"
}
trap finish EXIT
trap 'exit 130' INT
trap 'FAILED+=("stopped before the end"); summary; exit 143' TERM HUP

# stage NAME COMMAND...: runs it, keeps its output, remembers how it ended and its closing line.
stage() {
    local name=$1 log=$WORK/$1.log begin=$SECONDS status word=passed
    shift
    say "$name"
    "$@" 2>&1 </dev/null | tee "$log"
    status=${PIPESTATUS[0]}
    case $status in
        0) ;;
        3) word=skipped ;;
        *) word=FAILED; FAILED+=("$name") ;;
    esac
    RESULTS+=("$(printf '%-8s %-8s %5ss  %s' "$name" "$word" $((SECONDS - begin)) "$(closing "$log")")")
    return "$status"
}

# The line in which a test runner says how many passed, without colours. Plain `cargo test` says it once per binary: added up.
closing() {
    sed 's/\x1b\[[0-9;]*m//g' "$1" | awk '
        /^ *Summary \[/ { nextest = $0 }
        /^test result:/ { passed += $4; failed += $6; binaries++ }
        /^ *Tests  |^ *[0-9]+ (passed|failed)|^sdk: / { other = $0 }
        END {
            line = nextest ? nextest : binaries ? passed " passed, " failed " failed in " binaries " test binaries" : other
            sub(/^ */, "", line)
            print line
        }'
}

wanted() { [ ${#ONLY[@]} -eq 0 ] || [[ " ${ONLY[*]} " == *" $1 "* ]]; }

lint() { make --no-print-directory lint; }

build() { make --no-print-directory build; }

rust() {
    local status=0
    if have cargo-nextest; then
        cargo nextest run --profile whole --test-threads $((3 * $(nproc))) --workspace --no-fail-fast --status-level slow --final-status-level fail || status=1
        cargo test --workspace --doc --quiet || status=1
    else
        cargo test --workspace --no-fail-fast || status=1
    fi
    return $status
}

console() { scripts/console.sh test; }

sdk() {
    scripts/need.sh sdk || return
    scripts/sdk/test.sh
}

browser() {
    scripts/need.sh chromium || return
    SIYU_CHROMIUM=$(chromium_bin) scripts/console.sh e2e
}

start_postgres() {
    scripts/need.sh postgres || return 0
    SIYU_TEST_POSTGRES=$(scripts/postgres.sh start) || { FAILED+=(postgres); RESULTS+=("postgres FAILED"); return 0; }
    export SIYU_TEST_POSTGRES
}

start_smtp() {
    scripts/need.sh smtp || return 0
    SIYU_TEST_SMTP=$(scripts/smtp.sh start) || { FAILED+=(smtp); RESULTS+=("smtp     FAILED"); return 0; }
    export SIYU_TEST_SMTP
}

summary() {
    local line what
    printf '\n== summary\n'
    printf '%s\n' "${RESULTS[@]}"
    while IFS='|' read -r what line; do
        printf 'SKIPPED  %s: %s\n' "$what" "$line"
        case $what in
            PostgreSQL | 'SMTP server' | Chromium | Python | 'SDK tests') ! in_ci || FAILED+=("$what (must not be skipped on CI)") ;;
        esac
    done < <(sort -u "$SIYU_SKIPS")
    if [ ${#FAILED[@]} -gt 0 ]; then
        printf 'FAILED   %s\n' "${FAILED[@]}"
        return 1
    fi
    [ -s "$SIYU_SKIPS" ] && printf '== passed what could be run; see the skips above\n' || printf '== all passed\n'
}

ONLY=("$@")
for name in "${ONLY[@]}"; do
    case $name in lint | build | rust | console | sdk | browser) ;; *) die "no such part: $name" ;; esac
done
scripts/need.sh rust node || exit 1

wanted lint && stage lint lint
# The Rust, SDK and browser tests start the program that people get.
if wanted build || wanted rust || wanted sdk || wanted browser; then
    stage build build || { summary; exit 1; }
fi
if wanted rust; then
    start_postgres
    start_smtp
    [ -d "${SIYU_DATA_DIR:-$ROOT/../shared/data}" ] || skip "public data sets" "set SIYU_DATA_DIR to their folder" || true
    [ -d "$ROOT/../shared/protocol" ] || skip "WeCom samples and vectors" "they lie in ../shared/protocol" || true
    stage rust rust
fi
wanted console && stage console console
wanted sdk && stage sdk sdk
wanted browser && stage browser browser
summary
