/* Distinguished names (RFC 5280 4.1.2.4): well-formed or not, equal or not, and as text for people. */
#include "base/hash.h"
#include "ttp/cert.h"
#include "ttp/der.h"
#include "ttp/name.h"
#include "ttp/oid.h"

/* --- names -------------------------------------------------------------------------------------------------------- */

struct sw_dn sw_dn_open(struct sw_slice name)
{
    struct sw_reader r = sw_reader_of_slice(name);
    struct sw_dn dn = {sw_der_enter(&r, SW_DER_SEQUENCE), sw_reader_of(NULL, 0)};

    if (!sw_reader_end(&r))
        sw_reader_fail(&dn.rdns);
    return dn;
}

bool sw_dn_next(struct sw_dn *dn, struct sw_attribute *out)
{
    struct sw_reader attr;
    struct sw_slice whole;

    if (sw_reader_left(&dn->set) == 0) {
        if (sw_reader_left(&dn->rdns) == 0)
            return false;
        dn->set = sw_der_enter(&dn->rdns, SW_DER_SET);
    }
    attr = sw_der_enter(&dn->set, SW_DER_SEQUENCE);
    out->type = sw_der_read(&attr, SW_DER_OID);
    out->value = sw_der_read_any(&attr, &out->tag, &whole);
    if (!sw_reader_end(&attr) || dn->set.failed)
        sw_reader_fail(&dn->rdns);
    return !dn->rdns.failed;
}

static bool is_character(uint32_t c)
{
    return c <= 0x10ffff && (c < 0xd800 || c > 0xdfff);
}

/*
 * The character of a well-formed UTF-8 sequence at p (RFC 3629): its shortest form, of a character that there is. The
 * sequence's length, or 0.
 */
static size_t utf8_read(const uint8_t *p, size_t left, uint32_t *c)
{
    static const struct {
        uint8_t mask, lead;
        uint32_t least;
    } forms[] = {{0x80, 0x00, 0}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};
    size_t more = 0;

    while (more < 4 && (p[0] & forms[more].mask) != forms[more].lead)
        more++;
    if (more >= 4 || more >= left)
        return 0;
    *c = p[0] & (uint8_t)~forms[more].mask;
    for (size_t i = 1; i <= more; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
        *c = *c << 6 | (p[i] & 0x3f);
    }
    return *c >= forms[more].least && is_character(*c) ? more + 1 : 0;
}

static bool is_text(unsigned tag)
{
    return tag == SW_DER_UTF8_STRING || tag == SW_DER_PRINTABLE_STRING || tag == SW_DER_IA5_STRING ||
           tag == SW_DER_TELETEX_STRING || tag == SW_DER_NUMERIC_STRING;
}

/* A character of 2 or 4 bytes. */
static uint32_t wide_read(const uint8_t *p, size_t size)
{
    uint32_t c = 0;

    for (size_t i = 0; i < size; i++)
        c = c << 8 | p[i];
    return c;
}

static bool characters_valid(struct sw_slice v, size_t size)
{
    for (size_t i = 0; i + size <= v.len; i += size)
        if (!is_character(wide_read(v.p + i, size)))
            return false;
    return v.len % size == 0;
}

/*
 * Whether a value is of a type that a name's attributes have (RFC 5280 4.1.2.4, X.520), and has whole characters of it.
 */
static bool value_valid(const struct sw_attribute *attr)
{
    struct sw_slice v = attr->value;
    uint32_t c;
    size_t n;

    switch (attr->tag) {
    case SW_DER_UTF8_STRING:
        for (size_t i = 0; i < v.len; i += n)
            if ((n = utf8_read(v.p + i, v.len - i, &c)) == 0)
                return false;
        return true;
    case SW_DER_BMP_STRING:
        return characters_valid(v, 2);
    case SW_DER_UNIVERSAL_STRING:
        return characters_valid(v, 4);
    case SW_DER_BIT_STRING:
        return v.len > 0 && v.p[0] < 8 && (v.len > 1 || v.p[0] == 0);
    default:
        return is_text(attr->tag) || attr->tag == SW_DER_SEQUENCE;
    }
}

