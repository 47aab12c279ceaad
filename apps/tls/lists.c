#include "apps/tls/lists.h"
#include "apps/tls/roots.h"
#include "ttp/cli_time.h"
#include "ttp/path.h"
#include <stdio.h>

enum { NAME_LENGTH = 256 };

/* The list that is good the longest of all by this issuer; NULL if there is none. */
static const struct sw_crl *newest(const struct sw_trust *trust, struct sw_slice issuer)
{
    const struct sw_crl *crl, *best = NULL;
    for (size_t i = 0; (crl = sw_trust_crl(trust, i)) != NULL; i++)
        if (sw_cert_name_eq(crl->issuer, issuer) && (!best || crl->next_update > best->next_update))
            best = crl;
    return best;
}

static void judge_list(const struct app *app, const struct sw_crl *crl, int64_t now)
{
    char name[NAME_LENGTH], when[CLI_TIME_CAP];
    cli_time_text(crl->next_update, when);
    sw_cert_name_text(crl->issuer, name, sizeof name);
    if (crl->next_update < now)
        app_warn(app,
                 "warning: --crl: the list of %s ran out %s: every certificate it issued is refused until there is a "
                 "new one (ttp crl)",
                 name, when);
    else if (crl->next_update - now < (crl->next_update - crl->this_update) / 3)
        app_warn(app,
                 "warning: --crl: the list of %s runs out %s: every certificate it issued is refused from then on "
                 "(ttp crl makes a new one)",
                 name, when);
}

static void judge_roots(const struct app *app, const struct sw_trust *trust)
{
    const struct sw_cert *root;
    for (size_t i = 0; (root = sw_trust_at(trust, i)) != NULL; i++) {
        char name[NAME_LENGTH];
        if (newest(trust, root->subject))
            continue;
        sw_cert_name_text(root->subject, name, sizeof name);
        app_warn(app, "warning: --crl: there is no list of %s: every certificate it issued is refused", name);
    }
}

void lists_judge(const struct app *app, int64_t now)
{
    const struct sw_crl *crl;
    const char *path;
    struct sw_trust *trust;
    if (!app_has(app, OPT_CRL) || roots_read(app, &trust, &path))
        return;
    for (size_t i = 0; (crl = sw_trust_crl(trust, i)) != NULL; i++)
        if (crl == newest(trust, crl->issuer))
            judge_list(app, crl, now);
    judge_roots(app, trust);
    sw_trust_free(trust);
}
