/*
 * Streams at once: places of a licence, taken with the play, kept, left, lost when their server is gone; at several
 * servers.
 */
#include "apps/store/store.h"
#include "tests/apps/store/place.h"
#include "tests/test.h"
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NOW = 1800000000 };

struct stage {
    struct store_place at;
    bool shared;
    struct sw_store *one, *two; /* servers; the same one, where a store has one */
};

static struct sw_store *open_store(const struct stage *s)
{
    const char *why = "";
    struct sw_store *store;
    if (!SW_ASSERT_OK(sw_store_open(&store, s->at.db, SW_VAULT_FILE(s->at.key), &sw_store_defaults, &why)))
        printf("%s\n", why);
    return store;
}

static void setup(struct stage *s)
{
    int fd;
    store_place_make(&s->at);
    s->one = s->two = open_store(s);
    SW_ASSERT_OK(sw_store_serve_streams(s->one, "one"));
    s->shared = sw_store_watch(s->one, &fd);
    if (!s->shared)
        return;
    s->two = open_store(s);
    SW_ASSERT_OK(sw_store_serve_streams(s->two, "two"));
}

static void teardown(struct stage *s)
{
    sw_store_close(s->one);
    if (s->two != s->one)
        sw_store_close(s->two);
    store_place_remove(&s->at);
}

/* Somebody called alice asks, with one of her certificates. */
static enum sw_right begin(struct sw_store *store, const char *id, uint8_t cert, unsigned most, int64_t now,
                           struct sw_stream *out)
{
    char serial[8];
    const struct sw_play play = {{"alice", serial}, "track", 3, 100, most, now};
    struct sw_licence a;
    bool fresh;
    *out = (struct sw_stream){.cert = {cert}};
    snprintf(serial, sizeof serial, "%02x", cert);
    snprintf(out->id, sizeof out->id, "%s", id);
    SW_ASSERT_OK(sw_store_play(store, &play, out, &a, &fresh));
    return out->right;
}

static int64_t plays_left(struct stage *s)
{
    struct sw_licence a;
    SW_ASSERT_OK(sw_store_find_licence(s->one, &(struct sw_holder){"alice", "99"}, "track", NOW, &a));
    return a.plays;
}

static void has_so_many_places(void)
{
    struct stage s;
    struct sw_stream a, b, c;
    setup(&s);
    CU_ASSERT_EQUAL(begin(s.one, "a", 1, 2, NOW, &a), SW_RIGHT_PLAY);
    CU_ASSERT_EQUAL(begin(s.two, "b", 2, 2, NOW, &b), SW_RIGHT_PLAY);
    CU_ASSERT_EQUAL(begin(s.one, "c", 3, 2, NOW, &c), SW_RIGHT_BUSY); /* the newest, not one of those who watch */
    CU_ASSERT_EQUAL(begin(s.two, "c", 1, 2, NOW, &c), SW_RIGHT_WAIT);
    CU_ASSERT_STRING_EQUAL(c.holder, "01");
    SW_ASSERT_OK(sw_store_end_stream(s.two, &b));
    CU_ASSERT_EQUAL(begin(s.one, "c", 3, 2, NOW, &c), SW_RIGHT_PLAY);
    CU_ASSERT_EQUAL(begin(s.one, "d", 3, 3, NOW, &c), SW_RIGHT_PLAY);
    CU_ASSERT_EQUAL(plays_left(&s), 2);
    teardown(&s);
}

static void turning_away_debits_nothing(void)
{
    struct stage s;
    struct sw_stream a, b;
    setup(&s);
    CU_ASSERT_EQUAL(begin(s.one, "a", 1, 1, NOW, &a), SW_RIGHT_PLAY);
    SW_ASSERT_OK(sw_store_keep_streams(s.one, &(struct sw_stream *){&a}, 1, NOW + 190));
    CU_ASSERT_EQUAL(begin(s.two, "b", 2, 1, NOW + 200, &b), SW_RIGHT_BUSY); /* its play is over, its stream is not */
    CU_ASSERT_EQUAL(plays_left(&s), 2);
    teardown(&s);
}

static void a_licence_may_have_more(void)
{
    struct stage s;
    struct sw_stream a;
    struct sw_licence l;
    const struct sw_grant g = {.plays = 3, .ends = -1, .streams = 2};
    setup(&s);
    SW_ASSERT_OK(sw_store_grant(s.one, &(struct sw_holder){"alice", "01"}, "track", &g, NOW, &l));
    CU_ASSERT_EQUAL(begin(s.one, "a", 1, 1, NOW, &a), SW_RIGHT_PLAY);
    CU_ASSERT_EQUAL(begin(s.one, "b", 2, 1, NOW, &a), SW_RIGHT_PLAY);
    CU_ASSERT_EQUAL(begin(s.one, "c", 2, 5, NOW, &a), SW_RIGHT_WAIT);
    teardown(&s);
}

