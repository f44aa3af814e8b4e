/*
 * How a device renews its certificate and replaces its API key, as a state machine: a small world with a disk of files,
 * a broker that refuses what is superseded, and a service that keeps two certificates while the new one was not used.
 * The process is killed after every single thing it does.
 */
#include "device-client/backoff.h"
#include "device-client/client.h"
#include "tests/unit/check.h"
#include "topics/document.h"
#include "topics/json_write.h"
#include "topics/topic.h"

#include <stdlib.h>

#define UUID     "pump-7"
#define MINUTE   INT64_C(60000)
#define HOUR     (60 * MINUTE)
#define DAY      (24 * HOUR)
#define RENEW_AT 1788220800000 /* 2026-09-01 */
#define ID_COUNT 64

/* Requests by their ids, and what each was given. */
struct given {
    char id[ID_COUNT][LIMIT_REQUEST_ID + 1];
    int number[ID_COUNT], count, requests;
};

struct service {
    int current, pending, issued; /* certificates; 0: none */
    int key, next_key, keys;      /* API keys */
    bool at_connect;              /* open mode: `connect` is the first use, no login */
    struct given renewals, rotations, provisions;
    int connects, heartbeats;
    int64_t key_ends_ms, key_life_ms; /* 0: never */
    bool secret_untold;               /* the hour of a repeated secret is over */
    bool bad_certificate;
    const char *plan; /* NULL: a sound one */
    const char *new_bundle;
    char bundle_known[65];
    const char *session;
};

struct world {
    /* the disk */
    char state[KEPT_JSON_MAX + 1];
    size_t state_length;
    int device_pem, next_pem, request_pem; /* the numbers of certificates, of a CSR; 0: no such file */
    char bundle[64];
    /* the process */
    struct kept kept;
    struct client client;
    struct client_options options;
    struct client_effects effects;
    bool connected, done, killed;
    bool rotated_before; /* when it was killed */
    int budget, kills;   /* killed when it has done so many things; negative: never */
    /* what is between */
    struct service service;
    int lose, unreachable; /* answers that get lost; connections that fail */
    bool refuse_next, refuse_device;
    bool mute_next, mute_device; /* refused within TLS: it looks like no network */
    const char *deny, *deny_operation;
    int denials;
    int64_t retry_after_ms;
    bool answered;
    char answer_topic[LIMIT_TOPIC + 1], answer[4096], last[33]; /* the operation that was asked last */
    int64_t now_ms, wall_ms;
    int64_t skew_ms; /* what the device's clock is ahead */
    int saves;
    uint64_t seed;
    int logins[CREDENTIAL_BEST + 1], csrs;
    char line[400];
    struct problem problem;
};

static uint64_t next_random(struct world *world)
{
    world->seed = world->seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return world->seed ^ world->seed >> 29;
}

static bool act(struct world *world)
{
    if (world->budget == 0)
        world->killed = true;
    else if (world->budget > 0)
        world->budget--;
    return !world->killed;
}

static void pass(struct world *world, int64_t ms)
{
    world->now_ms += ms;
    world->wall_ms += ms;
}

/* --- the service ------------------------------------------------------------------------------------------------- */

/* The number that was given to this id, or 0 and a place for one. */
static int *place_of(struct given *given, const char *id)
{
    given->requests++;
    for (int i = 0; i < given->count; i++)
        if (strcmp(given->id[i], id) == 0)
            return &given->number[i];
    if (given->count == ID_COUNT)
        abort();
    strcpy(given->id[given->count], id);
    return &given->number[given->count++];
}

static void write_certificate(struct world *world, struct json_writer *json, int number)
{
    char id[8], pem[32];
    snprintf(id, sizeof id, "%04x", (unsigned)number);
    snprintf(pem, sizeof pem, "CERT %d", number);
    json_text(json, "certificateId", id);
    json_text(json, "certificatePem", world->service.bad_certificate ? "BAD" : pem);
    json_text(json, "caPem", world->bundle);
    json_text(json, "notBefore", "2026-09-01T00:00:00.000Z");
    json_text(json, "notAfter", "2027-09-01T00:00:00.000Z");
    json_text(json, "renewAfter", world->service.plan != NULL ? world->service.plan : "2027-06-01T00:00:00.000Z");
}

static void renew(struct world *world, struct json_writer *json, const char *id)
{
    struct service *service = &world->service;
    int *number = place_of(&service->renewals, id);
    if (*number == 0) {
        CHECK(service->pending == 0 || service->renewals.count > 1, "a second pending certificate");
        *number = service->pending = ++service->issued;
    }
    write_certificate(world, json, *number);
}

static void provision(struct world *world, struct json_writer *json, const char *id)
{
    struct service *service = &world->service;
    int *number = place_of(&service->provisions, id);
    if (*number == 0)
        *number = service->current = ++service->issued;
    service->pending = 0;
    write_certificate(world, json, *number);
}

static void rotate(struct world *world, struct json_writer *json, const char *id)
{
    struct service *service = &world->service;
    int *number = place_of(&service->rotations, id);
    char key[32];
    bool repeated = *number != 0;
    if (!repeated) {
        *number = service->next_key = ++service->keys;
        service->key_ends_ms = service->key_life_ms != 0 ? world->wall_ms + service->key_life_ms : 0;
    }
    snprintf(key, sizeof key, "mdk_a_%d", *number);
    if (!repeated || !service->secret_untold)
        json_text(json, "apiKey", key);
}

static void promote(struct service *service, int number)
{
    if (number != 0 && number == service->pending) {
        service->current = number;
        service->pending = 0;
    }
}

static void answer_connect(struct world *world, struct json_writer *json)
{
    struct service *service = &world->service;
    service->connects++;
    if (service->at_connect)
        promote(service, service->pending);
    char time[TIMESTAMP_SIZE];
    timestamp_format(world->wall_ms, time);
    json_text(json, "serverTime", time);
    json_int(json, "heartbeatSeconds", 3600);
    if (service->plan != NULL)
        json_text(json, "renewAfter", service->plan);
    if (service->new_bundle != NULL && strcmp(service->bundle_known, service->new_bundle) != 0)
        json_text(json, "caPem", service->new_bundle);
}

