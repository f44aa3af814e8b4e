/* The lint: good certificates pass, and a table of mutations breaks each rule one by one. */
#include "certs/lint.h"

#include "certs/der.h"
#include "certs/draft.h"
#include "certs/extensions.h"
#include "certs/internal.h"
#include "tests/unit/check.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#define DAY      ((int64_t)86400)
#define NOW      ((int64_t)1800000000) /* 2027 */
#define DER_MAX  2048
#define END_2049 ((int64_t)2524607999) /* 2049-12-31 23:59:59 */

static struct key *root_key, *leaf_key;
static X509 *root;
static X509_NAME *root_name;
static const unsigned char serial[PROFILE_SERIAL] = {0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17};

static void identifier_of(const struct key *key, unsigned char out[KEY_IDENTIFIER])
{
    struct public_key public;
    size_t length = 0;
    CHECK(key_public(key, &public), "public");
    const unsigned char *bits = draft_key_bits(&public, &length);
    CHECK(bits != NULL && extension_key_identifier(bits, length, out), "identifier");
}

/* A good certificate of `profile`, signed. */
static X509 *good(enum lint_profile profile)
{
    static const char *const hosts[] = {"broker.example", "192.0.2.1"};
    static const int leaf_usage[] = {0, -1}, root_usage[] = {5, 6, -1};
    static const char *const names[] = {[LINT_AUTHORITY] = "Muster CA 42010203",
                                        [LINT_ROOT] = "Muster Root CA 42010203",
                                        [LINT_ISSUER] = "Muster Issuing CA 42010203",
                                        [LINT_SERVER] = "broker.example",
                                        [LINT_DEVICE] = "Device-ABC",
                                        [LINT_SERVICE] = "Service-muster"};
    bool is_root = profile == LINT_AUTHORITY, is_ca = profile <= LINT_ISSUER;
    const struct key *key = is_root ? root_key : leaf_key;
    unsigned char own[KEY_IDENTIFIER], issuer[KEY_IDENTIFIER];
    struct public_key public;
    identifier_of(key, own);
    identifier_of(root_key, issuer);
    CHECK(key_public(key, &public), "public");
    struct draft draft = {.serial = serial, .key = &public, .validity = {NOW, NOW + 365 * DAY - 1}};
    draft.subject = draft_name("DE", "Example", names[profile]);
    draft.issuer = is_root ? draft.subject : root_name;
    draft.extensions[0] = extension_basic_constraints(profile == LINT_ROOT ? BASIC_ROOT
                                                      : is_ca              ? BASIC_ISSUER
                                                                           : BASIC_LEAF);
    draft.extensions[1] = extension_key_usage(is_ca ? root_usage : leaf_usage);
    draft.extensions[2] = extension_subject_key(own);
    draft.extensions[3] = extension_authority_key(issuer, sizeof issuer);
    draft.extensions[4] = profile == LINT_DEVICE    ? extension_uri("urn:muster:default:u-1")
                          : profile == LINT_SERVICE ? extension_uri(LINT_SERVICE_URI)
                                                    : extension_server_names(hosts, 2);
    draft.extensions[5] = extension_extended_key_usage(profile == LINT_SERVER ? NID_server_auth : NID_client_auth);
    draft.count = is_ca ? 4 : 6;
    X509 *certificate = draft_sign(&draft, key_evp(root_key));
    for (size_t i = 0; i < 6; i++)
        X509_EXTENSION_free(draft.extensions[i]);
    if (!is_root || certificate == NULL)
        X509_NAME_free(draft.subject);
    else
        root_name = draft.subject;
    return certificate;
}

/* ---- mutations: each takes a good certificate, breaks one thing, and leaves the signing to the table's loop ---- */

static void remove_extension(X509 *x, int nid)
{
    X509_EXTENSION_free(X509_delete_ext(x, X509_get_ext_by_NID(x, nid, -1)));
}

static void replace(X509 *x, int nid, X509_EXTENSION *by)
{
    remove_extension(x, nid);
    CHECK(by != NULL && X509_add_ext(x, by, -1) == 1, "extension %d", nid);
    X509_EXTENSION_free(by);
}

static void replace_text(X509 *x, int nid, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx(&context, root, x, NULL, NULL, 0);
    replace(x, nid, X509V3_EXT_conf_nid(NULL, &context, nid, value));
}

