/* sealwax connect: a plain TLS client: standard input to the server, the server to standard output. */
#include "apps/net/link.h"
#include "apps/tls/describe.h"
#include "apps/tls/pcap.h"
#include "apps/tls/pump.h"
#include "apps/tls/tls_config.h"
#include "apps/verbs.h"
#include "base/wipe.h"
#include "ttp/file.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* SESSION_MAX: 2048 and the longest ticket. */
enum { PATIENCE = 60, SESSION_MAX = 2048 + 65535 };

static void on_established(void *ctx, struct sw_conn *conn)
{
    const struct app *app = ctx;
    char line[512];
    if (app_has(app, OPT_BRIEF)) {
        describe_brief(app, conn);
    } else if (app->verbose) {
        describe_line(conn, line, sizeof line);
        app_say(app, "%s", line);
    }
}

/* Offer what an earlier connection kept. A file that is no session is not offered; the handshake is then a full one. */
static int offer_session(const struct app *app, struct sw_conn *conn)
{
    struct sw_file file = {0};
    const char *path = app_get(app, OPT_SESS_IN);
    if (!path)
        return APP_DONE;
    enum sw_err err = sw_file_read(path, SESSION_MAX, &file);
    if (err == SW_OK)
        err = sw_conn_set_session(conn, file.p, file.len);
    sw_file_free(&file);
    return err ? app_fail(app, err, path) : APP_DONE;
}

static int keep_session(const struct app *app, const struct sw_conn *conn)
{
    const char *path = app_get(app, OPT_SESS_OUT);
    size_t len;
    if (!path)
        return APP_DONE;
    uint8_t *session = malloc(SESSION_MAX);
    enum sw_err err = session ? sw_conn_session(conn, session, SESSION_MAX, &len) : SW_ERR_MEMORY;
    if (err == SW_OK) {
        err = sw_file_write(path, session, len, SW_FILE_SECRET | SW_FILE_REPLACE);
        sw_wipe(session, len);
    }
    free(session);
    if (err == SW_ERR_NOT_FOUND) {
        app_say(app, "%s: not written: this session cannot be resumed", path);
        return APP_DONE;
    }
    return err ? app_fail(app, err, path) : APP_DONE;
}

static int converse(const struct app *app, struct sw_config *cfg, struct pcap *pcap, int64_t timeout)
{
    char host[NET_NAME_MAX];
    struct sw_conn *conn;
    struct link link;
    int fd;
    int code = net_connect(app, app->argv[0], timeout, false, host, &fd);
    if (code)
        return code;
    code = tls_connect(app, cfg, host, app->argv[0], &conn);
    if (code) {
        close(fd);
        return code;
    }
    link_open(&link, fd, conn, app->argv[0], timeout);
    pcap_watch(pcap, &link, SW_CLIENT);
    code = offer_session(app, conn);
    if (!code)
        code = pump(app, &link, on_established, (void *)(uintptr_t)app);
    if (!code)
        code = keep_session(app, conn);
    link_close(&link);
    return code;
}

int connect_run(struct app *app)
{
    struct sw_config *cfg;
    struct pcap *pcap = NULL;
    int64_t timeout;
    int code = app_get_span(app, OPT_TIMEOUT, PATIENCE, &timeout);
    if (code)
        return code;
    if (!app_has(app, OPT_TRUST) && !app_has(app, OPT_INSECURE))
        return app_usage(app,
                         "say whom to trust: --trust FILE with root certificates, or --insecure to trust everybody");
    if (app_has(app, OPT_INSECURE))
        app_warn(app, "warning: --insecure: anybody could be at the other end, and read and change everything");
    code = tls_config_new(app, SW_CLIENT, KEY_CARE_WARN, &cfg);
    if (!code)
        code = pcap_open(app, cfg, SW_CLIENT, &pcap);
    if (!code)
        code = converse(app, cfg, pcap, timeout);
    sw_config_free(cfg);
    pcap_close(pcap);
    return code;
}
