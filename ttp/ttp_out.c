/*
 * What the tool says: results on standard output, everything else on standard error, as text or as JSON.
 */
#include "base/civil.h"
#include "ttp/file.h"
#include "ttp/name.h"
#include "ttp/pem.h"
#include "ttp/ttp.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The exit code and the stable name of a class of errors. */
static const char *code_name(int code)
{
    static const char *const names[] = {"done", "rejected", "usage", "refused", "bad-input", "system"};
    return names[code];
}

static int code_of(enum sw_err err)
{
    switch (err) {
    case SW_OK:
        return TTP_DONE;
    case SW_ERR_EXISTS:
    case SW_ERR_PERMISSION:
        return TTP_REFUSED;
    case SW_ERR_MEMORY:
    case SW_ERR_RANDOM:
    case SW_ERR_CRYPTO:
    case SW_ERR_SYSTEM:
    case SW_ERR_SPACE:
    case SW_ERR_STATE:
        return TTP_SYSTEM;
    default:
        return TTP_BAD_INPUT;
    }
}

static void report(const struct ttp *t, const char *kind, const char *name, const char *format, va_list ap)
{
    char raw[2048], text[2048];
    vsnprintf(raw, sizeof raw, format, ap);
    ttp_printable(raw, text, sizeof text); /* labels and names out of foreign files are in it */
    if (!t->json) {
        fprintf(stderr, "ttp: %s%s\n", strcmp(kind, "note") == 0 ? "note: " : "", text);
        return;
    }
    json_t *o = name ? json_pack("{s:{s:s,s:s}}", kind, "name", name, "message", text) : json_pack("{s:s}", kind, text);
    if (!o) /* the text holds bytes that are not UTF-8, a file name for example */
        o = json_pack("{s:{s:s,s:s}}", kind, "name", name ? name : "note", "message", "(not UTF-8)");
    json_dumpf(o, stderr, JSON_COMPACT);
    fputc('\n', stderr);
    json_decref(o);
}

int ttp_error(const struct ttp *t, int code, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    report(t, "error", code_name(code), format, ap);
    va_end(ap);
    return code;
}

/* What a file has instead of what was looked for, in words; NULL if nobody knows. */
static const char *instead(const char *path)
{
    struct stat st;
    struct sw_file file;
    struct sw_pem block;
    const char *words = NULL;
    if (stat(path, &st) || !S_ISREG(st.st_mode) || sw_file_read(path, TTP_FILE_MAX, &file) != SW_OK)
        return NULL;
    struct sw_reader r = sw_reader_of(file.p, file.len);
    if (sw_pem_next(&r, &block))
        words = sw_pem_words(&block);
    sw_file_free(&file);
    return words;
}

/* Whether --force would help with what stands under a name. */
static const char *way_out(const struct ttp *t, const char *path)
{
    struct stat st;
    if (lstat(path, &st) == 0 && !S_ISREG(st.st_mode))
        return ttp_has(t, TTP_OPT_FORCE) ? ", and is a link or no file, which --force leaves alone"
                                         : ", and is a link or no file, which is left alone";
    return t->verb && (t->verb->options & TTP_BIT(FORCE)) && !ttp_has(t, TTP_OPT_FORCE) ? " (--force overwrites it)"
                                                                                        : "";
}

int ttp_fail(const struct ttp *t, enum sw_err err, const char *what)
{
    /* a file beyond the limit of what is read of its kind: what it holds is wrong, not the system */
    int code = err == SW_ERR_SYSTEM && errno == EFBIG ? TTP_BAD_INPUT : code_of(err);
    const char *words = err == SW_ERR_PEM ? instead(what) : NULL;
    if (words)
        return ttp_error(t, code, "%s: this is %s, which is not what is wanted here, or a damaged one", what, words);
    const char *reason = err == SW_ERR_SYSTEM ? strerror(errno) : sw_err_reason(err);
    return ttp_error(t, code, "%s: %s%s", what, reason, err == SW_ERR_EXISTS ? way_out(t, what) : "");
}

int ttp_usage(const struct ttp *t, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    report(t, "error", code_name(TTP_USAGE), format, ap);
    va_end(ap);
    if (!t->json)
        fprintf(stderr, "try: ttp %s%s--help\n", t->verb ? t->verb->name : "", t->verb ? " " : "");
    return TTP_USAGE;
}

