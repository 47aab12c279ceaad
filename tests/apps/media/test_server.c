/* The media service over HTTP: the catalogue, a play a stream, ranges, and a licence that ends. */
#include "apps/media/catalogue.h"
#include "apps/media/server.h"
#include "apps/net/worker.h"
#include "tests/apps/http/peer.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SONG = 200000, FILM = 20 * 1000 * 1000, PATIENCE_MS = 600000 /* nobody gives up here */ };

struct house {
    struct http_world world;
    struct http_peer alice, bob;
    struct media_service *service;
    struct worker *worker;
    struct sw_store *store;
    struct sw_vault vault;
    char dir[64];
    unsigned trouble;
    char last[64];
};

static void note_happened(void *ctx, const char *what, const char *title, const char *who)
{
    struct house *h = ctx;
    snprintf(h->last, sizeof h->last, "%s %s %s", who, what, title);
}

static void note_trouble(void *ctx, const char *what, const char *why)
{
    struct house *h = ctx;
    (void)what;
    (void)why;
    h->trouble++;
}

static uint8_t note_at(size_t i)
{
    return (uint8_t)('a' + i % 23);
}

/* A track in the catalogue; id receives its. */
static void import(struct house *h, const char *title, size_t size, int64_t plays, bool renew, char id[TRACK_ID_MAX])
{
    char path[128], media[96];
    struct track t = {.type = "audio/flac", .size = (int64_t)size, .plays = plays, .window = 3600, .renew = renew};
    FILE *f;
    snprintf(media, sizeof media, "%s/media", h->dir);
    snprintf(path, sizeof path, "%s/plain", h->dir);
    f = fopen(path, "w+");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    for (size_t i = 0; i < size; i++)
        fputc(note_at(i), f);
    rewind(f);
    snprintf(t.title, sizeof t.title, "%s", title);
    SW_ASSERT_OK(catalogue_add(&h->vault, media, fileno(f), &t));
    fclose(f);
    unlink(path);
    snprintf(id, TRACK_ID_MAX, "%s", t.id);
}

static void setup_with(struct house *h, bool threaded)
{
    const struct media_limits limits = {.streams = 1, .patience_ms = PATIENCE_MS};
    const struct media_events events = {note_happened, note_trouble, h};
    const char *why = "";
    char key[96], db[96];
    *h = (struct house){0};
    snprintf(h->dir, sizeof h->dir, "/tmp/sealwax-media.XXXXXX");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(h->dir));
    snprintf(key, sizeof key, "%s/key", h->dir);
    SW_ASSERT_OK(sw_vault_open(&h->vault, SW_VAULT_FILE(key), true));
    http_world_begin(&h->world);
    h->worker = threaded ? worker_new(h->world.base, 2) : NULL;
    CU_ASSERT_TRUE_FATAL(h->worker || !threaded);
    snprintf(db, sizeof db, "%s/mail.db", h->dir);
    SW_ASSERT_OK(sw_store_open(&h->store, db, SW_VAULT_FILE(key), &sw_store_defaults, &why));
    h->service = media_service_new(h->dir, &h->vault, h->store, &limits, &events, &why);
    CU_ASSERT_TRUE_FATAL(h->service && media_service_start(h->service, h->world.base, h->worker));
    http_world_serve(&h->world, media_routes, h->service, 4096);
    CU_ASSERT_TRUE_FATAL(http_peer_open(&h->alice, &h->world, false));
    CU_ASSERT_TRUE_FATAL(http_peer_open_as(&h->bob, &h->world, "client-p256"));
}

static void setup(struct house *h)
{
    setup_with(h, true);
}

static void remove_all(const char *dir)
{
    char path[512];
    DIR *d = opendir(dir);
    for (struct dirent *e; d && (e = readdir(d)) != NULL;) {
        snprintf(path, sizeof path, "%s/%s", dir, e->d_name);
        if (e->d_name[0] != '.')
            unlink(path);
    }
    if (d)
        closedir(d);
    CU_ASSERT_EQUAL(rmdir(dir), 0);
}

static void teardown(struct house *h)
{
    char media[96];
    http_peer_close(&h->alice);
    http_peer_close(&h->bob);
    http_free(h->world.http);
    h->world.http = NULL;
    http_turn(&h->world);
    worker_free(h->worker);
    media_service_free(h->service); /* while there is a loop */
    http_world_close(&h->world);
    sw_store_close(h->store);
    sw_vault_close(&h->vault);
    snprintf(media, sizeof media, "%s/media", h->dir);
    remove_all(media);
    remove_all(h->dir);
}

