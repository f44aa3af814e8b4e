#include "service/io/parking.h"
#include "tests/unit/check.h"

#include <stdlib.h>

static struct parking parking;

static void test_copies(void)
{
    char topic[] = "topic", payload[] = "payload", response[] = "response", correlation[] = "corr";
    struct event event = {.now = {{77}, 88},
                          .topic = topic,
                          .topic_length = 5,
                          .payload = payload,
                          .length = 7,
                          .response_topic = response,
                          .response_topic_length = 8,
                          .correlation = correlation,
                          .correlation_length = 4};
    struct ticket ticket = {.stage = TICKET_NEW};
    CHECK(parking_add(&parking, &event, &ticket), "a place");
    memset(topic, 0, 5);
    memset(payload, 0, 7);
    memset(response, 0, 8);
    memset(correlation, 0, 4);
    struct parked *parked = &parking.places[0];
    CHECK(memcmp(parked->event.topic, "topic", 5) == 0, "topic");
    CHECK(memcmp(parked->event.payload, "payload", 7) == 0, "payload");
    CHECK(memcmp(parked->event.response_topic, "response", 8) == 0, "response topic");
    CHECK(memcmp(parked->event.correlation, "corr", 4) == 0, "correlation");
    CHECK(parked->ticket.stage == TICKET_WAITS && parked->ticket.since.ms == 77, "waits since it came");
    parking_free(&parking, parked);
    CHECK_INT(parking.count, 0);
}

static void test_intent_stays(void)
{
    struct event event = {.topic = "t", .topic_length = 1};
    struct ticket ticket = {.stage = TICKET_INTENT, .key = key_new(KEY_EC_P256)};
    CHECK(parking_add(&parking, &event, &ticket), "a place");
    CHECK_INT(parking.places[0].ticket.stage, TICKET_INTENT);
    CHECK(parking.places[0].event.payload == NULL && parking.places[0].event.correlation == NULL, "absent");
    parking_free(&parking, &parking.places[0]); /* its key with it */
}

static void test_full(void)
{
    struct event event = {.topic = "t", .topic_length = 1};
    struct ticket ticket = {.stage = TICKET_NEW};
    for (int i = 0; i < PARKING_PLACES; i++) {
        CHECK(!parking_is_full(&parking), "before place %d", i);
        CHECK(parking_add(&parking, &event, &ticket), "place %d", i);
    }
    CHECK(parking_is_full(&parking), "full");
    CHECK(!parking_add(&parking, &event, &ticket), "one more");
    parking_free(&parking, &parking.places[100]);
    CHECK(parking_add(&parking, &event, &ticket) && parking.places[100].copy != NULL, "the place that was left");
    for (int i = 0; i < PARKING_PLACES; i++)
        parking_free(&parking, &parking.places[i]);
    CHECK_INT(parking.count, 0);
}

int main(void)
{
    test_copies();
    test_intent_stays();
    test_full();
    return check_done();
}
