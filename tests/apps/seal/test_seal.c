/* Sealing and opening: every kind of key both ways, every length around the pieces, everything that must be refused. */
#include "apps/seal/header.h"
#include "tests/apps/seal/people.h"

static uint8_t text[100000];

struct message {
    uint8_t *p;
    size_t len;
};

static struct message seal(const struct seal_params *p, size_t len)
{
    struct message m;
    struct seal_status st;
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (uint8_t)(i * 7 + i / 256);
    CU_ASSERT(seal_buffer(p, text, len, &m.p, &m.len, &st));
    CU_ASSERT_EQUAL(st.result, SEAL_OK);
    if (st.result != SEAL_OK)
        printf("seal: %s\n", st.reason);
    return m;
}

static enum seal_result open_as(const struct seal_open_params *p, const struct message *m, struct seal_verdict *v)
{
    uint8_t *body;
    size_t len;
    bool ok = seal_open_buffer(p, m->p, m->len, &body, &len, v);
    CU_ASSERT_EQUAL(ok, v->status.result == SEAL_OK);
    CU_ASSERT_EQUAL(body != NULL, ok);
    CU_ASSERT(ok || *v->status.reason || v->status.result == SEAL_SYSTEM);
    if (ok)
        CU_ASSERT(len == v->size && body[len] == 0 && memcmp(body, text, len) == 0);
    free(body);
    return v->status.result;
}

/* --- what works --------------------------------------------------------------------------------------------------- */

static void round_trip(const struct people *all, const struct person *from, const struct person *to, bool der,
                       enum seal_form form)
{
    struct seal_params p = sending(all, from, to);
    struct seal_open_params o = opening(all, to);
    struct seal_verdict v;
    char hash[FINGERPRINT_MAX];
    p.der = der;
    p.form = form;
    p.message_id = "42@test";
    p.expires = PEOPLE_NOW + 60;
    struct message m = seal(&p, 1000);
    CU_ASSERT_EQUAL(m.p[0] == 0x30, der);
    CU_ASSERT_EQUAL(open_as(&o, &m, &v), SEAL_OK);
    CU_ASSERT_EQUAL(v.size, 1000);
    CU_ASSERT(v.bound);
    CU_ASSERT_EQUAL(v.date, PEOPLE_NOW);
    CU_ASSERT_EQUAL(v.signed_at, PEOPLE_NOW);
    CU_ASSERT_EQUAL(v.expires, PEOPLE_NOW + 60);
    CU_ASSERT_STRING_EQUAL(v.message_id, "42@test");
    CU_ASSERT_STRING_EQUAL(v.root, "CN=Root");
    CU_ASSERT_STRING_EQUAL(v.issuer, "CN=Root");
    sw_cert_common_name(from->chain.cert[0].subject, hash, sizeof hash);
    CU_ASSERT_STRING_EQUAL(v.signer, hash);
    SW_ASSERT_OK(fingerprint(&from->chain.cert[0], hash));
    CU_ASSERT_STRING_EQUAL(v.fingerprint, hash);
    free(m.p);
}

static void every_key_to_every_key(void)
{
    struct people all = people_make();
    const struct person *from[] = {&all.rsa, &all.ec, &all.ed, &all.other}, *to[] = {&all.rsa, &all.ec, &all.other};
    for (size_t i = 0; i < 4; i++)
        for (size_t j = 0; j < 3; j++) {
            round_trip(&all, from[i], to[j], false, SEAL_HYBRID);
            round_trip(&all, from[i], to[j], true, SEAL_HYBRID);
        }
    round_trip(&all, &all.ec, &all.rsa, false, SEAL_RSA);
    round_trip(&all, &all.ec, &all.rsa, true, SEAL_RSA);
    people_free(&all);
}

