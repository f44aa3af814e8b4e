#include "tests/unit/check.h"
#include "topics/json_write.h"

#include <stdlib.h>

static void write_everything(struct json_writer *json)
{
    json_open(json, NULL, '{');
    json_text(json, "text", "a");
    json_text(json, "nothing", NULL);
    json_text(json, "", "");
    json_int(json, "least", INT64_MIN);
    json_int(json, "most", INT64_MAX);
    json_bool(json, "yes", true);
    json_bool(json, "no", false);
    json_time(json, "never", 0);
    json_time(json, "first", 1);
    json_raw(json, "raw", "[1]");
    json_raw(json, "raw0", "");
    json_raw(json, "rawN", NULL);
    json_members(json, "");
    json_members(json, "\"x\":1,\"y\":2");
    json_open(json, "empty", '{');
    json_close(json, '}');
    json_open(json, "list", '[');
    json_int(json, NULL, 1);
    json_text(json, NULL, "b");
    json_open(json, NULL, '[');
    json_close(json, ']');
    json_open(json, NULL, '{');
    json_text(json, "q\"", "\\");
    json_close(json, '}');
    json_close(json, ']');
    json_members(json, "\"z\":3");
    json_close(json, '}');
}

#define EVERYTHING                                                                                                     \
    "{\"text\":\"a\",\"nothing\":null,\"\":\"\",\"least\":-9223372036854775808,\"most\":9223372036854775807,"          \
    "\"yes\":true,\"no\":false,\"never\":null,\"first\":\"1970-01-01T00:00:00.001Z\",\"raw\":[1],\"raw0\":null,"       \
    "\"rawN\":null,\"x\":1,\"y\":2,\"empty\":{},\"list\":[1,\"b\",[],{\"q\\\"\":\"\\\\\"}],\"z\":3}"

/* Into every size of buffer, each of its own, so that a sanitizer sees a write behind it. */
static void test_sizes(void)
{
    const size_t whole = sizeof EVERYTHING;
    for (size_t size = 1; size <= whole + 1; size++) {
        struct json_writer json;
        char *out = malloc(size);
        if (out == NULL)
            break;
        json_start(&json, out, size);
        CHECK(json.length == 0 && out[0] == '\0' && !json.overflow, "a start on %zu", size);
        write_everything(&json);
        CHECK(json.overflow == (size < whole), "%zu octets", size);
        CHECK(json.length < size && out[json.length] == '\0' && strlen(out) == json.length, "the end in %zu", size);
        CHECK(strncmp(out, EVERYTHING, json.length) == 0, "%s", out);
        CHECK(json.overflow || json.length == whole - 1, "%s", out);
        free(out);
    }
}

/* Once something was dropped, nothing that would fit comes behind the hole. */
static void test_overflow_stays(void)
{
    struct json_writer json;
    char out[8];
    json_start(&json, out, sizeof out);
    json_open(&json, NULL, '[');
    json_text(&json, NULL, "too long for it");
    json_close(&json, ']');
    CHECK_TEXT(out, "[\"");
    CHECK(json.overflow, "it forgot");
}

static const struct {
    const char *text, *expected;
} escapes[] = {
    {"", "\"\""},
    {"plain", "\"plain\""},
    {"\"", "\"\\\"\""},
    {"\\", "\"\\\\\""},
    {"/", "\"/\""},
    {"a\"b\\c", "\"a\\\"b\\\\c\""},
    {"\b\f\n\r\t", "\"\\b\\f\\n\\r\\t\""},
    {"\x01\x07\x0b\x1f", "\"\\u0001\\u0007\\u000b\\u001f\""},
    {"\x7f", "\"\\u007f\""},
    {"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\""},
};

static void test_escapes(void)
{
    for (size_t i = 0; i < sizeof escapes / sizeof *escapes; i++) {
        struct json_writer json;
        char out[64], named[64], expected[64];
        json_start(&json, out, sizeof out);
        json_text(&json, NULL, escapes[i].text);
        CHECK_TEXT(out, escapes[i].expected);
        json_start(&json, named, sizeof named);
        json_bool(&json, escapes[i].text, true);
        snprintf(expected, sizeof expected, "%s:true", escapes[i].expected);
        CHECK_TEXT(named, expected);
    }
}

int main(void)
{
    test_sizes();
    test_overflow_stays();
    test_escapes();
    return check_done();
}
