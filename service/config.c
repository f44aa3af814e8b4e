#include "service/config.h"

#include "certs/file.h"
#include "service/config_keys.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define PATH_SHOWN 400 /* octets of a path in an error: what is wrong with it must have room, too */

/* What is known while a file is read. `seen` is the line on which each key stood first. */
struct reader {
    const char *path;
    int line; /* 0: it is about the whole file */
    int seen[CONFIG_KEY_COUNT];
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
    bool whole = strlen(reader->path) <= PATH_SHOWN;
    int length = snprintf(reader->error, reader->error_size, "%.*s%s:", PATH_SHOWN, reader->path, whole ? "" : "...");
    if (reader->line > 0)
        length += snprintf(reader->error + length, reader->error_size - (size_t)length, "%d:", reader->line);
    snprintf(reader->error + length, reader->error_size - (size_t)length, " %s", what);
    return -1;
}

static int refuse_unknown(const struct reader *reader, const char *name)
{
    const struct config_key *nearest = NULL;
    size_t best = 6;
    for (size_t i = 0; i < CONFIG_KEY_COUNT; i++) {
        size_t distance = config_distance(name, config_keys[i].name);
        if (distance < best) {
            best = distance;
            nearest = &config_keys[i];
        }
    }
    if (nearest != NULL)
        return refuse(reader, "unknown key \"%.60s\": did you mean %s?", name, nearest->name);
    return refuse(reader, "unknown key \"%.60s\": docs/configuration.md lists the keys", name);
}

static size_t find_key(const char *name)
{
    size_t i = 0;
    while (i < CONFIG_KEY_COUNT && strcmp(config_keys[i].name, name) != 0)
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
    if (key == CONFIG_KEY_COUNT)
        return refuse_unknown(reader, name);
    if (reader->seen[key] != 0 && config_keys[key].kind != CONFIG_PER_TYPE)
        return refuse(reader, "%s stands twice, on line %d too: remove one of the lines", name, reader->seen[key]);
    reader->seen[key] = reader->line;
    char what[400];
    return config_set(reader->config, &config_keys[key], value, what, sizeof what) == 0 ? 0
                                                                                        : refuse(reader, "%s", what);
}

/* A fifth, so that four heartbeats may be lost before a device counts as offline. */
static void default_heartbeat(struct config *config)
{
    int fifth = config->offline_after_seconds / 5;
    config->heartbeat_seconds = fifth < 1 ? 1 : fifth > 60 ? 60 : fifth;
}

/* In open mode the broker knows nobody; what stands in the file is for a broker that does. */
static void default_login(const struct reader *reader)
{
    struct config *config = reader->config;
    if (config_is_open(config) && reader->seen[find_key("broker_username")] == 0)
        config->broker_username[0] = '\0';
    if (config_is_open(config) && reader->seen[find_key("broker_password_file")] == 0)
        config->broker_password_file[0] = '\0';
}

/* The gate lets the service in by name and password. */
static int check_login(struct reader *reader)
{
    const struct config *config = reader->config;
    const char *empty = config->broker_username[0] == '\0'        ? "broker_username"
                        : config->broker_password_file[0] == '\0' ? "broker_password_file"
                                                                  : NULL;
    if (empty == NULL || config_is_open(config))
        return 0;
    reader->line = reader->seen[find_key(empty)];
    return refuse(reader,
                  "mode gated and no %s: remove this line, or set broker_username _muster and broker_password_file "
                  "service.key, the file that musterctl init makes",
                  empty);
}

/* Certificate and key come together, and mean nothing without TLS. */
static int check_tls(struct reader *reader)
{
    const struct config *config = reader->config;
    bool tls = config->broker_ca_file[0] != '\0', certificate = config->broker_certificate_file[0] != '\0';
    bool key = config->broker_key_file[0] != '\0';
    reader->line = reader->seen[find_key(certificate ? "broker_certificate_file" : "broker_key_file")];
    if (certificate != key)
        return refuse(reader, "%s and no %s: set both, or none",
                      certificate ? "broker_certificate_file" : "broker_key_file",
                      certificate ? "broker_key_file" : "broker_certificate_file");
    if (certificate && !tls)
        return refuse(reader, "broker_certificate_file and no broker_ca_file: set it too, the certificate is for TLS");
    return 0;
}

static int check_heartbeat(struct reader *reader)
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

static int check_whole(struct reader *reader)
{
    default_login(reader);
    return check_login(reader) != 0 || check_tls(reader) != 0 || check_heartbeat(reader) != 0 ? -1 : 0;
}

int config_default(const char *directory, struct config *out)
{
    char ignored[8];
    int failed = strlen(directory) < sizeof out->directory ? 0 : -1;
    *out = (struct config){.type_count = 0};
    snprintf(out->directory, sizeof out->directory, "%s", directory);
    for (size_t i = 0; i < CONFIG_KEY_COUNT; i++)
        if (config_keys[i].kind != CONFIG_PER_TYPE &&
            config_set(out, &config_keys[i], config_keys[i].fallback, ignored, sizeof ignored) != 0)
            failed = -1;
    default_heartbeat(out);
    return failed;
}

/* The configuration of an empty file at `path`. */
static int begin(const struct reader *reader, const char *path)
{
    char folder[CONFIG_PATH] = ".";
    const char *slash = strrchr(path, '/');
    size_t length = slash == NULL ? 1 : slash == path ? 1 : (size_t)(slash - path);
    if (slash != NULL && length < sizeof folder)
        snprintf(folder, sizeof folder, "%.*s", (int)length, path);
    if (length >= sizeof folder || config_default(folder, reader->config) != 0)
        return refuse(reader, "the path of this folder is too long: its files' must be of less than %d octets",
                      CONFIG_PATH);
    return 0;
}

int config_read(const char *path, struct config *out, char *error, size_t error_size)
{
    char text[CONFIG_FILE_MAX];
    size_t length = 0;
    struct reader reader = {.path = path, .config = out, .error = error, .error_size = error_size};
    int number = file_read(path, text, sizeof text, &length);
    if (number != 0)
        return refuse(&reader, "cannot be read (%s): check the path, or make it with musterctl init --dir DIR",
                      strerror(number));
    if (begin(&reader, path) != 0)
        return -1;
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

bool config_is_open(const struct config *config)
{
    return strcmp(config->mode, "open") == 0;
}

int config_offline_after(const struct config *config, const char *type)
{
    for (size_t i = 0; i < config->type_count; i++)
        if (strcmp(config->type_offline_after[i].type, type) == 0)
            return config->type_offline_after[i].seconds;
    return config->offline_after_seconds;
}
