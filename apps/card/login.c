/*
 * The PIN. A card counts wrong ones and locks itself after a few, so each try is one that may be right: what the card
 * has refused is remembered for as long as the program runs, a file or variable gets one try, and the last try before
 * locking is left to a person.
 */
#include "apps/card/token.h"
#include "apps/cli/places.h"
#include "base/hash.h"
#include "base/wipe.h"
#include <string.h>

enum { PROMPTS_MAX = 3, REFUSED_MAX = 16, PIN_FILE_MAX = 4096, PIN_PATH_MAX = 4096 };

/* --- PINs known to be wrong --------------------------------------------------------------------------------------- */

/* As a digest with the card's serial number: a wrong PIN may be the right one of another card. */
struct refused {
    uint8_t digest[SW_HASH_MAX];
};

static struct {
    pthread_mutex_t lock;
    size_t n;
    struct refused v[REFUSED_MAX];
} refused = {.lock = PTHREAD_MUTEX_INITIALIZER};

static bool digest_pin(const struct card *card, const struct cli_pass *pin, struct refused *out)
{
    uint8_t text[sizeof card->info.serialNumber + sizeof card->info.label + sizeof pin->text];
    size_t len = strlen(pin->text), serial = sizeof card->info.serialNumber, label = sizeof card->info.label;
    memcpy(text, card->info.serialNumber, serial);
    memcpy(text + serial, card->info.label, label);
    memcpy(text + serial + label, pin->text, len);
    memset(out, 0, sizeof *out);
    bool ok = sw_hash_once(SW_HASH_SHA256, text, serial + label + len, out->digest) == SW_OK;
    sw_wipe(text, sizeof text);
    return ok;
}

/* With the table full, every further PIN counts as refused: that many wrong ones are no mistake. */
static bool is_refused(const struct card *card, const struct cli_pass *pin)
{
    struct refused mine;
    if (!digest_pin(card, pin, &mine))
        return true;
    pthread_mutex_lock(&refused.lock);
    bool found = refused.n == REFUSED_MAX;
    for (size_t i = 0; i < refused.n; i++)
        found = found || memcmp(&refused.v[i], &mine, sizeof mine) == 0;
    pthread_mutex_unlock(&refused.lock);
    return found;
}

static void remember_refused(const struct card *card, const struct cli_pass *pin)
{
    struct refused mine;
    if (!digest_pin(card, pin, &mine))
        return;
    pthread_mutex_lock(&refused.lock);
    if (refused.n < REFUSED_MAX)
        refused.v[refused.n++] = mine;
    pthread_mutex_unlock(&refused.lock);
}

/* --- where it comes from ------------------------------------------------------------------------------------------ */

/*
 * pin-source: "file:PATH" (file:/x or file:///x) or a bare path; a credential of the service, if it is the name of one.
 * Looked at like a private key: others may not read it.
 */
static int pin_from_file(const struct card *card, const char *source, struct cli_pass *pin)
{
    const char *path = strncmp(source, "file:", 5) == 0 ? source + 5 : source;
    char credential[PIN_PATH_MAX];
    struct sw_file file = {0};
    if (path != source && strncmp(path, "//", 2) == 0)
        path += 2;
    if (places_credential(path, credential, sizeof credential))
        path = credential;
    enum sw_err err = sw_file_read_secret(path, PIN_FILE_MAX, &file);
    if (err != SW_OK)
        return app_fail(&card->speak, err, path);
    size_t len = strcspn((const char *)file.p, "\r\n");
    int code = APP_DONE;
    if (len == 0 || len >= sizeof pin->text) {
        code = app_error(&card->speak, APP_BAD_INPUT, "%s: there is no PIN in its first line", path);
    } else {
        memcpy(pin->text, file.p, len);
        pin->text[len] = 0;
        pin->len = len;
        pin->given = true;
    }
    sw_file_free(&file);
    return code;
}

static int get_pin(const struct app *app, struct card *card, struct cli_pass *pin)
{
    const char *source = p11_kit_uri_get_pin_source(card->uri);
    int code = source ? pin_from_file(card, source, pin) : passphrase_get_pin(app, card->name, pin);
    if (!code && !pin->given)
        return app_error(
            app, APP_BAD_INPUT,
            "card %s wants a PIN, and there is no terminal to ask for it: --passin file:F, or pin-source=file:F "
            "in the URI",
            card->name);
    return code;
}

/* --- logging in --------------------------------------------------------------------------------------------------- */

static CK_RV try_pin(struct card *card, CK_USER_TYPE user, const struct cli_pass *pin)
{
    /* a reader with keys of its own wants no PIN from us */
    unsigned char *text = pin->given ? (unsigned char *)(uintptr_t)pin->text : NULL;
    CK_RV rv = card->fn->C_Login(card->session, user, text, pin->given ? strlen(pin->text) : 0);
    return rv == CKR_USER_ALREADY_LOGGED_IN ? CKR_OK : rv;
}

static bool is_wrong_pin(CK_RV rv)
{
    return rv == CKR_PIN_INCORRECT || rv == CKR_PIN_INVALID || rv == CKR_PIN_LEN_RANGE;
}

