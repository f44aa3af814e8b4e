#include "tests/unit/check.h"
#include "topics/json.h"
#include "topics/limits.h"

#include <stdbool.h>
#include <stdlib.h>

#define TEXT(text) (text), sizeof(text) - 1

/* Scans a copy without a NUL behind it, so that a sanitizer sees whoever reads too far. */
static enum status scan(const char *text, size_t length, struct why *why)
{
    memset(why, 0, sizeof *why);
    char *copy = malloc(length + (length == 0));
    if (copy == NULL)
        return ST_INTERNAL;
    memcpy(copy, text, length);
    enum status status = json_scan(copy, length, why);
    free(copy);
    return status;
}

static const struct {
    const char *text;
    size_t length;
    enum status expected;
} cases[] = {
    /* the outermost value */
    {TEXT("{}"), ST_OK},
    {TEXT(" \t\r\n{ \t\r\n} \t\r\n"), ST_OK},
    {TEXT(""), ST_MALFORMED_JSON},
    {TEXT(" "), ST_MALFORMED_JSON},
    {TEXT("\0"), ST_MALFORMED_JSON},
    {TEXT("[]"), ST_MALFORMED_JSON},
    {TEXT("null"), ST_MALFORMED_JSON},
    {TEXT("\"text\""), ST_MALFORMED_JSON},
    {TEXT("1"), ST_MALFORMED_JSON},
    {TEXT("\xef\xbb\xbf{}"), ST_MALFORMED_JSON}, /* a byte order mark */
    {TEXT("{\0}"), ST_MALFORMED_JSON},
    {TEXT("{}\0"), ST_MALFORMED_JSON},
    {TEXT("{}{}"), ST_MALFORMED_JSON},
    {TEXT("{}]"), ST_MALFORMED_JSON},
    {TEXT("{}}"), ST_MALFORMED_JSON},
    {TEXT("{} x"), ST_MALFORMED_JSON},
    {TEXT("\f{}"), ST_MALFORMED_JSON},
    {TEXT("{}\v"), ST_MALFORMED_JSON},
    {TEXT("\xc2\xa0{}"), ST_MALFORMED_JSON},
    {TEXT("// what\n{}"), ST_MALFORMED_JSON},
    {TEXT("{/**/}"), ST_MALFORMED_JSON},
    /* objects */
    {TEXT("{\"a\":1}"), ST_OK},
    {TEXT("{ \"a\" : 1 , \"b\" : 2 }"), ST_OK},
    {TEXT("{\"\":1}"), ST_OK},
    {TEXT("{"), ST_MALFORMED_JSON},
    {TEXT("{\""), ST_MALFORMED_JSON},
    {TEXT("{\"a"), ST_MALFORMED_JSON},
    {TEXT("{\"a\""), ST_MALFORMED_JSON},
    {TEXT("{\"a\":"), ST_MALFORMED_JSON},
    {TEXT("{\"a\":1"), ST_MALFORMED_JSON},
    {TEXT("{\"a\":1,"), ST_MALFORMED_JSON},
    {TEXT("{\"a\":1,}"), ST_MALFORMED_JSON},
    {TEXT("{,\"a\":1}"), ST_MALFORMED_JSON},
    {TEXT("{,}"), ST_MALFORMED_JSON},
    {TEXT("{\"a\":1,,\"b\":2}"), ST_MALFORMED_JSON},
    {TEXT("{\"a\":1 \"b\":2}"), ST_MALFORMED_JSON},
    {TEXT("{\"a\":1;\"b\":2}"), ST_MALFORMED_JSON},
    {TEXT("{\"a\" 1}"), ST_MALFORMED_JSON},
    {TEXT("{\"a\"=1}"), ST_MALFORMED_JSON},
    {TEXT("{\"a\"::1}"), ST_MALFORMED_JSON},
    {TEXT("{\"a\":}"), ST_MALFORMED_JSON},
    {TEXT("{a:1}"), ST_MALFORMED_JSON},
    {TEXT("{'a':1}"), ST_MALFORMED_JSON},
    {TEXT("{1:1}"), ST_MALFORMED_JSON},
    {TEXT("{null:1}"), ST_MALFORMED_JSON},
    {TEXT("{\"a\":1]"), ST_MALFORMED_JSON},
    /* arrays */
    {TEXT("{\"a\":[]}"), ST_OK},
    {TEXT("{\"a\":[ 1 , [ ] , { } ]}"), ST_OK},
    {TEXT("{\"a\":[1,1]}"), ST_OK},
    {TEXT("{\"a\":["), ST_MALFORMED_JSON},
    {TEXT("{\"a\":[1"), ST_MALFORMED_JSON},
    {TEXT("{\"a\":[1,"), ST_MALFORMED_JSON},
    {TEXT("{\"a\":[1,]}"), ST_MALFORMED_JSON},
    {TEXT("{\"a\":[,1]}"), ST_MALFORMED_JSON},
    {TEXT("{\"a\":[,]}"), ST_MALFORMED_JSON},
    {TEXT("{\"a\":[1 2]}"), ST_MALFORMED_JSON},
    {TEXT("{\"a\":[1}"), ST_MALFORMED_JSON},
    {TEXT("{\"a\":[1}]"), ST_MALFORMED_JSON},
    /* words */
    {TEXT("{\"a\":true,\"b\":false,\"c\":null}"), ST_OK},
    {TEXT("{\"a\":tru}"), ST_MALFORMED_JSON},
    {TEXT("{\"a\":tru"), ST_MALFORMED_JSON},
    {TEXT("{\"a\":True}"), ST_MALFORMED_JSON},
    {TEXT("{\"a\":truee}"), ST_MALFORMED_JSON},
    {TEXT("{\"a\":nul"), ST_MALFORMED_JSON},
    {TEXT("{\"a\":undefined}"), ST_MALFORMED_JSON},
    {TEXT("{\"a\":NaN}"), ST_MALFORMED_JSON},
    {TEXT("{\"a\":Infinity}"), ST_MALFORMED_JSON},
    {TEXT("{\"a\":-Infinity}"), ST_MALFORMED_JSON},
    {TEXT("{\"a\":\0}"), ST_MALFORMED_JSON},
    /* duplicates */
    {TEXT("{\"a\":1,\"a\":1}"), ST_DUPLICATE_KEY},
    {TEXT("{\"a\":1,\"b\":2,\"a\":3}"), ST_DUPLICATE_KEY},
    {TEXT("{\"\":1,\"\":2}"), ST_DUPLICATE_KEY},
    {TEXT("{\"a\":1,\"\\u0061\":2}"), ST_DUPLICATE_KEY},
    {TEXT("{\"\\u006A\":1,\"\\u006a\":2}"), ST_DUPLICATE_KEY},
    {TEXT("{\"/\":1,\"\\/\":2}"), ST_DUPLICATE_KEY},
    {TEXT("{\"\\n\":1,\"\\u000a\":2}"), ST_DUPLICATE_KEY},
    {TEXT("{\"\xc3\xa9\":1,\"\\u00e9\":2}"), ST_DUPLICATE_KEY},
    {TEXT("{\"\xf0\x9f\x98\x80\":1,\"\\ud83d\\uDE00\":2}"), ST_DUPLICATE_KEY},
    {TEXT("{\"x\":{\"y\":[{\"a\":1,\"a\":2}]}}"), ST_DUPLICATE_KEY},
    {TEXT("{\"a\":{},\"a\":{}}"), ST_DUPLICATE_KEY},
    {TEXT("{\"a\":1,\"A\":2}"), ST_OK},
    {TEXT("{\"a\":1,\"ab\":2}"), ST_OK},
    {TEXT("{\"ab\":1,\"a\":2}"), ST_OK},
    {TEXT("{\"\":1,\"a\":2}"), ST_OK},
    {TEXT("{\"\xc3\xa9\":1,\"e\xcc\x81\":2}"), ST_OK}, /* composed and not: two names */
    {TEXT("{\"a\":{\"a\":{\"a\":1}}}"), ST_OK},
    {TEXT("{\"x\":[{\"a\":1},{\"a\":1}],\"a\":1}"), ST_OK},
    /* numbers: in front of the closing bracket, see test_numbers too */
    {TEXT("{\"a\":-}"), ST_MALFORMED_JSON},
    {TEXT("{\"a\":-"), ST_MALFORMED_JSON},
    {TEXT("{\"a\":1e"), ST_MALFORMED_JSON},
    {TEXT("{\"a\":1."), ST_MALFORMED_JSON},
};

