/* One thread puts, one takes: all arrives, in order, whole; what finds no room is counted. */
#include "service/io/queue.h"

#include "service/io/clock.h"
#include "tests/unit/check.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#define MESSAGES 20000

static int64_t milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static struct queue_item item_of(const char *text)
{
    return (struct queue_item){.kind = QUEUE_MESSAGE,
                               .message = {.topic = "t/opic",
                                           .topic_length = 6,
                                           .payload = text,
                                           .length = strlen(text),
                                           .response_topic = "r",
                                           .response_topic_length = 1,
                                           .correlation = "co",
                                           .correlation_length = 2,
                                           .stamp = "mac 1",
                                           .stamp_length = 5}};
}

static void *put_many(void *queue)
{
    for (int i = 0; i < MESSAGES; i++) {
        char text[100];
        snprintf(text, sizeof text, "%d:%.*s", i, i % 80, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
        struct queue_item item = item_of(text);
        queue_put(queue, &item, 1000);
    }
    return NULL;
}

static void test_two_threads(void)
{
    struct queue *queue = queue_new(32 * 1024 * 1024);
    pthread_t thread;
    pthread_create(&thread, NULL, put_many, queue);
    int taken = 0, wrong = 0;
    for (int64_t until = milliseconds() + 20000; taken < MESSAGES && milliseconds() < until;) {
        struct queue_item item;
        queue_turn(queue, 50, 0);
        for (; queue_take(queue, &item); taken++) {
            const struct mqtt_message *message = &item.message;
            wrong += atoi(message->payload) != taken || memcmp(message->topic, "t/opic", 6) != 0 ||
                     memcmp(message->correlation, "co", 2) != 0 || *message->response_topic != 'r' ||
                     message->stamp_length != 5 || memcmp(message->stamp, "mac 1", 5) != 0;
        }
    }
    pthread_join(thread, NULL);
    CHECK_INT(taken, MESSAGES);
    CHECK_INT(wrong, 0);
    CHECK_INT(queue_dropped(queue), 0);
    queue_free(queue);
}

/* A full queue drops messages, counts them, and keeps room for what must not be lost. */
static void test_full(void)
{
    struct queue *queue = queue_new(128 * 1024);
    static char big[8001];
    memset(big, 'x', 8000);
    struct queue_item message = item_of(big), down = {.kind = QUEUE_DOWN, .message = {.payload = "lost", .length = 4}};
    for (int i = 0; i < 20; i++)
        queue_put(queue, &message, 16384);
    for (int i = 0; i < 5; i++)
        queue_put(queue, &down, 200);
    uint64_t dropped = queue_dropped(queue);
    CHECK(dropped >= 10 && dropped < 20, "%llu dropped", (unsigned long long)dropped);
    CHECK_INT(queue_dropped(queue), 0);
    struct queue_item item;
    int messages = 0, downs = 0;
    queue_turn(queue, 0, 0);
    while (queue_take(queue, &item)) {
        messages += item.kind == QUEUE_MESSAGE;
        downs += item.kind == QUEUE_DOWN;
    }
    CHECK_INT(messages + (int)dropped, 20);
    CHECK_INT(downs, 5);
    queue_put(queue, &message, 16384);
    CHECK_INT(queue_dropped(queue), 0);
    queue_free(queue);
}

static void test_cut_and_empty(void)
{
    struct queue *queue = queue_new(128 * 1024);
    struct queue_item item = item_of("0123456789"), none = {.kind = QUEUE_UP, .source = 1};
    queue_put(queue, &item, 4);
    queue_put(queue, &none, 4);
    CHECK(!queue_take(queue, &item), "nothing before the turn");
    queue_turn(queue, 0, 0);
    CHECK(queue_take(queue, &item), "the message");
    CHECK_INT(item.message.length, 4);
    queue_turn(queue, 0, 0); /* not all was taken: the buffers stay */
    CHECK(queue_take(queue, &item) && item.kind == QUEUE_UP && item.source == 1, "the other");
    CHECK(item.message.payload == NULL && item.message.correlation == NULL && item.message.stamp == NULL,
          "absent stays absent");
    CHECK(!queue_take(queue, &item), "no more");
    queue_free(queue);
}

static void *wake_soon(void *queue)
{
    nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    queue_wake(queue);
    return NULL;
}

static void test_waiting(void)
{
    struct queue *queue = queue_new(128 * 1024);
    pthread_t thread;
    int64_t begin = milliseconds();
    queue_turn(queue, 60, 0);
    CHECK(milliseconds() - begin >= 59, "waited %lld ms", (long long)(milliseconds() - begin));
    pthread_create(&thread, NULL, wake_soon, queue);
    begin = milliseconds();
    queue_turn(queue, 10000, 0);
    CHECK(milliseconds() - begin < 5000, "woken after %lld ms", (long long)(milliseconds() - begin));
    pthread_join(thread, NULL);
    queue_free(queue);
    queue_free(NULL);
}

/* How far the owner has heard: to the last item while others wait, to the change of the buffers when none does. */
static void test_heard(void)
{
    struct queue *queue = queue_new(1024 * 1024);
    struct queue_item first = item_of("1"), second = item_of("2"), item;
    first.now.mono.ms = 1000;
    second.now.mono.ms = 2000;
    queue_put(queue, &first, 10);
    queue_put(queue, &second, 10);
    CHECK(!queue_turn(queue, 0, 0), "nothing was stopped");
    queue_take(queue, &item);
    CHECK_INT(queue_heard(queue).mono.ms, 1000);
    int64_t before = milliseconds();
    queue_take(queue, &item);
    CHECK(queue_heard(queue).mono.ms > 2000 && queue_heard(queue).mono.ms <= before, "all that came before the turn");
    queue_turn(queue, 10, 0);
    CHECK(queue_heard(queue).mono.ms >= before, "nothing waits: up to now");
    nanosleep(&(struct timespec){.tv_sec = QUEUE_PAUSE_MS / 1000, .tv_nsec = 100000000}, NULL);
    CHECK(queue_turn(queue, 0, 0), "the owner was away for a while");
    queue_free(queue);
}

/* A backlog that takes long is no pause: only the time between two calls counts. */
static void test_slow_is_not_away(void)
{
    struct queue *queue = queue_new(100000);
    struct queue_item item;
    bool away = false;
    for (int i = 0; i < 8; i++) {
        struct queue_item put = {.kind = QUEUE_MESSAGE, .message = {.topic = "t", .topic_length = 1}};
        queue_put(queue, &put, 0);
    }
    queue_turn(queue, 0, 0);
    for (int i = 0; i < 8; i++) {
        clock_sleep(QUEUE_PAUSE_MS / 6);
        queue_take(queue, &item);
        away = queue_turn(queue, 0, 0) || away;
    }
    CHECK(!away, "slow, but here");
    queue_free(queue);
}

/* Nothing is not an empty text; and a payload is cut where it is too long. */
static void test_texts(void)
{
    static const struct {
        const char *payload, *response_topic, *correlation, *stamp;
        size_t limit, length;
    } cases[] = {{NULL, NULL, NULL, NULL, 10, 0},
                 {"", "", "", "", 10, 0},
                 {"payload", NULL, "", "stamp", 10, 7},
                 {"payload", "response", NULL, NULL, 3, 3},
                 {"", "response", "correlation", "", 0, 0}};
    struct queue *queue = queue_new(100000);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
#define LENGTH(text) ((text) != NULL ? strlen(text) : 0)
#define SAME(got, length, wanted)                                                                                      \
    (((got) == NULL) == ((wanted) == NULL) && (length) == LENGTH(wanted) &&                                            \
     ((length) == 0 || memcmp((got), (wanted), (length)) == 0))
        struct queue_item item = {.kind = QUEUE_MESSAGE, .source = 1, .now = {{(int64_t)i}, -1}, .id = UINT64_MAX};
        item.message = (struct mqtt_message){.topic = "t",
                                             .topic_length = 1,
                                             .payload = cases[i].payload,
                                             .length = LENGTH(cases[i].payload),
                                             .retained = i % 2 == 0,
                                             .response_topic = cases[i].response_topic,
                                             .response_topic_length = LENGTH(cases[i].response_topic),
                                             .correlation = cases[i].correlation,
                                             .correlation_length = LENGTH(cases[i].correlation),
                                             .stamp = cases[i].stamp,
                                             .stamp_length = LENGTH(cases[i].stamp)};
        queue_put(queue, &item, cases[i].limit);
        queue_turn(queue, 10, 0);
        CHECK(queue_take(queue, &item), "case %zu", i);
        const struct mqtt_message *got = &item.message;
        CHECK(item.source == 1 && item.now.mono.ms == (int64_t)i && item.now.wall == -1 && item.id == UINT64_MAX &&
                  got->retained == (i % 2 == 0) && got->topic_length == 1 && *got->topic == 't',
              "case %zu: the head", i);
        CHECK((got->payload == NULL) == (cases[i].payload == NULL) && got->length == cases[i].length &&
                  (got->length == 0 || memcmp(got->payload, cases[i].payload, got->length) == 0),
              "case %zu: payload", i);
        CHECK(SAME(got->response_topic, got->response_topic_length, cases[i].response_topic), "case %zu: response", i);
        CHECK(SAME(got->correlation, got->correlation_length, cases[i].correlation), "case %zu: correlation", i);
        CHECK(SAME(got->stamp, got->stamp_length, cases[i].stamp), "case %zu: stamp", i);
    }
    queue_free(queue);
}

