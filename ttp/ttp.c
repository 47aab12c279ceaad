/*
 * ttp, the trusted third party: makes a root, signs, revokes, verifies, and shows what it did. This file is the table
 * of its verbs.
 */
#include "ttp/ttp.h"
#include "ttp/ttp_ca.h"
#include "ttp/ttp_verbs.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { ANY = 1 << 20 };

const struct ttp_verb ttp_verbs[] = {
    {.name = "init",
     .args = "NAME",
     .summary = "make a root CA, or the key and request of an intermediate one",
     .details = "Makes DIR (mode 0700), DIR/root.key and DIR/root.crt, self-signed with SHA-256. With --permit the "
                "root can vouch for these names alone, whatever is signed with it: the best protection for those who "
                "install it. With --intermediate it makes DIR/ca.key and DIR/ca.csr, to be signed by the CA above with "
                "\"ttp sign --profile ca\" and brought back with \"ttp adopt\".",
     .example = "ttp init \"Example Root\" --org Example --permit example.org\n"
                "ttp --pki issuing init --intermediate \"Example Issuing CA\"",
     .options = TTP_BIT(KEY) | TTP_BIT(KEY_FILE) | TTP_BIT(DAYS) | TTP_BIT(NOT_BEFORE) | TTP_BIT(NOT_AFTER) |
                TTP_BIT(COUNTRY) | TTP_BIT(ORG) | TTP_BIT(PATH_LEN) | TTP_BIT(PERMIT) | TTP_BIT(EXCLUDE) |
                TTP_BIT(INTERMEDIATE) | TTP_BIT(PASSIN) | TTP_BIT(PASSOUT),
     .min = 1,
     .max = 1,
     .run = ttp_init},
    {.name = "request",
     .args = "CN [NAME]...",
     .summary = "make a key and a certificate request",
     .details = "Names are dns:, ip:, email: or uri: followed by the name; without that, an IP address is ip, "
                "something with @ is email, with :// uri, and the rest dns. CN is the name people see; where it is a "
                "name of one of these kinds it is requested as such too.",
     .example = "ttp request www.example.org example.org ip:192.0.2.1 --out www\n"
                "ttp request alice email:alice@example.org --key p256 --passout prompt",
     .options = TTP_BIT(KEY) | TTP_BIT(KEY_FILE) | TTP_BIT(PREFIX) | TTP_BIT(COUNTRY) | TTP_BIT(ORG) | TTP_BIT(PASSIN) |
                TTP_BIT(PASSOUT) | TTP_BIT(FORCE),
     .min = 1,
     .max = ANY,
     .run = ttp_request},
    {.name = "sign",
     .args = "REQUEST.csr",
     .summary = "sign a certificate request",
     .details = "Shows what was asked and what is granted, and asks on a terminal. Only the subject and names of kind "
                "dns, ip, email and uri are ever taken from a request; all else comes from the profile: a request for "
                "CA:TRUE is not honoured. Writes REQUEST.crt and REQUEST.fullchain.crt beside the request, or the "
                "certificate alone to --out.",
     .example = "ttp sign www.csr --profile server\n"
                "ttp sign issuing/ca.csr --profile ca --path-len 0 --days 1825",
     .options = TTP_BIT(PROFILE) | TTP_BIT(NAME) | TTP_BIT(DAYS) | TTP_BIT(NOT_BEFORE) | TTP_BIT(NOT_AFTER) |
                TTP_BIT(PATH_LEN) | TTP_BIT(PERMIT) | TTP_BIT(EXCLUDE) | TTP_BIT(YES) | TTP_BIT(OUT) | TTP_BIT(FORCE) |
                TTP_BIT(PASSIN),
     .min = 1,
     .max = 1,
     .run = ttp_sign},
    {.name = "issue",
     .args = "CN [NAME]...",
     .summary = "request and sign in one: key, certificate, full chain",
     .details = "Names as for request. A certificate for a server whose CN is a host name or an address is for that "
                "name too. Everything is recorded in DIR before the files appear.",
     .example = "ttp issue www.example.org\n"
                "ttp issue alice --profile client --days 30 --out alice",
     .options = TTP_BIT(PROFILE) | TTP_BIT(KEY) | TTP_BIT(KEY_FILE) | TTP_BIT(DAYS) | TTP_BIT(NOT_BEFORE) |
                TTP_BIT(NOT_AFTER) | TTP_BIT(COUNTRY) | TTP_BIT(ORG) | TTP_BIT(PREFIX) | TTP_BIT(FORCE) |
                TTP_BIT(PASSIN) | TTP_BIT(PASSOUT),
     .min = 1,
     .max = ANY,
     .run = ttp_issue},
    {.name = "adopt",
     .args = "CA.crt",
     .summary = "take a CA certificate that was signed elsewhere into DIR",
     .details =
         "For the certificate of an intermediate CA made with \"ttp init --intermediate\", or, with --key-file, "
         "for the CA of another tool. --chain names the certificates above up to the root; the path is checked, "
         "and the intermediates among them become part of every full chain. Where DIR has no index, one is begun "
         "with the certificates and the revocation list in DIR, and the list of --crl.",
     .example = "ttp --pki issuing adopt issuing/ca.crt --chain certs/root.crt\n"
                "ttp adopt rootCA.pem --key-file rootCA-key.pem\n"
                "ttp adopt pki/ca.crt --key-file pki/private/ca.key --crl pki/crl.pem",
     .options = TTP_BIT(CHAIN) | TTP_BIT(KEY_FILE) | TTP_BIT(CRL) | TTP_BIT(PASSIN) | TTP_BIT(PASSOUT),
     .min = 1,
     .max = 1,
     .run = ttp_adopt},
    {.name = "renew",
     .args = "ID",
     .summary = "a new certificate with the same names and key",
     .details = "Takes the place of the old files, unless --out says where else, and lasts as long as the old one did, "
                "unless --days says how long. With --rekey a new key is made too; it takes the place of the old key "
                "only with --force.",
     .example = "ttp renew www.example.org\n"
                "ttp renew alice --rekey --out alice-2027 --revoke-old",
     .options = TTP_BIT(DAYS) | TTP_BIT(NOT_BEFORE) | TTP_BIT(NOT_AFTER) | TTP_BIT(REKEY) | TTP_BIT(KEY) |
                TTP_BIT(REVOKE_OLD) | TTP_BIT(PREFIX) | TTP_BIT(FORCE) | TTP_BIT(PASSIN) | TTP_BIT(PASSOUT),
     .min = 1,
     .max = 1,
     .run = ttp_renew},
    {.name = "revoke",
     .args = "ID",
     .summary = "declare a certificate invalid before it expires",
     .details = "Recorded at once; verifiers learn of it from the next list (\"ttp crl\") or answer (\"ttp ocsp\"). A "
                "certificate that this CA signed before it was adopted is named by its file.",
     .example = "ttp revoke alice --reason keyCompromise && ttp crl\n"
                "ttp revoke 48c618e105b565160b7780c14dc3abce",
     .options = TTP_BIT(REASON),
     .min = 1,
     .max = 1,
     .run = ttp_revoke},
    {.name = "crl",
     .args = "",
     .summary = "make the revocation list",
     .details = "Its number is one more than the last one's. Written to DIR/root.crl or DIR/ca.crl, or to --out; a "
                "list that is there is replaced in one step and keeps its owner and mode.",
     .example = "ttp crl --days 7 --out /srv/www/ca.crl",
     .options = TTP_BIT(DAYS) | TTP_BIT(OUT) | TTP_BIT(FORCE) | TTP_BIT(PASSIN),
     .min = 0,
     .max = 0,
     .run = ttp_crl},
    {.name = "ocsp",
     .args = "ID",
     .summary = "a signed answer about one certificate, for stapling",
     .details = "An OCSP response in DER that says good or revoked, valid for --days (default 7), for a server that "
                "staples it.",
     .example = "ttp ocsp www.example.org --out www.ocsp --force",
     .options = TTP_BIT(DAYS) | TTP_BIT(OUT) | TTP_BIT(FORCE) | TTP_BIT(PASSIN),
     .min = 1,
     .max = 1,
     .run = ttp_ocsp},
    {.name = "list",
     .args = "",
     .summary = "list the certificates that were issued",
     .details = "All of them, oldest first, or those that the options choose.",
     .example = "ttp list --expiring 30d\n"
                "ttp --json list --revoked",
     .options = TTP_BIT(VALID) | TTP_BIT(EXPIRED) | TTP_BIT(REVOKED) | TTP_BIT(EXPIRING),
     .min = 0,
     .max = 0,
     .run = ttp_list},
    {.name = "log",
     .args = "",
     .summary = "show the audit log: what was done, when and by whom",
     .details = "The log is kept in the index, and is only ever added to.",
     .example = "ttp log\n"
                "ttp --json log",
     .min = 0,
     .max = 0,
     .run = ttp_log},
    {.name = "check",
     .args = "",
     .summary = "is anything due? For cron",
     .details =
         "Looks at the CA, its certificates and its revocation list. Exit code 0 if all is well, 1 with one line each "
         "for what has run out, or will within --expiring. A certificate that was renewed is not reported.",
     .example = "ttp --quiet check --expiring 14d || mail -s \"certificates\" admin@example.org",
     .options = TTP_BIT(EXPIRING),
     .min = 0,
     .max = 0,
     .run = ttp_check},
    {.name = "verify",
     .args = "LEAF.pem",
     .summary = "say whether a verifier would accept a certificate, and if not, why",
     .details =
         "Finds a path to a trusted root and checks it as RFC 5280 says, and the names as RFC 9525 does. Further "
         "certificates in LEAF.pem are intermediates. Without --root, the CA's own root is trusted. What private CAs "
         "make today is accepted; --strict holds everything to the letter of RFC 5280 and of the CA/Browser Forum. "
         "With --crl every certificate of the path needs a current list. Exit code 0: accepted, 1: rejected.",
     .example = "ttp verify --root root.crt --purpose server --name www.example.org www.fullchain.crt\n"
                "ttp verify --root root.crt --crl ca.crl --time 2027-01-01T00:00:00Z alice.crt",
     .options = TTP_BIT(ROOT) | TTP_BIT(UNTRUSTED) | TTP_BIT(TIME) | TTP_BIT(PURPOSE) | TTP_BIT(CHECK_NAME) |
                TTP_BIT(CRL) | TTP_BIT(OCSP) | TTP_BIT(MAX_DEPTH) | TTP_BIT(STRICT),
     .min = 1,
     .max = 1,
     .no_settings = true,
     .run = ttp_verify},
    {.name = "inspect",
     .args = "FILE|-",
     .summary = "show a certificate, request, list, OCSP response, key or PKCS#12 file",
     .details = "First what a person wants to know: who, issued by whom, for what, until when, and whether it is in "
                "order; of an OCSP response, which certificate is good or revoked, by whose word, from when until "
                "when. Then the details.",
     .example = "ttp inspect www.crt\n"
                "openssl s_client -connect example.org:443 </dev/null | ttp inspect -",
     .options = TTP_BIT(PASSIN),
     .min = 1,
     .max = 1,
     .no_settings = true,
     .run = ttp_inspect},
    {.name = "fingerprint",
     .args = "FILE",
     .summary = "print the SHA-256 of the certificates in a file",
     .details = "One line for each: what to compare over the telephone, or to write into an access rule.",
     .example = "ttp fingerprint root.crt",
     .min = 1,
     .max = 1,
     .no_settings = true,
     .run = ttp_fingerprint},
    {.name = "export",
     .args = "[ID]",
     .summary = "write a certificate as PKCS#12 or with its chain, or the root",
     .details = "--p12 writes key, certificate and chain for browsers, Java and Windows, mode 0600, under a passphrase "
                "(--passout). --ca needs no ID.",
     .example = "ttp export alice --p12 alice.p12\n"
                "ttp export --ca example-root.crt",
     .options = TTP_BIT(P12) | TTP_BIT(FULLCHAIN) | TTP_BIT(CA) | TTP_BIT(KEY_FILE) | TTP_BIT(PASSIN) |
                TTP_BIT(PASSOUT) | TTP_BIT(FORCE),
     .min = 0,
     .max = 1,
     .run = ttp_export},
    {.name = "import",
     .args = "FILE.p12",
     .summary = "take key and certificates out of a PKCS#12 file",
     .details = "Writes PREFIX.key, PREFIX.crt and PREFIX.fullchain.crt. Files encrypted with RC2, as very old tools "
                "did, are not read.",
     .example = "ttp import alice.p12 --out alice",
     .options = TTP_BIT(PREFIX) | TTP_BIT(FORCE) | TTP_BIT(PASSIN) | TTP_BIT(PASSOUT),
     .min = 1,
     .max = 1,
     .no_settings = true,
     .run = ttp_import},
    {.name = "passwd",
     .args = "KEY",
     .summary = "set, change or remove the passphrase of a key",
     .details =
         "The key is rewritten in one step, as PKCS#8 under PBES2 with AES-256, or without encryption with --remove.",
     .example = "ttp passwd certs/root.key\n"
                "ttp passwd alice.key --passin file:old --remove",
     .options = TTP_BIT(PASSIN) | TTP_BIT(PASSOUT) | TTP_BIT(REMOVE),
     .min = 1,
     .max = 1,
     .no_settings = true,
     .run = ttp_passwd},
    {.name = "install",
     .args = "",
     .summary = "put the root into the system's trust store",
     .details = "For Debian, Fedora, Arch, SUSE and their relatives. Needs the rights to do so.",
     .example = "sudo ttp install",
     .min = 0,
     .max = 0,
     .run = ttp_install},
    {.name = "uninstall",
     .args = "",
     .summary = "and take it out again",
     .details = "Removes what install put there.",
     .example = "sudo ttp uninstall",
     .min = 0,
     .max = 0,
     .run = ttp_uninstall},
    {.name = NULL},
};

