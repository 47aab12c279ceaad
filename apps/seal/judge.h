/*
 * Whom to believe: our own certificate and key, the recipients' certificates before anything is encrypted to them, and
 * the signer's.
 */
#ifndef SW_APPS_SEAL_JUDGE_H
#define SW_APPS_SEAL_JUDGE_H

#include "apps/seal/seal.h"

/* judge_self: the key belongs to the certificate, and can sign (or decrypt). */
bool judge_self(const struct seal_self *self, bool to_sign, struct seal_status *st);

/*
 * judge_recipients: every recipient's certificate has a path to a root that is valid now, is not revoked, and may be
 * encrypted to.
 */
bool judge_recipients(const struct seal_params *p, struct seal_status *st);

/*
 * judge_signer: the same for who signed, which is for messages or clients; others are what came along. Fills in the
 * verdict.
 */
bool judge_signer(const struct seal_open_params *p, const struct sw_cert *signer, const struct sw_cert *others,
                  size_t others_len, struct seal_verdict *v);

#endif