bool sw_cert_name_valid(struct sw_slice name)
{
    struct sw_dn dn = sw_dn_open(name);
    struct sw_attribute attr;

    while (sw_dn_next(&dn, &attr))
        if (!value_valid(&attr))
            return false;
    return sw_reader_end(&dn.rdns);
}

/* The next folded character, -1 at the end; *i moves. */
static int folded(struct sw_slice s, size_t *i)
{
    uint8_t c;

    if (*i >= s.len)
        return -1;
    c = s.p[(*i)++];
    if (c == ' ') {
        while (*i < s.len && s.p[*i] == ' ')
            (*i)++;
        return *i < s.len ? ' ' : -1;
    }
    return c >= 'A' && c <= 'Z' ? c + 32 : c;
}

/*
 * Strings compare by RFC 5280 7.1: case folded, white space at the ends dropped, inner runs one space. Types that are
 * text compare with each other.
 */
static bool text_eq(struct sw_slice a, struct sw_slice b)
{
    size_t i = 0, j = 0;
    int x, y;

    while (i < a.len && a.p[i] == ' ')
        i++;
    while (j < b.len && b.p[j] == ' ')
        j++;
    do {
        x = folded(a, &i);
        y = folded(b, &j);
        if (x != y)
            return false;
    } while (x >= 0);
    return true;
}

static bool attribute_eq(const struct sw_attribute *a, const struct sw_attribute *b)
{
    if (!sw_slice_eq(a->type, b->type))
        return false;
    if (is_text(a->tag) && is_text(b->tag))
        return text_eq(a->value, b->value);
    return a->tag == b->tag && sw_slice_eq(a->value, b->value);
}

/* Attribute by attribute; both at the end, or only the second, where it may be the beginning of the first. */
static bool compare(struct sw_slice a, struct sw_slice b, bool beginning, size_t *read)
{
    struct sw_dn da = sw_dn_open(a), db = sw_dn_open(b);
    struct sw_attribute x, y;

    for (;;) {
        bool more = sw_dn_next(&db, &y);

        *read = b.len - sw_reader_left(&db.rdns);
        if (!more)
            return sw_reader_end(&db.rdns) && (beginning || sw_reader_end(&da.rdns)) && sw_reader_left(&da.set) == 0;
        if (!sw_dn_next(&da, &x) || !attribute_eq(&x, &y))
            return false;
        if ((sw_reader_left(&da.set) > 0) != (sw_reader_left(&db.set) > 0))
            return false;
    }
}

bool sw_cert_name_eq(struct sw_slice a, struct sw_slice b)
{
    size_t read;

    return sw_dn_eq(a, b, &read);
}

bool sw_dn_eq(struct sw_slice a, struct sw_slice b, size_t *read)
{
    *read = 0;
    return sw_slice_eq(a, b) || compare(a, b, false, read);
}

bool sw_dn_within(struct sw_slice name, struct sw_slice base, size_t *read)
{
    *read = 0;
    return compare(name, base, true, read);
}

/* FNV-1a. */
static uint64_t hash_byte(uint64_t h, uint8_t c)
{
    return (h ^ c) * UINT64_C(0x100000001b3);
}

static uint64_t hash_bytes(uint64_t h, struct sw_slice s)
{
    for (size_t i = 0; i < s.len; i++)
        h = hash_byte(h, s.p[i]);
    return h;
}

/*
 * What equality overlooks in a text, case and white space, is left out: all white space, so that none needs counting.
 */
static uint64_t hash_text(uint64_t h, struct sw_slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.p[i] != ' ')
            h = hash_byte(h, (uint8_t)(s.p[i] >= 'A' && s.p[i] <= 'Z' ? s.p[i] + 32 : s.p[i]));
    return h;
}

