#!/bin/bash
# ttp under the worst: four writers at once, kill -9 at any moment, a full disk. What must hold afterwards: every
# certificate that exists is in the index, once; serial numbers differ; no key lies about without reason; the next
# command works.
. "$(dirname "$(readlink -f "$0")")/ttp.inc"

# serials CERTIFICATE...: their serial numbers, as openssl reads them
serials() {
    local bag=()
    for certificate; do bag+=(-certfile "$certificate"); done
    openssl crl2pkcs7 -nocrl "${bag[@]}" | openssl pkcs7 -print_certs -noout -text |
        sed -n '/^        Serial Number:$/ { n; s/[ :]//g; p; }'
}

# Every certificate file is in the index and verifies; the index is sound.
sound() {
    "$TTP" --json list >list.json 2>err || failed "$1: list: $(cat err)"
    is "$1: integrity" ok "$(sql certs/index.db 'PRAGMA integrity_check')"
    is "$1: serials" "" "$(python3 -c "import json, collections; print(*[s for s, n in collections.Counter(r['serial'] for r in json.load(open('list.json'))).items() if n > 1])")"
    is "$1: certificates and audit lines" "$(sql certs/index.db "SELECT count(*) FROM certificates")" \
        "$(sql certs/index.db "SELECT count(*) FROM audit WHERE action IN ('init', 'issue', 'sign', 'renew')")"
    # all of them in one process each: there are hundreds in the end
    certificates=$(ls issued/*.crt 2>/dev/null | grep -v '\.fullchain\.crt$')
    if [ -n "$certificates" ]; then
        # shellcheck disable=SC2086
        openssl verify -CAfile certs/root.crt $certificates >verified 2>&1 || failed "$1: broken: $(grep -v ': OK$' verified)"
        # shellcheck disable=SC2086
        serials $certificates >serials
        is "$1: serial numbers read" "$(echo "$certificates" | wc -l)" "$(wc -l <serials)"
        unknown=$(python3 -c "import json; known = {r['serial'] for r in json.load(open('list.json'))}; print(*[s for s in open('serials').read().split() if s not in known])")
        is "$1: certificates that are not in the index" "" "$unknown"
    fi
    for certificate in $certificates; do
        [ -s "${certificate%.crt}.key" ] || [ -n "${2-}" ] || failed "$1: $certificate has no key"
    done
    [ -z "$(ls -A issued | grep '^\.')" ] || failed "$1: left behind: $(ls -A issued | grep '^\.')"
    passed
}

ok "$TTP" init "Crash Root" --key p256
mkdir issued

# --- four writers, ten certificates each ----------------------------------------------------------------------------------
writer() { for i in $(seq 10); do "$TTP" -q issue "w$1-$i.example.org" --key p256 --out "issued/w$1-$i" || echo "writer $1: $i failed"; done; }
for w in 1 2 3 4; do writer $w >"log.$w" 2>&1 & done
wait
is "writers' complaints" "" "$(cat log.*)"
is "certificates" 40 "$(ls issued/*.key | wc -l)"
is "rows" 41 "$(sql certs/index.db 'SELECT count(*) FROM certificates')"
is "serials" 41 "$(sql certs/index.db 'SELECT count(DISTINCT serial) FROM certificates')"
sound "four writers"

# One name wanted by four at once: one gets it, the others are told, and no certificate is valid that nobody has.
for w in 1 2 3 4; do "$TTP" -q issue same.example.org --key p256 --out issued/same >/dev/null 2>"log.$w" & pids[w]=$!; done
winners=0
for w in 1 2 3 4; do if wait "${pids[w]}"; then winners=$((winners + 1)); fi; done
is "winners" 1 "$winners"
is "valid certificates of that name" 1 "$("$TTP" --json list --valid | python3 -c "import json, sys; print(sum(r['cn'] == 'same.example.org' for r in json.load(sys.stdin)))")"
sound "one name"

# Lists made at once have numbers of their own.
for w in 1 2 3 4; do "$TTP" -q crl & done
wait
is "numbers of lists" "1 2 3 4" "$(sql certs/index.db 'SELECT group_concat(number, " ") FROM crls')"
is "the last one stays" "0x04" "$(openssl crl -in certs/root.crl -noout -crlnumber | cut -d= -f2)"

# --- kill -9 at any moment ------------------------------------------------------------------------------------------------
rm -f issued/*
killed=0
before=${EPOCHREALTIME/./}
ok "$TTP" -q issue timed.example.org --key p256 --out issued/timed
took=$((${EPOCHREALTIME/./} - before)) # microseconds, by which the moments are spread
mkfifo never && exec {never}<>never    # a wait without another process
for i in $(seq 60); do
    "$TTP" -q issue "k$i.example.org" --key p256 --out "issued/k$i" >/dev/null 2>&1 &
    pid=$!
    # from the first instruction to about the last
    read -rt "$(printf '0.%06d' $((i * 7 % 50 * took / 50)))" -u $never
    # who was through already says that the machine has become faster
    if kill -9 $pid 2>/dev/null; then killed=$((killed + 1)); else took=$((took * 9 / 10)); fi
    wait $pid 2>/dev/null
done
[ "$killed" -gt 10 ] && passed || failed "only $killed of 60 were killed in time"
sound "kill -9" keyless
ok "$TTP" issue after.example.org --key p256 --out issued/after
# what was begun can be asked for again, unless its key is there already
for i in $(seq 60); do
    [ -e "issued/k$i.key" ] || "$TTP" -q issue "k$i.example.org" --key p256 --out "issued/k$i" 2>err || failed "again: $(cat err)"
done
sound "again" keyless

# --- killed, or the disk full, at each call that touches the disk, one after the other ------------------------------------
# A library in front of libc counts these calls and, at number AT, kills the process before the call or lets
# the call fail with ENOSPC; at number STOP of those that flush or lock, it stops the process.
cat >fault.c <<'C'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>
#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
static int hit_at(const char *name)
{
    static int n;
    return getenv(name) && ++n == atoi(getenv(name));
}
static int hit(void)
{
    if (!hit_at("AT"))
        return 0;
    if (!getenv("FULL"))
        kill(getpid(), SIGKILL);
    errno = ENOSPC;
    return 1;
}
static int stand(void)
{
    if (!getenv("STOP"))
        return hit();
    if (hit_at("STOP"))
        kill(getpid(), SIGSTOP);
    return 0;
}
static int lock(int fd, int cmd, void *arg, int (*real)(int, int, ...))
{
    if (cmd == F_SETLK && ((struct flock *)arg)->l_type == F_WRLCK && getenv("STOP"))
        stand();
    return real(fd, cmd, arg);
}
ssize_t write(int fd, const void *p, size_t n) { return fd > 2 && hit() ? -1 : REAL(write)(fd, p, n); }
ssize_t pwrite64(int fd, const void *p, size_t n, off64_t at) { return hit() ? -1 : REAL(pwrite64)(fd, p, n, at); }
ssize_t pwrite(int fd, const void *p, size_t n, off_t at) { return hit() ? -1 : REAL(pwrite)(fd, p, n, at); }
int fsync(int fd) { return stand() ? -1 : REAL(fsync)(fd); }
int fdatasync(int fd) { return hit() ? -1 : REAL(fdatasync)(fd); }
int ftruncate64(int fd, off64_t n) { return hit() ? -1 : REAL(ftruncate64)(fd, n); }
int unlink(const char *path) { return hit() ? -1 : REAL(unlink)(path); }
int linkat(int a, const char *from, int b, const char *to, int flags) { return hit() ? -1 : REAL(linkat)(a, from, b, to, flags); }
int fcntl(int fd, int cmd, ...) { va_list ap; va_start(ap, cmd); void *arg = va_arg(ap, void *); va_end(ap); return lock(fd, cmd, arg, REAL(fcntl)); }
int fcntl64(int fd, int cmd, ...) { va_list ap; va_start(ap, cmd); void *arg = va_arg(ap, void *); va_end(ap); return lock(fd, cmd, arg, REAL(fcntl64)); }
int renameat(int a, const char *from, int b, const char *to) { return hit() ? -1 : REAL(renameat)(a, from, b, to); }
C
if "${CC:-cc}" -shared -fPIC -O1 -o fault.so fault.c -ldl 2>err && ! nm "$TTP" 2>/dev/null | grep -q __asan_init; then
    # said by the command, and not "Killed" by the shell
    faulty() { sh -c '"$@" >said 2>&1; exit $?' - env LD_PRELOAD="$PWD/fault.so" AT="$at" "$@" 2>/dev/null; }
    # a command is run with the fault at call 1, 2, 3, ... until it gets through
    inject() { # NAME COMMAND...; %d becomes the number of the run
        name=$1 at=0
        shift
        while :; do
            at=$((at + 1))
            faulty "${@//%d/$at}"
            got=$?
            [ $at -lt 200 ] || { failed "$name: never got through"; return; }
            [ -n "${FULL-}" ] || [ $got = 137 ] || break # not killed: fewer calls than that
            [ -z "${FULL-}" ] || [ $got = 5 ] || [ $got = 0 ] || failed "$name: exit code $got with the disk full at call $at: $(cat said)"
            [ -z "${FULL-}" ] || [ $got = 0 ] || [ -s said ] || failed "$name: no word about the full disk"
            [ -z "${FULL-}" ] || [ $got = 5 ] || [ $at -lt $calls ] || break
            "$TTP" -q list >/dev/null 2>err || failed "$name: after a fault at call $at: $(cat err)"
        done
        calls=$at
        # what replaces a file needs a name first: killed just then, it stays under that name, whole
        if [ "$1" = "$TTP" ] && [ "$3" != issue ]; then
            for left in issued/.*.tmp certs/.*.tmp; do
                [ ! -e "$left" ] || openssl x509 -in "$left" -noout 2>/dev/null || openssl crl -in "$left" -noout 2>/dev/null || failed "$name: half of a file in $left"
                rm -f "$left"
            done
        fi
        [ $at -gt 5 ] && passed || failed "$name: only $at calls"
        sound "$name" keyless
    }
    calls=0
    inject "kill issue" "$TTP" -q issue "ki%d.example.org" --key p256 --out "issued/ki%d"
    FULL=1 inject "full issue" "$TTP" -q issue "fi%d.example.org" --key p256 --out "issued/fi%d"
    # nothing that failed for want of space has files, but a record that was committed has been revoked again
    is "valid but without files" "" "$("$TTP" --json list --valid | python3 -c "import json, os, sys; print(*[r['prefix'] for r in json.load(sys.stdin) if '/fi' in r['prefix'] and not os.path.exists(r['prefix'] + '.crt')])")"
    inject "kill renew" "$TTP" -q renew after.example.org
    openssl verify -CAfile certs/root.crt issued/after.crt >out 2>err || failed "renewed certificate"
    inject "kill crl" "$TTP" -q crl
    ok openssl crl -in certs/root.crl -CAfile certs/root.crt -noout
    ok "$TTP" issue victim.example.org --key p256 --out issued/victim
    inject "kill revoke" "$TTP" -q revoke victim.example.org
    is "revoked once" 1 "$(sql certs/index.db "SELECT count(*) FROM revocations r JOIN certificates c ON c.serial = r.serial WHERE cn = 'victim.example.org'")"
    # init: whatever it was killed at, it can be begun again
    at=0
    while :; do
        at=$((at + 1))
        rm -rf fresh
        faulty "$TTP" -q --pki fresh init "Fresh Root" --key p256 && break
        [ -e fresh/root.key ] && [ -e fresh/root.crt ] && continue
        "$TTP" -q --pki fresh init "Fresh Root" --key p256 2>err || { failed "init again after a kill at call $at: $(cat err)"; break; }
        [ ! -e fresh/pending ] && openssl verify -CAfile fresh/root.crt fresh/root.crt >/dev/null 2>&1 || failed "init again after a kill at call $at"
    done
    [ $at -gt 5 ] && passed || failed "init: only $at calls"
    at=0
    while :; do
        at=$((at + 1))
        rm -rf fresh
        faulty "$TTP" -q --pki fresh init --intermediate "Fresh CA" --key p256 && break
        [ -e fresh/ca.key ] && [ -e fresh/ca.csr ] && continue
        "$TTP" -q --pki fresh init --intermediate "Fresh CA" --key p256 2>err || { failed "init --intermediate again after a kill at call $at: $(cat err)"; break; }
        openssl req -in fresh/ca.csr -noout -verify -key fresh/ca.key 2>&1 | grep -q OK || failed "init --intermediate again after a kill at call $at: another key"
    done
    [ $at -gt 3 ] && passed || failed "init --intermediate: only $at calls"
    # adopt: an index that names a CA has all its files; and whatever it was killed at, the same command again goes through
    ok "$TTP" -q --pki above init "Above Root" --key p256
    ok "$TTP" -q --pki here init --intermediate "Issuing CA" --key p256
    ok "$TTP" -q --pki above sign here/ca.csr --profile ca --yes --out issuing.crt
    ok "$TTP" -q --pki theirs init --intermediate "Foreign CA" --key p256
    ok "$TTP" -q --pki above sign theirs/ca.csr --profile ca --yes --out theirs.crt
    ok "$TTP" -q --pki theirs adopt theirs.crt --chain above/root.crt
    for pki in theirs above; do
        ok "$TTP" -q --pki $pki issue gone.example.org --key p256
        ok "$TTP" -q --pki $pki revoke gone.example.org
        ok "$TTP" -q --pki $pki crl
    done
    adopts() { # NAME EACH OF-DIR FILES ARGUMENTS...; a fault at each EACH-th call
        name=$1 each=$2 from=$3 files=$4 at=0 begun=0
        shift 4
        while :; do
            at=$((at + each))
            rm -rf fresh
            [ ! -d "$from" ] || cp -a "$from" fresh
            faulty "$TTP" -q --pki fresh adopt "$@"
            result=$?
            [ $at -lt 200 ] && { [ -n "${FULL-}" ] || [ $result = 0 ] || [ $result = 137 ]; } || { failed "adopt $name: exit code $result with a fault at call $at: $(cat said)"; return; }
            recorded=0
            [ ! -s fresh/index.db ] || recorded=$(sql fresh/index.db "SELECT count(*) FROM audit WHERE action = 'adopt' AND detail LIKE 'CN=%'" 2>/dev/null) || recorded=0
            begun=$((begun + (recorded == 0)))
            for file in $files; do
                [ "$recorded" = 0 ] || [ -s "fresh/$file" ] || failed "adopt $name: killed at call $at: an index, and no $file"
                [ -z "${FULL-}" ] || [ $result = 0 ] || [ -e "$from/$file" ] || [ ! -e "fresh/$file" ] || failed "adopt $name: failed at call $at, and left $file"
            done
            [ "$recorded" != 0 ] || [ ! -e fresh ] || { code 4 "$TTP" --pki fresh issue x.example.org && says "ttp adopt" || says "no CA here"; } >/dev/null
            again=("$@")
            [ "$recorded" = 0 ] || [ "${*: -2:1}" != --crl ] || again=("${@:1:$(($# - 2))}") # the list is in it already
            "$TTP" -q --pki fresh adopt "${again[@]}" >out 2>err || { failed "adopt $name again after a fault at call $at"; return; }
            ok "$TTP" -q --pki fresh issue y.example.org --key p256
            ok "$TTP" verify --root above/root.crt --purpose server --name y.example.org fresh/y.example.org.fullchain.crt
            ok "$TTP" -q --pki fresh crl
            rm -f fresh/.*.tmp
            [ "${*: -2:1}" != --crl ] || is "adopt $name: revoked" 1 "$(openssl crl -noout -text -in fresh/*.crl | grep -c "Serial Number")"
            [ $result != 0 ] || break
        done
        [ $at -gt 5 ] && [ $begun -gt 3 ] && passed || failed "adopt $name: only $at calls, $begun before the index"
    }
    adopts "made here" 6 here "ca.key root.crt ca.crt" issuing.crt --chain above/root.crt
    adopts "foreign root" 6 none "root.key root.crt" above/root.crt --key-file above/root.key --crl above/root.crl
    foreign=(adopts "foreign CA" 2 none "ca.key root.crt ca.crt" theirs.crt --key-file theirs/ca.key --chain above/root.crt --crl theirs/ca.crl)
    "${foreign[@]}"
    foreign[2]=5
    export FULL=1
    "${foreign[@]}"
    unset FULL
    # one renewal stands still at each of those calls, while another of the same certificate begins: key and
    # certificates are of one in the end
    public() { { case $1 in *.key) openssl pkey -in "$1" -pubout ;; *) openssl x509 -in "$1" -noout -pubkey ;; esac; } | sha256sum; }
    state() { sed 's/.*) //; s/ .*//' "/proc/$1/stat" 2>/dev/null; }
    stands() { # NAME FIRST... -- SECOND...
        name=$1 at=0
        shift
        first=() second=()
        while [ "$1" != -- ]; do first+=("$1"); shift; done
        shift
        second=("$@")
        while :; do
            at=$((at + 1))
            LD_PRELOAD="$PWD/fault.so" STOP=$at "$TTP" -q "${first[@]}" >one.err 2>&1 & one=$!
            until case $(state $one) in T | Z | '') true ;; *) false ;; esac; do read -rt 0.002 -u $never; done
            stopped=$(state $one)
            "$TTP" -q "${second[@]}" >two.err 2>&1 & two=$!
            # it waits for the lock, if the first one holds it
            for i in $(seq 12); do
                case $(state $two) in Z | '') break ;; esac
                read -rt 0.01 -u $never
            done
            [ "$stopped" != T ] || kill -CONT $one
            wait $one; codes=$?
            wait $two; codes=$codes$?
            case $codes in 00 | 03 | 30) ;; *) failed "$name: exit codes $codes with the first one stopped at call $at: $(cat one.err two.err)" ;; esac
            [ "$(public issued/pair.key)" = "$(public issued/pair.crt)" ] && [ "$(public issued/pair.key)" = "$(public issued/pair.fullchain.crt)" ] ||
                failed "$name: key and certificates differ, with the first one stopped at call $at: $(cat one.err two.err)"
            [ "$stopped" = T ] || break
            [ $at -lt 200 ] || { failed "$name: never got through"; break; }
        done
        [ $at -gt 3 ] && passed || failed "$name: only $at calls"
    }
    ok "$TTP" issue pair.example.org --key p256 --out issued/pair
    # whatever a renewal with a new key is killed at, the next command, whichever it is, leaves a key and its certificates
    at=0 finished=0 begun='' between=''
    while :; do
        at=$((at + 1))
        faulty "$TTP" -q renew pair.example.org --rekey --force && break
        [ ! -e certs/pending ] || { finished=$((finished + 1)) begun=$at; }
        [ "$(public issued/pair.key)" = "$(public issued/pair.crt)" ] || between=$at
        "$TTP" -q check >/dev/null 2>err || [ $? = 1 ] || failed "check after --rekey was killed at call $at: $(cat err)"
        [ "$(public issued/pair.key)" = "$(public issued/pair.crt)" ] && [ "$(public issued/pair.key)" = "$(public issued/pair.fullchain.crt)" ] ||
            failed "key and certificates differ after --rekey was killed at call $at"
        [ ! -e certs/pending ] || failed "pending is left after --rekey was killed at call $at"
        rm -f issued/.*.tmp certs/.*.tmp
        [ $at -lt 200 ] || { failed "--rekey: never got through"; break; }
    done
    [ $finished -gt 3 ] && passed || failed "--rekey: only $finished of $at calls were between key and certificate"
    # and another renewal, which had begun before and stood still at each of its calls, does not forget what it was killed at
    ok "$TTP" issue other.example.org --key p256 --out issued/other
    at=${between:-$begun} still=0 # the database may make a call more or less each time, and the one between the two names be passed over
    while :; do
        still=$((still + 1))
        LD_PRELOAD="$PWD/fault.so" STOP=$still "$TTP" -q renew other.example.org --rekey --force >one.err 2>&1 & one=$!
        until case $(state $one) in T | Z | '') true ;; *) false ;; esac; do read -rt 0.002 -u $never; done
        stopped=$(state $one)
        faulty "$TTP" -q renew pair.example.org --rekey --force & two=$!
        for i in $(seq 40); do
            case $(state $two) in Z | '') break ;; esac
            read -rt 0.01 -u $never
        done
        [ "$stopped" != T ] || kill -CONT $one
        wait $one || failed "another renewal, stopped at call $still: $(cat one.err)"
        wait $two
        ok "$TTP" -q list
        for name in pair other; do
            [ "$(public issued/$name.key)" = "$(public issued/$name.crt)" ] ||
                failed "$name: key and certificate differ after another renewal stood still at call $still"
        done
        rm -f issued/.*.tmp certs/.*.tmp
        [ "$stopped" = T ] || break
        [ $still -lt 200 ] || { failed "another renewal: never got through"; break; }
    done
    [ $still -gt 3 ] && passed || failed "another renewal: only $still calls"
    stands "renew, and --rekey" renew pair.example.org -- renew pair.example.org --rekey --force
    stands "--rekey, and renew" renew pair.example.org --rekey --force -- renew pair.example.org
    export SECRET=secret
    ok "$TTP" renew pair.example.org --rekey --force --passout env:SECRET
    public() { { case $1 in *.key) openssl pkey -in "$1" -passin env:SECRET -pubout ;; *) openssl x509 -in "$1" -noout -pubkey ;; esac; } | sha256sum; }
    stands "renew, and --rekey under a passphrase" renew pair.example.org -- renew pair.example.org --rekey --force --passout env:SECRET
    # a new passphrase is no way back to the old key
    stands "passwd, and --rekey" passwd issued/pair.key --passin env:SECRET --passout env:SECRET -- renew pair.example.org --rekey --force --passout env:SECRET
    sound "renewals at once"
