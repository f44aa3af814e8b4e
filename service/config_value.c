#include "service/config_keys.h"
#include "topics/id.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct config_key config_keys[CONFIG_KEY_COUNT] = {
#define CONFIG_ROW(name, kind, field, least, most, fallback, choices, help)                                            \
    {name,    kind, offsetof(struct config, field), sizeof((struct config *)NULL)->field, least, most, fallback,       \
     choices, help},
    CONFIG_KEY_LIST(CONFIG_ROW)
#undef CONFIG_ROW
};

/* Whose key it is, and where a refusal is written. */
struct target {
    struct config *config;
    const struct config_key *key;
    char *error;
    size_t error_size;
};

static int refuse(const struct target *target, const char *format, ...) __attribute__((format(printf, 2, 3)));

static int refuse(const struct target *target, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(target->error, target->error_size, format, arguments);
    va_end(arguments);
    return -1;
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

static int set_word(const struct target *target, const char *value, char *field)
{
    const struct config_key *key = target->key;
    if (!is_choice(key->choices, value))
        return refuse(target, "%s cannot be \"%.40s\": use one of: %s", key->name, value, key->choices);
    snprintf(field, key->size, "%s", value);
    return 0;
}

static int set_string(const struct target *target, const char *value, char *field)
{
    const struct config_key *key = target->key;
    size_t length = strlen(value);
    if (length < (size_t)key->least || length > (size_t)key->most)
        return refuse(target, "%s has %zu octets: use %d to %d", key->name, length, key->least, key->most);
    if (!id_is_clean_text(value, length, false))
        return refuse(target, "%s is not UTF-8 without control characters: write it anew", key->name);
    snprintf(field, key->size, "%s", value);
    return 0;
}

static int set_country(const struct target *target, const char *value, char *field)
{
    const struct config_key *key = target->key;
    size_t length = strlen(value);
    if (length != 0 && (length != 2 || strspn(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 2))
        return refuse(target, "%s cannot be \"%.40s\": use two capital letters (ISO 3166)", key->name, value);
    snprintf(field, key->size, "%s", value);
    return 0;
}

/* The service may be started from anywhere, so a relative path means the folder of the file it stands in. */
static int set_file(const struct target *target, const char *value, char *field)
{
    const struct config_key *key = target->key;
    if (value[0] == '\0' && key->least > 0)
        return refuse(target, "%s has no value: name a file, or remove the line", key->name);
    bool whole = value[0] == '/' || value[0] == '\0';
    const char *folder = whole ? "" : target->config->directory;
    int length = snprintf(field, key->size, "%s%s%s", folder, whole ? "" : "/", value);
    if (length < 0 || (size_t)length >= key->size)
        return refuse(target, "%s is too long: use a path of less than %zu octets", key->name, key->size);
    return 0;
}

static int set_number(const struct target *target, const char *value, int *field)
{
    const struct config_key *key = target->key;
    if (!read_number(value, key->least, key->most, field))
        return refuse(target, "%s cannot be \"%.40s\": use a whole number from %d to %d", key->name, value, key->least,
                      key->most);
    return 0;
}

static int set_bool(const struct target *target, const char *value, bool *field)
{
    const struct config_key *key = target->key;
    *field = strcmp(value, "true") == 0;
    if (!*field && strcmp(value, "false") != 0)
        return refuse(target, "%s cannot be \"%.40s\": use true or false", key->name, value);
    return 0;
}

static int set_per_type(const struct target *target, const char *value)
{
    const struct config_key *key = target->key;
    struct config *config = target->config;
    const char *blank = strrchr(value, ' ');
    int seconds = 0;
    if (blank == NULL || blank == value || !read_number(blank + 1, key->least, key->most, &seconds))
        return refuse(target, "%s takes a device type and seconds: use for example %s sensor 900 (%d to %d seconds)",
                      key->name, key->name, key->least, key->most);
    size_t length = (size_t)(blank - value);
    while (value[length - 1] == ' ')
        length--;
    if (length > LIMIT_DEVICE_TYPE || !id_is_clean_text(value, length, false))
        return refuse(target, "no device has such a type: use %d octets of UTF-8 at most", LIMIT_DEVICE_TYPE);
    for (size_t i = 0; i < config->type_count; i++)
        if (strlen(config->type_offline_after[i].type) == length &&
            memcmp(config->type_offline_after[i].type, value, length) == 0)
            return refuse(target, "%s stands twice for the type %.*s: remove one of the lines", key->name, (int)length,
                          value);
    if (config->type_count == CONFIG_TYPES)
        return refuse(target, "%s stands more than %d times: remove some", key->name, CONFIG_TYPES);
    snprintf(config->type_offline_after[config->type_count].type, CONFIG_TEXT, "%.*s", (int)length, value);
    config->type_offline_after[config->type_count++].seconds = seconds;
    return 0;
}

int config_set(struct config *config, const struct config_key *key, const char *text, char *error, size_t error_size)
{
    const struct target target = {config, key, error, error_size};
    void *field = (char *)config + key->offset;
    switch (key->kind) {
    case CONFIG_WORD:
        return set_word(&target, text, field);
    case CONFIG_STRING:
        return set_string(&target, text, field);
    case CONFIG_COUNTRY:
        return set_country(&target, text, field);
    case CONFIG_FILE:
        return set_file(&target, text, field);
    case CONFIG_NUMBER:
        return set_number(&target, text, field);
    case CONFIG_BOOL:
        return set_bool(&target, text, field);
    default:
        return set_per_type(&target, text);
    }
}
