#include "service/config.h"

#include "certs/file.h"
#include "service/config_keys.h"
#include "topics/id.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONFIG_FILE_MAX (64 * 1024)

enum kind { CONFIG_WORD, CONFIG_STRING, CONFIG_COUNTRY, CONFIG_FILE, CONFIG_NUMBER, CONFIG_BOOL, CONFIG_PER_TYPE };

static const struct key {
    const char *name;
    enum kind kind;
    size_t offset, size;
    int least, most;
    const char *fallback, *choices, *help;
} keys[] = {
#define CONFIG_ROW(name, kind, field, least, most, fallback, choices, help)                                            \
    {name,    kind, offsetof(struct config, field), sizeof((struct config *)NULL)->field, least, most, fallback,       \
     choices, help},
    CONFIG_KEY_LIST(CONFIG_ROW)
#undef CONFIG_ROW
};

#define KEY_COUNT (sizeof keys / sizeof keys[0])

/* What is known while a file is read. `seen` is the line on which each key stood first. */
struct reader {
    const char *path;
    int line;
    int seen[KEY_COUNT];
    struct config *config;
    char *error;
    size_t error_size;
};

static int refuse(const struct reader *reader, const char *format, ...) __attribute__((format(printf, 2, 3)));

static int refuse(const struct reader *reader, const char *format, ...)
{
    char what[400];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    snprintf(reader->error, reader->error_size, "%s:%d: %s", reader->path, reader->line, what);
    return -1;
}

