/* sealwaxd: the table of verbs. */
#include "apps/options.h"
#include "apps/serve.h"

static const struct app_verb verbs[] = {
    {"serve", "", "take messages for people and machines, and hand them out",
     "Serve HTTPS to clients with a certificate of ours. A message goes to a name; whoever shows a certificate with "
     "that name gets it. "
     "Messages wait in a database, sealed under a key file, and survive a crash.\n"
     "SIGHUP reads certificates, keys, trust and limits again; connections stay. SIGTERM ends: nothing new is taken, "
     "what is being answered is "
     "answered.",
     "sealwaxd --cert server.crt --key server.key --trust root.crt --listen '*:4433' --state /var/lib/sealwax",
     APP_TLS | APP_SERVER | APP_SERVE, 0, 0, serve_run},
    {0},
};

int main(int argc, char **argv)
{
    struct app app = {
        .program = "sealwaxd",
        .about = "Deliver messages to people and machines that you can name.",
        .verbs = verbs,
        .default_verb = "serve",
    };
    return app_main(&app, argc, argv);
}