static void write_key_end(struct world *world, struct json_writer *json)
{
    char text[TIMESTAMP_SIZE];
    timestamp_format(world->service.key_ends_ms, text);
    if (world->service.key_ends_ms != 0)
        json_text(json, "apiKeyExpiresAt", text);
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
        if (world->retry_after_ms > 0)
            json_int(&json, "retryAfterMs", world->retry_after_ms);
        json_close(&json, '}');
    } else if (strcmp(operation, "renew") == 0) {
        renew(world, &json, id);
    } else if (strcmp(operation, "provision") == 0) {
        provision(world, &json, id);
    } else if (strcmp(operation, "rotate") == 0) {
        rotate(world, &json, id);
        write_key_end(world, &json);
    } else if (strcmp(operation, "connect") == 0) {
        answer_connect(world, &json);
        write_key_end(world, &json);
    }
    json_close(&json, '}');
    world->answered = true;
}

static void serve(struct world *world, const char *topic, const char *payload)
{
    struct text part[TOPIC_PARAMETERS];
    char operation[33], id[LIMIT_REQUEST_ID + 1] = "";
    struct document *document = document_new_answer(payload, strlen(payload));
    const struct value *root = document_root(document);
    CHECK(topic_match(TOPIC_DEVICE_REQUEST, topic, strlen(topic), part, NULL), "%s", topic);
    snprintf(operation, sizeof operation, "%.*s", (int)part[1].length, part[1].at);
    kept_copy(id, sizeof id, value_text(value_member(root, "requestId")));
    if (strcmp(operation, "connect") == 0)
        kept_copy(world->service.bundle_known, sizeof world->service.bundle_known,
                  value_text(value_member(root, "caFingerprint")));
    document_free(document);
    strcpy(world->last, operation);
    world->service.heartbeats += strcmp(operation, "heartbeat") == 0;
    if (id[0] == '\0')
        return;
    write_answer(world, operation, id);
    if (world->lose > 0) {
        world->lose--;
        world->answered = false;
    }
}

/* --- the process, and its disk ----------------------------------------------------------------------------------- */

static void input(struct world *world, struct client_input in);

static int number_of(const char *certificate_id)
{
    return (int)strtol(certificate_id, NULL, 16);
}

static void keep_certificates(struct world *world)
{
    const struct client_effects *effects = &world->effects;
    if (effects->keep_certificate && act(world))
        world->device_pem = number_of(world->kept.certificate_id);
    if (effects->promote && act(world)) {
        CHECK(world->next_pem != 0, "nothing to promote");
        world->device_pem = world->next_pem;
        world->next_pem = 0;
    }
    if (effects->save && act(world)) {
        world->saves++;
        world->state_length = kept_write(&world->kept, world->state, KEPT_JSON_MAX);
    }
    if (effects->erase_request && act(world))
        world->request_pem = 0;
    if (effects->erase_next && act(world))
        world->next_pem = 0;
    if (effects->keep_authorities && effects->ca_pem[0] != '!' && act(world)) {
        snprintf(world->bundle, sizeof world->bundle, "%.60s", effects->ca_pem);
        strcpy(world->kept.ca_fingerprint, world->bundle);
    }
}

static void take_next(struct world *world)
{
    bool unusable = strncmp(world->effects.certificate_pem, "CERT ", 5) != 0;
    if (!act(world))
        return;
    if (!unusable)
        world->next_pem = atoi(world->effects.certificate_pem + 5);
    input(world, (struct client_input){.event = CLIENT_NEXT_KEPT, .unusable = unusable});
}

static void carry_out(struct world *world)
{
    struct client_effects *effects = &world->effects;
    keep_certificates(world);
    if (effects->line[0] != '\0')
        strcpy(world->line, effects->line);
    if (effects->publish && act(world)) {
        if (effects->heartbeat)
            client_heartbeat(&world->client, "", effects->payload, sizeof effects->payload);
        serve(world, effects->topic, effects->payload);
    }
    if (effects->disconnect && act(world))
        world->connected = world->answered = false;
    if (effects->connect && act(world))
        world->logins[world->client.credential]++;
    if (effects->done && !world->killed) {
        world->done = true;
        world->problem = effects->problem;
    }
    if (effects->make_key && act(world)) {
        world->request_pem = ++world->csrs;
        snprintf(world->kept.csr, sizeof world->kept.csr, "CSR %d", world->request_pem);
        input(world, (struct client_input){.event = CLIENT_KEY_MADE});
    }
    if (effects->keep_next)
        take_next(world);
}

static void input(struct world *world, struct client_input in)
{
    in.now_ms = world->now_ms;
    in.wall_ms = world->wall_ms + world->skew_ms;
    for (size_t i = 0; i < 4; i++)
        in.random[i] = next_random(world);
    client_step(&world->client, &in, &world->effects);
    carry_out(world);
}

/* As keep_load does. */
static void load(struct world *world)
{
    struct kept *kept = &world->kept;
    memset(kept, 0, sizeof *kept);
    CHECK(kept_read(kept, world->state, world->state_length), "state.json");
    strcpy(kept->uuid, UUID);
    strcpy(kept->ca_fingerprint, world->bundle);
    int next = number_of(kept->next_certificate_id);
    if (next != 0 && next == world->next_pem) {
        kept->has_next = true;
    } else {
        if (next != 0 && next == world->device_pem)
            kept_promote(kept);
        kept_forget_next(kept);
        world->next_pem = 0;
    }
    kept->has_identity = world->device_pem != 0;
    if (world->request_pem != 0)
        snprintf(kept->csr, sizeof kept->csr, "CSR %d", world->request_pem);
    if ((kept->provision_id[0] == '\0' && kept->renew_id[0] == '\0') || kept->csr[0] == '\0') {
        kept->provision_id[0] = kept->renew_id[0] = kept->csr[0] = '\0';
        world->request_pem = 0;
    }
}

static void start(struct world *world)
{
    world->killed = world->connected = world->answered = world->done = false;
    load(world);
    client_init(&world->client, &world->options, &world->kept);
    input(world, (struct client_input){.event = CLIENT_START});
}