static void pss_keys(void)
{
    struct people all = people_make();
    struct sw_privkey *key = test_rsa_key(TEST_RSA_NUMBERS(2048));
    SW_ASSERT_OK(sw_privkey_restrict_pss(key, SW_HASH_NONE, 0));
    struct person pss = person_make("pss", "client", key, &all.root, 10);
    CU_ASSERT_EQUAL(pss.chain.cert[0].key.type, SW_KEY_RSA_PSS);
    round_trip(&all, &pss, &all.ec, false, SEAL_HYBRID);
    person_free(&pss);
    people_free(&all);
}

/* Around the ends of lines, blocks and pieces. */
static void every_length(void)
{
    static const size_t around[] = {0, 48, 190, 4096, SEAL_PIECE, 2 * SEAL_PIECE, 65536};
    struct people all = people_make();
    struct seal_params p = sending(&all, &all.ec, &all.ec);
    struct seal_open_params o = opening(&all, &all.ec);
    struct seal_verdict v;
    for (size_t i = 0; i < sizeof around / sizeof *around; i++)
        for (size_t len = around[i] < 3 ? 0 : around[i] - 3; len < around[i] + 4; len++) {
            struct message m = seal(&p, len);
            CU_ASSERT_EQUAL(open_as(&o, &m, &v), SEAL_OK);
            CU_ASSERT_EQUAL(v.size, len);
            free(m.p);
        }
    /* where the header lines make the difference: the last piece comes out full, and one byte more */
    for (size_t len = SEAL_PIECE - 330; len < SEAL_PIECE - 200; len++) {
        struct message m = seal(&p, len);
        CU_ASSERT_EQUAL(open_as(&o, &m, &v), SEAL_OK);
        free(m.p);
    }
    people_free(&all);
}

static void several_recipients(void)
{
    struct people all = people_make();
    struct seal_chain to[] = {all.rsa.chain, all.ec.chain, all.other.chain};
    struct seal_params p = sending(&all, &all.ed, &all.rsa);
    p.to = to;
    p.to_len = 3;
    struct message m = seal(&p, 100);
    const struct person *who[] = {&all.rsa, &all.ec, &all.other};
    struct seal_verdict v;
    for (size_t i = 0; i < 3; i++) {
        struct seal_open_params o = opening(&all, who[i]);
        CU_ASSERT_EQUAL(open_as(&o, &m, &v), SEAL_OK);
    }
    struct person stranger = person_make("stranger", "client", fresh_key(SW_KEY_EC, SW_CURVE_P256), &all.root, 10);
    struct seal_open_params o = opening(&all, &stranger);
    CU_ASSERT_EQUAL(open_as(&o, &m, &v), SEAL_NOT_FOR_US);
    person_free(&stranger);
    free(m.p);
    people_free(&all);
}

/* --- what is refused ---------------------------------------------------------------------------------------------- */

static bool refused_as_it_should_be(enum seal_result result)
{
    return result != SEAL_OK && result != SEAL_SYSTEM && result != SEAL_CONFIG && result != SEAL_EXPIRED;
}

/*
 * Each byte changed, each truncation (or every step-th, where one takes long), one byte more: never opened, never a
 * crash, never taken for somebody else's.
 */
static void damage(const struct people *all, const struct person *to, enum seal_form form, size_t step)
{
    struct seal_params p = sending(all, &all->ed, to);
    struct seal_open_params o = opening(all, to);
    struct seal_verdict v;
    p.form = form;
    p.der = true;
    struct message m = seal(&p, 20);
    for (size_t i = 0; i < m.len; i += step) {
        m.p[i] ^= 1;
        CU_ASSERT(refused_as_it_should_be(open_as(&o, &m, &v)));
        m.p[i] ^= 1;
    }
    size_t whole = m.len;
    for (m.len = 0; m.len < whole; m.len += step) {
        enum seal_result r = open_as(&o, &m, &v);
        CU_ASSERT_EQUAL(r, m.len == 0 ? SEAL_MALFORMED : SEAL_TAMPERED);
    }
    m.len = whole;
    uint8_t *longer = malloc(whole + 1);
    memcpy(longer, m.p, whole);
    longer[whole] = 0;
    struct message more = {longer, whole + 1};
    CU_ASSERT_EQUAL(open_as(&o, &more, &v), SEAL_TAMPERED);
    CU_ASSERT_EQUAL(open_as(&o, &m, &v), SEAL_OK);
    free(longer);
    free(m.p);
}

