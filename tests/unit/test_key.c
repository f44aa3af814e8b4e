/* Key pairs: made, written, read back, and which public keys are accepted. */
#include "certs/key.h"

#include "tests/unit/check.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>
#include <stdlib.h>

static void names(void)
{
    for (int i = 0; i < KEY_TYPE_COUNT; i++) {
        enum key_type type = KEY_TYPE_COUNT;
        CHECK(key_type_from_name(key_type_name((enum key_type)i), &type) && type == (enum key_type)i, "type %d", i);
        CHECK(key_type_is_slow((enum key_type)i) == (strncmp(key_type_name((enum key_type)i), "rsa:", 4) == 0),
              "type %d", i);
    }
    static const char *const wrong[] = {"", "rsa", "rsa:1024", "RSA:2048", "rsa:2048 ", "ec:p-256", "ed25518"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        enum key_type type = KEY_TYPE_COUNT;
        CHECK(!key_type_from_name(wrong[i], &type) && type == KEY_TYPE_COUNT, "\"%s\"", wrong[i]);
    }
}

static bool same_public(const struct key *a, const struct key *b)
{
    struct public_key one, other;
    return a != NULL && b != NULL && key_public(a, &one) && key_public(b, &other) && one.length == other.length &&
           memcmp(one.der, other.der, one.length) == 0 && memcmp(one.fingerprint, other.fingerprint, 32) == 0;
}

/* Every type: made, accepted, written (plain and sealed), read back; the buffers that are a bit too small fail. */
static void round_trip(enum key_type type)
{
    static const char *const passphrases[] = {NULL, "correct horse", "\xc3\xa4\xc3\xb6"};
    const char *name = key_type_name(type);
    struct key *key = key_new(type);
    struct public_key public;
    struct why why = {0};
    CHECK(key != NULL && key_public(key, &public), "%s", name);
    CHECK(key_check_public(&public, &why) == ST_OK, "%s: %s", name, why.message);
    for (size_t i = 0; i < sizeof passphrases / sizeof *passphrases; i++) {
        char pem[KEY_PEM_MAX], small[KEY_PEM_MAX];
        CHECK(key_write_pem(key, passphrases[i], pem, sizeof pem), "%s, passphrase %zu", name, i);
        const char *label =
            passphrases[i] == NULL ? "-----BEGIN PRIVATE KEY-----\n" : "-----BEGIN ENCRYPTED PRIVATE KEY";
        CHECK(strncmp(pem, label, strlen(label)) == 0, "%s: %.40s", name, pem);
        struct key *back = key_read_pem(pem, strlen(pem), passphrases[i]);
        CHECK(same_public(key, back), "%s, passphrase %zu", name, i);
        key_free(back);
        memset(small, '#', sizeof small);
        CHECK(!key_write_pem(key, passphrases[i], small, strlen(pem)), "%s: no room for the NUL", name);
        CHECK(small[strlen(pem)] == '#', "%s: written behind the end", name);
        CHECK(memcmp(small, (char[16]){0}, 16) == 0, "%s: not wiped", name);
        if (passphrases[i] == NULL)
            CHECK(key_write_pem(key, NULL, small, strlen(pem) + 1) && strcmp(small, pem) == 0, "%s: fits", name);
    }
    key_free(key);
}

