#include "tests/unit/check.h"
#include "topics/document.h"

#include <cjson/cJSON.h>
#include <stdint.h>
#include <stdlib.h>

#define TEXT(text) (text), sizeof(text) - 1

static struct document *parse(const char *text)
{
    struct document *document = NULL;
    struct why why;
    CHECK(document_new(text, strlen(text), &document, &why) == ST_OK, "%s", text);
    return document;
}

static void test_members(void)
{
    struct document *document = parse("{\"a\":1,\"A\":\"x\",\"list\":[\"p\",\"q\"],\"o\":{\"i\":true},\"n\":null}");
    const struct value *root = document_root(document);
    CHECK(value_member(root, "b") == NULL, "what is not there");
    CHECK(value_member(NULL, "a") == NULL, "in nothing");
    CHECK(value_member(value_member(root, "a"), "a") == NULL, "in a number");
    CHECK_TEXT(value_text(value_member(root, "A")), "x");
    CHECK(value_text(value_member(root, "a")) == NULL, "a number is no text");
    CHECK(value_text(NULL) == NULL, "nothing is no text");

    static const char *const names[] = {"a", "A", "list", "o", "n"};
    size_t count = 0;
    for (const struct value *at = value_first(root); at != NULL; at = value_next(at))
        CHECK_TEXT(value_name(at), count < 5 ? names[count++] : "too many");
    CHECK_INT(count, 5);
    const struct value *first = value_first(value_member(root, "list"));
    CHECK_TEXT(value_text(first), "p");
    CHECK(value_name(first) == NULL, "an element has no name");
    CHECK_TEXT(value_text(value_next(first)), "q");
    CHECK(value_next(value_next(first)) == NULL, "the end");
    CHECK(value_first(NULL) == NULL, "nothing in nothing");
    CHECK(value_first(value_member(root, "a")) == NULL, "nothing in a number");
    document_free(document);
    document_free(NULL);
}

static void test_types(void)
{
    struct document *document = parse("{\"t\":true,\"f\":false,\"n\":null,\"s\":\"true\",\"i\":1,\"o\":{},\"l\":[]}");
    const struct value *root = document_root(document);
    for (const struct value *at = value_first(root); at != NULL; at = value_next(at)) {
        char type = value_name(at)[0];
        bool truth = type != 't';
        double number = 0;
        CHECK(value_is_bool(at, &truth) == (type == 't' || type == 'f'), "%c", type);
        CHECK(truth == (type == 't'), "%c", type);
        CHECK(value_is_null(at) == (type == 'n'), "%c", type);
        CHECK((value_text(at) != NULL) == (type == 's'), "%c", type);
        CHECK(value_number(at, &number) == (type == 'i') && number == (type == 'i'), "%c", type);
        CHECK(value_is_object(at) == (type == 'o'), "%c", type);
        CHECK(value_is_array(at) == (type == 'l'), "%c", type);
    }
    bool truth = true;
    double number = 7;
    CHECK(!value_is_bool(NULL, &truth) && !truth, "nothing is not true");
    CHECK(!value_is_null(NULL), "nothing is not null");
    CHECK(!value_is_object(NULL) && !value_is_array(NULL), "nothing holds nothing");
    CHECK(!value_number(NULL, &number) && number == 7, "nothing is no number");
    document_free(document);
}

#define EXACT INT64_C(9007199254740992)

static const struct {
    const char *number;
    long long low, high;
    bool whole;
    long long expected;
} integers[] = {
    {"1", 1, 3, true, 1},
    {"3", 1, 3, true, 3},
    {"0", 1, 3, false, 0},
    {"4", 1, 3, false, 0},
    {"0.999", 1, 3, false, 0},
    {"3.0000001", 1, 3, false, 0},
    {"1.5", 1, 3, false, 0},
    {"300.5", 1, 1000, false, 0},
    {"2.0", 1, 3, true, 2},
    {"2e0", 1, 3, true, 2},
    {"1.5e1", 1, 20, true, 15},
    {"-0", 0, 3, true, 0},
    {"-1", 0, 3, false, 0},
    {"-9007199254740992", -EXACT, EXACT, true, -EXACT},
    {"9007199254740992", -EXACT, EXACT, true, EXACT},
    {"9007199254740994", -EXACT, EXACT, false, 0},
    {"1e300", -EXACT, EXACT, false, 0},
    {"-1e300", -EXACT, EXACT, false, 0},
    {"\"2\"", 1, 3, false, 0},
    {"true", 0, 3, false, 0},
    {"null", 0, 3, false, 0},
    {"[2]", 0, 3, false, 0},
};

