#!/usr/bin/env python3
"""Drives build/tests/bogo/shim the way a conformance suite would, with Python's ssl as the peer: the contract, not the protocol, is what is
tested here, so that the shim does not rot between runs of the real suite."""
import hashlib
import hmac
import json
import os
import re
import socket
import ssl
import subprocess
import sys
import tempfile

BUILD = os.environ.get("BUILD", "build")
SHIM = os.path.join(BUILD, "tests/bogo/shim")
CERT = "tests/vectors/tls/server-rsa.crt"
KEY = "tests/vectors/tls/server-rsa.key"
ID = 4711


def context(server, **options):
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if server else ssl.PROTOCOL_TLS_CLIENT)
    ctx.minimum_version = ctx.maximum_version = options.get("version", ssl.TLSVersion.TLSv1_2)
    ctx.set_ciphers("ECDHE-RSA-AES128-GCM-SHA256:AES128-SHA:@SECLEVEL=0")
    if server:
        ctx.load_cert_chain(CERT, KEY)
    else:
        ctx.check_hostname = False
        ctx.verify_mode = ssl.CERT_NONE
    if server and "ask" in options:
        ctx.verify_mode = ssl.CERT_OPTIONAL
        ctx.load_verify_locations("tests/vectors/tls/root.crt")
    if "alpn" in options:
        ctx.set_alpn_protocols(options["alpn"])
    if "curve" in options:
        ctx.set_ecdh_curve(options["curve"])
    if "keylog" in options:
        ctx.keylog_filename = options["keylog"]
    return ctx


def read_exactly(tls, count):
    got = b""
    while len(got) < count:
        piece = tls.recv(count - len(got))
        if not piece:
            break
        got += piece
    return got


def logged(path, label):
    """A secret that the peer's library wrote down."""
    with open(path, encoding="ascii") as f:
        return bytes.fromhex(next(line.split()[2] for line in f if line.startswith(label + " ")))


def expand_label(secret, label, context, length):
    """RFC 8446 7.1, for no more than one block."""
    info = length.to_bytes(2, "big") + bytes([6 + len(label)]) + b"tls13 " + label + bytes([len(context)]) + context
    return hmac.new(secret, info + b"\x01", "sha256" if len(secret) == 32 else "sha384").digest()[:length]


def exported(secret, label, context, length):
    """RFC 8446 7.5."""
    md = hashlib.sha256 if len(secret) == 32 else hashlib.sha384
    base = expand_label(secret, label, md().digest(), len(secret))
    return expand_label(base, b"exporter", md(context).digest(), length)


def converse(tls, first=None):
    """What the runner does after a handshake: send, want it back with each bit flipped; an alert instead of it is an answer, too."""
    try:
        return exchange(tls, first)
    except ssl.SSLError:
        return False


def exchange(tls, first):
    if callable(first):
        first = first()
    if first is not None and read_exactly(tls, len(first)) != first:
        return False
    message = bytes(range(32))
    tls.sendall(message)
    return read_exactly(tls, len(message)) == bytes(b ^ 0xff for b in message)


