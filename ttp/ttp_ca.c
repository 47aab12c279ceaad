/* The CA in its directory, and the keys and certificates that are read and named on the way. */
#include "ttp/ttp_ca.h"
#include "base/wipe.h"
#include "ttp/key.h"
#include "ttp/path.h"
#include "ttp/sign.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const stems[] = {"root", "ca"};
enum { STEMS = sizeof stems / sizeof *stems, KEY_FILE_MAX = 1 << 20 };

bool ttp_path(const struct ttp *t, const char *stem, const char *ext, char out[TTP_PATH_CAP])
{
    int n = snprintf(out, TTP_PATH_CAP, "%s/%s%s%s", t->dir, stem, *ext ? "." : "", ext);
    if (n >= TTP_PATH_CAP)
        ttp_error(t, TTP_USAGE, "%s: the path is too long", t->dir);
    return n < TTP_PATH_CAP;
}

int ttp_make_dir(struct ttp *t)
{
    struct stat st;
    if (mkdir(t->dir, 0700) == 0) {
        t->made_dir = true;
        return TTP_DONE;
    }
    if (errno != EEXIST)
        return ttp_fail(t, SW_ERR_SYSTEM, t->dir);
    if (stat(t->dir, &st) == 0 && S_ISDIR(st.st_mode))
        return TTP_DONE;
    return ttp_error(t, TTP_BAD_INPUT, "%s: this is no directory", t->dir);
}

void ttp_unmake_dir(struct ttp *t)
{
    if (!t->made_dir)
        return;
    ttp_index_unmake(t);
    (void)rmdir(t->dir); /* which takes an empty one alone */
    t->made_dir = false;
}

/* --- keys --- */

/* Read, and ask for the passphrase only if the file turns out to need one. */
static int decode_key(const struct ttp *t, const char *path, const struct sw_file *file, struct sw_privkey **out,
                      bool *sealed)
{
    struct cli_pass pass = {.given = false};
    int err = TTP_DONE;
    *sealed = sw_key_is_encrypted(file->p, file->len);
    if (*sealed)
        err = ttp_pass_get(t, TTP_OPT_PASSIN, path, true, false, &pass);
    if (!err) {
        struct sw_slice p = {pass.given ? (const uint8_t *)pass.text : NULL, pass.len};
        enum sw_err e = sw_key_read(out, file->p, file->len, p);
        if (e == SW_ERR_PASSPHRASE && !pass.given)
            err = ttp_error(t, TTP_BAD_INPUT, "%s: the key is encrypted and there is no passphrase (--passin)", path);
        else if (e != SW_OK)
            err = ttp_fail(t, e, path);
    }
    cli_pass_wipe(&pass);
    return err;
}

/* Whoever named the wrong file hears that first, not how to protect it. */
static int read_key_file(const struct ttp *t, const char *path, struct sw_file *file)
{
    enum sw_err e = sw_file_read_secret(path, KEY_FILE_MAX, file);
    bool exposed = e == SW_ERR_PERMISSION;
    if (exposed)
        e = sw_file_read(path, KEY_FILE_MAX, file);
    if (e != SW_OK)
        return ttp_fail(t, e, path);
    const char *instead = sw_key_instead(file->p, file->len);
    if (instead)
        return ttp_error(t, TTP_BAD_INPUT, "%s: this is %s, not a private key", path, instead);
    if (exposed)
        return ttp_error(t, TTP_REFUSED,
                         "%s: others can read this key, or it is not yours: chmod 600 it, or make a new one", path);
    return TTP_DONE;
}

int ttp_read_sealed_key(const struct ttp *t, const char *path, struct sw_privkey **out, bool *sealed)
{
    struct sw_file file = {NULL, 0};
    *out = NULL;
    int err = read_key_file(t, path, &file);
    if (!err)
        err = decode_key(t, path, &file, out, sealed);
    sw_file_free(&file);
    return err;
}

int ttp_read_key(const struct ttp *t, const char *path, struct sw_privkey **out)
{
    bool sealed;
    return ttp_read_sealed_key(t, path, out, &sealed);
}

/* The key of a certificate to come: nobody would take one with a weak key. */
static int read_own_key(const struct ttp *t, const char *path, struct sw_privkey **out)
{
    char text[SW_KEY_TEXT_CAP];
    int err = ttp_read_key(t, path, out);
    if (err || !sw_key_is_weak(sw_privkey_public(*out), false))
        return err;
    sw_key_text(sw_privkey_public(*out), text);
    sw_privkey_free(*out);
    *out = NULL;
    return ttp_error(t, TTP_REFUSED, "%s: this key, %s, is too weak: RSA needs 2048 bits", path, text);
}

