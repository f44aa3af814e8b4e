#include "device-client/device.h"

#include "certs/key.h"
#include "device-client/runner.h"
#include "topics/json_write.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MEMBERS_MAX (LIMIT_ENDPOINT + LIMIT_DEVICE_NAME + LIMIT_FLAT_OBJECT)

const char *muster_device_version(void)
{
    return MUSTER_VERSION;
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
        kept_copy(full.next_certificate_id, sizeof full.next_certificate_id, kept.next_certificate_id);
        kept_copy(full.next_not_after, sizeof full.next_not_after, kept.next_not_after);
        kept_copy(full.api_key_expires_at, sizeof full.api_key_expires_at, kept.api_key_expires_at);
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

/* A stop ends one call: the next begins without it. */
static void forget_stop(const struct muster_device *device)
{
    uint64_t counter;
    if (read(device->stop_fd, &counter, sizeof counter) < 0)
        errno = 0; /* nobody asked for one */
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
                                        (o->timeout_seconds > 0 ? o->timeout_seconds : DEVICE_TIMEOUT) * INT64_C(1000),
                                    .members = members,
                                    .folder = keep_dir(device->keep),
                                    .earliest_ms = MUSTER_RELEASED * INT64_C(1000)};
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
    enum muster_device_result result = runner_run(&runner, &client, &device->problem);
    forget_stop(device);
    return result;
}

enum muster_device_result muster_device_register(struct muster_device *device)
{
    return reach(device, GOAL_REGISTER, "", "");
}

enum muster_device_result muster_device_reset(struct muster_device *device)
{
    return reach(device, GOAL_RESET, "", "");
}

enum muster_device_result muster_device_renew(struct muster_device *device)
{
    return reach(device, GOAL_RENEW, "", "");
}

enum muster_device_result muster_device_rotate(struct muster_device *device)
{
    return reach(device, GOAL_ROTATE, "", "");
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

/* A device opened read_only keeps its new name when nobody else holds the folder. Whoever does knows the old one: an
 * answer that it did not ask for proves nothing. */
static void keep_name(const struct muster_device *device, const char *name)
{
    struct keep *keep = NULL;
    struct kept kept;
    struct problem ignored = {0};
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
