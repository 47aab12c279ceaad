/*
 * Unit tests, on CUnit. A test file contributes one suite, and nobody keeps a list:
 *
 *     static void reads_past_the_end(void) { ... SW_ASSERT_OK(...); CU_ASSERT_EQUAL(a, b); ... }
 *
 *     SW_TEST_SUITE(bytes){
 *         SW_TEST(reads_past_the_end),
 *     };
 *
 * build/tests/run runs all suites, or those whose name ("base/bytes": the file's path without tests/ and test_) or
 * whose tests match an argument.
 */
#ifndef SW_TESTS_TEST_H
#define SW_TESTS_TEST_H

#include <CUnit/CUnit.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SW_TESTS_MAX = 200 /* tests in one suite */ };

struct sw_test {
    const char *name;
    void (*run)(void);
};

struct sw_test_suite {
    const char *file;
    const struct sw_test *tests; /* SW_TESTS_MAX of them, unused ones zero */
    struct sw_test_suite *next;
};

/* sw_test_add: called before main by what SW_TEST_SUITE expands to. */
void sw_test_add(struct sw_test_suite *suite);

/* clang-format off */
#define SW_TEST(function) {#function, function}
/* clang-format on */

#define SW_TEST_SUITE(name)                                                                                            \
    static const struct sw_test sw_tests_##name[SW_TESTS_MAX];                                                         \
    __attribute__((constructor)) static void sw_register_##name(void)                                                  \
    {                                                                                                                  \
        static struct sw_test_suite suite = {__FILE__, sw_tests_##name, NULL};                                         \
        sw_test_add(&suite);                                                                                           \
    }                                                                                                                  \
    static const struct sw_test sw_tests_##name[SW_TESTS_MAX] =

/*
 * SW_ASSERT_OK, SW_ASSERT_ERR: the result of a call is SW_OK, or exactly this error; a failure says which error it was.
 */
#define SW_ASSERT_OK(call) sw_test_err((int)(call), 0, __FILE__, __LINE__, #call)
#define SW_ASSERT_ERR(call, err) sw_test_err((int)(call), (int)(err), __FILE__, __LINE__, #call)
bool sw_test_err(int got, int want, const char *file, unsigned line, const char *what);

/* SW_ASSERT_BYTES: n bytes at got equal those at want; a failure shows where they differ. */
#define SW_ASSERT_BYTES(got, want, n) sw_test_bytes(got, want, n, __FILE__, __LINE__, #got)
bool sw_test_bytes(const void *got, const void *want, size_t n, const char *file, unsigned line, const char *what);

/* SW_ASSERT_HEX: n bytes at got are those written in hex (spaces allowed). */
#define SW_ASSERT_HEX(got, n, hex) sw_test_hex(got, n, hex, __FILE__, __LINE__, #got)
bool sw_test_hex(const void *got, size_t n, const char *hex, const char *file, unsigned line, const char *what);

/*
 * sw_unhex: hex digits (spaces and line ends allowed) to at most cap bytes at out; the number of bytes. Aborts on
 * anything else.
 */
size_t sw_unhex(const char *hex, void *out, size_t cap);

/*
 * sw_test_secret_uses: how many decisions on bytes marked SW_CT_SECRET valgrind has reported since the last call. 0 in
 * builds without marks. Asked after every test, which fails if there were any; a test that provokes some on purpose
 * asks by itself.
 */
unsigned sw_test_secret_uses(void);

/*
 * sw_test_file: a whole file, path relative to the top of the tree, NUL-terminated beyond len; the caller frees it.
 * Aborts if it cannot be read.
 */
uint8_t *sw_test_file(const char *path, size_t *len);

#endif
