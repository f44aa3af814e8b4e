/* A topic and, behind a line feed, a Response Topic. What matches is built again as it was; an answer always has a
 * topic, and never one that is a request. */
#include "topics/native.h"
#include "topics/topic.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void match_and_build(enum topic_id id, const char *topic, size_t length)
{
    struct text parameters[TOPIC_PARAMETERS] = {{NULL, 0}};
    char copies[TOPIC_PARAMETERS][LIMIT_TOPIC] = {{0}}, built[LIMIT_TOPIC];
    const char *texts[TOPIC_PARAMETERS];
    bool shape = false;
    if (!topic_match(id, topic, length, parameters, &shape))
        return;
    must(shape && length < sizeof built);
    for (size_t i = 0; i < TOPIC_PARAMETERS; i++) {
        if (parameters[i].at != NULL)
            memcpy(copies[i], parameters[i].at, parameters[i].length);
        texts[i] = copies[i];
    }
    must(topic_build(id, built, sizeof built, texts) == length && memcmp(built, topic, length) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *topic = (const char *)data, *end = size > 0 ? memchr(topic, '\n', size) : NULL;
    size_t length = end != NULL ? (size_t)(end - topic) : size;
    struct address address, back;
    char answer[LIMIT_TOPIC];
    for (int id = 0; id < TOPIC_COUNT; id++)
        match_and_build((enum topic_id)id, topic, length);
    const char *response = end != NULL ? end + 1 : NULL;
    if (native_address(topic, length, response, end != NULL ? size - length - 1 : 0, &address) != ST_OK)
        return 0;
    for (int accepted = 0; accepted < 2; accepted++) {
        size_t written = native_answer_topic(&address, accepted, answer, sizeof answer);
        must(written > 0 && strlen(answer) == written && strpbrk(answer, "+#") == NULL);
        must(native_address(answer, written, NULL, 0, &back) == ST_SILENT);
    }
    return 0;
}
