#include "device-client/keep.h"

#include "certs/file.h"
#include "certs/key.h"
#include "device-client/random.h"
#include "topics/id.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define ONE_LINE 512 /* a file of one line, with whatever line end somebody's editor left */

/* Reads a file of one line; its end need not fit into `out`. 0, or an errno value. */
static int read_line(struct keep *keep, const char *name, char *out, size_t size)
{
    char text[ONE_LINE];
    size_t length = 0;
    int error = file_read(keep_path(keep, name), text, sizeof text, &length);
    text[error == 0 ? strcspn(text, "\r\n") : 0] = '\0';
    if (!kept_copy(out, size, text))
        error = EFBIG;
    key_wipe(text, sizeof text);
    return error;
}

/* RFC 4122, 4.4: 122 random bits. */
static void make_uuid(char out[LIMIT_UUID + 1])
{
    unsigned char r[16];
    random_fill(r, sizeof r);
    r[6] = (unsigned char)((r[6] & 0x0f) | 0x40);
    r[8] = (unsigned char)((r[8] & 0x3f) | 0x80);
    snprintf(out, LIMIT_UUID + 1, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", r[0], r[1],
             r[2], r[3], r[4], r[5], r[6], r[7], r[8], r[9], r[10], r[11], r[12], r[13], r[14], r[15]);
}

static enum muster_device_result new_uuid(struct keep *keep, const char *wanted, struct kept *kept,
                                          struct problem *problem)
{
    char line[LIMIT_UUID + 2];
    if (keep_is_read_only(keep))
        return keep_no_device(keep, MUSTER_DEVICE_NOT_FOUND, problem);
    if (!kept_copy(kept->uuid, sizeof kept->uuid, wanted))
        make_uuid(kept->uuid);
    int length = snprintf(line, sizeof line, "%s\n", kept->uuid);
    int error = file_write(keep_path(keep, KEEP_UUID), line, (size_t)length, 0600);
    return error == 0 ? MUSTER_DEVICE_OK : keep_cannot(keep, "write", KEEP_UUID, error, problem);
}

static enum muster_device_result load_uuid(struct keep *keep, const char *wanted, bool has_state, struct kept *kept,
                                           struct problem *problem)
{
    static const char mend[] = "put the right uuid into it (musterctl device list), or begin again in another --dir";
    if (wanted != NULL && !id_is_uuid(wanted, strlen(wanted)))
        return problem_set(problem, MUSTER_DEVICE_CONFIGURATION,
                           "1-128 of letters, digits, '.', '_', ':', '-', the first a letter or digit",
                           "the given uuid is not well-formed");
    int error = read_line(keep, KEEP_UUID, kept->uuid, sizeof kept->uuid);
    if (error == ENOENT && (!has_state || wanted != NULL))
        return new_uuid(keep, wanted, kept, problem);
    if (error != 0 && error != ENOENT)
        return keep_cannot(keep, "read", KEEP_UUID, error, problem);
    if (error == ENOENT || !id_is_uuid(kept->uuid, strlen(kept->uuid)))
        return problem_set(problem, MUSTER_DEVICE_CONFIGURATION, mend, "%.200s is missing or holds no uuid",
                           keep_path(keep, KEEP_UUID));
    if (wanted != NULL && strcmp(wanted, kept->uuid) != 0)
        return problem_set(problem, MUSTER_DEVICE_CONFIGURATION, "leave --uuid away, or give another --dir",
                           "the folder belongs to the device %.130s", kept->uuid);
    return MUSTER_DEVICE_OK;
}

static enum muster_device_result load_state(struct keep *keep, struct kept *kept, bool *has_state,
                                            struct problem *problem)
{
    char text[KEPT_JSON_MAX];
    size_t length = 0;
    int error = file_read(keep_path(keep, KEEP_STATE), text, sizeof text, &length);
    *has_state = error == 0;
    bool good = error == ENOENT || (error == 0 && kept_read(kept, text, length));
    key_wipe(text, sizeof text);
    if (good)
        return MUSTER_DEVICE_OK;
    if (error != 0)
        return keep_cannot(keep, "read", KEEP_STATE, error, problem);
    return problem_set(problem, MUSTER_DEVICE_CONFIGURATION,
                       "move it away; the device then needs a reset by an operator and a provisioning key",
                       "%.200s is damaged", keep_path(keep, KEEP_STATE));
}

