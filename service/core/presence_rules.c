/* What a message or a passed deadline does to a slot: docs/protocol.md, section 4. */
#include "service/core/presence.h"
#include "topics/siphash.h"

#include <string.h>

static const char *const reason_names[REASON_COUNT] = {
#define REASON_NAME(name, wire) [name] = wire,
    REASON_LIST(REASON_NAME)
#undef REASON_NAME
};

const char *reason_name(enum reason reason)
{
    return reason_names[reason];
}

/* 32 bits are enough: a session is only ever compared with the four that are kept of the same device. */
static uint32_t session_hash(const char *session, size_t length)
{
    static const uint64_t fixed[2] = {1, 2}; /* stored: must be the same after a restart */
    if (length == 0)
        return 0;
    uint32_t value = (uint32_t)siphash(fixed, session, length);
    return value != 0 ? value : 1;
}

static uint32_t session_named(const char *session)
{
    return session_hash(session, session != NULL ? strlen(session) : 0);
}

/* The current session is over: its late messages are known by the list. */
static void end_session(struct presence_slot *slot)
{
    if (slot->sessions[0] == 0)
        return;
    memmove(slot->sessions + 1, slot->sessions, (PRESENCE_SESSIONS - 1) * sizeof *slot->sessions);
    slot->sessions[0] = slot->connection = 0;
}

static bool is_over(const struct presence_slot *slot, uint32_t session)
{
    for (int i = 1; i < PRESENCE_SESSIONS; i++)
        if (slot->sessions[i] == session)
            return true;
    return false;
}

static bool alive(struct presence_slot *slot, struct mono now)
{
    bool changes = !slot->online;
    slot->seen = now;
    slot->suspect.ms = 0;
    slot->unsaved = true;
    slot->online = true;
    return changes;
}

bool presence_on_connect(struct presence_slot *slot, const char *session, uint32_t connection, struct mono now,
                         enum reason *reason)
{
    uint32_t named = session_named(session);
    if (named != slot->sessions[0]) {
        end_session(slot);
        slot->sessions[0] = named;
    }
    slot->connection = connection;
    *reason = REASON_CONNECT;
    return alive(slot, now);
}

bool presence_on_sign(struct presence_slot *slot, const char *session, enum reason why, struct mono now,
                      enum reason *reason)
{
    uint32_t named = session_named(session);
    if (named != 0 && named != slot->sessions[0] && is_over(slot, named))
        return false;
    *reason = why;
    return alive(slot, now);
}

bool presence_beat(struct presence_slot *slot, const char *session, size_t length, struct mono now)
{
    uint32_t named = session_hash(session, length);
    if (named != 0 && named != slot->sessions[0] && is_over(slot, named))
        return true;
    if (!slot->active || !slot->online || slot->touched)
        return false;
    alive(slot, now);
    return true;
}

int64_t presence_last_seen(const struct presence_slot *slot, struct now now, int64_t stored)
{
    return slot->unsaved ? now.wall - (now.mono.ms - slot->seen.ms) : stored;
}

static bool offline(struct presence_slot *slot)
{
    bool changes = slot->online;
    slot->online = false;
    slot->suspect.ms = 0;
    return changes;
}

bool presence_on_disconnect(struct presence_slot *slot, const char *session, enum reason *reason)
{
    uint32_t named = session_named(session);
    if (named != 0 && named != slot->sessions[0])
        return false;
    *reason = REASON_DISCONNECT;
    end_session(slot);
    return offline(slot);
}

bool presence_on_end(struct presence_slot *slot)
{
    end_session(slot);
    return offline(slot);
}

static bool is_suspected(const struct presence *presence, const struct presence_slot *slot)
{
    return slot->suspect.ms != 0 && slot->suspect.ms >= presence->hearing_since.ms;
}

/* The first word counts: a second copy does not buy time. */
static void suspect(const struct presence *presence, struct presence_slot *slot, bool lost, struct mono now)
{
    if (is_suspected(presence, slot)) {
        slot->lost = slot->lost && lost; /* a last will says more than that the connection closed */
        return;
    }
    slot->suspect = now;
    slot->lost = lost;
}

void presence_on_will(const struct presence *presence, struct presence_slot *slot, const char *session, struct mono now)
{
    if (slot->online && session_named(session) == slot->sessions[0])
        suspect(presence, slot, false, now);
}

void presence_on_close(const struct presence *presence, struct presence_slot *slot, uint32_t connection,
                       struct mono now)
{
    if (slot->online && connection != 0 && connection == slot->connection)
        suspect(presence, slot, true, now);
}

static struct mono silence_deadline(const struct presence *presence, const struct presence_slot *slot)
{
    struct mono from = slot->seen.ms > presence->hearing_since.ms ? slot->seen : presence->hearing_since;
    return mono_add(from, slot->offline_after * INT64_C(1000));
}

struct mono presence_deadline(const struct presence *presence, const struct presence_slot *slot)
{
    struct mono silence = silence_deadline(presence, slot);
    struct mono verdict = mono_add(slot->suspect, presence->grace_ms);
    return is_suspected(presence, slot) && verdict.ms < silence.ms ? verdict : silence;
}

bool presence_on_deadline(const struct presence *presence, struct presence_slot *slot, struct mono now,
                          enum reason *reason)
{
    if (!presence->hearing || !slot->online || now.ms < presence_deadline(presence, slot).ms)
        return false;
    bool silent = now.ms >= silence_deadline(presence, slot).ms;
    *reason = silent ? REASON_HEARTBEAT_TIMEOUT : slot->lost ? REASON_CONNECTION_LOST : REASON_LAST_WILL;
    if (!silent)
        end_session(slot); /* after mere silence the session may still be there */
    return offline(slot);
}
