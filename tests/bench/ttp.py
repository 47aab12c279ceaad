#!/usr/bin/env python3
"""What signing a request and issuing a certificate cost, process start to end: ttp beside openssl and certtool.

    tests/bench/ttp.py [--runs N] [--markdown]     $BUILD: where ttp is (build)

Median of N runs (20), taken in turn; CPU time of the process, and the time that passed, which for ttp includes the index on the disk.
A key takes a random time to find, so "issue" is also shown less the median of making an RSA key with the same tool.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import tempfile
import time

parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
parser.add_argument("--runs", type=int, default=20)
parser.add_argument("--markdown", action="store_true")
options = parser.parse_args()
ttp = os.path.abspath(os.path.join(os.environ.get("BUILD", "build"), "ttp"))


def run(command):
    """CPU and elapsed seconds of a command that must succeed."""
    began = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"{' '.join(command)}: exit code {child.returncode}")
    return usage.ru_utime + usage.ru_stime, time.perf_counter() - began


def setup():
    """A root and a request, and what certtool wants of templates."""
    run([ttp, "-q", "init", "Benchmark Root"])
    run([ttp, "-q", "request", "www.example.org", "--out", "request"])
    with open("leaf.tmpl", "w") as f:
        f.write('cn = "www.example.org"\ndns_name = "www.example.org"\ntls_www_server\nsigning_key\nencryption_key\n')


ROOT = ["certs/root.crt", "certs/root.key"]


def commands():
    """name -> command; {} is the number of the run."""
    yield "ttp", "sign", [ttp, "-q", "sign", "request.csr", "--out", "ttp-sign{}.crt"]
    yield "ttp", "key", [ttp, "-q", "request", "key.example.org", "--out", "ttp-key{}"]
    yield "ttp", "issue", [ttp, "-q", "issue", "issue{}.example.org", "--out", "ttp-issue{}"]
    yield "ttp", "issue p256", [ttp, "-q", "issue", "ec{}.example.org", "--key", "p256", "--out", "ttp-ec{}"]
    yield "openssl", "sign", ["openssl", "x509", "-req", "-in", "request.csr", "-CA", ROOT[0], "-CAkey", ROOT[1], "-out", "o{}.crt"]
    yield "openssl", "key", ["openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", "o{}.key"]
    yield "openssl", "issue", ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "oi{}.key", "-CA", ROOT[0], "-CAkey",
                               ROOT[1], "-subj", "/CN=www.example.org", "-out", "oi{}.crt"]
    if shutil.which("certtool"):
        tool = ["certtool", "--load-ca-certificate", ROOT[0], "--load-ca-privkey", ROOT[1], "--template", "leaf.tmpl"]
        yield "certtool", "sign", tool + ["--generate-certificate", "--load-request", "request.csr", "--outfile", "g{}.crt"]
        yield "certtool", "key", ["certtool", "--generate-privkey", "--bits", "2048", "--outfile", "g{}.key"]


with tempfile.TemporaryDirectory() as scratch:
    os.chdir(scratch)
    setup()
    rows = [(tool, what, command, []) for tool, what, command in commands()]
    for i in range(options.runs):
        for _, _, command, times in rows:
            times.append(run([part.replace("{}", str(i)) for part in command]))
    os.chdir("/")

cpu = {(tool, what): statistics.median(t[0] for t in times) * 1e3 for tool, what, _, times in rows}
wall = {(tool, what): statistics.median(t[1] for t in times) * 1e3 for tool, what, _, times in rows}
form = "| {:<8} | {:<10} | {:>8} | {:>8} | {:>16} |" if options.markdown else "{:<9} {:<11} {:>8} {:>9} {:>17}"
print(form.format("", "", "CPU ms", "wall ms", "less the key, ms"))
if options.markdown:
    print("| --- | --- | --: | --: | --: |")
for tool, what, _, _ in rows:
    less = f"{cpu[tool, what] - cpu[tool, 'key']:.1f}" if what == "issue" else ""
    print(form.format(tool, what, f"{cpu[tool, what]:.1f}", f"{wall[tool, what]:.1f}", less))
