/*
 * The life of a device as a state machine: a small world (disk, broker, service, clock) around it, in which the process
 * is killed after every single thing it does, answers get lost, and the service says no in every way it knows.
 */
#include "device-client/backoff.h"
#include "device-client/client.h"
#include "tests/unit/check.h"
#include "topics/document.h"
#include "topics/id.h"
#include "topics/json_write.h"
#include "topics/topic.h"

#include <stdlib.h>

#define UUID     "pump-7"
#define ID_COUNT 32

/* The requestIds that the service saw for one operation, each with its body. */
struct seen {
    char id[ID_COUNT][LIMIT_REQUEST_ID + 1];
    char body[ID_COUNT][2048];
    int count, requests;
};

struct world {
    struct kept disk;   /* what a crash leaves */
    struct kept memory; /* what it takes */
    struct client client;
    struct client_options options;
    int64_t now_ms, wall_ms;
    uint64_t seed;
    int budget; /* the process is killed when it has done so many things; negative: never */
    bool killed;
    int lose;         /* answers that get lost */
    const char *deny; /* the code of a rejection of `deny_operation`, `denials` times */
    const char *deny_operation;
    int denials, retry_after_ms;
    enum credential refuse; /* logins with that are refused */
    bool refused_now, connected, answered;
    char answer_topic[LIMIT_TOPIC + 1], answer[4096];
    struct seen registers, provisions, connects;
    int logins[CREDENTIAL_BEST + 1], heartbeats, goodbyes, updates, resets, kills;
    bool key_erased, done;
    char line[400];
    struct problem problem;
    struct client_effects effects;
};

static uint64_t next_random(struct world *world)
{
    world->seed = world->seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return world->seed ^ world->seed >> 29;
}

/* One thing done by the process. False: it was killed before. */
static bool act(struct world *world)
{
    if (world->budget == 0)
        world->killed = true;
    else if (world->budget > 0)
        world->budget--;
    return !world->killed;
}

static struct seen *seen_of(struct world *world, const char *operation)
{
    return strcmp(operation, "register") == 0    ? &world->registers
           : strcmp(operation, "provision") == 0 ? &world->provisions
           : strcmp(operation, "connect") == 0   ? &world->connects
                                                 : NULL;
}

/* Whether this request is new; one id stands for one body for ever. */
static void remember(struct seen *seen, const char *id, const char *body)
{
    seen->requests++;
    for (int i = 0; i < seen->count; i++)
        if (strcmp(seen->id[i], id) == 0) {
            CHECK_TEXT(body, seen->body[i]);
            return;
        }
    if (seen->count == ID_COUNT)
        abort();
    strcpy(seen->id[seen->count], id);
    CHECK(kept_copy(seen->body[seen->count], sizeof seen->body[0], body), "a longer body: %s", body);
    seen->count++;
}

static void write_answer(struct world *world, const char *operation, const char *id)
{
    struct json_writer json;
    bool denied = world->deny != NULL && world->denials > 0 && strcmp(operation, world->deny_operation) == 0;
    topic_build(denied ? TOPIC_DEVICE_REJECTED : TOPIC_DEVICE_ACCEPTED, world->answer_topic, sizeof world->answer_topic,
                (const char *[]){UUID, operation});
    json_start(&json, world->answer, sizeof world->answer);
    json_open(&json, NULL, '{');
    json_text(&json, "requestId", id);
    if (denied) {
        world->denials--;
        json_open(&json, "error", '{');
        json_text(&json, "code", world->deny);
        json_text(&json, "message", "No.");
        json_text(&json, "mend", "Mend it.");
        if (world->retry_after_ms > 0)
            json_int(&json, "retryAfterMs", world->retry_after_ms);
        json_close(&json, '}');
    } else {
        /* members of all operations: each takes its own */
        json_members(&json, "\"uuid\":\"" UUID "\",\"deviceId\":\"abcdefghijkl\",\"tenant\":\"default\",\"apiKey\":"
                            "\"mdk_a_b\",\"certificateId\":\"0123\",\"certificatePem\":\"CERT\",\"caPem\":\"CA\","
                            "\"notBefore\":\"2026-01-01T00:00:00.000Z\",\"notAfter\":\"2027-01-01T00:00:00.000Z\","
                            "\"renewAfter\":\"2026-09-01T00:00:00.000Z\",\"heartbeatSeconds\":60");
    }
    json_close(&json, '}');
    world->answered = true;
}