/* Whether the broker admits the credential; a first login is a first use. */
static bool admits(struct world *world)
{
    struct service *service = &world->service;
    enum credential credential = world->client.credential;
    int number = credential == CREDENTIAL_NEXT ? world->next_pem : world->device_pem;
    if (credential == CREDENTIAL_API_KEY) {
        int key = atoi(world->kept.api_key + strlen("mdk_a_"));
        if (key == service->next_key)
            service->key = key;
        return key == service->key;
    }
    if (credential == CREDENTIAL_NEXT ? world->refuse_next : world->refuse_device)
        return false;
    bool known = number != 0 && (number == service->current || number == service->pending);
    if (known && !service->at_connect)
        promote(service, number);
    return known || service->at_connect;
}

static void turn(struct world *world)
{
    enum credential credential = world->client.credential;
    bool mute = (world->mute_next && credential == CREDENTIAL_NEXT) ||
                (world->mute_device && credential == CREDENTIAL_CERTIFICATE && world->device_pem == 1);
    if (world->client.link == LINK_CONNECTING && (world->unreachable > 0 || mute)) {
        world->unreachable -= world->unreachable > 0;
        input(world, (struct client_input){.event = CLIENT_DOWN, .reason = "no network"});
    } else if (world->client.link == LINK_CONNECTING && !admits(world)) {
        input(world, (struct client_input){.event = CLIENT_DOWN, .refused = true, .reason = "Not authorized"});
    } else if (world->client.link == LINK_CONNECTING) {
        world->connected = true;
        input(world, (struct client_input){.event = CLIENT_UP});
    } else if (world->answered) {
        world->answered = false;
        input(world, (struct client_input){.event = CLIENT_MESSAGE,
                                           .topic = world->answer_topic,
                                           .topic_length = strlen(world->answer_topic),
                                           .payload = world->answer,
                                           .payload_length = strlen(world->answer)});
    } else {
        int64_t wake = world->effects.wake_ms;
        CHECK(wake != 0, "the device sleeps for ever");
        pass(world, wake > world->now_ms ? wake - world->now_ms : 0);
        input(world, (struct client_input){.event = CLIENT_TICK});
    }
}

static bool is_settled(const struct world *world)
{
    const struct kept *kept = &world->kept;
    return world->client.online && world->client.task == TASK_NONE && !kept_has_next(kept) &&
           world->effects.wake_ms > world->now_ms && kept->renew_id[0] == '\0' && kept->rotate_id[0] == '\0';
}

/* Until so many turns are over, or the device is online and everything that was begun has come to its end. A killed
 * process is started again, and not killed twice. */
static void live(struct world *world, int turns, bool until_settled)
{
    while (turns-- > 0 && !world->done && !(until_settled && is_settled(world))) {
        if (world->killed) {
            world->kills++;
            world->state[world->state_length] = '\0';
            world->rotated_before = strstr(world->state, "mdk_a_2") != NULL;
            world->budget = -1;
            start(world);
        } else {
            turn(world);
        }
    }
}

/* For so long. */
static void live_ms(struct world *world, int64_t ms)
{
    int64_t until = world->now_ms + ms;
    for (int turns = 0; turns < 20000 && world->now_ms < until && !world->done; turns++)
        turn(world);
}

static struct world *world_new(enum client_goal goal)
{
    struct world *world = calloc(1, sizeof *world);
    if (world == NULL)
        abort();
    world->options = (struct client_options){.goal = goal, .timeout_ms = 30000, .members = ""};
    world->now_ms = 1000;
    world->wall_ms = RENEW_AT - HOUR;
    world->seed = 7;
    world->budget = -1;
    world->device_pem = world->service.current = world->service.issued = 1;
    world->service.key = world->service.keys = 1;
    strcpy(world->bundle, "CA 1");
    strcpy(world->kept.api_key, "mdk_a_1");
    strcpy(world->kept.device_id, "abcdefghijkl");
    strcpy(world->kept.certificate_id, "0001");
    strcpy(world->kept.not_before, "2026-01-01T00:00:00.000Z");
    strcpy(world->kept.not_after, "2027-01-01T00:00:00.000Z");
    strcpy(world->kept.renew_after, "2026-09-01T00:00:00.000Z");
    world->state_length = kept_write(&world->kept, world->state, KEPT_JSON_MAX);
    return world;
}

/* A device that is online, with a certificate that is to be renewed now. */
static struct world *due_now(void)
{
    struct world *world = world_new(GOAL_RUN);
    world->wall_ms = RENEW_AT + 1000;
    start(world);
    return world;
}

static void deliver(struct world *world, const char *topic, const char *payload)
{
    input(world, (struct client_input){.event = CLIENT_MESSAGE,
                                       .topic = topic,
                                       .topic_length = strlen(topic),
                                       .payload = payload,
                                       .payload_length = strlen(payload)});
}

/* --- renewal ----------------------------------------------------------------------------------------------------- */

static void check_renewed(struct world *world, const char *what, int number)
{
    CHECK(world->client.online && world->client.credential == CREDENTIAL_CERTIFICATE, "%s: offline: %s", what,
          world->line);
    CHECK(world->device_pem == number && world->next_pem == 0 && world->request_pem == 0, "%s: files %d %d %d", what,
          world->device_pem, world->next_pem, world->request_pem);
    CHECK(world->service.current == number && world->service.pending == 0, "%s: the service has %d and %d", what,
          world->service.current, world->service.pending);
    CHECK(number_of(world->kept.certificate_id) == number, "%s: %s", what, world->kept.certificate_id);
    load(world);
    CHECK(number_of(world->kept.certificate_id) == number && !kept_has_next(&world->kept), "%s: on disk %s", what,
          world->kept.certificate_id);
    CHECK_TEXT(world->kept.renew_after, "2027-06-01T00:00:00.000Z");
}

static void check_straight(void)
{
    struct world *world = world_new(GOAL_RUN);
    start(world);
    live(world, 50, true);
    CHECK(is_settled(world) && world->service.renewals.requests == 0, "too early");
    CHECK(world->effects.wake_ms <= world->now_ms + HOUR, "it sleeps through renewAfter");
    for (int i = 0; i < 50 && world->service.renewals.requests == 0; i++)
        turn(world);
    CHECK(world->wall_ms >= RENEW_AT && world->wall_ms < RENEW_AT + 10, "%lld", (long long)(world->wall_ms - RENEW_AT));
    CHECK(world->client.online, "offline before there is a new one");
    live(world, 50, true);
    check_renewed(world, "straight", 2);
    CHECK_INT(world->logins[CREDENTIAL_CERTIFICATE], 1);
    CHECK_INT(world->logins[CREDENTIAL_NEXT], 1);
    CHECK_INT(world->service.provisions.requests, 0);
    free(world);
}

