/* sealwax list, receipt and whoami: what is there, and what became of it. */
#include "apps/cli/clock.h"
#include "apps/message/client.h"
#include "apps/verbs.h"
#include <stdio.h>
#include <string.h>

int receipt_verdict(const json_t *mail)
{
    const char *state = client_text(mail, "state");
    if (!json_is_true(json_object_get(mail, "ended")))
        return -1;
    return strcmp(state, "acknowledged") == 0 || strcmp(state, "delivered") == 0 ? APP_DONE : APP_NO;
}

static void say_receipt(const struct app *app, const json_t *mail)
{
    const char *state = client_text(mail, "state");
    if (app->json)
        client_print(mail);
    else
        app_say(app, "%s %s %s", state,
                strcmp(state, "expired") == 0     ? "before it was acknowledged by"
                : strcmp(state, "delivered") == 0 ? "to"
                                                  : "by",
                client_text(mail, "to"));
}

int receipt_await(struct http_client *c, json_t *mail, int64_t patience)
{
    char path[256];
    int64_t deadline = patience ? clock_now() + patience * 1000 : INT64_MAX;
    json_incref(mail);
    int code = receipt_verdict(mail);
    c->patience = 0;
    c->stays = true; /* a message that was accepted is waited for, whatever becomes of the server meanwhile */
    while (code < 0) {
        int64_t left = deadline == INT64_MAX ? 300 : (deadline - clock_now() + 999) / 1000;
        if (left <= 0) {
            code = app_error(c->app, APP_WAITED, "not acknowledged yet: message %s is %s", client_text(mail, "id"),
                             client_text(mail, "state"));
            break;
        }
        snprintf(path, sizeof path, "/messages/%s?state=%s&wait=%lld", client_text(mail, "id"),
                 client_text(mail, "state"), (long long)(left < 300 ? left : 300));
        const struct http_send get = {.method = "GET", .path = path};
        json_t *news;
        int failed = client_ask_until(c, &get, deadline, NULL, &news);
        if (failed && clock_now() < deadline) {
            code = failed;
            break;
        }
        if (failed) /* the server was away at the end */
            continue;
        if (strcmp(client_text(news, "state"), client_text(mail, "state")) != 0 || receipt_verdict(news) >= 0)
            say_receipt(c->app, news);
        json_decref(mail);
        mail = news;
        code = receipt_verdict(mail);
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

int receipt_run(struct app *app)
{
    struct http_client c;
    char path[256], id[CLIENT_ID_MAX];
    int64_t patience;
    json_t *mail = NULL;
    int code = app_get_span(app, OPT_WAIT, 0, &patience);
    if (!code)
        code = http_client_open(&c, app);
    if (code)
        return code;
    http_quote(app->argv[0], id, sizeof id);
    snprintf(path, sizeof path, "/messages/%s", id);
    const struct http_send get = {.method = "GET", .path = path};
    code = client_ask(&c, &get, &mail);
    if (!code) {
        if (app->json)
            client_print(mail);
        else
            printf("%s\n", client_text(mail, "state"));
        code = receipt_verdict(mail);
    }
    if (code < 0)
        code = app_has(app, OPT_WAIT) ? receipt_await(&c, mail, patience) : APP_WAITED;
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
