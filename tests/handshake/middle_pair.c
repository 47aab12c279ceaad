/* The fixture of the tests with somebody in the middle. */
#include "tests/handshake/middle_pair.h"
#include <stdarg.h>

struct middle *middle_new(void (*pass)(struct middle *m, int to, uint8_t type, const uint8_t *p, size_t len))
{
    struct middle *m = calloc(1, sizeof *m);

    CU_ASSERT_PTR_NOT_NULL_FATAL(m);
    m->pass = pass;
    return m;
}

void middle_take(struct middle *m, struct pair *p)
{
    m->side[MIDDLE_CLIENT] = p->client;
    m->side[MIDDLE_SERVER] = p->server;
    p->client = p->server = NULL;
}

void middle_versions(struct middle *m, struct pair *p, const char *suite)
{
    if (sw_suite_by_name(suite, strlen(suite))->min_version != SW_TLS13)
        return;
    SW_ASSERT_OK(sw_config_set_versions(p->client_cfg, SW_TLS12, SW_TLS13));
    SW_ASSERT_OK(sw_config_set_versions(p->server_cfg, SW_TLS12, SW_TLS13));
    sw_config_set_keylog(p->client_cfg, middle_keylog, m);
    sw_config_set_keylog(p->server_cfg, middle_keylog, m);
}

void middle_connect(struct middle *m, struct pair *p, const char *suite)
{
    pair_open(p, true);
    SW_ASSERT_OK(sw_config_set_policy(p->server_cfg, "all"));
    SW_ASSERT_OK(sw_config_set_policy(p->client_cfg, "all"));
    SW_ASSERT_OK(sw_config_set_suites(p->server_cfg, suite));
    SW_ASSERT_OK(sw_config_set_suites(p->client_cfg, suite));
    middle_versions(m, p, suite);
    pair_connect(p, "server.example");
    middle_take(m, p);
}

void middle_run(struct middle *m)
{
    bool moved = true, wrote = false;

    for (int round = 0; round < MIDDLE_ROUNDS && moved; round++) {
        moved = middle_collect(m, MIDDLE_CLIENT);
        moved = middle_collect(m, MIDDLE_SERVER) || moved;
        if (!wrote && sw_conn_established(m->side[0]) && sw_conn_established(m->side[1])) {
            size_t taken;

            moved = wrote = true;
            for (int i = 0; i < 2; i++)
                if (sw_conn_error(m->side[i]) == SW_OK)
                    SW_ASSERT_OK(sw_conn_write(m->side[i], "word", 4, &taken));
        }
    }
}

bool middle_check(const struct middle *m, int to, enum sw_err err)
{
    if (err == SW_OK)
        return sw_conn_error(m->side[0]) == SW_OK && sw_conn_error(m->side[1]) == SW_OK && m->flow[0].got_len >= 4 &&
               m->flow[1].got_len >= 4;
    if (sw_conn_error(m->side[to]) != err)
        return false;
    if (err == SW_ERR_PEER_ALERT)
        return sw_conn_alert_sent(m->side[to]) == SW_ALERT_NONE;
    return sw_conn_alert_sent(m->side[to]) == sw_err_alert(err) && sw_conn_error(m->side[!to]) == SW_ERR_PEER_ALERT &&
           sw_conn_alert_received(m->side[!to]) == sw_err_alert(err);
}

void middle_expect(const struct middle *m, int to, enum sw_err err, const char *what, ...)
{
    va_list args;

    if (middle_check(m, to, err))
        return;
    va_start(args, what);
    printf("     ");
    vprintf(what, args);
    printf(": %s, alert %d; the other: %s\n", sw_conn_error_text(m->side[to]), sw_conn_alert_sent(m->side[to]),
           sw_conn_error_text(m->side[!to]));
    va_end(args);
    CU_FAIL("another end than this row says");
}
