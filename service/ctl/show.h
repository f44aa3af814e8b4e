/*
 * A command that asks one question and prints the answer: an object for people, or JSON.
 */
#ifndef MUSTER_CTL_SHOW_H
#define MUSTER_CTL_SHOW_H

#include "service/ctl/ctl.h"

/* Asks noun/verb with `members` and prints what is answered; `schema` names it in JSON. */
enum ctl_exit show_run(const struct args *args, const char *noun, const char *verb, const char *schema,
                       const char *members);

/* Before what cannot be taken back ("the reset of device", "d1"): true with --yes, or when whoever sits at the terminal
 * says yes. Else it has been told on stderr, and `end` is how the command ends. */
bool show_confirm(const struct args *args, const char *what, const char *target, enum ctl_exit *end);

#endif
