/*
 * ttp revoke: a certificate that is not to be trusted any more. Verifiers learn of it from the next list or OCSP
 * response.
 */
#include "ttp/crl_issue.h"
#include "ttp/ttp_ca.h"
#include "ttp/ttp_verbs.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int get_reason(const struct ttp *t, int *reason)
{
    const char *name = ttp_get(t, TTP_OPT_REASON);
    *reason = name ? sw_reason_by_name(name) : SW_REASON_UNSPECIFIED;
    /* a hold would need a way back, and removal is for delta lists: neither is made here */
    if (*reason == SW_REASON_NONE || strcmp(sw_reason_name(*reason), "certificateHold") == 0 ||
        strcmp(sw_reason_name(*reason), "removeFromCRL") == 0)
        return ttp_usage(t, "--reason %s: there are %s", name,
                         "unspecified, keyCompromise, cACompromise, affiliationChanged, superseded, "
                         "cessationOfOperation, privilegeWithdrawn and aACompromise");
    return TTP_DONE;
}

/* A certificate that this CA signed before it came here: adopted CAs bring such. */
static int record_foreign(const struct ttp *t, struct ttp_index *ix, const struct ttp_ca *ca, const uint8_t *der,
                          size_t len, struct ttp_row **out)
{
    struct sw_cert cert;
    struct ttp_foreign f = {.names = NULL};
    if (sw_cert_parse(&cert, der, len) != SW_OK)
        return ttp_fail(t, SW_ERR_CERT_DECODE, t->argv[0]);
    if (!ttp_ca_signed(ca, &cert))
        return ttp_error(t, TTP_BAD_INPUT, "%s: this CA did not sign it", t->argv[0]);
    int err = ttp_foreign_row(t, ca, &cert, t->argv[0], &f);
    if (!err)
        err = ttp_index_add(ix, &f.row, "adopt", "revoked by file");
    if (!err && !(*out = ttp_row_copy(&f.row)))
        err = ttp_fail(t, SW_ERR_MEMORY, t->argv[0]);
    ttp_foreign_free(&f);
    return err;
}

static int check(const struct ttp *t, const struct ttp_ca *ca, const struct ttp_row *row)
{
    char time[TTP_TIME_CAP];
    if (row->revoked)
        return ttp_error(t, TTP_REFUSED, "%s: revoked already, %s", row->serial, ttp_time_text(row->revoked, time));
    if (strcmp(row->profile, "root") == 0)
        return ttp_error(t, TTP_REFUSED, "%s: a root cannot revoke itself; tell those who trust it to remove it",
                         row->serial);
    if (strcmp(row->issuer, ca->id) != 0)
        return ttp_error(t, TTP_REFUSED, "%s: made by another CA than the one that is in %s now", row->serial, t->dir);
    return TTP_DONE;
}

/* In one act, so that two who revoke at once do not both succeed. */
static int find_and_revoke(const struct ttp *t, struct ttp_index *ix, const struct ttp_ca *ca, int reason,
                           struct ttp_row **row)
{
    uint8_t *der;
    size_t len;
    int err = ttp_index_begin(ix);
    if (err)
        return err;
    err = ttp_find(t, ix, t->argv[0], false, row, &der, &len);
    if (!err && !*row)
        err = record_foreign(t, ix, ca, der, len, row);
    free(der);
    if (!err)
        err = check(t, ca, *row);
    if (!err)
        err = ttp_index_revoke(ix, (*row)->serial, t->now, reason, sw_reason_name(reason));
    return err ? err : ttp_index_commit(ix);
}

int ttp_revoke(struct ttp *t)
{
    struct ttp_ca ca;
    struct ttp_index *ix = NULL;
    struct ttp_row *row = NULL;
    int reason, err = get_reason(t, &reason);
    if (err)
        return err;
    err = ttp_ca_open(t, false, &ca);
    if (!err)
        err = ttp_index_open(t, false, &ix);
    if (!err)
        err = find_and_revoke(t, ix, &ca, reason, &row);
    ttp_index_rollback(ix);
    ttp_index_close(ix);
    ttp_ca_close(&ca);
    if (!err && t->json)
        err = ttp_result(
            t, TTP_DONE,
            json_pack("{s:s, s:s, s:s}", "serial", row->serial, "cn", row->cn, "reason", sw_reason_name(reason)));
    else if (!err)
        ttp_say(t, "Revoked %s (%s). Verifiers learn of it from the next list: ttp crl", row->cn, row->serial);
    ttp_row_free(row);
    return err;
}
