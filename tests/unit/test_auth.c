/* Logins against a real database: who is let in as whom, and who is not for which reason. */
#include "service/gate/auth.h"
#include "service/gate/backoff.h"
#include "service/store/store.h"
#include "tests/unit/check.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOW 1800000000 /* seconds */

static char path[64];
static struct store *store;
static struct lookup *lookup;
static struct auth_options options;
static struct credential provisioning, disabled, api, api_blocked, api_ending, api_ended, operator, tenant_operator,
    stranger, service;
static const unsigned char fingerprint[HASH_SIZE] = "the DER of a certificate, hashed";
#define CERTIFICATE         "0102030405060708090a0b0c0d0e0f101112"
#define CERTIFICATE_EXPIRED "0202030405060708090a0b0c0d0e0f101112"
#define CERTIFICATE_REVOKED "0302030405060708090a0b0c0d0e0f101112"
#define CERTIFICATE_UNKNOWN "0402030405060708090a0b0c0d0e0f101112"
#define CERTIFICATE_BLOCKED "0502030405060708090a0b0c0d0e0f101112"

static void make(const char *prefix, struct credential *out)
{
    static unsigned char next;
    unsigned char random[SECRET_RAW + 8];
    for (size_t i = 0; i < sizeof random; i++)
        random[i] = (unsigned char)(i * 7 + next * 31);
    next++;
    secret_make(prefix, random, out);
}

static int64_t add_device_until(const char *uuid, enum device_state state, const struct credential *key,
                                int64_t expires_at)
{
    struct device_row row = {.state = state, .created_at = 1};
    snprintf(row.uuid, sizeof row.uuid, "%s", uuid);
    snprintf(row.device_id, sizeof row.device_id, "id%s", uuid);
    snprintf(row.tenant, sizeof row.tenant, "default");
    CHECK_INT(store_device_insert(store, &row), ST_OK);
    struct api_key_row key_row = {.id = key->id, .hash = key->hash, .device = row.id, .at = 1};
    key_row.expires_at = expires_at;
    CHECK_INT(store_api_key_set(store, &key_row), ST_OK);
    return row.id;
}

static int64_t add_device(const char *uuid, enum device_state state, const struct credential *key)
{
    return add_device_until(uuid, state, key, 0);
}

static void add_certificate(int64_t device, const char *uuid, const char *id, int64_t not_after)
{
    struct certificate_row row = {.device = device, .pem = "", .not_after = not_after, .at = 1};
    snprintf(row.id, sizeof row.id, "%s", id);
    snprintf(row.uuid, sizeof row.uuid, "%s", uuid);
    snprintf(row.tenant, sizeof row.tenant, "default");
    memcpy(row.fingerprint, fingerprint, sizeof row.fingerprint);
    memcpy(row.public_key, id, sizeof row.public_key);
    CHECK_INT(store_certificate_insert(store, &row), ST_OK);
}

static void add_operator(const struct credential *key, const char *name, const char *tenant)
{
    struct operator_row row = {.role = "viewer", .created_at = 1};
    snprintf(row.id, sizeof row.id, "%s", key->id);
    snprintf(row.name, sizeof row.name, "%s", name);
    snprintf(row.tenant, sizeof row.tenant, "%s", tenant);
    memcpy(row.hash, key->hash, sizeof row.hash);
    CHECK_INT(store_operator_insert(store, &row), ST_OK);
}

static void add_key(const struct credential *key)
{
    struct key_row row = {.tenant = "default", .uses = 1, .used = 1, .expires_at = 1}; /* spent and expired */
    memcpy(row.id, key->id, sizeof row.id);
    memcpy(row.hash, key->hash, sizeof row.hash);
    CHECK_INT(store_key_insert(store, &row), ST_OK);
}