static void set_critical(X509 *x, int nid, int critical)
{
    X509_EXTENSION_set_critical(X509_get_ext(x, X509_get_ext_by_NID(x, nid, -1)), critical);
}

static void set_dates(X509 *x, int64_t from, int64_t to)
{
    ASN1_TIME_set(X509_getm_notBefore(x), (time_t)from);
    ASN1_TIME_set(X509_getm_notAfter(x), (time_t)to);
}

static void add_name(X509 *x, const char *field, const char *value)
{
    CHECK(X509_NAME_add_entry_by_txt(X509_get_subject_name(x), field, MBSTRING_UTF8, (const unsigned char *)value, -1,
                                     -1, 0) == 1,
          "%s", value);
}

static void set_cn(X509 *x, const char *cn)
{
    X509_NAME *name = X509_get_subject_name(x);
    X509_NAME_ENTRY_free(X509_NAME_delete_entry(name, X509_NAME_get_index_by_NID(name, NID_commonName, -1)));
    if (cn != NULL)
        add_name(x, "CN", cn);
}

static void set_key(X509 *x, EVP_PKEY *key)
{
    struct public_key public = {0};
    unsigned char *at = public.der;
    X509_set_pubkey(x, key);
    public.length = (size_t)i2d_PUBKEY(key, &at);
    size_t length = 0;
    unsigned char own[KEY_IDENTIFIER];
    extension_key_identifier(draft_key_bits(&public, &length), length, own);
    replace(x, NID_subject_key_identifier, extension_subject_key(own));
    EVP_PKEY_free(key);
}

