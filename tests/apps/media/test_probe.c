/* What ffprobe says of a track, and how long a play of it lasts. */
#include "apps/media/probe.h"
#include "tests/test.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void reads_what_it_says(void)
{
    static const struct {
        const char *text;
        int64_t length;
        const char *title;
    } rows[] = {
        {"{\"streams\":[{}],\"format\":{\"duration\":\"5.000000\",\"probe_score\":99,\"tags\":{\"title\":\"A "
         "Title\"}}}",
         5000, "A Title"},
        {"{\"streams\":[{\"tags\":{\"title\":\"In Ogg\"}}],\"format\":{\"duration\":\"7.1234\",\"probe_score\":100}}",
         7123, "In Ogg"},
        {"{\"format\":{\"duration\":\"7\",\"probe_score\":51,\"tags\":{\"TITLE\":\"a\\u001b[31mb\"}}}", 7000,
         "a?[31mb"},
        {"{\"format\":{\"duration\":\"7\",\"probe_score\":24,\"tags\":{\"title\":\"noise\"}}}", 0, ""},
        {"{\"format\":{\"duration\":\"-7\",\"probe_score\":100}}", 0, ""},
        {"{\"format\":{\"duration\":\"nan\",\"probe_score\":100}}", 0, ""},
        {"{\"format\":{\"duration\":\"1e300\",\"probe_score\":100}}", 0, ""},
        {"{\"format\":{\"duration\":7,\"probe_score\":\"100\"}}", 0, ""},
        {"{\n\n}", 0, ""},
        {"{\"format\":", 0, ""},
        {"", 0, ""},
    };
    struct probe found;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        memset(&found, 'x', sizeof found);
        probe_read(rows[i].text, &found);
        CU_ASSERT_EQUAL(found.length, rows[i].length);
        CU_ASSERT_STRING_EQUAL(found.title, rows[i].title);
    }
}

static void takes_no_title_that_is_too_long(void)
{
    char text[2 * TRACK_TITLE_MAX], title[TRACK_TITLE_MAX + 1];
    struct probe found;
    for (size_t len = TRACK_TITLE_MAX - 1; len <= TRACK_TITLE_MAX; len++) {
        memset(title, 'a', len);
        title[len] = 0;
        snprintf(text, sizeof text, "{\"format\":{\"probe_score\":100,\"tags\":{\"title\":\"%s\"}}}", title);
        probe_read(text, &found);
        CU_ASSERT_STRING_EQUAL(found.title, len < TRACK_TITLE_MAX ? title : "");
    }
}

/* A program of this name that does so, and nothing else, on PATH; it is asked about a file with "track" in it. */
static void ask(const char *does, struct probe *out)
{
    char dir[] = "/tmp/probe.XXXXXX", path[64], *before = getenv("PATH"), *kept = strdup(before ? before : "");
    FILE *track = tmpfile();
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(dir));
    CU_ASSERT_PTR_NOT_NULL_FATAL(track);
    fputs("track", track);
    fflush(track);
    snprintf(path, sizeof path, "%s/ffprobe", dir);
    FILE *f = does ? fopen(path, "w") : NULL;
    if (f) {
        fprintf(f, "#!/bin/sh\n%s\n", does);
        fclose(f);
        chmod(path, 0700);
    }
    setenv("PATH", dir, 1);
    probe_track(fileno(track), out);
    CU_ASSERT_EQUAL(lseek(fileno(track), 0, SEEK_CUR), 0);
    setenv("PATH", kept, 1);
    free(kept);
    fclose(track);
    unlink(path);
    rmdir(dir);
}

#define SAYS "echo '{\"format\":{\"duration\":\"3\",\"probe_score\":100}}'"

static void asks_a_program(void)
{
    struct probe found;
    ask("read -r it </dev/stdin; [ \"$it\" = track ] && " SAYS, &found);
    CU_ASSERT_EQUAL(found.length, 3000);
    ask(NULL, &found); /* there is none */
    CU_ASSERT_EQUAL(found.length, 0);
    ask("exit 1", &found);
    CU_ASSERT_EQUAL(found.length, 0);
    ask("while echo '                                                                        '; do :; done", &found);
    CU_ASSERT_EQUAL(found.length, 0);
    ask(SAYS "; kill -9 $$", &found);
    CU_ASSERT_EQUAL(found.length, 3000);
}

static void a_play_lasts_twice_as_long(void)
{
    CU_ASSERT_EQUAL(track_window(200260), 401);
    CU_ASSERT_EQUAL(track_window(200000), 400);
    CU_ASSERT_EQUAL(track_window(30000), 60);
    CU_ASSERT_EQUAL(track_window(30001), 61);
    CU_ASSERT_EQUAL(track_window(1), 60);
    CU_ASSERT_EQUAL(track_window(0), 4 * 3600);
}

SW_TEST_SUITE(probe){
    SW_TEST(reads_what_it_says),
    SW_TEST(takes_no_title_that_is_too_long),
    SW_TEST(asks_a_program),
    SW_TEST(a_play_lasts_twice_as_long),
};
