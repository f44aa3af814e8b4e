/* DER as it is read and written: times and numbers against OpenSSL's, and octets that are not DER. */
#include "certs/der.h"

#include "tests/unit/check.h"

#include <openssl/asn1.h>
#include <stdlib.h>

#define FIRST ((int64_t)-631152000)   /* 1950-01-01 00:00:00 */
#define LAST  ((int64_t)253402300799) /* 9999-12-31 23:59:59 */

/* Each moment has the octets that OpenSSL gives it, and is read back as itself. */
static void times(void)
{
    static const int64_t moments[] = {
        FIRST,      0,          951782400,  /* 2000-02-29 00:00:00 */
        1835438400,                         /* 2028-02-29 12:00:00 */
        2147483647, 2147483648, 2524607999, /* 2049-12-31 23:59:59 */
        2524608000,                         /* 2050-01-01 00:00:00 */
        4107542399,                         /* 2100-02-28 23:59:59 */
        4107542400,                         /* 2100-03-01 00:00:00 */
        LAST,
    };
    for (size_t i = 0; i < sizeof moments / sizeof *moments; i++) {
        unsigned char buffer[32], *expected = NULL;
        int64_t back = -1;
        struct der_writer writer = der_start(buffer, sizeof buffer);
        const unsigned char *end = writer.at;
        ASN1_TIME *time = ASN1_TIME_set(NULL, (time_t)moments[i]);
        int length = i2d_ASN1_TIME(time, &expected);
        CHECK(der_put_time(&writer, moments[i]) && end - writer.at == length &&
                  memcmp(writer.at, expected, (size_t)length) == 0,
              "%lld", (long long)moments[i]);
        struct der_reader rest = {writer.at, end};
        CHECK(der_take_time(&rest, &back) && back == moments[i] && rest.at == end, "%lld: read %lld",
              (long long)moments[i], (long long)back);
        OPENSSL_free(expected);
        ASN1_TIME_free(time);
    }
    static const int64_t none[] = {FIRST - 1, LAST + 1, INT64_MIN, INT64_MAX};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        unsigned char buffer[32];
        struct der_writer writer = der_start(buffer, sizeof buffer);
        CHECK(!der_put_time(&writer, none[i]) && writer.at == buffer + sizeof buffer, "%lld", (long long)none[i]);
    }
}

static void no_times(void)
{
    static const struct {
        unsigned char tag;
        const char *text;
        bool good;
    } cases[] = {
        {DER_UTC_TIME, "280229120000Z", true},
        {DER_UTC_TIME, "270229120000Z", false},           /* 2027 has no 29 February */
        {DER_GENERALIZED_TIME, "21000229120000Z", false}, /* nor has 2100 */
        {DER_GENERALIZED_TIME, "21040229120000Z", true},
        {DER_UTC_TIME, "281301000000Z", false},
        {DER_UTC_TIME, "280100000000Z", false},
        {DER_UTC_TIME, "280101240000Z", false},
        {DER_UTC_TIME, "280101006000Z", false},
        {DER_UTC_TIME, "280101000060Z", false},
        {DER_UTC_TIME, "2801010000Z", false}, /* no seconds */
        {DER_UTC_TIME, "280101000000+", false},
        {DER_UTC_TIME, "28010100000xZ", false},
        {DER_UTC_TIME, "2x0101000000Z", false},
        {DER_GENERALIZED_TIME, "20280101000000.5Z", false},
        {DER_UTC_TIME, "20280101000000Z", false}, /* of the other type */
        {DER_GENERALIZED_TIME, "280101000000Z", false},
        {DER_INTEGER, "280101000000Z", false},
        {DER_UTC_TIME, "", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        unsigned char buffer[32];
        int64_t at;
        struct der_writer writer = der_start(buffer, sizeof buffer);
        const unsigned char *end = writer.at;
        der_put(&writer, cases[i].text, strlen(cases[i].text));
        der_wrap(&writer, cases[i].tag, end);
        struct der_reader rest = {writer.at, end};
        CHECK(der_take_time(&rest, &at) == cases[i].good, "%s", cases[i].text);
    }
}

static void numbers(void)
{
    static const int64_t cases[] = {0, 1, 127, 128, 255, 256, 32767, 32768, 8388607, 8388608, INT64_MAX};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        unsigned char buffer[32], *expected = NULL;
        int64_t back = -1;
        struct der_writer writer = der_start(buffer, sizeof buffer);
        const unsigned char *end = writer.at;
        ASN1_INTEGER *number = ASN1_INTEGER_new();
        ASN1_INTEGER_set_int64(number, cases[i]);
        int length = i2d_ASN1_INTEGER(number, &expected);
        der_put_number(&writer, cases[i]);
        CHECK(end - writer.at == length && memcmp(writer.at, expected, (size_t)length) == 0, "%lld",
              (long long)cases[i]);
        struct der_reader rest = {writer.at, end};
        CHECK(der_take_number(&rest, &back) && back == cases[i], "%lld: read %lld", (long long)cases[i],
              (long long)back);
        OPENSSL_free(expected);
        ASN1_INTEGER_free(number);
    }
}

#define OCTETS(text) text, sizeof(text) - 1

/* Elements that are cut off, of indefinite length, or whose length is not in its shortest form. */
static void elements(void)
{
    static const struct {
        const char *octets;
        size_t length;
        bool good;
    } cases[] = {
        {OCTETS("\x04\x00"), true},
        {OCTETS("\x04\x02xy"), true},
        {OCTETS("\x04\x02x"), false},
        {OCTETS("\x04"), false},
        {OCTETS(""), false},
        {OCTETS("\x04\x80xy\x00\x00"), false},
        {OCTETS("\x04\x81\x02xy"), false},
        {OCTETS("\x04\x82\x00\x02xy"), false},
        {OCTETS("\x04\x81"), false},
        {OCTETS("\x04\x89\x01\x01\x01\x01\x01\x01\x01\x01\x01"), false},
        {OCTETS("\x04\x88\xff\xff\xff\xff\xff\xff\xff\xff"), false},
        {OCTETS("\x05\x02xy"), false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        unsigned char *copy = malloc(cases[i].length + 1); /* no octet more, for the sanitizers */
        memcpy(copy, cases[i].octets, cases[i].length);
        struct der_reader rest = {copy, copy + cases[i].length}, content;
        bool good = der_enter(&rest, DER_OCTET_STRING, &content);
        CHECK(good == cases[i].good, "row %zu", i);
        CHECK(good ? rest.at == rest.end : rest.at == copy, "row %zu: what is left", i);
        free(copy);
    }
    static const char *const odd[] = {"\x02\x01\xff", "\x02\x00", "\x02\x09\x00\x80\x00\x00\x00\x00\x00\x00\x00",
                                      "\x02\x02\x00\x01"};
    static const size_t lengths[] = {3, 2, 11, 4};
    for (size_t i = 0; i < 4; i++) {
        int64_t number;
        const unsigned char *at = (const unsigned char *)odd[i];
        struct der_reader rest = {at, at + lengths[i]};
        CHECK(!der_take_number(&rest, &number), "number %zu", i);
    }
}

int main(void)
{
    times();
    no_times();
    numbers();
    elements();
    return check_done();
}
