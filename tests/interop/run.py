#!/usr/bin/env python3
"""make interop: Sealwax with every foreign TLS stack that is installed, in both directions.

For each peer and each cipher suite both have: `sealwax connect` against its server and its client against `sealwax listen`, with
certificates on both sides and data both ways. Then, with one suite of each version: no client certificate, ALPN, resumption, and what
there is in TLS 1.3 alone. Prints failures, a table,
and "N passed, N failed, N skipped". --document writes the table to docs/interop.md (only when every peer is there); --peer NAME tries
only some; --verbose names every cell.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import ports  # noqa: E402
from drivers import DRIVERS, REQUEST, TEXT, TIMEOUT, Cell, Unsupported  # noqa: E402
from suites import ALL  # noqa: E402

OK, NONE = "ok", "none"
FEATURES = (("no client certificate", {"auth": False}), ("ALPN", {"alpn": True}), ("resumption", {"resume": True}))
FEATURES13 = (
    ("P-256 certificates", {"keys": "ecdsa"}),
    ("Ed25519 certificates", {"keys": "ed25519"}),
    ("HelloRetryRequest", {"retry": True}),
    ("change of keys", {"update": True}),
)
MODERN = next(s for s in ALL if s.modern)


# --- certificates -----------------------------------------------------------------------------------------------------------


def make_certificates(build, into):
    """One root; RSA, ECDSA and Ed25519 certificates for both sides, as PEM, PKCS#12 and an NSS database."""

    def must(*command):
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        if done.returncode:
            sys.exit("interop: %s: %s" % (" ".join(command), done.stdout.decode("utf-8", "replace")))

    pki = os.path.join(into, "pki")
    ttp = [os.path.join(build, "ttp"), "--quiet", "--pki", pki]
    must(*ttp, "init", "Interoperability Root")
    for keys, kind in (("rsa", "rsa2048"), ("ecdsa", "p256"), ("ed25519", "ed25519")):
        d = os.path.join(into, keys)
        os.makedirs(d)
        must("cp", pki + "/root.crt", d + "/root.crt")
        for who in ("server", "client"):
            out = os.path.join(d, who)
            must(*ttp, "issue", who + ".example", "--profile", who, "--key", kind, "--out", out)
            must("openssl", "pkcs12", "-export", "-in", out + ".crt", "-inkey", out + ".key", "-name", who, "-passout", "pass:interop", "-out", out + ".p12")
        make_nss_database(d)


def make_nss_database(d):
    db = "sql:" + d + "/nss"
    os.makedirs(d + "/nss")
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "check": False}
    try:
        subprocess.run(["certutil", "-N", "-d", db, "--empty-password"], **quiet)
        subprocess.run(["certutil", "-A", "-d", db, "-n", "root", "-t", "CT,C,C", "-i", d + "/root.crt"], **quiet)
        for who in ("server", "client"):
            subprocess.run(["pk12util", "-d", db, "-i", d + "/%s.p12" % who, "-W", "interop", "-K", ""], **quiet)
    except FileNotFoundError:
        pass  # then NSS is not here


# --- processes --------------------------------------------------------------------------------------------------------------

class Server:
    """A process that listens, ended with the block. Which port it listens on is known when it does."""

    def __init__(self, command, port, cwd=None):
        self.command, self.port, self.cwd = command, port, cwd

    def __enter__(self):
        self.log = tempfile.TemporaryFile()
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=self.log, stderr=self.log, cwd=self.cwd)
        end = time.monotonic() + 60
        while not ports.listening(self.port):  # no connection on trial: a peer might serve that one first
            if self.process.poll() is not None or time.monotonic() > end:
                said = self.said()
                self.__exit__()
                if "unsupported suite" in said:
                    raise Unsupported
                raise RuntimeError("the server did not start: " + said)
            time.sleep(0.01)
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        ports.release(self.port)

    def said(self, most=400):
        self.log.seek(0)
        return self.log.read().decode("utf-8", "replace")[-most:].replace("\n", " / ")


def converse(command, sent, expected):
    """Run a client; its input ends when all that is expected has come back (0: when the server ends), as not every server answers what a
    close_notify came right behind."""
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    killer = threading.Timer(TIMEOUT, process.kill)
    killer.start()
    sender = threading.Thread(target=send, args=(process.stdin, sent))
    sender.start()
    got = process.stdout.read(expected) if expected else process.stdout.read()
    sender.join()
    try:
        process.stdin.close()
    except BrokenPipeError:
        pass
    got += process.stdout.read()
    said = process.stderr.read()
    code = process.wait()
    killer.cancel()
    return subprocess.CompletedProcess(command, code, got, said)


