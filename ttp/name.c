/* Matching names. Everything here is public, so comparison may take its time as it likes. */
#include "ttp/name.h"
#include "ttp/der.h"
#include "ttp/ip.h"
#include <string.h>
#include <strings.h>

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

bool sw_dns_eq(struct sw_slice a, struct sw_slice b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (lower(a.p[i]) != lower(b.p[i]))
            return false;
    return true;
}

static struct sw_slice text(const char *s)
{
    return (struct sw_slice){(const uint8_t *)s, strlen(s)};
}

/* --- general names ------------------------------------------------------------------------------------------------ */

bool sw_general_name_next(struct sw_reader *names, struct sw_general_name *out)
{
    struct sw_slice whole;
    unsigned tag;

    if (sw_reader_left(names) == 0)
        return false;
    out->value = sw_der_read_any(names, &tag, &whole);
    out->kind = tag & 0x1f;
    if (names->failed || (tag & 0xc0) != 0x80 || out->kind > SW_GN_REGISTERED) {
        sw_reader_fail(names);
        return false;
    }
    return true;
}

/* --- DNS ---------------------------------------------------------------------------------------------------------- */

static bool label_char(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

bool sw_dns_valid(struct sw_slice name, bool wildcard)
{
    size_t label = 0;

    if (wildcard && name.len > 2 && name.p[0] == '*' && name.p[1] == '.') {
        name.p += 2;
        name.len -= 2;
    }
    if (name.len == 0 || name.len > 253)
        return false;
    for (size_t i = 0; i < name.len; i++) {
        if (name.p[i] == '.') {
            if (label == 0 || name.p[i - 1] == '-')
                return false;
            label = 0;
        } else if (!label_char(name.p[i]) || ++label > 63 || (label == 1 && name.p[i] == '-')) {
            return false;
        }
    }
    return label > 0 && name.p[name.len - 1] != '-';
}

/* RFC 9525 6.3: a presented "*.rest" stands for one label in front of rest; rest has two labels at least. */
static bool dns_matches(struct sw_slice presented, struct sw_slice wanted)
{
    const uint8_t *dot;

    if (!sw_dns_valid(presented, true))
        return false;
    if (presented.p[0] != '*')
        return sw_dns_eq(presented, wanted);
    dot = memchr(wanted.p, '.', wanted.len);
    if (dot == NULL || dot == wanted.p || memchr(presented.p + 2, '.', presented.len - 2) == NULL)
        return false;
    return sw_dns_eq((struct sw_slice){presented.p + 1, presented.len - 1},
                     (struct sw_slice){dot, wanted.len - (size_t)(dot - wanted.p)});
}

/* --- the question ------------------------------------------------------------------------------------------------- */

bool sw_email_split(struct sw_slice mailbox, struct sw_slice *local, struct sw_slice *host)
{
    const uint8_t *at = mailbox.len > 0 ? memrchr(mailbox.p, '@', mailbox.len) : NULL;
    bool quoted;

    if (at == NULL || at == mailbox.p)
        return false;
    *local = (struct sw_slice){mailbox.p, (size_t)(at - mailbox.p)};
    *host = (struct sw_slice){at + 1, mailbox.len - local->len - 1};
    quoted = local->len > 2 && local->p[0] == '"' && local->p[local->len - 1] == '"';
    for (size_t i = 0; i < local->len; i++)
        if (local->p[i] <= ' ' || local->p[i] >= 0x7f || (local->p[i] == '@' && !quoted))
            return false;
    return sw_dns_valid(*host, false);
}

/* The host of an e-mail address matches without regard to case, the part before it exactly (RFC 5321 2.4). */
static bool email_matches(struct sw_slice presented, struct sw_slice wanted)
{
    struct sw_slice local[2], host[2];

    return sw_email_split(presented, &local[0], &host[0]) && sw_email_split(wanted, &local[1], &host[1]) &&
           sw_slice_eq(local[0], local[1]) && sw_dns_eq(host[0], host[1]);
}

static bool name_is(const struct sw_general_name *name, unsigned kind, struct sw_slice wanted)
{
    if (name->kind != kind)
        return false;
    switch (kind) {
    case SW_GN_DNS:
        return dns_matches(name->value, wanted);
    case SW_GN_EMAIL:
        return email_matches(name->value, wanted);
    default:
        return sw_slice_eq(name->value, wanted);
    }
}

struct prefix {
    const char *text;
    unsigned kind;
};

bool sw_name_matches(const struct sw_cert *cert, const char *name)
{
    static const struct prefix prefixes[] = {
        {"dns:", SW_GN_DNS}, {"ip:", SW_GN_IP}, {"email:", SW_GN_EMAIL}, {"uri:", SW_GN_URI}};
    struct sw_reader names = sw_reader_of_slice(cert->san);
    struct sw_general_name presented;
    struct sw_slice wanted;
    unsigned kind = SW_GN_DNS;
    bool explicit_kind = false;
    uint8_t ip[16];
    size_t ip_len;

    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0] && !explicit_kind; i++)
        if (strncasecmp(name, prefixes[i].text, strlen(prefixes[i].text)) == 0) {
            kind = prefixes[i].kind;
            name += strlen(prefixes[i].text);
            explicit_kind = true;
        }
    wanted = text(name);
    ip_len = kind == SW_GN_IP || !explicit_kind ? sw_ip_parse(name, strlen(name), ip) : 0;
    if (ip_len > 0) {
        kind = SW_GN_IP;
        wanted = (struct sw_slice){ip, ip_len};
    } else if (!explicit_kind && strchr(name, '@') != NULL) {
        kind = SW_GN_EMAIL;
    } else if (!explicit_kind && strstr(name, "://") != NULL) {
        kind = SW_GN_URI;
    }
    if (kind == SW_GN_DNS && wanted.len > 1 && wanted.p[wanted.len - 1] == '.')
        wanted.len--;
    if (kind == SW_GN_IP && ip_len == 0)
        return false;
    while (sw_general_name_next(&names, &presented))
        if (name_is(&presented, kind, wanted))
            return true;
    return false;
}
