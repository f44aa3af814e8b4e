/* docs/protocol.md, section 4, as properties: any order of messages, random histories against a naive model. */
#include "service/core/presence.h"
#include "tests/unit/check.h"

#include <stdlib.h>

#define GRACE   10000
#define SILENCE 300000 /* ms */

static const uint64_t hash_key[2] = {5, 6};
static struct presence presence;
static void *memory;

static void start(uint32_t capacity, int64_t now)
{
    free(memory);
    memory = calloc(1, presence_memory(capacity));
    presence_init(&presence, memory, capacity, hash_key, GRACE, (struct mono){now});
}

static struct mono at(int64_t ms)
{
    return (struct mono){ms};
}

static uint32_t add(const char *uuid)
{
    struct presence_slot slot = {.offline_after = SILENCE / 1000, .active = true};
    uint32_t number = presence_add(&presence, uuid, &slot);
    presence_keep(&presence);
    return number;
}

/* --- what can happen to a device ---------------------------------------------------------------------------------- */

enum act { CONNECT, BEAT, WILL, DISCONNECT, RESET, ACTS };

static bool do_act(enum act act, uint32_t number, const char *session, int64_t now)
{
    struct presence_slot slot = presence.slots[number];
    enum reason reason = REASON_CONNECT;
    bool changes = false;
    switch (act) {
    case CONNECT:
        changes = presence_on_connect(&slot, session, 0, at(now), &reason);
        break;
    case BEAT:
        changes = presence_on_sign(&slot, session, REASON_HEARTBEAT, at(now), &reason);
        break;
    case WILL:
        presence_on_will(&presence, &slot, session, at(now));
        break;
    case DISCONNECT:
        changes = presence_on_disconnect(&slot, session, &reason);
        break;
    default:
        changes = presence_on_end(&slot);
    }
    presence_put(&presence, number, &slot);
    presence_keep(&presence);
    return changes;
}

/* Lets deadlines pass; returns how many went offline. */
static int tick(int64_t now)
{
    int gone = 0;
    size_t steps = SIZE_MAX;
    for (uint32_t number; (number = presence_due(&presence, (struct mono){now}, &steps)) != PRESENCE_NONE;) {
        struct presence_slot slot = presence.slots[number];
        enum reason reason = REASON_CONNECT;
        if (presence_on_deadline(&presence, &slot, (struct mono){now}, &reason)) {
            presence_put(&presence, number, &slot);
            presence_keep(&presence);
            gone++;
        } else {
            presence_rearm(&presence, number, (struct mono){0});
        }
    }
    return gone;
}

/* --- tables ------------------------------------------------------------------------------------------------------- */

static void test_names(void)
{
    CHECK_TEXT(reason_name(REASON_CONNECT), "connect");
    CHECK_TEXT(reason_name(REASON_HEARTBEAT_TIMEOUT), "heartbeat_timeout");
    CHECK_TEXT(reason_name(REASON_RESET), "reset");
}

static void test_sessions(void)
{
    static const struct {
        enum act act;
        const char *session;
        bool changes, online;
    } steps[] = {
        {BEAT, "s1", true, true},        /* never connected: any session will do */
        {DISCONNECT, "s1", false, true}, /* but it is not the current one */
        {CONNECT, "s1", false, true},    {CONNECT, "s1", false, true},    {CONNECT, "s2", false, true},
        {DISCONNECT, "s1", false, true}, {DISCONNECT, "s2", true, false}, {BEAT, "s2", false, false},
        {BEAT, "s1", false, false},      {BEAT, NULL, true, true},        {DISCONNECT, "", true, false},
        {CONNECT, "s1", true, true}, /* a name used again begins anew */
        {BEAT, "s1", false, true},       {RESET, NULL, true, false},      {RESET, NULL, false, false},
        {BEAT, "s1", false, false},      {CONNECT, "s3", true, true},
    };
    start(1, 1000);
    uint32_t number = add("d1");
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        bool changes = do_act(steps[i].act, number, steps[i].session, 2000 + (int64_t)i);
        CHECK(changes == steps[i].changes && presence.slots[number].online == steps[i].online, "step %zu", i);
    }
}

