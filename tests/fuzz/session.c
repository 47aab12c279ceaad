/*
 * Sessions as bytes, from a client's file or another server's ticket. What is accepted must be written again as the
 * same bytes, and a ticket of any bytes is refused without harm.
 */
#include "handshake/config.h"
#include "handshake/resume.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct sw_ticket_keys *ticket_keys(void)
{
    static const uint8_t key[1][32];
    static struct sw_ticket_keys *keys;

    if (!keys) {
        keys = sw_ticket_keys_new(&sw_allocator_plain);
        if (!keys || sw_ticket_keys_set(keys, key, 1))
            abort();
    }
    return keys;
}

/* A server's session, sealed and opened, is the same. */
static void through_a_ticket(struct sw_session *s)
{
    static uint8_t before[SW_SESSION_MAX], after[SW_SESSION_MAX], ticket[SW_SESSION_MAX + SW_TICKET_OVERHEAD];
    struct sw_writer w = sw_writer_of(ticket, sizeof ticket), b = sw_writer_of(before, sizeof before),
                     a = sw_writer_of(after, sizeof after);
    struct sw_session back;
    bool renew;

    s->ticket = (struct sw_slice){NULL, 0};
    if (s->lifetime == 0 || sw_session_expired(s, s->created))
        return;
    if (sw_ticket_seal(ticket_keys(), NULL, s, s->created, &w) ||
        sw_ticket_open(ticket_keys(), (struct sw_slice){ticket, w.len}, s->created, &back, &renew))
        abort();
    if (sw_session_encode(s, &b) || sw_session_encode(&back, &a) || a.len != b.len || memcmp(before, after, a.len) != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t again[SW_SESSION_MAX + SW_TICKET_MAX];
    struct sw_writer w = sw_writer_of(again, sizeof again);
    struct sw_session s;
    bool renew;

    if (sw_ticket_open(ticket_keys(), (struct sw_slice){data, size}, 0, &s, &renew) == SW_OK)
        abort();
    if (sw_session_decode(&s, data, size))
        return 0;
    if (sw_session_encode(&s, &w) || w.len != size || memcmp(again, data, size) != 0)
        abort();
    through_a_ticket(&s);
    return 0;
}
