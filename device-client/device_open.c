#include "device-client/device.h"

#include "certs/key.h"
#include "device-client/runner.h"
#include "topics/id.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define DEFAULT_DIR "./device"

void muster_device_options_init(struct muster_device_options *options)
{
    *options = (struct muster_device_options){.size = sizeof *options,
                                              .broker = "localhost",
                                              .tls_port = 8884,
                                              .mtls_port = 8883,
                                              .timeout_seconds = DEVICE_TIMEOUT,
                                              .stop_fd = -1};
}

static bool copy_texts(struct muster_device *device)
{
    bool good = true;
#define OPTION_COPY(field)                                                                                             \
    device->field = device->options.field != NULL ? strdup(device->options.field) : NULL;                              \
    good = good && (device->field != NULL) == (device->options.field != NULL);                                         \
    device->options.field = device->field;
    OPTION_TEXTS(OPTION_COPY)
#undef OPTION_COPY
    return good;
}

void muster_device_close(struct muster_device *device)
{
    if (device == NULL)
        return;
    keep_close(device->keep);
    if (device->stop_fd >= 0)
        close(device->stop_fd);
    if (device->provisioning_key != NULL)
        key_wipe(device->provisioning_key, strlen(device->provisioning_key));
#define OPTION_FREE(field) free(device->field);
    OPTION_TEXTS(OPTION_FREE)
#undef OPTION_FREE
    free(device);
}

static bool is_port(int port)
{
    return port > 0 && port <= 65535;
}

static bool is_seconds(int seconds)
{
    return seconds >= 0 && seconds <= DEVICE_SECONDS_MOST;
}

static bool is_label(const char *text, size_t most)
{
    return text == NULL || (strlen(text) <= most && id_is_clean_text(text, strlen(text), false));
}

static enum muster_device_result check_options(const struct muster_device_options *options, struct problem *problem)
{
    if (options->broker == NULL || options->broker[0] == '\0' || strlen(options->broker) > 255)
        return problem_set(problem, MUSTER_DEVICE_CONFIGURATION, "give a host name or an address",
                           "the broker's name is empty or too long");
    if (!is_port(options->tls_port) || !is_port(options->mtls_port) ||
        (options->plain_port != 0 && !is_port(options->plain_port)))
        return problem_set(problem, MUSTER_DEVICE_CONFIGURATION, "give 1 to 65535", "a port is out of range");
    if (!is_seconds(options->timeout_seconds) || !is_seconds(options->heartbeat_seconds))
        return problem_set(problem, MUSTER_DEVICE_USAGE, "give 0 (the default) to 86400 seconds",
                           "the timeout or the heartbeat interval is out of range");
    if (!is_label(options->name, LIMIT_DEVICE_NAME) || !is_label(options->type, LIMIT_DEVICE_TYPE))
        return problem_set(problem, MUSTER_DEVICE_CONFIGURATION,
                           "a name has up to 128 octets of UTF-8 without control characters, a type up to 64",
                           "the name or the type cannot be used");
    return MUSTER_DEVICE_OK;
}

/* The key of the options is copied into the folder as long as the device needs one. */
static enum muster_device_result adopt_key(struct muster_device *device, const struct kept *kept)
{
    char key[LIMIT_CREDENTIAL + 1];
    const struct muster_device_options *options = &device->options;
    enum muster_device_result result = MUSTER_DEVICE_OK;
    if (kept_is_provisioned(kept) || (options->provisioning_key == NULL && options->provisioning_key_file == NULL))
        return result;
    /* a device that is registered goes on without: the file may have been taken away since */
    if (!runner_read_key(options->provisioning_key, options->provisioning_key_file, key, &device->problem))
        result = kept->api_key[0] != '\0' ? MUSTER_DEVICE_OK : device->problem.result;
    else if (strcmp(key, kept->provisioning_key) != 0)
        result = keep_save_provisioning_key(device->keep, key, &device->problem);
    key_wipe(key, sizeof key);
    return result;
}

static enum muster_device_result adopt_labels(struct muster_device *device, struct kept *kept)
{
    const struct muster_device_options *options = &device->options;
    if (options->name != NULL)
        kept_copy(kept->name, sizeof kept->name, options->name);
    if (options->type != NULL)
        kept_copy(kept->type, sizeof kept->type, options->type);
    return options->name == NULL && options->type == NULL ? MUSTER_DEVICE_OK
                                                          : keep_save(device->keep, kept, &device->problem);
}

/* Whoever looks makes nothing: a mistyped folder is no second device. */
static enum muster_device_result look_for_device(const char *dir, struct problem *problem)
{
    struct keep *keep = NULL;
    struct kept kept;
    enum muster_device_result result = keep_open(dir, true, &keep, problem);
    if (result == MUSTER_DEVICE_OK) {
        result = keep_load(keep, NULL, &kept, problem);
        key_wipe(&kept, sizeof kept);
    }
    keep_close(keep);
    return result;
}

static enum muster_device_result open_keep(struct muster_device *device)
{
    const struct muster_device_options *options = &device->options;
    const char *named = options->dir != NULL ? options->dir : getenv("MUSTER_DEVICE_DIR");
    const char *dir = named != NULL && named[0] != '\0' ? named : DEFAULT_DIR;
    struct kept kept;
    enum muster_device_result result = MUSTER_DEVICE_OK;
    if (options->existing)
        result = look_for_device(dir, &device->problem);
    if (result == MUSTER_DEVICE_OK)
        result = keep_open(dir, options->read_only, &device->keep, &device->problem);
    if (result != MUSTER_DEVICE_OK)
        return result;
    result = keep_load(device->keep, options->uuid, &kept, &device->problem);
    if (result == MUSTER_DEVICE_OK && !options->read_only)
        result = adopt_labels(device, &kept);
    if (result == MUSTER_DEVICE_OK && !options->read_only)
        result = adopt_key(device, &kept);
    key_wipe(&kept, sizeof kept);
    return result;
}

enum muster_device_result muster_device_open(const struct muster_device_options *options, struct muster_device **out,
                                             char *error, size_t error_size)
{
    struct problem none = {MUSTER_DEVICE_FAILED, "no memory", ""};
    struct muster_device *device = calloc(1, sizeof *device);
    enum muster_device_result result = MUSTER_DEVICE_FAILED;
    *out = NULL;
    if (device != NULL) {
        device->problem = none;
        memcpy(&device->options, options, options->size < sizeof *options ? options->size : sizeof *options);
        device->stop_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
        if (copy_texts(device) && device->stop_fd >= 0)
            result = check_options(&device->options, &device->problem);
        if (result == MUSTER_DEVICE_OK)
            result = open_keep(device);
    }
    const struct problem *problem = device != NULL ? &device->problem : &none;
    if (result == MUSTER_DEVICE_OK)
        *out = device;
    else
        snprintf(error, error_size, "%s\n%s", problem->what, problem->mend);
    if (result != MUSTER_DEVICE_OK)
        muster_device_close(device);
    return result;
}
