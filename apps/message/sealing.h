/*
 * Sealed messages on their way through the mailbox: sealed for the certificate the server's directory has of a name,
 * opened by its owner.
 */
#ifndef SW_APPS_MESSAGE_SEALING_H
#define SW_APPS_MESSAGE_SEALING_H

#include "apps/http/client.h"
#include "apps/seal/materials.h"
#include "ttp/file.h"

/*
 * sealing_seal: replace a message by the sealed one. The certificates of the recipient's devices come from the server,
 * and are believed only as far as their path to one of our roots goes and their name is the recipient's.
 *   ttl   seconds after which its recipient refuses it; 0: never
 * Returns an exit code; said.
 */
int sealing_seal(struct http_client *c, const char *to, int64_t ttl, struct sw_file *body);

/*
 * sealing_open: open a sealed message.
 *   from    who the server says sent it: must be who signed
 *   m       read with seal_materials_read
 *   text    receives the body; sw_file_free gives it back. id receives the signed Message-ID
 * Returns an exit code: APP_REFUSED for what is sealed for other certificates than ours; APP_NO for what is not from
 * whom it seems, changed, not for us; said.
 */
int sealing_open(const struct app *app, const struct seal_materials *m, const char *from, const void *sealed,
                 size_t len, struct sw_file *text, char id[SEAL_ID_MAX]);

#endif