static void fill(void)
{
    make(SECRET_PROVISIONING, &provisioning);
    make(SECRET_PROVISIONING, &disabled);
    make(SECRET_API, &api);
    make(SECRET_API, &api_blocked);
    make(SECRET_API, &api_ending);
    make(SECRET_API, &api_ended);
    make(SECRET_OPERATOR, &operator);
    make(SECRET_OPERATOR, &tenant_operator);
    make(SECRET_OPERATOR, &stranger);
    make(SECRET_SERVICE, &service);
    memcpy(options.service_hash, service.hash, sizeof options.service_hash);
    store_event_begin(store);
    add_key(&provisioning);
    add_key(&disabled);
    CHECK_INT(store_key_disable(store, disabled.id, 2), ST_OK);
    add_operator(&operator, "all", "");
    add_operator(&tenant_operator, "one", "default");
    int64_t dev2 = add_device("dev2", DEVICE_PROVISIONED, &api_blocked); /* its certificates are ended below */
    add_certificate(dev2, "dev2", CERTIFICATE_REVOKED, NOW + 1000);
    bool ended = false;
    CHECK_INT(store_certificate_end_all(store, dev2, 0, "revoked", "test", 1, &ended), ST_OK);
    CHECK(ended, "there was one to end");
    add_device_until("dev4", DEVICE_REGISTERED, &api_ending, NOW * INT64_C(1000));
    add_device_until("dev5", DEVICE_REGISTERED, &api_ended, NOW * INT64_C(1000) - 1);
    int64_t dev1 = add_device("dev1", DEVICE_PROVISIONED, &api);
    add_certificate(dev1, "dev1", CERTIFICATE, NOW);
    add_certificate(dev1, "dev1", CERTIFICATE_EXPIRED, NOW - 1);
    struct credential other;
    make(SECRET_API, &other);
    add_certificate(add_device("dev3", DEVICE_BLOCKED, &other), "dev3", CERTIFICATE_BLOCKED, NOW + 1000);
    CHECK_INT(store_event_end(store, true), ST_OK);
    CHECK_INT(store_commit(store), ST_OK);
}

/* A password of what `kind` says, made wrong where `flaw` says so. */
static const char *password_of(const struct credential *key, const char *flaw)
{
    static char text[LIMIT_CREDENTIAL + 8];
    snprintf(text, sizeof text, "%s", key->text);
    if (strcmp(flaw, "secret") == 0)
        text[20] = text[20] == 'a' ? 'b' : 'a';
    else if (strcmp(flaw, "id") == 0)
        text[5] = text[5] == 'a' ? 'b' : 'a';
    else if (strcmp(flaw, "cut") == 0)
        text[strlen(text) - 1] = '\0';
    else if (strcmp(flaw, "longer") == 0)
        strcat(text, "a");
    return text;
}

