#include "tests/unit/check.h"
#include "topics/native.h"

#define A8   "aaaaaaaa"
#define A32  A8 A8 A8 A8
#define A128 A32 A32 A32 A32

static const struct {
    const char *topic;
    enum status expected;
    enum operation operation;
    bool admin;
    const char *id, *noun, *verb;
} topics[] = {
    {"muster/v1/device/d1/register", ST_OK, OP_REGISTER, false, "d1", "", "register"},
    {"muster/v1/device/" A128 "/" A32, ST_OK, OP_UNKNOWN, false, A128, "", A32},
    {"muster/v1/device/d1/sing", ST_OK, OP_UNKNOWN, false, "d1", "", "sing"},
    {"muster/v1/device/d1/create", ST_OK, OP_UNKNOWN, false, "d1", "", "create"},
    {"muster/v1/device/d1/repl", ST_OK, OP_UNKNOWN, false, "d1", "", "repl"},
    {"muster/v1/device/d1/relay", ST_OK, OP_UNKNOWN, false, "d1", "", "relay"},
    {"muster/v1/admin/me~1/key/create", ST_OK, OP_KEY_CREATE, true, "me~1", "key", "create"},
    {"muster/v1/admin/me/device/register", ST_OK, OP_UNKNOWN, true, "me", "device", "register"},
    {"muster/v1/admin/" A128 "/" A32 "/" A32, ST_OK, OP_UNKNOWN, true, A128, A32, A32},
    {"muster/v1/gate/connected", ST_OK, OP_CONNECTED, false, "", "", ""},
    {"muster/v1/gate/disconnected", ST_OK, OP_DISCONNECTED, false, "", "", ""},
    {"muster/v1/gate/refused", ST_OK, OP_REFUSED, false, "", "", ""},
    {"muster/v1/gate/other", ST_SILENT, 0, false, "", "", ""},
    {"muster/v1/device/d1/connected", ST_OK, OP_UNKNOWN, false, "d1", "", "connected"},
    {"muster/v1/device/d1/reply", ST_SILENT, 0, false, "", "", ""},
    {"muster/v1/device/d1/reply/x", ST_SILENT, 0, false, "", "", ""},
    {"muster/v1/device/d1/register/accepted", ST_SILENT, 0, false, "", "", ""},
    {"muster/v1/device/d1/register/rejected", ST_SILENT, 0, false, "", "", ""},
    {"muster/v1/device/_x/register", ST_SILENT, 0, false, "", "", ""},
    {"muster/v1/device/d1/REGISTER", ST_SILENT, 0, false, "", "", ""},
    {"muster/v1/admin/me/reply", ST_SILENT, 0, false, "", "", ""},
    {"muster/v1/admin/me/reply/x", ST_SILENT, 0, false, "", "", ""},
    {"muster/v1/admin/me/key/create/accepted", ST_SILENT, 0, false, "", "", ""},
    {"muster/v1/event/default/d1/registered", ST_SILENT, 0, false, "", "", ""},
    {"muster/v1/service/state", ST_SILENT, 0, false, "", "", ""},
    {"$SYS/broker/uptime", ST_SILENT, 0, false, "", "", ""},
    {"", ST_SILENT, 0, false, "", "", ""},
};

static void test_topics(void)
{
    for (size_t i = 0; i < sizeof topics / sizeof *topics; i++) {
        struct address address;
        memset(&address, 0x55, sizeof address);
        enum status status = native_address(topics[i].topic, strlen(topics[i].topic), NULL, 0, &address);
        CHECK(status == topics[i].expected, "%s", topics[i].topic);
        if (status != ST_OK)
            continue;
        CHECK(address.operation == topics[i].operation && address.admin == topics[i].admin, "%s", topics[i].topic);
        CHECK_TEXT(address.id, topics[i].id);
        CHECK_TEXT(address.noun, topics[i].noun);
        CHECK_TEXT(address.verb, topics[i].verb);
        CHECK_TEXT(address.reply_topic, "");
    }
}

#define LONG_NAME A128 A128 A128 A128

static const struct {
    const char *topic, *response;
    bool used;
} responses[] = {
    {"muster/v1/device/d1/get", "muster/v1/device/d1/reply", true},
    {"muster/v1/device/d1/get", "muster/v1/device/d1/reply/7", true},
    {"muster/v1/device/" A128 "/get", "muster/v1/device/" A128 "/reply/" A128, true},
    {"muster/v1/device/d1/get", "", false},
    {"muster/v1/device/d1/get", "muster/v1/device/d2/reply", false},
    {"muster/v1/device/d1/get", "muster/v1/device/d/reply", false},
    {"muster/v1/device/d1/get", "muster/v1/device/d11/reply", false},
    {"muster/v1/device/d1/get", "muster/v1/device/D1/reply", false},
    {"muster/v1/device/d1/get", "muster/v1/device/d1/reply/", false},
    {"muster/v1/device/d1/get", "muster/v1/device/d1/reply/7/8", false},
    {"muster/v1/device/d1/get", "muster/v1/device/d1/reply/+", false},
    {"muster/v1/device/d1/get", "muster/v1/device/d1/reply/" LONG_NAME, false},
    {"muster/v1/device/d1/get", "muster/v1/device/d1/get", false},
    {"muster/v1/device/d1/get", "muster/v1/device/d1/get/accepted", false},
    {"muster/v1/device/d1/get", "muster/v1/admin/d1/reply", false},
    {"muster/v1/device/d1/get", "muster/v1/service/state", false},
    {"muster/v1/admin/me/key/list", "muster/v1/admin/me/reply", true},
    {"muster/v1/admin/me/key/list", "muster/v1/admin/me/reply/7", true},
    {"muster/v1/admin/me/key/list", "muster/v1/admin/you/reply", false},
    {"muster/v1/admin/me/key/list", "muster/v1/device/me/reply", false},
};