static size_t least_of(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Optimal string alignment: insert, delete, replace, swap of neighbours cost one each. */
size_t config_distance(const char *a, const char *b)
{
    enum { WIDEST = 48 };
    size_t rows[3][WIDEST + 1], length_a = strlen(a), length_b = strlen(b);
    if (length_a > WIDEST || length_b > WIDEST)
        return WIDEST;
    for (size_t j = 0; j <= length_b; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= length_a; i++) {
        size_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= length_b; j++) {
            row[j] = least_of(least_of(above[j], row[j - 1]) + 1, above[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = least_of(row[j], before[j - 2] + 1);
        }
    }
    return rows[length_a % 3][length_b];
}

static int refuse_unknown(const struct reader *reader, const char *name)
{
    const struct key *nearest = NULL;
    size_t best = 6;
    for (size_t i = 0; i < KEY_COUNT; i++) {
        size_t distance = config_distance(name, keys[i].name);
        if (distance < best) {
            best = distance;
            nearest = &keys[i];
        }
    }
    if (nearest != NULL)
        return refuse(reader, "unknown key \"%.60s\": did you mean %s?", name, nearest->name);
    return refuse(reader, "unknown key \"%.60s\": docs/configuration.md lists the keys", name);
}

static bool read_number(const char *text, int least, int most, int *out)
{
    char *end = NULL;
    errno = 0;
    long number = strtol(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || number < least || number > most)
        return false;
    *out = (int)number;
    return true;
}

static bool is_choice(const char *choices, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = choices; length > 0 && (at = strstr(at, word)) != NULL; at += length)
        if ((at == choices || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0'))
            return true;
    return false;
}

static int set_word(const struct reader *reader, const struct key *key, const char *value, char *field)
{
    if (!is_choice(key->choices, value))
        return refuse(reader, "%s cannot be \"%.40s\": use one of: %s", key->name, value, key->choices);
    snprintf(field, key->size, "%s", value);
    return 0;
}

static int set_string(const struct reader *reader, const struct key *key, const char *value, char *field)
{
    size_t length = strlen(value);
    if (length < (size_t)key->least || length > (size_t)key->most)
        return refuse(reader, "%s has %zu octets: use %d to %d", key->name, length, key->least, key->most);
    if (!id_is_clean_text(value, length, false))
        return refuse(reader, "%s is not UTF-8 without control characters: write it anew", key->name);
    snprintf(field, key->size, "%s", value);
    return 0;
}

static int set_country(const struct reader *reader, const struct key *key, const char *value, char *field)
{
    size_t length = strlen(value);
    if (length != 0 && (length != 2 || strspn(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 2))
        return refuse(reader, "%s cannot be \"%.40s\": use two capital letters (ISO 3166)", key->name, value);
    snprintf(field, key->size, "%s", value);
    return 0;
}

/* The service may be started from anywhere, so a relative path means the folder of the file it stands in. */
static int set_file(const struct reader *reader, const struct key *key, const char *value, char *field)
{
    if (value[0] == '\0' && key->least > 0)
        return refuse(reader, "%s has no value: name a file, or remove the line", key->name);
    bool whole = value[0] == '/' || value[0] == '\0';
    const char *folder = whole ? "" : reader->config->directory;
    int length = snprintf(field, key->size, "%s%s%s", folder, whole ? "" : "/", value);
    if (length < 0 || (size_t)length >= key->size)
        return refuse(reader, "%s is too long: use a path of less than %zu octets", key->name, key->size);
    return 0;
}

static int set_number(const struct reader *reader, const struct key *key, const char *value, int *field)
{
    if (!read_number(value, key->least, key->most, field))
        return refuse(reader, "%s cannot be \"%.40s\": use a whole number from %d to %d", key->name, value, key->least,
                      key->most);
    return 0;
}

static int set_bool(const struct reader *reader, const struct key *key, const char *value, bool *field)
{
    *field = strcmp(value, "true") == 0;
    if (!*field && strcmp(value, "false") != 0)
        return refuse(reader, "%s cannot be \"%.40s\": use true or false", key->name, value);
    return 0;
}

static int set_per_type(const struct reader *reader, const struct key *key, const char *value)
{
    struct config *config = reader->config;
    const char *blank = strrchr(value, ' ');
    int seconds = 0;
    if (blank == NULL || blank == value || !read_number(blank + 1, key->least, key->most, &seconds))
        return refuse(reader, "%s takes a device type and seconds: use for example %s sensor 900 (%d to %d seconds)",
                      key->name, key->name, key->least, key->most);
    size_t length = (size_t)(blank - value);
    while (value[length - 1] == ' ')
        length--;
    if (length > LIMIT_DEVICE_TYPE || !id_is_clean_text(value, length, false))
        return refuse(reader, "no device has such a type: use %d octets of UTF-8 at most", LIMIT_DEVICE_TYPE);
    for (size_t i = 0; i < config->type_count; i++)
        if (strlen(config->type_offline_after[i].type) == length &&
            memcmp(config->type_offline_after[i].type, value, length) == 0)
            return refuse(reader, "%s stands twice for the type %.*s: remove one of the lines", key->name, (int)length,
                          value);
    if (config->type_count == CONFIG_TYPES)
        return refuse(reader, "%s stands more than %d times: remove some", key->name, CONFIG_TYPES);
    snprintf(config->type_offline_after[config->type_count].type, CONFIG_TEXT, "%.*s", (int)length, value);
    config->type_offline_after[config->type_count++].seconds = seconds;
    return 0;
}

static int set_value(const struct reader *reader, const struct key *key, const char *value)
{
    void *field = (char *)reader->config + key->offset;
    switch (key->kind) {
    case CONFIG_WORD:
        return set_word(reader, key, value, field);
    case CONFIG_STRING:
        return set_string(reader, key, value, field);
    case CONFIG_COUNTRY:
        return set_country(reader, key, value, field);
    case CONFIG_FILE:
        return set_file(reader, key, value, field);
    case CONFIG_NUMBER:
        return set_number(reader, key, value, field);
    case CONFIG_BOOL:
        return set_bool(reader, key, value, field);
    default:
        return set_per_type(reader, key, value);
    }
}

static size_t find_key(const char *name)
{
    size_t i = 0;
    while (i < KEY_COUNT && strcmp(keys[i].name, name) != 0)
        i++;
    return i;
}

static int read_line(struct reader *reader, char *line)
{
    size_t length = strlen(line);
    while (length > 0 && strchr(" \t\r", line[length - 1]) != NULL)
        line[--length] = '\0';
    char *name = line + strspn(line, " \t");
    if (name[0] == '\0' || name[0] == '#')
        return 0;
    char *value = name + strcspn(name, " \t");
    if (*value != '\0')
        *value++ = '\0';
    value += strspn(value, " \t");
    size_t key = find_key(name);
    if (key == KEY_COUNT)
        return refuse_unknown(reader, name);
    if (reader->seen[key] != 0 && keys[key].kind != CONFIG_PER_TYPE)
        return refuse(reader, "%s stands twice, on line %d too: remove one of the lines", name, reader->seen[key]);
    reader->seen[key] = reader->line;
    return set_value(reader, &keys[key], value);
}

/* A fifth, so that four heartbeats may be lost before a device counts as offline. */
static void default_heartbeat(struct config *config)
{
    int fifth = config->offline_after_seconds / 5;
    config->heartbeat_seconds = fifth < 1 ? 1 : fifth > 60 ? 60 : fifth;
}

static int check_whole(struct reader *reader)
{
    size_t heartbeat = find_key("heartbeat_seconds");
    struct config *config = reader->config;
    if (reader->seen[heartbeat] == 0)
        default_heartbeat(config);
    reader->line = reader->seen[heartbeat];
    if (config->heartbeat_seconds >= config->offline_after_seconds)
        return refuse(reader,
                      "heartbeat_seconds is %d, offline_after_seconds is %d: let a device send at least once "
                      "before it counts as offline",
                      config->heartbeat_seconds, config->offline_after_seconds);
    return 0;
}

void config_default(const char *directory, struct config *out)
{
    char ignored[8];
    struct reader reader = {.config = out, .path = "", .error = ignored, .error_size = sizeof ignored};
    *out = (struct config){.type_count = 0};
    snprintf(out->directory, sizeof out->directory, "%s", directory);
    for (size_t i = 0; i < KEY_COUNT; i++)
        if (keys[i].kind != CONFIG_PER_TYPE)
            set_value(&reader, &keys[i], keys[i].fallback);
    default_heartbeat(out);
}

static void folder_of(const char *path, char *out, size_t size)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL)
        snprintf(out, size, ".");
    else
        snprintf(out, size, "%.*s", slash == path ? 1 : (int)(slash - path), path);
}

int config_read(const char *path, struct config *out, char *error, size_t error_size)
{
    char text[CONFIG_FILE_MAX], folder[CONFIG_PATH];
    size_t length = 0;
    struct reader reader = {.path = path, .config = out, .error = error, .error_size = error_size};
    int number = file_read(path, text, sizeof text, &length);
    if (number != 0) {
        snprintf(error, error_size, "%s: cannot be read (%s): check the path, or make it with musterctl init --dir DIR",
                 path, strerror(number));
        return -1;
    }
    folder_of(path, folder, sizeof folder);
    config_default(folder, out);
    for (char *line = text, *end = text + length; line < end;) {
        char *next = memchr(line, '\n', (size_t)(end - line));
        next = next != NULL ? next : end;
        *next = '\0';
        reader.line++;
        if (strlen(line) != (size_t)(next - line))
            return refuse(&reader, "a NUL octet: this is not a text file, write it anew");
        if (read_line(&reader, line) != 0)
            return -1;
        line = next + 1;
    }
    return check_whole(&reader);
}

struct page {
    char text[CONFIG_FILE_MAX];
    size_t length;
};

static void put(struct page *page, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put(struct page *page, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(page->text + page->length, sizeof page->text - page->length, format, arguments);
    va_end(arguments);
    page->length = least_of(page->length + (size_t)(length > 0 ? length : 0), sizeof page->text - 1);
}

/* The settings of one key, or its default behind a comment sign. Returns how many settings there were. */
static size_t put_key(struct page *page, const struct key *key, const char *const settings[], size_t count)
{
    size_t length = strlen(key->name), found = 0;
    put(page, "\n# %s\n", key->help);
    if (key->kind == CONFIG_WORD)
        put(page, "# One of: %s.\n", key->choices);
    else if (key->kind == CONFIG_NUMBER)
        put(page, "# From %d to %d.\n", key->least, key->most);
    for (size_t i = 0; i < count; i++)
        if (strncmp(settings[i], key->name, length) == 0 && settings[i][length] == ' ') {
            put(page, "%s\n", settings[i]);
            found++;
        }
    if (found == 0)
        put(page, "#%s%s%s\n", key->name, key->fallback[0] != '\0' ? " " : "", key->fallback);
    return found;
}

int config_write(const char *path, const char *const settings[], size_t count)
{
    struct page page = {.length = 0};
    size_t found = 0;
    put(&page, "# The configuration of Muster: `key value`, one a line; a line that begins with # is a comment.\n"
               "# Every key may be left out; what stands behind a # is its default. Relative paths begin at this "
               "file's folder.\n");
    for (size_t i = 0; i < KEY_COUNT; i++)
        found += put_key(&page, &keys[i], settings, count);
    for (size_t i = 0; i < count; i++)
        if (strpbrk(settings[i], "\r\n") != NULL)
            return EINVAL;
    return found == count ? file_write(path, page.text, page.length, 0600) : EINVAL;
}

int config_offline_after(const struct config *config, const char *type)
{
    for (size_t i = 0; i < config->type_count; i++)
        if (strcmp(config->type_offline_after[i].type, type) == 0)
            return config->type_offline_after[i].seconds;
    return config->offline_after_seconds;
}
