/*
 * What the verbs that make something share: lists of names, the CA in its directory, and the one way in which a
 * certificate is made, recorded and written.
 */
#ifndef SW_TTP_TTP_CA_H
#define SW_TTP_TTP_CA_H

#include "ttp/file.h"
#include "ttp/issue.h"
#include "ttp/san.h"
#include "ttp/ttp.h"
#include "ttp/ttp_index.h"
#include <limits.h>

enum { TTP_PATH_CAP = SW_FILE_PATH_MAX, TTP_HEX_CAP = 2 * 64 + 1 };

/* --- ttp_names.c --- */

struct ttp_names {
    struct sw_san *v;
    size_t n;
};

/* ttp_names_add: one more, once. ttp_names_parse: from text; what is no name is a usage error. Exit codes. */
int ttp_names_add(const struct ttp *t, struct ttp_names *names, const struct sw_san *name);
int ttp_names_parse(const struct ttp *t, struct ttp_names *names, const char *text);
/* ttp_names_constraints: the values of --permit or --exclude. */
int ttp_names_constraints(const struct ttp *t, struct ttp_names *names, enum ttp_option id);
/* ttp_names_imply: put the common name first, if it is a name of one of our kinds. */
int ttp_names_imply(const struct ttp *t, struct ttp_names *names, const char *cn);
/* ttp_names_of_arguments: of CN [NAME]..., as request and issue take them. */
int ttp_names_of_arguments(const struct ttp *t, struct ttp_names *names);
/*
 * ttp_names_read: those of GeneralNames' contents that can be granted (dns, ip, email, uri); *refused counts the
 * others.
 */
int ttp_names_read(const struct ttp *t, struct ttp_names *names, struct sw_slice san, size_t *refused);
bool ttp_names_have(const struct ttp_names *names, unsigned kind);
void ttp_names_free(struct ttp_names *names);
/* ttp_names_encode: GeneralNames' contents; ttp_names_subtrees: those of GeneralSubtrees. */
void ttp_names_encode(struct sw_writer *w, const struct ttp_names *names);
void ttp_names_subtrees(struct sw_writer *w, const struct ttp_names *names);
/*
 * ttp_names_text: GeneralNames' contents with sep between, at most so many and then how many there are besides; the caller frees it, NULL if
 * memory is out. TTP_NAMES_ALL is more than any certificate of ours has, TTP_NAMES_SHOWN more than a person reads.
 * ttp_names_json: an array of all.
 */
enum { TTP_NAMES_SHOWN = 200, TTP_NAMES_ALL = INT_MAX };
char *ttp_names_text(struct sw_slice san, const char *sep, size_t most);
json_t *ttp_names_json(struct sw_slice san);

/*
 * ttp_hex: lower-case hex; out has room for 2 * len + 1. ttp_serial_text: of an INTEGER's contents, without a leading
 * zero byte.
 */
char *ttp_hex(const uint8_t *p, size_t len, char *out);
char *ttp_serial_text(struct sw_slice serial, char out[TTP_SERIAL_CAP]);

/* --- ttp_certs.c --- */

enum { TTP_CERTS_MAX = 16 };

struct ttp_certs {
    struct sw_cert v[TTP_CERTS_MAX];
    size_t n;
    uint8_t *buf; /* what they point into */
};

/*
 * ttp_certs_read: the certificates of a file, PEM or DER, at most TTP_CERTS_MAX; ttp_cert_read: the first alone. Exit
 * code; free it.
 */
int ttp_certs_read(const struct ttp *t, const char *path, struct ttp_certs *out);
int ttp_cert_read(const struct ttp *t, const char *path, struct ttp_certs *out);
void ttp_certs_free(struct ttp_certs *certs);

/* ttp_cert_try: the first certificate of a regular file, silently; whether there is one. Free it in any case. */
bool ttp_cert_try(const char *path, struct ttp_certs *out);
/* ttp_cert_is: whether the first certificate of a file is this one; silent. */
bool ttp_cert_is(const char *path, struct sw_slice der);

/*
 * ttp_certs_pem: certificates in DER as one PEM text; ttp_certs_write: in a file, with the flags of sw_file_write. Exit
 * codes.
 */