static void test_more_sessions_than_are_kept(void)
{
    start(1, 1000);
    uint32_t number = add("d1");
    for (int i = 0; i < 10; i++) {
        char session[16];
        snprintf(session, sizeof session, "s%d", i);
        do_act(CONNECT, number, session, 2000 + i);
    }
    CHECK(do_act(DISCONNECT, number, "s9", 3000), "the current one");
    CHECK(!do_act(BEAT, number, "s8", 3001), "the one before");
    CHECK(!do_act(BEAT, number, "s7", 3002), "and the one before that");
    CHECK(do_act(BEAT, number, "s1", 3003), "what is too long ago is not known any more");
}

static void test_deadline_is_exact(void)
{
    start(1, 0);
    uint32_t number = add("d1");
    struct presence_slot slot;
    enum reason reason = REASON_CONNECT;
    presence_hear(&presence, (struct mono){1000});
    do_act(CONNECT, number, "s", 2000);
    slot = presence.slots[number];
    CHECK(!presence_on_deadline(&presence, &slot, (struct mono){2000 + SILENCE - 1}, &reason), "a moment before");
    CHECK(presence_on_deadline(&presence, &slot, (struct mono){2000 + SILENCE}, &reason), "on the dot");
    CHECK_INT(reason, REASON_HEARTBEAT_TIMEOUT);
    do_act(WILL, number, "s", 2000 + SILENCE - GRACE);
    slot = presence.slots[number];
    CHECK(presence_on_deadline(&presence, &slot, (struct mono){2000 + SILENCE}, &reason), "both at once");
    CHECK_INT(reason, REASON_HEARTBEAT_TIMEOUT);
    slot = presence.slots[number];
    presence_deafen(&presence);
    CHECK(!presence_on_deadline(&presence, &slot, (struct mono){2000 + SILENCE}, &reason), "deaf");
    presence_hear(&presence, (struct mono){2000 + SILENCE});
    slot.online = false;
    CHECK(!presence_on_deadline(&presence, &slot, (struct mono){9999999}, &reason), "offline already");
}

/* --- all orders of six messages ----------------------------------------------------------------------------------- */

static const struct message {
    enum act act;
    const char *session;
} six[6] = {{CONNECT, "s1"}, {WILL, "s1"}, {CONNECT, "s2"}, {WILL, "s2"}, {BEAT, "s1"}, {BEAT, "s2"}};

static int position(const int order[6], int of)
{
    int i = 0;
    while (order[i] != of)
        i++;
    return i;
}

/* The contract in its own words. The current session is that of the later connect; what counts at the end is whether
 * its will, or one of the other that was current then, came with no sign of life behind it. */
static bool offline_at_end(const int order[6])
{
    const char *current = "", *over = "";
    bool suspected = false;
    for (int i = 0; i < 6; i++) {
        const struct message *message = &six[order[i]];
        bool same = strcmp(message->session, current) == 0;
        if (message->act == CONNECT && !same) {
            over = current;
            current = message->session;
        }
        if (message->act == WILL)
            suspected = suspected || same;
        else if (strcmp(message->session, over) != 0 || message->act == CONNECT)
            suspected = false;
    }
    return suspected;
}

static void test_order(const int order[6])
{
    start(1, 0);
    presence_hear(&presence, (struct mono){1});
    uint32_t number = add("d1");
    for (int i = 0; i < 6; i++)
        do_act(six[order[i]].act, number, six[order[i]].session, 1000 + i);
    CHECK(presence.slots[number].online, "%d: somebody spoke", position(order, 0));
    int gone = tick(1000 + 6 + GRACE + 256);
    CHECK(gone == offline_at_end(order), "%d%d%d%d%d%d: %d went offline", order[0], order[1], order[2], order[3],
          order[4], order[5], gone);
    tick(1000 + 6 + SILENCE + 256);
    CHECK(!presence.slots[number].online, "in the end all is silent");
}

