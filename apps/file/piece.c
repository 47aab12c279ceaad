/* A piece of an upload, as it comes: what it is, where it belongs, and its coding. What becomes of it is in task.c. */
#include "apps/file/coding.h"
#include "apps/file/service.h"
#include "base/wipe.h"
#include <event2/buffer.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/*
 * Blocks under one of our RSA keys, of which there is hardly ever more than one; SW_ERR_CRYPTO if they are under none.
 */
static enum sw_err open_blocks(const struct file_service *s, const uint8_t *p, size_t len, uint8_t *out, size_t *n)
{
    const struct sw_privkey *key;
    enum sw_err err = SW_ERR_CRYPTO;
    for (size_t i = 0; err == SW_ERR_CRYPTO && s->cfg && (key = sw_config_key(s->cfg, i)) != NULL; i++)
        if (sw_privkey_public(key)->type == SW_KEY_RSA)
            err = coding_decode(key, p, len, out, n);
    return err;
}

/* The body that came in blocks, opened; NULL: the answer says why not. */
static struct evbuffer *decoded(struct file_service *s, struct http_request *rq, struct evbuffer *body)
{
    uint8_t room[CODING_MAX];
    size_t len = evbuffer_get_length(body), n = 0;
    if (len > CODING_MAX) {
        http_problem(rq, 413, "a piece in blocks has at most %d bytes", CODING_MAX);
        evbuffer_free(body);
        return NULL;
    }
    const uint8_t *blocks = len ? evbuffer_pullup(body, -1) : room;
    enum sw_err err = blocks ? open_blocks(s, blocks, len, room, &n) : SW_ERR_MEMORY;
    if (err == SW_OK && (evbuffer_drain(body, len) || evbuffer_add(body, room, n)))
        err = SW_ERR_MEMORY;
    sw_wipe(room, sizeof room);
    if (err == SW_OK)
        return body;
    evbuffer_free(body);
    if (err == SW_ERR_CRYPTO)
        http_problem(rq, 422, "the blocks cannot be opened with a key of this server");
    else
        file_refuse(s, rq, err, "upload");
    return NULL;
}

/* The piece that came, without its coding; NULL: the answer says why not. */
static struct evbuffer *read_piece(struct file_service *s, struct http_request *rq)
{
    const char *coding = http_header(rq, "Content-Encoding");
    bool blocks = coding && strcasecmp(coding, CODING_NAME) == 0;
    if (coding && !blocks && strcasecmp(coding, "identity") != 0) { /* RFC 9110 15.5.16 */
        http_set_header(rq, "Accept-Encoding", "%s", CODING_NAME);
        http_problem(rq, 415, "a piece comes as it is, or as " CODING_NAME);
        return NULL;
    }
    struct evbuffer *body = http_take_body(rq);
    if (!body) {
        file_refuse(s, rq, SW_ERR_MEMORY, "upload");
        return NULL;
    }
    return blocks ? decoded(s, rq, body) : body;
}

void upload_patch(void *ctx, struct http_request *rq)
{
    struct file_service *s = ctx;
    int64_t offset;
    const char *type = http_header(rq, "Content-Type"), *claimed = http_header(rq, "Upload-SHA256");
    struct upload *u = upload_named(s, rq);
    if (!u)
        return;
    if (!type || strcmp(type, "application/offset+octet-stream") != 0) {
        http_problem(rq, 415, "a piece is application/offset+octet-stream");
        return;
    }
    if (claimed && !file_is_digest(claimed)) {
        http_problem(rq, 400, "Upload-SHA256 is 64 hex digits");
        return;
    }
    if (file_space_short(s)) {
        file_refuse(s, rq, SW_ERR_SYSTEM, "upload");
        return;
    }
    struct evbuffer *bytes = read_piece(s, rq);
    if (!bytes)
        return;
    struct task *t = upload_take(s, rq, u) ? task_new(s, rq, u, 204) : NULL;
    if (!t) {
        evbuffer_free(bytes);
        return;
    }
    t->bytes = bytes;
    t->offset = file_number(http_header(rq, "Upload-Offset"), &offset) ? offset : -1;
    snprintf(t->claimed, sizeof t->claimed, "%s", claimed ? claimed : "");
    task_begin(t);
}
