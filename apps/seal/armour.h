/*
 * The clothes of a message: bare BER, PEM ("-----BEGIN CMS-----", RFC 7468 9) or S/MIME (RFC 8551 3: header lines, then base64). Reading finds
 * out by itself which it is; writing makes PEM.
 */
#ifndef SW_APPS_SEAL_ARMOUR_H
#define SW_APPS_SEAL_ARMOUR_H

#include "apps/seal/stream.h"

enum armour_kind { ARMOUR_UNKNOWN, ARMOUR_BER, ARMOUR_PEM, ARMOUR_MIME, ARMOUR_END };

enum { ARMOUR_LABEL_MAX = 64 };

/* A source of the bytes inside. */
struct armour {
    struct seal_source source;
    struct seal_source *in;
    struct seal_status *st;
    enum seal_result blame; /* what it is if there is no message at all */
    enum armour_kind kind;
    char label[ARMOUR_LABEL_MAX]; /* of PEM: "CMS" */
    uint32_t bits;                /* base64 not yet made into bytes */
    unsigned count, padding;      /* characters in bits; "=" seen */
    size_t have, next;
    uint8_t buf[SEAL_PIECE];
};

/* armour_init: over a source. armour_detect: find out what it is; true if there is a message at all. Reading does it, too. */
void armour_init(struct armour *a, struct seal_source *in, struct seal_status *st, enum seal_result blame);
bool armour_detect(struct armour *a);

/* armour_drain: read the source to its end, past the message; bare BER allows nothing there. */
bool armour_drain(struct armour *a);

/* A sink that writes PEM into another one; pem_begin and pem_end write the lines around it. label is short and lives as long. */
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