def run(flags, shim_is_server, connections=1, first=None, handshake_fails=False, **options):
    """Exit code of the shim, and whether the conversation was as it should be."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(120)
    argv = [SHIM, "-port", str(listener.getsockname()[1]), "-shim-id", str(ID)] + flags
    if shim_is_server:
        argv += ["-server"] + ([] if "credentials" in options else ["-cert-file", CERT, "-key-file", KEY])
    argv += options.get("credentials", [])
    if connections > 1:
        argv += ["-resume-count", str(connections - 1)]
    shim = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    good, session = True, None
    ctx = context(not shim_is_server, **options)
    try:
        for turn in range(connections):
            if "versions" in options:
                ctx.minimum_version = ssl.TLSVersion.TLSv1_2
                ctx.maximum_version = options["versions"][turn]
                ctx.minimum_version = options["versions"][turn]
            conn, _ = listener.accept()
            conn.settimeout(120)
            good = good and int.from_bytes(conn.recv(8, socket.MSG_WAITALL), "little") == ID
            try:
                tls = ctx.wrap_socket(conn, server_side=not shim_is_server, session=session if shim_is_server else None)
            except (ssl.SSLError, OSError):
                good = good and handshake_fails
                conn.close()
                continue
            good = good and not handshake_fails and converse(tls, first)
            session = tls.session if shim_is_server else None
            try:
                tls.unwrap()
            except (ssl.SSLError, OSError):
                good = good and "-check-close-notify" not in flags
            tls.close()
    except socket.timeout:
        pass
    out, err = shim.communicate(timeout=120)
    listener.close()
    return shim.returncode, good, err


def probe():
    shim = subprocess.run([SHIM, "-is-handshaker-supported"], capture_output=True, text=True)
    return shim.returncode == 0 and shim.stdout.strip() == "No"


SHIMS_OWN = {"DATA_ON_SHUTDOWN", "SCT_LIST"}
NOT_MAPPED = {"EMS_REQUIRED", "SEQUENCE", "SERVER_NAME", "WEAK_DH"}  # of what the suite has no test for, or the shim does not turn on


def errors_are_mapped():
    """The suite knows its own names of errors: each of ours that a peer can bring about stands for one of them, and no other is in the map."""
    with open("base/err.def", encoding="utf-8") as f:
        groups = re.split(r"^/\* (.*) \*/$", f.read(), flags=re.M)
    names = {title: set(re.findall(r"^SW_ERR\((\w+),", rows, re.M)) for title, rows in zip(groups[1::2], groups[2::2])}
    with open("tests/bogo/config.json", encoding="utf-8") as f:
        mapped = {v.strip(":") for values in json.load(f)["ErrorMap"].values() for v in values if v[0] == ":"}
    ours = set.union(*names.values())
    peers = names["records"] | names["handshake framing and order"] | names["negotiation"] | names["key exchange"]
    wrong = {m for m in mapped - ours - SHIMS_OWN if not m.startswith("PEER_ALERT_")} | (peers - mapped - NOT_MAPPED)
    if wrong:
        print("     %s" % ", ".join(sorted(wrong)))
    return not wrong


def exits(want, want_good, *args, **kw):
    code, good, err = run(*args, **kw)
    ok = code == want and good == want_good and (want != 0 or err == "")
    if not ok:
        print(f"     exit {code}, conversation {good}, stderr {err!r}")
    return ok


def session_refused_again(**options):
    """The first connection is taken, the second resumes it and is then refused."""
    code, _, err = run(["-verify-peer", "-reverify-on-resume", "-on-resume-verify-fail"], False, connections=2, **options)
    return code == 1 and ":CERT_REJECTED:" in err


def tells_secrets(shim_is_server):
    """Length, then what the peer's keys are made of, then what its own are: as the peer's library has them."""
    with tempfile.NamedTemporaryFile() as f:
        def first():
            secrets = [logged(f.name, side + "_TRAFFIC_SECRET_0") for side in ("CLIENT", "SERVER")]
            return len(secrets[0]).to_bytes(2, "little") + b"".join(secrets if shim_is_server else secrets[::-1])

        return exits(0, True, ["-export-traffic-secrets"], shim_is_server, first=first, version=TLS13, keylog=f.name)


def exports():
    with tempfile.NamedTemporaryFile() as f:
        flags = ["-export-keying-material", "30", "-export-label", "label", "-export-context", "context", "-use-export-context"]
        return exits(0, True, flags, True, first=lambda: exported(logged(f.name, "EXPORTER_SECRET"), b"label", b"context", 30), version=TLS13, keylog=f.name)


TLS12 = ssl.TLSVersion.TLSv1_2
TLS13 = ssl.TLSVersion.TLSv1_3
STAPLE = ["-enable-ocsp-stapling", "-use-ocsp-callback"]
BOTH = ["-cert-file", CERT, "-key-file", KEY, "-new-x509-credential", "-cert-file", "tests/vectors/tls/server-p256.crt", "-key-file", "tests/vectors/tls/server-p256.key"]
CLIENT = ["-cert-file", "tests/vectors/tls/client-rsa.crt", "-key-file", "tests/vectors/tls/client-rsa.key"]
EARLY = ["-false-start", "-advertise-alpn", "\x03foo"]

TESTS = [
    ("every error has a name that the suite knows", errors_are_mapped),
    ("the probe is answered No", probe),
    ("client", lambda: exits(0, True, [], False)),
    ("server", lambda: exits(0, True, [], True)),
    ("client, one byte at a time", lambda: exits(0, True, ["-async"], False)),
    ("server, one byte at a time", lambda: exits(0, True, ["-async"], True)),
    ("client resumes", lambda: exits(0, True, [], False, connections=3)),
    ("server resumes", lambda: exits(0, True, [], True, connections=3)),
    ("client with close_notify", lambda: exits(0, True, ["-check-close-notify"], False)),
    ("implicit handshake", lambda: exits(0, True, ["-implicit-handshake"], True)),
    ("writes first", lambda: exits(0, True, ["-shim-writes-first"], False, first=b"hello")),
    ("ALPN as expected", lambda: exits(0, True, ["-advertise-alpn", "\x02h2\x03foo", "-expect-alpn", "foo"], False, alpn=["foo"])),
    ("ALPN against what is expected", lambda: exits(1, False, ["-advertise-alpn", "\x02h2\x03foo", "-expect-alpn", "h2"], False, alpn=["foo"])),
    ("a session miss that does not come fails", lambda: exits(1, False, ["-expect-session-miss"], True, connections=2)),
    ("a refused certificate", lambda: exits(1, True, ["-verify-peer", "-verify-fail"], False, handshake_fails=True)),
    ("an expected curve that is another fails", lambda: exits(1, False, ["-expect-curve-id", "24"], False)),
    ("False Start", lambda: exits(0, True, EARLY + ["-expect-alpn", "foo", "-shim-writes-first"], False, first=b"hello", alpn=["foo"])),
    ("False Start, one byte at a time", lambda: exits(0, True, EARLY + ["-expect-alpn", "foo", "-async"], False, alpn=["foo"])),
    ("False Start, then resumption", lambda: exits(0, True, EARLY + ["-expect-alpn", "foo"], False, connections=2, alpn=["foo"])),
    ("False Start that does not come fails", lambda: exits(1, False, EARLY, False)),
    ("a handshake that is done against what is expected", lambda: exits(1, True, EARLY + ["-expect-alpn", "foo", "-handshake-never-done"], False, alpn=["foo"])),
    ("an unfinished write", lambda: exits(0, True, ["-async", "-read-with-unfinished-write"], False, first=b"hello")),
    ("a session whose peer is refused", session_refused_again),
    ("a session whose peer is still taken", lambda: exits(0, True, ["-verify-peer", "-reverify-on-resume"], False, connections=2)),
    ("a callback looks for a response that did not come", lambda: exits(1, True, STAPLE + ["-fail-ocsp-callback"], False, handshake_fails=True)),
    ("and is content", lambda: exits(0, True, STAPLE, False)),
    ("a callback refuses the first message", lambda: exits(1, True, ["-install-ddos-callback", "-fail-ddos-callback"], True, handshake_fails=True)),
    ("a callback refuses to choose a certificate", lambda: exits(1, True, ["-fail-cert-callback"], False, handshake_fails=True, ask=True)),
    ("and is not asked", lambda: exits(0, True, ["-fail-cert-callback"], False)),
    ("an empty protocol is not selected", lambda: exits(1, True, ["-select-empty-alpn"], True, handshake_fails=True, alpn=["foo"])),
    ("no names of authorities", lambda: exits(0, True, ["-expect-client-ca-list", "<EMPTY>"], False, ask=True)),
    ("names of authorities against what is expected", lambda: exits(1, False, ["-expect-client-ca-list", "3000"], False, ask=True)),
    ("the plain certificate, when no other will do", lambda: exits(0, True, ["-expect-selected-credential", "-1"], True, credentials=BOTH)),
    ("a certificate against what is expected", lambda: exits(1, False, ["-expect-selected-credential", "0"], True, credentials=BOTH)),
    ("tickets under keys of one's own", lambda: exits(0, True, ["-use-ticket-callback"], True, connections=2)),
    ("keys that were lost", lambda: exits(0, True, ["-use-ticket-callback", "-skip-ticket", "-expect-session-miss"], True, connections=2)),
    ("a class of suites and one of them again", lambda: exits(0, True, ["-cipher", "DEFAULT:AES128-SHA"], True)),
    ("a key of another stack's", lambda: exits(89, True, ["-cert-file", CERT, "-key-file", "tests/vectors/ttp/secp256k1.pem"], False, connections=0)),
    ("a group of another stack's", lambda: exits(89, True, ["-curves", "4588"], False, connections=0)),
    ("a scheme of another stack's", lambda: exits(89, True, ["-verify-prefs", "2308"], False, connections=0)),
    ("malformed timestamps", lambda: exits(1, True, ["-signed-cert-timestamps", "AAI="], True, connections=0)),
    ("timestamps that do not come fail", lambda: exits(1, False, ["-enable-signed-cert-timestamps", "-expect-signed-cert-timestamps", "AAMAAao="], False)),
    ("a look at the certificate is expected", lambda: exits(0, True, ["-verify-peer", "-expect-verify-result"], False, connections=2)),
    ("a server that does not confirm the name", lambda: exits(0, True, ["-no-server-name-ack"], True)),
    ("renegotiations are not implemented", lambda: exits(89, True, ["-expect-total-renegotiations", "1"], False, connections=0)),
    ("an unknown flag is not implemented", lambda: exits(89, True, ["-psk", "x"], False, connections=0)),
    ("TLS 1.1 alone is not implemented", lambda: exits(89, True, ["-max-version", "770"], False, connections=0)),
    ("early data is not implemented", lambda: exits(89, True, ["-enable-early-data"], False, connections=0)),
    ("a server's GREASE is not implemented", lambda: exits(89, True, ["-enable-grease"], True, connections=0)),
    ("two halves of exchanges are not implemented", lambda: exits(89, True, ["-key-shares", "29", "-key-shares", "23"], False, connections=0)),

    ("TLS 1.3, client", lambda: exits(0, True, ["-expect-version", "772", "-expect-no-hrr", "-expect-curve-id", "29"], False, version=TLS13)),
    ("TLS 1.3, server", lambda: exits(0, True, ["-expect-version", "772", "-min-version", "772"], True, version=TLS13)),
    ("TLS 1.3, client, one byte at a time", lambda: exits(0, True, ["-async", "-check-close-notify"], False, version=TLS13)),
    ("TLS 1.3, server, one byte at a time", lambda: exits(0, True, ["-async", "-check-close-notify"], True, version=TLS13)),
    ("TLS 1.3, implicit handshake", lambda: exits(0, True, ["-implicit-handshake"], True, version=TLS13)),
    ("TLS 1.3, a version against what is expected", lambda: exits(1, False, ["-expect-version", "771"], False, version=TLS13)),
    ("TLS 1.2 where TLS 1.3 is off", lambda: exits(0, True, ["-no-tls13", "-expect-version", "771"], False)),
    ("TLS 1.3 with who speaks only TLS 1.2", lambda: exits(1, True, ["-no-tls12"], True, handshake_fails=True)),
    ("TLS 1.3, client resumes", lambda: exits(0, True, ["-on-resume-expect-curve-id", "29"], False, connections=3, version=TLS13)),
    ("TLS 1.3, server resumes", lambda: exits(0, True, ["-expect-resume-curve-id", "29"], True, connections=3, version=TLS13)),
    ("TLS 1.3, a session that has expired", lambda: exits(0, True, ["-resumption-delay", "7300", "-expect-session-miss"], True, connections=2, version=TLS13)),
    ("TLS 1.3, one that has not", lambda: exits(0, True, ["-resumption-delay", "7000"], True, connections=2, version=TLS13)),
    ("TLS 1.3, no ticket, though one is expected", lambda: exits(1, True, ["-no-ticket"], False, version=TLS13)),
    ("TLS 1.3, no ticket, as expected", lambda: exits(0, True, ["-no-ticket", "-expect-no-session"], False, version=TLS13)),
    ("TLS 1.3, client asked for another hello", lambda: exits(0, True, ["-expect-hrr", "-expect-curve-id", "23"], False, version=TLS13, curve="prime256v1")),
    ("TLS 1.3, server asks for another hello", lambda: exits(0, True, ["-expect-hrr", "-curves", "24", "-expect-curve-id", "24"], True, version=TLS13)),
    ("TLS 1.3, another hello against what is expected", lambda: exits(1, False, ["-expect-no-hrr"], False, version=TLS13, curve="prime256v1")),
    ("TLS 1.3, another hello that does not come fails", lambda: exits(1, False, ["-expect-hrr"], False, version=TLS13)),
    ("TLS 1.3, the share is of the first group", lambda: exits(0, True, ["-curves", "24", "-curves", "29", "-key-shares", "24", "-expect-curve-id", "24"], False, version=TLS13)),
    ("TLS 1.3, client changes keys", lambda: exits(0, True, ["-key-update"], False, version=TLS13)),
    ("TLS 1.3, server changes keys", lambda: exits(0, True, ["-key-update", "-shim-writes-first"], True, version=TLS13, first=b"hello")),
    ("TLS 1.2 has no change of keys", lambda: exits(1, False, ["-key-update"], False)),
    ("TLS 1.3, client tells its secrets", lambda: tells_secrets(False)),
    ("TLS 1.3, server tells its secrets", lambda: tells_secrets(True)),
    ("TLS 1.3, keying material", exports),
    ("TLS 1.3 has no tls-unique", lambda: exits(1, False, ["-tls-unique"], True, version=TLS13)),
    ("TLS 1.3, the peer's scheme", lambda: exits(0, True, ["-expect-peer-signature-algorithm", "2052"], False, version=TLS13)),
    ("TLS 1.3, names of authorities", lambda: exits(0, True, ["-expect-client-ca-list", "<EMPTY>"], False, ask=True, version=TLS13)),
    ("TLS 1.3, no choice of a certificate", lambda: exits(1, True, ["-fail-cert-callback"], False, handshake_fails=True, ask=True, version=TLS13)),
    ("TLS 1.3, a client's certificate", lambda: exits(0, True, CLIENT + ["-expect-selected-credential", "-1"], False, ask=True, version=TLS13)),
    ("TLS 1.3, a client without a certificate", lambda: exits(1, False, ["-require-any-client-certificate"], True, version=TLS13)),
    ("TLS 1.3, ALPN", lambda: exits(0, True, ["-select-alpn", "foo", "-expect-advertised-alpn", "\x03foo"], True, alpn=["foo"], version=TLS13)),
    ("TLS 1.3, short records", lambda: exits(0, True, ["-max-send-fragment", "64", "-read-size", "5"], True, version=TLS13)),
    ("a session of TLS 1.2 is none of TLS 1.3", lambda: exits(0, True, ["-on-initial-expect-version", "771", "-expect-session-miss"], False, connections=2, versions=[TLS12, TLS13])),
    ("nor the other way round", lambda: exits(0, True, ["-on-resume-expect-version", "771", "-expect-session-miss"], False, connections=2, versions=[TLS13, TLS12])),
    ("TLS 1.3, a second look", lambda: exits(0, True, ["-peek-then-read"], False, version=TLS13)),
    ("TLS 1.3, a refused certificate", lambda: exits(1, True, ["-verify-peer", "-verify-fail", "-use-custom-verify-callback"], False, handshake_fails=True, version=TLS13)),
    ("TLS 1.3, a session whose peer is refused", lambda: session_refused_again(version=TLS13)),
    ("TLS 1.3, False Start means nothing", lambda: exits(0, True, EARLY + ["-expect-alpn", "foo"], False, alpn=["foo"], version=TLS13)),
]


def main():
    failed = 0
    for name, test in TESTS:
        ok = test()
        failed += not ok
        print(f"{'ok  ' if ok else 'FAIL'} shim: {name}")
    print(f"{len(TESTS) - failed} passed, {failed} failed")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
