/* What there is to choose from, for programs that print it. */
#include "handshake/kex.h"
#include "handshake/suite.h"
#include "include/sealwax.h"

bool sw_suite_at(size_t i, uint16_t *id, const char **name, unsigned *policies)
{
    const struct sw_suite *s = sw_suite_row(i);

    if (s == NULL)
        return false;
    *id = s->id;
    *name = s->name;
    *policies = s->policies;
    return true;
}

bool sw_group_at(size_t i, uint16_t *id, const char **name)
{
    const struct sw_group *g = sw_group_row(i);

    if (g == NULL)
        return false;
    *id = g->id;
    *name = g->name;
    return true;
}

bool sw_sigalg_at(size_t i, uint16_t *id, const char **name)
{
    const struct sw_sigscheme *s = sw_sigscheme_at(i);

    if (s == NULL)
        return false;
    *id = s->id;
    *name = s->name;
    return true;
}

const char *sw_version(void)
{
    return sw_wolf_version();
}
