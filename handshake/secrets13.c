/*
 * The secrets of TLS 1.3 as they follow from its messages (RFC 8446 7.1), and the changes of keys (7.2, 7.3): behind
 * ServerHello, behind each Finished, behind a KeyUpdate.
 *
 * A direction keeps the secret its keys were made from beside them, in its sw_record_secrets: Finished and the next
 * keys are made from that. So there is no other copy to be wiped, and an idle connection holds no more than it needs.
 */
#include "base/wipe.h"
#include "handshake/engine.h"
#include "handshake/msg.h"
#include <string.h>

_Static_assert(SW_MASTER_LEN >= 48, "the secrets of every suite fit");

enum sw_err sw_secrets13_begin(struct sw_conn *conn, struct sw_slice psk, struct sw_slice shared)
{
    struct sw_keys13 *k = &conn->hs->keys13;
    enum sw_err err = sw_keys13_early(k, conn->suite->prf, psk);

    if (err == SW_OK)
        err = sw_keys13_next(k, shared);
    return err;
}

/* A secret of the present stage, by the label of the schedule and that of the key log (RFC 9850 2.2). */
static enum sw_err derive(struct sw_conn *conn, enum sw_keys13_label label, const char *logged, uint8_t *out)
{
    uint8_t digest[SW_HASH_MAX];
    enum sw_err err = sw_transcript_digest(&conn->hs->transcript, digest);

    if (err == SW_OK)
        err = sw_keys13_derive(&conn->hs->keys13, label, digest, out);
    if (err == SW_OK && logged != NULL)
        sw_conn_keylog_secret(conn, logged, out);
    return err;
}

static enum sw_err direction(struct sw_conn *conn, enum sw_keys13_label label, const char *logged,
                             struct sw_record_secrets *out)
{
    uint8_t secret[SW_HASH_MAX];
    enum sw_err err = derive(conn, label, logged, secret);

    if (err == SW_OK)
        err = sw_keys13_traffic(conn->suite, secret, out);
    sw_wipe(secret, sizeof secret);
    return err;
}

/* Keys for what the client sends and what the server sends, in the handshake's memory. */
static enum sw_err both(struct sw_conn *conn, enum sw_keys13_label client, const char *client_log,
                        enum sw_keys13_label server, const char *server_log)
{
    struct sw_handshake *hs = conn->hs;
    bool serves = sw_is_server(conn);
    enum sw_err err = direction(conn, client, client_log, serves ? &hs->next_in : &hs->next_out);

    return err == SW_OK ? direction(conn, server, server_log, serves ? &hs->next_out : &hs->next_in) : err;
}

enum sw_err sw_server_hello13_joined(struct sw_conn *conn, bool sent)
{
    enum sw_err err = sent ? sw_engine_flush(conn) : SW_OK;

    if (err == SW_OK)
        err = both(conn, SW_KEYS13_CLIENT_HANDSHAKE, "CLIENT_HANDSHAKE_TRAFFIC_SECRET", SW_KEYS13_SERVER_HANDSHAKE,
                   "SERVER_HANDSHAKE_TRAFFIC_SECRET");
    if (err != SW_OK)
        return err;
    sw_handshake_drop_kex(conn);
    sw_engine_new_keys(conn, true);
    sw_engine_new_keys(conn, false);
    return SW_OK;
}

/* The secrets of the application hang on all messages up to the server's Finished. */
static enum sw_err server_finished(struct sw_conn *conn, bool sent)
{
    enum sw_err err = sw_keys13_next(&conn->hs->keys13, (struct sw_slice){NULL, 0});
    uint8_t secret[SW_HASH_MAX];

    if (err == SW_OK)
        err = both(conn, SW_KEYS13_CLIENT_APPLICATION, "CLIENT_TRAFFIC_SECRET_0", SW_KEYS13_SERVER_APPLICATION,
                   "SERVER_TRAFFIC_SECRET_0");
    if (err == SW_OK)
        err = derive(conn, SW_KEYS13_EXPORTER, "EXPORTER_SECRET", secret);
    if (err == SW_OK)
        memcpy(conn->exporter, secret, sw_hash_len(conn->suite->prf));
    sw_wipe(secret, sizeof secret);
    if (err == SW_OK)
        sw_engine_new_keys(conn, sent); /* the server's direction, for either side */
    return err;
}

static enum sw_err client_finished(struct sw_conn *conn, bool sent)
{
    uint8_t secret[SW_HASH_MAX];
    enum sw_err err = derive(conn, SW_KEYS13_RESUMPTION, NULL, secret);

    if (err == SW_OK)
        memcpy(conn->master, secret, sw_hash_len(conn->suite->prf));
    sw_wipe(secret, sizeof secret);
    sw_keys13_wipe(&conn->hs->keys13);
    if (err == SW_OK)
        sw_engine_new_keys(conn, sent);
    return err;
}

enum sw_err sw_finished13_joined(struct sw_conn *conn, bool sent)
{
    enum sw_err err = sent ? sw_engine_flush(conn) : SW_OK;

    if (err != SW_OK)
        return err;
    return sent == sw_is_server(conn) ? server_finished(conn, sent) : client_finished(conn, sent);
}

/* The next keys of one direction (RFC 8446 7.2). */
static enum sw_err next_keys(struct sw_conn *conn, bool sending)
{
    uint8_t secret[SW_HASH_MAX];
    struct sw_record_secrets next;
    enum sw_err err;

    memcpy(secret, (sending ? &conn->out : &conn->in)->mac_key, sizeof secret);
    err = sw_keys13_update(conn->suite->prf, secret);
    if (err == SW_OK)
        err = sw_keys13_traffic(conn->suite, secret, &next);
    if (err == SW_OK)
        sw_engine_set_keys(conn, sending, &next);
    sw_wipe(secret, sizeof secret);
    sw_wipe(&next, sizeof next);
    return err;
}

enum sw_err sw_key_update_joined(struct sw_conn *conn, bool sent)
{
    enum sw_err err = next_keys(conn, sent);

    if (err != SW_OK || sent || !conn->update_due)
        return err;
    conn->update_due = false;
    /* one answer does for several requests, while it has not gone (4.6.3); and nothing follows our close_notify */
    if (conn->update_pending || conn->close_queued)
        return SW_OK;
    conn->update_pending = true;
    conn->update_request = false;
    return sw_step_send_late(conn, SW_KEY_UPDATE);
}
