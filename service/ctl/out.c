#include "service/ctl/out.h"

#include "service/io/clock.h"
#include "topics/id.h"
#include "topics/json_write.h"
#include "topics/limits.h"
#include "topics/timestamp.h"

#include <errno.h>
#include <libsmartcols/libsmartcols.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define OUT_CELL 1024
#define OUT_JSON (128 * 1024)

/* C0, DEL and C1 drive terminals; the others turn or hide what stands beside them (Unicode TR 36, 2.10). */
static bool is_harmful(unsigned long c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x61c || (c >= 0x200b && c <= 0x200f) ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff ||
           (c >= 0xe0000 && c <= 0xe007f);
}

void out_clean(const char *text, char *out, size_t size)
{
    size_t left = strlen(text), used = 0;
    while (left > 0) {
        unsigned long point = 0;
        size_t length = id_utf8_next(text, left, &point);
        bool plain = length > 0 && !is_harmful(point);
        length = plain ? length : 1;
        if (used + (plain ? length : 4) >= size)
            break;
        if (plain)
            memcpy(out + used, text, length);
        else
            snprintf(out + used, 5, "\\x%02x", (unsigned)(unsigned char)*text);
        used += plain ? length : 4;
        text += length;
        left -= length;
    }
    out[used] = '\0';
}

static void clean_sentence(char clean[OUT_CELL], const char *format, va_list arguments)
{
    char sentence[800];
    vsnprintf(sentence, sizeof sentence, format, arguments);
    out_clean(sentence, clean, OUT_CELL);
}

enum ctl_exit out_error(enum ctl_exit end, const char *code, const char *mend, const char *format, ...)
{
    char clean[OUT_CELL];
    va_list arguments;
    va_start(arguments, format);
    clean_sentence(clean, format, arguments);
    va_end(arguments);
    fprintf(stderr, "error: %s", clean);
    if (code != NULL) {
        out_clean(code, clean, sizeof clean);
        fprintf(stderr, "  [%s]", clean);
    }
    if (mend != NULL && mend[0] != '\0') {
        out_clean(mend, clean, sizeof clean);
        fprintf(stderr, "\n  mend: %s", clean);
    }
    fputc('\n', stderr);
    return end;
}

void out_say(const char *format, ...)
{
    char clean[OUT_CELL];
    va_list arguments;
    va_start(arguments, format);
    clean_sentence(clean, format, arguments);
    va_end(arguments);
    fprintf(stderr, "%s\n", clean);
}

struct out_table {
    struct libscols_table *cols;
    size_t columns;
};

struct out_table *out_table_new(const char *const titles[], size_t columns)
{
    struct out_table *table = calloc(1, sizeof *table);
    if (table == NULL || (table->cols = scols_new_table()) == NULL) {
        free(table);
        return NULL;
    }
    table->columns = columns;
    scols_table_enable_noheadings(table->cols, titles == NULL);
    for (size_t i = 0; i < columns; i++)
        scols_table_new_column(table->cols, titles != NULL ? titles[i] : "", 0, 0);
    return table;
}

void out_table_free(struct out_table *table)
{
    if (table == NULL)
        return;
    scols_unref_table(table->cols);
    free(table);
}

void out_table_row(struct out_table *table, const char *const texts[])
{
    char clean[OUT_CELL];
    struct libscols_line *line = scols_table_new_line(table->cols, NULL);
    for (size_t i = 0; line != NULL && i < table->columns; i++) {
        out_clean(texts[i] != NULL ? texts[i] : "", clean, sizeof clean);
        scols_line_set_data(line, i, clean);
    }
}

void out_table_print(struct out_table *table)
{
    if (scols_table_get_nlines(table->cols) == 0)
        return;
    scols_print_table(table->cols);
    scols_table_remove_lines(table->cols);
    scols_table_enable_noheadings(table->cols, 1);
}

