#include "topics/beat.h"

#include "topics/limits.h"

#include <string.h>

#define PAYLOAD_MAX 1024
#define METRICS_MAX 16
#define DIGITS_MAX  15 /* before and behind the point: any such number is in range */

static const char prefix[] = "muster/v1/device/", suffix[] = "/heartbeat";

bool beat_topic(const char *topic, size_t length, struct text *uuid)
{
    const size_t before = sizeof prefix - 1, behind = sizeof suffix - 1;
    if (length <= before + behind || memcmp(topic, prefix, before) != 0 ||
        memcmp(topic + length - behind, suffix, behind) != 0)
        return false;
    *uuid = (struct text){topic + before, length - before - behind};
    return true;
}

struct cursor {
    const char *at, *end;
};

static char peek(const struct cursor *cursor)
{
    return cursor->at < cursor->end ? *cursor->at : '\0';
}

static void skip_blanks(struct cursor *cursor)
{
    while (cursor->at < cursor->end &&
           (*cursor->at == ' ' || *cursor->at == '\n' || *cursor->at == '\t' || *cursor->at == '\r'))
        cursor->at++;
}

static bool take(struct cursor *cursor, char wanted)
{
    skip_blanks(cursor);
    if (peek(cursor) != wanted || cursor->at == cursor->end)
        return false;
    cursor->at++;
    return true;
}

static bool take_string(struct cursor *cursor, size_t most, struct text *out)
{
    if (!take(cursor, '"'))
        return false;
    const char *from = cursor->at;
    while (cursor->at < cursor->end && *cursor->at >= ' ' && *cursor->at <= '~' && *cursor->at != '"' &&
           *cursor->at != '\\')
        cursor->at++;
    *out = (struct text){from, (size_t)(cursor->at - from)};
    bool ends = peek(cursor) == '"';
    cursor->at += ends;
    return ends && out->length > 0 && out->length <= most;
}

static size_t take_digits(struct cursor *cursor)
{
    const char *from = cursor->at;
    while (peek(cursor) >= '0' && peek(cursor) <= '9')
        cursor->at++;
    return (size_t)(cursor->at - from);
}

static bool take_number(struct cursor *cursor)
{
    skip_blanks(cursor);
    if (peek(cursor) == '-')
        cursor->at++;
    bool zero = peek(cursor) == '0';
    size_t whole = take_digits(cursor), part = 1;
    if (peek(cursor) == '.') {
        cursor->at++;
        part = take_digits(cursor);
    }
    return whole > 0 && whole <= (zero ? 1 : DIGITS_MAX) && part > 0 && part <= DIGITS_MAX;
}

static bool is_among(const struct text *names, size_t count, struct text name)
{
    for (size_t i = 0; i < count; i++)
        if (names[i].length == name.length && memcmp(names[i].at, name.at, name.length) == 0)
            return true;
    return false;
}

static bool take_metrics(struct cursor *cursor)
{
    struct text names[METRICS_MAX];
    size_t count = 0;
    if (!take(cursor, '{'))
        return false;
    if (take(cursor, '}'))
        return true;
    do {
        if (count == METRICS_MAX || !take_string(cursor, LIMIT_NAME, &names[count]) ||
            is_among(names, count, names[count]) || !take(cursor, ':') || !take_number(cursor))
            return false;
        count++;
    } while (take(cursor, ','));
    return take(cursor, '}');
}

static bool is_word(struct text text, const char *word)
{
    return text.length == strlen(word) && memcmp(text.at, word, text.length) == 0;
}

bool beat_payload(const char *payload, size_t length, struct text *session)
{
    struct cursor cursor = {payload, payload + length};
    struct text names[2];
    size_t count = 0;
    *session = (struct text){NULL, 0};
    if (length == 0)
        return true;
    if (length > PAYLOAD_MAX || !take(&cursor, '{'))
        return false;
    bool more = !take(&cursor, '}');
    while (more) {
        if (count == 2 || !take_string(&cursor, LIMIT_NAME, &names[count]) || is_among(names, count, names[count]) ||
            !take(&cursor, ':'))
            return false;
        bool taken = is_word(names[count], "metrics")
                         ? take_metrics(&cursor)
                         : is_word(names[count], "session") && take_string(&cursor, LIMIT_SESSION, session);
        if (!taken)
            return false;
        count++;
        more = take(&cursor, ',');
        if (!more && !take(&cursor, '}'))
            return false;
    }
    skip_blanks(&cursor);
    return cursor.at == cursor.end;
}
