/*
 * The functions behind the rows of the verb table, each in ttp_<verb>.c. They return an exit code and have said why if
 * it is not TTP_DONE.
 */
#ifndef SW_TTP_TTP_VERBS_H
#define SW_TTP_TTP_VERBS_H

struct ttp;

int ttp_init(struct ttp *t);
int ttp_request(struct ttp *t);
int ttp_sign(struct ttp *t);
int ttp_issue(struct ttp *t);
int ttp_adopt(struct ttp *t);
int ttp_renew(struct ttp *t);
int ttp_revoke(struct ttp *t);
int ttp_crl(struct ttp *t);
int ttp_ocsp(struct ttp *t);
int ttp_list(struct ttp *t);
int ttp_log(struct ttp *t);
int ttp_check(struct ttp *t);
int ttp_verify(struct ttp *t);
int ttp_inspect(struct ttp *t);
int ttp_fingerprint(struct ttp *t);
int ttp_export(struct ttp *t);
int ttp_import(struct ttp *t);
int ttp_passwd(struct ttp *t);
int ttp_install(struct ttp *t);
int ttp_uninstall(struct ttp *t);

#endif
