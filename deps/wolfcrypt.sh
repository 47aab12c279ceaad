#!/bin/sh
# Get wolfCrypt, and write a make fragment that says where it is.
#   deps/wolfcrypt.sh deps   FRAGMENT     build it from Debian's source package, or take that from the cache
#   deps/wolfcrypt.sh small  FRAGMENT     the same, for size: portable C and small tables
#   deps/wolfcrypt.sh system FRAGMENT     use the packaged libwolfssl-dev
#
# Built: the source package wolfssl of suite trixie with Debian's security patches, static, crypto only, with assembly.
# apt-get fetches it with a configuration of its own (sources, state and cache in a scratch directory; the mirror is the
# one this machine uses), so the system's apt state is neither used nor changed. apt checks the signed Release file with
# the keys of debian-archive-keyring, and the upstream tarball must have the hash below.
#
# The result is kept in $XDG_CACHE_HOME/sealwax (~/.cache/sealwax), one directory for each combination of version, flags,
# compiler and architecture, and is shared by all checkouts. Where the source cannot be had, the packaged library is
# used instead. Settings: DEPS_CC, the compiler (cc); SEALWAX_APT_CONF, further lines of apt configuration.
set -eu

suite=trixie
version=5.7.2
tarball_sha256=0f2ed82e345b833242705bbc4b08a2a2037a33f7bf9c610efae6464f6b10e305
recipe=2 # raise when the steps below change in a way that neither flags nor version show

cc=${DEPS_CC:-cc}
here=$(cd "$(dirname "$0")" && pwd)
kind=${1:?usage: deps/wolfcrypt.sh deps|small|system FRAGMENT}
fragment=${2:?usage: deps/wolfcrypt.sh deps|small|system FRAGMENT}
arch=$(uname -m)

say() { echo "wolfcrypt: $*" >&2; }

# --- flags ------------------------------------------------------------------------------------------------------------

# Numbers of up to 8192 bits: RSA and DH of that size are accepted from peers. PIC, so that position-independent
# programs can link it.
flags="--enable-cryptonly --enable-static --disable-shared --with-pic --disable-examples --disable-crypttests
    --enable-sp-math-all --enable-harden --with-max-rsa-bits=8192 --enable-keygen --enable-rsapss
    --enable-curve25519 --enable-ed25519 --enable-curve448 --enable-ed448
    --enable-aesctr --enable-aesgcm-stream --enable-aeskeywrap --enable-des3 --enable-sha224 --enable-hkdf --enable-pwdbased
    --enable-x963kdf --enable-cryptocb --enable-pkcs11 --disable-sys-ca-certs --disable-errorstrings"
# What configure has no switch for: named groups (RFC 7919), RSA without padding (blinded), the test whether a point is
# on its curve.
cppflags="-DHAVE_FFDHE_3072 -DHAVE_FFDHE_4096 -DWC_RSA_NO_PADDING -DUSE_ECC_B_PARAM"
cflags="-O2 -g0 -fPIC -fstack-protector-strong -fstack-clash-protection -D_FORTIFY_SOURCE=2 -ffunction-sections -fdata-sections"
if [ "$kind" = small ]; then
    flags="$flags --enable-sp=small,small4096 --enable-aesgcm=4bit"
else
    flags="$flags --enable-sp=yes,4096"
    [ "$arch" != x86_64 ] || flags="$flags --enable-intelasm --enable-sp-asm"
fi

# --- helpers ----------------------------------------------------------------------------------------------------------

fragment() { # KIND CFLAGS LIBS ARCHIVE
    mkdir -p "$(dirname "$fragment")"
    {
        echo "WOLF_KIND := $1"
        echo "WOLF_CFLAGS := $2"
        echo "WOLF_LIBS := $3"
        echo "WOLF_ARCHIVE := $4"
    } >"$fragment.new"
    mv "$fragment.new" "$fragment"
}

use_system() {
    "$here/packages.sh" build system
    fragment system "$(pkg-config --cflags wolfssl)" "$(pkg-config --libs wolfssl)" ""
}