static void test_cases(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct why why;
        enum status status = scan(cases[i].text, cases[i].length, &why);
        CHECK(status == cases[i].expected, "row %zu: %s: %s", i, cases[i].text, status_code(status));
        CHECK(why.status == status && (status == ST_OK) == (why.message[0] == '\0'), "row %zu: why", i);
    }
}

/* What may stand between two quotation marks; each is tried as a value and as a name. */
static const struct {
    const char *text;
    size_t length;
    bool valid;
} strings[] = {
    {TEXT("plain ~"), true},
    {TEXT("\\\"\\\\\\/\\b\\f\\n\\r\\t"), true},
    {TEXT("\\u0001\\u001f\\u007f\\u0080\\u009f"), true}, /* escaped controls are for the members to judge */
    {TEXT("\\u00e9\\uABCD\\uabcd\\uffff"), true},
    {TEXT("\\ud7ff\\ue000"), true},
    {TEXT("\\ud800\\udc00\\udbff\\udfff"), true},
    {TEXT("\xc2\xa0\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"), true},
    {TEXT("\\u0000"), false},
    {TEXT("\\u000"), false},
    {TEXT("\\u00"), false},
    {TEXT("\\u"), false},
    {TEXT("\\u00g0"), false},
    {TEXT("\\u 041"), false},
    {TEXT("\\u+041"), false},
    {TEXT("\\u00\0\0"), false},
    {TEXT("\\u@041"), false}, /* an octet below A, one above F, one above f */
    {TEXT("\\uG041"), false},
    {TEXT("\\ug041"), false},
    {TEXT("\\U0041"), false},
    {TEXT("\\x41"), false},
    {TEXT("\\a"), false},
    {TEXT("\\'"), false},
    {TEXT("\\0"), false},
    {TEXT("\\\0"), false},
    {TEXT("\\"), false},
    {TEXT("\\\xc3\xa9"), false},
    {TEXT("\\ud800"), false}, /* surrogates alone, in the wrong order, twice the same half */
    {TEXT("\\udbff"), false},
    {TEXT("\\udc00"), false},
    {TEXT("\\udfff"), false},
    {TEXT("\\ud800x"), false},
    {TEXT("\\ud800xxxxxx"), false},
    {TEXT("\\ud800\\"), false},
    {TEXT("\\ud800\\n12345"), false},
    {TEXT("\\ud800\\u"), false},
    {TEXT("\\ud800\\udc0"), false},
    {TEXT("\\ud800\\udc0g"), false},
    {TEXT("\\ud800\\ud800"), false},
    {TEXT("\\ud800\\udbff"), false},
    {TEXT("\\ud800\\ue000"), false},
    {TEXT("\\ud800\\u0041"), false},
    {TEXT("\\udc00\\ud800"), false},
    {TEXT("\0"), false}, /* controls as they are */
    {TEXT("\x01"), false},
    {TEXT("\t"), false},
    {TEXT("\n"), false},
    {TEXT("\x1f"), false},
    {TEXT("\x7f"), false},
    {TEXT("\xc2\x80"), false},
    {TEXT("\xc2\x9b"), false},
    {TEXT("\xc2\x9f"), false},
    {TEXT("\x80"), false}, /* not UTF-8 */
    {TEXT("\xc3"), false},
    {TEXT("\xc3\xa9\xa9"), false},
    {TEXT("\xe2\x82"), false},
    {TEXT("\xf0\x9f\x98"), false},
    {TEXT("\xc0\x80"), false},
    {TEXT("\xc1\xbf"), false},
    {TEXT("\xe0\x9f\xbf"), false},
    {TEXT("\xf0\x8f\xbf\xbf"), false},
    {TEXT("\xed\xa0\x80"), false},
    {TEXT("\xed\xbf\xbf"), false},
    {TEXT("\xf4\x90\x80\x80"), false},
    {TEXT("\xf8\x88\x80\x80\x80"), false},
    {TEXT("\xfe"), false},
    {TEXT("\xff"), false},
};

