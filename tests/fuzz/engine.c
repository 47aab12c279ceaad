/*
 * The engine as server and as client, of TLS 1.2 and 1.3, against a peer that says anything. The first byte chooses:
 * side, version, whether the input is one stream of bytes, or handshake messages that a frame is put around so that more
 * of them get past the record layer, and the pieces they come in. Random numbers are fixed, so that a finding stays one.
 */
#include "include/sealwax.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int64_t now(void *ctx)
{
    (void)ctx;
    return 1800000000;
}

static enum sw_err fixed(void *ctx, void *out, size_t len)
{
    (void)ctx;
    memset(out, 0x5a, len);
    return SW_OK;
}

static void *load(const char *path, size_t *len)
{
    FILE *f = fopen(path, "rb");
    char *p = malloc(65536);

    if (f == NULL || p == NULL)
        abort(); /* run at the top of the tree */
    *len = fread(p, 1, 65536, f);
    fclose(f);
    return p;
}

static struct sw_config *config(enum sw_role role, unsigned max)
{
    struct sw_config *cfg = sw_config_new(role, NULL);
    size_t root_len, cert_len, key_len;
    void *root = load("tests/vectors/tls/root.crt", &root_len);
    void *cert =
        load(role == SW_SERVER ? "tests/vectors/tls/server-rsa.crt" : "tests/vectors/tls/client-rsa.crt", &cert_len);
    void *key =
        load(role == SW_SERVER ? "tests/vectors/tls/server-rsa.key" : "tests/vectors/tls/client-rsa.key", &key_len);

    if (cfg == NULL || sw_config_set_policy(cfg, "all") != SW_OK || sw_config_add_trust(cfg, root, root_len) != SW_OK ||
        sw_config_add_cert(cfg, cert, cert_len, key, key_len, NULL) != SW_OK ||
        sw_config_set_versions(cfg, SW_TLS12, max) != SW_OK)
        abort();
    /* a client that asks for much has much to be told */
    if (role == SW_CLIENT &&
        (sw_config_set_alpn(cfg, "h2,http/1.1") != SW_OK || sw_config_set_option(cfg, SW_OPT_SCT, 1) != SW_OK ||
         sw_config_set_option(cfg, SW_OPT_STATUS_REQUEST, 1) != SW_OK ||
         sw_config_set_option(cfg, SW_OPT_RECORD_SIZE_LIMIT, 1024) != SW_OK ||
         sw_config_set_option(cfg, SW_OPT_MAX_FRAGMENT, 512) != SW_OK))
        abort();
    sw_config_set_clock(cfg, now, NULL);
    sw_config_set_random(cfg, fixed, NULL);
    free(root);
    free(cert);
    free(key);
    return cfg;
}

static void drain(struct sw_conn *conn)
{
    size_t n;

    while (sw_conn_out_buf(conn, &n) != NULL)
        if (sw_conn_out_ack(conn, n) != SW_OK)
            abort();
    while (sw_conn_peek(conn, &n) != NULL)
        if (sw_conn_skip(conn, n) != SW_OK)
            abort();
}

static void feed(struct sw_conn *conn, const uint8_t *p, size_t len, size_t piece)
{
    while (len > 0 && (sw_conn_wants(conn) & SW_WANT_RECV)) {
        size_t room, n = len < piece ? len : piece;
        uint8_t *in = sw_conn_in_buf(conn, &room);

        if (in == NULL)
            return;
        n = n < room ? n : room;
        memcpy(in, p, n);
        (void)sw_conn_in_ack(conn, n);
        drain(conn);
        p += n;
        len -= n;
    }
}

/* Input as messages: type(1) length(1) body, each in a record of its own. */
static void feed_messages(struct sw_conn *conn, const uint8_t *p, size_t len, size_t piece)
{
    uint8_t record[5 + 4 + 2048];

    while (len >= 3) {
        size_t n = (size_t)p[1] << 3 | (p[2] & 7);

        n = n < len - 3 ? n : len - 3;
        record[0] = p[0] == 0xff ? 20 : 22;
        record[1] = record[2] = 3;
        record[3] = (uint8_t)((n + 4) >> 8);
        record[4] = (uint8_t)(n + 4);
        record[5] = p[0];
        record[6] = 0;
        record[7] = (uint8_t)(n >> 8);
        record[8] = (uint8_t)n;
        memcpy(record + 9, p + 3, n);
        feed(conn, record, 9 + n, piece);
        p += 3 + n;
        len -= 3 + n;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const size_t pieces[] = {1, 7, 100, 1 << 20};
    static struct sw_config *cfgs[4];
    struct sw_config **cfg;
    struct sw_conn *conn;
    unsigned mode;

    if (size < 1)
        return 0;
    mode = data[0];
    cfg = &cfgs[(mode & 1) | (mode >> 4 & 1) << 1];
    if (*cfg == NULL)
        *cfg = config(mode & 1 ? SW_CLIENT : SW_SERVER, mode & 16 ? SW_TLS13 : SW_TLS12);
    if (sw_conn_new(&conn, *cfg, mode & 1 ? "server.example" : NULL) != SW_OK)
        abort();
    drain(conn);
    (mode & 2 ? feed_messages : feed)(conn, data + 1, size - 1, pieces[mode >> 2 & 3]);
    (void)sw_conn_in_eof(conn);
    drain(conn);
    if (sw_conn_error(conn) == SW_OK)
        abort(); /* nobody without a key gets to the end of a handshake */
    sw_conn_free(conn);
    return 0;
}
