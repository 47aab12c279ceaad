/*
 * The index of a CA: DIR/index.db, an SQLite database with every certificate issued, every revocation and revocation
 * list, and an audit log that is only ever added to. One transaction records one act, and it is on the disk before
 * anything leaves the tool: a killed process, a full disk and any number of writers at once leave either the whole
 * record or none.
 *
 * Serial numbers are lower-case hex throughout, without leading zeros in pairs: "5f03...".
 */
#ifndef SW_TTP_TTP_INDEX_H
#define SW_TTP_TTP_INDEX_H

#include "base/bytes.h"
#include "ttp/ttp.h"

enum {
    TTP_SERIAL_LEN = 20,                    /* bytes at most, RFC 5280 4.1.2.2 */
    TTP_SERIAL_CAP = 2 * TTP_SERIAL_LEN + 3 /* as text; a foreign one may have a leading zero byte */
};

struct ttp_index;

/* A certificate in the index. Texts and DER belong to whoever handed the row out. */
struct ttp_row {
    const char *serial;
    const char *issuer; /* hex of the issuer's subjectKeyIdentifier: one directory may outlive a CA */
    const char *cn;
    const char *names; /* "dns:a dns:b ip:1.2.3.4", one space between */
    const char *profile;
    const char *key_type;    /* "rsa2048" */
    const char *fingerprint; /* SHA-256 of the certificate, hex */
    const char *prefix;      /* absolute path of its files without extension, or "" */
    const char *replaces;    /* serial of the certificate it renews, or "" */
    int64_t not_before, not_after, issued;
    int64_t revoked;     /* time of revocation, 0: not revoked */
    int reason;          /* CRLReason, RFC 5280 5.3.1 */
    bool replaced;       /* a valid newer certificate renews it */
    struct sw_slice der; /* empty: a revocation list is all that tells of it */
};

/*
 * ttp_index_open: open DIR/index.db. make: create it when it is missing; otherwise one that never recorded anything is
 * as good as lost. Returns an exit code; the index must be closed.
 * ttp_index_is_empty: whether nothing was ever recorded; *empty is set. Inside an act it stays true until its end.
 */
int ttp_index_open(const struct ttp *t, bool make, struct ttp_index **out);
int ttp_index_is_empty(struct ttp_index *ix, bool *empty);
void ttp_index_close(struct ttp_index *ix);

/* ttp_index_unmake: take away the index of a directory in which nothing was ever recorded. */
void ttp_index_unmake(const struct ttp *t);

/*
 * ttp_index_begin, _commit, _rollback: one act. begin takes the write lock (waiting for other writers), so what is read
 * after it stays true until commit. After a failed call roll back; rollback without begin does nothing.
 */
int ttp_index_begin(struct ttp_index *ix);
int ttp_index_commit(struct ttp_index *ix);
void ttp_index_rollback(struct ttp_index *ix);

/* Inside an act. audit is appended by each of them; detail goes into the log beside the name of the act, action. */
int ttp_index_add(struct ttp_index *ix, const struct ttp_row *row, const char *action, const char *detail);
int ttp_index_revoke(struct ttp_index *ix, const char *serial, int64_t at, int reason, const char *detail);
/* ttp_index_crl_number: the number for a new list, above every earlier one; recorded with it. */
int ttp_index_crl_number(struct ttp_index *ix, const char *issuer, int64_t this_update, int64_t next_update,
                         int64_t *number);
/*
 * ttp_index_crl_seen: a list that was made elsewhere, of which all entries are recorded. ttp_index_crl_above: the
 * numbers of lists go on above this one, and above all that were seen.
 */
int ttp_index_crl_seen(struct ttp_index *ix, const char *issuer, int64_t number, int64_t this_update,
                       int64_t next_update);
int ttp_index_crl_above(struct ttp_index *ix, int64_t number);
int ttp_index_audit(struct ttp_index *ix, const char *action, const char *serial, const char *detail);

/* ttp_index_crl_latest: the last list's number, 0 if there was none, and when it was made and runs out. */
int ttp_index_crl_latest(struct ttp_index *ix, const char *issuer, int64_t *number, int64_t *this_update,
                         int64_t *next_update);

/* ttp_index_crl_pending: how many revocations of certificates that are still valid no list has yet. */
int ttp_index_crl_pending(struct ttp_index *ix, const char *issuer, int64_t *count);

/*
 * ttp_index_each: call visit for certificates, oldest first, until it returns non-zero, which is then the result.
 *   serial, name   only this one, only those with this common name or name ("dns:" and so on may be left out); NULL:
 *   all
 * Rows are valid during the call.
 */
typedef int ttp_visit(void *ctx, const struct ttp_row *row);
int ttp_index_each(struct ttp_index *ix, const char *serial, const char *name, ttp_visit *visit, void *ctx);

/* One line of the audit log; cn: of the certificate with this serial number, "" if it is about none. */
struct ttp_audit {
    int64_t id, at;
    const char *who, *action, *serial, *cn, *detail;
};
typedef int ttp_visit_audit(void *ctx, const struct ttp_audit *line);
int ttp_index_each_audit(struct ttp_index *ix, ttp_visit_audit *visit, void *ctx);

/* ttp_row_copy: a row of one's own, freed by ttp_row_free; NULL if memory is out. */
struct ttp_row *ttp_row_copy(const struct ttp_row *row);
void ttp_row_free(struct ttp_row *row);

#endif
