/* Stamps: what is written can be read under the same key for the same message, and under no other circumstances. */
#include "tests/unit/check.h"
#include "topics/stamp.h"

static const uint64_t key[2] = {0x0123456789abcdef, 0xfedcba9876543210}, other_key[2] = {1, 2};
static const char topic[] = "muster/v1/device/dev1/get", payload[] = "{}";
static const struct stamped what = {topic, sizeof topic - 1, payload, 2};

static const struct {
    struct stamp stamp;
    const char *rest; /* behind the first word */
} cases[] = {
    {{1, STAMP_API, "abcd2345", "127.0.0.1", "dev1"}, "0000000000000001 api:abcd2345 127.0.0.1 dev1"},
    {{UINT64_MAX, STAMP_KEY, "abcd2345", "::1", "dev1~rr"}, "ffffffffffffffff key:abcd2345 ::1 dev1~rr"},
    {{16, STAMP_CERTIFICATE, "0102030405060708090a0b0c0d0e0f101112", "192.0.2.7", "a"},
     "0000000000000010 certificate:0102030405060708090a0b0c0d0e0f101112 192.0.2.7 a"},
    {{2, STAMP_OPERATOR, "ab", "10.0.0.1", "ctl-1"}, "0000000000000002 operator:ab 10.0.0.1 ctl-1"},
    {{3, STAMP_SERVICE, "", "127.0.0.1", "_muster-x"}, "0000000000000003 service 127.0.0.1 _muster-x"},
    {{4, STAMP_NOBODY, "", "127.0.0.1", "dev2"}, "0000000000000004 none 127.0.0.1 dev2"},
};

static void test_there_and_back(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[STAMP_MAX];
        struct stamp read = {0};
        const struct stamp *stamp = &cases[i].stamp;
        size_t length = stamp_write(stamp, key, &what, text);
        CHECK(length == strlen(text) && strcmp(text + 17, cases[i].rest) == 0, "%zu: %s", i, text);
        CHECK(stamp_read(text, length, key, &what, &read), "%zu: can be read", i);
        CHECK(read.connection == stamp->connection && read.how == stamp->how &&
                  strcmp(read.credential, stamp->credential) == 0 && strcmp(read.address, stamp->address) == 0 &&
                  strcmp(read.client_id, stamp->client_id) == 0,
              "%zu: the same again", i);
        CHECK(!stamp_read(text, length, other_key, &what, &read), "%zu: another key", i);
        for (size_t cut = 0; cut < length; cut++)
            CHECK(!stamp_read(text, cut, key, &what, &read), "%zu: cut at %zu", i, cut);
        for (size_t at = 0; at < length; at++) {
            text[at] ^= 1;
            CHECK(!stamp_read(text, length, key, &what, &read), "%zu: octet %zu changed", i, at);
            text[at] ^= 1;
        }
    }
}

static void test_bound_to_message(void)
{
    static const struct stamped others[] = {
        {"muster/v1/device/dev2/get", sizeof topic - 1, payload, 2},
        {topic, sizeof topic - 2, payload, 2},
        {topic, sizeof topic - 1, "[]", 2},
        {topic, sizeof topic - 1, payload, 1},
        {topic, sizeof topic - 1, NULL, 0},
    };
    char text[STAMP_MAX];
    struct stamp read;
    size_t length = stamp_write(&cases[0].stamp, key, &what, text);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        CHECK(!stamp_read(text, length, key, &others[i], &read), "moved to message %zu", i);
}

static void test_largest(void)
{
    struct stamp stamp = {UINT64_MAX, STAMP_CERTIFICATE, "", "", ""}, read;
    char text[STAMP_MAX], long_topic[LIMIT_TOPIC + 1];
    memset(stamp.credential, 'f', STAMP_CREDENTIAL);
    memset(stamp.address, ':', LIMIT_ADDRESS);
    memset(stamp.client_id, 'c', LIMIT_CLIENT_ID);
    memset(long_topic, 't', sizeof long_topic);
    struct stamped longest = {long_topic, LIMIT_TOPIC, NULL, 0}, longer = {long_topic, LIMIT_TOPIC + 1, NULL, 0};
    size_t length = stamp_write(&stamp, key, &longest, text);
    CHECK(length > 0 && length < STAMP_MAX && stamp_read(text, length, key, &longest, &read), "the largest stamp");
    CHECK(stamp_write(&stamp, key, &longer, text) == 0, "a topic that is too long has none");
    CHECK(!stamp_read(text, length, key, &longer, &read), "nor can one be read for it");
}

int main(void)
{
    test_there_and_back();
    test_bound_to_message();
    test_largest();
    return check_done();
}
