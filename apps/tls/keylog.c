/*
 * One write per line with O_APPEND, so that several processes can share a file. The descriptor stays open as long as
 * the program runs: connections may end at any time.
 */
#include "apps/tls/keylog.h"
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#ifdef SW_KEYLOG
enum { SERVER_MAY_LOG = 1 };
#else
enum { SERVER_MAY_LOG = 0 };
#endif

bool keylog_may(enum sw_role role)
{
    return role == SW_CLIENT || SERVER_MAY_LOG;
}

void keylog_write(int fd, const char *text)
{
    struct iovec parts[] = {{(char *)(uintptr_t)text, strlen(text)}, {(char[]){'\n'}, 1}};
    /* a full disk must not end a connection that works */
    ssize_t n = writev(fd, parts, 2);
    (void)n;
}

static void write_line(void *ctx, struct sw_conn *conn, const char *text)
{
    (void)conn;
    keylog_write((int)(intptr_t)ctx, text);
}

int keylog_open(const struct app *app, enum sw_role role, int *fd)
{
    const char *path = getenv("SSLKEYLOGFILE");
    *fd = -1;
    if (!path || !*path)
        return APP_DONE;
    if (!keylog_may(role)) {
        app_say(app, "SSLKEYLOGFILE is ignored: this server was built without it");
        return APP_DONE;
    }
    *fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);
    if (*fd < 0)
        return app_fail(app, SW_ERR_SYSTEM, path);
    app_warn(app, "warning: the secrets of these connections are written to %s; whoever has it can read them", path);
    return APP_DONE;
}

int keylog_attach(const struct app *app, struct sw_config *cfg, enum sw_role role)
{
    int fd, code = keylog_open(app, role, &fd);
    if (fd >= 0)
        sw_config_set_keylog(cfg, write_line, (void *)(intptr_t)fd);
    return code;
}