static int play(struct http_peer *p, const char *track, const char *headers)
{
    char path[128];
    snprintf(path, sizeof path, "/media/%s", track);
    return http_askf(p, "GET", path, headers, "");
}

static void plays_with(bool threaded)
{
    struct house h;
    char id[TRACK_ID_MAX];
    setup_with(&h, threaded);
    import(&h, "Song", SONG, 2, false, id);
    CU_ASSERT_EQUAL(play(&h.alice, "1", ""), 200);
    CU_ASSERT_EQUAL(h.alice.received % SONG, 0);
    CU_ASSERT_EQUAL(h.alice.body[0], note_at(0));
    CU_ASSERT_EQUAL(h.alice.body[4000], note_at(4000));
    CU_ASSERT_STRING_EQUAL(h.last, "alice play Song");
    teardown(&h);
}

static void plays_all_of_it(void)
{
    plays_with(true);
    plays_with(false);
}

/* What the catalogue says of the plays that are left. */
static long plays_left(struct http_peer *p)
{
    CU_ASSERT_EQUAL(http_askf(p, "GET", "/media", "", ""), 200);
    json_t *all = json_loadb(p->body, p->body_len, 0, NULL), *tracks = json_object_get(all, "tracks");
    long n = (long)json_integer_value(json_object_get(json_array_get(tracks, 0), "plays"));
    json_decref(all);
    return n;
}

static void a_licence_is_its_holders(void)
{
    struct house h;
    char id[TRACK_ID_MAX];
    setup(&h);
    import(&h, "Song", 100, 3, false, id);
    CU_ASSERT_EQUAL(plays_left(&h.alice), 3);
    CU_ASSERT_EQUAL(play(&h.alice, id, ""), 200);
    CU_ASSERT_EQUAL(plays_left(&h.alice), 2);
    CU_ASSERT_EQUAL(plays_left(&h.bob), 3);
    /* the window is open: going on costs nothing */
    CU_ASSERT_EQUAL(play(&h.alice, "Song", "Range: bytes=50-\r\n"), 206);
    CU_ASSERT_EQUAL(h.alice.body_len, 50);
    CU_ASSERT_EQUAL(h.alice.body[0], note_at(50));
    CU_ASSERT_EQUAL(plays_left(&h.alice), 2);
    teardown(&h);
}

static void what_costs_nothing(void)
{
    struct house h;
    char id[TRACK_ID_MAX], tag[64];
    setup(&h);
    import(&h, "Song", 100, 1, false, id);
    CU_ASSERT_EQUAL(http_ask(&h.alice, "HEAD /media/1 HTTP/1.1\r\nHost: x\r\n\r\n"), 200);
    snprintf(tag, sizeof tag, "If-None-Match: \"%s\"\r\n", id);
    CU_ASSERT_EQUAL(play(&h.alice, "1", tag), 304);
    CU_ASSERT_EQUAL(play(&h.alice, "1", "Range: bytes=100-\r\n"), 416);
    CU_ASSERT_EQUAL(play(&h.alice, "2", ""), 404);
    CU_ASSERT_EQUAL(play(&h.alice, "No%20such%20song", ""), 404);
    CU_ASSERT_EQUAL(plays_left(&h.alice), 1);
    teardown(&h);
}

/* Use a licence up through the licences themselves: each play of the service would last an hour. */
static void use_up(struct house *h, const char *holder, const char *id, int64_t plays)
{
    struct sw_licence a;
    struct sw_play play = {{NULL, holder}, id, plays, 1, 1, 0};
    struct sw_stream stream = {.id = "1"};
    bool fresh;
    for (int64_t i = 0; i < plays; i++, play.now += 10) {
        SW_ASSERT_OK(sw_store_play(h->store, &play, &stream, &a, &fresh));
        SW_ASSERT_OK(sw_store_end_stream(h->store, &stream));
    }
}

