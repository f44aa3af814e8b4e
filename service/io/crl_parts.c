#include "service/io/crl_parts.h"

#include "topics/json_write.h"
#include "topics/limits.h"
#include "topics/topic.h"

#include <stdio.h>
#include <string.h>

/* 64 parts are out before the next list comes, a second after this one was begun: a loop that turns slowly sends up to
 * PAGES_MOST pages at once. */
#define PAGE_MS    20 /* between two pages */
#define PAGE_PARTS 4
#define PAGES_MOST 6

_Static_assert(CRL_PART_SIZE + LIMIT_TOPIC + 16 < 65536, "the broker takes the packet of a part");

unsigned crl_parts_count(size_t length)
{
    size_t count = (length + CRL_MESSAGE_MAX - 1) / CRL_MESSAGE_MAX;
    return count > 1 && count <= CRL_PARTS_MAX ? (unsigned)count : 0;
}

void crl_parts_forget(struct crl_parts *parts)
{
    parts->kept = CRL_PARTS_MAX;
}

void crl_parts_start(struct crl_parts *parts, const char *text, size_t length, int64_t number)
{
    unsigned kept = parts->kept, count = crl_parts_count(length);
    *parts = (struct crl_parts){.text = text, .length = length, .number = number, .going = true, .next = 1};
    if (count > 0 && digest_sha256_hex(text, length, parts->sha256)) /* without memory for it there are none */
        parts->count = count;
    parts->kept = kept > parts->count ? kept : parts->count;
}

size_t crl_parts_write(const struct crl_parts *parts, unsigned part, char *out, size_t size)
{
    char piece[CRL_MESSAGE_MAX + 1];
    size_t offset = (size_t)(part - 1) * CRL_MESSAGE_MAX, left = parts->length - offset;
    size_t length = left < CRL_MESSAGE_MAX ? left : CRL_MESSAGE_MAX;
    struct json_writer json;
    memcpy(piece, parts->text + offset, length);
    piece[length] = '\0';
    json_start(&json, out, size);
    json_open(&json, NULL, '{');
    json_int(&json, "number", parts->number);
    json_int(&json, "part", part);
    json_int(&json, "parts", parts->count);
    json_text(&json, "sha256", parts->sha256);
    json_text(&json, "crlPem", piece);
    json_close(&json, '}');
    return json.overflow ? 0 : json.length;
}

static bool send(struct mqtt *mqtt, unsigned part, const char *body, size_t length)
{
    char topic[LIMIT_TOPIC], level[12];
    snprintf(level, sizeof level, "%u", part);
    topic_build(TOPIC_CRL_PART, topic, sizeof topic, (const char *const[]){"all", level});
    return mqtt_send(mqtt, &(struct mqtt_publish){.topic = topic,
                                                  .payload = body,
                                                  .length = length,
                                                  .qos = topic_qos(TOPIC_CRL_PART),
                                                  .retained = topic_is_retained(TOPIC_CRL_PART)});
}

static bool send_part(const struct crl_parts *parts, struct mqtt *mqtt)
{
    char body[CRL_PART_SIZE];
    return send(mqtt, parts->next, body, crl_parts_write(parts, parts->next, body, sizeof body));
}

/* How many parts may go out now. */
static int64_t pace(struct crl_parts *parts, struct mono now)
{
    int64_t pages = 1 + (now.ms - parts->not_before.ms) / PAGE_MS;
    if (parts->next == 1) /* nothing was to be sent before */
        pages = 1;
    parts->not_before = mono_add(now, PAGE_MS);
    return PAGE_PARTS * (pages < PAGES_MOST ? pages : PAGES_MOST);
}

void crl_parts_walk_on(struct crl_parts *parts, struct mqtt *mqtt, struct mono now)
{
    if (!parts->going || now.ms < parts->not_before.ms)
        return;
    int64_t most = pace(parts, now);
    for (int i = 0; i < most && parts->next <= parts->count && send_part(parts, mqtt); i++)
        parts->next++;
    if (parts->next <= parts->count)
        return;
    while (parts->next <= parts->kept && send(mqtt, parts->next, "", 0)) /* they are small: all at once */
        parts->next++;
    parts->going = parts->next <= parts->kept;
    if (!parts->going)
        parts->kept = parts->count;
}
