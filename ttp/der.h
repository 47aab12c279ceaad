/*
 * DER (X.690) on top of base/bytes: a strict reader and a writer.
 *
 * Reading works on struct sw_reader and shares its sticky failure: a wrong tag, a length that is indefinite, not
 * minimal or past the end fails the reader, and what is returned is empty. End every reader, nested ones too, with
 * sw_reader_end().
 */
#ifndef SW_TTP_DER_H
#define SW_TTP_DER_H

#include "base/bytes.h"

/* Identifier octets. Numbers above 30 do not occur in anything Sealwax reads. */
enum {
    SW_DER_BOOLEAN = 0x01,
    SW_DER_INTEGER = 0x02,
    SW_DER_BIT_STRING = 0x03,
    SW_DER_OCTET_STRING = 0x04,
    SW_DER_NULL = 0x05,
    SW_DER_OID = 0x06,
    SW_DER_ENUMERATED = 0x0a,
    SW_DER_UTF8_STRING = 0x0c,
    SW_DER_NUMERIC_STRING = 0x12,
    SW_DER_PRINTABLE_STRING = 0x13,
    SW_DER_TELETEX_STRING = 0x14,
    SW_DER_IA5_STRING = 0x16,
    SW_DER_UTC_TIME = 0x17,
    SW_DER_GENERALIZED_TIME = 0x18,
    SW_DER_UNIVERSAL_STRING = 0x1c,
    SW_DER_BMP_STRING = 0x1e,
    SW_DER_SEQUENCE = 0x30,
    SW_DER_SET = 0x31,
    SW_DER_CONSTRUCTED = 0x20
};
#define SW_DER_CONTEXT(n) (0x80 | (n))

/* sw_der_peek: the next element's tag, 0 at the end. */
unsigned sw_der_peek(const struct sw_reader *r);

/*
 * sw_der_read: contents of the next element, which must have this tag. sw_der_read_whole: the element with its header.
 */
struct sw_slice sw_der_read(struct sw_reader *r, unsigned tag);
struct sw_slice sw_der_read_whole(struct sw_reader *r, unsigned tag);

/* sw_der_enter: a reader over the contents of the next element, which must have this tag. */
struct sw_reader sw_der_enter(struct sw_reader *r, unsigned tag);

/* sw_der_read_any: the next element whatever it is: contents, tag, and with its header. */
struct sw_slice sw_der_read_any(struct sw_reader *r, unsigned *tag, struct sw_slice *whole);

/*
 * sw_der_read_integer: contents of an INTEGER, minimal (X.690 8.3.2). sw_der_read_unsigned: one that is not negative,
 * without its leading zero.
 */
struct sw_slice sw_der_read_integer(struct sw_reader *r);
struct sw_slice sw_der_read_unsigned(struct sw_reader *r);
/* sw_der_read_uint: a small one that is not negative, at most 63 bits. */
uint64_t sw_der_read_uint(struct sw_reader *r);
/* sw_der_read_bool: 00 or FF alone. */
bool sw_der_read_bool(struct sw_reader *r);
/* sw_der_read_bits: a BIT STRING's bytes; *unused receives the number of unused bits, which must be zero bits. */
struct sw_slice sw_der_read_bits(struct sw_reader *r, unsigned *unused);

/*
 * sw_der_read_time: UTCTime or GeneralizedTime as X.509 writes them: with seconds, in UTC ("Z"). Unix seconds.
 *   general  receives whether it was a GeneralizedTime; NULL allowed
 */
int64_t sw_der_read_time(struct sw_reader *r, bool *general);

/* sw_der_write: one whole element. */
void sw_der_write(struct sw_writer *w, unsigned tag, const void *p, size_t len);

/*
 * sw_der_open, sw_der_close: an element that opens and closes in the source as it does in the bytes. Closing moves the
 * contents if the length takes more than the one byte kept for it.
 */
size_t sw_der_open(struct sw_writer *w, unsigned tag);
void sw_der_close(struct sw_writer *w, size_t mark);

/*
 * sw_der_write_int: a small INTEGER. sw_der_write_unsigned: a big-endian number of any length, made minimal and
 * positive.
 */
void sw_der_write_int(struct sw_writer *w, uint32_t v);
void sw_der_write_unsigned(struct sw_writer *w, struct sw_slice n);

#endif
