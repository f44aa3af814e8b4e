/* Revokes a certificate, then looks whether it is refused everywhere. */
#include "service/ctl/answer.h"
#include "service/ctl/out.h"
#include "service/ctl/outcome.h"
#include "service/ctl/show.h"
#include "topics/json_write.h"

#include <string.h>

#define CELL      512
#define COUNT_MAX INT64_C(9007199254740992)

static void take_ids(struct outcome *outcome)
{
    outcome->ids[0] = answer_text(outcome->answer, "certificateId");
    outcome->count = 1;
    value_integer(value_member(outcome->answer, "revokedCount"), 0, COUNT_MAX, &outcome->more);
    for (const struct value *id = value_first(value_member(outcome->answer, "revoked"));
         id != NULL && outcome->count < OUTCOME_IDS; id = value_next(id), outcome->more--)
        if (value_text(id) != NULL && strcmp(value_text(id), outcome->ids[0]) != 0)
            outcome->ids[outcome->count++] = value_text(id);
}

/* Only what is said of the device depends on it. */
static struct document *ask_device(struct link *link, const char *uuid)
{
    char members[LIMIT_UUID * 8];
    struct document *answer = NULL;
    if (link_member("uuid", uuid, members, sizeof members) != CTL_DONE ||
        link_hear(link, "device", "show", members, &answer) != CTL_DONE || answer_refusal(answer) == ST_OK)
        return answer;
    document_free(answer);
    return NULL;
}

static enum ctl_exit conclude(const struct args *args, const struct outcome *outcome)
{
    char mend[CELL];
    if (args_has(args, OPT_JSON))
        outcome_print_json(outcome);
    else
        outcome_print(outcome);
    enum ctl_exit end = out_done();
    if (end != CTL_DONE || outcome->holds)
        return end;
    snprintf(mend, sizeof mend,
             "look at the broker (is it running, with its gate?) and at musterctl ca show, then: musterctl certificate "
             "revoke %s --yes looks again",
             outcome->ids[0]);
    return out_error(CTL_TIMEOUT, NULL, mend,
                     "the certificate is revoked, but not all of it could be verified within %d s",
                     REVOCATION_WAIT_MS / 1000);
}

static enum ctl_exit verify(struct link *link, const struct args *args, struct outcome *outcome)
{
    take_ids(outcome);
    enum ctl_exit end =
        revocation_await(link, outcome->ids, outcome->count, outcome->gated, &outcome->revocation, &outcome->holds);
    if (end != CTL_DONE)
        return end;
    struct document *device = ask_device(link, answer_text(outcome->answer, "uuid"));
    outcome->device = device != NULL ? document_root(device) : NULL;
    end = conclude(args, outcome);
    document_free(device);
    return end;
}

static enum ctl_exit revoke(struct link *link, const struct target *target, const struct args *args,
                            const char *members)
{
    struct document *answer = NULL;
    struct outcome outcome = {.gated = !config_is_open(&target->config)};
    enum ctl_exit end = link_ask(link, "certificate", "revoke", members, &answer);
    if (end != CTL_DONE)
        return end;
    outcome.answer = document_root(answer);
    end = verify(link, args, &outcome);
    document_free(answer);
    return end;
}

enum ctl_exit cmd_certificate_revoke(const struct args *args)
{
    char members[LIMIT_PAYLOAD];
    struct json_writer json;
    enum ctl_exit end = CTL_DONE;
    json_start(&json, members, sizeof members);
    json_text(&json, "certificateId", args->words[0]);
    if (args_has(args, OPT_REASON))
        json_text(&json, "reason", args_value(args, OPT_REASON));
    if (args_has(args, OPT_LINEAGE))
        json_bool(&json, "lineage", true);
    if (json.overflow)
        return out_error(CTL_USAGE, "too_large", status_mend(ST_TOO_LARGE), "%s", status_message(ST_TOO_LARGE));
    return show_confirm(args, "the revocation of certificate", args->words[0], &end) ? link_run(args, members, revoke)
                                                                                     : end;
}
