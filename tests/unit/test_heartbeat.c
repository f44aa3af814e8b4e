/* The short cut of a heartbeat: when it is taken, when it is left to the long way, and that it takes no memory. */
#include "service/core/heartbeat.h"

#include "service/io/queue.h"
#include "tests/unit/check.h"

#include <stdlib.h>
#include <string.h>

/* Every allocation of this program is counted; the sanitizers have an allocator of their own. */
static unsigned long allocations;
#ifndef __SANITIZE_ADDRESS__
void *__libc_malloc(size_t size); // NOLINT: glibc's own name for what is put in front of
void *malloc(size_t size)
{
    allocations++;
    return __libc_malloc(size);
}
#endif

#define DEVICES 100

static struct core *core;
static void *memory;

static void add_devices(void)
{
    static const uint64_t hash_key[2] = {1, 2};
    memory = calloc(1, presence_memory(DEVICES));
    presence_init(&core->presence, memory, DEVICES, hash_key, 10000, (struct mono){1000});
    for (int i = 0; i < DEVICES; i++) {
        char uuid[40];
        enum reason reason = REASON_CONNECT;
        struct presence_slot slot = {.offline_after = 300, .active = true};
        snprintf(uuid, sizeof uuid, "0b7c3d5e-0000-4000-8000-%012d", i);
        presence_on_connect(&slot, "s0", 0, (struct mono){1000}, &reason);
        presence_on_connect(&slot, "s1", 0, (struct mono){1000}, &reason);
        presence_add(&core->presence, uuid, &slot);
    }
    presence_keep(&core->presence);
}

static bool beat(const char *topic, const char *payload, bool retained)
{
    struct event event = {.now = {{5000}, 5000},
                          .topic = topic,
                          .topic_length = strlen(topic),
                          .payload = payload,
                          .length = strlen(payload),
                          .retained = retained};
    return heartbeat_short(core, &event);
}

#define TOPIC_0 "muster/v1/device/0b7c3d5e-0000-4000-8000-000000000000/heartbeat"

static void test_when(void)
{
    static const struct {
        const char *topic, *payload;
        bool retained, gated, fresh, offline, done, moves;
    } cases[] = {
        {TOPIC_0, "", .done = true, .moves = true},
        {TOPIC_0, "", .gated = true, .done = true, .moves = true},
        {TOPIC_0, "", .fresh = true, .done = true, .moves = true}, /* in open mode nobody can say whose it is */
        {TOPIC_0, "", .gated = true, .fresh = true},               /* a first use is written down */
        {TOPIC_0, "{\"session\":\"s1\",\"metrics\":{\"a\":1}}", .done = true, .moves = true},
        {TOPIC_0, "{\"session\":\"s0\"}", .done = true}, /* that one is over */
        {TOPIC_0, "{\"session\":\"s0\"}", .offline = true, .done = true},
        {TOPIC_0, "", .offline = true},
        {TOPIC_0, "", .retained = true},
        {TOPIC_0, "{\"other\":1}", .done = false},
        {TOPIC_0, "no JSON", .done = false},
        {"muster/v1/device/nobody/heartbeat", "", .done = false},
        {"muster/v1/device/0b7c3d5e-0000-4000-8000-000000000000/connect", "", .done = false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct presence_slot *slot = &core->presence.slots[0], before = *slot;
        uint64_t counted = core->heartbeats;
        core->gated = cases[i].gated;
        slot->fresh = cases[i].fresh;
        slot->online = !cases[i].offline;
        bool done = beat(cases[i].topic, cases[i].payload, cases[i].retained);
        CHECK(done == cases[i].done, "case %zu: done", i);
        CHECK((slot->seen.ms == 5000) == cases[i].moves, "case %zu: the time", i);
        CHECK_INT(core->heartbeats - counted, cases[i].done);
        *slot = before;
    }
}

/* The same through the queue and the look ahead, for all devices: not one allocation, and no undo to remember. */
static void test_takes_no_memory(void)
{
    struct queue *queue = queue_new(1 << 20);
    struct queue_item item;
    unsigned long before = allocations;
    uint64_t counted = core->heartbeats;
    core->gated = true;
    for (int round = 0; round < 10; round++) {
        struct text topics[PRESENCE_AHEAD];
        for (int i = 0; i < DEVICES; i++) {
            char topic[80];
            int length = snprintf(topic, sizeof topic, "muster/v1/device/0b7c3d5e-0000-4000-8000-%012d/heartbeat", i);
            struct queue_item put = {.kind = QUEUE_MESSAGE, .now = {{6000 + i}, 1}};
            put.message = (struct mqtt_message){.topic = topic, .topic_length = (size_t)length};
            queue_put(queue, &put, 100);
        }
        queue_turn(queue, 10);
        heartbeat_look_ahead(core, topics, queue_ahead(queue, topics, PRESENCE_AHEAD));
        while (queue_take(queue, &item)) {
            struct event event = {.now = item.now,
                                  .topic = item.message.topic,
                                  .topic_length = item.message.topic_length,
                                  .payload = item.message.payload,
                                  .length = item.message.length};
            CHECK(heartbeat_short(core, &event), "taken");
        }
    }
    CHECK_INT(core->heartbeats - counted, 10 * DEVICES);
    CHECK_INT(allocations, before);
    CHECK_INT(core->presence.undo_count, 0);
    CHECK_INT(core->presence.slots[DEVICES - 1].seen.ms, 6000 + DEVICES - 1);
    queue_free(queue);
}

int main(void)
{
    core = calloc(1, sizeof *core);
    add_devices();
    test_when();
    test_takes_no_memory();
    free(memory);
    free(core);
    return check_done();
}