static void ends_and_is_renewed(void)
{
    struct house h;
    char once[TRACK_ID_MAX], again[TRACK_ID_MAX], path[96], holder[SW_HOLDER_MAX] = "";
    struct sw_peer peer;
    setup(&h);
    import(&h, "A once", 100, 2, false, once);
    import(&h, "B again", 100, 2, true, again);
    /* who holds it is the serial number of the certificate */
    struct sw_conn *twin;
    struct pair pair;
    pair_open(&pair, true);
    pair_connect(&pair, "server.example");
    CU_ASSERT_TRUE(pair_run(&pair));
    twin = pair.server;
    SW_ASSERT_OK(sw_conn_peer(twin, &peer));
    for (size_t i = 0; i < peer.serial_len; i++)
        snprintf(holder + 2 * i, 3, "%02x", peer.serial[i]);
    pair_close(&pair);

    snprintf(path, sizeof path, "/media/%s/licence", again);
    CU_ASSERT_EQUAL(http_askf(&h.alice, "POST", path, "", ""), 201); /* a first one may be asked for as well */
    CU_ASSERT_EQUAL(http_askf(&h.alice, "POST", path, "", ""), 409); /* plays are left */
    use_up(&h, holder, once, 2);
    use_up(&h, holder, again, 2);
    CU_ASSERT_EQUAL(play(&h.alice, once, ""), 402);
    CU_ASSERT_STRING_EQUAL(h.last, "alice no plays left A once");
    CU_ASSERT_PTR_NULL(strstr(h.alice.body, "can be asked for"));
    CU_ASSERT_EQUAL(play(&h.alice, again, ""), 402);
    CU_ASSERT_PTR_NOT_NULL(strstr(h.alice.body, "can be asked for"));
    CU_ASSERT_EQUAL(http_askf(&h.alice, "POST", path, "", ""), 201);
    CU_ASSERT_EQUAL(play(&h.alice, again, ""), 200);
    snprintf(path, sizeof path, "/media/%s/licence", once);
    CU_ASSERT_EQUAL(http_askf(&h.alice, "POST", path, "", ""), 403);
    CU_ASSERT_EQUAL(play(&h.bob, once, ""), 200); /* his own */
    teardown(&h);
}

static bool note_track(void *ctx, const struct sw_licence *a)
{
    snprintf(ctx, SW_TRACK_MAX, "%s", a->track);
    return true;
}

/* Two connections of alice: the film has begun on the first one, and what is left of it waits for her to read. */
static void begin_film(struct house *h, struct http_peer *again)
{
    char id[TRACK_ID_MAX];
    import(h, "Film", FILM, 3, false, id);
    http_ask_begin(&h->alice, "GET /media/1 HTTP/1.1\r\nHost: x\r\n\r\n");
    CU_ASSERT_TRUE(http_ask_until(&h->alice, "abc"));
    CU_ASSERT_TRUE(http_peer_open(again, &h->world, false));
}

static void one_player_at_a_time(void)
{
    struct house h;
    struct http_peer again;
    setup(&h);
    begin_film(&h, &again);
    CU_ASSERT_EQUAL(play(&again, "1", ""), 409);
    CU_ASSERT_STRING_EQUAL(h.last, "alice is played already Film");
    CU_ASSERT_TRUE(http_ask_until(&h.alice, NULL)); /* the first one gets all of it */
    CU_ASSERT_EQUAL(h.alice.received, FILM);
    CU_ASSERT_EQUAL(play(&again, "1", "Range: bytes=-10\r\n"), 206);
    CU_ASSERT_EQUAL(plays_left(&again), 2);
    CU_ASSERT_EQUAL(play(&h.bob, "1", "Range: bytes=-10\r\n"), 206);
    http_peer_close(&again);
    teardown(&h);
}

/* The head of an answer comes, and as long as the other connection is there, nothing else. */
static void asks_for_another_place(struct http_peer *p, const char *range)
{
    char request[128];
    snprintf(request, sizeof request, "GET /media/1 HTTP/1.1\r\nHost: x\r\nRange: bytes=%s\r\n\r\n", range);
    http_ask_begin(p, request);
    while (p->reply.state == HTTP_HEAD && !p->eof)
        CU_ASSERT_FALSE(http_ask_for(p, 20));
    CU_ASSERT_EQUAL(p->reply.status, 206);
    CU_ASSERT_FALSE(http_ask_for(p, 700)); /* longer than between two looks for a place */
    CU_ASSERT_EQUAL(p->body_len, 0);
}