static const struct {
    const char *client_id, *username;
    const struct credential *key; /* NULL: no password */
    const char *flaw;
    const char *certificate;
    int keepalive;
    const char *address;
    enum refusal expected;
    enum role role;
    const char *who;
} rows[] = {
    {"new1", "provision", &provisioning, "", NULL, 60, "10.0.0.1", REFUSE_NOT, ROLE_PROVISIONING, "key:"},
    {"new1~rr", "provision", &provisioning, "", NULL, 1, "10.0.0.1", REFUSE_NOT, ROLE_PROVISIONING, "key:"},
    {"dev1", "provision", &provisioning, "", NULL, 300, "10.0.0.1", REFUSE_NOT, ROLE_PROVISIONING, "key:"},
    {"new1", "provision", &disabled, "", NULL, 60, "10.0.0.1", REFUSE_NOT, ROLE_PROVISIONING, "key:"},
    {"new1", "provision", &provisioning, "secret", NULL, 60, "10.0.0.1", REFUSE_CREDENTIAL, 0, "none"},
    {"new1", "provision", &provisioning, "id", NULL, 60, "10.0.0.1", REFUSE_CREDENTIAL, 0, "none"},
    {"new1", "provision", &provisioning, "cut", NULL, 60, "10.0.0.1", REFUSE_CREDENTIAL, 0, "none"},
    {"new1", "provision", &provisioning, "longer", NULL, 60, "10.0.0.1", REFUSE_CREDENTIAL, 0, "none"},
    {"new1", "new1", &provisioning, "", NULL, 60, "10.0.0.1", REFUSE_CREDENTIAL, 0, "none"},
    {"new1", NULL, &provisioning, "", NULL, 60, "10.0.0.1", REFUSE_CREDENTIAL, 0, "none"},
    {"new1", "provision", NULL, "", NULL, 60, "10.0.0.1", REFUSE_CREDENTIAL, 0, "none"},
    {"new1", NULL, NULL, "", NULL, 60, "10.0.0.1", REFUSE_CREDENTIAL, 0, "none"},
    {"new1", "provision", &provisioning, "", NULL, 0, "10.0.0.1", REFUSE_KEEPALIVE, 0, "key:"},
    {"new1", "provision", &provisioning, "", NULL, 301, "10.0.0.1", REFUSE_KEEPALIVE, 0, "key:"},
    {"-new1", "provision", &provisioning, "", NULL, 60, "10.0.0.1", REFUSE_CLIENT_ID, 0, "key:"},
    {"~new1", "provision", &provisioning, "", NULL, 60, "10.0.0.1", REFUSE_CLIENT_ID, 0, "key:"},
    {"new/1", "provision", &provisioning, "", NULL, 60, "10.0.0.1", REFUSE_CLIENT_ID, 0, "none"},
    {"new+1", "provision", &provisioning, "", NULL, 60, "10.0.0.1", REFUSE_CLIENT_ID, 0, "none"},
    {"new1~#", "provision", &provisioning, "", NULL, 60, "10.0.0.1", REFUSE_CLIENT_ID, 0, "none"},
    {"new 1", "provision", &provisioning, "", NULL, 60, "10.0.0.1", REFUSE_CLIENT_ID, 0, "none"},
    {"n\xc3\xa4", "provision", &provisioning, "", NULL, 60, "10.0.0.1", REFUSE_CLIENT_ID, 0, "none"},
    {"", "provision", &provisioning, "", NULL, 60, "10.0.0.1", REFUSE_CLIENT_ID, 0, "none"},
    {NULL, "provision", &provisioning, "", NULL, 60, "10.0.0.1", REFUSE_CLIENT_ID, 0, "none"},
    {"_new1", "provision", &provisioning, "", NULL, 60, "10.0.0.1", REFUSE_CREDENTIAL, 0, "none"},
    {"dev1", "dev1", &api, "", NULL, 60, "10.0.0.1", REFUSE_NOT, ROLE_DEVICE, "api:"},
    {"dev1~sub", "dev1", &api, "", NULL, 60, "10.0.0.1", REFUSE_NOT, ROLE_DEVICE, "api:"},
    {"dev1~sub", "dev1~sub", &api, "", NULL, 60, "10.0.0.1", REFUSE_CREDENTIAL, 0, "api:"},
    {"dev2", "dev1", &api, "", NULL, 60, "10.0.0.1", REFUSE_CLIENT_ID, 0, "api:"},
    {"dev2", "dev2", &api, "", NULL, 60, "10.0.0.1", REFUSE_CLIENT_ID, 0, "api:"},
    {"dev11", "dev1", &api, "", NULL, 60, "10.0.0.1", REFUSE_CLIENT_ID, 0, "api:"},
    {"dev", "dev1", &api, "", NULL, 60, "10.0.0.1", REFUSE_CLIENT_ID, 0, "api:"},
    {"dev1", "dev1", &api, "secret", NULL, 60, "10.0.0.1", REFUSE_CREDENTIAL, 0, "none"},
    {"dev1", "dev1", &api, "", NULL, 0, "10.0.0.1", REFUSE_KEEPALIVE, 0, "api:"},
    {"dev4", "dev4", &api_ending, "", NULL, 60, "10.0.0.1", REFUSE_NOT, ROLE_DEVICE, "api:"},
    {"dev5", "dev5", &api_ended, "", NULL, 60, "10.0.0.1", REFUSE_ENDED, 0, "api:"},
    {"dev5", "dev5", &api_ended, "secret", NULL, 60, "10.0.0.1", REFUSE_CREDENTIAL, 0, "none"},
    {"dev1", "dev1", &operator, "", NULL, 60, "10.0.0.1", REFUSE_CREDENTIAL, 0, "none"},
    {"op1", "operator", &operator, "", NULL, 60, "10.0.0.1", REFUSE_NOT, ROLE_OPERATOR, "operator:"},
    {"op1", "operator", &operator, "", NULL, 0, "10.0.0.1", REFUSE_NOT, ROLE_OPERATOR, "operator:"},
    {"op1~x", "operator", &tenant_operator, "", NULL, 0, "10.0.0.1", REFUSE_NOT, ROLE_OPERATOR, "operator:"},
    {"dev1", "operator", &operator, "", NULL, 60, "10.0.0.1", REFUSE_CLIENT_ID, 0, "operator:"},
    {"dev1~x", "operator", &operator, "", NULL, 60, "10.0.0.1", REFUSE_CLIENT_ID, 0, "operator:"},
    {"op1", "operator", &stranger, "", NULL, 60, "10.0.0.1", REFUSE_CREDENTIAL, 0, "none"},
    {"op1", "admin", &operator, "", NULL, 60, "10.0.0.1", REFUSE_CREDENTIAL, 0, "none"},
    {"_op1", "operator", &operator, "", NULL, 60, "10.0.0.1", REFUSE_CREDENTIAL, 0, "none"},
    {"dev1", NULL, NULL, "", CERTIFICATE, 60, "10.0.0.1", REFUSE_NOT, ROLE_DEVICE, "certificate:" CERTIFICATE},
    {"dev1~a", "x", &api, "", CERTIFICATE, 60, "10.0.0.1", REFUSE_NOT, ROLE_DEVICE, "certificate:" CERTIFICATE},
    {"dev2", NULL, NULL, "", CERTIFICATE, 60, "10.0.0.1", REFUSE_CLIENT_ID, 0, "certificate:" CERTIFICATE},
    {"dev1", NULL, NULL, "", CERTIFICATE, 0, "10.0.0.1", REFUSE_KEEPALIVE, 0, "certificate:" CERTIFICATE},
    {"dev1", NULL, NULL, "", CERTIFICATE_EXPIRED, 60, "10.0.0.1", REFUSE_ENDED, 0, "certificate:"},
    {"dev2", NULL, NULL, "", CERTIFICATE_REVOKED, 60, "10.0.0.1", REFUSE_ENDED, 0, "certificate:"},
    {"dev3", NULL, NULL, "", CERTIFICATE_BLOCKED, 60, "10.0.0.1", REFUSE_ENDED, 0, "certificate:"},
    {"dev1", NULL, NULL, "", CERTIFICATE_UNKNOWN, 60, "10.0.0.1", REFUSE_CREDENTIAL, 0, "none"},
    {"dev1", "dev1", &api, "", CERTIFICATE_UNKNOWN, 60, "10.0.0.1", REFUSE_CREDENTIAL, 0, "none"},
    {"op1", "operator", &operator, "", CERTIFICATE, 60, "10.0.0.1", REFUSE_CLIENT_ID, 0, "certificate:"},
    {"_muster-1", "_muster", &service, "", NULL, 60, "127.0.0.1", REFUSE_NOT, ROLE_SERVICE, "service"},
    {"_muster-1", "_muster", &service, "", NULL, 60, "::1", REFUSE_NOT, ROLE_SERVICE, "service"},
    {"_muster-1", "_muster", &service, "", NULL, 60, "::ffff:127.0.0.1", REFUSE_NOT, ROLE_SERVICE, "service"},
    {"_muster-1", "_muster", &service, "", NULL, 60, "10.0.0.1", REFUSE_CREDENTIAL, 0, "none"},
    {"_muster-1", "_muster", &service, "", NULL, 60, "::ffff:10.0.0.1", REFUSE_CREDENTIAL, 0, "none"},
    {"_muster-1", "_muster", &service, "", CERTIFICATE_UNKNOWN, 60, "10.0.0.1", REFUSE_NOT, ROLE_SERVICE, "service"},
    {"_muster-1", "_muster", &service, "secret", NULL, 60, "127.0.0.1", REFUSE_CREDENTIAL, 0, "none"},
    {"_muster-1", "muster", &service, "", NULL, 60, "127.0.0.1", REFUSE_CREDENTIAL, 0, "none"},
    {"_muster-1", NULL, NULL, "", CERTIFICATE, 60, "127.0.0.1", REFUSE_CREDENTIAL, 0, "none"},
    {"muster-1", "_muster", &service, "", NULL, 60, "127.0.0.1", REFUSE_CREDENTIAL, 0, "none"},
};