static void version_1(X509 *x)
{
    X509_set_version(x, X509_VERSION_1);
}
static void serial_zero(X509 *x)
{
    ASN1_INTEGER_set(X509_get_serialNumber(x), 0);
}
static void serial_short(X509 *x)
{
    ASN1_STRING_set(X509_get_serialNumber(x), serial, PROFILE_SERIAL - 1);
}
static void serial_long(X509 *x)
{
    ASN1_STRING_set(X509_get_serialNumber(x),
                    "\x42"
                    "0123456789abcdefgh",
                    19);
}
static void serial_high(X509 *x)
{
    ASN1_STRING_set(X509_get_serialNumber(x),
                    "\x80"
                    "0123456789abcdefg",
                    18);
}
static void serial_negative(X509 *x)
{
    X509_get_serialNumber(x)->type = V_ASN1_NEG_INTEGER;
}
static void reversed(X509 *x)
{
    set_dates(x, NOW + 2, NOW + 1);
}
static void too_early(X509 *x)
{
    set_dates(x, NOW - 1, NOW + DAY);
}
static void too_late(X509 *x)
{
    set_dates(x, NOW, NOW + 365 * DAY);
}
static void generalized_early(X509 *x)
{
    ASN1_TIME_set_string(X509_getm_notBefore(x), "20270115080000Z");
}
static void time_offset(X509 *x)
{
    ASN1_STRING_set(X509_getm_notBefore(x), "270115080000+0000", 17);
}
static void time_text(X509 *x)
{
    ASN1_STRING_set(X509_getm_notAfter(x), "281301000000Z", 13);
}
static void ext_basic_missing(X509 *x)
{
    remove_extension(x, NID_basic_constraints);
}
static void ext_basic_loose(X509 *x)
{
    set_critical(x, NID_basic_constraints, 0);
}
static void ext_basic_ca(X509 *x)
{
    replace(x, NID_basic_constraints, extension_basic_constraints(BASIC_ISSUER));
}
static void ext_basic_no_ca(X509 *x)
{
    replace(x, NID_basic_constraints, extension_basic_constraints(BASIC_LEAF));
}
static void ext_basic_no_path(X509 *x)
{
    replace_text(x, NID_basic_constraints, "critical,CA:TRUE");
}
static void ext_usage_missing(X509 *x)
{
    remove_extension(x, NID_key_usage);
}
static void ext_usage_loose(X509 *x)
{
    set_critical(x, NID_key_usage, 0);
}
static void ext_usage_more(X509 *x)
{
    replace_text(x, NID_key_usage, "critical,digitalSignature,keyEncipherment");
}
static void ext_usage_sign(X509 *x)
{
    replace_text(x, NID_key_usage, "critical,keyCertSign");
}
static void ext_eku_missing(X509 *x)
{
    remove_extension(x, NID_ext_key_usage);
}
static void ext_eku_other(X509 *x)
{
    replace_text(x, NID_ext_key_usage, "codeSigning");
}
static void ext_eku_both(X509 *x)
{
    replace_text(x, NID_ext_key_usage, "clientAuth,serverAuth");
}
static void ext_eku_critical(X509 *x)
{
    set_critical(x, NID_ext_key_usage, 1);
}
static void ext_ski_missing(X509 *x)
{
    remove_extension(x, NID_subject_key_identifier);
}
static void ext_ski_sha1(X509 *x)
{
    replace_text(x, NID_subject_key_identifier, "hash");
}
static void ext_aki_missing(X509 *x)
{
    remove_extension(x, NID_authority_key_identifier);
}
static void ext_aki_other(X509 *x)
{
    replace(x, NID_authority_key_identifier, extension_authority_key(serial, sizeof serial));
}
static void ext_aki_more(X509 *x)
{
    replace_text(x, NID_authority_key_identifier, "keyid,issuer:always");
}
static void ext_san_missing(X509 *x)
{
    remove_extension(x, NID_subject_alt_name);
}
static void ext_san_critical(X509 *x)
{
    set_critical(x, NID_subject_alt_name, 1);
}
static void san_dns(X509 *x)
{
    replace_text(x, NID_subject_alt_name, "DNS:device.example");
}
static void san_two(X509 *x)
{
    replace_text(x, NID_subject_alt_name, "URI:urn:muster:a:b,URI:urn:muster:a:c");
}
static void san_mail(X509 *x)
{
    replace_text(x, NID_subject_alt_name, "email:a@example.org");
}
static void san_other_urn(X509 *x)
{
    replace_text(x, NID_subject_alt_name, "URI:urn:other:default:u");
}
static void san_device(X509 *x)
{
    replace_text(x, NID_subject_alt_name, "URI:urn:muster:default:u-1");
}
static void san_service(X509 *x)
{
    replace_text(x, NID_subject_alt_name, "URI:" LINT_SERVICE_URI);
}
static void san_service_more(X509 *x)
{
    replace_text(x, NID_subject_alt_name, "URI:" LINT_SERVICE_URI ":u");
}
static void san_no_tenant(X509 *x)
{
    replace_text(x, NID_subject_alt_name, "URI:urn:muster::u");
}
static void san_big_tenant(X509 *x)
{
    replace_text(x, NID_subject_alt_name, "URI:urn:muster:Default:u");
}
static void san_no_uuid(X509 *x)
{
    replace_text(x, NID_subject_alt_name, "URI:urn:muster:default:");
}
static void san_slash(X509 *x)
{
    replace_text(x, NID_subject_alt_name, "URI:urn:muster:default:a/b");
}
static void san_nul(X509 *x)
{
    X509_EXTENSION *e = X509_get_ext(x, X509_get_ext_by_NID(x, NID_subject_alt_name, -1));
    const ASN1_STRING *value = X509_EXTENSION_get_data(e);
    unsigned char *at = memchr(ASN1_STRING_get0_data(value), '1', (size_t)ASN1_STRING_length(value));
    CHECK(at != NULL, "where is u-1");
    if (at != NULL)
        *at = '\0';
}
static void extra(X509 *x)
{
    replace_text(x, NID_netscape_comment, "hello");
}
static void extra_critical(X509 *x)
{
    replace_text(x, NID_name_constraints, "critical,permitted;DNS:example.org");
}
static void twice(X509 *x)
{
    X509_EXTENSION *e = X509_get_ext(x, X509_get_ext_by_NID(x, NID_key_usage, -1));
    X509_add_ext(x, e, -1);
}
static void cn_missing(X509 *x)
{
    set_cn(x, NULL);
}
static void cn_other(X509 *x)
{
    set_cn(x, "Thing-1");
}
static void cn_bare(X509 *x)
{
    set_cn(x, "Device-");
}
static void cn_two(X509 *x)
{
    add_name(x, "CN", "Device-2");
}
static void name_unit(X509 *x)
{
    add_name(x, "OU", "Cellar");
}
static void name_two_o(X509 *x)
{
    add_name(x, "O", "Other");
}
static void key_p224(X509 *x)
{
    set_key(x, EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-224"));
}
static void key_rsa_1024(X509 *x)
{
    set_key(x, EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)1024));
}
static void issuer_name(X509 *x)
{
    X509_NAME *other = draft_name("DE", "Other", "Muster CA 0");
    X509_set_issuer_name(x, other);
    X509_NAME_free(other);
}

