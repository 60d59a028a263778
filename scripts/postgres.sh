#!/usr/bin/env bash
# A throw-away PostgreSQL (15 or newer) for tests and benchmarks: loopback only, own folder, own port, fsync on.
#
#   scripts/postgres.sh start   makes a new cluster and prints its URL; refuses when one of this folder is running
#   scripts/postgres.sh url     prints the URL of the running one
#   scripts/postgres.sh down    stops the running one and keeps its data; a second word says how: fast (default), immediate, or kill (-9)
#   scripts/postgres.sh up      starts it again, on the same port
#   scripts/postgres.sh stop    stops the one this script started and deletes its folder; silent when there is none
#
# SIYU_PG_DIR chooses the folder (default: one per user under the temporary folder). Nothing of an earlier cluster is ever reused.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

DIR=${SIYU_PG_DIR:-${TMPDIR:-/tmp}/siyu-postgres-$(id -u)}
DATA=$DIR/data
SOCKETS=$DIR/sockets
URL_FILE=$DIR/url

# PostgreSQL refuses to run as root: then it runs as the package's user, or as nobody.
owner() {
    if [ "$(id -u)" != 0 ]; then id -un
    elif getent passwd postgres >/dev/null; then echo postgres
    else echo nobody
    fi
}

as_owner() {
    if [ "$(id -u)" != 0 ]; then (cd / && "$@")
    elif have runuser; then (cd / && runuser -u "$(owner)" -- "$@")
    else (cd / && setpriv --reuid="$(owner)" --regid="$(id -g "$(owner)")" --init-groups -- "$@")
    fi
}

ours() { [ -d "$DIR" ] && [ ! -L "$DIR" ] && [ -O "$DIR" ] && [ -f "$DIR/made-by-siyu" ]; }

# The process id of our server, if it lives and is the one that serves this folder.
server_pid() {
    local pid
    pid=$(head -n 1 "$DATA/postmaster.pid" 2>/dev/null) || return 1
    [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null || return 1
    # After a crash another program may have the number; where there is no /proc to tell, the number must do.
    [ ! -d /proc/self ] || tr '\0' ' ' <"/proc/$pid/cmdline" | grep -qF -- "$DATA" || return 1
    echo "$pid"
}

free_port() {
    local port
    for _ in $(seq 50); do
        port=$((20000 + RANDOM % 12000)) # below the range the kernel hands out to clients
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return; }
    done
    die "no free port found between 20000 and 32000"
}

configure() {
    cat >>"$DATA/postgresql.conf" <<CONF
listen_addresses = '127.0.0.1'
unix_socket_directories = '$SOCKETS'
max_connections = 200
fsync = on
synchronous_commit = on
full_page_writes = on
logging_collector = off
CONF
}

# A port can be taken between looking and binding: try others.
launch() {
    local port
    for _ in 1 2 3 4 5; do
        port=$(free_port)
        # The server must not hold our caller's output open, or `$(… start)` would never end.
        if as_owner "$BIN/pg_ctl" -D "$DATA" -l "$DIR/log/server.log" -o "-p $port" -w -t 60 start </dev/null >/dev/null 2>&1; then
            PORT=$port
            return
        fi
    done
    tail -n 20 "$DIR/log/server.log" >&2 || true
    remove
    die "PostgreSQL did not start; its last lines are above"
}

remove() { rm -rf -- "$DIR"; }

start() {
    local password
    BIN=$(postgres_bin) || die "PostgreSQL 15 or newer is not installed (Debian: apt-get install postgresql)"
    if [ -e "$DIR" ] || [ -L "$DIR" ]; then
        ours || die "$DIR exists and was not made by this script: remove it or set SIYU_PG_DIR"
        if server_pid >/dev/null; then die "already running from $DIR: 'scripts/postgres.sh stop' first, or set SIYU_PG_DIR to another folder"; fi
        warn "removing what a cluster that no longer runs left in $DIR"
        remove
    fi
    mkdir -m 0711 "$DIR"
    touch "$DIR/made-by-siyu"
    mkdir -m 0700 "$DATA" "$SOCKETS" "$DIR/log"
    [ "$(stat -f -c %T "$DIR")" != tmpfs ] || warn "$DIR is in memory: fsync costs nothing there, so do not read durable speeds from it"
    password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
    (umask 077 && printf '%s\n' "$password" >"$DIR/log/password")
    [ "$(id -u)" != 0 ] || chown -R "$(owner)" "$DATA" "$SOCKETS" "$DIR/log"
    as_owner "$BIN/initdb" -D "$DATA" -U siyu --pwfile="$DIR/log/password" --auth=scram-sha-256 \
        --encoding=UTF8 --locale=C >"$DIR/initdb.log" 2>&1 || { cat "$DIR/initdb.log" >&2; remove; die "initdb failed"; }
    configure
    launch
    PGPASSWORD=$password "$BIN/psql" -qX -h 127.0.0.1 -p "$PORT" -U siyu -d postgres -c 'CREATE DATABASE siyu' >&2 </dev/null ||
        { stop; die "the new cluster does not answer"; }
    (umask 077 && printf 'postgres://siyu:%s@127.0.0.1:%s/siyu\n' "$password" "$PORT" >"$URL_FILE")
    cat "$URL_FILE"
}

stop() {
    ours || return 0
    BIN=$(postgres_bin) || die "PostgreSQL's programs are gone; the server of $DIR may still run"
    if server_pid >/dev/null; then
        as_owner "$BIN/pg_ctl" -D "$DATA" -m fast -w -t 30 stop >/dev/null 2>&1 ||
            as_owner "$BIN/pg_ctl" -D "$DATA" -m immediate -w -t 30 stop >/dev/null 2>&1 ||
            die "the server of $DIR (process $(server_pid)) does not stop"
    fi
    remove
}

# Takes a running server away as a failing machine does; `up` brings it back with what it had on disk.
down() {
    local how=${1:-fast} pid
    ours && pid=$(server_pid) || die "not running: scripts/postgres.sh start"
    if [ "$how" = kill ]; then
        kill -9 "$pid"
        # Its helpers notice by themselves and end too.
        for _ in $(seq 100); do kill -0 "$pid" 2>/dev/null || break; sleep 0.05; done
    else
        BIN=$(postgres_bin) || die "PostgreSQL's programs are gone"
        as_owner "$BIN/pg_ctl" -D "$DATA" -m "$how" -w -t 30 stop >/dev/null 2>&1 || die "the server of $DIR does not stop"
    fi
}

up() {
    ours || die "not made by this script: scripts/postgres.sh start"
    ! server_pid >/dev/null || die "already running from $DIR"
    BIN=$(postgres_bin) || die "PostgreSQL 15 or newer is not installed (Debian: apt-get install postgresql)"
    local port
    port=$(sed -E 's/.*:([0-9]+)\/.*/\1/' "$URL_FILE")
    # After a kill the old helpers may still hold the memory for a moment.
    for _ in $(seq 50); do
        if as_owner "$BIN/pg_ctl" -D "$DATA" -l "$DIR/log/server.log" -o "-p $port" -w -t 60 start </dev/null >/dev/null 2>&1; then return; fi
        sleep 0.1
    done
    tail -n 20 "$DIR/log/server.log" >&2 || true
    die "PostgreSQL did not start again; its last lines are above"
}

url() {
    ours && server_pid >/dev/null || die "not running: scripts/postgres.sh start"
    cat "$URL_FILE"
}

case "${1:-}" in
    start) start ;;
    stop) stop ;;
    url) url ;;
    down) down "${2:-fast}" ;;
    up) up ;;
    *) sed -n '2,10s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
