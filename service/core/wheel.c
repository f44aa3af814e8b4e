#include "service/core/wheel.h"

#define WHEEL_OUT (WHEEL_NONE - 1)

void wheel_init(struct wheel *wheel, struct wheel_node *nodes, struct mono now)
{
    wheel->nodes = nodes;
    wheel->tick = now.ms / WHEEL_TICK_MS;
    wheel->open = WHEEL_NONE;
    for (size_t i = 0; i < WHEEL_BUCKETS; i++)
        wheel->heads[i] = WHEEL_NONE;
}

void wheel_node_init(struct wheel *wheel, uint32_t number)
{
    wheel->nodes[number] = (struct wheel_node){WHEEL_NONE, WHEEL_OUT, 0};
}

bool wheel_holds(const struct wheel *wheel, uint32_t number)
{
    return wheel->nodes[number].previous != WHEEL_OUT;
}

static uint32_t *bucket_of(struct wheel *wheel, int64_t tick)
{
    return &wheel->heads[tick % WHEEL_BUCKETS];
}

void wheel_remove(struct wheel *wheel, uint32_t number)
{
    struct wheel_node *node = &wheel->nodes[number];
    if (node->previous == WHEEL_OUT)
        return;
    if (node->previous != WHEEL_NONE)
        wheel->nodes[node->previous].next = node->next;
    else if (wheel->open == number)
        wheel->open = node->next;
    else
        *bucket_of(wheel, node->tick) = node->next;
    if (node->next != WHEEL_NONE)
        wheel->nodes[node->next].previous = node->previous;
    node->previous = WHEEL_OUT;
}

static void push(struct wheel *wheel, uint32_t number, int64_t tick)
{
    struct wheel_node *node = &wheel->nodes[number];
    uint32_t *head = bucket_of(wheel, tick);
    *node = (struct wheel_node){*head, WHEEL_NONE, (uint32_t)tick};
    if (node->next != WHEEL_NONE)
        wheel->nodes[node->next].previous = number;
    *head = number;
}

void wheel_set(struct wheel *wheel, uint32_t number, struct mono deadline)
{
    /* Rounds up: a thing is never due before its deadline. */
    int64_t tick = (deadline.ms + WHEEL_TICK_MS - 1) / WHEEL_TICK_MS;
    wheel_remove(wheel, number);
    push(wheel, number, tick > wheel->tick ? tick : wheel->tick);
}

/* Takes the head of the open bucket out; one whose time lies a turn or more ahead goes back to where it was. */
static uint32_t take_open(struct wheel *wheel, int64_t target)
{
    uint32_t number = wheel->open, tick = wheel->nodes[number].tick;
    wheel_remove(wheel, number);
    if ((int32_t)(tick - (uint32_t)target) <= 0)
        return number;
    push(wheel, number, tick);
    return WHEEL_NONE;
}

uint32_t wheel_pop(struct wheel *wheel, struct mono now, size_t *steps)
{
    int64_t target = now.ms / WHEEL_TICK_MS;
    if (target - wheel->tick >= WHEEL_BUCKETS) /* one turn opens every bucket */
        wheel->tick = target - WHEEL_BUCKETS + 1;
    while (*steps > 0) {
        if (wheel->open != WHEEL_NONE) {
            uint32_t number = take_open(wheel, target);
            (*steps)--;
            if (number != WHEEL_NONE)
                return number;
        } else if (wheel->tick <= target) {
            /* A bucket is opened as a whole: what is pushed into it from now on belongs to a later turn. */
            uint32_t *head = bucket_of(wheel, wheel->tick++);
            wheel->open = *head;
            *head = WHEEL_NONE;
        } else {
            break;
        }
    }
    return WHEEL_NONE;
}
