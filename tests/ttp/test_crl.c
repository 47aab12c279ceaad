/*
 * Revocation lists as somebody may write them: what each extension means for whom, what makes a list unusable, and
 * which are not lists at all. RFC 5280 5, 6.3. Lists are put together by hand, since ours would not have most of this
 * in them.
 */
#include "tests/ttp/chain.h"
#include "ttp/crl.h"
#include "ttp/path.h"
#include <stdio.h>

#define DP_A "300fa00da00b8609687474703a2f2f612f" /* a distribution point named http://a/ */
#define DP_B "300fa00da00b8609687474703a2f2f622f"
#define KEY_COMPROMISE "300483020640"
#define ALL_OTHERS                                                                                                     \
    "3005830307"                                                                                                       \
    "3f80"

/* What a list has; extension values in hexadecimal, NULL for none. */
struct form {
    const char *idp, *number;
    unsigned other; /* id-ce number of an extension more, 0: none */
    bool other_critical, number_critical, version1, no_next;
    uint8_t serial;     /* of its one entry, 0: none */
    unsigned entry_ext; /* id-ce number of the entry's extension, 0: none */
    const char *entry_value;
    bool entry_critical;
};

static size_t unhex(const char *hex, uint8_t *out)
{
    size_t n = 0;

    for (; hex[0] && hex[1]; hex += 2) {
        unsigned byte;

        if (sscanf(hex, "%2x", &byte) != 1)
            abort();
        out[n++] = (uint8_t)byte;
    }
    return n;
}

static void write_ext(struct sw_writer *w, unsigned id, bool critical, const char *hex)
{
    uint8_t value[128];
    size_t mark[2], n = unhex(hex, value);

    ext_open(w, (uint8_t)id, critical, mark);
    sw_write_bytes(w, value, n);
    ext_close(w, mark);
}

static void write_entry(struct sw_writer *w, const struct form *f)
{
    size_t list = sw_der_open(w, SW_DER_SEQUENCE), entry = sw_der_open(w, SW_DER_SEQUENCE), exts;

    sw_der_write(w, SW_DER_INTEGER, &f->serial, 1);
    sw_time_encode(w, CHAIN_NOW - 50);
    if (f->entry_ext != 0) {
        exts = sw_der_open(w, SW_DER_SEQUENCE);
        write_ext(w, f->entry_ext, f->entry_critical, f->entry_value);
        sw_der_close(w, exts);
    }
    sw_der_close(w, entry);
    sw_der_close(w, list);
}

static size_t make_list(const struct form *f, const struct made *issuer, uint8_t *out, size_t cap)
{
    const struct sw_sigscheme *scheme = sw_sign_scheme(sw_privkey_public(issuer->key), true);
    uint8_t tbs[1024];
    struct sw_writer w = sw_writer_of(tbs, sizeof tbs), whole = sw_writer_of(out, cap);
    size_t seq = sw_der_open(&w, SW_DER_SEQUENCE), tag, exts;

    if (!f->version1)
        sw_der_write_int(&w, 1);
    sw_sigalg_encode(&w, scheme);
    sw_write_slice(&w, issuer->cert.subject);
    sw_time_encode(&w, CHAIN_NOW - 100);
    if (!f->no_next)
        sw_time_encode(&w, CHAIN_NOW + 100);
    if (f->serial != 0)
        write_entry(&w, f);
    if (f->idp != NULL || f->number != NULL || f->other != 0) {
        tag = sw_der_open(&w, SW_DER_CONTEXT(0) | SW_DER_CONSTRUCTED);
        exts = sw_der_open(&w, SW_DER_SEQUENCE);
        if (f->number != NULL)
            write_ext(&w, 20, f->number_critical, f->number);
        if (f->idp != NULL)
            write_ext(&w, 28, true, f->idp);
        if (f->other != 0)
            write_ext(&w, f->other, f->other_critical, "020105");
        sw_der_close(&w, exts);
        sw_der_close(&w, tag);
    }
    sw_der_close(&w, seq);
    if (!sw_writer_ok(&w) || sw_sign_wrap(&whole, (struct sw_slice){tbs, w.len}, issuer->key, scheme) != SW_OK)
        abort();
    return whole.len;
}

