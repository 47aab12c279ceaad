/* The functions of the extension table's rows, file by file; their types are the table's columns. */
#ifndef SW_HANDSHAKE_EXT_ROWS_H
#define SW_HANDSHAKE_EXT_ROWS_H

#include "handshake/ext.h"

/* ext_service.c */
sw_ext_when sw_sni_offer, sw_sni_answer, sw_alpn_offer, sw_alpn_answer, sw_status_offer, sw_status_answer;
sw_ext_write sw_sni_write, sw_alpn_write, sw_status_write, sw_status_write_answer;
sw_ext_read_offer sw_sni_read, sw_alpn_read, sw_status_read, sw_authorities_read;
sw_ext_read_answer sw_sni_read_answer, sw_alpn_read_answer, sw_status_read_answer;

/* ext_sct.c */
sw_ext_when sw_sct_offer, sw_sct_answer;
sw_ext_write sw_sct_write;
sw_ext_read_offer sw_sct_read;
sw_ext_read_answer sw_sct_read_answer;

/* ext_crypto.c */
sw_ext_when sw_groups_offer, sw_formats_offer, sw_formats_answer;
sw_ext_write sw_groups_write, sw_formats_write, sw_sigalgs_write;
sw_ext_read_offer sw_groups_read, sw_formats_read, sw_sigalgs_read, sw_sigalgs_cert_read;
sw_ext_read_answer sw_formats_read_answer;

/* ext_record.c */
sw_ext_when sw_mfl_offer, sw_mfl_answer, sw_limit_offer, sw_limit_answer, sw_etm_offer, sw_etm_answer;
sw_ext_write sw_mfl_write, sw_limit_write;
sw_ext_read_offer sw_mfl_read, sw_limit_read, sw_etm_read;
sw_ext_read_answer sw_mfl_read_answer, sw_limit_read_answer, sw_etm_read_answer;

/* ext_session.c */
sw_ext_when sw_ems_offer, sw_ems_answer, sw_ticket_offer, sw_ticket_answer, sw_renegotiation_answer;
sw_ext_write sw_ticket_write, sw_renegotiation_write;
sw_ext_read_offer sw_ems_read, sw_ticket_read, sw_renegotiation_read;
sw_ext_read_answer sw_ems_read_answer, sw_ticket_read_answer, sw_renegotiation_read_answer;

/* ext13.c */
sw_ext_when sw_versions_offer, sw_shares_offer, sw_shares_answer, sw_cookie_offer, sw_modes_offer, sw_psk_offer,
    sw_psk_answer;
sw_ext_write sw_versions_write, sw_shares_write, sw_shares_write_answer, sw_cookie_write, sw_modes_write, sw_psk_write,
    sw_psk_write_answer;
sw_ext_read_offer sw_versions_read, sw_shares_read, sw_cookie_read, sw_modes_read, sw_psk_read, sw_early_read;
sw_ext_read_answer sw_versions_read_answer, sw_shares_read_answer, sw_cookie_read_answer, sw_psk_read_answer;

#endif
