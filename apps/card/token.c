/*
 * Finding the token: p11-kit parses the URI, knows the machine's modules and compares descriptions. Modules are loaded
 * anew each time a token is looked for, since some see new cards only when they start.
 */
#include "apps/card/token.h"
#include "base/wipe.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { SLOTS_MAX = 64, ASK_MAX = 3, LIST_MAX = 400 };

bool card_is_uri(const char *text)
{
    return strncasecmp(text, "pkcs11:", 7) == 0;
}

/* --- the URI ------------------------------------------------------------------------------------------------------ */

/* A PKCS#11 text: padded with blanks, not ended. Cards are not trusted with the terminal. */
static void copy_padded(char *out, const unsigned char *in, size_t len)
{
    size_t n = p11_kit_space_strlen(in, len);
    for (size_t i = 0; i < n; i++)
        out[i] = in[i] < 0x20 || in[i] == 0x7f ? '?' : (char)in[i];
    out[n] = 0;
}

static int check_uri(const struct app *app, P11KitUri *uri)
{
    const char *pin = p11_kit_uri_get_pin_source(uri);
    if (p11_kit_uri_any_unrecognized(uri))
        return app_error(app, APP_USAGE, "the pkcs11: URI has an attribute that is not known, so it describes nothing");
    if (p11_kit_uri_get_pin_value(uri))
        return app_error(
            app, APP_USAGE,
            "pin-value in a pkcs11: URI would be seen by every user of this machine: use pin-source=file:F or "
            "--passin");
    if (pin && *pin == '|')
        return app_error(app, APP_USAGE,
                         "pin-source=|COMMAND is not supported: a URI runs nothing; use pin-source=file:F");
    return APP_DONE;
}

int card_new(const struct app *app, const char *uri, struct card **out)
{
    struct card *card = calloc(1, sizeof *card);
    if (!card || !(card->uri = p11_kit_uri_new())) {
        free(card);
        return app_fail(app, SW_ERR_MEMORY, "card");
    }
    pthread_mutex_init(&card->lock, NULL);
    card->speak = (struct app){.program = app->program, .json = app->json, .quiet = app->quiet, .color = app->color};
    int rc = p11_kit_uri_parse(uri, P11_KIT_URI_FOR_ANY, card->uri);
    int code = rc == P11_KIT_URI_OK ? check_uri(app, card->uri)
                                    : app_error(app, APP_USAGE, "not a pkcs11: URI: %s", p11_kit_uri_message(rc));
    if (code) {
        card_free(card);
        return code;
    }
    const CK_TOKEN_INFO *wanted = p11_kit_uri_get_token_info(card->uri);
    /* what the URI does not say is zero */
    if (wanted->label[0])
        copy_padded(card->name, wanted->label, sizeof wanted->label);
    *out = card;
    return APP_DONE;
}

void card_free(struct card *card)
{
    if (!card)
        return;
    card_eject(card);
    p11_kit_uri_free(card->uri);
    pthread_mutex_destroy(&card->lock);
    cli_pass_wipe(&card->pin);
    free(card);
}

/* --- modules ------------------------------------------------------------------------------------------------------ */

static int load_module(struct card *card, const char *path)
{
    card->module = p11_kit_module_load(path, 0);
    CK_RV rv = card->module ? p11_kit_module_initialize(card->module) : CKR_GENERAL_ERROR;
    if (rv == CKR_OK)
        return APP_DONE;
    const char *why = p11_kit_message();
    int code = app_error(&card->speak, APP_SYSTEM, "%s: this PKCS#11 module cannot be used: %s", path,
                         why ? why : p11_kit_strerror(rv));
    if (card->module)
        p11_kit_module_release(card->module);
    card->module = NULL;
    return code;
}

static int load(struct card *card)
{
    const char *path = p11_kit_uri_get_module_path(card->uri);
    p11_kit_be_quiet(); /* a module that is registered and broken is somebody else's */
    if (path)
        return load_module(card, path);
    card->modules = p11_kit_modules_load_and_initialize(0);
    return card->modules ? APP_DONE : app_error(&card->speak, APP_SYSTEM, "no PKCS#11 modules: %s", p11_kit_message());
}

void card_eject(struct card *card)
{
    if (card->session != CARD_NO_SESSION)
        card->fn->C_CloseSession(card->session);
    if (card->modules)
        p11_kit_modules_finalize_and_release(card->modules);
    if (card->module) {
        p11_kit_module_finalize(card->module);
        p11_kit_module_release(card->module);
    }
    card->session = CARD_NO_SESSION;
    card->modules = NULL;
    card->module = NULL;
    card->fn = NULL;
}

/* --- the token ---------------------------------------------------------------------------------------------------- */

struct search {
    size_t fits;
    char present[LIST_MAX]; /* names of the cards that fit; if none does, of those that are there */
    char others[LIST_MAX];
};

static void add_name(char *list, const CK_TOKEN_INFO *info)
{
    char name[CARD_NAME_MAX + 1];
    size_t used = strlen(list);
    copy_padded(name, info->label, sizeof info->label);
    snprintf(list + used, LIST_MAX - used, "%s%s", used ? ", " : "", name);
}

static bool same_serial(const CK_TOKEN_INFO *a, const CK_TOKEN_INFO *b)
{
    return memcmp(a->serialNumber, b->serialNumber, sizeof a->serialNumber) == 0;
}

