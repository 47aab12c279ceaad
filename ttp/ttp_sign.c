/*
 * ttp sign: a request made elsewhere. What it asks for and what is granted is shown side by side before anything is
 * signed; its signature must be good, and nothing but its subject, its key and its names is ever taken from it.
 */
#include "ttp/csr.h"
#include "ttp/der.h"
#include "ttp/key.h"
#include "ttp/name.h"
#include "ttp/pem.h"
#include "ttp/ttp_ca.h"
#include "ttp/ttp_verbs.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CSR_FILE_MAX = 1 << 20, SUBTREES_MAX = 8192, RSA_BITS_MIN = 2048 };

struct signing {
    struct sw_csr csr;
    uint8_t *csr_der;
    uint8_t san[TTP_SAN_MAX], subtrees[2][SUBTREES_MAX], der[SW_CERT_MAX];
    size_t len, refused;
    struct ttp_ca ca;
    struct ttp_order order;
    struct ttp_files files;
};

/* --- reading the request --- */

static enum sw_err request_der(const struct sw_file *file, uint8_t **der, size_t *len)
{
    struct sw_reader r = sw_reader_of(file->p, file->len);
    struct sw_pem block;
    *der = malloc(file->len ? file->len : 1);
    if (!*der)
        return SW_ERR_MEMORY;
    if (file->len && file->p[0] == SW_DER_SEQUENCE) {
        memcpy(*der, file->p, file->len);
        *len = file->len;
        return SW_OK;
    }
    while (sw_pem_next(&r, &block))
        if (sw_pem_is(&block, "CERTIFICATE REQUEST") || sw_pem_is(&block, "NEW CERTIFICATE REQUEST"))
            return sw_pem_decode(&block, *der, file->len, len);
    return SW_ERR_PEM;
}

static int check_key(const struct ttp *t, const char *path, const struct sw_csr *csr)
{
    char key[SW_KEY_TEXT_CAP];
    enum sw_err err = sw_csr_verify(csr);
    sw_key_text(&csr->key, key);
    if (err == SW_ERR_SIGNATURE)
        return ttp_error(
            t, TTP_BAD_INPUT,
            "%s: its signature is wrong: whoever made it does not hold the key, or it was changed on the way", path);
    if (err != SW_OK)
        return ttp_fail(t, err, path);
    if ((csr->key.type == SW_KEY_RSA || csr->key.type == SW_KEY_RSA_PSS) && csr->key.bits < RSA_BITS_MIN)
        return ttp_error(t, TTP_REFUSED, "%s: its key, %s, is too weak: RSA needs 2048 bits", path, key);
    return TTP_DONE;
}

static int read_request(const struct ttp *t, const char *path, struct signing *s)
{
    struct sw_file file;
    size_t len = 0;
    enum sw_err err = sw_file_read(path, CSR_FILE_MAX, &file);
    if (err == SW_OK) {
        err = request_der(&file, &s->csr_der, &len);
        if (err == SW_OK)
            err = sw_csr_parse(&s->csr, s->csr_der, len);
        sw_file_free(&file);
    }
    return err == SW_OK ? check_key(t, path, &s->csr) : ttp_fail(t, err, path);
}

/* --- deciding --- */

/* The names: those of --name if there are any, else the request's; for a server its common name too. */
static int decide_names(const struct ttp *t, struct signing *s)
{
    struct ttp_names names = {NULL, 0};
    const struct ttp_values *own = &t->opt[TTP_OPT_NAME];
    char cn[256];
    int err = TTP_DONE;
    sw_cert_common_name(s->csr.subject, cn, sizeof cn);
    for (size_t i = 0; i < own->n && !err; i++)
        err = ttp_names_parse(t, &names, own->v[i]);
    if (!err && own->n == 0)
        err = ttp_names_read(t, &names, s->csr.san, &s->refused);
    if (!err && own->n == 0 && !s->order.profile->ca && (names.n == 0 || (s->order.profile->eku & SW_EKU_SERVER_AUTH)))
        err = ttp_names_imply(t, &names, cn);
    if (!err)
        err = ttp_names_for_profile(t, &s->ca, &names, cn, s->san, &s->order);
    ttp_names_free(&names);
    return err;
}

