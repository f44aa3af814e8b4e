#include "service/gate/options.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct number {
    const char *name;
    size_t offset;
    int least, most, fallback;
} numbers[] = {
#define OPTION_NUMBER_ROW(name, field, least, most, fallback, what)                                                    \
    {name, offsetof(struct options, field), least, most, fallback},
    OPTION_NUMBER_LIST(OPTION_NUMBER_ROW)
#undef OPTION_NUMBER_ROW
};

#define NUMBERS (sizeof numbers / sizeof *numbers)

static bool read_number(struct options *options, const struct number *number, const char *text, char *error,
                        size_t size)
{
    char *end = NULL;
    long value = strtol(text, &end, 10);
    if (end == text || *end != '\0' || value < number->least || value > number->most) {
        snprintf(error, size, "plugin_opt_%s cannot be \"%.40s\": use a number from %d to %d", number->name, text,
                 number->least, number->most);
        return false;
    }
    memcpy((char *)options + number->offset, &(int){(int)value}, sizeof(int));
    return true;
}

static bool read_hash(struct options *options, const char *text, char *error, size_t size)
{
    unsigned char *hash = options->auth.service_hash;
    bool good = strlen(text) == 2 * SECRET_HASH && strspn(text, "0123456789abcdef") == strlen(text);
    for (size_t i = 0; good && i < SECRET_HASH; i++) {
        char octet[3] = {text[2 * i], text[2 * i + 1], '\0'};
        hash[i] = (unsigned char)strtoul(octet, NULL, 16);
    }
    if (!good)
        snprintf(error, size, "plugin_opt_service_hash must be 64 hex digits: musterctl init writes it");
    return good;
}

static bool read_one(struct options *options, const struct mosquitto_opt *given, bool *has_hash, char *error,
                     size_t size)
{
    if (strcmp(given->key, "database") == 0) {
        options->database = given->value;
        return true;
    }
    if (strcmp(given->key, "service_hash") == 0)
        return *has_hash = read_hash(options, given->value, error, size);
    for (size_t i = 0; i < NUMBERS; i++)
        if (strcmp(given->key, numbers[i].name) == 0)
            return read_number(options, &numbers[i], given->value, error, size);
    snprintf(error, size, "there is no plugin_opt_%.40s: docs/security.md lists them", given->key);
    return false;
}

bool options_read(struct options *options, const struct mosquitto_opt *given, int count, char *error, size_t size)
{
    bool has_hash = false;
    *options = (struct options){.database = NULL};
    for (size_t i = 0; i < NUMBERS; i++)
        memcpy((char *)options + numbers[i].offset, &numbers[i].fallback, sizeof(int));
    for (int i = 0; i < count; i++)
        if (!read_one(options, &given[i], &has_hash, error, size))
            return false;
    if (options->database == NULL || !has_hash) {
        snprintf(error, size, "plugin_opt_%s is missing: musterctl init writes it",
                 options->database == NULL ? "database" : "service_hash");
        return false;
    }
    return true;
}