static void serve(struct world *world, const char *topic, const char *payload)
{
    struct text part[TOPIC_PARAMETERS];
    char operation[33], id[LIMIT_REQUEST_ID + 1] = "";
    struct document *document = NULL;
    struct why why;
    CHECK(topic_match(TOPIC_DEVICE_REQUEST, topic, strlen(topic), part, NULL), "%s", topic);
    snprintf(operation, sizeof operation, "%.*s", (int)part[1].length, part[1].at);
    CHECK(document_new(payload, strlen(payload), &document, &why) == ST_OK, "%s", payload);
    kept_copy(id, sizeof id, value_text(value_member(document_root(document), "requestId")));
    document_free(document);
    world->heartbeats += strcmp(operation, "heartbeat") == 0;
    world->goodbyes += strcmp(operation, "disconnect") == 0;
    world->updates += strcmp(operation, "update") == 0;
    world->resets += strcmp(operation, "reset") == 0;
    if (id[0] == '\0')
        return;
    if (seen_of(world, operation) != NULL)
        remember(seen_of(world, operation), id, payload);
    if (world->lose > 0)
        world->lose--;
    else
        write_answer(world, operation, id);
}

static void input(struct world *world, struct client_input in);

/* What the loop of the real process does, each thing a moment at which it may be killed. */
static void carry_out(struct world *world)
{
    struct client_effects *effects = &world->effects;
    struct client *client = &world->client;
    if (effects->keep_certificate && act(world)) {
        CHECK_TEXT(effects->certificate_pem, "CERT");
        world->disk.has_identity = true;
    }
    if (effects->save && act(world)) {
        char json[KEPT_JSON_MAX];
        size_t length = kept_write(&world->memory, json, sizeof json);
        CHECK(length > 0 && kept_read(&world->disk, json, length), "state.json");
    }
    if (effects->erase_request && act(world))
        world->disk.csr[0] = '\0';
    if (effects->forget_files && act(world))
        world->disk.has_identity = false;
    if (effects->erase_provisioning_key && act(world)) {
        world->memory.provisioning_key[0] = world->disk.provisioning_key[0] = '\0';
        world->key_erased = true;
    }
    if (effects->line[0] != '\0')
        strcpy(world->line, effects->line);
    if (effects->publish && act(world)) {
        CHECK(world->connected, "a publish without a connection: %s", effects->topic);
        if (effects->heartbeat)
            client_heartbeat(client, "{\"cpu\":1}", effects->payload, sizeof effects->payload);
        serve(world, effects->topic, effects->payload);
    }
    if (effects->disconnect && act(world))
        world->connected = world->answered = false;
    if (effects->connect && act(world)) {
        world->logins[client->credential]++;
        world->refused_now = client->credential == world->refuse;
        CHECK(!world->connected, "a second connection");
    }
    if (effects->done && !world->killed) {
        world->done = true;
        world->problem = effects->problem;
    }
    if (effects->make_key && act(world)) {
        snprintf(world->memory.csr, sizeof world->memory.csr, "CSR %016llx", (unsigned long long)next_random(world));
        strcpy(world->disk.csr, world->memory.csr);
        input(world, (struct client_input){.event = CLIENT_KEY_MADE});
    }
}

static void input(struct world *world, struct client_input in)
{
    in.now_ms = world->now_ms;
    in.wall_ms = world->wall_ms;
    for (size_t i = 0; i < 4; i++)
        in.random[i] = next_random(world);
    client_step(&world->client, &in, &world->effects);
    carry_out(world);
}

static void start(struct world *world)
{
    world->killed = world->connected = world->answered = false;
    /* as keep_load does */
    world->memory = world->disk;
    if (world->memory.provision_id[0] == '\0' || world->memory.csr[0] == '\0')
        world->memory.provision_id[0] = world->memory.csr[0] = '\0';
    client_init(&world->client, &world->options, &world->memory);
    input(world, (struct client_input){.event = CLIENT_START});
}

static void message(struct world *world)
{
    world->answered = false;
    input(world, (struct client_input){.event = CLIENT_MESSAGE,
                                       .topic = world->answer_topic,
                                       .topic_length = strlen(world->answer_topic),
                                       .payload = world->answer,
                                       .payload_length = strlen(world->answer)});
}

/* The next thing that happens to the device. */
static void turn(struct world *world)
{
    if (world->client.link == LINK_CONNECTING && world->refused_now) {
        input(world, (struct client_input){.event = CLIENT_DOWN, .refused = true, .reason = "Not authorized"});
    } else if (world->client.link == LINK_CONNECTING) {
        world->connected = true;
        input(world, (struct client_input){.event = CLIENT_UP});
    } else if (world->answered) {
        message(world);
    } else {
        int64_t wake = world->effects.wake_ms;
        CHECK(wake != 0, "the device sleeps for ever in state %d", (int)world->client.link);
        world->now_ms = wake > world->now_ms ? wake : world->now_ms + 1;
        input(world, (struct client_input){.event = CLIENT_TICK});
    }
}

