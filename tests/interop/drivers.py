"""The peers of the matrix: how each foreign stack is started as a server and as a client.

A driver answers: is it here, which suites has it, the command of a server on a port, and whether a run of its client against a port was
good. Programs of ours over foreign libraries (peers/) follow the contract in peers/peer.h; the tools of the stacks themselves are told
the same in their own words.
"""

import os
import re
import shutil
import subprocess
import threading
from dataclasses import dataclass

from suites import ALL, Suite

TIMEOUT = 120  # seconds, for what hangs, not for what is slow
TEXT = b"".join(b"line %06d of what the matrix sends\n" % i for i in range(1500))
REQUEST = b"GET / HTTP/1.0\r\n\r\n"
IDS = {s.id for s in ALL}
OLD = {s.id for s in ALL if not s.modern}


# What `sealwax listen --reply http` says, to the end of the line that tells what was agreed on.
ANSWER = re.compile(rb"Sealwax listens\.\r?\nTLS 1\.[23],.*\n")


@dataclass(frozen=True)
class Cell:
    """One try: a suite, and what else is asked of it."""

    suite: Suite
    auth: bool = True
    alpn: bool = False
    resume: bool = False
    keys: str = ""  # kind of the certificates' keys, where the suite leaves it open
    retry: bool = False  # TLS 1.3: the server asks for another hello
    update: bool = False  # TLS 1.3: the peer changes its keys, and has us change ours


class Unsupported(Exception):
    """The peer does not have what the cell needs."""


def run(command, data=b"", **more):
    return subprocess.run(command, input=data, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=TIMEOUT, **more)


def last(said):
    """The end of what a program said, in one line."""
    return said.strip()[-300:].replace("\n", " / ")


def run_slowly(command, data, first=None):
    """The same for a client that leaves at the end of its input: this keeps the input open until it has said something. first: a word that
    it is to be told before, and what it says to that."""
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        killer = threading.Timer(TIMEOUT, process.kill)
        killer.start()
        said = b""
        if first:
            said = tell(process, first[0].encode(), re.compile(first[1].encode()))
        said += tell(process, data, ANSWER)
        process.kill()
        killer.cancel()
        return said.decode("utf-8", "replace")


def tell(process, data, answer):
    try:
        process.stdin.write(data)
        process.stdin.flush()
    except BrokenPipeError:
        pass
    said = b""
    while not answer.search(said):
        part = process.stdout.read1(4096)
        if not part:
            break
        said += part
    return said


def output(command):
    try:
        done = run(command)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return (done.stdout + done.stderr).decode("utf-8", "replace")


class Driver:
    name = ""
    tool = ""
    can_serve = True
    can_call = True
    server_alpn = client_alpn = server_resumes = client_resumes = True
    server_updates = client_updates = False  # whether its tool can be told to change keys
    ed25519 = True
    protocol = "sealwax"  # for ALPN
    auth = True  # its tools can do certificates on both sides
    features_with = 0x009C  # the suite that the rows after the suites are tried with
    reply = "echo"  # how `sealwax listen` answers this client
    server_answers = "echo"  # what our client should get back: echo, reverse or http

    def __init__(self, build, certs):
        self.build, self.certs = build, certs

    def here(self):
        return shutil.which(self.tool) is not None

    def version(self):
        return ""

    def suites(self):
        """The numbers of the suites it has; those that the peer itself refuses come as Unsupported."""
        return IDS

    def dir(self, cell):
        return os.path.join(self.certs, cell.keys or cell.suite.keys)

    def server(self, cell, port):
        raise NotImplementedError

    def client(self, cell, port):
        """None if it went well, else what went wrong."""
        raise NotImplementedError

    def checked(self, command, data, want, **more):
        done = run(command, data, **more)
        if want in done.stdout:
            return None
        return last((done.stderr + done.stdout).decode("utf-8", "replace")) or "exit code %d, nothing said" % done.returncode


