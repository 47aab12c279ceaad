/* sealwax ls and rm. */
#include "apps/file/client.h"
#include "apps/verbs.h"
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int by_name(const void *a, const void *b)
{
    json_t *const *x = a, *const *y = b;
    return strcmp(json_string_value(json_object_get(*x, "name")), json_string_value(json_object_get(*y, "name")));
}

static void print_files(const struct app *app, json_t *files)
{
    size_t n = json_array_size(files);
    json_t **sorted = calloc(n ? n : 1, sizeof(json_t *));
    for (size_t i = 0; sorted && i < n; i++)
        sorted[i] = json_array_get(files, i);
    if (sorted)
        qsort(sorted, n, sizeof(json_t *), by_name);
    for (size_t i = 0; sorted && i < n; i++) {
        char size[32];
        progress_size(json_integer_value(json_object_get(sorted[i], "size")), size);
        if (app->json) {
            json_dumpf(sorted[i], stdout, JSON_COMPACT);
            putchar('\n');
        } else {
            printf("%10s  %s  %s\n", size, json_string_value(json_object_get(sorted[i], "created")),
                   json_string_value(json_object_get(sorted[i], "name")));
        }
    }
    free(sorted);
}

int transfer_list(struct transfer *t, json_t **answer, json_t **files)
{
    size_t len;
    const struct http_send get = {.method = "GET", .path = "/files"};
    *answer = NULL;
    int code = transfer_request(t, &get);
    if (!code && t->http.reply.status != 200)
        code = http_client_problem(&t->http);
    if (code)
        return code;
    char *text = http_client_body(&t->http, TRANSFER_ANSWER_MAX, &len);
    *answer = text ? json_loadb(text, len, 0, NULL) : NULL;
    free(text);
    *files = json_object_get(*answer, "files");
    return json_is_array(*files) ? APP_DONE
                                 : app_error_of(t->app, APP_SYSTEM, &(struct app_cause){.peer = t->http.where},
                                                "the answer cannot be read");
}

int ls_run(struct app *app)
{
    struct transfer t;
    json_t *answer = NULL, *files;
    int code = transfer_open(&t, app);
    if (!code)
        code = transfer_list(&t, &answer, &files);
    if (!code)
        print_files(app, files);
    json_decref(answer);
    transfer_close(&t);
    return code;
}

static void print_deleted(const char *name)
{
    json_t *line = json_pack("{s:s,s:s}", "done", "deleted", "name", name);
    json_dumpf(line, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(line);
}

int rm_run(struct app *app)
{
    struct transfer t;
    int code = transfer_open(&t, app);
    for (int i = 0; i < app->argc && !code; i++) {
        code = transfer_delete(&t, app->argv[i]);
        if (!code && app->json)
            print_deleted(app->argv[i]);
    }
    transfer_close(&t);
    return code;
}
