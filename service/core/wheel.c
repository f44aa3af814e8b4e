#include "service/core/wheel.h"

#define DUE WHEEL_BUCKETS

void wheel_init(struct wheel *wheel, struct wheel_node *nodes, struct mono now)
{
    wheel->nodes = nodes;
    wheel->tick = now.ms / WHEEL_TICK_MS;
    for (size_t i = 0; i <= WHEEL_BUCKETS; i++)
        wheel->heads[i] = WHEEL_NONE;
}

void wheel_node_init(struct wheel *wheel, uint32_t number)
{
    wheel->nodes[number] = (struct wheel_node){WHEEL_NONE, WHEEL_NONE, WHEEL_NONE, {0}};
}

void wheel_remove(struct wheel *wheel, uint32_t number)
{
    struct wheel_node *node = &wheel->nodes[number];
    if (node->list == WHEEL_NONE)
        return;
    if (node->previous != WHEEL_NONE)
        wheel->nodes[node->previous].next = node->next;
    else
        wheel->heads[node->list] = node->next;
    if (node->next != WHEEL_NONE)
        wheel->nodes[node->next].previous = node->previous;
    node->list = WHEEL_NONE;
}

static void push(struct wheel *wheel, uint32_t number, uint32_t list)
{
    struct wheel_node *node = &wheel->nodes[number];
    node->list = list;
    node->previous = WHEEL_NONE;
    node->next = wheel->heads[list];
    if (node->next != WHEEL_NONE)
        wheel->nodes[node->next].previous = number;
    wheel->heads[list] = number;
}

/* Rounds up: a thing is never due before its deadline. */
static int64_t tick_of(struct mono at)
{
    return (at.ms + WHEEL_TICK_MS - 1) / WHEEL_TICK_MS;
}

void wheel_set(struct wheel *wheel, uint32_t number, struct mono deadline)
{
    wheel_remove(wheel, number);
    wheel->nodes[number].deadline = deadline;
    int64_t tick = tick_of(deadline);
    if (tick < wheel->tick)
        tick = wheel->tick;
    push(wheel, number, (uint32_t)(tick % WHEEL_BUCKETS));
}

/* Moves what the bucket of the present tick holds to the due list, except what waits for a later turn. */
static void empty_bucket(struct wheel *wheel)
{
    uint32_t bucket = (uint32_t)(wheel->tick % WHEEL_BUCKETS);
    for (uint32_t number = wheel->heads[bucket], next; number != WHEEL_NONE; number = next) {
        next = wheel->nodes[number].next;
        if (tick_of(wheel->nodes[number].deadline) > wheel->tick)
            continue;
        wheel_remove(wheel, number);
        push(wheel, number, DUE);
    }
}

uint32_t wheel_pop(struct wheel *wheel, struct mono now)
{
    int64_t target = now.ms / WHEEL_TICK_MS;
    while (wheel->heads[DUE] == WHEEL_NONE && wheel->tick <= target) {
        empty_bucket(wheel);
        wheel->tick++;
    }
    uint32_t number = wheel->heads[DUE];
    if (number != WHEEL_NONE)
        wheel_remove(wheel, number);
    return number;
}