/* What a crash between two files left: a key pair without the id of its request, or the reverse; a provisioning key
 * that has done its duty. What cannot be erased now is erased by a later start. */
static void tidy_up(struct keep *keep, struct kept *kept)
{
    struct problem ignored = {0};
    bool idle = (kept->provision_id[0] == '\0' && kept->renew_id[0] == '\0') || kept->csr[0] == '\0';
    if (idle)
        kept->provision_id[0] = kept->renew_id[0] = kept->csr[0] = '\0';
    if (idle && !keep_is_read_only(keep))
        (void)keep_erase_request(keep, &ignored);
    if (kept_is_provisioned(kept)) {
        key_wipe(kept->provisioning_key, sizeof kept->provisioning_key);
        if (!keep_is_read_only(keep))
            (void)keep_erase_provisioning_key(keep, &ignored);
    }
}

enum muster_device_result keep_load(struct keep *keep, const char *wanted, struct kept *kept, struct problem *problem)
{
    bool has_state = false;
    memset(kept, 0, sizeof *kept);
    enum muster_device_result result = load_state(keep, kept, &has_state, problem);
    if (result == MUSTER_DEVICE_OK)
        result = load_uuid(keep, wanted, has_state, kept, problem);
    if (result != MUSTER_DEVICE_OK)
        return result;
    int error = read_line(keep, KEEP_KEY, kept->provisioning_key, sizeof kept->provisioning_key);
    if (error != 0 && error != ENOENT)
        return keep_cannot(keep, "read", KEEP_KEY, error, problem);
    keep_settle_next(keep, kept);
    kept->has_identity = keep_has_identity(keep);
    keep_read_authorities(keep, kept);
    keep_read_request(keep, kept);
    tidy_up(keep, kept);
    return MUSTER_DEVICE_OK;
}

enum muster_device_result keep_save(struct keep *keep, const struct kept *kept, struct problem *problem)
{
    char text[KEPT_JSON_MAX];
    if (keep_is_read_only(keep))
        return MUSTER_DEVICE_OK; /* a process beside this one owns the state */
    size_t length = kept_write(kept, text, sizeof text);
    int error = length > 0 ? file_write(keep_path(keep, KEEP_STATE), text, length, 0600) : EFBIG;
    key_wipe(text, sizeof text);
    return error == 0 ? MUSTER_DEVICE_OK : keep_cannot(keep, "write", KEEP_STATE, error, problem);
}

enum muster_device_result keep_save_provisioning_key(struct keep *keep, const char *key, struct problem *problem)
{
    int error = file_write(keep_path(keep, KEEP_KEY), key, strlen(key), 0600);
    return error == 0 ? MUSTER_DEVICE_OK : keep_cannot(keep, "write", KEEP_KEY, error, problem);
}

static enum muster_device_result erase(struct keep *keep, const char *name, struct problem *problem)
{
    int error = file_erase(keep_path(keep, name));
    return error == 0 ? MUSTER_DEVICE_OK : keep_cannot(keep, "erase", name, error, problem);
}

enum muster_device_result keep_erase_provisioning_key(struct keep *keep, struct problem *problem)
{
    return erase(keep, KEEP_KEY, problem);
}

enum muster_device_result keep_erase_request(struct keep *keep, struct problem *problem)
{
    return erase(keep, KEEP_REQUEST, problem);
}

enum muster_device_result keep_erase_next(struct keep *keep, struct problem *problem)
{
    return erase(keep, KEEP_NEXT, problem);
}

enum muster_device_result keep_forget(struct keep *keep, struct problem *problem)
{
    static const char *const secrets[] = {KEEP_KEY, KEEP_REQUEST, KEEP_NEXT, KEEP_IDENTITY};
    enum muster_device_result result = MUSTER_DEVICE_OK;
    for (size_t i = 0; i < sizeof secrets / sizeof *secrets && result == MUSTER_DEVICE_OK; i++)
        result = erase(keep, secrets[i], problem);
    return result;
}