static void test_responses(void)
{
    for (size_t i = 0; i < sizeof responses / sizeof *responses; i++) {
        struct address address;
        const char *response = responses[i].response;
        CHECK_INT(native_address(responses[i].topic, strlen(responses[i].topic), response, strlen(response), &address),
                  ST_OK);
        CHECK_TEXT(address.reply_topic, responses[i].used ? response : "");
    }
}

static const struct {
    const char *topic, *response, *accepted, *rejected;
} answers[] = {
    {"muster/v1/device/d1/get", NULL, "muster/v1/device/d1/get/accepted", "muster/v1/device/d1/get/rejected"},
    {"muster/v1/device/d1/sing", NULL, "muster/v1/device/d1/sing/accepted", "muster/v1/device/d1/sing/rejected"},
    {"muster/v1/admin/me/key/list", NULL, "muster/v1/admin/me/key/list/accepted",
     "muster/v1/admin/me/key/list/rejected"},
    {"muster/v1/device/d1/get", "muster/v1/device/d1/reply/7", "muster/v1/device/d1/reply/7",
     "muster/v1/device/d1/reply/7"},
};

static void test_answer_topics(void)
{
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        struct address address;
        char out[LIMIT_TOPIC];
        const char *response = answers[i].response;
        native_address(answers[i].topic, strlen(answers[i].topic), response, response != NULL ? strlen(response) : 0,
                       &address);
        for (int accepted = 0; accepted < 2; accepted++) {
            const char *expected = accepted ? answers[i].accepted : answers[i].rejected;
            size_t length = strlen(expected);
            CHECK_INT(native_answer_topic(&address, accepted, out, sizeof out), length);
            CHECK_TEXT(out, expected);
            CHECK_INT(native_answer_topic(&address, accepted, out, length + 1), length);
            CHECK_INT(native_answer_topic(&address, accepted, out, length), 0);
        }
    }
}

static const struct {
    const char *request_id, *members, *secrets, *expected;
} accepted[] = {
    {"", "", "", "{}"},
    {"r1", "", "", "{\"requestId\":\"r1\"}"},
    {"", "\"a\":1", "", "{\"a\":1}"},
    {"", "", "\"s\":2", "{\"s\":2}"},
    {"r1", "\"a\":1,\"b\":2", "\"s\":2", "{\"requestId\":\"r1\",\"a\":1,\"b\":2,\"s\":2}"},
};

static const struct {
    const char *request_id;
    struct why why;
    const char *expected;
} rejected[] = {
    {"",
     {.status = ST_QUOTA_EXCEEDED},
     "{\"error\":{\"code\":\"quota_exceeded\",\"message\":\"A quota is used up.\",\"mend\":\"Ask the operator to raise "
     "it.\"}}"},
    {"r1",
     {.status = ST_RATE_LIMITED, .message = "Slow.", .mend = "Wait.", .retry_after_ms = 1},
     "{\"requestId\":\"r1\",\"error\":{\"code\":\"rate_limited\",\"message\":\"Slow.\",\"mend\":\"Wait.\","
     "\"retryAfterMs\":1}}"},
    {"r1",
     {.status = ST_INVALID_FIELD, .message = "\"No\"", .mend = "m", .field = "/csr", .detail = "never on the wire"},
     "{\"requestId\":\"r1\",\"error\":{\"code\":\"invalid_field\",\"message\":\"\\\"No\\\"\",\"mend\":\"m\",\"field\":"
     "\"/csr\"}}"},
    {"",
     {.status = ST_SILENT, .message = "M", .mend = "m", .retry_after_ms = -1},
     "{\"error\":{\"code\":\"internal\",\"message\":\"M\",\"mend\":\"m\"}}"},
};

static void test_payloads(void)
{
    char out[512];
    for (size_t i = 0; i < sizeof accepted / sizeof *accepted; i++) {
        const char *id = accepted[i].request_id, *members = accepted[i].members, *secrets = accepted[i].secrets;
        size_t length = strlen(accepted[i].expected);
        CHECK_INT(native_accepted(id, members, secrets, out, sizeof out), length);
        CHECK_TEXT(out, accepted[i].expected);
        CHECK_INT(native_accepted(id, members, secrets, out, length + 1), length);
        CHECK_INT(native_accepted(id, members, secrets, out, length), 0);
    }
    for (size_t i = 0; i < sizeof rejected / sizeof *rejected; i++) {
        size_t length = strlen(rejected[i].expected);
        CHECK_INT(native_rejected(rejected[i].request_id, &rejected[i].why, out, sizeof out), length);
        CHECK_TEXT(out, rejected[i].expected);
        CHECK_INT(native_rejected(rejected[i].request_id, &rejected[i].why, out, length + 1), length);
        CHECK_INT(native_rejected(rejected[i].request_id, &rejected[i].why, out, length), 0);
    }
}

int main(void)
{
    test_topics();
    test_responses();
    test_answer_topics();
    test_payloads();
    return check_done();
}