/* Puts `length` octets at `text` between `before` and `after`, and scans that. */
static enum status scan_within(const char *before, const char *text, size_t length, const char *after, struct why *why)
{
    static char whole[LIMIT_PAYLOAD + 64];
    char *end = stpcpy(whole, before);
    memcpy(end, text, length);
    end = stpcpy(end + length, after);
    return scan(whole, (size_t)(end - whole), why);
}

static void test_strings(void)
{
    for (size_t i = 0; i < sizeof strings / sizeof *strings; i++) {
        enum status expected = strings[i].valid ? ST_OK : ST_MALFORMED_JSON;
        struct why why;
        CHECK(scan_within("{\"a\":\"", strings[i].text, strings[i].length, "\"}", &why) == expected, "value %zu: %s", i,
              strings[i].text);
        CHECK(scan_within("{\"a\":[\"", strings[i].text, strings[i].length, "\", 1]}", &why) == expected,
              "element %zu: %s", i, strings[i].text);
        CHECK(scan_within("{\"", strings[i].text, strings[i].length, "\":1}", &why) == expected, "name %zu: %s", i,
              strings[i].text);
        CHECK(scan_within("{\"a\":\"", strings[i].text, strings[i].length, "", &why) == ST_MALFORMED_JSON,
              "without its end %zu: %s", i, strings[i].text);
    }
}