enum signer { SHA_256, SHA_1, SHA_224, WRONG_KEY, BROKEN, ALGORITHMS_DIFFER };

static const struct {
    const char *what;
    enum lint_profile profile;
    void (*mutate)(X509 *certificate);
    enum signer signer;
    const char *finding; /* a part of it; NULL: it passes */
} cases[] = {
    {"good", LINT_AUTHORITY, NULL, SHA_256, NULL},
    {"good", LINT_SERVER, NULL, SHA_256, NULL},
    {"good", LINT_DEVICE, NULL, SHA_256, NULL},
    {"good", LINT_SERVICE, NULL, SHA_256, NULL},
    {"a device's URI", LINT_SERVICE, san_device, SHA_256, "urn:muster:_service"},
    {"the service's URI", LINT_DEVICE, san_service, SHA_256, "urn:muster"},
    {"a longer URI", LINT_SERVICE, san_service_more, SHA_256, "urn:muster:_service"},
    {"two URIs", LINT_SERVICE, san_two, SHA_256, "urn:muster:_service"},
    {"other CN", LINT_SERVICE, cn_other, SHA_256, "Service-"},
    {"serverAuth too", LINT_SERVICE, ext_eku_both, SHA_256, "clientAuth"},
    {"CA:TRUE", LINT_SERVICE, ext_basic_ca, SHA_256, "basic constraints"},
    {"version", LINT_DEVICE, version_1, SHA_256, "version"},
    {"serial 0", LINT_DEVICE, serial_zero, SHA_256, "serial"},
    {"17 octets", LINT_DEVICE, serial_short, SHA_256, "serial"},
    {"19 octets", LINT_AUTHORITY, serial_long, SHA_256, "serial"},
    {"top bit", LINT_DEVICE, serial_high, SHA_256, "serial"},
    {"negative", LINT_SERVER, serial_negative, SHA_256, "serial"},
    {"ends before it begins", LINT_DEVICE, reversed, SHA_256, "before it begins"},
    {"before the issuer", LINT_DEVICE, too_early, SHA_256, "its issuer"},
    {"after the issuer", LINT_SERVER, too_late, SHA_256, "its issuer"},
    {"GeneralizedTime in 2027", LINT_DEVICE, generalized_early, SHA_256, "UTCTime"},
    {"offset instead of Z", LINT_DEVICE, time_offset, SHA_256, "UTCTime"},
    {"month 13", LINT_DEVICE, time_text, SHA_256, "UTCTime"},
    {"no basic constraints", LINT_DEVICE, ext_basic_missing, SHA_256, "basic constraints"},
    {"not critical", LINT_DEVICE, ext_basic_loose, SHA_256, "basic constraints"},
    {"CA:TRUE", LINT_DEVICE, ext_basic_ca, SHA_256, "basic constraints"},
    {"CA:TRUE", LINT_SERVER, ext_basic_ca, SHA_256, "basic constraints"},
    {"CA:FALSE", LINT_AUTHORITY, ext_basic_no_ca, SHA_256, "basic constraints"},
    {"no pathlen", LINT_AUTHORITY, ext_basic_no_path, SHA_256, "basic constraints"},
    {"no key usage", LINT_DEVICE, ext_usage_missing, SHA_256, "key usage"},
    {"not critical", LINT_DEVICE, ext_usage_loose, SHA_256, "key usage"},
    {"keyEncipherment", LINT_SERVER, ext_usage_more, SHA_256, "key usage"},
    {"keyCertSign", LINT_DEVICE, ext_usage_sign, SHA_256, "key usage"},
    {"no cRLSign", LINT_AUTHORITY, ext_usage_sign, SHA_256, "key usage"},
    {"no extended key usage", LINT_DEVICE, ext_eku_missing, SHA_256, "clientAuth"},
    {"other purpose", LINT_SERVER, ext_eku_other, SHA_256, "serverAuth"},
    {"serverAuth for a device", LINT_DEVICE, ext_eku_both, SHA_256, "clientAuth"},
    {"critical", LINT_DEVICE, ext_eku_critical, SHA_256, "clientAuth"},
    {"no SKI", LINT_DEVICE, ext_ski_missing, SHA_256, "no subject key identifier"},
    {"other method", LINT_DEVICE, ext_ski_sha1, SHA_256, "not that of the key"},
    {"no AKI", LINT_DEVICE, ext_aki_missing, SHA_256, "no authority key identifier"},
    {"other AKI", LINT_DEVICE, ext_aki_other, SHA_256, "not the issuer's"},
    {"other AKI", LINT_AUTHORITY, ext_aki_other, SHA_256, "not the issuer's"},
    {"issuer and serial in AKI", LINT_DEVICE, ext_aki_more, SHA_256, "more than a key identifier"},
    {"no SAN", LINT_DEVICE, ext_san_missing, SHA_256, "alternative name"},
    {"critical", LINT_SERVER, ext_san_critical, SHA_256, "alternative name"},
    {"DNS name of a device", LINT_DEVICE, san_dns, SHA_256, "urn:muster"},
    {"two URIs", LINT_DEVICE, san_two, SHA_256, "urn:muster"},
    {"mail address", LINT_SERVER, san_mail, SHA_256, "DNS names and IP"},
    {"other URN", LINT_DEVICE, san_other_urn, SHA_256, "urn:muster"},
    {"no tenant", LINT_DEVICE, san_no_tenant, SHA_256, "urn:muster"},
    {"upper-case tenant", LINT_DEVICE, san_big_tenant, SHA_256, "urn:muster"},
    {"no uuid", LINT_DEVICE, san_no_uuid, SHA_256, "urn:muster"},
    {"slash", LINT_DEVICE, san_slash, SHA_256, "urn:muster"},
    {"NUL", LINT_DEVICE, san_nul, SHA_256, "urn:muster"},
    {"extra extension", LINT_DEVICE, extra, SHA_256, "does not have"},
    {"extra extension", LINT_AUTHORITY, extra_critical, SHA_256, "does not have"},
    {"twice the same", LINT_DEVICE, twice, SHA_256, "key usage"},
    {"SAN of an authority", LINT_AUTHORITY, san_dns, SHA_256, "does not have"},
    {"no CN", LINT_DEVICE, cn_missing, SHA_256, "CN"},
    {"no CN", LINT_SERVER, cn_missing, SHA_256, "CN"},
    {"other CN", LINT_DEVICE, cn_other, SHA_256, "Device-"},
    {"other CN", LINT_AUTHORITY, cn_other, SHA_256, "Muster CA"},
    {"empty device", LINT_DEVICE, cn_bare, SHA_256, "Device-"},
    {"two CN", LINT_DEVICE, cn_two, SHA_256, "attributes"},
    {"OU", LINT_DEVICE, name_unit, SHA_256, "attributes"},
    {"two O", LINT_SERVER, name_two_o, SHA_256, "attributes"},
    {"P-224", LINT_DEVICE, key_p224, SHA_256, "public key"},
    {"RSA-1024", LINT_DEVICE, key_rsa_1024, SHA_256, "public key"},
    {"other issuer", LINT_DEVICE, issuer_name, SHA_256, "issuer's name"},
    {"other issuer", LINT_AUTHORITY, issuer_name, SHA_256, "issuer's name"},
    {"SHA-1", LINT_DEVICE, NULL, SHA_1, "signature algorithm"},
    {"SHA-224", LINT_DEVICE, NULL, SHA_224, "signature algorithm"},
    {"wrong key", LINT_DEVICE, NULL, WRONG_KEY, "signature is not"},
    {"wrong key", LINT_AUTHORITY, NULL, WRONG_KEY, "signature is not"},
    {"broken signature", LINT_DEVICE, NULL, BROKEN, "signature is not"},
    {"algorithms differ", LINT_DEVICE, NULL, ALGORITHMS_DIFFER, "algorithms differ"},
};

