/*
 * Bytes on their way. A source gives them when asked, a sink takes them; each stage of sealing (armour, BER,
 * encryption) is a source over another one or a sink into one, and holds a buffer of fixed size. A stage that fails
 * says so once, in the status all stages of a message share; from then on every source is at its end and every sink
 * refuses.
 */
#ifndef SW_APPS_SEAL_STREAM_H
#define SW_APPS_SEAL_STREAM_H

#include "base/bytes.h"
#include "base/err.h"

enum seal_result {
    SEAL_OK,
    SEAL_NOT_FOR_US,  /* none of its recipients is this certificate, or the signer meant somebody else */
    SEAL_TAMPERED,    /* it was cut off, damaged or changed on the way, or never was what it says */
    SEAL_SIGNER,      /* the signer's certificate is refused */
    SEAL_EXPIRED,     /* the signer's time limit has passed */
    SEAL_RECIPIENT,   /* a recipient's certificate is refused */
    SEAL_MALFORMED,   /* not a message at all */
    SEAL_UNSUPPORTED, /* a message, but of a kind that is not supported */
    SEAL_TOO_LONG,    /* over a limit that the reason names */
    SEAL_CONFIG,      /* our own key or certificate does not do */
    SEAL_SYSTEM       /* memory, randomness, a file; errno counts if the reason is empty */
};

enum { SEAL_REASON_MAX = 320, SEAL_PIECE = 16 << 10 /* bytes that are handled at once */ };

struct seal_status {
    enum seal_result result;
    char reason[SEAL_REASON_MAX];
};

/* seal_fail: note a failure, unless there was one before; returns false. seal_fail_err: one of the library. */
bool seal_fail(struct seal_status *st, enum seal_result result, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
bool seal_fail_err(struct seal_status *st, enum sw_err err);

/*
 * A source: read gives 1 to cap bytes, or 0 at the end and after a failure. One that is ours notes why in its status;
 * one of the caller's sets failed (and errno), which makes the whole message SEAL_SYSTEM.
 */
struct seal_source {
    size_t (*read)(struct seal_source *source, uint8_t *buf, size_t cap);
    bool failed;
};

/* A sink: write takes all of it, or returns false, having said why in the same ways. */
struct seal_sink {
    bool (*write)(struct seal_sink *sink, const void *p, size_t len);
    bool failed;
};

/*
 * seal_gather: into a buffer of fixed size, as much as fits of what comes in pieces of any length; true when it is
 * full.
 *   have   bytes that are in buf, at most cap
 *   in     the piece; what is left of it afterwards
 * seal_hand_out: the other way: up to cap bytes for out, of the have bytes in buf those from *next on; returns how
 * many.
 */
bool seal_gather(void *buf, size_t cap, size_t *have, struct sw_slice *in);
size_t seal_hand_out(uint8_t *out, size_t cap, const uint8_t *buf, size_t have, size_t *next);

/* A source over memory, which must outlive it. seal_memory_init: over len bytes at p. */
struct seal_memory {
    struct seal_source source;
    struct sw_reader r;
};
void seal_memory_init(struct seal_memory *m, const void *p, size_t len);

/*
 * A sink into memory that grows up to limit, always with room for a NUL behind. Start zeroed but for these; wipe with
 * seal_buf_free.
 */
struct seal_buf {
    struct seal_sink sink;
    struct seal_status *st;
    uint8_t *p;
    size_t len, cap, limit;
};
void seal_buf_init(struct seal_buf *b, size_t limit, struct seal_status *st);
void seal_buf_free(struct seal_buf *b);

#endif
