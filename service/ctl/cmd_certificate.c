#include "service/ctl/link.h"
#include "service/ctl/list.h"
#include "service/ctl/paste.h"
#include "service/ctl/show.h"
#include "topics/json_write.h"

#define CELL 256

static void certificate_row(const struct value *item, struct out_table *table)
{
    static const char *const members[] = {"certificateId", "uuid", "tenant", "state", "reason"};
    static const char *const times[] = {"createdAt", "notAfter", "endedAt"};
    enum { PLAIN = sizeof members / sizeof members[0], TIMES = sizeof times / sizeof times[0] };
    char cells[PLAIN + TIMES][CELL];
    const char *texts[PLAIN + TIMES];
    for (size_t i = 0; i < PLAIN; i++)
        out_scalar(value_member(item, members[i]), cells[i], CELL);
    for (size_t i = 0; i < TIMES; i++)
        out_ago(value_member(item, times[i]), cells[PLAIN + i], CELL);
    for (size_t i = 0; i < PLAIN + TIMES; i++)
        texts[i] = cells[i];
    out_table_row(table, texts);
}

enum ctl_exit cmd_certificate_list(const struct args *args)
{
    static const char *const titles[] = {"CERTIFICATE ID", "UUID",   "TENANT",    "STATE",
                                         "REASON",         "ISSUED", "VALID FOR", "ENDED"};
    char members[LIMIT_UUID * 8];
    struct json_writer json;
    json_start(&json, members, sizeof members);
    if (args_has(args, OPT_TENANT))
        json_text(&json, "tenant", args_value(args, OPT_TENANT));
    if (args_has(args, OPT_DEVICE))
        json_text(&json, "uuid", args_value(args, OPT_DEVICE));
    if (args_has(args, OPT_ISSUER))
        json_text(&json, "issuerId", args_value(args, OPT_ISSUER));
    if (json.overflow)
        return out_error(CTL_USAGE, "too_large", NULL, "the options are too long");
    const struct list list = {.noun = "certificate",
                              .verb = "list",
                              .schema = "muster.certificate.list/1",
                              .members = members,
                              .cursor = "cursor",
                              .titles = titles,
                              .columns = sizeof titles / sizeof titles[0],
                              .row = certificate_row,
                              .empty = "There is no certificate."};
    return list_run(args, &list);
}

enum ctl_exit cmd_certificate_show(const struct args *args)
{
    char members[LIMIT_PAYLOAD];
    enum ctl_exit end = link_member("certificateId", args->words[0], members, sizeof members);
    return end == CTL_DONE ? show_run(args, "certificate", "show", "muster.certificate/1", members) : end;
}

/* Nothing has happened yet: the device hears of it, and renews. */
static void tell_asked(const struct value *asked, const struct args *args)
{
    char directory[PASTE_WORD + 16];
    char id[CELL], ends[CELL], uuid[CELL], sentence[4 * CELL], list[2 * PASTE_WORD], events[2 * PASTE_WORD];
    out_scalar(value_member(asked, "certificateId"), id, sizeof id);
    out_scalar(value_member(asked, "uuid"), uuid, sizeof uuid);
    out_ago(value_member(asked, "notAfter"), ends, sizeof ends);
    snprintf(sentence, sizeof sentence, "device %s to renew %s, which ends %s", uuid, id, ends);
    snprintf(list, sizeof list, "musterctl certificate list --device %s%s", uuid, paste_dir(args, directory));
    snprintf(events, sizeof events, "musterctl device events %s%s", uuid, directory);
    out_pairs((const struct out_pair[]){{"asked", sentence}, {"next", list}, {"", events}}, 3);
    out_say("A device that is offline does not hear of it; it renews by itself when its time has come.");
}

enum ctl_exit cmd_certificate_renew(const struct args *args)
{
    char members[LIMIT_PAYLOAD];
    struct document *answer = NULL;
    enum ctl_exit end = link_member("uuid", args->words[0], members, sizeof members);
    if (end == CTL_DONE)
        end = link_ask_once(args, "certificate", "renew", members, &answer);
    if (end != CTL_DONE)
        return end;
    if (args_has(args, OPT_JSON))
        out_json("muster.certificate/1", document_root(answer));
    else
        tell_asked(document_root(answer), args);
    document_free(answer);
    return out_done();
}
