/* The suites: the rows, the document that shows them, their names, and choosing one. */
#include "handshake/suite.h"
#include "include/sealwax.h"
#include "tests/test.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct sw_suite *row(uint16_t id)
{
    const struct sw_suite *suite = sw_suite_by_id(id);

    CU_ASSERT_PTR_NOT_NULL_FATAL(suite);
    return suite;
}

static void rows_are_consistent(void)
{
    const struct sw_suite *s;
    size_t n = 0;

    for (; (s = sw_suite_row(n)); n++) {
        CU_ASSERT_PTR_EQUAL(sw_suite_by_id(s->id), s); /* no number twice */
        CU_ASSERT_EQUAL(s->mac == SW_HASH_NONE, s->bulk->kind == SW_BULK_AEAD);
        CU_ASSERT_EQUAL(s->min_version == SW_TLS13, s->kex == SW_KEX_TLS13);
        CU_ASSERT_EQUAL(s->auth == SW_AUTH_ANY, s->kex == SW_KEX_TLS13);
        CU_ASSERT_EQUAL(s->named & s->policies, s->policies);
        CU_ASSERT(s->named & SW_POLICY_ALL);
        CU_ASSERT(s->prf == SW_HASH_SHA256 || s->prf == SW_HASH_SHA384 || s->prf == SW_HASH_SHA512);
        CU_ASSERT(sw_hash_len(s->mac) <= 64 && s->bulk->key_len <= 32 && s->bulk->fixed_iv_len <= 16);
        CU_ASSERT_EQUAL(s->id >= 0xFF00, strncmp(s->name, "SEALWAX_", 8) == 0);
        CU_ASSERT(s->id < 0xFF00 || (s->policies == 0 && s->named == SW_POLICY_ALL && !s->openssl_name));
    }
    CU_ASSERT_PTR_NULL(sw_suite_row(n));
    CU_ASSERT_PTR_NULL(sw_suite_row(SIZE_MAX));
}

/* The name says what the suite is made of; the columns must say the same. */
static void columns_follow_from_the_name(void)
{
    const struct sw_suite *s;

    for (size_t i = 0; (s = sw_suite_row(i)); i++) {
        const char *n = s->name;
        const struct sw_bulk *bulk = strstr(n, "AES_128_CBC")   ? &sw_bulk_aes128_cbc
                                     : strstr(n, "AES_256_CBC") ? &sw_bulk_aes256_cbc
                                     : strstr(n, "AES_128_GCM") ? &sw_bulk_aes128_gcm
                                     : strstr(n, "AES_256_GCM") ? &sw_bulk_aes256_gcm
                                     : strstr(n, "CHACHA20")    ? &sw_bulk_chacha20_poly1305
                                     : strstr(n, "3DES")        ? &sw_bulk_3des_cbc
                                     : strstr(n, "NULL")        ? &sw_bulk_null
                                                                : NULL;
        const char *last = strrchr(n, '_') + 1;
        enum sw_hash_id hash = strcmp(last, "SHA384") == 0   ? SW_HASH_SHA384
                               : strcmp(last, "SHA512") == 0 ? SW_HASH_SHA512
                               : strcmp(last, "SHA") == 0    ? SW_HASH_SHA1
                                                             : SW_HASH_SHA256;
        enum sw_kex_kind kex = strstr(n, "_ECDHE_")  ? SW_KEX_ECDHE
                               : strstr(n, "_DHE_")  ? SW_KEX_DHE
                               : strstr(n, "_WITH_") ? SW_KEX_RSA
                                                     : SW_KEX_TLS13;

        CU_ASSERT_PTR_EQUAL(s->bulk, bulk);
        CU_ASSERT_EQUAL(s->kex, kex);
        CU_ASSERT_EQUAL(s->auth == SW_AUTH_ECDSA, strstr(n, "_ECDSA_") != NULL);
        CU_ASSERT_EQUAL(s->mac, s->bulk->kind == SW_BULK_AEAD ? SW_HASH_NONE : hash);
        /* RFC 5246 5: suites with SHA-1 or older use SHA-256 for the PRF, the others their own hash */
        CU_ASSERT_EQUAL(s->prf, hash == SW_HASH_SHA1 ? SW_HASH_SHA256 : hash);
    }
}

