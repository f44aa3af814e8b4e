/* The world of a trace: a core, its loop, its database, and what a trace may put into them beforehand. */
#include "certs/csr.h"
#include "service/config_authority.h"
#include "service/core/life.h"
#include "service/io/clock.h"
#include "tests/flow/flow.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct world *world;

static void die(const char *what, const char *why)
{
    printf("FAILED %s: %s\n0 passed, 1 failed\n", what, why);
    exit(EXIT_FAILURE);
}

static void name_file(char path[CONFIG_PATH], const char *ending)
{
    snprintf(path, CONFIG_PATH, "%s.%s", world->path, ending);
}

static void make_authority(struct core *core)
{
    char error[300];
    struct config *config = &world->config;
    name_file(config->ca_certificate_file, "ca.pem");
    name_file(config->ca_key_file, "ca.key");
    name_file(config->ca_root_certificate_file, "root.pem");
    name_file(config->ca_root_key_file, "root.key");
    snprintf(config->certificate_organization, sizeof config->certificate_organization, "Flow");
    struct ca_options options = config_authority(config);
    if (access(config->ca_certificate_file, F_OK) != 0 &&
        ca_create(&options, KEY_EC_P256, clock_now().wall / 1000, error, sizeof error) != 0)
        die("ca_create", error);
    core->ca = ca_new(&options, error, sizeof error);
    if (core->ca == NULL)
        die("ca_new", error);
}

static void start_core(void)
{
    static const uint64_t hash_key[2] = {11, 12};
    char error[300] = "no memory";
    struct core *core = &world->core;
    struct now now = clock_now();
    memset(core, 0, sizeof *core);
    world->tampered = false;
    core->config = &world->config;
    core->random = edge_random;
    core->gated = world->gated;
    core->stamp_key[0] = EDGE_STAMP_KEY;
    core->denials = (struct limit){.burst = 20, .refill_ms = 30000};
    core->pool = (struct keypool *)(void *)&edge; /* never looked into: keypool.c is played */
    memset(core->seal_key, 7, sizeof core->seal_key);
    core->store = store_new(world->path, error, sizeof error);
    if (core->store == NULL)
        die(world->path, error);
    world->presence_memory = calloc(1, presence_memory(world->capacity));
    presence_init(&core->presence, world->presence_memory, world->capacity, hash_key,
                  world->config.grace_seconds * INT64_C(1000), now.mono);
    if (world->real_ca)
        make_authority(core);
}

static void start_loop(void)
{
    if (core_start(&world->core, clock_now()) != ST_OK || crl_take_up(&world->core, world->config.crl_file) != ST_OK)
        die("core_start", store_error(world->core.store));
    struct loop *loop = &world->loop;
    if (edge.crl == CRL_SLEEPS && world->core.crl.in_force_until == 0) /* the broker has one that lasts */
        world->core.crl.in_force_until = INT64_C(253402300799);
    memset(loop, 0, sizeof *loop);
    loop_init(loop, &world->core, NULL, &world->broker, NULL);
    struct mqtt *mqtt = (struct mqtt *)(void *)&edge; /* never looked into either */
    world->broker.connections[BROKER_PUBLISHER].mqtt = mqtt;
    if (outbox_start(&loop->outbox, world->core.store, mqtt, world->config.retained_status) != ST_OK)
        die("outbox_start", store_error(world->core.store));
    edge_put(QUEUE_UP, BROKER_PUBLISHER, NULL);
}

void world_start(void)
{
    const char *folder = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    snprintf(world->path, sizeof world->path, "%s/muster-flow-%d.db", folder, (int)getpid());
    name_file(world->config.crl_file, "crl.pem");
    start_core();
    start_loop();
    edge_put(QUEUE_UP, BROKER_SUBSCRIBER, NULL);
}

static void stop(void)
{
    for (size_t i = 0; i < PARKING_PLACES; i++)
        if (world->loop.batch.parking.places[i].copy != NULL)
            parking_free(&world->loop.batch.parking, &world->loop.batch.parking.places[i]);
    store_free(world->core.store);
    ca_free(world->core.ca);
    ca_free(world->core.next_ca);
    free(world->presence_memory);
    edge_forget_inbox();
    edge_kill_job();
}

void world_restart(void)
{
    stop();
    start_core();
    start_loop();
}

bool world_restart_failing(int n)
{
    stop();
    start_core();
    edge.failed = false;
    edge.fail_at = n;
    edge.fail_result = SQLITE_IOERR;
    enum status status = core_start(&world->core, clock_now());
    edge.fail_at = 0;
    if (edge.failed != (status != ST_OK))
        die("core_start", "a failure that nobody saw");
    if (status == ST_OK)
        world_restart();
    return status == ST_OK;
}

