#!/usr/bin/env python3
"""Run x509-limbo cases through `ttp verify`: limbo.py TTP SCRATCH

Each case must end with exit code 0 (accept) or 1 (reject), as the suite expects; the known lists name the exceptions,
which must differ.
"""

import datetime
import gzip
import json
import math
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

VECTORS = os.path.join(os.path.dirname(__file__), "..", "vectors", "limbo")
PREFIX = {"DNS": "dns:", "IP": "ip:", "RFC822": "email:"}


def known(profile):
    with open(os.path.join(VECTORS, f"known-{profile}.txt"), encoding="utf-8") as lines:
        ids = (line.split("#")[0].strip() for line in lines)
        return {case for case in ids if case}


def write(folder, name, pems):
    path = os.path.join(folder, name)
    with open(path, "w", encoding="ascii") as out:
        out.write("\n".join(pems))
    return path


def arguments(case, folder):
    """What the case asks, as options of ttp verify."""
    args = ["--root", write(folder, "roots.pem", case["trusted_certs"])]
    if case["untrusted_intermediates"]:
        args += ["--untrusted", write(folder, "untrusted.pem", case["untrusted_intermediates"])]
    if case.get("crls"):
        args += ["--crl", write(folder, "crls.pem", case["crls"])]
    if case.get("validation_time"):
        # certificates count whole seconds: a fraction belongs to the second it is in
        when = datetime.datetime.fromisoformat(case["validation_time"].replace("Z", "+00:00"))
        args += ["--time", str(math.floor(when.timestamp()))]
    if case.get("max_chain_depth") is not None:
        args += ["--max-depth", str(case["max_chain_depth"])]
    args += ["--purpose", "client" if case["validation_kind"] == "CLIENT" else "server"]
    for name in [case.get("expected_peer_name")] + (case.get("expected_peer_names") or []):
        if name:
            args += ["--name", PREFIX[name["kind"]] + name["value"]]
    return args + [write(folder, "leaf.pem", [case["peer_certificate"]])]


def run(ttp, case, folder):
    """0: as expected, 1: not, 2: neither accepted nor rejected; and what was said."""
    os.makedirs(folder, exist_ok=True)
    want = 0 if case["expected_result"] == "SUCCESS" else 1
    verdicts = []
    for extra in ([], ["--strict"]):
        command = [ttp, "verify", "--quiet", *extra, *arguments(case, folder)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
            code, said = done.returncode, done.stderr.strip()
        except subprocess.TimeoutExpired:
            code, said = 2, "too slow"
        verdicts.append((2 if code > 1 or code < 0 else int(code != want), said))
    return verdicts


def main():
    ttp, scratch = sys.argv[1:]
    with gzip.open(os.path.join(VECTORS, "limbo-core.json.gz"), "rt", encoding="utf-8") as data:
        cases = json.load(data)["testcases"]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = [(c, pool.submit(run, ttp, c, os.path.join(scratch, str(n)))) for n, c in enumerate(cases)]
    failed = 0
    for column, profile in enumerate(("default", "strict")):
        exceptions = known(profile)
        for case, job in jobs:
            verdict, said = job.result()[column]
            if verdict != int(case["id"] in exceptions):
                failed += 1
                print(f"FAIL: {profile}: {case['id']}: expected {case['expected_result']}, got: {said or 'accepted'}")
    print(f"{2 * len(cases) - failed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
