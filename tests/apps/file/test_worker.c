/* Work in another thread: done in order, told in the loop, waited for, and never lost. */
#include "apps/file/worker.h"
#include "tests/test.h"
#include <pthread.h>
#include <string.h>

enum { JOBS = 50 };

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
    const struct counted *c = (struct counted *)job;
    seen.here &= pthread_equal(pthread_self(), seen.loop);
    seen.told++;
    CU_ASSERT_EQUAL(seen.order[c->number], c->number);
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

static void end(unsigned all)
{
    CU_ASSERT_EQUAL(seen.ran, all);
    CU_ASSERT_EQUAL(seen.told, all);
    CU_ASSERT_TRUE(seen.elsewhere && seen.here);
    pthread_mutex_destroy(&seen.lock);
}

static void the_loop_hears_of_each(void)
{
    struct counted jobs[JOBS];
    struct event_base *base = event_base_new();
    struct worker *w = worker_new(base);
    CU_ASSERT_PTR_NOT_NULL_FATAL(w);
    begin(jobs);
    for (unsigned i = 0; i < JOBS; i++)
        worker_give(w, &jobs[i].job);
    while (seen.told < JOBS && event_base_loop(base, EVLOOP_ONCE) == 0)
        ;
    end(JOBS);
    worker_free(w);
    event_base_free(base);
}

/* Those before it have run then, and the loop hears of them later; of this one it does not hear again. */
static void one_is_waited_for(void)
{
    struct counted jobs[JOBS];
    struct event_base *base = event_base_new();
    struct worker *w = worker_new(base);
    CU_ASSERT_PTR_NOT_NULL_FATAL(w);
    begin(jobs);
    pthread_mutex_lock(&seen.lock);
    for (unsigned i = 0; i < 3; i++)
        worker_give(w, &jobs[i].job);
    pthread_mutex_unlock(&seen.lock);
    worker_finish(w, &jobs[2].job);
    CU_ASSERT_EQUAL(seen.ran, 3);
    CU_ASSERT_EQUAL(seen.told, 1);
    while (seen.told < 3 && event_base_loop(base, EVLOOP_ONCE) == 0)
        ;
    event_base_loop(base, EVLOOP_NONBLOCK);
    end(3);
    worker_free(w);
    event_base_free(base);
}

static void what_was_given_is_done_at_the_end(void)
{
    struct counted jobs[JOBS];
    struct event_base *base = event_base_new();
    struct worker *w = worker_new(base);
    CU_ASSERT_PTR_NOT_NULL_FATAL(w);
    begin(jobs);
    pthread_mutex_lock(&seen.lock);
    for (unsigned i = 0; i < JOBS; i++)
        worker_give(w, &jobs[i].job);
    pthread_mutex_unlock(&seen.lock);
    worker_free(w);
    end(JOBS);
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
    giver = worker_new(base);
    CU_ASSERT_PTR_NOT_NULL_FATAL(giver);
    worker_give(giver, &job.job);
    worker_free(giver);
    CU_ASSERT_EQUAL(job.number, 3);
    event_base_free(base);
}

static void note_thread(void *arg)
{
    *(pthread_t *)arg = pthread_self();
}

static void a_function_is_called_there(void)
{
    pthread_t there = pthread_self();
    struct event_base *base = event_base_new();
    struct worker *w = worker_new(base);
    CU_ASSERT_PTR_NOT_NULL_FATAL(w);
    worker_call(w, note_thread, &there);
    CU_ASSERT_FALSE(pthread_equal(there, pthread_self()));
    worker_free(w);
    event_base_free(base);
}

SW_TEST_SUITE(worker){
    SW_TEST(the_loop_hears_of_each),
    SW_TEST(one_is_waited_for),
    SW_TEST(what_was_given_is_done_at_the_end),
    SW_TEST(what_an_end_gives_is_done_at_the_end),
    SW_TEST(a_function_is_called_there),
};