/* The next messages can be looked at before they are taken; what is no message is passed by. */
static void test_ahead(void)
{
    static const enum queue_kind kinds[] = {QUEUE_MESSAGE, QUEUE_UP, QUEUE_MESSAGE, QUEUE_ACKNOWLEDGED, QUEUE_MESSAGE};
    static const size_t expected[][2] = {{0, 3}, {1, 2}, {2, 2}, {3, 1}, {4, 1}, {5, 0}};
    struct queue *queue = queue_new(100000);
    struct text topics[8];
    struct queue_item item;
    for (size_t i = 0; i < 5; i++) {
        struct queue_item put = {.kind = kinds[i], .message = {.topic = "abcde" + i, .topic_length = 1}};
        queue_put(queue, &put, 0);
    }
    queue_turn(queue, 10, 0);
    for (size_t i = 0; i < 6; i++) {
        CHECK_INT(queue_ahead(queue, topics, 8), expected[i][1]);
        if (expected[i][1] > 0)
            CHECK(topics[expected[i][1] - 1].length == 1 && *topics[expected[i][1] - 1].at == 'e', "the last one");
        queue_take(queue, &item);
    }
    queue_free(queue);
}

int main(void)
{
    test_slow_is_not_away();
    test_texts();
    test_ahead();
    test_heard();
    test_two_threads();
    test_full();
    test_cut_and_empty();
    test_waiting();
    return check_done();
}
