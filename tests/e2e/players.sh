#!/bin/bash
# Players that take what they play from the server themselves, with a certificate: ffprobe, ffmpeg and ffplay, mpv where
# there is one; and the same players behind `sealwax media play`. Debian's have GnuTLS. What is decoded is compared by
# its digest with what the file itself decodes to.
. "$(dirname "$(readlink -f "$0")")/service.inc"
if ! command -v ffmpeg >/dev/null || ! command -v ffprobe >/dev/null || ! command -v ffplay >/dev/null; then
    echo "ffmpeg and ffplay are not installed (deps/packages.sh players)"
    exit 77
fi
export SDL_VIDEODRIVER=dummy SDL_AUDIODRIVER=dummy # nobody hears and sees it

# A film whose index is at its end, behind far more than a player would read ahead: it must ask for parts. Its frames
# are noise, so that it is large. And sound alone, in two formats, of which one has no header at all: its beginning is
# the beginning of the file.
make_media() {
    ffmpeg -v error -f lavfi -i testsrc2=duration=8:size=320x240:rate=25 -f lavfi -i sine=frequency=440:duration=8 \
        -vf noise=alls=40:allf=t -c:v mpeg4 -b:v 12M -c:a aac film.mp4 &&
        ffmpeg -v error -f lavfi -i sine=frequency=440:duration=30 -c:a pcm_s16le tone.wav &&
        ffmpeg -v error -f lavfi -i anoisesrc=duration=30 -c:a aac -b:a 256k some.aac &&
        cat some.aac some.aac some.aac some.aac some.aac some.aac some.aac some.aac >noise.aac
} </dev/null
make_media && ok || bad "no media could be made"
index_is_last() { [ "$(grep -abo moov film.mp4 | tail -n 1 | cut -d: -f1)" -gt 2000000 ]; }
index_is_last && ok || bad "the index of the film is not behind what it is of"

people alice
ttp init --pki other "Another Root"
for file in film.mp4 tone.wav noise.aac; do exits 0 "$BUILD/sealwaxd" media import $file --play-time 1h --state state; done
is "what ffprobe knew of them" "8.0 30.0" "$("$BUILD/sealwaxd" media ls --json --state state | python3 -c 'import json, sys
length = {track["title"]: track["length"] for track in map(json.loads, sys.stdin)}
print(length["film"], length["tone"])')"
start

secret=(-tls_verify 1 -ca_file pki/root.crt -cert_file pki/alice.crt -key_file pki/alice.key)
url=https://localhost:$port/media
# decoded OPTIONS... INPUT: the digest of what a player would show
decoded() { ffmpeg -v error "${@:1:$#-1}" -i "${*: -1}" -f md5 - 2>>decoded.err </dev/null; }
duration() { ffprobe -v error -show_entries format=duration -of csv=p=0 "$@" 2>&1 </dev/null; }

decodes_alike() {
    for file in film.mp4 tone.wav noise.aac; do
        is "what $file lasts $1" "$(duration $file)" "$(duration "${secret[@]}" "$url/${file%.*}")"
        is "what $file decodes to $1" "$(decoded $file)" "$(decoded "${secret[@]}" "$url/${file%.*}")"
        is "what $file decodes to after seeking $1" "$(decoded -ss 5.5 -t 1 $file)" "$(decoded "${secret[@]}" -ss 5.5 -t 1 "$url/${file%.*}")"
    done
}
decodes_alike "by TLS 1.3"
# what an older GnuTLS would offer
printf '[overrides]\ndisabled-version = tls1.3\n' >tls12
export GNUTLS_SYSTEM_PRIORITY_FILE=$here/tls12
decodes_alike "by TLS 1.2"
unset GNUTLS_SYSTEM_PRIORITY_FILE
gone_wrong=$(cat decoded.err)
is "what ffmpeg says besides" "" "$gone_wrong"
is "the plays that all that took" 2 "$(as alice media ls --json 2>/dev/null | python3 -c 'import json, sys
print(*{json.loads(line)["plays"] for line in sys.stdin})')"

# neither a player without a certificate, nor a server without one of the right root
exits 1 ffprobe -v error -tls_verify 1 -ca_file pki/root.crt "$url/tone"
exits 1 ffprobe -v error -tls_verify 1 -ca_file other/root.crt -cert_file pki/alice.crt -key_file pki/alice.key "$url/tone"

