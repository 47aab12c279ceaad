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
} stores[] = {
    {"/usr/local/share/ca-certificates", {"/usr/sbin/update-ca-certificates", NULL}},        /* Debian, Alpine */
    {"/etc/pki/ca-trust/source/anchors", {"/usr/bin/update-ca-trust", "extract", NULL}},     /* Fedora */
    {"/etc/ca-certificates/trust-source/anchors", {"/usr/bin/update-ca-trust", NULL, NULL}}, /* Arch */
    {"/usr/share/pki/trust/anchors", {"/usr/sbin/update-ca-certificates", NULL}},            /* openSUSE */
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
static int run_command(const struct ttp *t, const struct store *s)
{
    pid_t pid;
    int status;
    char *argv[] = {(char *)(uintptr_t)s->command[0], (char *)(uintptr_t)s->command[1], NULL};
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

/* One file a CA, named by its key, so that two CAs of one name do not meet. */
static int store_path(const struct ttp *t, const struct store *s, const struct ttp_ca *ca, char out[TTP_PATH_CAP])
{
    int n = snprintf(out, TTP_PATH_CAP, "%s/sealwax-%.16s.crt", s->dir, ca->id);
    return n < TTP_PATH_CAP ? TTP_DONE : ttp_fail(t, SW_ERR_SPACE, s->dir);
}

static int open_root(const struct ttp *t, struct ttp_ca *ca, const struct store **s, char path[TTP_PATH_CAP])
{
    int err = ttp_ca_open(t, false, ca);
    if (!err && !ttp_is_self_issued(&ca->cert))
        err = ttp_error(t, TTP_REFUSED, "%s: this is an intermediate CA; install the root above it", t->dir);
    if (!err && !(*s = find_store()))
        err = ttp_error(
            t, TTP_SYSTEM,
            "no trust store that this tool knows (Debian, Fedora, Arch, SUSE); \"ttp export --ca\" writes the root");
    return err ? err : store_path(t, *s, ca, path);
}

int ttp_install(struct ttp *t)
{
    struct ttp_ca ca;
    const struct store *s;
    char path[TTP_PATH_CAP];
    int err = open_root(t, &ca, &s, path);
    if (!err)
        err = ttp_certs_write(t, path, &ca.cert.der, 1, SW_FILE_REPLACE);
    if (!err)
        err = run_command(t, s);
    ttp_ca_close(&ca);
    if (!err)
        ttp_say(t, "Installed: %s (browsers with a store of their own want it too: \"ttp export --ca FILE\")", path);
    return err || !t->json ? err : ttp_result(t, TTP_DONE, json_pack("{s:s}", "installed", path));
}

int ttp_uninstall(struct ttp *t)
{
    struct ttp_ca ca;
    const struct store *s;
    char path[TTP_PATH_CAP];
    int err = open_root(t, &ca, &s, path);
    if (!err && unlink(path))
        err = errno == ENOENT ? ttp_error(t, TTP_BAD_INPUT, "this root is not installed (%s)", path)
                              : ttp_fail(t, SW_ERR_SYSTEM, path);
    if (!err)
        err = run_command(t, s);
    ttp_ca_close(&ca);
    if (!err)
        ttp_say(t, "Removed: %s", path);
    return err || !t->json ? err : ttp_result(t, TTP_DONE, json_pack("{s:s}", "removed", path));
}
