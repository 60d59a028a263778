#!/usr/bin/env bash
# Makes sure a tool is there, installing it when this machine lets us (root, or sudo without a password).
#
#   scripts/need.sh WHAT...     status 0: all there   3: something had to be skipped   1: nothing works without it
#
#   rust       cargo                          never installed here, only asked for
#   node       node 20.19 or newer, and npm   never installed here, only asked for
#   postgres   PostgreSQL 15 or newer         Debian package postgresql
#   smtp       an SMTP server for tests       Debian package python3-aiosmtpd
#   chromium   a browser and a Chinese font   Debian packages chromium, fonts-noto-cjk
#   python     python3 that can make a venv   Debian package python3-venv
#   sdk        the tracking SDKs, unmodified  pip and npm packages listed in scripts/sdk
#   peers      what the benchmark compares    pip packages listed in bench/peers
set -euo pipefail
. "$(dirname "$0")/lib.sh"

need_rust() {
    have cargo || die "cargo is missing. Install stable Rust $(sed -n 's/^rust-version = "\(.*\)"/\1/p' "$ROOT/Cargo.toml") or newer (rustup, or your system's package), then run this again."
}

need_node() {
    node_ok || die "Node.js 20.19 or newer with npm is missing (found: $(node --version 2>/dev/null || echo none)). Install it, then run this again."
}

need_postgres() {
    postgres_bin >/dev/null || { apt_install postgresql && postgres_bin >/dev/null; } ||
        skip "PostgreSQL" "the second database engine is not tested. Install PostgreSQL 15 or newer: apt-get install postgresql"
}

need_smtp() {
    if smtp_python >/dev/null && have openssl; then return 0; fi
    apt_install python3-aiosmtpd openssl && smtp_python >/dev/null ||
        skip "SMTP server" "mail is not tested against a real server. Install: apt-get install python3-aiosmtpd openssl"
}

font_ok() { ! have fc-list || [ -n "$(fc-list :lang=zh family 2>/dev/null | head -n 1)" ]; }
need_chromium() {
    if chromium_bin >/dev/null && font_ok; then return 0; fi
    apt_install chromium fonts-noto-cjk && chromium_bin >/dev/null ||
        skip "Chromium" "the console is not tested in a browser. Install: apt-get install chromium fonts-noto-cjk"
}

python_ok() { have python3 && python3 -c 'import venv, ensurepip' 2>/dev/null; }
need_python() {
    python_ok || { apt_install python3 python3-venv && python_ok; } ||
        skip "Python" "python3 with venv is missing. Install: apt-get install python3 python3-venv"
}

# venv NAME REQUIREMENTS: a virtual environment under the cache that holds exactly this list; made anew when the list changes.
venv() {
    local dir=$CACHE/venv-$1 list=$2 stamp
    stamp="$(cksum <"$list") $(python3 --version)"
    [ "$(cat "$dir/.made-for" 2>/dev/null)" != "$stamp" ] || return 0
    say "preparing Python packages for $1"
    rm -rf -- "$dir"
    mkdir -p "$CACHE"
    python3 -m venv "$dir" && "$dir/bin/pip" install --quiet --no-input --disable-pip-version-check -r "$list" </dev/null >&2 || return 1
    printf '%s\n' "$stamp" >"$dir/.made-for"
}

need_sdk() {
    need_python || return 3
    node_ok && venv sdk "$ROOT/scripts/sdk/requirements.txt" && npm_ci "$ROOT/scripts/sdk" ||
        skip "SDK tests" "the published tracking SDKs could not be installed (pip and npm need their registries, once)"
}

need_peers() {
    need_python && venv peers "$ROOT/bench/peers/requirements.txt" ||
        skip "benchmark peers" "their Python packages could not be installed (pip needs its registry, once)"
}

[ $# -gt 0 ] || { sed -n '2,14s/^# \{0,1\}//p' "$0" >&2; exit 2; }
status=0
for what in "$@"; do
    [ "$(type -t "need_$what")" = function ] || die "unknown tool: $what"
    need_"$what" || status=$?
done
exit "$status"
