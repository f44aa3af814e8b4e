/* Requests: what a good device sends, and a hostile corpus that OpenSSL itself makes here. */
#include "certs/csr.h"

#include "certs/internal.h"
#include "tests/unit/check.h"

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

static EVP_PKEY *rsa_key(unsigned bits, unsigned exponent)
{
    EVP_PKEY *key = NULL;
    BIGNUM *e = BN_new();
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    CHECK(BN_set_word(e, exponent) == 1 && EVP_PKEY_keygen_init(context) == 1 &&
              EVP_PKEY_CTX_set_rsa_keygen_bits(context, (int)bits) == 1 &&
              EVP_PKEY_CTX_set1_rsa_keygen_pubexp(context, e) == 1 && EVP_PKEY_generate(context, &key) == 1,
          "rsa %u %u", bits, exponent);
    BN_free(e);
    EVP_PKEY_CTX_free(context);
    return key;
}

static EVP_PKEY *dsa_key(void)
{
    EVP_PKEY *parameters = NULL, *key = NULL;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "DSA", NULL);
    CHECK(EVP_PKEY_paramgen_init(context) == 1 &&
              EVP_PKEY_CTX_set_params(
                  context, (OSSL_PARAM[]){OSSL_PARAM_construct_size_t(OSSL_PKEY_PARAM_FFC_PBITS, &(size_t){1024}),
                                          OSSL_PARAM_construct_end()}) == 1 &&
              EVP_PKEY_paramgen(context, &parameters) == 1,
          "dsa parameters");
    EVP_PKEY_CTX *second = EVP_PKEY_CTX_new_from_pkey(NULL, parameters, NULL);
    CHECK(EVP_PKEY_keygen_init(second) == 1 && EVP_PKEY_generate(second, &key) == 1, "dsa key");
    EVP_PKEY_CTX_free(second);
    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(parameters);
    return key;
}

static EVP_PKEY *ec_key(const char *group, const char *encoding)
{
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", group);
    CHECK(EVP_PKEY_set_utf8_string_param(key, OSSL_PKEY_PARAM_EC_ENCODING, encoding) == 1, "%s %s", group, encoding);
    return key;
}

/* What a recipe asks for in its extensions. */
enum wish { PLAIN, AUTHORITY, AUTHORITY_FALSE, AUTHORITY_TWICE, AUTHORITY_BROKEN, MANY_NAMES };

static void push(STACK_OF(X509_EXTENSION) * list, int nid, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
    CHECK(extension != NULL && sk_X509_EXTENSION_push(list, extension) > 0, "%s", value);
}

static void add_wish(X509_REQ *request, enum wish wish)
{
    STACK_OF(X509_EXTENSION) *list = sk_X509_EXTENSION_new_null();
    if (wish == AUTHORITY || wish == AUTHORITY_TWICE)
        push(list, NID_basic_constraints, "critical,CA:TRUE");
    if (wish == AUTHORITY_FALSE || wish == AUTHORITY_TWICE)
        push(list, NID_basic_constraints, "CA:FALSE");
    if (wish == AUTHORITY_BROKEN) {
        push(list, NID_basic_constraints, "CA:FALSE");
        ASN1_OCTET_STRING_set(X509_EXTENSION_get_data(sk_X509_EXTENSION_value(list, 0)), (unsigned char *)"\xff", 1);
    }
    if (wish == MANY_NAMES) {
        char names[2000] = "DNS:n0.example";
        for (int i = 1; i < 100; i++)
            snprintf(names + strlen(names), sizeof names - strlen(names), ",DNS:n%d.example", i);
        push(list, NID_subject_alt_name, names);
    }
    CHECK(wish == PLAIN || X509_REQ_add_extensions(request, list) == 1, "wish %d", wish);
    sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
}

static char pem[3 * CSR_PEM_MAX];

/* Makes a request in `pem`; `pss` signs with RSASSA-PSS. Frees the key. */
static void make(EVP_PKEY *key, const EVP_MD *digest, bool pss, enum wish wish, const char *common_name,
                 int name_length)
{
    X509_REQ *request = X509_REQ_new();
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *signer = NULL;
    X509_NAME_add_entry_by_txt(X509_REQ_get_subject_name(request), "CN", MBSTRING_UTF8,
                               (const unsigned char *)common_name, name_length, -1, 0);
    add_wish(request, wish);
    CHECK(X509_REQ_set_pubkey(request, key) == 1 && EVP_DigestSignInit(context, &signer, digest, NULL, key) == 1,
          "set up");
    CHECK(!pss || EVP_PKEY_CTX_set_rsa_padding(signer, RSA_PKCS1_PSS_PADDING) == 1, "pss");
    CHECK(X509_REQ_sign_ctx(request, context) > 0, "sign");
    BIO *bio = BIO_new(BIO_s_mem());
    char *text;
    PEM_write_bio_X509_REQ(bio, request);
    long length = BIO_get_mem_data(bio, &text);
    CHECK(length > 0 && (size_t)length < sizeof pem, "%ld octets", length);
    memcpy(pem, text, (size_t)length);
    pem[length] = '\0';
    BIO_free(bio);
    EVP_MD_CTX_free(context);
    X509_REQ_free(request);
    EVP_PKEY_free(key);
}

