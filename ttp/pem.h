/*
 * PEM armour (RFC 7468): strict in what is written, and as tolerant in what is read as the files that real tools write:
 * text before, between and behind the blocks, CR LF, white space at the ends of lines, headers of old encrypted keys
 * (which make a block unreadable, not the file).
 */
#ifndef SW_TTP_PEM_H
#define SW_TTP_PEM_H

#include "base/bytes.h"
#include "base/err.h"

/* A block as found: views of the text. */
struct sw_pem {
    struct sw_slice label; /* "CERTIFICATE" */
    struct sw_slice body;  /* what stands between the lines */
};

/*
 * sw_pem_next: find the next whole block and move the reader behind it; false if there is none. A begin line without
 * its end line is passed over.
 */
bool sw_pem_next(struct sw_reader *r, struct sw_pem *block);

/* sw_pem_is: whether a block has this label. */
bool sw_pem_is(const struct sw_pem *block, const char *label);

/* sw_pem_words: what a block is to people ("a certificate"); NULL for what is not known. */
const char *sw_pem_words(const struct sw_pem *block);

/*
 * sw_pem_decode: a block's bytes.
 *   cap  body.len / 4 * 3 + 3 is always enough
 * SW_ERR_PEM if it is not base64 (strictly: padding right, no stray characters, unused bits zero); SW_ERR_SPACE.
 */
enum sw_err sw_pem_decode(const struct sw_pem *block, uint8_t *out, size_t cap, size_t *len) SW_MUST_USE;

/* sw_pem_encode: one block with lines of 64 characters and a NUL behind it, not counted in *len. SW_ERR_SPACE. */
enum sw_err sw_pem_encode(const char *label, const void *data, size_t data_len, char *out, size_t cap,
                          size_t *len) SW_MUST_USE;

/*
 * The base64 inside, by itself. sw_base64_encode: one line and a NUL behind it; cap at least SW_BASE64_LEN(len) + 1,
 * else SW_ERR_SPACE.
 * sw_base64_decode: as sw_pem_decode; an empty text gives no bytes.
 */
#define SW_BASE64_LEN(n) (((n) + 2) / 3 * 4)
enum sw_err sw_base64_encode(const void *data, size_t len, char *out, size_t cap) SW_MUST_USE;
enum sw_err sw_base64_decode(struct sw_slice text, uint8_t *out, size_t cap, size_t *len) SW_MUST_USE;

#endif