static void who_seeks_leaves_the_other_place(void)
{
    static const struct {
        const char *range;
        size_t from, length;
    } rows[] = {{"1000-1999", 1000, 1000}, {"0-", 0, FILM}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct house h;
        struct http_peer again;
        setup(&h);
        begin_film(&h, &again);
        asks_for_another_place(&again, rows[i].range);
        http_peer_close(&h.alice);
        CU_ASSERT_TRUE(http_ask_until(&again, NULL));
        CU_ASSERT_EQUAL(again.received, rows[i].length);
        CU_ASSERT_EQUAL(again.body[0], note_at(rows[i].from));
        CU_ASSERT_EQUAL(plays_left(&again), 2); /* all of it one play */
        CU_ASSERT_EQUAL(h.trouble, 0);
        CU_ASSERT_TRUE(http_peer_open(&h.alice, &h.world, false));
        http_peer_close(&again);
        teardown(&h);
    }
}

static void who_does_not_leave_gets_nothing_else(void)
{
    struct house h;
    struct http_peer again;
    const struct media_limits hurried = {.streams = 1, .patience_ms = 1000};
    setup(&h);
    media_service_set_limits(h.service, &hurried);
    begin_film(&h, &again);
    asks_for_another_place(&again, "1000-1999");
    CU_ASSERT_FALSE(http_ask_until(&again, NULL));
    CU_ASSERT_EQUAL(again.reply.state, HTTP_BAD); /* it was cut short */
    CU_ASSERT_EQUAL(again.body_len, 0);
    CU_ASSERT_STRING_EQUAL(h.last, "alice is played already Film");
    CU_ASSERT_TRUE(http_ask_until(&h.alice, NULL)); /* and the first one all of it */
    CU_ASSERT_EQUAL(h.alice.received, FILM);
    http_peer_close(&again);
    teardown(&h);
}

static void not_any_number_waits(void)
{
    enum { MANY = 9 };
    struct house h;
    struct http_peer again, more[MANY];
    int waiting = 0;
    setup(&h);
    begin_film(&h, &again);
    for (int i = 0; i < MANY; i++) {
        CU_ASSERT_TRUE(http_peer_open(&more[i], &h.world, false));
        http_ask_begin(&more[i], "GET /media/1 HTTP/1.1\r\nHost: x\r\nRange: bytes=5-9\r\n\r\n");
        while (more[i].reply.state == HTTP_HEAD && !more[i].eof)
            (void)http_ask_for(&more[i], 20);
        waiting += more[i].reply.status == 206;
    }
    CU_ASSERT_EQUAL(waiting, MANY - 1);
    CU_ASSERT_EQUAL(more[MANY - 1].reply.status, 409);
    CU_ASSERT_TRUE(http_ask_until(&h.alice, NULL));
    for (int i = 0; i < MANY - 1; i++) { /* one after the other */
        CU_ASSERT_TRUE(http_ask_until(&more[i], NULL));
        CU_ASSERT_EQUAL(more[i].body_len, 5);
    }
    for (int i = 0; i < MANY; i++)
        http_peer_close(&more[i]);
    http_peer_close(&again);
    teardown(&h);
}

static void as_many_as_the_server_allows(void)
{
    struct house h;
    struct http_peer again;
    const struct media_limits two = {.streams = 2, .patience_ms = PATIENCE_MS};
    setup(&h);
    media_service_set_limits(h.service, &two);
    begin_film(&h, &again);
    CU_ASSERT_EQUAL(play(&again, "1", "Range: bytes=1000-1999\r\n"), 206);
    CU_ASSERT_EQUAL(again.body_len, 1000);
    CU_ASSERT_EQUAL(play(&again, "1", "Range: bytes=-10\r\n"), 206);
    CU_ASSERT_EQUAL(plays_left(&again), 2);
    http_peer_close(&again);
    teardown(&h);
}

/* Whoever looks after the server takes it away in the middle. */
static void a_revoked_stream_ends(void)
{
    struct house h;
    struct http_peer again;
    struct sw_licence a;
    struct sw_grant g = {.by_name = true, .revoke = true, .plays = -1, .ends = -1, .streams = -1};
    char id[SW_TRACK_MAX] = "";
    setup(&h);
    begin_film(&h, &again);
    SW_ASSERT_OK(sw_store_licences(h.store, note_track, id));
    SW_ASSERT_OK(sw_store_grant(h.store, &(struct sw_holder){"alice", "00"}, id, &g, 1, &a));
    for (int i = 0; i < PATIENCE_MS / 10 && strcmp(h.last, "alice was revoked Film") != 0; i++) {
        http_turn(&h.world);
        usleep(10000);
    }
    CU_ASSERT_STRING_EQUAL(h.last, "alice was revoked Film");
    CU_ASSERT_FALSE(http_ask_until(&h.alice, NULL));
    CU_ASSERT_TRUE(h.alice.received < FILM);
    CU_ASSERT_EQUAL(play(&again, "1", "Range: bytes=1000-1999\r\n"), 403);
    http_peer_close(&again);
    teardown(&h);
}

