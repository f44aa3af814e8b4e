/*
 * Random choices that a seed repeats. Pure.
 */
#ifndef MUSTER_STORM_DICE_H
#define MUSTER_STORM_DICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dice {
    uint64_t state;
};

/* The dice of connection `number` of a run. */
struct dice dice_new(uint64_t seed, uint64_t number);

uint64_t dice_roll(struct dice *dice);
size_t dice_below(struct dice *dice, size_t limit); /* 0 .. limit - 1 */
bool dice_percent(struct dice *dice, unsigned percent);
const char *dice_word(struct dice *dice, const char *const *words, size_t count);

#define DICE_PICK(dice, words) dice_word((dice), (words), sizeof(words) / sizeof *(words))

#endif