int ttp_new_key(const struct ttp *t, struct sw_privkey **out, bool *made)
{
    const char *path = ttp_get(t, TTP_OPT_KEY_FILE), *type = ttp_get(t, TTP_OPT_KEY);
    *out = NULL;
    *made = !path;
    if (path && type)
        return ttp_usage(t, "--key makes a key and --key-file reads one: only one of them");
    if (path)
        return read_own_key(t, path, out);
    if (!type)
        type = t->conf.key ? t->conf.key : sw_key_kind_at(0)->name;
    const struct sw_key_kind *kind = sw_key_kind_by_name(type);
    if (!kind)
        return ttp_usage(t, "key type %s: there are rsa2048, rsa3072, rsa4096, p256, p384 and ed25519", type);
    enum sw_err err = sw_privkey_generate(out, kind->type, kind->param);
    return err == SW_OK ? TTP_DONE : ttp_fail(t, err, type);
}

int ttp_key_pem(const struct ttp *t, const struct sw_privkey *key, const char *what, char *out, size_t cap, size_t *len)
{
    struct cli_pass pass = {.given = false};
    int err = ttp_pass_get(t, TTP_OPT_PASSOUT, what, false, true, &pass);
    if (!err && pass.given && pass.len == 0)
        err = ttp_error(t, TTP_BAD_INPUT, "%s: the passphrase is empty", what);
    if (!err) {
        struct sw_slice p = {pass.given ? (const uint8_t *)pass.text : NULL, pass.len};
        enum sw_err e = sw_key_encode_pem(key, p, out, cap, len);
        err = e == SW_OK ? TTP_DONE : ttp_fail(t, e, what);
    }
    cli_pass_wipe(&pass);
    return err;
}

/* --- the CA --- */

static const char *find_stem(const struct ttp *t, const char *ext)
{
    char path[TTP_PATH_CAP];
    for (size_t i = 0; i < STEMS; i++)
        if (ttp_path(t, stems[i], ext, path) && sw_file_exists(path))
            return stems[i];
    return NULL;
}

bool ttp_ca_exists(const struct ttp *t)
{
    return find_stem(t, "key") != NULL;
}

bool ttp_ca_is_made(const struct ttp *t)
{
    return find_stem(t, "crt") != NULL;
}

bool ttp_ca_is_intermediate(const struct ttp *t)
{
    char path[TTP_PATH_CAP];
    return (ttp_path(t, "ca", "crt", path) && sw_file_exists(path)) ||
           (ttp_path(t, "ca", "key", path) && sw_file_exists(path));
}

static int no_ca(const struct ttp *t)
{
    const char *stem = find_stem(t, "key");
    if (!stem)
        return ttp_error(t, TTP_BAD_INPUT, TTP_NO_CA, t->dir);
    if (strcmp(stem, "ca") == 0)
        return ttp_error(t, TTP_BAD_INPUT,
                         "%s: this CA has no certificate yet: have ca.csr signed, then \"ttp adopt\" the certificate",
                         t->dir);
    return ttp_error(
        t, TTP_BAD_INPUT,
        "%s: root.key is there without its certificate: \"ttp adopt\" takes that in; if there is none, remove root.key "
        "and begin again",
        t->dir);
}

int ttp_ca_key(const struct ttp *t, struct ttp_ca *ca)
{
    char path[TTP_PATH_CAP];
    if (!ttp_path(t, ca->stem, "key", path))
        return TTP_USAGE;
    int err = ttp_read_key(t, path, &ca->key);
    if (!err && !sw_pubkey_eq(sw_privkey_public(ca->key), &ca->cert.key))
        err = ttp_fail(t, SW_ERR_KEY_MISMATCH, path);
    return err;
}

/* One of the files that an intermediate CA may have beside its own. */
static int load_above(const struct ttp *t, const char *stem, struct ttp_certs *out)
{
    char path[TTP_PATH_CAP];
    if (!ttp_path(t, stem, "crt", path))
        return TTP_USAGE;
    return sw_file_exists(path) ? ttp_certs_read(t, path, out) : TTP_DONE;
}

int ttp_ca_id(const struct ttp *t, struct ttp_ca *ca, const char *path)
{
    uint8_t id[SW_KEY_ID_LEN];
    struct sw_slice ski = ca->cert.ski;
    if (ski.len == 0 || ski.len > 64) {
        if (sw_key_id(ca->cert.spki, id) != SW_OK)
            return ttp_fail(t, SW_ERR_CERT_DECODE, path);
        ski = (struct sw_slice){id, sizeof id};
    }
    ttp_hex(ski.p, ski.len, ca->id);
    return TTP_DONE;
}

static int load(const struct ttp *t, bool with_key, struct ttp_ca *ca)
{
    char path[TTP_PATH_CAP];
    bool intermediate = ttp_ca_is_intermediate(t);
    ca->stem = intermediate ? "ca" : "root";
    if (!ttp_path(t, ca->stem, "crt", path))
        return TTP_USAGE;
    if (!sw_file_exists(path))
        return no_ca(t);
    int err = ttp_cert_read(t, path, &ca->own);
    if (err)
        return err;
    ca->cert = ca->own.v[0];
    if (!ca->cert.is_ca || (ca->cert.has_key_usage && !(ca->cert.key_usage & SW_KU_KEY_CERT_SIGN)))
        return ttp_error(t, TTP_BAD_INPUT, "%s: this is no certificate of a CA", path);
    err = ttp_ca_id(t, ca, path);
    if (!err && intermediate)
        err = load_above(t, "chain", &ca->chain);
    if (!err && intermediate)
        err = load_above(t, "root", &ca->root);
    return err || !with_key ? err : ttp_ca_key(t, ca);
}