static struct p256 *p256;

/* Reads what is in `text`, by both ways, looks at the whole contract, and that nothing of the input comes back in the
 * answer. */
static void expect(const char *what, const char *text, size_t length, enum status expected)
{
    static const struct public_key none;
    struct public_key public, quick;
    struct why why = {0}, quick_why = {0};
    memset(&public, '#', sizeof public);
    enum status status = csr_read(text, length, &public, &why);
    CHECK(csr_read_with(p256, text, length, &quick, &quick_why) == status &&
              strcmp(quick_why.message, why.message) == 0 && memcmp(&quick, &public, sizeof quick) == 0,
          "%s: the quick way says otherwise: %s", what, quick_why.message);
    CHECK(status == expected, "%s: %s, %s", what, status_code(status), why.message);
    CHECK(ERR_peek_error() == 0, "%s leaves an error for libssl", what);
    if (status == ST_OK) {
        CHECK(key_check_public(&public, &why) == ST_OK, "%s", what);
    } else {
        CHECK(strcmp(why.field, "/csr") == 0 && why.status == status, "%s: %s", what, why.field);
        CHECK(memcmp(&public, &none, sizeof none) == 0, "%s: a key in spite of the failure", what);
        CHECK(strstr(why.message, "evil") == NULL && strstr(why.message, "MI") == NULL, "%s: %s", what, why.message);
    }
}

static void corpus(void)
{
    const struct {
        const char *what;
        EVP_PKEY *key;
        const EVP_MD *digest;
        bool pss;
        enum wish wish;
        enum status status;
    } cases[] = {
        {"P-256", ec_key("P-256", "named_curve"), EVP_sha256(), false, PLAIN, ST_OK},
        {"P-384", ec_key("P-384", "named_curve"), EVP_sha384(), false, PLAIN, ST_OK},
        {"P-256, SHA-512", ec_key("P-256", "named_curve"), EVP_sha512(), false, PLAIN, ST_OK},
        {"Ed25519", EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), NULL, false, PLAIN, ST_OK},
        {"RSA-2048", rsa_key(2048, 65537), EVP_sha256(), false, PLAIN, ST_OK},
        {"RSA-2048, PSS", rsa_key(2048, 65537), EVP_sha256(), true, PLAIN, ST_OK},
        {"100 names", ec_key("P-256", "named_curve"), EVP_sha256(), false, MANY_NAMES, ST_OK},
        {"CA:FALSE", ec_key("P-256", "named_curve"), EVP_sha256(), false, AUTHORITY_FALSE, ST_OK},
        {"CA:TRUE", ec_key("P-256", "named_curve"), EVP_sha256(), false, AUTHORITY, ST_CSR_INVALID},
        {"CA:TRUE and CA:FALSE", ec_key("P-256", "named_curve"), EVP_sha256(), false, AUTHORITY_TWICE, ST_CSR_INVALID},
        {"unreadable CA", ec_key("P-256", "named_curve"), EVP_sha256(), false, AUTHORITY_BROKEN, ST_CSR_INVALID},
        {"SHA-1", ec_key("P-256", "named_curve"), EVP_sha1(), false, PLAIN, ST_CSR_INVALID},
        {"SHA-1 with RSA", rsa_key(2048, 65537), EVP_sha1(), false, PLAIN, ST_CSR_INVALID},
        {"SHA-1 with PSS", rsa_key(2048, 65537), EVP_sha1(), true, PLAIN, ST_CSR_INVALID},
        {"MD5", rsa_key(2048, 65537), EVP_md5(), false, PLAIN, ST_CSR_INVALID},
        {"RSA-1024", rsa_key(1024, 65537), EVP_sha256(), false, PLAIN, ST_CSR_KEY_UNSUPPORTED},
        {"RSA-1024, SHA-1: the key comes first", rsa_key(1024, 65537), EVP_sha1(), false, PLAIN,
         ST_CSR_KEY_UNSUPPORTED},
        {"exponent 3", rsa_key(2048, 3), EVP_sha256(), false, PLAIN, ST_CSR_KEY_UNSUPPORTED},
        {"secp256k1", ec_key("secp256k1", "named_curve"), EVP_sha256(), false, PLAIN, ST_CSR_KEY_UNSUPPORTED},
        {"P-224", ec_key("P-224", "named_curve"), EVP_sha256(), false, PLAIN, ST_CSR_KEY_UNSUPPORTED},
        {"P-521", ec_key("P-521", "named_curve"), EVP_sha512(), false, PLAIN, ST_CSR_KEY_UNSUPPORTED},
        {"explicit P-256", ec_key("P-256", "explicit"), EVP_sha256(), false, PLAIN, ST_CSR_KEY_UNSUPPORTED},
        {"Ed448", EVP_PKEY_Q_keygen(NULL, NULL, "ED448"), NULL, false, PLAIN, ST_CSR_KEY_UNSUPPORTED},
        {"DSA", dsa_key(), EVP_sha256(), false, PLAIN, ST_CSR_KEY_UNSUPPORTED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        make(cases[i].key, cases[i].digest, cases[i].pss, cases[i].wish, "evil", -1);
        expect(cases[i].what, pem, strlen(pem), cases[i].status);
    }
    make(ec_key("P-256", "named_curve"), EVP_sha256(), false, PLAIN, "ev\0il", 5); /* the subject is ignored */
    expect("NUL in the CN", pem, strlen(pem), ST_OK);
    make(ec_key("P-256", "named_curve"), EVP_sha256(), false, PLAIN, "", -1);
    expect("no subject", pem, strlen(pem), ST_OK);
}

