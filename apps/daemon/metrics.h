/*
 * Numbers for a monitoring system, in Prometheus' text format (version 0.0.4), over plain HTTP on this machine alone.
 * docs/metrics.md explains them. Numbers of one name are told apart by at most one label.
 */
#ifndef SW_APPS_DAEMON_METRICS_H
#define SW_APPS_DAEMON_METRICS_H

#include "apps/cli/options.h"
#include <event2/event.h>
#include <stdint.h>

enum metric {
#define METRIC(id, type, name, label, help) METRIC_##id,
#include "apps/daemon/metrics.def"
#undef METRIC
    METRIC_COUNT
};

struct metrics;

/* metrics_new: all at zero. NULL without memory. metrics_free: the address, too; NULL is allowed. */
struct metrics *metrics_new(void);
void metrics_free(struct metrics *m);

/*
 * metrics_add: count; value: of the metric's label ("" where it has none), at most 31 bytes of it; values are few and
 * ours, never a peer's. metrics_set: a gauge, or what somebody else counts. m may be NULL: then nobody wants to know.
 */
void metrics_add(struct metrics *m, enum metric id, const char *value, uint64_t n);
void metrics_set(struct metrics *m, enum metric id, const char *value, double n);

/* metrics_set_process: the gauges about this process. */
void metrics_set_process(struct metrics *m);

/* metrics_text: all of them, malloc'ed; NULL without memory. */
char *metrics_text(const struct metrics *m);

/*
 * metrics_place_ok: whether that is one of this machine alone; it is said. Exit code.
 * metrics_listen: answer GET /metrics at an address of this machine.
 *   refresh  called before each answer, to set gauges
 * Returns an exit code; said. An address that others can reach is refused: there is no TLS on it.
 */
int metrics_place_ok(const struct app *app, const char *place);
int metrics_listen(struct metrics *m, const struct app *app, struct event_base *base, const char *place,
                   void (*refresh)(void *ctx), void *ctx);

#endif
