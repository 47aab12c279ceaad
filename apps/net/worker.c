/* Two lists under one lock, jobs to be run and jobs that have; an eventfd makes the loop look at the second. */
#include "apps/net/worker.h"
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

TAILQ_HEAD(jobs, job);

struct worker {
    pthread_t thread[WORKER_THREADS_MAX];
    unsigned threads;
    pthread_mutex_t lock;
    pthread_cond_t given, called;
    struct jobs waiting, finished;
    bool end;
    /* of worker_call: what each thread runs once, how often there was such a call, and who has not run the last one */
    void (*function)(void *arg);
    void *arg;
    unsigned calls, awaited;
    int bell; /* rings in the loop */
    struct event *rung;
};

static void answer_call(struct worker *w, unsigned *answered)
{
    *answered = w->calls;
    w->function(w->arg);
    w->awaited--;
    pthread_cond_signal(&w->called);
}

static void *work(void *arg)
{
    const uint64_t one = 1;
    struct worker *w = arg;
    struct job *job;
    unsigned answered = 0;
    pthread_mutex_lock(&w->lock);
    for (;;) {
        if (answered != w->calls)
            answer_call(w, &answered);
        if (!(job = TAILQ_FIRST(&w->waiting))) {
            if (w->end)
                break;
            pthread_cond_wait(&w->given, &w->lock);
            continue;
        }
        TAILQ_REMOVE(&w->waiting, job, in_list);
        pthread_mutex_unlock(&w->lock);
        job->run(job);
        pthread_mutex_lock(&w->lock);
        TAILQ_INSERT_TAIL(&w->finished, job, in_list);
        while (write(w->bell, &one, sizeof one) < 0 && errno == EINTR)
            ;
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

/* The next one that has run, NULL if there is none. */
static struct job *take_finished(struct worker *w)
{
    pthread_mutex_lock(&w->lock);
    struct job *job = TAILQ_FIRST(&w->finished);
    if (job)
        TAILQ_REMOVE(&w->finished, job, in_list);
    pthread_mutex_unlock(&w->lock);
    return job;
}

static void on_bell(evutil_socket_t fd, short what, void *ctx)
{
    struct worker *w = ctx;
    struct job *job;
    uint64_t count;
    (void)what;
    if (read(fd, &count, sizeof count) < 0 && errno != EAGAIN && errno != EINTR)
        return;
    while ((job = take_finished(w)) != NULL)
        job->done(job);
}

static int start_threads(struct worker *w, unsigned threads)
{
    sigset_t all, before;
    int rc = 0;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (!rc && w->threads < threads && w->threads < WORKER_THREADS_MAX) {
        rc = pthread_create(&w->thread[w->threads], NULL, work, w);
        w->threads += rc == 0;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return w->threads ? 0 : rc;
}

static void free_all(struct worker *w)
{
    if (w->rung)
        event_free(w->rung);
    if (w->bell >= 0)
        close(w->bell);
    pthread_cond_destroy(&w->given);
    pthread_cond_destroy(&w->called);
    pthread_mutex_destroy(&w->lock);
    free(w);
}

struct worker *worker_new(struct event_base *base, unsigned threads)
{
    struct worker *w = calloc(1, sizeof *w);
    if (!w)
        return NULL;
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->given, NULL);
    pthread_cond_init(&w->called, NULL);
    TAILQ_INIT(&w->waiting);
    TAILQ_INIT(&w->finished);
    w->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    w->rung = w->bell >= 0 ? event_new(base, w->bell, EV_READ | EV_PERSIST, on_bell, w) : NULL;
    int rc = w->rung && event_add(w->rung, NULL) == 0 ? start_threads(w, threads) : w->bell < 0 ? errno : ENOMEM;
    if (rc) {
        free_all(w);
        errno = rc;
        return NULL;
    }
    return w;
}

void worker_give(struct worker *w, struct job *job)
{
    if (!w) {
        job->run(job);
        job->done(job);
        return;
    }
    pthread_mutex_lock(&w->lock);
    TAILQ_INSERT_TAIL(&w->waiting, job, in_list);
    pthread_cond_signal(&w->given);
    pthread_mutex_unlock(&w->lock);
}

void worker_call(struct worker *w, void (*function)(void *arg), void *arg)
{
    pthread_mutex_lock(&w->lock);
    w->function = function;
    w->arg = arg;
    w->awaited = w->threads;
    w->calls++;
    pthread_cond_broadcast(&w->given);
    while (w->awaited)
        pthread_cond_wait(&w->called, &w->lock);
    pthread_mutex_unlock(&w->lock);
}

/* The threads have ended: what the last ones' done has given is run here. */
static void finish_all(struct worker *w)
{
    struct job *job;
    for (;;) {
        while ((job = take_finished(w)) != NULL)
            job->done(job);
        if (!(job = TAILQ_FIRST(&w->waiting)))
            return;
        TAILQ_REMOVE(&w->waiting, job, in_list);
        job->run(job);
        TAILQ_INSERT_TAIL(&w->finished, job, in_list);
    }
}

void worker_free(struct worker *w)
{
    if (!w)
        return;
    pthread_mutex_lock(&w->lock);
    w->end = true;
    pthread_cond_broadcast(&w->given);
    pthread_mutex_unlock(&w->lock);
    for (unsigned i = 0; i < w->threads; i++)
        pthread_join(w->thread[i], NULL);
    finish_all(w);
    free_all(w);
}
