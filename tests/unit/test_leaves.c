/* The broker's and the service's certificates, renewed in time. */
#include "certs/ca_rotate.h"
#include "certs/file.h"
#include "certs/validate.h"
#include "service/io/leaves.h"
#include "tests/unit/check.h"
#include "tests/unit/folder.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define DAY     INT64_C(86400)
#define BEGUN   INT64_C(1767225600) /* 2026-01-01 */
#define PEM_MAX (2 * CERTIFICATE_PEM_MAX)

static char folder[] = "/tmp/muster-leaves-XXXXXX";
static struct config config;
static struct core core;
static const char *const names[] = {"broker.example", "127.0.0.1"};

static void fill(void *out, size_t length)
{
    static unsigned char next = 7;
    memset(out, next++, length);
}

static void place(char path[CONFIG_PATH], const char *name)
{
    snprintf(path, CONFIG_PATH, "%s/%s", folder, name);
}

static char certificate_file[CONFIG_PATH], key_file[CONFIG_PATH], root_file[CONFIG_PATH], root_key_file[CONFIG_PATH];

static struct ca_options authority(bool rooted)
{
    place(certificate_file, rooted ? "ca.pem" : "own-ca.pem");
    place(key_file, rooted ? "ca.key" : "own-ca.key");
    place(root_file, "root.pem");
    place(root_key_file, "root.key");
    return (struct ca_options){.certificate_file = certificate_file,
                               .key_file = key_file,
                               .root_certificate_file = rooted ? root_file : NULL,
                               .root_key_file = rooted ? root_key_file : NULL};
}

/* Opens what stands in the files; the store knows who issues. */
static void open_authority(const struct ca_options *options)
{
    char error[300] = "";
    int64_t issuer = 0;
    ca_free(core.ca);
    core.ca = ca_new(options, error, sizeof error);
    CHECK(core.ca != NULL, "%s", error);
    CHECK_INT(store_event_begin(core.store), ST_OK);
    CHECK_INT(store_event_finish(core.store, store_issuer(core.store, ca_issuer_id(core.ca), &issuer)), ST_OK);
}

static void make_authority(bool rooted)
{
    char error[300] = "";
    struct ca_options options = authority(rooted);
    CHECK_INT(ca_create(&options, KEY_EC_P256, BEGUN - DAY, error, sizeof error), 0);
    open_authority(&options);
}

/* A certificate of 397 days from BEGUN on, in `path`. */
static void issue(const char *path, bool server, mode_t mode)
{
    unsigned char serial[PROFILE_SERIAL];
    struct public_key public;
    struct validity validity;
    struct certificate certificate;
    struct why why;
    struct key *key = key_new(KEY_EC_P256);
    fill(serial, sizeof serial);
    profile_serial_make(BEGUN, serial);
    CHECK(key_public(key, &public) && profile_validity(BEGUN, PROFILE_SERVER_DAYS, ca_validity(core.ca), &validity),
          "a key and a time");
    CHECK_INT(server ? ca_issue_server(core.ca, &public, names, 2, serial, validity, &certificate, &why)
                     : ca_issue_service(core.ca, &public, serial, validity, &certificate, &why),
              ST_OK);
    CHECK_INT(file_write(path, certificate.pem, strlen(certificate.pem), mode), 0);
    key_free(key);
}

static size_t read_file(const char *path, char text[PEM_MAX])
{
    size_t length = 0;
    text[0] = '\0';
    (void)file_read(path, text, PEM_MAX, &length);
    return length;
}

static struct validation look(const char *path)
{
    char text[PEM_MAX];
    struct validation found;
    size_t length = read_file(path, text);
    validate_certificate(core.ca, text, length, core.now.wall / 1000, &found);
    return found;
}

static void at_day(int64_t day)
{
    core.now.wall = (BEGUN + day * DAY) * 1000;
    leaves_renew(&core);
}

static void test_renewed_in_time(void)
{
    struct stat file;
    char text[PEM_MAX];
    issue(config.server_certificate_file, true, 0644);
    issue(config.broker_certificate_file, false, 0600);
    struct validation server = look(config.server_certificate_file), own = look(config.broker_certificate_file);
    at_day(264); /* two thirds of 397 days are 264.7 */
    CHECK_TEXT(look(config.server_certificate_file).certificate_id, server.certificate_id);
    at_day(265);
    struct validation renewed = look(config.server_certificate_file);
    CHECK(strcmp(renewed.certificate_id, server.certificate_id) != 0, "the broker's is another one");
    CHECK(strcmp(look(config.broker_certificate_file).certificate_id, own.certificate_id) != 0, "the service's, too");
    CHECK(renewed.validity.not_after > server.validity.not_after + 264 * DAY, "and lives as long");
    CHECK(renewed.checks[VALIDATION_DATES].passed, "from now on");
    read_file(config.server_certificate_file, text);
    CHECK(strstr(strstr(text, "END CERTIFICATE"), "BEGIN CERTIFICATE") != NULL, "the chain stands behind it");
    CHECK(stat(config.server_certificate_file, &file) == 0 && (file.st_mode & 0777) == 0644, "read by the broker");
    CHECK(stat(config.broker_certificate_file, &file) == 0 && (file.st_mode & 0777) == 0600, "read by nobody else");
    at_day(266);
    CHECK_TEXT(look(config.server_certificate_file).certificate_id, renewed.certificate_id);
}

