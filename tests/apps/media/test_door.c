/* A place on this machine where a player may ask: who may. */
#include "apps/media/door.h"
#include "tests/test.h"
#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The table as the kernel writes it, on a machine of either order of bytes; port 1000 (03E8) asks port 2000 (07D0). */
static long owner(const char *form, unsigned long a, unsigned long b)
{
    char text[512];
    FILE *table = tmpfile();
    CU_ASSERT_PTR_NOT_NULL_FATAL(table);
    fputs("  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n", table);
    snprintf(text, sizeof text, form, a, b);
    fputs(text, table);
    rewind(table);
    long uid = door_owner(table, htons(1000), htons(2000));
    fclose(table);
    return uid;
}

#define REST " 00000000:00000000 00:00000000 00000000  1001        0 12345 1 0000000000000000 20 0 0 10 -1\n"
#define CLOSED " 00000000:00000000 03:00001770 00000000     0        0 0 3 0000000000000000\n"

static void finds_who_asks(void)
{
    unsigned long here = htonl(INADDR_LOOPBACK), other = htonl(0x7f000002);
    CU_ASSERT_EQUAL(owner("   1: %08lX:03E8 %08lX:07D0 01" REST, here, here), 1001);
    CU_ASSERT_EQUAL(owner("   1: %08lX:03E8 %08lX:07D0 05" REST, here, here), 1001); /* will say no more, but hears */
    CU_ASSERT_EQUAL(owner("   1: %08lX:03E8 %08lX:07D0 01" REST, other, here), -1);
    CU_ASSERT_EQUAL(owner("   1: %08lX:07D0 %08lX:03E8 01" REST, here, here), -1); /* our own end */
    CU_ASSERT_EQUAL(owner("   1: %08lX:03E9 %08lX:07D0 01" REST, here, here), -1);
    CU_ASSERT_EQUAL(owner("", 0, 0), -1);
    CU_ASSERT_EQUAL(owner("nothing of that kind\n", 0, 0), -1);
}

/* The other family's form of it: 128 bits, of which the last are these. */
#define OTHER_ROW "   1: 0000000000000000%1$08lX%2$08lX:03E8 0000000000000000%1$08lX%2$08lX:07D0 01" REST
#define OTHER_REMOTE "   1: 0000000000000000%1$08lX%2$08lX:03E8 00000000000000000000000000000000:07D0 01" REST

static void finds_who_asks_by_the_other_family(void)
{
    unsigned long mapped = htonl(0xffff), here = htonl(INADDR_LOOPBACK);
    CU_ASSERT_EQUAL(owner(OTHER_ROW, mapped, here), 1001);
    CU_ASSERT_EQUAL(owner(OTHER_ROW, 0, here), -1);
    CU_ASSERT_EQUAL(owner(OTHER_REMOTE, mapped, here), -1);
}

/* Whoever asks may have left other connections from the same port, which no longer are his by name. */
static void takes_no_connection_for_another(void)
{
    unsigned long here = htonl(INADDR_LOOPBACK), other = htonl(0x7f000002);
    CU_ASSERT_EQUAL(owner("   1: %08lX:03E8 %08lX:07D0 01" REST, here, other), -1);
    CU_ASSERT_EQUAL(owner("   1: %08lX:03E8 %08lX:07D0 04" CLOSED, here, here), -1);
    CU_ASSERT_EQUAL(owner("   1: %08lX:03E8 %08lX:07D0 05" CLOSED, here, here), -1);
    CU_ASSERT_EQUAL(owner("   1: %08lX:03E8 %08lX:07D0 06" CLOSED, here, here), -1);
}

static int ask_from(const struct door *d, uint32_t address)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = d->port, .sin_addr = {htonl(INADDR_LOOPBACK)}},
                       from = {.sin_family = AF_INET, .sin_addr = {htonl(address)}};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CU_ASSERT_EQUAL(bind(fd, (struct sockaddr *)&from, sizeof from), 0);
    CU_ASSERT_EQUAL_FATAL(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

static void lets_us_in(void)
{
    struct door d, e;
    bool allowed = false;
    CU_ASSERT_TRUE_FATAL(door_open(&d));
    CU_ASSERT_TRUE_FATAL(door_open(&e));
    CU_ASSERT_EQUAL(strncmp(d.host, "127.0.0.1:", 10), 0);
    CU_ASSERT_EQUAL(strlen(d.path), 33);
    CU_ASSERT_STRING_NOT_EQUAL(d.path, e.path);
    CU_ASSERT_EQUAL(door_accept(&d, &allowed), -1);
    int fd = ask_from(&d, INADDR_LOOPBACK), in = door_accept(&d, &allowed);
    CU_ASSERT_TRUE(in >= 0 && allowed);
    close(in);
    close(fd);
    fd = ask_from(&d, 0x7f000002); /* this machine, but not where a player asks from */
    in = door_accept(&d, &allowed);
    CU_ASSERT_TRUE(in >= 0 && !allowed);
    close(in);
    close(fd);
    door_close(&d);
    door_close(&e);
}

SW_TEST_SUITE(door){
    SW_TEST(finds_who_asks),
    SW_TEST(finds_who_asks_by_the_other_family),
    SW_TEST(takes_no_connection_for_another),
    SW_TEST(lets_us_in),
};
