/*
 * ttp install, ttp uninstall: the root into the system's trust store and out again. Each system has a directory for
 * local roots and a program that makes its bundles from it; the first one whose program is there is used.
 */
#include "ttp/ttp_ca.h"
#include "ttp/ttp_verbs.h"
#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static const struct store {
    const char *dir;
    const char *command[3];
    /* where the program can be given a list of certificates of our own: its list, and the links it makes */
    const char *list, *links;
} stores[] = {
    /* Debian; Alpine, whose program is another one and takes no list */
    {"/usr/local/share/ca-certificates",
     {"/usr/sbin/update-ca-certificates"},
     "/etc/ca-certificates.conf",
     "/etc/ssl/certs"},
    {"/etc/pki/ca-trust/source/anchors", {"/usr/bin/update-ca-trust", "extract"}, NULL, NULL}, /* Fedora */
    {"/etc/ca-certificates/trust-source/anchors", {"/usr/bin/update-ca-trust"}, NULL, NULL},   /* Arch */
    {"/usr/share/pki/trust/anchors", {"/usr/sbin/update-ca-certificates"}, NULL, NULL},        /* openSUSE */
};

static const struct store *find_store(void)
{
    for (size_t i = 0; i < sizeof stores / sizeof *stores; i++) {
        struct stat st;
        if (stat(stores[i].dir, &st) == 0 && S_ISDIR(st.st_mode) && access(stores[i].command[0], X_OK) == 0)
            return &stores[i];
    }
    return NULL;
}

