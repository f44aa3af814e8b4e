/*
 * What the service answered: an object, or a refusal that is told as it was said. Knows nothing of MQTT.
 */
#ifndef MUSTER_CTL_ANSWER_H
#define MUSTER_CTL_ANSWER_H

#include "service/ctl/ctl.h"
#include "topics/document.h"

/* CTL_DONE and the answer, an object that the caller frees; or another end, which has been told on stderr, and NULL. */
enum ctl_exit answer_read(const char *text, size_t length, struct document **answer);

#endif
