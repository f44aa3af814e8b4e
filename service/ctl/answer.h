/*
 * What the service answered: an object, or a refusal that is told as it was said. Knows nothing of MQTT.
 */
#ifndef MUSTER_CTL_ANSWER_H
#define MUSTER_CTL_ANSWER_H

#include "service/ctl/ctl.h"
#include "topics/document.h"

#include <stdbool.h>

/* CTL_DONE and the answer, an object that the caller frees; a refusal is one, too. Or CTL_FAILED, which has been told
 * on stderr, and NULL. */
enum ctl_exit answer_read(const char *text, size_t length, struct document **answer);

/* What the service refused with: the status of its code, ST_INTERNAL for one that is not known here; ST_OK when the
 * answer is no refusal. */
enum status answer_refusal(const struct document *answer);

/* CTL_DONE when it is no refusal. Else tells it on stderr, frees it, makes *answer NULL, and returns how to end. */
enum ctl_exit answer_accept(struct document **answer);

/* The text of that member, or "-"; `object` may be NULL. */
const char *answer_text(const struct value *object, const char *name);

/* Whether the member of that name is true; `object` may be NULL. */
bool answer_says(const struct value *object, const char *name);

#endif
