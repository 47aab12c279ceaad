/*
 * ttp inspect: what a file holds, as a page that a person understands first and that has the details after. One file
 * each for what there is to see; they share a page: lines of a label and a text.
 */
#ifndef SW_TTP_TTP_INSPECT_H
#define SW_TTP_TTP_INSPECT_H

#include "ttp/ttp_ca.h"

enum ttp_tone { TTP_PLAIN, TTP_GOOD, TTP_BAD };

/*
 * ttp_page_title, _line, _more: a heading, a line, another line under the same label. Text from files must be printable
 * by then.
 */
void ttp_page_title(const struct ttp *t, const char *kind, const char *title);
void ttp_page_section(const struct ttp *t, const char *title);
void ttp_page_line(const struct ttp *t, const char *label, enum ttp_tone tone, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* ttp_page_list: items separated by newlines, one a line under one label; "none" for an empty text. */
void ttp_page_list(const struct ttp *t, const char *label, const char *items);

/*
 * ttp_inspect_cert and so on: show one thing, or append its object to array if that is not NULL. Exit codes; what is
 * not well-formed has been said.
 */
int ttp_inspect_cert(const struct ttp *t, const char *path, struct sw_slice der, json_t *array);
int ttp_inspect_csr(const struct ttp *t, const char *path, struct sw_slice der, json_t *array);
int ttp_inspect_crl(const struct ttp *t, const char *path, struct sw_slice der, json_t *array);
int ttp_inspect_ocsp(const struct ttp *t, const char *path, struct sw_slice der, json_t *array);
int ttp_inspect_key(const struct ttp *t, const char *path, const struct sw_file *file, json_t *array);
int ttp_inspect_p12(const struct ttp *t, const char *path, const struct sw_file *file, json_t *array);

/* ttp_is_ocsp: whether this is an OCSP response, be it one without an answer. */
bool ttp_is_ocsp(struct sw_slice der);

/* ttp_key_weakness: NULL, or why a key is weak. */
const char *ttp_key_weakness(const struct sw_pubkey *key);

#endif
