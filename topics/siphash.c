#include "topics/siphash.h"

#include <string.h>

static uint64_t rotate(uint64_t value, int bits)
{
    return value << bits | value >> (64 - bits);
}

static void sip_round(uint64_t v[4])
{
    v[0] += v[1];
    v[1] = rotate(v[1], 13) ^ v[0];
    v[0] = rotate(v[0], 32);
    v[2] += v[3];
    v[3] = rotate(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = rotate(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = rotate(v[1], 17) ^ v[2];
    v[2] = rotate(v[2], 32);
}

static uint64_t hash(const uint64_t key[2], const void *octets, size_t length, int rounds, int last_rounds)
{
    const unsigned char *at = octets;
    uint64_t v[4] = {key[0] ^ 0x736f6d6570736575, key[1] ^ 0x646f72616e646f6d, key[0] ^ 0x6c7967656e657261,
                     key[1] ^ 0x7465646279746573};
    for (size_t done = 0; done <= length; done += 8) {
        uint64_t word = 0;
        size_t part = length - done < 8 ? length - done : 8;
        if (part > 0)
            memcpy(&word, at + done, part);
        if (part < 8)
            word |= (uint64_t)length << 56;
        v[3] ^= word;
        for (int i = 0; i < rounds; i++)
            sip_round(v);
        v[0] ^= word;
    }
    v[2] ^= 0xff;
    for (int i = 0; i < last_rounds; i++)
        sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

uint64_t siphash(const uint64_t key[2], const char *at, size_t length)
{
    return hash(key, at, length, 1, 3);
}

uint64_t siphash_mac(const uint64_t key[2], const void *at, size_t length)
{
    return hash(key, at, length, 2, 4);
}