static void permute(int order[6], int from)
{
    if (from == 6) {
        test_order(order);
        return;
    }
    for (int i = from; i < 6; i++) {
        int first = order[from];
        order[from] = order[i];
        order[i] = first;
        permute(order, from + 1);
        order[i] = order[from];
        order[from] = first;
    }
}

/* --- random histories against a naive model ----------------------------------------------------------------------- */

#define DEVICES 20

static struct {
    bool online;
    int64_t seen, suspect; /* -1: none */
    int session;           /* 0: none */
    int past[3];           /* the last ones that are over */
} model[DEVICES];
static int64_t model_hearing_since;
static bool model_hearing;

static void model_end(size_t device)
{
    if (model[device].session == 0)
        return;
    model[device].past[2] = model[device].past[1];
    model[device].past[1] = model[device].past[0];
    model[device].past[0] = model[device].session;
    model[device].session = 0;
}

static bool model_is_past(size_t device, int session)
{
    for (int i = 0; i < 3; i++)
        if (model[device].past[i] == session)
            return true;
    return false;
}

static void model_alive(size_t device, int64_t now)
{
    model[device].online = true;
    model[device].seen = now;
    model[device].suspect = -1;
}

static void model_act(enum act act, size_t device, int session, int64_t now)
{
    if (act == CONNECT) {
        if (session != model[device].session) {
            model_end(device);
            model[device].session = session;
        }
        model_alive(device, now);
    } else if (act == BEAT) {
        if (session == 0 || session == model[device].session || !model_is_past(device, session))
            model_alive(device, now);
    } else if (act == WILL) {
        bool valid = model[device].suspect >= model_hearing_since;
        if (model[device].online && session == model[device].session && !valid)
            model[device].suspect = now;
    } else if (act == RESET || session == 0 || session == model[device].session) {
        model_end(device);
        model[device].online = false;
        model[device].suspect = -1;
    }
}

static int model_tick(int64_t now)
{
    int gone = 0;
    for (size_t i = 0; i < DEVICES && model_hearing; i++) {
        int64_t from = model[i].seen > model_hearing_since ? model[i].seen : model_hearing_since;
        bool silent = now >= from + SILENCE;
        bool lost = model[i].suspect >= model_hearing_since && now >= model[i].suspect + GRACE;
        if (!model[i].online || (!silent && !lost))
            continue;
        if (!silent)
            model_end(i);
        model[i].online = false;
        model[i].suspect = -1;
        gone++;
    }
    return gone;
}

static void hear_or_not(int64_t now)
{
    model_hearing = !model_hearing;
    if (model_hearing) {
        model_hearing_since = now;
        presence_hear(&presence, (struct mono){now});
    } else {
        presence_deafen(&presence);
    }
}

static void compare(int64_t now)
{
    int wrong = 0;
    for (uint32_t i = 0; i < DEVICES; i++)
        wrong += presence.slots[i].online != model[i].online;
    CHECK(wrong == 0, "%d devices differ at %lld", wrong, (long long)now);
}

static void test_random_history(unsigned seed)
{
    static const char *const sessions[] = {NULL, "s1", "s2", "s3", "s4", "s5"};
    int64_t now = 128000;
    srandom(seed);
    start(DEVICES, now);
    memset(model, 0, sizeof model);
    for (size_t i = 0; i < DEVICES; i++) {
        char uuid[32];
        snprintf(uuid, sizeof uuid, "d%zu", i);
        add(uuid);
        model[i].suspect = -1;
    }
    model_hearing = false;
    hear_or_not(now += 128);
    for (int i = 0; i < 20000; i++) {
        /* Whole ticks of the wheel: there the two agree to the millisecond. */
        now += WHEEL_TICK_MS * (random() % (random() % 20 == 0 ? 3000 : 10));
        int session = (int)(random() % 6);
        uint32_t device = (uint32_t)random() % DEVICES;
        if (random() % 200 == 0)
            hear_or_not(now);
        int expected = model_tick(now);
        CHECK_INT(tick(now), expected);
        enum act act = (enum act)(random() % ACTS);
        session = act == CONNECT && session == 0 ? 1 : session;
        do_act(act, device, sessions[session], now);
        model_act(act, device, session, now);
        compare(now);
    }
}

