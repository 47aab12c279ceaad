#include "apps/file/service.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { THREADS = 4 /* an upload takes two, and one waits for the disk now and then */ };

const struct http_route file_routes[] = {
    {EVHTTP_REQ_GET, "/files", files_list},
    {EVHTTP_REQ_POST, "/files", upload_post},
    {EVHTTP_REQ_OPTIONS, "/files", upload_options},
    {EVHTTP_REQ_GET, "/files/{}", files_get},
    {EVHTTP_REQ_DELETE, "/files/{}", files_delete},
    {EVHTTP_REQ_HEAD, "/uploads/{}", upload_head},
    {EVHTTP_REQ_PATCH, "/uploads/{}", upload_patch},
    {EVHTTP_REQ_DELETE, "/uploads/{}", upload_delete},
    {0, NULL, NULL},
};

struct file_service *file_service_new(const char *dir, struct sw_vault *vault, const struct file_limits *limits,
                                      const struct file_events *events)
{
    static const char *const below[] = {"files", "uploads"};
    char path[FILE_PATH_MAX];
    struct file_service *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    snprintf(s->dir, sizeof s->dir, "%.3800s", dir);
    s->vault = vault;
    s->limits = *limits;
    s->events = *events;
    TAILQ_INIT(&s->uploads);
    TAILQ_INIT(&s->announcements);
    pthread_mutex_init(&s->names, NULL);
    for (size_t i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%.3800s/%s", dir, below[i]);
        if (mkdir(path, 0700) && errno != EEXIST) {
            file_service_free(s);
            return NULL;
        }
    }
    uploads_load(s);
    return s;
}

bool file_service_start(struct file_service *service, struct event_base *base)
{
    service->worker = worker_new(base, THREADS);
    return service->worker != NULL;
}

struct worker *file_service_worker(const struct file_service *service)
{
    return service->worker;
}

void file_work(struct file_service *s, struct job *job)
{
    worker_give(s->worker, job);
}

void file_service_call(struct file_service *service, void (*function)(void *arg), void *arg)
{
    if (service->worker)
        worker_call(service->worker, function, arg);
}

void file_service_set_limits(struct file_service *service, const struct file_limits *limits)
{
    service->limits = *limits;
}

void file_service_spare(struct file_service *service, bool spare)
{
    atomic_store(&service->spare, spare);
}

void file_service_set_config(struct file_service *service, const struct sw_config *cfg)
{
    service->cfg = cfg;
}

void file_service_free(struct file_service *service)
{
    if (!service)
        return;
    service->ending = true;
    worker_free(service->worker);
    uploads_free(service);
    pthread_mutex_destroy(&service->names);
    free(service);
}
