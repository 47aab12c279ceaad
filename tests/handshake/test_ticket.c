/* Tickets: they open where they should, nowhere else, and the keys rotate. */
#include "handshake/resume.h"
#include "tests/handshake/counted.h"
#include "tests/test.h"
#include <string.h>

static struct counted mem;
static const struct sw_allocator allocator = COUNTED_BY(&mem);

enum { NOW = 1700000000, LIFETIME = 7200, TICKET = 512 };

static struct sw_session sample(int64_t created)
{
    struct sw_session s;

    memset(&s, 0, sizeof s);
    s.version = SW_TLS12;
    s.suite = 0xC02F;
    s.created = created;
    s.lifetime = LIFETIME;
    memset(s.master, 0x5A, sizeof s.master);
    s.has_peer = true;
    strcpy(s.peer.name, "alice");
    return s;
}

static struct sw_slice seal(struct sw_ticket_keys *keys, int64_t now, uint8_t *buf)
{
    struct sw_session s = sample(now);
    struct sw_writer w = sw_writer_of(buf, TICKET);

    SW_ASSERT_OK(sw_ticket_seal(keys, NULL, &s, now, &w));
    return (struct sw_slice){buf, w.len};
}

static enum sw_err try_open(struct sw_ticket_keys *keys, struct sw_slice t, int64_t now, bool *renew)
{
    struct sw_session s;
    enum sw_err err = sw_ticket_open(keys, t, now, &s, renew);

    if (!err) {
        CU_ASSERT_EQUAL(s.suite, 0xC02F);
        CU_ASSERT_EQUAL(s.master[47], 0x5A);
        CU_ASSERT_STRING_EQUAL(s.peer.name, "alice");
        CU_ASSERT_EQUAL(s.ticket.len, 0);
    }
    return err;
}

static void opens_what_it_sealed(void)
{
    struct sw_ticket_keys *keys = sw_ticket_keys_new(&allocator);
    uint8_t a[TICKET], b[TICKET];
    struct sw_slice t = seal(keys, NOW, a), u = seal(keys, NOW, b);
    bool renew = true;

    SW_ASSERT_OK(try_open(keys, t, NOW, &renew));
    CU_ASSERT_FALSE(renew);
    SW_ASSERT_OK(try_open(keys, t, NOW + LIFETIME - 1, &renew));
    SW_ASSERT_ERR(try_open(keys, t, NOW + LIFETIME, &renew), SW_ERR_NOT_FOUND);
    /* the same session twice: another nonce, nothing alike but the key's name */
    CU_ASSERT_EQUAL(t.len, u.len);
    SW_ASSERT_BYTES(a, b, 16);
    CU_ASSERT(memcmp(a + 16, b + 16, 12) != 0);
    CU_ASSERT(memcmp(a + 28, b + 28, t.len - 28) != 0);
    CU_ASSERT(memmem(a, t.len, "alice", 5) == NULL);
    sw_ticket_keys_free(keys);
    CU_ASSERT_EQUAL(mem.blocks, 0);
    CU_ASSERT_EQUAL(mem.dirty, 0);
}

