/*
 * Request and answer over MQTT: publishes on the admin topics and waits for the answer of the same correlation.
 * A request is repeated unchanged until it is answered; requests that change something carry a requestId, so that a
 * repeated one is done once.
 */
#ifndef MUSTER_CTL_LINK_H
#define MUSTER_CTL_LINK_H

#include "service/ctl/target.h"
#include "topics/document.h"

#define LINK_REPEAT_MS  2000
#define LINK_GIVE_UP_MS 10000
#define LINK_INSIST_MS  15000

struct link;

/* Begins to connect. NULL, with an error on stderr, without memory. `target` outlives it; the caller calls link_free.
 */
struct link *link_new(const struct target *target);
void link_free(struct link *link); /* NULL is fine */

/* Asks for noun/verb with `members` ("" or JSON members without braces) and waits. CTL_DONE and the answer, an object
 * that the caller frees; or another end, which has been told on stderr. */
enum ctl_exit link_ask(struct link *link, const char *noun, const char *verb, const char *members,
                       struct document **answer);

/* The same, but a refusal by the service is an answer, too (answer.h), and nothing is told. */
enum ctl_exit link_hear(struct link *link, const char *noun, const char *verb, const char *members,
                        struct document **answer);

/* link_ask for what the service does one at a time: asks again, LINK_INSIST_MS at most, while it is refused with
 * rate_limited. */
enum ctl_exit link_insist(struct link *link, const char *noun, const char *verb, const char *members,
                          struct document **answer);

/* Writes `members` of one text, or "" when `value` is NULL. CTL_USAGE, told on stderr, when it does not fit. */
enum ctl_exit link_member(const char *name, const char *value, char *out, size_t size);

/* The whole of a simple command: finds the target, asks once, ends the connection. */
enum ctl_exit link_ask_once(const struct args *args, const char *noun, const char *verb, const char *members,
                            struct document **answer);

/* A command that asks more than once: finds the target, connects, runs it, ends the connection. */
typedef enum ctl_exit link_command(struct link *link, const struct target *target, const struct args *args,
                                   const char *members);
enum ctl_exit link_run(const struct args *args, const char *members, link_command *run);

#endif