static enum refusal try(size_t i, struct identity *who)
{
    struct peer peer = {.certificate_id = ""};
    if (rows[i].certificate != NULL) {
        snprintf(peer.certificate_id, sizeof peer.certificate_id, "%s", rows[i].certificate);
        memcpy(peer.fingerprint, fingerprint, sizeof peer.fingerprint);
    }
    const struct login login = {.client_id = rows[i].client_id,
                                .username = rows[i].username,
                                .password = rows[i].key != NULL ? password_of(rows[i].key, rows[i].flaw) : NULL,
                                .address = rows[i].address,
                                .peer = rows[i].certificate != NULL ? &peer : NULL,
                                .keepalive = rows[i].keepalive,
                                .now = NOW};
    return auth_login(lookup, &options, &login, who);
}

static void test_rows(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct identity who;
        char name[STAMP_NAME];
        enum refusal refusal = try(i, &who);
        stamp_name(&who.stamp, name);
        CHECK(refusal == rows[i].expected, "row %zu: %s, expected %s", i, refusal_word(refusal),
              refusal_word(rows[i].expected));
        CHECK(strncmp(name, rows[i].who, strlen(rows[i].who)) == 0, "row %zu: %s", i, name);
        if (refusal == REFUSE_NOT) {
            CHECK(who.role == rows[i].role, "row %zu: role %d", i, (int)who.role);
            CHECK(auth_still_holds(lookup, &who, NOW) == HOLDS, "row %zu: still holds", i);
        }
    }
}

