#!/usr/bin/env bash
# Runs npm scripts of the console with exactly the packages of its lock file:  scripts/console.sh build | lint | test | e2e …
set -euo pipefail
. "$(dirname "$0")/lib.sh"

"$ROOT/scripts/need.sh" node
cd "$ROOT/console"
npm_ci "$PWD" || die "npm could not install the console's packages (it needs its registry, once)"
for name in "$@"; do
    say "console: npm run $name"
    npm run --silent "$name" </dev/null
done
