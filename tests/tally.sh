# shellcheck shell=sh
# Run stages and count what passed; to be sourced. A stage is a command; its log's last line of the form "N passed, N
# failed" counts, or, where there is none, its exit code: one passed, one failed, or skipped (77).
#
#   stage NAME COMMAND...   run it, at most STAGE_SECONDS (1800), say how it went, and show its log when it failed
#   stages JOBS             run the stages on standard input, a line each, NAME and COMMAND, JOBS at a time; at the top of the tree,
#                           and not in a pipe, whose end would forget the sums
#   skip NAME WHY           say so
#   tally                   say again what failed and why, then print the sum; the result is success only if nothing failed
# What failed is a line of a log that begins with FAIL, and the indented ones behind it.
# STAGE_SHOW=1 shows the log as it grows; STAGE_PICK is a sed script for lines of it that are shown when all is well.

export LC_ALL=C.UTF-8 # what tools say is compared

passed=0 failed=0 skipped=0
tally_log=$(mktemp)
tally_why=${TALLY_WHY:-$(mktemp)} # of all stages, also of those in processes of their own
trap 'rm -f "$tally_log"; [ -n "${TALLY_WHY:-}" ] || rm -f "$tally_why"' EXIT

# What a log says of failures: its own summary, where it has one, or the lines that say FAIL, each with what is behind
# it (at most eight lines, and twenty failures), or its end.
why() {
    awk '
        { sub(/^(    [|] )*/, "") }
        /^what failed in / { summary = 1 }
        summary && /^[0-9]+ (passed|skipped)/ { exit }
        summary { print; next }
        /^FAIL/ { n++; left = 8 }
        !/^FAIL/ && !/^[ \t]/ { left = 0 }
        left-- > 0 && n <= 20 { said[++lines] = substr($0, 1, 400) }
        { end[NR % 40] = substr($0, 1, 400) }
        END {
            if (summary) exit
            for (i = 1; i <= lines; i++) print "    " said[i]
            if (n > 20) print "    and " n - 20 " more"
            if (!lines) for (i = NR + 1; i <= NR + 40; i++) if (end[i % 40] != "") print "    " end[i % 40]
        }' "$1"
}

# FILE: what `times` said before and after: how much processor time all children took in between
cpu_between() {
    awk '
        function seconds(at) { split(at, part, /[ms]/); return part[1] * 60 + part[2] }
        NR % 2 == 0 { sum += (NR == 2 ? -1 : 1) * (seconds($1) + seconds($2)) }
        END { printf "%.1f s of CPU", sum }' "$1"
}

stage() {
    name=$1
    shift
    began=$(date +%s.%N)
    times >"$tally_log.cpu"
    if [ -n "${STAGE_SHOW:-}" ]; then
        { timeout -k 10 "${STAGE_SECONDS:-1800}" env -u TALLY_WHY "$@" 2>&1; echo $? >"$tally_log.code"; } | tee "$tally_log"
    else
        timeout -k 10 "${STAGE_SECONDS:-1800}" env -u TALLY_WHY "$@" >"$tally_log" 2>&1 </dev/null
        echo $? >"$tally_log.code"
    fi
    code=$(cat "$tally_log.code")
    rm -f "$tally_log.code"
    times >>"$tally_log.cpu" # in this shell: of its children, not of a subshell's
    took="$(echo "$(date +%s.%N) $began" | awk '{ printf "%.1f s", $1 - $2 }'), $(cpu_between "$tally_log.cpu")"
    rm -f "$tally_log.cpu"
    counts=$(sed -n 's/^\([0-9][0-9]*\) passed, \([0-9][0-9]*\) failed.*$/\1 \2/p' "$tally_log" | tail -n 1)
    [ -n "$counts" ] || case $code in
    0) counts="1 0" ;;
    77) skip "$name" "$(tail -n 1 "$tally_log")"; return 0 ;;
    *) counts="0 1" ;;
    esac
    p=${counts% *} f=${counts#* }
    if [ "$code" != 0 ] && [ "$f" = 0 ]; then f=1; fi # it failed without saying so: a crash after the last test, a leak
    passed=$((passed + p)) failed=$((failed + f))
    if [ "$f" = 0 ]; then
        echo "ok    $name ($p passed, $took)"
        [ -z "${STAGE_PICK:-}" ] || sed -n "$STAGE_PICK" "$tally_log"
        return 0
    fi
    [ -n "${STAGE_SHOW:-}" ] || sed 's/^/    | /' "$tally_log" | tail -n "${STAGE_LINES:-60}"
    [ "$code" != 124 ] || echo "    | stopped after ${STAGE_SECONDS:-1800} s"
    echo "FAIL  $name ($p passed, $f failed, exit code $code, $took)"
    {
        echo "what failed in $name ($([ "$code" = 124 ] && echo "stopped" || echo "exit code $code") after $took):"
        why "$tally_log"
    } >>"$tally_why"
}

stages() {
    tally_sums=$(mktemp) tally_list=$(mktemp)
    export tally_sums
    cat >"$tally_list"
    TALLY_WHY=$tally_why xargs -P "$1" -L 1 tests/stage.sh <"$tally_list"
    missing=$(($(wc -l <"$tally_list") - $(wc -l <"$tally_sums")))
    if [ $missing -gt 0 ]; then
        echo "FAIL  $missing stages ended without a word" | tee -a "$tally_why"
        failed=$((failed + missing))
    fi
    while read -r p f s; do
        passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
    done <"$tally_sums"
    rm -f "$tally_sums" "$tally_list"
}

skip() {
    skipped=$((skipped + 1))
    echo "skip  $1: $2"
}

tally() {
    [ ! -s "$tally_why" ] || cat "$tally_why"
    [ "$skipped" = 0 ] || echo "$skipped skipped"
    echo "$passed passed, $failed failed"
    [ "$failed" = 0 ]
}
