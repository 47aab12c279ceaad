/* All the bytes at a place of a file, or an error. */
#include "apps/vault/disk.h"
#include "tests/test.h"
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static int nameless(void)
{
    int fd = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    CU_ASSERT_TRUE_FATAL(fd >= 0);
    return fd;
}

static void what_is_written_is_read(void)
{
    int fd = nameless();
    char out[5] = "";
    SW_ASSERT_OK(disk_write(fd, "of it", 5, 4));
    SW_ASSERT_OK(disk_write(fd, "all ", 4, 0));
    SW_ASSERT_OK(disk_read(fd, out, 5, 2));
    SW_ASSERT_BYTES(out, "l of ", 5);
    CU_ASSERT_EQUAL(lseek(fd, 0, SEEK_CUR), 0);
    SW_ASSERT_OK(disk_read(fd, out, 0, 100)); /* nothing is everywhere */
    close(fd);
}

static void a_file_that_ends_before_is_cut_short(void)
{
    int fd = nameless();
    char out[5] = "";
    SW_ASSERT_OK(disk_write(fd, "abcd", 4, 0));
    SW_ASSERT_ERR(disk_read(fd, out, 5, 0), SW_ERR_CRYPTO);
    SW_ASSERT_ERR(disk_read(fd, out, 1, 4), SW_ERR_CRYPTO);
    close(fd);
}

static void the_system_says_no(void)
{
    char out[1];
    int fd = open("/dev/full", O_RDWR | O_CLOEXEC);
    CU_ASSERT_TRUE_FATAL(fd >= 0);
    SW_ASSERT_ERR(disk_write(fd, "a", 1, 0), SW_ERR_SYSTEM);
    close(fd);
    SW_ASSERT_ERR(disk_read(-1, out, 1, 0), SW_ERR_SYSTEM);
    SW_ASSERT_ERR(disk_write(-1, out, 1, 0), SW_ERR_SYSTEM);
}

SW_TEST_SUITE(disk){
    SW_TEST(what_is_written_is_read),
    SW_TEST(a_file_that_ends_before_is_cut_short),
    SW_TEST(the_system_says_no),
};
