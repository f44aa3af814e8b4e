#include "tests/unit/check.h"
#include "topics/message.h"

#include <stdbool.h>

#define TEXT(text) (text), sizeof(text) - 1

static struct message message;
static struct why why;

/* Decodes over whatever was there before. */
static enum status decode(enum operation operation, const char *payload, size_t length)
{
    memset(&message, 0x55, sizeof message);
    memset(&why, 0, sizeof why);
    return message_decode(operation, payload, length, &message, &why);
}

static const struct {
    enum operation operation;
    const char *payload;
    size_t length;
    enum status expected;
    const char *field;
} cases[] = {
    /* what may be empty */
    {OP_GET, TEXT(""), ST_OK, ""},
    {OP_REGISTER, TEXT(""), ST_OK, ""},
    {OP_HEARTBEAT, TEXT(""), ST_OK, ""},
    {OP_UNKNOWN, TEXT(""), ST_OK, ""},
    {OP_CONNECT, TEXT(""), ST_EMPTY_PAYLOAD, ""},
    {OP_KEY_SHOW, TEXT(""), ST_EMPTY_PAYLOAD, ""},
    {OP_GET, TEXT("{}"), ST_OK, ""},
    {OP_CONNECT, TEXT("{}"), ST_MISSING_FIELD, "/session"},
    {OP_DEVICE_CREATE, TEXT("{\"tenant\":\"default\"}"), ST_MISSING_FIELD, "/uuid"},
    {OP_KEY_DISABLE, TEXT("{\"uuid\":\"d1\"}"), ST_MISSING_FIELD, "/keyId"},
    /* what json_scan refuses */
    {OP_GET, TEXT(" "), ST_MALFORMED_JSON, ""},
    {OP_GET, TEXT("[]"), ST_MALFORMED_JSON, ""},
    {OP_GET, TEXT("{\"a\":1,\"a\":1}"), ST_DUPLICATE_KEY, ""},
    /* what is unknown or not taken is not looked at */
    {OP_GET, TEXT("{\"colour\":[{}],\"csr\":7,\"tags\":\"x\"}"), ST_OK, ""},
    {OP_UNKNOWN, TEXT("{\"session\":7}"), ST_OK, ""},
    {OP_CONNECT, TEXT("{\"Session\":\"s\"}"), ST_MISSING_FIELD, "/session"},
    {OP_CONNECT, TEXT("{\"\\u0073ession\":\"s\"}"), ST_OK, ""},
    /* texts: a type, a length, the characters */
    {OP_CONNECT, TEXT("{\"session\":null}"), ST_INVALID_FIELD, "/session"},
    {OP_CONNECT, TEXT("{\"session\":1}"), ST_INVALID_FIELD, "/session"},
    {OP_CONNECT, TEXT("{\"session\":[\"s\"]}"), ST_INVALID_FIELD, "/session"},
    {OP_CONNECT, TEXT("{\"session\":\"\"}"), ST_INVALID_FIELD, "/session"},
    {OP_CONNECT, TEXT("{\"session\":\"a\\nb\"}"), ST_INVALID_FIELD, "/session"},
    {OP_CONNECT, TEXT("{\"session\":\"a\\u009bb\"}"), ST_INVALID_FIELD, "/session"},
    {OP_CONNECT, TEXT("{\"session\":\"s\",\"firmware\":\"\"}"), ST_OK, ""},
    {OP_CONNECT, TEXT("{\"session\":\"s\",\"address\":\"\\u001b[2J\"}"), ST_INVALID_FIELD, "/address"},
    {OP_REGISTER, TEXT("{\"deviceName\":\"P\xc3\xbcmp \\ud83d\\ude00\"}"), ST_OK, ""},
    {OP_REGISTER, TEXT("{\"deviceName\":\"\\u007f\"}"), ST_INVALID_FIELD, "/deviceName"},
    {OP_PROVISION, TEXT("{\"csr\":\"-----BEGIN\\r\\n\\tx\\n\"}"), ST_OK, ""},
    {OP_PROVISION, TEXT("{\"csr\":\"a\\u0000b\"}"), ST_MALFORMED_JSON, ""},
    {OP_PROVISION, TEXT("{\"csr\":\"a\\u000bb\"}"), ST_INVALID_FIELD, "/csr"},
    {OP_PROVISION, TEXT("{\"csr\":\"\"}"), ST_INVALID_FIELD, "/csr"},
    {OP_PROVISION, TEXT("{\"keyType\":\"ec:p256\\n\"}"), ST_INVALID_FIELD, "/keyType"},
    /* identifiers */
    {OP_GET, TEXT("{\"requestId\":\"a.B_9:-\"}"), ST_OK, ""},
    {OP_GET, TEXT("{\"requestId\":\"\"}"), ST_INVALID_FIELD, "/requestId"},
    {OP_GET, TEXT("{\"requestId\":\"a b\"}"), ST_INVALID_FIELD, "/requestId"},
    {OP_GET, TEXT("{\"requestId\":7}"), ST_INVALID_FIELD, "/requestId"},
    {OP_DEVICE_SHOW, TEXT("{\"uuid\":\"AA:bb\"}"), ST_OK, ""},
    {OP_DEVICE_SHOW, TEXT("{\"uuid\":\"_x\"}"), ST_INVALID_FIELD, "/uuid"},
    {OP_DEVICE_SHOW, TEXT("{\"uuid\":\"a/b\"}"), ST_INVALID_FIELD, "/uuid"},
    {OP_DEVICE_LIST, TEXT("{\"tenant\":\"a-1\"}"), ST_OK, ""},
    {OP_DEVICE_LIST, TEXT("{\"tenant\":\"-a\"}"), ST_INVALID_FIELD, "/tenant"},
    {OP_DEVICE_LIST, TEXT("{\"tenant\":\"A\"}"), ST_INVALID_FIELD, "/tenant"},
    /* whole numbers */
    {OP_KEY_CREATE, TEXT("{\"uses\":1}"), ST_OK, ""},
    {OP_KEY_CREATE, TEXT("{\"uses\":1000000000}"), ST_OK, ""},
    {OP_KEY_CREATE, TEXT("{\"uses\":0}"), ST_INVALID_FIELD, "/uses"},
    {OP_KEY_CREATE, TEXT("{\"uses\":1000000001}"), ST_INVALID_FIELD, "/uses"},
    {OP_KEY_CREATE, TEXT("{\"uses\":300.5}"), ST_INVALID_FIELD, "/uses"},
    {OP_KEY_CREATE, TEXT("{\"uses\":\"1\"}"), ST_INVALID_FIELD, "/uses"},
    {OP_KEY_CREATE, TEXT("{\"uses\":null}"), ST_INVALID_FIELD, "/uses"},
    {OP_KEY_CREATE, TEXT("{\"expiresInSeconds\":315360000}"), ST_OK, ""},
    {OP_KEY_CREATE, TEXT("{\"expiresInSeconds\":315360001}"), ST_INVALID_FIELD, "/expiresInSeconds"},
    {OP_DEVICE_CREATE, TEXT("{\"uuid\":\"d\",\"offlineAfterSeconds\":2}"), ST_OK, ""},
    {OP_DEVICE_CREATE, TEXT("{\"uuid\":\"d\",\"offlineAfterSeconds\":1}"), ST_INVALID_FIELD, "/offlineAfterSeconds"},
    {OP_DEVICE_CREATE, TEXT("{\"uuid\":\"d\",\"offlineAfterSeconds\":604800}"), ST_OK, ""},
    {OP_DEVICE_CREATE, TEXT("{\"uuid\":\"d\",\"offlineAfterSeconds\":604801}"), ST_INVALID_FIELD,
     "/offlineAfterSeconds"},
    {OP_KEY_LIST, TEXT("{\"limit\":100}"), ST_OK, ""},
    {OP_KEY_LIST, TEXT("{\"limit\":101}"), ST_INVALID_FIELD, "/limit"},
    {OP_DEVICE_EVENTS, TEXT("{\"uuid\":\"d\",\"after\":9007199254740992}"), ST_OK, ""},
    {OP_DEVICE_EVENTS, TEXT("{\"uuid\":\"d\",\"after\":9007199254740994}"), ST_INVALID_FIELD, "/after"},
    {OP_DEVICE_EVENTS, TEXT("{\"uuid\":\"d\",\"after\":-1}"), ST_INVALID_FIELD, "/after"},
    /* objects */
    {OP_REGISTER, TEXT("{\"tags\":[]}"), ST_INVALID_FIELD, "/tags"},
    {OP_REGISTER, TEXT("{\"tags\":null}"), ST_INVALID_FIELD, "/tags"},
    {OP_REGISTER, TEXT("{\"tags\":\"a\"}"), ST_INVALID_FIELD, "/tags"},
    {OP_REGISTER, TEXT("{\"tags\":{\"a\":{}}}"), ST_INVALID_FIELD, "/tags"},
    {OP_REGISTER, TEXT("{\"tags\":{\"a\":[]}}"), ST_INVALID_FIELD, "/tags"},
    {OP_REGISTER, TEXT("{\"tags\":{\"\":1}}"), ST_INVALID_FIELD, "/tags"},
    {OP_REGISTER, TEXT("{\"tags\":{\"a\\nb\":1}}"), ST_INVALID_FIELD, "/tags"},
    {OP_REGISTER, TEXT("{\"tags\":{\"\\u001b[2J\":1}}"), ST_INVALID_FIELD, "/tags"},
    {OP_REGISTER, TEXT("{\"tags\":{\"a\":\"\\u001b[2J\"}}"), ST_INVALID_FIELD, "/tags"},
    {OP_REGISTER, TEXT("{\"hardware\":{\"mac\":null}}"), ST_INVALID_FIELD, "/hardware"},
    {OP_HEARTBEAT, TEXT("{\"metrics\":{\"cpu\":\"12\"}}"), ST_INVALID_FIELD, "/metrics"},
    {OP_HEARTBEAT, TEXT("{\"metrics\":{\"cpu\":null}}"), ST_INVALID_FIELD, "/metrics"},
    {OP_HEARTBEAT, TEXT("{\"metrics\":{\"\":1}}"), ST_INVALID_FIELD, "/metrics"},
    {OP_HEARTBEAT, TEXT("{\"metrics\":12}"), ST_INVALID_FIELD, "/metrics"},
    /* arrays of texts */
    {OP_KEY_CREATE, TEXT("{\"deviceTypes\":{}}"), ST_INVALID_FIELD, "/deviceTypes"},
    {OP_KEY_CREATE, TEXT("{\"deviceTypes\":[1]}"), ST_INVALID_FIELD, "/deviceTypes"},
    {OP_KEY_CREATE, TEXT("{\"deviceTypes\":[null]}"), ST_INVALID_FIELD, "/deviceTypes"},
    {OP_KEY_CREATE, TEXT("{\"deviceTypes\":[\"\"]}"), ST_INVALID_FIELD, "/deviceTypes"},
    {OP_KEY_CREATE, TEXT("{\"deviceTypes\":[\"a\\tb\"]}"), ST_INVALID_FIELD, "/deviceTypes"},
};

