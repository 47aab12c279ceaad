/* sealwax seal: a file, for certificates or for names that a server knows. */
#include "apps/message/to.h"
#include "apps/seal/materials.h"
#include "apps/seal/verbs.h"
#include "apps/verbs.h"
#include <stdlib.h>

int seal_run(struct app *app)
{
    struct seal_materials m = {0};
    struct seal_params p = {0};
    int code = seal_read_form(app, &p);
    struct recipients *to = code ? NULL : calloc(1, sizeof *to);
    if (!to)
        return code ? code : app_fail(app, SW_ERR_MEMORY, "recipients");
    code = seal_materials_read(app, &m);
    p.self = (struct seal_self){&m.chain, m.key};
    p.trust = m.trust;
    if (!code)
        code = recipients_read(app, &p, to);
    p.to = to->chain;
    p.to_len = to->n;
    if (!code)
        code = seal_file(app, &p);
    recipients_free(to);
    free(to);
    seal_materials_free(&m);
    return code;
}
