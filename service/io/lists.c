#include "service/io/lists.h"

#include "service/core/authority.h"
#include "service/core/crl.h"
#include "service/io/leaves.h"
#include "service/io/log.h"

#include <string.h>

#define LATE_MS 60000

/* The last list, when one message may hold it. */
static const char *message(const struct core *core)
{
    return core->crl.length <= CRL_MESSAGE_MAX ? core->crl.text : NULL;
}

void lists_take(struct lists *lists, struct core *core, struct effects *effects)
{
    if (!crl_job_take(lists->job))
        return;
    const struct crl_order *order = crl_job_order(lists->job);
    const char *error = crl_job_error(lists->job);
    bool made = error[0] == '\0';
    core->crl.text = crl_job_text(lists->job);
    core->crl.length = core->crl.text != NULL ? strlen(core->crl.text) : 0;
    if (made)
        leaves_renew(core); /* before the broker reads its files */
    crl_done(core, order, message(core), made ? NULL : error, effects);
    if (!made) {
        log_line(LOG_ERROR, "crl_failed", "number=%lld late=%s %s", (long long)order->number,
                 crl_is_late(core) ? "true" : "false", error);
        return;
    }
    crl_parts_start(&lists->parts, core->crl.text, core->crl.length, order->number);
    log_line(LOG_INFO, "crl", "number=%lld next_update=%lld octets=%zu parts=%u", (long long)order->number,
             (long long)order->next_update, core->crl.length, lists->parts.count);
}

void lists_order(struct lists *lists, struct core *core)
{
    crl_order(core, &lists->order);
    if (!crl_is_late(core) || core->now.mono.ms < lists->next_word.ms)
        return;
    lists->next_word = mono_add(core->now.mono, LATE_MS);
    if (core->crl.in_force_until != 0)
        log_line(LOG_ERROR, "crl_late", "the broker refuses every device from %lld s since 1970 on: %s",
                 (long long)core->crl.in_force_until, crl_why_late(core));
}

void lists_batch_end(struct lists *lists, struct core *core, bool committed)
{
    if (lists->order.number == 0)
        return;
    if (committed)
        crl_job_start(lists->job, authority_newest(core), &lists->order);
    else
        crl_cancel(core);
    lists->order.number = 0;
}

void lists_tell_again(struct lists *lists, struct core *core, struct effects *effects)
{
    crl_parts_forget(&lists->parts);
    if (core->crl.written == 0)
        return;
    crl_tell(core, message(core), effects);
    crl_parts_start(&lists->parts, core->crl.text, core->crl.length, core->crl.written);
}

void lists_ask_again(const struct core *core, struct effects *effects)
{
    if (crl_waits(core))
        effects_reload(effects, core->crl.written);
}