static void test_left_alone(void)
{
    static const char garbage[] = "-----BEGIN CERTIFICATE-----\nno\n-----END CERTIFICATE-----\n";
    char text[PEM_MAX];
    CHECK_INT(file_write(config.server_certificate_file, garbage, strlen(garbage), 0644), 0);
    at_day(300);
    read_file(config.server_certificate_file, text);
    CHECK_TEXT(text, garbage);
    unlink(config.server_certificate_file);
    at_day(301);
    CHECK(access(config.server_certificate_file, F_OK) != 0, "nothing is made where nothing was");
    /* While another authority waits for the broker. */
    issue(config.server_certificate_file, true, 0644);
    struct validation before = look(config.server_certificate_file);
    core.next_ca = core.ca;
    at_day(302);
    CHECK_TEXT(look(config.server_certificate_file).certificate_id, before.certificate_id);
    core.next_ca = NULL;
    at_day(303);
    CHECK(strcmp(look(config.server_certificate_file).certificate_id, before.certificate_id) != 0, "then it is");
}

/* A private key that lies beside the certificate is not lost. */
static void test_with_its_key(void)
{
    static const char key[] = "-----BEGIN PRIVATE KEY-----\nno\n-----END PRIVATE KEY-----\n";
    char text[PEM_MAX], both[PEM_MAX + sizeof key];
    issue(config.server_certificate_file, true, 0644);
    read_file(config.server_certificate_file, text);
    snprintf(both, sizeof both, "%s%s", text, key);
    CHECK_INT(file_write(config.server_certificate_file, both, strlen(both), 0640), 0);
    at_day(304);
    read_file(config.server_certificate_file, text);
    CHECK_TEXT(text, both);
}

/* What a clock that was ahead has made goes when it is right again. */
static void test_clock_ahead(void)
{
    issue(config.server_certificate_file, true, 0644);
    at_day(700);
    CHECK(look(config.server_certificate_file).validity.not_before > BEGUN + 690 * DAY, "of a time to come");
    at_day(1);
    struct validation after = look(config.server_certificate_file);
    CHECK(after.checks[VALIDATION_DATES].passed, "valid today");
    at_day(2);
    CHECK_TEXT(look(config.server_certificate_file).certificate_id, after.certificate_id);
}

/* Somebody else's certificate, from wherever, is his to renew. */
static void test_foreign(void)
{
    char text[PEM_MAX], after[PEM_MAX];
    struct store *store = core.store;
    issue(config.server_certificate_file, true, 0644);
    read_file(config.server_certificate_file, text);
    core.store = store_new(":memory:", after, sizeof after); /* which does not know the issuer */
    at_day(390);
    read_file(config.server_certificate_file, after);
    CHECK_TEXT(after, text);
    store_free(core.store);
    core.store = store;
    at_day(390);
    read_file(config.server_certificate_file, after);
    CHECK(strcmp(after, text) != 0, "our own is renewed");
}

static bool is_of_current(const char *path)
{
    return strcmp(look(path).issuer, ca_issuer_id(core.ca)) == 0;
}

static void rotate(bool rooted, int64_t day)
{
    char error[300] = "";
    struct ca_options options = authority(rooted);
    CHECK_INT(ca_rotate(&options, BEGUN + day * DAY, error, sizeof error), 0);
    open_authority(&options);
    at_day(day);
}

static void test_issuer_of_before(void)
{
    issue(config.server_certificate_file, true, 0644);
    issue(config.broker_certificate_file, false, 0600);
    rotate(true, 10);
    CHECK(is_of_current(config.server_certificate_file), "whoever knows the root can verify the next one");
    CHECK(is_of_current(config.broker_certificate_file), "and the broker knows it");
}

/* Devices trust such an authority itself, and hear of the next one when they renew. */
static void test_its_own_root(void)
{
    char error[300] = "", before[CA_ISSUER_ID + 1];
    make_authority(false);
    issue(config.server_certificate_file, true, 0644);
    issue(config.broker_certificate_file, false, 0600);
    snprintf(before, sizeof before, "%s", ca_issuer_id(core.ca));
    rotate(false, 20);
    CHECK_TEXT(look(config.server_certificate_file).issuer, before);
    CHECK(is_of_current(config.broker_certificate_file), "the broker knows both");
    struct ca_options options = authority(false);
    CHECK_INT(ca_drop(&options, before, error, sizeof error), 0);
    open_authority(&options);
    at_day(21);
    CHECK(is_of_current(config.server_certificate_file), "dropped: nobody could verify the old one");
}

int main(void)
{
    char error[300] = "";
    if (mkdtemp(folder) == NULL)
        return 1;
    core.config = &config;
    core.random = fill;
    place(config.server_certificate_file, "server.pem");
    place(config.broker_certificate_file, "service.pem");
    core.store = store_new(":memory:", error, sizeof error);
    make_authority(true);
    test_renewed_in_time();
    test_left_alone();
    test_with_its_key();
    test_clock_ahead();
    test_foreign();
    test_issuer_of_before();
    test_its_own_root();
    store_free(core.store);
    ca_free(core.ca);
    folder_remove(folder);
    return check_done();
}
