/* The functions behind the rows of the verb table, each in ttp_<verb>.c. They return an exit code and have said why if it is not TTP_DONE. */
#ifndef SW_TTP_TTP_VERBS_H
#define SW_TTP_TTP_VERBS_H

struct ttp;

int ttp_init(struct ttp *t);
int ttp_request(struct ttp *t);
int ttp_sign(struct ttp *t);
int ttp_issue(struct ttp *t);

#endif
