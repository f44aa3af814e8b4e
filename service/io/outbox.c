#include "service/io/outbox.h"

#include "service/io/log.h"
#include "service/io/retained.h"
#include "topics/topic.h"

#include <string.h>

#define REFUSALS_MAX 10
#define RETRY_MS     1000
#define DENIED_MS    5000

enum status outbox_start(struct outbox *outbox, struct store *store, struct mqtt *mqtt, bool retained_status)
{
    *outbox = (struct outbox){.store = store, .mqtt = mqtt, .retained_status = retained_status, .more = true};
    enum status status = store_event_last_acknowledged(store, &outbox->acknowledged);
    outbox->sent = outbox->stored = outbox->acknowledged;
    return status;
}

static void send_again(struct outbox *outbox)
{
    outbox->in_flight = 0;
    outbox->sent = outbox->acknowledged;
    outbox->more = true;
}

void outbox_open(struct outbox *outbox)
{
    outbox->open = true;
    send_again(outbox);
}

void outbox_close(struct outbox *outbox)
{
    outbox->open = false;
    send_again(outbox);
}

void outbox_notify(struct outbox *outbox)
{
    outbox->more = true;
}

/* The retained word for whoever comes late, from the event that set the status. */
static void send_status(struct outbox *outbox, const struct event_row *row)
{
    bool changed = strcmp(row->type, "status_changed") == 0;
    if (outbox->retained_status && strcmp(row->type, "decommissioned") == 0)
        retained_clear(outbox->mqtt, row->tenant, row->uuid);
    if (!outbox->retained_status || (!changed && strcmp(row->type, "registered") != 0))
        return;
    /* The body is our own (life.c): no text of a device stands in it, so nothing else can look like this. */
    bool online = changed && strstr(row->body, "\"to\":\"online\"") != NULL;
    retained_send(outbox->mqtt, row->tenant, row->uuid, online ? "online" : "offline", row->at, row->sequence);
}

static bool send_event(struct outbox *outbox, const struct event_row *row)
{
    char topic[LIMIT_TOPIC];
    topic_build(TOPIC_EVENT, topic, sizeof topic, (const char *const[]){row->tenant, row->uuid, row->type});
    if (!mqtt_send(outbox->mqtt, &(struct mqtt_publish){.topic = topic,
                                                        .payload = row->body,
                                                        .length = strlen(row->body),
                                                        .qos = topic_qos(TOPIC_EVENT),
                                                        .id = (uint64_t)row->id}))
        return false;
    send_status(outbox, row);
    outbox->window[outbox->in_flight].id = row->id;
    outbox->window[outbox->in_flight++].acknowledged = false;
    outbox->sent = row->id;
    return true;
}

/* Sends one page. False when there is no more to send, or nothing more can be sent now. */
static bool send_page(struct outbox *outbox, struct now now)
{
    /* After a refusal one by one: what stands behind it would be sent again each time. */
    size_t window = outbox->refusals > 0 ? 1 : OUTBOX_WINDOW, found = 0;
    size_t room = outbox->in_flight < window ? window - outbox->in_flight : 0;
    size_t wanted = room < OUTBOX_PAGE ? room : OUTBOX_PAGE;
    if (wanted == 0 || store_event_list(outbox->store, outbox->sent, outbox->rows, wanted, &found) != ST_OK)
        return false;
    outbox->more = found == wanted;
    for (size_t i = 0; i < found; i++)
        if (!send_event(outbox, &outbox->rows[i])) {
            outbox->more = true;
            outbox->retry_at = mono_add(now.mono, RETRY_MS);
            return false;
        }
    return outbox->more;
}

void outbox_pump(struct outbox *outbox, struct now now)
{
    bool wants = outbox->open && outbox->more;
    /* A batch that is still open could not even be undone: its events never happened. */
    if (!wants || now.mono.ms < outbox->retry_at.ms || store_is_dirty(outbox->store))
        return;
    while (send_page(outbox, now))
        ;
}

/* Drops what is acknowledged from the front of the window. */
static void advance(struct outbox *outbox)
{
    size_t done = 0;
    while (done < outbox->in_flight && outbox->window[done].acknowledged)
        outbox->acknowledged = outbox->window[done++].id;
    if (done == 0)
        return;
    outbox->refusals = 0;
    outbox->in_flight -= done;
    memmove(outbox->window, outbox->window + done, outbox->in_flight * sizeof *outbox->window);
}

void outbox_acknowledged(struct outbox *outbox, int64_t id, enum mqtt_outcome outcome, struct now now)
{
    size_t at = 0;
    while (at < outbox->in_flight && outbox->window[at].id != id)
        at++;
    if (at == outbox->in_flight)
        return; /* of an earlier connection; it has been sent again since */
    bool poison = outcome == MQTT_UNSENDABLE && ++outbox->refusals >= REFUSALS_MAX;
    if (outcome == MQTT_DENIED && !outbox->denied)
        log_line(LOG_ERROR, "events_denied",
                 "the broker denies events; check its access rules. They are kept, and sent again");
    outbox->denied = outcome == MQTT_DENIED;
    if (outcome != MQTT_ACCEPTED && !poison) {
        send_again(outbox);
        outbox->retry_at = mono_add(now.mono, outcome == MQTT_DENIED ? DENIED_MS : RETRY_MS);
        return;
    }
    if (poison)
        log_line(LOG_ERROR, "event_refused", "id=%lld the broker can never take this event; it is left out",
                 (long long)id);
    outbox->window[at].acknowledged = true;
    advance(outbox);
}

enum status outbox_save(struct outbox *outbox)
{
    if (outbox->stored == outbox->acknowledged)
        return ST_OK;
    enum status status = store_event_begin(outbox->store);
    if (status != ST_OK)
        return status;
    status = store_event_acknowledged(outbox->store, outbox->acknowledged);
    enum status ended = store_event_end(outbox->store, status == ST_OK);
    if (status == ST_OK && ended == ST_OK)
        outbox->stored = outbox->acknowledged;
    return status == ST_OK ? ended : status;
}