void world_end(void)
{
    char what[300], pattern[80];
    glob_t files;
    if (world->real_ca)
        trace_check(world_certificates_are_sound(what, sizeof what), "%s", what);
    stop();
    snprintf(pattern, sizeof pattern, "%s*", world->path);
    if (glob(pattern, 0, NULL, &files) == 0)
        for (size_t i = 0; i < files.gl_pathc; i++)
            unlink(files.gl_pathv[i]);
    globfree(&files);
}

/* --- what a trace puts in ----------------------------------------------------------------------------------------- */

bool world_sql(const char *sql)
{
    return sqlite3_exec(world->database, sql, NULL, NULL, NULL) == SQLITE_OK;
}

long long world_query(const char *sql, char *text, size_t size)
{
    sqlite3_stmt *statement = NULL;
    long long value = -1;
    text[0] = '\0';
    if (sqlite3_prepare_v2(world->database, sql, -1, &statement, NULL) != SQLITE_OK) {
        snprintf(text, size, "%s", sqlite3_errmsg(world->database));
    } else if (sqlite3_step(statement) == SQLITE_ROW) {
        const unsigned char *column = sqlite3_column_text(statement, 0);
        snprintf(text, size, "%s", column != NULL ? (const char *)column : "null");
        value = sqlite3_column_int64(statement, 0);
    }
    sqlite3_finalize(statement);
    return value;
}

static void commit(enum status status)
{
    struct store *store = world->core.store;
    if (status != ST_OK || store_event_end(store, true) != ST_OK || store_commit(store) != ST_OK)
        die("a trace's preparation", store_error(store));
}

static struct credential make_credential(const char *label, const char *prefix)
{
    struct credential credential;
    unsigned char random[SECRET_RAW + 8];
    char name[40];
    edge_random(random, sizeof random);
    secret_make(prefix, random, &credential);
    variable_set(label, credential.text);
    snprintf(name, sizeof name, "%s_id", label);
    variable_set(name, credential.id);
    return credential;
}

/* The value of `name=` among the words of `options`, or `other`. */
static const char *option(const char *options, const char *name, const char *other, char *out, size_t size)
{
    const char *found = strstr(options, name);
    if (found == NULL)
        return other;
    found += strlen(name);
    snprintf(out, size, "%.*s", (int)strcspn(found, " "), found);
    return out;
}

void world_make_key(const char *label, const char *options)
{
    char word[200];
    struct credential credential = make_credential(label, SECRET_PROVISIONING);
    struct key_row row = {.uses = atoll(option(options, "uses=", "1", word, sizeof word)),
                          .created_at = clock_now().wall,
                          .replace = strstr(options, "replace") != NULL};
    row.expires_at = clock_now().wall + 1000 * atoll(option(options, "expires=", "1000000", word, sizeof word));
    snprintf(row.tenant, sizeof row.tenant, "%s", option(options, "tenant=", "default", word, sizeof word));
    snprintf(row.device_types, sizeof row.device_types, "%s", option(options, "types=", "", word, sizeof word));
    memcpy(row.id, credential.id, sizeof credential.id);
    memcpy(row.hash, credential.hash, sizeof row.hash);
    store_event_begin(world->core.store);
    commit(store_key_insert(world->core.store, &row));
}

void world_make_operator(const char *label, const char *role, const char *tenant)
{
    struct credential credential = make_credential(label, SECRET_OPERATOR);
    struct operator_row row = {.created_at = clock_now().wall};
    snprintf(row.name, sizeof row.name, "%s", label);
    snprintf(row.role, sizeof row.role, "%s", role);
    snprintf(row.tenant, sizeof row.tenant, "%s", tenant);
    memcpy(row.id, credential.id, sizeof credential.id);
    memcpy(row.hash, credential.hash, sizeof row.hash);
    store_event_begin(world->core.store);
    commit(store_operator_insert(world->core.store, &row));
}

void world_make_csr(const char *label, const char *type)
{
    bool tampered = strcmp(type, "tampered") == 0;
    enum key_type key_type = KEY_EC_P256;
    char pem[CSR_PEM_MAX];
    if (!tampered && !key_type_from_name(type, &key_type))
        die("csr", type);
    struct key *key = key_new(key_type);
    if (key == NULL || !csr_write(key, "flow", pem, sizeof pem))
        die("csr", "cannot be made");
    key_free(key);
    char *middle = strchr(pem, '\n') + 40; /* within the subject or the key: the signature no longer fits */
    if (tampered)
        *middle = *middle == 'A' ? 'B' : 'A';
    variable_set(label, pem);
}
