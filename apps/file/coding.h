/*
 * The content coding of put --protect=rsa: a piece as RSA-OAEP blocks (RFC 8017 7.1, SHA-256), one behind the other,
 * each of the length of the server's modulus. It shows what encrypting without a symmetric cipher costs. A block grows
 * by two hashes and two bytes, and opening one is a private operation in the server's event loop: hence CODING_MAX.
 * That blocks are whole, in order and from whom they seem to be is the session's doing.
 */
#ifndef SW_APPS_FILE_CODING_H
#define SW_APPS_FILE_CODING_H

#include "base/pkey.h"

#define CODING_NAME "x-rsa-oaep-sha256"

enum { CODING_MAX = 4096 /* bytes of blocks in one piece: 16 blocks of RSA-2048, 8 of RSA-4096 */ };

/*
 * coding_piece: bytes of content that fit into a piece under this key; 0: it is no RSA key, or none of a length that is
 * served.
 */
size_t coding_piece(const struct sw_pubkey *key);

/*
 * coding_encode: len bytes of content, at most coding_piece, as blocks into out, of CODING_MAX bytes. *n receives their
 * length.
 * coding_decode: the content of len bytes of blocks, at most CODING_MAX, into out, of CODING_MAX bytes. SW_ERR_CRYPTO
 * for whatever is wrong with them: which of the ways an attacker chose must not be told (Manger's attack).
 * SW_ERR_ARGUMENT for a key that is not RSA.
 */
enum sw_err coding_encode(const struct sw_pubkey *key, const uint8_t *p, size_t len, uint8_t *out,
                          size_t *n) SW_MUST_USE;
enum sw_err coding_decode(const struct sw_privkey *key, const uint8_t *p, size_t len, uint8_t *out,
                          size_t *n) SW_MUST_USE;

#endif
