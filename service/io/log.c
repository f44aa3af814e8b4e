#include "service/io/log.h"

#include "service/io/clock.h"
#include "topics/json_write.h"
#include "topics/timestamp.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LINE 1000

static const char *const names[] = {"error", "warning", "notice", "info", "debug"};

/* The only mutable state of a file: set once at the start, before there are threads. */
static struct {
    enum log_level level;
    bool json;
} setup = {LOG_INFO, false};

bool log_level_from_name(const char *name, enum log_level *level)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], name) == 0) {
            *level = (enum log_level)i;
            return true;
        }
    return false;
}

void log_setup(enum log_level level, bool json)
{
    setup.level = level;
    setup.json = json;
}

/* Control characters, DEL and everything that is not ASCII become `?`: a terminal acts on none of it. */
static void clean(char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < 0x20 || (unsigned char)*text >= 0x7f)
            *text = '?';
}

/* Writes one line with its line feed into `line` of 2 * LINE octets; returns its length, 0 when its level is not
 * wanted. */
static size_t format_line(char *line, enum log_level level, const char *event, const char *format, va_list arguments)
{
    char text[LINE], time[TIMESTAMP_SIZE];
    if (level > setup.level)
        return 0;
    vsnprintf(text, sizeof text, format, arguments);
    clean(text);
    timestamp_format(clock_now().wall, time);
    size_t length = 0;
    if (setup.json) {
        struct json_writer json;
        json_start(&json, line, 2 * LINE - 1);
        json_open(&json, NULL, '{');
        json_text(&json, "time", time);
        json_text(&json, "level", names[level]);
        json_text(&json, "event", event);
        json_text(&json, "text", text);
        json_close(&json, '}');
        length = json.length;
    } else {
        length = (size_t)snprintf(line, 2 * LINE - 1, "%s %-7s %s %s", time, names[level], event, text);
    }
    line[length] = '\n';
    return length + 1;
}

static void write_out(const char *text, size_t length)
{
    if (length > 0 && write(STDERR_FILENO, text, length) < 0)
        return; /* nowhere left to say it */
}

void log_line(enum log_level level, const char *event, const char *format, ...)
{
    char line[2 * LINE];
    va_list arguments;
    va_start(arguments, format);
    size_t length = format_line(line, level, event, format, arguments);
    va_end(arguments);
    write_out(line, length);
}

void log_hold(struct log_batch *batch, enum log_level level, const char *event, const char *format, ...)
{
    char line[2 * LINE];
    va_list arguments;
    va_start(arguments, format);
    size_t length = format_line(line, level, event, format, arguments);
    va_end(arguments);
    if (batch->length + length > sizeof batch->at) {
        batch->left_out++;
        return;
    }
    memcpy(batch->at + batch->length, line, length);
    batch->length += length;
}

void log_release(struct log_batch *batch, bool keep)
{
    if (keep) {
        write_out(batch->at, batch->length);
        if (batch->left_out > 0)
            log_line(LOG_NOTICE, "log_left_out", "lines=%u of one batch", batch->left_out);
    }
    batch->length = batch->left_out = 0;
}
