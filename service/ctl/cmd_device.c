#include "service/ctl/link.h"
#include "service/ctl/list.h"
#include "service/ctl/show.h"
#include "topics/json_write.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CELL 256

/* When it ends, or why it has ended already. */
static void tell_certificate(const struct value *certificate, char out[CELL])
{
    static const char *const live[] = {"pending", "active", "expiring"};
    const char *state = value_is_object(certificate) ? value_text(value_member(certificate, "state")) : NULL;
    out_ago(state != NULL ? value_member(certificate, "notAfter") : NULL, out, CELL);
    for (size_t i = 0; i < sizeof live / sizeof live[0]; i++)
        if (state == NULL || strcmp(state, live[i]) == 0)
            return;
    snprintf(out, CELL, "%s", state);
}

static void device_row(const struct value *item, struct out_table *table)
{
    static const char *const members[] = {"uuid", "deviceName", "deviceType", "tenant", "state", "status"};
    enum { PLAIN = sizeof members / sizeof members[0] };
    char cells[PLAIN + 2][CELL];
    const char *texts[PLAIN + 2];
    for (size_t i = 0; i < PLAIN; i++)
        out_scalar(value_member(item, members[i]), cells[i], CELL);
    out_ago(value_member(item, "lastSeen"), cells[PLAIN], CELL);
    tell_certificate(value_member(item, "certificate"), cells[PLAIN + 1]);
    for (size_t i = 0; i < PLAIN + 2; i++)
        texts[i] = cells[i];
    out_table_row(table, texts);
}

enum ctl_exit cmd_device_list(const struct args *args)
{
    static const char *const titles[] = {"UUID",  "NAME",   "TYPE",      "TENANT",
                                         "STATE", "STATUS", "LAST SEEN", "CERTIFICATE ENDS"};
    char members[CELL];
    enum ctl_exit end = link_member("tenant", args_value(args, OPT_TENANT), members, sizeof members);
    const struct list list = {.noun = "device",
                              .verb = "list",
                              .schema = "muster.device.list/1",
                              .members = members,
                              .cursor = "cursor",
                              .titles = titles,
                              .columns = sizeof titles / sizeof titles[0],
                              .row = device_row,
                              .empty = "There is no device yet."};
    return end == CTL_DONE ? list_run(args, &list) : end;
}

enum ctl_exit cmd_device_show(const struct args *args)
{
    char members[LIMIT_PAYLOAD];
    enum ctl_exit end = link_member("uuid", args->words[0], members, sizeof members);
    return end == CTL_DONE ? show_run(args, "device", "show", "muster.device/1", members) : end;
}

/* --tag key=value ... as the object "tags". */
static enum ctl_exit put_tags(const struct args *args, struct json_writer *json)
{
    const char *tag = NULL;
    json_open(json, "tags", '{');
    for (size_t i = 0; (tag = args_nth(args, OPT_TAG, i)) != NULL; i++) {
        char name[LIMIT_DEVICE_TYPE + 1];
        size_t length = strcspn(tag, "=");
        if (tag[length] == '\0' || length == 0 || length > LIMIT_DEVICE_TYPE)
            return out_error(CTL_USAGE, NULL, "use --tag site=hall-3", "--tag cannot be \"%s\"", tag);
        memcpy(name, tag, length);
        name[length] = '\0';
        json_text(json, name, tag + length + 1);
    }
    json_close(json, '}');
    return CTL_DONE;
}

enum ctl_exit cmd_device_create(const struct args *args)
{
    static const struct {
        enum option option;
        const char *member;
    } texts[] = {
        {OPT_NAME, "deviceName"}, {OPT_TYPE, "deviceType"}, {OPT_TENANT, "tenant"}, {OPT_ENDPOINT, "apiEndpoint"}};
    char members[LIMIT_PAYLOAD];
    struct json_writer json;
    long long offline_after = 0;
    json_start(&json, members, sizeof members);
    json_text(&json, "uuid", args->words[0]);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (args_has(args, texts[i].option))
            json_text(&json, texts[i].member, args_value(args, texts[i].option));
    if (!args_integer(args, OPT_OFFLINE_AFTER, LIMIT_OFFLINE_MIN, LIMIT_OFFLINE_MAX, &offline_after))
        return CTL_USAGE;
    if (offline_after > 0)
        json_int(&json, "offlineAfterSeconds", offline_after);
    if (args_has(args, OPT_TAG) && put_tags(args, &json) != CTL_DONE)
        return CTL_USAGE;
    if (json.overflow)
        return out_error(CTL_USAGE, "too_large", status_mend(ST_TOO_LARGE), "%s", status_message(ST_TOO_LARGE));
    enum ctl_exit end = show_run(args, "device", "create", "muster.device.create/1", members);
    if (end == CTL_DONE && !args_has(args, OPT_JSON))
        out_say("Give apiKey to the device: it is not shown again.");
    return end;
}

/* What all events have is in the other columns; the rest is what this one is about. */
static void event_row(const struct value *item, struct out_table *table)
{
    static const char *const common[] = {"event", "id", "sequence", "tenant", "uuid", "deviceId", "at"};
    char sequence[CELL], at[CELL], event[CELL], rest[1024] = "", value[CELL];
    size_t length = 0;
    for (const struct value *member = value_first(item); member != NULL; member = value_next(member)) {
        bool is_common = false;
        for (size_t i = 0; i < sizeof common / sizeof common[0]; i++)
            is_common = is_common || strcmp(common[i], value_name(member)) == 0;
        if (is_common || length >= sizeof rest - 1)
            continue;
        out_scalar(member, value, sizeof value);
        length += (size_t)snprintf(rest + length, sizeof rest - length, "%s%s=%s", length > 0 ? " " : "",
                                   value_name(member), value);
    }
    out_scalar(value_member(item, "sequence"), sequence, CELL);
    out_scalar(value_member(item, "at"), at, CELL);
    out_scalar(value_member(item, "event"), event, CELL);
    out_table_row(table, (const char *[]){sequence, at, event, rest});
}

enum ctl_exit cmd_device_events(const struct args *args)
{
    static const char *const titles[] = {"SEQUENCE", "AT", "EVENT", "WHAT"};
    char members[LIMIT_UUID * 8];
    enum ctl_exit end = link_member("uuid", args->words[0], members, sizeof members);
    const struct list list = {.noun = "device",
                              .verb = "events",
                              .schema = "muster.device.events/1",
                              .members = members,
                              .cursor = "after",
                              .cursor_is_number = true,
                              .titles = titles,
                              .columns = sizeof titles / sizeof titles[0],
                              .row = event_row,
                              .empty = "There is no event."};
    return end == CTL_DONE ? list_run(args, &list) : end;
}
