/*
 * Carries out what a batch wants done outside, once it is durable.
 */
#ifndef MUSTER_IO_SPEAK_H
#define MUSTER_IO_SPEAK_H

#include "service/core/effects.h"
#include "service/io/mqtt.h"

/* Sends everything and empties `effects`; `gated`: through the broker's gate where it is for one connection. Returns
 * how many answers could not be sent. */
unsigned speak(struct effects *effects, struct mqtt *mqtt, bool gated);

#endif
