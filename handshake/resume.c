/*
 * How a session is written down. The same bytes serve the client's memory, the server's cache and, sealed, the ticket:
 *
 *     u8  format          FORMAT; another one is a session from another Sealwax, and unknown
 *     u16 version, suite
 *     u8  flags           and the code of max_fragment_length
 *     v8  session id      at SW_SESSION_ID_AT, where the cache looks for it
 *     48  master secret
 *     u64 created         u32 lifetime
 *     u16 group, sigscheme
 *     v8  server name     v8 ALPN protocol
 *     if FLAG_PEER:       v8 name, v8 subject, 32 bytes SHA-256 of the certificate, v8 serial number,
 *                         v8 serial numbers above, each a v8, 8 bytes: sw_trust_root_id,
 *                         u32 seconds from created until a certificate of the path expires
 *     if TLS 1.3:         u64 issued      u32 age_add
 *     v16 ticket
 *
 * vN is a vector with an N-bit length. Texts carry no NUL and are as long as they are: a session is two hundred bytes, not the kilobyte
 * of its struct.
 */
#include "handshake/resume.h"
#include "base/wipe.h"
#include "handshake/suite.h"
#include <string.h>

enum { FORMAT = 3 };
enum { FLAG_EMS = 1, FLAG_ETM = 2, FLAG_PEER = 4, FRAGMENT_AT = 3, FRAGMENT_MAX = 4 };

/* Certificates that do not expire, as far as is known. */
#define NO_END UINT32_MAX

/* Clocks of servers that share ticket keys may differ by so many seconds. */
enum { CLOCK_SKEW = 60 };

static void write_vec8(struct sw_writer *w, const void *p, size_t len)
{
    size_t mark = sw_write_open(w, 1);

    sw_write_bytes(w, p, len);
    sw_write_close(w, mark, 1);
}

static void write_text(struct sw_writer *w, const char *text, size_t cap)
{
    write_vec8(w, text, strnlen(text, cap));
}

/* NO_END for what is that far away, too. */
static uint32_t seconds_valid(const struct sw_session *s)
{
    if (s->until <= s->created)
        return 0;
    return (uint64_t)s->until - (uint64_t)s->created < NO_END ? (uint32_t)(s->until - s->created) : NO_END;
}

static void write_peer(struct sw_writer *w, const struct sw_session *s)
{
    const struct sw_peer *peer = &s->peer;

    write_text(w, peer->name, sizeof peer->name);
    write_text(w, peer->subject, sizeof peer->subject);
    sw_write_bytes(w, peer->sha256, sizeof peer->sha256);
    write_vec8(w, peer->serial, peer->serial_len);
    write_vec8(w, s->above.serials, s->above.len);
    sw_write_bytes(w, s->root, sizeof s->root);
    sw_write_u32(w, seconds_valid(s));
}

enum sw_err sw_session_encode(const struct sw_session *s, struct sw_writer *w)
{
    size_t mark;

    sw_write_u8(w, FORMAT);
    sw_write_u16(w, s->version);
    sw_write_u16(w, s->suite);
    sw_write_u8(w, (s->ems ? FLAG_EMS : 0U) | (s->etm ? FLAG_ETM : 0U) | (s->has_peer ? FLAG_PEER : 0U) |
                       (unsigned)s->max_fragment << FRAGMENT_AT);
    write_vec8(w, s->id, s->id_len);
    sw_write_bytes(w, s->master, sizeof s->master);
    sw_write_u64(w, (uint64_t)s->created);
    sw_write_u32(w, s->lifetime);
    sw_write_u16(w, s->group);
    sw_write_u16(w, s->sigscheme);
    write_text(w, s->server_name, sizeof s->server_name);
    write_text(w, s->alpn, sizeof s->alpn);
    if (s->has_peer)
        write_peer(w, s);
    if (s->version == SW_TLS13) {
        sw_write_u64(w, (uint64_t)s->issued);
        sw_write_u32(w, s->age_add);
    }
    mark = sw_write_open(w, 2);
    sw_write_slice(w, s->ticket);
    sw_write_close(w, mark, 2);
    return sw_writer_ok(w) ? SW_OK : SW_ERR_SPACE;
}

