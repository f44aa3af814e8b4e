#include "service/io/crl_job.h"

#include "certs/thread.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

struct crl_job {
    void (*wake)(void *context);
    void *context;
    struct crl_task task;
    char *text, *next; /* of the last list that was made; of the one in hand */
    char error[CRL_ERROR];
    bool started, threaded; /* an order is out; it has a thread to join */
    atomic_bool done;
    pthread_t thread;
};

struct crl_job *crl_job_new(const char *database, const char *file, void (*wake)(void *context), void *context)
{
    struct crl_job *job = calloc(1, sizeof *job);
    if (job != NULL)
        *job = (struct crl_job){.wake = wake, .context = context, .task = {.database = database, .file = file}};
    return job;
}

static void *work(void *argument)
{
    struct crl_job *job = argument;
    job->next = crl_make(&job->task, job->error);
    atomic_store(&job->done, true);
    job->wake(job->context);
    return NULL;
}

void crl_job_start(struct crl_job *job, const struct ca *ca, const struct crl_order *order)
{
    job->error[0] = '\0';
    job->task.ca = ca;
    job->task.order = *order;
    job->started = true;
    atomic_store(&job->done, false);
    job->threaded = thread_start(&job->thread, "crl", work, job);
    if (!job->threaded) {
        snprintf(job->error, sizeof job->error, "The system gives no more threads.");
        atomic_store(&job->done, true);
    }
}

static void end(struct crl_job *job)
{
    if (job->threaded)
        pthread_join(job->thread, NULL);
    job->started = job->threaded = false;
}

bool crl_job_take(struct crl_job *job)
{
    if (!job->started || !atomic_load(&job->done))
        return false;
    end(job);
    if (job->next != NULL) {
        free(job->text);
        job->text = job->next;
        job->next = NULL;
    }
    return true;
}

const struct crl_order *crl_job_order(const struct crl_job *job)
{
    return &job->task.order;
}

const char *crl_job_text(const struct crl_job *job)
{
    return job->text;
}

const char *crl_job_error(const struct crl_job *job)
{
    return job->error;
}

void crl_job_free(struct crl_job *job)
{
    if (job == NULL)
        return;
    end(job);
    free(job->text);
    free(job->next);
    free(job);
}
