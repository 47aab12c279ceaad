/*
 * Sealed messages: signed by the sender, encrypted to the recipients, in CMS (RFC 5652, 5083). Two functions over
 * buffers for messages, two over streams for files of any size in constant memory; all four are in both directions the
 * same format, which `openssl cms` reads and writes.
 *
 * What is signed is not the body alone but a few header lines before it (From, To, Date, Expires, Message-ID), so that
 * a recipient who passes a message on, or a server that keeps it back or sends it twice, is noticed (RFC 8551 3.1,
 * header protection).
 *
 * Nothing here knows the clock: the time is an argument. No function prints; what happened is in struct seal_status or
 * struct seal_verdict.
 */
#ifndef SW_APPS_SEAL_SEAL_H
#define SW_APPS_SEAL_SEAL_H

#include "apps/seal/stream.h"
#include "base/pkey.h"
#include "ttp/verify.h"

enum {
    SEAL_TO_MAX = 64,           /* recipients of one message */
    SEAL_NAME_MAX = 256,        /* of a person, NUL included */
    SEAL_ID_MAX = 128,          /* of a message, NUL included */
    SEAL_RSA_MAX = 64 << 10,    /* body in the form SEAL_RSA, bytes */
    SEAL_BUFFER_MAX = 256 << 20 /* what seal_open_buffer returns at most */
};

/* A certificate and the ones above it: the leaf first. Owns its bytes. */
struct seal_chain {
    struct sw_cert *cert;
    size_t len;
    uint8_t *der;
};

/*
 * seal_chain_read: the certificates of a PEM file, or one in DER, in their order; at least one. Returns SW_OK,
 * SW_ERR_PEM, SW_ERR_CERT_DECODE, SW_ERR_MEMORY. Give back with seal_chain_free, which takes a zeroed one, too.
 */
enum sw_err seal_chain_read(struct seal_chain *chain, const void *data, size_t len) SW_MUST_USE;
void seal_chain_free(struct seal_chain *chain);

/* Who we are: our certificate (first) with the intermediates above it, and its key. */
struct seal_self {
    const struct seal_chain *chain;
    const struct sw_privkey *key;
};

enum seal_form {
    SEAL_HYBRID, /* a fresh AES-256-GCM key for the message, which RSA-OAEP or ECDH carries to each recipient */
    SEAL_RSA     /* everything in RSA-OAEP blocks: small, slow, one recipient; for what it teaches */
};

struct seal_params {
    struct seal_self self;        /* the sender; the key belongs to the certificate: SEAL_CONFIG otherwise */
    const struct sw_trust *trust; /* roots and lists the recipients' certificates are checked against */
    const struct seal_chain *to;  /* the recipients' certificates, 1 to SEAL_TO_MAX */
    size_t to_len;
    int64_t now;            /* Unix time */
    int64_t expires;        /* Unix time after which recipients refuse it; 0: never */
    const char *message_id; /* NULL: a fresh random one; else printable ASCII, shorter than SEAL_ID_MAX */
    enum seal_form form;
    bool der; /* binary instead of PEM */
};

struct seal_open_params {
    struct seal_self self;        /* the recipient */
    const struct sw_trust *trust; /* roots and lists the sender's certificate is checked against */
    int64_t now;                  /* Unix time */
    /* refuse what does not name its recipients inside the signature: true for everything Sealwax sealed itself */
    bool require_bound;
};

/*
 * Who signed, and what is signed besides the body. Valid where result is SEAL_OK; otherwise what was known when it was
 * refused.
 */
struct seal_verdict {
    struct seal_status status;  /* the result, and for a person, why */
    char signer[SEAL_NAME_MAX]; /* the first name of the certificate, control characters replaced; empty: not known */
    char serial[48];            /* of the certificate, hexadecimal */
    char issuer[SEAL_NAME_MAX]; /* who issued it */
    char fingerprint[65];       /* SHA-256 of it, hexadecimal */
    char root[SEAL_NAME_MAX];   /* the root its path leads to */
    int64_t signed_at;          /* signingTime, as the signer says; 0: none */
    bool bound;            /* whether it names its recipients, and we are one; the next three are empty otherwise */
    int64_t date, expires; /* as the signer says; expires 0: never */
    char message_id[SEAL_ID_MAX]; /* the same message again has the same */
    const char *key_transport;    /* "RSA-OAEP (SHA-256)"; empty for RSA blocks; NULL: not known */
    const char *cipher;           /* "AES-256-GCM", "RSA-OAEP blocks"; NULL: not known */
    uint64_t size;                /* of the body, bytes */
};

/*
 * seal_buffer: seal a message in memory.
 *   p          see above; everything it points to is only read
 *   out        receives a malloc'ed message, *out_len bytes (PEM: text without a NUL); NULL on failure
 *   st         the result; on failure the reason for a person, without a full stop
 * Returns whether st->result is SEAL_OK. SEAL_RECIPIENT: a recipient's certificate is refused (path, time, revocation,
 * key usage), and nothing was encrypted. SEAL_CONFIG: our own key or certificate cannot do it. SEAL_TOO_LONG,
 * SEAL_SYSTEM.
 */
bool seal_buffer(const struct seal_params *p, const void *body, size_t len, uint8_t **out, size_t *out_len,
                 struct seal_status *st);

/*
 * seal_recipient_ok: whether seal_buffer would take `to` as a recipient; if not, st, whatever was in it, has the
 * reason. p->to is not looked at.
 */
bool seal_recipient_ok(const struct seal_params *p, const struct seal_chain *to, struct seal_status *st);

/*
 * seal_open_buffer: open a message in memory and judge it.
 *   in, len    PEM, DER or S/MIME
 *   body       receives the malloc'ed body, *body_len bytes with a NUL behind them that is not counted; NULL unless all
 *              is well
 *   v          the verdict, always filled in
 * Returns whether v->status.result is SEAL_OK: then, and only then, it is from v->signer, for us, unchanged and not
 * expired. The caller decides about message_id: one it has seen before is a replay.
 */
bool seal_open_buffer(const struct seal_open_params *p, const void *in, size_t len, uint8_t **body, size_t *body_len,
                      struct seal_verdict *v);

/*
 * seal_stream, seal_open_stream: the same from a source to a sink, in constant memory. A sink of seal_open_stream gets
 * bytes before it is known whether they are genuine: it must keep them from everybody until the function has returned
 * true.
 */
bool seal_stream(const struct seal_params *p, struct seal_source *in, struct seal_sink *out, struct seal_status *st);
bool seal_open_stream(const struct seal_open_params *p, struct seal_source *in, struct seal_sink *out,
                      struct seal_verdict *v);

#endif
