/*
 * The one in the middle (middle.h) between two engines of pair.h: a connection run with what he does, and how it must
 * end.
 */
#ifndef SW_TESTS_HANDSHAKE_MIDDLE_PAIR_H
#define SW_TESTS_HANDSHAKE_MIDDLE_PAIR_H

#include "tests/handshake/middle.h"
#include "tests/handshake/pair.h"

/*
 * middle_new: one who does this with what passes him; free it at the end. middle_take: the connections of p are in m
 * from now on; p keeps the configurations.
 */
struct middle *middle_new(void (*pass)(struct middle *m, int to, uint8_t type, const uint8_t *p, size_t len));
void middle_take(struct middle *m, struct pair *p);
/* middle_connect: both sides with this suite and certificates, taken. */
void middle_connect(struct middle *m, struct pair *p, const char *suite);
/* middle_versions: where a suite is one of TLS 1.3, let both sides speak that, and m hear of its secrets. */
void middle_versions(struct middle *m, struct pair *p, const char *suite);
/* middle_run: hand everything to and fro, and let both send a word when they are ready; then what has come. */
void middle_run(struct middle *m);
/* middle_check: whether a side has ended with this error and told the other by its alert; SW_OK: both got through. */
bool middle_check(const struct middle *m, int to, enum sw_err err);
/*
 * middle_expect: fail the test if it is not so, and tell how both ended instead; what: printf style, which case it was.
 */
void middle_expect(const struct middle *m, int to, enum sw_err err, const char *what, ...)
    __attribute__((format(printf, 4, 5)));

/* middle_hand_on: what came goes on, protected as its receiver expects. */
static inline void middle_hand_on(struct middle *m, int to, uint8_t type, const uint8_t *p, size_t len)
{
    middle_deliver(m, to, type, p, len, MIDDLE_AS_EXPECTED);
}

#endif
