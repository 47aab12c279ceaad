/*
 * POST /files: an upload is announced, or gone on with. One with a known digest has an id made from its owner, name,
 * length and digest: the same request again finds it, so a client that was killed goes on where it was without having
 * remembered anything. Or the client has something else that tells its file from others (source), so that it need not
 * read all of a large one before it begins; then the digest comes last, and what arrived is no file before that.
 */
#include "apps/file/service.h"
#include "base/hash.h"
#include "base/rand.h"
#include "ttp/pem.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { UNFINISHED_MAX = 64 /* uploads of one owner */ };

/* One that is looked into: whether the name is taken, and how much room there is. */
struct announcement {
    struct job job;
    TAILQ_ENTRY(announcement) in_list;
    struct file_service *service;
    struct http_request *rq; /* NULL: nobody waits for the answer any more */
    struct about about;
    char id[2 * FILE_ID + 1];
    int64_t length;
    /* bytes of uploads of his that got their names since: the count of what there is has them, or not */
    int64_t meanwhile;
    /* what is there */
    bool exists;
    int64_t existing, used; /* bytes: of what has its name, of all his files */
    enum sw_err err;
    int why; /* errno */
};

/* --- what is announced -------------------------------------------------------------------------------------------- */

/*
 * One value of Upload-Metadata: "name base64,name base64"; false if it is not there. What is too long, or no text, is
 * "/", which nothing that is asked for may be.
 */
static bool metadata(const char *all, const char *name, char *out, size_t cap)
{
    size_t n = strlen(name), len;
    out[0] = 0;
    while (all && *all) {
        all += strspn(all, " ,");
        size_t item = strcspn(all, ",");
        if (item > n && strncmp(all, name, n) == 0 && all[n] == ' ') {
            struct sw_slice text = {(const uint8_t *)all + n + 1, item - n - 1};
            bool is_text = sw_base64_decode(text, (uint8_t *)out, cap - 1, &len) == SW_OK && !memchr(out, 0, len);
            if (!is_text)
                out[0] = '/';
            out[is_text ? len : 1] = 0;
            return true;
        }
        all += item;
    }
    return false;
}

/*
 * What the request announces, source being what the client knows the content by before it has its digest; answers
 * itself and returns false if that cannot be.
 */
static bool read_announcement(struct file_service *s, struct http_request *rq, struct about *a, int64_t *length,
                              char source[FILE_HEX])
{
    char replace[8];
    const char *meta = http_header(rq, "Upload-Metadata");
    *a = (struct about){.created = (int64_t)time(NULL)};
    snprintf(a->owner, sizeof a->owner, "%s", rq->peer.name);
    if (!file_number(http_header(rq, "Upload-Length"), length)) {
        http_problem(rq, 400, "Upload-Length is missing, or is no length");
    } else if (!metadata(meta, "filename", a->name, sizeof a->name) || !file_name_ok(a->name) ||
               !http_is_text(a->name)) {
        http_problem(rq, 400, "Upload-Metadata has no filename that a file may have");
    } else if (metadata(meta, "sha256", a->sha256, sizeof a->sha256) && !file_is_digest(a->sha256)) {
        http_problem(rq, 400, "sha256 in Upload-Metadata is 64 hex digits");
    } else if (metadata(meta, "source", source, FILE_HEX) && !file_is_digest(source)) {
        http_problem(rq, 400, "source in Upload-Metadata is 64 hex digits");
    } else if (*length > s->limits.file_max) {
        http_problem(rq, 413, "the file is larger than this server takes");
    } else {
        a->replace = metadata(meta, "replace", replace, sizeof replace) && strcmp(replace, "yes") == 0;
        a->follows = source[0] && !a->sha256[0];
        return true;
    }
    return false;
}

static enum sw_err make_id(const struct about *a, int64_t length, const char *source, char name[2 * FILE_ID + 1])
{
    uint8_t digest[FILE_DIGEST];
    char text[FILE_NAME_MAX + 400];
    enum sw_err err;
    if (!a->sha256[0] && !a->follows) {
        err = sw_rand_bytes(NULL, digest, FILE_ID);
    } else {
        int n = snprintf(text, sizeof text, "%s\n%s\n%lld\n%s%s\n%d", a->owner, a->name, (long long)length,
                         a->follows ? "source " : "", a->follows ? source : a->sha256, a->replace);
        err = sw_hash_once(SW_HASH_SHA256, text, (size_t)n, digest);
    }
    if (err == SW_OK)
        file_hex(digest, FILE_ID, name);
    return err;
}

