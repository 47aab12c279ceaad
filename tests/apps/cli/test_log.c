/* Lines of the log: what a reader sees, what the journal gets, and what a hostile value cannot do. */
#include "apps/cli/log.h"
#include "tests/test.h"
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char *line;
static size_t len;

static struct log to_memory(bool json, bool journal)
{
    free(line);
    line = NULL;
    return (struct log){.out = open_memstream(&line, &len), .most = LEVEL_INFO, .json = json, .journal = journal};
}

/* What was written, without the time where there is one. */
static const char *done(struct log *log)
{
    fclose(log->out);
    if (log->journal || len == 0)
        return line;
    CU_ASSERT_TRUE_FATAL(len > 25);
    for (size_t i = 0; i < 24; i++) /* 2026-11-21T03:44:59.123Z */
        CU_ASSERT_TRUE(strchr("-T:.Z", "dddd-dd-ddTdd:dd:dd.dddZ"[i]) ? line[i] == "dddd-dd-ddTdd:dd:dd.dddZ"[i]
                                                                      : line[i] >= '0' && line[i] <= '9');
    return line + 25;
}

static void writes_keys_and_values(void)
{
    struct log log = to_memory(false, false);
    log_event(&log, LEVEL_INFO, "message", "state", "queued", "by", (char *)NULL, "to", "alice", NULL);
    CU_ASSERT_STRING_EQUAL(done(&log), "info message state=queued to=alice\n");
    log = to_memory(false, true);
    log_event(&log, LEVEL_WARNING, "reloaded", NULL);
    CU_ASSERT_STRING_EQUAL(done(&log), "<4>reloaded\n");
    log = to_memory(false, true);
    log_event(&log, LEVEL_DEBUG, "answered", NULL); /* less urgent than wanted */
    CU_ASSERT_EQUAL(strlen(done(&log)), 0);
}

static void a_value_stays_in_its_place(void)
{
    static const struct {
        const char *value, *want;
    } rows[] = {
        {"", "<6>e k=\"\"\n"},
        {"a b", "<6>e k=\"a b\"\n"},
        {"a=b", "<6>e k=\"a=b\"\n"},
        {"a\"b\\c", "<6>e k=\"a\\\"b\\\\c\"\n"},
        {"a\n<3>forged", "<6>e k=\"a\\x0a<3>forged\"\n"},
        {"\x1b[31m", "<6>e k=\"\\x1b[31m\"\n"},
        {"\x7f", "<6>e k=\"\\x7f\"\n"},
        {"M\xc3\xbcller", "<6>e k=\"M\xc3\xbcller\"\n"},
        {"\xc2\x9b"
         "31m",
         "<6>e k=\"\\xc2\\x9b31m\"\n"}, /* the control sequence introducer in one character */
        {"a\xff", "<6>e k=\"a\\xff\"\n"},
        {"\xc3", "<6>e k=\"\\xc3\"\n"},
        {"127.0.0.1:4433", "<6>e k=127.0.0.1:4433\n"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct log log = to_memory(false, true);
        log_event(&log, LEVEL_INFO, "e", "k", rows[i].value, NULL);
        CU_ASSERT_STRING_EQUAL(done(&log), rows[i].want);
    }
}

static void json_is_one_object_a_line(void)
{
    static const char *const values[] = {"alice", "a\n\"b", "M\xc3\xbcller", ""};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        struct log log = to_memory(true, true);
        log_event(&log, LEVEL_ERROR, "trouble", "why", values[i], "who", "a\xff\n", NULL);
        fclose(log.out);
        CU_ASSERT_EQUAL(strncmp(line, "<3>{", 4), 0);
        CU_ASSERT_PTR_EQUAL(strchr(line, '\n'), line + len - 1);
        json_t *object = json_loads(line + 3, 0, NULL);
        CU_ASSERT_PTR_NOT_NULL_FATAL(object);
        CU_ASSERT_EQUAL(json_object_size(object), 5);
        CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(object, "level")), "error");
        CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(object, "event")), "trouble");
        CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(object, "why")), values[i]);
        CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(object, "who")), "a\\xff\\x0a");
        CU_ASSERT_EQUAL(strlen(json_string_value(json_object_get(object, "time"))), 24);
        json_decref(object);
    }
    free(line);
    line = NULL;
}

static void knows_the_journal_by_its_inode(void)
{
    char name[64];
    struct stat st;
    int pipes[2];
    CU_ASSERT_EQUAL_FATAL(pipe(pipes), 0);
    CU_ASSERT_EQUAL_FATAL(fstat(pipes[0], &st), 0);
    snprintf(name, sizeof name, "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
    CU_ASSERT_TRUE(log_is_journal(pipes[1], name));
    CU_ASSERT_FALSE(log_is_journal(pipes[1], NULL));
    CU_ASSERT_FALSE(log_is_journal(pipes[1], ""));
    CU_ASSERT_FALSE(log_is_journal(pipes[1], "1:2"));
    int other = open("/dev/null", O_WRONLY); /* redirected since */
    CU_ASSERT_FALSE(log_is_journal(other, name));
    close(other);
    close(pipes[0]);
    close(pipes[1]);
    CU_ASSERT_FALSE(log_is_journal(-1, name));
}

SW_TEST_SUITE(log){
    SW_TEST(writes_keys_and_values),
    SW_TEST(a_value_stays_in_its_place),
    SW_TEST(json_is_one_object_a_line),
    SW_TEST(knows_the_journal_by_its_inode),
};
