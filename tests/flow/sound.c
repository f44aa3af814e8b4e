/* What must hold after every step: memory is what the store says, and the store is sound in itself. */
#include "service/core/life.h"
#include "service/io/clock.h"
#include "tests/flow/flow.h"

#include <stdio.h>
#include <string.h>

static int64_t seen_at(const struct presence_slot *slot)
{
    struct now now = clock_now();
    return now.wall - (now.mono.ms - slot->seen.ms);
}

static bool slot_is_sound(const struct presence_slot *slot, const char *uuid, char *what, size_t size)
{
    struct device_row row;
    enum status status = store_device_get(world->core.store, uuid, &row);
    struct presence_row own = row.presence;
    const char *wrong = NULL;
    if (status != ST_OK)
        wrong = "is not in the store";
    life_fill(&world->core, slot, &own);
    if (wrong != NULL)
        ; /* there is nothing to compare */
    else if (own.online != row.presence.online)
        wrong = "another status than the store says";
    else if (memcmp(own.sessions, row.presence.sessions, sizeof own.sessions) != 0)
        wrong = "other sessions than the store says";
    else if (!slot->unsaved && edge.wall_shift == 0 && slot->seen.ms != 0 && row.presence.last_seen != seen_at(slot))
        wrong = "another last sign of life than the store says, and does not mean to save it";
    else if (slot->active != (row.state == DEVICE_REGISTERED || row.state == DEVICE_PROVISIONED))
        wrong = "another state than the store says";
    else if (slot->online && !slot->active)
        wrong = "is online, and may not be";
    else if (slot->active && slot->fresh == row.credential_used)
        wrong = "used its credential, or not: the store says otherwise";
    else if ((int)slot->offline_after != life_offline_after(&world->core, &row))
        wrong = "another threshold than the store says";
    if (wrong != NULL)
        snprintf(what, size, "in memory, device %s: %s", uuid, wrong);
    return wrong == NULL;
}

bool world_is_sound(char *what, size_t size)
{
    static const struct {
        const char *sql, *what;
    } never[] = {
        {"SELECT count(*) FROM presence WHERE event_sequence <> "
         "(SELECT coalesce(max(event.sequence), event_sequence) FROM event WHERE event.device = presence.device)",
         "a sequence was taken without its event"},
        {"SELECT count(*) FROM (SELECT count(*) c, max(sequence) - min(sequence) + 1 d FROM event GROUP BY device) "
         "WHERE c <> d",
         "the sequence of a device's events has a gap"},
        {"SELECT count(*) FROM (SELECT count(*) c FROM certificate WHERE state IN ('active', 'expiring') "
         "GROUP BY device) WHERE c > 1",
         "a device has two certificates in use"},
        {"SELECT count(*) FROM certificate JOIN certificate other ON other.device = certificate.device AND "
         "other.id > certificate.id WHERE certificate.state IN ('pending', 'active', 'expiring') AND "
         "other.state = 'pending' AND (other.replaces IS NOT certificate.id OR other.renewal = 0)",
         "a device has two certificates that are valid, and none renews the other"},
        {"SELECT count(*) FROM device WHERE (device_id IS NULL) <> (state = 0) AND state NOT IN (4, 5)",
         "a deviceId without a registration"},
        {"SELECT count(*) FROM device WHERE (SELECT count(*) FROM api_key WHERE api_key.device = device.id) NOT "
         "BETWEEN "
         "(state IN (2, 3)) AND 2 * (state IN (2, 3)) AND state <> 4",
         "a device has neither one API key nor two generations"},
        {"SELECT count(*) FROM certificate WHERE (state IN ('pending', 'active', 'expiring')) <> (due_at IS NOT NULL)",
         "a certificate that is not watched, or one that has ended and is"},
        {"SELECT count(*) FROM device WHERE (state = 3) <> EXISTS (SELECT 1 FROM certificate WHERE "
         "certificate.device = device.id AND certificate.state IN ('pending', 'active', 'expiring')) AND state <> 4",
         "a device is provisioned without a certificate, or the other way round"},
        {"SELECT count(*) FROM certificate WHERE (state IN ('pending', 'active', 'expiring')) <> (ended_at = 0)",
         "a certificate ended without a time, or the other way round"},
        {"SELECT count(*) FROM provisioning_key WHERE used <> "
         "(SELECT count(*) FROM key_use WHERE key_use.key = provisioning_key.id) OR used > uses",
         "a key's uses are counted wrongly"},
    };
    const struct presence *presence = &world->core.presence;
    char text[80];
    for (size_t i = 0; i < sizeof never / sizeof *never; i++)
        if (world_query(never[i].sql, text, sizeof text) != 0) {
            snprintf(what, size, "%s %s", never[i].what, text);
            return false;
        }
    for (uint32_t i = 0; i < presence->count; i++)
        if (!slot_is_sound(&presence->slots[i], presence_uuid(presence, i), what, size))
            return false;
    bool complete = world_query("SELECT count(*) FROM device", text, sizeof text) == presence->count;
    if (!complete)
        snprintf(what, size, "memory has %u devices, the store %s", presence->count, text);
    return complete;
}