/* Never a prompt, never a key: what cannot be read gives NULL. */
static void refuses(void)
{
    char sealed[KEY_PEM_MAX], plain[KEY_PEM_MAX], changed[KEY_PEM_MAX], long_one[2000];
    struct key *key = key_new(KEY_EC_P256);
    CHECK(key_write_pem(key, "right", sealed, sizeof sealed) && key_write_pem(key, NULL, plain, sizeof plain), "write");
    memset(long_one, 'x', sizeof long_one - 1);
    long_one[sizeof long_one - 1] = '\0';
    memcpy(changed, plain, sizeof changed);
    memset(strchr(changed, '\n') + 10, 'A', 20);
    const struct {
        const char *what, *pem;
        size_t length;
        const char *passphrase;
    } cases[] = {
        {"no passphrase", sealed, strlen(sealed), NULL},
        {"empty passphrase", sealed, strlen(sealed), ""},
        {"wrong passphrase", sealed, strlen(sealed), "wrong"},
        {"longer passphrase", sealed, strlen(sealed), "right "},
        {"huge passphrase", sealed, strlen(sealed), long_one},
        {"nothing", "", 0, NULL},
        {"text", "hello", 5, NULL},
        {"cut", plain, strlen(plain) / 2, NULL},
        {"changed", changed, strlen(changed), NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct key *back = key_read_pem(cases[i].pem, cases[i].length, cases[i].passphrase);
        CHECK(back == NULL, "%s", cases[i].what);
        key_free(back);
        CHECK(ERR_peek_error() == 0, "%s leaves an error for libssl", cases[i].what);
    }
    struct key *back = key_read_pem(plain, strlen(plain), "not needed");
    CHECK(same_public(key, back), "a passphrase that is not needed");
    key_free(back);
    key_free(key);
    key_free(NULL);
}

static void take(EVP_PKEY *key, struct public_key *out)
{
    unsigned char *der = NULL;
    int length = key != NULL ? i2d_PUBKEY(key, &der) : 0;
    *out = (struct public_key){0};
    CHECK(length > 0 && (size_t)length <= sizeof out->der, "%d octets", length);
    if (length > 0 && (size_t)length <= sizeof out->der) {
        memcpy(out->der, der, (size_t)length);
        out->length = (size_t)length;
    }
    OPENSSL_free(der);
    EVP_PKEY_free(key);
}

/* An RSA public key of so many bits with this exponent; nobody needs to know its primes. */
static EVP_PKEY *rsa(int bits, const char *exponent_hex, bool even)
{
    BIGNUM *n = BN_new(), *e = NULL;
    BN_hex2bn(&e, exponent_hex);
    BN_rand(n, bits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ODD);
    if (even)
        BN_clear_bit(n, 0);
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n);
    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e);
    OSSL_PARAM *parameters = OSSL_PARAM_BLD_to_param(build);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    EVP_PKEY *key = NULL;
    CHECK(EVP_PKEY_fromdata_init(context) == 1 &&
              EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters) == 1,
          "%d bits, exponent %s", bits, exponent_hex);
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_free(parameters);
    OSSL_PARAM_BLD_free(build);
    BN_free(n);
    BN_free(e);
    return key;
}