/* A server that is gone says nothing any more. */
static void ends_with_its_server(void)
{
    struct stage s;
    struct sw_stream a, b, *ours = &a;
    setup(&s);
    CU_ASSERT_EQUAL(begin(s.one, "a", 1, 1, NOW, &a), SW_RIGHT_PLAY);
    CU_ASSERT_EQUAL(begin(s.two, "b", 2, 1, NOW + SW_STREAM_LEASE - 1, &b), SW_RIGHT_BUSY);
    SW_ASSERT_OK(sw_store_keep_streams(s.one, &ours, 1, NOW + SW_STREAM_LEASE - 1));
    CU_ASSERT_EQUAL(a.right, SW_RIGHT_PLAY);
    CU_ASSERT_EQUAL(begin(s.two, "b", 2, 1, NOW + 2 * SW_STREAM_LEASE - 2, &b), SW_RIGHT_BUSY);
    CU_ASSERT_EQUAL(begin(s.two, "b", 2, 1, NOW + 2 * SW_STREAM_LEASE - 1, &b), SW_RIGHT_PLAY);
    teardown(&s);
}

/* A server that stood still for a while finds its place taken, or not. */
static void does_not_go_on_in_a_place_that_was_taken(void)
{
    struct stage s;
    struct sw_stream a, b, *ours = &a, *theirs = &b;
    int64_t now = NOW + SW_STREAM_LEASE;
    setup(&s);
    CU_ASSERT_EQUAL(begin(s.one, "a", 1, 1, NOW, &a), SW_RIGHT_PLAY);
    CU_ASSERT_EQUAL(begin(s.two, "b", 2, 1, now, &b), SW_RIGHT_PLAY);
    SW_ASSERT_OK(sw_store_keep_streams(s.one, &ours, 1, now + 1));
    CU_ASSERT_EQUAL(a.right, SW_RIGHT_BUSY);
    SW_ASSERT_OK(sw_store_keep_streams(s.two, &theirs, 1, now + 1));
    CU_ASSERT_EQUAL(b.right, SW_RIGHT_PLAY);
    /* it does not even know what time it is */
    SW_ASSERT_OK(sw_store_keep_streams(s.one, &ours, 1, NOW + 1));
    CU_ASSERT_EQUAL(a.right, SW_RIGHT_BUSY);
    SW_ASSERT_OK(sw_store_end_stream(s.two, &b));
    SW_ASSERT_OK(sw_store_keep_streams(s.one, &ours, 1, now + 2)); /* whoever took it has left */
    CU_ASSERT_EQUAL(a.right, SW_RIGHT_PLAY);
    CU_ASSERT_EQUAL(begin(s.two, "b", 2, 1, now + 3, &b), SW_RIGHT_BUSY);
    CU_ASSERT_EQUAL(begin(s.two, "b", 1, 1, now + 100, &b), SW_RIGHT_PLAY);
    SW_ASSERT_OK(sw_store_keep_streams(s.one, &ours, 1, now + 101));
    CU_ASSERT_EQUAL(a.right, SW_RIGHT_WAIT); /* his own other player */
    teardown(&s);
}

/* One of several: those who watch keep the places they have. */
static void takes_another_place_where_there_is_one(void)
{
    struct stage s;
    struct sw_stream a, b, c, *ours[] = {&a, &b};
    int64_t now = NOW + SW_STREAM_LEASE;
    setup(&s);
    CU_ASSERT_EQUAL(begin(s.one, "a", 1, 2, NOW, &a), SW_RIGHT_PLAY);
    CU_ASSERT_EQUAL(begin(s.one, "b", 1, 2, NOW, &b), SW_RIGHT_PLAY);
    CU_ASSERT_EQUAL(begin(s.two, "c", 2, 2, now, &c), SW_RIGHT_PLAY);
    SW_ASSERT_OK(sw_store_keep_streams(s.one, ours, 2, now + 1));
    CU_ASSERT_EQUAL(a.right, SW_RIGHT_PLAY);
    CU_ASSERT_EQUAL(b.right, SW_RIGHT_WAIT); /* one of the places is his, too */
    teardown(&s);
}

/* One that has come back knows that it was gone: what it served is over, what others serve is not. */
static void begins_with_no_streams(void)
{
    struct stage s;
    struct sw_stream a;
    setup(&s);
    CU_ASSERT_EQUAL(begin(s.one, "a", 1, 1, NOW, &a), SW_RIGHT_PLAY);
    SW_ASSERT_OK(sw_store_serve_streams(s.one, "one"));
    CU_ASSERT_EQUAL(begin(s.two, "b", 2, 1, NOW, &a), SW_RIGHT_PLAY);
    SW_ASSERT_OK(sw_store_serve_streams(s.one, "another"));
    CU_ASSERT_EQUAL(begin(s.one, "c", 3, 1, NOW, &a), SW_RIGHT_BUSY);
    teardown(&s);
}

