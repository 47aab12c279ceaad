/* sealwax list, receipt and whoami: what is there, and what became of it. */
#include "apps/cli/clock.h"
#include "apps/message/client.h"
#include "apps/verbs.h"
#include <stdio.h>
#include <string.h>

int receipt_read_wait(const struct app *app, struct receipt_wait *out)
{
    static const struct {
        const char *name;
        bool delivered;
    } states[] = {{"acked", false}, {"acknowledged", false}, {"delivered", true}};
    const char *text = app_get(app, OPT_WAIT_FOR), *span = text;
    *out = (struct receipt_wait){.wanted = text || app_has(app, OPT_RECEIPT)};
    for (size_t i = 0; text && i < sizeof states / sizeof *states; i++) {
        size_t n = strlen(states[i].name);
        if (strncmp(text, states[i].name, n) == 0 && (!text[n] || text[n] == ',')) {
            out->delivered = states[i].delivered;
            span = text[n] ? text + n + 1 : NULL;
        }
    }
    if (!span || app_parse_span(span, &out->patience))
        return APP_DONE;
    return app_usage(app, "--wait takes acked or delivered, and how long at most: acked,60s; not %s", text);
}

int receipt_verdict(const json_t *mail, const struct receipt_wait *wait)
{
    const char *state = client_text(mail, "state");
    bool acked = strcmp(state, "acknowledged") == 0, delivered = strcmp(state, "delivered") == 0;
    bool ended = json_is_true(json_object_get(mail, "ended"));
    if (delivered && (ended || wait->delivered))
        return APP_DONE;
    return !ended ? -1 : acked ? APP_DONE : APP_NO;
}

/* What ended it otherwise than by its time or its acknowledgement, in a sentence's end. */
static void describe_refusal(const json_t *mail, char *out, size_t cap)
{
    const char *reason = client_text(mail, "reason"), *to = client_text(mail, "to");
    if (strcmp(reason, "deliveries") == 0)
        snprintf(out, cap, "refused: handed out to %s as often as it may be (%lld), and never acknowledged", to,
                 (long long)json_integer_value(json_object_get(mail, "deliveries")));
    else if (strcmp(reason, "interrupted") == 0)
        snprintf(out, cap, "refused: %s was interrupted as it was to be shown: it may have been seen, or not", to);
    else if (strcmp(reason, "unreadable") == 0)
        snprintf(out, cap, "refused by %s: it could not be opened, or was not believed", to);
    else
        snprintf(out, cap, "refused by %s", to);
}

static void say_state(const struct app *app, const json_t *mail)
{
    const char *state = client_text(mail, "state"), *to = client_text(mail, "to");
    char refusal[SW_NAME_MAX + 128];
    describe_refusal(mail, refusal, sizeof refusal);
    if (strcmp(state, "refused") == 0)
        app_say(app, "%s", refusal);
    else
        app_say(app, "%s %s %s", state,
                strcmp(state, "expired") == 0     ? "before it was acknowledged by"
                : strcmp(state, "delivered") == 0 ? "to"
                                                  : "by",
                to);
}

static long long turned_away(const json_t *mail)
{
    return (long long)json_integer_value(json_object_get(mail, "turned_away"));
}

static void say_turned_away(const struct app *app, const json_t *mail)
{
    app_say(app, "another try to have it was turned away, %lld in all", turned_away(mail));
}

/* What is new since the last time. */
static void say_news(const struct app *app, const json_t *was, const json_t *is, const struct receipt_wait *wait)
{
    bool state = strcmp(client_text(was, "state"), client_text(is, "state")) != 0 || receipt_verdict(is, wait) >= 0;
    bool tries = turned_away(is) > turned_away(was);
    if (app->json && (state || tries))
        client_print(is);
    if (!app->json && tries)
        say_turned_away(app, is);
    if (!app->json && state)
        say_state(app, is);
}