/* Without heartbeats to wake it: the plan alone does. */
static void check_due_at_connect(void)
{
    struct world *world = due_now();
    live(world, 20, false);
    check_renewed(world, "due at connect", 2);
    free(world);
}

/* Killed after each thing that it ever does, with and without lost answers. */
static void check_kills(bool at_connect)
{
    int kills = 0;
    for (int at = 0; at < 40; at++) {
        for (int lose = 0; lose < 3; lose++) {
            char what[64];
            struct world *world = world_new(GOAL_RUN);
            snprintf(what, sizeof what, "killed at %d, %d lost", at, lose);
            world->service.at_connect = at_connect;
            world->wall_ms = RENEW_AT + 1000;
            world->budget = at;
            world->lose = lose;
            start(world);
            live(world, 400, false);
            check_renewed(world, what, 2);
            CHECK(world->service.renewals.count == 1, "%s: %d renewals", what, world->service.renewals.count);
            CHECK(world->service.provisions.requests == 0 && world->logins[CREDENTIAL_API_KEY] == 0,
                  "%s: a lesser credential was needed", what);
            kills += world->kills;
            free(world);
        }
    }
    CHECK(kills > 40, "only %d kills", kills);
}

/* Killed again and again, at every step in turn. */
static void check_kills_at_every_step(void)
{
    struct world *world = world_new(GOAL_RUN);
    world->wall_ms = RENEW_AT + 1000;
    start(world);
    for (int budget = 0; budget < 60; budget++) {
        world->budget = budget % 12;
        world->killed = false;
        live(world, 40, true);
        world->killed = true;
    }
    world->budget = -1;
    start(world);
    live(world, 100, true);
    check_renewed(world, "killed all the time", 2);
    CHECK_INT(world->service.issued, 2);
    free(world);
}

/* The broker does not take the new certificate: the old one is used on, and the next try comes later and later. */
static void check_rollback(void)
{
    struct world *world = due_now();
    world->refuse_next = true;
    live(world, 50, true);
    CHECK(world->client.online && world->client.credential == CREDENTIAL_CERTIFICATE, "%s", world->line);
    CHECK_INT(world->logins[CREDENTIAL_NEXT], CLIENT_REFUSALS);
    CHECK(world->device_pem == 1 && world->next_pem == 0, "files %d %d", world->device_pem, world->next_pem);
    CHECK_TEXT(world->kept.certificate_id, "0001");
    CHECK_INT(world->service.renewals.count, 1);
    int64_t begun = world->now_ms;
    while (world->service.renewals.count < 2 && world->now_ms < begun + 2 * DAY)
        turn(world);
    CHECK(world->now_ms >= begun + HOUR - MINUTE && world->now_ms < begun + 2 * HOUR, "again after %lld min",
          (long long)((world->now_ms - begun) / MINUTE));
    begun = world->now_ms;
    while (world->service.renewals.count < 3 && world->now_ms < begun + 2 * DAY)
        turn(world);
    CHECK(world->now_ms >= begun + 2 * HOUR - MINUTE, "and then after %lld min",
          (long long)((world->now_ms - begun) / MINUTE));
    world->refuse_next = false;
    live_ms(world, 7 * HOUR);
    check_renewed(world, "after two rollbacks", 4);
    CHECK_TEXT(world->kept.rollbacks, "");
    free(world);
}

/* A restart is no way around the wait; a clock that was wrong by years is none to stay with the old one for ever. */
static void check_rollback_is_kept(void)
{
    struct world *world = due_now();
    world->refuse_next = true;
    live(world, 50, true);
    start(world);
    live(world, 20, true);
    CHECK_INT(world->service.renewals.count, 1);
    world->wall_ms -= 5 * 365 * DAY;
    strcpy(world->kept.renew_after, "2020-01-01T00:00:00.000Z");
    world->state_length = kept_write(&world->kept, world->state, KEPT_JSON_MAX);
    start(world);
    live(world, 20, true);
    CHECK_INT(world->service.renewals.count, 2);
    free(world);
}

static void check_rollback_kills(void)
{
    for (int at = 0; at < 60; at++) {
        struct world *world = world_new(GOAL_RUN);
        world->wall_ms = RENEW_AT + 1000;
        world->refuse_next = true;
        world->budget = at;
        start(world);
        live(world, 200, true);
        CHECK(is_settled(world) && world->client.credential == CREDENTIAL_CERTIFICATE, "killed at %d: %s", at,
              world->line);
        CHECK(world->device_pem == 1 && world->next_pem == 0, "killed at %d", at);
        world->refuse_next = false;
        world->budget = -1;
        live_ms(world, DAY);
        check_renewed(world, "rolled back and killed", world->service.issued);
        free(world);
    }
}

/* No network is no refusal: the new certificate waits, for as long as it takes. */
static void check_no_network(void)
{
    struct world *world = due_now();
    for (int i = 0; i < 50 && world->next_pem == 0; i++)
        turn(world);
    world->unreachable = 40;
    live(world, 200, true);
    check_renewed(world, "after 40 failures", 2);
    CHECK_INT(world->service.renewals.count, 1);
    free(world);
}

/* Whenever the network comes back: in the middle of a doubt, too. */
static void check_network_returns(void)
{
    for (int failures = 0; failures < 20; failures++) {
        struct world *world = due_now();
        for (int i = 0; i < 50 && world->next_pem == 0; i++)
            turn(world);
        world->unreachable = failures;
        live(world, 200, true);
        check_renewed(world, "the network is back", 2);
        CHECK(world->service.renewals.count == 1 && world->logins[CREDENTIAL_API_KEY] == 0, "after %d failures",
              failures);
        free(world);
    }
}

