/* Revocation lists: held against OpenSSL's own reader, against `openssl verify`, and against broken octets. */
#include "certs/crl.h"

#include "certs/crl_parse.h"
#include "certs/file.h"
#include "certs/pem.h"
#include "tests/unit/check.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define DAY ((int64_t)86400)
#define NOW ((int64_t)1800000000) /* 2027-01-15 08:00:00 */

static char folder[] = "/tmp/test_crl.XXXXXX";
static char certificate_file[64], key_file[64], leaf_file[64], list_file[64];
static char error[512];

static struct ca *fresh(enum key_type type, int64_t now)
{
    const struct ca_options options = {.certificate_file = certificate_file, .key_file = key_file};
    unlink(certificate_file);
    unlink(key_file);
    CHECK(ca_create(&options, type, now, error, sizeof error) == 0, "%s", error);
    struct ca *ca = ca_new(&options, error, sizeof error);
    CHECK(ca != NULL, "%s", error);
    return ca;
}

/* The `index`th serial; each differs from the others in more than one octet. */
static void serial_of(unsigned index, unsigned char serial[PROFILE_SERIAL])
{
    memset(serial, (int)(index * 7), PROFILE_SERIAL);
    serial[0] = 0x40;
    serial[1] = (unsigned char)(index >> 16);
    serial[2] = (unsigned char)(index >> 8);
    serial[3] = (unsigned char)index;
}

static const enum crl_reason reasons[] = {
#define REASON(enumerator, value, name) enumerator,
    CRL_REASON_LIST(REASON)
#undef REASON
};
#define REASONS (sizeof reasons / sizeof *reasons)

static char *list_of(const struct ca *ca, unsigned entries, int64_t number, int64_t now, size_t *length)
{
    struct crl *crl = crl_new(ca, ca_issuer_id(ca), number, now, now + 30 * DAY);
    CHECK(crl != NULL, "crl_new");
    bool added = crl != NULL;
    for (unsigned i = 0; added && i < entries; i++) {
        unsigned char serial[PROFILE_SERIAL];
        serial_of(i, serial);
        added = crl_add(crl, serial, now - i, reasons[i % REASONS]);
    }
    CHECK(added, "crl_add");
    char *pem = added ? crl_sign(crl, length) : NULL;
    CHECK(pem != NULL && strlen(pem) == *length, "crl_sign");
    crl_free(crl);
    return pem;
}

static X509_CRL *openssl_reads(const char *pem)
{
    BIO *bio = BIO_new_mem_buf(pem, -1);
    X509_CRL *list = PEM_read_bio_X509_CRL(bio, NULL, NULL, NULL);
    CHECK(list != NULL, "OpenSSL cannot read it");
    BIO_free(bio);
    return list;
}

static X509 *certificate_of(const struct ca *ca)
{
    BIO *bio = BIO_new_mem_buf(ca_bundle(ca), -1);
    X509 *certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    BIO_free(bio);
    return certificate;
}

static int64_t seconds(const ASN1_TIME *time)
{
    struct tm tm;
    CHECK(ASN1_TIME_to_tm(time, &tm) == 1, "a date");
    return timegm(&tm);
}

static void check_entry(X509_REVOKED *entry, unsigned index, int64_t now)
{
    unsigned char serial[PROFILE_SERIAL];
    serial_of(index, serial);
    const ASN1_INTEGER *found = X509_REVOKED_get0_serialNumber(entry);
    int at = -1;
    ASN1_ENUMERATED *reason = X509_REVOKED_get_ext_d2i(entry, NID_crl_reason, &at, NULL);
    long value = reason != NULL ? ASN1_ENUMERATED_get(reason) : CRL_UNSPECIFIED;
    CHECK(ASN1_STRING_type(found) == V_ASN1_INTEGER && ASN1_STRING_length(found) == PROFILE_SERIAL &&
              memcmp(ASN1_STRING_get0_data(found), serial, PROFILE_SERIAL) == 0,
          "serial of entry %u", index);
    CHECK(seconds(X509_REVOKED_get0_revocationDate(entry)) == now - index, "date of entry %u", index);
    CHECK(value == (long)reasons[index % REASONS], "reason of entry %u: %ld", index, value);
    /* RFC 5280, 5.3.1: absent rather than unspecified */
    CHECK(X509_REVOKED_get_ext_count(entry) == (reasons[index % REASONS] != CRL_UNSPECIFIED), "entry %u", index);
    ASN1_ENUMERATED_free(reason);
}