/* Until the device is online or done; a killed process is started again and not killed twice. */
static void live(struct world *world, int turns)
{
    start(world);
    while (turns-- > 0 && !world->done && !world->client.online) {
        if (world->killed) {
            world->kills++;
            world->budget = -1;
            start(world);
        } else {
            turn(world);
        }
    }
}

static struct world *world_new(enum client_goal goal)
{
    struct world *world = calloc(1, sizeof *world);
    if (world == NULL)
        abort();
    world->options = (struct client_options){.goal = goal, .timeout_ms = 30000, .members = "\"deviceName\":\"n\""};
    world->now_ms = 1000;
    world->wall_ms = 1767225600000 + 86400000; /* 2026-01-02 */
    world->seed = 7;
    world->budget = -1;
    strcpy(world->disk.uuid, UUID);
    strcpy(world->disk.name, "pump 7");
    strcpy(world->disk.provisioning_key, "mpk_a_b");
    return world;
}

static void provisioned(struct world *world)
{
    strcpy(world->disk.api_key, "mdk_a_b");
    strcpy(world->disk.device_id, "abcdefghijkl");
    strcpy(world->disk.certificate_id, "0123");
    strcpy(world->disk.not_before, "2026-01-01T00:00:00.000Z");
    strcpy(world->disk.not_after, "2027-01-01T00:00:00.000Z");
    world->disk.has_identity = true;
    world->disk.provisioning_key[0] = '\0';
}

static void check_straight_life(void)
{
    struct world *world = world_new(GOAL_RUN);
    live(world, 50);
    CHECK(world->client.online, "%s", world->line);
    CHECK_INT(world->registers.requests, 1);
    CHECK_INT(world->provisions.requests, 1);
    CHECK_INT(world->connects.requests, 1);
    CHECK_INT(world->logins[CREDENTIAL_PROVISIONING_KEY], 1);
    CHECK_INT(world->logins[CREDENTIAL_API_KEY], 1);
    CHECK_INT(world->logins[CREDENTIAL_CERTIFICATE], 1);
    CHECK(world->key_erased && world->disk.provisioning_key[0] == '\0', "the provisioning key stays");
    CHECK(strstr(world->registers.body[0], "\"deviceName\":\"pump 7\"") != NULL, "%s", world->registers.body[0]);
    CHECK(strstr(world->registers.body[0], "mpk_") == NULL, "the key is in the payload");
    int64_t online_at = world->now_ms;
    turn(world);
    CHECK(world->heartbeats == 1 && world->now_ms > online_at && world->now_ms <= online_at + 60001, "first heartbeat");
    for (int i = 0; i < 9; i++)
        turn(world);
    CHECK_INT(world->heartbeats, 10);
    input(world, (struct client_input){.event = CLIENT_STOP});
    CHECK(world->done && world->problem.result == MUSTER_DEVICE_OK && world->goodbyes == 1, "stop");
    free(world);
}

/* Killed after each thing it ever does, with and without lost answers: one uuid, one registration, one certificate. */
static void check_kills(bool open_mode)
{
    int kills = 0;
    for (int at = 0; at < 40; at++) {
        for (int lose = 0; lose < 4; lose++) {
            struct world *world = world_new(GOAL_RUN);
            world->options.open_mode = open_mode;
            world->budget = at;
            world->lose = lose;
            live(world, 200);
            CHECK(world->client.online, "killed at %d, %d lost: %s", at, lose, world->line);
            CHECK(world->registers.count == 1, "killed at %d, %d lost: %d registrations", at, lose,
                  world->registers.count);
            /* a key pair made just before the kill was never sent */
            CHECK(world->provisions.count == 1, "killed at %d, %d lost: %d provisions", at, lose,
                  world->provisions.count);
            CHECK(world->disk.provisioning_key[0] == '\0' || world->kills == 1, "killed at %d: the key stays", at);
            CHECK_TEXT(world->disk.uuid, UUID);
            CHECK_TEXT(world->disk.register_id, "");
            CHECK_TEXT(world->disk.provision_id, "");
            kills += world->kills;
            free(world);
        }
    }
    CHECK(kills > 40, "only %d kills: the life is longer than the test thinks, or shorter", kills);
}

/* The name is changed between two tries of one registration: the repetition must not differ. */
static void check_renamed_between(void)
{
    struct world *world = world_new(GOAL_RUN);
    world->lose = 1000;
    live(world, 6);
    CHECK(world->registers.requests >= 2, "%d", world->registers.requests);
    strcpy(world->disk.name, "pump 8");
    world->lose = 0;
    live(world, 50);
    CHECK(world->client.online && world->registers.count == 1, "%d registrations", world->registers.count);
    free(world);
}