static void replace_all(char *out, size_t size, const char *from, const char *to)
{
    size_t n = 0;
    for (const char *at = pem; *at != '\0' && n + strlen(to) + 1 < size;) {
        bool hit = strncmp(at, from, strlen(from)) == 0;
        n += (size_t)snprintf(out + n, size - n, "%.*s", hit ? (int)strlen(to) : 1, hit ? to : at);
        at += hit ? strlen(from) : 1;
    }
    out[n] = '\0';
}

/* The text around and inside a good request. */
static void framing(void)
{
    static const struct {
        const char *what, *from, *to; /* replaced everywhere in the request */
        const char *before, *after;
        enum status status;
    } cases[] = {
        {"as it is", "\n", "\n", "", "", ST_OK},
        {"CRLF", "\n", "\r\n", "", "", ST_OK},
        {"one line", "\n", "", "", "", ST_OK},
        {"older label", " CERTIFICATE", " NEW CERTIFICATE", "", "", ST_OK},
        {"white space around", "\n", "\n", " \r\n\t", "\n\n \t\r\n", ST_OK},
        {"text before", "\n", "\n", "hello\n", "", ST_CSR_INVALID},
        {"text behind", "\n", "\n", "", "evil", ST_CSR_INVALID},
        {"one letter behind", "\n", "\n", "", "x", ST_CSR_INVALID},
        {"vertical tab behind", "\n", "\n", "", "\v", ST_CSR_INVALID},
        {"byte order mark", "\n", "\n", "\xef\xbb\xbf", "", ST_CSR_INVALID},
        {"a second begin", "\n", "\n", "", "-----BEGIN CERTIFICATE REQUEST-----\n", ST_CSR_INVALID},
        {"other label", "CERTIFICATE REQUEST", "CERTIFICATE", "", "", ST_CSR_INVALID},
        {"private key's label", "CERTIFICATE REQUEST", "PRIVATE KEY", "", "", ST_CSR_INVALID},
        {"lower case", "BEGIN", "begin", "", "", ST_CSR_INVALID},
        {"labels differ", "END CERTIFICATE", "END NEW CERTIFICATE", "", "", ST_CSR_INVALID},
        {"no end", "-----END", "", "", "", ST_CSR_INVALID},
        {"PEM headers", "REQUEST-----\nM", "REQUEST-----\nProc-Type: 4,ENCRYPTED\n\nM", "", "", ST_CSR_INVALID},
        {"a letter that is not base64", "-----\nMI", "-----\nM!", "", "", ST_CSR_INVALID},
        {"URL-safe base64", "-----\nMI", "-----\nM_", "", "", ST_CSR_INVALID},
        {"padding inside", "-----\nMI", "-----\nM=", "", "", ST_CSR_INVALID},
        {"padding for an A", "CAQAw", "CAQ=w", "", "", ST_CSR_INVALID}, /* lax decoders take both for zero bits */
        {"a dash inside", "-----\nMI", "-----\nM-I", "", "", ST_CSR_INVALID},
        {"one letter more", "-----\nMI", "-----\nMII", "", "", ST_CSR_INVALID},
        {"DER behind DER", "\n-----END", "\nAAAA\n-----END", "", "", ST_CSR_INVALID},
    };
    /* Ed25519, as its signatures are all of one length. */
    make(EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), NULL, false, PLAIN, "evil22", -1);
    CHECK(strchr(pem, '=') == NULL, "base64 with padding: DER behind DER would not be good base64");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char changed[2048], whole[4096];
        replace_all(changed, sizeof changed, cases[i].from, cases[i].to);
        CHECK((strcmp(changed, pem) != 0) == (strcmp(cases[i].from, cases[i].to) != 0), "%s: not so", cases[i].what);
        snprintf(whole, sizeof whole, "%s%s%s", cases[i].before, changed, cases[i].after);
        expect(cases[i].what, whole, strlen(whole), cases[i].status);
    }
    static char twice[2 * sizeof pem];
    snprintf(twice, sizeof twice, "%s%s", pem, pem);
    expect("two blocks", twice, strlen(twice), ST_CSR_INVALID);
    expect("NUL behind", pem, strlen(pem) + 1, ST_CSR_INVALID);
    memset(twice, ' ', sizeof twice);
    memcpy(twice, pem, strlen(pem));
    expect("as long as it may be", twice, CSR_PEM_MAX, ST_OK);
    char *huge = calloc(1, 1 << 20);
    memset(huge, 'A', (1 << 20) - 1);
    expect("a megabyte", huge, 1 << 20, ST_CSR_INVALID);
    memset(huge, ' ', 1 << 20);
    memcpy(huge, pem, strlen(pem));
    expect("an octet too long", huge, CSR_PEM_MAX + 1, ST_CSR_INVALID);
    free(huge);
    expect("nothing", "", 0, ST_CSR_INVALID);
}

