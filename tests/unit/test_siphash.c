/* Against values of another implementation: CPython hashes bytes with SipHash-1-3 under a key of zeros when its hash
 * seed is 0. */
#include "service/core/siphash.h"
#include "tests/unit/check.h"

static const struct {
    const char *text;
    uint64_t value;
} cases[] = {{"a", 0x407448d2b89b1813},
             {"abcdefg", 0x6db12aae9070f506},
             {"abcdefgh", 0x3f7b849c0b8e35ea},
             {"0123456789abcdef", 0x1d42b30f7e060c24},
             {"5284ae22-f193-4146-9d6f-3e8e8cde4659", 0xbf705032129f9e36}};

int main(void)
{
    static const uint64_t zeros[2] = {0, 0}, other[2] = {0, 1};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t length = strlen(cases[i].text);
        CHECK(siphash(zeros, cases[i].text, length) == cases[i].value, "%s", cases[i].text);
        CHECK(siphash(other, cases[i].text, length) != cases[i].value, "%s under another key", cases[i].text);
    }
    return check_done();
}
