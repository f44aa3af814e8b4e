#include "topics/topic.h"

#include "topics/id.h"

#include <string.h>

static const struct {
    const char *pattern;
    enum topic_direction direction;
    int qos;
    bool retained;
} catalog[TOPIC_COUNT] = {
#define TOPIC_ROW(name, pattern, direction, qos, retained) [name] = {pattern, direction, qos, retained},
    TOPIC_LIST(TOPIC_ROW)
#undef TOPIC_ROW
};

/* A device, or "-": the service itself. */
static bool is_subject(const char *at, size_t length)
{
    return (length == 1 && *at == '-') || id_is_uuid(at, length);
}

static const struct {
    const char *name;
    bool (*admits)(const char *at, size_t length);
} parameter_kind[] = {{"{uuid}", id_is_uuid},
                      {"{subject}", is_subject},
                      {"{tenant}", id_is_tenant},
                      {"{client}", id_is_client},
                      {"{name}", id_is_client}};

const char *topic_pattern(enum topic_id id)
{
    return catalog[id].pattern;
}

enum topic_direction topic_direction(enum topic_id id)
{
    return catalog[id].direction;
}

int topic_qos(enum topic_id id)
{
    return catalog[id].qos;
}

bool topic_is_retained(enum topic_id id)
{
    return catalog[id].retained;
}

static bool parameter_admits(struct text level, const char *at, size_t length)
{
    for (size_t i = 0; i < sizeof parameter_kind / sizeof *parameter_kind; i++)
        if (strlen(parameter_kind[i].name) == level.length &&
            memcmp(parameter_kind[i].name, level.at, level.length) == 0)
            return parameter_kind[i].admits(at, length);
    return id_is_word(at, length);
}

/* The next level of a topic or pattern; `rest` moves behind its slash. `at` is NULL when there was no level left. */
static struct text next_level(struct text *rest)
{
    struct text level = *rest;
    if (level.at == NULL)
        return level;
    const char *slash = memchr(level.at, '/', level.length);
    if (slash == NULL) {
        *rest = (struct text){NULL, 0};
    } else {
        level.length = (size_t)(slash - level.at);
        *rest = (struct text){slash + 1, rest->length - level.length - 1};
    }
    return level;
}

bool topic_match(enum topic_id id, const char *topic, size_t length, struct text parameters[TOPIC_PARAMETERS],
                 bool *why_shape)
{
    struct text pattern = {catalog[id].pattern, strlen(catalog[id].pattern)}, rest = {topic, length};
    bool shape = true, admitted = true;
    size_t count = 0;
    while (shape && pattern.at != NULL) {
        struct text want = next_level(&pattern), have = next_level(&rest);
        if (have.at == NULL) {
            shape = false;
        } else if (want.at[0] == '{') {
            admitted = admitted && parameter_admits(want, have.at, have.length);
            parameters[count++] = have;
        } else {
            shape = want.length == have.length && memcmp(want.at, have.at, want.length) == 0;
        }
    }
    shape = shape && rest.at == NULL;
    if (why_shape != NULL)
        *why_shape = shape;
    return shape && admitted;
}

/* Writes a pattern with its parameters filled in: from `parameters`, or each as `+` when that is NULL. */
static size_t build(enum topic_id id, char *out, size_t size, const char *const parameters[])
{
    struct text pattern = {catalog[id].pattern, strlen(catalog[id].pattern)};
    size_t used = 0, count = 0;
    while (pattern.at != NULL) {
        struct text level = next_level(&pattern);
        if (level.at[0] == '{') {
            const char *value = parameters == NULL ? "+" : parameters[count++];
            if (parameters != NULL && !parameter_admits(level, value, strlen(value)))
                return 0;
            level = (struct text){value, strlen(value)};
        }
        if (used + level.length + 1 > size) /* one more for the slash or the NUL */
            return 0;
        memcpy(out + used, level.at, level.length);
        used += level.length;
        out[used++] = '/';
    }
    out[--used] = '\0';
    return used;
}

size_t topic_build(enum topic_id id, char *out, size_t size, const char *const parameters[])
{
    return build(id, out, size, parameters);
}

size_t topic_filter(enum topic_id id, char *out, size_t size)
{
    return build(id, out, size, NULL);
}