class Contract(Driver):
    """A program that follows peers/peer.h."""

    def __init__(self, build, certs):
        super().__init__(build, certs)
        self.program = [os.path.join(build, "tests/interop/peers", self.name.lower().replace(" ", ""))]

    def here(self):
        return os.access(self.program[0], os.X_OK)

    def words(self, cell):
        s = cell.suite
        words = ["id=0x%04X" % s.id, "name=" + s.name, "openssl=" + s.openssl, "auth=%d" % cell.auth, "bytes=65536"]
        words += ["version=" + s.version] + (["update=1"] if cell.update else [])
        return words + (["alpn=sealwax"] if cell.alpn else []) + (["resume=1"] if cell.resume else [])

    def server(self, cell, port):
        group = ["group=P-384"] if cell.retry else []
        return self.program + ["server", str(port), self.dir(cell)] + self.words(cell) + group

    def client(self, cell, port):
        done = run(self.program + ["client", str(port), self.dir(cell)] + self.words(cell))
        said = done.stdout.decode("utf-8", "replace").strip()
        if "unsupported suite" in said:
            raise Unsupported
        return None if done.returncode == 0 and "ok resumed" in said else said[-300:] or done.stderr.decode()[-300:]


class MbedTls(Contract):
    name = "Mbed TLS"

    def suites(self):
        return OLD

    def version(self):
        return package("libmbedtls-dev")


class BearSsl(Contract):
    name = "BearSSL"

    def suites(self):
        return OLD

    def version(self):
        return package("libbearssl-dev")


class WolfSsl(Contract):
    name = "wolfSSL"
    features_with = 0xC02F
    server_updates = client_updates = True

    def version(self):
        return package("libwolfssl-dev")


class Go(Contract):
    name = "Go"
    tool = "go"
    source = "tests/interop/peers/peer.go"

    def here(self):
        if not shutil.which("go"):
            return False
        if not os.access(self.program[0], os.X_OK) or os.path.getmtime(self.program[0]) < os.path.getmtime(self.source):
            env = dict(os.environ, GO111MODULE="off", GOFLAGS="", GOTOOLCHAIN="local")
            subprocess.run(["go", "build", "-o", self.program[0], self.source], env=env, check=False)
        return super().here()

    def version(self):
        return output(["go", "version"]).split()[2]


class Node(Contract):
    name = "Node"

    def __init__(self, build, certs):
        super().__init__(build, certs)
        self.program = ["node", os.path.abspath("tests/interop/peers/peer.js")]

    def here(self):
        return shutil.which("node") is not None

    def version(self):
        return output(["node", "--version"]).strip()


