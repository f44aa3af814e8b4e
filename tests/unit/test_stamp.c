/* Stamps: what is written can be read under the same key for the same message, and under no other circumstances. */
#include "tests/unit/check.h"
#include "topics/siphash.h"
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

#define TEXT(literal) literal, sizeof literal - 1

/* A stamp that only the holder of the key can make, whatever its rest is: docs/protocol.md, section 8, once more. */
static size_t forge(const char *rest, size_t length, const uint64_t by[2], char *out)
{
    char octets[4 * STAMP_MAX + sizeof topic + 1 + sizeof(uint64_t)];
    uint64_t code = siphash_mac(by, what.payload, what.length);
    memcpy(octets, rest, length);
    octets[length] = '\0';
    memcpy(octets + length + 1, topic, sizeof topic); /* with its NUL */
    memcpy(octets + length + 1 + sizeof topic, &code, sizeof code);
    stamp_connection(siphash_mac(by, octets, length + 1 + sizeof topic + sizeof code), out);
    out[STAMP_CONNECTION] = ' ';
    memcpy(out + STAMP_CONNECTION + 1, rest, length);
    return length + STAMP_CONNECTION + 1;
}

/* Under the right key, and for the right message: not a word may be missing, too long, or none. */
static void test_malformed(void)
{
#define A36 "0123456789abcdef0123456789abcdef0123"
#define A45 "0123456789abcdef0123456789abcdef0123456789abc"
    static const struct {
        const char *rest;
        size_t length;
        bool good;
    } rows[] = {
        {TEXT("0000000000000001 api:abcd2345 127.0.0.1 dev1"), true},
        {TEXT("0000000000000001 api:" A36 " 127.0.0.1 dev1"), true},
        {TEXT("0000000000000001 api:a " A45 " dev1"), true},
        {TEXT("0000000000000001 none 127.0.0.1 dev1"), true},
        /* the connection */
        {TEXT(""), false},
        {TEXT(" "), false},
        {TEXT("0000000000000001"), false},
        {TEXT("0000000000000001 "), false},
        {TEXT(" api:abcd2345 127.0.0.1 dev1"), false},
        {TEXT("api:abcd2345 127.0.0.1 dev1"), false},
        {TEXT(" 0000000000000001 api:abcd2345 127.0.0.1 dev1"), false},
        {TEXT("000000000000001 api:abcd2345 127.0.0.1 dev1"), false},
        {TEXT("00000000000000001 api:abcd2345 127.0.0.1 dev1"), false},
        {TEXT("000000000000000A api:abcd2345 127.0.0.1 dev1"), false},
        {TEXT("000000000000000g api:abcd2345 127.0.0.1 dev1"), false},
        {TEXT("-000000000000001 api:abcd2345 127.0.0.1 dev1"), false},
        {TEXT("0000000000000001\tapi:abcd2345 127.0.0.1 dev1"), false},
        /* how it was let in */
        {TEXT("0000000000000001 api:abcd2345"), false},
        {TEXT("0000000000000001  127.0.0.1 dev1"), false},
        {TEXT("0000000000000001 127.0.0.1 dev1"), false},
        {TEXT("0000000000000001 root:abcd2345 127.0.0.1 dev1"), false},
        {TEXT("0000000000000001 ap:abcd2345 127.0.0.1 dev1"), false},
        {TEXT("0000000000000001 apis:abcd2345 127.0.0.1 dev1"), false},
        {TEXT("0000000000000001 API:abcd2345 127.0.0.1 dev1"), false},
        {TEXT("0000000000000001 :abcd2345 127.0.0.1 dev1"), false},
        {TEXT("0000000000000001 api 127.0.0.1 dev1"), false},
        {TEXT("0000000000000001 api: 127.0.0.1 dev1"), false},
        {TEXT("0000000000000001 operator 127.0.0.1 dev1"), false},
        {TEXT("0000000000000001 none: 127.0.0.1 dev1"), false},
        {TEXT("0000000000000001 none:abcd2345 127.0.0.1 dev1"), false},
        {TEXT("0000000000000001 service:abcd2345 127.0.0.1 dev1"), false},
        {TEXT("0000000000000001 api:" A36 "4 127.0.0.1 dev1"), false},
        {TEXT("0000000000000001 certificate:" A45 " 127.0.0.1 dev1"), false},
        /* the address */
        {TEXT("0000000000000001 api:abcd2345 127.0.0.1"), false},
        {TEXT("0000000000000001 api:abcd2345  dev1"), false},
        {TEXT("0000000000000001 api:abcd2345 " A45 "d dev1"), false},
        /* the client id */
        {TEXT("0000000000000001 api:abcd2345 127.0.0.1 "), false},
        {TEXT("0000000000000001 api:abcd2345 127.0.0.1  dev1"), false},
        {TEXT("0000000000000001 api:abcd2345 127.0.0.1 dev1 "), false},
        {TEXT("0000000000000001 api:abcd2345 127.0.0.1 dev1 dev2"), false},
        {TEXT("0000000000000001 api:abcd2345 127.0.0.1 dev/1"), false},
        {TEXT("0000000000000001 api:abcd2345 127.0.0.1 +"), false},
        {TEXT("0000000000000001 api:abcd2345 127.0.0.1 #"), false},
        {TEXT("0000000000000001 api:abcd2345 127.0.0.1 dev1\x7f"), false},
        {TEXT("0000000000000001 api:abcd2345 127.0.0.1 d\303\251v1"), false},
        {TEXT("0000000000000001 api:abcd2345 127.0.0.1 " A45 A45 A45 "0123456789abcdef0123456789"), false},
        /* a NUL would end a text of ours before its length does */
        {TEXT("000000000000000\0 api:abcd2345 127.0.0.1 dev1"), false},
        {TEXT("0000000000000001 api:ab\0d2345 127.0.0.1 dev1"), false},
        {TEXT("0000000000000001 api\0:abcd2345 127.0.0.1 dev1"), false},
        {TEXT("0000000000000001 api:abcd2345 127\0.0.1 dev1"), false},
        {TEXT("0000000000000001 api:abcd2345 127.0.0.1 de\0v1"), false},
        {TEXT("0000000000000001 api:abcd2345 127.0.0.1 dev1\0"), false},
        {TEXT("\0"), false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[2 * STAMP_MAX];
        struct stamp read;
        size_t length = forge(rows[i].rest, rows[i].length, key, text);
        CHECK(stamp_read(text, length, key, &what, &read) == rows[i].good, "row %zu: %s", i, rows[i].rest);
        length = forge(rows[i].rest, rows[i].length, other_key, text);
        CHECK(!stamp_read(text, length, key, &what, &read), "row %zu by another key: %s", i, rows[i].rest);
    }
}

/* The first word: the right code, written in another way. */
static void test_code(void)
{
    /* the code was counted by another program than ours */
    static const char good[] = "2fbe2c58f0effb5f 0000000000000001 api:abcd2345 127.0.0.1 dev1";
    static const struct {
        const char *text;
        bool good;
    } rows[] = {
        {good, true},
        {good + 1, false},
        {good + STAMP_CONNECTION, false},
        {good + STAMP_CONNECTION + 1, false},
        {"02fbe2c58f0effb5f 0000000000000001 api:abcd2345 127.0.0.1 dev1", false},
        {" 2fbe2c58f0effb5f 0000000000000001 api:abcd2345 127.0.0.1 dev1", false},
        {"2fbe2c58f0effb5f  0000000000000001 api:abcd2345 127.0.0.1 dev1", false},
        {"2fbe2c58f0effb5F 0000000000000001 api:abcd2345 127.0.0.1 dev1", false},
        {"2FBE2C58F0EFFB5F 0000000000000001 api:abcd2345 127.0.0.1 dev1", false},
        {"9224eff04111a744 0000000000000001 api:abcd2345 127.0.0.1 dev1", false}, /* of an empty payload */
        {"0000000000000000 0000000000000001 api:abcd2345 127.0.0.1 dev1", false},
        {"2fbe2c58f0effb5f", false},
        {"", false},
    };
    struct stamp read;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        CHECK(stamp_read(rows[i].text, strlen(rows[i].text), key, &what, &read) == rows[i].good, "row %zu: %s", i,
              rows[i].text);
}

/* Whatever is longer than any stamp is not even looked at: what the code is counted over has room for a stamp only. */
static void test_overlong(void)
{
    static const size_t lengths[] = {STAMP_MAX - STAMP_CONNECTION - 1, STAMP_MAX, 4 * STAMP_MAX};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        char rest[4 * STAMP_MAX], text[5 * STAMP_MAX];
        struct stamp read;
        memset(rest, 'c', sizeof rest);
        memcpy(rest, cases[0].rest, strlen(cases[0].rest));
        size_t length = forge(rest, lengths[i], key, text);
        CHECK(!stamp_read(text, length, key, &what, &read), "%zu octets", length);
    }
}

