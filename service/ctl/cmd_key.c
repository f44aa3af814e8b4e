#include "service/ctl/link.h"
#include "service/ctl/list.h"
#include "service/ctl/show.h"
#include "topics/json_write.h"

#include <stdlib.h>
#include <string.h>

#define CELL 256

static void key_row(const struct value *item, struct out_table *table)
{
    char id[CELL], tenant[CELL], state[CELL], uses[CELL], used[CELL], count[2 * CELL + 8], types[CELL], replace[CELL];
    char expires[CELL];
    out_scalar(value_member(item, "keyId"), id, CELL);
    out_scalar(value_member(item, "tenant"), tenant, CELL);
    out_scalar(value_member(item, "state"), state, CELL);
    out_scalar(value_member(item, "used"), used, CELL);
    out_scalar(value_member(item, "uses"), uses, CELL);
    snprintf(count, sizeof count, "%s/%s", used, uses);
    out_scalar(value_member(item, "deviceTypes"), types, CELL);
    if (strcmp(types, "[]") == 0)
        snprintf(types, sizeof types, "any");
    out_scalar(value_member(item, "replace"), replace, CELL);
    out_ago(value_member(item, "expiresAt"), expires, CELL);
    out_table_row(table, (const char *[]){id, tenant, state, count, expires, replace, types});
}

enum ctl_exit cmd_key_list(const struct args *args)
{
    static const char *const titles[] = {"KEY ID", "TENANT", "STATE", "USED", "EXPIRES", "REPLACE", "DEVICE TYPES"};
    char members[CELL];
    enum ctl_exit end = link_member("tenant", args_value(args, OPT_TENANT), members, sizeof members);
    const struct list list = {.noun = "key",
                              .verb = "list",
                              .schema = "muster.key.list/1",
                              .members = members,
                              .cursor = "cursor",
                              .titles = titles,
                              .columns = sizeof titles / sizeof titles[0],
                              .row = key_row,
                              .empty = "There is no provisioning key."};
    return end == CTL_DONE ? list_run(args, &list) : end;
}

/* 90s, 30m, 1h, 7d, 2w; a bare number is seconds. False when it is no such time. */
static bool parse_duration(const char *text, long long *seconds)
{
    static const struct {
        const char *unit;
        long long seconds;
    } units[] = {{"", 1}, {"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}, {"w", 604800}};
    char *end = NULL;
    long long number = text[0] >= '0' && text[0] <= '9' ? strtoll(text, &end, 10) : 0;
    for (size_t i = 0; end != NULL && i < sizeof units / sizeof units[0]; i++)
        if (strcmp(end, units[i].unit) == 0 && number > 0 && number <= LIMIT_KEY_LIFETIME / units[i].seconds) {
            *seconds = number * units[i].seconds;
            return true;
        }
    return false;
}

/* The members of key/create that the options name. */
static enum ctl_exit put_options(const struct args *args, struct json_writer *json)
{
    long long uses = 0, seconds = 0;
    const char *expires = args_value(args, OPT_EXPIRES), *replace = args_value(args, OPT_REPLACE), *type = NULL;
    if (!args_integer(args, OPT_USES, 1, LIMIT_KEY_USES, &uses))
        return CTL_USAGE;
    if (expires != NULL && !parse_duration(expires, &seconds))
        return out_error(CTL_USAGE, NULL, "use for example 30m, 1h or 7d; ten years at most",
                         "--expires cannot be \"%s\"", expires);
    if (replace != NULL && strcmp(replace, "never") != 0 && strcmp(replace, "always") != 0)
        return out_error(CTL_USAGE, NULL, "use never or always", "--replace cannot be \"%s\"", replace);
    if (args_has(args, OPT_TENANT))
        json_text(json, "tenant", args_value(args, OPT_TENANT));
    if (uses > 0)
        json_int(json, "uses", uses);
    if (seconds > 0)
        json_int(json, "expiresInSeconds", seconds);
    if (replace != NULL)
        json_text(json, "replace", replace);
    if (args_has(args, OPT_TYPE)) {
        json_open(json, "deviceTypes", '[');
        for (size_t i = 0; (type = args_nth(args, OPT_TYPE, i)) != NULL; i++)
            json_text(json, NULL, type);
        json_close(json, ']');
    }
    return json->overflow ? out_error(CTL_USAGE, "too_large", NULL, "the options are too long") : CTL_DONE;
}

/* Only the key goes to stdout, so that KEY=$(musterctl key create) works; what to know of it goes to stderr. */
static void tell_created(const struct value *answer)
{
    char key[CELL], id[CELL], uses[CELL], tenant[CELL], expires[CELL];
    out_scalar(value_member(answer, "key"), key, CELL);
    out_scalar(value_member(answer, "keyId"), id, CELL);
    out_scalar(value_member(answer, "uses"), uses, CELL);
    out_scalar(value_member(answer, "tenant"), tenant, CELL);
    out_ago(value_member(answer, "expiresAt"), expires, CELL);
    puts(key);
    out_say("Provisioning key %s of tenant %s: uses %s, expires %s. It is not shown again.", id, tenant, uses, expires);
}

enum ctl_exit cmd_key_create(const struct args *args)
{
    char members[4096];
    struct json_writer json;
    struct document *answer = NULL;
    json_start(&json, members, sizeof members);
    enum ctl_exit end = put_options(args, &json);
    if (end == CTL_DONE)
        end = link_ask_once(args, "key", "create", members, &answer);
    if (end != CTL_DONE)
        return end;
    if (args_has(args, OPT_JSON))
        out_json("muster.key.create/1", document_root(answer));
    else
        tell_created(document_root(answer));
    document_free(answer);
    return out_done();
}

static enum ctl_exit ask_for_key(const struct args *args, const char *verb)
{
    char members[4096];
    enum ctl_exit end = link_member("keyId", args->words[0], members, sizeof members);
    if (end != CTL_DONE)
        return end;
    end = show_run(args, "key", verb, "muster.key/1", members);
    /* An unknown key is invalid_field (protocol.md, section 7), and the request has no other field. */
    return end == CTL_USAGE ? CTL_NOT_FOUND : end;
}

enum ctl_exit cmd_key_show(const struct args *args)
{
    return ask_for_key(args, "show");
}

enum ctl_exit cmd_key_disable(const struct args *args)
{
    return ask_for_key(args, "disable");
}