static void add_members(struct out_table *table, const char *path, const struct value *container)
{
    size_t index = 0;
    char name[OUT_CELL], text[OUT_CELL];
    for (const struct value *at = value_first(container); at != NULL; at = value_next(at), index++) {
        /* An answer's own bookkeeping, nothing for people. */
        if (path[0] == '\0' && value_name(at) != NULL && strcmp(value_name(at), "requestId") == 0)
            continue;
        if (value_name(at) != NULL)
            snprintf(name, sizeof name, "%s%s%s", path, path[0] != '\0' ? "." : "", value_name(at));
        else
            snprintf(name, sizeof name, "%s[%zu]", path, index);
        if (value_is_object(at) || value_is_array(at)) {
            add_members(table, name, at);
            continue;
        }
        out_scalar(at, text, sizeof text);
        out_table_row(table, (const char *[]){name, text});
    }
}

void out_object(const struct value *object)
{
    struct out_table *table = out_table_new(NULL, 2);
    if (table == NULL)
        return;
    add_members(table, "", object);
    out_table_print(table);
    out_table_free(table);
}

void out_pairs(const struct out_pair pairs[], size_t count)
{
    struct out_table *table = out_table_new(NULL, 2);
    if (table == NULL)
        return;
    for (size_t i = 0; i < count; i++)
        out_table_row(table, (const char *[]){pairs[i].name, pairs[i].text});
    out_table_print(table);
    out_table_free(table);
}

static void write_value(struct json_writer *json, const char *name, const struct value *value)
{
    double number = 0;
    long long integer = 0;
    bool truth = false;
    char digits[32];
    if (value_is_object(value) || value_is_array(value)) {
        json_open(json, name, value_is_object(value) ? '{' : '[');
        for (const struct value *at = value_first(value); at != NULL; at = value_next(at))
            write_value(json, value_name(at), at);
        json_close(json, value_is_object(value) ? '}' : ']');
    } else if (value_text(value) != NULL) {
        json_text(json, name, value_text(value));
    } else if (value_integer(value, -INT64_C(9007199254740992), INT64_C(9007199254740992), &integer)) {
        json_int(json, name, integer);
    } else if (value_number(value, &number)) {
        snprintf(digits, sizeof digits, "%.17g", number);
        json_raw(json, name, digits);
    } else if (value_is_bool(value, &truth)) {
        json_bool(json, name, truth);
    } else {
        json_raw(json, name, NULL);
    }
}

bool out_value(const struct value *value, char *out, size_t size)
{
    struct json_writer json;
    json_start(&json, out, size);
    write_value(&json, NULL, value);
    return !json.overflow;
}

void out_json(const char *schema, const struct value *object)
{
    char text[OUT_JSON];
    struct json_writer json;
    json_start(&json, text, sizeof text);
    json_open(&json, NULL, '{');
    json_text(&json, "schema", schema);
    for (const struct value *at = value_first(object); at != NULL; at = value_next(at))
        write_value(&json, value_name(at), at);
    json_close(&json, '}');
    puts(text);
}

void out_scalar(const struct value *value, char *out, size_t size)
{
    if (value == NULL || value_is_null(value))
        snprintf(out, size, "-");
    else if (value_text(value) != NULL)
        snprintf(out, size, "%s", value_text(value));
    else if (!out_value(value, out, size))
        snprintf(out, size, "...");
}

void out_ago(const struct value *time, char *out, size_t size)
{
    static const struct {
        int64_t below, unit; /* seconds */
        const char *name;
    } units[] = {{120, 1, "s"}, {7200, 60, "min"}, {172800, 3600, "h"}, {INT64_MAX, 86400, "d"}};
    const char *text = value_text(time);
    int64_t wall = 0;
    if (text == NULL || !timestamp_parse(text, strlen(text), &wall)) {
        snprintf(out, size, "-");
        return;
    }
    int64_t seconds = (clock_now().wall - wall) / 1000, far = seconds < 0 ? -seconds : seconds;
    size_t i = 0;
    while (far >= units[i].below)
        i++;
    long long rounded = (far + units[i].unit / 2) / units[i].unit;
    snprintf(out, size, seconds < 0 ? "in %lld %s" : "%lld %s ago", rounded, units[i].name);
}

enum ctl_exit out_done(void)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return CTL_DONE;
    return out_error(CTL_FAILED, NULL, "is the disk full, or the reader gone?", "cannot write the output: %s",
                     strerror(errno));
}