static void check_repeats(void)
{
    struct world *world = world_new(GOAL_RUN);
    world->lose = 5;
    start(world);
    turn(world); /* up, and asked */
    for (int i = 0; i < 5; i++) {
        int64_t before = world->now_ms;
        turn(world);
        CHECK_INT(world->now_ms - before, CLIENT_REPEAT_MS);
    }
    CHECK(world->registers.requests == 6 && world->registers.count == 1, "%d requests, %d ids",
          world->registers.requests, world->registers.count);
    free(world);
}

/* A rejection, and what the device makes of it. */
static const struct {
    const char *operation, *code;
    int denials, retry_after_ms;
    bool same_id;
    int64_t least_ms, most_ms; /* until it asks again */
} rejections[] = {
    {"register", "rate_limited", 1, 7000, true, 7000, 7500},
    {"register", "storage_unavailable", 1, 0, true, 0, 500},
    {"register", "internal", 1, 0, true, 0, 500},
    {"provision", "issuer_expired", 1, 600000, true, 600000, 600500},
    {"register", "pending_approval", 1, 30000, true, 30000, 30500},
    {"register", "pending_approval", 12, 0, true, 0, 60000 * 12},
    {"register", "from_the_future", 1, 0, true, 0, 500},
    {"register", "invalid_provisioning_key", 1, 0, false, 30000, 60000},
    {"register", "device_exists", 1, 0, false, 30000, 60000},
    {"register", "idempotency_conflict", 1, 0, false, 30000, 60000},
    {"register", "not_authorised", 1, 0, false, 30000, 60000},
    {"register", "quota_exceeded", 3, 0, false, 90000, 180000},
    {"provision", "csr_key_reused", 1, 0, false, 30000, 60000},
    {"provision", "device_blocked", 1, 0, false, 30000, 60000},
    {"provision", "rate_limited", 1, 2000, true, 2000, 2500},
    {"connect", "rate_limited", 2, 2000, true, 4000, 5500},
    {"connect", "device_blocked", 1, 0, false, 30000, 60000},
};

static void check_rejections(void)
{
    for (size_t i = 0; i < sizeof rejections / sizeof *rejections; i++) {
        struct world *world = world_new(GOAL_RUN);
        world->deny = rejections[i].code;
        world->deny_operation = rejections[i].operation;
        world->denials = rejections[i].denials;
        world->retry_after_ms = rejections[i].retry_after_ms;
        live(world, 100);
        const struct seen *seen = seen_of(world, rejections[i].operation);
        int64_t took = world->now_ms - 1000;
        CHECK(world->client.online, "%s: %s", rejections[i].code, world->line);
        CHECK(seen->count == (rejections[i].same_id ? 1 : 1 + rejections[i].denials), "%s %s: %d ids",
              rejections[i].operation, rejections[i].code, seen->count);
        CHECK(took >= rejections[i].least_ms && took <= rejections[i].most_ms, "%s %s: asked again after %lld ms",
              rejections[i].operation, rejections[i].code, (long long)took);
        CHECK_TEXT(world->disk.uuid, UUID);
        free(world);
    }
}

static void check_for_ever(void)
{
    struct world *world = world_new(GOAL_RUN);
    world->deny = "device_exists";
    world->deny_operation = "register";
    world->denials = 1000000;
    live(world, 30);
    CHECK(!world->done && world->now_ms > 5 * 30000, "it gave up");
    CHECK(strstr(world->line, "device_exists") != NULL, "%s", world->line);
    free(world);
}

/* Credentials that the broker refuses: the next lesser one after a while, and the identity is never thrown away. */
static void check_refusals(void)
{
    struct world *world = world_new(GOAL_RUN);
    provisioned(world);
    world->refuse = CREDENTIAL_CERTIFICATE;
    start(world);
    for (int i = 0; i < 100 && world->provisions.requests == 0; i++)
        turn(world);
    CHECK_INT(world->logins[CREDENTIAL_CERTIFICATE], CLIENT_REFUSALS);
    CHECK_INT(world->logins[CREDENTIAL_API_KEY], 1);
    CHECK(world->disk.has_identity && world->disk.certificate_id[0] != '\0', "the old certificate was given up");
    world->refuse = CREDENTIAL_NONE;
    for (int i = 0; i < 100 && !world->client.online; i++)
        turn(world);
    CHECK(world->client.online && world->registers.requests == 0, "%s", world->line);
    free(world);

    world = world_new(GOAL_RUN); /* the gate refuses everything it has */
    provisioned(world);
    world->disk.certificate_id[0] = '\0';
    world->refuse = CREDENTIAL_API_KEY;
    live(world, 40);
    CHECK(!world->done && !world->client.online && world->logins[CREDENTIAL_API_KEY] > 5, "it gave up");
    CHECK(world->now_ms > 60000, "it hurries");
    CHECK_TEXT(world->disk.api_key, "mdk_a_b");
    free(world);

    world = world_new(GOAL_RUN); /* an operator has reset it, and it was given a key: it registers anew */
    provisioned(world);
    world->options.key_offered = true;
    world->deny = "device_not_found";
    world->deny_operation = "connect";
    world->denials = 1;
    live(world, 100);
    CHECK(world->client.online, "%s", world->line);
    CHECK_TEXT(world->disk.uuid, UUID);
    free(world);
}

