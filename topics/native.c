#include "topics/native.h"

#include "topics/json_write.h"
#include "topics/topic.h"

#include <string.h>

#define REPLY_WORD "reply"

static void copy(char *out, struct text text)
{
    memcpy(out, text.at, text.length);
    out[text.length] = '\0';
}

static bool is_reply(struct text word)
{
    return word.length == strlen(REPLY_WORD) && memcmp(word.at, REPLY_WORD, word.length) == 0;
}

/* A Response Topic is used only when it is the sender's own `reply` or one level below it. */
static void read_reply_topic(const char *topic, size_t length, struct address *out)
{
    struct text parameters[TOPIC_PARAMETERS];
    enum topic_id plain = out->admin ? TOPIC_ADMIN_REPLY : TOPIC_DEVICE_REPLY;
    enum topic_id named = out->admin ? TOPIC_ADMIN_REPLY_NAMED : TOPIC_DEVICE_REPLY_NAMED;
    out->reply_topic[0] = '\0';
    if (topic == NULL || length >= sizeof out->reply_topic)
        return;
    bool fits =
        topic_match(plain, topic, length, parameters, NULL) || topic_match(named, topic, length, parameters, NULL);
    if (fits && parameters[0].length == strlen(out->id) && memcmp(parameters[0].at, out->id, parameters[0].length) == 0)
        copy(out->reply_topic, (struct text){topic, length});
}

/* What the gate tells. */
static bool read_hint(const char *topic, size_t length, struct address *out)
{
    static const struct {
        enum topic_id topic;
        enum operation operation;
    } hints[] = {{TOPIC_GATE_CONNECTED, OP_CONNECTED},
                 {TOPIC_GATE_DISCONNECTED, OP_DISCONNECTED},
                 {TOPIC_GATE_REFUSED, OP_REFUSED},
                 {TOPIC_GATE_CHECKED, OP_CHECKED},
                 {TOPIC_GATE_RELOADED, OP_RELOADED}};
    for (size_t i = 0; i < sizeof hints / sizeof *hints; i++)
        if (topic_match(hints[i].topic, topic, length, NULL, NULL)) {
            out->operation = hints[i].operation;
            out->gate = true;
            out->id[0] = out->verb[0] = out->reply_topic[0] = '\0';
            return true;
        }
    return false;
}

enum status native_address(const char *topic, size_t length, const char *response_topic, size_t response_length,
                           struct address *out)
{
    struct text parameters[TOPIC_PARAMETERS];
    out->noun[0] = '\0';
    out->admin = out->gate = false;
    if (topic_match(TOPIC_DEVICE_REQUEST, topic, length, parameters, NULL)) {
        if (is_reply(parameters[1]))
            return ST_SILENT;
        copy(out->verb, parameters[1]);
        out->operation = operation_find(NULL, 0, parameters[1].at, parameters[1].length);
    } else if (topic_match(TOPIC_ADMIN_REQUEST, topic, length, parameters, NULL)) {
        if (is_reply(parameters[1]))
            return ST_SILENT;
        out->admin = true;
        copy(out->noun, parameters[1]);
        copy(out->verb, parameters[2]);
        out->operation = operation_find(parameters[1].at, parameters[1].length, parameters[2].at, parameters[2].length);
    } else {
        return read_hint(topic, length, out) ? ST_OK : ST_SILENT;
    }
    copy(out->id, parameters[0]);
    read_reply_topic(response_topic, response_length, out);
    return ST_OK;
}

size_t native_answer_topic(const struct address *address, bool accepted, char *out, size_t size)
{
    size_t length = strlen(address->reply_topic);
    if (length > 0) {
        if (length >= size)
            return 0;
        memcpy(out, address->reply_topic, length + 1);
        return length;
    }
    if (address->admin)
        return topic_build(accepted ? TOPIC_ADMIN_ACCEPTED : TOPIC_ADMIN_REJECTED, out, size,
                           (const char *const[]){address->id, address->noun, address->verb});
    return topic_build(accepted ? TOPIC_DEVICE_ACCEPTED : TOPIC_DEVICE_REJECTED, out, size,
                       (const char *const[]){address->id, address->verb});
}

static void begin(struct json_writer *json, const char *request_id, char *out, size_t size)
{
    json_start(json, out, size);
    json_open(json, NULL, '{');
    if (request_id[0] != '\0')
        json_text(json, "requestId", request_id);
}

static size_t end(struct json_writer *json)
{
    json_close(json, '}');
    return json->overflow ? 0 : json->length;
}

size_t native_accepted(const char *request_id, const char *members, const char *secrets, char *out, size_t size)
{
    struct json_writer json;
    begin(&json, request_id, out, size);
    json_members(&json, members);
    json_members(&json, secrets);
    return end(&json);
}

size_t native_rejected(const char *request_id, const struct why *why, char *out, size_t size)
{
    struct json_writer json;
    begin(&json, request_id, out, size);
    json_open(&json, "error", '{');
    json_text(&json, "code", status_code(why->status));
    json_text(&json, "message", why->message[0] != '\0' ? why->message : status_message(why->status));
    json_text(&json, "mend", why->mend[0] != '\0' ? why->mend : status_mend(why->status));
    if (why->field[0] != '\0')
        json_text(&json, "field", why->field);
    if (why->retry_after_ms > 0)
        json_int(&json, "retryAfterMs", why->retry_after_ms);
    json_close(&json, '}');
    return end(&json);
}
