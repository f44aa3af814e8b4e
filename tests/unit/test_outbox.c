/* The outbox against a broker that is played here: in order, at least once, nothing left out, whatever is lost. */
#include "service/io/log.h"
#include "service/io/outbox.h"
#include "tests/unit/check.h"

#include <stdlib.h>

#define EVENTS (OUTBOX_WINDOW + 100)

static struct store *store;
static struct outbox outbox;
static int64_t first_id; /* of the events of this test */

static struct {
    int64_t ids[2000];
    size_t count;
    size_t taken; /* how many it takes before it says no */
} broker;

bool mqtt_send(struct mqtt *mqtt, const struct mqtt_publish *publish)
{
    (void)mqtt;
    if (broker.count >= broker.taken || publish->id == 0)
        return false;
    broker.ids[broker.count++] = (int64_t)publish->id - first_id;
    return true;
}

void log_line(enum log_level level, const char *event, const char *format, ...)
{
    (void)level, (void)event, (void)format;
}

static void make_events(int count)
{
    struct event_row row = {.device = 1, .uuid = "d", .tenant = "default", .type = "updated", .body = "{}"};
    size_t found = 0;
    static struct event_row rows[1];
    store_event_begin(store);
    for (int i = 0; i < count; i++) {
        CHECK_INT(store_event_sequence(store, 1, &row.sequence), ST_OK);
        CHECK_INT(store_event_insert(store, &row), ST_OK);
    }
    store_event_end(store, true);
    CHECK_INT(store_commit(store), ST_OK);
    CHECK_INT(store_event_list(store, 0, rows, 1, &found), ST_OK);
    first_id = rows[0].id;
}

static struct now at(int64_t ms)
{
    return (struct now){{ms}, ms};
}

static void start(int events)
{
    char error[200];
    struct device_row device = {.uuid = "d", .device_id = "i", .tenant = "default"};
    store_free(store);
    store = store_new(":memory:", error, sizeof error);
    store_event_begin(store);
    CHECK_INT(store_device_insert(store, &device), ST_OK);
    store_event_end(store, true);
    store_commit(store);
    make_events(events);
    broker.count = 0;
    broker.taken = sizeof broker.ids / sizeof *broker.ids;
    CHECK_INT(outbox_start(&outbox, store, NULL, false), ST_OK);
}

static void answer(int64_t event, enum mqtt_outcome outcome, int64_t now)
{
    outbox_acknowledged(&outbox, first_id + event, outcome, at(now));
}

static bool is_run(size_t from, size_t count, int64_t first)
{
    for (size_t i = 0; i < count; i++)
        if (from + i >= broker.count || broker.ids[from + i] != first + (int64_t)i)
            return false;
    return true;
}

static void test_window(void)
{
    start(EVENTS);
    outbox_pump(&outbox, at(0));
    CHECK_INT(broker.count, 0); /* not connected */
    outbox_open(&outbox);
    outbox_pump(&outbox, at(1));
    CHECK(broker.count == OUTBOX_WINDOW && is_run(0, OUTBOX_WINDOW, 0), "%zu in order", broker.count);
    outbox_pump(&outbox, at(2));
    CHECK_INT(broker.count, OUTBOX_WINDOW);
    /* Out of order: only what is complete from the front makes room. */
    answer(1, MQTT_ACCEPTED, 3);
    outbox_pump(&outbox, at(3));
    CHECK_INT(broker.count, OUTBOX_WINDOW);
    answer(0, MQTT_ACCEPTED, 4);
    outbox_pump(&outbox, at(4));
    CHECK(broker.count == OUTBOX_WINDOW + 2 && is_run(OUTBOX_WINDOW, 2, OUTBOX_WINDOW), "two more");
    answer(EVENTS + 400, MQTT_ACCEPTED, 5); /* not ours */
    for (int64_t i = 2; i < EVENTS; i++) {
        answer(i, MQTT_ACCEPTED, 6);
        outbox_pump(&outbox, at(6));
    }
    CHECK(broker.count == EVENTS && is_run(0, EVENTS, 0), "all, once, in order");
    CHECK_INT(outbox.in_flight, 0);
}

