/*
 * An item of the queue as it lies in a buffer. Inside the queue only.
 */
#ifndef MUSTER_IO_QUEUE_RECORD_H
#define MUSTER_IO_QUEUE_RECORD_H

#include "service/io/queue.h"

/* An item as it lies in a buffer, and behind it the octets of its texts: topic, payload, Response Topic, Correlation
 * Data, stamp. Small, because the
 * octets go from one processor's cache to another's: that costs more than all else that is done with a heartbeat. */
struct queue_record {
    uint32_t size, payload_length;
    uint16_t topic_length, response_topic_length, correlation_length, stamp_length; /* MQTT gives each 16 bits */
    uint8_t kind, source, outcome, retained;
    bool has_response_topic, has_correlation, has_stamp, has_payload; /* NULL is not an empty text */
    struct now now;
    uint64_t id;
};

/* The head of an item; its size is that of the whole record, a multiple of 16 octets. */
struct queue_record queue_record(const struct queue_item *item, size_t payload_limit);

/* Writes the head and the octets that `from` means to `at`, which has room for the record's size. */
void queue_record_write(char *at, const struct queue_record *record, const struct mqtt_message *from);

/* The item again; its texts lie in the record. */
void queue_record_read(const struct queue_record *record, struct queue_item *item);

static inline const char *queue_record_topic(const struct queue_record *record)
{
    return (const char *)(record + 1);
}

#endif