/* Change a byte of a track, counted from one end of its file. */
static void spoil(const struct house *h, const char *id, long at, int whence)
{
    char path[160];
    snprintf(path, sizeof path, "%s/media/%s", h->dir, id);
    FILE *f = fopen(path, "r+");
    CU_ASSERT_TRUE_FATAL(f && fseek(f, at, whence) == 0);
    int was = fgetc(f);
    CU_ASSERT_TRUE_FATAL(fseek(f, -1, SEEK_CUR) == 0 && fputc(was ^ 1, f) != EOF && fclose(f) == 0);
}

/*
 * Before anything was sent that is an error, which is about no part of the track and costs no play; later it cuts the
 * answer short.
 */
static void changed_bytes_are_not_served(void)
{
    struct house h;
    char id[TRACK_ID_MAX];
    setup(&h);
    import(&h, "Song", SONG, 3, false, id);
    spoil(&h, id, -100, SEEK_END);
    CU_ASSERT_EQUAL(play(&h.alice, "1", "Range: bytes=-10\r\n"), 500);
    CU_ASSERT_STRING_EQUAL(h.alice.reply.etag, "");
    CU_ASSERT_EQUAL(h.alice.reply.total, -1);
    CU_ASSERT_EQUAL(h.trouble, 1);
    CU_ASSERT_EQUAL(plays_left(&h.alice), 3);
    CU_ASSERT_EQUAL(play(&h.alice, "1", ""), 0);
    CU_ASSERT_EQUAL(h.alice.reply.status, 200);
    CU_ASSERT_TRUE(h.alice.received > 0 && h.alice.received < SONG);
    CU_ASSERT_EQUAL(h.trouble, 2);
    teardown(&h);
}

/* Whoever leaves before he has an answer, at whatever point of it. */
static void who_asked_may_be_gone(void)
{
    static const char *const requests[] = {"GET /media HTTP/1.1\r\nHost: x\r\n\r\n",
                                           "GET /media/1 HTTP/1.1\r\nHost: x\r\n\r\n",
                                           "GET /media/2 HTTP/1.1\r\nHost: x\r\n\r\n"};
    struct house h;
    char id[TRACK_ID_MAX];
    setup(&h);
    import(&h, "Song", SONG, 3, false, id);
    for (int i = 0; i < 30; i++) {
        struct http_peer brief;
        CU_ASSERT_TRUE_FATAL(http_peer_open(&brief, &h.world, false));
        http_ask_begin(&brief, requests[i % 3]);
        for (int turns = i / 3; turns > 0; turns--)
            event_base_loop(h.world.base, EVLOOP_NONBLOCK);
        http_peer_close(&brief);
    }
    CU_ASSERT_EQUAL(plays_left(&h.bob), 3);
    CU_ASSERT_EQUAL(h.trouble, 0);
    teardown(&h);
}

static void a_changed_track_is_noticed(void)
{
    struct house h;
    char id[TRACK_ID_MAX];
    setup(&h);
    import(&h, "Song", 1000, 3, false, id);
    CU_ASSERT_EQUAL(h.trouble, 0);
    spoil(&h, id, 60, SEEK_SET);
    CU_ASSERT_EQUAL(http_askf(&h.alice, "GET", "/media", "", ""), 200);
    CU_ASSERT_PTR_NULL(strstr(h.alice.body, "Song"));
    CU_ASSERT_EQUAL(h.trouble, 1);
    CU_ASSERT_EQUAL(play(&h.alice, id, ""), 404);
    teardown(&h);
}

SW_TEST_SUITE(media_server){
    SW_TEST(plays_all_of_it),
    SW_TEST(a_licence_is_its_holders),
    SW_TEST(what_costs_nothing),
    SW_TEST(ends_and_is_renewed),
    SW_TEST(one_player_at_a_time),
    SW_TEST(who_seeks_leaves_the_other_place),
    SW_TEST(who_does_not_leave_gets_nothing_else),
    SW_TEST(not_any_number_waits),
    SW_TEST(as_many_as_the_server_allows),
    SW_TEST(a_revoked_stream_ends),
    SW_TEST(a_changed_track_is_noticed),
    SW_TEST(changed_bytes_are_not_served),
    SW_TEST(who_asked_may_be_gone),
};