static void test_tenant(void)
{
    struct identity who;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].expected == REFUSE_NOT && rows[i].role == ROLE_OPERATOR) {
            try(i, &who);
            CHECK_TEXT(who.tenant, rows[i].key == &operator? "" : "default");
        }
}

/* The same serial with another DER is another authority's certificate. */
static void test_fingerprint(void)
{
    struct peer peer = {.certificate_id = CERTIFICATE};
    struct identity who;
    struct login login = {.client_id = "dev1", .address = "10.0.0.1", .peer = &peer, .keepalive = 60, .now = NOW};
    CHECK_INT(auth_login(lookup, &options, &login, &who), REFUSE_CREDENTIAL);
    memcpy(peer.fingerprint, fingerprint, sizeof peer.fingerprint);
    CHECK_INT(auth_login(lookup, &options, &login, &who), REFUSE_NOT);
    login.now = NOW + 1;
    CHECK_INT(auth_login(lookup, &options, &login, &who), REFUSE_ENDED);
    CHECK(auth_still_holds(lookup, &who, NOW + 1) == HOLDS_NOT, "it has expired while connected");
}

static void commit(enum status status)
{
    CHECK_INT(status, ST_OK);
    CHECK_INT(store_event_end(store, true), ST_OK);
    CHECK_INT(store_commit(store), ST_OK);
}

/* What the service commits counts at the next login. */
static void test_changes(void)
{
    struct identity device, who;
    struct device_row row;
    size_t first = 0;
    while (rows[first].key != &api)
        first++;
    CHECK_INT(try(first, &device), REFUSE_NOT);
    CHECK_INT(store_device_get(store, "dev1", &row), ST_OK);
    row.state = DEVICE_BLOCKED;
    store_event_begin(store);
    commit(store_device_update(store, &row));
    CHECK_INT(try(first, &who), REFUSE_ENDED);
    CHECK(auth_still_holds(lookup, &device, NOW) == HOLDS_NOT, "blocked");
    row.state = DEVICE_REGISTERED;
    store_event_begin(store);
    commit(store_device_update(store, &row));
    CHECK_INT(try(first, &who), REFUSE_NOT);
    store_event_begin(store);
    commit(store_api_key_drop(store, row.id));
    CHECK_INT(try(first, &who), REFUSE_CREDENTIAL);
    CHECK(auth_still_holds(lookup, &device, NOW) == HOLDS_NOT, "its key is gone");
}

/* A database that cannot be read lets nobody in, ends nobody, and is found again; so is another in its place. */
static void test_unreadable(void)
{
    char away[80];
    struct identity operator_identity, who;
    size_t row = 0;
    while (rows[row].key != &operator|| rows[row].expected != REFUSE_NOT)
        row++;
    CHECK_INT(try(row, &operator_identity), REFUSE_NOT);
    snprintf(away, sizeof away, "%s.away", path);
    CHECK_INT(rename(path, away), 0);
    CHECK_INT(try(row, &who), REFUSE_UNREADABLE);
    CHECK(strlen(lookup_error(lookup)) > 0, "it says why");
    CHECK(auth_still_holds(lookup, &operator_identity, NOW) == HOLDS_PERHAPS, "who is here stays");
    CHECK_INT(mkdir(path, 0700), 0);
    CHECK_INT(try(row, &who), REFUSE_UNREADABLE);
    CHECK_INT(rmdir(path), 0);
    CHECK_INT(rename(away, path), 0);
    CHECK_INT(try(row, &who), REFUSE_NOT);
}