class Java(Contract):
    name = "Java"
    server_updates = client_updates = True

    def __init__(self, build, certs):
        super().__init__(build, certs)
        self.classes = os.path.join(build, "tests/interop/peers")
        self.program = ["java", "-Xshare:auto", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", self.classes, "Peer"]

    def here(self):
        if not shutil.which("javac"):
            return False
        done = subprocess.run(["javac", "-d", self.classes, "tests/interop/peers/Peer.java"], check=False)
        return done.returncode == 0

    def version(self):
        return output(["javac", "-version"]).split()[-1]


class OpenSsl(Driver):
    name = "OpenSSL"
    tool = "openssl"
    reply = "http"
    server_answers = "reverse"
    client_updates = True

    def version(self):
        return output(["openssl", "version"]).split()[1]

    def suites(self):
        listed = output(["openssl", "ciphers", "-V", "ALL:COMPLEMENTOFALL:@SECLEVEL=0"])
        found = re.findall(r"0x([0-9A-F]{2}),0x([0-9A-F]{2}) - ", listed)
        return {int(a + b, 16) for a, b in found} & IDS

    def common(self, cell, who):
        d = self.dir(cell)
        own = ["-cert", d + "/%s.crt" % who, "-key", d + "/%s.key" % who] if who == "server" or cell.auth else []
        if cell.suite.modern:
            cipher = ["-tls1_3", "-ciphersuites", cell.suite.openssl]
        else:
            cipher = ["-tls1_2", "-cipher", cell.suite.openssl + ":@SECLEVEL=0"]
        return own + cipher + ["-CAfile", d + "/root.crt"] + (["-alpn", "sealwax"] if cell.alpn else [])

    def server(self, cell, port):
        verify = ["-Verify", "3", "-verify_return_error"] if cell.auth else []
        group = ["-groups", "P-384"] if cell.retry else []
        return ["openssl", "s_server", "-accept", "127.0.0.1:%d" % port, "-rev", "-quiet"] + self.common(cell, "server") + verify + group

    def client(self, cell, port):
        base = ["openssl", "s_client", "-connect", "127.0.0.1:%d" % port, "-servername", "server.example"]
        base += [] if cell.update else ["-ign_eof"]
        base += ["-verify_hostname", "server.example", "-verify_return_error"] + self.common(cell, "client")
        kept = os.path.join(self.certs, "openssl-%d.session" % port)
        for turn in (["-sess_out", kept], ["-sess_in", kept]) if cell.resume else ([],):
            said = run_slowly(base, REQUEST, ("K\n", "KEYUPDATE")) if cell.update else self.talk(base + turn)
            if "HTTP/1.0 200 OK" not in said:
                return last(said)
            if cell.alpn and "ALPN protocol: sealwax" not in said:
                return "ALPN was not agreed on"
            if turn[:1] == ["-sess_in"] and "Reused, " not in said:
                return "not resumed"
        return None

    def talk(self, command):
        done = run(command, REQUEST)
        return (done.stdout + done.stderr).decode("utf-8", "replace")


class GnuTls(Driver):
    name = "GnuTLS"
    tool = "gnutls-cli"
    reply = "http"
    client_updates = True

    def version(self):
        return output(["gnutls-cli", "--version"]).split()[1]

    def suites(self):
        listed = output(["gnutls-cli", "--list"])
        return {int(a + b, 16) for a, b in re.findall(r"0x([0-9a-f]{2}), 0x([0-9a-f]{2})", listed)} & IDS

    def priority(self, cell, who):
        exchange, cipher, mac = cell.suite.gnutls
        groups = "GROUP-SECP384R1" if cell.retry and who == "server" else "GROUP-ALL"
        what = ["VERS-TLS" + cell.suite.version] + ([exchange] if exchange else []) + [cipher, mac, "SIGN-ALL", "COMP-NULL", groups, "CTYPE-ALL"]
        return "NONE:+" + ":+".join(what) + ":%VERIFY_ALLOW_SIGN_WITH_SHA1"

    def common(self, cell, who):
        d = self.dir(cell)
        own = ["--x509certfile", d + "/%s.crt" % who, "--x509keyfile", d + "/%s.key" % who] if who == "server" or cell.auth else []
        return own + ["--x509cafile", d + "/root.crt", "--priority", self.priority(cell, who)] + (["--alpn", "sealwax"] if cell.alpn else [])

    def server(self, cell, port):
        auth = ["--require-client-cert", "--verify-client-cert"] if cell.auth else ["--disable-client-cert"]
        return ["gnutls-serv", "--echo", "--port", str(port)] + self.common(cell, "server") + auth

    def client(self, cell, port):
        base = ["gnutls-cli", "--port", str(port), "--verify-hostname", "server.example", "--sni-hostname", "server.example"]
        base += self.common(cell, "client") + (["--resume"] if cell.resume else []) + ["127.0.0.1"]
        if cell.update:
            base = base[:1] + ["--inline-commands"] + base[1:]
        done = run(base, (b"^rekey^\n" if cell.update else b"") + REQUEST)
        said = (done.stdout + done.stderr).decode("utf-8", "replace")
        if "HTTP/1.0 200 OK" not in said:
            return last(said)
        if cell.resume and "This is a resumed session" not in said:
            return "not resumed"
        return None if not cell.alpn or "sealwax" in said.split("HTTP/1.0")[0] else "ALPN was not agreed on"


class Nss(Driver):
    name = "NSS"
    tool = "tstclnt"
    reply = "http"
    server_answers = "http"
    client_resumes = server_alpn = client_alpn = ed25519 = False

    def version(self):
        return package("libnss3-tools")

    def suites(self):
        return IDS

    def database(self, cell):
        """A certificate database of its own for each kind of key, made once."""
        return "sql:" + os.path.join(self.dir(cell), "nss")

    def common(self, cell):
        return ["-V", "tls{0}:tls{0}".format(cell.suite.version), "-c", ":%04X" % cell.suite.id]

    def server(self, cell, port):
        auth = ["-rr"] if cell.auth else []
        range_ = self.common(cell) + (["-u"] if cell.suite.modern else []) + (["-I", "P384"] if cell.retry else [])
        key = ["-n", "server"] if self.dir(cell).endswith("rsa") else ["-e", "server"]
        return ["selfserv", "-p", str(port), "-d", self.database(cell)] + key + auth + range_

    def client(self, cell, port):
        command = ["tstclnt", "-h", "127.0.0.1", "-a", "server.example", "-p", str(port), "-d", self.database(cell)]
        command += self.common(cell) + (["-n", "client"] if cell.auth else [])
        said = run_slowly(command, REQUEST)
        return None if "HTTP/1.0 200 OK" in said else last(said)


class Botan(Driver):
    name = "Botan"
    tool = "botan"
    auth = False
    reply = "http"
    server_alpn = False

    def version(self):
        return output(["botan", "version"]).strip()

    def suites(self):
        return {s.id for s in ALL if not s.modern and "NULL" not in s.name}

    def policy(self, cell, port):
        exchange, cipher, mac = cell.suite.gnutls
        method = {"RSA": "RSA", "DHE-RSA": "DH", "ECDHE-RSA": "ECDH", "ECDHE-ECDSA": "ECDH"}[exchange]
        words = {"AES-128-CBC": "AES-128", "AES-256-CBC": "AES-256", "3DES-CBC": "3DES", "AES-128-GCM": "AES-128/GCM",
                 "AES-256-GCM": "AES-256/GCM", "CHACHA20-POLY1305": "ChaCha20Poly1305"}
        macs = {"SHA1": "SHA-1", "SHA256": "SHA-256", "SHA384": "SHA-384", "AEAD": "AEAD"}
        path = os.path.join(self.certs, "botan-%d.policy" % port)  # cells of the same suite run side by side
        with open(path, "w", encoding="ascii") as f:
            f.write("allow_tls10=false\nallow_tls11=false\nallow_tls12=true\nallow_dtls10=false\nallow_dtls12=false\n")
            f.write("ciphers=%s\nmacs=%s\nkey_exchange_methods=%s\n" % (words[cipher], macs[mac], method))
            f.write("signature_methods=ECDSA RSA IMPLICIT\nsignature_hashes=SHA-512 SHA-384 SHA-256\n")
            f.write("require_cert_revocation_info=false\nminimum_rsa_bits=2048\n")
        return path

    def server(self, cell, port):
        d = self.dir(cell)
        return ["botan", "tls_server", d + "/server.crt", d + "/server.key", "--port=%d" % port, "--policy=" + self.policy(cell, port)]

    def client(self, cell, port):
        d = self.dir(cell)
        host = "localhost" if cell.resume else "127.0.0.1"  # it keeps no session of an address
        command = ["botan", "tls_client", host, "--port=%d" % port, "--trusted-cas=" + d + "/root.crt", "--skip-system-cert-store"]
        command += ["--policy=" + self.policy(cell, port), "--tls1.2"] + (["--next-protocols=sealwax"] if cell.alpn else [])
        if cell.resume:
            command += ["--session-db=" + os.path.join(self.certs, "botan-%d.db" % port), "--session-db-pass=interop"]
        for turn in range(1 + cell.resume):
            said = run_slowly(command, REQUEST)
            if "HTTP/1.0 200 OK" not in said:
                return last(said)
            if cell.alpn and "Server choose protocol: sealwax" not in said:
                return "ALPN was not agreed on"
            if turn and ", resumed" not in said:
                return "not resumed"
        return None


class Curl(Driver):
    name = "curl"
    tool = "curl"
    can_serve = False
    reply = "http"
    protocol = "http/1.1"

    def version(self):
        return output(["curl", "--version"]).split()[1]

    def suites(self):
        return OpenSsl(self.build, self.certs).suites()

    def client(self, cell, port):
        d = self.dir(cell)
        command = ["curl", "-sS", "--http1.1" if cell.alpn else "--no-alpn", "--cacert", d + "/root.crt"]
        if cell.suite.modern:
            command += ["--tlsv1.3", "--tls13-ciphers", cell.suite.openssl]
        else:
            command += ["--tls-max", "1.2", "--ciphers", cell.suite.openssl + ":@SECLEVEL=0"]
        command += ["--resolve", "server.example:%d:127.0.0.1" % port]
        if cell.auth:
            command += ["--cert", d + "/client.crt", "--key", d + "/client.key"]
        command += ["https://server.example:%d/" % port] * (1 + cell.resume)  # the second connection of a process resumes
        return self.checked(command, b"", b", resumed" if cell.resume else b", ALPN http/1.1" if cell.alpn else b"Sealwax listens.")


def package(name):
    """The version of a Debian package, without what Debian added."""
    done = output(["dpkg-query", "-W", "-f", "${Version}", name])
    return re.sub(r"^\d+:|[-+].*$", "", done.strip()) if done and "no packages" not in done else ""


DRIVERS = [OpenSsl, GnuTls, Nss, Botan, MbedTls, BearSsl, WolfSsl, Go, Java, Node, Curl]