/* What is kept at the start, and with which credential the device begins. */
static const struct {
    const char *what;
    const char *api_key, *certificate_id, *not_after;
    bool has_identity, has_key;
    enum credential expected;
} beginnings[] = {
    {"nothing but the key", "", "", "", false, true, CREDENTIAL_PROVISIONING_KEY},
    {"nothing at all", "", "", "", false, false, CREDENTIAL_NONE},
    {"registered", "mdk_a", "", "", false, true, CREDENTIAL_API_KEY},
    {"provisioned", "mdk_a", "01", "2027-01-01T00:00:00.000Z", true, false, CREDENTIAL_CERTIFICATE},
    {"provisioned, no date", "mdk_a", "01", "", true, false, CREDENTIAL_CERTIFICATE},
    {"the certificate's files are lost", "mdk_a", "01", "2027-01-01T00:00:00.000Z", false, false, CREDENTIAL_API_KEY},
    {"files without a commit", "mdk_a", "", "", true, false, CREDENTIAL_API_KEY},
    {"expired", "mdk_a", "01", "2026-01-01T12:00:00.000Z", true, false, CREDENTIAL_API_KEY},
    {"a certificate alone", "", "01", "2027-01-01T00:00:00.000Z", true, false, CREDENTIAL_CERTIFICATE},
};

static void check_beginnings(void)
{
    for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++) {
        struct world *world = world_new(GOAL_RUN);
        kept_copy(world->disk.api_key, sizeof world->disk.api_key, beginnings[i].api_key);
        kept_copy(world->disk.certificate_id, sizeof world->disk.certificate_id, beginnings[i].certificate_id);
        kept_copy(world->disk.not_after, sizeof world->disk.not_after, beginnings[i].not_after);
        world->disk.has_identity = beginnings[i].has_identity;
        if (!beginnings[i].has_key)
            world->disk.provisioning_key[0] = '\0';
        start(world);
        CHECK(world->client.credential == beginnings[i].expected, "%s: %d", beginnings[i].what,
              (int)world->client.credential);
        CHECK(world->done == (beginnings[i].expected == CREDENTIAL_NONE), "%s", beginnings[i].what);
        CHECK(world->done || (world->client.session[0] != '\0') == (beginnings[i].expected == CREDENTIAL_CERTIFICATE),
              "%s: a last will for a device that has no session", beginnings[i].what);
        free(world);
    }
}

static void check_reconnect(void)
{
    struct world *world = world_new(GOAL_RUN);
    char session[CLIENT_SESSION + 1];
    provisioned(world);
    live(world, 20);
    strcpy(session, world->client.session);
    world->connected = false;
    input(world, (struct client_input){.event = CLIENT_DOWN, .reason = "gone"});
    CHECK(!world->client.online && strstr(world->line, "connection lost") != NULL, "%s", world->line);
    input(world, (struct client_input){.event = CLIENT_DOWN, .reason = "gone, said twice"});
    CHECK_INT(world->client.failures, 1);
    for (int i = 0; i < 20 && !world->client.online; i++)
        turn(world);
    CHECK(world->client.online && strcmp(session, world->client.session) != 0, "the session must be a new one");
    CHECK_INT(world->connects.count, 2);
    free(world);
}

static void deliver(struct world *world, const char *topic, const char *payload)
{
    snprintf(world->answer_topic, sizeof world->answer_topic, "%s", topic);
    snprintf(world->answer, sizeof world->answer, "%s", payload);
    message(world);
}