/* Everything that OpenSSL reads in it is what was put in. */
static void check_list(const struct ca *ca, const char *pem, unsigned entries, int64_t number, int64_t now)
{
    X509_CRL *list = openssl_reads(pem);
    X509 *issuer = certificate_of(ca);
    CHECK(X509_CRL_get_version(list) == X509_CRL_VERSION_2, "version");
    CHECK(X509_CRL_verify(list, X509_get0_pubkey(issuer)) == 1, "signature");
    CHECK(X509_NAME_cmp(X509_CRL_get_issuer(list), X509_get_subject_name(issuer)) == 0, "issuer");
    CHECK(seconds(X509_CRL_get0_lastUpdate(list)) == now, "this update");
    CHECK(seconds(X509_CRL_get0_nextUpdate(list)) == now + 30 * DAY, "next update");
    CHECK_INT(X509_CRL_get_ext_count(list), 2);
    ASN1_INTEGER *found = X509_CRL_get_ext_d2i(list, NID_crl_number, NULL, NULL);
    int64_t value = -1;
    CHECK(found != NULL && ASN1_INTEGER_get_int64(&value, found) == 1 && value == number, "number");
    AUTHORITY_KEYID *authority = X509_CRL_get_ext_d2i(list, NID_authority_key_identifier, NULL, NULL);
    CHECK(authority != NULL && authority->issuer == NULL &&
              ASN1_OCTET_STRING_cmp(authority->keyid, X509_get0_subject_key_id(issuer)) == 0,
          "authority key identifier");
    STACK_OF(X509_REVOKED) *revoked = X509_CRL_get_REVOKED(list);
    CHECK_INT(revoked != NULL ? sk_X509_REVOKED_num(revoked) : 0, entries);
    CHECK((revoked == NULL) == (entries == 0), "an empty list of entries must be absent");
    for (unsigned i = 0; i < entries && revoked != NULL; i++)
        check_entry(sk_X509_REVOKED_value(revoked, (int)i), i, now);
    AUTHORITY_KEYID_free(authority);
    ASN1_INTEGER_free(found);
    X509_free(issuer);
    X509_CRL_free(list);
}

static void against_openssl(void)
{
    static const enum key_type types[] = {KEY_EC_P256, KEY_EC_P384, KEY_RSA_2048};
    static const unsigned sizes[] = {0, 1, 7, 1000};
    static const int64_t numbers[] = {0, 1, 127, 128, 65535, INT64_MAX};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        struct ca *ca = fresh(types[i], NOW);
        for (size_t j = 0; ca != NULL && j < sizeof sizes / sizeof *sizes; j++) {
            size_t length = 0;
            char *pem = list_of(ca, sizes[j], numbers[j], NOW, &length);
            check_list(ca, pem, sizes[j], numbers[j], NOW);
            free(pem);
        }
        for (size_t j = 4; ca != NULL && i == 0 && j < 6; j++) {
            size_t length = 0;
            char *pem = list_of(ca, 1, numbers[j], NOW, &length);
            check_list(ca, pem, 1, numbers[j], NOW);
            free(pem);
        }
        ca_free(ca);
    }
}

/* UTCTime to 2049 and GeneralizedTime from 2050 on, in the list and in its entries. */
static void dates(void)
{
    static const int64_t moments[] = {
        1835438400,             /* 2028-02-29 12:00:00 */
        2147483647,             /* 2038-01-19 03:14:07, the last of 31 bits */
        2147483648, 2524607999, /* 2049-12-31 23:59:59 */
        2524608000,             /* 2050-01-01 00:00:00 */
        2523000000,             /* from 2049 into 2050 */
        4107542400,             /* 2100-03-01 00:00:00: that year has no 29 February */
        4107542399,
    };
    for (size_t i = 0; i < sizeof moments / sizeof *moments; i++) {
        struct ca *ca = fresh(KEY_EC_P256, moments[i]);
        size_t length = 0;
        struct crl_info info = {.count = 0};
        char *pem = list_of(ca, 2, 5, moments[i], &length);
        check_list(ca, pem, 2, 5, moments[i]);
        CHECK(crl_read(pem, length, &info, 1) == 1 && info.this_update == moments[i] &&
                  info.next_update == moments[i] + 30 * DAY,
              "%lld", (long long)moments[i]);
        X509_CRL *list = openssl_reads(pem);
        bool late = moments[i] >= 2524608000;
        CHECK_INT(ASN1_STRING_type(X509_CRL_get0_lastUpdate(list)), late ? V_ASN1_GENERALIZEDTIME : V_ASN1_UTCTIME);
        X509_CRL_free(list);
        free(pem);
        ca_free(ca);
    }
}

