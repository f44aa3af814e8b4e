#include "tests/fuzz/storm/dice.h"

/* splitmix64 */
uint64_t dice_roll(struct dice *dice)
{
    uint64_t value = dice->state += UINT64_C(0x9e3779b97f4a7c15);
    value = (value ^ value >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    value = (value ^ value >> 27) * UINT64_C(0x94d049bb133111eb);
    return value ^ value >> 31;
}

struct dice dice_new(uint64_t seed, uint64_t number)
{
    struct dice dice = {seed * UINT64_C(0x2545f4914f6cdd1d) + number};
    dice.state = dice_roll(&dice);
    return dice;
}

size_t dice_below(struct dice *dice, size_t limit)
{
    return (size_t)(dice_roll(dice) >> 11) % limit;
}

bool dice_percent(struct dice *dice, unsigned percent)
{
    return dice_below(dice, 100) < percent;
}

const char *dice_word(struct dice *dice, const char *const *words, size_t count)
{
    return words[dice_below(dice, count)];
}