/* --- one list, one certificate ------------------------------------------------------------------------------------ */

enum leaf { PLAIN, WITH_POINT_A };

/* clang-format off */
static const struct row {
    const char *what;
    struct form list;
    enum leaf leaf;   /* serial 5 both */
    enum sw_err err;
} rows[] = {
    {"an empty list",                  {.number = "020101"},                                        PLAIN, SW_OK},
    {"somebody else",                  {.number = "020101", .serial = 6},                           PLAIN, SW_OK},
    {"revoked",                        {.number = "020101", .serial = 5},                           PLAIN, SW_ERR_CERT_REVOKED},
    {"revoked, with a reason",         {.serial = 5, .number = "020101", .entry_ext = 21, .entry_value = "0a0101"}, PLAIN, SW_ERR_CERT_REVOKED},
    {"on hold is revoked",             {.serial = 5, .number = "020101", .entry_ext = 21, .entry_value = "0a0106"}, PLAIN, SW_ERR_CERT_REVOKED},
    {"removed from the list",          {.serial = 5, .number = "020101", .entry_ext = 21, .entry_value = "0a0108"}, PLAIN, SW_OK},
    {"invalidity date",                {.serial = 5, .number = "020101", .entry_ext = 24, .entry_value = "180f32303236303130313030303030305a"}, PLAIN, SW_ERR_CERT_REVOKED},
    {"an entry of another issuer",     {.serial = 6, .number = "020101", .entry_ext = 29, .entry_value = "3000", .entry_critical = true}, PLAIN, SW_ERR_CRL},
    {"an entry nobody understands",    {.serial = 6, .number = "020101", .entry_ext = 99, .entry_value = "0500", .entry_critical = true}, PLAIN, SW_ERR_CRL},
    {"version 1",                      {.version1 = true},                                          PLAIN, SW_OK},
    {"version 1, revoked",             {.version1 = true, .serial = 5},                             PLAIN, SW_ERR_CERT_REVOKED},
    {"no nextUpdate",                  {.number = "020101", .no_next = true},                       PLAIN, SW_ERR_CRL},
    {"a critical number",              {.number = "020101", .number_critical = true},               PLAIN, SW_ERR_CRL},
    {"a delta list",                   {.number = "020101", .other = 27, .other_critical = true},   PLAIN, SW_ERR_CRL},
    {"a delta list, not critical",     {.number = "020101", .other = 27},                           PLAIN, SW_ERR_CRL},
    {"a critical unknown extension",   {.number = "020101", .other = 99, .other_critical = true},   PLAIN, SW_ERR_CRL},
    {"an unknown extension",           {.number = "020101", .other = 99},                           PLAIN, SW_OK},
    {"of users",                       {.idp = "30038101ff"},                                       PLAIN, SW_OK},
    {"of users, revoked",              {.idp = "30038101ff", .serial = 5},                          PLAIN, SW_ERR_CERT_REVOKED},
    {"of CAs",                         {.idp = "30038201ff", .serial = 5},                          PLAIN, SW_ERR_CRL},
    {"of users and of CAs alone",      {.idp = "30068101ff8201ff"},                                 PLAIN, SW_ERR_CRL},
    {"of attribute certificates",      {.idp = "30038501ff"},                                       PLAIN, SW_ERR_CRL},
    {"an indirect list",               {.idp = "30038401ff"},                                       PLAIN, SW_ERR_CRL},
    {"some reasons",                   {.idp = KEY_COMPROMISE},                                     PLAIN, SW_ERR_CRL},
    {"some reasons, revoked",          {.idp = KEY_COMPROMISE, .serial = 5},                        PLAIN, SW_ERR_CERT_REVOKED},
    {"a point, of none",               {.idp = DP_A},                                               PLAIN, SW_ERR_CRL},
    {"a point, of this one",           {.idp = DP_A},                                               WITH_POINT_A, SW_OK},
    {"a point, revoked",               {.idp = DP_A, .serial = 5},                                  WITH_POINT_A, SW_ERR_CERT_REVOKED},
    {"another point",                  {.idp = DP_B, .serial = 5},                                  WITH_POINT_A, SW_ERR_CRL},
    {"no point, certificate has one",  {.number = "020101"},                                        WITH_POINT_A, SW_OK},
    {"a relative name",                {.idp = "3004a002a100"},                                     PLAIN, SW_ERR_CRL},
};
/* clang-format on */

