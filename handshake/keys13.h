/*
 * The TLS 1.3 key schedule (RFC 8446 7): three secrets, each extracted from the one before and a new input, and what is derived from each
 * with a label and the hash of the handshake so far.
 *
 *     PSK or zeros    -> early secret      binder keys, early traffic and exporter secrets
 *     (EC)DHE         -> handshake secret  the two handshake traffic secrets
 *     zeros           -> master secret     the two application traffic secrets, exporter and resumption secrets
 */
#ifndef SW_HANDSHAKE_KEYS13_H
#define SW_HANDSHAKE_KEYS13_H

#include "handshake/suite.h"
#include "record/record.h"

/* The schedule's present secret. Secret; wiped by sw_keys13_wipe. */
struct sw_keys13 {
    enum sw_hash_id hash; /* of the suite, or of the PSK */
    uint8_t secret[SW_HASH_MAX];
};

/* What is derived, in the order of RFC 8446 7.1; each belongs to the stage it is grouped with. */
enum sw_keys13_label {
    SW_KEYS13_EXT_BINDER, /* early */
    SW_KEYS13_RES_BINDER,
    SW_KEYS13_CLIENT_EARLY,
    SW_KEYS13_EARLY_EXPORTER,
    SW_KEYS13_CLIENT_HANDSHAKE, /* handshake */
    SW_KEYS13_SERVER_HANDSHAKE,
    SW_KEYS13_CLIENT_APPLICATION, /* master */
    SW_KEYS13_SERVER_APPLICATION,
    SW_KEYS13_EXPORTER,
    SW_KEYS13_RESUMPTION,
    SW_KEYS13_LABELS
};

/*
 * sw_keys13_early: begin with the early secret of a PSK; empty: of none, zeros.
 * sw_keys13_next: the next secret, from an input: the (EC)DHE shared secret for the handshake secret, empty (zeros) for the master secret.
 * Every function here returns SW_OK, SW_ERR_ARGUMENT for a hash that is none, or SW_ERR_CRYPTO; its time depends on lengths alone.
 */
enum sw_err sw_keys13_early(struct sw_keys13 *k, enum sw_hash_id hash, struct sw_slice psk) SW_MUST_USE;
enum sw_err sw_keys13_next(struct sw_keys13 *k, struct sw_slice input) SW_MUST_USE;

/*
 * sw_keys13_derive: a secret of the present stage.
 *   transcript_hash  sw_hash_len(k->hash) bytes; NULL: of no messages (the binder keys)
 *   out              as many bytes
 */
enum sw_err sw_keys13_derive(const struct sw_keys13 *k, enum sw_keys13_label label, const uint8_t *transcript_hash,
                             uint8_t *out) SW_MUST_USE;

/* sw_keys13_traffic: key and IV of one direction from its traffic secret (RFC 8446 7.3), sequence number 0; mac_key keeps the secret, for Finished and KeyUpdate. */
enum sw_err sw_keys13_traffic(const struct sw_suite *suite, const uint8_t *secret,
                              struct sw_record_secrets *out) SW_MUST_USE;

/* sw_keys13_update: a traffic secret becomes the next one, after KeyUpdate (RFC 8446 7.2). */
enum sw_err sw_keys13_update(enum sw_hash_id hash, uint8_t *secret) SW_MUST_USE;

/*
 * sw_keys13_finished: verify_data of a Finished, or a PSK binder (RFC 8446 4.4.4, 4.2.11.2).
 *   base             the sender's handshake traffic secret; for a binder, the binder key
 *   transcript_hash  sw_hash_len(hash) bytes, as out
 */
enum sw_err sw_keys13_finished(enum sw_hash_id hash, const uint8_t *base, const uint8_t *transcript_hash,
                               uint8_t *out) SW_MUST_USE;

/* sw_keys13_psk: the PSK of a ticket, from the resumption secret and the ticket's nonce of at most 255 bytes (RFC 8446 4.6.1). */
enum sw_err sw_keys13_psk(enum sw_hash_id hash, const uint8_t *resumption, struct sw_slice nonce,
                          uint8_t *out) SW_MUST_USE;

/*
 * sw_keys13_export: RFC 8446 7.5; no context and an empty one are the same here.
 *   exporter  the exporter secret, or the early one
 *   label     at most 249 bytes; len at most 255 times the hash's: SW_ERR_ARGUMENT
 */
enum sw_err sw_keys13_export(enum sw_hash_id hash, const uint8_t *exporter, const char *label, struct sw_slice context,
                             uint8_t *out, size_t len) SW_MUST_USE;

/*
 * sw_hkdf_expand_label: HKDF-Expand-Label (RFC 8446 7.1), which all the above are made of.
 *   secret   sw_hash_len(hash) bytes
 *   label    without "tls13 ", at most 249 bytes; context at most 255
 */
enum sw_err sw_hkdf_expand_label(enum sw_hash_id hash, const uint8_t *secret, const char *label,
                                 struct sw_slice context, uint8_t *out, size_t len) SW_MUST_USE;

void sw_keys13_wipe(struct sw_keys13 *k);

#endif