static void test_cases(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        enum status status = decode(cases[i].operation, cases[i].payload, cases[i].length);
        CHECK(status == cases[i].expected, "%s: %s", cases[i].payload, status_code(status));
        CHECK(why.status == status, "%s", cases[i].payload);
        CHECK_TEXT(why.field, cases[i].field);
    }
}

/* Texts that end exactly at their limit, and one octet later. */
static const struct {
    enum operation operation;
    const char *before, *after;
    size_t most;
    enum status beyond;
} limits[] = {
    {OP_GET, "{\"requestId\":\"", "\"}", LIMIT_REQUEST_ID, ST_INVALID_FIELD},
    {OP_GET, "{\"provisioningKey\":\"", "\"}", LIMIT_CREDENTIAL, ST_INVALID_FIELD},
    {OP_GET, "{\"operatorKey\":\"", "\"}", LIMIT_CREDENTIAL, ST_INVALID_FIELD},
    {OP_REGISTER, "{\"deviceName\":\"", "\"}", LIMIT_DEVICE_NAME, ST_INVALID_FIELD},
    {OP_REGISTER, "{\"deviceType\":\"", "\"}", LIMIT_DEVICE_TYPE, ST_INVALID_FIELD},
    {OP_REGISTER, "{\"apiEndpoint\":\"", "\"}", LIMIT_ENDPOINT, ST_INVALID_FIELD},
    {OP_PROVISION, "{\"csr\":\"", "\"}", LIMIT_STRING, ST_TOO_LARGE},
    {OP_PROVISION, "{\"keyType\":\"", "\"}", LIMIT_KEY_TYPE, ST_INVALID_FIELD},
    {OP_CONNECT, "{\"session\":\"", "\"}", LIMIT_SESSION, ST_INVALID_FIELD},
    {OP_CONNECT, "{\"session\":\"s\",\"firmware\":\"", "\"}", LIMIT_SHORT_TEXT, ST_INVALID_FIELD},
    {OP_CONNECT, "{\"session\":\"s\",\"address\":\"", "\"}", LIMIT_SHORT_TEXT, ST_INVALID_FIELD},
    {OP_DEVICE_SHOW, "{\"uuid\":\"", "\"}", LIMIT_UUID, ST_INVALID_FIELD},
    {OP_KEY_LIST, "{\"tenant\":\"", "\"}", LIMIT_TENANT, ST_INVALID_FIELD},
    {OP_KEY_LIST, "{\"cursor\":\"", "\"}", LIMIT_CURSOR, ST_INVALID_FIELD},
    {OP_KEY_SHOW, "{\"keyId\":\"", "\"}", LIMIT_KEY_ID, ST_INVALID_FIELD},
    {OP_KEY_CREATE, "{\"replace\":\"", "\"}", LIMIT_KEY_TYPE, ST_INVALID_FIELD},
    {OP_KEY_CREATE, "{\"deviceTypes\":[\"", "\"]}", LIMIT_NAME, ST_INVALID_FIELD},
    {OP_REGISTER, "{\"tags\":{\"", "\":1}}", LIMIT_NAME, ST_INVALID_FIELD},
    {OP_HEARTBEAT, "{\"metrics\":{\"", "\":1}}", LIMIT_NAME, ST_INVALID_FIELD},
    {OP_REGISTER, "{\"tags\":{\"a\":\"", "\"}}", LIMIT_FLAT_OBJECT - 8, ST_TOO_LARGE},
    {OP_REGISTER, "{\"hardware\": { \"a\" : \"", "\" } }", LIMIT_FLAT_OBJECT - 8, ST_TOO_LARGE},
};

