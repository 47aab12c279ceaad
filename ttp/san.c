/*
 * Names as people write them. What is accepted here ends up in certificates, so it is checked for what verifiers will
 * make of it: host names by RFC 1123 and 5890 (A-labels alone), addresses by value, e-mail and URI in ASCII with a host
 * that is one.
 */
#include "ttp/san.h"
#include "ttp/cert.h"
#include "ttp/der.h"
#include "ttp/ip.h"
#include <stdio.h>
#include <string.h>
#include <strings.h>

static const struct {
    const char *prefix;
    unsigned kind;
} prefixes[] = {{"dns:", SW_GN_DNS}, {"ip:", SW_GN_IP}, {"email:", SW_GN_EMAIL}, {"uri:", SW_GN_URI}};

static const char *set(struct sw_san *out, const void *p, size_t len)
{
    if (len > sizeof out->value)
        return "it is too long";
    memcpy(out->value, p, len);
    out->len = len;
    return NULL;
}

/* --- the kinds --- */

static bool is_alnum(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/*
 * A label: letters, digits and inner hyphens. Underscores are in no host name, but in many a name of a person or
 * service.
 */
static bool is_label(const char *p, size_t len)
{
    if (len == 0 || len > 63 || p[0] == '-' || p[len - 1] == '-')
        return false;
    for (size_t i = 0; i < len; i++)
        if (!is_alnum(p[i]) && p[i] != '-' && p[i] != '_')
            return false;
    return true;
}

/* A host name of len characters; a last label of digits alone would be read as an address by some (RFC 1123 2.1). */
static const char *check_host(const char *p, size_t len)
{
    size_t at = 0;
    bool digits = false;
    if (len == 0)
        return "it is empty";
    if (len > 253)
        return "it is too long for a host name";
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)p[i] >= 0x80)
            return "a host name must be ASCII: write the xn-- form of an international name";
    while (at <= len) {
        const char *dot = memchr(p + at, '.', len - at);
        size_t n = dot ? (size_t)(dot - p) - at : len - at;
        if (!is_label(p + at, n))
            return "it is no host name";
        digits = strspn(p + at, "0123456789") >= n;
        at += n + 1;
    }
    return digits && memchr(p, '.', len) ? "it is no host name: its last part is a number" : NULL;
}

static const char *set_dns(struct sw_san *out, const char *text)
{
    size_t len = strlen(text);
    if (len > 1 && text[len - 1] == '.') /* "example.org." is the same name; certificates hold it without */
        len--;
    const char *host = text;
    if (strncmp(text, "*.", 2) == 0)
        host += 2;
    const char *why = check_host(host, len - (size_t)(host - text));
    if (why && strchr(host, '*'))
        why = "a wildcard can only be the whole first label: *.example.org";
    if (!why && host != text && !memchr(host, '.', len - 2))
        why = "a wildcard needs two labels after it: *.example.org";
    if (!why)
        why = set(out, text, len);
    for (size_t i = 0; !why && i < out->len; i++)
        if (out->value[i] >= 'A' && out->value[i] <= 'Z')
            out->value[i] = (uint8_t)(out->value[i] + 32);
    return why;
}

static const char *set_ip(struct sw_san *out, const char *text)
{
    out->len = sw_ip_parse(text, strlen(text), out->value);
    return out->len ? NULL : "it is no IP address";
}

static const char *set_email(struct sw_san *out, const char *text)
{
    const char *at = strrchr(text, '@');
    if (!at || at == text)
        return "it is no e-mail address";
    for (const char *p = text; p < at; p++)
        if (!is_alnum(*p) && !strchr("!#$%&'*+-/=?^_`{|}~.", *p))
            return "it is no e-mail address (RFC 5280 allows ASCII without quotes)";
    const char *why = check_host(at + 1, strlen(at + 1));
    return why ? why : set(out, text, strlen(text));
}

static const char *set_uri(struct sw_san *out, const char *text)
{
    const char *mark = strstr(text, ":");
    if (!mark || mark == text || !mark[1])
        return "it is no URI: a scheme and a colon must begin it";
    for (const char *p = text; *p; p++)
        if (*p <= 0x20 || *p >= 0x7f || (p < mark && !is_alnum(*p) && !strchr("+-.", *p)))
            return "it is no URI: only printable ASCII";
    return set(out, text, strlen(text));
}

/* --- constraints --- */

/* "10.0.0.0/8", or an address alone: RFC 5280 4.2.1.10 wants address and mask. */
static const char *set_ip_range(struct sw_san *out, const char *text)
{
    char address[64];
    const char *slash = strchr(text, '/');
    size_t n = slash ? (size_t)(slash - text) : strlen(text);
    if (n >= sizeof address)
        return "it is no IP address";
    memcpy(address, text, n);
    address[n] = 0;
    const char *why = set_ip(out, address);
    if (why)
        return why;
    size_t len = out->len, bits = 8 * len;
    int used = 0;
    if (slash && (sscanf(slash + 1, "%3zu%n", &bits, &used) != 1 || slash[1 + used] || bits > 8 * len))
        return "its prefix length is wrong: 10.0.0.0/8";
    for (size_t i = 0; i < len; i++) {
        unsigned mask = bits >= 8 * (i + 1) ? 0xff : bits <= 8 * i ? 0 : 0xff00u >> (bits - 8 * i) & 0xff;
        out->value[len + i] = (uint8_t)mask;
        out->value[i] &= (uint8_t)mask;
    }
    out->len = 2 * len;
    return NULL;
}

