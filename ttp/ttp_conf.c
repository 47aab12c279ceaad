/*
 * DIR/ttp.conf: settings of one CA, an INI file without sections. What is set here is the default of an option or of
 * every certificate.
 */
#include "ttp/cli_ini.h"
#include "ttp/key.h"
#include "ttp/ttp.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct loading {
    struct ttp_conf *conf;
    const char *problem; /* of the first bad line */
    bool memory;
};

static bool set_text(struct loading *l, char **to, const char *value)
{
    free(*to);
    *to = strdup(value);
    l->memory |= !*to;
    return *to != NULL;
}

static bool set_days(struct loading *l, int *to, const char *value)
{
    int64_t span = 0;
    if (!ttp_parse_span(value, &span) || span < 86400 || span > 36500 * 86400LL)
        l->problem = "is not a number of days from 1 to 36500";
    *to = (int)(span / 86400);
    return !l->problem;
}

static bool set_span(struct loading *l, int64_t *to, const char *value)
{
    if (!ttp_parse_span(value, to))
        l->problem = "is not a length of time like 30d or 5m";
    return !l->problem;
}

static bool set_url(struct loading *l, char **to, const char *value)
{
    if (strncmp(value, "http://", 7) != 0)
        l->problem = "is not an http:// address (RFC 5280 clients fetch nothing else)";
    for (const char *p = value; *p; p++)
        if (*p <= ' ' || *p >= 0x7f || strchr("\"<>\\^`{|}", *p))
            l->problem = "is not an http:// address: there is a character in it that none has";
    return !l->problem && set_text(l, to, value);
}

static bool set_key(struct loading *l, char **to, const char *value)
{
    if (!sw_key_kind_by_name(value))
        l->problem = "is not a kind of key: there are rsa2048, rsa3072, rsa4096, p256, p384 and ed25519";
    return !l->problem && set_text(l, to, value);
}

static bool set_country(struct loading *l, char **to, const char *value)
{
    if (strlen(value) != 2 || strspn(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 2)
        l->problem = "is not a country, which is two capital letters (ISO 3166)";
    return !l->problem && set_text(l, to, value);
}

static bool on_setting(void *ctx, const char *section, const char *name, const char *value)
{
    struct loading *l = ctx;
    struct ttp_conf *c = l->conf;
    if (*section)
        l->problem = "stands in a section; there are none";
    else if (strcmp(name, "key") == 0)
        return set_key(l, &c->key, value);
    else if (strcmp(name, "country") == 0)
        return set_country(l, &c->country, value);
    else if (strcmp(name, "org") == 0)
        return set_text(l, &c->org, value);
    else if (strcmp(name, "crl_url") == 0)
        return set_url(l, &c->crl_url, value);
    else if (strcmp(name, "ocsp_url") == 0)
        return set_url(l, &c->ocsp_url, value);
    else if (strcmp(name, "issuer_url") == 0)
        return set_url(l, &c->issuer_url, value);
    else if (strcmp(name, "days") == 0)
        return set_days(l, &c->days, value);
    else if (strcmp(name, "crl_days") == 0)
        return set_days(l, &c->crl_days, value);
    else if (strcmp(name, "expiring") == 0)
        return set_span(l, &c->expiring, value);
    else if (strcmp(name, "backdate") == 0)
        return set_span(l, &c->backdate, value);
    else
        l->problem =
            "is not a setting (key, days, country, org, crl_url, ocsp_url, issuer_url, crl_days, expiring, backdate)";
    return false;
}

int ttp_conf_load(struct ttp *t)
{
    char path[4096];
    struct loading l = {.conf = &t->conf};
    if (snprintf(path, sizeof path, "%s/ttp.conf", t->dir) >= (int)sizeof path)
        return ttp_error(t, TTP_USAGE, "%s: the path is too long", t->dir);
    FILE *f = fopen(path, "re");
    if (!f)
        return errno == ENOENT || errno == ENOTDIR ? TTP_DONE : ttp_fail(t, SW_ERR_SYSTEM, path);
    struct cli_ini ini = {.file = f, .setting = on_setting, .ctx = &l};
    enum cli_ini_result result = cli_ini_read(&ini);
    int saved = errno;
    fclose(f);
    errno = saved;
    if (result == CLI_INI_UNREADABLE)
        return ttp_fail(t, SW_ERR_SYSTEM, path);
    if (l.memory)
        return ttp_fail(t, SW_ERR_MEMORY, path);
    if (result == CLI_INI_DONE)
        return TTP_DONE;
    if (result == CLI_INI_TOO_LONG)
        return ttp_error(t, TTP_BAD_INPUT, "%s: line %d is too long (%d bytes at most)", path, ini.line, ini.room);
    return ttp_error(t, TTP_BAD_INPUT, "%s: line %d %s", path, ini.line,
                     result == CLI_INI_REFUSED    ? l.problem
                     : result == CLI_INI_NOT_TEXT ? "is not text"
                                                  : "is not \"setting = value\"");
}

void ttp_conf_free(struct ttp_conf *conf)
{
    free(conf->key);
    free(conf->country);
    free(conf->org);
    free(conf->crl_url);
    free(conf->ocsp_url);
    free(conf->issuer_url);
}