static int openssl(void)
{
    char command[512];
    snprintf(command, sizeof command,
             "cd %s && openssl verify -x509_strict -crl_check -purpose sslclient -attime 1800000100 "
             "-CAfile ca.pem -CRLfile crl.pem leaf.pem >/dev/null 2>&1",
             folder);
    return system(command);
}

/* The whole way, as a broker goes it: a certificate that is on the list is refused, and one that is not is taken. */
static void openssl_verify(void)
{
    struct ca *ca = fresh(KEY_EC_P256, NOW);
    struct public_key public;
    struct key *key = key_new(KEY_EC_P256);
    struct why why;
    CHECK(key_public(key, &public), "key");
    for (unsigned revoked = 0; revoked < 2; revoked++) {
        struct certificate_request request = {.key = &public, .device_id = "D", .uuid = "u", .tenant = "default"};
        struct certificate leaf;
        size_t length = 0;
        char *pem = list_of(ca, 10, 1, NOW, &length);
        serial_of(revoked ? 9 : 10, request.serial);
        CHECK(profile_validity(NOW, 10, ca_validity(ca), &request.validity), "validity");
        CHECK_INT(ca_issue_device(ca, &request, &leaf, &why), ST_OK);
        CHECK(crl_lists(pem, length, request.serial) == (revoked == 1), "crl_lists");
        CHECK(file_write(leaf_file, leaf.pem, strlen(leaf.pem), 0600) == 0, "leaf");
        CHECK(file_write(list_file, pem, length, 0600) == 0, "list");
        int result = openssl();
        CHECK((result == 0) == (revoked == 0), "revoked %u: exit %d", revoked, result);
        free(pem);
    }
    key_free(key);
    ca_free(ca);
}

static void reading(void)
{
    struct ca *ca = fresh(KEY_EC_P256, NOW);
    struct crl_info infos[2] = {{.count = 9}, {.count = 9}};
    size_t lengths[2], length;
    char *first = list_of(ca, 3, 41, NOW, &lengths[0]), issuer[CA_ISSUER_ID + 1];
    snprintf(issuer, sizeof issuer, "%s", ca_issuer_id(ca));
    ca_free(ca);
    ca = fresh(KEY_RSA_2048, NOW);
    char *second = list_of(ca, 0, 42, NOW + 1, &lengths[1]), *both = NULL;
    CHECK(asprintf(&both, "text before\n%s\nand between\n%s", first, second) > 0, "memory");
    length = strlen(both);
    CHECK_INT(crl_read(both, length, infos, 2), 2);
    CHECK_TEXT(infos[0].issuer, issuer);
    CHECK_TEXT(infos[1].issuer, ca_issuer_id(ca));
    CHECK(infos[0].number == 41 && infos[1].number == 42 && infos[0].count == 3 && infos[1].count == 0, "what is told");
    CHECK_INT(crl_read(both, length, infos, 1), 2);
    CHECK_INT(crl_read(both, length, NULL, 0), 2);
    CHECK_INT(crl_read("", 0, infos, 2), 0);
    CHECK_INT(crl_read(first, lengths[0] - 5, infos, 2), 0); /* no end */
    CHECK_INT(crl_read(ca_bundle(ca), strlen(ca_bundle(ca)), infos, 2), 0);
    free(both);
    free(first);
    free(second);
    ca_free(ca);
}

/* Of a list with any one octet changed or cut off, none is read that OpenSSL would not read; and nothing is read past
 * its end (the sanitizers would tell). */