#define DIGITS_50 "12345678901234567890123456789012345678901234567890"

static const struct {
    const char *text;
    bool valid;
} numbers[] = {
    {"0", true},
    {"-0", true},
    {"-0.0", true},
    {"0.5", true},
    {"10", true},
    {"-1", true},
    {"1.5e3", true},
    {"1E+2", true},
    {"1e-2", true},
    {"0e0", true},
    {"0E00", true},
    {"1e01", true},
    {"1.000", true},
    {"1e308", true},
    {"-1e308", true},
    {"1e-999", true},
    {"-1e-999", true},
    {"9007199254740993", true},
    {"01", false},
    {"00", false},
    {"-01", false},
    {"-00", false},
    {"00.5", false},
    {"+1", false},
    {"--1", false},
    {"-", false},
    {"-a", false},
    {".5", false},
    {"-.5", false},
    {"1.", false},
    {"1.e3", false},
    {"1..5", false},
    {"1.5.5", false},
    {"1e", false},
    {"1E+", false},
    {"1e-", false},
    {"1e+-2", false},
    {"1e2.5", false},
    {"1ee2", false},
    {"0x10", false},
    {"1_000", false},

    {"1 5", false},
    {"1e999", false},
    {"-1e999", false},
    {"1.1e308", false},
    {"-1.1e308", false},
    {"1d5", false},
    {"\xd9\xa1", false},
    {DIGITS_50 "1234567890123", true},   /* 63 octets: what cJSON reads */
    {DIGITS_50 "12345678901234", false}, /* 64 */
    {"0." DIGITS_50 "12345678901", true},
    {"0." DIGITS_50 "123456789012", false},
};

static void test_numbers(void)
{
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        enum status expected = numbers[i].valid ? ST_OK : ST_MALFORMED_JSON;
        struct why why;
        size_t length = strlen(numbers[i].text);
        CHECK(scan_within("{\"a\":", numbers[i].text, length, "}", &why) == expected, "%s", numbers[i].text);
        CHECK(scan_within("{\"a\":[0, ", numbers[i].text, length, " ]}", &why) == expected, "[%s]", numbers[i].text);
        CHECK(scan_within("{\"a\":", numbers[i].text, length, "", &why) == ST_MALFORMED_JSON, "%s, then the end",
              numbers[i].text);
    }
}

/* `depth` levels in all, the object around them included. */
static enum status scan_depth(size_t depth, bool objects, struct why *why)
{
    char text[4096] = "{\"a\":";
    size_t length = strlen(text);
    for (size_t i = 1; i < depth; i++)
        length += (size_t)sprintf(text + length, objects ? "{\"a\":" : "[");
    length += (size_t)sprintf(text + length, "1");
    for (size_t i = 1; i < depth; i++)
        text[length++] = objects ? '}' : ']';
    text[length++] = '}';
    return scan(text, length, why);
}

