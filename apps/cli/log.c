#include "apps/cli/log.h"
#include "apps/cli/printable.h"
#include "ttp/cli_time.h"
#include <inttypes.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { TIME_LENGTH = 32 };

static const char *const level_names[] = {"error", "warning", "notice", "info", "debug"};

bool log_is_journal(int fd, const char *journal_stream)
{
    struct stat st;
    char ours[64];
    if (!journal_stream || fstat(fd, &st))
        return false;
    snprintf(ours, sizeof ours, "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
    return strcmp(ours, journal_stream) == 0;
}

static void settle(struct log *log, const struct app *app)
{
    const char *form = app_get(app, OPT_LOG);
    *log = (struct log){.out = stderr, .json = form ? strcmp(form, "json") == 0 : app->json, .most = LEVEL_INFO};
    if (app->verbose)
        log->most = LEVEL_DEBUG;
    else if (app->quiet)
        log->most = LEVEL_WARNING;
    log->journal = log_is_journal(STDERR_FILENO, getenv("JOURNAL_STREAM"));
}

int log_begin(struct log *log, const struct app *app)
{
    const char *form = app_get(app, OPT_LOG);
    settle(log, app);
    if (form && strcmp(form, "json") != 0 && strcmp(form, "text") != 0)
        return app_usage(app, "--log takes text or json, not %s", form);
    return APP_DONE;
}

bool log_takes_all(struct log *log, const struct app *app)
{
    bool daemon = app->verb ? (app->verb->groups & APP_SERVE) != 0 : app->default_verb != NULL;
    settle(log, app);
    return daemon && (app_has(app, OPT_LOG) ? log->json || log->journal : log->journal && !app->json);
}

/* RFC 3339, in UTC, to the millisecond. */
static void now(char out[TIME_LENGTH])
{
    struct timespec t;
    char text[CLI_TIME_CAP];
    clock_gettime(CLOCK_REALTIME, &t);
    cli_time_text((int64_t)t.tv_sec, text);
    snprintf(out, TIME_LENGTH, "%.19s.%03dZ", text, (int)(t.tv_nsec / 1000000));
}

static bool is_utf8(const char *text)
{
    json_t *string = json_string(text);
    json_decref(string);
    return string != NULL;
}

/*
 * Text without control characters, and without bytes that are not UTF-8: these become \xNN. also: characters that get a
 * backslash.
 */
static void escape(FILE *out, const char *text, const char *also)
{
    bool readable = is_utf8(text);
    for (size_t i = 0, len = strlen(text), odd = 0; i<len; i++, odd -= odd> 0) {
        unsigned char ch = (unsigned char)text[i];
        odd = odd ? odd : control_at(text + i, len - i);
        if (odd || (ch >= 0x80 && !readable)) {
            fprintf(out, "\\x%02x", ch);
            continue;
        }
        if (strchr(also, ch))
            fputc('\\', out);
        fputc(ch, out);
    }
}

/* A value that could be taken for something else stands in quotes. */
static void write_value(FILE *out, const char *value)
{
    bool bare = *value != 0;
    for (const char *p = value; *p; p++)
        bare &= *p > ' ' && *p < 0x7f && !strchr("\"\\='", *p);
    if (bare) {
        fputs(value, out);
        return;
    }
    fputc('"', out);
    escape(out, value, "\"\\");
    fputc('"', out);
}

static void write_text(FILE *out, const struct log *log, enum log_level level, const char *event, va_list pairs)
{
    char time[TIME_LENGTH];
    const char *key;
    if (!log->journal) {
        now(time);
        fprintf(out, "%s %s ", time, level_names[level - LEVEL_ERROR]);
    }
    fputs(event, out);
    while ((key = va_arg(pairs, const char *)) != NULL) {
        const char *value = va_arg(pairs, const char *);
        if (!value)
            continue;
        fprintf(out, " %s=", key);
        write_value(out, value);
    }
}

/* jansson escapes what JSON wants escaped; what JSON cannot hold is escaped before. */
static void set_string(json_t *object, const char *key, const char *value)
{
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    if (!out)
        return;
    if (is_utf8(value))
        fputs(value, out);
    else
        escape(out, value, "");
    if (fclose(out) == 0)
        json_object_set_new(object, key, json_string(text));
    free(text);
}

static void write_json(FILE *out, enum log_level level, const char *event, va_list pairs)
{
    char time[TIME_LENGTH];
    const char *key;
    now(time);
    json_t *object =
        json_pack("{s:s,s:s,s:s}", "time", time, "level", level_names[level - LEVEL_ERROR], "event", event);
    while ((key = va_arg(pairs, const char *)) != NULL) {
        const char *value = va_arg(pairs, const char *);
        if (value)
            set_string(object, key, value);
    }
    if (object)
        json_dumpf(object, out, JSON_COMPACT | JSON_ENSURE_ASCII);
    json_decref(object);
}

void log_event(const struct log *log, enum log_level level, const char *event, ...)
{
    char *line = NULL;
    size_t len = 0;
    va_list pairs;
    if (level > log->most)
        return;
    FILE *out = open_memstream(&line, &len);
    if (!out)
        return;
    if (log->journal)
        fprintf(out, "<%d>", (int)level);
    va_start(pairs, event);
    if (log->json)
        write_json(out, level, event, pairs);
    else
        write_text(out, log, level, event, pairs);
    va_end(pairs);
    fputc('\n', out);
    if (fclose(out) == 0) { /* whole, so that lines of several writers do not mix */
        fwrite(line, 1, len, log->out);
        fflush(log->out);
    }
    free(line);
}
