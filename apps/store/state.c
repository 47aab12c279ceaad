#include "apps/store/state.h"
#include "apps/cli/places.h"
#include "apps/store/owner.h"
#include "apps/store/reserve.h"
#include "apps/store/state_key.h"
#include "base/rand.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { TRY_MS = 50 };

static const char *state_dir(const struct app *app)
{
    static char given[STATE_PATH_MAX];
    const char *dir = app_get(app, OPT_STATE);
    return dir ? dir : places_first("STATE_DIRECTORY", given, sizeof given) ? given : "/var/lib/sealwax";
}

int state_there(const struct app *app)
{
    struct stat st;
    const char *dir = state_dir(app);
    if (app_has(app, OPT_STORE) || stat(dir, &st) == 0)
        return APP_DONE;
    return app_error(app, APP_BAD_INPUT, "%s: no sealwaxd has kept anything there: %s", dir, strerror(errno));
}

int state_as_owner(const struct app *app)
{
    return owner_become(app, state_dir(app));
}

int state_path(const struct app *app, const char *name, char out[STATE_PATH_MAX])
{
    const char *dir = state_dir(app);
    if (mkdir(dir, 0700) && errno != EEXIST)
        return app_error(app, APP_SYSTEM, "%s: %s", dir, strerror(errno));
    if (snprintf(out, STATE_PATH_MAX, *name ? "%s/%s" : "%s", dir, name) >= STATE_PATH_MAX)
        return app_usage(app, "--state: the name is too long");
    return APP_DONE;
}

int state_store(const struct app *app, char out[STATE_PATH_MAX])
{
    const char *given = app_get(app, OPT_STORE);
    if (!given)
        return state_path(app, "mail.db", out);
    if (strncmp(given, "postgresql://", 13) != 0 && strncmp(given, "postgres://", 11) != 0)
        return app_usage(app, "--store: not of the form postgresql://USER@HOST/DATABASE");
    if (snprintf(out, STATE_PATH_MAX, "%s", given) >= STATE_PATH_MAX)
        return app_usage(app, "--store: the URI is too long");
    return APP_DONE;
}

static int find_key(const struct app *app, struct state_key *out)
{
    char dir[STATE_PATH_MAX];
    int code = state_path(app, "", dir);
    return code ? code : state_key_of(app, OPT_VAULT_KEY, dir, out);
}

int state_vault(const struct app *app, bool create, struct sw_vault *out)
{
    struct state_key key;
    int code = find_key(app, &key);
    if (code)
        return code;
    enum sw_err err = sw_vault_open(out, &key.key, create);
    return err ? state_key_failed(&key, err, key.path) : APP_DONE;
}

static int store_code(enum sw_err err)
{
    return err == SW_ERR_PERMISSION || err == SW_ERR_STATE ? APP_REFUSED
           : err == SW_ERR_SYSTEM                          ? APP_SYSTEM
                                                           : APP_BAD_INPUT;
}

/*
 * What is written by hand is little, and on a disk that is full it may be what makes space again. The server notices.
 */
static bool give_up_reserve(void *ctx)
{
    return reserve_give_up(ctx);
}

static void use_reserve(const struct app *app)
{
    static struct reserve reserve;
    if (!app_has(app, OPT_STORE) && reserve_at(&reserve, state_dir(app), 0))
        sw_store_on_full(give_up_reserve, &reserve);
}

static bool holds_bytes(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && st.st_size > 0;
}

/*
 * SQLite makes a new database where there is none or an empty file, and deletes the log of the one there was, in which
 * the last messages may be. Where a server has worked, that is a loss that has to be seen first.
 */
static int check_mailbox(const struct app *app, const char *path)
{
    char log[STATE_PATH_MAX + 8], files[STATE_PATH_MAX];
    struct stat st;
    bool there = stat(path, &st) == 0;
    if (app_has(app, OPT_STORE) || (there && st.st_size > 0) || (!there && errno != ENOENT))
        return APP_DONE;
    snprintf(log, sizeof log, "%s-wal", path);
    int code = state_path(app, "files", files);
    bool has_worked = !code && stat(files, &st) == 0;
    if (!code && (holds_bytes(log) || (there && has_worked)))
        return app_error(app, APP_BAD_INPUT, "%s: %s, and a sealwaxd has worked there; put back what is missing, or %s",
                         path, there ? "is empty" : "is gone",
                         holds_bytes(log) ? "delete it with its -wal to begin anew" : "delete it to begin anew");
    if (!code && has_worked)
        app_warn(app, "%s: there is no mailbox any more where a sealwaxd has worked; a new one is made", path);
    return code;
}

