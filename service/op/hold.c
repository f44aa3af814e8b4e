#include "service/op/hold.h"

#include "topics/document.h"

#include <ctype.h>
#include <string.h>

#define HOLD_MEND "Ask the operator to release it, or for another provisioning key: musterctl device release UUID."

static const char *const names[] = {"serial", "mac"}; /* of `hardware`: what tells one device from another */

/* As it is compared: without the marks that people put between the digits of an address, in lower case. False when it
 * says nothing. */
static bool normalise(const char *text, char out[LIMIT_NAME + 1])
{
    size_t length = 0;
    for (; text != NULL && *text != '\0' && length < LIMIT_NAME; text++)
        if (isalnum((unsigned char)*text))
            out[length++] = (char)tolower((unsigned char)*text);
    out[length] = '\0';
    return length > 0;
}

/* Calls `each` for every name by which the hardware can be known: `uuid`, and what stands in the JSON object
 * `hardware`. */
static enum status each_name(struct core *core, const char *uuid, const char *hardware,
                             enum status (*each)(struct core *core, const char *kind, const char *value))
{
    struct document *document = NULL;
    struct why ignored = {.status = ST_OK};
    char value[LIMIT_NAME + 1];
    enum status status = each(core, "uuid", uuid);
    if (hardware[0] == '\0' || document_new(hardware, strlen(hardware), &document, &ignored) != ST_OK)
        return status;
    for (size_t i = 0; i < sizeof names / sizeof *names && status == ST_OK; i++)
        if (normalise(value_text(value_member(document_root(document), names[i])), value))
            status = each(core, names[i], value);
    document_free(document);
    return status;
}

static enum status add(struct core *core, const char *kind, const char *value)
{
    return store_hold_add(core->store, kind, value, core->device.uuid, core->now.wall);
}

enum status hold_device(struct core *core)
{
    return each_name(core, core->device.uuid, core->device.hardware, add);
}

static enum status check(struct core *core, const char *kind, const char *value)
{
    struct request *request = &core->request;
    bool held = false;
    enum status status = store_hold_find(core->store, request->sender.key.id, kind, value, &held);
    if (status != ST_OK || !held)
        return status;
    fail(&request->why, ST_DEVICE_BLOCKED, NULL, "This hardware's certificate was revoked.");
    memcpy(request->why.mend, HOLD_MEND, sizeof HOLD_MEND);
    return ST_DEVICE_BLOCKED;
}

enum status hold_check(struct core *core, struct request *request)
{
    bool any = false; /* nearly never: then one look is all it costs */
    enum status status = store_hold_any(core->store, &any);
    return status == ST_OK && any ? each_name(core, request->address.id, request->in.hardware, check) : status;
}