static size_t sign(X509 *x, enum signer signer, unsigned char der[DER_MAX])
{
    const EVP_MD *digest = signer == SHA_1 ? EVP_sha1() : signer == SHA_224 ? EVP_sha224() : EVP_sha256();
    CHECK(X509_sign(x, key_evp(signer == WRONG_KEY ? leaf_key : root_key), digest) > 0, "sign");
    unsigned char *at = der;
    int length = i2d_X509(x, &at);
    CHECK(length > 0 && length <= DER_MAX, "%d octets", length);
    if (signer == BROKEN)
        der[length - 1] ^= 1;
    /* ecdsa-with-SHA256, 1.2.840.10045.4.3.2, stands in the signed part and behind it: the second becomes SHA384. */
    static const unsigned char oid[] = {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02};
    unsigned char *last = NULL;
    for (unsigned char *found = der; (found = memmem(found, (size_t)(der + length - found), oid, sizeof oid)) != NULL;
         found++)
        last = found;
    if (signer == ALGORITHMS_DIFFER && last != NULL)
        last[7] = 3;
    return (size_t)length;
}

static void mutations(const unsigned char *issuer, size_t issuer_length)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        unsigned char der[DER_MAX];
        char finding[128] = "";
        enum lint_profile profile = cases[i].profile;
        X509 *x = profile == LINT_AUTHORITY ? X509_dup(root) : good(profile);
        if (cases[i].mutate != NULL)
            cases[i].mutate(x);
        size_t length = sign(x, cases[i].signer, der);
        const unsigned char *parent = profile == LINT_AUTHORITY ? NULL : issuer;
        bool ok = lint_certificate(der, length, parent, issuer_length, profile, finding, sizeof finding);
        CHECK(ok == (cases[i].finding == NULL), "%s (row %zu)", cases[i].what, i);
        CHECK(ok || strstr(finding, cases[i].finding) != NULL, "%s (row %zu): \"%s\"", cases[i].what, i, finding);
        CHECK(ERR_peek_error() == 0, "%s leaves an error for libssl", cases[i].what);
        X509_free(x);
    }
}