static void rsa_keys(void)
{
    static const struct {
        int bits;
        const char *exponent;
        bool even, ok;
    } cases[] = {
        {2048, "10001", false, true},
        {3072, "10001", false, true},
        {4096, "10001", false, true},
        {2048, "FFFFFFFF", false, true},
        {2049, "10001", false, true},
        {2047, "10001", false, false},
        {1024, "10001", false, false},
        {512, "10001", false, false},
        {4097, "10001", false, false},
        {2048, "1", false, false},
        {2048, "3", false, false},
        {2048, "11", false, false},
        {2048, "FFFF", false, false},
        {2048, "10000", false, false},
        {2048, "10002", false, false},
        {2048, "100000001", false, false},
        {2048, "10001000000010001", false, false},
        {2048, "8000000000000000000000000000000000000000000000000000000000000001", false, false},
        {2048, "10001", true, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct public_key public;
        struct why why = {0};
        take(rsa(cases[i].bits, cases[i].exponent, cases[i].even), &public);
        CHECK(key_check_public(&public, &why) == (cases[i].ok ? ST_OK : ST_CSR_KEY_UNSUPPORTED), "%d bits, exponent %s",
              cases[i].bits, cases[i].exponent);
        CHECK(cases[i].ok || strcmp(why.field, "/csr") == 0, "field \"%s\"", why.field);
    }
}

static EVP_PKEY *ec(const char *group, const char *encoding, const char *form)
{
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", group);
    CHECK(key != NULL && EVP_PKEY_set_utf8_string_param(key, OSSL_PKEY_PARAM_EC_ENCODING, encoding) == 1 &&
              EVP_PKEY_set_utf8_string_param(key, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, form) == 1,
          "%s %s %s", group, encoding, form);
    return key;
}

static void curves(void)
{
    static const struct {
        const char *group, *encoding, *form;
        bool ok;
    } cases[] = {
        {"P-256", "named_curve", "uncompressed", true},      {"P-384", "named_curve", "uncompressed", true},
        {"P-224", "named_curve", "uncompressed", false},     {"P-521", "named_curve", "uncompressed", false},
        {"secp256k1", "named_curve", "uncompressed", false}, {"brainpoolP256r1", "named_curve", "uncompressed", false},
        {"P-256", "explicit", "uncompressed", false},        {"P-384", "explicit", "uncompressed", false},
        {"P-256", "named_curve", "compressed", false},       {"P-256", "named_curve", "hybrid", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct public_key public;
        struct why why = {0};
        take(ec(cases[i].group, cases[i].encoding, cases[i].form), &public);
        CHECK(key_check_public(&public, &why) == (cases[i].ok ? ST_OK : ST_CSR_KEY_UNSUPPORTED), "%s %s %s",
              cases[i].group, cases[i].encoding, cases[i].form);
    }
    static const char *const others[] = {"ED448", "X25519", "SM2"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        struct public_key public;
        struct why why;
        take(EVP_PKEY_Q_keygen(NULL, NULL, others[i]), &public);
        CHECK(key_check_public(&public, &why) == ST_CSR_KEY_UNSUPPORTED, "%s", others[i]);
    }
}

/* A good key, bent. */
static void bent(void)
{
    static const struct {
        const char *what;
        enum key_type type;
        int longer; /* octets more or less */
        size_t at;  /* octet to flip; 0: none */
    } cases[] = {
        {"point off the curve", KEY_EC_P256, 0, 90},
        {"point off the curve", KEY_EC_P384, 0, 119},
        {"a byte more", KEY_EC_P256, 1, 0},
        {"a byte less", KEY_EC_P256, -1, 0},
        {"a byte more", KEY_ED25519, 1, 0},
        {"other curve's name", KEY_EC_P256, 0, 22},
        {"not a SEQUENCE", KEY_EC_P256, 0, 1},
        {"unused bits", KEY_EC_P256, 0, 25},
        {"a byte more", KEY_RSA_2048, 1, 0},
        {"NULL parameters changed", KEY_RSA_2048, 0, 17},
        {"nothing", KEY_EC_P256, -91, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct public_key public;
        struct why why;
        struct key *key = key_new(cases[i].type);
        CHECK(key_public(key, &public), "%s", cases[i].what);
        public.length = (size_t)((int)public.length + cases[i].longer);
        if (cases[i].at != 0)
        public.der[cases[i].at] ^= 1;
        CHECK(key_check_public(&public, &why) == ST_CSR_KEY_UNSUPPORTED, "%s of %s", cases[i].what,
              key_type_name(cases[i].type));
        CHECK(ERR_peek_error() == 0, "%s leaves an error for libssl", cases[i].what);
        key_free(key);
    }
    struct public_key too_long = {.length = KEY_PUBLIC_MAX + 1};
    struct why why;
    CHECK(key_check_public(&too_long, &why) == ST_CSR_KEY_UNSUPPORTED, "longer than its buffer");
}

static void wipes(void)
{
    char secret[32];
    memset(secret, 's', sizeof secret);
    key_wipe(secret, sizeof secret - 1);
    CHECK(memcmp(secret, (char[31]){0}, 31) == 0 && secret[31] == 's', "exactly the length");
}

int main(void)
{
    names();
    for (int type = 0; type < KEY_TYPE_COUNT; type++)
        round_trip((enum key_type)type);
    refuses();
    rsa_keys();
    curves();
    bent();
    wipes();
    return check_done();
}