# the key on a card
module=$(find /usr/lib -name libsofthsm2.so 2>/dev/null | head -n 1)
make_card() {
    mkdir tokens && printf 'directories.tokendir = %s/tokens\nobjectstore.backend = file\n' "$here" >softhsm2.conf &&
        softhsm2-util --init-token --free --label alice --pin 1234 --so-pin 5678 &&
        openssl pkcs8 -topk8 -nocrypt -in pki/alice.key -out alice.p8 && openssl x509 -in pki/alice.crt -outform DER -out alice.der &&
        softhsm2-util --import alice.p8 --token alice --label alice --id 01 --pin 1234 &&
        pkcs11-tool --module "$module" --token-label alice --login --pin 1234 --write-object alice.der --type cert --label alice --id 01 &&
        printf 1234 >pin
}
if [ -n "$module" ] && [ -e /usr/share/p11-kit/modules/softhsm2.module ] && command -v pkcs11-tool >/dev/null; then
    export SOFTHSM2_CONF=$here/softhsm2.conf
    make_card >card.log 2>&1 && ok || bad "no card could be made: $(tail -n 3 card.log)"
    on_card=(-cert_file 'pkcs11:token=alice;object=alice;type=cert' -key_file "pkcs11:token=alice;object=alice;type=private?pin-source=$here/pin")
    is "what it lasts with the key on a card" "$(duration film.mp4)" "$(duration -tls_verify 1 -ca_file pki/root.crt "${on_card[@]}" "$url/film")"
fi

# heard WHAT FROM: ffplay has played, and from there on; it exits with 0 whatever happens, but shows its clock
heard() {
    tr '\r' '\n' <err | awk -v from="$2" '/ [MA]-[VA]:/ { if ($1 > last) last = $1 } /rror|ailed/ { wrong = 1 } END { exit wrong || last <= from }' && ok || bad "ffplay: $1"
}
exits 0 ffplay -v error -stats -nodisp -autoexit "${secret[@]}" -t 1 "$url/tone"
heard "a track" 0.1
exits 0 ffplay -v error -stats -nodisp -autoexit "${secret[@]}" -ss 28 "$url/tone"
heard "the end of a track" 28
exits 0 ffplay -v error -stats -autoexit "${secret[@]}" -ss 7 "$url/film"
heard "the end of a film" 7
exits 0 as alice media play tone --player 'ffplay -v error -stats -nodisp -autoexit -t 1 -'
heard "a track by a pipe" 0.1
as alice media play tone --player "ffmpeg -v error -i - -f md5 -" >piped 2>err </dev/null
is "what comes by a pipe" "$(decoded tone.wav)" "$(cat piped)"

# and at an address of this machine, without certificates: a player knows how long it is, and seeks
is "what it lasts here" "$(duration film.mp4)" "$(as alice media play film --player 'ffprobe -v error -show_entries format=duration -of csv=p=0 {}' 2>err </dev/null)"
as alice media play film --player 'ffmpeg -v error -ss 5.5 -t 1 -i {} -f md5 -' >sought 2>err </dev/null
is "what it decodes to after seeking here" "$(decoded -ss 5.5 -t 1 film.mp4)" "$(cat sought)"
exits 0 as alice media play film --player 'ffplay -v error -stats -autoexit -ss 7 {}'
heard "the end of a film here" 7

command -v mpv >/dev/null || { stop; finish; }
quiet=(--no-config --vo=null --ao=null --really-quiet --msg-level=all=error)
secret=(--tls-verify=yes --tls-ca-file=pki/root.crt --tls-cert-file=pki/alice.crt --tls-key-file=pki/alice.key)
exits 0 mpv "${quiet[@]}" "${secret[@]}" --start=7 "$url/film"
is "what mpv says" "" "$(cat out err)"
exits 0 as alice media play tone --player "mpv ${quiet[*]} --length=1 -"
is "what mpv says of a pipe" "" "$(cat out err)"
# back to where it began, in the middle of it all
exits 0 python3 "$top/tests/e2e/rewind.py" "${quiet[@]}" "${secret[@]}" "$url/noise"
exits 0 as alice media play noise --player "python3 $top/tests/e2e/rewind.py ${quiet[*]} {}"
is "what all that took, too" 2 "$(as alice media ls --json 2>/dev/null | python3 -c 'import json, sys
print(*{json.loads(line)["plays"] for line in sys.stdin})')"
stop
finish
