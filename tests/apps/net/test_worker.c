/* Work in other threads: begun in order, several at a time, told in the loop, and never lost. */
#include "apps/net/worker.h"
#include "tests/test.h"
#include <pthread.h>
#include <string.h>

enum { JOBS = 50, THREADS = 3 };

static struct {
    pthread_t loop;
    pthread_mutex_t lock; /* held: no job gets on */
    unsigned order[JOBS], ran, told;
    bool elsewhere, here;
} seen;

struct counted {
    struct job job;
    unsigned number;
};

static void run(struct job *job)
{
    const struct counted *c = (struct counted *)job;
    pthread_mutex_lock(&seen.lock);
    seen.elsewhere &= !pthread_equal(pthread_self(), seen.loop);
    seen.order[seen.ran++] = c->number;
    pthread_mutex_unlock(&seen.lock);
}

static void tell(struct job *job)
{
    (void)job;
    seen.here &= pthread_equal(pthread_self(), seen.loop);
    seen.told++;
}

static void begin(struct counted jobs[JOBS])
{
    memset(&seen, 0, sizeof seen);
    seen.loop = pthread_self();
    seen.elsewhere = seen.here = true;
    pthread_mutex_init(&seen.lock, NULL);
    for (unsigned i = 0; i < JOBS; i++)
        jobs[i] = (struct counted){.job = {.run = run, .done = tell}, .number = i};
}

/* Each ran once; where there is one thread, in the order in which they were given. */
static void end(unsigned threads)
{
    bool was[JOBS] = {false};
    CU_ASSERT_EQUAL(seen.ran, JOBS);
    CU_ASSERT_EQUAL(seen.told, JOBS);
    CU_ASSERT_TRUE(seen.elsewhere && seen.here);
    for (unsigned i = 0; i < JOBS; i++) {
        CU_ASSERT_FALSE(was[seen.order[i]]);
        CU_ASSERT_TRUE(threads > 1 || seen.order[i] == i);
        was[seen.order[i]] = true;
    }
    pthread_mutex_destroy(&seen.lock);
}

static void the_loop_hears_of_each(void)
{
    for (unsigned threads = 1; threads <= THREADS; threads++) {
        struct counted jobs[JOBS];
        struct event_base *base = event_base_new();
        struct worker *w = worker_new(base, threads);
        CU_ASSERT_PTR_NOT_NULL_FATAL(w);
        begin(jobs);
        for (unsigned i = 0; i < JOBS; i++)
            worker_give(w, &jobs[i].job);
        while (seen.told < JOBS && event_base_loop(base, EVLOOP_ONCE) == 0)
            ;
        end(threads);
        worker_free(w);
        event_base_free(base);
    }
}

static pthread_barrier_t meeting;

static void meet(struct job *job)
{
    (void)job;
    pthread_barrier_wait(&meeting);
}

/* None of these ends before all of them have begun. */
static void several_run_at_once(void)
{
    struct counted jobs[JOBS];
    struct event_base *base = event_base_new();
    struct worker *w = worker_new(base, THREADS);
    CU_ASSERT_PTR_NOT_NULL_FATAL(w);
    begin(jobs);
    pthread_barrier_init(&meeting, NULL, THREADS);
    for (unsigned i = 0; i < THREADS; i++) {
        jobs[i].job.run = meet;
        worker_give(w, &jobs[i].job);
    }
    while (seen.told < THREADS && event_base_loop(base, EVLOOP_ONCE) == 0)
        ;
    CU_ASSERT_EQUAL(seen.told, THREADS);
    worker_free(w);
    pthread_barrier_destroy(&meeting);
    pthread_mutex_destroy(&seen.lock);
    event_base_free(base);
}

static void what_was_given_is_done_at_the_end(void)
{
    struct counted jobs[JOBS];
    struct event_base *base = event_base_new();
    struct worker *w = worker_new(base, THREADS);
    CU_ASSERT_PTR_NOT_NULL_FATAL(w);
    begin(jobs);
    pthread_mutex_lock(&seen.lock);
    for (unsigned i = 0; i < JOBS; i++)
        worker_give(w, &jobs[i].job);
    pthread_mutex_unlock(&seen.lock);
    worker_free(w);
    end(THREADS);
    worker_free(NULL);
    event_base_free(base);
}

static struct worker *giver;

static void run_again(struct job *job)
{
    struct counted *c = (struct counted *)job;
    c->number++;
}

static void give_again(struct job *job)
{
    if (((struct counted *)job)->number < 3)
        worker_give(giver, job);
}

/* The loop does not turn, and hears of the first one when the thread has ended. */
static void what_an_end_gives_is_done_at_the_end(void)
{
    struct counted job = {.job = {.run = run_again, .done = give_again}};
    struct event_base *base = event_base_new();
    giver = worker_new(base, 1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(giver);
    worker_give(giver, &job.job);
    worker_free(giver);
    CU_ASSERT_EQUAL(job.number, 3);
    event_base_free(base);
}

struct callers {
    pthread_t thread[2 * THREADS];
    unsigned n;
};

static void note_thread(void *arg)
{
    struct callers *c = arg;
    c->thread[c->n++] = pthread_self();
}

/* In each thread once a call, and not in this one. */
static void a_function_is_called_in_each(void)
{
    struct callers c = {.n = 0};
    struct event_base *base = event_base_new();
    struct worker *w = worker_new(base, THREADS);
    CU_ASSERT_PTR_NOT_NULL_FATAL(w);
    worker_call(w, note_thread, &c);
    CU_ASSERT_EQUAL(c.n, THREADS);
    worker_call(w, note_thread, &c);
    CU_ASSERT_EQUAL_FATAL(c.n, 2 * THREADS);
    for (unsigned i = 0; i < 2 * THREADS; i++) {
        CU_ASSERT_FALSE(pthread_equal(c.thread[i], pthread_self()));
        for (unsigned k = i / THREADS * THREADS; k < i; k++)
            CU_ASSERT_FALSE(pthread_equal(c.thread[i], c.thread[k]));
    }
    worker_free(w);
    event_base_free(base);
}

SW_TEST_SUITE(worker){
    SW_TEST(the_loop_hears_of_each),
    SW_TEST(several_run_at_once),
    SW_TEST(what_was_given_is_done_at_the_end),
    SW_TEST(what_an_end_gives_is_done_at_the_end),
    SW_TEST(a_function_is_called_in_each),
};