/* What the database says, with its name. */
int state_store_failed(const struct app *app, const struct sw_store *store)
{
    char place[STATE_PATH_MAX];
    int code = state_store(app, place);
    const char *name = app_has(app, OPT_STORE) ? "PostgreSQL" : place; /* a password may be in it */
    return code ? code : app_error(app, APP_SYSTEM, "%s: %s", name, sw_store_why(store));
}

int state_open_store(const struct app *app, const struct sw_store_limits *limits, struct sw_store **out)
{
    char place[STATE_PATH_MAX], licences[STATE_PATH_MAX];
    struct state_key key;
    const char *why;
    *out = NULL;
    int code = state_store(app, place);
    if (!code)
        code = find_key(app, &key);
    if (!code)
        code = state_path(app, "media.db", licences);
    if (code)
        return code;
    code = check_mailbox(app, place);
    if (code)
        return code;
    use_reserve(app);
    enum sw_err err = sw_store_open(out, place, &key.key, limits, &why);
    if (err == SW_ERR_CALLBACK)
        return state_key_failed(&key, err, key.path);
    if (err)
        return app_error(app, store_code(err), "%s", why);
    err = sw_store_adopt(*out, licences);
    if (!err)
        err = sw_store_name_licences(*out);
    if (!err)
        return APP_DONE;
    code = err == SW_ERR_SYSTEM ? state_store_failed(app, *out) : app_fail(app, err, licences);
    sw_store_close(*out);
    *out = NULL;
    return code;
}

int state_lock(const struct app *app, bool alone, int *fd)
{
    char dir[STATE_PATH_MAX];
    int code = state_path(app, "", dir);
    *fd = -1;
    return code ? code : state_lock_directory(app, dir, alone, fd);
}

int state_lock_directory(const struct app *app, const char *dir, bool alone, int *fd)
{
    *fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*fd >= 0 && flock(*fd, (alone ? LOCK_EX : LOCK_SH) | LOCK_NB) == 0)
        return APP_DONE;
    int saved = errno;
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
    if (saved != EWOULDBLOCK)
        return app_error(app, APP_SYSTEM, "%s: %s", dir, strerror(saved));
    return app_error(app, APP_REFUSED, "%s: %s", dir,
                     alone ? "a sealwaxd is at work there; stop it first" : "its key is being changed just now");
}

/* false with errno: EWOULDBLOCK, somebody has it. */
static bool try_lock(const struct app *app, int patience, int fd, const char *path)
{
    const struct timespec pause = {.tv_nsec = TRY_MS * 1000000L};
    for (int waited = 0; flock(fd, LOCK_EX | LOCK_NB); waited += TRY_MS) {
        if (errno != EWOULDBLOCK || waited >= patience)
            return false;
        if (!waited)
            app_say(app, "%s: another sealwaxd serves from there; waiting for its end", path);
        nanosleep(&pause, NULL);
    }
    return true;
}

/* A file, and not the directory: some file systems of several machines lock nothing that is not open for writing. */
int state_lock_server(const struct app *app, int patience, int *fd)
{
    char path[STATE_PATH_MAX];
    int code = state_path(app, "serve.lock", path);
    *fd = -1;
    if (code)
        return code;
    *fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (*fd >= 0 && try_lock(app, patience, *fd, path))
        return APP_DONE;
    code = *fd >= 0 && errno == EWOULDBLOCK
               ? app_error(app, APP_REFUSED, "%s: another sealwaxd serves from this directory", path)
               : app_error(app, APP_SYSTEM, "%s: %s", path, strerror(errno));
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
    return code;
}

int state_server_name(const struct app *app, int fd, char out[SW_STREAM_ID_MAX])
{
    enum { LENGTH = SW_STREAM_ID_MAX - 1 };
    uint8_t id[LENGTH / 2];
    ssize_t n = pread(fd, out, LENGTH, 0);
    out[n > 0 ? n : 0] = 0;
    if (n == LENGTH && strspn(out, "0123456789abcdef") == LENGTH)
        return APP_DONE;
    enum sw_err err = sw_rand_bytes(NULL, id, sizeof id);
    for (size_t i = 0; i < sizeof id; i++)
        snprintf(out + 2 * i, 3, "%02x", id[i]);
    if (err == SW_OK && pwrite(fd, out, LENGTH, 0) != LENGTH) /* on a full disk: the name of this life alone */
        (void)!ftruncate(fd, 0);
    return err ? app_fail(app, err, "serve.lock") : APP_DONE;
}