/* What looks like an answer and is none. */
static void check_strangers(void)
{
    struct world *world = world_new(GOAL_RUN);
    char good[512];
    world->lose = 1000;
    start(world);
    turn(world);
    snprintf(good, sizeof good, "{\"requestId\":\"%s\",\"deviceId\":\"abcdefghijkl\",\"apiKey\":\"mdk_a_b\"}",
             world->registers.id[0]);
    const char *const strangers[][2] = {
        {"muster/v1/device/" UUID "/register/accepted",
         "{\"requestId\":\"other\",\"deviceId\":\"x\",\"apiKey\":\"y\"}"},
        {"muster/v1/device/" UUID "/register/accepted", "{\"deviceId\":\"x\",\"apiKey\":\"y\"}"},
        {"muster/v1/device/" UUID "/register/accepted", ""},
        {"muster/v1/device/" UUID "/register/accepted", "[1,2"},
        {"muster/v1/device/" UUID "/provision/accepted", good},
        {"muster/v1/device/other/register/accepted", good},
        {"muster/v1/device/" UUID "/register", good},
        {"x", good},
    };
    for (size_t i = 0; i < sizeof strangers / sizeof *strangers; i++) {
        deliver(world, strangers[i][0], strangers[i][1]);
        CHECK(world->memory.api_key[0] == '\0', "taken: %s %s", strangers[i][0], strangers[i][1]);
    }
    char broken[512];
    snprintf(broken, sizeof broken, "{\"requestId\":\"%s\",\"deviceId\":\"longer than any deviceId\",\"apiKey\":\"k\"}",
             world->registers.id[0]);
    deliver(world, "muster/v1/device/" UUID "/register/accepted", broken);
    CHECK(world->memory.api_key[0] == '\0', "taken: %s", broken);
    deliver(world, "muster/v1/device/" UUID "/register/accepted", good);
    CHECK_TEXT(world->memory.api_key, "mdk_a_b");
    free(world);
}

/* An answer on the device's topic to another's request, or to none: in open mode anybody can publish one. */
static void check_renamed_by_strangers(void)
{
    static const char topic[] = "muster/v1/device/" UUID "/update/accepted";
    struct world *world = world_new(GOAL_RUN);
    provisioned(world);
    live(world, 20);
    deliver(world, topic, "{\"deviceName\":\"theirs\"}");
    deliver(world, topic, "{\"requestId\":\"other\",\"deviceName\":\"theirs\"}");
    CHECK_TEXT(world->memory.name, "pump 7");
    CHECK_TEXT(world->disk.name, "pump 7");
    free(world);
}

/* One member of an answer, and what is kept of it. */
static const struct {
    const char *operation, *member, *given, *kept;
} texts[] = {
    {"register", "deviceId", "\"abcdefghijkl\"", "abcdefghijkl"},
    {"register", "deviceId", "\"a\\u009b2Jb\"", ""},
    {"register", "deviceId", "\"abc def\"", ""},
    {"register", "deviceId", "\"\"", ""},
    {"register", "tenant", "\"hall-2\"", "hall-2"},
    {"register", "tenant", "\"a\\u001b[2J\"", ""},
    {"register", "tenant", "\"a b\"", ""},
    {"register", "tenant", "7", ""},
    {"register", "apiKey", "\"mdk_a_b\"", "mdk_a_b"},
    {"register", "apiKey", "\"mdk\\n\"", ""},
    {"provision", "certificateId", "\"01ab\"", "01ab"},
    {"provision", "certificateId", "\"01 \\u001b[2J\"", "0123"},
    {"provision", "certificateId", "\"../x\"", "0123"},
    {"provision", "notAfter", "\"2027-01-01T00:00:00.000Z\"", "2027-01-01T00:00:00.000Z"},
    {"provision", "notAfter", "\"\\u001b[2J\"", ""},
    {"provision", "notAfter", "\"some day\"", ""},
    {"provision", "notBefore", "\"\\u009b2J\"", ""},
    {"provision", "renewAfter", "\"never\"", ""},
    {"connect", "renewAfter", "\"2026-09-02T00:00:00.000Z\"", "2026-09-02T00:00:00.000Z"},
    {"connect", "renewAfter", "\"never\"", "2026-09-01T00:00:00.000Z"},
    {"connect", "renewAfter", "\"2027-01-01T00:00:00.000Z\"", "2026-09-01T00:00:00.000Z"}, /* past its end */
    {"connect", "renewAfter", "\"2026-01-01T00:00:00.000Z\"", "2026-09-01T00:00:00.000Z"}, /* before its life */
    {"update", "deviceName", "\"pump \\u00e9\"", "pump \303\251"},
    {"update", "deviceName", "\"\\u001b[2J\"", "pump 7"},
    {"update", "deviceName", "\"\\u009b2J\"", "pump 7"},
    {"update", "deviceName", "\"a\\nb\"", "pump 7"},
};

static const char *kept_text(const struct kept *kept, const char *member)
{
    return strcmp(member, "tenant") == 0          ? kept->tenant
           : strcmp(member, "deviceId") == 0      ? kept->device_id
           : strcmp(member, "apiKey") == 0        ? kept->api_key
           : strcmp(member, "certificateId") == 0 ? kept->certificate_id
           : strcmp(member, "notBefore") == 0     ? kept->not_before
           : strcmp(member, "notAfter") == 0      ? kept->not_after
           : strcmp(member, "renewAfter") == 0    ? kept->renew_after
                                                  : kept->name;
}

