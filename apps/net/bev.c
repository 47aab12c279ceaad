/*
 * One bufferevent filter over a socket's bufferevent. Three settings keep memory bounded when a peer reads slowly, and
 * all three are needed: callbacks are deferred (else evhttp stalls in the middle of a chunked answer), the socket's
 * bufferevent has a write high-water mark, and the filter stops at dst_limit.
 *   The filter does not own the socket's bufferevent: when evhttp frees the filter, bytes may still wait in the
 * socket's output, and close_notify must follow them. So the socket lives on by itself until the peer has them
 * (linger).
 *   evhttp shuts down and closes the descriptor it accepted as soon as it has handed over the last byte, which would
 * cut off what still waits. So the connection moves to another descriptor with its first byte, and evhttp's number is
 * made to stand for /dev/null.
 *   evhttp fills the output first and enables writing afterwards, and a filter that is enabled does not look at its
 * output: so whoever got output is looked at again in the next turn of the loop (kick).
 *   A filter's context cannot be asked for from outside; the table below finds it by socket, of which a process has
 * some thousands.
 */
#include "apps/net/bev.h"
#include "apps/net/linger.h"
#include "apps/net/records.h"
#include <event2/buffer.h>
#include <event2/event.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

enum { WRITE_HIGH = 128 * 1024, MUCH = 4096, TURNS = 16, AHEAD = 65536 };

struct bev {
    struct bufferevent *filter, *socket;
    struct sw_conn *conn; /* NULL: unprotected */
    const struct bev_hooks *hooks;
    struct event *gone; /* the peer closed while nobody was reading */
    int fd;             /* as in the table, -1 before */
    bool established, told_end, busy;
    size_t ahead; /* bytes that are taken while a request is being answered */
    bool held;    /* so many have been: the socket is not read */
    bool kicked;  /* is in that list */
    TAILQ_ENTRY(bev) in_kicked;
};

/* Connections by socket, and those with new output. */
static struct {
    struct bev **by_fd;
    size_t size, count;
    int nothing; /* /dev/null */
    struct event *kick;
    struct bev_totals totals;
    TAILQ_HEAD(, bev) kicked;
} table = {.nothing = -1, .kicked = TAILQ_HEAD_INITIALIZER(table.kicked)};

static bool table_put(struct bev *b, int fd)
{
    size_t need = (size_t)fd + 1;
    if (need > table.size) {
        size_t size = table.size ? table.size : 64;
        while (size < need)
            size *= 2;
        struct bev **p = realloc(table.by_fd, size * sizeof(struct bev *));
        if (!p)
            return false;
        memset(p + table.size, 0, (size - table.size) * sizeof(struct bev *));
        table.by_fd = p;
        table.size = size;
    }
    table.by_fd[fd] = b;
    b->fd = fd;
    return true;
}

static void table_remove(struct bev *b)
{
    if (b->fd >= 0 && table.by_fd[b->fd] == b)
        table.by_fd[b->fd] = NULL;
    b->fd = -1;
}