static void broken(void)
{
    struct ca *ca = fresh(KEY_EC_P256, NOW);
    size_t length = 0, octets = 0;
    unsigned char *der = NULL;
    char *pem = list_of(ca, 3, 41, NOW, &length);
    const char *at = pem;
    CHECK(pem_next(CRL_LABEL, &at, pem + length, &der, &octets), "pem_next");
    struct crl_parts parts;
    CHECK(crl_parse(der, octets, &parts), "whole");
    for (size_t cut = 0; cut < octets; cut++) {
        unsigned char *copy = malloc(cut + 1);
        memcpy(copy, der, cut);
        CHECK(!crl_parse(copy, cut, &parts), "cut at %zu", cut);
        free(copy);
    }
    unsigned disagree = 0;
    for (size_t i = 0; i < octets * 8; i++) {
        der[i / 8] ^= (unsigned char)(1U << i % 8);
        const unsigned char *start = der;
        X509_CRL *list = crl_parse(der, octets, &parts) ? d2i_X509_CRL(NULL, &start, (long)octets) : NULL;
        disagree += list == NULL && crl_parse(der, octets, &parts);
        X509_CRL_free(list);
        der[i / 8] ^= (unsigned char)(1U << i % 8);
    }
    /* OpenSSL decodes object identifiers, names and extensions, which we only step over. */
    CHECK(disagree < octets * 8 / 10, "%u of %zu", disagree, octets * 8);
    free(der);
    free(pem);
    ca_free(ca);
}

/* The same list, with one more extension in it or in an entry, signed anew by nobody: only its structure counts. */
static bool parses_with(const char *pem, const char *oid, bool critical, bool in_entry)
{
    X509_CRL *list = openssl_reads(pem);
    ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);
    ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
    ASN1_OCTET_STRING_set(value, (const unsigned char *)"\x0a\x01\x01", 3); /* ENUMERATED 1 */
    X509_EXTENSION *extension = X509_EXTENSION_create_by_OBJ(NULL, object, critical, value);
    unsigned char *der = NULL;
    struct crl_parts parts;
    X509_REVOKED *entry = sk_X509_REVOKED_value(X509_CRL_get_REVOKED(list), 0);
    CHECK((in_entry ? X509_REVOKED_add_ext(entry, extension, -1) : X509_CRL_add_ext(list, extension, -1)) == 1, "add");
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    CHECK(X509_CRL_sign(list, key, EVP_sha256()) > 0, "sign"); /* encodes it anew */
    int length = i2d_X509_CRL(list, &der);
    bool parses = length > 0 && crl_parse(der, (size_t)length, &parts);
    EVP_PKEY_free(key);
    OPENSSL_free(der);
    X509_EXTENSION_free(extension);
    ASN1_OCTET_STRING_free(value);
    ASN1_OBJECT_free(object);
    X509_CRL_free(list);
    return parses;
}

