/* Who may work in the server's directory, beside whom. */
#include "apps/store/state.h"
#include "tests/said.h"
#include "tests/test.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct place {
    char dir[64];
    const char *value;
    struct app app;
};

static void setup(struct place *p)
{
    *p = (struct place){.app = {.program = "test"}};
    snprintf(p->dir, sizeof p->dir, "/tmp/sealwax-state.XXXXXX");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(p->dir));
    p->value = p->dir;
    p->app.opt[OPT_STATE] = (struct app_values){.v = &p->value, .n = 1};
    said_begin(stderr);
}

static void teardown(struct place *p)
{
    char path[128];
    said_end();
    snprintf(path, sizeof path, "%s/serve.lock", p->dir);
    unlink(path);
    CU_ASSERT_EQUAL(rmdir(p->dir), 0);
}

static void tools_work_beside_and_one_alone(void)
{
    struct place p;
    int first, second, alone;
    setup(&p);
    CU_ASSERT_EQUAL(state_lock(&p.app, false, &first), APP_DONE);
    CU_ASSERT_EQUAL(state_lock(&p.app, false, &second), APP_DONE);
    CU_ASSERT_EQUAL(state_lock(&p.app, true, &alone), APP_REFUSED);
    CU_ASSERT_EQUAL(alone, -1);
    close(first);
    close(second);
    CU_ASSERT_EQUAL(state_lock(&p.app, true, &alone), APP_DONE);
    CU_ASSERT_EQUAL(state_lock(&p.app, false, &first), APP_REFUSED);
    close(alone);
    teardown(&p);
}

static void one_server_at_a_time(void)
{
    struct place p;
    struct stat st;
    char path[128];
    int first, second;
    setup(&p);
    CU_ASSERT_EQUAL(state_lock_server(&p.app, 0, &first), APP_DONE);
    CU_ASSERT_EQUAL(state_lock_server(&p.app, 0, &second), APP_REFUSED);
    CU_ASSERT_EQUAL(second, -1);
    close(first);
    CU_ASSERT_EQUAL(state_lock_server(&p.app, 0, &second), APP_DONE);
    snprintf(path, sizeof path, "%s/serve.lock", p.dir);
    CU_ASSERT_EQUAL(stat(path, &st), 0);
    CU_ASSERT_EQUAL(st.st_mode & 0777, 0600);
    close(second);
    /* somebody put a link in its place */
    CU_ASSERT_EQUAL(unlink(path), 0);
    CU_ASSERT_EQUAL(symlink("/dev/null", path), 0);
    CU_ASSERT_EQUAL(state_lock_server(&p.app, 0, &second), APP_SYSTEM);
    teardown(&p);
}

/* Among those that share a store. */
static void a_server_keeps_its_name(void)
{
    struct place p;
    char name[SW_STREAM_ID_MAX], again[SW_STREAM_ID_MAX];
    int fd;
    setup(&p);
    CU_ASSERT_EQUAL(state_lock_server(&p.app, 0, &fd), APP_DONE);
    CU_ASSERT_EQUAL(state_server_name(&p.app, fd, name), APP_DONE);
    CU_ASSERT_EQUAL(strlen(name), SW_STREAM_ID_MAX - 1);
    close(fd);
    CU_ASSERT_EQUAL(state_lock_server(&p.app, 0, &fd), APP_DONE);
    CU_ASSERT_EQUAL(state_server_name(&p.app, fd, again), APP_DONE);
    CU_ASSERT_STRING_EQUAL(name, again);
    /* what is no name is none, and nobody else gets this one */
    CU_ASSERT_EQUAL(ftruncate(fd, 7), 0);
    CU_ASSERT_EQUAL(state_server_name(&p.app, fd, again), APP_DONE);
    CU_ASSERT_EQUAL(strlen(again), SW_STREAM_ID_MAX - 1);
    CU_ASSERT_STRING_NOT_EQUAL(name, again);
    close(fd);
    teardown(&p);
}

SW_TEST_SUITE(state){
    SW_TEST(a_server_keeps_its_name),
    SW_TEST(tools_work_beside_and_one_alone),
    SW_TEST(one_server_at_a_time),
};
