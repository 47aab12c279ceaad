/*
 * Files over HTTP for their tests: a service in a directory of its own, two people who use it, and the requests they
 * make.
 */
#ifndef SW_TESTS_APPS_FILE_ARCHIVE_H
#define SW_TESTS_APPS_FILE_ARCHIVE_H

#include "apps/file/service.h"
#include "tests/apps/http/peer.h"

struct archive {
    struct http_world world;
    struct http_peer alice, bob;
    struct file_service *service;
    struct sw_vault vault;
    char dir[64];
    unsigned trouble;
    char happened[256]; /* all of it */
};

/*
 * archive_open: with threads beside the loop; archive_open_with: or without. archive_close: what is under way is done
 * first, and nothing stays.
 */
void archive_open(struct archive *a);
void archive_open_with(struct archive *a, bool threaded);
void archive_close(struct archive *a);

/*
 * archive_walk: everything below a directory; each: called for each file, or NULL: removed. Returns how many files
 * there were. archive_count: files in a directory below.
 */
unsigned archive_walk(const char *dir, void (*each)(const char *path));
unsigned archive_count(const struct archive *a, const char *below);

/* archive_digest: the SHA-256 of a text, hexadecimal. archive_add_meta: to an Upload-Metadata. */
void archive_digest(const char *text, char hex[65]);
void archive_add_meta(char *out, size_t cap, const char *name, const char *value);

/*
 * Requests; those that return an int, its status. archive_announce: url receives where the pieces go.
 * archive_begin_piece: no answer is awaited.
 * archive_ask_patiently: waiting as a client does while another request for the upload is worked on.
 */
int archive_announce(struct http_peer *p, const char *name, size_t length, const char *sha256, bool replace,
                     char url[64]);
int archive_piece(struct http_peer *p, const char *url, long offset, const char *bytes);
void archive_begin_piece(struct http_peer *p, const char *url, long offset, const char *bytes);
void archive_put(struct http_peer *p, const char *name, const char *text);
int archive_get(struct http_peer *p, const char *name, const char *headers);
int archive_ask(struct http_peer *p, const char *method, const char *url);
int archive_ask_patiently(struct http_peer *p, const char *method, const char *url);

#endif
