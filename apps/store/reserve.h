/*
 * Space that is set aside beside the mailbox, as a file full of nothing: DIR/reserve. On a disk that is full, a message
 * can be handed out, acknowledged or ended only where that can be written down; then the file is emptied, and what it
 * had is there for that. Nobody but the server takes it; whoever needs it gives it up, also from another process, or by
 * hand.
 */
#ifndef SW_APPS_STORE_RESERVE_H
#define SW_APPS_STORE_RESERVE_H

#include <stdbool.h>
#include <stdint.h>

enum {
    RESERVE_PATH_MAX = 4096,
    RESERVE_USUAL = 16 << 20,
    RESERVE_SHARE = 16 /* of its file system, at most one part in so many */
};

struct reserve {
    char path[RESERVE_PATH_MAX];
    int64_t size; /* as it shall be */
};

/*
 * reserve_at: the one in a directory, of so many bytes, or of fewer where the file system is small. Nothing is taken
 * yet. false with errno: there is no such directory, or its name is too long.
 */
bool reserve_at(struct reserve *r, const char *dir, int64_t size);

/*
 * reserve_take: take it, or what is missing of it, if half as much stays free beside it, so that it is not given up
 * again at once. false with errno: ENOSPC, there is not so much space; others: it cannot be taken here.
 */
bool reserve_take(const struct reserve *r);

/*
 * reserve_held: bytes of the disk that it has; 0: it was given up. reserve_free: bytes that are free beside it; -1:
 * that cannot be known.
 */
int64_t reserve_held(const struct reserve *r);
int64_t reserve_free(const struct reserve *r);

/* reserve_give_up: false: there was nothing of it. errno stays as it is. */
bool reserve_give_up(const struct reserve *r);

/*
 * reserve_end: there shall be none any more. reserve_is_short: for whoever writes there beside the server: it was given
 * up, and there is not enough space to take it again; errno is ENOSPC then.
 */
void reserve_end(const struct reserve *r);
bool reserve_is_short(const struct reserve *r);

/* reserve_is_full: whether that errno says that a file system, a quota or a limit has no more space. */
bool reserve_is_full(int why);

#endif
