/* What the library promises of a device beside its life: options within bounds, and calls that end. */
#include "device-client/muster_device.h"
#include "tests/unit/check.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void remove_folder(const char *dir)
{
    static const char *const names[] = {"uuid", "state.json", "provisioning.key", "lock"};
    char path[256];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", dir, names[i]);
        (void)unlink(path);
    }
    (void)rmdir(dir);
}

/* A folder, and options for a broker that nobody reaches: port 1 of loopback. */
static void begin(char *dir, struct muster_device_options *options)
{
    strcpy(dir, "/tmp/test_device.XXXXXX");
    if (mkdtemp(dir) == NULL)
        abort();
    muster_device_options_init(options);
    options->dir = dir;
    options->broker = "127.0.0.1";
    options->plain_port = 1;
    options->provisioning_key = "mpk_a_b";
}

static const struct {
    const char *what;
    int timeout, heartbeat;
    enum muster_device_result expected;
} seconds[] = {
    {"the defaults", 0, 0, MUSTER_DEVICE_OK},
    {"a day", 86400, 86400, MUSTER_DEVICE_OK},
    {"a timeout above a day", 86401, 0, MUSTER_DEVICE_USAGE},
    {"a timeout beyond 31 bits of milliseconds", 2147484, 0, MUSTER_DEVICE_USAGE},
    {"a heartbeat beyond reason", 0, INT_MAX, MUSTER_DEVICE_USAGE},
    {"a negative timeout", -1, 0, MUSTER_DEVICE_USAGE},
    {"a negative heartbeat", 0, INT_MIN, MUSTER_DEVICE_USAGE},
};

static void check_seconds(void)
{
    for (size_t i = 0; i < sizeof seconds / sizeof *seconds; i++) {
        char dir[64], error[MUSTER_DEVICE_ERROR_SIZE] = "";
        struct muster_device_options options;
        struct muster_device *device = NULL;
        begin(dir, &options);
        options.timeout_seconds = seconds[i].timeout;
        options.heartbeat_seconds = seconds[i].heartbeat;
        enum muster_device_result result = muster_device_open(&options, &device, error, sizeof error);
        CHECK(result == seconds[i].expected, "%s: %d %s", seconds[i].what, (int)result, error);
        CHECK(result == MUSTER_DEVICE_OK || strstr(error, "86400") != NULL, "%s: %s", seconds[i].what, error);
        muster_device_close(device);
        remove_folder(dir);
    }
}

int main(void)
{
    check_seconds();
    return check_done();
}