static void damage_is_noticed(void)
{
    struct people all = people_make();
    damage(&all, &all.ec, SEAL_HYBRID, 1);
    damage(&all, &all.rsa, SEAL_HYBRID, 1);
    people_free(&all);
}

static void damage_of_blocks_is_noticed(void)
{
    struct people all = people_make();
    damage(&all, &all.rsa, SEAL_RSA, 19);
    people_free(&all);
}

/* Blocks that change places decrypt well; the signature does not hold. */
static void swapped_blocks_are_noticed(void)
{
    struct people all = people_make();
    struct seal_params p = sending(&all, &all.ec, &all.rsa);
    struct seal_open_params o = opening(&all, &all.rsa);
    struct seal_verdict v;
    uint8_t keep[256];
    p.form = SEAL_RSA;
    p.der = true;
    struct message m = seal(&p, 1000);
    uint8_t *a = m.p + m.len - 256 * 4, *b = m.p + m.len - 256 * 5;
    memcpy(keep, a, 256);
    memcpy(a, b, 256);
    memcpy(b, keep, 256);
    CU_ASSERT_EQUAL(open_as(&o, &m, &v), SEAL_TAMPERED);
    free(m.p);
    people_free(&all);
}

static void too_long_for_blocks(void)
{
    struct people all = people_make();
    struct seal_params p = sending(&all, &all.ec, &all.rsa);
    struct seal_open_params o = opening(&all, &all.rsa);
    struct seal_verdict v;
    struct seal_status st;
    struct message m;
    p.form = SEAL_RSA;
    m = seal(&p, SEAL_RSA_MAX);
    CU_ASSERT_EQUAL(open_as(&o, &m, &v), SEAL_OK);
    free(m.p);
    CU_ASSERT_FALSE(seal_buffer(&p, text, SEAL_RSA_MAX + 1, &m.p, &m.len, &st));
    CU_ASSERT_EQUAL(st.result, SEAL_TOO_LONG);
    CU_ASSERT_PTR_NULL(m.p);
    CU_ASSERT_PTR_NOT_NULL(strstr(st.reason, "65536"));
    people_free(&all);
}

static void expires(void)
{
    struct people all = people_make();
    struct seal_params p = sending(&all, &all.ec, &all.ec);
    struct seal_open_params o = opening(&all, &all.ec);
    struct seal_verdict v;
    p.expires = PEOPLE_NOW + 60;
    struct message m = seal(&p, 10);
    o.now = PEOPLE_NOW + 60;
    CU_ASSERT_EQUAL(open_as(&o, &m, &v), SEAL_OK);
    o.now++;
    CU_ASSERT_EQUAL(open_as(&o, &m, &v), SEAL_EXPIRED);
    CU_ASSERT_STRING_EQUAL(v.signer, "ec");
    free(m.p);
    people_free(&all);
}

static enum seal_result sealing_fails(const struct seal_params *p)
{
    struct seal_status st;
    uint8_t *out;
    size_t len;
    CU_ASSERT_FALSE(seal_buffer(p, "x", 1, &out, &len, &st));
    CU_ASSERT(out == NULL && len == 0);
    CU_ASSERT(*st.reason);
    return st.result;
}

