/* What the library promises of a device beside its life: options within bounds, and calls that end. */
#include "device-client/muster_device.h"
#include "tests/unit/check.h"

#include <limits.h>
#include <stddef.h>
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

/* A mistyped folder is not made, and one without a device gets none. */
static void check_existing(void)
{
    for (int made = 0; made < 2; made++) {
        char dir[64], error[MUSTER_DEVICE_ERROR_SIZE] = "";
        struct muster_device_options options;
        struct muster_device *device = NULL;
        begin(dir, &options);
        options.existing = true;
        if (made == 0)
            (void)rmdir(dir);
        CHECK_INT(muster_device_open(&options, &device, error, sizeof error), MUSTER_DEVICE_NOT_FOUND);
        CHECK(device == NULL && strstr(error, dir) != NULL && strstr(error, "--dir") != NULL, "%s", error);
        CHECK(rmdir(dir) == (made ? 0 : -1), "%s: something was made", dir);
    }
    char dir[64], error[MUSTER_DEVICE_ERROR_SIZE] = "";
    struct muster_device_options options;
    struct muster_device *device = NULL;
    begin(dir, &options);
    CHECK_INT(muster_device_open(&options, &device, error, sizeof error), MUSTER_DEVICE_OK);
    muster_device_close(device);
    options.existing = true;
    CHECK(muster_device_open(&options, &device, error, sizeof error) == MUSTER_DEVICE_OK, "%s", error);
    muster_device_close(device);
    remove_folder(dir);
}

struct stopper {
    struct muster_device *device;
    int lines;
};

static void stop_at_first_line(void *context, const char *line)
{
    struct stopper *stopper = context;
    (void)line;
    if (stopper->lines++ == 0)
        muster_device_stop(stopper->device);
}

/* A stop ends the call that runs, and no other. */
static void check_stop(void)
{
    char dir[64], error[MUSTER_DEVICE_ERROR_SIZE] = "";
    struct muster_device_options options;
    struct stopper stopper = {NULL, 0};
    begin(dir, &options);
    options.timeout_seconds = 5;
    options.on_line = stop_at_first_line;
    options.context = &stopper;
    CHECK_INT(muster_device_open(&options, &stopper.device, error, sizeof error), MUSTER_DEVICE_OK);
    CHECK_INT(muster_device_run(stopper.device), MUSTER_DEVICE_OK);
    CHECK(stopper.lines > 0, "it ended by itself");
    enum muster_device_result result = muster_device_register(stopper.device);
    CHECK(result == MUSTER_DEVICE_UNREACHABLE, "the next call: %d %s", (int)result,
          muster_device_error(stopper.device));
    /* between two calls it counts for the next: a signal handler cannot know which moment it meets */
    muster_device_stop(stopper.device);
    muster_device_stop(stopper.device);
    CHECK_INT(muster_device_run(stopper.device), MUSTER_DEVICE_OK);
    result = muster_device_register(stopper.device);
    CHECK(result == MUSTER_DEVICE_UNREACHABLE, "two stops: %d %s", (int)result, muster_device_error(stopper.device));
    muster_device_close(stopper.device);
    remove_folder(dir);
}

/* A program that was built with an older header has a shorter structure; what lies behind it is not touched. */
static void check_info(void)
{
    char dir[64], error[MUSTER_DEVICE_ERROR_SIZE] = "";
    struct muster_device_options options;
    struct muster_device *device = NULL;
    struct muster_device_info info;
    size_t old = offsetof(struct muster_device_info, next_certificate_id);
    begin(dir, &options);
    CHECK_INT(muster_device_open(&options, &device, error, sizeof error), MUSTER_DEVICE_OK);
    memset(&info, 'x', sizeof info);
    info.size = old;
    CHECK_INT(muster_device_info(device, &info), MUSTER_DEVICE_OK);
    CHECK(info.size == old && info.next_certificate_id[0] == 'x' && info.renew_after[0] == '\0', "%zu", info.size);
    info.size = sizeof info;
    CHECK_INT(muster_device_info(device, &info), MUSTER_DEVICE_OK);
    CHECK(info.size == sizeof info && info.next_certificate_id[0] == '\0', "%zu", info.size);
    /* without a registration there is nothing to renew or to replace, and nobody is asked */
    CHECK_INT(muster_device_renew(device), MUSTER_DEVICE_NOT_FOUND);
    CHECK(strstr(muster_device_mend(device), "register") != NULL, "%s", muster_device_mend(device));
    CHECK_INT(muster_device_rotate(device), MUSTER_DEVICE_NOT_FOUND);
    muster_device_close(device);
    remove_folder(dir);
}

int main(void)
{
    check_existing();
    check_seconds();
    check_stop();
    check_info();
    return check_done();
}