def send(pipe, data):
    try:
        pipe.write(data)
        pipe.flush()
    except BrokenPipeError:
        pass


# --- both directions --------------------------------------------------------------------------------------------------------


def happened(cell, said):
    """What our trace must show, or what is missing there."""
    for wanted, message in ((cell.retry, "HelloRetryRequest"), (cell.update, "KeyUpdate")):
        if wanted and message not in said:
            return "no " + message
    return None


class Matrix:
    def __init__(self, build, certs):
        self.sealwax = os.path.join(build, "sealwax")
        self.certs = certs

    def common(self, driver, cell, who):
        d = os.path.join(self.certs, cell.keys or cell.suite.keys)
        words = ["--policy", "all", "--suites", cell.suite.name, "--timeout", "60s"]
        words += ["--min-version", cell.suite.version, "--max-version", cell.suite.version]
        if cell.retry or cell.update:
            words += ["--trace"]
        if cell.retry:
            words += ["--groups", "P-384" if who == "server" else "X25519:P-384"]
        if who == "server" or cell.auth:
            words += ["--cert", d + "/%s.crt" % who, "--key", d + "/%s.key" % who]
        if who == "client" or cell.auth:
            words += ["--trust", d + "/root.crt"]
        if "NULL" in cell.suite.name:
            words.append("--no-etm")  # OpenSSL's server answers it although RFC 7366 3 has it for block ciphers alone
        return words + (["--alpn", driver.protocol] if cell.alpn else [])

    def we_serve(self, driver, cell):
        port = ports.reserve()
        command = [self.sealwax, "listen", "127.0.0.1:%d" % port, "--reply", driver.reply] + self.common(driver, cell, "server")
        with Server(command, port) as server:
            why = driver.client(cell, port) or happened(cell, server.said(1 << 20))
            return OK if why is None else "%s; we: %s" % (why, server.said())

    def we_call(self, driver, cell):
        port = ports.reserve()
        with Server(driver.server(cell, port), port, cwd=self.certs) as server:
            base = [self.sealwax, "connect", "127.0.0.1:%d" % port, "--name", "server.example", "--brief"] + self.common(driver, cell, "client")
            kept = os.path.join(self.certs, "session-%d" % port)
            for turn in (["--sess-out", kept], ["--sess-in", kept]) if cell.resume else ([],):
                why = self.one_call(driver, cell, base + turn, turn[:1] == ["--sess-in"])
                if why is not None:
                    return "%s; the peer: %s" % (why, server.said())
        return OK

    def one_call(self, driver, cell, command, resumed):
        sent = REQUEST if driver.server_answers == "http" else TEXT
        want = {"echo": TEXT, "reverse": b"".join(line[::-1] + b"\n" for line in TEXT.splitlines()), "http": b""}[driver.server_answers]
        done = converse(command, sent, len(want))
        said = done.stderr.decode("utf-8", "replace")
        if not done.stdout.startswith(want or b"HTTP/1.0 200 OK"):
            return "%d bytes came back: %s" % (len(done.stdout), said[-300:].replace("\n", " / "))
        if done.returncode != 0:
            return "exit code %d: %s" % (done.returncode, said[-300:].replace("\n", " / "))
        if cell.alpn and "ALPN: " + driver.protocol not in said:
            return "ALPN was not agreed on"
        if happened(cell, said):
            return happened(cell, said)
        return "not resumed" if resumed and "Resumed: yes" not in said else None

    def attempt(self, direction, driver, cell):
        try:
            return (self.we_serve if direction == "server" else self.we_call)(driver, cell)
        except Unsupported:
            return NONE
        except subprocess.TimeoutExpired as e:
            return "nothing came for %d s: %s" % (TIMEOUT, e.stdout and e.stdout[-100:])
        except RuntimeError as e:
            return str(e)


def cells_of(driver):
    """(row, direction, cell) of everything to try with a peer."""
    has = driver.suites()
    both = [d for d, can in (("client", driver.can_serve), ("server", driver.can_call)) if can]
    for suite in ALL:
        for direction in both:
            if suite.id in has:
                yield suite.name, direction, Cell(suite, auth=driver.auth)
    best = next(s for s in ALL if s.id == driver.features_with)
    work = [(row, Cell(best, **({"auth": driver.auth} | options))) for row, options in FEATURES]
    if MODERN.id in has:
        work += [("TLS 1.3: " + row, Cell(MODERN, **({"auth": driver.auth} | options))) for row, options in FEATURES + FEATURES13]
    for row, cell in work:
        for direction in both:
            if can(driver, "server" if direction == "client" else "client", cell):
                yield row, direction, cell


