/* Logging in, with a card that counts: how often a PIN is tried, and when it is not. */
#include "apps/card/token.h"
#include "tests/said.h"
#include "tests/test.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct {
    const char *pin; /* the right one */
    CK_FLAGS flags;
    CK_RV refusal;
    CK_STATE state; /* of the session */
    int logins;
} fake;

static CK_RV fake_login(CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_UTF8CHAR *pin, CK_ULONG len)
{
    fake.logins++;
    (void)session;
    (void)user;
    return len == strlen(fake.pin) && memcmp(pin, fake.pin, len) == 0 ? CKR_OK : fake.refusal;
}

static CK_RV fake_token_info(CK_SLOT_ID slot, CK_TOKEN_INFO *info)
{
    (void)slot;
    info->flags = fake.flags;
    return CKR_OK;
}

static CK_RV fake_session_info(CK_SESSION_HANDLE session, CK_SESSION_INFO *info)
{
    (void)session;
    info->state = fake.state;
    return CKR_OK;
}

static CK_FUNCTION_LIST functions = {
    .C_Login = fake_login, .C_GetTokenInfo = fake_token_info, .C_GetSessionInfo = fake_session_info};

enum { NORMAL = CKF_LOGIN_REQUIRED | CKF_USER_PIN_INITIALIZED };

/*
 * A card of this serial number, with the PIN given by --passin env:; each test has a serial of its own, as refusals are
 * remembered.
 */
struct login_case {
    struct app app;
    struct card *card;
    const char *source;
};

static void set_up(struct login_case *c, const char *serial, CK_FLAGS flags)
{
    *c = (struct login_case){.app = {.program = "test"}, .source = "env:SW_TEST_PIN"};
    c->app.opt[OPT_PASSIN] = (struct app_values){.v = &c->source, .n = 1};
    fake.pin = "1234";
    fake.flags = flags;
    fake.refusal = CKR_PIN_INCORRECT;
    fake.state = CKS_RO_PUBLIC_SESSION;
    fake.logins = 0;
    if (card_new(&c->app, "pkcs11:token=test", &c->card))
        abort();
    c->card->fn = &functions;
    c->card->info.flags = flags;
    memset(c->card->info.serialNumber, ' ', sizeof c->card->info.serialNumber);
    memcpy(c->card->info.serialNumber, serial, strlen(serial));
}

/* With standard error elsewhere, as the complaints are not the matter here. pin NULL: the one taken before. */
static int log_in(struct login_case *c, const char *pin)
{
    said_begin(stderr);
    if (pin)
        setenv("SW_TEST_PIN", pin, 1);
    int code = pin ? card_login(&c->app, c->card) : card_login_again(c->card);
    said_end();
    return code;
}

static void tear_down(struct login_case *c)
{
    c->card->fn = NULL;
    card_free(c->card);
}

static void right_pin(void)
{
    struct login_case c;
    set_up(&c, "1", NORMAL);
    CU_ASSERT_EQUAL(log_in(&c, "1234"), APP_DONE);
    CU_ASSERT_EQUAL(fake.logins, 1);
    CU_ASSERT_EQUAL(log_in(&c, NULL), APP_DONE); /* with the PIN it has kept */
    CU_ASSERT_EQUAL(fake.logins, 2);
    tear_down(&c);
}

static void no_login_needed(void)
{
    struct login_case c;
    set_up(&c, "2", CKF_USER_PIN_INITIALIZED);
    CU_ASSERT_EQUAL(log_in(&c, "0"), APP_DONE);
    CU_ASSERT_EQUAL(fake.logins, 0);
    tear_down(&c);
}

static void wrong_pin_once(void)
{
    struct login_case c;
    set_up(&c, "3", NORMAL);
    for (int i = 0; i < 3; i++)
        CU_ASSERT_EQUAL(log_in(&c, "9999"), APP_BAD_INPUT);
    CU_ASSERT_EQUAL(fake.logins, 1);
    CU_ASSERT_FALSE(c.card->pin.given);
    CU_ASSERT_EQUAL(log_in(&c, "1234"), APP_DONE);
    tear_down(&c);
}