static void test_limits(void)
{
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
        for (size_t over = 0; over < 2; over++) {
            static char text[LIMIT_PAYLOAD];
            size_t front = strlen(limits[i].before), length = front + limits[i].most + over;
            memcpy(text, limits[i].before, front);
            memset(text + front, 'a', limits[i].most + over);
            memcpy(text + length, limits[i].after, strlen(limits[i].after));
            enum status status = decode(limits[i].operation, text, length + strlen(limits[i].after));
            CHECK(status == (over ? limits[i].beyond : ST_OK), "%s, %zu over: %s", limits[i].before, over,
                  status_code(status));
        }
    char many[2048] = "{\"deviceTypes\":[\"";
    memset(many + 17, 'a', LIMIT_TYPE_LIST);
    for (size_t at = 17 + 61; at < 17 + LIMIT_TYPE_LIST; at += 64)
        memcpy(many + at, "\",\"", 3);
    strcpy(many + 17 + LIMIT_TYPE_LIST - 4, "\"]}");
    CHECK_INT(decode(OP_KEY_CREATE, many, strlen(many)), ST_OK);
    CHECK_INT(strlen(message.device_types), LIMIT_TYPE_LIST);
    strcpy(many + 17 + LIMIT_TYPE_LIST - 4, "a\"]}");
    CHECK_INT(decode(OP_KEY_CREATE, many, strlen(many)), ST_TOO_LARGE);
    CHECK_TEXT(why.field, "/deviceTypes");
}