struct scene {
    struct made root, leaf[2];
};

static void setup(struct scene *s)
{
    static uint8_t points[64];
    struct sw_writer w = sw_writer_of(points, sizeof points);

    write_ext(&w, 31, false, "3011" DP_A);
    chain_make(&s->root, &(struct recipe){.cn = "Root", .seed = 1, .ca = true});
    chain_make(&s->leaf[PLAIN], &(struct recipe){.cn = "leaf", .seed = 2, .serial = 5, .issuer = &s->root});
    chain_make(
        &s->leaf[WITH_POINT_A],
        &(struct recipe){.cn = "leaf", .seed = 2, .serial = 5, .issuer = &s->root, .extensions = {points, w.len}});
}

static void teardown(struct scene *s)
{
    chain_free(&s->root, 1);
    chain_free(s->leaf, 2);
}

static struct sw_trust *trust_of(const struct made *root)
{
    struct sw_trust *trust = sw_trust_new();

    CU_ASSERT_PTR_NOT_NULL_FATAL(trust);
    SW_ASSERT_OK(sw_trust_add(trust, root->der, root->len));
    return trust;
}

static enum sw_err judge(const struct sw_trust *trust, const struct made *leaf, struct sw_verify_result *result)
{
    struct sw_verify_params params = {.trust = trust, .time = CHAIN_NOW, .purpose = SW_PURPOSE_SERVER};

    return sw_verify(&leaf->cert, &params, result);
}

static void means_what_it_says(void)
{
    struct scene s;
    uint8_t der[1200];

    setup(&s);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct sw_trust *trust = trust_of(&s.root);
        struct sw_verify_result result;
        size_t len = make_list(&rows[i].list, &s.root, der, sizeof der);
        enum sw_err err;

        SW_ASSERT_OK(sw_trust_add_crl(trust, der, len));
        err = judge(trust, &s.leaf[rows[i].leaf], &result);
        if (err != rows[i].err)
            printf("%s: %s\n", rows[i].what, err == SW_OK ? "accepted" : result.reason);
        CU_ASSERT_EQUAL(err, rows[i].err);
        sw_trust_free(trust);
    }
    teardown(&s);
}

/* --- several lists ------------------------------------------------------------------------------------------------ */

static void add_list(struct sw_trust *trust, const struct form *f, const struct made *issuer)
{
    uint8_t der[1200];

    SW_ASSERT_OK(sw_trust_add_crl(trust, der, make_list(f, issuer, der, sizeof der)));
}

static void reasons_add_up(void)
{
    static const struct form one = {.idp = KEY_COMPROMISE}, others = {.idp = ALL_OTHERS},
                             hit = {.idp = ALL_OTHERS, .serial = 5};
    struct scene s;
    struct sw_trust *trust;
    struct sw_verify_result result;

    setup(&s);
    trust = trust_of(&s.root);
    add_list(trust, &one, &s.root);
    SW_ASSERT_ERR(judge(trust, &s.leaf[PLAIN], &result), SW_ERR_CRL);
    add_list(trust, &others, &s.root);
    SW_ASSERT_OK(judge(trust, &s.leaf[PLAIN], &result));
    add_list(trust, &hit, &s.root);
    SW_ASSERT_ERR(judge(trust, &s.leaf[PLAIN], &result), SW_ERR_CERT_REVOKED);
    sw_trust_free(trust);
    teardown(&s);
}