/* A certificate of one profile is none of another. */
static void profiles_exclude_each_other(const unsigned char *issuer, size_t issuer_length)
{
    for (int made = 0; made <= LINT_SERVICE; made++)
        for (int asked = 0; asked <= LINT_SERVICE; asked++) {
            unsigned char der[DER_MAX];
            char finding[128];
            X509 *x = made == LINT_AUTHORITY ? X509_dup(root) : good((enum lint_profile)made);
            size_t length = sign(x, SHA_256, der);
            CHECK(lint_certificate(der, length, issuer, issuer_length, (enum lint_profile)asked, finding,
                                   sizeof finding) == (made == asked),
                  "made %d, asked %d", made, asked);
            X509_free(x);
        }
}

/* The change of type at the end of 2049, in the right and in the wrong way. */
static void dates_around_2050(void)
{
    static const struct {
        int64_t not_after;
        const char *text; /* as it is written by force; NULL: by OpenSSL */
        bool ok;
    } rows[] = {
        {END_2049, NULL, true},
        {END_2049 + 1, NULL, true},
        {0, "20491231235959Z", false},
        {0, "500101000000Z", false}, /* UTCTime: that is 1950 */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        unsigned char der[DER_MAX];
        char finding[128] = "";
        X509 *x = good(LINT_DEVICE);
        if (rows[i].text == NULL)
            ASN1_TIME_set(X509_getm_notAfter(x), (time_t)rows[i].not_after);
        else
            ASN1_TIME_set_string(X509_getm_notAfter(x), rows[i].text);
        size_t length = sign(x, SHA_256, der);
        CHECK(lint_certificate(der, length, NULL, 0, LINT_DEVICE, finding, sizeof finding) == rows[i].ok, "row %zu: %s",
              i, finding);
        X509_free(x);
    }
}

