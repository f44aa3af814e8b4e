/* The short cut of a heartbeat: what it takes, the long way takes too, with the same result. */
#include "topics/beat.h"

#include "tests/unit/check.h"
#include "topics/message.h"

#include <stdlib.h>
#include <string.h>

static void test_topics(void)
{
    static const struct {
        const char *topic, *uuid; /* NULL: no heartbeat */
    } cases[] = {
        {"muster/v1/device/d1/heartbeat", "d1"},
        {"muster/v1/device/0b7c3d5e-0000-4000-8000-000000000001/heartbeat", "0b7c3d5e-0000-4000-8000-000000000001"},
        {"muster/v1/device//heartbeat", NULL},
        {"muster/v1/device/heartbeat", NULL},
        {"muster/v1/device/d1/heartbeats", NULL},
        {"muster/v1/device/d1/connect", NULL},
        {"muster/v1/devices/d1/heartbeat", NULL},
        {"xmuster/v1/device/d1/heartbeat", NULL},
        {"muster/v1/device/d/1/heartbeat", "d/1"}, /* no uuid, and so not known */
        {"", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct text uuid = {NULL, 0};
        bool is = beat_topic(cases[i].topic, strlen(cases[i].topic), &uuid);
        CHECK_INT(is, cases[i].uuid != NULL);
        if (is && cases[i].uuid != NULL)
            CHECK(uuid.length == strlen(cases[i].uuid) && memcmp(uuid.at, cases[i].uuid, uuid.length) == 0, "%s",
                  cases[i].topic);
    }
    char built[LIMIT_TOPIC];
    size_t length = topic_build(TOPIC_DEVICE_REQUEST, built, sizeof built, (const char *const[]){"d1", "heartbeat"});
    CHECK_TEXT(built, cases[0].topic);
    CHECK_INT(length, strlen(cases[0].topic));
}

/* In a block of its own length, so that a sanitizer sees an octet that is read behind it. */
static bool quick(const char *text, size_t length, char session[LIMIT_SESSION + 1])
{
    struct text found;
    char *copy = malloc(length + (length == 0));
    memcpy(copy, text, length);
    bool taken = beat_payload(copy, length, &found);
    snprintf(session, LIMIT_SESSION + 1, "%.*s", taken ? (int)found.length : 0,
             taken && found.at != NULL ? found.at : "");
    free(copy);
    return taken;
}

static void compare(const char *text, size_t length, bool taken, const char *session)
{
    static struct message message;
    struct why why;
    enum status status = message_decode_stamped(OP_HEARTBEAT, text, length, &message, &why);
    if (taken)
        CHECK(status == ST_OK && strcmp(message.session, session) == 0, "%.*s: %s", (int)length, text,
              status_code(status));
}

static const struct {
    const char *text, *session; /* NULL: not for the short cut */
} payloads[] = {
    {"", ""},
    {"{}", ""},
    {" { } ", ""},
    {"{\"session\":\"s-1\"}", "s-1"},
    {"{\"metrics\":{\"temperature\":21.5,\"rssi\":-67,\"battery\":88.1}}", ""},
    {"{\"metrics\":{}}", ""},
    {"{ \"session\" : \"a b~\",\r\n\t\"metrics\" : { \"x\" : 0, \"y\" : -0.5 } }", "a b~"},
    {"{\"metrics\":{\"a\":1},\"session\":\"s\"}", "s"},
    {"{\"metrics\":{\"a\":123456789012345.123456789012345}}", ""},
    {"{\"metrics\":{\"a\":1e3}}", NULL},
    {"{\"metrics\":{\"a\":1234567890123456}}", NULL},
    {"{\"metrics\":{\"a\":1.1234567890123456}}", NULL},
    {"{\"metrics\":{\"a\":01}}", NULL},
    {"{\"metrics\":{\"a\":1.}}", NULL},
    {"{\"metrics\":{\"a\":.5}}", NULL},
    {"{\"metrics\":{\"a\":-}}", NULL},
    {"{\"metrics\":{\"a\":true}}", NULL},
    {"{\"metrics\":{\"a\":1,\"a\":2}}", NULL},
    {"{\"metrics\":{\"\":1}}", NULL},
    {"{\"metrics\":{\"a\" 1}}", NULL},
    {"{\"metrics\":{\"a\":1,}}", NULL},
    {"{\"metrics\":{\"a\":1", NULL},
    {"{\"metrics\":[1]}", NULL},
    {"{\"metrics\":{},\"metrics\":{}}", NULL},
    {"{\"session\":\"s\",\"metrics\":{},\"x\":1}", NULL},
    {"{\"session\":\"s\",\"session\":\"s\"}", NULL},
    {"{\"session\":\"\"}", NULL},
    {"{\"session\":\"\\u0041\"}", NULL},
    {"{\"session\":\"\xc3\xa4\"}", NULL},
    {"{\"session\":\"a\x7f\"}", NULL},
    {"{\"session\":7}", NULL},
    {"{\"session\" \"s\"}", NULL},
    {"{\"session\":\"s\"", NULL},
    {"{\"session\":\"s\"}x", NULL},
    {"{\"session\":\"s\"} {}", NULL},
    {"{\"requestId\":\"r\"}", NULL},
    {"{session:1}", NULL},
    {"{,}", NULL},
    {"[]", NULL},
    {"null", NULL},
    {"{", NULL},
};

static void test_payloads(void)
{
    char session[LIMIT_SESSION + 1];
    for (size_t i = 0; i < sizeof payloads / sizeof *payloads; i++) {
        size_t length = strlen(payloads[i].text);
        bool taken = quick(payloads[i].text, length, session);
        CHECK(taken == (payloads[i].session != NULL), "%s", payloads[i].text);
        if (payloads[i].session != NULL)
            CHECK_TEXT(session, payloads[i].session);
        compare(payloads[i].text, length, taken, session);
    }
}

/* Names and sessions at their limits, and one more. */
static void test_limits(void)
{
    static const struct {
        const char *before, *behind;
        size_t most;
    } cases[] = {{"{\"session\":\"", "\"}", LIMIT_SESSION}, {"{\"metrics\":{\"", "\":1}}", LIMIT_NAME}};
    char text[2000], session[LIMIT_SESSION + 1];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (size_t more = 0; more < 2; more++) {
            char filled[LIMIT_SESSION + 2];
            memset(filled, 'x', sizeof filled);
            int length = snprintf(text, sizeof text, "%s%.*s%s", cases[i].before, (int)(cases[i].most + more), filled,
                                  cases[i].behind);
            bool taken = quick(text, (size_t)length, session);
            CHECK_INT(taken, more == 0);
            compare(text, (size_t)length, taken, session);
        }
    for (int count = 15; count < 18; count++) {
        size_t length = (size_t)snprintf(text, sizeof text, "{\"metrics\":{");
        for (int i = 0; i < count; i++)
            length += (size_t)snprintf(text + length, sizeof text - length, "%s\"m%d\":%d", i > 0 ? "," : "", i, i);
        length += (size_t)snprintf(text + length, sizeof text - length, "}}");
        CHECK_INT(quick(text, length, session), count <= 16);
    }
    memset(text, ' ', sizeof text);
    memcpy(text, "{}", 2);
    CHECK(quick(text, 1024, session), "as long as may be");
    CHECK(!quick(text, 1025, session), "too long for the short cut");
}

/* Payloads that are nearly right: whatever the short cut takes, the long way takes with the same session. */
static void test_mutations(void)
{
    static const char octets[] = "{}[]\":,.-+0123456789eE \\ast\n\x01\x7f\x80\xff";
    size_t taken = 0;
    srandom(11);
    for (int i = 0; i < 200000; i++) {
        char text[256], session[LIMIT_SESSION + 1];
        const char *from = payloads[(size_t)random() % (sizeof payloads / sizeof *payloads)].text;
        size_t length = strlen(from);
        memcpy(text, from, length);
        for (long changes = random() % 3; changes >= 0 && length > 0; changes--) {
            size_t at = (size_t)random() % length;
            if (random() % 3 == 0)
                memmove(text + at, text + at + 1, --length - at);
            else
                text[at] = octets[(size_t)random() % (sizeof octets - 1)];
        }
        bool quickly = quick(text, length, session);
        taken += quickly;
        compare(text, length, quickly, session);
    }
    CHECK(taken > 2000, "the short cut took %zu of them", taken);
}

int main(void)
{
    test_topics();
    test_payloads();
    test_limits();
    test_mutations();
    return check_done();
}
