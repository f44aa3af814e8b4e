#include "service/core/wall.h"

#include "service/core/authority.h"
#include "service/core/certificates.h"
#include "service/core/crl.h"

#include <stdio.h>
#include <string.h>

#define SET_MS   60000 /* less is what time servers correct all the time */
#define DOUBT_MS (10 * 60 * INT64_C(1000))
#define BOUND_MS (3600 * INT64_C(1000))
#define DAY_MS   (24 * 3600 * INT64_C(1000))

static int64_t offset_of(struct now now)
{
    return now.wall - now.mono.ms;
}

void wall_start(struct core *core, struct now now)
{
    core->wall =
        (struct wall){.offset = offset_of(now), .seen = offset_of(now), .bound_at = mono_add(now.mono, DOUBT_MS)};
    core->now = now;
}

void wall_take(struct core *core, struct now now)
{
    core->now = now;
    if (offset_of(now) > core->wall.offset + SET_MS)
        core->now.wall = now.mono.ms + core->wall.offset;
}

/* By a time before its authority began the service can do nothing: any later one is nearer to the truth. */
static bool is_lost(const struct core *core, int64_t wall)
{
    return wall / 1000 < authority_begin(core);
}

static void say(const struct core *core, const char *event, const char *text)
{
    if (core->log != NULL)
        core->log(core->log_context, event, "-", text);
}

static void say_moved(const struct core *core, const char *event, int64_t moved, const char *text)
{
    char line[120];
    snprintf(line, sizeof line, "by %lld s: %s", (long long)moved / 1000, text);
    say(core, event, line);
}

static void believe(struct core *core, int64_t offset, struct now now)
{
    struct wall *wall = &core->wall;
    if (offset < wall->offset)
        wall->bound_at = mono_add(now.mono, DOUBT_MS);
    if (offset - wall->offset > SET_MS || offset - wall->offset < -SET_MS)
        say_moved(core, "clock_set", offset - wall->offset, "it is believed");
    wall->offset = offset;
    wall->doubted = false;
    wall_take(core, now);
    memset(core->checked, 0, sizeof core->checked);
    crl_clock_was_set(core);
    certificates_due(core, core->now.wall);
}

/* What is believed in the end is the least that was seen: another jump meanwhile has its own ten minutes. */
static void doubt(struct core *core, struct now now)
{
    struct wall *wall = &core->wall;
    if (!wall->doubted) {
        wall->doubted = true;
        wall->least = wall->seen;
        wall->believed_at = mono_add(now.mono, DOUBT_MS);
        say_moved(core, "clock_jumped_ahead", wall->seen - wall->offset, "it is believed in ten minutes");
        crl_want(core, CRL_SOON); /* that of before may have ended by this clock, which is the broker's, too */
    }
    wall->least = wall->seen < wall->least ? wall->seen : wall->least;
    if (now.mono.ms >= wall->believed_at.ms)
        believe(core, wall->least, now);
}

void wall_watch(struct core *core, struct now now)
{
    struct wall *wall = &core->wall;
    wall_take(core, now);
    wall->seen = offset_of(now);
    int64_t moved = wall->seen - wall->offset;
    if (moved > SET_MS && !is_lost(core, core->now.wall))
        doubt(core, now);
    else if (moved > SET_MS || moved < -SET_MS || wall->doubted) /* doubted: what was made counts for too long */
        believe(core, wall->seen, now);
    else
        wall->offset = wall->seen;
}

int64_t wall_latest(const struct core *core)
{
    return core->wall.doubted ? core->now.mono.ms + core->wall.seen : core->now.wall;
}

/* Not each time: there may be as many as devices. And again, for the batch may be undone. */
static enum status bound_api_keys(struct core *core)
{
    if (core->now.mono.ms < core->wall.bound_at.ms)
        return ST_OK;
    core->wall.bound_at = mono_add(core->now.mono, BOUND_MS);
    return store_api_key_bound(core->store, core->now.wall + DAY_MS);
}

enum status wall_take_back(struct core *core)
{
    bool any = false;
    if (is_lost(core, core->now.wall))
        return ST_OK;
    enum status status = store_certificate_revive(core->store, core->now.wall, &any);
    if (any) {
        certificates_due(core, core->now.wall);
        say(core, "clock_was_ahead", "certificates that have not expired are live again");
    }
    return status == ST_OK ? bound_api_keys(core) : status;
}
