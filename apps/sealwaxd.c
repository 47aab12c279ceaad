/* sealwaxd: the table of verbs. */
#include "apps/cli/options.h"
#include "apps/verbs.h"

static const struct app_verb verbs[] = {
    {"serve", "", "take messages for people and machines, and hand them out",
     "Serve HTTPS to clients with a certificate of ours. A message goes to a name; whoever shows a certificate with "
     "that name gets it. "
     "Messages wait in a database, sealed under a key file, and survive a crash.\n"
     "SIGHUP reads certificates, keys, trust and limits again; connections stay, but those whose certificate, or a CA "
     "above it, has expired or been revoked, or whose root is no longer trusted. SIGTERM ends: nothing new is taken, "
     "what is being answered is "
     "answered.",
     "sealwaxd --cert server.crt --key server.key --trust root.crt --listen '*:4433' --state /var/lib/sealwax",
     APP_TLS | APP_SERVER | APP_SERVE, 0, 0, serve_run},
    {"media", "import|ls|rm|licences ...", "look after the catalogue of media and its licences",
     "media import FILE... puts tracks into the catalogue, encrypted; media ls lists them; media rm TITLE|NUMBER takes "
     "one out. All of it works while the server runs.\n"
     "media licences [ls [USER [TRACK]]] lists who has how many plays left of what, and until when. media licences "
     "grant "
     "USER TRACK makes a licence or changes it, with --plays, --until and --streams; what is not said stays as it is. "
     "media licences revoke USER TRACK ends one at once. USER is a name, which stands for all certificates of that "
     "name, or the serial number of one (serial:NUMBER where a name looks like one); media licences HOLDER TRACK PLAYS "
     "sets the plays under a serial number.",
     "sealwaxd media import --state /var/lib/sealwax --plays 5 song.ogg\n"
     "sealwaxd media licences grant alice song --until +30d --state /var/lib/sealwax\n"
     "sealwaxd media licences ls alice --state /var/lib/sealwax",
     APP_STATE | APP_MEDIA_ADMIN, 1, 10000, media_admin_run},
    {"users", "add|remove|list ...", "say who is enrolled, and with which role",
     "users add CERT... enrols the certificates in these files; once more with another --role changes the role. users "
     "remove "
     "NAME... ends that for all certificates of a name. users list shows them. With --enrolled-only the server refuses "
     "everybody "
     "else; --may-send says which role may send to which. All of it works while the server runs, and counts from the "
     "next "
     "request on.",
     "sealwaxd users add --state /var/lib/sealwax --role staff alice.crt bob.crt\n"
     "sealwaxd users list --state /var/lib/sealwax",
     APP_STATE | APP_USERS, 1, 10000, users_run},
    {"rekey", "", "change the key that everything kept is sealed with",
     "Make a new key file and seal messages, licences and the keys of files and media anew under it; the contents of "
     "files stay as they are. No sealwaxd may run on the directory meanwhile. Interrupted at any moment, it goes on "
     "when it is called again; until then both keys are there, vault.key and vault.key.next. First everything is "
     "read: what the old key does not open is named, and nothing is changed; --force leaves it behind. With --to the "
     "new "
     "key is wrapped under a key on a card, which every start of the server needs from then on, or no longer.",
     "sealwaxd rekey --state /var/lib/sealwax\n"
     "sealwaxd rekey --state /var/lib/sealwax --to 'pkcs11:token=hsm;object=vault?pin-source=file:/etc/sealwax/pin'",
     APP_STATE | APP_REKEY, 0, 0, rekey_run},
    {"store", "copy --from PLACE --to PLACE", "move from a file to a database that servers share, or back",
     "store copy puts everything that is in one store into another one, which is empty: messages with their numbers "
     "and "
     "receipts, the directory, members, licences, the audit. It is one transaction: interrupted, nothing has changed, "
     "and "
     "it can be done again. What it is copied from stays as it was. No sealwaxd may work on either meanwhile. Files "
     "and "
     "media are not in a store; the key file stays the same, and every server on a store needs it.",
     "sealwaxd store copy --from /var/lib/sealwax/mail.db --to postgresql://sealwax@db.example.org/sealwax", APP_STORE,
     1, 1, store_run},
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
