#include "tests/bench/fleet_id.h"

#include <string.h>

#define HALF   0xffffffU /* of the 48 bits in the first twelve digits */
#define ROUNDS 4

static uint32_t mix(uint32_t half, uint32_t round)
{
    uint32_t x = (half + 1) * 0x9e3779b1U + round * 0x85ebca6bU;
    x ^= x >> 15;
    x *= 0x2c1b3c6dU;
    return (x ^ x >> 13) & HALF;
}

/* A Feistel network: no two numbers have the same digits, and there is a way back. */
static uint64_t scatter(uint64_t number)
{
    uint32_t left = (uint32_t)(number >> 24) & HALF, right = (uint32_t)number & HALF;
    for (uint32_t round = 0; round < ROUNDS; round++) {
        uint32_t next = left ^ mix(right, round);
        left = right;
        right = next;
    }
    return (uint64_t)left << 24 | right;
}

static uint64_t gather(uint64_t digits)
{
    uint32_t left = (uint32_t)(digits >> 24) & HALF, right = (uint32_t)digits & HALF;
    for (uint32_t round = ROUNDS; round-- > 0;) {
        uint32_t next = right ^ mix(left, round);
        right = left;
        left = next;
    }
    return (uint64_t)left << 24 | right;
}

void fleet_id(uint64_t number, char out[FLEET_ID + 1])
{
    static const char form[] = "xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx";
    uint64_t bits[2] = {scatter(number) << 16 | (number * 0x9e3779b97f4a7c15U) >> 48, number * 0xd1342543de82ef95U};
    size_t digit = 0;
    for (size_t i = 0; i <= FLEET_ID; i++)
        if (form[i] == 'x') {
            out[i] = "0123456789abcdef"[bits[digit / 16] >> (60 - digit % 16 * 4) & 15];
            digit++;
        } else {
            out[i] = form[i];
        }
}

bool fleet_number(const char *id, size_t length, uint64_t *number)
{
    char again[FLEET_ID + 1];
    uint64_t digits = 0;
    if (length != FLEET_ID)
        return false;
    for (size_t i = 0; i < 13; i++) {
        const char *digit = id[i] != '\0' ? strchr("0123456789abcdef", id[i]) : NULL;
        if (digit == NULL && i != 8)
            return false;
        if (i != 8)
            digits = digits << 4 | (uint64_t)(digit - "0123456789abcdef");
    }
    *number = gather(digits);
    fleet_id(*number, again);
    return memcmp(again, id, FLEET_ID) == 0;
}
