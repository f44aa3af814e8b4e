#include "service/ctl/answer.h"
#include "service/ctl/link.h"
#include "service/ctl/out.h"

#define CELL 256

/* Told before it hurts: at its next update every certificate is refused. `authority` NULL: it is not known. */
static bool tell_late(const struct value *authority, char out[CELL])
{
    char next[64];
    const struct value *crl = value_member(authority, "crl");
    out_ago(value_member(crl, "nextUpdate"), next, sizeof next);
    if (next[0] == '-')
        snprintf(out, CELL, "late, there is none: see musterctl ca show");
    else
        snprintf(out, CELL, "late, its next update is due %s: see musterctl ca show", next);
    return answer_says(crl, "late");
}

/* The same of the authority: after its end nobody gets a certificate. */
static bool tell_end(const struct value *authority, char out[CELL])
{
    char ends[64];
    for (const struct value *issuer = value_first(value_member(authority, "issuers")); issuer != NULL;
         issuer = value_next(issuer)) {
        if (!answer_says(issuer, "expiring"))
            continue;
        out_ago(value_member(issuer, "notAfter"), ends, sizeof ends);
        snprintf(out, CELL, "expiring, the end of the %s one is %s: see musterctl ca show", answer_text(issuer, "role"),
                 ends);
        return true;
    }
    return false;
}

static void tell(const struct target *target, const struct value *answer, const struct value *authority)
{
    static const char *const counts[] = {"total", "active", "online", "offline", "pending"};
    char version[CELL], time[CELL], alerts[CELL], line[1024] = "", count[CELL], late[CELL], end[CELL];
    size_t length = 0;
    out_scalar(value_member(answer, "version"), version, sizeof version);
    out_scalar(value_member(answer, "serverTime"), time, sizeof time);
    out_scalar(value_member(answer, "alerts24h"), alerts, sizeof alerts);
    for (size_t i = 0; i < sizeof counts / sizeof counts[0] && length < sizeof line; i++) {
        out_scalar(value_member(answer, counts[i]), count, sizeof count);
        length += (size_t)snprintf(line + length, sizeof line - length, "%s%s %s", i > 0 ? ", " : "", count, counts[i]);
    }
    struct out_pair pairs[8] = {{"service", "answers"},        {"version", version}, {"time", time},
                                {"folder", target->directory}, {"devices", line},    {"alerts in 24 h", alerts}};
    size_t rows = 6;
    if (tell_late(authority, late))
        pairs[rows++] = (struct out_pair){"revocation list", late};
    if (tell_end(authority, end))
        pairs[rows++] = (struct out_pair){"authority", end};
    out_pairs(pairs, rows);
}

/* The authority is asked for people only; what it refuses is no trouble of the status. */
static enum ctl_exit ask(struct link *link, const struct target *target, const struct args *args, const char *members)
{
    struct document *answer = NULL, *authority = NULL;
    bool as_json = args_has(args, OPT_JSON);
    enum ctl_exit end = link_ask(link, "stats", "overview", members, &answer);
    if (end == CTL_DONE && !as_json)
        end = link_hear(link, "ca", "show", "", &authority);
    if (end == CTL_DONE && as_json)
        out_json("muster.status/1", document_root(answer));
    else if (end == CTL_DONE)
        tell(target, document_root(answer), document_root(authority));
    document_free(answer);
    document_free(authority);
    return end == CTL_DONE ? out_done() : end;
}

enum ctl_exit cmd_status(const struct args *args)
{
    char members[CELL];
    enum ctl_exit end = link_member("tenant", args_value(args, OPT_TENANT), members, sizeof members);
    return end == CTL_DONE ? link_run(args, members, ask) : end;
}
