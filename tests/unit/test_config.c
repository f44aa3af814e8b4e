#include "service/config.h"
#include "tests/unit/check.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64] = "/tmp/test_config.XXXXXX";
static char path[128];

static void put(const char *text, size_t length)
{
    FILE *file = fopen(path, "w");
    if (file == NULL || fwrite(text, 1, length, file) != length || fclose(file) != 0)
        CHECK(false, "cannot write %s", path);
}

static int read_text(const char *text, struct config *out, char *error, size_t size)
{
    put(text, strlen(text));
    error[0] = '\0';
    return config_read(path, out, error, size);
}

static void test_defaults(void)
{
    struct config config;
    char error[900], expected[200];
    CHECK_INT(read_text("", &config, error, sizeof error), 0);
    CHECK_TEXT(config.directory, folder);
    CHECK_TEXT(config.mode, "gated");
    CHECK(!config_is_open(&config), "the gate is the default");
    CHECK_TEXT(config.broker_host, "127.0.0.1");
    CHECK_INT(config.broker_port, 1883);
    CHECK_TEXT(config.broker_username, "_muster");
    snprintf(expected, sizeof expected, "%s/service.key", folder);
    CHECK_TEXT(config.broker_password_file, expected);
    CHECK_TEXT(config.broker_ca_file, "");
    CHECK_TEXT(config.broker_certificate_file, "");
    CHECK_TEXT(config.broker_key_file, "");
    CHECK_TEXT(config.ca_passphrase_file, "");
    snprintf(expected, sizeof expected, "%s/muster.db", folder);
    CHECK_TEXT(config.database, expected);
    CHECK_TEXT(config.certificate_organization, "Muster");
    CHECK_TEXT(config.certificate_country, "");
    CHECK_INT(config.certificate_days, 365);
    CHECK_INT(config.heartbeat_seconds, 60);
    CHECK_INT(config.offline_after_seconds, 300);
    CHECK_INT(config.grace_seconds, 10);
    CHECK_INT(config.type_count, 0);
    CHECK_INT(config.retained_status, true);
    CHECK_INT(config.rsa_pool, 4);
    CHECK_INT(config.device_limit, 1000000);
    CHECK_INT(config.event_days, 30);
    CHECK_TEXT(config.log_level, "info");
    CHECK_TEXT(config.log_format, "text");
    struct config same;
    config_default(folder, &same);
    CHECK(memcmp(&same, &config, sizeof same) == 0, "config_default is not an empty file");
}

static void test_values(void)
{
    static const char text[] = "# a comment\n   \n\t# another\r\n"
                               "broker_host  broker.example \r\n"
                               "\tbroker_port\t18830\n"
                               "database /var/lib/m.db\n"
                               "ca_key_file secrets/ca.key\n"
                               "certificate_organization Acme # Sons\n"
                               "certificate_country DE\n"
                               "retained_status false\n"
                               "type_offline_after_seconds sensor 900\n"
                               "type_offline_after_seconds big gateway 2\n"
                               "log_level debug\n"
                               "rsa_pool 0";
    struct config config;
    char error[900], expected[200];
    CHECK_INT(read_text(text, &config, error, sizeof error), 0);
    CHECK_TEXT(error, "");
    CHECK_TEXT(config.broker_host, "broker.example");
    CHECK_INT(config.broker_port, 18830);
    CHECK_TEXT(config.database, "/var/lib/m.db");
    snprintf(expected, sizeof expected, "%s/secrets/ca.key", folder);
    CHECK_TEXT(config.ca_key_file, expected);
    CHECK_TEXT(config.certificate_organization, "Acme # Sons");
    CHECK_TEXT(config.certificate_country, "DE");
    CHECK_INT(config.retained_status, false);
    CHECK_TEXT(config.log_level, "debug");
    CHECK_INT(config.rsa_pool, 0);
    CHECK_INT(config_offline_after(&config, "sensor"), 900);
    CHECK_INT(config_offline_after(&config, "big gateway"), 2);
    CHECK_INT(config_offline_after(&config, "gateway"), 300);
}

/* Who the service is at the broker, and how it gets there. */
static void test_login(void)
{
    static const struct {
        const char *text, *username, *password_file;
    } rows[] = {{"mode gated", "_muster", "service.key"},
                {"mode gated\nbroker_username _other", "_other", "service.key"},
                {"mode open", "", ""},
                {"broker_username me\nbroker_password_file my.key\nmode open", "me", "my.key"},
                {"mode open\nbroker_password_file my.key", "", "my.key"}};
    struct config config;
    char error[900], expected[200];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CHECK_INT(read_text(rows[i].text, &config, error, sizeof error), 0);
        snprintf(expected, sizeof expected, "%s/%s", folder, rows[i].password_file);
        CHECK_TEXT(config.broker_username, rows[i].username);
        CHECK_TEXT(config.broker_password_file, rows[i].password_file[0] != '\0' ? expected : "");
    }
    CHECK_INT(
        read_text("broker_ca_file ca.pem\nbroker_key_file /k\nbroker_certificate_file c", &config, error, sizeof error),
        0);
    snprintf(expected, sizeof expected, "%s/ca.pem", folder);
    CHECK_TEXT(config.broker_ca_file, expected);
    CHECK_TEXT(config.broker_key_file, "/k");
}