static int decide_constraints(const struct ttp *t, struct signing *s)
{
    static const enum ttp_option ids[] = {TTP_OPT_PERMIT, TTP_OPT_EXCLUDE};
    struct sw_slice *to[] = {&s->order.permit, &s->order.exclude};
    int err = TTP_DONE;
    for (size_t i = 0; i < 2 && !err; i++) {
        struct ttp_names names = {NULL, 0};
        struct sw_writer w = sw_writer_of(s->subtrees[i], sizeof s->subtrees[i]);
        err = ttp_names_constraints(t, &names, ids[i]);
        ttp_names_subtrees(&w, &names);
        *to[i] = (struct sw_slice){s->subtrees[i], w.len};
        if (!err && !sw_writer_ok(&w))
            err = ttp_usage(t, "too many --%s", ttp_options[ids[i]].name);
        ttp_names_free(&names);
    }
    return err;
}

/* A CA below another may have no CA below itself, unless --path-len says so and the one above allows it. */
static int decide_path_len(const struct ttp *t, struct signing *s)
{
    const struct sw_cert *issuer = &s->ca.cert;
    s->order.path_len = -1;
    if (!s->order.profile->ca) {
        if (ttp_has(t, TTP_OPT_PATH_LEN) || ttp_has(t, TTP_OPT_PERMIT) || ttp_has(t, TTP_OPT_EXCLUDE))
            return ttp_usage(t, "--path-len, --permit and --exclude are for --profile ca");
        return TTP_DONE;
    }
    if (issuer->path_len == 0)
        return ttp_error(t, TTP_REFUSED, "this CA may not have another CA below it (its path length is 0)");
    int err = ttp_get_int(t, TTP_OPT_PATH_LEN, 0, 0, 100, &s->order.path_len);
    if (!err && issuer->path_len > 0 && s->order.path_len >= issuer->path_len)
        err = ttp_error(t, TTP_REFUSED, "this CA allows a path length of %d at most", issuer->path_len - 1);
    return err;
}

/* RFC 5280 4.1.2.6: a CA has a name, and one of its own: what is below it names it by that. */
static int check_subject(const struct ttp *t, const struct signing *s)
{
    if (s->csr.subject.len > 2 * TTP_SUBJECT_MAX)
        return ttp_error(t, TTP_REFUSED, "the request's subject is too long");
    if (!sw_dn_is_plain(s->csr.subject))
        return ttp_error(
            t, TTP_REFUSED,
            "the request's subject holds what is no text, or characters that control it: whoever reads the "
            "certificate would be shown another name");
    if (!s->order.profile->ca)
        return TTP_DONE;
    if (s->csr.subject.len == 2)
        return ttp_error(t, TTP_REFUSED, "the request's subject is empty, and a CA needs a name");
    if (sw_cert_name_eq(s->csr.subject, s->ca.cert.subject))
        return ttp_error(t, TTP_REFUSED,
                         "the request is for another CA with the very name of this one; choose another");
    return TTP_DONE;
}

static int decide(const struct ttp *t, struct signing *s)
{
    int err = check_subject(t, s);
    if (!err)
        err = decide_names(t, s);
    if (!err)
        err = decide_constraints(t, s);
    if (!err)
        err = decide_path_len(t, s);
    if (!err)
        err = ttp_validity(t, s->order.profile, &s->ca.cert, &s->order.not_before, &s->order.not_after);
    s->order.subject = s->csr.subject;
    s->order.spki = s->csr.spki;
    s->order.action = "sign";
    return err;
}

/* --- showing --- */

