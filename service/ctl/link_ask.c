/* The ways of asking: once, until the service has time, several questions over one connection. */
#include "service/ctl/answer.h"
#include "service/ctl/link.h"
#include "service/ctl/out.h"
#include "service/io/clock.h"
#include "topics/json_write.h"

#define LINK_PAUSE_MS 250 /* at least, before what the service had no time for is asked again */

enum ctl_exit link_ask(struct link *link, const char *noun, const char *verb, const char *members,
                       struct document **answer)
{
    enum ctl_exit end = link_hear(link, noun, verb, members, answer);
    return end == CTL_DONE ? answer_accept(answer) : end;
}

/* How long the service wants to be left alone. */
static int pause_of(const struct document *refusal)
{
    long long pause = LINK_PAUSE_MS;
    const struct value *error = value_member(document_root(refusal), "error");
    value_integer(value_member(error, "retryAfterMs"), LINK_PAUSE_MS, LINK_REPEAT_MS, &pause);
    return (int)pause;
}

enum ctl_exit link_insist(struct link *link, const char *noun, const char *verb, const char *members,
                          struct document **answer)
{
    int64_t deadline = clock_now().mono.ms + LINK_INSIST_MS;
    enum ctl_exit end = link_hear(link, noun, verb, members, answer);
    while (end == CTL_DONE && answer_refusal(*answer) == ST_RATE_LIMITED && clock_now().mono.ms < deadline) {
        clock_sleep(pause_of(*answer));
        document_free(*answer);
        end = link_hear(link, noun, verb, members, answer);
    }
    return end == CTL_DONE ? answer_accept(answer) : end;
}

enum ctl_exit link_member(const char *name, const char *value, char *out, size_t size)
{
    struct json_writer json;
    json_start(&json, out, size);
    if (value != NULL)
        json_text(&json, name, value);
    return json.overflow ? out_error(CTL_USAGE, "too_large", status_mend(ST_TOO_LARGE), "%s is too long", name)
                         : CTL_DONE;
}

enum ctl_exit link_run(const struct args *args, const char *members, link_command *run)
{
    struct target target;
    enum ctl_exit end = target_find(args, &target);
    struct link *link = end == CTL_DONE ? link_new(&target) : NULL;
    if (end == CTL_DONE)
        end = link != NULL ? run(link, &target, args, members) : CTL_FAILED;
    link_free(link);
    target_wipe(&target);
    return end;
}

enum ctl_exit link_ask_once(const struct args *args, const char *noun, const char *verb, const char *members,
                            struct document **answer)
{
    struct target target;
    enum ctl_exit end = target_find(args, &target);
    struct link *link = end == CTL_DONE ? link_new(&target) : NULL;
    if (end == CTL_DONE)
        end = link != NULL ? link_ask(link, noun, verb, members, answer) : CTL_FAILED;
    link_free(link);
    target_wipe(&target);
    return end;
}