else
    echo "skipped: faults at each call (no compiler, or a sanitizer in the way)"
fi

# --- a full disk ----------------------------------------------------------------------------------------------------------
# as a limit on the size of files, at every size: the index cannot grow, or a file cannot be written
size=$(stat -c %s certs/index.db)
before=$(sql certs/index.db 'SELECT count(*) FROM certificates')
full=0 done=0
for limit in 0 1 2 4 8 $((size / 1024 - 8)) $((size / 1024)) $((size / 1024 + 1)); do
    (ulimit -f $limit; trap '' XFSZ; exec "$TTP" -q issue "f$limit.example.org" --key p256 --out "issued/f$limit") 2>&1 | cat >said
    if [ "${PIPESTATUS[0]}" = 0 ]; then
        done=$((done + 1))
    else
        full=$((full + 1))
        [ -s said ] || failed "no word about the full disk"
        [ ! -e "issued/f$limit.crt" ] && [ ! -e "issued/f$limit.key" ] && passed || failed "a full disk left files"
    fi
done
[ $full -ge 5 ] && passed || failed "the disk was full only $full times"
is "rows after a full disk" $((before + done)) "$(sql certs/index.db 'SELECT count(*) FROM certificates')"
sound "full disk" keyless
mkdir small
if unshare -m mount -t tmpfs tmpfs small 2>/dev/null; then
    cat >on_tmpfs.sh <<'SH'
mount -t tmpfs -o size=200k tmpfs small && cd small || exit 77
export TTP_PKI=certs
"$TTP" -q init "Small Root" --key p256 || exit 1
i=0
while "$TTP" -q issue "t$i.example.org" --key p256 --out "t$i" 2>../err; do i=$((i + 1)); [ $i -lt 300 ] || exit 2; done
[ "$(sql certs/index.db 'PRAGMA integrity_check')" = ok ] || exit 3
# as many certificates as rows: what failed left neither
[ "$(ls t*.key | wc -l)" = "$(sql certs/index.db "SELECT count(*) FROM certificates WHERE profile = 'server' AND serial NOT IN (SELECT serial FROM revocations)")" ] || exit 4
rm -f t0.* t1.* t2.* t3.* t4.*
"$TTP" -q issue room.example.org --key p256 --out room || exit 5
openssl verify -CAfile certs/root.crt room.crt || exit 6
SH
    export -f sql
    code 0 unshare -m env TTP="$TTP" bash on_tmpfs.sh
else
    echo "skipped: a file system of its own that fills up (needs root)"
fi
finish
