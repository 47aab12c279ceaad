/* ttp ocsp: a signed answer about one certificate, for a server to staple (RFC 6960, RFC 6066 8). */
#include "ttp/crl_issue.h"
#include "ttp/ttp_ca.h"
#include "ttp/ttp_verbs.h"
#include <string.h>

enum { DEFAULT_DAYS = 7, DAY = 86400 };

static int encode(const struct ttp *t, const struct ttp_ca *ca, const struct ttp_row *row, uint8_t *out, size_t *len,
                  int64_t *next)
{
    uint8_t serial[TTP_SERIAL_LEN + 1];
    int days;
    int err = ttp_get_int(t, TTP_OPT_DAYS, DEFAULT_DAYS, 1, 365, &days);
    if (err)
        return err;
    if (strcmp(row->issuer, ca->id) != 0 || strcmp(row->profile, "root") == 0)
        return ttp_error(t, TTP_REFUSED, "%s: this CA answers for what it signed itself, and not for roots",
                         row->serial);
    struct sw_revoked revoked = {.at = row->revoked, .reason = row->reason};
    struct sw_ocsp_issue what = {.issuer = &ca->cert,
                                 .key = ca->key,
                                 .serial = ttp_serial_bytes(row->serial, serial),
                                 .this_update = t->now,
                                 .next_update = *next = t->now + (int64_t)days * DAY,
                                 .revoked = row->revoked ? &revoked : NULL};
    enum sw_err e = sw_ocsp_encode(&what, out, SW_OCSP_MAX, len);
    return e == SW_OK ? TTP_DONE : ttp_fail(t, e, row->serial);
}

static int write_file(const struct ttp *t, const char *path, const uint8_t *der, size_t len)
{
    int code = ttp_may_write(t, path);
    if (code)
        return code;
    enum sw_err err = sw_file_write(path, der, len, ttp_has(t, TTP_OPT_FORCE) ? SW_FILE_REPLACE : 0);
    return err == SW_OK ? TTP_DONE : ttp_fail(t, err, path);
}

static int write_response(const struct ttp *t, const struct ttp_row *row, const uint8_t *der, size_t len, int64_t next)
{
    char time[TTP_TIME_CAP];
    const char *path = ttp_get(t, TTP_OPT_OUT), *status = row->revoked ? "revoked" : "good";
    bool to_stdout = !path || strcmp(path, "-") == 0;
    int code = to_stdout ? TTP_DONE : write_file(t, path, der, len);
    if (code)
        return code;
    ttp_time_text(next, time);
    json_t *o = NULL;
    if (t->json)
        o = json_pack("{s:s, s:s, s:s}", "serial", row->serial, "status", status, "next_update", time);
    if (to_stdout)
        return t->json ? ttp_report_pem(t, "OCSP RESPONSE", der, len, o) : ttp_write_out(t, der, len, true);
    ttp_say(t, "%s (%s) is %s; the answer is good until %s: %s", row->cn, row->serial, status, time, path);
    if (o)
        json_object_set_new(o, "file", ttp_json_text(path));
    return t->json ? ttp_result(t, TTP_DONE, o) : TTP_DONE;
}

int ttp_ocsp(struct ttp *t)
{
    struct ttp_ca ca;
    struct ttp_index *ix = NULL;
    struct ttp_row *row = NULL;
    uint8_t der[SW_OCSP_MAX];
    size_t len;
    int64_t next = 0;
    int err = ttp_ca_open(t, true, &ca);
    if (!err)
        err = ttp_index_open(t, false, &ix);
    if (!err)
        err = ttp_find(t, ix, t->argv[0], true, &row, NULL, NULL);
    if (!err)
        err = encode(t, &ca, row, der, &len, &next);
    if (!err)
        err = write_response(t, row, der, len, next);
    ttp_row_free(row);
    ttp_index_close(ix);
    ttp_ca_close(&ca);
    return err;
}
