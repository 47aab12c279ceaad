/* sealwax: the table of verbs. */
#include "apps/cli/options.h"
#include "apps/verbs.h"

static const struct app_verb verbs[] = {
    {"listen", "[HOST:]PORT", "a TLS server for tests: echoes, answers HTTP, discards, or is a pipe",
     "Serve TLS to any number of clients at once. PORT alone listens on this machine only (127.0.0.1 and ::1); *:PORT "
     "on every address; port 0 takes a free one, which --ready-file and standard error tell. A client that does "
     "something wrong gets its alert, and a line on standard error says who, what and why; the others do not notice.\n"
     "--reply echo sends one record back for each. --reply http answers when an empty line has come, with one record, "
     "and closes.",
     "sealwax listen 4433 --cert server.fullchain.crt --key server.key --trust root.crt\n"
     "sealwax listen 4433 --cert server.crt --key server.key --client-auth none --reply http --policy modern",
     APP_TLS | APP_SERVER | APP_LISTEN | APP_IDLE, 1, 1, listen_run},
    {"connect", "HOST:PORT", "a TLS client for tests: standard input to the server, the server to standard output",
     "Copy standard input to a TLS server and its answer to standard output. The end of input sends close_notify. The "
     "exit code is 0 only when the server ended with close_notify too: a connection that was cut off, an alert or a "
     "certificate that is refused is 1, with one line saying which.",
     "sealwax connect example.org:4433 --trust root.crt --cert alice.crt --key alice.key --brief\n"
     "printf 'GET / HTTP/1.0\\r\\n\\r\\n' | sealwax connect 127.0.0.1:4433 --trust root.crt --name localhost",
     APP_TLS | APP_CLIENT | APP_CONNECT | APP_IDLE, 1, 1, connect_run},
    {"send", "[TEXT|-]", "hand in a message for somebody",
     "Hand in a message for a person or machine with a certificate of ours. TEXT is seen by everybody on this machine "
     "while the command runs: what is secret comes from standard input (-, the default).\n"
     "A message that cannot be handed in because the connection breaks is tried again, and arrives once. With "
     "--wait=acked the command ends when the message has been acknowledged (exit code 0), refused or expired (1).",
     "echo 256345 | sealwax send --server mail.example --to alice --once --wait=acked\n"
     "sealwax send --server mail.example --to alice --ttl 2h 'Lunch at one?'",
     APP_TLS | APP_CLIENT | APP_HTTP | APP_SEND, 0, 1, send_run},
    {"recv", "", "get messages and acknowledge them",
     "Print the messages that wait for the name in our certificate: their text on standard output, who sent it and "
     "when on standard error. Each is acknowledged when it has been shown, and never shown twice, whatever breaks in "
     "between; what was shown is remembered in $XDG_STATE_HOME/sealwax/seen.\n"
     "--follow stays and prints each message as it comes. --wait waits for one. Exit code 6: there was none.",
     "sealwax recv --server mail.example --follow\n"
     "otp=$(sealwax recv --server mail.example --wait 60s --quiet)",
     APP_TLS | APP_CLIENT | APP_HTTP | APP_RECV, 0, 0, recv_run},
    {"list", "", "what waits, without fetching it", "List the messages that wait for us. Nothing is fetched.",
     "sealwax list --server mail.example", APP_TLS | APP_CLIENT | APP_HTTP, 0, 0, list_run},
    {"receipt", "ID", "what became of a message we sent",
     "Print what became of a message, by the number that send printed: queued, delivered, acknowledged, refused or "
     "expired. With --wait, wait until it is that. Exit code 0 when it arrived, 1 when it did not and will not, 6 when "
     "that is open.",
     "sealwax receipt 92aab619fc55f0be5cf98f3017592d7c --server mail.example --wait=acked,5m",
     APP_TLS | APP_CLIENT | APP_HTTP | APP_RECEIPT, 1, 1, receipt_run},
    {"put", "FILE...", "upload files, directories or standard input",
     "Upload files to our own space on the server, where they are kept encrypted. A directory goes with everything "
     "below it but links. What was interrupted goes on where it was when the same command is given again; the server "
     "compares the SHA-256 of the whole before the file appears. One that is there already with the same content is "
     "passed over, and no other one is replaced without --force. - is standard input and needs --as.",
     "sealwax put report.pdf photos\n"
     "tar cz . | sealwax put - --as backup.tar.gz",
     APP_TLS | APP_CLIENT | APP_HTTP | APP_FILES | APP_PUT, 1, 10000, put_run},
    {"get", "NAME...", "download files or directories",
     "Download files, or all below a directory, to their own names here, or one to --output (- is standard output). An "
     "interrupted one goes on when the same command is given again; it appears under its name when its SHA-256 is "
     "right, and never over another file without --force. One that is here already with the same content is passed "
     "over.",
     "sealwax get report.pdf\n"
     "sealwax get backup.tar.gz -o - | tar tz",
     APP_TLS | APP_CLIENT | APP_HTTP | APP_FILES | APP_GET, 1, 10000, get_run},
    {"ls", "", "list the files in our space", "List what is in our space: size, time, name.", "sealwax ls",
     APP_TLS | APP_CLIENT | APP_HTTP | APP_FILES, 0, 0, ls_run},
    {"rm", "NAME...", "delete files from our space", "Delete files from our space on the server.",
     "sealwax rm report.pdf", APP_TLS | APP_CLIENT | APP_HTTP | APP_FILES, 1, 10000, rm_run},
    {"bench-protect", "FILE", "upload a file in each way that --protect knows, and compare them",
     "Upload one file without any protection, authentic but readable, under the keys of the session, and in blocks "
     "under the server's RSA key; print how long each took, how fast it was and what it cost us, with a chart of the "
     "times, and delete the file again. A way that this server does not offer is one that failed, with its exit code: "
     "it offers none with --allow-plaintext, auth where its --suites name TLS_RSA_WITH_NULL_SHA256.",
     "sealwax bench-protect holiday.mp4", APP_TLS | APP_CLIENT | APP_HTTP, 1, 1, bench_protect_run},
    {"media", "ls | play TITLE|NUMBER | licence TITLE|NUMBER", "hear and see what the server has",
     "media ls lists the catalogue and how many plays of each are left. media play writes a track to standard output, "
     "or into a player, while it comes; each play is debited once, when its first byte is served. A player that cannot "
     "seek in a pipe, and knows nothing of certificates, gets an address on this machine, which is there until it "
     "ends: "
     "it stands for {} in --player, or is printed with --url. media licence asks for a new licence where the track "
     "allows one.",
     "sealwax media play 1 --player 'ffplay -nodisp -autoexit -'\n"
     "sealwax media play 1 --player 'mpv {}'\n"
     "sealwax media play 'Some Song' | mpv -",
     APP_TLS | APP_CLIENT | APP_HTTP | APP_MEDIA, 1, 2, media_run},
    {"whoami", "", "who we are to a server",
     "Print the name that a server takes from our certificate; with --verbose, which certificate it was.",
     "sealwax whoami --server mail.example", APP_TLS | APP_CLIENT | APP_HTTP, 0, 0, whoami_run},
    {"cert", "NAME", "the certificate of somebody, to seal files for",
     "Print the certificate that somebody of this name showed the server last, PEM, with the intermediates above it, "
     "once it has been checked here: its name, a path to a "
     "root of --trust, time, revocation (--crl), and that it may be encrypted to. With it, files can be sealed while "
     "no server is there.",
     "sealwax cert alice --server mail.example -o alice.crt\n"
     "sealwax seal --to alice.crt -o offer.pem offer.pdf",
     APP_TLS | APP_CLIENT | APP_HTTP | APP_CERT, 1, 1, cert_run},
    {"seal", "[FILE|-]", "sign a file and encrypt it to the people it is for",
     "Sign a file (default: standard input) with our key and encrypt it to one or more certificates, in one step, in "
     "any size. The recipients' certificates are checked first: the path to a root of --trust, time, revocation "
     "(--crl), and that they may be encrypted to. What is signed says from whom to whom it goes, when, and when it "
     "expires, so that nobody can pass it on as if it were meant for another.\n"
     "--to takes the file of a certificate; with --server, also the name of somebody who has been there, and then it "
     "is "
     "sealed for each of his devices.\n"
     "The result is CMS (RFC 5652, 5083), which openssl cms -decrypt and openssl cms -verify read as well.",
     "sealwax seal --to alice.crt --cert bank.fullchain.crt --key bank.key --trust root.crt -o offer.pem offer.pdf\n"
     "echo 256345 | sealwax seal --to alice.crt --cert bank.crt --key bank.key --trust root.crt --ttl 5m\n"
     "sealwax seal --to alice --server mail.example --cert bank.crt --key bank.key --trust root.crt -o offer.pem "
     "offer.pdf",
     APP_SEALED | APP_SEAL | APP_TLS | APP_CLIENT | APP_HTTP, 0, 1, seal_run},
    {"open", "[FILE|-]", "decrypt a sealed file and say who signed it",
     "Open what was sealed to our certificate (default: standard input; PEM, DER or S/MIME) and say who signed it: "
     "name, serial number, time. Nothing is written before all of it is known to be genuine: signed by somebody with a "
     "path to a root of --trust, meant for us, not expired, not changed. Otherwise the exit code is 1 and no output is "
     "left behind.",
     "sealwax open --cert alice.crt --key alice.key --trust root.crt -o offer.pdf offer.pem", APP_SEALED | APP_OPEN, 0,
     1, open_run},
    {0},
};

int main(int argc, char **argv)
{
    struct app app = {
        .program = "sealwax",
        .about = "Talk TLS to people and machines that you can name.",
        .verbs = verbs,
    };
    return app_main(&app, argc, argv);
}
