/*
 * One thread beside the event loop, for work that would hold the loop up: hashing, encrypting and writing what was uploaded. Jobs are done in the order in which they were
 * given; what a job's end means is told in the loop's thread, so that nothing else of the program knows of threads.
 */
#ifndef SW_APPS_FILE_WORKER_H
#define SW_APPS_FILE_WORKER_H

#include "include/sealwax.h"
#include <event2/event.h>
#include <sys/queue.h>

struct worker;

/*
 * One piece of work, in a struct of its owner's.
 *   run   does it, in the worker's thread: nothing it touches may be touched by anybody else until done
 *   done  is called in the loop's thread, once; the job may be given back there
 */
struct job {
    void (*run)(struct job *job);
    void (*done)(struct job *job);
    bool finished; /* run has returned */
    TAILQ_ENTRY(job) in_list;
};

/* worker_new: start the thread, which takes no signals; before confine_thread (apps/daemon/confine.h). NULL with errno. worker_free: what was given is done first. Takes NULL. */
struct worker *worker_new(struct event_base *base);
void worker_free(struct worker *w);

/* worker_call: run a function in the thread, and wait for it. */
void worker_call(struct worker *w, void (*function)(void *arg), void *arg);

/* worker_give: do this. worker_finish: wait until this job, and what was given before it, has run, and call its done now. All these in the loop's thread. */
void worker_give(struct worker *w, struct job *job);
void worker_finish(struct worker *w, struct job *job);

#endif
