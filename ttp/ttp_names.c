/* Lists of names: from the command line, from requests and certificates, and back. */
#include "ttp/der.h"
#include "ttp/ttp_ca.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Four times what fits in a certificate of ours: nobody honest asks for more, and each name is held against all others. */
enum { NAMES_READ_MAX = 4 * TTP_SAN_MAX };

int ttp_names_add(const struct ttp *t, struct ttp_names *names, const struct sw_san *name)
{
    for (size_t i = 0; i < names->n; i++)
        if (sw_san_eq(&names->v[i], name))
            return TTP_DONE;
    struct sw_san *v = realloc(names->v, (names->n + 1) * sizeof *v);
    if (!v)
        return ttp_fail(t, SW_ERR_MEMORY, "names");
    names->v = v;
    v[names->n++] = *name;
    return TTP_DONE;
}

int ttp_names_parse(const struct ttp *t, struct ttp_names *names, const char *text)
{
    struct sw_san name;
    const char *why = sw_san_parse(&name, text);
    return why ? ttp_usage(t, "name %s: %s", text, why) : ttp_names_add(t, names, &name);
}

int ttp_names_constraints(const struct ttp *t, struct ttp_names *names, enum ttp_option id)
{
    int err = TTP_DONE;
    for (size_t i = 0; i < t->opt[id].n && !err; i++) {
        struct sw_san name;
        const char *why = sw_san_parse_constraint(&name, t->opt[id].v[i]);
        err = why ? ttp_usage(t, "--%s %s: %s", ttp_options[id].name, t->opt[id].v[i], why)
                  : ttp_names_add(t, names, &name);
    }
    return err;
}

int ttp_names_imply(const struct ttp *t, struct ttp_names *names, const char *cn)
{
    struct sw_san name;
    if (sw_san_parse(&name, cn))
        return TTP_DONE;
    struct ttp_names all = {NULL, 0};
    int err = ttp_names_add(t, &all, &name);
    for (size_t i = 0; i < names->n && !err; i++)
        err = ttp_names_add(t, &all, &names->v[i]);
    ttp_names_free(names);
    *names = all;
    return err;
}

int ttp_names_of_arguments(const struct ttp *t, struct ttp_names *names)
{
    int err = TTP_DONE;
    for (int i = 1; i < t->argc && !err; i++)
        err = ttp_names_parse(t, names, t->argv[i]);
    struct sw_san first;
    const char *cn = t->argv[0], *why = sw_san_after_kind(cn) != cn ? sw_san_parse(&first, cn) : NULL;
    if (!err && why)
        err = ttp_usage(t, "name %s: %s", cn, why);
    return err ? err : ttp_names_imply(t, names, cn);
}

/* What text shows as it is: of a name with anything else another name would come out. */
static bool is_plain(struct sw_slice value)
{
    for (size_t i = 0; i < value.len; i++)
        if (value.p[i] <= ' ' || value.p[i] >= 0x7f)
            return false;
    return value.len <= SW_SAN_VALUE_MAX;
}

int ttp_names_read(const struct ttp *t, struct ttp_names *names, struct sw_slice san, size_t *refused)
{
    struct sw_reader r = sw_reader_of_slice(san);
    struct sw_general_name name;
    int err = TTP_DONE;
    *refused = 0;
    if (san.len > NAMES_READ_MAX)
        return ttp_error(t, TTP_REFUSED, "the request asks for more names than a certificate can hold");
    while (!err && sw_general_name_next(&r, &name)) {
        char text[SW_SAN_TEXT_CAP];
        struct sw_san ours;
        /* through the parser, so that a request holds nobody to a name that we would not write ourselves */
        bool text_kind = name.kind == SW_GN_DNS || name.kind == SW_GN_EMAIL || name.kind == SW_GN_URI;
        bool known = name.kind == SW_GN_IP || (text_kind && is_plain(name.value));
        if (known && !sw_san_parse(&ours, sw_san_text(&name, text, sizeof text)))
            err = ttp_names_add(t, names, &ours);
        else
            ++*refused;
    }
    if (!err && !sw_reader_end(&r))
        err = ttp_error(t, TTP_BAD_INPUT, "the names in the request are malformed");
    return err;
}

bool ttp_names_have(const struct ttp_names *names, unsigned kind)
{
    for (size_t i = 0; i < names->n; i++)
        if (names->v[i].kind == kind)
            return true;
    return false;
}

void ttp_names_free(struct ttp_names *names)
{
    free(names->v);
    *names = (struct ttp_names){NULL, 0};
}

void ttp_names_encode(struct sw_writer *w, const struct ttp_names *names)
{
    for (size_t i = 0; i < names->n; i++)
        sw_san_write(w, &names->v[i]);
}

void ttp_names_subtrees(struct sw_writer *w, const struct ttp_names *names)
{
    for (size_t i = 0; i < names->n; i++) {
        size_t seq = sw_der_open(w, SW_DER_SEQUENCE);
        sw_san_write(w, &names->v[i]);
        sw_der_close(w, seq);
    }
}

static size_t count_names(struct sw_reader r)
{
    struct sw_general_name name;
    size_t n = 0;
    while (sw_general_name_next(&r, &name))
        n++;
    return n;
}

char *ttp_names_text(struct sw_slice san, const char *sep, size_t most)
{
    struct sw_reader r = sw_reader_of_slice(san);
    struct sw_general_name name;
    char text[SW_SAN_TEXT_CAP], *out = NULL;
    size_t len;
    FILE *f = open_memstream(&out, &len);
    if (!f)
        return NULL;
    for (size_t n = 0; n < most && sw_general_name_next(&r, &name); n++)
        fprintf(f, "%s%s", n ? sep : "", sw_san_text(&name, text, sizeof text));
    size_t more = count_names(r);
    if (more)
        fprintf(f, "%sand %zu more", sep, more);
    if (fclose(f)) {
        free(out);
        return NULL;
    }
    return out;
}

json_t *ttp_names_json(struct sw_slice san)
{
    struct sw_reader r = sw_reader_of_slice(san);
    struct sw_general_name name;
    char text[SW_SAN_TEXT_CAP];
    json_t *array = json_array();
    while (array && sw_general_name_next(&r, &name))
        json_array_append_new(array, json_string(sw_san_text(&name, text, sizeof text)));
    return array;
}

char *ttp_hex(const uint8_t *p, size_t len, char *out)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < len; i++) {
        out[2 * i] = digits[p[i] >> 4];
        out[2 * i + 1] = digits[p[i] & 15];
    }
    out[2 * len] = 0;
    return out;
}

char *ttp_serial_text(struct sw_slice serial, char out[TTP_SERIAL_CAP])
{
    if (serial.len > 1 && serial.p[0] == 0)
        serial = (struct sw_slice){serial.p + 1, serial.len - 1};
    if (serial.len > TTP_SERIAL_LEN)
        serial.len = TTP_SERIAL_LEN;
    return ttp_hex(serial.p, serial.len, out);
}
