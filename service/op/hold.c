#include "service/op/hold.h"

#include "topics/document.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define HOLD_MEND "Ask the operator to release it, or for another provisioning key: musterctl device release UUID."
#define EXACT_MAX (INT64_C(1) << 53) /* below it a double holds each integer */

static const char *const names[] = {"serial", "mac"}; /* of `hardware`: what tells one device from another */

/* What stands there when nobody has filled it in, as normalise leaves it: whoever says that says nothing. */
static const char *const placeholders[] = {"123456",        "12345678",     "123456789",       "0123456789",
                                           "1234567890",    "001122334455", "112233445566",    "default",
                                           "defaultstring", "empty",        "example",         "invalid",
                                           "mac",           "macaddress",   "missing",         "none",
                                           "notapplicable", "notavailable", "notset",          "notspecified",
                                           "null",          "serial",       "serialnumber",    "systemserialnumber",
                                           "tbd",           "test",         "tobefilledbyoem", "todo",
                                           "undefined",     "unknown",      "unset",           "unspecified"};

/* The text of a member: a number counts as it is written without a fraction. What a double cannot tell from its
 * neighbour names nothing, nor does a truth. */
static const char *text_of(const struct value *value, char digits[32])
{
    long long integer;
    const char *text = value_text(value);
    if (text != NULL || !value_integer(value, -EXACT_MAX, EXACT_MAX, &integer))
        return text;
    snprintf(digits, 32, "%lld", integer);
    return digits;
}

static bool continues(char octet) /* a character of UTF-8 (RFC 3629, 3) */
{
    return ((unsigned char)octet & 0xC0) == 0x80;
}

/* Fewer than three characters, or the same one again and again. */
static bool is_blank(const char *name)
{
    size_t characters = 0, first = 1, same = 0;
    while (continues(name[first]))
        first++;
    for (size_t i = 0; name[i] != '\0'; i++)
        characters += !continues(name[i]);
    for (same = first; name[same] != '\0' && name[same] == name[same - first];)
        same++;
    return characters < 3 || name[same] == '\0';
}

static bool names_something(const char *name)
{
    if (name[0] == '\0' || is_blank(name))
        return false;
    for (size_t i = 0; i < sizeof placeholders / sizeof *placeholders; i++)
        if (strcmp(name, placeholders[i]) == 0)
            return false;
    return true;
}

/* As it is compared: without the marks that people put between the digits of an address, in lower case. Octets above
 * 127 stay as they are: they tell texts apart. False when it says nothing. */
static bool normalise(const char *text, char out[LIMIT_NAME + 1])
{
    size_t length = 0;
    for (; text != NULL && *text != '\0' && length < LIMIT_NAME; text++)
        if (isalnum((unsigned char)*text) || (unsigned char)*text > 127)
            out[length++] = (char)tolower((unsigned char)*text);
    out[length] = '\0';
    return names_something(out);
}

/* Calls `each` for every name by which the hardware can be known: `uuid`, and what stands in the JSON object
 * `hardware`. */
static enum status each_name(struct core *core, const char *uuid, const char *hardware,
                             enum status (*each)(struct core *core, const char *kind, const char *value))
{
    struct document *document = NULL;
    struct why ignored = {.status = ST_OK};
    char value[LIMIT_NAME + 1], digits[32];
    enum status status = each(core, "uuid", uuid);
    if (hardware[0] == '\0' || document_new(hardware, strlen(hardware), &document, &ignored) != ST_OK)
        return status;
    for (size_t i = 0; i < sizeof names / sizeof *names && status == ST_OK; i++)
        if (normalise(text_of(value_member(document_root(document), names[i]), digits), value))
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
