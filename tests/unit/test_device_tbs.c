/* Certificates written as octets: the very octets that OpenSSL's objects make of the same input. */
#include "certs/device_tbs.h"

#include "certs/der.h"
#include "certs/extensions.h"
#include "certs/internal.h"
#include "certs/lint_parse.h"
#include "tests/unit/check.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#define SIZE     2976
#define NOW      ((int64_t)1800000000)
#define END_2049 ((int64_t)2524607999)   /* 2049-12-31 23:59:59 */
#define END_9999 ((int64_t)253402300799) /* 9999-12-31 23:59:59 */

static struct key *authority;
static struct public_key keys[2]; /* on P-256, on P-384 */
static const unsigned char identifier[KEY_IDENTIFIER] = "an authority's name";
static X509_EXTENSION *fixed[4];

/* What the general way makes of the same draft, all of it; NULL when it cannot. */
static X509 *general(const struct device_draft *device, X509_NAME *issuer, const char *country,
                     const char *organization)
{
    unsigned char own[KEY_IDENTIFIER];
    size_t length = 0;
    const unsigned char *bits = draft_key_bits(device->key, &length);
    CHECK(bits != NULL && extension_key_identifier(bits, length, own), "identifier");
    struct draft draft = {.serial = device->serial, .key = device->key, .validity = device->validity, .issuer = issuer};
    draft.subject = draft_name(country, organization, device->common_name);
    X509_EXTENSION *const all[] = {
        fixed[0], fixed[1], fixed[2], extension_subject_key(own), fixed[3], extension_uri(device->uri)};
    for (draft.count = 0; draft.count < 6; draft.count++)
        draft.extensions[draft.count] = all[draft.count];
    X509 *certificate = draft.subject != NULL ? draft_sign(&draft, key_evp(authority)) : NULL;
    X509_NAME_free(draft.subject);
    X509_EXTENSION_free(all[3]);
    X509_EXTENSION_free(all[5]);
    return certificate;
}

/* The quick way makes the same of `device`: first the part that is signed, then, with the same signature, the whole. */
static void same(const struct device_template *template, const struct device_draft *device, X509 *certificate,
                 const char *what)
{
    unsigned char tbs_buffer[SIZE], buffer[SIZE], *der = NULL;
    const unsigned char *tbs = NULL, *begin = NULL;
    int length = i2d_X509(certificate, &der);
    struct parsed *expected = parsed_new(der, (size_t)length);
    size_t tbs_length = device_tbs(template, device, tbs_buffer, sizeof tbs_buffer, &tbs);
    CHECK(expected != NULL && tbs_length > 0, "%s: not written", what);
    if (expected == NULL || tbs_length == 0)
        return;
    CHECK(tbs_length == (size_t)ASN1_STRING_length(expected->octets) &&
              memcmp(tbs, ASN1_STRING_get0_data(expected->octets), tbs_length) == 0,
          "%s: other octets", what);
    size_t whole = device_certificate(tbs, tbs_length, ASN1_STRING_get0_data(expected->signature),
                                      (size_t)ASN1_STRING_length(expected->signature), buffer, sizeof buffer, &begin);
    CHECK(whole == (size_t)length && memcmp(begin, der, whole) == 0, "%s: another certificate", what);
    parsed_free(expected);
    OPENSSL_free(der);
}

static const char *text_of(char letter, size_t length)
{
    static char text[300];
    memset(text, letter, length);
    text[length] = '\0';
    return text;
}

static const char *const names[][2] = {{NULL, NULL},
                                       {"DE", NULL},
                                       {NULL, "Example \xc3\x84G"},
                                       {"DE", "Example"},
                                       {"DE", "an organization of as many letters as an organization may have.."}};

/* Every length of names and URIs, so that each length in the DER comes by on both sides of 128. */
static void lengths(const struct device_template *template, X509_NAME *issuer, size_t row)
{
    unsigned char serial[PROFILE_SERIAL] = {0x7f, 0xff};
    char name[64 + 1];
    for (size_t n = 1; n <= 255; n += n < 64 ? 3 : 1) {
        struct device_draft device = {serial, {NOW, NOW + 1}, &keys[0], name, text_of('u', n)};
        snprintf(name, sizeof name, "%.*s", (int)(n % 64 + 1),
                 "0123456789 abcdefghijklmnopqrstuvwxyz~ABCDEFGHIJKLMNOPQR"
                 "STUVWXYZ._:-");
        serial[0] = (unsigned char)(n % 0x7f + 1);
        X509 *certificate = general(&device, issuer, names[row][0], names[row][1]);
        CHECK(certificate != NULL, "%zu letters", n);
        same(template, &device, certificate, device.uri);
        X509_free(certificate);
    }
}

static void dates(const struct device_template *template, X509_NAME *issuer, size_t row)
{
    static const int64_t moments[] = {-631152000 /* 1950 */, -1,      0, 951782400 /* 2000-02-29 */, NOW, END_2049,
                                      END_2049 + 1,          END_9999};
    const unsigned char serial[PROFILE_SERIAL] = {1};
    for (size_t i = 0; i + 1 < sizeof moments / sizeof *moments; i++) {
        struct device_draft device = {serial, {moments[i], moments[i + 1]}, &keys[0], "Device-1", "urn:muster:a:b"};
        X509 *certificate = general(&device, issuer, names[row][0], names[row][1]);
        CHECK(certificate != NULL, "row %zu", i);
        same(template, &device, certificate, "dates");
        X509_free(certificate);
    }
}