/* With TLS 1.3 a broker that refuses a certificate just closes the connection. */
static void check_refused_within_tls(void)
{
    struct world *world = due_now();
    world->mute_next = true;
    live(world, 200, true);
    CHECK(world->client.online && world->device_pem == 1 && world->next_pem == 0, "%s", world->line);
    CHECK_INT(world->logins[CREDENTIAL_NEXT], CLIENT_DOUBTS + 1);
    CHECK_TEXT(world->kept.rollbacks, "1");
    CHECK_INT(world->logins[CREDENTIAL_API_KEY], 0);
    free(world);

    world = world_new(GOAL_RUN);
    world->wall_ms -= 100 * DAY;
    world->mute_device = true;
    start(world);
    live(world, 200, true);
    CHECK(world->client.online && world->device_pem == 2, "%s", world->line);
    CHECK_INT(world->service.provisions.count, 1);
    free(world);
}

/* Neither is taken any more: the API key, and a first certificate again. */
static void check_ladder(void)
{
    struct world *world = due_now();
    for (int i = 0; i < 50 && world->next_pem == 0; i++)
        turn(world);
    world->service.current = world->service.pending = 0; /* an operator revoked both */
    live(world, 200, true);
    check_renewed(world, "both revoked", 3);
    CHECK(world->logins[CREDENTIAL_NEXT] == CLIENT_REFUSALS && world->service.provisions.count == 1, "%d logins",
          world->logins[CREDENTIAL_NEXT]);
    free(world);
}

/* The service has promoted it, the device was killed before it knew: the old one is refused, the next one works. */
static void check_promoted_there(void)
{
    struct world *world = due_now();
    while (world->service.current != 2)
        turn(world);
    CHECK(world->device_pem == 1 && world->next_pem == 2, "files");
    start(world);
    live(world, 50, true);
    check_renewed(world, "promoted there", 2);
    CHECK_INT(world->logins[CREDENTIAL_API_KEY], 0);
    free(world);
}

/* Never used in its hour: revoked there, and the old one goes on. */
static void check_revoked_unused(void)
{
    struct world *world = due_now();
    for (int i = 0; i < 50 && world->next_pem == 0; i++)
        turn(world);
    world->service.pending = 0;
    live(world, 200, true);
    CHECK(world->client.online && world->device_pem == 1, "%s", world->line);
    live_ms(world, 2 * HOUR);
    check_renewed(world, "another one", 3);
    free(world);
}

static void check_bad_certificate(void)
{
    struct world *world = due_now();
    world->service.bad_certificate = true;
    live(world, 20, true);
    CHECK(world->client.online && world->client.credential == CREDENTIAL_CERTIFICATE && world->device_pem == 1, "%s",
          world->line);
    CHECK_INT(world->service.renewals.count, 1);
    CHECK_INT(world->logins[CREDENTIAL_CERTIFICATE], 1);
    world->service.bad_certificate = false;
    live_ms(world, 3 * HOUR);
    check_renewed(world, "after a bad one", 3);
    free(world);
}

/* A rejection of `renew`, and what the device makes of it. */
static const struct {
    const char *code;
    int denials;
    int64_t retry_after_ms;
    bool same_id, provisions;
    int64_t least_ms, most_ms; /* until it has a new certificate */
} rejections[] = {
    {"rate_limited", 1, 7 * HOUR, true, false, 7 * HOUR, 7 * HOUR + MINUTE},
    {"storage_unavailable", 1, 0, true, false, 15000, 31000},
    {"internal", 4, 0, true, false, 2 * MINUTE, 8 * MINUTE},
    {"csr_key_reused", 1, 0, false, false, 15000, 31000},
    {"device_blocked", 1, 0, false, false, HOUR, HOUR + MINUTE},
    {"invalid_state", 1, 0, false, false, HOUR, HOUR + MINUTE},
    {"certificate_not_found", 1, 0, false, true, 0, 1000},
    {"certificate_expired", 1, 0, false, true, 0, 1000},
    {"unknown_operation", 1, 0, false, true, 0, 1000},
};

static void check_rejections(void)
{
    for (size_t i = 0; i < sizeof rejections / sizeof *rejections; i++) {
        const char *code = rejections[i].code;
        struct world *world = world_new(GOAL_RUN);
        world->wall_ms = RENEW_AT + 1000;
        world->deny = code;
        world->deny_operation = "renew";
        world->denials = rejections[i].denials;
        world->retry_after_ms = rejections[i].retry_after_ms;
        start(world);
        int64_t begun = world->now_ms;
        while (world->service.issued < 2 && world->now_ms < begun + DAY) {
            turn(world);
            CHECK(world->client.link == LINK_UP || world->logins[CREDENTIAL_CERTIFICATE] == 1, "%s: left", code);
        }
        int64_t took = world->now_ms - begun;
        CHECK(took >= rejections[i].least_ms && took <= rejections[i].most_ms, "%s: %lld ms", code, (long long)took);
        CHECK((world->service.provisions.count == 1) == rejections[i].provisions, "%s: provisions", code);
        CHECK(rejections[i].provisions || world->csrs == (rejections[i].same_id || i > 3 ? 1 : 2), "%s: %d keys", code,
              world->csrs);
        live(world, 20, true);
        CHECK(world->client.online && world->device_pem == 2, "%s: %s", code, world->line);
        free(world);
    }
}

/* Late in the life of the certificate nothing waits for long. */
static void check_late(void)
{
    struct world *world = world_new(GOAL_RUN);
    world->wall_ms = 1798761600000 - 5 * DAY; /* of a year */
    world->deny = "device_blocked";
    world->deny_operation = "renew";
    world->denials = 3;
    start(world);
    int64_t begun = world->now_ms;
    while (world->denials > 0)
        turn(world);
    CHECK(world->now_ms - begun < 2 * 20 * MINUTE, "%lld min", (long long)((world->now_ms - begun) / MINUTE));
    live_ms(world, HOUR);
    check_renewed(world, "late", 2);
    free(world);
}

/* Nobody answers: the same request, less and less often, and heartbeats all the time. */
static void check_silence(void)
{
    struct world *world = due_now();
    for (int i = 0; i < 50 && world->service.renewals.requests == 0; i++)
        turn(world);
    world->answered = false;
    world->lose = 1000;
    live_ms(world, DAY);
    CHECK(world->service.renewals.requests > 20 && world->service.renewals.requests < 80, "%d requests in a day",
          world->service.renewals.requests);
    CHECK_INT(world->service.renewals.count, 1);
    CHECK(world->service.heartbeats >= 23, "%d heartbeats", world->service.heartbeats);
    world->lose = 0;
    live_ms(world, 2 * HOUR);
    check_renewed(world, "after a day of silence", 2);
    free(world);
}

