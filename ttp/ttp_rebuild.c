/*
 * An index for a CA that comes without one: taken over from another tool, or its index lost. The files in DIR tell a
 * part of what it did: its certificates, and its revocation lists with what is revoked for good. Serial numbers are
 * random, so none comes again; list numbers go on from the time of day, which is above any count of lists, whether the
 * last one is here or not.
 */
#include "ttp/crl.h"
#include "ttp/crl_issue.h"
#include "ttp/pem.h"
#include "ttp/ttp_ca.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* 9999-12-31T23:59:59Z: of a revoked certificate that nobody has, nothing says when it may leave the lists. */
static const int64_t forever = 253402300799;

struct rebuilding {
    const struct ttp *t;
    const struct ttp_ca *ca;
    struct ttp_index *ix;
    struct ttp_rebuilt *out;
};

/* --- certificates --- */

static int is_known(void *ctx, const struct ttp_row *row)
{
    (void)row;
    *(bool *)ctx = true;
    return 0;
}

static int knows(struct rebuilding *b, const char *serial, bool *known)
{
    *known = false;
    return ttp_index_each(b->ix, serial, NULL, is_known, known);
}

/* Without the extension: the prefix by which the index names files. "www.fullchain.crt" holds what "www.crt" does. */
static bool prefix_of(const char *path, char out[TTP_PATH_CAP])
{
    size_t n = strlen(path);
    if (n < 4 || strcmp(path + n - 4, ".crt") != 0)
        return false;
    snprintf(out, TTP_PATH_CAP, "%.*s", (int)(n - 4), path);
    return true;
}

static int take_cert(struct rebuilding *b, const struct sw_cert *cert, const char *path)
{
    struct ttp_foreign f = {.names = NULL};
    char prefix[TTP_PATH_CAP];
    bool known;
    int err = ttp_foreign_row(b->t, b->ca, cert, path, &f);
    if (!err && prefix_of(path, prefix))
        f.row.prefix = prefix;
    if (!err)
        err = knows(b, f.serial, &known);
    if (!err && !known) {
        err = ttp_index_add(b->ix, &f.row, "adopt", "found in the directory");
        b->out->certificates++;
    }
    ttp_foreign_free(&f);
    return err;
}

/* The first certificate of a file, if there is one and the CA signed it; silent about all else that lies there. */
static int take_file(struct rebuilding *b, const char *path)
{
    struct ttp_certs read;
    int err = TTP_DONE;
    if (ttp_cert_try(path, &read) && ttp_ca_signed(b->ca, &read.v[0]))
        err = take_cert(b, &read.v[0], path);
    ttp_certs_free(&read);
    return err;
}

static int is_cert_name(const struct dirent *entry)
{
    size_t n = strlen(entry->d_name);
    return entry->d_name[0] != '.' && n > 4 &&
           (strcmp(entry->d_name + n - 4, ".crt") == 0 || strcmp(entry->d_name + n - 4, ".pem") == 0 ||
            strcmp(entry->d_name + n - 4, ".cer") == 0);
}

static int take_certs(struct rebuilding *b)
{
    struct dirent **names;
    char *real = realpath(b->t->dir, NULL), path[TTP_PATH_CAP];
    /* in alphabetic order, which has www.crt before www.fullchain.crt */
    int n = real ? scandir(real, &names, is_cert_name, alphasort) : -1, err = TTP_DONE;
    if (n < 0)
        err = ttp_fail(b->t, SW_ERR_SYSTEM, b->t->dir);
    for (int i = 0; i < n; i++) {
        bool fits = snprintf(path, sizeof path, "%s/%s", real, names[i]->d_name) < (int)sizeof path;
        if (!err && fits)
            err = take_file(b, path);
        free(names[i]);
    }
    if (n >= 0)
        free(names);
    free(real);
    return err;
}

/* --- revocation lists --- */

/* What is revoked stays so, whether its certificate is here or not. */
static int take_entry(struct rebuilding *b, const struct sw_crl_entry *entry)
{
    char serial[TTP_SERIAL_CAP];
    uint8_t back[TTP_SERIAL_LEN + 1];
    bool known;
    const char *reason = sw_reason_name(entry->reason);
    ttp_serial_text(entry->serial, serial);
    if (entry->serial.len > TTP_SERIAL_LEN + 1 || !sw_slice_eq(ttp_serial_bytes(serial, back), entry->serial))
        return ttp_error(b->t, TTP_BAD_INPUT, "revocation list: a serial number is negative, too long or padded");
    int err = knows(b, serial, &known);
    struct ttp_row row = {.serial = serial,
                          .issuer = b->ca->id,
                          .cn = "",
                          .names = "",
                          .profile = "unknown",
                          .key_type = "",
                          .fingerprint = "",
                          .prefix = "",
                          .replaces = "",
                          .not_before = entry->at,
                          .not_after = forever,
                          .issued = entry->at,
                          .der = {(const uint8_t *)"", 0}};
    if (!err && !known)
        err = ttp_index_add(b->ix, &row, "adopt", "known from a revocation list alone");
    if (!err)
        err = ttp_index_revoke(b->ix, serial, entry->at, reason ? entry->reason : 0, reason ? reason : "unspecified");
    b->out->revoked++;
    return err;
}