/* A list that is useless does no harm beside one that is good; one that revokes counts wherever it stands. */
static void one_good_list_is_enough(void)
{
    static const struct form delta = {.number = "020101", .other = 27, .other_critical = true},
                             good = {.number = "020101"};
    struct scene s;
    struct sw_trust *trust;
    struct sw_verify_result result;

    setup(&s);
    trust = trust_of(&s.root);
    add_list(trust, &delta, &s.root);
    SW_ASSERT_ERR(judge(trust, &s.leaf[PLAIN], &result), SW_ERR_CRL);
    add_list(trust, &good, &s.root);
    SW_ASSERT_OK(judge(trust, &s.leaf[PLAIN], &result));
    sw_trust_free(trust);
    teardown(&s);
}

/* That a list is one CA's is remembered, and not taken for another's of the same name. */
static void who_signed_is_remembered(void)
{
    static const struct form good = {.number = "020101"};
    struct scene s;
    struct made other, stranger;
    struct sw_trust *trust;
    struct sw_verify_result result;

    setup(&s);
    chain_make(&other, &(struct recipe){.cn = "Root", .seed = 9, .ca = true});
    chain_make(&stranger, &(struct recipe){.cn = "leaf", .seed = 3, .serial = 5, .issuer = &other});
    trust = trust_of(&s.root);
    SW_ASSERT_OK(sw_trust_add(trust, other.der, other.len));
    add_list(trust, &good, &s.root);
    for (int i = 0; i < 3; i++) {
        SW_ASSERT_OK(judge(trust, &s.leaf[PLAIN], &result));
        CU_ASSERT_EQUAL(sw_trust_crl_signed(trust, 0, s.root.cert.spki), true);
        CU_ASSERT_EQUAL(sw_trust_crl_signed(trust, 0, other.cert.spki), false);
        SW_ASSERT_ERR(judge(trust, &stranger, &result), SW_ERR_CRL);
    }
    sw_trust_free(trust);
    teardown(&s);
    chain_free(&other, 1);
    chain_free(&stranger, 1);
}

/* --- no lists ----------------------------------------------------------------------------------------------------- */

/* clang-format off */
static const struct {
    const char *what;
    struct form list;
} malformed[] = {
    {"version 1 with extensions",   {.version1 = true, .number = "020101"}},
    {"a flag that is false",        {.idp = "3003810100"}},
    {"a flag that is 1",            {.idp = "3003810101"}},
    {"flags out of order",          {.idp = "30068201ff8101ff"}},
    {"a flag twice",                {.idp = "30068101ff8101ff"}},
    {"no reasons",                  {.idp = "3003830100"}},
    {"too many reasons",            {.idp = "3006830400000000"}},
    {"an empty point",              {.idp = "3002a000"}},
    {"a point without names",       {.idp = "3004a002a000"}},
    {"a byte behind the point",     {.idp = "30038101ff00"}},
    {"a number twice",              {.number = "020101", .other = 20}},
    {"a number that is none",       {.number = "0500"}},
    {"a number with a byte behind", {.number = "02010100"}},
    {"a reason above ten",          {.number = "020101", .serial = 6, .entry_ext = 21, .entry_value = "0a010b"}},
    {"a reason of two bytes",       {.number = "020101", .serial = 6, .entry_ext = 21, .entry_value = "0a020101"}},
    {"a reason that is an integer", {.number = "020101", .serial = 6, .entry_ext = 21, .entry_value = "020101"}},
};
/* clang-format on */

static void others_are_no_lists(void)
{
    struct scene s;
    struct sw_crl crl;
    uint8_t der[1200];

    setup(&s);
    for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++) {
        size_t len = make_list(&malformed[i].list, &s.root, der, sizeof der);
        enum sw_err err = sw_crl_parse(&crl, der, len);

        if (err != SW_ERR_CRL)
            printf("taken for a list: %s\n", malformed[i].what);
        CU_ASSERT_EQUAL(err, SW_ERR_CRL);
    }
    teardown(&s);
}

SW_TEST_SUITE(crl){
    SW_TEST(means_what_it_says),       SW_TEST(reasons_add_up),      SW_TEST(one_good_list_is_enough),
    SW_TEST(who_signed_is_remembered), SW_TEST(others_are_no_lists),
};
