/* The overview of a large fleet: counted in memory, of one tenant in the database, and neither as often as one likes.
 */
#include "service/op/op.h"
#include "tests/unit/check.h"

#include <stdlib.h>

#define LARGE 10001 /* devices of tenant `default`; a tenth are online */

static struct core *core;
static void *memory;

static void add_device(const char *tenant, int number)
{
    struct device_row row = {.state = DEVICE_REGISTERED, .presence.online = number % 10 == 0};
    snprintf(row.tenant, sizeof row.tenant, "%s", tenant);
    snprintf(row.uuid, sizeof row.uuid, "%s-%d", tenant, number);
    snprintf(row.device_id, sizeof row.device_id, "%d", number);
    CHECK_INT(store_device_insert(core->store, &row), ST_OK);
}

static void make_fleet(void)
{
    static const uint64_t hash_key[2] = {1, 2};
    static const struct device_row nobody = {.uuid = "x", .tenant = "nowhere"};
    struct device_row refused = nobody;
    store_event_begin(core->store);
    CHECK(store_device_insert(core->store, &refused) != ST_OK, "a tenant that is not there has no devices");
    store_event_end(core->store, false);
    store_event_begin(core->store);
    for (int i = 0; i < LARGE; i++)
        add_device("default", i);
    store_event_end(core->store, true);
    store_commit(core->store);
    memory = calloc(1, presence_memory(LARGE + 1));
    presence_init(&core->presence, memory, LARGE + 1, hash_key, 10000, (struct mono){0});
    CHECK_INT(core_start(core, (struct now){{1}, 1}), ST_OK);
}

/* What an overview at `now` says of `member`, or -1 when it has none; the status in core->request.why. */
static long long ask(int64_t now, const char *tenant, const char *member)
{
    struct request *request = &core->request;
    char mark[40];
    core->now = (struct now){{now}, now};
    request->why = (struct why){.status = ST_OK};
    snprintf(request->in.tenant, sizeof request->in.tenant, "%s", tenant);
    request->sender.tenant[0] = '\0';
    json_start(&core->reply.json, core->reply.members, sizeof core->reply.members);
    enum status status = op_stats_overview(core, request, &core->reply);
    request->why.status = status;
    snprintf(mark, sizeof mark, "\"%s\":", member);
    const char *found = status == ST_OK ? strstr(core->reply.members, mark) : NULL;
    return found != NULL ? atoll(found + strlen(mark)) : -1;
}

static void test_all(void)
{
    CHECK_INT(ask(1000, "", "total"), LARGE);
    CHECK_INT(ask(1001, "", "online"), LARGE / 10 + 1);
    core->presence.slots[1].online = true;
    core->heartbeats = 7;
    CHECK_INT(ask(1999, "", "online"), LARGE / 10 + 1);
    CHECK_INT(ask(2000, "", "online"), LARGE / 10 + 2);
    CHECK_INT(ask(2001, "", "heartbeats"), 7);
    CHECK_INT(ask(2001, "", "pending"), 0);
}

static void test_tenant(void)
{
    int64_t serves = LARGE * 50 / 1000;
    CHECK_INT(ask(10000, "default", "total"), LARGE);
    CHECK_INT(ask(10000, "default", "heartbeats"), -1);
    CHECK_INT(ask(10000 + serves - 1, "default", "online"), LARGE / 10 + 1);
    /* Another one at once would be another walk. */
    CHECK_INT(ask(10000 + serves - 1, "acme", "total"), -1);
    CHECK_INT(core->request.why.status, ST_RATE_LIMITED);
    CHECK_INT(core->request.why.retry_after_ms, 1);
    CHECK_INT(ask(10000 + serves, "acme", "total"), 0);
    /* A small tenant takes no time: nobody waits for it. */
    CHECK_INT(ask(10000 + serves, "default", "total"), LARGE);
}

int main(void)
{
    static struct config config;
    char error[300];
    core = calloc(1, sizeof *core);
    config_default("/", &config);
    core->config = &config;
    core->store = store_new(":memory:", error, sizeof error);
    make_fleet();
    test_all();
    test_tenant();
    store_free(core->store);
    free(core);
    free(memory);
    return check_done();
}