/* Every prefix, every octet turned into NUL, every bit of the DER flipped: never accepted, never a crash. */
static void tampered(void)
{
    make(ec_key("P-256", "named_curve"), EVP_sha256(), false, PLAIN, "evil", -1);
    size_t length = strlen(pem), accepted = 0, other = 0;
    struct public_key public;
    struct why why;
    for (size_t cut = 0; cut < length - 1; cut++)
        accepted += csr_read(pem, cut, &public, &why) == ST_OK;
    CHECK_INT(accepted, 0);
    for (size_t i = 0; i < length; i++) {
        char kept = pem[i];
        pem[i] = '\0';
        accepted += csr_read(pem, length, &public, &why) == ST_OK;
        pem[i] = kept;
    }
    CHECK_INT(accepted, 0);

    BIO *bio = BIO_new_mem_buf(pem, -1);
    unsigned char *der = NULL, body[2048];
    long der_length = 0;
    CHECK(PEM_bytes_read_bio(&der, &der_length, NULL, PEM_STRING_X509_REQ, bio, NULL, NULL) == 1, "read back");
    for (long bit = 0; bit < 8 * der_length; bit++) {
        der[bit / 8] ^= (unsigned char)(1 << bit % 8);
        EVP_EncodeBlock(body, der, (int)der_length);
        der[bit / 8] ^= (unsigned char)(1 << bit % 8);
        snprintf(pem, sizeof pem, "-----BEGIN CERTIFICATE REQUEST-----\n%s\n-----END CERTIFICATE REQUEST-----\n",
                 (char *)body);
        enum status status = csr_read(pem, strlen(pem), &public, &why);
        accepted += status == ST_OK;
        other += status != ST_CSR_INVALID && status != ST_CSR_KEY_UNSUPPORTED;
    }
    CHECK(accepted == 0 && other == 0, "%zu accepted, %zu other answers", accepted, other);
    OPENSSL_free(der);
    BIO_free(bio);
}

/* What csr_write makes, csr_read takes, and the key is the same. */
static void round_trip(void)
{
    for (int type = 0; type < KEY_TYPE_COUNT; type++) {
        struct key *key = key_new((enum key_type)type);
        struct public_key expected, got;
        struct why why = {0};
        char out[CSR_PEM_MAX], small[CSR_PEM_MAX];
        const char *name = key_type_name((enum key_type)type);
        CHECK(csr_write(key, "device-1", out, sizeof out), "%s", name);
        CHECK(csr_read(out, strlen(out), &got, &why) == ST_OK, "%s: %s", name, why.message);
        CHECK(key_public(key, &expected) && got.length == expected.length &&
                  memcmp(got.der, expected.der, got.length) == 0 &&
                  memcmp(got.fingerprint, expected.fingerprint, 32) == 0,
              "%s", name);
        memset(small, '#', sizeof small);
        size_t tight = strlen(out) - 16; /* ECDSA signatures differ in length by a few octets */
        CHECK(!csr_write(key, "device-1", small, tight) && small[0] == '\0' && small[tight] == '#', "%s: no room",
              name);
        CHECK(!csr_write(key, "", out, sizeof out), "%s: no name", name);
        key_free(key);
    }
}

int main(void)
{
    p256 = p256_new(NULL);
    CHECK(p256 != NULL, "p256_new");
    corpus();
    framing();
    tampered();
    round_trip();
    p256_free(p256);
    return check_done();
}
