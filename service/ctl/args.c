#include "service/ctl/args.h"

#include "service/config.h"
#include "service/ctl/out.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct option_row {
    const char *name, *value, *help;
} options[OPT_COUNT_ALL] = {
#define OPTION_ROW(enumerator, name, value, help) [enumerator] = {name, value, help},
    OPTION_LIST(OPTION_ROW)
#undef OPTION_ROW
};

_Static_assert(OPT_COUNT_ALL <= 64, "OPT() makes a 64-bit mask");

const char *option_name(enum option option)
{
    return options[option].name;
}

const char *option_value(enum option option)
{
    return options[option].value;
}

const char *option_help(enum option option)
{
    return options[option].help;
}

const char *args_nearest(const char *word, const void *texts, size_t count, size_t stride)
{
    const char *nearest = NULL;
    size_t best = strlen(word) < 5 ? 3 : 4;
    for (size_t i = 0; i < count; i++) {
        const char *text = *(const char *const *)(const void *)((const char *)texts + i * stride);
        size_t distance = text != NULL ? config_distance(word, text) : best;
        if (distance < best) {
            best = distance;
            nearest = text;
        }
    }
    return nearest;
}

static bool unknown_option(const char *name, size_t length)
{
    char word[64], mend[128];
    snprintf(word, sizeof word, "%.*s", (int)length, name);
    const char *nearest = args_nearest(word, &options[0].name, OPT_COUNT_ALL, sizeof options[0]);
    snprintf(mend, sizeof mend, nearest != NULL ? "did you mean --%s?" : "musterctl --help lists the options%.0s",
             nearest != NULL ? nearest : "");
    out_error(CTL_USAGE, NULL, mend, "there is no option --%s", word);
    return false;
}

static bool add(struct args *out, enum option option, const char *value)
{
    if (out->given_count == ARGS_OPTIONS) {
        out_error(CTL_USAGE, NULL, "give fewer", "there are more than %d options", ARGS_OPTIONS);
        return false;
    }
    out->given[out->given_count].option = option;
    out->given[out->given_count++].value = value;
    return true;
}

/* One option: `text` behind its dashes, `next` the argument after it or NULL. Sets `used_next` when that is its value.
 */
static bool parse_option(struct args *out, const char *text, const char *next, bool *used_next)
{
    size_t length = strcspn(text, "="), i = 0;
    const char *value = text[length] == '=' ? text + length + 1 : NULL;
    while (i < OPT_COUNT_ALL && (strlen(options[i].name) != length || memcmp(options[i].name, text, length) != 0))
        i++;
    if (i == OPT_COUNT_ALL)
        return unknown_option(text, length);
    if (options[i].value == NULL && value != NULL) {
        out_error(CTL_USAGE, NULL, "leave the value out", "--%s takes no value", options[i].name);
        return false;
    }
    if (options[i].value != NULL && value == NULL) {
        *used_next = next != NULL && strncmp(next, "--", 2) != 0;
        value = *used_next ? next : NULL;
        if (value == NULL) {
            out_error(CTL_USAGE, NULL, options[i].help, "--%s needs a value: --%s %s", options[i].name, options[i].name,
                      options[i].value);
            return false;
        }
    }
    return add(out, (enum option)i, value);
}

static bool parse_word(struct args *out, const char *word)
{
    if (out->word_count == ARGS_WORDS) {
        out_error(CTL_USAGE, NULL, "musterctl --help lists the commands", "there are too many words");
        return false;
    }
    out->words[out->word_count++] = word;
    return true;
}

bool args_parse(int argc, char **argv, struct args *out)
{
    *out = (struct args){.given_count = 0};
    bool ok = true, only_words = false;
    for (int i = 1; ok && i < argc; i++) {
        const char *text = argv[i];
        bool used_next = false;
        if (only_words || text[0] != '-' || text[1] == '\0')
            ok = parse_word(out, text);
        else if (strcmp(text, "--") == 0)
            only_words = true;
        else if (strcmp(text, "-h") == 0)
            ok = add(out, OPT_HELP, NULL);
        else if (text[1] == '-')
            ok = parse_option(out, text + 2, i + 1 < argc ? argv[i + 1] : NULL, &used_next);
        else
            ok = unknown_option(text + 1, strlen(text + 1));
        i += used_next;
    }
    return ok;
}

const char *args_nth(const struct args *args, enum option option, size_t n)
{
    for (size_t i = 0; i < args->given_count; i++)
        if (args->given[i].option == option && n-- == 0)
            return args->given[i].value;
    return NULL;
}

bool args_has(const struct args *args, enum option option)
{
    bool found = false;
    for (size_t i = 0; i < args->given_count; i++)
        found = found || args->given[i].option == option;
    return found;
}

const char *args_value(const struct args *args, enum option option)
{
    const char *value = NULL;
    for (size_t i = 0; i < args->given_count; i++)
        if (args->given[i].option == option)
            value = args->given[i].value;
    return value;
}

bool args_integer(const struct args *args, enum option option, long long low, long long high, long long *out)
{
    const char *text = args_value(args, option);
    if (text == NULL)
        return true;
    char *end = NULL, mend[96];
    errno = 0;
    long long number = strtoll(text, &end, 10);
    if (text[0] >= '0' && text[0] <= '9' && *end == '\0' && errno == 0 && number >= low && number <= high) {
        *out = number;
        return true;
    }
    snprintf(mend, sizeof mend, "use a whole number from %lld to %lld", low, high);
    out_error(CTL_USAGE, NULL, mend, "--%s cannot be \"%s\"", option_name(option), text);
    return false;
}
