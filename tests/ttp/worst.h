/*
 * Inputs of the worst kind: as large, as many and as tangled as a stranger could make them. Certificates are made of
 * whole pieces, so that any of them can be a monster; Ed25519 keys come from a seed byte.
 */
#ifndef SW_TESTS_TTP_WORST_H
#define SW_TESTS_TTP_WORST_H

#include "tests/ttp/chain.h"

enum { WORST_MIB = 1 << 20 };

#define WORST_TEXT(s) ((struct sw_slice){(const uint8_t *)(s), sizeof(s) - 1})

/* A piece that stays until worst_free_all. */
struct worst_piece {
    struct worst_piece *next;
    uint8_t p[];
};

static struct worst_piece *worst_kept;

static inline void *worst_alloc(size_t len)
{
    struct worst_piece *piece = malloc(sizeof *piece + len);

    if (piece == NULL)
        abort();
    piece->next = worst_kept;
    worst_kept = piece;
    return piece->p;
}

static inline void worst_free_all(void)
{
    while (worst_kept != NULL) {
        struct worst_piece *next = worst_kept->next;

        free(worst_kept);
        worst_kept = next;
    }
}

/* A writer over room of its own; worst_done gives what was written. */
static inline struct sw_writer worst_writer(size_t cap)
{
    return sw_writer_of(worst_alloc(cap), cap);
}

static inline struct sw_slice worst_done(const struct sw_writer *w)
{
    if (!sw_writer_ok(w))
        abort();
    return (struct sw_slice){w->buf, w->len};
}

/* len times one byte. */
static inline struct sw_slice worst_fill(uint8_t byte, size_t len)
{
    uint8_t *p = worst_alloc(len ? len : 1);

    memset(p, byte, len);
    return (struct sw_slice){p, len};
}

/* Elements of one tag inside each other, as deep as len bytes can say; the innermost is empty. */
static inline struct sw_slice worst_nested(unsigned tag, size_t len)
{
    uint8_t *p = worst_alloc(len);
    size_t inner = 0, at = len;

    while (at >= 6) { /* from the inside out */
        if (inner < 0x80) {
            p[--at] = (uint8_t)inner;
        } else {
            unsigned octets = inner > 0xffffff ? 4 : inner > 0xffff ? 3 : inner > 0xff ? 2 : 1;

            for (unsigned i = 0; i < octets; i++)
                p[--at] = (uint8_t)(inner >> 8 * i);
            p[--at] = (uint8_t)(0x80 | octets);
        }
        p[--at] = (uint8_t)tag;
        inner = len - at;
    }
    return (struct sw_slice){p + at, len - at};
}

/* A Name of n RDNs of one common name each: the same letter, but for the last. */
static inline struct sw_slice worst_name(size_t n, uint8_t last)
{
    static const uint8_t rdn[] = {0x31, 10, 0x30, 8, 6, 3, 0x55, 4, 3, 0x0c, 1, 'a'};
    struct sw_writer w = worst_writer(n * sizeof rdn + 16);
    size_t seq = sw_der_open(&w, SW_DER_SEQUENCE);

    for (size_t i = 0; i < n; i++)
        sw_write_bytes(&w, rdn, sizeof rdn);
    if (n > 0)
        w.buf[w.len - 1] = last;
    sw_der_close(&w, seq);
    return worst_done(&w);
}

/* The Extension of id-ce id around a value; critical or not. */
static inline struct sw_slice worst_extension(uint8_t id, bool critical, struct sw_slice value)
{
    struct sw_writer w = worst_writer(value.len + 64);
    size_t mark[2];

    ext_open(&w, id, critical, mark);
    sw_write_slice(&w, value);
    ext_close(&w, mark);
    return worst_done(&w);
}

static inline struct sw_slice worst_wrap(unsigned tag, struct sw_slice value)
{
    struct sw_writer w = worst_writer(value.len + 8);

    sw_der_write(&w, tag, value.p, value.len);
    return worst_done(&w);
}

static inline struct sw_slice worst_join(struct sw_slice a, struct sw_slice b)
{
    struct sw_writer w = worst_writer(a.len + b.len + 1);

    sw_write_slice(&w, a);
    sw_write_slice(&w, b);
    return worst_done(&w);
}