/* --- undo --------------------------------------------------------------------------------------------------------- */

static void test_undo(void)
{
    int64_t now = 1000;
    start(300, now);
    presence_hear(&presence, (struct mono){now});
    srandom(7);
    for (int batch = 0; batch < 300; batch++) {
        static struct presence_slot before[300];
        uint32_t count = presence.count;
        bool keep = random() % 2 == 0;
        memcpy(before, presence.slots, sizeof before);
        for (int i = 0; i < 20; i++) {
            char uuid[32];
            snprintf(uuid, sizeof uuid, "d%d-%d", batch, i);
            struct presence_slot slot = {.offline_after = SILENCE / 1000, .active = true, .online = random() % 2 == 0};
            uint32_t number = presence.count < 300 && random() % 3 == 0 ? presence_add(&presence, uuid, &slot)
                                                                        : (uint32_t)random() % (presence.count + 1);
            if (number >= presence.count)
                continue;
            slot = presence.slots[number];
            slot.online = random() % 2 == 0;
            slot.seen.ms = now += 10;
            presence_put(&presence, number, &slot);
        }
        if (keep) {
            presence_keep(&presence);
            continue;
        }
        static struct presence_slot heard[300];
        memcpy(heard, presence.slots, sizeof heard);
        presence_undo(&presence);
        CHECK_INT(presence.count, count);
        for (uint32_t i = 0; i < count; i++) /* a sign of life is a fact: all else is as it was */
            if (heard[i].seen.ms > before[i].seen.ms) {
                CHECK_INT(presence.slots[i].seen.ms, heard[i].seen.ms);
                before[i].seen = presence.slots[i].seen;
            }
        for (uint32_t i = 0; i < count; i++) /* and has to be saved again */
            before[i].unsaved = before[i].seen.ms != 0;
        CHECK(memcmp(before, presence.slots, count * sizeof *before) == 0, "batch %d: the slots as they were", batch);
        char gone[32];
        for (int i = 0; i < 20; i++) {
            snprintf(gone, sizeof gone, "d%d-%d", batch, i);
            CHECK(presence_find(&presence, gone, strlen(gone)) == PRESENCE_NONE, "%s is not there", gone);
        }
    }
    for (uint32_t i = 0; i < presence.count; i++) {
        const char *uuid = presence_uuid(&presence, i);
        CHECK(presence_find(&presence, uuid, strlen(uuid)) == i, "%s is where it was", uuid);
    }
}

/* What was saved in a batch that is undone must be saved again. */
static void test_undo_saves_again(void)
{
    start(2, 1000);
    uint32_t number = add("d1");
    add("d2");
    do_act(BEAT, number, NULL, 2000);
    presence.slots[number].unsaved = false;
    presence_undo(&presence);
    CHECK(presence.slots[number].unsaved, "seen: saved again");
    CHECK(!presence.slots[1].unsaved, "never seen: nothing to save");
}

static void test_room(void)
{
    start(1, 1000);
    uint32_t number = add("d1");
    for (int i = 0; i < PRESENCE_UNDO; i++) {
        CHECK(presence_has_room(&presence, 1), "change %d", i);
        struct presence_slot slot = presence.slots[number];
        presence_put(&presence, number, &slot);
    }
    CHECK(!presence_has_room(&presence, 1), "no more");
    presence_keep(&presence);
    CHECK(presence_has_room(&presence, PRESENCE_UNDO), "all of it again");
}

/* A shorter threshold takes effect at once, though nothing else changes. */
static void test_new_threshold(void)
{
    start(1, 0);
    presence_hear(&presence, (struct mono){1000});
    uint32_t number = add("d1");
    do_act(CONNECT, number, "s", 2000);
    struct presence_slot slot = presence.slots[number];
    slot.offline_after = 5;
    presence_put(&presence, number, &slot);
    presence_keep(&presence);
    CHECK_INT(tick(6900), 0);
    CHECK_INT(tick(7200), 1);
}

/* --- many devices ------------------------------------------------------------------------------------------------- */