static enum status scan_members(size_t count, const char *before, const char *after, struct why *why)
{
    char text[4096];
    size_t length = (size_t)sprintf(text, "%s{", before);
    for (size_t i = 0; i < count; i++)
        length += (size_t)sprintf(text + length, "%s\"m%zu\":%zu", i > 0 ? "," : "", i, i);
    length += (size_t)sprintf(text + length, "}%s", after);
    return scan(text, length, why);
}

static void test_depth_and_members(void)
{
    struct why why;
    for (int objects = 0; objects < 2; objects++) {
        CHECK_INT(scan_depth(1, objects, &why), ST_OK);
        CHECK_INT(scan_depth(LIMIT_DEPTH, objects, &why), ST_OK);
        CHECK_INT(scan_depth(LIMIT_DEPTH + 1, objects, &why), ST_MALFORMED_JSON);
        CHECK_INT(scan_depth(500, objects, &why), ST_MALFORMED_JSON);
    }
    CHECK_INT(scan_members(LIMIT_MEMBERS, "", "", &why), ST_OK);
    CHECK_INT(scan_members(LIMIT_MEMBERS + 1, "", "", &why), ST_TOO_LARGE);
    CHECK_INT(scan_members(LIMIT_MEMBERS, "{\"a\":[1,", "]}", &why), ST_OK);
    CHECK_INT(scan_members(LIMIT_MEMBERS + 1, "{\"a\":[1,", "]}", &why), ST_TOO_LARGE);
    CHECK_INT(scan_members(LIMIT_MEMBERS, "{\"a\":", ",\"b\":{\"m0\":1},\"m0\":1}", &why), ST_OK);
}

/* One string of `length` octets as written, made of `unit`s. */
static enum status scan_long(const char *before, const char *unit, size_t length, const char *after, struct why *why)
{
    static char text[LIMIT_PAYLOAD + 2];
    for (size_t i = 0; i < length; i++)
        text[i] = unit[i % strlen(unit)];
    return scan_within(before, text, length, after, why);
}

static void test_sizes(void)
{
    struct why why;
    static const char *const units[] = {"a", "\xc3\xa9", "\\n", "\\u0041\\n"};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        size_t more = strlen(units[i]);
        CHECK(scan_long("{\"a\":\"", units[i], LIMIT_STRING, "\"}", &why) == ST_OK, "8192 of %s", units[i]);
        CHECK(scan_long("{\"a\":\"", units[i], LIMIT_STRING + more, "\"}", &why) == ST_TOO_LARGE, "more of %s",
              units[i]);
        CHECK(scan_long("{\"", units[i], LIMIT_STRING, "\":1}", &why) == ST_OK, "a name of %s", units[i]);
    }
    CHECK_INT(scan_long("{\"a\":\"", "a", LIMIT_STRING + 1, "\"}", &why), ST_TOO_LARGE);
    CHECK_INT(scan_long("{\"", "a", LIMIT_STRING + 1, "\":1}", &why), ST_TOO_LARGE);
    CHECK_INT(scan_long("{}", " ", LIMIT_PAYLOAD - 2, "", &why), ST_OK);
    CHECK_INT(scan_long("{}", " ", LIMIT_PAYLOAD - 1, "", &why), ST_TOO_LARGE);
    CHECK_INT(scan_long("{\"a\":[", "1,", LIMIT_PAYLOAD - 9, "1]}", &why), ST_OK);
}

/* What a person reads. */
static void test_why(void)
{
    struct why why;
    scan(TEXT("{\"a\":1,}"), &why);
    CHECK_TEXT(why.message, "The payload is not strict JSON: a member without a name at octet 7.");
    scan(TEXT("{\"a\":"), &why);
    CHECK_TEXT(why.message, "The payload is not strict JSON: an unexpected end at octet 5.");
    scan(TEXT("{\"a\":x"), &why);
    CHECK_TEXT(why.message, "The payload is not strict JSON: an unexpected octet at octet 5.");
    scan(TEXT("{\"a\":1,\"a\":2}"), &why);
    CHECK_TEXT(why.message, "A member stands twice in one object, at octet 10.");
    scan_members(65, "", "", &why);
    CHECK_TEXT(why.message, "An object has more than 64 members.");
}

int main(void)
{
    test_cases();
    test_strings();
    test_numbers();
    test_depth_and_members();
    test_sizes();
    test_why();
    return check_done();
}