static void test_integers(void)
{
    for (size_t i = 0; i < sizeof integers / sizeof *integers; i++) {
        char text[64];
        long long got = 42;
        snprintf(text, sizeof text, "{\"i\":%s}", integers[i].number);
        struct document *document = parse(text);
        const struct value *value = value_member(document_root(document), "i");
        CHECK(value_integer(value, integers[i].low, integers[i].high, &got) == integers[i].whole, "%s",
              integers[i].number);
        CHECK(got == (integers[i].whole ? integers[i].expected : 42), "%s: %lld", integers[i].number, got);
        document_free(document);
    }
}

static const struct {
    const char *written, *read;
} texts[] = {
    {"\\\"\\\\\\/\\b\\f\\n\\r\\t", "\"\\/\b\f\n\r\t"},
    {"\\u0041\\u00e9\\u20ac", "A\xc3\xa9\xe2\x82\xac"},
    {"\\ud83d\\ude00", "\xf0\x9f\x98\x80"},
    {"\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80"},
};

static void test_texts(void)
{
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char text[64];
        snprintf(text, sizeof text, "{\"%s\":\"%s\"}", texts[i].written, texts[i].written);
        struct document *document = parse(text);
        const struct value *value = value_first(document_root(document));
        CHECK_TEXT(value_text(value), texts[i].read);
        CHECK_TEXT(value_name(value), texts[i].read);
        document_free(document);
    }
}

static void *no_memory(size_t size)
{
    (void)size;
    return NULL;
}

static void test_failures(void)
{
    struct document *document = NULL;
    struct why why;
    CHECK_INT(document_new(TEXT("{\"a\":1,\"a\":2}"), &document, &why), ST_DUPLICATE_KEY);
    CHECK_INT(document_new(TEXT("{\"a\":1} "), &document, &why), ST_OK);
    document_free(document);
    CHECK_INT(document_new(TEXT("{\"a\":1} x"), &document, &why), ST_MALFORMED_JSON);

    cJSON_Hooks none = {no_memory, free};
    cJSON_InitHooks(&none);
    CHECK_INT(document_new(TEXT("{\"a\":1}"), &document, &why), ST_INTERNAL);
    cJSON_InitHooks(NULL);
    CHECK(document == NULL && why.status == ST_INTERNAL, "no memory");
}

/* An answer may be larger and deeper in members than a request, but JSON it must be. */
static void test_answers(void)
{
    static const char *const broken[] = {"", "{", "{\"1\":1,", "{\"a\":", "[", "\"a", "\"\\", "\"\\u12", "tru", "-"};
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        size_t length = strlen(broken[i]);
        char *copy = malloc(length + 1); /* the sanitizer's zone begins behind the last octet */
        if (copy == NULL)
            return;
        memcpy(copy + 1, broken[i], length);
        CHECK(document_new_answer(copy + 1, length) == NULL, "%s", broken[i]);
        free(copy);
    }
    static char large[40000];
    size_t length = (size_t)snprintf(large, sizeof large, "{\"pem\":\"%030000d\"}", 0);
    struct document *document = document_new_answer(large, length);
    CHECK_INT(strlen(value_text(value_member(document_root(document), "pem"))), 30000);
    document_free(document);
    CHECK(document_root(NULL) == NULL, "the root of nothing");
}

int main(void)
{
    test_members();
    test_types();
    test_integers();
    test_texts();
    test_failures();
    test_answers();
    return check_done();
}
