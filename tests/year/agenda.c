/* What happens next: a binary heap of times. */
#include "tests/flow/flow.h"
#include "tests/year/year.h"

#include <stdlib.h>

static struct entry {
    int64_t ms, *due;
    void (*act)(void *whom);
    void *whom;
} * heap;
static size_t count, room;

static bool is_before(size_t a, size_t b)
{
    return heap[a].ms < heap[b].ms;
}

static void swap(size_t a, size_t b)
{
    struct entry entry = heap[a];
    heap[a] = heap[b];
    heap[b] = entry;
}

static size_t earlier_child(size_t at)
{
    size_t left = 2 * at + 1;
    return left + 1 < count && is_before(left + 1, left) ? left + 1 : left;
}

void agenda_add(int64_t ms, int64_t *due, void (*act)(void *whom), void *whom)
{
    if (count == room) {
        room = room > 0 ? 2 * room : 1024;
        heap = realloc(heap, room * sizeof *heap);
        if (heap == NULL)
            abort();
    }
    *due = ms;
    heap[count] = (struct entry){ms, due, act, whom};
    for (size_t at = count++; at > 0 && is_before(at, (at - 1) / 2); at = (at - 1) / 2)
        swap(at, (at - 1) / 2);
}

static void drop_first(void)
{
    swap(0, --count);
    for (size_t at = 0, child; (child = earlier_child(at)) < count && is_before(child, at); at = child)
        swap(at, child);
}

int64_t agenda_next(void)
{
    while (count > 0 && *heap[0].due != heap[0].ms)
        drop_first();
    return count > 0 ? heap[0].ms : INT64_MAX;
}

void agenda_act(void)
{
    if (agenda_next() == INT64_MAX)
        abort(); /* the year has an end */
    struct entry first = heap[0];
    drop_first();
    *first.due = 0;
    edge.ms = first.ms > edge.ms ? first.ms : edge.ms;
    first.act(first.whom);
}

void agenda_free(void)
{
    free(heap);
}