int ttp_certs_pem(const struct ttp *t, const struct sw_slice *ders, size_t n, struct sw_file *out);
int ttp_certs_write(const struct ttp *t, const char *path, const struct sw_slice *ders, size_t n, unsigned flags);

/* ttp_is_self_issued: issuer and subject are one, as in a root. */
bool ttp_is_self_issued(const struct sw_cert *cert);

/* --- ttp_ca.c --- */

struct ttp_ca {
    const char *stem;       /* "root" or "ca": the names of its files in DIR */
    struct ttp_certs own;   /* its certificate */
    struct sw_cert cert;    /* the same */
    struct ttp_certs chain; /* intermediates above it, of an intermediate CA */
    struct ttp_certs root;  /* and the root above those, if it is known */
    struct sw_privkey *key; /* NULL unless asked for */
    char id[TTP_HEX_CAP];   /* hex of its key identifier */
};

/* ttp_path: DIR/STEM.EXT, or DIR/NAME with an empty ext. False (said) if it is too long. */
bool ttp_path(const struct ttp *t, const char *stem, const char *ext, char out[TTP_PATH_CAP]);

/*
 * ttp_ca_open: the CA of the directory; with_key reads its key as well, asking for a passphrase where it must. Exit
 * code; close it in any case.
 */
int ttp_ca_open(const struct ttp *t, bool with_key, struct ttp_ca *ca);
/* ttp_ca_key: read the key of a CA that was opened without. */
int ttp_ca_key(const struct ttp *t, struct ttp_ca *ca);
void ttp_ca_close(struct ttp_ca *ca);

/* ttp_ca_id: fill ca->id from ca->cert, which was read from path. Exit code. */
int ttp_ca_id(const struct ttp *t, struct ttp_ca *ca, const char *path);

/* ttp_ca_exists: whether the directory holds the key of a CA already. */
bool ttp_ca_exists(const struct ttp *t);
/* ttp_ca_is_made: whether it holds the certificate of one. */
bool ttp_ca_is_made(const struct ttp *t);
/* ttp_ca_is_intermediate: whether the CA there, or the one that is to be, has another above it, whose root.crt may lie there as well. */
bool ttp_ca_is_intermediate(const struct ttp *t);

/*
 * ttp_may_write: refuse a path that is, by whatever name, the private key of the directory's CA or another file that the CA lives by; not with
 * --force either. Exit code.
 */
int ttp_may_write(const struct ttp *t, const char *path);

/* ttp_make_dir: DIR with mode 0700, if it is missing. ttp_unmake_dir: what failed takes it away again, if it made it and nothing came of it. */
int ttp_make_dir(struct ttp *t);
void ttp_unmake_dir(struct ttp *t);

/* ttp_read_key: a private key from a file that nobody else may read; passphrase from --passin or the terminal. */
int ttp_read_key(const struct ttp *t, const char *path, struct sw_privkey **out);
/* ttp_read_sealed_key: the same; *sealed says whether it was under a passphrase. */
int ttp_read_sealed_key(const struct ttp *t, const char *path, struct sw_privkey **out, bool *sealed);

/* ttp_new_key: the key of --key-file, or a new one of --key; *made says which. */
int ttp_new_key(const struct ttp *t, struct sw_privkey **out, bool *made);

/* ttp_key_pem: the PEM of a key, encrypted if --passout says so; the caller wipes it. what names it in prompts. */
int ttp_key_pem(const struct ttp *t, const struct sw_privkey *key, const char *what, char *out, size_t cap,
                size_t *len);

/*
 * ttp_subject: C, O and CN of the command line and the settings as a Name; a usage error says what is wrong with it.
 *   out   TTP_SUBJECT_MAX bytes
 */
enum { TTP_SUBJECT_MAX = 1024, TTP_SAN_MAX = 16384 };
int ttp_subject(const struct ttp *t, const char *cn, uint8_t *out, size_t *len);

/* ttp_prefix: --out, or DIR/CN with what is not for file names replaced. */
int ttp_prefix(const struct ttp *t, const char *cn, char out[TTP_PATH_CAP]);

/* --- ttp_find.c --- */

/*
 * ttp_find: the certificate that an ID stands for: a certificate file, a serial number (hex, colons allowed), or a name
 * (common name, or a name with or without "dns:" and so on). Of several with that name a valid one counts, the newest of
 * them; if more than one is valid and newest is not set, they are listed and the ID is refused as ambiguous.
 *   file   receives the certificate's DER when ID was a file that the index does not know; may be NULL
 * Returns TTP_DONE and *out, freed with ttp_row_free; *out NULL with *file set; TTP_BAD_INPUT or TTP_REFUSED.
 */