/* A plan that has passed already, or a clock that is wrong, makes no storm. */
static void check_senseless_plan(void)
{
    static const char *const plans[] = {"2026-09-01T00:00:00.000Z", "2026-09-01T00:00:01.000Z"};
    for (size_t i = 0; i < sizeof plans / sizeof *plans; i++) {
        struct world *world = due_now();
        world->service.plan = plans[i];
        live_ms(world, 10 * HOUR);
        CHECK(world->service.renewals.count >= 1 && world->service.renewals.count <= 11, "%d in ten hours",
              world->service.renewals.count);
        CHECK(world->client.online && world->service.current == world->device_pem, "%s", world->line);
        free(world);
    }
}

/* A device that is past its certificate's end has the API key. */
static void check_expired(void)
{
    struct world *world = world_new(GOAL_RUN);
    world->wall_ms = 1798761600000 + 1000;
    start(world);
    live(world, 50, true);
    check_renewed(world, "expired", 2);
    CHECK(world->service.provisions.count == 1 && world->logins[CREDENTIAL_CERTIFICATE] == 1, "%d",
          world->service.provisions.count);
    free(world);
}

static const char offer_topic[] = "muster/v1/device/" UUID "/renew/offer";

static void check_offers(void)
{
    static const struct {
        const char *topic, *payload;
        int renewals;
    } offers[] = {
        {offer_topic, "{\"certificateId\":\"0001\",\"notAfter\":\"x\",\"reason\":\"operator\"}", 1},
        {offer_topic, "{}", 1},
        {offer_topic, "{\"certificateId\":\"0002\"}", 0},
        {"muster/v1/device/other/renew/offer", "{\"certificateId\":\"0001\"}", 0},
        {"muster/v1/device/" UUID "/renew/accepted", "{\"certificateId\":\"0001\"}", 0},
    };
    for (size_t i = 0; i < sizeof offers / sizeof *offers; i++) {
        struct world *world = world_new(GOAL_RUN);
        world->wall_ms -= 100 * DAY;
        start(world);
        live(world, 20, true);
        deliver(world, offers[i].topic, offers[i].payload);
        deliver(world, offers[i].topic, offers[i].payload);
        live(world, 12, false);
        CHECK(world->service.renewals.count == offers[i].renewals, "%s: %d", offers[i].payload,
              world->service.renewals.count);
        CHECK(world->device_pem == 1 + offers[i].renewals, "%s: %s", offers[i].payload, world->line);
        free(world);
    }
}

/* After a rollback the service's own reminder waits for an hour, an operator's word does not. */
static void check_offer_after_rollback(void)
{
    for (int by_operator = 0; by_operator < 2; by_operator++) {
        struct world *world = due_now();
        world->refuse_next = true;
        live(world, 50, true);
        CHECK_INT(world->service.renewals.count, 1);
        world->refuse_next = false;
        int64_t begun = world->now_ms;
        deliver(world, offer_topic, by_operator != 0 ? "{\"reason\":\"operator\"}" : "{\"reason\":\"expiring\"}");
        while (world->service.renewals.count < 2 && world->now_ms < begun + DAY)
            turn(world);
        int64_t minutes = (world->now_ms - begun) / MINUTE;
        CHECK(by_operator != 0 ? minutes <= 1 : minutes >= 59 && minutes <= 61, "after %lld min", (long long)minutes);
        free(world);
    }
}

/* However often it is offered. */
static void check_many_offers(void)
{
    struct world *world = world_new(GOAL_RUN);
    world->wall_ms -= 100 * DAY;
    start(world);
    live(world, 20, true);
    int64_t begun = world->now_ms;
    while (world->now_ms < begun + HOUR) {
        if (world->client.online)
            deliver(world, offer_topic, "{}");
        live(world, 12, true);
        pass(world, 5000);
        input(world, (struct client_input){.event = CLIENT_TICK});
    }
    CHECK(world->service.renewals.count >= 5 && world->service.renewals.count <= 7, "%d in an hour",
          world->service.renewals.count);
    free(world);
}

/* --- the goals that end by themselves ---------------------------------------------------------------------------- */

static const struct {
    const char *what;
    enum client_goal goal;
    bool refuse_next, refuse_device, lost_identity;
    const char *deny;
    int64_t retry_after_ms;
    int unreachable;
    enum muster_device_result expected;
    int device_pem;
} goals[] = {
    {"renew", GOAL_RENEW, false, false, false, NULL, 0, 0, MUSTER_DEVICE_OK, 2},
    {"renew, the new one is refused", GOAL_RENEW, true, false, false, NULL, 0, 0, MUSTER_DEVICE_DENIED, 1},
    {"renew, both are refused", GOAL_RENEW, true, true, false, NULL, 0, 0, MUSTER_DEVICE_DENIED, 1},
    {"renew, no broker", GOAL_RENEW, false, false, false, NULL, 0, 1, MUSTER_DEVICE_UNREACHABLE, 1},
    {"renew, later", GOAL_RENEW, false, false, false, "rate_limited", HOUR, 0, MUSTER_DEVICE_DENIED, 1},
    {"renew, blocked", GOAL_RENEW, false, false, false, "device_blocked", 0, 0, MUSTER_DEVICE_DENIED, 1},
    {"renew, nothing there", GOAL_RENEW, false, false, true, NULL, 0, 0, MUSTER_DEVICE_NOT_FOUND, 0},
    {"rotate", GOAL_ROTATE, false, false, false, NULL, 0, 0, MUSTER_DEVICE_OK, 1},
    {"rotate by the API key", GOAL_ROTATE, false, false, true, NULL, 0, 0, MUSTER_DEVICE_OK, 0},
    {"rotate, later", GOAL_ROTATE, false, false, false, "rate_limited", HOUR, 0, MUSTER_DEVICE_DENIED, 1},
    {"rotate, no broker", GOAL_ROTATE, false, false, false, NULL, 0, 1, MUSTER_DEVICE_UNREACHABLE, 1},
};