static const char *set_host_range(struct sw_san *out, const char *text, bool dot_allowed)
{
    const char *host = text + (dot_allowed && *text == '.');
    const char *why = check_host(host, strlen(host));
    return why ? why : set(out, text, strlen(text));
}

static const char *set_constraint(struct sw_san *out, const char *text)
{
    switch (out->kind) {
    case SW_GN_IP:
        return set_ip_range(out, text);
    case SW_GN_EMAIL:
        return strchr(text, '@') ? set_email(out, text) : set_host_range(out, text, true);
    case SW_GN_URI:
        return set_host_range(out, text, true);
    default:
        /* a leading dot is a habit from other tools; RFC 5280 gives the name without one the same meaning and itself */
        return set_host_range(out, *text == '.' ? text + 1 : text, false);
    }
}

/* --- from text --- */

/* What a name without a prefix is. */
static unsigned guess(const char *text)
{
    struct sw_san scratch;
    char address[64];
    size_t n = strcspn(text, "/");
    if (n < sizeof address) {
        memcpy(address, text, n);
        address[n] = 0;
        if (!set_ip(&scratch, address))
            return SW_GN_IP;
    }
    return strstr(text, "://") ? SW_GN_URI : strchr(text, '@') ? SW_GN_EMAIL : SW_GN_DNS;
}

static const char *find_kind(struct sw_san *out, const char *text)
{
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
        if (strncasecmp(text, prefixes[i].prefix, strlen(prefixes[i].prefix)) == 0) {
            out->kind = prefixes[i].kind;
            return text + strlen(prefixes[i].prefix);
        }
    out->kind = guess(text);
    return text;
}

const char *sw_san_after_kind(const char *text)
{
    struct sw_san ignored;
    return find_kind(&ignored, text);
}

const char *sw_san_parse(struct sw_san *out, const char *text)
{
    text = find_kind(out, text);
    switch (out->kind) {
    case SW_GN_IP:
        return set_ip(out, text);
    case SW_GN_EMAIL:
        return set_email(out, text);
    case SW_GN_URI:
        return set_uri(out, text);
    default:
        return set_dns(out, text);
    }
}

const char *sw_san_parse_constraint(struct sw_san *out, const char *text)
{
    return set_constraint(out, find_kind(out, text));
}

/* --- in certificates --- */

void sw_san_write(struct sw_writer *w, const struct sw_san *name)
{
    sw_der_write(w, (uint8_t)(SW_DER_CONTEXT(0) | name->kind), name->value, name->len);
}

static void ip_text(struct sw_slice value, char *out, size_t cap)
{
    char a[SW_IP_TEXT_CAP], m[SW_IP_TEXT_CAP];
    bool range = value.len == 8 || value.len == 32;
    size_t len = range ? value.len / 2 : value.len;
    if (len != 4 && len != 16) {
        snprintf(out, cap, "ip:?");
        return;
    }
    sw_ip_text(value.p, len, a);
    if (!range) {
        snprintf(out, cap, "ip:%s", a);
        return;
    }
    unsigned bits = 0;
    while (bits < 8 * len && (value.p[len + bits / 8] << bits % 8 & 0x80))
        bits++;
    uint8_t mask[SW_IP_MAX] = {0};
    for (unsigned i = 0; i < bits; i++)
        mask[i / 8] |= (uint8_t)(0x80 >> i % 8);
    if (memcmp(mask, value.p + len, len) == 0)
        snprintf(out, cap, "ip:%s/%u", a, bits);
    else
        snprintf(out, cap, "ip:%s/%s", a, sw_ip_text(value.p + len, len, m));
}

static void characters(const char *prefix, struct sw_slice value, char *out, size_t cap)
{
    size_t n = (size_t)snprintf(out, cap, "%s", prefix);
    for (size_t i = 0; i < value.len && n + 1 < cap; i++)
        out[n++] = value.p[i] > 0x20 && value.p[i] < 0x7f ? (char)value.p[i] : '?';
    if (n < cap)
        out[n] = 0;
}

char *sw_san_text(const struct sw_general_name *name, char *out, size_t cap)
{
    static const char *const others[] = {[SW_GN_OTHER] = "other name",
                                         [SW_GN_X400] = "X.400 address",
                                         [SW_GN_EDI] = "EDI party name",
                                         [SW_GN_REGISTERED] = "registered id"};
    switch (name->kind) {
    case SW_GN_IP:
        ip_text(name->value, out, cap);
        break;
    case SW_GN_DIRECTORY:
        snprintf(out, cap, "dir:");
        if (cap > 5)
            sw_cert_name_text(name->value, out + 4, cap - 4);
        break;
    case SW_GN_DNS:
        characters("dns:", name->value, out, cap);
        break;
    case SW_GN_EMAIL:
        characters("email:", name->value, out, cap);
        break;
    case SW_GN_URI:
        characters("uri:", name->value, out, cap);
        break;
    default:
        snprintf(out, cap, "%s", others[name->kind]);
    }
    return out;
}

bool sw_san_eq(const struct sw_san *a, const struct sw_san *b)
{
    if (a->kind != b->kind || a->len != b->len)
        return false;
    if (a->kind == SW_GN_IP || a->kind == SW_GN_URI)
        return memcmp(a->value, b->value, a->len) == 0;
    return strncasecmp((const char *)a->value, (const char *)b->value, a->len) == 0;
}