/* A vector of at most cap bytes; what is behind it stays zero. */
static size_t read_vec8(struct sw_reader *r, void *out, size_t cap)
{
    struct sw_reader v = sw_read_vec8(r);
    size_t len = sw_reader_left(&v);

    if (len > cap) {
        sw_reader_fail(r);
        return 0;
    }
    sw_read_copy(&v, out, len);
    return len;
}

static void read_text(struct sw_reader *r, char *out, size_t cap)
{
    size_t len = read_vec8(r, out, cap - 1);

    if (memchr(out, '\0', len))
        sw_reader_fail(r);
}

/* Whole serial numbers, or it is none of ours. */
static void read_above(struct sw_reader *r, struct sw_above *above)
{
    struct sw_reader each;

    above->len = (uint8_t)read_vec8(r, above->serials, sizeof above->serials);
    each = sw_reader_of(above->serials, above->len);
    while (sw_reader_left(&each) > 0)
        (void)sw_read_vec8(&each);
    if (!sw_reader_end(&each))
        sw_reader_fail(r);
}

static void read_peer(struct sw_reader *r, struct sw_session *s)
{
    struct sw_peer *peer = &s->peer;
    uint32_t valid;

    read_text(r, peer->name, sizeof peer->name);
    read_text(r, peer->subject, sizeof peer->subject);
    sw_read_copy(r, peer->sha256, sizeof peer->sha256);
    peer->serial_len = read_vec8(r, peer->serial, sizeof peer->serial);
    read_above(r, &s->above);
    sw_read_copy(r, s->root, sizeof s->root);
    valid = sw_read_u32(r);
    if (s->created > INT64_MAX - (int64_t)NO_END)
        sw_reader_fail(r); /* the end of time is nobody's session */
    else
        s->until = valid == NO_END ? INT64_MAX : s->created + valid;
}

/* The suite is one of ours and of the session's version: the engine looks it up without asking again. */
static void check_suite(struct sw_reader *r, const struct sw_session *s)
{
    const struct sw_suite *suite = sw_suite_by_id(s->suite);

    if (!suite || suite->min_version != s->version)
        sw_reader_fail(r);
}

enum sw_err sw_session_decode(struct sw_session *s, const void *p, size_t len)
{
    struct sw_reader r = sw_reader_of(p, len), ticket;
    unsigned flags;

    memset(s, 0, sizeof *s);
    if (sw_read_u8(&r) != FORMAT)
        sw_reader_fail(&r);
    s->version = sw_read_u16(&r);
    s->suite = sw_read_u16(&r);
    check_suite(&r, s);
    flags = sw_read_u8(&r);
    if (flags >> FRAGMENT_AT > FRAGMENT_MAX)
        sw_reader_fail(&r);
    s->max_fragment = (uint8_t)(flags >> FRAGMENT_AT);
    s->ems = flags & FLAG_EMS;
    s->etm = flags & FLAG_ETM;
    s->has_peer = flags & FLAG_PEER;
    s->id_len = (uint8_t)read_vec8(&r, s->id, sizeof s->id);
    sw_read_copy(&r, s->master, sizeof s->master);
    s->created = (int64_t)sw_read_u64(&r);
    s->lifetime = sw_read_u32(&r);
    s->group = sw_read_u16(&r);
    s->sigscheme = sw_read_u16(&r);
    read_text(&r, s->server_name, sizeof s->server_name);
    read_text(&r, s->alpn, sizeof s->alpn);
    if (s->has_peer)
        read_peer(&r, s);
    if (s->version == SW_TLS13) {
        s->issued = (int64_t)sw_read_u64(&r);
        s->age_add = sw_read_u32(&r);
    }
    ticket = sw_read_vec16(&r);
    s->ticket = sw_read_rest(&ticket);
    if (sw_reader_end(&r))
        return SW_OK;
    sw_wipe(s, sizeof *s);
    return SW_ERR_DECODE;
}

bool sw_session_expired(const struct sw_session *s, int64_t now)
{
    /* In this order no sum can overflow, whatever the bytes said. */
    if (s->created > now)
        return s->created - now > CLOCK_SKEW;
    return (uint64_t)now - (uint64_t)s->created >= s->lifetime;
}
