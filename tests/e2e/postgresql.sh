#!/bin/bash
# The store in PostgreSQL: the suites of the store and of the mailbox once more, on it, and then several servers that
# share one (postgresql.py). The cluster is one of its own, made and thrown away here, reached by a socket in a
# directory of its own.
set -u
BUILD=$(cd "${BUILD:-build}" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
tree=$(cd "$here/../.." && pwd)
cd "${SCRATCH:-$(mktemp -d)}" || exit 1
unset SSLKEYLOGFILE PGHOST PGPORT PGUSER PGDATABASE PGPASSWORD PGSERVICE PGOPTIONS

# Debian keeps the programs of a server out of the way, one directory for each version
bin=
for dir in $(dirname "$(command -v initdb || echo /)") $(printf '%s\n' /usr/lib/postgresql/*/bin | sort -rV); do
    if [ -x "$dir/initdb" ] && [ -x "$dir/pg_ctl" ]; then bin=$dir; break; fi
done
if [ -z "$bin" ] || ! command -v psql >/dev/null; then
    echo "PostgreSQL is not installed (deps/packages.sh postgresql)"
    exit 77
fi

# A server of PostgreSQL does not run as root.
place=$(mktemp -d /tmp/sealwax-pg.XXXXXX)
as=()
if [ "$(id -u)" = 0 ]; then
    user=nobody
    id postgres >/dev/null 2>&1 && user=postgres
    chown "$user" "$place"
    as=(setpriv "--reuid=$user" "--regid=$(id -g "$user")" --clear-groups)
fi
pg_ctl() { "${as[@]}" env -C "$place" "$bin/pg_ctl" -s -D "$place/data" -l "$place/log" -w "$@"; }
export PGCTLTIMEOUT=600
# what is waited for is on the disk of a test, so its fsync is not
start() { pg_ctl -o "-k $place -c listen_addresses= -c fsync=off -c max_connections=200" start; }
crasher=
trap 'kill $crasher 2>/dev/null; pg_ctl -m immediate stop 2>/dev/null; rm -rf "$place"' EXIT
if ! { "${as[@]}" env -C "$place" "$bin/initdb" -D "$place/data" -A trust -U sealwax -E UTF8 --no-locale -N && start; } >init.log 2>&1; then
    cat init.log "$place/log"
    echo "PostgreSQL does not start here"
    exit 77
fi

export SEALWAX_TEST_STORE="postgresql://sealwax@/postgres?host=$place"
(cd "$tree" && "$BUILD/tests/run" apps/store apps/message) >suites.log 2>&1
grep -E '^FAIL|^     [^ ]' suites.log
read -r passed _ failed _ < <(tail -n 1 suites.log)
[[ $passed$failed =~ ^[0-9]+$ ]] || { tail suites.log; exit 1; }
unset SEALWAX_TEST_STORE

ttp() { "$BUILD/ttp" --quiet --pki pki "$@" >/dev/null; }
ttp init "Test Root"
ttp issue localhost --profile server
for who in alice bank; do ttp issue $who --profile client; done
ttp issue alice --profile client --out pki/phone
psql -Xq "postgresql://sealwax@/postgres?host=$place" -c 'CREATE DATABASE sealwax' -c 'CREATE DATABASE other'
mkfifo crash started
# kill -9 of the whole of PostgreSQL, when the script asks for it
while read -r _; do pg_ctl -m immediate stop; start; echo up >started; done <>crash >>init.log 2>&1 &
crasher=$!
python3 "$here/postgresql.py" "$BUILD" "postgresql://sealwax@/"{sealwax,other}"?host=$place" crash started >two.log 2>&1
code=$?
cat two.log
read -r more _ less _ < <(tail -n 1 two.log)
[[ $more$less =~ ^[0-9]+$ ]] || exit 1
echo "$((passed + more)) passed, $((failed + less)) failed"
[ $((failed + less + code)) = 0 ]
