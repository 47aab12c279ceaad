#!/bin/bash
# `ttp install` and `ttp uninstall` with the system's own programs: what was installed is trusted by who reads the
# bundle, the directory of links, or Java's keystore; and after the uninstall all three are what they were. In a mount
# namespace, on copies of what is changed.
self=$(readlink -f "$0")
. "$(dirname "$self")/ttp.inc"

if [ "$(id -u)" != 0 ] || [ ! -x /usr/sbin/update-ca-certificates ] || ! unshare -m mount --bind "$PWD" "$PWD" 2>/dev/null; then
    echo "the system's trust store needs root, mounts of its own and update-ca-certificates"
    exit 77
fi
if [ -z "${TTP_INSTALL_INSIDE:-}" ]; then
    TTP_INSTALL_INSIDE=1 exec unshare -m bash "$self"
fi

export TMPDIR=$PWD/tmp # nobody else's files are looked at
mkdir tmp
# copies take the place of the machine's own; dpkg's too, for Java's keystore is changed by a trigger of its package
mkdir copy && mount -t tmpfs -o mode=755 tmpfs copy || failed "no tmpfs" # where nothing waits for a disk
for dir in /etc/ssl/certs /usr/local/share/ca-certificates /var/lib/ca-certificates-java /var/lib/dpkg; do
    [ -d $dir ] || continue
    copy=copy/$dir
    mkdir -p $copy && cp -a $dir/. $copy/ && mount --bind $copy $dir || failed "no copy of $dir"
done
bundle=/etc/ssl/certs/ca-certificates.crt java=/etc/ssl/certs/java/cacerts
has_java=
if [ -e /etc/ca-certificates/update.d/jks-keystore ] && [ -e $java ] && have keytool; then has_java=1; else echo "skipped: Java's keystore"; fi

keystore() { [ -z "$has_java" ] || keytool -list -keystore $java -storepass changeit 2>/dev/null | sort; }
# every file, link and mode, and what is in each but the keystore, whose entries are compared instead: it tells when it
# was written
state() {
    find /etc/ssl/certs /usr/local/share/ca-certificates -printf '%p %y %m %u %g %l\n' | sort
    find /etc/ssl/certs /usr/local/share/ca-certificates -type f ! -path $java -exec sha256sum {} + | sort
    keystore
    cksum /etc/ca-certificates.conf
    find "${TMPDIR:-/tmp}" -maxdepth 1 -name 'sealwax.??????'
}
same() { if cmp -s "$1" "$2"; then passed; else diff "$1" "$2" >out; failed "$3 leaves something behind"; fi; }
# trusted N STATE: so many of the three know the root of the current CA; the keystore as it was then, for Java is slow to ask
trusted() {
    n=0
    ! openssl verify -no-CApath -CAfile $bundle leaf.crt >/dev/null 2>&1 || n=$((n + 1))
    ! openssl verify -no-CAfile -no-CAstore -CApath /etc/ssl/certs leaf.crt >/dev/null 2>&1 || n=$((n + 1))
    print=$("$TTP" --json fingerprint certs/root.crt | tr -d ' :' | grep -oiE '[0-9a-f]{64}' | head -n 1)
    [ -n "$print" ] || failed "no fingerprint"
    ! tr -d ' :' <"$2" | grep -qi "certificatefingerprint.*$print" || n=$((n + 1))
    is "those who trust the root, of bundle, links and keystore" "$1" $n
}
all=$((2 + ${has_java:-0}))

# somebody else's roots beside: one with a name that needs quoting, and one of the very name that ours has
ok "$TTP" --pki other init "Other Root"
ok "$TTP" --pki twin init "Install Root"
cp other/root.crt "/usr/local/share/ca-certificates/Other, (local) root.crt"
ok "$TTP" --pki twin install
ok "$TTP" init "Install Root"
ok "$TTP" issue leaf.example.org --out leaf
state >before
trusted 0 before

ok "$TTP" install; says "Installed: /usr/local/share/ca-certificates/sealwax-"
says_not "exited with code"
state >installed
trusted $all installed
ok "$TTP" install
state >again; same installed again "a second install"

# a new certificate for the same key takes the place of the old one everywhere
ok "$TTP" --pki renewed init "Install Root" --key-file certs/root.key
mv certs/root.crt old.crt && cp renewed/root.crt certs/root.crt
ok "$TTP" install
state >renewed.state
trusted $all renewed.state

ok "$TTP" uninstall; says "Removed: /usr/local/share/ca-certificates/sealwax-"
state >after; same before after "uninstall"
trusted 0 after
code 4 "$TTP" uninstall; says "not installed"

# broken off after the file has gone: the rest goes with the next try
ok "$TTP" --json install
file=$(grep -o '/usr/local[^"]*crt' out)
rm "$file"
ok "$TTP" uninstall
state >after; same before after "uninstall of what was broken off"
trusted 0 after
finish