/* A crash of the database forgets them, and nobody's are in it for ever. */
static void are_kept_by_those_who_serve_them(void)
{
    struct stage s;
    struct sw_stream a, b, *ours = &a;
    setup(&s);
    if (s.shared) {
        CU_ASSERT_EQUAL(begin(s.one, "a", 1, 1, NOW, &a), SW_RIGHT_PLAY);
        CU_ASSERT_TRUE(store_place_sql(&s.at, "DELETE FROM stream"));
        SW_ASSERT_OK(sw_store_keep_streams(s.one, &ours, 1, NOW + 5));
        CU_ASSERT_EQUAL(begin(s.two, "b", 2, 1, NOW + 6, &b), SW_RIGHT_BUSY);
        SW_ASSERT_OK(sw_store_keep_streams(s.two, NULL, 0, NOW + 100000));
        CU_ASSERT_EQUAL(store_place_ask(&s.at, "SELECT count(*) FROM stream"), 0);
    }
    teardown(&s);
}

static void grant(struct stage *s, struct sw_grant g)
{
    struct sw_licence l;
    SW_ASSERT_OK(sw_store_grant(s->two, &(struct sw_holder){"alice", "01"}, "track", &g, NOW, &l));
}

static void does_not_go_on_without_a_right(void)
{
    struct stage s;
    struct sw_stream a, *ours = &a;
    setup(&s);
    CU_ASSERT_EQUAL(begin(s.one, "a", 1, 1, NOW, &a), SW_RIGHT_PLAY);
    grant(&s, (struct sw_grant){.plays = 0, .ends = NOW + 50, .streams = -1});
    SW_ASSERT_OK(sw_store_keep_streams(s.one, &ours, 1, NOW + 99)); /* its play has begun before the end */
    CU_ASSERT_EQUAL(a.right, SW_RIGHT_PLAY);
    SW_ASSERT_OK(sw_store_keep_streams(s.one, &ours, 1, NOW + 100));
    CU_ASSERT_EQUAL(a.right, SW_RIGHT_ENDED);
    grant(&s, (struct sw_grant){.plays = -1, .ends = 0, .streams = -1});
    SW_ASSERT_OK(sw_store_keep_streams(s.one, &ours, 1, NOW + 1000)); /* none left, and the last one has begun */
    CU_ASSERT_EQUAL(a.right, SW_RIGHT_PLAY);
    grant(&s, (struct sw_grant){.revoke = true, .plays = -1, .ends = -1, .streams = -1});
    SW_ASSERT_OK(sw_store_keep_streams(s.one, &ours, 1, NOW + 1));
    CU_ASSERT_EQUAL(a.right, SW_RIGHT_REVOKED);
    CU_ASSERT_TRUE(store_place_sql(&s.at, "DELETE FROM licence"));
    SW_ASSERT_OK(sw_store_keep_streams(s.one, &ours, 1, NOW + 1));
    CU_ASSERT_EQUAL(a.right, SW_RIGHT_REVOKED);
    teardown(&s);
}

enum { PROCESSES = 4, MOST = 2 };

static int begin_one(const struct stage *s, int i, int gate)
{
    struct sw_store *store = open_store(s);
    struct sw_stream st;
    char id[8], go;
    snprintf(id, sizeof id, "%d", i);
    if (read(gate, &go, 1) != 0)
        return 100;
    enum sw_right right = begin(store, id, (uint8_t)(i + 1), MOST, NOW, &st);
    sw_store_close(store);
    return right == SW_RIGHT_PLAY;
}

/* Each with another certificate, at another server. */
static void of_many_at_once_so_many_begin(void)
{
    struct stage s;
    pid_t child[PROCESSES];
    int gate[2], status, begun = 0;
    setup(&s);
    if (!s.shared) {
        teardown(&s);
        return;
    }
    CU_ASSERT_EQUAL_FATAL(pipe(gate), 0);
    fflush(NULL);
    for (int i = 0; i < PROCESSES; i++)
        if ((child[i] = fork()) == 0) {
            close(gate[1]);
            _exit(begin_one(&s, i, gate[0]));
        }
    close(gate[1]);
    close(gate[0]);
    for (int i = 0; i < PROCESSES; i++) {
        CU_ASSERT_EQUAL(waitpid(child[i], &status, 0), child[i]);
        CU_ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) <= 1);
        begun += WEXITSTATUS(status);
    }
    CU_ASSERT_EQUAL(begun, MOST);
    CU_ASSERT_EQUAL(plays_left(&s), 2);
    teardown(&s);
}

SW_TEST_SUITE(stream){
    SW_TEST(has_so_many_places),
    SW_TEST(turning_away_debits_nothing),
    SW_TEST(a_licence_may_have_more),
    SW_TEST(ends_with_its_server),
    SW_TEST(does_not_go_on_in_a_place_that_was_taken),
    SW_TEST(takes_another_place_where_there_is_one),
    SW_TEST(begins_with_no_streams),
    SW_TEST(are_kept_by_those_who_serve_them),
    SW_TEST(does_not_go_on_without_a_right),
    SW_TEST(of_many_at_once_so_many_begin),
};
