/*
 * What a database in a file does where there is no space: it asks for some and tries again, so that no transaction
 * fails as long as somebody has space to give up. SQLite lets the calls it makes to the system be replaced for the
 * whole process (sqlite3_vfs.xSetSystemCall), and it writes all its files, the log and the index of the log included,
 * by one of these three. What comes later, a flush that finds no space, is no write that can be repeated: that
 * transaction fails.
 */
#include "apps/store/db.h"
#include "apps/store/reserve.h"
#include <errno.h>
#include <sqlite3.h>
#include <unistd.h>

static bool (*ask)(void *ctx);
static void *ask_ctx;

/* Whether to try again. SQLite tells ENOSPC from other errors, and nothing else that means the same. */
static bool gets_room(ssize_t written)
{
    if (written >= 0 || !reserve_is_full(errno))
        return false;
    bool room = ask && ask(ask_ctx);
    errno = ENOSPC;
    return room;
}

static ssize_t write_here(int fd, const void *p, size_t n)
{
    ssize_t written;
    do
        written = write(fd, p, n);
    while (gets_room(written));
    return written;
}

static ssize_t write_there(int fd, const void *p, size_t n, off_t at)
{
    ssize_t written;
    do
        written = pwrite(fd, p, n, at);
    while (gets_room(written));
    return written;
}

void sw_store_on_full(bool (*make_room)(void *ctx), void *ctx)
{
    ask = make_room;
    ask_ctx = ctx;
}

void db_ask_for_room(void)
{
    static const struct {
        const char *name;
        sqlite3_syscall_ptr call;
    } calls[] = {
        {"write", (sqlite3_syscall_ptr)write_here},
        {"pwrite", (sqlite3_syscall_ptr)write_there},
        {"pwrite64", (sqlite3_syscall_ptr)write_there},
    };
    sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
    for (size_t i = 0; vfs && vfs->iVersion >= 3 && i < sizeof calls / sizeof *calls; i++)
        (void)vfs->xSetSystemCall(vfs, calls[i].name, calls[i].call);
}