/* The heartbeat follows the threshold, unless it is set. */
static void test_heartbeat(void)
{
    static const struct {
        const char *text;
        int heartbeat;
    } rows[] = {{"offline_after_seconds 2", 1},     {"offline_after_seconds 9", 1},
                {"offline_after_seconds 100", 20},  {"offline_after_seconds 300", 60},
                {"offline_after_seconds 9000", 60}, {"heartbeat_seconds 120", 120}};
    struct config config;
    char error[900];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CHECK_INT(read_text(rows[i].text, &config, error, sizeof error), 0);
        CHECK(config.heartbeat_seconds == rows[i].heartbeat, "%s: %d", rows[i].text, config.heartbeat_seconds);
    }
}

static void test_errors(void)
{
    static const struct {
        const char *text, *expected;
    } rows[] = {
        {"brokr_port 1", ":1: unknown key \"brokr_port\": did you mean broker_port?"},
        {"\n#x\nborker_port 1", ":3: unknown key \"borker_port\": did you mean broker_port?"},
        {"allow_anonymous true", ":1: unknown key \"allow_anonymous\": docs/configuration.md lists the keys"},
        {"broker_port 1\nmode open\nbroker_port 1",
         ":3: broker_port stands twice, on line 1 too: remove one of the lines"},
        {"broker_port", ":1: broker_port cannot be \"\": use a whole number from 1 to 65535"},
        {"broker_port 0", ":1: broker_port cannot be \"0\": use a whole number from 1 to 65535"},
        {"broker_port 65536", ":1: broker_port cannot be \"65536\": use a whole number from 1 to 65535"},
        {"broker_port 1883 # plain", ":1: broker_port cannot be \"1883 # plain\": use a whole number from 1 to 65535"},
        {"broker_port +1", ":1: broker_port cannot be \"+1\": use a whole number from 1 to 65535"},
        {"broker_port 99999999999999999999",
         ":1: broker_port cannot be \"99999999999999999999\": use a whole number from 1 to 65535"},
        {"broker_host", ":1: broker_host has 0 octets: use 1 to 127"},
        {"mode gate", ":1: mode cannot be \"gate\": use one of: gated open"},
        {"mode ope", ":1: mode cannot be \"ope\": use one of: gated open"},
        {"broker_username", ":1: mode gated and no broker_username: remove this line, or set broker_username _muster "
                            "and broker_password_file service.key, the file that musterctl init makes"},
        {"\nbroker_password_file", ":2: mode gated and no broker_password_file: remove this line, or set "
                                   "broker_username _muster and broker_password_file service.key, the file that "
                                   "musterctl init makes"},
        {"broker_key_file k\nbroker_ca_file c",
         ":1: broker_key_file and no broker_certificate_file: set both, or none"},
        {"broker_ca_file c\nbroker_certificate_file c",
         ":2: broker_certificate_file and no broker_key_file: set both, or none"},
        {"broker_key_file k\nbroker_certificate_file c",
         ":2: broker_certificate_file and no broker_ca_file: set it too, the certificate is for TLS"},
        {"log_format json text", ":1: log_format cannot be \"json text\": use one of: text json"},
        {"retained_status yes", ":1: retained_status cannot be \"yes\": use true or false"},
        {"certificate_country de", ":1: certificate_country cannot be \"de\": use two capital letters (ISO 3166)"},
        {"certificate_organization a\033[31m",
         ":1: certificate_organization is not UTF-8 without control characters: write it anew"},
        {"database", ":1: database has no value: name a file, or remove the line"},
        {"offline_after_seconds 1", ":1: offline_after_seconds cannot be \"1\": use a whole number from 2 to 604800"},
        {"heartbeat_seconds 300", ":1: heartbeat_seconds is 300, offline_after_seconds is 300: let a device send at "
                                  "least once before it counts as offline"},
        {"type_offline_after_seconds sensor",
         ":1: type_offline_after_seconds takes a device type and seconds: use for example type_offline_after_seconds "
         "sensor 900 (2 to 604800 seconds)"},
        {"type_offline_after_seconds a 5\ntype_offline_after_seconds a  6",
         ":2: type_offline_after_seconds stands twice for the type a: remove one of the lines"},
    };
    struct config config;
    char error[900], expected[900];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CHECK_INT(read_text(rows[i].text, &config, error, sizeof error), -1);
        snprintf(expected, sizeof expected, "%s%s", path, rows[i].expected);
        CHECK_TEXT(error, expected);
    }
}

