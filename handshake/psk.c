/*
 * Sessions of TLS 1.3 in a ClientHello (RFC 8446 4.2.11): a ticket names one, and a binder proves that who offers it
 * knows its secret and has written this very hello: a MAC over the transcript up to and with the hello, but for the
 * list of binders at its end.
 *
 * What the client says of a ticket's age serves to tell a fresh hello from a repeated one, before early data is taken
 * (8); we take none, and do not look at it.
 */
#include "base/ct.h"
#include "base/wipe.h"
#include "handshake/ext.h"
#include "handshake/msg.h"
#include "handshake/session.h"
#include <string.h>

enum { TICKETS_TRIED = 4 /* of one hello: each costs us a decryption */ };

static enum sw_err binder(struct sw_conn *conn, enum sw_hash_id hash, const uint8_t *psk, size_t cut,
                          struct sw_slice more, uint8_t *out)
{
    struct sw_keys13 k;
    uint8_t base[SW_HASH_MAX], digest[SW_HASH_MAX];
    enum sw_err err = sw_keys13_early(&k, hash, (struct sw_slice){psk, sw_hash_len(hash)});

    if (err == SW_OK)
        err = sw_keys13_derive(&k, SW_KEYS13_RES_BINDER, NULL, base);
    if (err == SW_OK)
        err = sw_transcript_digest_cut(&conn->hs->transcript, hash, cut, more, digest);
    if (err == SW_OK)
        err = sw_keys13_finished(hash, base, digest, out);
    sw_keys13_wipe(&k);
    sw_wipe(base, sizeof base);
    return err;
}

/* --- client --------------------------------------------------------------------------------------------------------------- */

enum sw_err sw_psk_bind(struct sw_conn *conn, uint8_t *hello, size_t len)
{
    enum sw_hash_id hash = (enum sw_hash_id)conn->hs->psk_hash;
    size_t mac = sw_hash_len(hash);
    struct sw_session s;
    enum sw_err err;

    if (!conn->hs->psk_offered)
        return SW_OK;
    err = sw_session_decode(&s, conn->session.p, conn->session.len);
    /* without the binder, its length, and that of the list */
    if (err == SW_OK)
        err = binder(conn, hash, s.master, 0, (struct sw_slice){hello, len - mac - 3}, hello + len - mac);
    sw_wipe(&s, sizeof s);
    return err;
}

/* --- server --------------------------------------------------------------------------------------------------------------- */

/* Whether a session may go on here, by what is known now. */
static bool may_go_on(const struct sw_conn *conn, const struct sw_session *s, enum sw_hash_id hash)
{
    const struct sw_suite *suite = sw_suite_by_id(s->suite);
    const char *name = conn->name != NULL ? conn->name : "";

    return s->version == SW_TLS13 && suite != NULL && (hash == SW_HASH_NONE || suite->prf == hash) &&
           sw_list_has(&conn->cfg->suites, s->suite) && strcmp(s->server_name, name) == 0 &&
           (sw_config_client_auth(conn->cfg) != SW_CLIENT_AUTH_REQUIRE || s->has_peer) && !sw_session_in_doubt(conn, s);
}

/*
 * RFC 8446 4.2.11: the binder of a session that is taken must be right; a wrong one is an attack, not a reason to begin
 * anew.
 */
static enum sw_err check_binder(struct sw_conn *conn, const struct sw_session *s, size_t cut, struct sw_slice theirs)
{
    enum sw_hash_id hash = sw_suite_by_id(s->suite)->prf;
    uint8_t ours[SW_HASH_MAX];
    enum sw_err err = binder(conn, hash, s->master, cut, (struct sw_slice){NULL, 0}, ours);

    if (err == SW_OK && (theirs.len != sw_hash_len(hash) || !sw_ct_equal(ours, theirs.p, theirs.len)))
        err = SW_ERR_BINDER;
    return err;
}

enum sw_err sw_psk_find(struct sw_conn *conn, enum sw_hash_id hash, struct sw_session *s, bool *found)
{
    struct sw_handshake *hs = conn->hs;
    struct sw_reader psk = sw_reader_of_slice(hs->peer_ext.psk), ids = sw_read_vec16(&psk), macs;
    size_t cut = sw_reader_left(&psk);

    macs = sw_read_vec16(&psk);
    *found = false;
    if (!hs->peer_ext.psk_dhe || !sw_option(conn, SW_OPT_TICKETS))
        return SW_OK;
    for (uint16_t i = 0; sw_reader_left(&ids) > 0 && i < TICKETS_TRIED; i++) {
        struct sw_reader id = sw_read_vec16(&ids), mac = sw_read_vec8(&macs);

        (void)sw_read_u32(&ids); /* obfuscated_ticket_age */
        if (sw_ticket_open(conn->cfg->sessions->tickets, sw_read_rest(&id), sw_conn_now(conn), s, &hs->renew_ticket) !=
            SW_OK)
            continue;
        *found = may_go_on(conn, s, hash);
        if (*found) {
            hs->psk_choice = i;
            return check_binder(conn, s, cut, sw_read_rest(&mac));
        }
    }
    return SW_OK;
}
