/*
 * ttp crl: the revocation list. Its number is counted in the index and committed before the list exists, so no two
 * lists ever share one; of two makers at once the one with the higher number stays in the file.
 */
#include "ttp/crl_issue.h"
#include "ttp/der.h"
#include "ttp/pem.h"
#include "ttp/ttp_ca.h"
#include "ttp/ttp_verbs.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { DEFAULT_DAYS = 30, DAY = 86400 };

struct making {
    const struct ttp *t;
    const struct ttp_ca *ca;
    struct sw_revoked *v;
    uint8_t (*serials)[TTP_SERIAL_LEN + 1];
    size_t n, cap;
    int64_t number, last_update, this_update, next_update;
    char path[TTP_PATH_CAP]; /* empty: standard output */
    uint8_t *der;
    char *pem;
    size_t der_len, pem_len;
};

/* An entry may go only after a list made beyond the certificate's validity has shown it: RFC 5280 3.3. */
static int collect(void *ctx, const struct ttp_row *row)
{
    struct making *m = ctx;
    if (!row->revoked || strcmp(row->issuer, m->ca->id) != 0 || row->not_after < m->last_update)
        return 0;
    if (m->n == m->cap) {
        size_t cap = m->cap ? 2 * m->cap : 64;
        void *v = realloc(m->v, cap * sizeof *m->v);
        if (v)
            m->v = v;
        void *s = v ? realloc(m->serials, cap * sizeof *m->serials) : NULL;
        if (!s)
            return ttp_fail(m->t, SW_ERR_MEMORY, "list");
        m->serials = s;
        m->cap = cap;
    }
    struct sw_slice serial = ttp_serial_bytes(row->serial, m->serials[m->n]);
    /* the array of serials may still move: remember the offset in the slice's place */
    m->v[m->n] = (struct sw_revoked){{NULL, serial.len}, row->revoked, row->reason};
    m->n++;
    return 0;
}

static void point(struct making *m)
{
    for (size_t i = 0; i < m->n; i++) {
        bool lead = m->serials[i][1] < 0x80;
        m->v[i].serial.p = m->serials[i] + lead;
    }
}

/* What stands under the name now may be replaced if it is a list; anything else only with --force. */
static int check_target(const struct ttp *t, const char *path)
{
    struct sw_file file;
    struct stat st;
    if (ttp_has(t, TTP_OPT_FORCE) || lstat(path, &st))
        return TTP_DONE;
    if (!S_ISREG(st.st_mode))
        return ttp_fail(t, SW_ERR_EXISTS, path);
    enum sw_err err = sw_file_read(path, SW_FILE_MAX, &file);
    if (err != SW_OK)
        return ttp_fail(t, err, path);
    struct sw_reader r = sw_reader_of(file.p, file.len);
    struct sw_pem block;
    bool list = file.len == 0 || (sw_pem_next(&r, &block) && sw_pem_is(&block, "X509 CRL"));
    sw_file_free(&file);
    return list ? TTP_DONE
                : ttp_error(t, TTP_REFUSED, "%s: exists and is no revocation list (--force overwrites it)", path);
}

static int decide(const struct ttp *t, struct making *m)
{
    int days;
    const char *out = ttp_get(t, TTP_OPT_OUT);
    int err = ttp_get_int(t, TTP_OPT_DAYS, t->conf.crl_days ? t->conf.crl_days : DEFAULT_DAYS, 1, 3650, &days);
    if (err)
        return err;
    m->this_update = t->now;
    m->next_update = t->now + (int64_t)days * DAY;
    if (out && strcmp(out, "-") == 0)
        return TTP_DONE;
    if (!out && !ttp_path(t, m->ca->stem, "crl", m->path))
        return TTP_USAGE;
    if (out && snprintf(m->path, sizeof m->path, "%s", out) >= (int)sizeof m->path)
        return ttp_usage(t, "--out: the path is too long");
    err = ttp_may_write(t, m->path);
    return err ? err : check_target(t, m->path);
}