/* --- what is there: in a thread ----------------------------------------------------------------------------------- */

static void look(struct job *job)
{
    struct announcement *n = (struct announcement *)job;
    char place[FILE_PATH_MAX];
    struct stat st;
    bool fine = file_place(n->service, n->about.owner, n->about.name, place);
    n->exists = fine && lstat(place, &st) == 0;
    n->existing = n->exists ? (int64_t)st.st_size : 0;
    fine = fine && (n->exists || errno == ENOENT) && file_space_used(n->service, n->about.owner, &n->used);
    n->err = fine ? SW_OK : SW_ERR_SYSTEM;
    n->why = errno;
}

/* --- what is made of both: in the loop ---------------------------------------------------------------------------- */

/*
 * Whether there is room for it; answers itself and returns false if not. While an upload gets its name it may be
 * counted twice, as announced and as there: if that alone is too much, there may be room in a moment.
 */
static bool has_room(struct announcement *n)
{
    struct announced a;
    int64_t max = n->service->limits.space_max;
    uploads_announced(n->service, n->about.owner, n->id, &a);
    int64_t most = n->used - (n->about.replace ? n->existing : 0) + a.bytes + n->meanwhile + n->length;
    if (file_space_short(n->service)) {
        file_refuse(n->service, n->rq, SW_ERR_SYSTEM, "upload");
    } else if (a.count >= UNFINISHED_MAX) {
        http_problem(n->rq, 507, "too many uploads of %s are not finished", n->about.owner);
    } else if (most - a.ending - n->meanwhile > max) {
        http_problem(n->rq, 507, "the space for %s is used up", n->about.owner);
    } else if (most > max) {
        http_set_header(n->rq, "Retry-After", "1");
        http_problem(n->rq, 503, "what else %s has sent is counted in a moment", n->about.owner);
    } else {
        return true;
    }
    return false;
}

static void begin_upload(struct announcement *n)
{
    struct file_service *s = n->service;
    struct upload *u;
    uploads_sweep(s);
    enum sw_err err = upload_find(s, n->about.owner, n->id, &u);
    /* what cannot be used is what a server that was killed while it began has left: it begins anew */
    if (err == SW_ERR_NOT_FOUND && !(u = upload_add(s, n->id, n->about.owner, n->length)))
        err = SW_ERR_MEMORY;
    if (!u) {
        file_refuse(s, n->rq, err, "upload");
        return;
    }
    struct task *t = upload_take(s, n->rq, u) ? task_new(s, n->rq, u, 201) : NULL;
    if (!t)
        return;
    snprintf(u->owner, sizeof u->owner, "%s", n->about.owner);
    u->length = n->length;
    t->begins = true;
    t->about = n->about;
    http_set_header(n->rq, "Location", "/uploads/%s", n->id);
    task_begin(t);
}

static void looked(struct job *job)
{
    struct announcement *n = (struct announcement *)job;
    errno = n->why;
    TAILQ_REMOVE(&n->service->announcements, n, in_list);
    if (n->rq && n->err)
        file_refuse(n->service, n->rq, n->err, "upload");
    else if (n->rq && n->exists && !n->about.replace)
        http_problem(n->rq, 409, "%s exists already", n->about.name);
    else if (n->rq && has_room(n))
        begin_upload(n);
    free(n);
}

void announcements_ended(struct file_service *s, const char *owner, int64_t length)
{
    struct announcement *n;
    TAILQ_FOREACH(n, &s->announcements, in_list)
    if (strcmp(n->about.owner, owner) == 0)
        n->meanwhile += length;
}

static void nobody_waits(void *user, struct http_request *rq)
{
    struct announcement *n = user;
    (void)rq;
    n->rq = NULL;
}

void upload_post(void *ctx, struct http_request *rq)
{
    struct file_service *s = ctx;
    struct about a;
    char source[FILE_HEX];
    int64_t length;
    if (!upload_version_fits(rq) || !read_announcement(s, rq, &a, &length, source))
        return;
    struct announcement *n = calloc(1, sizeof *n);
    enum sw_err err = n ? make_id(&a, length, source, n->id) : SW_ERR_MEMORY;
    if (err) {
        free(n);
        file_refuse(s, rq, err, "upload");
        return;
    }
    n->job = (struct job){.run = look, .done = looked};
    n->service = s;
    n->rq = rq;
    n->about = a;
    n->length = length;
    TAILQ_INSERT_TAIL(&s->announcements, n, in_list);
    http_work(rq, FILE_LITTLE, nobody_waits, n);
    file_work(s, &n->job);
}