static void show_names(const struct ttp *t, const struct signing *s)
{
    char *asked = ttp_names_text(s->csr.san, " ", TTP_NAMES_SHOWN),
         *granted = ttp_names_text(s->order.san, " ", TTP_NAMES_ALL);
    if (asked && granted) {
        ttp_say(t, "Names asked  %s", *asked ? asked : "none");
        ttp_say(t, "    granted  %s", *granted ? granted : "none");
    }
    if (s->refused)
        ttp_say(t, "             (%zu of a kind that is never granted)", s->refused);
    free(asked);
    free(granted);
}

static void show(const struct ttp *t, const struct signing *s)
{
    char subject[512], key[SW_KEY_TEXT_CAP], time[TTP_TIME_CAP], span[TTP_SPAN_CAP], usage[256];
    sw_cert_name_text(s->csr.subject, subject, sizeof subject);
    ttp_say(t, "Request      %s, %s, its signature is good", t->argv[0], sw_key_text(&s->csr.key, key));
    ttp_say(t, "Subject      %s", *subject ? subject : "empty");
    show_names(t, s);
    if (s->csr.asks_ca && !s->order.profile->ca)
        ttp_say(t, "CA asked     yes\n    granted  no");
    if (s->csr.has_eku)
        ttp_say(t, "Use asked    %s", ttp_eku_text(s->csr.eku, usage, sizeof usage));
    ttp_say(t, "%s  %s", s->csr.has_eku ? "    granted" : "Profile    ", s->order.profile->name);
    if (s->csr.others)
        ttp_say(t, "Not granted  %u other extensions or attributes", s->csr.others);
    if (s->order.profile->ca)
        ttp_say(t, "CA           yes, with at most %d CA below it", s->order.path_len);
    ttp_say(t, "Valid until  %s (%s)", ttp_time_text(s->order.not_after, time),
            ttp_span_text(t->now, s->order.not_after, span));
}

/* --- writing --- */

/* "www.csr" becomes www.crt and www.fullchain.crt; --out names the certificate alone. */
static int decide_files(const struct ttp *t, struct signing *s)
{
    const char *out = ttp_get(t, TTP_OPT_OUT), *in = t->argv[0];
    char prefix[TTP_PATH_CAP];
    if (!out && strcmp(in, "-") == 0)
        out = "-";
    if (out && strcmp(out, "-") == 0)
        return TTP_DONE;
    if (out)
        return ttp_files_one(t, out, &s->files);
    size_t n = strlen(in);
    if (n > 4 &&
        (strcmp(in + n - 4, ".csr") == 0 || strcmp(in + n - 4, ".req") == 0 || strcmp(in + n - 4, ".pem") == 0))
        n -= 4;
    if (snprintf(prefix, sizeof prefix, "%.*s", (int)n, in) >= (int)sizeof prefix)
        return ttp_usage(t, "%s: the path is too long", in);
    return ttp_files_for(t, prefix, false, false, true, &s->files);
}

static int sign(struct ttp *t, struct signing *s)
{
    int err = ttp_profile(t, &s->order.profile);
    if (!err)
        err = read_request(t, t->argv[0], s);
    if (!err)
        err = ttp_ca_open(t, false, &s->ca);
    if (!err)
        err = decide(t, s);
    if (!err)
        err = decide_files(t, s);
    if (err)
        return err;
    show(t, s);
    if (!ttp_has(t, TTP_OPT_YES) && !ttp_confirm(t, "Sign this?"))
        return ttp_error(t, TTP_REFUSED, "not signed");
    err = ttp_ca_key(t, &s->ca);
    if (!err)
        err = ttp_make(t, &s->ca, s->ca.key, &s->order, &s->files, (struct sw_slice){NULL, 0}, s->der, &s->len);
    return err ? err : ttp_report_signed(t, s->der, s->len, &s->files);
}

int ttp_sign(struct ttp *t)
{
    struct signing *s = calloc(1, sizeof *s);
    if (!s)
        return ttp_fail(t, SW_ERR_MEMORY, "sign");
    int err = sign(t, s);
    ttp_ca_close(&s->ca);
    free(s->csr_der);
    free(s);
    return err;
}
