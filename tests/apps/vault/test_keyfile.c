/* The key file in its two forms: as it is, and wrapped by somebody, here by turning over all bits. */
#include "apps/vault/vault.h"
#include "tests/test.h"
#include "ttp/file.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct place {
    char dir[64], key[96], next[128];
    unsigned wraps, unwraps;
    enum sw_err fails;
    struct sw_vault_wrap wrap;
};

static enum sw_err turn_over(void *ctx, const uint8_t plain[SW_VAULT_PLAIN], struct sw_vault_wrapped *out)
{
    struct place *p = ctx;
    p->wraps++;
    snprintf(out->method, sizeof out->method, "turned-over");
    for (size_t i = 0; i < SW_VAULT_PLAIN; i++)
        out->bytes[i] = (uint8_t)~plain[i];
    out->len = SW_VAULT_PLAIN;
    return p->fails;
}

static enum sw_err turn_back(void *ctx, const struct sw_vault_wrapped *in, uint8_t plain[SW_VAULT_PLAIN])
{
    struct place *p = ctx;
    p->unwraps++;
    CU_ASSERT_STRING_EQUAL(in->method, "turned-over");
    CU_ASSERT_EQUAL_FATAL(in->len, SW_VAULT_PLAIN);
    for (size_t i = 0; i < SW_VAULT_PLAIN; i++)
        plain[i] = (uint8_t)~in->bytes[i];
    return p->fails;
}

static void setup(struct place *p)
{
    *p = (struct place){.wrap = {turn_over, turn_back, p}};
    snprintf(p->dir, sizeof p->dir, "/tmp/sealwax-keyfile.XXXXXX");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(p->dir));
    snprintf(p->key, sizeof p->key, "%s/vault.key", p->dir);
    snprintf(p->next, sizeof p->next, "%s/vault.key.next", p->dir);
}

static void teardown(struct place *p)
{
    unlink(p->key);
    unlink(p->next);
    CU_ASSERT_EQUAL(rmdir(p->dir), 0);
}

static void put(const struct place *p, const char *text)
{
    SW_ASSERT_OK(sw_file_write(p->key, text, strlen(text), SW_FILE_SECRET | SW_FILE_REPLACE));
}

static void wrapped_and_not(void)
{
    struct place p;
    uint8_t made[SW_VAULT_KEY], read[SW_VAULT_KEY];
    bool is;
    struct sw_file file;
    setup(&p);
    struct sw_vault_key at = {p.key, &p.wrap};
    SW_ASSERT_ERR(vault_key_is_wrapped(p.key, &is), SW_ERR_NOT_FOUND);
    SW_ASSERT_ERR(vault_key_read(&at, read), SW_ERR_NOT_FOUND);
    CU_ASSERT_EQUAL(p.unwraps, 0);
    SW_ASSERT_OK(vault_key_make(&at, made));
    SW_ASSERT_OK(vault_key_is_wrapped(p.key, &is));
    CU_ASSERT_TRUE(is);
    SW_ASSERT_OK(vault_key_read(&at, read));
    SW_ASSERT_BYTES(read, made, sizeof made);
    SW_ASSERT_ERR(vault_key_read(SW_VAULT_FILE(p.key), read), SW_ERR_KEY_DECODE);
    SW_ASSERT_ERR(vault_key_make(&at, made), SW_ERR_EXISTS);
    SW_ASSERT_OK(sw_file_read(p.key, 4096, &file));
    CU_ASSERT_EQUAL(memcmp(file.p, "sealwax-vault-card-1 turned-over ", 33), 0);
    CU_ASSERT_EQUAL(file.len, 33 + 2 * SW_VAULT_PLAIN + 1);
    sw_file_free(&file);
    CU_ASSERT_EQUAL(unlink(p.key), 0);
    SW_ASSERT_OK(vault_key_make(SW_VAULT_FILE(p.key), made));
    SW_ASSERT_OK(vault_key_is_wrapped(p.key, &is));
    CU_ASSERT_FALSE(is);
    p.unwraps = 0;
    SW_ASSERT_ERR(vault_key_read(&at, read), SW_ERR_KEY_DECODE);
    CU_ASSERT_EQUAL(p.unwraps, 0); /* nobody is asked for a PIN for nothing */
    teardown(&p);
}