/* After the service has ended, and after it was killed. */
static void test_without_service(void)
{
    struct identity who;
    char error[300];
    size_t row = 0;
    while (rows[row].key != &operator|| rows[row].expected != REFUSE_NOT)
        row++;
    lookup_free(lookup);
    store_free(store);
    lookup = lookup_new(path);
    CHECK_INT(try(row, &who), REFUSE_NOT);
    store = store_new(path, error, sizeof error);
    CHECK(store != NULL, "%s", error);
    CHECK_INT(try(row, &who), REFUSE_NOT);
}

static void test_backoff(void)
{
    static struct backoff backoff = {.key = {1, 2}};
    static const struct login login = {
        .client_id = "dev1~a", .username = "dev1", .password = "wrong", .address = "10.0.0.1"};
    struct login other = login;
    int64_t now = 1000;
    CHECK(!backoff_holds(&backoff, &login, now), "at first");
    for (int64_t wait = BACKOFF_FIRST; wait < 4 * BACKOFF_LAST; wait *= 2) {
        int64_t held = wait < BACKOFF_LAST ? wait : BACKOFF_LAST;
        backoff_note(&backoff, &login, now);
        CHECK(backoff_holds(&backoff, &login, now + held - 1), "held for %lld ms", (long long)held);
        CHECK(!backoff_holds(&backoff, &login, now + held), "and no longer");
        now += held;
    }
    backoff_note(&backoff, &login, now);
    other.password = "right";
    CHECK(!backoff_holds(&backoff, &other, now), "another secret is looked at");
    other = login;
    other.address = "10.0.0.2";
    CHECK(!backoff_holds(&backoff, &other, now), "from another address too");
    other = login;
    other.client_id = "dev2";
    CHECK(!backoff_holds(&backoff, &other, now), "for another identity too");
    backoff_forget(&backoff, "dev2", 4);
    CHECK(backoff_holds(&backoff, &login, now), "another device's word frees nobody");
    backoff_forget(&backoff, "dev1", 4);
    CHECK(!backoff_holds(&backoff, &login, now), "the device may come back");
    other = login;
    other.address = "127.0.0.1";
    backoff_note(&backoff, &other, now);
    CHECK(!backoff_holds(&backoff, &other, now), "never on loopback");
    now += 4 * BACKOFF_LAST;
    backoff_note(&backoff, &login, now);
    CHECK(!backoff_holds(&backoff, &login, now + BACKOFF_FIRST), "after a long time it begins anew");
}

static void test_loopback(void)
{
    static const struct {
        const char *address;
        bool is;
    } cases[] = {{"127.0.0.1", true},
                 {"127.1.2.3", true},
                 {"::1", true},
                 {"::ffff:127.0.0.1", true},
                 {"10.0.0.1", false},
                 {"128.0.0.1", false},
                 {"::ffff:1.2.3.4", false},
                 {"-", false},
                 {"", false},
                 {"::", false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        CHECK(auth_is_loopback(cases[i].address) == cases[i].is, "%s", cases[i].address);
}

int main(void)
{
    static const char *const endings[] = {"", "-wal", "-shm", ".lock"};
    char error[300];
    snprintf(path, sizeof path, "/tmp/muster-auth-%d.db", (int)getpid());
    store = store_new(path, error, sizeof error);
    lookup = lookup_new(path);
    if (store == NULL || lookup == NULL)
        return EXIT_FAILURE;
    fill();
    test_rows();
    test_tenant();
    test_fingerprint();
    test_unreadable();
    test_without_service();
    test_changes();
    test_backoff();
    test_loopback();
    lookup_free(lookup);
    store_free(store);
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        char name[80];
        snprintf(name, sizeof name, "%s%s", path, endings[i]);
        unlink(name);
    }
    return check_done();
}
