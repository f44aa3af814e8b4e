#include "topics/json_write.h"

#include "topics/timestamp.h"

#include <stdio.h>
#include <string.h>

void json_start(struct json_writer *json, char *out, size_t size)
{
    *json = (struct json_writer){.at = out, .size = size};
    out[0] = '\0';
}

static void put(struct json_writer *json, const char *text, size_t length)
{
    if (json->overflow || json->length + length >= json->size) {
        json->overflow = true;
        return;
    }
    memcpy(json->at + json->length, text, length);
    json->length += length;
    json->at[json->length] = '\0';
}

/* RFC 8259, section 7: quotation mark, reverse solidus and controls are escaped; so is DEL, which json_scan refuses. */
static void put_escaped(struct json_writer *json, char c)
{
    static const char plain[] = "\b\t\n\f\r\"\\", letter[] = "btnfr\"\\";
    const char *found = strchr(plain, c);
    char escape[8];
    if (found != NULL)
        snprintf(escape, sizeof escape, "\\%c", letter[found - plain]);
    else
        snprintf(escape, sizeof escape, "\\u%04x", (unsigned)(unsigned char)c);
    put(json, escape, strlen(escape));
}

static void put_quoted(struct json_writer *json, const char *value)
{
    put(json, "\"", 1);
    for (const char *c = value; *c != '\0';) {
        size_t plain = 0;
        while ((unsigned char)c[plain] >= 0x20 && c[plain] != '"' && c[plain] != '\\' && c[plain] != 0x7f)
            plain++;
        put(json, c, plain);
        c += plain;
        if (*c != '\0')
            put_escaped(json, *c++);
    }
    put(json, "\"", 1);
}

static void begin(struct json_writer *json, const char *name)
{
    if (json->comma)
        put(json, ",", 1);
    if (name != NULL) {
        put_quoted(json, name);
        put(json, ":", 1);
    }
    json->comma = true;
}

void json_open(struct json_writer *json, const char *name, char bracket)
{
    begin(json, name);
    put(json, &bracket, 1);
    json->comma = false;
}

void json_close(struct json_writer *json, char bracket)
{
    put(json, &bracket, 1);
    json->comma = true;
}

void json_raw(struct json_writer *json, const char *name, const char *value)
{
    const char *text = value != NULL && value[0] != '\0' ? value : "null";
    begin(json, name);
    put(json, text, strlen(text));
}

void json_text(struct json_writer *json, const char *name, const char *value)
{
    if (value == NULL) {
        json_raw(json, name, NULL);
        return;
    }
    begin(json, name);
    put_quoted(json, value);
}

void json_int(struct json_writer *json, const char *name, int64_t value)
{
    char text[24];
    snprintf(text, sizeof text, "%lld", (long long)value);
    json_raw(json, name, text);
}

void json_bool(struct json_writer *json, const char *name, bool value)
{
    json_raw(json, name, value ? "true" : "false");
}

void json_time(struct json_writer *json, const char *name, int64_t wall_ms)
{
    char text[TIMESTAMP_SIZE];
    timestamp_format(wall_ms, text);
    json_text(json, name, wall_ms == 0 ? NULL : text);
}

void json_members(struct json_writer *json, const char *members)
{
    if (members[0] == '\0')
        return;
    begin(json, NULL);
    put(json, members, strlen(members));
}
