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
        CHECK(parking_room(&parking) > 0, "before place %d", i);
        CHECK(parking_add(&parking, &event, &ticket), "place %d", i);
    }
    CHECK(parking_room(&parking) == 0, "full");
    CHECK(!parking_add(&parking, &event, &ticket), "one more");
    parking_free(&parking, &parking.places[100]);
    CHECK(parking_add(&parking, &event, &ticket) && parking.places[100].copy != NULL, "the place that was left");
    for (int i = 0; i < PARKING_PLACES; i++)
        parking_free(&parking, &parking.places[i]);
    CHECK_INT(parking.count, 0);
}

/* No topic, and not all of those who wait together, keep the others out. */
static void test_may_wait(void)
{
    struct ticket waits = {.stage = TICKET_NEW}, intent = {.stage = TICKET_INTENT};
    struct event same = {.topic = "same", .topic_length = 4};
    for (int i = 0; i < PARKING_PER_TOPIC; i++) {
        CHECK(parking_may_wait(&parking, "same", 4), "number %d of a topic", i);
        parking_add(&parking, &same, i % 2 == 0 ? &waits : &intent);
    }
    CHECK(!parking_may_wait(&parking, "same", 4), "too many of one topic");
    CHECK(parking_may_wait(&parking, "else", 4), "another topic");
    for (int i = PARKING_PER_TOPIC / 2; i < PARKING_WAITING; i++) {
        CHECK(parking_may_wait(&parking, "else", 4), "number %d of all", i);
        char topic[16];
        snprintf(topic, sizeof topic, "t%d", i);
        parking_add(&parking, &(struct event){.topic = topic, .topic_length = strlen(topic)}, &waits);
    }
    CHECK(!parking_may_wait(&parking, "else", 4), "half of the places wait");
    CHECK_INT(parking_room(&parking), PARKING_PLACES - PARKING_WAITING - PARKING_PER_TOPIC / 2);
    for (int i = 0; i < PARKING_PLACES; i++)
        if (parking.places[i].copy != NULL)
            parking_free(&parking, &parking.places[i]);
    CHECK(parking_may_wait(&parking, "same", 4), "all have left");
}

int main(void)
{
    test_may_wait();
    test_copies();
    test_intent_stays();
    test_full();
    return check_done();
}
