#!/usr/bin/env python3
"""Writes tests/vectors/pkey.h: fresh keys made by the openssl command, and what it signs, encrypts and derives with them.

    tests/vectors/pkey.py >tests/vectors/pkey.h

tests/base/test_pkey*.c check that Sealwax verifies, opens and derives the same. Nobody needs to run this again; it says where the numbers come from.
"""
import os
import subprocess
import tempfile

MESSAGE = b"Sealed with wax, opened by the one it is for."


def openssl(*args, data=None):
    return subprocess.run(["openssl", *args], input=data, capture_output=True, check=True).stdout


def integers(der):
    """The INTEGERs of a DER SEQUENCE of them."""
    def header(at):
        n, at = der[at + 1], at + 2
        if n & 0x80:
            width = n & 0x7F
            n, at = int.from_bytes(der[at:at + width], "big"), at + width
        return n, at
    n, at = header(0)
    end, out = at + n, []
    while at < end:
        n, at = header(at)
        out.append(der[at:at + n].lstrip(b"\0") or b"\0")
        at += n
    return out


def show(name, data, comment=None):
    print(f"static const char {name}[] ={'  /* ' + comment + ' */' if comment else ''}")
    text = data.hex()
    lines = [text[i:i + 112] for i in range(0, len(text), 112)] or [""]
    for line in lines:
        print(f'    "{line}"' + (";" if line is lines[-1] else ""))


def sign(key, hash, *options):
    args = [x for o in options for x in ("-sigopt", o)]
    return openssl("dgst", f"-{hash}", "-sign", key, *args, data=MESSAGE)


def pss(salt):
    return "rsa_padding_mode:pss", f"rsa_pss_saltlen:{salt}"


def rsa(bits):
    openssl("genrsa", "-out", "key", str(bits))
    version, *numbers = integers(openssl("rsa", "-in", "key", "-outform", "DER", "-traditional"))
    print(f"\n/* --- RSA-{bits} " + "-" * 80 + " */\n")
    for name, number in zip(("n", "e", "d", "p", "q", "dp", "dq", "qinv"), numbers):
        show(f"rsa{bits}_{name}", number)
    for hash in ("sha1", "sha224", "sha256", "sha384", "sha512") if bits == 2048 else ("sha256",):
        show(f"rsa{bits}_pkcs1_{hash}", sign("key", hash))
    for hash in ("sha256", "sha384", "sha512") if bits == 2048 else ("sha256",):
        show(f"rsa{bits}_pss_{hash}", sign("key", hash, *pss("digest")))
    if bits != 2048:
        return
    show("rsa2048_pss_salt0", sign("key", "sha256", *pss(0)), "salt of no bytes")
    show("rsa2048_pss_salt20", sign("key", "sha256", *pss(20)), "salt of 20 bytes")
    show("rsa2048_pss_saltmax", sign("key", "sha256", *pss("max")), "the longest salt that fits")
    show("rsa2048_pss_mgf1", sign("key", "sha256", *pss("digest"), "rsa_mgf1_md:sha1"), "MGF1 with another hash")
    encrypt = ["pkeyutl", "-encrypt", "-inkey", "key"]
    show("rsa2048_enc_pkcs1", openssl(*encrypt, data=MESSAGE))
    for hash in "sha1", "sha256", "sha512":
        show(f"rsa2048_oaep_{hash}", openssl(*encrypt, "-pkeyopt", "rsa_padding_mode:oaep", "-pkeyopt", f"rsa_oaep_md:{hash}",
                                             "-pkeyopt", f"rsa_mgf1_md:{hash}", data=MESSAGE))
    show("rsa2048_oaep_empty", openssl(*encrypt, "-pkeyopt", "rsa_padding_mode:oaep", "-pkeyopt", "rsa_oaep_md:sha256", data=b""))
    show("rsa2048_oaep_label", openssl(*encrypt, "-pkeyopt", "rsa_padding_mode:oaep", "-pkeyopt", "rsa_oaep_md:sha256",
                                       "-pkeyopt", "rsa_oaep_label:77", data=MESSAGE), "label 'w'")


def point(key):
    return openssl("pkey", "-in", key, "-pubout", "-outform", "DER")


def ec(name, bits):
    size = (bits + 7) // 8
    for key in "key", "peer":
        openssl("genpkey", "-algorithm", "EC", "-pkeyopt", f"ec_paramgen_curve:{name}", "-out", key)
    openssl("pkey", "-in", "peer", "-pubout", "-out", "peer.pub")
    der = openssl("ec", "-in", "key", "-outform", "DER")
    at = der.index(bytes([4, size])) + 2
    print(f"\n/* --- {name} " + "-" * 80 + " */\n")
    show(f"p{bits}_scalar", der[at:at + size])
    show(f"p{bits}_point", point("key")[-2 * size - 1:])
    for hash in ("sha1", "sha224", "sha256", "sha384", "sha512"):
        show(f"p{bits}_{hash}", sign("key", hash))
    show(f"p{bits}_peer", point("peer")[-2 * size - 1:])
    show(f"p{bits}_shared", openssl("pkeyutl", "-derive", "-inkey", "key", "-peerkey", "peer.pub"))


def main():
    here = os.getcwd()
    with tempfile.TemporaryDirectory() as scratch:
        os.chdir(scratch)
        version = openssl("version").decode().split()[1]
        print(f"/* Written by tests/vectors/pkey.py with OpenSSL {version}. Keys made for this file and used nowhere else. */")
        print("#ifndef SW_TESTS_VECTORS_PKEY_H\n#define SW_TESTS_VECTORS_PKEY_H\n\n/* clang-format off */\n")
        show("pkey_message", MESSAGE)
        for bits in 1024, 2048, 2041:
            rsa(bits)
        for name, bits in ("P-256", 256), ("P-384", 384), ("P-521", 521):
            ec(name, bits)
        print("\n/* clang-format on */\n\n#endif")
        os.chdir(here)


main()