def can(driver, role, cell):
    """Whether the tool that is the server or the client can be told to."""
    for wanted, what in ((cell.alpn, "_alpn"), (cell.resume, "_resumes"), (cell.update, "_updates")):
        if wanted and not getattr(driver, role + what):
            return False
    return driver.ed25519 or cell.keys != "ed25519"


# --- the table --------------------------------------------------------------------------------------------------------------

WORDS = {(True, True): "both", (True, False): "client", (False, True): "server", (False, False): "-"}


def entry(results, peer, row):
    client, server = results.get((peer, "client", row), NONE), results.get((peer, "server", row), NONE)
    if client not in (OK, NONE) or server not in (OK, NONE):
        return "FAILS"
    return WORDS[client == OK, server == OK]


def table(results, drivers):
    names = [d.name for d in drivers]
    lines = ["| | " + " | ".join(names) + " |", "| --- |" + " --- |" * len(names)]
    lines.append("| version | " + " | ".join(d.version() for d in drivers) + " |")
    for row in [s.name for s in ALL] + [f for f, _ in FEATURES] + ["TLS 1.3: " + f for f, _ in FEATURES + FEATURES13]:
        lines.append("| %s | " % row + " | ".join(entry(results, n, row) for n in names) + " |")
    return "\n".join(lines) + "\n"


DOCUMENT = """# Interoperability

Which other TLS stacks Sealwax was tried with, by `make interop ARGS=--document`, which writes this page. *both*: Sealwax was the client of their
server and the server of their client; *client*, *server*: Sealwax was only that; *-*: the peer does not have it, or its tool cannot be told to.

Each suite is one connection in each direction with certificates on both sides (Botan's tools know none of clients), names and chains checked, data
both ways and a proper end. The rows behind the suites are tried with TLS_RSA_WITH_AES_128_GCM_SHA256, or TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 where
that is missing; those of TLS 1.3 with TLS_AES_128_GCM_SHA256. A HelloRetryRequest is brought about by a server that knows P-384 alone; a change of
keys is begun by the peer, who has us change ours, too. OpenSSL, GnuTLS, NSS, Botan and curl are the tools of those names; the others are programs
over the library, in tests/interop/peers. NSS's tools and Botan's server know no ALPN, NSS's client does not resume, and NSS knows no Ed25519
certificates; the packaged wolfSSL is built without RSA key transport. Those versions of Botan, Mbed TLS and BearSSL have no TLS 1.3. Few tools can be
told to change keys.

"""


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--document", action="store_true")
    parser.add_argument("--peer", action="append")
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("--jobs", type=int, default=max(2, os.cpu_count() or 2))
    args = parser.parse_args()
    build = os.path.abspath(os.environ.get("BUILD", "build"))
    os.environ.pop("SSLKEYLOGFILE", None)
    os.environ["no_proxy"] = "*"  # all peers are here
    with tempfile.TemporaryDirectory() as certs:
        make_certificates(build, certs)
        return try_all(args, build, certs)


def try_all(args, build, certs):
    drivers, skipped = [], 0
    for driver in (d(build, certs) for d in DRIVERS):
        if args.peer and driver.name not in args.peer:
            continue
        if driver.here():
            drivers.append(driver)
        else:
            skipped += 1
            print("skip  %s: not installed" % driver.name)
    matrix = Matrix(build, certs)
    work = [(driver, row, direction, cell) for driver in drivers for row, direction, cell in cells_of(driver)]
    with ThreadPoolExecutor(args.jobs) as pool:
        verdicts = list(pool.map(lambda w: matrix.attempt(w[2], w[0], w[3]), work))
    results = {}
    for (driver, row, direction, _), verdict in zip(work, verdicts):
        results[driver.name, direction, row] = verdict
        if verdict not in (OK, NONE):
            print("FAIL  %s, we are the %s, %s: %s" % (driver.name, direction, row, verdict))
        elif args.verbose:
            print("%-5s %s, we are the %s, %s" % (verdict, driver.name, direction, row))
    text = table(results, drivers)
    print(text)
    if args.document and skipped == 0 and not args.peer:
        with open("docs/interop.md", "w", encoding="utf-8") as f:
            f.write(DOCUMENT + text)
    passed, failed = verdicts.count(OK), sum(v not in (OK, NONE) for v in verdicts)
    print("%d passed, %d failed, %d skipped" % (passed, failed, skipped))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