static void test_many(void)
{
    enum { MANY = 100000 };
    char uuid[32];
    int wrong = 0;
    int64_t active, online;
    start(MANY, 1000);
    presence_hear(&presence, (struct mono){1000});
    for (int i = 0; i < MANY; i++) {
        snprintf(uuid, sizeof uuid, "device-%d-%x", i, i * 7919);
        struct presence_slot slot = {.offline_after = PRESENCE_SECONDS(2 + i % 5), .online = true};
        wrong += presence_add(&presence, uuid, &slot) != (uint32_t)i;
    }
    presence_keep(&presence);
    CHECK(presence_add(&presence, "one more", &(struct presence_slot){0}) == PRESENCE_NONE, "no slot is left");
    for (int i = 0; i < MANY; i++) {
        snprintf(uuid, sizeof uuid, "device-%d-%x", i, i * 7919);
        wrong += presence_find(&presence, uuid, strlen(uuid)) != (uint32_t)i;
        wrong += presence_find(&presence, uuid, strlen(uuid) - 1) == (uint32_t)i;
    }
    CHECK_INT(wrong, 0);
    presence_count(&presence, &active, &online);
    CHECK(active == 0 && online == MANY, "counted");
    CHECK_INT(presence_find(&presence, "nobody", 6), PRESENCE_NONE);
    CHECK_INT(tick(1000 + 1999), 0);
    int gone = tick(1000 + 4500 + 128);
    CHECK(gone > MANY / 3 && gone < MANY * 2 / 3, "%d after half of the time", gone);
    CHECK_INT(gone + tick(1000 + 7000 + 256), MANY);
}

/* --- the short cut of a heartbeat --------------------------------------------------------------------------------- */

/* It does what presence_on_sign does to a device that stays online, and nothing where there is more to do. */
static void test_beat(void)
{
    static const struct {
        bool active, online, touched;
        const char *session;
        bool done;
    } cases[] = {{true, true, false, "", true},   {true, true, false, "s1", true},   {true, true, false, "s0", true},
                 {true, true, false, "s9", true}, {true, true, true, "", false},     {true, true, true, "s0", true},
                 {true, false, false, "", false}, {true, false, false, "s1", false}, {true, false, false, "s0", true},
                 {false, true, false, "", false}, {false, false, false, "s1", false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        enum reason reason = REASON_CONNECT;
        struct presence_slot slot = {.offline_after = SILENCE / 1000}, expected;
        presence_on_connect(&slot, "s0", 7, at(500), &reason);
        presence_on_connect(&slot, "s1", 7, at(1000), &reason);
        presence_on_will(&presence, &slot, "s1", at(1500));
        slot.unsaved = false;
        slot.active = cases[i].active;
        slot.online = cases[i].online;
        slot.touched = cases[i].touched;
        expected = slot;
        bool done = presence_beat(&slot, cases[i].session, strlen(cases[i].session), at(2000));
        CHECK_INT(done, cases[i].done);
        if (done)
            CHECK(!presence_on_sign(&expected, cases[i].session, REASON_HEARTBEAT, at(2000), &reason), "case %zu", i);
        CHECK(memcmp(&slot, &expected, sizeof slot) == 0, "case %zu: the slot", i);
    }
}

static void test_last_seen(void)
{
    struct presence_slot slot = {.seen = {4000}};
    CHECK_INT(presence_last_seen(&slot, (struct now){{5000}, 1000000}, 777), 777);
    slot.unsaved = true;
    CHECK_INT(presence_last_seen(&slot, (struct now){{5000}, 1000000}, 777), 999000);
}

int main(void)
{
    test_beat();
    test_last_seen();
    int order[6] = {0, 1, 2, 3, 4, 5};
    test_names();
    test_sessions();
    test_more_sessions_than_are_kept();
    test_deadline_is_exact();
    permute(order, 0);
    for (unsigned seed = 1; seed <= 5; seed++)
        test_random_history(seed);
    test_undo();
    test_undo_saves_again();
    test_room();
    test_new_threshold();
    test_many();
    free(memory);
    return check_done();
}
