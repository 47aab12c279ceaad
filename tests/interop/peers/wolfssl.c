/* wolfSSL's own TLS, from the packaged library, as a peer. The product itself calls none of this. */
#include "tests/interop/peers/peer.h"
#include <wolfssl/options.h>
#include <wolfssl/ssl.h>
#include <wolfssl/wolfcrypt/dh.h>

static WOLFSSL_METHOD *method(const struct peer_args *a)
{
    if (a->modern)
        return a->server ? wolfTLSv1_3_server_method() : wolfTLSv1_3_client_method();
    return a->server ? wolfTLSv1_2_server_method() : wolfTLSv1_2_client_method();
}

/* It calls the suites of TLS 1.3 by names of its own. */
static const char *suite_name(const struct peer_args *a)
{
    switch (a->id) {
    case 0x1301:
        return "TLS13-AES128-GCM-SHA256";
    case 0x1302:
        return "TLS13-AES256-GCM-SHA384";
    case 0x1303:
        return "TLS13-CHACHA20-POLY1305-SHA256";
    default:
        return a->openssl;
    }
}

static WOLFSSL_CTX *context(const struct peer_args *a)
{
    WOLFSSL_CTX *ctx;

    wolfSSL_Init();
    ctx = wolfSSL_CTX_new(method(a));
    if (ctx == NULL)
        peer_die("context", "no memory");
    if (a->openssl != NULL && wolfSSL_CTX_set_cipher_list(ctx, suite_name(a)) != WOLFSSL_SUCCESS)
        peer_die("unsupported suite", a->openssl);
    if (a->group != NULL && wolfSSL_CTX_set1_groups_list(ctx, (char *)a->group) != WOLFSSL_SUCCESS)
        peer_die("group", a->group);
    if (wolfSSL_CTX_load_verify_locations(ctx, peer_path(a, "root", "crt"), NULL) != WOLFSSL_SUCCESS)
        peer_die("root", "cannot be loaded");
    if ((a->server || a->auth) &&
        (wolfSSL_CTX_use_certificate_chain_file(ctx, peer_path(a, peer_own(a), "crt")) != WOLFSSL_SUCCESS ||
         wolfSSL_CTX_use_PrivateKey_file(ctx, peer_path(a, peer_own(a), "key"), WOLFSSL_FILETYPE_PEM) !=
             WOLFSSL_SUCCESS))
        peer_die("certificate", "cannot be loaded");
    if (a->server) { /* its DHE suites need a group: ffdhe2048 of RFC 7919 */
        const DhParams *dh = wc_Dh_ffdhe2048_Get();

        wolfSSL_CTX_SetTmpDH(ctx, dh->p, (int)dh->p_len, dh->g, (int)dh->g_len);
    }
    wolfSSL_CTX_set_verify(
        ctx, a->auth || !a->server ? WOLFSSL_VERIFY_PEER | WOLFSSL_VERIFY_FAIL_IF_NO_PEER_CERT : WOLFSSL_VERIFY_NONE,
        NULL);
    return ctx;
}

static void set_alpn(WOLFSSL *ssl, const struct peer_args *a)
{
    char list[64];

    if (a->alpn == NULL)
        return;
    snprintf(list, sizeof list, "%s", a->alpn);
    if (wolfSSL_UseALPN(ssl, list, (unsigned)strlen(list), WOLFSSL_ALPN_FAILED_ON_MISMATCH) != WOLFSSL_SUCCESS)
        peer_die("ALPN", a->alpn);
}

static void serve(WOLFSSL_CTX *ctx, const struct peer_args *a, int fd)
{
    WOLFSSL *ssl = wolfSSL_new(ctx);
    unsigned char buf[PIECE];
    int n;

    wolfSSL_set_fd(ssl, fd);
    set_alpn(ssl, a);
    if (wolfSSL_accept(ssl) == WOLFSSL_SUCCESS && (!a->update || wolfSSL_update_keys(ssl) == WOLFSSL_SUCCESS))
        while ((n = wolfSSL_read(ssl, buf, sizeof buf)) > 0 && wolfSSL_write(ssl, buf, n) == n)
            ;
    printf("connection ended: %d\n", wolfSSL_get_error(ssl, 0));
    wolfSSL_shutdown(ssl);
    wolfSSL_free(ssl);
    close(fd);
}

static WOLFSSL_SESSION *converse(WOLFSSL_CTX *ctx, const struct peer_args *a, WOLFSSL_SESSION *session)
{
    WOLFSSL *ssl = wolfSSL_new(ctx);
    unsigned char out[PIECE], in[PIECE];
    int fd = peer_connect(a->port);

    wolfSSL_set_fd(ssl, fd);
    set_alpn(ssl, a);
    wolfSSL_check_domain_name(ssl, "server.example");
    if (session != NULL)
        wolfSSL_set_session(ssl, session);
    if (wolfSSL_connect(ssl) != WOLFSSL_SUCCESS)
        peer_die("handshake", wolfSSL_ERR_reason_error_string((unsigned long)wolfSSL_get_error(ssl, 0)));
    if (session != NULL && !wolfSSL_session_reused(ssl))
        peer_die("handshake", "not resumed");
    if (a->update && wolfSSL_update_keys(ssl) != WOLFSSL_SUCCESS)
        peer_die("update", "of keys failed");
    for (size_t at = 0; at < a->bytes; at += PIECE) {
        size_t got = 0;

        peer_pattern(out, at, PIECE);
        if (wolfSSL_write(ssl, out, PIECE) != PIECE)
            peer_die("write", "short");
        while (got < PIECE) {
            int n = wolfSSL_read(ssl, in + got, (int)(PIECE - got));

            if (n <= 0)
                peer_die("read", "ended early");
            got += (size_t)n;
        }
        if (memcmp(in, out, PIECE) != 0)
            peer_die("data", "not what was sent");
    }
    session = wolfSSL_get1_session(ssl);
    wolfSSL_shutdown(ssl);
    if (wolfSSL_shutdown(ssl) != WOLFSSL_SUCCESS)
        peer_die("close", "no close_notify");
    wolfSSL_free(ssl);
    close(fd);
    return session;
}

int main(int argc, char **argv)
{
    struct peer_args a = peer_parse(argc, argv);
    WOLFSSL_CTX *ctx = context(&a);
    WOLFSSL_SESSION *session;

    if (a.server) {
        int fd = peer_listen(a.port);

        for (;;)
            serve(ctx, &a, accept(fd, NULL, NULL));
    }
    session = converse(ctx, &a, NULL);
    if (a.resume)
        converse(ctx, &a, session);
    printf("ok resumed=%d\n", a.resume);
    return 0;
}
