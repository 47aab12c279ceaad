/* ttp renew: a new certificate with the names, the profile and, unless --rekey, the key of an older one. */
#include "base/wipe.h"
#include "ttp/der.h"
#include "ttp/key.h"
#include "ttp/pem.h"
#include "ttp/ttp_ca.h"
#include "ttp/ttp_verbs.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct renewal {
    struct ttp_row *row;
    struct sw_cert old;
    struct ttp_ca ca;
    struct ttp_order order;
    struct ttp_files files;
    struct sw_privkey *key;
    uint8_t spki[SW_SPKI_MAX], der[SW_CERT_MAX];
    char key_pem[SW_KEY_PEM_MAX];
    size_t key_pem_len, len;
    bool self; /* the root renews itself */
};

static int find(const struct ttp *t, struct renewal *r)
{
    struct ttp_index *ix;
    int err = ttp_index_open(t, false, &ix);
    if (err)
        return err;
    err = ttp_find(t, ix, t->argv[0], true, &r->row, NULL, NULL);
    ttp_index_close(ix);
    if (err)
        return err;
    if (r->row->der.len == 0)
        return ttp_error(t, TTP_BAD_INPUT, TTP_NO_DER, r->row->serial);
    if (sw_cert_parse(&r->old, r->row->der.p, r->row->der.len) != SW_OK)
        return ttp_fail(t, SW_ERR_CERT_DECODE, r->row->serial);
    if (r->row->revoked && !ttp_has(t, TTP_OPT_REKEY))
        return ttp_error(t, TTP_REFUSED, "%s: revoked; renewing it would bring its key back (--rekey makes another)",
                         r->row->serial);
    if (strcmp(r->row->issuer, r->ca.id) != 0)
        return ttp_error(t, TTP_REFUSED, "%s: made by another CA than the one that is in %s now", r->row->serial,
                         t->dir);
    r->self = strcmp(r->row->profile, "root") == 0;
    return TTP_DONE;
}

/* Everything as it was: the constraints of a CA too. */
static int copy_order(const struct ttp *t, struct renewal *r)
{
    const struct sw_cert *old = &r->old;
    struct ttp_order *o = &r->order;
    o->profile = sw_profile_by_name(r->row->profile);
    if (!o->profile)
        return ttp_error(t, TTP_REFUSED, "%s: not made by this tool; have a new request signed", r->row->serial);
    o->subject = old->subject;
    o->san = old->san;
    o->spki = old->spki;
    o->path_len = old->path_len;
    o->action = "renew";
    o->replaces = r->row->serial;
    o->revoke_replaced = ttp_has(t, TTP_OPT_REVOKE_OLD) && !r->row->revoked;
    struct sw_reader nc = sw_reader_of_slice(old->name_constraints);
    if (sw_der_peek(&nc) == SW_DER_SEQUENCE)
        nc = sw_der_enter(&nc, SW_DER_SEQUENCE);
    if (sw_der_peek(&nc) == (SW_DER_CONTEXT(0) | SW_DER_CONSTRUCTED))
        o->permit = sw_der_read(&nc, SW_DER_CONTEXT(0) | SW_DER_CONSTRUCTED);
    if (sw_der_peek(&nc) == (SW_DER_CONTEXT(1) | SW_DER_CONSTRUCTED))
        o->exclude = sw_der_read(&nc, SW_DER_CONTEXT(1) | SW_DER_CONSTRUCTED);
    if (old->name_constraints.len && !sw_reader_end(&nc))
        return ttp_error(t, TTP_BAD_INPUT, "%s: its name constraints are malformed", r->row->serial);
    return TTP_DONE;
}

/* As long as it was, unless --days or --not-after say otherwise. */
static int decide_validity(const struct ttp *t, struct renewal *r)
{
    struct sw_profile as_before = *r->order.profile;
    struct ttp with = *t;
    as_before.days = (int)((r->old.not_after - r->old.not_before + 86399) / 86400);
    with.conf.days = 0;
    return ttp_validity(&with, &as_before, r->self ? NULL : &r->ca.cert, &r->order.not_before, &r->order.not_after);
}

static int new_key(const struct ttp *t, struct renewal *r)
{
    bool made;
    char kind[SW_KEY_TEXT_CAP];
    struct ttp with = *t;
    const char *type = sw_key_text(&r->old.key, kind);
    if (r->self)
        return ttp_usage(t, "a root with another key is another root: ttp init in another directory");
    /* the old kind, where neither option nor settings name another */
    if (!t->conf.key && sw_key_kind_by_name(type))
        with.conf.key = kind;
    int err = ttp_new_key(&with, &r->key, &made);
    if (!err)
        err = ttp_key_pem(t, r->key, r->files.key, r->key_pem, sizeof r->key_pem, &r->key_pem_len);
    struct sw_writer w = sw_writer_of(r->spki, sizeof r->spki);
    if (!err)
        sw_spki_encode(&w, sw_privkey_public(r->key));
    r->order.spki = (struct sw_slice){r->spki, w.len};
    return err;
}

/* Where the old one is, which it replaces; --out puts it elsewhere. */
static int decide_files(const struct ttp *t, struct renewal *r)
{
    const char *out = ttp_get(t, TTP_OPT_PREFIX);
    bool rekey = ttp_has(t, TTP_OPT_REKEY);
    char prefix[TTP_PATH_CAP];
    if (!out && !*r->row->prefix && rekey)
        return ttp_usage(t, "the old certificate was written to no file: say with --out where the new key goes");
    if (!out && !*r->row->prefix)
        return TTP_DONE; /* standard output, as then */
    if (snprintf(prefix, sizeof prefix, "%s", out ? out : r->row->prefix) >= (int)sizeof prefix)
        return ttp_usage(t, "--out: the path is too long");
    r->files.replace = !out;
    r->files.own = r->self && !out;
    int err = ttp_files_for(t, prefix, rekey, false, true, &r->files);
    if (r->self)
        r->files.fullchain[0] = 0;
    return err;
}

static int renew(const struct ttp *t, struct renewal *r)
{
    int err = ttp_ca_open(t, true, &r->ca);
    if (!err)
        err = find(t, r);
    if (!err)
        err = copy_order(t, r);
    if (!err)
        err = decide_validity(t, r);
    if (!err)
        err = decide_files(t, r);
    if (!err && ttp_has(t, TTP_OPT_REKEY))
        err = new_key(t, r);
    if (err)
        return err;
    struct sw_slice pem = {r->key ? (const uint8_t *)r->key_pem : NULL, r->key_pem_len};
    err = ttp_make(t, r->self ? NULL : &r->ca, r->ca.key, &r->order, &r->files, pem, r->der, &r->len);
    return err ? err : ttp_report_signed(t, r->der, r->len, &r->files);
}

int ttp_renew(struct ttp *t)
{
    struct renewal *r = calloc(1, sizeof *r);
    if (!r)
        return ttp_fail(t, SW_ERR_MEMORY, "renew");
    if (!ttp_has(t, TTP_OPT_REKEY) && (ttp_has(t, TTP_OPT_KEY) || ttp_has(t, TTP_OPT_PASSOUT))) {
        free(r);
        return ttp_usage(t, "--key and --passout are about a new key: say --rekey");
    }
    int err = renew(t, r);
    sw_privkey_free(r->key);
    ttp_ca_close(&r->ca);
    ttp_row_free(r->row);
    sw_wipe(r, sizeof *r);
    free(r);
    return err;
}
