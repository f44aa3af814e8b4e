#include "service/io/queue.h"

#include "service/io/clock.h"
#include "service/io/queue_record.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#define RESERVE (64 * 1024)   /* of each buffer, kept free of messages for the other kinds */
#define KEEP    (1024 * 1024) /* of each buffer: what a burst has touched beyond it is given back to the system */

struct buffer {
    char *at;
    size_t used;
};

struct queue {
    pthread_mutex_t mutex; /* guards filling, waiting, woken, dropped */
    pthread_cond_t filled;
    size_t size;
    struct buffer filling, draining;
    size_t drained;
    struct now turned, last; /* when the buffers were changed; the time of the last item taken */
    struct mono called;      /* when the owner asked last whether it is time for that */
    bool waiting, woken;
    uint64_t dropped;
};

/* Reserved as a whole, taken page by page as messages come. NULL without memory. */
static char *buffer_new(size_t size)
{
    void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return at != MAP_FAILED ? at : NULL;
}

static void buffer_free(char *at, size_t size)
{
    if (at != NULL)
        munmap(at, size);
}

static void buffer_empty(struct buffer *buffer)
{
    if (buffer->used > KEEP)
        madvise(buffer->at + KEEP, buffer->used - KEEP, MADV_DONTNEED);
    buffer->used = 0;
}

struct queue *queue_new(size_t size)
{
    struct queue *queue = calloc(1, sizeof *queue);
    if (queue == NULL)
        return NULL;
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&queue->filled, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_init(&queue->mutex, NULL);
    queue->size = size;
    queue->turned = clock_now();
    queue->called = queue->turned.mono;
    queue->filling.at = buffer_new(size);
    queue->draining.at = buffer_new(size);
    if (queue->filling.at != NULL && queue->draining.at != NULL)
        return queue;
    queue_free(queue);
    return NULL;
}

void queue_free(struct queue *queue)
{
    if (queue == NULL)
        return;
    pthread_mutex_destroy(&queue->mutex);
    pthread_cond_destroy(&queue->filled);
    buffer_free(queue->filling.at, queue->size);
    buffer_free(queue->draining.at, queue->size);
    free(queue);
}

void queue_put(struct queue *queue, const struct queue_item *item, size_t payload_limit)
{
    struct queue_record record = queue_record(item, payload_limit);
    pthread_mutex_lock(&queue->mutex);
    struct buffer *buffer = &queue->filling;
    if (buffer->used + record.size + (item->kind == QUEUE_MESSAGE ? RESERVE : 0) <= queue->size) {
        queue_record_write(buffer->at + buffer->used, &record, &item->message);
        buffer->used += record.size;
    } else {
        queue->dropped++;
    }
    if (queue->waiting)
        pthread_cond_signal(&queue->filled);
    queue->waiting = false;
    pthread_mutex_unlock(&queue->mutex);
}

void queue_wake(struct queue *queue)
{
    pthread_mutex_lock(&queue->mutex);
    queue->woken = true;
    pthread_cond_signal(&queue->filled);
    pthread_mutex_unlock(&queue->mutex);
}

static struct timespec after(int ms)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    long nanoseconds = time.tv_nsec + ms % 1000 * 1000000L;
    time.tv_sec += ms / 1000 + nanoseconds / 1000000000L;
    time.tv_nsec = nanoseconds % 1000000000L;
    return time;
}

/* Between two calls lies a batch, not more: however long it takes to drain what has come. */
static bool was_away(struct queue *queue, struct mono now, int timeout_ms)
{
    bool away = now.ms - queue->called.ms > timeout_ms + QUEUE_PAUSE_MS;
    queue->called = now;
    return away;
}

bool queue_turn(struct queue *queue, int timeout_ms, int nap_us)
{
    if (queue->drained < queue->draining.used)
        return was_away(queue, clock_now().mono, timeout_ms);
    if (nap_us > 0)
        nanosleep(&(struct timespec){.tv_nsec = nap_us * 1000L}, NULL);
    buffer_empty(&queue->draining);
    struct timespec until = after(timeout_ms);
    int result = 0;
    pthread_mutex_lock(&queue->mutex);
    while (queue->filling.used == 0 && !queue->woken && result == 0) {
        queue->waiting = true;
        result = pthread_cond_timedwait(&queue->filled, &queue->mutex, &until);
    }
    queue->waiting = queue->woken = false;
    struct buffer full = queue->filling;
    queue->filling = queue->draining;
    struct now now = clock_now(); /* under the lock: what is put later came, at most, a moment before */
    pthread_mutex_unlock(&queue->mutex);
    queue->draining = full;
    queue->drained = 0;
    queue->turned = now;
    return was_away(queue, now.mono, timeout_ms);
}

struct now queue_heard(const struct queue *queue)
{
    return queue->drained == queue->draining.used ? queue->turned : queue->last;
}

bool queue_take(struct queue *queue, struct queue_item *item)
{
    if (queue->drained == queue->draining.used)
        return false;
    const struct queue_record *record = (const struct queue_record *)(void *)(queue->draining.at + queue->drained);
    queue_record_read(record, item);
    queue->drained += record->size;
    queue->last = item->now;
    return true;
}

size_t queue_ahead(const struct queue *queue, struct text topics[], size_t most)
{
    size_t found = 0, at = queue->drained;
    for (size_t i = 0; i < most && at < queue->draining.used; i++) {
        const struct queue_record *record = (const struct queue_record *)(void *)(queue->draining.at + at);
        __builtin_prefetch((const char *)record + record->size - 1); /* the payload, from the other processor's cache */
        if (record->kind == QUEUE_MESSAGE)
            topics[found++] = (struct text){queue_record_topic(record), record->topic_length};
        at += record->size;
    }
    return found;
}

uint64_t queue_dropped(struct queue *queue)
{
    pthread_mutex_lock(&queue->mutex);
    uint64_t dropped = queue->dropped;
    queue->dropped = 0;
    pthread_mutex_unlock(&queue->mutex);
    return dropped;
}
