#include "service/ctl/link.h"
#include "service/ctl/list.h"
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

static enum ctl_exit ask(const struct args *args, const char *verb)
{
    char members[4096];
    struct json_writer json;
    json_start(&json, members, sizeof members);
    json_text(&json, "certificateId", args->words[0]);
    if (args_has(args, OPT_REASON))
        json_text(&json, "reason", args_value(args, OPT_REASON));
    if (json.overflow)
        return out_error(CTL_USAGE, "too_large", status_mend(ST_TOO_LARGE), "%s", status_message(ST_TOO_LARGE));
    return show_run(args, "certificate", verb, "muster.certificate/1", members);
}

enum ctl_exit cmd_certificate_show(const struct args *args)
{
    return ask(args, "show");
}

enum ctl_exit cmd_certificate_revoke(const struct args *args)
{
    enum ctl_exit end = CTL_DONE;
    return show_confirm(args, "the revocation of certificate", args->words[0], &end) ? ask(args, "revoke") : end;
}
