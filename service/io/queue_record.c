#include "service/io/queue_record.h"

#include <string.h>

#define ALIGN 16

static char *place(char *at, const void *from, size_t length)
{
    if (length > 0)
        memcpy(at, from, length);
    return at + length;
}

void queue_record_write(char *at, const struct queue_record *record, const struct mqtt_message *from)
{
    *(struct queue_record *)(void *)at = *record;
    at = place(at + sizeof *record, from->topic, record->topic_length);
    at = place(at, from->payload, record->payload_length);
    at = place(at, from->response_topic, record->response_topic_length);
    at = place(at, from->correlation, record->correlation_length);
    place(at, from->stamp, record->stamp_length);
}

/* The reverse; returns where the next text lies. */
static const char *read_text(const char *at, bool has, size_t length, const char **text, size_t *text_length)
{
    *text = has ? at : NULL;
    *text_length = length;
    return at + length;
}

void queue_record_read(const struct queue_record *record, struct queue_item *item)
{
    const char *at = (const char *)(record + 1), *payload, *correlation;
    struct mqtt_message *to = &item->message;
    *item = (struct queue_item){.kind = (enum queue_kind)record->kind,
                                .source = record->source,
                                .id = record->id,
                                .outcome = (enum mqtt_outcome)record->outcome,
                                .now = record->now,
                                .message.retained = record->retained};
    at = read_text(at, true, record->topic_length, &to->topic, &to->topic_length);
    at = read_text(at, record->has_payload, record->payload_length, &payload, &to->length);
    at = read_text(at, record->has_response_topic, record->response_topic_length, &to->response_topic,
                   &to->response_topic_length);
    at = read_text(at, record->has_correlation, record->correlation_length, &correlation, &to->correlation_length);
    read_text(at, record->has_stamp, record->stamp_length, &to->stamp, &to->stamp_length);
    to->payload = payload;
    to->correlation = correlation;
}

struct queue_record queue_record(const struct queue_item *item, size_t payload_limit)
{
    const struct mqtt_message *message = &item->message;
    struct queue_record record = {.payload_length =
                                      (uint32_t)(message->length < payload_limit ? message->length : payload_limit),
                                  .topic_length = (uint16_t)message->topic_length,
                                  .response_topic_length = (uint16_t)message->response_topic_length,
                                  .correlation_length = (uint16_t)message->correlation_length,
                                  .stamp_length = (uint16_t)message->stamp_length,
                                  .kind = (uint8_t)item->kind,
                                  .source = (uint8_t)item->source,
                                  .outcome = (uint8_t)item->outcome,
                                  .retained = message->retained,
                                  .has_response_topic = message->response_topic != NULL,
                                  .has_correlation = message->correlation != NULL,
                                  .has_stamp = message->stamp != NULL,
                                  .has_payload = message->payload != NULL,
                                  .now = item->now,
                                  .id = item->id};
    size_t octets = sizeof record + record.topic_length + record.payload_length + record.response_topic_length +
                    record.correlation_length + record.stamp_length;
    record.size = (uint32_t)((octets + ALIGN - 1) / ALIGN * ALIGN);
    return record;
}