static void what_is_no_key_file(void)
{
    static const char *const bad[] = {"",
                                      "\n",
                                      "sealwax-vault-1 ",
                                      "sealwax-vault-1 00\n",
                                      "sealwax-vault-card-1 \n",
                                      "sealwax-vault-card-1 turned-over\n",
                                      "sealwax-vault-card-1 turned-over \n",
                                      "sealwax-vault-card-1 turned-over 0\n",
                                      "sealwax-vault-card-1 turned-over 0g\n",
                                      "sealwax-vault-card-1  00\n",
                                      "sealwax-vault-card-1 turned-over-by-somebody-with-a-name 00\n",
                                      "sealwax-vault-card-1 turned-over 00"};
    struct place p;
    uint8_t key[SW_VAULT_KEY];
    setup(&p);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        put(&p, bad[i]);
        SW_ASSERT_ERR(vault_key_read(SW_VAULT_FILE(p.key), key), SW_ERR_KEY_DECODE);
        SW_ASSERT_ERR(vault_key_read(&(struct sw_vault_key){p.key, &p.wrap}, key), SW_ERR_KEY_DECODE);
    }
    CU_ASSERT_EQUAL(p.unwraps, 0);
    teardown(&p);
}

/* Something else that was wrapped under the same key, of the same length. */
static void what_is_another_key(void)
{
    struct place p;
    uint8_t key[SW_VAULT_KEY];
    char line[33 + 2 * SW_VAULT_PLAIN + 2] = "sealwax-vault-card-1 turned-over ";
    setup(&p);
    memset(line + 33, 'a', 2 * SW_VAULT_PLAIN);
    line[33 + 2 * SW_VAULT_PLAIN] = '\n';
    put(&p, line);
    SW_ASSERT_ERR(vault_key_read(&(struct sw_vault_key){p.key, &p.wrap}, key), SW_ERR_KEY_DECODE);
    CU_ASSERT_EQUAL(p.unwraps, 1);
    teardown(&p);
}

static void who_wraps_may_fail(void)
{
    struct place p;
    struct sw_vault vault;
    setup(&p);
    struct sw_vault_key at = {p.key, &p.wrap};
    p.fails = SW_ERR_CALLBACK;
    SW_ASSERT_ERR(sw_vault_open(&vault, &at, true), SW_ERR_CALLBACK);
    CU_ASSERT_FALSE(sw_file_exists(p.key));
    p.fails = SW_OK;
    SW_ASSERT_OK(sw_vault_open(&vault, &at, true));
    CU_ASSERT_EQUAL(p.wraps, 2);
    CU_ASSERT_EQUAL(p.unwraps, 0);
    sw_vault_close(&vault);
    p.fails = SW_ERR_CALLBACK;
    SW_ASSERT_ERR(sw_vault_open(&vault, &at, true), SW_ERR_CALLBACK);
    teardown(&p);
}

/* There and back: a file, wrapped, a file again. */
static void changes_its_form(void)
{
    struct place p;
    struct sw_vault from, to;
    bool is;
    setup(&p);
    const struct sw_vault_key file = {p.key, NULL}, card = {p.key, &p.wrap}, *const forms[] = {&file, &card, &file};
    SW_ASSERT_OK(sw_vault_open(&from, &file, true));
    sw_vault_close(&from);
    for (int i = 0; i < 2; i++) {
        SW_ASSERT_OK(sw_vault_change_from(&from, forms[i]));
        SW_ASSERT_OK(sw_vault_change_to(&to, forms[i + 1]));
        CU_ASSERT_NOT_EQUAL(memcmp(from.id, to.id, sizeof from.id), 0);
        SW_ASSERT_ERR(sw_vault_open(&from, forms[i], false), SW_ERR_STATE);
        SW_ASSERT_OK(sw_vault_change_end(p.key));
        SW_ASSERT_OK(vault_key_is_wrapped(p.key, &is));
        CU_ASSERT_EQUAL(is, i == 0);
        SW_ASSERT_OK(sw_vault_open(&from, forms[i + 1], false));
        SW_ASSERT_BYTES(from.id, to.id, sizeof from.id);
        sw_vault_close(&from);
        sw_vault_close(&to);
    }
    teardown(&p);
}

SW_TEST_SUITE(keyfile){
    SW_TEST(wrapped_and_not),    SW_TEST(what_is_no_key_file), SW_TEST(what_is_another_key),
    SW_TEST(who_wraps_may_fail), SW_TEST(changes_its_form),
};
