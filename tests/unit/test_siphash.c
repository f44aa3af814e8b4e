/* Against values of another implementation: CPython hashes bytes with SipHash-1-3 under a key of zeros when its hash
 * seed is 0. */
#include "tests/unit/check.h"
#include "topics/siphash.h"

static const struct {
    const char *text;
    uint64_t value;
} cases[] = {{"a", 0x407448d2b89b1813},
             {"abcdefg", 0x6db12aae9070f506},
             {"abcdefgh", 0x3f7b849c0b8e35ea},
             {"0123456789abcdef", 0x1d42b30f7e060c24},
             {"5284ae22-f193-4146-9d6f-3e8e8cde4659", 0xbf705032129f9e36}};

/* The last of the examples in the paper, appendix A: the key is 00 01 ... 0f, the message 00 01 ... 0e. */
static void test_mac(void)
{
    static const uint64_t key[2] = {0x0706050403020100, 0x0f0e0d0c0b0a0908};
    unsigned char message[15];
    for (unsigned char i = 0; i < sizeof message; i++)
        message[i] = i;
    CHECK(siphash_mac(key, message, sizeof message) == 0xa129ca6149be45e5, "SipHash-2-4");
    CHECK(siphash_mac(key, message, 0) == 0x726fdb47dd0e0e31, "SipHash-2-4 of nothing");
}

int main(void)
{
    test_mac();
    static const uint64_t zeros[2] = {0, 0}, other[2] = {0, 1};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t length = strlen(cases[i].text);
        CHECK(siphash(zeros, cases[i].text, length) == cases[i].value, "%s", cases[i].text);
        CHECK(siphash(other, cases[i].text, length) != cases[i].value, "%s under another key", cases[i].text);
    }
    return check_done();
}
