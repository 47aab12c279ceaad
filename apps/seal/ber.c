/* BER as it arrives. fill() is the only place that asks the source, take() the only one that consumes. */
#include "apps/seal/ber.h"
#include <string.h>

static bool malformed(struct ber *b, const char *what)
{
    return seal_fail(b->st, SEAL_TAMPERED, "it is damaged or was changed: %s", what);
}

void ber_init(struct ber *b, struct seal_source *in, struct seal_status *st)
{
    memset(b, 0, sizeof *b);
    b->in = in;
    b->st = st;
    b->end[0] = UINT64_MAX;
    b->endless[0] = true;
}

/* Have at least n bytes in the buffer, n being at most a header. False at the end of the source. */
static bool fill(struct ber *b, size_t n)
{
    if (b->have - b->next >= n)
        return true;
    memmove(b->buf, b->buf + b->next, b->have - b->next);
    b->have -= b->next;
    b->next = 0;
    while (b->have < n) {
        size_t got = b->in->read(b->in, b->buf + b->have, sizeof b->buf - b->have);
        if (got == 0)
            return false;
        b->have += got;
    }
    return true;
}

static void take(struct ber *b, size_t n)
{
    b->next += n;
    b->at += n;
}

/* Bytes up to the end of the element that is open. */
static uint64_t room(const struct ber *b)
{
    return b->end[b->depth] - b->at;
}

/* At the two zero bytes that end an element of indefinite length. */
static bool at_end_mark(struct ber *b)
{
    return b->depth > 0 && b->endless[b->depth] && room(b) >= 2 && fill(b, 2) && b->buf[b->next] == 0 &&
           b->buf[b->next + 1] == 0;
}

unsigned ber_peek(struct ber *b)
{
    if (b->st->result != SEAL_OK || room(b) == 0 || at_end_mark(b) || !fill(b, 1))
        return 0;
    return b->buf[b->next];
}

struct header {
    size_t len; /* of itself */
    unsigned tag;
    bool endless;
    uint64_t body;
};

/* Look at the next element's header without consuming it. Lengths are taken in any form (X.690 8.1.3) below 2^56. */
static bool look(struct ber *b, struct header *h)
{
    if (!fill(b, 2))
        return malformed(b, "it ends too early");
    h->tag = b->buf[b->next];
    if ((h->tag & 0x1f) == 0x1f)
        return malformed(b, "it has a tag that no message has");
    unsigned first = b->buf[b->next + 1];
    unsigned more = first > 0x80 ? first & 0x7f : 0;
    h->len = 2 + more;
    h->endless = first == 0x80;
    h->body = first < 0x80 ? first : 0;
    if (more > 7)
        return malformed(b, "it has a length that is too long");
    if (!fill(b, h->len))
        return malformed(b, "it ends too early");
    for (unsigned i = 0; i < more; i++)
        h->body = h->body << 8 | b->buf[b->next + 2 + i];
    if (h->len > room(b) || h->body > room(b) - h->len)
        return malformed(b, "an element is longer than the one around it");
    return true;
}

static bool push(struct ber *b, const struct header *h)
{
    if (b->depth + 1 == BER_DEPTH)
        return malformed(b, "it is nested too deeply");
    take(b, h->len);
    b->depth++;
    b->endless[b->depth] = h->endless;
    b->end[b->depth] = h->endless ? b->end[b->depth - 1] : b->at + h->body;
    return true;
}

bool ber_enter(struct ber *b, unsigned tag)
{
    struct header h;
    if (ber_peek(b) != tag)
        return malformed(b, "an element is missing or out of place");
    return look(b, &h) && push(b, &h);
}

bool ber_leave(struct ber *b)
{
    if (b->st->result != SEAL_OK)
        return false;
    if (b->endless[b->depth]) {
        if (!at_end_mark(b))
            return malformed(b, "there is more than there should be, or an end is missing");
        take(b, 2);
    } else if (room(b) != 0) {
        return malformed(b, "there is more than there should be");
    }
    b->depth--;
    return true;
}

/* Up to cap bytes out of the buffer or the source. */
static size_t copy(struct ber *b, uint8_t *out, size_t cap)
{
    if (!fill(b, 1))
        return 0;
    size_t n = b->have - b->next;
    if (n > cap)
        n = cap;
    memcpy(out, b->buf + b->next, n);
    take(b, n);
    return n;
}

bool ber_collect(struct ber *b, unsigned tag, uint8_t *buf, size_t cap, struct sw_slice *out)
{
    struct header h;
    if (ber_peek(b) != tag)
        return malformed(b, "an element is missing or out of place");
    if (!look(b, &h))
        return false;
    if (h.endless)
        return seal_fail(b->st, SEAL_UNSUPPORTED, "a small element of indefinite length is not supported");
    if (h.body + h.len > cap)
        return seal_fail(b->st, SEAL_TOO_LONG, "its certificates, signatures or recipients take too much room");
    size_t want = (size_t)h.body + h.len, have = 0;
    while (have < want) {
        size_t n = copy(b, buf + have, want - have);
        if (n == 0)
            return malformed(b, "it ends too early");
        have += n;
    }
    *out = (struct sw_slice){buf, want};
    return true;
}

bool ber_octets(struct ber *b, unsigned tag)
{
    struct header h;
    unsigned got = ber_peek(b);
    if (got != tag && got != (tag | SW_DER_CONSTRUCTED))
        return malformed(b, "its content is missing or out of place");
    if (!look(b, &h))
        return false;
    if (got == tag && h.endless)
        return malformed(b, "an element without parts has no length");
    b->primitive = got == tag;
    b->piece = b->primitive ? h.body : 0;
    b->octets = b->depth + 1;
    if (!b->primitive)
        return push(b, &h);
    take(b, h.len);
    return true;
}

/*
 * To the first byte of the next piece that has any, in and out of pieces that have pieces (X.690 8.7.3.2). False at the
 * end.
 */
static bool next_piece(struct ber *b)
{
    struct header h;
    while (b->piece == 0 && !b->primitive) {
        unsigned tag = ber_peek(b);
        if (tag == 0) {
            bool last = b->depth == b->octets;
            if (!ber_leave(b) || last)
                return false;
        } else if (tag != SW_DER_OCTET_STRING && tag != (SW_DER_OCTET_STRING | SW_DER_CONSTRUCTED)) {
            return malformed(b, "its content has a piece of another kind");
        } else if (!look(b, &h)) {
            return false;
        } else if (tag != SW_DER_OCTET_STRING) {
            if (!push(b, &h))
                return false;
        } else if (h.endless) {
            return malformed(b, "an element without parts has no length");
        } else {
            take(b, h.len);
            b->piece = h.body;
        }
    }
    return b->piece > 0;
}

size_t ber_octets_read(struct ber *b, uint8_t *buf, size_t cap)
{
    if (b->st->result != SEAL_OK || b->octets == 0)
        return 0;
    if (!next_piece(b)) {
        b->octets = 0;
        return 0;
    }
    if (cap > b->piece)
        cap = (size_t)b->piece;
    size_t n = copy(b, buf, cap);
    if (n == 0)
        malformed(b, "it ends too early");
    b->piece -= n;
    return n;
}

bool ber_finish(struct ber *b)
{
    if (b->st->result != SEAL_OK)
        return false;
    return b->depth == 0 && !fill(b, 1) ? b->st->result == SEAL_OK : malformed(b, "something stands behind its end");
}