int ttp_ca_open(const struct ttp *t, bool with_key, struct ttp_ca *ca)
{
    *ca = (struct ttp_ca){.stem = NULL};
    return load(t, with_key, ca);
}

void ttp_ca_close(struct ttp_ca *ca)
{
    sw_privkey_free(ca->key);
    ttp_certs_free(&ca->own);
    ttp_certs_free(&ca->chain);
    ttp_certs_free(&ca->root);
    *ca = (struct ttp_ca){.stem = NULL};
}

static bool is_ca_key(const struct ttp *t, const char *path)
{
    struct stat a, b;
    char key[TTP_PATH_CAP];
    if (lstat(path, &a))
        return false;
    for (size_t i = 0; i < STEMS; i++)
        if (ttp_path(t, stems[i], "key", key) && stat(key, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino)
            return true;
    return false;
}

static const char *const own_names[] = {"root.crt",     "root.key",     "ca.crt",          "ca.key",
                                        "chain.crt",    "ttp.conf",     "pending",         "index.db",
                                        "index.db-wal", "index.db-shm", "index.db-journal"};

/*
 * Whether path is in DIR, by whatever name, and has the name of a file of the CA there: it need not exist to be in the
 * way.
 */
static bool has_own_name(const struct ttp *t, const char *path)
{
    struct stat a, b;
    char dir[TTP_PATH_CAP];
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    bool own = false;
    for (size_t i = 0; i < sizeof own_names / sizeof *own_names; i++)
        own |= strcmp(name, own_names[i]) == 0;
    int n = snprintf(dir, sizeof dir, "%.*s", slash ? (int)(slash - path + 1) : 1, slash ? path : ".");
    return own && n < TTP_PATH_CAP && stat(dir, &a) == 0 && stat(t->dir, &b) == 0 && a.st_dev == b.st_dev &&
           a.st_ino == b.st_ino;
}

int ttp_may_write(const struct ttp *t, const char *path)
{
    if (is_ca_key(t, path))
        return ttp_error(t, TTP_REFUSED, "%s: this is the key of the CA, which is never overwritten", path);
    if (has_own_name(t, path))
        return ttp_error(t, TTP_REFUSED,
                         "%s: this is a file of the CA itself, which is never overwritten; choose another name", path);
    return TTP_DONE;
}

/* --- subjects and names of files --- */

int ttp_subject(const struct ttp *t, const char *cn, uint8_t *out, size_t *len)
{
    struct sw_subject s = {ttp_get(t, TTP_OPT_COUNTRY), ttp_get(t, TTP_OPT_ORG), cn};
    if (!s.country)
        s.country = t->conf.country;
    if (!s.org)
        s.org = t->conf.org;
    const char *why = sw_subject_check(&s);
    if (why)
        return ttp_usage(t, "%s", why);
    struct sw_writer w = sw_writer_of(out, TTP_SUBJECT_MAX);
    sw_subject_encode(&w, &s);
    *len = w.len;
    return sw_writer_ok(&w) ? TTP_DONE : ttp_fail(t, SW_ERR_SPACE, cn);
}

/* A file name has 255 bytes on most systems, and ".fullchain.crt" comes behind this one. */
enum { STEM_MAX = 240 };

int ttp_prefix(const struct ttp *t, const char *cn, char out[TTP_PATH_CAP])
{
    const char *prefix = ttp_get(t, TTP_OPT_PREFIX);
    if (prefix) {
        if (snprintf(out, TTP_PATH_CAP, "%s", prefix) >= TTP_PATH_CAP)
            return ttp_usage(t, "--out: the path is too long");
        return TTP_DONE;
    }
    char name[4 * 64 + 1];
    size_t n = 0;
    /* letters beyond ASCII stay: the common name is well-formed UTF-8 (sw_subject), and 64 of them fit */
    for (; *cn && n + 1 < sizeof name; cn++) {
        bool plain = (unsigned char)*cn >= 0x80 || (*cn >= '0' && *cn <= '9') || (*cn >= 'a' && *cn <= 'z') ||
                     (*cn >= 'A' && *cn <= 'Z') || strchr("-_@+", *cn) || (*cn == '.' && n);
        name[n++] = plain ? *cn : '_';
    }
    if (n > STEM_MAX) /* between two characters */
        for (n = STEM_MAX; n && ((unsigned char)name[n] & 0xC0) == 0x80;)
            n--;
    name[n] = 0;
    for (size_t i = 0; i <= STEMS; i++)
        if (strcmp(name, i < STEMS ? stems[i] : "chain") == 0)
            return ttp_error(t, TTP_REFUSED, "%s: these are the names of the CA's own files; choose others with --out",
                             name);
    return ttp_path(t, name, "", out) ? TTP_DONE : TTP_USAGE;
}