/* Hidden first arguments that print what is made from the tables: the manual page and the completion. */
static bool generate(int argc, char **argv)
{
    if (argc != 2)
        return false;
    if (strcmp(argv[1], "--generate-man") == 0)
        ttp_help_man();
    else if (strcmp(argv[1], "--generate-completion") == 0)
        ttp_help_completion();
    else
        return false;
    return true;
}

static bool want_color(const struct ttp *t)
{
    const char *no = getenv("NO_COLOR"), *term = getenv("TERM");
    return !ttp_has(t, TTP_OPT_NO_COLOR) && !(no && *no) && !(term && strcmp(term, "dumb") == 0) &&
           isatty(STDOUT_FILENO);
}

static int run(struct ttp *t, int argc, char **argv)
{
    int err = ttp_args_parse(t, argc, argv);
    if (err)
        return err;
    if (ttp_has(t, TTP_OPT_VERSION)) {
        puts("ttp (Sealwax) " SW_VERSION);
        return TTP_DONE;
    }
    if (ttp_has(t, TTP_OPT_HELP)) {
        ttp_help(t->verb);
        return TTP_DONE;
    }
    t->color = want_color(t);
    err = t->verb->no_settings ? TTP_DONE : ttp_conf_load(t);
    if (!err && !t->verb->no_settings)
        err = ttp_pending_settle(t);
    if (!err)
        err = t->verb->run(t);
    if (err)
        ttp_unmake_dir(t);
    return err;
}

int main(int argc, char **argv)
{
    struct ttp t = {.now = (int64_t)time(NULL)};
    sw_file_guard_streams();
    if (generate(argc, argv))
        return TTP_DONE;
    int code = run(&t, argc, argv);
    if (fflush(stdout) && code == TTP_DONE)
        code = ttp_fail(&t, SW_ERR_SYSTEM, "standard output");
    ttp_conf_free(&t.conf);
    ttp_args_free(&t);
    return code;
}
