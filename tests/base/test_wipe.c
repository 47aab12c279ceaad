/* Wiping: exactly the bytes asked for, and also where the compiler can see that nobody reads them any more. */
#include "base/wipe.h"
#include "tests/test.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#if __has_include(<valgrind/memcheck.h>)
#include <valgrind/memcheck.h>
#else
#define VALGRIND_MAKE_MEM_DEFINED(p, n) ((void)(p), (void)(n))
#endif

static void wipes_exactly_that(void)
{
    for (size_t len = 0; len <= 70; len++) {
        uint8_t buf[72];

        memset(buf, 0xee, sizeof buf);
        sw_wipe(buf + 1, len);
        CU_ASSERT_EQUAL(buf[0], 0xee);
        CU_ASSERT_EQUAL(buf[len + 1], 0xee);
        for (size_t i = 0; i < len; i++)
            CU_ASSERT_EQUAL(buf[i + 1], 0);
    }
    sw_wipe(NULL, 0);
}

enum { STACK = 2 << 20 /* ThreadSanitizer takes a megabyte of it */, SECRET = 64 };

/* A local filled with a byte that the stack holds in a row of this length nowhere else; zero it or not, and return. */
__attribute__((noinline)) static void hold_secret(void *wipe)
{
    uint8_t secret[SECRET];

    for (size_t i = 0; i < SECRET; i++)
        secret[i] = 0xb7;
    __asm__ volatile("" : : "r"(secret) : "memory");
    if (wipe != NULL)
        sw_wipe(secret, sizeof secret);
}

/* Far enough down that the end of the thread does not write over it. */
static void *use_secret(void *wipe)
{
    uint8_t far[STACK / 4];

    __asm__ volatile("" : : "r"(far) : "memory");
    hold_secret(wipe);
    __asm__ volatile("" : : "r"(far) : "memory");
    return NULL;
}

static bool stack_remembers(void *wipe)
{
    uint8_t *stack = aligned_alloc(4096, STACK), want[SECRET];
    pthread_attr_t attr;
    pthread_t thread;
    bool found;

    if (stack == NULL)
        abort();
    memset(stack, 0, STACK);
    memset(want, 0xb7, sizeof want);
    CU_ASSERT_EQUAL(pthread_attr_init(&attr), 0);
    CU_ASSERT_EQUAL(pthread_attr_setstack(&attr, stack, STACK), 0);
    CU_ASSERT_EQUAL(pthread_create(&thread, &attr, use_secret, wipe), 0);
    CU_ASSERT_EQUAL(pthread_join(thread, NULL), 0);
    pthread_attr_destroy(&attr);
    (void)VALGRIND_MAKE_MEM_DEFINED(stack, STACK); /* it knows a dead stack when it sees one */
    found = memmem(stack, STACK, want, sizeof want) != NULL;
    free(stack);
    return found;
}

static void a_dead_local_is_wiped(void)
{
    CU_ASSERT_TRUE(stack_remembers(NULL)); /* or the next line would say nothing */
    CU_ASSERT_FALSE(stack_remembers(""));
}

SW_TEST_SUITE(wipe){
    SW_TEST(wipes_exactly_that),
    SW_TEST(a_dead_local_is_wiped),
};