static void test_lost_connection(void)
{
    start(10);
    outbox_open(&outbox);
    outbox_pump(&outbox, at(0));
    answer(0, MQTT_ACCEPTED, 1);
    for (int64_t i = 1; i < 10; i++)
        answer(i, MQTT_LOST, 2);
    outbox_close(&outbox);
    outbox_pump(&outbox, at(100000));
    CHECK_INT(broker.count, 10);
    outbox_open(&outbox);
    outbox_pump(&outbox, at(100001));
    CHECK(broker.count == 19 && is_run(10, 9, 1), "what was not acknowledged, again");
}

static void test_full_client(void)
{
    start(10);
    outbox_open(&outbox);
    broker.taken = 4;
    outbox_pump(&outbox, at(0));
    broker.taken = 100;
    outbox_pump(&outbox, at(1));
    CHECK_INT(broker.count, 4); /* not at once */
    outbox_pump(&outbox, at(2000));
    CHECK(broker.count == 10 && is_run(0, 10, 0), "the rest, in order");
}

static void test_denied(void)
{
    start(3);
    outbox_open(&outbox);
    outbox_pump(&outbox, at(0));
    answer(0, MQTT_DENIED, 1);
    outbox_pump(&outbox, at(2));
    CHECK_INT(broker.count, 3);
    int64_t now = 2;
    for (int i = 0; i < 100; i++) { /* however often: it is not left out */
        outbox_pump(&outbox, at(now += 100000));
        answer(0, MQTT_DENIED, now);
    }
    outbox_pump(&outbox, at(now += 100000));
    CHECK_INT(outbox.acknowledged, 0);
    CHECK(is_run(broker.count - 3, 3, 0), "it is still the first");
    for (int64_t i = 0; i < 3; i++)
        answer(i, MQTT_ACCEPTED, now);
    CHECK_INT(outbox.acknowledged, first_id + 2);
}

/* One that can never be sent is left out in the end, and the others go on. */
static void test_unsendable(void)
{
    start(3);
    outbox_open(&outbox);
    int64_t now = 0;
    int tries = 0;
    for (; tries < 50 && outbox.acknowledged == 0; tries++) {
        outbox_pump(&outbox, at(now += 100000));
        answer(0, MQTT_UNSENDABLE, now);
    }
    CHECK(tries == 10, "left out after %d tries", tries);
    outbox_pump(&outbox, at(now += 100000));
    answer(1, MQTT_ACCEPTED, now);
    answer(2, MQTT_ACCEPTED, now);
    CHECK_INT(outbox.acknowledged, first_id + 2);
}

static void test_what_is_saved(void)
{
    start(5);
    outbox_open(&outbox);
    outbox_pump(&outbox, at(0));
    answer(0, MQTT_ACCEPTED, 1);
    answer(1, MQTT_ACCEPTED, 1);
    CHECK_INT(outbox_save(&outbox), ST_OK);
    CHECK(store_is_dirty(store), "written");
    CHECK_INT(store_commit(store), ST_OK);
    CHECK_INT(outbox_save(&outbox), ST_OK);
    CHECK(!store_is_dirty(store), "it is known already");
    broker.count = 0;
    CHECK_INT(outbox_start(&outbox, store, NULL, false), ST_OK);
    outbox_open(&outbox);
    outbox_pump(&outbox, at(2));
    CHECK(broker.count == 3 && is_run(0, 3, 2), "after a restart: what it does not have");
}

/* New events are seen when they are told; those of a batch that is still open are not. */
static void test_told(void)
{
    start(1);
    outbox_open(&outbox);
    outbox_pump(&outbox, at(0));
    make_events(1);
    outbox_pump(&outbox, at(1));
    CHECK_INT(broker.count, 1);
    store_event_begin(store);
    outbox_notify(&outbox);
    outbox_pump(&outbox, at(2));
    CHECK_INT(broker.count, 1);
    store_event_end(store, true);
    CHECK_INT(store_commit(store), ST_OK);
    outbox_pump(&outbox, at(3));
    CHECK_INT(broker.count, 2);
}

int main(void)
{
    test_window();
    test_lost_connection();
    test_full_client();
    test_denied();
    test_unsendable();
    test_what_is_saved();
    test_told();
    store_free(store);
    return check_done();
}
