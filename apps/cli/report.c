/* What the programs say on standard error: failures, as text or as JSON, notices and warnings. */
#include "apps/cli/log.h"
#include "apps/cli/printable.h"
#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { LINE_MAX_LENGTH = 1024 };

/* Into the log, where everything goes there; false: it does not. */
static bool logged(const struct app *app, enum log_level level, const char *event, enum sw_err err, const char *text)
{
    struct log log;
    if (!log_takes_all(&log, app))
        return false;
    log_event(&log, level, event, "name", err ? sw_err_name(err) : NULL, "message", text, NULL);
    return true;
}

/*
 * What a program that reads JSON tells failures apart by, where no error of the library says it: the class that the
 * exit code is.
 */
static const char *class_name(int code)
{
    static const char *const names[] = {
        [APP_NO] = "no",         [APP_USAGE] = "usage",   [APP_REFUSED] = "refused", [APP_BAD_INPUT] = "bad-input",
        [APP_SYSTEM] = "system", [APP_WAITED] = "waited",
    };
    return code > 0 && code <= APP_WAITED ? names[code] : NULL;
}

/* The same four members always, null where there is nothing to say. */
static json_t *error_object(int code, const struct app_cause *cause, const char *text)
{
    const char *name = cause->err ? sw_err_name(cause->err) : class_name(code);
    const char *alert = cause->sent ? cause->sent : cause->received;
    json_t *error =
        json_pack("{s:s?,s:s?,s:s,s:s?}", "name", name, "alert", alert, "message", text, "peer", cause->peer);
    if (error && cause->received)
        json_object_set_new(error, "alert_received", json_string(cause->received));
    return error ? json_pack("{s:o}", "error", error) : NULL;
}

static void say_error_json(int code, const struct app_cause *cause, char *text)
{
    json_t *object = error_object(code, cause, text);
    if (!object) { /* a file may have a name that is not UTF-8 */
        make_ascii(text);
        object = error_object(code, cause, text);
    }
    if (object)
        json_dumpf(object, stderr, JSON_COMPACT);
    fputc('\n', stderr);
    json_decref(object);
}

/* "received alert unknown_ca: ", "sent alert bad_record_mac: ", or nothing. */
static void alert_words(const struct app_cause *cause, char *out, size_t cap)
{
    const char *alert = cause->received ? cause->received : cause->sent;
    out[0] = 0;
    if (alert)
        snprintf(out, cap, "%s alert %s: ", cause->received ? "received" : "sent", alert);
}

/* True if it was for a person, who may want a hint. */
static bool say_error(const struct app *app, int code, const struct app_cause *cause, char *text)
{
    char whole[LINE_MAX_LENGTH + 512], alert[64];
    struct log log;
    if (app->json && !log_takes_all(&log, app)) {
        make_printable(text);
        say_error_json(code, cause, text);
        return false;
    }
    alert_words(cause, alert, sizeof alert);
    snprintf(whole, sizeof whole, "%.300s%s%s%s", cause->peer ? cause->peer : "", cause->peer ? ": " : "", alert, text);
    if (logged(app, LEVEL_ERROR, "failed", cause->err, whole))
        return false;
    make_printable(whole);
    fprintf(stderr, "%s: %s\n", app->program, whole);
    return true;
}

/*
 * Where the setting was said that text is about, in front of it; false: text is about none that was said elsewhere than
 * on the command line.
 */
static bool name_place(const struct app *app, char text[LINE_MAX_LENGTH])
{
    char said[LINE_MAX_LENGTH];
    const char *place = app_place_of(app, text);
    if (!place)
        return false;
    snprintf(said, sizeof said, "%s: %s", place, text + (strncmp(text, "--", 2) == 0 ? 2 : 0));
    memcpy(text, said, sizeof said);
    return true;
}

int app_error(const struct app *app, int code, const char *format, ...)
{
    char text[LINE_MAX_LENGTH];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    (void)name_place(app, text);
    say_error(app, code, &(struct app_cause){.err = SW_OK}, text);
    return code;
}

int app_error_of(const struct app *app, int code, const struct app_cause *cause, const char *format, ...)
{
    char text[LINE_MAX_LENGTH];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    say_error(app, code, cause, text);
    return code;
}

int app_usage(const struct app *app, const char *format, ...)
{
    static const struct app_cause none = {.err = SW_OK};
    char text[LINE_MAX_LENGTH];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (name_place(app, text)) {
        say_error(app, APP_BAD_INPUT, &none, text);
        return APP_BAD_INPUT;
    }
    if (say_error(app, APP_USAGE, &none, text))
        fprintf(stderr, "try: %s %s%s--help\n", app->program, app->verb ? app->verb->name : "", app->verb ? " " : "");
    return APP_USAGE;
}

static int exit_code(enum sw_err err)
{
    switch (err) {
    case SW_OK:
        return APP_DONE;
    case SW_ERR_EXISTS:
    case SW_ERR_PERMISSION:
        return APP_REFUSED;
    case SW_ERR_SYSTEM:
    case SW_ERR_MEMORY:
    case SW_ERR_RANDOM:
        return APP_SYSTEM;
    default:
        return APP_BAD_INPUT;
    }
}

int app_fail(const struct app *app, enum sw_err err, const char *what)
{
    char text[LINE_MAX_LENGTH];
    bool force = app->verb && (app->verb->groups & app_options[OPT_FORCE].groups & ~(unsigned)APP_TLS);
    const char *hint = err == SW_ERR_PERMISSION        ? " (chmod 600 it)"
                       : err == SW_ERR_EXISTS && force ? " (--force replaces it)"
                                                       : "";
    snprintf(text, sizeof text, "%s: %s%s", what, err == SW_ERR_SYSTEM ? strerror(errno) : sw_err_reason(err), hint);
    (void)name_place(app, text);
    say_error(app, exit_code(err), &(struct app_cause){.err = err}, text);
    return exit_code(err);
}

/* A line for who reads JSON: {"KIND":text}. */
static void say_json(const char *kind, char *text)
{
    json_t *object = json_pack("{s:s}", kind, text);
    if (!object) {
        make_ascii(text);
        object = json_pack("{s:s}", kind, text);
    }
    if (object)
        json_dumpf(object, stderr, JSON_COMPACT);
    fputc('\n', stderr);
    json_decref(object);
}

void app_say(const struct app *app, const char *format, ...)
{
    char text[LINE_MAX_LENGTH];
    va_list args;
    if (app->quiet)
        return;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (logged(app, LEVEL_NOTICE, "notice", SW_OK, text))
        return;
    make_printable(text);
    if (app->json)
        say_json("notice", text);
    else
        fprintf(stderr, "%s: %s\n", app->program, text);
}

void app_warn(const struct app *app, const char *format, ...)
{
    static const char before[] = "warning: "; /* the log and JSON say that themselves */
    char text[LINE_MAX_LENGTH];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    char *bare = text + (strncmp(text, before, strlen(before)) == 0 ? strlen(before) : 0);
    if (logged(app, LEVEL_WARNING, "warning", SW_OK, bare))
        return;
    make_printable(text);
    if (app->json)
        say_json("warning", bare);
    else
        fprintf(stderr, "%s%s: %s%s\n", app->color ? "\033[31m" : "", app->program, text, app->color ? "\033[0m" : "");
}