static void recipients_are_judged(void)
{
    struct people all = people_make();
    struct person wrong[] = {
        person_make("expired", "client", fresh_key(SW_KEY_EC, SW_CURVE_P256), &all.root, -1),
        person_make("cannot", "server", fresh_key(SW_KEY_EC, SW_CURVE_P256), &all.root, 10), /* no keyAgreement */
        person_make("stranger", "root", fresh_key(SW_KEY_EC, SW_CURVE_P256), NULL, 10),
        person_make("signs", "client", fresh_key(SW_KEY_ED25519, 0), &all.root, 10),
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct seal_params p = sending(&all, &all.ec, &wrong[i]);
        CU_ASSERT_EQUAL(sealing_fails(&p), SEAL_RECIPIENT);
        struct seal_status st;
        memset(&st, 0x5a, sizeof st); /* what it finds there is not its own */
        CU_ASSERT_FALSE(seal_recipient_ok(&p, &wrong[i].chain, &st));
        CU_ASSERT(st.result == SEAL_RECIPIENT && strstr(st.reason, "certificate") != NULL);
        /* nor if it is the second of two */
        struct seal_chain to[] = {all.ec.chain, wrong[i].chain};
        p.to = to;
        p.to_len = 2;
        CU_ASSERT_EQUAL(sealing_fails(&p), SEAL_RECIPIENT);
        person_free(&wrong[i]);
    }
    struct seal_params p = sending(&all, &all.ec, &all.ec);
    p.form = SEAL_RSA;
    CU_ASSERT_EQUAL(sealing_fails(&p), SEAL_RECIPIENT);
    people_free(&all);
}

static void our_own_side_is_checked(void)
{
    struct people all = people_make();
    struct seal_params p = sending(&all, &all.ec, &all.ec);
    struct seal_open_params o = opening(&all, &all.ec);
    struct seal_verdict v;
    struct message m = seal(&p, 10);
    p.self.key = all.other.key;
    CU_ASSERT_EQUAL(sealing_fails(&p), SEAL_CONFIG);
    o.self.key = all.other.key;
    CU_ASSERT_EQUAL(open_as(&o, &m, &v), SEAL_CONFIG);
    o = opening(&all, &all.ed);
    CU_ASSERT_EQUAL(open_as(&o, &m, &v), SEAL_CONFIG);
    p = sending(&all, &all.ec, &all.ec);
    p.to_len = 0;
    CU_ASSERT_EQUAL(sealing_fails(&p), SEAL_CONFIG);
    p.to_len = 1;
    p.message_id = "two\r\nlines";
    CU_ASSERT_EQUAL(sealing_fails(&p), SEAL_CONFIG);
    free(m.p);
    people_free(&all);
}

static void signers_are_judged(void)
{
    struct people all = people_make();
    struct person root = person_make("Root", "root", fresh_key(SW_KEY_EC, SW_CURVE_P256), NULL, 100);
    struct person wrong[] = {
        person_make("impostor", "client", fresh_key(SW_KEY_EC, SW_CURVE_P256), &root, 10), /* a root of the same name */
        person_make("expired", "client", fresh_key(SW_KEY_EC, SW_CURVE_P256), &all.root, -1),
        person_make("server", "server", fresh_key(SW_KEY_EC, SW_CURVE_P256), &all.root, 10),
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct seal_params p = sending(&all, &wrong[i], &all.ec);
        struct seal_open_params o = opening(&all, &all.ec);
        struct seal_verdict v;
        struct message m = seal(&p, 10);
        CU_ASSERT_EQUAL(open_as(&o, &m, &v), SEAL_SIGNER);
        free(m.p);
        person_free(&wrong[i]);
    }
    person_free(&root);
    people_free(&all);
}

/*
 * Somebody else with our very certificate's issuer and serial number, or our key under another certificate: not what
 * the signer meant.
 */
static void meant_for_another_certificate(void)
{
    struct people all = people_make();
    struct seal_params p = sending(&all, &all.ed, &all.ec);
    struct message m = seal(&p, 10);
    struct person renewed = person_make("ec", "client", sw_privkey_ref(all.ec.key), &all.root, 50);
    /* named like the first, so that the encryption takes it for the recipient */
    struct sw_cert *leaf = &renewed.chain.cert[0];
    leaf->serial = all.ec.chain.cert[0].serial;
    struct seal_open_params o = opening(&all, &renewed);
    struct seal_verdict v;
    CU_ASSERT_EQUAL(open_as(&o, &m, &v), SEAL_NOT_FOR_US);
    CU_ASSERT_STRING_EQUAL(v.signer, "ed");
    person_free(&renewed);
    free(m.p);
    people_free(&all);
}