/* Behind the gate a credential in the payload is a member like any unknown one, whatever it looks like. */
static void test_stamped(void)
{
    static const char text[] = "{\"requestId\":\"r\",\"provisioningKey\":7,\"operatorKey\":\"o\",\"deviceName\":\"n\"}";
    CHECK_INT(message_decode(OP_REGISTER, text, sizeof text - 1, &message, &why), ST_INVALID_FIELD);
    CHECK_INT(message_decode_stamped(OP_REGISTER, text, sizeof text - 1, &message, &why), ST_OK);
    CHECK_INT(message.has, M(REQUEST_ID) | M(DEVICE_NAME));
    CHECK_TEXT(message.operator_key, "");
}

/* Each member arrives in its own field, and nothing in the others. */
static void test_fields(void)
{
    CHECK_INT(decode(OP_PROVISION,
                     TEXT("{\"requestId\":\"r\",\"provisioningKey\":\"p\",\"operatorKey\":\"o\",\"deviceName\":\"n\","
                          "\"deviceType\":\"t\",\"apiEndpoint\":\"e\",\"hardware\":{\"mac\":\"m\"},\"tags\":{\"a\":1},"
                          "\"csr\":\"c\",\"keyType\":\"k\",\"session\":\"not taken\"}")),
              ST_OK);
    CHECK_INT(message.has, MEMBERS_ALWAYS | MEMBERS_CREDENTIAL | MEMBERS_REGISTER | M(CSR) | M(KEY_TYPE));
    CHECK_TEXT(message.request_id, "r");
    CHECK_TEXT(message.provisioning_key, "p");
    CHECK_TEXT(message.operator_key, "o");
    CHECK_TEXT(message.device_name, "n");
    CHECK_TEXT(message.device_type, "t");
    CHECK_TEXT(message.api_endpoint, "e");
    CHECK_TEXT(message.hardware, "{\"mac\":\"m\"}");
    CHECK_TEXT(message.tags, "{\"a\":1}");
    CHECK_TEXT(message.csr, "c");
    CHECK_TEXT(message.key_type, "k");
    CHECK_TEXT(message.session, "");

    CHECK_INT(decode(OP_CONNECT, TEXT("{\"address\":\"a\",\"firmware\":\"f\",\"session\":\"s\"}")), ST_OK);
    CHECK_INT(message.has, M(SESSION) | M(FIRMWARE) | M(ADDRESS));
    CHECK_TEXT(message.session, "s");
    CHECK_TEXT(message.firmware, "f");
    CHECK_TEXT(message.address, "a");

    CHECK_INT(decode(OP_KEY_CREATE, TEXT("{\"tenant\":\"t\",\"uses\":2,\"expiresInSeconds\":3,\"deviceTypes\":[\"x\", "
                                         "\"y\"],\"replace\":\"always\"}")),
              ST_OK);
    CHECK_TEXT(message.tenant, "t");
    CHECK_INT(message.uses, 2);
    CHECK_INT(message.expires_in, 3);
    CHECK_TEXT(message.device_types, "[\"x\",\"y\"]");
    CHECK_TEXT(message.replace, "always");

    CHECK_INT(decode(OP_DEVICE_EVENTS, TEXT("{\"uuid\":\"d\",\"after\":4,\"limit\":5}")), ST_OK);
    CHECK_TEXT(message.uuid, "d");
    CHECK_INT(message.after, 4);
    CHECK_INT(message.limit, 5);
    CHECK_INT(decode(OP_DEVICE_CREATE, TEXT("{\"uuid\":\"d\",\"offlineAfterSeconds\":6}")), ST_OK);
    CHECK_INT(message.offline_after, 6);
    CHECK_INT(decode(OP_KEY_LIST, TEXT("{\"cursor\":\"c\"}")), ST_OK);
    CHECK_TEXT(message.cursor, "c");
    CHECK_INT(decode(OP_KEY_SHOW, TEXT("{\"keyId\":\"k\"}")), ST_OK);
    CHECK_TEXT(message.key_id, "k");
    CHECK_INT(decode(OP_GET, TEXT("")), ST_OK);
    CHECK(message.has == 0 && message.uses == 0 && message.after == 0 && message.uuid[0] == '\0' &&
              message.tags[0] == '\0',
          "what was there before is gone");
}