int ttp_find(const struct ttp *t, struct ttp_index *ix, const char *id, bool newest, struct ttp_row **out,
             uint8_t **file, size_t *file_len);

/* ttp_status: "valid", "expired", "revoked", "not yet valid". */
const char *ttp_status(const struct ttp *t, const struct ttp_row *row);

/* ttp_row_json: what --json shows of a row. */
json_t *ttp_row_json(const struct ttp *t, const struct ttp_row *row);

/* ttp_serial_bytes: a row's serial as INTEGER contents; out has TTP_SERIAL_LEN + 1 bytes. */
struct sw_slice ttp_serial_bytes(const char *serial, uint8_t *out);

/* What is said of a row without its certificate. */
#define TTP_NO_DER "%s: known from a revocation list alone: the certificate itself is not here"

/* --- ttp_foreign.c --- */

/* The row of a certificate that the CA signed before its index began, and the texts the row points to. */
struct ttp_foreign {
    struct ttp_row row;
    char serial[TTP_SERIAL_CAP], cn[256], fingerprint[TTP_HEX_CAP], key[64], *names;
};

/* ttp_ca_signed: whether the certificate is by the CA: its name and its key. */
bool ttp_ca_signed(const struct ttp_ca *ca, const struct sw_cert *cert);

/* ttp_foreign_row: fill *out, without a prefix; path names the certificate in errors. Exit code; free it in any case. */
int ttp_foreign_row(const struct ttp *t, const struct ttp_ca *ca, const struct sw_cert *cert, const char *path,
                    struct ttp_foreign *out);
void ttp_foreign_free(struct ttp_foreign *f);

/* --- ttp_rebuild.c --- */

struct ttp_rebuilt {
    size_t certificates, revoked;
    int64_t number; /* of the last list that was found; -1: none */
};

/*
 * ttp_rebuild: inside an act, record in an empty index what DIR and the list of --crl tell of what the CA did, and let its lists go on above any that
 * it may have made. Exit code.
 */
int ttp_rebuild(const struct ttp *t, const struct ttp_ca *ca, struct ttp_index *ix, struct ttp_rebuilt *out);

/* --- ttp_grant.c --- */

/* A certificate to be made. */
struct ttp_order {
    const struct sw_profile *profile;
    struct sw_slice subject, san, spki;
    int64_t not_before, not_after;
    int path_len;
    struct sw_slice permit, exclude;
    const char *action;   /* for the audit log: "issue" */
    const char *replaces; /* serial of the certificate that this one renews; NULL: none */
    bool revoke_replaced;
};

/* ttp_profile: that of --profile, or server. */
int ttp_profile(const struct ttp *t, const struct sw_profile **profile);

/*
 * ttp_names_for_profile: encode the names into buf (TTP_SAN_MAX bytes) for order, whose profile is set, or say what the
 * profile lacks: a server needs a host. A person's cn that is the first name is left out where the CA may not vouch for
 * it.
 */
int ttp_names_for_profile(const struct ttp *t, const struct ttp_ca *ca, const struct ttp_names *names, const char *cn,
                          uint8_t *buf, struct ttp_order *order);

/* ttp_eku_text: "server, client"; cut to cap. ttp_usage_text: keyUsage. Return out. */
char *ttp_eku_text(unsigned eku, char *out, size_t cap);
char *ttp_usage_text(unsigned usage, char *out, size_t cap);

/*
 * ttp_validity: --not-before, --not-after and --days for a profile, cut to what the issuer lives (and said); issuer
 * NULL: itself.
 */
int ttp_validity(const struct ttp *t, const struct sw_profile *profile, const struct sw_cert *issuer,
                 int64_t *not_before, int64_t *not_after);

/* --- ttp_stages.c --- */

enum { TTP_STAGES_MAX = 4 };

/* Files that appear together or not at all. */
struct ttp_stages {
    struct sw_file_stage v[TTP_STAGES_MAX];
    size_t n;
    size_t named; /* the first of them have their names */
};