/* Asks `operation` and is answered with the members `answer` (JSON, from the first on). */
static struct world *answered_with(const char *operation, const char *answer)
{
    bool update = strcmp(operation, "update") == 0;
    struct world *world = world_new(update ? GOAL_UPDATE : GOAL_RUN);
    char topic[LIMIT_TOPIC + 1], payload[1024];
    if (strcmp(operation, "register") != 0)
        provisioned(world);
    if (strcmp(operation, "provision") == 0)
        world->disk.has_identity = false;
    strcpy(world->disk.renew_after, "2026-09-01T00:00:00.000Z");
    world->lose = 1000;
    start(world);
    turn(world);
    snprintf(topic, sizeof topic, "muster/v1/device/" UUID "/%s/accepted", operation);
    snprintf(payload, sizeof payload, "{\"requestId\":\"%s\",%s}", world->client.request_id, answer);
    deliver(world, topic, payload);
    return world;
}

/* What people read was checked before: no answer writes escape sequences to a terminal. */
static void check_texts(void)
{
    static const char *const members[][2] = {
        {"deviceId", "\"abcdefghijkl\""}, {"apiKey", "\"mdk_a_b\""}, {"certificateId", "\"01\""},
        {"certificatePem", "\"CERT\""},   {"caPem", "\"CA\""},
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char answer[512] = "";
        size_t length = (size_t)snprintf(answer, sizeof answer, "\"%s\":%s", texts[i].member, texts[i].given);
        for (size_t m = 0; m < sizeof members / sizeof *members; m++)
            if (strcmp(members[m][0], texts[i].member) != 0)
                length += (size_t)snprintf(answer + length, sizeof answer - length, ",\"%s\":%s", members[m][0],
                                           members[m][1]);
        struct world *world = answered_with(texts[i].operation, answer);
        const char *kept = kept_text(&world->memory, texts[i].member);
        CHECK(strcmp(kept, texts[i].kept) == 0, "%s of %s: %s became %s", texts[i].member, texts[i].operation,
              texts[i].given, kept);
        CHECK(id_is_clean_text(world->line, strlen(world->line), false), "%s: %s", texts[i].member, world->line);
        free(world);
    }
}

/* Goals that end by themselves. */
static const struct {
    const char *what;
    enum client_goal goal;
    bool own;
    const char *operation, *code;
    int lose;
    enum credential refuse;
    enum muster_device_result expected;
} goals[] = {
    {"register", GOAL_REGISTER, false, NULL, NULL, 0, 0, MUSTER_DEVICE_OK},
    {"register, done before", GOAL_REGISTER, true, NULL, NULL, 0, 0, MUSTER_DEVICE_OK},
    {"register, one answer lost", GOAL_REGISTER, false, NULL, NULL, 1, 0, MUSTER_DEVICE_OK},
    {"register, no answer", GOAL_REGISTER, false, NULL, NULL, 99, 0, MUSTER_DEVICE_TIMED_OUT},
    {"register, refused", GOAL_REGISTER, false, NULL, NULL, 0, CREDENTIAL_PROVISIONING_KEY, MUSTER_DEVICE_DENIED},
    {"register, wrong key", GOAL_REGISTER, false, "register", "invalid_provisioning_key", 0, 0, MUSTER_DEVICE_DENIED},
    {"register, exists", GOAL_REGISTER, false, "register", "device_exists", 0, 0, MUSTER_DEVICE_CONFLICT},
    {"register, waits", GOAL_REGISTER, false, "register", "pending_approval", 0, 0, MUSTER_DEVICE_TIMED_OUT},
    {"update", GOAL_UPDATE, true, NULL, NULL, 0, 0, MUSTER_DEVICE_OK},
    {"update, no answer", GOAL_UPDATE, true, NULL, NULL, 99, 0, MUSTER_DEVICE_TIMED_OUT},
    {"reset, no answer", GOAL_RESET, true, NULL, NULL, 99, 0, MUSTER_DEVICE_TIMED_OUT},
    {"update, not registered", GOAL_UPDATE, false, NULL, NULL, 0, 0, MUSTER_DEVICE_NOT_FOUND},
    {"update, unknown there", GOAL_UPDATE, true, "update", "device_not_found", 0, 0, MUSTER_DEVICE_NOT_FOUND},
    {"update, malformed", GOAL_UPDATE, true, "update", "invalid_field", 0, 0, MUSTER_DEVICE_FAILED},
    {"reset", GOAL_RESET, true, NULL, NULL, 0, 0, MUSTER_DEVICE_OK},
    {"reset, not registered", GOAL_RESET, false, NULL, NULL, 0, 0, MUSTER_DEVICE_NOT_FOUND},
    {"reset, refused before it was asked", GOAL_RESET, true, NULL, NULL, 0, CREDENTIAL_CERTIFICATE,
     MUSTER_DEVICE_DENIED},
};