/* A rejection can name its request, and holds nothing of the member that was wrong. */
static void test_failures_leave_no_trace(void)
{
    CHECK_INT(decode(OP_KEY_CREATE, TEXT("{\"uses\":300.5,\"requestId\":\"r1\"}")), ST_INVALID_FIELD);
    CHECK_TEXT(message.request_id, "r1");
    CHECK_INT(message.uses, 0);
    CHECK_INT(message.has, M(REQUEST_ID));
    CHECK_INT(decode(OP_REGISTER, TEXT("{\"tags\":{\"a\":1,\"b\":[]},\"requestId\":\"r1\"}")), ST_INVALID_FIELD);
    CHECK_TEXT(message.request_id, "r1");
    CHECK_TEXT(message.tags, "");
    CHECK_INT(decode(OP_CONNECT, TEXT("{\"requestId\":\"r1\"}")), ST_MISSING_FIELD);
    CHECK_TEXT(message.request_id, "r1");
    CHECK_INT(decode(OP_UNKNOWN, TEXT("{\"requestId\":\"r1\",\"session\":7}")), ST_OK);
    CHECK_TEXT(message.request_id, "r1");
    CHECK_INT(decode(OP_GET, TEXT("{\"requestId\":\"r 1\"}")), ST_INVALID_FIELD);
    CHECK_TEXT(message.request_id, "");
    CHECK_INT(decode(OP_GET, TEXT("{\"requestId\":\"r1\"")), ST_MALFORMED_JSON);
    CHECK_TEXT(message.request_id, "");
}

