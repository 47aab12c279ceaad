/* BearSSL as a peer. It reads no files, so the first half turns PEM into its structures. */
#include "tests/interop/peers/peer.h"
#include <bearssl.h>

enum { CHAIN_MAX = 8 };

struct bytes {
    unsigned char *p;
    size_t len;
};

static br_x509_certificate chain[CHAIN_MAX];
static size_t chain_len;
static br_x509_trust_anchor anchor;
static br_skey_decoder_context key;
static br_x509_minimal_context x509;
static unsigned char record_buffers[BR_SSL_BUFSIZE_BIDI];
static uint16_t suite[1];
static const char *protocols[1];

/* --- files -------------------------------------------------------------------------------------------------------- */

static void append(void *ctx, const void *src, size_t len)
{
    struct bytes *b = ctx;

    b->p = realloc(b->p, b->len + len + 1);
    memcpy(b->p + b->len, src, len);
    b->len += len;
}

static struct bytes read_file(const char *path)
{
    struct bytes b = {NULL, 0};
    char part[4096];
    size_t n;
    FILE *f = fopen(path, "rb");

    if (f == NULL)
        peer_die("open", path);
    while ((n = fread(part, 1, sizeof part, f)) > 0)
        append(&b, part, n);
    fclose(f);
    return b;
}

/* The PEM objects of a file, each handed to object. */
static void each_pem(const char *path, void (*object)(const char *name, struct bytes der))
{
    struct bytes file = read_file(path), der = {NULL, 0};
    br_pem_decoder_context pem;
    char name[128] = "";

    br_pem_decoder_init(&pem);
    for (size_t at = 0; at < file.len;) {
        at += br_pem_decoder_push(&pem, file.p + at, file.len - at);
        switch (br_pem_decoder_event(&pem)) {
        case BR_PEM_BEGIN_OBJ:
            snprintf(name, sizeof name, "%s", br_pem_decoder_name(&pem));
            der = (struct bytes){NULL, 0};
            br_pem_decoder_setdest(&pem, append, &der);
            break;
        case BR_PEM_END_OBJ:
            object(name, der);
            break;
        case BR_PEM_ERROR:
            peer_die("PEM", path);
        default:
            break;
        }
    }
    free(file.p);
}

static void take_certificate(const char *name, struct bytes der)
{
    if (strcmp(name, "CERTIFICATE") == 0 && chain_len < CHAIN_MAX)
        chain[chain_len++] = (br_x509_certificate){der.p, der.len};
}

static void take_key(const char *name, struct bytes der)
{
    if (strstr(name, "PRIVATE KEY") == NULL)
        return;
    br_skey_decoder_init(&key);
    br_skey_decoder_push(&key, der.p, der.len);
    if (br_skey_decoder_last_error(&key) != 0)
        peer_die("key", "cannot be decoded");
}

static struct bytes copy(const void *p, size_t len)
{
    struct bytes b = {NULL, 0};

    append(&b, p, len);
    return b;
}

static void take_anchor(const char *name, struct bytes der)
{
    br_x509_decoder_context dc;
    struct bytes dn = {NULL, 0};
    br_x509_pkey *pk;

    (void)name;
    br_x509_decoder_init(&dc, append, &dn);
    br_x509_decoder_push(&dc, der.p, der.len);
    pk = br_x509_decoder_get_pkey(&dc);
    if (pk == NULL)
        peer_die("root", "cannot be decoded");
    anchor.dn = (br_x500_name){dn.p, dn.len};
    anchor.flags = BR_X509_TA_CA;
    anchor.pkey = *pk;
    if (pk->key_type == BR_KEYTYPE_RSA) {
        anchor.pkey.key.rsa.n = copy(pk->key.rsa.n, pk->key.rsa.nlen).p;
        anchor.pkey.key.rsa.e = copy(pk->key.rsa.e, pk->key.rsa.elen).p;
    } else {
        anchor.pkey.key.ec.q = copy(pk->key.ec.q, pk->key.ec.qlen).p;
    }
}

/* --- configuration ------------------------------------------------------------------------------------------------ */

static bool is_ec(void)
{
    return br_skey_decoder_key_type(&key) == BR_KEYTYPE_EC;
}

static void load(const struct peer_args *a)
{
    each_pem(peer_path(a, "root", "crt"), take_anchor);
    if (a->server || a->auth) {
        each_pem(peer_path(a, peer_own(a), "crt"), take_certificate);
        each_pem(peer_path(a, peer_own(a), "key"), take_key);
    }
}

/* What both sides set. The library's own list says which suites it has. */
static void set_common(const struct peer_args *a, br_ssl_engine_context *eng)
{
    bool known = a->id == 0;

    for (size_t i = 0; i < eng->suites_num; i++)
        known = known || eng->suites_buf[i] == a->id;
    if (!known)
        peer_die("unsupported suite", a->name != NULL ? a->name : "");
    if (a->id != 0) {
        suite[0] = (uint16_t)a->id;
        br_ssl_engine_set_suites(eng, suite, 1);
    }
    br_ssl_engine_set_versions(eng, BR_TLS12, BR_TLS12);
    br_ssl_engine_set_buffer(eng, record_buffers, sizeof record_buffers, 1);
    if (a->alpn != NULL) {
        protocols[0] = a->alpn;
        br_ssl_engine_set_protocol_names(eng, protocols, 1);
    }
}

