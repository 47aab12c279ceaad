/*
 * Reading and writing wire bytes. These are the only functions in Sealwax that move a pointer over a message: a length
 * is checked here, once, and nowhere else.
 *
 * A reader is a pointer, a length and a sticky failure. A read past the end returns zero (or an empty reader) and marks
 * the reader failed, so a decoder is straight-line code that ends with one sw_reader_end(). Bound every loop by
 * sw_reader_left(): a failed reader has nothing left.
 *
 * A writer fills a buffer it was given and never grows it; past the end it is marked failed and writes nothing more.
 */
#ifndef SW_BASE_BYTES_H
#define SW_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A run of bytes that somebody else owns. */
struct sw_slice {
    const uint8_t *p;
    size_t len;
};

struct sw_reader {
    const uint8_t *p; /* next byte */
    size_t len;       /* bytes left */
    bool failed;
};

struct sw_writer {
    uint8_t *buf;
    size_t cap;
    size_t len; /* bytes written */
    bool failed;
};

/*
 * sw_reader_of, sw_reader_of_slice: a reader over len bytes at p, which must outlive it and everything read from it
 * without copying.
 */
struct sw_reader sw_reader_of(const void *p, size_t len);
struct sw_reader sw_reader_of_slice(struct sw_slice s);

/* sw_reader_left: bytes not read yet; 0 once the reader has failed. */
size_t sw_reader_left(const struct sw_reader *r);

/* sw_reader_end: true if every byte was read and no read went past the end. The one verdict of a decoder. */
bool sw_reader_end(const struct sw_reader *r);

/* sw_reader_fail: mark the reader failed, for a value the decoder does not accept. */
void sw_reader_fail(struct sw_reader *r);

/* sw_read_*: big-endian integers of 1, 2, 3, 4 and 8 bytes; 0 past the end. */
uint8_t sw_read_u8(struct sw_reader *r);
uint16_t sw_read_u16(struct sw_reader *r);
uint32_t sw_read_u24(struct sw_reader *r);
uint32_t sw_read_u32(struct sw_reader *r);
uint64_t sw_read_u64(struct sw_reader *r);

/*
 * sw_read_bytes: a view of the next n bytes; past the end an empty slice with p NULL. Valid as long as the underlying
 * bytes.
 */
struct sw_slice sw_read_bytes(struct sw_reader *r, size_t n);

/* sw_read_rest: a view of all bytes left. */
struct sw_slice sw_read_rest(struct sw_reader *r);

/* sw_read_copy: copy exactly n bytes to out; past the end, out is zeroed and the reader fails. */
void sw_read_copy(struct sw_reader *r, void *out, size_t n);

/*
 * sw_read_vec8/16/24: a vector with a length prefix of 1, 2 or 3 bytes, as a reader of its own. If the prefix lies,
 * both fail.
 */
struct sw_reader sw_read_vec8(struct sw_reader *r);
struct sw_reader sw_read_vec16(struct sw_reader *r);
struct sw_reader sw_read_vec24(struct sw_reader *r);

/* sw_slice_eq: same length and same bytes. Not constant time: for public bytes only. */
bool sw_slice_eq(struct sw_slice a, struct sw_slice b);

/* sw_writer_of: a writer over cap bytes at buf. */
struct sw_writer sw_writer_of(void *buf, size_t cap);

/*
 * sw_write_*: big-endian; a number gives its low 1, 2, 3, 4 or 8 bytes, so a length that may be too large is checked
 * before.
 */
void sw_write_u8(struct sw_writer *w, unsigned v);
void sw_write_u16(struct sw_writer *w, unsigned v);
void sw_write_u24(struct sw_writer *w, uint32_t v);
void sw_write_u32(struct sw_writer *w, uint32_t v);
void sw_write_u64(struct sw_writer *w, uint64_t v);
void sw_write_bytes(struct sw_writer *w, const void *p, size_t n);
void sw_write_slice(struct sw_writer *w, struct sw_slice s);

/* sw_write_room: reserve n bytes to be filled by the caller; NULL if they do not fit. */
uint8_t *sw_write_room(struct sw_writer *w, size_t n);

/*
 * sw_write_open, sw_write_close: a length-prefixed block that opens and closes in the source as it does on the wire.
 *   width  bytes of the prefix: 1, 2 or 3; the same in both calls
 *   mark   what the matching open returned
 * Closing fails the writer if the block is longer than its prefix can say.
 */
size_t sw_write_open(struct sw_writer *w, unsigned width);
void sw_write_close(struct sw_writer *w, size_t mark, unsigned width);

/* sw_writer_ok: true if everything fitted. */
bool sw_writer_ok(const struct sw_writer *w);

#endif
