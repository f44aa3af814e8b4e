#include "service/core/effects.h"
#include "tests/unit/check.h"
#include "topics/limits.h"

#include <stdlib.h>

static struct effects effects;
static char payload[EFFECTS_ARENA];

static struct effect effect_of(size_t length)
{
    return (struct effect){.topic = "muster/v1/t", .payload = payload, .length = length, .qos = 1};
}

static void test_copies(void)
{
    char topic[] = "a/b", text[] = "hello", id[] = "id";
    struct effect effect = {
        .topic = topic, .payload = text, .length = 5, .qos = 1, .correlation = id, .correlation_length = 2};
    effects_clear(&effects);
    CHECK(effects_publish(&effects, &effect), "taken");
    memset(topic, 'x', 3);
    memset(text, 'x', 5);
    memset(id, 'x', 2);
    CHECK_TEXT(effects.list[0].topic, "a/b");
    CHECK_TEXT(effects.list[0].payload, "hello");
    CHECK(memcmp(effects.list[0].correlation, "id", 2) == 0, "correlation");
    effects_clear(&effects);
    CHECK_INT(effects.count, 0);
    for (size_t i = 0; i < 16; i++)
        CHECK(effects.arena[i] == 0, "octet %zu of what went out is wiped", i);
}

static void test_full(void)
{
    effects_clear(&effects);
    struct effect small = effect_of(1), none = effect_of(0);
    for (int i = 0; i < EFFECTS_MAX; i++)
        CHECK(effects_publish(&effects, &small), "message %d", i);
    CHECK(!effects_has_room(&effects, 1), "as many as there may be");
    CHECK(!effects_publish(&effects, &none), "one more");
    CHECK_INT(effects.count, EFFECTS_MAX);

    effects_clear(&effects);
    struct effect large = effect_of(EFFECTS_ARENA / 2);
    CHECK(effects_publish(&effects, &large), "one half");
    CHECK(!effects_has_room(&effects, large.length), "two halves and the topics");
    CHECK(!effects_publish(&effects, &large), "two halves");
    CHECK(effects_publish(&effects, &small), "a small one still fits");

    struct effect wordy = effect_of(1);
    wordy.correlation = payload;
    wordy.correlation_length = LIMIT_CORRELATION;
    CHECK(effects_publish(&effects, &wordy), "the longest correlation data");
    wordy.correlation_length++;
    CHECK(!effects_publish(&effects, &wordy), "longer correlation data");
}

static void test_sessions(void)
{
    char uuid[] = "d1";
    struct effect small = effect_of(1);
    effects_clear(&effects);
    CHECK(effects_sessions(&effects, SESSIONS_STAY, uuid), "nothing to do");
    CHECK_INT(effects.count, 0);
    CHECK(effects_publish(&effects, &small), "a message");
    CHECK(effects_sessions(&effects, SESSIONS_CLOSE, uuid), "a word about connections");
    uuid[0] = 'x';
    CHECK_INT(effects.list[0].sessions, SESSIONS_STAY);
    CHECK_INT(effects.list[1].sessions, SESSIONS_CLOSE);
    CHECK_TEXT(effects.list[1].uuid, "d1");
    CHECK_TEXT(sessions_name(effects.list[1].sessions), "close");
    CHECK_TEXT(sessions_name(SESSIONS_CHECK), "check");
    effects_cut(&effects, 1);
    CHECK_INT(effects.count, 1);
    while (effects_has_room(&effects, 1))
        effects_publish(&effects, &small);
    CHECK(effects_publish(&effects, &small), "room for one more");
    CHECK(effects_reload(&effects, 7), "and a word to the broker");
    CHECK_INT(effects.list[effects.count - 1].reload, 7);
    CHECK(!effects_reload(&effects, 8), "and for no other");
    CHECK(!effects_sessions(&effects, SESSIONS_CHECK, "d1"), "and for no other");
    effects_clear(&effects);
}

int main(void)
{
    test_sessions();
    test_copies();
    test_full();
    return check_done();
}
