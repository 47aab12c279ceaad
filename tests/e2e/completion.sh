#!/bin/bash
# What bash completes for sealwax and sealwaxd, with the scripts that the programs write.
set -u
passed=0 failed=0
for program in sealwax sealwaxd; do
    eval "$("$BUILD/$program" --generate-completion)"
done
# offers WANT PROGRAM WORD...: among the words for the last one
completed() {
    COMP_WORDS=("$@")
    COMP_CWORD=$(($# - 1))
    COMPREPLY=()
    "_$1"
}
offers() {
    local want=$1
    shift
    completed "$@"
    if [[ " ${COMPREPLY[*]} " == *" $want "* ]]; then passed=$((passed + 1)); else
        failed=$((failed + 1))
        echo "FAIL: $*: offered '${COMPREPLY[*]}', not '$want'"
    fi
}
lacks() {
    local not=$1
    shift
    completed "$@"
    if [[ " ${COMPREPLY[*]} " != *" $not "* ]]; then passed=$((passed + 1)); else
        failed=$((failed + 1))
        echo "FAIL: $*: offered '$not'"
    fi
}
cd "${SCRATCH:-$(mktemp -d)}" || exit 1
mkdir dir
: >file.crt

for verb in $("$BUILD/sealwax" --help | sed -n '/^Verbs/,/^$/s/^  \([a-z]*\) .*/\1/p'); do
    offers "$verb" sealwax "$verb"
    for option in $("$BUILD/sealwax" "$verb" --help | sed -n '/^Options:/,/^Examples:/s/^  .*\(--[a-z-]*\).*/\1/p'); do
        [ "$option" = --trace ] || offers "$option" sealwax "$verb" "$option"
    done
done
offers --receipt sealwax send --rec
lacks --receipt sealwax recv --rec
lacks --once sealwax recv --o
offers --server sealwax --json whoami --ser
offers modern sealwax listen --policy m
offers modern sealwax listen -p m
offers file.crt sealwax connect --trust f
offers file.crt sealwax connect -t f
lacks file.crt sealwax connect --name f
offers file.crt sealwax put f
offers rsa sealwax put --protect r
offers play sealwax media p
offers play sealwax --json media p
lacks import sealwax media i
offers grant sealwaxd media licences g
offers remove sealwaxd --state dir users r
: >play && : >users
offers users sealwaxd users add users
# the daemon's usual verb needs no word, and its options may stand before another
offers --listen sealwaxd --lis
offers media sealwaxd --state dir me
offers --plays sealwaxd --state dir media --pl
lacks --plays sealwaxd --pl
offers dir sealwaxd --state d
offers json sealwaxd --log j
echo "$passed passed, $failed failed"
[ $failed = 0 ]
