/* Mbed TLS as a peer. */
#include "tests/interop/peers/peer.h"
#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <mbedtls/error.h>
#include <mbedtls/net_sockets.h>
#include <mbedtls/ssl.h>
#include <mbedtls/ssl_cache.h>
#include <mbedtls/ssl_ticket.h>

static mbedtls_ssl_config conf;
static mbedtls_ctr_drbg_context drbg;
static mbedtls_entropy_context entropy;
static mbedtls_x509_crt own, root;
static mbedtls_pk_context key;
static mbedtls_ssl_cache_context cache;
static mbedtls_ssl_ticket_context tickets;

static _Noreturn void die(const char *what, int err)
{
    char text[200];

    mbedtls_strerror(err, text, sizeof text);
    peer_die(what, text);
}

static void must(const char *what, int err)
{
    if (err != 0)
        die(what, err);
}

static void set_suite(const struct peer_args *a)
{
    static int ids[2];

    const mbedtls_ssl_ciphersuite_t *suite = mbedtls_ssl_ciphersuite_from_id((int)a->id);

    if (a->id == 0)
        return;
    if (suite == NULL || mbedtls_cipher_info_from_type(suite->cipher) == NULL)
        peer_die("unsupported suite", a->name != NULL ? a->name : "");
    ids[0] = (int)a->id;
    mbedtls_ssl_conf_ciphersuites(&conf, ids);
}

static void configure(const struct peer_args *a)
{
    static const char *protocols[2];

    mbedtls_ssl_config_init(&conf);
    mbedtls_entropy_init(&entropy);
    mbedtls_ctr_drbg_init(&drbg);
    must("random", mbedtls_ctr_drbg_seed(&drbg, mbedtls_entropy_func, &entropy, NULL, 0));
    must("defaults", mbedtls_ssl_config_defaults(&conf, a->server ? MBEDTLS_SSL_IS_SERVER : MBEDTLS_SSL_IS_CLIENT,
                                                 MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT));
    mbedtls_ssl_conf_rng(&conf, mbedtls_ctr_drbg_random, &drbg);
    mbedtls_ssl_conf_min_version(&conf, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
    set_suite(a);
    mbedtls_x509_crt_init(&root);
    mbedtls_x509_crt_init(&own);
    mbedtls_pk_init(&key);
    must("root", mbedtls_x509_crt_parse_file(&root, peer_path(a, "root", "crt")));
    mbedtls_ssl_conf_ca_chain(&conf, &root, NULL);
    if (a->server || a->auth) {
        must("certificate", mbedtls_x509_crt_parse_file(&own, peer_path(a, peer_own(a), "crt")));
        must("key", mbedtls_pk_parse_keyfile(&key, peer_path(a, peer_own(a), "key"), NULL));
        must("own certificate", mbedtls_ssl_conf_own_cert(&conf, &own, &key));
    }
    mbedtls_ssl_conf_authmode(&conf, a->auth || !a->server ? MBEDTLS_SSL_VERIFY_REQUIRED : MBEDTLS_SSL_VERIFY_NONE);
    if (a->alpn != NULL) {
        protocols[0] = a->alpn;
        must("ALPN", mbedtls_ssl_conf_alpn_protocols(&conf, protocols));
    }
    if (a->server) {
        mbedtls_ssl_cache_init(&cache);
        mbedtls_ssl_conf_session_cache(&conf, &cache, mbedtls_ssl_cache_get, mbedtls_ssl_cache_set);
        mbedtls_ssl_ticket_init(&tickets);
        must("tickets",
             mbedtls_ssl_ticket_setup(&tickets, mbedtls_ctr_drbg_random, &drbg, MBEDTLS_CIPHER_AES_256_GCM, 3600));
        mbedtls_ssl_conf_session_tickets_cb(&conf, mbedtls_ssl_ticket_write, mbedtls_ssl_ticket_parse, &tickets);
    }
}

static int write_all(mbedtls_ssl_context *ssl, const unsigned char *p, size_t len)
{
    while (len > 0) {
        int n = mbedtls_ssl_write(ssl, p, len);

        if (n <= 0)
            return n;
        p += n;
        len -= (size_t)n;
    }
    return 1;
}

static void serve(int fd)
{
    mbedtls_net_context net = {fd};
    mbedtls_ssl_context ssl;
    unsigned char buf[PIECE];
    int n;

    mbedtls_ssl_init(&ssl);
    must("setup", mbedtls_ssl_setup(&ssl, &conf));
    mbedtls_ssl_set_bio(&ssl, &net, mbedtls_net_send, mbedtls_net_recv, NULL);
    n = mbedtls_ssl_handshake(&ssl);
    while (n >= 0 && (n = mbedtls_ssl_read(&ssl, buf, sizeof buf)) > 0)
        n = write_all(&ssl, buf, (size_t)n);
    printf("connection ended: %d\n", n);
    mbedtls_ssl_close_notify(&ssl);
    mbedtls_ssl_free(&ssl);
    close(fd);
}

static void converse(const struct peer_args *a, mbedtls_ssl_session *session, bool resume)
{
    mbedtls_net_context net = {peer_connect(a->port)};
    mbedtls_ssl_context ssl;
    unsigned char out[PIECE], in[PIECE];
    int err;

    mbedtls_ssl_init(&ssl);
    must("setup", mbedtls_ssl_setup(&ssl, &conf));
    must("name", mbedtls_ssl_set_hostname(&ssl, "server.example"));
    mbedtls_ssl_set_bio(&ssl, &net, mbedtls_net_send, mbedtls_net_recv, NULL);
    if (resume)
        must("session", mbedtls_ssl_set_session(&ssl, session));
    must("handshake", mbedtls_ssl_handshake(&ssl));
    if (!resume)
        must("get session", mbedtls_ssl_get_session(&ssl, session));
    for (size_t at = 0; at < a->bytes; at += PIECE) {
        size_t got = 0;

        peer_pattern(out, at, PIECE);
        if ((err = write_all(&ssl, out, PIECE)) <= 0)
            die("write", err);
        while (got < PIECE) {
            int n = mbedtls_ssl_read(&ssl, in + got, PIECE - got);

            if (n <= 0)
                die("read", n);
            got += (size_t)n;
        }
        if (memcmp(in, out, PIECE) != 0)
            peer_die("data", "not what was sent");
    }
    mbedtls_ssl_close_notify(&ssl);
    err = mbedtls_ssl_read(&ssl, in, sizeof in);
    if (err != MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY && err != 0)
        die("close", err);
    mbedtls_ssl_free(&ssl);
    close(net.fd);
}

int main(int argc, char **argv)
{
    struct peer_args a = peer_parse(argc, argv);
    mbedtls_ssl_session session;

    configure(&a);
    if (a.server) {
        int fd = peer_listen(a.port);

        for (;;)
            serve(accept(fd, NULL, NULL));
    }
    mbedtls_ssl_session_init(&session);
    converse(&a, &session, false);
    if (a.resume)
        converse(&a, &session, true);
    printf("ok resumed=%d\n", a.resume);
    return 0;
}
