#include "apps/media/catalogue.h"
#include "base/rand.h"
#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH_LENGTH = 4096, BUFFER = 65536, LEAST = 60, UNKNOWN = 4 * 3600 /* seconds */ };

int64_t track_window(int64_t length)
{
    int64_t twice = (2 * length + 999) / 1000;
    return length <= 0 ? UNKNOWN : twice < LEAST ? LEAST : twice;
}

static char *describe(const struct track *t)
{
    json_t *object = json_pack("{s:s,s:s,s:I,s:I,s:I,s:I,s:b}", "title", t->title, "type", t->type, "added",
                               (json_int_t)t->added, "length", (json_int_t)t->length, "plays", (json_int_t)t->plays,
                               "window", (json_int_t)t->window, "renew", t->renew);
    char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;
    json_decref(object);
    return text;
}

static bool read_description(const struct sw_vfile *file, struct track *t)
{
    size_t len;
    const char *text = sw_vfile_meta(file, &len), *title = NULL, *type = NULL;
    json_t *object = json_loadb(text, len, 0, NULL);
    json_int_t added = 0, length = 0 /* which an older sealwaxd did not say */, plays = 0, window = 0;
    int renew = 0;
    bool fine =
        object && json_unpack(object, "{s:s,s:s,s:I,s?I,s:I,s:I,s:b}", "title", &title, "type", &type, "added", &added,
                              "length", &length, "plays", &plays, "window", &window, "renew", &renew) == 0;
    if (fine) {
        snprintf(t->title, sizeof t->title, "%s", title);
        snprintf(t->type, sizeof t->type, "%s", type);
        t->added = added;
        t->length = length > 0 ? length : 0;
        t->plays = plays;
        t->window = window;
        t->renew = renew != 0;
        t->size = sw_vfile_length(file);
        for (int i = 0; i < 16; i++)
            snprintf(t->id + 2 * i, 3, "%02x", sw_vfile_id(file)[i]);
    }
    json_decref(object);
    return fine;
}

static int by_title(const void *a, const void *b)
{
    const struct track *x = a, *y = b;
    int order = strcmp(x->title, y->title);
    return order ? order : strcmp(x->id, y->id);
}

static bool is_id(const char *text)
{
    return strlen(text) == TRACK_ID_MAX - 1 && strspn(text, "0123456789abcdef") == TRACK_ID_MAX - 1;
}

enum sw_err catalogue_open(struct sw_vfile **out, struct sw_vault *vault, const char *dir, const char *id)
{
    char path[PATH_LENGTH];
    *out = NULL;
    if (!is_id(id))
        return SW_ERR_NOT_FOUND;
    snprintf(path, sizeof path, "%.4000s/%s", dir, id);
    enum sw_err err = sw_vfile_open(out, vault, path);
    return err;
}

static enum sw_err add_entry(struct catalogue *c, struct sw_vault *vault, const char *dir, const char *name,
                             size_t *bad)
{
    struct sw_vfile *file;
    struct track t = {0};
    bool fine =
        catalogue_open(&file, vault, dir, name) == SW_OK && read_description(file, &t) && strcmp(t.id, name) == 0;
    sw_vfile_close(file);
    if (!fine) {
        ++*bad;
        return SW_OK;
    }
    struct track *grown = realloc(c->tracks, (c->n + 1) * sizeof *grown);
    if (!grown)
        return SW_ERR_MEMORY;
    c->tracks = grown;
    c->tracks[c->n++] = t;
    return SW_OK;
}

enum sw_err catalogue_read(struct catalogue *out, struct sw_vault *vault, const char *dir, size_t *bad)
{
    enum sw_err err = SW_OK;
    DIR *d = opendir(dir);
    *out = (struct catalogue){0};
    *bad = 0;
    if (!d)
        return errno == ENOENT ? SW_OK : SW_ERR_SYSTEM;
    for (struct dirent *e; !err && (e = readdir(d)) != NULL;)
        if (is_id(e->d_name))
            err = add_entry(out, vault, dir, e->d_name, bad);
    closedir(d);
    if (out->n)
        qsort(out->tracks, out->n, sizeof *out->tracks, by_title);
    return err;
}

void catalogue_free(struct catalogue *c)
{
    free(c->tracks);
    *c = (struct catalogue){0};
}

const struct track *catalogue_find(const struct catalogue *c, const char *what)
{
    char *end;
    unsigned long number = strtoul(what, &end, 10);
    if (*what >= '1' && *what <= '9' && !*end && number <= c->n)
        return &c->tracks[number - 1];
    for (size_t i = 0; i < c->n; i++)
        if (strcmp(c->tracks[i].title, what) == 0 || strcmp(c->tracks[i].id, what) == 0)
            return &c->tracks[i];
    return NULL;
}

static enum sw_err copy(struct sw_vfile *file, int fd)
{
    uint8_t buf[BUFFER];
    ssize_t n;
    while ((n = read(fd, buf, sizeof buf)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        enum sw_err err = n < 0 ? SW_ERR_SYSTEM : sw_vfile_append(file, buf, (size_t)n);
        if (err)
            return err;
    }
    return SW_OK;
}

enum sw_err catalogue_add(struct sw_vault *vault, const char *dir, int fd, struct track *track)
{
    uint8_t id[16], digest[32];
    char path[PATH_LENGTH], part[PATH_LENGTH + 8], *text;
    struct sw_vfile *file;
    enum sw_err err = sw_rand_bytes(NULL, id, sizeof id);
    if (err)
        return err;
    for (int i = 0; i < 16; i++)
        snprintf(track->id + 2 * i, 3, "%02x", id[i]);
    snprintf(path, sizeof path, "%.4000s/%s", dir, track->id);
    snprintf(part, sizeof part, "%s.part", path);
    if (!(text = describe(track)))
        return SW_ERR_MEMORY;
    err = sw_vfile_create(&file, vault, part, id, track->size, text, strlen(text));
    free(text);
    if (err)
        return err;
    err = copy(file, fd);
    if (err == SW_OK)
        err = sw_vfile_finish(file, digest);
    sw_vfile_close(file);
    if (err == SW_OK && rename(part, path))
        err = SW_ERR_SYSTEM;
    if (err) {
        int saved = errno;
        unlink(part);
        errno = saved;
    }
    return err;
}