static void ids_differ(void)
{
    struct people all = people_make();
    struct seal_params p = sending(&all, &all.ed, &all.ec);
    struct seal_open_params o = opening(&all, &all.ec);
    struct seal_verdict a, b;
    struct message m = seal(&p, 10), n = seal(&p, 10);
    CU_ASSERT_EQUAL(open_as(&o, &m, &a), SEAL_OK);
    CU_ASSERT_EQUAL(open_as(&o, &n, &b), SEAL_OK);
    CU_ASSERT_STRING_NOT_EQUAL(a.message_id, b.message_id);
    CU_ASSERT_EQUAL(open_as(&o, &m, &b), SEAL_OK);
    CU_ASSERT_STRING_EQUAL(a.message_id, b.message_id);
    free(m.p);
    free(n.p);
    people_free(&all);
}

/* --- streams that fail -------------------------------------------------------------------------------------------- */

struct failing {
    struct seal_source source;
    struct seal_sink sink;
    size_t left;
};

static size_t failing_read(struct seal_source *source, uint8_t *buf, size_t cap)
{
    struct failing *f = (struct failing *)source;
    size_t n = cap < f->left ? cap : f->left;
    memset(buf, 'x', n);
    f->left -= n;
    f->source.failed = n == 0;
    return n;
}

static bool refusing_write(struct seal_sink *sink, const void *p, size_t len)
{
    (void)p;
    (void)len;
    sink->failed = true;
    return false;
}

static void failing_files(void)
{
    struct people all = people_make();
    struct seal_params p = sending(&all, &all.ed, &all.ec);
    struct seal_open_params o = opening(&all, &all.ec);
    struct seal_status st = {0}, spare = {0};
    struct seal_verdict v;
    struct failing in = {.source = {failing_read, false}, .left = 100000};
    struct seal_buf out;
    struct seal_memory source;
    seal_buf_init(&out, SIZE_MAX / 2, &spare);
    CU_ASSERT_FALSE(seal_stream(&p, &in.source, &out.sink, &st)); /* a part of a file is no file */
    CU_ASSERT_EQUAL(st.result, SEAL_SYSTEM);
    seal_buf_free(&out);
    struct seal_sink refusing = {refusing_write, false};
    seal_memory_init(&source, text, 1000);
    CU_ASSERT_FALSE(seal_stream(&p, &source.source, &refusing, &st));
    CU_ASSERT_EQUAL(st.result, SEAL_SYSTEM);
    struct message m = seal(&p, 1000);
    seal_memory_init(&source, m.p, m.len);
    refusing.failed = false;
    CU_ASSERT_FALSE(seal_open_stream(&o, &source.source, &refusing, &v));
    CU_ASSERT_EQUAL(v.status.result, SEAL_SYSTEM);
    in = (struct failing){.source = {failing_read, false}, .left = 0};
    CU_ASSERT_FALSE(seal_open_stream(&o, &in.source, &out.sink, &v));
    CU_ASSERT_EQUAL(v.status.result, SEAL_SYSTEM);
    free(m.p);
    people_free(&all);
}

SW_TEST_SUITE(seal){
    SW_TEST(every_key_to_every_key),
    SW_TEST(pss_keys),
    SW_TEST(every_length),
    SW_TEST(several_recipients),
    SW_TEST(damage_is_noticed),
    SW_TEST(damage_of_blocks_is_noticed),
    SW_TEST(swapped_blocks_are_noticed),
    SW_TEST(too_long_for_blocks),
    SW_TEST(expires),
    SW_TEST(recipients_are_judged),
    SW_TEST(our_own_side_is_checked),
    SW_TEST(signers_are_judged),
    SW_TEST(meant_for_another_certificate),
    SW_TEST(ids_differ),
    SW_TEST(failing_files),
};
