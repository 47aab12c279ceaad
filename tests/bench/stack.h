/*
 * What the benchmark asks of a TLS stack: two endpoints joined in memory, both in this thread. One implementation a
 * stack; figures of different stacks are comparable only inside one run.
 */
#ifndef SW_TESTS_BENCH_STACK_H
#define SW_TESTS_BENCH_STACK_H

#include <stdbool.h>
#include <stddef.h>

enum bench_resume { BENCH_FULL, BENCH_BY_ID, BENCH_BY_TICKET };

struct bench_setup {
    const char *dir;          /* where root.crt, server.crt, server.key, client.crt, client.key stand */
    const char *suite;        /* OpenSSL's name: those of TLS 1.3 begin with TLS_ */
    const char *group;        /* NULL: RSA key transport */
    bool mutual;              /* the client shows a certificate */
    bool etm;                 /* encrypt-then-MAC */
    enum bench_resume resume; /* how the handshakes after the first are resumed */
};

struct bench_stack {
    const char *name;

    /*
     * open: both endpoints' configurations; NULL if the stack does not have what is asked. close: and away with them.
     */
    void *(*open)(const struct bench_setup *setup);
    void (*close)(void *pair);

    /*
     * handshake: one connection made and dropped; resumed after the first, if so set up. Any failure ends the
     * benchmark.
     */
    void (*handshake)(void *pair);

    /* connect: one connection made and kept for the next three; drop: and away with it. */
    void (*connect)(void *pair);
    void (*drop)(void *pair);

    /*
     * seal: the client writes count messages of len bytes into the wire; unseal: the server reads them all out of it.
     */
    void (*seal)(void *pair, size_t len, size_t count);
    void (*unseal)(void *pair, size_t len, size_t count);

    /* idle: what an application that waits would call on the server's side of the kept connection. */
    void (*idle)(void *pair);
    /* drop_client: free the client's side alone, so that what stays allocated is the server's. */
    void (*drop_client)(void *pair);
};

extern const struct bench_stack bench_sealwax, bench_openssl;

/*
 * bench_fail: say what failed and end. bench_read: a whole file of the setup's directory, NUL-terminated, never freed.
 */
_Noreturn void bench_fail(const char *what, const char *detail);
char *bench_read(const char *dir, const char *name, size_t *len);

/*
 * Heap in use now, its peak since bench_heap_mark, and calls to malloc since then: every library in the process is
 * counted.
 */
struct bench_heap {
    size_t now, peak, calls;
};
void bench_heap_mark(void);
struct bench_heap bench_heap_read(void);

#endif
