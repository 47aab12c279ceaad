/*
 * Files over HTTP: uploads in pieces that can be resumed (tus 1.0.0, https://tus.io), downloads with ranges, a space
 * for each name with a quota. docs/files.md is the manual. A file appears complete, checked and on the disk, or not at
 * all.
 */
#ifndef SW_APPS_FILE_SERVER_H
#define SW_APPS_FILE_SERVER_H

#include "apps/http/http.h"
#include "apps/vault/vault.h"

struct file_service;
struct worker;

extern const struct http_route file_routes[];

struct file_limits {
    int64_t file_max;  /* bytes of one file */
    int64_t space_max; /* bytes of all files of one name */
};

/*
 * What the log is told: a file was "uploaded", "downloaded", "read in part" (asked for in part, or cut short) or
 * "deleted", and how many bytes that were; trouble. Any may be NULL.
 */
struct file_events {
    void (*happened)(void *ctx, const char *what, const char *who, int64_t bytes);
    void (*trouble)(void *ctx, const char *what, const char *why);
    void *ctx;
};

/* file_service_new: in directories below dir, which exists; the vault must outlive it. NULL with errno. */
struct file_service *file_service_new(const char *dir, struct sw_vault *vault, const struct file_limits *limits,
                                      const struct file_events *events);
/*
 * file_service_start: some threads for what waits for disks, beside the loop. Without them, or when there can be none,
 * the loop does that, too.
 */
bool file_service_start(struct file_service *service, struct event_base *base);
/* file_service_worker: those threads, for what else waits for disks; NULL: there are none. */
struct worker *file_service_worker(const struct file_service *service);
/* file_service_call: run a function in each of those threads, and wait for it. */
void file_service_call(struct file_service *service, void (*function)(void *arg), void *arg);
void file_service_set_limits(struct file_service *service, const struct file_limits *limits);
/* file_service_spare: take no bytes from now on (507), or take them again. In any thread. */
void file_service_spare(struct file_service *service, bool spare);
/*
 * file_service_set_config: whose RSA keys open what comes by put --protect=rsa (NULL, as at first: nobody's); kept
 * until it is set again.
 */
void file_service_set_config(struct file_service *service, const struct sw_config *cfg);
/*
 * file_service_free: what is under way is done first, but for hashing what is there of an upload, which may take long.
 * Takes NULL.
 */
void file_service_free(struct file_service *service);

enum { FILE_NAME_MAX = 512 };

/*
 * file_name_ok: whether a name may be a file's: components of printable UTF-8 bytes parted by '/', none of them empty,
 * "." or "..".
 */
bool file_name_ok(const char *name);

#endif