/* RFC 5280, 5.2 and 5.3: whoever does not know a critical extension must not use the list. */
static void critical_extensions(void)
{
    struct ca *ca = fresh(KEY_EC_P256, NOW);
    size_t length = 0;
    char *pem = list_of(ca, 3, 41, NOW, &length);
    static const struct {
        const char *oid;
        bool critical, in_entry, parses;
    } cases[] = {
        {"1.2.3.4", false, false, true},   {"1.2.3.4", true, false, false}, {"2.5.29.28", true, false, false},
        {"2.5.29.27", true, false, false}, {"1.2.3.4", false, true, true},  {"1.2.3.4", true, true, false},
        {"2.5.29.29", true, true, false},  {"2.5.29.21", true, true, true}, {"2.5.29.24", true, true, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        CHECK(parses_with(pem, cases[i].oid, cases[i].critical, cases[i].in_entry) == cases[i].parses, "row %zu: %s", i,
              cases[i].oid);
    free(pem);
    ca_free(ca);
}

static void refusals(void)
{
    struct ca *ca = fresh(KEY_EC_P256, NOW);
    unsigned char serial[PROFILE_SERIAL];
    size_t length = 1;
    serial_of(1, serial);
    CHECK(crl_new(ca, "0000000000000000000000000000000000000000", 1, NOW, NOW + DAY) == NULL, "another issuer");
    CHECK(crl_new(ca, "", 1, NOW, NOW + DAY) == NULL, "no issuer");
    CHECK(crl_new(ca, ca_issuer_id(ca), -1, NOW, NOW + DAY) == NULL, "number");
    CHECK(crl_new(ca, ca_issuer_id(ca), 1, NOW, NOW) == NULL, "order");
    struct crl *crl = crl_new(ca, ca_issuer_id(ca), 1, NOW, NOW + DAY);
    CHECK(!crl_add(crl, serial, INT64_C(253402300800), CRL_UNSPECIFIED), "the year 10000");
    CHECK(!crl_add(crl, serial, INT64_C(-631152001), CRL_UNSPECIFIED), "the year 1949");
    serial[0] = 0x80;
    CHECK(!crl_add(crl, serial, NOW, CRL_UNSPECIFIED), "a negative serial");
    serial[0] = 0;
    CHECK(!crl_add(crl, serial, NOW, CRL_UNSPECIFIED), "a shorter serial");
    char *pem = crl_sign(crl, &length);
    CHECK(pem != NULL, "what was refused left a trace");
    free(pem);
    serial[0] = 1;
    CHECK(crl_sign(crl, &length) == NULL && length == 0, "twice");
    CHECK(!crl_add(crl, serial, NOW, CRL_UNSPECIFIED), "after signing");
    crl_free(crl);
    crl_free(NULL);
    ca_free(ca);
}

static void names(void)
{
    enum crl_reason reason;
    static const struct {
        const char *name;
        enum crl_reason reason;
        bool standard;
    } cases[] = {
        {"unspecified", CRL_UNSPECIFIED, true},
        {"keyCompromise", CRL_KEY_COMPROMISE, true},
        {"cACompromise", CRL_CA_COMPROMISE, true},
        {"affiliationChanged", CRL_AFFILIATION_CHANGED, true},
        {"superseded", CRL_SUPERSEDED, true},
        {"cessationOfOperation", CRL_CESSATION_OF_OPERATION, true},
        {"privilegeWithdrawn", CRL_PRIVILEGE_WITHDRAWN, true},
        {"certificateHold", CRL_UNSPECIFIED, false}, /* for ever is for ever */
        {"removeFromCRL", CRL_UNSPECIFIED, false},
        {"never_issued", CRL_UNSPECIFIED, false},
        {"never_used", CRL_UNSPECIFIED, false},
        {"reset", CRL_CESSATION_OF_OPERATION, false},
        {"", CRL_UNSPECIFIED, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK(crl_reason_from_name(cases[i].name, &reason) == cases[i].standard, "%s", cases[i].name);
        CHECK(!cases[i].standard || reason == cases[i].reason, "%s", cases[i].name);
        CHECK(crl_reason_of(cases[i].name) == cases[i].reason, "%s", cases[i].name);
        CHECK(!cases[i].standard || strcmp(crl_reason_name(cases[i].reason), cases[i].name) == 0, "%s", cases[i].name);
    }
    static const int64_t others[] = {6, 7, 8, 10, 255, -1};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        CHECK_TEXT(crl_reason_name(others[i]), "unspecified");
}

static void *lists(void *context)
{
    for (int i = 0; i < 20; i++) {
        size_t length;
        free(list_of(context, 50, i, NOW, &length));
    }
    return NULL;
}

/* One thread lists while another issues, and the authority may go before the list is signed. */
static void threads(void)
{
    struct ca *ca = fresh(KEY_EC_P256, NOW);
    struct public_key public;
    struct key *key = key_new(KEY_EC_P256);
    struct why why;
    pthread_t thread;
    CHECK(key_public(key, &public) && pthread_create(&thread, NULL, lists, ca) == 0, "start");
    struct certificate_request request = {.key = &public, .device_id = "D", .uuid = "u", .tenant = "default"};
    request.validity = (struct validity){NOW, NOW + DAY};
    unsigned bad = 0;
    for (unsigned i = 0; i < 500; i++) {
        struct certificate leaf;
        serial_of(i, request.serial);
        bad += ca_issue_device(ca, &request, &leaf, &why) != ST_OK;
    }
    pthread_join(thread, NULL);
    CHECK_INT(bad, 0);
    struct crl *crl = crl_new(ca, ca_issuer_id(ca), 1, NOW, NOW + DAY);
    ca_free(ca);
    size_t length;
    char *pem = crl_sign(crl, &length);
    CHECK(pem != NULL, "without the authority");
    free(pem);
    crl_free(crl);
    key_free(key);
}

int main(void)
{
    if (mkdtemp(folder) == NULL)
        return 1;
    snprintf(certificate_file, sizeof certificate_file, "%s/ca.pem", folder);
    snprintf(key_file, sizeof key_file, "%s/ca.key", folder);
    snprintf(leaf_file, sizeof leaf_file, "%s/leaf.pem", folder);
    snprintf(list_file, sizeof list_file, "%s/crl.pem", folder);
    names();
    against_openssl();
    dates();
    openssl_verify();
    reading();
    broken();
    critical_extensions();
    refusals();
    threads();
    unlink(certificate_file);
    unlink(key_file);
    unlink(leaf_file);
    unlink(list_file);
    rmdir(folder);
    return check_done();
}