static void test_files(void)
{
    static char big[70000];
    struct config config;
    char error[900], missing[200];
    snprintf(missing, sizeof missing, "%s/none.conf", folder);
    CHECK_INT(config_read(missing, &config, error, sizeof error), -1);
    CHECK(strstr(error, "musterctl init --dir") != NULL, "%s", error);
    put("mode open\n\0mode open\n", 21);
    CHECK_INT(config_read(path, &config, error, sizeof error), -1);
    CHECK(strstr(error, ":2: a NUL octet") != NULL, "%s", error);
    memset(big, '#', sizeof big);
    put(big, sizeof big);
    CHECK_INT(config_read(path, &config, error, sizeof error), -1);
    memcpy(big, "database ", 9);
    put(big, 1000);
    CHECK_INT(config_read(path, &config, error, sizeof error), -1);
    CHECK(strstr(error, "too long") != NULL, "%s", error);
}

/* No path is cut: that of the folder, and those of the files in it, fit or are refused. */
static void test_long_paths(void)
{
    static const struct {
        size_t length; /* of the folder's path */
        int result;
    } rows[] = {{CONFIG_PATH - 16, 0}, {CONFIG_PATH - 8, -1}, {CONFIG_PATH - 1, -1}, {CONFIG_PATH + 100, -1}};
    char name[2 * CONFIG_PATH], error[900];
    struct config config;
    put("", 0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        /* The folder by a longer name. */
        size_t length = (size_t)snprintf(name, sizeof name, "%s", folder);
        memset(name + length, '/', rows[i].length - length);
        name[rows[i].length] = '\0';
        CHECK_INT(config_default(name, &config), rows[i].result);
        memcpy(name + rows[i].length, "/muster.conf", sizeof "/muster.conf");
        error[0] = '\0';
        CHECK_INT(config_read(name, &config, error, sizeof error), rows[i].result);
        if (rows[i].result == 0)
            CHECK_INT(strlen(config.database), rows[i].length + strlen("/muster.db"));
        else
            CHECK(strstr(error, ": the path of this folder is too long: ") != NULL, "%s", error);
    }
}

/* What is written reads as what it says, and without settings as an empty file. */
static void test_write(void)
{
    static const char *const settings[] = {"broker_port 2000", "type_offline_after_seconds a b 7",
                                           "type_offline_after_seconds c 8"};
    static const char *const unknown[] = {"nonsense 1"}, *const broken[] = {"broker_host a\nmode open"};
    struct config config, plain;
    char error[900];
    struct stat st;
    CHECK_INT(config_write(path, NULL, 0), 0);
    CHECK_INT(config_read(path, &config, error, sizeof error), 0);
    config_default(folder, &plain);
    CHECK(memcmp(&config, &plain, sizeof plain) == 0, "the defaults changed on their way");
    CHECK_INT(config_write(path, settings, 3), 0);
    CHECK_INT(config_read(path, &config, error, sizeof error), 0);
    CHECK_INT(config.broker_port, 2000);
    CHECK_INT(config_offline_after(&config, "a b"), 7);
    CHECK_INT(config_offline_after(&config, "c"), 8);
    CHECK(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600, "mode %o", (unsigned)st.st_mode);
    CHECK_INT(config_write(path, unknown, 1), EINVAL);
    CHECK_INT(config_write(path, broken, 1), EINVAL);
}

static void test_distance(void)
{
    static const struct {
        const char *a, *b;
        size_t distance;
    } rows[] = {{"", "", 0},         {"a", "", 1},           {"", "abc", 3},           {"list", "lsit", 1},
                {"list", "last", 1}, {"device", "devce", 1}, {"kitten", "sitting", 3}, {"ca", "abc", 3}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        CHECK(config_distance(rows[i].a, rows[i].b) == rows[i].distance, "%s %s: %zu", rows[i].a, rows[i].b,
              config_distance(rows[i].a, rows[i].b));
}

int main(void)
{
    if (mkdtemp(folder) == NULL)
        return 1;
    snprintf(path, sizeof path, "%s/muster.conf", folder);
    test_defaults();
    test_values();
    test_login();
    test_heartbeat();
    test_errors();
    test_files();
    test_long_paths();
    test_write();
    test_distance();
    unlink(path);
    rmdir(folder);
    return check_done();
}