int receipt_await(struct http_client *c, json_t *mail, const struct receipt_wait *wait)
{
    char path[256];
    int64_t deadline = wait->patience ? clock_now() + wait->patience * 1000 : INT64_MAX;
    json_incref(mail);
    int code = receipt_verdict(mail, wait);
    c->patience = 0;
    c->stays = true; /* a message that was accepted is waited for, whatever becomes of the server meanwhile */
    while (code < 0) {
        int64_t left = deadline == INT64_MAX ? 300 : (deadline - clock_now() + 999) / 1000;
        if (left <= 0) {
            code = app_error(c->app, APP_WAITED, "not %s yet: message %s is %s",
                             wait->delivered ? "delivered" : "acknowledged", client_text(mail, "id"),
                             client_text(mail, "state"));
            break;
        }
        snprintf(path, sizeof path, "/messages/%s?state=%s&turned_away=%lld&wait=%lld", client_text(mail, "id"),
                 client_text(mail, "state"), turned_away(mail), (long long)(left < 300 ? left : 300));
        const struct http_send get = {.method = "GET", .path = path};
        json_t *news;
        int failed = client_ask_until(c, &get, deadline, NULL, &news);
        if (failed && clock_now() < deadline) {
            code = failed;
            break;
        }
        if (failed) /* the server was away at the end */
            continue;
        say_news(c->app, mail, news, wait);
        json_decref(mail);
        mail = news;
        code = receipt_verdict(mail, wait);
    }
    json_decref(mail);
    return code;
}

static int ask_once(struct app *app, const char *path, json_t **out)
{
    struct http_client c;
    const struct http_send get = {.method = "GET", .path = path};
    int code = http_client_open(&c, app);
    *out = NULL;
    if (!code)
        code = client_ask(&c, &get, out);
    http_client_close(&c);
    return code;
}

int list_run(struct app *app)
{
    json_t *answer, *mail;
    size_t i;
    int code = ask_once(app, "/inbox", &answer);
    if (code)
        return code;
    json_t *messages = json_object_get(answer, "messages");
    json_array_foreach(messages, i, mail)
    {
        if (app->json)
            client_print(mail);
        else
            printf("%s  %-20s  %s  %s%s\n", client_text(mail, "sent"), client_text(mail, "from"),
                   client_text(mail, "id"), client_text(mail, "state"),
                   strcmp(client_text(mail, "once"), "no") == 0 ? "" : ", once");
    }
    if (!app->json && json_array_size(messages) == 0)
        app_say(app, "no messages");
    json_decref(answer);
    return APP_DONE;
}

/* The state is the result; what there is to say of it is not. */
static void print_receipt(const struct app *app, const json_t *mail)
{
    const char *state = client_text(mail, "state");
    if (app->json) {
        client_print(mail);
        return;
    }
    printf("%s\n", state);
    fflush(stdout);
    if (turned_away(mail))
        say_turned_away(app, mail);
    if (strcmp(state, "refused") == 0)
        say_state(app, mail);
}

int receipt_run(struct app *app)
{
    struct http_client c;
    char path[256], id[CLIENT_ID_MAX];
    struct receipt_wait wait;
    json_t *mail = NULL;
    int code = receipt_read_wait(app, &wait);
    if (!code)
        code = http_client_open(&c, app);
    if (code)
        return code;
    http_quote(app->argv[0], id, sizeof id);
    snprintf(path, sizeof path, "/messages/%s", id);
    const struct http_send get = {.method = "GET", .path = path};
    code = client_ask(&c, &get, &mail);
    if (!code) {
        print_receipt(app, mail);
        code = receipt_verdict(mail, &wait);
    }
    if (code < 0)
        code = wait.wanted ? receipt_await(&c, mail, &wait) : APP_WAITED;
    json_decref(mail);
    http_client_close(&c);
    return code;
}

int whoami_run(struct app *app)
{
    json_t *answer;
    int code = ask_once(app, "/whoami", &answer);
    if (code)
        return code;
    if (app->json)
        client_print(answer);
    else
        printf("%s\n", client_text(answer, "name"));
    if (!app->json && app->verbose)
        printf("subject  %s\nserial   %s\nSHA-256  %s\n", client_text(answer, "subject"), client_text(answer, "serial"),
               client_text(answer, "sha256"));
    json_decref(answer);
    return APP_DONE;
}
