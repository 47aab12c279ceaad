/*
 * "sealwax-vault-1 " and 64 hex digits, or "sealwax-vault-card-1 ", the method, a blank, and hex digits. What is wrapped
 * begins with the mark of the first form: a card's key may wrap other things, and none of them is a vault's key.
 */
#include "apps/vault/keyfile.h"
#include "base/bytes.h"
#include "base/rand.h"
#include "base/wipe.h"
#include "ttp/file.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char mark[] = "sealwax-vault-1 ", card_mark[] = "sealwax-vault-card-1 ";

enum {
    MARK_LEN = sizeof mark - 1,
    CARD_MARK_LEN = sizeof card_mark - 1,
    FILE_MAX = CARD_MARK_LEN + SW_VAULT_METHOD_MAX + 2 * SW_VAULT_WRAPPED_MAX + 2
};

_Static_assert((int)SW_VAULT_PLAIN == (int)MARK_LEN + (int)SW_VAULT_KEY, "the mark and the key");

/* --- hex ---------------------------------------------------------------------------------------------------------- */

static int digit(int c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* All of the text, and at most max bytes. */
static bool unhex(struct sw_slice text, uint8_t *out, size_t max)
{
    if (text.len % 2 || text.len / 2 > max)
        return false;
    for (size_t i = 0; i < text.len / 2; i++) {
        int high = digit(text.p[2 * i]), low = digit(text.p[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

static void write_hex(struct sw_writer *w, const uint8_t *p, size_t len)
{
    char two[3];
    for (size_t i = 0; i < len; i++) {
        snprintf(two, sizeof two, "%02x", p[i]);
        sw_write_bytes(w, two, 2);
    }
    sw_wipe(two, sizeof two);
}

/* --- the line ----------------------------------------------------------------------------------------------------- */

/* What stands behind the mark, without the end of the line. */
static bool behind(const struct sw_file *file, const char *start, size_t len, struct sw_slice *rest)
{
    if (file->len <= len || memcmp(file->p, start, len) != 0 || file->p[file->len - 1] != '\n')
        return false;
    *rest = (struct sw_slice){file->p + len, file->len - len - 1};
    return true;
}

static bool split(struct sw_slice rest, struct sw_vault_wrapped *out)
{
    const uint8_t *blank = memchr(rest.p, ' ', rest.len);
    size_t n = blank ? (size_t)(blank - rest.p) : 0;
    if (n == 0 || n >= sizeof out->method)
        return false;
    memcpy(out->method, rest.p, n);
    out->method[n] = 0;
    struct sw_slice digits = {blank + 1, rest.len - n - 1};
    out->len = digits.len / 2;
    return out->len && unhex(digits, out->bytes, sizeof out->bytes);
}

static enum sw_err unwrap(const struct sw_vault_wrap *wrap, struct sw_slice rest, uint8_t key[SW_VAULT_KEY])
{
    struct sw_vault_wrapped wrapped;
    uint8_t plain[SW_VAULT_PLAIN];
    if (!split(rest, &wrapped))
        return SW_ERR_KEY_DECODE;
    enum sw_err err = wrap->unwrap(wrap->ctx, &wrapped, plain);
    if (err == SW_OK && memcmp(plain, mark, MARK_LEN) != 0)
        err = SW_ERR_KEY_DECODE;
    if (err == SW_OK)
        memcpy(key, plain + MARK_LEN, SW_VAULT_KEY);
    sw_wipe(plain, sizeof plain);
    return err;
}

static enum sw_err read_file(const char *path, struct sw_file *file)
{
    *file = (struct sw_file){0};
    enum sw_err err = sw_file_read_secret(path, FILE_MAX, file);
    if (err == SW_ERR_SYSTEM && errno == ENOENT)
        return SW_ERR_NOT_FOUND;
    return err == SW_ERR_SYSTEM && errno == EFBIG ? SW_ERR_KEY_DECODE : err;
}

enum sw_err vault_key_read(const struct sw_vault_key *at, uint8_t key[SW_VAULT_KEY])
{
    struct sw_file file;
    struct sw_slice rest;
    enum sw_err err = read_file(at->path, &file);
    if (err)
        return err;
    if (at->wrap)
        err = behind(&file, card_mark, CARD_MARK_LEN, &rest) ? unwrap(at->wrap, rest, key) : SW_ERR_KEY_DECODE;
    else if (!behind(&file, mark, MARK_LEN, &rest) || rest.len != (size_t)2 * SW_VAULT_KEY ||
             !unhex(rest, key, SW_VAULT_KEY))
        err = SW_ERR_KEY_DECODE;
    sw_file_free(&file);
    return err;
}

enum sw_err vault_key_is_wrapped(const char *path, bool *is)
{
    struct sw_file file;
    struct sw_slice rest;
    enum sw_err err = read_file(path, &file);
    *is = false;
    if (err)
        return err;
    *is = behind(&file, card_mark, CARD_MARK_LEN, &rest);
    if (!*is && !behind(&file, mark, MARK_LEN, &rest))
        err = SW_ERR_KEY_DECODE;
    sw_file_free(&file);
    return err;
}

static enum sw_err wrap_into(struct sw_writer *w, const struct sw_vault_wrap *wrap, const uint8_t key[SW_VAULT_KEY])
{
    struct sw_vault_wrapped wrapped;
    uint8_t plain[SW_VAULT_PLAIN];
    memcpy(plain, mark, MARK_LEN);
    memcpy(plain + MARK_LEN, key, SW_VAULT_KEY);
    enum sw_err err = wrap->wrap(wrap->ctx, plain, &wrapped);
    sw_wipe(plain, sizeof plain);
    if (err)
        return err;
    sw_write_bytes(w, card_mark, CARD_MARK_LEN);
    sw_write_bytes(w, wrapped.method, strlen(wrapped.method));
    sw_write_u8(w, ' ');
    write_hex(w, wrapped.bytes, wrapped.len);
    return SW_OK;
}

enum sw_err vault_key_make(const struct sw_vault_key *at, uint8_t key[SW_VAULT_KEY])
{
    uint8_t line[FILE_MAX];
    struct sw_writer w = sw_writer_of(line, sizeof line);
    enum sw_err err = sw_rand_bytes(NULL, key, SW_VAULT_KEY);
    if (err == SW_OK && at->wrap)
        err = wrap_into(&w, at->wrap, key);
    else if (err == SW_OK) {
        sw_write_bytes(&w, mark, MARK_LEN);
        write_hex(&w, key, SW_VAULT_KEY);
    }
    sw_write_u8(&w, '\n');
    if (err == SW_OK)
        err = sw_writer_ok(&w) ? sw_file_write(at->path, line, w.len, SW_FILE_SECRET) : SW_ERR_SPACE;
    sw_wipe(line, sizeof line);
    return err;
}