/* The same bytes n times. */
static inline struct sw_slice worst_times(size_t n, const void *p, size_t len)
{
    struct sw_writer w = worst_writer(n * len + 1);

    for (size_t i = 0; i < n; i++)
        sw_write_bytes(&w, p, len);
    return worst_done(&w);
}

/* Whole pieces of a certificate; what is empty is the usual. */
struct worst {
    struct sw_slice subject, issuer; /* Names */
    struct sw_slice spki;
    struct sw_slice sigalg;
    struct sw_slice extensions; /* beside basicConstraints */
    bool leaf;
    uint8_t seed, issuer_seed, serial; /* 0: 1 */
    int64_t not_before;
    bool any_signature;
};

static inline void worst_extensions(struct sw_writer *w, const struct worst *c)
{
    size_t tag = sw_der_open(w, SW_DER_CONTEXT(3) | SW_DER_CONSTRUCTED), seq = sw_der_open(w, SW_DER_SEQUENCE);

    chain_basic(w, &(struct recipe){.ca = !c->leaf});
    sw_write_slice(w, c->extensions);
    sw_der_close(w, seq);
    sw_der_close(w, tag);
}

static inline void worst_tbs(struct sw_writer *w, const struct worst *c, const struct sw_privkey *key,
                             const struct sw_sigscheme *scheme)
{
    const uint8_t serial = c->serial ? c->serial : 1;
    size_t tbs = sw_der_open(w, SW_DER_SEQUENCE), seq = sw_der_open(w, SW_DER_CONTEXT(0) | SW_DER_CONSTRUCTED);
    struct sw_slice name = worst_name(1, 'a');

    sw_der_write_int(w, 2);
    sw_der_close(w, seq);
    sw_der_write(w, SW_DER_INTEGER, &serial, 1);
    if (c->sigalg.len > 0)
        sw_write_slice(w, c->sigalg);
    else
        sw_sigalg_encode(w, scheme);
    sw_write_slice(w, c->issuer.len > 0 ? c->issuer : name);
    seq = sw_der_open(w, SW_DER_SEQUENCE);
    sw_time_encode(w, c->not_before ? c->not_before : CHAIN_NOW - CHAIN_DAY);
    sw_time_encode(w, c->not_before ? c->not_before + CHAIN_DAY : CHAIN_NOW + CHAIN_DAY);
    sw_der_close(w, seq);
    sw_write_slice(w, c->subject.len > 0 ? c->subject : name);
    if (c->spki.len > 0)
        sw_write_slice(w, c->spki);
    else
        sw_spki_encode(w, sw_privkey_public(key));
    worst_extensions(w, c);
    sw_der_close(w, tbs);
}

/* worst_make: the certificate's DER. */
static inline struct sw_slice worst_make(const struct worst *c)
{
    size_t cap = 4096 + c->subject.len + c->issuer.len + c->spki.len + c->extensions.len + 2 * c->sigalg.len;
    struct sw_privkey *key = chain_key(c->seed ? c->seed : 1), *issuer = chain_key(c->issuer_seed ? c->issuer_seed : 1);
    const struct sw_sigscheme *scheme = sw_sign_scheme(sw_privkey_public(issuer), true);
    struct sw_writer tbs = worst_writer(cap), w = worst_writer(cap);
    size_t seq;

    worst_tbs(&tbs, c, key, scheme);
    if (c->any_signature) {
        seq = sw_der_open(&w, SW_DER_SEQUENCE);
        sw_write_slice(&w, worst_done(&tbs));
        if (c->sigalg.len > 0)
            sw_write_slice(&w, c->sigalg);
        else
            sw_sigalg_encode(&w, scheme);
        sw_der_write(&w, SW_DER_BIT_STRING, "\0\x30\x06\x02\x01\x01\x02\x01\x01", 9);
        sw_der_close(&w, seq);
    } else if (sw_sign_wrap(&w, worst_done(&tbs), issuer, scheme) != SW_OK) {
        abort();
    }
    sw_privkey_free(key);
    sw_privkey_free(issuer);
    return worst_done(&w);
}

