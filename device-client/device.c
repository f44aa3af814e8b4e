#include "device-client/muster_device.h"

#include "certs/key.h"
#include "device-client/runner.h"
#include "topics/id.h"
#include "topics/json_write.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define DEFAULT_DIR     "./device"
#define DEFAULT_TIMEOUT 30
#define MEMBERS_MAX     (LIMIT_ENDPOINT + LIMIT_DEVICE_NAME + LIMIT_FLAT_OBJECT)

/* The texts of the options that a device copies. X(field) */
#define OPTION_TEXTS(X)                                                                                                \
    X(dir)                                                                                                             \
    X(uuid)                                                                                                            \
    X(broker)                                                                                                          \
    X(ca_file)                                                                                                         \
    X(provisioning_key)                                                                                                \
    X(provisioning_key_file)                                                                                           \
    X(name)                                                                                                            \
    X(type)

struct muster_device {
    struct muster_device_options options;
#define OPTION_COPY(field) char *field;
    OPTION_TEXTS(OPTION_COPY)
#undef OPTION_COPY
    struct keep *keep;
    struct problem problem;
    int stop_fd;
};

const char *muster_device_version(void)
{
    return MUSTER_VERSION;
}

void muster_device_options_init(struct muster_device_options *options)
{
    *options = (struct muster_device_options){.size = sizeof *options,
                                              .broker = "localhost",
                                              .tls_port = 8884,
                                              .mtls_port = 8883,
                                              .timeout_seconds = DEFAULT_TIMEOUT,
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

static enum muster_device_result open_keep(struct muster_device *device)
{
    const struct muster_device_options *options = &device->options;
    const char *dir = options->dir != NULL ? options->dir : getenv("MUSTER_DEVICE_DIR");
    struct kept kept;
    enum muster_device_result result = keep_open(dir != NULL && dir[0] != '\0' ? dir : DEFAULT_DIR, options->read_only,
                                                 &device->keep, &device->problem);
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

enum muster_device_result muster_device_info(struct muster_device *device, struct muster_device_info *info)
{
    struct kept kept;
    struct muster_device_info full = {.size = sizeof full};
    if (info->size == 0)
        return problem_set(&device->problem, MUSTER_DEVICE_USAGE, "set info->size", "info->size is 0");
    enum muster_device_result result = keep_load(device->keep, NULL, &kept, &device->problem);
    if (result == MUSTER_DEVICE_OK) {
        full.state = kept_is_provisioned(&kept) ? MUSTER_DEVICE_PROVISIONED
                     : kept.api_key[0] != '\0'  ? MUSTER_DEVICE_REGISTERED
                                                : MUSTER_DEVICE_UNREGISTERED;
        kept_copy(full.uuid, sizeof full.uuid, kept.uuid);
        kept_copy(full.device_id, sizeof full.device_id, kept.device_id);
        kept_copy(full.tenant, sizeof full.tenant, kept.tenant);
        kept_copy(full.name, sizeof full.name, kept.name);
        kept_copy(full.type, sizeof full.type, kept.type);
        kept_copy(full.certificate_id, sizeof full.certificate_id, kept.certificate_id);
        kept_copy(full.not_before, sizeof full.not_before, kept.not_before);
        kept_copy(full.not_after, sizeof full.not_after, kept.not_after);
        kept_copy(full.renew_after, sizeof full.renew_after, kept.renew_after);
        size_t size = info->size < sizeof full ? info->size : sizeof full;
        memcpy(info, &full, size);
        info->size = size;
    }
    key_wipe(&kept, sizeof kept);
    return result;
}

const char *muster_device_error(const struct muster_device *device)
{
    return device->problem.what;
}

const char *muster_device_mend(const struct muster_device *device)
{
    return device->problem.mend;
}

static enum muster_device_result reach(struct muster_device *device, enum client_goal goal, const char *members,
                                       const char *suffix)
{
    const struct muster_device_options *o = &device->options;
    struct client_options client = {.goal = goal,
                                    .open_mode = o->open_mode,
                                    .key_offered = o->provisioning_key != NULL || o->provisioning_key_file != NULL,
                                    .heartbeat_seconds = o->heartbeat_seconds,
                                    .timeout_ms =
                                        (o->timeout_seconds > 0 ? o->timeout_seconds : DEFAULT_TIMEOUT) * 1000,
                                    .members = members};
    struct runner_options runner = {.keep = device->keep,
                                    .uuid = o->uuid,
                                    .broker = o->broker,
                                    .ca_file = o->ca_file,
                                    .provisioning_key = o->provisioning_key,
                                    .provisioning_key_file = o->provisioning_key_file,
                                    .tls_port = o->tls_port,
                                    .mtls_port = o->mtls_port,
                                    .plain_port = o->plain_port,
                                    .wake_fd = device->stop_fd,
                                    .stop_fd = o->stop_fd,
                                    .client_id_suffix = suffix,
                                    .on_line = o->on_line,
                                    .on_metrics = o->on_metrics,
                                    .context = o->context};
    if (o->read_only && goal != GOAL_UPDATE)
        return problem_set(&device->problem, MUSTER_DEVICE_USAGE, "open it without read_only", "only to look");
    return runner_run(&runner, &client, &device->problem);
}

enum muster_device_result muster_device_register(struct muster_device *device)
{
    return reach(device, GOAL_REGISTER, "", "");
}

enum muster_device_result muster_device_reset(struct muster_device *device)
{
    return reach(device, GOAL_RESET, "", "");
}

enum muster_device_result muster_device_run(struct muster_device *device)
{
    return reach(device, GOAL_RUN, "", "");
}

/* One tag of a change; false when it is not "key=value". */
static bool write_tag(struct json_writer *json, const char *tag)
{
    char key[LIMIT_STRING];
    const char *equals = strchr(tag, '=');
    if (equals == NULL || equals == tag || (size_t)(equals - tag) >= sizeof key)
        return false;
    memcpy(key, tag, (size_t)(equals - tag));
    key[equals - tag] = '\0';
    json_text(json, key, equals[1] != '\0' ? equals + 1 : NULL);
    return true;
}

static bool write_change(const struct muster_device_change *change, char *out, size_t size)
{
    struct json_writer json;
    bool good = true;
    json_start(&json, out, size);
    json_open(&json, NULL, '{');
    if (change->name != NULL)
        json_text(&json, "deviceName", change->name);
    if (change->endpoint != NULL)
        json_text(&json, "apiEndpoint", change->endpoint);
    if (change->tag_count > 0) {
        json_open(&json, "tags", '{');
        for (size_t i = 0; i < change->tag_count; i++)
            good = good && write_tag(&json, change->tags[i]);
        json_close(&json, '}');
    }
    return good && !json.overflow;
}

/* A device opened read_only keeps its new name when nobody else holds the folder; whoever does hears of the change. */
static void keep_name(const struct muster_device *device, const char *name)
{
    struct keep *keep = NULL;
    struct kept kept;
    struct problem ignored;
    char dir[PATH_MAX];
    kept_copy(dir, sizeof dir, keep_path(device->keep, "."));
    if (keep_open(dir, false, &keep, &ignored) == MUSTER_DEVICE_OK &&
        keep_load(keep, NULL, &kept, &ignored) == MUSTER_DEVICE_OK) {
        kept_copy(kept.name, sizeof kept.name, name);
        (void)keep_save(keep, &kept, &ignored);
        key_wipe(&kept, sizeof kept);
    }
    keep_close(keep);
}

enum muster_device_result muster_device_update(struct muster_device *device, const struct muster_device_change *change)
{
    char object[MEMBERS_MAX];
    if (!write_change(change, object, sizeof object))
        return problem_set(&device->problem, MUSTER_DEVICE_USAGE, "a tag is key=value, or key= to delete it",
                           "the change is not well-formed or too long");
    if (object[1] == '\0')
        return problem_set(&device->problem, MUSTER_DEVICE_USAGE, "give a name, an endpoint or tags",
                           "there is nothing to change");
    /* members without the brace */
    enum muster_device_result result = reach(device, GOAL_UPDATE, object + 1, "~update");
    if (result == MUSTER_DEVICE_OK && device->options.read_only && change->name != NULL)
        keep_name(device, change->name);
    return result;
}

void muster_device_stop(struct muster_device *device)
{
    int before = errno; /* it may be called in a signal handler */
    uint64_t one = 1;
    if (write(device->stop_fd, &one, sizeof one) < 0)
        errno = 0; /* the counter is full: it is readable already */
    errno = before;
}