static int encode(const struct ttp *t, struct making *m)
{
    size_t cap = SW_CRL_CAP(m->n), pem_cap = cap * 3 / 2;
    m->der = malloc(cap);
    m->pem = malloc(pem_cap);
    if (!m->der || !m->pem)
        return ttp_fail(t, SW_ERR_MEMORY, "list");
    struct sw_crl_issue what = {.issuer = &m->ca->cert,
                                .key = m->ca->key,
                                .number = (uint64_t)m->number,
                                .this_update = m->this_update,
                                .next_update = m->next_update,
                                .revoked = m->v,
                                .revoked_len = m->n};
    point(m);
    enum sw_err err = sw_crl_encode(&what, m->der, cap, &m->der_len);
    if (err == SW_OK)
        err = sw_pem_encode("X509 CRL", m->der, m->der_len, m->pem, pem_cap, &m->pem_len);
    return err == SW_OK ? TTP_DONE : ttp_fail(t, err, "list");
}

/* Number and contents in one act: a revocation is either in the list of this number or comes with a later one. */
static int number_and_encode(const struct ttp *t, struct ttp_index *ix, struct making *m)
{
    int64_t number, next;
    int err = ttp_index_begin(ix);
    if (!err)
        err = ttp_index_crl_latest(ix, m->ca->id, &number, &m->last_update, &next);
    if (!err)
        err = ttp_index_crl_number(ix, m->ca->id, m->this_update, m->next_update, &m->number);
    if (!err)
        err = ttp_index_each(ix, NULL, NULL, collect, m);
    if (!err)
        err = encode(t, m);
    if (!err)
        err = ttp_index_commit(ix);
    ttp_index_rollback(ix);
    return err;
}

/* Under the lock again, so that a list with a higher number that is there already is not replaced by this one. */
static int write_list(const struct ttp *t, struct ttp_index *ix, struct making *m)
{
    int64_t number, this_update, next_update;
    if (!m->path[0])
        return TTP_DONE;
    int err = ttp_index_begin(ix);
    if (!err)
        err = ttp_index_crl_latest(ix, m->ca->id, &number, &this_update, &next_update);
    if (!err && number == m->number) {
        enum sw_err e = sw_file_write(m->path, m->pem, m->pem_len, SW_FILE_REPLACE);
        err = e == SW_OK ? TTP_DONE : ttp_fail(t, e, m->path);
    }
    ttp_index_rollback(ix);
    return err;
}

static int report(const struct ttp *t, const struct making *m)
{
    char time[TTP_TIME_CAP], next[TTP_TIME_CAP];
    ttp_time_text(m->next_update, next);
    json_t *o = NULL;
    if (t->json)
        o = json_pack("{s:I, s:s, s:s, s:I}", "number", (json_int_t)m->number, "this_update",
                      ttp_time_text(m->this_update, time), "next_update", next, "revoked", (json_int_t)m->n);
    if (!m->path[0])
        return ttp_report_pem(t, "X509 CRL", m->der, m->der_len, o);
    ttp_say(t, "List number %lld, %zu revoked, to be renewed before %s: %s", (long long)m->number, m->n, next, m->path);
    if (o)
        json_object_set_new(o, "file", ttp_json_text(m->path));
    return t->json ? ttp_result(t, TTP_DONE, o) : TTP_DONE;
}

/* RFC 5280 6.3.3 (f). A list that cannot be used is worse than none: who asks for lists rejects every certificate then. */
static int check_usage(const struct ttp *t, const struct sw_cert *ca)
{
    if (!ca->has_key_usage || (ca->key_usage & SW_KU_CRL_SIGN))
        return TTP_DONE;
    return ttp_error(t, TTP_REFUSED,
                     "%s: the key usage of this CA lacks cRLSign, so that no verifier would take its lists", t->dir);
}

int ttp_crl(struct ttp *t)
{
    struct ttp_ca ca;
    struct ttp_index *ix = NULL;
    struct making *m = calloc(1, sizeof *m);
    if (!m)
        return ttp_fail(t, SW_ERR_MEMORY, "list");
    m->t = t;
    m->ca = &ca;
    int err = ttp_ca_open(t, true, &ca);
    if (!err)
        err = check_usage(t, &ca.cert);
    if (!err)
        err = decide(t, m);
    if (!err)
        err = ttp_index_open(t, false, &ix);
    if (!err)
        err = number_and_encode(t, ix, m);
    if (!err)
        err = write_list(t, ix, m);
    if (!err)
        err = report(t, m);
    ttp_index_close(ix);
    ttp_ca_close(&ca);
    free(m->v);
    free(m->serials);
    free(m->der);
    free(m->pem);
    free(m);
    return err;
}
