#include "tests/unit/check.h"
#include "topics/id.h"
#include "topics/limits.h"

#define TEXT(text) (text), sizeof(text) - 1

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGIT "0123456789"

/* Every kind: which octets may come first, which later, and how many. */
static const struct {
    const char *name;
    bool (*is)(const char *at, size_t length);
    const char *first, *later;
    size_t most;
} kinds[] = {
    {"uuid", id_is_uuid, LOWER UPPER DIGIT, LOWER UPPER DIGIT "._:-", LIMIT_UUID},
    {"tenant", id_is_tenant, LOWER DIGIT, LOWER DIGIT "-", LIMIT_TENANT},
    {"request", id_is_request, LOWER UPPER DIGIT "._:-", LOWER UPPER DIGIT "._:-", LIMIT_REQUEST_ID},
    {"word", id_is_word, LOWER DIGIT "_", LOWER DIGIT "_", 32},
    {"client", id_is_client, LOWER UPPER DIGIT "!\"$%&'()*,-.:;<=>?@[\\]^_`{|}~",
     LOWER UPPER DIGIT "!\"$%&'()*,-.:;<=>?@[\\]^_`{|}~", LIMIT_UUID},
};

static void test_kinds(void)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        char text[256];
        memset(text, 'a', sizeof text);
        CHECK(!kinds[i].is(text, 0), "%s: empty", kinds[i].name);
        CHECK(kinds[i].is(text, 1), "%s: one octet", kinds[i].name);
        CHECK(kinds[i].is(text, kinds[i].most), "%s: exactly %zu", kinds[i].name, kinds[i].most);
        CHECK(!kinds[i].is(text, kinds[i].most + 1), "%s: one over", kinds[i].name);
        for (int octet = 0; octet < 256; octet++) {
            bool first = octet != 0 && strchr(kinds[i].first, octet) != NULL;
            bool later = octet != 0 && strchr(kinds[i].later, octet) != NULL;
            char head[] = {(char)octet, 'a'}, middle[] = {'a', (char)octet, 'a'}, tail[] = {'a', (char)octet};
            CHECK(kinds[i].is(head, 2) == first, "%s: octet %d first", kinds[i].name, octet);
            CHECK(kinds[i].is(middle, 3) == later, "%s: octet %d in the middle", kinds[i].name, octet);
            CHECK(kinds[i].is(tail, 2) == later, "%s: octet %d last", kinds[i].name, octet);
        }
    }
}

/* The encoding of RFC 3629, section 3, without its prohibitions. */
static size_t encode(unsigned long point, size_t size, char *out)
{
    static const unsigned char lead[] = {0, 0x00, 0xc0, 0xe0, 0xf0};
    for (size_t i = size; i-- > 1; point >>= 6)
        out[i] = (char)(0x80 | (point & 0x3f));
    out[0] = (char)(lead[size] | point);
    return size;
}

static void test_every_code_point(void)
{
    size_t wrong = 0;
    for (unsigned long point = 0; point <= 0x1fffff; point++) {
        char text[4];
        size_t size = encode(point, point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4, text);
        unsigned long read = 0xdead;
        bool valid = point <= 0x10ffff && !(point >= 0xd800 && point <= 0xdfff);
        size_t length = id_utf8_next(text, sizeof text, &read);
        wrong += valid ? length != size || read != point : length != 0;
        for (size_t cut = 0; cut < size; cut++)
            wrong += id_utf8_next(text, cut, &read) != 0;
    }
    CHECK_INT(wrong, 0);
}

static void test_overlong(void)
{
    static const unsigned long last[] = {0, 0, 0x7f, 0x7ff, 0xffff};
    for (size_t size = 2; size <= 4; size++) {
        char text[4];
        unsigned long point = 0;
        for (unsigned long overlong = 0; overlong <= last[size]; overlong += 0x3f)
            CHECK(id_utf8_next(text, encode(overlong, size, text), &point) == 0, "U+%04lx in %zu", overlong, size);
    }
}

static const struct {
    const char *what, *text;
    size_t length;
    bool line, lines;
} texts[] = {
    {"nothing", TEXT(""), true, true},
    {"ASCII", TEXT("Pump 7, hall ~B~"), true, true},
    {"two, three, four octets", TEXT("\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"), true, true},
    {"first after C1", TEXT("\xc2\xa0"), true, true},
    {"line feed", TEXT("a\nb"), false, true},
    {"carriage return", TEXT("a\r"), false, true},
    {"tab", TEXT("\tb"), false, true},
    {"NUL", TEXT("a\0b"), false, false},
    {"vertical tab", TEXT("a\x0b"), false, false},
    {"escape", TEXT("\x1b[2J"), false, false},
    {"last of C0", TEXT("\x1f"), false, false},
    {"DEL", TEXT("\x7f"), false, false},
    {"first of C1", TEXT("\xc2\x80"), false, false},
    {"CSI of C1", TEXT("\xc2\x9b"), false, false},
    {"last of C1", TEXT("\xc2\x9f"), false, false},
    {"a lone continuation", TEXT("\x80"), false, false},
    {"cut off", TEXT("a\xe2\x82"), false, false},
    {"overlong NUL", TEXT("\xc0\x80"), false, false},
    {"overlong slash", TEXT("\xe0\x80\xaf"), false, false},
    {"surrogate", TEXT("\xed\xa0\x80"), false, false},
    {"above U+10FFFF", TEXT("\xf4\x90\x80\x80"), false, false},
    {"five octets", TEXT("\xf8\x88\x80\x80\x80"), false, false},
    {"0xff", TEXT("\xff"), false, false},
    {"a wrong second octet", TEXT("\xc3("), false, false},
    {"a wrong fourth octet", TEXT("\xf0\x9f\x98("), false, false},
};

static void test_clean_text(void)
{
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        CHECK(id_is_clean_text(texts[i].text, texts[i].length, false) == texts[i].line, "%s", texts[i].what);
        CHECK(id_is_clean_text(texts[i].text, texts[i].length, true) == texts[i].lines, "%s, lines", texts[i].what);
    }
}

int main(void)
{
    test_kinds();
    test_every_code_point();
    test_overlong();
    test_clean_text();
    return check_done();
}