static void test_connection(void)
{
    static const struct {
        const char *text;
        size_t length;
        bool good;
        uint64_t number;
    } rows[] = {
        {TEXT("0000000000000000"), true, 0},
        {TEXT("0123456789abcdef"), true, 0x0123456789abcdef},
        {TEXT("ffffffffffffffff"), true, UINT64_MAX},
        {TEXT(""), false, 0},
        {TEXT("123456789abcdef"), false, 0},
        {TEXT("00123456789abcdef"), false, 0},
        {TEXT("0123456789ABCDEF"), false, 0},
        {TEXT("012345678/abcdef"), false, 0}, /* before 0, behind 9, before a, behind f */
        {TEXT("012345678:abcdef"), false, 0},
        {TEXT("0123456789`bcdef"), false, 0},
        {TEXT("0123456789abcdeg"), false, 0},
        {TEXT("0123456789abcde\0"), false, 0},
        {TEXT("0123456789abcde\200"), false, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint64_t number = 0;
        char text[STAMP_CONNECTION + 1];
        bool good = stamp_read_connection(rows[i].text, rows[i].length, &number);
        CHECK(good == rows[i].good && (!good || number == rows[i].number), "row %zu: %s", i, rows[i].text);
        stamp_connection(number, text);
        CHECK(!good || strcmp(text, rows[i].text) == 0, "row %zu: %s", i, text);
    }
}

/* What the stamp is called in logs, and what an answer goes to. */
static void test_names(void)
{
    static const struct {
        const char *name, *receiver;
    } rows[] = {{"api:abcd2345", "0000000000000001 dev1"},
                {"key:abcd2345", "ffffffffffffffff dev1~rr"},
                {"certificate:0102030405060708090a0b0c0d0e0f101112", "0000000000000010 a"},
                {"operator:ab", "0000000000000002 ctl-1"},
                {"service", "0000000000000003 _muster-x"},
                {"none", "0000000000000004 dev2"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char name[STAMP_NAME], receiver[STAMP_RECEIVER];
        stamp_name(&cases[i].stamp, name);
        stamp_receiver(&cases[i].stamp, receiver);
        CHECK_TEXT(name, rows[i].name);
        CHECK_TEXT(receiver, rows[i].receiver);
    }
}

int main(void)
{
    test_there_and_back();
    test_bound_to_message();
    test_largest();
    test_malformed();
    test_code();
    test_overlong();
    test_connection();
    test_names();
    return check_done();
}