/* Objects are kept compact, numbers with as few digits as bring them back. */
static const struct {
    const char *written, *kept;
} objects[] = {
    {"{}", "{}"},
    {"{ \"a\" : \"x\" , \"b\" : true , \"c\" : false , \"d\" : null }",
     "{\"a\":\"x\",\"b\":true,\"c\":false,\"d\":null}"},
    {"{\"a\":1,\"b\":-0,\"c\":1e3,\"d\":-9007199254740992}", "{\"a\":1,\"b\":0,\"c\":1000,\"d\":-9007199254740992}"},
    {"{\"a\":0.1,\"b\":-2.5,\"c\":1e300}", "{\"a\":0.1,\"b\":-2.5,\"c\":1e+300}"},
    {"{\"a\":0.30000000000000004,\"b\":1e16}", "{\"a\":0.30000000000000004,\"b\":1e+16}"},
    {"{\"a\":\"\\\"\\\\\\/\\u00e9\"}", "{\"a\":\"\\\"\\\\/\xc3\xa9\"}"},
    {"{\"\\\"\":\"\"}", "{\"\\\"\":\"\"}"},
};

static void test_objects(void)
{
    for (size_t i = 0; i < sizeof objects / sizeof *objects; i++) {
        char payload[256];
        int length = snprintf(payload, sizeof payload, "{\"tags\":%s}", objects[i].written);
        CHECK(decode(OP_UPDATE, payload, (size_t)length) == ST_OK, "%s", payload);
        CHECK_TEXT(message.tags, objects[i].kept);
    }
    CHECK_INT(decode(OP_HEARTBEAT, TEXT("{\"metrics\":{\"cpu\":12.5,\"ram\":40}}")), ST_OK);
    CHECK_TEXT(message.metrics, "{\"cpu\":12.5,\"ram\":40}");
}