static void changed_is_not_found(void)
{
    struct sw_ticket_keys *keys = sw_ticket_keys_new(&allocator), *others = sw_ticket_keys_new(&allocator);
    uint8_t buf[2 * TICKET], other[TICKET];
    struct sw_slice t = seal(keys, NOW, buf);
    bool renew;

    seal(others, NOW, other);
    for (size_t bit = 0; bit < t.len * 8; bit++) {
        buf[bit / 8] ^= (uint8_t)(1 << bit % 8);
        SW_ASSERT_ERR(try_open(keys, t, NOW, &renew), SW_ERR_NOT_FOUND);
        buf[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t len = 0; len < t.len; len++)
        SW_ASSERT_ERR(try_open(keys, (struct sw_slice){buf, len}, NOW, &renew), SW_ERR_NOT_FOUND);
    buf[t.len] = 0;
    SW_ASSERT_ERR(try_open(keys, (struct sw_slice){buf, t.len + 1}, NOW, &renew), SW_ERR_NOT_FOUND);
    SW_ASSERT_ERR(try_open(others, t, NOW, &renew), SW_ERR_NOT_FOUND);
    memcpy(buf, other, 16); /* another's name on it */
    SW_ASSERT_ERR(try_open(others, t, NOW, &renew), SW_ERR_NOT_FOUND);
    sw_ticket_keys_free(keys);
    sw_ticket_keys_free(others);
}

static void absurd_lengths_are_not_found(void)
{
    static uint8_t big[SW_TICKET_MAX];
    struct sw_ticket_keys *keys = sw_ticket_keys_new(&allocator);
    bool renew;

    seal(keys, NOW, big);
    SW_ASSERT_ERR(try_open(keys, (struct sw_slice){big, sizeof big}, NOW, &renew), SW_ERR_NOT_FOUND);
    SW_ASSERT_ERR(try_open(keys, (struct sw_slice){NULL, 0}, NOW, &renew), SW_ERR_NOT_FOUND);
    sw_ticket_keys_free(keys);
}

static void keys_rotate(void)
{
    struct sw_ticket_keys *keys = sw_ticket_keys_new(&allocator);
    uint8_t first[TICKET], buf[TICKET];
    struct sw_session s = sample(NOW);
    struct sw_slice t;
    bool renew;

    s.lifetime = UINT32_MAX; /* so that the ticket itself lives on */
    struct sw_writer w = sw_writer_of(first, sizeof first);
    SW_ASSERT_OK(sw_ticket_seal(keys, NULL, &s, NOW, &w));
    t = (struct sw_slice){first, w.len};
    for (int epoch = 1; epoch <= SW_TICKET_EPOCHS; epoch++) {
        int64_t now = NOW + epoch * LIFETIME;
        seal(keys, now - 1, buf);
        CU_ASSERT(epoch > 1 || memcmp(first, buf, 16) == 0);
        SW_ASSERT_OK(try_open(keys, t, now - 1, &renew));
        CU_ASSERT_EQUAL(renew, epoch > 1);
        seal(keys, now, buf); /* makes a new key */
        CU_ASSERT(memcmp(first, buf, 16) != 0);
        if (epoch < SW_TICKET_EPOCHS)
            SW_ASSERT_OK(try_open(keys, t, now, &renew));
        else
            SW_ASSERT_ERR(try_open(keys, t, now, &renew), SW_ERR_NOT_FOUND);
        CU_ASSERT_EQUAL(renew, epoch < SW_TICKET_EPOCHS);
    }
    CU_ASSERT_EQUAL(mem.blocks, 1 + SW_TICKET_EPOCHS);
    sw_ticket_keys_free(keys);
    CU_ASSERT_EQUAL(mem.blocks, 0);
    CU_ASSERT_EQUAL(mem.dirty, 0);
}

/* A server that sealed nothing for an epoch renews, too: its key is due. */
static void an_old_key_of_a_quiet_server_is_due(void)
{
    struct sw_ticket_keys *keys = sw_ticket_keys_new(&allocator);
    uint8_t early[TICKET], late[TICKET];
    struct sw_slice t;
    bool renew;

    seal(keys, NOW, early);
    t = seal(keys, NOW + LIFETIME - 1, late);
    SW_ASSERT_OK(try_open(keys, t, NOW + LIFETIME - 1, &renew));
    CU_ASSERT_FALSE(renew);
    SW_ASSERT_OK(try_open(keys, t, NOW + LIFETIME, &renew));
    CU_ASSERT_TRUE(renew);
    sw_ticket_keys_free(keys);
}

static const uint8_t given[3][32] = {{1}, {2}, {3}};

static void servers_share_keys(void)
{
    struct sw_ticket_keys *a = sw_ticket_keys_new(&allocator), *b = sw_ticket_keys_new(&allocator);
    uint8_t buf[TICKET];
    struct sw_slice t;
    bool renew;

    SW_ASSERT_OK(sw_ticket_keys_set(a, given, 2));
    SW_ASSERT_OK(sw_ticket_keys_set(b, given, 2));
    t = seal(a, NOW, buf);
    SW_ASSERT_OK(try_open(b, t, NOW, &renew));
    CU_ASSERT_FALSE(renew);
    /* the next key takes the lead; the old one still opens, and asks for renewal; then it is gone */
    const uint8_t next[2][32] = {{3}, {1}};
    SW_ASSERT_OK(sw_ticket_keys_set(b, next, 2));
    SW_ASSERT_OK(try_open(b, t, NOW, &renew));
    CU_ASSERT_TRUE(renew);
    SW_ASSERT_OK(sw_ticket_keys_set(b, next, 1));
    SW_ASSERT_ERR(try_open(b, t, NOW, &renew), SW_ERR_NOT_FOUND);
    /* given keys do not rotate, however long it takes */
    seal(a, NOW + 1000 * LIFETIME, buf);
    CU_ASSERT_EQUAL(mem.blocks, 1 + 2 + 1 + 1);
    sw_ticket_keys_free(a);
    sw_ticket_keys_free(b);
    CU_ASSERT_EQUAL(mem.blocks, 0);
    CU_ASSERT_EQUAL(mem.dirty, 0);
}

/* The name is HMAC-SHA-256 under the key: computed with Python. */
static void derivation_is_fixed(void)
{
    struct sw_ticket_keys *keys = sw_ticket_keys_new(&allocator);
    uint8_t buf[TICKET];

    SW_ASSERT_OK(sw_ticket_keys_set(keys, given, 1));
    seal(keys, NOW, buf);
    SW_ASSERT_HEX(buf, 16, "431df778e0e34ddaffd047058ae80bba");
    sw_ticket_keys_free(keys);
}

static void wrong_arguments(void)
{
    static const uint8_t many[SW_TICKET_KEYS_MAX + 1][32];
    struct sw_ticket_keys *keys = sw_ticket_keys_new(&allocator);
    struct sw_session s = sample(NOW);
    uint8_t buf[TICKET];
    struct sw_writer w = sw_writer_of(buf, sizeof buf);

    SW_ASSERT_ERR(sw_ticket_keys_set(keys, given, 0), SW_ERR_ARGUMENT);
    SW_ASSERT_ERR(sw_ticket_keys_set(keys, many, SW_TICKET_KEYS_MAX + 1), SW_ERR_ARGUMENT);
    SW_ASSERT_OK(sw_ticket_keys_set(keys, many, SW_TICKET_KEYS_MAX));
    s.lifetime = 0;
    SW_ASSERT_ERR(sw_ticket_seal(keys, NULL, &s, NOW, &w), SW_ERR_ARGUMENT);
    s = sample(NOW);
    s.ticket = (struct sw_slice){buf, 1};
    SW_ASSERT_ERR(sw_ticket_seal(keys, NULL, &s, NOW, &w), SW_ERR_ARGUMENT);
    sw_ticket_keys_free(keys);
    sw_ticket_keys_free(NULL);
}

/* Room for each number of bytes below a ticket's: an error, and no plaintext left in the buffer. */
static void no_room(void)
{
    struct sw_ticket_keys *keys = sw_ticket_keys_new(&allocator);
    struct sw_session s = sample(NOW);
    uint8_t buf[TICKET];
    size_t full = seal(keys, NOW, buf).len;

    for (size_t cap = 0; cap < full; cap++) {
        struct sw_writer w = sw_writer_of(buf, cap);
        memset(buf, 0, sizeof buf);
        SW_ASSERT_ERR(sw_ticket_seal(keys, NULL, &s, NOW, &w), SW_ERR_SPACE);
        CU_ASSERT_PTR_NULL(memmem(buf, sizeof buf, s.master, 8));
    }
    sw_ticket_keys_free(keys);
}

static void no_memory(void)
{
    struct sw_session s = sample(NOW);
    struct sw_ticket_keys *keys;
    uint8_t buf[TICKET];
    bool renew;

    counted_allow(&mem, 0);
    CU_ASSERT_PTR_NULL(sw_ticket_keys_new(&allocator));
    counted_allow(&mem, 1);
    keys = sw_ticket_keys_new(&allocator);
    struct sw_writer w = sw_writer_of(buf, sizeof buf);
    SW_ASSERT_ERR(sw_ticket_seal(keys, NULL, &s, NOW, &w), SW_ERR_MEMORY);
    CU_ASSERT_PTR_NULL(memmem(buf, sizeof buf, s.master, 8));
    counted_allow(&mem, SIZE_MAX);
    struct sw_slice t = seal(keys, NOW, buf);
    counted_allow(&mem, 2); /* a set that fails in its middle changes nothing */
    SW_ASSERT_ERR(sw_ticket_keys_set(keys, given, 3), SW_ERR_MEMORY);
    counted_allow(&mem, SIZE_MAX);
    SW_ASSERT_OK(try_open(keys, t, NOW, &renew));
    sw_ticket_keys_free(keys);
    CU_ASSERT_EQUAL(mem.blocks, 0);
    CU_ASSERT_EQUAL(mem.dirty, 0);
}

static enum sw_err no_random(void *ctx, void *out, size_t len)
{
    (void)ctx;
    memset(out, 0, len);
    return SW_ERR_RANDOM;
}

static void no_randomness(void)
{
    const struct sw_rand broken = {no_random, NULL};
    struct sw_ticket_keys *keys = sw_ticket_keys_new(&allocator);
    struct sw_session s = sample(NOW);
    uint8_t buf[TICKET] = {0};

    for (int round = 0; round < 2; round++) { /* without a key, then without a nonce */
        struct sw_writer w = sw_writer_of(buf, sizeof buf);
        SW_ASSERT_ERR(sw_ticket_seal(keys, &broken, &s, NOW, &w), SW_ERR_RANDOM);
        CU_ASSERT_PTR_NULL(memmem(buf, sizeof buf, s.master, 8));
        seal(keys, NOW, buf);
    }
    sw_ticket_keys_free(keys);
}

SW_TEST_SUITE(ticket){
    SW_TEST(opens_what_it_sealed),
    SW_TEST(changed_is_not_found),
    SW_TEST(absurd_lengths_are_not_found),
    SW_TEST(keys_rotate),
    SW_TEST(an_old_key_of_a_quiet_server_is_due),
    SW_TEST(servers_share_keys),
    SW_TEST(derivation_is_fixed),
    SW_TEST(wrong_arguments),
    SW_TEST(no_room),
    SW_TEST(no_memory),
    SW_TEST(no_randomness),
};