static void server_init(const struct peer_args *a, br_ssl_server_context *sc)
{
    static br_ssl_session_cache_lru cache;
    static unsigned char store[8192];

    if (is_ec())
        br_ssl_server_init_full_ec(sc, chain, chain_len, BR_KEYTYPE_EC, br_skey_decoder_get_ec(&key));
    else
        br_ssl_server_init_full_rsa(sc, chain, chain_len, br_skey_decoder_get_rsa(&key));
    set_common(a, &sc->eng);
    br_ssl_session_cache_lru_init(&cache, store, sizeof store);
    br_ssl_server_set_cache(sc, &cache.vtable);
    if (!a->auth)
        return;
    br_x509_minimal_init_full(&x509, &anchor, 1);
    br_ssl_engine_set_default_rsavrfy(&sc->eng);
    br_ssl_engine_set_default_ecdsa(&sc->eng);
    br_ssl_engine_set_x509(&sc->eng, &x509.vtable);
    br_ssl_server_set_trust_anchor_names_alt(sc, &anchor, 1);
}

static void client_init(const struct peer_args *a, br_ssl_client_context *cc)
{
    br_ssl_client_init_full(cc, &x509, &anchor, 1);
    set_common(a, &cc->eng);
    if (a->auth && is_ec())
        br_ssl_client_set_single_ec(cc, chain, chain_len, br_skey_decoder_get_ec(&key), BR_KEYTYPE_SIGN, BR_KEYTYPE_EC,
                                    br_ec_get_default(), br_ecdsa_sign_asn1_get_default());
    else if (a->auth)
        br_ssl_client_set_single_rsa(cc, chain, chain_len, br_skey_decoder_get_rsa(&key),
                                     br_rsa_pkcs1_sign_get_default());
}

/* --- connections -------------------------------------------------------------------------------------------------- */

static int socket_read(void *ctx, unsigned char *p, size_t len)
{
    ssize_t n = read(*(int *)ctx, p, len);

    return n > 0 ? (int)n : -1;
}

static int socket_write(void *ctx, const unsigned char *p, size_t len)
{
    ssize_t n = write(*(int *)ctx, p, len);

    return n > 0 ? (int)n : -1;
}

static _Noreturn void die(const char *what, br_ssl_engine_context *eng)
{
    char text[32];

    snprintf(text, sizeof text, "error %d", br_ssl_engine_last_error(eng));
    peer_die(what, text);
}

static void serve(br_ssl_server_context *sc, int fd)
{
    br_sslio_context io;
    unsigned char buf[PIECE];
    int n;

    br_ssl_server_reset(sc);
    br_sslio_init(&io, &sc->eng, socket_read, &fd, socket_write, &fd);
    while ((n = br_sslio_read(&io, buf, sizeof buf)) > 0)
        if (br_sslio_write_all(&io, buf, (size_t)n) != 0 || br_sslio_flush(&io) != 0)
            break;
    printf("connection ended: error %d\n", br_ssl_engine_last_error(&sc->eng));
    br_sslio_close(&io);
    close(fd);
}

static void converse(const struct peer_args *a, br_ssl_client_context *cc, bool resume)
{
    int fd = peer_connect(a->port);
    br_sslio_context io;
    br_ssl_session_parameters before, after;
    unsigned char out[PIECE], in[PIECE];

    br_ssl_engine_get_session_parameters(&cc->eng, &before);
    br_ssl_client_reset(cc, "server.example", resume);
    br_sslio_init(&io, &cc->eng, socket_read, &fd, socket_write, &fd);
    for (size_t at = 0; at < a->bytes; at += PIECE) {
        peer_pattern(out, at, PIECE);
        if (br_sslio_write_all(&io, out, PIECE) != 0 || br_sslio_flush(&io) != 0)
            die("write", &cc->eng);
        if (br_sslio_read_all(&io, in, PIECE) != 0)
            die("read", &cc->eng);
        if (memcmp(in, out, PIECE) != 0)
            peer_die("data", "not what was sent");
    }
    br_ssl_engine_get_session_parameters(&cc->eng, &after);
    if (resume && (before.session_id_len == 0 || before.session_id_len != after.session_id_len ||
                   memcmp(before.session_id, after.session_id, after.session_id_len) != 0))
        peer_die("handshake", "not resumed");
    if (br_sslio_close(&io) != 1)
        die("close", &cc->eng);
    close(fd);
}

int main(int argc, char **argv)
{
    struct peer_args a = peer_parse(argc, argv);
    static br_ssl_server_context sc;
    static br_ssl_client_context cc;

    load(&a);
    if (a.server) {
        int fd;

        server_init(&a, &sc);
        fd = peer_listen(a.port);
        for (;;)
            serve(&sc, accept(fd, NULL, NULL));
    }
    client_init(&a, &cc);
    converse(&a, &cc, false);
    if (a.resume)
        converse(&a, &cc, true);
    printf("ok resumed=%d\n", a.resume);
    return 0;
}
