#!/usr/bin/env python3
"""Writes tests/vectors/record.h: records protected by Python's `cryptography`, which is OpenSSL underneath, as the RFCs say.

    tests/vectors/record.py >tests/vectors/record.h

tests/record/test_seal_*.c seal the same and compare, and open these. Keys, IV and plaintext are counted out, so that a test makes them by itself:
byte i of MAC key, key and IV is i + 1, 0x40 + i and 0xc0 + i; byte i of the plaintext is 7 * i + i / 256. A long record is given by its SHA-256.
"""
import hashlib
import hmac

from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
from cryptography.hazmat.primitives.ciphers.algorithms import AES, TripleDES

DATA, VERSION, SEQ = 23, b"\x03\x03", 0x123456789  # a sequence number above 2^32
SHORT = 300
LENGTHS = 0, 1, 45, 16383, 16384
MAC_KEY = bytes(range(1, 65))
KEY = bytes(range(0x40, 0x60))
IV = bytes(range(0xC0, 0xD0))


def plain(n):
    return bytes((7 * i + i // 256) & 0xFF for i in range(n))


def header(n, type=DATA):
    return bytes([type]) + VERSION + n.to_bytes(2, "big")


def additional(n):
    """seq_num + type + version + length, RFC 5246 6.2.3.1 and 6.2.3.3."""
    return SEQ.to_bytes(8, "big") + header(n)


def mac(hash, n, data):
    size = hashlib.new(hash).digest_size
    return hmac.new(MAC_KEY[:size], additional(n) + data, hash).digest()


def pad(data, block):
    """GenericBlockCipher's padding and padding_length, the least that fills a block."""
    n = block - 1 - len(data) % block
    return data + bytes([n]) * (n + 1)


def null(hash, data):
    body = data + mac(hash, len(data), data)
    return header(len(body)) + body


def cbc(cipher, key_len, block, hash, etm, data):
    def encrypt(padded):
        e = Cipher(cipher(KEY[:key_len]), modes.CBC(IV[:block])).encryptor()
        return IV[:block] + e.update(padded) + e.finalize()

    if etm:  # RFC 7366 3
        body = encrypt(pad(data, block))
        body += mac(hash, len(body), body)
    else:
        body = encrypt(pad(data + mac(hash, len(data), data), block))
    return header(len(body)) + body


def gcm(key_len, data):
    """RFC 5288 3: fixed(4) explicit(8), and the explicit part is our sequence number."""
    explicit = SEQ.to_bytes(8, "big")
    body = explicit + AESGCM(KEY[:key_len]).encrypt(IV[:4] + explicit, data, additional(len(data)))
    return header(len(body)) + body


def masked():
    """The sequence number, padded on the left and added to the IV: RFC 7905 2, RFC 8446 5.3."""
    return bytes(a ^ b for a, b in zip(IV[:12], SEQ.to_bytes(12, "big")))


def chacha(data):
    body = ChaCha20Poly1305(KEY).encrypt(masked(), data, additional(len(data)))
    return header(len(body)) + body


def tls13(aead, inner):
    """inner: TLSInnerPlaintext, with its type and padding."""
    head = header(len(inner) + 16)
    return head + aead.encrypt(masked(), inner, head)


def row(bulk, hash, flags, n, record):
    mac = "SW_HASH_" + hash.upper() if hash else "SW_HASH_NONE"
    print(f"    {{&sw_bulk_{bulk}, {mac}, {flags}, {n}, {len(record)},")
    text = record.hex() if len(record) <= SHORT else hashlib.sha256(record).hexdigest()
    lines = [text[i:i + 112] for i in range(0, len(text), 112)]
    for line in lines:
        print(f'     "{line}"' + ("}," if line is lines[-1] else ""))


def table(name, comment, rows):
    print(f"/* {comment} */\nstatic const struct record_vector {name}[] = {{")
    for r in rows:
        row(*r)
    print("};\n")


HASHES = "sha1", "sha256", "sha384", "sha512"
CBC = ("3des_cbc", TripleDES, 24, 8), ("aes128_cbc", AES, 16, 16), ("aes256_cbc", AES, 32, 16)
AEAD = ("aes128_gcm", AESGCM(KEY[:16])), ("aes256_gcm", AESGCM(KEY)), ("chacha20_poly1305", ChaCha20Poly1305(KEY))


def cbc_rows():
    for hash in HASHES:
        for n in LENGTHS:
            yield "null", hash, 0, n, null(hash, plain(n))
    for name, cipher, key_len, block in CBC:
        for hash in HASHES:
            for etm in 0, 1:
                for n in LENGTHS:
                    yield name, hash, "VECTOR_ETM" if etm else 0, n, cbc(cipher, key_len, block, hash, etm, plain(n))


def aead_rows():
    for n in LENGTHS:
        yield "aes128_gcm", None, 0, n, gcm(16, plain(n))
        yield "aes256_gcm", None, 0, n, gcm(32, plain(n))
        yield "chacha20_poly1305", None, 0, n, chacha(plain(n))
    for name, aead in AEAD:
        for n in LENGTHS:
            yield name, None, "VECTOR_TLS13", n, tls13(aead, plain(n) + bytes([DATA]))


def padded_rows():
    """len is that of the plaintext."""
    for name, aead in AEAD:
        for n, zeros in (0, 1), (45, 1), (45, 100), (0, 200):
            yield name, None, "VECTOR_TLS13", n, tls13(aead, plain(n) + bytes([DATA]) + bytes(zeros))


def zero_rows():
    """len is the number of zeros."""
    for name, aead in AEAD:
        for n in 1, 17, 100:
            yield name, None, "VECTOR_TLS13", n, tls13(aead, bytes(n))


def main():
    print("/* Written by tests/vectors/record.py, which says what the records are made of. */")
    print("#ifndef SW_TESTS_VECTORS_RECORD_H\n#define SW_TESTS_VECTORS_RECORD_H\n")
    print('#include "record/record.h"\n\n/* clang-format off */\n')
    print(f"enum {{ VECTOR_ETM = 1, VECTOR_TLS13 = 2, VECTOR_SHORT = {SHORT} /* longer records stand here by their SHA-256 */ }};")
    print(f"#define VECTOR_SEQ UINT64_C({SEQ:#x})\n")
    print("struct record_vector {\n    const struct sw_bulk *bulk;\n    enum sw_hash_id mac;\n    unsigned flags;")
    print("    size_t len, record_len;\n    const char *record;\n};\n")
    table("vectors_cbc", "NULL and CBC.", cbc_rows())
    table("vectors_aead", "AEAD, TLS 1.2 and 1.3.", aead_rows())
    table("vectors_padded", "TLS 1.3 with zeros behind the content type.", padded_rows())
    table("vectors_zeros", "TLS 1.3, nothing but zeros: len of them.", zero_rows())
    print("/* clang-format on */\n\n#endif")


main()