uint64_t sw_dn_hash(struct sw_slice name)
{
    struct sw_dn dn = sw_dn_open(name);
    struct sw_attribute attr;
    uint64_t h = UINT64_C(0xcbf29ce484222325);

    while (sw_dn_next(&dn, &attr)) {
        h = hash_bytes(h, attr.type);
        h = is_text(attr.tag) ? hash_text(h, attr.value) : hash_bytes(h, attr.value);
    }
    return h;
}

/* --- names for people --------------------------------------------------------------------------------------------- */

static const struct {
    struct sw_oid oid;
    const char *name;
} attributes[] = {
    {{3, {0x55, 0x04, 0x03}}, "CN"},
    {{3, {0x55, 0x04, 0x05}}, "serialNumber"},
    {{3, {0x55, 0x04, 0x06}}, "C"},
    {{3, {0x55, 0x04, 0x07}}, "L"},
    {{3, {0x55, 0x04, 0x08}}, "ST"},
    {{3, {0x55, 0x04, 0x09}}, "street"},
    {{3, {0x55, 0x04, 0x0a}}, "O"},
    {{3, {0x55, 0x04, 0x0b}}, "OU"},
    {{9, {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x01}}, "emailAddress"},
    {{10, {0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 0x01, 0x19}}, "DC"},
    {{10, {0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 0x01, 0x01}}, "UID"},
};

/* Text into a fixed room; what does not fit is cut at a whole character. */
struct text_out {
    char *p;
    size_t cap, len;
    bool altered; /* something was cut off, or is not what it was */
};

static void put(struct text_out *o, const void *p, size_t n)
{
    if (o->len + n < o->cap) {
        memcpy(o->p + o->len, p, n);
        o->len += n;
    } else {
        o->cap = o->len + 1; /* nothing behind a cut */
        o->altered = true;
    }
    o->p[o->len] = '\0';
}

/* Controls do something to a terminal, marks of direction show one name as another: neither is shown. */
static bool is_shown(uint32_t c)
{
    bool control = c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029;
    bool direction =
        c == 0x61c || c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);

    return is_character(c) && !control && !direction;
}

size_t sw_text_characters(struct sw_slice text)
{
    size_t n = 0, len;
    uint32_t c;

    for (size_t i = 0; i < text.len; i += len, n++)
        if ((len = utf8_read(text.p + i, text.len - i, &c)) == 0 || !is_shown(c))
            return 0;
    return n;
}

static void put_character(struct text_out *o, uint32_t c)
{
    uint8_t utf8[4];
    size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

    for (size_t i = n; i-- > 1; c >>= 6)
        utf8[i] = (uint8_t)(0x80 | (c & 0x3f));
    utf8[0] = (uint8_t)(n == 1 ? c : (0xf00u >> n & 0xff) | c);
    put(o, utf8, n);
}

/* A value as UTF-8; what is not to be shown, or no character, becomes '?', RFC 4514's specials get a backslash. */
static void put_value(struct text_out *o, unsigned tag, struct sw_slice v, bool escape)
{
    size_t size = tag == SW_DER_BMP_STRING ? 2 : tag == SW_DER_UNIVERSAL_STRING ? 4 : 1, n;
    uint32_t c;

    for (size_t i = 0; i + size <= v.len; i += n) {
        n = size > 1 ? size : utf8_read(v.p + i, v.len - i, &c);
        if (size > 1)
            c = wide_read(v.p + i, size);
        if (n == 0 || !is_shown(c)) {
            n = n > 0 ? n : 1;
            put(o, "?", 1);
            o->altered = true;
            continue;
        }
        if (escape && c < 0x80 && strchr(",+\"\\<>;", (int)c) != NULL)
            put(o, "\\", 1);
        put_character(o, c);
    }
}