/* Bytes that are no certificate: a finding and never a crash. */
static void bytes(const unsigned char *issuer, size_t issuer_length)
{
    unsigned char der[DER_MAX + 1] = {0};
    char finding[128], little[4];
    X509 *x = good(LINT_DEVICE);
    size_t length = sign(x, SHA_256, der);
    X509_free(x);
    CHECK(lint_certificate(der, length, NULL, 0, LINT_DEVICE, finding, sizeof finding), "without an issuer");
    CHECK(!lint_certificate(der, length + 1, NULL, 0, LINT_DEVICE, finding, sizeof finding), "trailing octet");
    CHECK(!lint_certificate(der, length, issuer, issuer_length - 1, LINT_DEVICE, finding, sizeof finding),
          "cut issuer");
    CHECK(!lint_certificate(der, length, der, length, LINT_DEVICE, little, sizeof little) && little[3] == '\0',
          "a leaf as issuer, a small buffer");
    size_t accepted = 0;
    for (size_t cut = 0; cut < length; cut++)
        accepted += lint_certificate(der, cut, issuer, issuer_length, LINT_DEVICE, finding, sizeof finding);
    for (size_t bit = 0; bit < 8 * length; bit++) {
        der[bit / 8] ^= (unsigned char)(1 << bit % 8);
        accepted += lint_certificate(der, length, issuer, issuer_length, LINT_DEVICE, finding, sizeof finding);
        der[bit / 8] ^= (unsigned char)(1 << bit % 8);
    }
    CHECK_INT(accepted, 0);
}

/* The octets of a good certificate that are signed. */
static size_t body_of_good(unsigned char out[DER_MAX])
{
    X509 *x = good(LINT_DEVICE);
    unsigned char *at = out;
    int length = i2d_re_X509_tbs(x, &at);
    CHECK(length > 0 && length < DER_MAX - 8, "%d octets", length);
    X509_free(x);
    return (size_t)length;
}

/* Signs what is not even a certificate any more. */
static size_t seal(const unsigned char *octets, size_t length, struct p256 *signer, unsigned char der[DER_MAX])
{
    static const unsigned char algorithm[] = {0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02};
    unsigned char digest[P256_DIGEST], signature[P256_SIGNATURE_MAX];
    struct der_writer writer = der_start(der, DER_MAX);
    const unsigned char *end = writer.at;
    CHECK(p256_hash(signer, octets, length, digest), "hash");
    der_put(&writer, signature, p256_sign(signer, digest, signature));
    der_put(&writer, "", 1);
    der_wrap(&writer, 0x03, end);
    der_put(&writer, algorithm, sizeof algorithm);
    der_put(&writer, octets, length);
    der_wrap(&writer, 0x30, end);
    size_t written = (size_t)(end - writer.at);
    memmove(der, writer.at, written);
    return written;
}

/* The lint takes certificates apart by itself. Whatever it makes of octets that are nearly a certificate and signed all
 * the same, it is never more generous than OpenSSL's own decoder. */
static void never_more_generous(const unsigned char *issuer, size_t issuer_length)
{
    unsigned char body[DER_MAX], der[DER_MAX];
    char finding[128];
    struct p256 *signer = p256_new(key_evp(root_key));
    size_t length = body_of_good(body), taken = 0;
    for (size_t i = 0; i < 3 * length; i++) {
        static const unsigned char turned[] = {0x01, 0x04, 0x20}; /* 0x20: constructed or not, small or large letter */
        body[i / 3] ^= turned[i % 3];
        size_t sealed = seal(body, length, signer, der);
        body[i / 3] ^= turned[i % 3];
        const unsigned char *at = der;
        X509 *x = d2i_X509(NULL, &at, (long)sealed);
        if (lint_certificate(der, sealed, issuer, issuer_length, LINT_DEVICE, finding, sizeof finding)) {
            taken++;
            CHECK(x != NULL && at == der + sealed && X509_verify(x, key_evp(root_key)) == 1, "octet %zu", i / 3);
        }
        X509_free(x);
    }
    CHECK(taken > 50, "%zu taken: no test", taken); /* other letters of names and numbers of the serial */
    p256_free(signer);
    ERR_clear_error();
}

int main(void)
{
    unsigned char issuer[DER_MAX];
    root_key = key_new(KEY_EC_P256);
    leaf_key = key_new(KEY_EC_P256);
    root = good(LINT_AUTHORITY);
    CHECK(root != NULL, "no root");
    if (root == NULL)
        return check_done();
    size_t issuer_length = sign(root, SHA_256, issuer);
    mutations(issuer, issuer_length);
    profiles_exclude_each_other(issuer, issuer_length);
    dates_around_2050();
    bytes(issuer, issuer_length);
    never_more_generous(issuer, issuer_length);
    X509_free(root);
    X509_NAME_free(root_name);
    key_free(root_key);
    key_free(leaf_key);
    return check_done();
}
