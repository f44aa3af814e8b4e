#include "service/ctl/event.h"

#include "service/ctl/out.h"

#include <string.h>

/* What every event has comes first, in the same order; then what this one is about. */
static void tell_event(const struct value *event)
{
    static const char *const first[] = {"at", "tenant", "uuid", "event"};
    static const char *const hidden[] = {"at", "tenant", "uuid", "event", "id", "sequence", "deviceId"};
    char text[1024], clean[1024];
    for (size_t i = 0; i < sizeof first / sizeof first[0]; i++) {
        out_scalar(value_member(event, first[i]), text, sizeof text);
        out_clean(text, clean, sizeof clean);
        printf("%s%s", i > 0 ? "  " : "", clean);
    }
    for (const struct value *member = value_first(event); member != NULL; member = value_next(member)) {
        bool is_hidden = false;
        for (size_t i = 0; i < sizeof hidden / sizeof hidden[0]; i++)
            is_hidden = is_hidden || strcmp(hidden[i], value_name(member)) == 0;
        if (is_hidden)
            continue;
        out_scalar(member, text, sizeof text);
        out_clean(text, clean, sizeof clean);
        char name[128];
        out_clean(value_name(member), name, sizeof name);
        printf("  %s=%s", name, clean);
    }
    putchar('\n');
}

static void tell_state(const struct value *state)
{
    bool online = false;
    if (value_is_bool(value_member(state, "online"), &online))
        out_say(online ? "the service is online" : "the service is offline");
}

bool event_tell(const char *text, size_t length, bool is_state, bool as_json)
{
    char line[64 * 1024];
    struct document *document = document_new_answer(text, length);
    const struct value *event = document != NULL ? document_root(document) : NULL;
    bool ok = event != NULL && value_is_object(event);
    if (ok && is_state) {
        tell_state(event);
        ok = false;
    } else if (ok && as_json) {
        if (out_value(event, line, sizeof line))
            puts(line);
    } else if (ok) {
        tell_event(event);
    }
    document_free(document);
    return ok;
}