static void check_goals(void)
{
    for (size_t i = 0; i < sizeof goals / sizeof *goals; i++) {
        struct world *world = world_new(goals[i].goal);
        if (goals[i].own)
            provisioned(world);
        world->deny = goals[i].code;
        world->deny_operation = goals[i].operation;
        world->denials = 1000;
        world->lose = goals[i].lose;
        world->refuse = goals[i].refuse;
        world->options.folder = "/var/lib/pump";
        live(world, 200);
        CHECK(world->done && world->problem.result == goals[i].expected, "%s: %d %s", goals[i].what,
              (int)world->problem.result, world->problem.what);
        CHECK_INT(world->connects.requests, 0);
        bool promised = strstr(world->problem.mend, "it is the same request") != NULL;
        CHECK(promised == (goals[i].expected == MUSTER_DEVICE_TIMED_OUT && goals[i].goal != GOAL_UPDATE), "%s: %s",
              goals[i].what, world->problem.mend);
        bool ours = !goals[i].own && goals[i].expected == MUSTER_DEVICE_NOT_FOUND;
        CHECK(!ours || (strstr(world->problem.what, "/var/lib/pump") != NULL &&
                        strstr(world->problem.mend, "--dir /var/lib/pump") != NULL),
              "%s: %s; %s", goals[i].what, world->problem.what, world->problem.mend);
        if (goals[i].goal == GOAL_RESET && goals[i].expected == MUSTER_DEVICE_OK)
            CHECK(world->disk.api_key[0] == '\0' && world->disk.certificate_id[0] == '\0' &&
                      world->disk.uuid[0] != '\0',
                  "%s", goals[i].what);
        free(world);
    }
}

/* The service reset the device, and its answer got lost: the refused login says so. */
static void check_lost_reset(void)
{
    struct world *world = world_new(GOAL_RESET);
    provisioned(world);
    world->lose = 1;
    start(world);
    turn(world);
    CHECK_INT(world->resets, 1);
    world->refuse = CREDENTIAL_CERTIFICATE;
    world->connected = false;
    input(world, (struct client_input){.event = CLIENT_DOWN, .reason = "kicked"});
    for (int i = 0; i < 10 && !world->done; i++)
        turn(world);
    CHECK(world->done && world->problem.result == MUSTER_DEVICE_OK, "%s", world->problem.what);
    CHECK_TEXT(world->disk.api_key, "");
    CHECK_TEXT(world->disk.uuid, UUID);
    free(world);
}

static void check_open_mode(void)
{
    struct world *world = world_new(GOAL_RUN);
    world->options.open_mode = true;
    live(world, 50);
    CHECK(world->client.online, "%s", world->line);
    CHECK(strstr(world->registers.body[0], "\"provisioningKey\":\"mpk_a_b\"") != NULL, "%s", world->registers.body[0]);
    CHECK(strstr(world->provisions.body[0], "provisioningKey") == NULL, "%s", world->provisions.body[0]);
    free(world);
}

/* Nobody tells how an attempt ended: after a while it counts as failed, and there is another one. */
static void check_no_outcome(void)
{
    struct world *world = world_new(GOAL_RUN);
    provisioned(world);
    start(world);
    CHECK_INT(world->client.link, LINK_CONNECTING);
    int64_t begun = world->now_ms;
    CHECK_INT(world->effects.wake_ms, begun + CLIENT_PATIENCE_MS);
    world->now_ms = begun + CLIENT_PATIENCE_MS - 1;
    input(world, (struct client_input){.event = CLIENT_TICK});
    CHECK_INT(world->client.link, LINK_CONNECTING);
    world->now_ms++;
    input(world, (struct client_input){.event = CLIENT_TICK});
    CHECK_INT(world->client.link, LINK_DOWN);
    CHECK(strstr(world->line, "no outcome") != NULL, "%s", world->line);
    world->now_ms = world->effects.wake_ms;
    input(world, (struct client_input){.event = CLIENT_TICK});
    CHECK_INT(world->client.link, LINK_CONNECTING);
    for (int i = 0; i < 10 && !world->client.online; i++)
        turn(world);
    CHECK(world->client.online, "%s", world->line);
    free(world);
}

int main(void)
{
    check_no_outcome();
    check_straight_life();
    check_kills(false);
    check_kills(true);
    check_renamed_between();
    check_repeats();
    check_rejections();
    check_for_ever();
    check_refusals();
    check_beginnings();
    check_reconnect();
    check_strangers();
    check_renamed_by_strangers();
    check_texts();
    check_goals();
    check_lost_reset();
    check_open_mode();
    return check_done();
}