static const struct {
    const char *tags, *patch, *expected;
} merges[] = {
    {"", "", "{}"},
    {"{}", "{}", "{}"},
    {"", "{\"a\":1}", "{\"a\":1}"},
    {"{\"a\":1}", "", "{\"a\":1}"},
    {"{\"a\":1}", "{\"b\":\"x\"}", "{\"a\":1,\"b\":\"x\"}"},
    {"{\"a\":1,\"b\":2}", "{\"a\":3}", "{\"b\":2,\"a\":3}"},
    {"{\"a\":1,\"b\":2}", "{\"a\":null}", "{\"b\":2}"},
    {"{\"a\":1}", "{\"a\":null}", "{}"},
    {"{\"a\":1}", "{\"z\":null}", "{\"a\":1}"},
    {"{\"a\":1}", "{\"A\":null}", "{\"a\":1}"},
    {"{\"a\":null}", "{}", "{}"},
    {"{\"a\":true,\"b\":0.5}", "{\"c\":false}", "{\"a\":true,\"b\":0.5,\"c\":false}"},
};

static void test_merge(void)
{
    char out[256];
    for (size_t i = 0; i < sizeof merges / sizeof *merges; i++) {
        size_t size = strlen(merges[i].expected) + 1;
        CHECK_INT(message_merge(merges[i].tags, merges[i].patch, out, sizeof out, &why), ST_OK);
        CHECK_TEXT(out, merges[i].expected);
        CHECK(message_merge(merges[i].tags, merges[i].patch, out, size, &why) == ST_OK, "exactly %zu", size);
        CHECK(message_merge(merges[i].tags, merges[i].patch, out, size - 1, &why) == ST_TOO_LARGE, "into %zu",
              size - 1);
        CHECK_TEXT(why.field, "/tags");
    }
    strcpy(out, "{\"a\":1,\"b\":2}"); /* the tags themselves may be overwritten */
    CHECK_INT(message_merge(out, "{\"a\":null,\"c\":3}", out, sizeof out, &why), ST_OK);
    CHECK_TEXT(out, "{\"b\":2,\"c\":3}");
}

static void test_merge_many(void)
{
    char full[2048] = "{", out[2048];
    for (int i = 0; i < LIMIT_MEMBERS; i++)
        sprintf(full + strlen(full), "%s\"m%d\":1", i > 0 ? "," : "", i);
    strcat(full, "}");
    CHECK_INT(message_merge(full, "{\"m0\":2}", out, sizeof out, &why), ST_OK);
    CHECK_INT(message_merge(full, "{\"n\":2,\"m7\":null}", out, sizeof out, &why), ST_OK);
    CHECK_INT(message_merge(full, "{\"n\":2}", out, sizeof out, &why), ST_TOO_LARGE);
    CHECK_TEXT(why.message, "The device would have more than 64 tags, or more than 2047 octets.");
}

static const struct {
    const char *list, *text;
    bool holds;
} lists[] = {
    {"[]", "x", true},          {"[\"x\"]", "x", true},  {"[\"w\",\"x\"]", "x", true}, {"[\"x\",\"w\"]", "x", true},
    {"[\"w\"]", "x", false},    {"[\"X\"]", "x", false}, {"[\"x \"]", "x", false},     {"[\"xx\"]", "x", false},
    {"[\"w\"]", "", false},     {"", "x", false}, /* what is cut or no list admits nobody */
    {"[\"w\",\"x", "x", false}, {"{}", "x", false},
};

static void test_lists(void)
{
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        CHECK(message_list_holds(lists[i].list, lists[i].text) == lists[i].holds, "\"%s\" in %s", lists[i].text,
              lists[i].list);
}

int main(void)
{
    test_cases();
    test_limits();
    test_fields();
    test_stamped();
    test_failures_leave_no_trace();
    test_objects();
    test_merge();
    test_merge_many();
    test_lists();
    return check_done();
}