enum { REMOVE_FROM_CRL = 8 };

static int is_revoked(void *ctx, const struct ttp_row *row)
{
    *(bool *)ctx = row->revoked != 0;
    return 0;
}

static int take_entries(struct rebuilding *b, const struct sw_crl *crl)
{
    struct sw_reader r = sw_reader_of_slice(crl->entries);
    struct sw_crl_entry entry;
    char serial[TTP_SERIAL_CAP];
    int err = TTP_DONE;
    while (!err && sw_crl_next(&r, &entry)) {
        bool revoked = false; /* by another list */
        err = ttp_index_each(b->ix, ttp_serial_text(entry.serial, serial), NULL, is_revoked, &revoked);
        if (!err && !revoked && entry.reason != REMOVE_FROM_CRL)
            err = take_entry(b, &entry);
    }
    return err;
}

/* CRLNumber's contents; -1: none, or one that no counter of ours reaches. */
static int64_t number_of(const struct sw_crl *crl)
{
    int64_t number = 0;
    if (crl->number.len == 0 || crl->number.len > 7 || (crl->number.p[0] & 0x80))
        return -1;
    for (size_t i = 0; i < crl->number.len; i++)
        number = number << 8 | crl->number.p[i];
    return number;
}

static int take_list(struct rebuilding *b, const struct sw_crl *crl, const char *path)
{
    int64_t number = number_of(crl);
    if (crl->number.len && number < 0)
        ttp_note(b->t,
                 "%s: the number of this list is so high that none from here follows it; who compares numbers "
                 "keeps it until it runs out",
                 path);
    int err = take_entries(b, crl);
    if (!err && number > b->out->number) {
        b->out->number = number;
        err = ttp_index_crl_seen(b->ix, b->ca->id, number, crl->this_update, crl->next_update);
    }
    return err;
}

/* The lists of a file that the CA signed; *taken counts them. Bytes that are none are no failure here. */
static int take_lists(struct rebuilding *b, const char *path, size_t *taken)
{
    struct sw_file file;
    struct sw_pem block;
    struct sw_crl crl;
    size_t len;
    int err = TTP_DONE;
    enum sw_err e = sw_file_read(path, TTP_FILE_MAX, &file);
    if (e != SW_OK)
        return ttp_fail(b->t, e, path);
    struct sw_reader r = sw_reader_of(file.p, file.len);
    uint8_t *der = malloc(file.len + 3);
    bool binary = file.len && file.p[0] == 0x30, more = der != NULL;
    if (!der)
        err = ttp_fail(b->t, SW_ERR_MEMORY, path);
    while (!err && more) {
        more = !binary && sw_pem_next(&r, &block);
        if (!binary && (!more || !sw_pem_is(&block, "X509 CRL")))
            continue;
        if (binary)
            memcpy(der, file.p, len = file.len);
        else if (sw_pem_decode(&block, der, file.len + 3, &len) != SW_OK)
            continue;
        if (sw_crl_parse(&crl, der, len) == SW_OK && !crl.unsupported &&
            sw_cert_name_eq(crl.issuer, b->ca->cert.subject) && crl.sig_scheme &&
            sw_sigalg_verify(&b->ca->cert.key, crl.sig_scheme, crl.sig_salt, crl.tbs, crl.sig) == SW_OK) {
            err = take_list(b, &crl, path);
            ++*taken;
        }
    }
    free(der);
    sw_file_free(&file);
    return err;
}

static int take_all_lists(struct rebuilding *b)
{
    static const char *const stems[] = {"root", "ca"};
    const char *given = ttp_get(b->t, TTP_OPT_CRL);
    char path[TTP_PATH_CAP];
    size_t taken = 0;
    int err = TTP_DONE;
    for (size_t i = 0; i < sizeof stems / sizeof *stems && !err; i++) {
        if (!ttp_path(b->t, stems[i], "crl", path))
            return TTP_USAGE;
        if (sw_file_exists(path))
            err = take_lists(b, path, &taken);
    }
    taken = 0;
    if (!err && given)
        err = take_lists(b, given, &taken);
    if (!err && given && !taken)
        err = ttp_error(b->t, TTP_BAD_INPUT, "%s: there is no revocation list of this CA in it", given);
    return err;
}

int ttp_rebuild(const struct ttp *t, const struct ttp_ca *ca, struct ttp_index *ix, struct ttp_rebuilt *out)
{
    struct rebuilding b = {t, ca, ix, out};
    *out = (struct ttp_rebuilt){.number = -1};
    int err = take_certs(&b);
    if (!err)
        err = take_all_lists(&b);
    return err ? err : ttp_index_crl_above(ix, t->now);
}
