/*
 * The shim's command line: what the runner of a foreign conformance suite asks of one test. A flag that is not in the
 * table of flags.c ends the shim with SHIM_UNIMPLEMENTED: to ignore one silently would make a test pass that was never
 * run.
 */
#ifndef SW_TESTS_BOGO_FLAGS_H
#define SW_TESTS_BOGO_FLAGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SHIM_OK = 0, SHIM_FAILED = 1, SHIM_UNIMPLEMENTED = 89, SHIM_BROKEN = 90 };

enum { LIST_MAX = 64, CREDENTIALS_MAX = 8, NOT_SAID = -2 };

struct int_list {
    int v[LIST_MAX];
    size_t n;
};

/* Bytes given in base64, or raw in a word of the command line. */
struct blob {
    uint8_t *p;
    size_t len;
    bool set;
};

struct credential {
    const char *cert_file, *key_file;
    struct int_list signing_prefs;
    struct blob ocsp, sct;
    bool must_match_issuer;
};

/* What is asked of one connection. */
struct settings {
    int port, shim_id, resume_count;
    bool ipv6, server, async, implicit_handshake;

    struct credential credentials[CREDENTIALS_MAX];
    size_t credentials_len; /* 0 is the plain pair, the rest came after -new-x509-credential */
    bool plain_credential;

    bool verify_peer, require_any, verify_fail, custom_verify, reverify_on_resume;
    /* "<NULL>", "<EMPTY>", or names in hexadecimal, by commas */
    const char *use_client_ca_list, *expect_client_ca_list;
    const char *expect_peer_cert_file;
    bool retain_only_sha256, expect_sha256;
    bool expect_verify_result;

    struct int_list curves, key_shares, verify_prefs, expect_peer_verify_prefs;
    int expect_peer_sigalg, expect_curve, expect_resume_curve, expect_selected_credential;
    bool expect_hrr, expect_no_hrr, key_update;
    const char *cipher;
    int expect_cipher;

    int min_version, max_version, expect_version;
    bool no_tls12, no_tls13, fallback_scsv;

    bool check_close_notify, shim_shuts_down, shim_writes_first, unfinished_write, send_alert, peek_then_read,
        handshake_never_done;
    int max_send_fragment, read_size, max_cert_list;

    struct blob advertise_alpn, expect_alpn, select_alpn, expect_advertised_alpn;
    bool decline_alpn, reject_alpn, select_empty_alpn;
    const char *host_name, *expect_server_name;
    bool no_server_name_ack, expect_ems;

    int export_len;
    const char *export_label;
    struct blob export_context;
    bool use_export_context, tls_unique, export_traffic_secrets;

    bool expect_secure_renegotiation, expect_no_secure_renegotiation, no_legacy_server_connect;
    int expect_total_renegotiations;

    int resumption_delay;          /* seconds that pass before each further connection */
    bool ticket_keys, skip_ticket; /* the application's own keys, and its having lost them */
    bool expect_session_miss, no_ticket, expect_no_session, expect_ticket_renewal, expect_session_id,
        expect_no_session_id;

    bool enable_ocsp, use_ocsp_callback, set_ocsp_in_callback, decline_ocsp, fail_ocsp;
    bool enable_sct, false_start;
    struct blob expect_ocsp, expect_sct;
    struct blob expect_certificate_types;

    bool fail_cert_callback, hello_callback, fail_early_callback, fail_ddos_callback, enable_grease;
    bool renegotiate_ignore;
    bool ignored; /* where flags land that ask for nothing we do otherwise */
    int ignored_int;
    const char *ignored_text;
};

/* What the whole command line says: the settings of the first connection and of those after it. */
struct command {
    struct settings initial, resumed;
};

/* shim_parse: fill from argv; ends the process with SHIM_UNIMPLEMENTED or SHIM_BROKEN where it cannot. */
void shim_parse(struct command *cmd, int argc, char **argv);

#endif
