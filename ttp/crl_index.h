/*
 * Looking serial numbers up in a long revocation list: a server asks for every client, and a list may have a million
 * entries.
 */
#ifndef SW_TTP_CRL_INDEX_H
#define SW_TTP_CRL_INDEX_H

#include "ttp/crl.h"

struct sw_crl_index;

/*
 * sw_crl_index_new: an index of a parsed list, whose bytes must outlive it. At most 10 bytes an entry, and work that is
 * linear in the list's length, whatever its serial numbers are. SW_OK, SW_ERR_MEMORY. sw_crl_index_free takes NULL.
 */
enum sw_err sw_crl_index_new(struct sw_crl_index **out, const struct sw_crl *crl) SW_MUST_USE;
void sw_crl_index_free(struct sw_crl_index *index);

/*
 * sw_crl_index_find: the first entry with this serial number, as sw_crl_find finds it.
 *   looked_at  receives how many entries were compared
 */
bool sw_crl_index_find(const struct sw_crl_index *index, struct sw_slice serial, struct sw_crl_entry *entry,
                       size_t *looked_at);

#endif