/* The PIN of one card is not for another that has its name: after the first time the serial number counts, too. */
static void try_slot(struct card *card, CK_FUNCTION_LIST *fn, CK_SLOT_ID slot, struct search *s)
{
    CK_TOKEN_INFO info;
    CK_SLOT_INFO about;
    if (fn->C_GetTokenInfo(slot, &info) != CKR_OK || !(info.flags & CKF_TOKEN_INITIALIZED) ||
        fn->C_GetSlotInfo(slot, &about) != CKR_OK)
        return;
    if (!p11_kit_uri_match_token_info(card->uri, &info) || !p11_kit_uri_match_slot_info(card->uri, &about) ||
        (card->pin.given && !same_serial(&info, &card->info))) {
        add_name(s->others, &info);
        return;
    }
    add_name(s->present, &info);
    if (s->fits++ == 0) {
        card->fn = fn;
        card->slot = slot;
    }
}

static bool module_fits(const struct card *card, CK_FUNCTION_LIST *fn)
{
    const char *wanted = p11_kit_uri_get_module_name(card->uri);
    CK_INFO info;
    if (fn->C_GetInfo(&info) != CKR_OK || !p11_kit_uri_match_module_info(card->uri, &info))
        return false;
    char *name = wanted ? p11_kit_module_get_name(fn) : NULL;
    bool fits = !wanted || (name && strcmp(name, wanted) == 0);
    free(name);
    return fits;
}

static void search_module(struct card *card, CK_FUNCTION_LIST *fn, struct search *s)
{
    CK_SLOT_ID slots[SLOTS_MAX];
    CK_ULONG n = SLOTS_MAX;
    CK_SLOT_ID wanted = p11_kit_uri_get_slot_id(card->uri);
    if (!module_fits(card, fn) || fn->C_GetSlotList(CK_TRUE, slots, &n) != CKR_OK)
        return;
    for (CK_ULONG i = 0; i < n; i++)
        if (wanted == (CK_SLOT_ID)-1 || wanted == slots[i])
            try_slot(card, fn, slots[i], s);
}

static int search(struct card *card, struct search *s)
{
    *s = (struct search){0};
    card_eject(card);
    int code = load(card);
    if (code)
        return code;
    if (card->module)
        search_module(card, card->module, s);
    for (size_t i = 0; card->modules && card->modules[i]; i++)
        search_module(card, card->modules[i], s);
    return APP_DONE;
}

/* A serial number is padded with blanks, and so no zero is in it once there was a card. */
static bool was_there(const struct card *card)
{
    return card->info.serialNumber[0] != 0;
}

/* False if nobody is there to ask. */
static bool ask_for_card(const struct card *card)
{
    int tty = open("/dev/tty", O_RDWR | O_CLOEXEC);
    char c = 0;
    if (tty < 0)
        return false;
    const char *removed = was_there(card) ? "Card removed. " : "";
    bool ok = dprintf(tty, "%sInsert card %s and press Enter: ", removed, card->name) > 0;
    while (ok && c != '\n')
        ok = read(tty, &c, 1) == 1;
    close(tty);
    return ok;
}

static int not_there(const struct card *card, const struct search *s)
{
    const char *name = *card->name ? card->name : "that the pkcs11: URI describes";
    if (was_there(card))
        return app_error(&card->speak, APP_SYSTEM, "card %s was removed: insert it again", card->name);
    if (*s->others)
        return app_error(&card->speak, APP_SYSTEM, "card %s is not there; present: %s", name, s->others);
    return app_error(&card->speak, APP_SYSTEM, "card %s is not there, nor any other", name);
}

static int open_session(struct card *card)
{
    CK_RV rv = card->fn->C_GetTokenInfo(card->slot, &card->info);
    if (rv == CKR_OK)
        rv = card->fn->C_OpenSession(card->slot, CKF_SERIAL_SESSION, NULL, NULL, &card->session);
    copy_padded(card->name, card->info.label, sizeof card->info.label);
    return rv == CKR_OK ? APP_DONE : card_fail(card, rv, "opening a session");
}

/* Asked for a few times and no more: whoever has lost the card wants to get away. */
int card_insert(struct card *card, bool ask)
{
    struct search s;
    int code = search(card, &s);
    for (int i = 0; !code && s.fits == 0 && ask && i < ASK_MAX && ask_for_card(card); i++)
        code = search(card, &s);
    if (code)
        return code;
    if (s.fits == 0)
        return not_there(card, &s);
    if (s.fits > 1)
        return app_error(&card->speak, APP_BAD_INPUT,
                         "%zu cards fit the pkcs11: URI (%s): say which with token=NAME or serial=NUMBER", s.fits,
                         s.present);
    return open_session(card);
}

/* --- failures ----------------------------------------------------------------------------------------------------- */

bool card_gone(CK_RV rv)
{
    return rv == CKR_DEVICE_REMOVED || rv == CKR_TOKEN_NOT_PRESENT || rv == CKR_TOKEN_NOT_RECOGNIZED ||
           rv == CKR_SESSION_HANDLE_INVALID || rv == CKR_SESSION_CLOSED || rv == CKR_SLOT_ID_INVALID ||
           rv == CKR_USER_NOT_LOGGED_IN || rv == CKR_OBJECT_HANDLE_INVALID || rv == CKR_KEY_HANDLE_INVALID ||
           rv == CKR_CRYPTOKI_NOT_INITIALIZED;
}

int card_fail(const struct card *card, CK_RV rv, const char *doing)
{
    if (card_gone(rv))
        return app_error(&card->speak, APP_SYSTEM, "card %s: removed while in use (%s): insert it again", card->name,
                         doing);
    return app_error(&card->speak, APP_SYSTEM, "card %s: %s: %s", card->name, doing, p11_kit_strerror(rv));
}
