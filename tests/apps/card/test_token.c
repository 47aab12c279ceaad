/* pkcs11: URIs: which are taken, and which are refused before anything is looked for. */
#include "apps/card/token.h"
#include "tests/said.h"
#include "tests/test.h"
#include <stdio.h>

/* With standard error elsewhere, as the complaints are not the matter here. */
static int read_uri(const char *uri, struct card **out)
{
    struct app app = {.program = "test"};
    said_begin(stderr);
    int code = card_new(&app, uri, out);
    said_end();
    return code;
}

static void tells_uris_from_files(void)
{
    CU_ASSERT_TRUE(card_is_uri("pkcs11:token=a"));
    CU_ASSERT_TRUE(card_is_uri("PKCS11:token=a")); /* RFC 3986 3.1 */
    CU_ASSERT_TRUE(card_is_uri("pkcs11:"));
    CU_ASSERT_FALSE(card_is_uri("pkcs11"));
    CU_ASSERT_FALSE(card_is_uri("./pkcs11:token=a"));
    CU_ASSERT_FALSE(card_is_uri(""));
}

static void names_the_card(void)
{
    static const struct {
        const char *uri, *name;
    } rows[] = {
        {"pkcs11:token=alice;object=login", "alice"},
        {"pkcs11:token=Alice%27s%20card?pin-source=file:/x", "Alice's card"},
        {"pkcs11:token=a%1b%5b2Jb", "a?[2Jb"}, /* nothing the terminal would obey */
        {"pkcs11:object=login", ""},
        {"pkcs11:token=12345678901234567890123456789012", "12345678901234567890123456789012"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct card *card = NULL;
        CU_ASSERT_EQUAL(read_uri(rows[i].uri, &card), APP_DONE);
        CU_ASSERT_STRING_EQUAL(card->name, rows[i].name);
        card_free(card);
    }
}

static void refuses(void)
{
    static const char *const uris[] = {
        "pkcs11:token=alice?pin-value=1234",          /* seen in the list of processes */
        "pkcs11:token=alice?pin-source=%7Ccat%20pin", /* runs a command */
        "pkcs11:token=alice?pin-source=|cat",
        "pkcs11:colour=red", /* RFC 7512 2.5: describes nothing */
        "pkcs11:token=%zz",
        "pkcs11:type=spoon",
    };
    for (size_t i = 0; i < sizeof uris / sizeof *uris; i++) {
        struct card *card = NULL;
        CU_ASSERT_EQUAL(read_uri(uris[i], &card), APP_USAGE);
        CU_ASSERT_PTR_NULL(card);
    }
}

/* What makes a card worth looking for again, and what does not. */
static void knows_a_card_that_is_gone(void)
{
    CU_ASSERT_TRUE(card_gone(CKR_DEVICE_REMOVED));
    CU_ASSERT_TRUE(card_gone(CKR_SESSION_HANDLE_INVALID));
    CU_ASSERT_TRUE(card_gone(CKR_TOKEN_NOT_PRESENT));
    CU_ASSERT_FALSE(card_gone(CKR_OK));
    CU_ASSERT_FALSE(card_gone(CKR_PIN_INCORRECT));
    CU_ASSERT_FALSE(card_gone(CKR_FUNCTION_FAILED));
}

SW_TEST_SUITE(token){
    SW_TEST(tells_uris_from_files),
    SW_TEST(names_the_card),
    SW_TEST(refuses),
    SW_TEST(knows_a_card_that_is_gone),
};