/* What the card says of the tries that are left: it keeps the number to itself. */
static const char *tries_left(struct card *card)
{
    card->fn->C_GetTokenInfo(card->slot, &card->info);
    if (card->info.flags & CKF_USER_PIN_LOCKED)
        return "the PIN is now locked";
    if (card->info.flags & CKF_USER_PIN_FINAL_TRY)
        return "one try is left before it locks";
    return card->info.flags & CKF_USER_PIN_COUNT_LOW ? "few tries are left before it may lock"
                                                     : "it was not tried again";
}

static int locked(const struct card *card)
{
    return app_error(&card->speak, APP_REFUSED,
                     "card %s: its PIN is locked after too many wrong ones: unlock it with the card's own tool",
                     card->name);
}

/* Before a try: is the state of the card one to try in? */
static int check_tries(const struct app *app, const struct card *card, bool asked)
{
    if (card->info.flags & CKF_USER_PIN_LOCKED)
        return locked(card);
    if (!(card->info.flags & CKF_USER_PIN_INITIALIZED))
        return app_error(app, APP_BAD_INPUT, "card %s: it has no PIN yet: set one with the card's own tool",
                         card->name);
    if (!(card->info.flags & CKF_USER_PIN_FINAL_TRY))
        return APP_DONE;
    if (!asked)
        return app_error(app, APP_REFUSED,
                         "card %s: one try is left before its PIN locks, which is not risked with a stored PIN: log in "
                         "once with --passin prompt",
                         card->name);
    app_warn(app, "card %s: LAST TRY: another wrong PIN locks it", card->name);
    return APP_DONE;
}

static int after_login(struct card *card, CK_RV rv, struct cli_pass *pin)
{
    if (rv == CKR_OK) {
        card->pin = *pin;
        return APP_DONE;
    }
    if (rv == CKR_PIN_LOCKED)
        return locked(card);
    if (!is_wrong_pin(rv))
        return card_fail(card, rv, "logging in");
    if (pin->given)
        remember_refused(card, pin);
    return app_error(&card->speak, APP_BAD_INPUT, "card %s: wrong PIN; %s", card->name, tries_left(card));
}

/* One round; *wrong says that asking again makes sense. */
static int one_try(const struct app *app, struct card *card, bool asked, bool *wrong)
{
    struct cli_pass pin = {.given = false};
    bool on_reader = card->info.flags & CKF_PROTECTED_AUTHENTICATION_PATH;
    *wrong = false;
    int code = check_tries(app, card, asked || on_reader);
    if (on_reader)
        app_say(app, "card %s: type the PIN on the reader", card->name);
    if (!code && !on_reader)
        code = get_pin(app, card, &pin);
    if (!code && pin.given && is_refused(card, &pin)) {
        code =
            app_error(app, APP_BAD_INPUT, "card %s: it has refused this PIN before; it is not tried again", card->name);
        *wrong = true;
    } else if (!code) {
        CK_RV rv = try_pin(card, CKU_USER, &pin);
        *wrong = is_wrong_pin(rv);
        code = after_login(card, rv, &pin);
    }
    cli_pass_wipe(&pin);
    return code;
}

/* Through another key on the same card: a token lets in a program, not a session. */
static bool is_logged_in(const struct card *card)
{
    CK_SESSION_INFO info;
    return card->fn->C_GetSessionInfo(card->session, &info) == CKR_OK &&
           (info.state == CKS_RO_USER_FUNCTIONS || info.state == CKS_RW_USER_FUNCTIONS);
}

/* A PIN that can be had once is not wanted for every key. */
int card_login(const struct app *app, struct card *card)
{
    const char *source = app_get(app, OPT_PASSIN);
    bool stored = p11_kit_uri_get_pin_source(card->uri), asked = !stored && passphrase_is_asked(app), wrong = false;
    bool once = asked || (!stored && strncmp(source, "fd:", 3) == 0);
    int code = APP_DONE;
    if (!(card->info.flags & CKF_LOGIN_REQUIRED) || (once && is_logged_in(card)))
        return APP_DONE;
    for (int i = 0; i < PROMPTS_MAX; i++) {
        code = one_try(app, card, asked, &wrong);
        if (!code || !wrong || !asked || (card->info.flags & CKF_USER_PIN_LOCKED))
            break;
    }
    return code;
}

int card_login_again(struct card *card)
{
    if (!(card->info.flags & CKF_LOGIN_REQUIRED) || is_logged_in(card))
        return APP_DONE;
    if (card->info.flags & CKF_USER_PIN_LOCKED)
        return locked(card);
    if (!card->pin.given && !(card->info.flags & CKF_PROTECTED_AUTHENTICATION_PATH))
        return app_error(&card->speak, APP_BAD_INPUT, "card %s: it wants its PIN again: start anew", card->name);
    if (card->pin.given && is_refused(card, &card->pin))
        return app_error(&card->speak, APP_BAD_INPUT, "card %s: its PIN is no longer right", card->name);
    struct cli_pass pin = card->pin;
    int code = after_login(card, try_pin(card, CKU_USER, &pin), &pin);
    cli_pass_wipe(&pin);
    return code;
}

CK_RV card_login_for_one(struct card *card)
{
    return try_pin(card, CKU_CONTEXT_SPECIFIC, &card->pin);
}