/*
 * ttp_stage: put bytes on the disk for path; nothing where either is empty. flags: SW_FILE_, and REPLACE with --force. ttp_stage_certs: certificates as
 * PEM. ttp_stages_name: give all their names, in this order; if one cannot have it, those before it lose theirs again. ttp_stages_take_back: take the
 * names away again that were given, of those that took the place of nothing. ttp_stages_forget: leave no file without a name behind; in any case at
 * the end. Exit codes.
 */
int ttp_stage(const struct ttp *t, struct ttp_stages *s, const char *path, struct sw_slice bytes, unsigned flags);
int ttp_stage_certs(const struct ttp *t, struct ttp_stages *s, const char *path, const struct sw_slice *ders, size_t n,
                    unsigned flags);
int ttp_stages_name(const struct ttp *t, struct ttp_stages *s);
void ttp_stages_take_back(struct ttp_stages *s);
void ttp_stages_forget(struct ttp_stages *s);

/* --- ttp_make.c --- */

/* Where it goes: paths, empty or NULL for files that are not wanted. */
struct ttp_files {
    char key[TTP_PATH_CAP], csr[TTP_PATH_CAP], crt[TTP_PATH_CAP], fullchain[TTP_PATH_CAP];
    char prefix[TTP_PATH_CAP]; /* absolute, for the index */
    bool own;                  /* they are the CA's own: its making, its root's renewal */
    bool replace;              /* certificates may take the place of older ones without --force: a renewal */
};

/* --- ttp_pending.c --- */

/*
 * Under the lock of the index: ttp_pending_begin keeps what is staged in DIR/pending, before the first of the files gets
 * its name; ttp_pending_end takes that away again, after the last one has. files->prefix is set. Exit code.
 */
int ttp_pending_begin(const struct ttp *t, const struct ttp_files *files, const struct ttp_stages *s);
void ttp_pending_end(const struct ttp *t);

/*
 * ttp_pending_settle: carry through what a process that was killed between the two left, before anything else is done
 * with DIR. A root that was being made is taken back instead, so that it can be made again. Exit code.
 */
int ttp_pending_settle(const struct ttp *t);

/* ttp_pending_carry: the same for who has the lock already, and waited for it perhaps while the other one was killed. */
int ttp_pending_carry(const struct ttp *t);

/* --- ttp_make.c again --- */

/* ttp_files_for: the four names; a file that exists is refused here already, before any work, unless --force. */
int ttp_files_for(const struct ttp *t, const char *prefix, bool key, bool csr, bool crt, struct ttp_files *files);

/* ttp_files_one: a certificate in a file of this name, and no full chain. */
int ttp_files_one(const struct ttp *t, const char *path, struct ttp_files *files);

/*
 * ttp_make: sign, check as any verifier would, write, record and name the files, in that order: nothing leaves the tool
 * that is not in the index, and a process that is killed leaves nothing half-done.
 *   ca       NULL: self-signed
 *   key_pem  goes into files->key; may be NULL
 *   out      SW_CERT_MAX bytes: the certificate in DER
 */
int ttp_make(const struct ttp *t, const struct ttp_ca *ca, const struct sw_privkey *signer,
             const struct ttp_order *order, const struct ttp_files *files, struct sw_slice key_pem, uint8_t *out,
             size_t *len);

/* ttp_cert_json: what --json shows of a certificate; the caller may add to it. NULL if memory is out. */
json_t *ttp_cert_json(const struct sw_cert *cert);

/* ttp_files_json: the paths that are not empty. */
json_t *ttp_files_json(const struct ttp_files *files);

/* ttp_describe: the same in a few lines for people, on standard error. */
void ttp_describe(const struct ttp *t, const struct sw_cert *cert, const struct ttp_files *files);

/* ttp_report: both, whichever is asked for. */
int ttp_report(const struct ttp *t, const uint8_t *der, size_t len, const struct ttp_files *files);

/*
 * ttp_report_pem: what goes to standard output itself: PEM, or with --json the object o, which is released, with it as its "pem". ttp_report_signed:
 * ttp_report, or this for a certificate that goes to no file.
 */
int ttp_report_pem(const struct ttp *t, const char *label, const uint8_t *der, size_t len, json_t *o);
int ttp_report_signed(const struct ttp *t, const uint8_t *der, size_t len, const struct ttp_files *files);

#endif
