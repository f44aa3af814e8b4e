#include "service/ctl/revocation.h"

#include "service/ctl/answer.h"
#include "service/io/clock.h"

#include <stdio.h>
#include <string.h>

#define NUMBER_MAX INT64_C(9007199254740992)

struct revocation revocation_read(const struct value *answer)
{
    struct revocation out = {.refused = ""};
    const struct value *crl = value_member(answer, "crl"), *sessions = value_member(answer, "sessions");
    const char *why = value_text(value_member(value_member(answer, "checks"), "revocation"));
    if (!answer_says(answer, "valid") && why != NULL && strcmp(why, "ok") != 0)
        snprintf(out.refused, sizeof out.refused, "%s", why);
    out.listed = answer_says(crl, "listed");
    out.in_force = answer_says(crl, "inForce");
    value_integer(value_member(crl, "number"), 0, NUMBER_MAX, &out.number);
    out.checked = value_integer(value_member(sessions, "closed"), 0, NUMBER_MAX, &out.closed) &&
                  value_integer(value_member(sessions, "open"), 0, NUMBER_MAX, &out.open);
    return out;
}

bool revocation_holds(const struct revocation *revocation, bool gated)
{
    return revocation->refused[0] != '\0' && revocation->listed && revocation->in_force &&
           (revocation->checked || !gated);
}

static enum ctl_exit look(struct link *link, const char *id, struct revocation *out)
{
    char members[LIMIT_CERTIFICATE_ID * 8];
    struct document *answer = NULL;
    enum ctl_exit end = link_member("certificateId", id, members, sizeof members);
    if (end == CTL_DONE)
        end = link_ask(link, "certificate", "validate", members, &answer);
    if (end == CTL_DONE)
        *out = revocation_read(document_root(answer));
    document_free(answer);
    return end;
}

enum ctl_exit revocation_await(struct link *link, const char *const ids[], size_t count, bool gated,
                               struct revocation *out, bool *holds)
{
    int64_t deadline = clock_now().mono.ms + REVOCATION_WAIT_MS;
    enum ctl_exit end = CTL_DONE;
    *holds = true;
    for (size_t i = 0; end == CTL_DONE && *holds && i < count; i++) {
        struct revocation found;
        end = look(link, ids[i], &found);
        while (end == CTL_DONE && !revocation_holds(&found, gated) && clock_now().mono.ms < deadline) {
            clock_sleep(REVOCATION_EVERY_MS);
            end = look(link, ids[i], &found);
        }
        *holds = end == CTL_DONE && revocation_holds(&found, gated);
        if (end == CTL_DONE && (i == 0 || !*holds))
            *out = found;
    }
    return end;
}
