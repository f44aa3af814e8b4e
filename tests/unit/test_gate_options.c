/* The options of the plugin: what mosquitto.conf may say, and what is said of the rest. */
#include "service/gate/options.h"
#include "tests/unit/check.h"

#define HASH "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static const struct {
    const char *key, *value, *error; /* error NULL: it is good */
} rows[] = {
    {"max_devices", "5", NULL},
    {"max_provisioning", "1", NULL},
    {"max_operators", "10000000", NULL},
    {"max_per_device", "1000", NULL},
    {"provisioning_idle", "5", NULL},
    {"max_devices", "0", "from 1 to"},
    {"max_devices", "10000001", "from 1 to"},
    {"max_devices", "-1", "from 1 to"},
    {"max_devices", "5x", "from 1 to"},
    {"max_devices", "", "from 1 to"},
    {"provisioning_idle", "4", "from 5 to"},
    {"max_device", "5", "there is no plugin_opt_max_device"},
    {"service_hash", "00", "64 hex digits"},
    {"service_hash", HASH "00", "64 hex digits"},
    {"service_hash", "0G112233445566778899aabbccddeeff00112233445566778899aabbccddeeff", "64 hex digits"},
};

static void test_rows(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char key[40], value[100], error[200] = "";
        struct options options;
        snprintf(key, sizeof key, "%s", rows[i].key);
        snprintf(value, sizeof value, "%s", rows[i].value);
        struct mosquitto_opt given[] = {
            {(char[]){"database"}, (char[]){"/x/muster.db"}}, {(char[]){"service_hash"}, (char[]){HASH}}, {key, value}};
        bool good = options_read(&options, given, 3, error, sizeof error);
        CHECK(good == (rows[i].error == NULL), "%s %s: %s", key, value, error);
        CHECK(good || strstr(error, rows[i].error) != NULL, "%s %s: %s", key, value, error);
    }
}

static void test_needed(void)
{
    char error[200];
    struct options options;
    struct mosquitto_opt database = {(char[]){"database"}, (char[]){"/x/muster.db"}},
                         hash = {(char[]){"service_hash"}, (char[]){HASH}};
    CHECK(!options_read(&options, &database, 1, error, sizeof error) && strstr(error, "service_hash") != NULL, "%s",
          error);
    CHECK(!options_read(&options, &hash, 1, error, sizeof error) && strstr(error, "database") != NULL, "%s", error);
    struct mosquitto_opt both[] = {database, hash};
    CHECK(options_read(&options, both, 2, error, sizeof error), "%s", error);
    CHECK(options.auth.service_hash[0] == 0 && options.auth.service_hash[1] == 0x11 &&
              options.auth.service_hash[31] == 0xff,
          "the hash");
    CHECK_INT(options.max[ROLE_DEVICE], 100000);
    CHECK_INT(options.max[ROLE_SERVICE], 0);
    CHECK_INT(options.provisioning_idle, 30);
}

int main(void)
{
    test_rows();
    test_needed();
    return check_done();
}
