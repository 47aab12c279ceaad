/*
 * The clothes of a message: bare BER, PEM ("-----BEGIN CMS-----", RFC 7468 9) or S/MIME (RFC 8551 3: header lines, then
 * base64). Reading finds out by itself which it is; writing makes PEM.
 *
 * A text whose signature stands beside it (multipart/signed, RFC 8551 3.5.3) is two messages in one: armour_part_read
 * gives the text, then armour_part_next turns to the signature, which is read like any other.
 */
#ifndef SW_APPS_SEAL_ARMOUR_H
#define SW_APPS_SEAL_ARMOUR_H

#include "apps/seal/stream.h"

enum armour_kind { ARMOUR_UNKNOWN, ARMOUR_BER, ARMOUR_PEM, ARMOUR_MIME, ARMOUR_CLEAR, ARMOUR_END };

enum {
    ARMOUR_LABEL_MAX = 64,
    ARMOUR_BOUNDARY_MAX = 71 /* RFC 2046 5.1.1 */,
    ARMOUR_LINE = 1000 /* RFC 5322 2.1.1, and its end */
};

/* A source of the bytes inside. */
struct armour {
    struct seal_source source;
    struct seal_source *in;
    struct seal_status *st;
    enum seal_result blame; /* what it is if there is no message at all */
    enum armour_kind kind;
    char label[ARMOUR_LABEL_MAX];       /* of PEM: "CMS" */
    char boundary[ARMOUR_BOUNDARY_MAX]; /* of multipart/signed; else empty */
    /* of its text: in a line; one before it; a CR that may be of a line's end; all of it */
    bool inside, line_ended, cr, part_ended;
    uint32_t bits;           /* base64 not yet made into bytes */
    unsigned count, padding; /* characters in bits; "=" seen */
    size_t have, next;
    uint8_t buf[SEAL_PIECE];
};

/*
 * armour_init: over a source. armour_detect: find out what it is; true if there is a message at all. Reading does it,
 * too.
 */
void armour_init(struct armour *a, struct seal_source *in, struct seal_status *st, enum seal_result blame);
bool armour_detect(struct armour *a);

/*
 * armour_part_read: of ARMOUR_CLEAR, the next bytes of the text that is signed, its lines ended with CR LF (RFC 8551
 * 3.1.1); cap is at least 2 * ARMOUR_LINE. 0 at its end or after a failure. armour_part_next: the signature is next.
 */
size_t armour_part_read(struct armour *a, uint8_t *buf, size_t cap);
bool armour_part_next(struct armour *a);

/* armour_drain: read the source to its end, past the message; bare BER allows nothing there. */
bool armour_drain(struct armour *a);

/*
 * A sink that writes PEM into another one; pem_begin and pem_end write the lines around it. label is short and lives as
 * long.
 */
struct pem_sink {
    struct seal_sink sink;
    struct seal_sink *out;
    const char *label;
    size_t have, len; /* bytes in line, characters in text */
    uint8_t line[48]; /* what becomes 64 characters */
    char text[SEAL_PIECE];
};
void pem_begin(struct pem_sink *p, const char *label, struct seal_sink *out);
bool pem_end(struct pem_sink *p);

#endif
