/*
 * Some threads beside the event loop, for work that would hold the loop up: hashing, encrypting, writing, and waiting
 * for disks. Jobs are begun in the order in which they were given and may run at the same time; what a job's end means
 * is told in the loop's thread, so that nothing else of the program knows of threads.
 */
#ifndef SW_APPS_NET_WORKER_H
#define SW_APPS_NET_WORKER_H

#include "include/sealwax.h"
#include <event2/event.h>
#include <sys/queue.h>

enum { WORKER_THREADS_MAX = 16 };

struct worker;

/*
 * One piece of work, in a struct of its owner's.
 *   run   does it, in one of the threads: nothing it touches may be touched by anybody else until done
 *   done  is called in the loop's thread, once; the job may be given back there, or given again
 */
struct job {
    void (*run)(struct job *job);
    void (*done)(struct job *job);
    TAILQ_ENTRY(job) in_list;
};

/*
 * worker_new: start the threads, WORKER_THREADS_MAX at most, which take no signals; before confine_thread
 * (apps/daemon/confine.h). NULL with errno: not even one.
 * worker_free: what was given is done first. Takes NULL.
 */
struct worker *worker_new(struct event_base *base, unsigned threads);
void worker_free(struct worker *w);

/*
 * worker_call: run a function in each of the threads, one after the other, and wait for it. worker_give: do this; here
 * and now if w is NULL. Both in the loop's thread.
 */
void worker_call(struct worker *w, void (*function)(void *arg), void *arg);
void worker_give(struct worker *w, struct job *job);

#endif
