/* The directory: the certificates of whoever has been here, for those who want to seal for him. */
#include "apps/message/service.h"
#include "apps/seal/seal.h"
#include "ttp/pem.h"
#include <string.h>
#include <time.h>

enum { CHAIN_MAX = 65536 /* PEM of somebody's certificates */ };

/* To the millisecond, where it matters who came last. */
static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void message_service_learn(struct message_service *service, struct sw_conn *conn)
{
    struct sw_peer peer;
    const uint8_t *der;
    char chain[CHAIN_MAX];
    size_t len, at = 0, n;
    if (sw_conn_peer(conn, &peer))
        return;
    for (size_t i = 0; (der = sw_conn_peer_cert(conn, i, &len)) != NULL; i++) {
        if (sw_pem_encode("CERTIFICATE", der, len, chain + at, sizeof chain - at, &n))
            return;
        at += n;
    }
    enum sw_err err = at ? sw_store_learn(service->store, peer.name, peer.sha256, chain, now_ms()) : SW_OK;
    if (err)
        message_trouble(service, "directory", err);
}

void message_service_set_config(struct message_service *service, const struct sw_config *cfg)
{
    service->cfg = cfg;
}

/* The answer as it grows. */
struct listing {
    const struct sw_config *cfg;
    json_t *chains;
    size_t most;
};

/* Whoever showed them was let in then; whether he would be now is another matter. */
static bool still_good(const struct sw_config *cfg, const char *pem)
{
    struct seal_chain chain;
    if (!cfg)
        return true;
    if (seal_chain_read(&chain, pem, strlen(pem)))
        return false;
    bool good = sw_config_check_chain(cfg, chain.cert, chain.len) == SW_OK;
    seal_chain_free(&chain);
    return good;
}

static bool add_chain(void *ctx, const char *pem)
{
    struct listing *list = ctx;
    if (still_good(list->cfg, pem))
        (void)json_array_append_new(list->chains, json_string(pem));
    return json_array_size(list->chains) < list->most;
}

void directory_show(void *ctx, struct http_request *rq)
{
    struct message_service *s = ctx;
    bool all = message_is_yes(http_query(rq, "all"));
    struct listing list = {s->cfg, json_array(), all ? SW_DEVICES_MAX : 1};
    enum sw_err err = list.chains ? sw_store_chains_of(s->store, rq->part[0], add_chain, &list) : SW_ERR_MEMORY;
    const char *first = json_string_value(json_array_get(list.chains, 0));
    if (err == SW_ERR_NOT_FOUND)
        http_problem(rq, 404, "%s has not been here yet, so that there is no certificate to seal for", rq->part[0]);
    else if (err)
        message_failed(s, rq, err);
    else if (!first)
        http_problem(rq, 404, "%s has no certificate to seal for: those shown here have expired or were revoked",
                     rq->part[0]);
    else if (all)
        http_reply_json(rq, 200, json_pack("{s:O}", "chains", list.chains));
    else
        http_reply_bytes(rq, 200, "application/pem-certificate-chain", first, strlen(first));
    json_decref(list.chains);
}