/* Take the socket away from evhttp's descriptor; false if there is no descriptor left. */
static bool move_socket(struct bev *b)
{
    const int on = 1;
    int theirs = bufferevent_getfd(b->socket), ours = fcntl(theirs, F_DUPFD_CLOEXEC, 0);
    if (ours < 0)
        return false;
    /* a message to somebody who waits is a small segment behind another: Nagle would hold it back for 40 ms */
    (void)setsockopt(ours, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (bufferevent_setfd(b->socket, ours) || dup3(table.nothing, theirs, O_CLOEXEC) < 0 || !table_put(b, ours)) {
        bufferevent_setfd(b->socket, theirs);
        close(ours);
        return false;
    }
    return true;
}

size_t bev_count(void)
{
    return table.count + linger_count();
}

struct bev_totals bev_totals(void)
{
    return table.totals;
}

static struct bev *find(struct bufferevent *bev)
{
    int fd = bufferevent_getfd(bev);
    return fd >= 0 && (size_t)fd < table.size ? table.by_fd[fd] : NULL;
}

struct sw_conn *bev_conn(struct bufferevent *bev)
{
    struct bev *b = find(bev);
    return b ? b->conn : NULL;
}

bool bev_is_plain(struct bufferevent *bev)
{
    struct bev *b = find(bev);
    return b && !b->conn;
}

/* --- attention ---------------------------------------------------------------------------------------------------- */

/* Look at it again in the next turn of the loop. */
static void kick(struct bev *b)
{
    if (b->kicked)
        return;
    b->kicked = true;
    TAILQ_INSERT_TAIL(&table.kicked, b, in_kicked);
    event_active(table.kick, 0, 0);
}

/* A request is here, and its answer has not gone out yet. */
static bool is_answering(const struct bev *b)
{
    return b->busy || evbuffer_get_length(bufferevent_get_output(b->filter));
}

/* --- bytes -------------------------------------------------------------------------------------------------------- */

/* Records that are ready, to the socket's output. False without memory. */
static bool send_records(struct bev *b)
{
    return records_flush(b->conn, bufferevent_get_output(b->socket), &table.totals.sent);
}

/*
 * The socket's bufferevent reads four kilobytes at a time: where much comes, the rest is taken from the socket itself,
 * past it, and some of that at a time, so that the others have their turn. What ends the connection is left for it to
 * find.
 */
static bool take_more(struct bev *b, unsigned *turns)
{
    if (*turns == 0 || !records_feed_from(b->conn, b->fd, &table.totals.received))
        return false;
    (*turns)--;
    return true;
}

/*
 * bufferevent_free only begins the end: the filter goes in a later turn of the loop, and release() comes then. If it
 * was freed in a callback of its own, whatever counts its references up and down until then makes it go twice. What is
 * free has no callbacks any more, and what is not always has one for events.
 */
static bool is_free(const struct bev *b)
{
    bufferevent_data_cb read, written;
    bufferevent_event_cb event;
    void *arg;
    bufferevent_getcb(b->filter, &read, &written, &event, &arg);
    return event == NULL;
}

/* Whoever reads the filter learns that there will be nothing more. */
static void tell_end(struct bev *b)
{
    if (b->told_end || is_free(b))
        return;
    b->told_end = true;
    bufferevent_trigger_event(b->filter, BEV_EVENT_READING | BEV_EVENT_EOF, 0);
}

/* What changed by the bytes that came: for the owner, and for whoever reads the filter. */
static void note_changes(struct bev *b)
{
    if (!b->established && sw_conn_established(b->conn)) {
        b->established = true;
        if (b->hooks->established)
            b->hooks->established(b->hooks->ctx, b->conn);
    }
    if (records_ended(b->conn))
        tell_end(b);
}

/* A request begins with the letter of its method, a hello with 22. */
static void choose_protection(struct bev *b, struct evbuffer *src)
{
    uint8_t first;
    if (!b->hooks->allow_plain || evbuffer_copyout(src, &first, 1) != 1 || first < 'A' || first > 'Z')
        return;
    sw_conn_free(b->conn);
    b->conn = NULL;
}

static void hold(struct bev *b)
{
    bufferevent_disable(b->socket, EV_READ);
    b->held = true;
}

/*
 * While a request is being answered, evhttp reads on, to learn of the peer's end, and would take in whatever comes,
 * without limit. False: enough has come, and the socket is left alone until the answer is out. Else *limit is how much
 * may be taken.
 */
static bool may_take(struct bev *b, const struct evbuffer *dst, ev_ssize_t *limit)
{
    size_t there = evbuffer_get_length(dst);
    if (!is_answering(b))
        return true;
    if (there >= b->ahead) {
        hold(b);
        return false;
    }
    if (*limit < 0 || (size_t)*limit > b->ahead - there)
        *limit = (ev_ssize_t)(b->ahead - there);
    return true;
}

/* Without protection both directions are this. */
static enum bufferevent_filter_result pass(struct evbuffer *src, struct evbuffer *dst, ev_ssize_t limit)
{
    size_t n = evbuffer_get_length(src);
    if (limit >= 0 && n > (size_t)limit)
        n = (size_t)limit;
    if (evbuffer_remove_buffer(src, dst, n) < 0)
        return BEV_ERROR;
    return n ? BEV_OK : BEV_NEED_MORE;
}

static enum bufferevent_filter_result decrypt(struct evbuffer *src, struct evbuffer *dst, ev_ssize_t limit,
                                              enum bufferevent_flush_mode mode, void *ctx)
{
    struct bev *b = ctx;
    unsigned turns = evbuffer_get_length(src) >= MUCH ? TURNS : 0;
    (void)mode;
    if (b->fd < 0) {
        if (!move_socket(b)) {
            evbuffer_drain(src, evbuffer_get_length(src));
            tell_end(b);
            return BEV_ERROR;
        }
        choose_protection(b, src);
    }
    if (!may_take(b, dst, &limit))
        return BEV_NEED_MORE;
    if (!b->conn)
        return pass(src, dst, limit);
    size_t room = limit < 0 ? SIZE_MAX : (size_t)limit, all = room;
    do {
        if (!records_read(b->conn, dst, &room) || !send_records(b))
            return BEV_ERROR;
    } while (records_feed(b->conn, src, &table.totals.received) || take_more(b, &turns));
    if (!room) /* what is left may be in the connection already, where no event tells of it */
        hold(b);
    if (b->told_end || sw_conn_error(b->conn))
        evbuffer_drain(src, evbuffer_get_length(src)); /* nobody will ever want it */
    if (!send_records(b))
        return BEV_ERROR;
    note_changes(b);
    return room < all ? BEV_OK : BEV_NEED_MORE;
}

static enum bufferevent_filter_result encrypt(struct evbuffer *src, struct evbuffer *dst, ev_ssize_t limit,
                                              enum bufferevent_flush_mode mode, void *ctx)
{
    struct bev *b = ctx;
    size_t start = evbuffer_get_length(src);
    (void)mode;
    if (!b->conn)
        return pass(src, dst, limit);
    if (!records_write(b->conn, src, dst, limit, &table.totals.sent))
        return BEV_ERROR;
    /* nothing more to say for a while: an answer is out, or whoever waits has been told what there was */
    if (!evbuffer_get_length(src) && (!b->busy || b->gone))
        sw_conn_release(b->conn);
    if (b->held && !is_answering(b))
        kick(b);
    return evbuffer_get_length(src) < start ? BEV_OK : BEV_NEED_MORE;
}

/* --- output ------------------------------------------------------------------------------------------------------- */

/* Read again, and first what was read already. */
static void let_go(struct bev *b)
{
    b->held = false;
    bufferevent_enable(b->socket, EV_READ);
    bufferevent_trigger(b->socket, EV_READ, BEV_TRIG_IGNORE_WATERMARKS);
}

static void on_kick(evutil_socket_t fd, short what, void *ctx)
{
    struct bev *b;
    (void)fd;
    (void)what;
    (void)ctx;
    while ((b = TAILQ_FIRST(&table.kicked)) != NULL) {
        TAILQ_REMOVE(&table.kicked, b, in_kicked);
        b->kicked = false;
        if (is_free(b))
            continue;
        bufferevent_flush(b->filter, EV_WRITE, BEV_NORMAL);
        if (b->held && !is_answering(b))
            let_go(b);
    }
}

static void on_output(struct evbuffer *out, const struct evbuffer_cb_info *info, void *ctx)
{
    (void)out;
    if (info->n_added)
        kick(ctx);
}

/* --- the end ------------------------------------------------------------------------------------------------------ */

void bev_forget(void)
{
    linger_forget();
    if (table.count)
        return;
    free(table.by_fd);
    if (table.kick)
        event_free(table.kick);
    if (table.nothing >= 0)
        close(table.nothing);
    table.nothing = -1;
    table.by_fd = NULL;
    table.kick = NULL;
    table.size = 0;
}

static void release(void *ctx)
{
    struct bev *b = ctx;
    bool moved = b->fd >= 0;
    if (b->conn) {
        if (moved) { /* else not one byte came, and the socket is closed already */
            sw_conn_close(b->conn);
            (void)send_records(b);
        }
        if (b->hooks->ended)
            b->hooks->ended(b->hooks->ctx, b->conn, b->fd);
    }
    if (b->gone)
        event_free(b->gone);
    if (b->kicked)
        TAILQ_REMOVE(&table.kicked, b, in_kicked);
    table_remove(b);
    table.count--;
    sw_conn_free(b->conn);
    if (moved) {
        linger(b->socket);
    } else { /* evhttp has closed the socket */
        bufferevent_setfd(b->socket, -1);
        bufferevent_free(b->socket);
    }
    free(b);
}

/* --- the beginning ------------------------------------------------------------------------------------------------ */

void bev_end(struct bufferevent *bev)
{
    struct bev *b = find(bev);
    if (b)
        tell_end(b);
}

void bev_set_busy(struct bufferevent *bev, bool busy)
{
    struct bev *b = find(bev);
    if (!b)
        return;
    b->busy = busy;
    b->ahead = AHEAD;
    if (b->held)
        kick(b);
}

void bev_read_ahead(struct bufferevent *bev, size_t most)
{
    struct bev *b = find(bev);
    if (!b)
        return;
    b->ahead = most;
    bufferevent_enable(bev, EV_READ);
}

void bev_close_idle(void)
{
    for (size_t fd = 0; fd < table.size; fd++) {
        struct bev *b = table.by_fd[fd];
        if (b && !b->busy && !evbuffer_get_length(bufferevent_get_output(b->filter)))
            tell_end(b);
    }
}

size_t bev_end_those(bool (*is)(void *ctx, struct sw_conn *conn), void *ctx)
{
    size_t n = 0;
    for (size_t fd = 0; fd < table.size; fd++) {
        struct bev *b = table.by_fd[fd];
        if (b && b->established && !b->told_end && is(ctx, b->conn)) {
            tell_end(b);
            n++;
        }
    }
    return n;
}

static void peer_gone(evutil_socket_t fd, short what, void *ctx)
{
    struct bev *b = ctx;
    (void)fd;
    (void)what;
    tell_end(b);
}

void bev_rest(struct bufferevent *bev)
{
    struct bev *b = find(bev);
    if (!b)
        return;
    if (b->conn)
        sw_conn_release(b->conn);
    if (!b->gone) {
        b->gone = event_new(bufferevent_get_base(bev), b->fd, EV_CLOSED, peer_gone, b);
        if (b->gone)
            event_add(b->gone, NULL);
    }
}

static bool table_open(struct event_base *base)
{
    if (table.nothing < 0)
        table.nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (!table.kick)
        table.kick = event_new(base, -1, 0, on_kick, NULL);
    return table.nothing >= 0 && table.kick;
}

struct bufferevent *bev_new(struct event_base *base, struct sw_config *cfg, const struct bev_hooks *hooks)
{
    if (!table_open(base))
        return NULL;
    struct bev *b = calloc(1, sizeof *b);
    if (!b)
        return NULL;
    b->hooks = hooks;
    b->ahead = AHEAD;
    b->fd = -1;
    b->socket = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
    if (b->socket && sw_conn_new(&b->conn, cfg, NULL) == SW_OK)
        b->filter = bufferevent_filter_new(b->socket, decrypt, encrypt, BEV_OPT_DEFER_CALLBACKS, release, b);
    if (!b->filter) {
        sw_conn_free(b->conn);
        if (b->socket)
            bufferevent_free(b->socket);
        free(b);
        return NULL;
    }
    evbuffer_add_cb(bufferevent_get_output(b->filter), on_output, b);
    sw_conn_set_user(b->conn, b->filter);
    bufferevent_setwatermark(b->socket, EV_WRITE, 0, WRITE_HIGH);
    bufferevent_set_max_single_write(b->socket, WRITE_HIGH); /* else 16 KiB a turn of the loop */
    table.count++;
    table.totals.accepted++;
    return b->filter;
}