static void check_goals(void)
{
    for (size_t i = 0; i < sizeof goals / sizeof *goals; i++) {
        struct world *world = world_new(goals[i].goal);
        world->refuse_next = goals[i].refuse_next;
        world->refuse_device = goals[i].refuse_device;
        world->unreachable = goals[i].unreachable;
        world->deny = goals[i].deny;
        world->deny_operation = goals[i].goal == GOAL_RENEW ? "renew" : "rotate";
        world->denials = 1000;
        world->retry_after_ms = goals[i].retry_after_ms;
        world->device_pem = goals[i].lost_identity ? 0 : 1;
        start(world);
        live(world, 100, false);
        CHECK(world->done && world->problem.result == goals[i].expected, "%s: %d %s", goals[i].what,
              (int)world->problem.result, world->problem.what);
        CHECK(world->device_pem == goals[i].device_pem && world->next_pem == 0, "%s: %d %d", goals[i].what,
              world->device_pem, world->next_pem);
        CHECK(world->service.provisions.requests == 0, "%s: provisioned", goals[i].what);
        free(world);
    }
}

/* Called again after it was interrupted: the waiting certificate is used, no other is asked for. */
static void check_renew_goes_on(void)
{
    struct world *world = world_new(GOAL_RENEW);
    start(world);
    for (int i = 0; i < 50 && world->next_pem == 0; i++)
        turn(world);
    start(world);
    live(world, 50, false);
    CHECK(world->done && world->problem.result == MUSTER_DEVICE_OK && world->device_pem == 2, "%s",
          world->problem.what);
    CHECK_TEXT(world->last, "disconnect");
    CHECK_INT(world->service.renewals.count, 1);
    free(world);
}

/* --- API keys ---------------------------------------------------------------------------------------------------- */

static void check_rotation(void)
{
    struct world *world = world_new(GOAL_RUN);
    world->wall_ms -= 200 * DAY;
    world->service.key_life_ms = 30 * DAY;
    world->service.key_ends_ms = world->wall_ms + 30 * DAY;
    start(world);
    live(world, 20, true);
    int64_t begun = world->now_ms;
    while (world->service.rotations.requests == 0 && world->now_ms < begun + 40 * DAY)
        turn(world);
    int64_t days = (world->now_ms - begun) / DAY;
    CHECK(days >= 19 && days <= 25, "after %lld days", (long long)days);
    live(world, 20, true);
    CHECK_TEXT(world->kept.api_key, "mdk_a_2");
    CHECK_TEXT(world->kept.rotate_id, "");
    int64_t again = 0;
    CHECK(timestamp_parse(world->kept.rotate_after, strlen(world->kept.rotate_after), &again) &&
              again > world->wall_ms + 19 * DAY,
          "%s", world->kept.rotate_after);
    free(world);
}

/* Killed at each step, answers lost, and the hour of the secret over or not: the device can always log in. */
static void check_rotation_kills(void)
{
    for (int at = 0; at < 25; at++) {
        for (int untold = 0; untold < 2; untold++) {
            struct world *world = world_new(GOAL_ROTATE);
            world->service.secret_untold = untold != 0;
            world->budget = at;
            world->lose = at % 2;
            start(world);
            live(world, 100, false);
            CHECK(world->done && world->problem.result == MUSTER_DEVICE_OK, "killed at %d: %s", at,
                  world->problem.what);
            load(world);
            int key = atoi(world->kept.api_key + strlen("mdk_a_"));
            CHECK(key == world->service.next_key && key > 1, "killed at %d: %s", at, world->kept.api_key);
            CHECK(world->service.rotations.count == 1 + world->rotated_before || untold != 0,
                  "killed at %d: %d rotations", at, world->service.rotations.count);
            CHECK_TEXT(world->kept.rotate_id, "");
            free(world);
        }
    }
}

/* A run that finds a rotation under way ends it. */
static void check_rotation_resumed(void)
{
    struct world *world = world_new(GOAL_ROTATE);
    world->lose = 1;
    start(world);
    turn(world);
    CHECK_INT(world->service.rotations.requests, 1);
    world->options.goal = GOAL_RUN;
    start(world);
    live(world, 20, false);
    CHECK_TEXT(world->kept.api_key, "mdk_a_2");
    CHECK_INT(world->service.rotations.count, 1);
    free(world);
}

/* --- connect ----------------------------------------------------------------------------------------------------- */

static void check_daily_connect(void)
{
    struct world *world = world_new(GOAL_RUN);
    char session[CLIENT_SESSION + 1];
    world->wall_ms -= 200 * DAY;
    start(world);
    live(world, 20, true);
    strcpy(session, world->client.session);
    live_ms(world, 10 * DAY);
    CHECK(world->service.connects >= 10 && world->service.connects <= 12, "%d in ten days", world->service.connects);
    CHECK_TEXT(world->client.session, session);
    CHECK_INT(world->logins[CREDENTIAL_CERTIFICATE], 1);
    CHECK(world->service.heartbeats >= 235, "%d heartbeats", world->service.heartbeats);
    world->deny = "device_not_found"; /* what a connect says counts on every day */
    world->deny_operation = "connect";
    world->denials = 1;
    live_ms(world, 27 * HOUR);
    CHECK(world->logins[CREDENTIAL_API_KEY] == 1 && world->client.online, "%s", world->line);
    free(world);
}

static void check_bundle(void)
{
    struct world *world = world_new(GOAL_RUN);
    world->wall_ms -= 200 * DAY;
    start(world);
    live(world, 20, true);
    CHECK_TEXT(world->service.bundle_known, "CA 1");
    world->service.new_bundle = "CA 2";
    live_ms(world, 27 * HOUR);
    CHECK_TEXT(world->bundle, "CA 2");
    CHECK(world->logins[CREDENTIAL_CERTIFICATE] == 1 && world->client.online, "it left for a bundle");
    world->service.new_bundle = "! damaged";
    live_ms(world, 27 * HOUR);
    CHECK_TEXT(world->bundle, "CA 2");
    live_ms(world, 27 * HOUR);
    CHECK_TEXT(world->service.bundle_known, "CA 2");
    free(world);
}

