/* What the core does without a message: its bounds, which no trace comes near. */
#include "service/core/core.h"
#include "service/core/notice.h"
#include "tests/unit/check.h"

#include <stdlib.h>

#define DEVICES 10

static struct core *core;
static struct config config;
static void *memory;
static int logged;
static struct effects effects;

static void no_random(void *out, size_t length)
{
    static unsigned char next;
    memset(out, next++, length);
}

static void on_log(void *context, const char *event, const char *uuid, const char *text)
{
    (void)context;
    logged += strcmp(event, "offline") == 0 && uuid[0] == 'd' && strcmp(text, "heartbeat_timeout") == 0;
}

static struct now at(int64_t ms)
{
    return (struct now){{ms}, 1000000 + ms};
}

static void make_devices(void)
{
    store_event_begin(core->store);
    for (int i = 0; i < DEVICES; i++) {
        struct device_row row = {.tenant = "default", .state = DEVICE_REGISTERED, .presence.online = true};
        snprintf(row.uuid, sizeof row.uuid, "d%d", i);
        snprintf(row.device_id, sizeof row.device_id, "id%d", i % DEVICES);
        row.offline_after = i == 0 ? 5 : 0;
        CHECK_INT(store_device_insert(core->store, &row), ST_OK);
    }
    store_event_end(core->store, true);
    store_commit(core->store);
}

static enum status start(uint32_t capacity)
{
    static const uint64_t hash_key[2] = {1, 2};
    free(memory);
    memory = calloc(1, presence_memory(capacity));
    presence_init(&core->presence, memory, capacity, hash_key, 10000, (struct mono){0});
    return core_start(core, at(1000));
}

static void test_too_many_devices(void)
{
    CHECK_INT(start(DEVICES - 1), ST_QUOTA_EXCEEDED);
    CHECK_INT(start(DEVICES), ST_OK);
    CHECK_INT(core->presence.count, DEVICES);
    CHECK_INT(core->presence.slots[0].offline_after, 5);
    CHECK_INT(core->presence.slots[1].offline_after, config.offline_after_seconds);
}

static void test_ticks_in_parts(void)
{
    presence_hear(&core->presence, (struct mono){1000});
    static const struct {
        int64_t at;
        size_t most;
        bool more;
        int gone;
    } steps[] = {
        {1100, 100, false, 0}, {400000, 4, true, 4}, {400000, 100, false, DEVICES}, {400000, 1, false, DEVICES}};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        CHECK(core_tick(core, at(steps[i].at), steps[i].most, &effects) == steps[i].more, "step %zu: is there more", i);
        CHECK_INT(logged, steps[i].gone);
    }
    CHECK_INT(store_commit(core->store), ST_OK);
    core_batch_end(core, true);
}

/* No room to remember what was: nobody is looked at before the batch is over. */
static void test_tick_without_room(void)
{
    CHECK_INT(start(DEVICES), ST_OK);
    core->presence.slots[3].online = true;
    presence_rearm(&core->presence, 3, (struct mono){0});
    presence_hear(&core->presence, (struct mono){1000});
    core->presence.undo_count = PRESENCE_UNDO;
    CHECK(core_tick(core, at(400000), 100, &effects), "there is more");
    CHECK(core->presence.slots[3].online, "but not yet");
    core->presence.undo_count = 0;
    core->log = NULL;
    CHECK(!core_tick(core, at(400000), 100, &effects), "that was all");
    CHECK(!core->presence.slots[3].online, "its time is over");
    CHECK_INT(store_commit(core->store), ST_OK);
    core_batch_end(core, true);
}

static void test_flush_in_parts(void)
{
    uint32_t cursor = 0;
    struct device_row row;
    for (uint32_t i = 0; i < DEVICES; i++) {
        core->presence.slots[i].seen.ms = 7000 + i;
        core->presence.slots[i].unsaved = true;
    }
    for (int part = 0; part < 4; part++)
        CHECK_INT(core_flush_seen(core, at(9000), &cursor, 3), ST_OK);
    CHECK_INT(store_commit(core->store), ST_OK);
    for (uint32_t i = 0; i < DEVICES; i++)
        CHECK(!core->presence.slots[i].unsaved, "device %u", i);
    CHECK_INT(store_device_get(core->store, "d7", &row), ST_OK);
    CHECK_INT(row.presence.last_seen, 1007007);
}

/* A body that does not fit is no event, and takes no sequence with it. */
static void test_notice_too_long(void)
{
    static char members[LIMIT_EVENT_BODY + 1];
    struct device_row row;
    int64_t sequence = 0;
    CHECK_INT(store_device_get(core->store, "d7", &row), ST_OK);
    memset(members, 'x', LIMIT_EVENT_BODY);
    store_event_begin(core->store);
    CHECK_INT(notice_emit(core, &row, "updated", members, &sequence), ST_INTERNAL);
    store_event_end(core->store, false);
    row.device_id[0] = '\0';
    store_event_begin(core->store);
    CHECK_INT(notice_emit(core, &row, "updated", "", &sequence), ST_OK);
    store_event_end(core->store, true);
    CHECK_INT(store_commit(core->store), ST_OK);
}

int main(void)
{
    char error[300];
    core = calloc(1, sizeof *core);
    config_default("/", &config);
    core->config = &config;
    core->random = no_random;
    core->log = on_log;
    core->store = store_new(":memory:", error, sizeof error);
    make_devices();
    test_too_many_devices();
    test_ticks_in_parts();
    test_tick_without_room();
    test_flush_in_parts();
    test_notice_too_long();
    store_free(core->store);
    free(core);
    free(memory);
    return check_done();
}