/* What is out of the ordinary is left to the general way. */
static void left_alone(const struct device_template *template)
{
    static const unsigned char good[PROFILE_SERIAL] = {1}, zero[PROFILE_SERIAL] = {0}, high[PROFILE_SERIAL] = {0x80};
    static const struct public_key none;
    static char long_name[65 + 1], long_uri[256 + 1];
    memset(long_name, 'n', sizeof long_name - 1);
    memset(long_uri, 'u', sizeof long_uri - 1);
    const struct device_draft drafts[] = {
        {zero, {NOW, NOW}, &keys[0], "D", "u"},
        {high, {NOW, NOW}, &keys[0], "D", "u"},
        {good, {-631152001, NOW}, &keys[0], "D", "u"},
        {good, {NOW, END_9999 + 1}, &keys[0], "D", "u"},
        {good, {INT64_MIN, INT64_MAX}, &keys[0], "D", "u"},
        {good, {NOW, NOW}, &keys[1], "D", "u"},
        {good, {NOW, NOW}, &none, "D", "u"},
        {good, {NOW, NOW}, &keys[0], "", "u"},
        {good, {NOW, NOW}, &keys[0], "\xc3\xa4", "u"},
        {good, {NOW, NOW}, &keys[0], "D\n", "u"},
        {good, {NOW, NOW}, &keys[0], "D\x7f", "u"},
        {good, {NOW, NOW}, &keys[0], long_name, "u"},
        {good, {NOW, NOW}, &keys[0], "D", ""},
        {good, {NOW, NOW}, &keys[0], "D", "a b"},
        {good, {NOW, NOW}, &keys[0], "D", "\xc3\xa4"},
        {good, {NOW, NOW}, &keys[0], "D", long_uri},
    };
    unsigned char out[SIZE];
    const unsigned char *begin;
    for (size_t i = 0; i < sizeof drafts / sizeof *drafts; i++)
        CHECK(device_tbs(template, &drafts[i], out, sizeof out, &begin) == 0, "row %zu", i);
    const struct device_draft device = {good, {NOW, NOW}, &keys[0], "D", "u"};
    size_t length = device_tbs(template, &device, out, sizeof out, &begin);
    CHECK(length > 0 && device_tbs(template, &device, out, length, &begin) == length, "just room");
    for (size_t size = 0; size < length; size++)
        CHECK(device_tbs(template, &device, out, size, &begin) == 0, "%zu octets of room", size);
    CHECK(device_certificate(begin, length, begin, 70, out, length + 80, &begin) == 0, "no room for the signature");
}

/* Every form of a length, as OpenSSL writes it. */
static void headers(void)
{
    static const size_t lengths[] = {0, 1, 0x7f, 0x80, 0xff, 0x100, 0xffff, 0x10000};
    static unsigned char content[0x10000], buffer[0x10000 + 8];
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        unsigned char expected[8], *at = expected;
        ASN1_put_object(&at, 1, (int)lengths[i], V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL);
        size_t header = (size_t)(at - expected);
        for (size_t room = 0; room <= header; room++) {
            struct der_writer writer = der_start(buffer, lengths[i] + room);
            const unsigned char *end = writer.at;
            der_put(&writer, content, lengths[i]);
            der_wrap(&writer, 0x30, end);
            CHECK(writer.full == (room < header), "%zu, room for %zu", lengths[i], room);
            CHECK(writer.full || (writer.at == buffer && memcmp(buffer, expected, header) == 0), "%zu", lengths[i]);
        }
    }
}

static void set_up(void)
{
    static const int usage[] = {0, -1};
    static const enum key_type types[] = {KEY_EC_P256, KEY_EC_P384};
    authority = key_new(KEY_EC_P256);
    for (size_t i = 0; i < 2; i++) {
        struct key *key = key_new(types[i]);
        CHECK(key_public(key, &keys[i]), "key");
        key_free(key);
    }
    fixed[0] = extension_basic_constraints(BASIC_LEAF);
    fixed[1] = extension_key_usage(usage);
    fixed[2] = extension_extended_key_usage(NID_client_auth);
    fixed[3] = extension_authority_key(identifier, sizeof identifier);
}

int main(void)
{
    set_up();
    headers();
    for (size_t row = 0; row < sizeof names / sizeof *names; row++) {
        X509_NAME *issuer = draft_name(names[row][0], names[row][1], "Muster CA 01020304");
        X509_NAME *start = draft_name(names[row][0], names[row][1], NULL);
        struct device_template *template = device_template_new(issuer, start, fixed);
        CHECK(template != NULL, "row %zu", row);
        if (template != NULL) {
            lengths(template, issuer, row);
            dates(template, issuer, row);
            left_alone(template);
        }
        device_template_free(template);
        X509_NAME_free(start);
        X509_NAME_free(issuer);
    }
    CHECK(device_template_new(NULL, NULL, fixed) == NULL, "no names");
    device_template_free(NULL);
    ERR_clear_error();
    for (size_t i = 0; i < 4; i++)
        X509_EXTENSION_free(fixed[i]);
    key_free(authority);
    return check_done();
}
