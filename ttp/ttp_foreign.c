/*
 * Certificates that a CA signed before its index began: those of the tool it was adopted from, or of a directory whose
 * index was lost. Its signature is the proof.
 */
#include "base/hash.h"
#include "ttp/key.h"
#include "ttp/ttp_ca.h"
#include <stdlib.h>
#include <string.h>

bool ttp_ca_signed(const struct ttp_ca *ca, const struct sw_cert *cert)
{
    return sw_cert_name_eq(cert->issuer, ca->cert.subject) && cert->sig_scheme &&
           sw_sigalg_verify(&ca->cert.key, cert->sig_scheme, cert->sig_salt, cert->tbs, cert->sig) == SW_OK;
}

/* The profile that makes such certificates, by which this one can be renewed; "foreign" if none does. */
static const char *profile_of(const struct sw_cert *cert)
{
    const struct sw_profile *p;
    if (cert->is_ca)
        return cert->has_eku ? "foreign" : ttp_is_self_issued(cert) ? "root" : "ca";
    for (size_t i = 0; (p = sw_profile_at(i)); i++)
        if (!p->ca && cert->has_eku && p->eku == cert->eku)
            return p->name;
    return "foreign";
}

int ttp_foreign_row(const struct ttp *t, const struct ttp_ca *ca, const struct sw_cert *cert, const char *path,
                    struct ttp_foreign *out)
{
    uint8_t digest[SW_HASH_MAX], back[TTP_SERIAL_LEN + 1];
    enum sw_err err = sw_hash_once(SW_HASH_SHA256, cert->der.p, cert->der.len, digest);
    if (err != SW_OK)
        return ttp_fail(t, err, path);
    ttp_serial_text(cert->serial, out->serial);
    /* a list could only name another one */
    if (cert->serial.len > TTP_SERIAL_LEN + 1 || !sw_slice_eq(ttp_serial_bytes(out->serial, back), cert->serial))
        return ttp_error(t, TTP_BAD_INPUT, "%s: its serial number is negative, too long or padded", path);
    sw_cert_common_name(cert->subject, out->cn, sizeof out->cn);
    ttp_hex(digest, 32, out->fingerprint);
    sw_key_text(&cert->key, out->key);
    out->names = ttp_names_text(cert->san, " ", TTP_NAMES_ALL);
    if (!out->names)
        return ttp_fail(t, SW_ERR_MEMORY, path);
    out->row = (struct ttp_row){.serial = out->serial,
                                .issuer = ca->id,
                                .cn = out->cn,
                                .names = out->names,
                                .profile = profile_of(cert),
                                .key_type = out->key,
                                .fingerprint = out->fingerprint,
                                .prefix = "",
                                .replaces = "",
                                .not_before = cert->not_before,
                                .not_after = cert->not_after,
                                .issued = cert->not_before,
                                .der = cert->der};
    return TTP_DONE;
}

void ttp_foreign_free(struct ttp_foreign *f)
{
    free(f->names);
    f->names = NULL;
}
