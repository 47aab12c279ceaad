#!/bin/sh
# The layers: which part may include which, who may call wolfCrypt, and what the library must not do. The tables below
# are the rules. Sources are checked by their #include lines, the built library ($BUILD/libsealwax.a, if there) by the
# symbols it wants. Prints each breach, then "N passed, N failed", counting files and members.
set -u
cd "$(dirname "$0")/.." || exit 1
BUILD=${BUILD:-build}

# --- rules: a path's layer is the first pattern that fits (shell patterns) --------------------------------------------------
# pattern                layer
layers='
include/*                public
base/*                   base
record/*                 record
handshake/*              handshake
ttp/ttp[._]*             tool
ttp/cli_*                cli
ttp/*                    ttp
apps/cli/*               apps/cli
apps/net/*               apps/net
apps/card/*              apps/card
apps/tls/*               apps/tls
apps/http/*              apps/http
apps/vault/*             apps/vault
apps/store/*             apps/store
apps/seal/*              apps/seal
apps/message/*           apps/message
apps/file/*              apps/file
apps/media/*             apps/media
apps/daemon/*            apps/daemon
apps/sealwax*.c          program
apps/verbs.h             apps
'
# layer      what it may include of the tree besides itself; what several rows say that fit a layer adds up
allowed='
public       base
base
record       base
ttp          base
handshake    base record ttp public
cli          base
tool         base ttp cli
program      apps apps/cli
apps/*       base ttp public cli apps apps/cli
apps/tls     apps/card apps/net
apps/http    apps/net apps/tls
apps/vault   apps/net
apps/store   apps/card apps/vault
apps/seal    apps/card apps/tls
apps/message apps/http apps/seal apps/store
apps/file    apps/http apps/net apps/vault
apps/media   apps/http apps/net apps/store apps/vault
apps/daemon  apps/*
'
# files that may include wolfCrypt
wolfcrypt='base/* record/seal_* record/hmac_ct.* handshake/kex* ttp/key* apps/card/*'
# files of the library that may meet the system
system='ttp/file.c'
# headers and functions that are the system: sockets, files, clocks, environment, output, the process
system_headers='sys/socket.h netinet/* arpa/inet.h netdb.h poll.h sys/epoll.h sys/select.h fcntl.h unistd.h dirent.h sys/stat.h sys/mman.h
    time.h sys/time.h signal.h syslog.h termios.h sys/wait.h event2/* sqlite3.h jansson.h ini.h'
system_symbols='socket connect accept bind listen send recv sendto recvfrom read write open open64 openat close fopen fopen64 fread fwrite
    fgets fputs puts putchar printf vprintf fprintf vfprintf dprintf perror getenv secure_getenv setenv time clock_gettime gettimeofday
    localtime localtime_r gmtime gmtime_r exit _exit abort system fork execve kill signal sigaction sleep usleep nanosleep getaddrinfo stdout stderr stdin'

# --- checking ---------------------------------------------------------------------------------------------------------------

good=0 bad=0
breach() { echo "$*"; file_bad=1; }
count() { if [ -n "$file_bad" ]; then bad=$((bad + 1)); else good=$((good + 1)); fi; }
fits() { # PATH PATTERN...
    path=$1
    shift
    for pattern; do
        # shellcheck disable=SC2254
        case $path in $pattern) return 0 ;; esac
    done
    return 1
}
layer_of() {
    echo "$layers" | while read -r pattern layer; do
        [ -n "$pattern" ] || continue
        # shellcheck disable=SC2254
        case $1 in $pattern) echo "$layer"; break ;; esac
    done
}
may() {
    echo "$allowed" | while read -r pattern rest; do
        # shellcheck disable=SC2254
        case $1 in $pattern) echo "$rest" ;; esac
    done
}

set -f # the patterns above are for case, not for file names
# shellcheck disable=SC2046,SC2086
for file in $(find include base record handshake ttp apps -name '*.[ch]' 2>/dev/null | sort); do
    file_bad=
    layer=$(layer_of "$file")
    for at in $(sed -n 's/^#[[:space:]]*include[[:space:]]*\(["<][^">]*\)[">].*/\1/p' "$file"); do
        name=${at#?}
        case $at in
        '"'*)
            to=$(layer_of "$name")
            if [ -z "$to" ]; then
                breach "$file: \"$name\" is not written from the root of the tree"
            elif [ "$to" != "$layer" ] && ! fits "$to" $(may "$layer"); then
                breach "$file: $layer must not include $to (\"$name\")"
            fi
            ;;
        '<wolfssl/'*)
            if ! fits "$file" $wolfcrypt; then breach "$file: wolfCrypt is not called from here (<$name>)"; fi
            if [ "${name#wolfssl/wolfcrypt/}" = "$name" ] && [ "$name" != wolfssl/options.h ] && [ "$name" != wolfssl/version.h ]; then breach "$file: only wolfCrypt, not <$name>"; fi
            ;;
        '<'*)
            if fits "$name" $system_headers && ! fits "$layer" tool cli 'apps/*' && ! fits "$file" $system; then
                breach "$file: the library has nothing to do with <$name>"
            fi
            ;;
        esac
    done
    if grep -nE '\bwolfSSL_[A-Za-z]' "$file" | sed "s|^|$file:|" | grep .; then breach "$file: wolfSSL's TLS is not used"; fi
    count
done

if [ -f "$BUILD/libsealwax.a" ]; then
    for member in $(ar t "$BUILD/libsealwax.a"); do
        file_bad=
        if [ "$member" != file.o ]; then # ttp/file.c, the one that opens files
            for symbol in $(nm -u "$BUILD/libsealwax.a" 2>/dev/null | awk -v m="$member:" '$1 ~ /:$/ { on = $1 == m } on && $1 == "U" { print $2 }'); do
                plain=$(echo "$symbol" | sed 's/^__\(.*\)_chk$/\1/; s/^__isoc99_//')
                if fits "$plain" $system_symbols; then breach "$BUILD/libsealwax.a: $member wants $symbol"; fi
            done
        fi
        count
    done
fi
echo "$good passed, $bad failed"
[ "$bad" = 0 ]