/* n Extensions that nobody knows, each with an OID of its own of oid_len bytes. */
static inline struct sw_slice worst_unknown(size_t n, size_t oid_len)
{
    struct sw_writer w = worst_writer(n * (oid_len + 24) + 1);
    uint8_t *oid = memset(worst_alloc(oid_len), 0x2a, oid_len);

    for (size_t i = 0; i < n; i++) {
        size_t seq = sw_der_open(&w, SW_DER_SEQUENCE);

        for (unsigned k = 0; k < 3; k++) /* subidentifiers of one byte, of which only these differ */
            oid[oid_len - 1 - k] = (uint8_t)(1 + (i >> 6 * k & 63));
        sw_der_write(&w, SW_DER_OID, oid, oid_len);
        sw_der_write(&w, SW_DER_OCTET_STRING, NULL, 0);
        sw_der_close(&w, seq);
    }
    return worst_done(&w);
}

/* The SAN extension with one name n times. */
static inline struct sw_slice worst_san(size_t n, unsigned kind, struct sw_slice name)
{
    struct sw_slice one = worst_wrap(SW_DER_CONTEXT(kind), name);

    return worst_extension(17, false, worst_wrap(SW_DER_SEQUENCE, worst_times(n, one.p, one.len)));
}

/* NameConstraints that exclude one base n times. */
static inline struct sw_slice worst_excluded(size_t n, unsigned kind, struct sw_slice base)
{
    struct sw_slice one = worst_wrap(SW_DER_SEQUENCE, worst_wrap(SW_DER_CONTEXT(kind), base));
    struct sw_slice side = worst_wrap(SW_DER_CONTEXT(1) | SW_DER_CONSTRUCTED, worst_times(n, one.p, one.len));

    return worst_extension(30, true, worst_wrap(SW_DER_SEQUENCE, side));
}

/* An OID of oid_len bytes, the i-th of its kind. */
static inline void worst_oid(struct sw_writer *w, size_t oid_len, size_t i)
{
    uint8_t *oid = memset(worst_alloc(oid_len), 0x2a, oid_len);

    oid[oid_len - 1] = (uint8_t)(1 + i % 100);
    oid[oid_len - 2] = (uint8_t)(1 + i / 100);
    sw_der_write(w, SW_DER_OID, oid, oid_len);
}

/* certificatePolicies of n, and policyMappings of each of them to `to` others. */
static inline struct sw_slice worst_policies(size_t n, size_t to, size_t oid_len)
{
    struct sw_writer policies = worst_writer(n * (oid_len + 16) + 1),
                     mappings = worst_writer(n * to * (2 * oid_len + 32) + 1);

    for (size_t i = 0; i < n; i++) {
        size_t seq = sw_der_open(&policies, SW_DER_SEQUENCE);

        worst_oid(&policies, oid_len, i);
        sw_der_close(&policies, seq);
        for (size_t j = 0; j < to; j++) {
            seq = sw_der_open(&mappings, SW_DER_SEQUENCE);
            worst_oid(&mappings, oid_len, i);
            worst_oid(&mappings, oid_len, (i + j) % n);
            sw_der_close(&mappings, seq);
        }
    }
    return worst_join(worst_extension(32, false, worst_wrap(SW_DER_SEQUENCE, worst_done(&policies))),
                      to == 0 ? (struct sw_slice){NULL, 0}
                              : worst_extension(33, true, worst_wrap(SW_DER_SEQUENCE, worst_done(&mappings))));
}

/* A SubjectPublicKeyInfo of RSA with numbers of these lengths. */
static inline struct sw_slice worst_rsa(size_t n_len, size_t e_len, uint8_t which)
{
    static const uint8_t alg[] = {0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 5, 0};
    struct sw_writer w = worst_writer(n_len + e_len + 64);
    size_t spki = sw_der_open(&w, SW_DER_SEQUENCE), bits, seq;
    struct sw_slice n = worst_fill(0xff, n_len);

    ((uint8_t *)n.p)[1] = which;
    sw_write_bytes(&w, alg, sizeof alg);
    bits = sw_der_open(&w, SW_DER_BIT_STRING);
    sw_write_u8(&w, 0);
    seq = sw_der_open(&w, SW_DER_SEQUENCE);
    sw_der_write_unsigned(&w, n);
    sw_der_write_unsigned(&w, worst_fill(0xff, e_len));
    sw_der_close(&w, seq);
    sw_der_close(&w, bits);
    sw_der_close(&w, spki);
    return worst_done(&w);
}

#endif
