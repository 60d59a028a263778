#!/usr/bin/env bash
# Runs the tests that drive the published SDKs: the ignored tests of the integration-test files named `sdk` (tests/sdk.rs).
# They start our intake, run a sender of this folder against it, and look into what was stored. They find:
#   SIYU_SDK_PYTHON   the interpreter that has the Python SDK:  $SIYU_SDK_PYTHON $SIYU_SDK_DIR/send.py <endpoint> <key> [gzip]
#   SIYU_SDK_NODE     node:                                     $SIYU_SDK_NODE $SIYU_SDK_DIR/send.mjs <endpoint> <key>
# A sender prints {"sdk","user","tracks","messages","errors"} and ends with 1 when anything was not acknowledged.
# No such test at all is a failure, not a pass.
set -euo pipefail
. "$(dirname "$0")/../lib.sh"
cd "$ROOT"
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$CACHE/target}
export SIYU_SDK_DIR=$ROOT/scripts/sdk SIYU_SDK_PYTHON=$CACHE/venv-sdk/bin/python
SIYU_SDK_NODE=$(command -v node)
export SIYU_SDK_NODE

if have cargo-nextest; then
    cargo nextest run --workspace --run-ignored only -E 'binary(sdk)' --no-fail-fast --no-tests fail
else
    cargo test --workspace --test sdk -- --ignored
fi