/*
 * A second key on the same card: one that was asked for is not asked for again, one that is stored is kept for the
 * card's return.
 */
static void logged_in_already(void)
{
    struct login_case c;
    set_up(&c, "15", NORMAL);
    fake.state = CKS_RO_USER_FUNCTIONS;
    fake.refusal = CKR_USER_ALREADY_LOGGED_IN;
    c.source = "prompt";
    CU_ASSERT_EQUAL(log_in(&c, "unused"), APP_DONE);
    CU_ASSERT_EQUAL(fake.logins, 0);
    fake.state = CKS_RO_PUBLIC_SESSION; /* the card was away, and there is no PIN to log in with */
    CU_ASSERT_EQUAL(log_in(&c, NULL), APP_BAD_INPUT);
    CU_ASSERT_EQUAL(fake.logins, 0);
    fake.state = CKS_RO_USER_FUNCTIONS;
    c.source = "env:SW_TEST_PIN";
    CU_ASSERT_EQUAL(log_in(&c, "1234"), APP_DONE);
    CU_ASSERT_TRUE(c.card->pin.given);
    tear_down(&c);
}

/* The same PIN may be right for another card. */
static void wrong_elsewhere(void)
{
    struct login_case c;
    set_up(&c, "4", NORMAL);
    fake.pin = "5555";
    CU_ASSERT_EQUAL(log_in(&c, "1234"), APP_BAD_INPUT);
    tear_down(&c);
    set_up(&c, "5", NORMAL);
    CU_ASSERT_EQUAL(log_in(&c, "1234"), APP_DONE);
    CU_ASSERT_EQUAL(fake.logins, 1);
    tear_down(&c);
}

/* The PIN was changed while the card was away: what was right is tried once. */
static void changed_meanwhile(void)
{
    struct login_case c;
    set_up(&c, "6", NORMAL);
    CU_ASSERT_EQUAL(log_in(&c, "1234"), APP_DONE);
    fake.pin = "4321";
    CU_ASSERT_EQUAL(log_in(&c, NULL), APP_BAD_INPUT);
    CU_ASSERT_EQUAL(log_in(&c, NULL), APP_BAD_INPUT);
    CU_ASSERT_EQUAL(fake.logins, 2);
    tear_down(&c);
}

static void not_tried(void)
{
    static const struct {
        const char *serial;
        CK_FLAGS flags;
        int code;
    } rows[] = {
        {"7", NORMAL | CKF_USER_PIN_LOCKED, APP_REFUSED},
        {"8", NORMAL | CKF_USER_PIN_FINAL_TRY, APP_REFUSED}, /* not with a stored PIN */
        {"9", CKF_LOGIN_REQUIRED, APP_BAD_INPUT},            /* it has none */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct login_case c;
        set_up(&c, rows[i].serial, rows[i].flags);
        CU_ASSERT_EQUAL(log_in(&c, "1234"), rows[i].code);
        CU_ASSERT_EQUAL(fake.logins, 0);
        tear_down(&c);
    }
}

static void other_refusals(void)
{
    static const struct {
        const char *serial;
        CK_RV rv;
        int code;
    } rows[] = {
        {"10", CKR_PIN_LOCKED, APP_REFUSED},          {"11", CKR_PIN_LEN_RANGE, APP_BAD_INPUT},
        {"12", CKR_DEVICE_REMOVED, APP_SYSTEM},       {"13", CKR_FUNCTION_FAILED, APP_SYSTEM},
        {"14", CKR_USER_ALREADY_LOGGED_IN, APP_DONE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct login_case c;
        set_up(&c, rows[i].serial, NORMAL);
        fake.refusal = rows[i].rv;
        CU_ASSERT_EQUAL(log_in(&c, "9"), rows[i].code);
        CU_ASSERT_EQUAL(fake.logins, 1);
        tear_down(&c);
    }
}

SW_TEST_SUITE(login){
    SW_TEST(right_pin),       SW_TEST(no_login_needed),   SW_TEST(wrong_pin_once), SW_TEST(logged_in_already),
    SW_TEST(wrong_elsewhere), SW_TEST(changed_meanwhile), SW_TEST(not_tried),      SW_TEST(other_refusals),
};
