# shellcheck shell=bash
# Shared by the scripts of this folder: `. "$(dirname "$0")/lib.sh"`. Says things, records skips, installs Debian packages.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck disable=SC2034 # used by those who read this file
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/siyu
# One line per thing that could not be done. `make test` shows them all at the end; unset = only printed.
SIYU_SKIPS=${SIYU_SKIPS:-}

say() { printf '== %s\n' "$*" >&2; }
warn() { printf '!! %s\n' "$*" >&2; }
die() { warn "$*"; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }
in_ci() { [ "${CI:-}" = true ] || [ "${CI:-}" = 1 ]; }

# skip WHAT WHY-AND-WHAT-TO-DO: loud now, and again in the summary. Status 3 means "not there".
skip() {
    warn "SKIPPED: $1 - $2"
    [ -z "$SIYU_SKIPS" ] || printf '%s|%s\n' "$1" "$2" >>"$SIYU_SKIPS"
    return 3
}

# Words to put before a command that needs root: nothing, or sudo when it asks no password. Fails when neither works.
as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"
    elif have sudo && sudo -n true 2>/dev/null; then sudo -n "$@"
    else return 1
    fi
}

may_install() { have apt-get && as_root true; }

# apt_install PACKAGE...: true when all are installed at the end. The package lists are refreshed only if the first try fails.
apt_install() {
    local missing=() package
    for package in "$@"; do
        dpkg-query -W -f='${db:Status-Abbrev}' "$package" 2>/dev/null | grep -q '^ii' || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    may_install || return 1
    say "installing ${missing[*]}"
    apt_quiet install -y --no-install-recommends "${missing[@]}" && return 0
    apt_quiet update && apt_quiet install -y --no-install-recommends "${missing[@]}"
}

apt_quiet() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 "$@" </dev/null >&2
}

# Folder with initdb, pg_ctl and psql of the newest PostgreSQL here that is at least 15; empty output and status 1 if none.
postgres_bin() {
    local dir version
    while read -r dir; do
        [ -x "$dir/initdb" ] && [ -x "$dir/pg_ctl" ] || continue
        version=$("$dir/initdb" --version | grep -oE '[0-9]+' | head -n 1)
        if [ "${version:-0}" -ge 15 ]; then echo "$dir"; return 0; fi
    done < <(
        # Debian keeps each version apart and off the PATH; elsewhere pg_config or the PATH knows.
        printf '%s\n' /usr/lib/postgresql/*/bin | sort -t/ -k5,5Vr
        pg_config --bindir 2>/dev/null
        have pg_ctl && dirname "$(command -v pg_ctl)"
    )
    return 1
}

# The Python that has aiosmtpd: Debian's own, wherever another one stands before it on the PATH.
smtp_python() {
    local python
    for python in python3 /usr/bin/python3; do
        if have "$python" && "$python" -c 'import aiosmtpd' 2>/dev/null; then command -v "$python"; return 0; fi
    done
    return 1
}

chromium_bin() { command -v chromium || command -v chromium-browser || command -v google-chrome; }

node_ok() { have node && have npm && node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)'; }

# npm_ci FOLDER: installs exactly what its lock file says, once per lock file.
npm_ci() {
    local mark=$1/node_modules/.made-for stamp
    stamp=$(cksum <"$1/package-lock.json")
    [ "$(cat "$mark" 2>/dev/null)" != "$stamp" ] || return 0
    say "preparing npm packages in ${1#"$ROOT"/}"
    (cd "$1" && PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --no-audit --no-fund --loglevel=error </dev/null >&2) || return 1
    mkdir -p "$1/node_modules" && printf '%s\n' "$stamp" >"$mark"
}