/* Its output, which goes to ours on standard error, is the program's own business. */
static int run_command(const struct ttp *t, const char *const command[])
{
    pid_t pid;
    int status;
    char *argv[4] = {NULL};
    for (size_t i = 0; i < 3 && command[i]; i++)
        argv[i] = (char *)(uintptr_t)command[i];
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
    int rc = posix_spawn(&pid, argv[0], &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (rc) {
        errno = rc;
        return ttp_fail(t, SW_ERR_SYSTEM, argv[0]);
    }
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return ttp_fail(t, SW_ERR_SYSTEM, argv[0]);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? TTP_DONE : ttp_error(t, TTP_SYSTEM, "%s failed", argv[0]);
}

/* Where a root is, or was: its file for the program that makes the bundles, and the link that this one makes to it. */
struct place {
    const struct store *store;
    char file[TTP_PATH_CAP], link[TTP_PATH_CAP];
    char name[40]; /* of the file; by the CA's key, so that two CAs of one name do not meet */
};

static int find_place(const struct ttp *t, const struct ttp_ca *ca, struct place *at)
{
    *at = (struct place){.store = find_store()};
    if (!at->store)
        return ttp_error(
            t, TTP_SYSTEM,
            "no trust store that this tool knows (Debian, Fedora, Arch, SUSE); \"ttp export --ca\" writes the root");
    snprintf(at->name, sizeof at->name, "sealwax-%.16s.crt", ca->id);
    snprintf(at->file, sizeof at->file, "%s/%s", at->store->dir, at->name);
    if (at->store->links)
        snprintf(at->link, sizeof at->link, "%s/sealwax-%.16s.pem", at->store->links, ca->id);
    return TTP_DONE;
}

static int open_root(const struct ttp *t, struct ttp_ca *ca, struct place *at)
{
    int err = ttp_ca_open(t, false, ca);
    if (!err && !ttp_is_self_issued(&ca->cert))
        err = ttp_error(t, TTP_REFUSED, "%s: this is an intermediate CA; install the root above it", t->dir);
    return err ? err : find_place(t, ca, at);
}

/*
 * Debian's program is a script that can be given another list than the system's; the program by that name elsewhere
 * cannot.
 */
static bool takes_list(const struct store *s)
{
    struct sw_file program;
    if (!s->list || sw_file_read(s->command[0], SW_FILE_MAX, &program) != SW_OK)
        return false;
    bool takes = memmem(program.p, program.len, "--certsconf", strlen("--certsconf")) != NULL;
    sw_file_free(&program);
    return takes;
}

/* The system's list and, as the last line of it, that name is not to be trusted. The caller unlinks path. */
static int write_list(const struct ttp *t, const struct store *s, const char *name, char path[TTP_PATH_CAP])
{
    const char *tmp = getenv("TMPDIR");
    struct sw_file list = {NULL, 0};
    if (sw_file_read(s->list, SW_FILE_MAX, &list) != SW_OK && errno != ENOENT)
        return ttp_fail(t, SW_ERR_SYSTEM, s->list);
    int n = snprintf(path, TTP_PATH_CAP, "%s/sealwax.XXXXXX", tmp && *tmp == '/' ? tmp : "/tmp");
    int fd = n < TTP_PATH_CAP ? mkstemp(path) : -1;
    bool good = fd >= 0 && dprintf(fd, "%.*s\n!%s\n", (int)list.len, list.p ? (const char *)list.p : "", name) > 0;
    if (fd >= 0 && close(fd))
        good = false;
    sw_file_free(&list);
    if (good)
        return TTP_DONE;
    int err = ttp_fail(t, SW_ERR_SYSTEM, path);
    if (fd >= 0)
        unlink(path);
    return err;
}

/*
 * Take a root out again. Where a certificate's file is merely gone, Debian's program renews the bundle and leaves the
 * rest as it is: the links in /etc/ssl/certs, and the root in the stores of those who are told of each change (Java's,
 * say). It takes away, and tells of, what its list names with a "!", by the name of the link alone; so it gets a list
 * in which this root stands so.
 */
static int take_out(const struct ttp *t, const struct place *at)
{
    char list[TTP_PATH_CAP];
    if (unlink(at->file) && errno != ENOENT)
        return ttp_fail(t, SW_ERR_SYSTEM, at->file);
    if (!takes_list(at->store))
        return run_command(t, at->store->command);
    int err = write_list(t, at->store, at->name, list);
    if (err)
        return err;
    err = run_command(t, (const char *const[]){at->store->command[0], "--certsconf", list});
    unlink(list);
    return err;
}

/* The link alone is what an uninstall that was broken off leaves. */
static bool is_installed(const struct place *at)
{
    return sw_file_exists(at->file) || (*at->link && sw_file_exists(at->link));
}

/* Whether the file holds this very certificate already. */
static bool holds(const struct ttp *t, const char *path, const struct sw_cert *cert)
{
    struct sw_file have, want = {NULL, 0};
    if (sw_file_read(path, SW_FILE_MAX, &have) != SW_OK)
        return false;
    bool same = ttp_certs_pem(t, &cert->der, 1, &want) == TTP_DONE && want.len == have.len &&
                memcmp(want.p, have.p, have.len) == 0;
    sw_file_free(&want);
    sw_file_free(&have);
    return same;
}

int ttp_install(struct ttp *t)
{
    struct ttp_ca ca;
    struct place at;
    int err = open_root(t, &ca, &at);
    /* a renewed root: who was told of the old one hears only of a new link */
    if (!err && is_installed(&at) && !holds(t, at.file, &ca.cert))
        err = take_out(t, &at);
    if (!err)
        err = ttp_certs_write(t, at.file, &ca.cert.der, 1, SW_FILE_REPLACE);
    if (!err)
        err = run_command(t, at.store->command);
    ttp_ca_close(&ca);
    if (!err)
        ttp_say(t, "Installed: %s (browsers with a store of their own want it too: \"ttp export --ca FILE\")", at.file);
    return err || !t->json ? err : ttp_result(t, TTP_DONE, json_pack("{s:s}", "installed", at.file));
}

int ttp_uninstall(struct ttp *t)
{
    struct ttp_ca ca;
    struct place at;
    int err = open_root(t, &ca, &at);
    if (!err && !is_installed(&at))
        err = ttp_error(t, TTP_BAD_INPUT, "this root is not installed (%s)", at.file);
    if (!err)
        err = take_out(t, &at);
    ttp_ca_close(&ca);
    if (!err)
        ttp_say(t, "Removed: %s", at.file);
    return err || !t->json ? err : ttp_result(t, TTP_DONE, json_pack("{s:s}", "removed", at.file));
}