# "URI SUITE..." of each source this machine's apt has: one-line .list files and deb822 .sources files.
machine_sources() {
    cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null | awk '
        $1 !~ /^deb(-src)?$/ { next }
        { sub(/\[[^]]*\]/, ""); print $2, $3 }' || true
    for file in /etc/apt/sources.list.d/*.sources; do
        [ -r "$file" ] || continue
        awk '
            function flush(  i, n, uri) {
                n = split(uris, uri, " ")
                if (enabled != "no") for (i = 1; i <= n; i++) print uri[i], suites
                uris = suites = enabled = ""
            }
            /^#/ { next }
            NF == 0 { flush(); next }
            /^[^[:space:]]/ { field = tolower($1); $1 = "" }
            field == "uris:" { uris = uris " " $0 }
            field == "suites:" { suites = suites " " $0 }
            field == "enabled:" { enabled = tolower($1 $2) }
            END { flush() }' "$file"
    done
}

# The machine's own mirrors of the Debian archive and of its security archive, or Debian's where it names none (a derivative).
find_mirrors() {
    mirror=$(machine_sources | awk '$1 ~ /^https?:/ && $1 ~ /\/debian(\/|$)/ && $2 !~ /security/ { print $1; exit }')
    security=$(machine_sources | awk '$1 ~ /^https?:/ && $1 ~ /debian/ && $0 ~ /-security/ { print $1; exit }')
    : "${mirror:=http://deb.debian.org/debian}" "${security:=http://deb.debian.org/debian-security}"
}

fetch() { # the source package, into the current directory
    keyring=/usr/share/keyrings/debian-archive-keyring.gpg
    [ -r $keyring ] || { say "no $keyring (package debian-archive-keyring)"; return 1; }
    find_mirrors
    top=$PWD/apt
    mkdir -p "$top/etc/apt.conf.d" "$top/etc/preferences.d" "$top/etc/sources.list.d" "$top/state/lists/partial" "$top/cache/archives/partial"
    printf 'deb-src [signed-by=%s] %s %s main\n' $keyring "$mirror" $suite $keyring "$security" $suite-security >"$top/etc/sources.list"
    : >"$top/state/status"
    {
        apt-config dump | grep -E '^Acquire::https?::' || true # the machine's proxy, if it has one
        echo "Dir::Etc \"$top/etc\"; Dir::State \"$top/state\"; Dir::State::status \"$top/state/status\"; Dir::Cache \"$top/cache\"; Dir::Log \"$top\";"
        echo 'APT::Sandbox::User ""; Acquire::Languages "none"; Acquire::Retries "2"; Acquire::http::Timeout "20"; Acquire::https::Timeout "20";'
        [ -z "${SEALWAX_APT_CONF:-}" ] || printf '%s\n' "$SEALWAX_APT_CONF"
    } >"$top/apt.conf"
    say "fetching the source package wolfssl ($suite) from $mirror"
    APT_CONFIG=$top/apt.conf apt-get -qq update &&
        APT_CONFIG=$top/apt.conf apt-get -qq source --download-only wolfssl || return 1
    tarball=wolfssl_$version.orig.tar.gz
    [ -f "$tarball" ] || { say "the suite has another version than $version: $(ls wolfssl_*.dsc)"; return 1; }
    [ "$(sha256sum "$tarball" | cut -d' ' -f1)" = $tarball_sha256 ] || { say "$tarball does not have the pinned SHA-256"; return 1; }
}

# P-384 and P-521 with small tables: the large ones are a megabyte of constants in every program, for signatures twice
# as fast.
trim() {
    for file in src/wolfcrypt/src/sp_x86_64.c src/wolfcrypt/src/sp_c64.c; do
        grep -q '^#ifdef WOLFSSL_SP_384$' $file || { say "$file has changed: large tables for P-384 and P-521 stay"; continue; }
        sed -i '0,/^#ifdef WOLFSSL_SP_384$/s//#undef WOLFSSL_SP_SMALL\n#define WOLFSSL_SP_SMALL\n&/' $file
    done
}

build() { # the source package in the current directory, into $1
    dpkg-source --no-check -x wolfssl_*.dsc src >unpack.log 2>&1 || return 1 # apt has checked its signature and hashes
    trim
    jobs=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)
    say "building wolfCrypt $(basename wolfssl_*.dsc .dsc | cut -d_ -f2) with $cc: about twenty seconds, once"
    # shellcheck disable=SC2086
    (
        set -e
        cd src
        sh autogen.sh
        ./configure CC="$cc" CPPFLAGS="$cppflags" CFLAGS="$cflags" $flags --prefix="$1"
        make -j"$jobs"
        make install
    ) >build.log 2>&1 || return 1
    rm -rf "${1:?}/share" "${1:?}/bin" "${1:?}/lib/pkgconfig" "${1:?}"/lib/*.la
    { basename wolfssl_*.dsc .dsc; "$cc" --version | head -n 1; echo "$arch"; echo $flags $cppflags $cflags; } >"$1/BUILT"
}

# --- main -------------------------------------------------------------------------------------------------------------

case $kind in
system) use_system; exit 0 ;;
deps | small) ;;
*) echo "deps/wolfcrypt.sh: WOLFCRYPT is deps, small or system, not '$kind'" >&2; exit 2 ;;
esac

"$here/packages.sh" build
key=$({ echo $recipe $version $tarball_sha256 "$arch" $flags $cppflags $cflags; "$cc" --version; } | sha256sum | cut -c1-16)
cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/sealwax
mkdir -p "$cache"
out=$cache/wolfcrypt-$version-$key

exec 9>"$cache/lock" # two checkouts build once
flock 9
if [ ! -e "$out/lib/libwolfssl.a" ]; then
    scratch=$(mktemp -d "$cache/build.XXXXXX")
    trap 'rm -rf "$scratch"' EXIT
    ok=
    if "$here/packages.sh" wolfcrypt && (cd "$scratch" && fetch); then
        (cd "$scratch" && build "$scratch/out") || { cat "$scratch"/*.log | grep -v '^dpkg-source' | tail -n 40 >&2; say "the source package does not build here"; exit 1; }
        rm -rf "$out"
        mv "$scratch/out" "$out"
        ok=1
    fi
    if [ -z "$ok" ]; then
        say "**********************************************************************************************"
        say "The source package could not be had: USING THE PACKAGED libwolfssl INSTEAD, which is portable C,"
        say "3 to 30 times slower. 'make clean' and 'make' try again."
        say "**********************************************************************************************"
        use_system
        exit 0
    fi
fi
fragment "$kind" "-isystem $out/include" "$out/lib/libwolfssl.a -lm" "$out/lib/libwolfssl.a"