void ttp_note(const struct ttp *t, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    report(t, "note", NULL, format, ap);
    va_end(ap);
}

void ttp_say(const struct ttp *t, const char *format, ...)
{
    va_list ap;
    if (t->quiet || t->json)
        return;
    va_start(ap, format);
    vfprintf(stderr, format, ap);
    va_end(ap);
    fputc('\n', stderr);
}

int ttp_result(const struct ttp *t, int code, json_t *object)
{
    if (!object)
        return ttp_fail(t, SW_ERR_MEMORY, "result");
    int bad = json_dumpf(object, stdout, isatty(STDOUT_FILENO) ? JSON_INDENT(2) : JSON_COMPACT);
    json_decref(object);
    if (bad || fputc('\n', stdout) == EOF || fflush(stdout))
        return ttp_fail(t, SW_ERR_SYSTEM, "standard output");
    return code;
}

int ttp_write_out(const struct ttp *t, const void *p, size_t len, bool binary)
{
    if (binary && isatty(STDOUT_FILENO))
        return ttp_error(t, TTP_REFUSED, "standard output: binary data is not written to a terminal");
    if (fwrite(p, 1, len, stdout) != len || fflush(stdout))
        return ttp_fail(t, SW_ERR_SYSTEM, "standard output");
    return TTP_DONE;
}

char *ttp_time_text(int64_t time, char out[TTP_TIME_CAP])
{
    const int64_t first = -62167219200, last = 253402300799; /* the years 0 to 9999 */
    struct sw_civil c = sw_time_split(time < first || time > last ? 0 : time);
    if (time < first || time > last)
        return memcpy(out, "?", 2);
    const unsigned year = (unsigned)c.year % 10000, month = (unsigned)c.month % 100, day = (unsigned)c.day % 100;
    const unsigned hour = (unsigned)c.hour % 100, minute = (unsigned)c.minute % 100, second = (unsigned)c.second % 100;
    snprintf(out, TTP_TIME_CAP, "%04u-%02u-%02uT%02u:%02u:%02uZ", year, month, day, hour, minute, second);
    return out;
}

/* In the unit a person would choose, rounded to whole ones. */
char *ttp_span_text(int64_t from, int64_t to, char out[TTP_SPAN_CAP])
{
    static const struct {
        const char *name;
        int64_t seconds, upto; /* used below upto seconds */
    } units[] = {
        {"second", 1, 120},      {"minute", 60, 7200},         {"hour", 3600, 172800},
        {"day", 86400, 7776000}, {"month", 2629746, 63113904}, {"year", 31556952, INT64_MAX},
    };
    int64_t span = to > from ? to - from : from - to;
    size_t u = 0;
    while (span >= units[u].upto)
        u++;
    long long n = (span + units[u].seconds / 2) / units[u].seconds;
    snprintf(out, TTP_SPAN_CAP, "%s%lld %s%s%s", to > from ? "in " : "", n, units[u].name, n == 1 ? "" : "s",
             to > from ? "" : " ago");
    return out;
}

/* The bytes of the first character of a text, if it is one that is shown; 0 otherwise. */
static size_t shown(const char *text)
{
    for (size_t len = 1; len <= 4 && text[len - 1]; len++)
        if (sw_text_characters((struct sw_slice){(const uint8_t *)text, len}) == 1)
            return len;
    return 0;
}

/* Each control, mark of direction and malformed character becomes one '?'. */
char *ttp_printable(const char *text, char *out, size_t cap)
{
    size_t n = 0;
    while (*text && n + 5 < cap) {
        size_t len = shown(text);
        if (len) {
            memcpy(out + n, text, len);
            n += len;
            text += len;
            continue;
        }
        out[n++] = '?';
        do
            text++;
        while (((unsigned char)*text & 0xc0) == 0x80);
    }
    out[n] = 0;
    return out;
}

json_t *ttp_json_text(const char *text)
{
    json_t *string = json_string(text);
    size_t cap = strlen(text) + 8;
    char *printable = string ? NULL : malloc(cap);
    if (printable)
        string = json_string(ttp_printable(text, printable, cap));
    free(printable);
    return string;
}
