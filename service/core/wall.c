#include "service/core/wall.h"

#include "service/core/certificates.h"
#include "service/core/crl.h"

#include <string.h>

#define SET_MS   60000 /* less is what time servers correct all the time */
#define DOUBT_MS (10 * 60 * INT64_C(1000))
#define DAY_MS   (24 * 3600 * INT64_C(1000))

static enum status take_back(struct core *core)
{
    bool any = false;
    enum status status = store_certificate_revive(core->store, core->now.wall, &any);
    if (status == ST_OK)
        status = store_api_key_bound(core->store, core->now.wall + DAY_MS);
    if (status == ST_OK && any && core->log != NULL)
        core->log(core->log_context, "clock_was_ahead", "-", "certificates that have not expired are live again");
    return status;
}

enum status wall_start(struct core *core)
{
    return take_back(core);
}

/* How far ahead the clock may be: what it jumped, less what it was set back since. */
static void doubt(struct core *core, int64_t moved)
{
    struct wall *wall = &core->wall;
    wall->ahead = wall_is_doubted(core) ? wall->ahead + moved : moved;
    wall->believed_at = mono_add(core->now.mono, wall->ahead > 0 ? DOUBT_MS : 0);
}

void wall_watch(struct core *core)
{
    struct wall *wall = &core->wall;
    int64_t offset = core->now.wall - core->now.mono.ms, moved = offset - wall->offset;
    bool set = wall->offset != 0 && (moved > SET_MS || moved < -SET_MS);
    wall->offset = offset;
    if (!set)
        return;
    doubt(core, moved);
    crl_clock_was_set(core);
    memset(core->checked, 0, sizeof core->checked);
    if (moved < 0 && store_event_begin(core->store) == ST_OK)
        (void)store_event_finish(core->store, take_back(core)); /* what fails is done at the next start */
    certificates_due(core, core->now.wall);
    timers_bring_forward(&core->timers, TIMER_ISSUER, core->now.wall, core->now);
}

bool wall_is_doubted(const struct core *core)
{
    return core->now.mono.ms < core->wall.believed_at.ms;
}

int64_t wall_earliest(const struct core *core)
{
    return core->now.wall - (wall_is_doubted(core) ? core->wall.ahead : 0);
}