/* The list, each as registered with IANA (private use: docs/suites.md). */
static void every_suite_is_there(void)
{
    static const uint16_t ids[] = {
        0x002F, 0x0035, 0x003C, 0x003D, 0x009C, 0x009D, 0x003B, 0x000A, 0x0033, 0x0039, 0x0067, 0x006B, 0x009E,
        0x009F, 0xCCAA, 0x0016, 0xC009, 0xC00A, 0xC013, 0xC014, 0xC023, 0xC024, 0xC027, 0xC028, 0xC02B, 0xC02C,
        0xC02F, 0xC030, 0xCCA8, 0xCCA9, 0x1301, 0x1302, 0x1303, 0xFF01, 0xFF02, 0xFF03, 0xFF04, 0xFF05, 0xFF06,
    };
    size_t n = 0;

    while (sw_suite_row(n))
        n++;
    CU_ASSERT_EQUAL(n, sizeof ids / sizeof ids[0]);
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++)
        row(ids[i]);
    CU_ASSERT_STRING_EQUAL(row(0x003C)->name, "TLS_RSA_WITH_AES_128_CBC_SHA256");
    CU_ASSERT_STRING_EQUAL(row(0xC014)->name, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA");
    CU_ASSERT_STRING_EQUAL(row(0xC024)->name, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384");
    CU_ASSERT_STRING_EQUAL(row(0xCCAA)->name, "TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256");
    CU_ASSERT_PTR_NULL(sw_suite_by_id(0x00FF)); /* the SCSVs and GREASE are no suites */
    CU_ASSERT_PTR_NULL(sw_suite_by_id(0x5600));
    CU_ASSERT_PTR_NULL(sw_suite_by_id(0x0A0A));
    CU_ASSERT_PTR_NULL(sw_suite_by_id(0));
}

static void policies_have_what_they_promise(void)
{
    const struct sw_suite *s;

    CU_ASSERT_EQUAL(sw_suite_row(0)->id, 0x003C);
    CU_ASSERT_EQUAL(sw_suite_row(0)->policies, SW_POLICY_CLASSIC | SW_POLICY_ALL);
    for (size_t i = 0; (s = sw_suite_row(i)); i++) {
        bool fs = s->kex != SW_KEX_RSA, aead = s->bulk->kind == SW_BULK_AEAD;
        if (s->named & SW_POLICY_MODERN)
            CU_ASSERT(fs && aead && s->id < 0xFF00);
        if (s->policies) {
            CU_ASSERT(s->bulk != &sw_bulk_null && s->bulk != &sw_bulk_3des_cbc);
            CU_ASSERT(s->policies & SW_POLICY_ALL);
            CU_ASSERT_EQUAL((s->policies & SW_POLICY_MODERN) != 0, fs && aead);
            CU_ASSERT(s->policies & SW_POLICY_CLASSIC);
        }
    }
}

/* After the classic suite: forward secrecy before none, then AEAD before CBC, then ECDHE before DHE, ECDSA before RSA; named ones last. */
static void order_follows_the_rules(void)
{
    int last = -1;
    const struct sw_suite *s;

    for (size_t i = 1; (s = sw_suite_row(i)); i++) {
        int rank = (s->policies ? 0 : 1000) + (s->min_version == SW_TLS13 ? 0 : 100);
        if (s->policies)
            rank += (s->kex == SW_KEX_RSA) * 64 + (s->bulk->kind != SW_BULK_AEAD) * 32 + (s->kex == SW_KEX_DHE) * 16;
        if (s->policies && s->kex != SW_KEX_DHE) {
            rank += (s->mac == SW_HASH_SHA1) * 8 + (s->auth == SW_AUTH_RSA) * 4;
        }
        CU_ASSERT(rank >= last);
        last = rank;
    }
}

static void names_are_found(void)
{
    const struct sw_suite *s;
    char number[7];

    for (size_t i = 0; (s = sw_suite_row(i)); i++) {
        CU_ASSERT_PTR_EQUAL(sw_suite_by_name(s->name, strlen(s->name)), s);
        if (s->openssl_name)
            CU_ASSERT_PTR_EQUAL(sw_suite_by_name(s->openssl_name, strlen(s->openssl_name)), s);
        snprintf(number, sizeof number, "0x%04x", s->id);
        CU_ASSERT_PTR_EQUAL(sw_suite_by_name(number, 6), s);
        snprintf(number, sizeof number, "0X%04X", s->id);
        CU_ASSERT_PTR_EQUAL(sw_suite_by_name(number, 6), s);
        CU_ASSERT_PTR_NULL(sw_suite_by_name(s->name, strlen(s->name) - 1));
    }
    CU_ASSERT_PTR_NULL(sw_suite_by_name("", 0));
    CU_ASSERT_PTR_NULL(sw_suite_by_name("aes128-sha256", 13));
    CU_ASSERT_PTR_NULL(sw_suite_by_name("0x003", 5));
    CU_ASSERT_PTR_NULL(sw_suite_by_name("0x003CC", 7));
    CU_ASSERT_PTR_NULL(sw_suite_by_name("0x00G0", 6));
    CU_ASSERT_PTR_NULL(sw_suite_by_name("0x00\0C", 6));
    CU_ASSERT_PTR_NULL(sw_suite_by_name("1x003C", 6));
}

/* --- choosing --------------------------------------------------------------------------------------------------------- */

struct ask {
    unsigned calls;
    uint16_t never[4]; /* not usable */
};

static bool usable(void *ctx, const struct sw_suite *suite)
{
    struct ask *ask = ctx;

    ask->calls++;
    for (size_t i = 0; i < 4; i++)
        if (ask->never[i] == suite->id)
            return false;
    return true;
}

static const uint16_t ours[] = {0x003C, 0x1301, 0xC02F, 0x002F};

static uint16_t choose(uint16_t version, const char *theirs_hex, bool server_order, struct ask *ask)
{
    uint8_t theirs[64];
    size_t len = sw_unhex(theirs_hex, theirs, sizeof theirs);
    const struct sw_suite *s = sw_suite_choose(version, ours, sizeof ours / sizeof ours[0],
                                               (struct sw_slice){theirs, len}, server_order, usable, ask);

    return s ? s->id : 0;
}

static void choosing(void)
{
    struct ask any = {0}, no_rsa = {0, {0x003C}}, nothing = {0, {0x003C, 0xC02F, 0x002F}};

    CU_ASSERT_EQUAL(choose(SW_TLS12, "002F C02F 003C", true, &any), 0x003C);
    CU_ASSERT_EQUAL(choose(SW_TLS12, "002F C02F 003C", false, &any), 0x002F);
    CU_ASSERT_EQUAL(choose(SW_TLS12, "002F C02F 003C", true, &no_rsa), 0xC02F);
    CU_ASSERT_EQUAL(choose(SW_TLS12, "003C C02F 002F", false, &no_rsa), 0xC02F);
    CU_ASSERT_EQUAL(choose(SW_TLS12, "002F C02F 003C", true, &nothing), 0);
    CU_ASSERT_EQUAL(choose(SW_TLS12, "002F C02F 003C", false, &nothing), 0);
    /* what is not ours, unknown or GREASE is passed over */
    CU_ASSERT_EQUAL(choose(SW_TLS12, "0A0A 00FF 5600 C02B FFFF 002F", true, &any), 0x002F);
    CU_ASSERT_EQUAL(choose(SW_TLS12, "0A0A 00FF 5600 C02B FFFF 002F", false, &any), 0x002F);
    CU_ASSERT_EQUAL(choose(SW_TLS12, "0A0A 009C", true, &any), 0);
    CU_ASSERT_EQUAL(choose(SW_TLS12, "", true, &any), 0);
    CU_ASSERT_EQUAL(choose(SW_TLS12, "", false, &any), 0);
    /* each version keeps to its own suites */
    CU_ASSERT_EQUAL(choose(SW_TLS12, "1301", true, &any), 0);
    CU_ASSERT_EQUAL(choose(SW_TLS12, "1301 002F", false, &any), 0x002F);
    CU_ASSERT_EQUAL(choose(SW_TLS13, "003C 1301", true, &any), 0x1301);
    CU_ASSERT_EQUAL(choose(SW_TLS13, "003C 1301", false, &any), 0x1301);
    CU_ASSERT_EQUAL(choose(SW_TLS13, "003C C02F", true, &any), 0);
}

/* A hello of 32,767 suites, all the same: answered, and the question is asked once. */
static void a_flood_is_asked_about_once(void)
{
    static uint8_t theirs[65534];

    for (size_t i = 0; i < sizeof theirs; i += 2)
        theirs[i + 1] = 0x3C;
    for (int order = 0; order < 2; order++) {
        struct ask never = {0, {0x003C}};
        CU_ASSERT_PTR_NULL(sw_suite_choose(SW_TLS12, ours, sizeof ours / sizeof ours[0],
                                           (struct sw_slice){theirs, sizeof theirs}, order, usable, &never));
        CU_ASSERT_EQUAL(never.calls, 1);
    }
}

/* --- the document ----------------------------------------------------------------------------------------------------- */

static const char *policy_text(const struct sw_suite *s)
{
    unsigned p = s->policies ? s->policies : s->named;
    static const char *const on[] = {
        [4] = "all", [5] = "classic, all", [6] = "modern, all", [7] = "classic, modern, all"};
    static const char *const named[] = {[4] = "named: all", [5] = "named: classic, all", [6] = "?", [7] = "?"};

    return s->policies ? on[p] : named[p];
}

static void document_line(const struct sw_suite *s, char *out, size_t cap)
{
    static const char *const kex[] = {
        [SW_KEX_RSA] = "RSA", [SW_KEX_DHE] = "DHE", [SW_KEX_ECDHE] = "ECDHE", [SW_KEX_TLS13] = "(EC)DHE"};
    static const char *const auth[] = {[SW_AUTH_RSA] = "RSA", [SW_AUTH_ECDSA] = "ECDSA", [SW_AUTH_ANY] = "any"};

    snprintf(out, cap, "| 0x%04X | %s | %s | %s | %s | %s | %s | %s | %s |", s->id, s->name,
             s->openssl_name ? s->openssl_name : "-", kex[s->kex], auth[s->auth], s->bulk->name,
             s->mac ? sw_hash_info(s->mac)->name : "-", sw_hash_info(s->prf)->name, policy_text(s));
}

static void document_and_rows_agree(void)
{
    size_t len, next = 0;
    char *text = (char *)sw_test_file("docs/suites.md", &len), *save = NULL;

    for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        char want[256];
        const struct sw_suite *s;
        if (strncmp(line, "| 0x", 4) != 0)
            continue;
        s = sw_suite_row(next++);
        CU_ASSERT_PTR_NOT_NULL_FATAL(s);
        document_line(s, want, sizeof want);
        if (strcmp(line, want) != 0)
            printf("docs/suites.md has\n  %s\nand the row is\n  %s\n", line, want);
        CU_ASSERT_STRING_EQUAL(line, want);
    }
    CU_ASSERT_PTR_NULL(sw_suite_row(next)); /* none left out */
    free(text);
}

SW_TEST_SUITE(suite){
    SW_TEST(rows_are_consistent),
    SW_TEST(columns_follow_from_the_name),
    SW_TEST(every_suite_is_there),
    SW_TEST(policies_have_what_they_promise),
    SW_TEST(order_follows_the_rules),
    SW_TEST(names_are_found),
    SW_TEST(choosing),
    SW_TEST(a_flood_is_asked_about_once),
    SW_TEST(document_and_rows_agree),
};
