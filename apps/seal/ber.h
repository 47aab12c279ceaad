/*
 * BER (X.690 8) from a source, as a message arrives: constructed elements of definite or indefinite length are entered
 * and left, what is small is collected whole, and octet strings in any number of pieces are read through. Nothing is
 * held but one buffer.
 */
#ifndef SW_APPS_SEAL_BER_H
#define SW_APPS_SEAL_BER_H

#include "apps/seal/stream.h"
#include "ttp/der.h"

enum { BER_DEPTH = 24 };

struct ber {
    struct seal_source *in;
    struct seal_status *st;
    /* what a malformed byte means here: SEAL_MALFORMED, or SEAL_TAMPERED for what was encrypted */
    enum seal_result blame;
    uint64_t at; /* bytes consumed */
    /* where each open element ends, or that of the one around it if its length is indefinite */
    uint64_t end[BER_DEPTH];
    bool endless[BER_DEPTH]; /* whether its length is indefinite */
    unsigned depth;
    unsigned octets;   /* the depth inside the octet string that was begun; 0: its end was reached */
    bool primitive;    /* which has no pieces */
    uint64_t piece;    /* bytes left of its current piece */
    size_t have, next; /* bytes in buf, and the first not yet consumed */
    uint8_t buf[SEAL_PIECE];
};

/* ber_init: over a source. What is not BER, or not what is asked for, was damaged or changed: SEAL_TAMPERED. */
void ber_init(struct ber *b, struct seal_source *in, struct seal_status *st);

/* ber_peek: the next element's tag, 0 at the end of the one that is open (or after a failure). */
unsigned ber_peek(struct ber *b);

/* ber_enter, ber_leave: into a constructed element, which must have this tag; out of it, where nothing may be left. */
bool ber_enter(struct ber *b, unsigned tag);
bool ber_leave(struct ber *b);

/*
 * ber_collect: the next element, whole with its header, which must be of definite length and at most cap bytes. The
 * slice is within buf.
 */
bool ber_collect(struct ber *b, unsigned tag, uint8_t *buf, size_t cap, struct sw_slice *out);

/*
 * ber_octets: begin an octet string whose tag is tag if primitive, and tag with the constructed bit if in pieces.
 * ber_octets_read: its next 1 to cap bytes, 0 at its end (which leaves it) or after a failure.
 */
bool ber_octets(struct ber *b, unsigned tag);
size_t ber_octets_read(struct ber *b, uint8_t *buf, size_t cap);

/* ber_finish: whether the source ends here, too. */
bool ber_finish(struct ber *b);

#endif
