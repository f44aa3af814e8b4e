#include "service/ctl/link.h"
#include "service/ctl/out.h"

#define CELL 256

static void tell(const struct args *args, const struct value *answer)
{
    static const char *const counts[] = {"total", "active", "online", "offline", "pending"};
    char directory[CONFIG_PATH], version[CELL], time[CELL], alerts[CELL], line[1024] = "", count[CELL];
    size_t length = 0;
    if (target_directory(args, directory, sizeof directory) != CTL_DONE)
        return; /* it did before */
    out_scalar(value_member(answer, "version"), version, sizeof version);
    out_scalar(value_member(answer, "serverTime"), time, sizeof time);
    out_scalar(value_member(answer, "alerts24h"), alerts, sizeof alerts);
    for (size_t i = 0; i < sizeof counts / sizeof counts[0] && length < sizeof line; i++) {
        out_scalar(value_member(answer, counts[i]), count, sizeof count);
        length += (size_t)snprintf(line + length, sizeof line - length, "%s%s %s", i > 0 ? ", " : "", count, counts[i]);
    }
    const char *const rows[][2] = {{"service", "answers"}, {"version", version}, {"time", time},
                                   {"folder", directory},  {"devices", line},    {"alerts in 24 h", alerts}};
    struct out_table *table = out_table_new(NULL, 2);
    for (size_t i = 0; table != NULL && i < sizeof rows / sizeof rows[0]; i++)
        out_table_row(table, rows[i]);
    if (table != NULL)
        out_table_print(table);
    out_table_free(table);
}

enum ctl_exit cmd_status(const struct args *args)
{
    char members[CELL];
    struct document *answer = NULL;
    enum ctl_exit end = link_member("tenant", args_value(args, OPT_TENANT), members, sizeof members);
    if (end == CTL_DONE)
        end = link_ask_once(args, "stats", "overview", members, &answer);
    if (end != CTL_DONE)
        return end;
    if (args_has(args, OPT_JSON))
        out_json("muster.status/1", document_root(answer));
    else
        tell(args, document_root(answer));
    document_free(answer);
    return out_done();
}
