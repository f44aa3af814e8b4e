#include "topics/stamp.h"

#include "topics/id.h"
#include "topics/siphash.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *word;
    bool has_id;
} hows[STAMP_HOW_COUNT] = {
#define STAMP_HOW_ROW(name, word, has_id) [name] = {word, has_id},
    STAMP_HOW_LIST(STAMP_HOW_ROW)
#undef STAMP_HOW_ROW
};

void stamp_name(const struct stamp *stamp, char out[STAMP_NAME])
{
    bool has_id = hows[stamp->how].has_id;
    snprintf(out, STAMP_NAME, "%s%s%s", hows[stamp->how].word, has_id ? ":" : "", has_id ? stamp->credential : "");
}

void stamp_connection(uint64_t connection, char out[STAMP_CONNECTION + 1])
{
    static const char digits[] = "0123456789abcdef";
    for (int i = STAMP_CONNECTION - 1; i >= 0; i--, connection >>= 4)
        out[i] = digits[connection & 15];
    out[STAMP_CONNECTION] = '\0';
}

void stamp_receiver(const struct stamp *stamp, char out[STAMP_RECEIVER])
{
    stamp_connection(stamp->connection, out);
    snprintf(out + STAMP_CONNECTION, STAMP_RECEIVER - STAMP_CONNECTION, " %s", stamp->client_id);
}

bool stamp_read_connection(const char *text, size_t length, uint64_t *out)
{
    *out = 0;
    for (size_t i = 0; i < length; i++) {
        char c = text[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
            return false;
        *out = *out << 4 | (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    return length == STAMP_CONNECTION;
}

/* Over the stamp behind its first word, the topic, and a code of the payload. Where each ends is never in doubt: a
 * stamp holds no NUL, and the code has a fixed length. */
static uint64_t mac_of(const char *rest, size_t rest_length, const uint64_t key[2], const struct stamped *what)
{
    char octets[STAMP_MAX + LIMIT_TOPIC + 2 + sizeof(uint64_t)];
    uint64_t payload = siphash_mac(key, what->payload, what->length);
    size_t length = 0;
    memcpy(octets, rest, rest_length);
    length += rest_length;
    octets[length++] = '\0';
    memcpy(octets + length, what->topic, what->topic_length);
    length += what->topic_length;
    octets[length++] = '\0';
    memcpy(octets + length, &payload, sizeof payload);
    return siphash_mac(key, octets, length + sizeof payload);
}

size_t stamp_write(const struct stamp *stamp, const uint64_t key[2], const struct stamped *what, char out[STAMP_MAX])
{
    char name[STAMP_NAME], connection[STAMP_CONNECTION + 1], mac[STAMP_CONNECTION + 1];
    char *rest = out + STAMP_CONNECTION + 1;
    if (what->topic_length > LIMIT_TOPIC)
        return 0;
    stamp_name(stamp, name);
    stamp_connection(stamp->connection, connection);
    int length = snprintf(rest, STAMP_MAX - STAMP_CONNECTION - 1, "%s %s %s %s", connection, name, stamp->address,
                          stamp->client_id);
    stamp_connection(mac_of(rest, (size_t)length, key, what), mac);
    memcpy(out, mac, STAMP_CONNECTION);
    out[STAMP_CONNECTION] = ' ';
    return (size_t)length + STAMP_CONNECTION + 1;
}

/* The next word of `rest`, which ends with a blank; false when there is none, or it has more than `most` octets. */
static bool next_word(const char **rest, size_t *left, size_t most, const char **word, size_t *length)
{
    const char *blank = memchr(*rest, ' ', *left);
    if (blank == NULL || blank == *rest || (size_t)(blank - *rest) > most)
        return false;
    *word = *rest;
    *length = (size_t)(blank - *rest);
    *rest = blank + 1;
    *left -= *length + 1;
    return true;
}

static bool read_how(const char *at, size_t length, struct stamp *out)
{
    const char *colon = memchr(at, ':', length);
    size_t word = colon != NULL ? (size_t)(colon - at) : length, id = colon != NULL ? length - word - 1 : 0;
    for (int i = 0; i < STAMP_HOW_COUNT; i++) {
        if (strlen(hows[i].word) != word || memcmp(hows[i].word, at, word) != 0)
            continue;
        if (hows[i].has_id != (colon != NULL) || hows[i].has_id != (id > 0) || id > STAMP_CREDENTIAL)
            return false;
        out->how = (enum stamp_how)i;
        memcpy(out->credential, at + length - id, id);
        out->credential[id] = '\0';
        return true;
    }
    return false;
}

bool stamp_read(const char *text, size_t length, const uint64_t key[2], const struct stamped *what, struct stamp *out)
{
    const char *rest = text, *word = NULL, *authenticated = NULL;
    size_t left = length, size = 0;
    uint64_t mac = 0;
    if (length >= STAMP_MAX || memchr(text, '\0', length) != NULL || what->topic_length > LIMIT_TOPIC)
        return false;
    if (!next_word(&rest, &left, STAMP_CONNECTION, &word, &size) || !stamp_read_connection(word, size, &mac))
        return false;
    authenticated = rest;
    if (mac != mac_of(authenticated, left, key, what))
        return false;
    if (!next_word(&rest, &left, STAMP_CONNECTION, &word, &size) ||
        !stamp_read_connection(word, size, &out->connection) || !next_word(&rest, &left, STAMP_NAME, &word, &size) ||
        !read_how(word, size, out) || !next_word(&rest, &left, LIMIT_ADDRESS, &word, &size))
        return false;
    memcpy(out->address, word, size);
    out->address[size] = '\0';
    if (!id_is_connection(rest, left))
        return false;
    memcpy(out->client_id, rest, left);
    out->client_id[left] = '\0';
    return true;
}
