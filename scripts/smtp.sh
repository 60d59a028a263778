#!/usr/bin/env bash
# A real SMTP server (aiosmtpd) for tests: loopback only, free ports, a certificate of its own, mail kept as files. Needs no root.
#
#   scripts/smtp.sh start   starts it and prints its folder; refuses when one of this folder is running
#   scripts/smtp.sh dir     prints the folder of the running one
#   scripts/smtp.sh stop    stops the one this script started and deletes its folder; silent when there is none
#
# SIYU_SMTP_DIR chooses the folder (default: one per user under the temporary folder). In it: `env` (ports as NAME=VALUE lines), `ca.pem`, `mail/`
# (one file for each message, its envelope in `X-Envelope-…` lines before it). Tests find it by SIYU_TEST_SMTP.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

DIR=${SIYU_SMTP_DIR:-${TMPDIR:-/tmp}/siyu-smtp-$(id -u)}

ours() { [ -d "$DIR" ] && [ ! -L "$DIR" ] && [ -O "$DIR" ] && [ -f "$DIR/made-by-siyu" ]; }

# The process id of our server, if it lives and is the one that serves this folder.
server_pid() {
    local pid
    pid=$(cat "$DIR/pid" 2>/dev/null) || return 1
    [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null || return 1
    [ ! -d /proc/self ] || tr '\0' ' ' <"/proc/$pid/cmdline" | grep -qF -- "$DIR" || return 1
    echo "$pid"
}

# Two certificates of one authority: for this machine, and for a name that it has not.
certificates() {
    cd "$DIR"
    openssl req -x509 -newkey rsa:2048 -nodes -days 3 -keyout ca.key -out ca.pem -subj "/CN=Siyu test authority" \
        -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign 2>/dev/null
    local name
    for name in localhost elsewhere.example; do
        openssl req -newkey rsa:2048 -nodes -keyout "$name.key" -out "$name.csr" -subj "/CN=$name" 2>/dev/null
        printf 'subjectAltName=DNS:%s\n' "$name" >"$name.ext"
        openssl x509 -req -in "$name.csr" -CA ca.pem -CAkey ca.key -CAcreateserial -days 3 -extfile "$name.ext" -out "$name.pem" 2>/dev/null
    done
}

start() {
    local python
    python=$(smtp_python) || die "aiosmtpd is not installed (Debian: apt-get install python3-aiosmtpd)"
    have openssl || die "openssl is not installed"
    if [ -e "$DIR" ] || [ -L "$DIR" ]; then
        ours || die "$DIR exists and was not made by this script: remove it or set SIYU_SMTP_DIR"
        if server_pid >/dev/null; then die "already running from $DIR: 'scripts/smtp.sh stop' first, or set SIYU_SMTP_DIR to another folder"; fi
        rm -rf -- "$DIR"
    fi
    mkdir -m 0700 "$DIR"
    touch "$DIR/made-by-siyu"
    mkdir "$DIR/mail"
    (certificates) || die "openssl makes no certificates"
    # The server must not hold our caller's output open, or `$(… start)` would never end.
    "$python" "$ROOT/scripts/smtp/server.py" "$DIR" </dev/null >"$DIR/log" 2>&1 &
    echo $! >"$DIR/pid"
    for _ in $(seq 100); do
        [ -f "$DIR/env" ] && { echo "$DIR"; return; }
        server_pid >/dev/null || break
        sleep 0.1
    done
    tail -n 20 "$DIR/log" >&2 || true
    stop
    die "the SMTP server did not start; its last lines are above"
}

stop() {
    ours || return 0
    local pid
    if pid=$(server_pid); then
        kill "$pid"
        for _ in $(seq 50); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
        ! kill -0 "$pid" 2>/dev/null || kill -9 "$pid"
    fi
    rm -rf -- "$DIR"
}

case "${1:-}" in
    start) start ;;
    stop) stop ;;
    dir) ours && server_pid >/dev/null && echo "$DIR" || die "not running: scripts/smtp.sh start" ;;
    *) sed -n '2,9s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