/* --- a clock that is wrong --------------------------------------------------------------------------------------- */

#define YEAR (365 * DAY)

static void fail_to_trust(struct world *world)
{
    CHECK_INT(world->client.link, LINK_CONNECTING);
    input(world, (struct client_input){.event = CLIENT_DOWN, .untrusted = true, .reason = "TLS: no"});
}

/* What makes a clock one that cannot be right, and what is said when the broker is not trusted meanwhile. */
static const struct {
    const char *what;
    int64_t earliest_ms;
    const char *server_time, *not_before;
    int64_t clock_ms;
    const char *mend;
} clocks[] = {
    {"before the program", RENEW_AT, "", "", 12345, "this device's clock says 1970-01-01T00:00:12Z: set it"},
    {"before the service's time", 0, "2026-08-01T00:00:00.000Z", "", 12345, "1970-01-01T00:00:12Z: set it"},
    {"before the certificate", 0, "", "2026-01-01T00:00:00.000Z", RENEW_AT - YEAR, "2025-09-01T00:00:00Z: set it"},
    {"a little behind", RENEW_AT, "2026-09-01T00:00:00.000Z", "", RENEW_AT - DAY + 1, "2026-08-31T00:00:00Z: when"},
    {"years ahead", RENEW_AT, "2026-09-01T00:00:00.000Z", "2026-01-01T00:00:00.000Z", RENEW_AT + 9 * YEAR,
     "2035-08-30T00:00:00Z: when that is wrong, set it"},
};

static void check_untrusted(void)
{
    for (size_t i = 0; i < 2 * sizeof clocks / sizeof *clocks; i++) {
        bool once = i % 2 == 1;
        struct world *world = world_new(once ? GOAL_ROTATE : GOAL_RUN);
        world->options.earliest_ms = clocks[i / 2].earliest_ms;
        strcpy(world->kept.server_time, clocks[i / 2].server_time);
        strcpy(world->kept.not_before, clocks[i / 2].not_before);
        world->state_length = kept_write(&world->kept, world->state, KEPT_JSON_MAX);
        world->wall_ms = clocks[i / 2].clock_ms;
        start(world);
        fail_to_trust(world);
        const char *mend = world->effects.problem.mend;
        CHECK(strstr(mend, clocks[i / 2].mend) != NULL, "%s: %s", clocks[i / 2].what, mend);
        bool sure = strstr(mend, ": set it") != NULL, end = strstr(mend, once ? "call again" : "by itself") != NULL;
        CHECK(sure == end && world->done == once, "%s: %s", clocks[i / 2].what, mend);
        free(world);
    }
}

/* Nothing is over or due by a clock that cannot be right: the certificate is used, and what is learnt of the service's
 * time says when it is to be renewed. */
static void check_clock_of_1970(void)
{
    struct world *world = world_new(GOAL_RUN);
    world->options.earliest_ms = RENEW_AT - YEAR;
    world->skew_ms = 12345 - world->wall_ms;
    start(world);
    CHECK_INT(world->client.credential, CREDENTIAL_CERTIFICATE);
    live(world, 20, true);
    CHECK(world->client.online && strstr(world->line, "online") != NULL, "%s", world->line);
    CHECK(world->kept.server_time[0] != '\0' && world->service.renewals.count == 0, "%s", world->kept.server_time);
    live_ms(world, 2 * HOUR);
    check_renewed(world, "1970", 2);
    free(world);
}

/* One that runs ahead, where the broker is trusted all the same: not a new certificate again and again. */
static void check_clock_ahead(void)
{
    struct world *world = world_new(GOAL_RUN);
    world->wall_ms += MINUTE * 90;
    world->skew_ms = 3 * YEAR;
    start(world);
    CHECK_INT(world->client.credential, CREDENTIAL_API_KEY);
    live(world, 50, true);
    CHECK(world->client.online && strstr(world->effects.problem.mend, ": set it") != NULL, "%s", world->line);
    live_ms(world, 10 * DAY);
    CHECK_INT(world->service.provisions.count, 1);
    CHECK_INT(world->service.renewals.count, 0);
    CHECK_INT(world->logins[CREDENTIAL_API_KEY], 1);
    free(world);
}

/* The service's time is written down once a day, and takes back what was too late. */
static void check_server_time(void)
{
    struct world *world = world_new(GOAL_RUN);
    char at_first[TIMESTAMP_SIZE];
    world->wall_ms -= 200 * DAY;
    start(world);
    live(world, 20, true);
    strcpy(at_first, world->kept.server_time);
    int saves = world->saves;
    for (int i = 0; i < 5; i++) {
        input(world, (struct client_input){.event = CLIENT_DOWN, .reason = "lost"});
        live(world, 20, true);
    }
    CHECK(world->service.connects == 6 && world->saves == saves, "%d writes", world->saves - saves);
    live_ms(world, 10 * DAY);
    CHECK(world->saves > saves + 3 && world->saves <= saves + 11, "%d writes in ten days", world->saves - saves);
    CHECK(strcmp(world->kept.server_time, at_first) > 0, "%s", world->kept.server_time);
    strcpy(at_first, world->kept.server_time);
    world->wall_ms -= 9 * DAY;
    live_ms(world, 2 * DAY);
    CHECK(strcmp(world->kept.server_time, at_first) < 0 && strstr(world->state, "serverTime") != NULL, "%s",
          world->kept.server_time);
    free(world);
}

int main(void)
{
    check_untrusted();
    check_clock_of_1970();
    check_clock_ahead();
    check_server_time();
    check_straight();
    check_due_at_connect();
    check_kills(false);
    check_kills(true);
    check_kills_at_every_step();
    check_rollback();
    check_rollback_is_kept();
    check_rollback_kills();
    check_no_network();
    check_network_returns();
    check_refused_within_tls();
    check_ladder();
    check_promoted_there();
    check_revoked_unused();
    check_bad_certificate();
    check_rejections();
    check_late();
    check_silence();
    check_senseless_plan();
    check_expired();
    check_offers();
    check_offer_after_rollback();
    check_many_offers();
    check_goals();
    check_renew_goes_on();
    check_rotation();
    check_rotation_kills();
    check_rotation_resumed();
    check_daily_connect();
    check_bundle();
    return check_done();
}