bool sw_dn_is_plain(struct sw_slice name)
{
    struct sw_dn dn = sw_dn_open(name);
    struct sw_attribute attr;
    char text[1024];
    bool plain = true;

    while (plain && sw_dn_next(&dn, &attr)) {
        struct text_out o = {text, sizeof text, 0, false};

        put_value(&o, attr.tag, attr.value, false);
        plain = !o.altered;
    }
    return plain;
}

/* False if it is not shown as it is. */
static bool common_name(struct sw_slice name, char *out, size_t cap)
{
    struct sw_dn dn = sw_dn_open(name);
    struct sw_attribute attr;
    bool exact = true;

    out[0] = '\0';
    while (sw_dn_next(&dn, &attr))
        if (sw_oid_is(attr.type, &attributes[0].oid)) {
            struct text_out o = {out, cap, 0, false};

            out[0] = '\0';
            put_value(&o, attr.tag, attr.value, false);
            exact = !o.altered;
        }
    return exact;
}

void sw_cert_common_name(struct sw_slice name, char *out, size_t cap)
{
    (void)common_name(name, out, cap);
}

static void put_type(struct text_out *o, struct sw_slice type)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < sizeof attributes / sizeof attributes[0]; i++)
        if (sw_oid_is(type, &attributes[i].oid)) {
            put(o, attributes[i].name, strlen(attributes[i].name));
            return;
        }
    put(o, "oid#", 4);
    for (size_t i = 0; i < type.len; i++) {
        char hex[2] = {digits[type.p[i] >> 4], digits[type.p[i] & 15]};
        put(o, hex, 2);
    }
}

void sw_cert_name_text(struct sw_slice name, char *out, size_t cap)
{
    struct sw_dn dn = sw_dn_open(name);
    struct text_out o = {out, cap, 0, false};
    struct sw_attribute attr;
    bool first = true;

    out[0] = '\0';
    while (sw_dn_next(&dn, &attr)) {
        if (!first)
            put(&o, ", ", 2);
        first = false;
        put_type(&o, attr.type);
        put(&o, "=", 1);
        put_value(&o, attr.tag, attr.value, true);
    }
}

static bool display_name(const struct sw_cert *cert, char *out, size_t cap)
{
    struct sw_reader names = sw_reader_of_slice(cert->san);
    struct sw_general_name name;

    while (sw_general_name_next(&names, &name))
        if (name.kind == SW_GN_DNS || name.kind == SW_GN_EMAIL || name.kind == SW_GN_URI) {
            struct text_out o = {out, cap, 0, false};

            out[0] = '\0';
            put_value(&o, SW_DER_IA5_STRING, name.value, false);
            return !o.altered;
        }
    return common_name(cert->subject, out, cap);
}

void sw_cert_display_name(const struct sw_cert *cert, char *out, size_t cap)
{
    (void)display_name(cert, out, cap);
}

enum sw_err sw_cert_identity(const struct sw_cert *cert, char *out, size_t cap)
{
    static const char prefix[] = "sha256:", digits[] = "0123456789abcdef";
    uint8_t hash[32];
    size_t at = sizeof prefix - 1;
    enum sw_err err;

    if (cap < SW_IDENTITY_MIN)
        return SW_ERR_SPACE;
    if (display_name(cert, out, cap) && out[0] != '\0' && strncmp(out, prefix, at) != 0)
        return SW_OK;
    err = sw_hash_once(SW_HASH_SHA256, cert->der.p, cert->der.len, hash);
    memcpy(out, prefix, at);
    for (size_t i = 0; i < sizeof hash; i++) {
        out[at++] = digits[hash[i] >> 4];
        out[at++] = digits[hash[i] & 15];
    }
    out[at] = '\0';
    return err;
}

bool sw_cert_identity_possible(const char *text)
{
    size_t len = strlen(text), n;
    uint32_t c;

    for (size_t i = 0; i < len; i += n) {
        n = utf8_read((const uint8_t *)text + i, len - i, &c);
        if (n == 0 || !is_shown(c))
            return false;
    }
    return len > 0;
}
