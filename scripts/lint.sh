#!/usr/bin/env bash
# Everything a machine can check without running the program. The console must have been built: the program embeds it.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
cd "$ROOT"

say "shell scripts"
scripts=(.ci/run scripts/*.sh scripts/sdk/*.sh)
for script in "${scripts[@]}"; do bash -n "$script"; done
if have shellcheck; then shellcheck -x -S warning -P SCRIPTDIR "${scripts[@]}"; fi

say "cargo fmt"
cargo fmt --all --check

say "cargo clippy"
cargo clippy --workspace --all-targets -- -D warnings

say "licences and sources"
if have cargo-deny; then
    cargo deny --all-features check
else
    # Compiling cargo-deny takes longer than all our tests; licences and sources can be told without it.
    if have python3; then python3 scripts/licences.py; fi
    skip "cargo deny" "advisories are not checked. Install: cargo install --locked cargo-deny" || true
fi

scripts/console.sh lint
