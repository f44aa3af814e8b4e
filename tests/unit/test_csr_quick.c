/* The quick way of reading a request against the general one: the same verdict, the same words and the same key for
 * everything, above all for what is nearly right. */
#include "certs/csr_quick.h"

#include "certs/csr.h"
#include "certs/der.h"
#include "certs/internal.h"
#include "tests/unit/check.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdlib.h>

#define DER_MAX 2048 /* a request of RSA-4096 has 1,200 */

static struct p256 *p256;
static struct key *key;
static struct public_key public;
static uint64_t state = 88172645463325252U; /* xorshift: the same mutations in each run */

static size_t draw(size_t below)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (size_t)(state % below);
}

struct der {
    unsigned char octets[DER_MAX];
    size_t length;
};

static struct der from_pem(const char *pem)
{
    struct der der = {.length = 0};
    unsigned char *octets = NULL;
    long length = 0;
    BIO *bio = BIO_new_mem_buf(pem, -1);
    CHECK(PEM_bytes_read_bio(&octets, &length, NULL, PEM_STRING_X509_REQ, bio, NULL, NULL) == 1 && length < DER_MAX,
          "%s", pem);
    memcpy(der.octets, octets, (size_t)length);
    der.length = (size_t)length;
    OPENSSL_free(octets);
    BIO_free(bio);
    return der;
}

static struct der request_of(const struct key *of, const char *common_name)
{
    char pem[CSR_PEM_MAX];
    CHECK(csr_write(of, common_name, pem, sizeof pem), "%s", common_name);
    return from_pem(pem);
}

/* Both ways; what the quick one made of it is returned. */
static enum status both(const struct der *der, const char *what)
{
    char pem[3 * DER_MAX], body[2 * DER_MAX];
    struct public_key general, quick;
    struct why why = {0}, quick_why = {0};
    EVP_EncodeBlock((unsigned char *)body, der->octets, (int)der->length);
    snprintf(pem, sizeof pem, "-----BEGIN CERTIFICATE REQUEST-----\n%s\n-----END CERTIFICATE REQUEST-----\n", body);
    memset(&general, '#', sizeof general);
    memset(&quick, '*', sizeof quick);
    enum status expected = csr_read(pem, strlen(pem), &general, &why);
    enum status status = csr_read_with(p256, pem, strlen(pem), &quick, &quick_why);
    CHECK(status == expected && strcmp(why.message, quick_why.message) == 0 && strcmp(why.field, quick_why.field) == 0,
          "%s: %s, not %s, for\n%s", what, status_code(status), status_code(expected), pem);
    CHECK(memcmp(&general, &quick, sizeof general) == 0, "%s: another key for\n%s", what, pem);
    CHECK(ERR_peek_error() == 0, "%s leaves an error for libssl", what);
    return status;
}

/* One octet changed, dropped, doubled or put in, or one bit turned, among the first `limit` or the last two. */
static void mutate(struct der *der, size_t limit)
{
    size_t at = draw(limit + 2), kind = draw(8);
    at = at < limit ? at : der->length - 1 - (at - limit);
    unsigned char *octet = der->octets + at;
    if (kind == 0) {
        memmove(octet, octet + 1, --der->length - at);
    } else if (kind == 1) {
        memmove(octet + 1, octet, der->length++ - at);
    } else if (kind == 2) {
        memmove(octet + 1, octet, der->length++ - at);
        *octet = (unsigned char)draw(256);
    } else if (kind == 3) {
        *octet = (unsigned char)draw(256);
    } else if (kind == 4) {
        *octet = (unsigned char)(*octet + 1);
    } else {
        *octet ^= (unsigned char)(1U << draw(8));
    }
}

static void broken(void)
{
    struct der good = request_of(key, "sensor-17");
    size_t accepted = 0;
    CHECK_INT(both(&good, "good"), ST_OK);
    for (int i = 0; i < 1000; i++) {
        struct der der = good;
        for (size_t n = draw(3) + 1; n > 0; n--)
            mutate(&der, der.length - 2);
        accepted += both(&der, "broken") == ST_OK && memcmp(der.octets, good.octets, good.length) != 0;
    }
    CHECK_INT(accepted, 0);
}

/* The part that is signed, of a request. */
static struct der info_of(const struct der *request)
{
    struct der info = {.length = 0};
    long length;
    int tag, class;
    const unsigned char *at = request->octets;
    ASN1_get_object(&at, &length, &tag, &class, (long)request->length);
    const unsigned char *begin = at;
    ASN1_get_object(&at, &length, &tag, &class, (long)request->length);
    info.length = (size_t)(at + length - begin);
    memcpy(info.octets, begin, info.length);
    return info;
}

/* A request of these octets with a good signature over them. */
static struct der sign(const struct der *info, struct p256 *signer)
{
    static const unsigned char algorithm[] = {0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02};
    unsigned char digest[P256_DIGEST], signature[P256_SIGNATURE_MAX];
    struct der request;
    struct der_writer writer = der_start(request.octets, DER_MAX);
    const unsigned char *end = writer.at;
    CHECK(p256_hash(signer, info->octets, info->length, digest), "hash");
    der_put(&writer, signature, p256_sign(signer, digest, signature));
    der_put(&writer, "", 1);
    der_wrap(&writer, 0x03, end);
    der_put(&writer, algorithm, sizeof algorithm);
    der_put(&writer, info->octets, info->length);
    der_wrap(&writer, 0x30, end);
    CHECK(!writer.full, "too long");
    request.length = (size_t)(end - writer.at);
    memmove(request.octets, writer.at, request.length);
    return request;
}

/* Octets that the signature does not protect, as it is made over what they became: here only the decoders differ. */
static void signed_all_the_same(void)
{
    struct p256 *signer = p256_new(key_evp(key));
    struct der first = request_of(key, "sensor-17"), info = info_of(&first);
    /* Where the key changes no signature fits: its algorithm is the last that is worth a change. */
    size_t taken = 0, refused = 0, before_key = info.length - 2 - P256_POINT;
    CHECK(signer != NULL, "signer");
    for (int i = 0; i < 1500; i++) {
        struct der changed = info;
        for (size_t n = draw(2) + 1; n > 0; n--)
            mutate(&changed, before_key);
        struct der request = sign(&changed, signer);
        bool good = both(&request, "signed all the same") == ST_OK;
        taken += good;
        refused += !good;
    }
    CHECK(taken > 100 && refused > 500, "%zu taken, %zu refused: no test", taken, refused);
    p256_free(signer);
}

/* The quick way takes what it is for, and leaves the rest alone. */
static void what_it_takes(void)
{
    static const char *const names[] = {"s", "sensor", "a name with spaces", "\xc3\x84pfel",
                                        "a name of sixty-four letters, as many as a common name may have"};
    struct public_key out;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct der der = request_of(key, names[i]);
        CHECK(csr_quick(p256, der.octets, der.length, &out), "\"%s\" is left to the general way", names[i]);
        CHECK(out.length == public.length && memcmp(out.der, public.der, out.length) == 0 &&
                  memcmp(out.fingerprint, public.fingerprint, sizeof out.fingerprint) == 0,
              "another key");
        CHECK_INT(both(&der, names[i]), ST_OK);
        CHECK(!csr_quick(p256, der.octets, der.length - 1, &out) && !csr_quick(p256, der.octets, 0, &out), "cut");
    }
    ERR_clear_error();
}

/* Requests of other kinds are left alone; and only P-256 signs here. */
static void other_kinds(void)
{
    static const enum key_type types[] = {KEY_RSA_2048, KEY_EC_P256, KEY_EC_P384, KEY_ED25519};
    struct public_key out;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        const char *name = key_type_name(types[i]);
        struct key *other = key_new(types[i]);
        struct der der = request_of(other, "sensor");
        struct p256 *signer = p256_new(key_evp(other));
        CHECK((signer != NULL) == (types[i] == KEY_EC_P256), "%s signs", name);
        CHECK(csr_quick(p256, der.octets, der.length, &out) == (types[i] == KEY_EC_P256), "%s is read", name);
        CHECK_INT(both(&der, name), ST_OK);
        p256_free(signer);
        key_free(other);
    }
}

/* Points: on the curve or not taken, also where one coordinate is zero, too large, or the sign is turned. */
static void points(void)
{
    struct public_key other = public;
    unsigned char digest[P256_DIGEST] = {1}, signature[P256_SIGNATURE_MAX];
    struct p256 *signer = p256_new(key_evp(key)), *fresh = p256_new(NULL);
    size_t length = p256_sign(signer, digest, signature);
    CHECK(length > 0 && !p256_verify(fresh, digest, signature, length), "no key yet");
    CHECK(p256_load(fresh, public.der, public.length) && p256_verify(fresh, digest, signature, length), "its own key");
    for (int bit = 0; bit < 8 * P256_PUBLIC; bit++) {
        other.der[bit / 8] ^= (unsigned char)(1 << bit % 8);
        CHECK(!p256_load(fresh, other.der, other.length), "bit %d: off the curve", bit);
        CHECK(!p256_verify(fresh, digest, signature, length), "bit %d: no key was taken up", bit);
        other.der[bit / 8] ^= (unsigned char)(1 << bit % 8);
    }
    memset(other.der + P256_PUBLIC - 64, 0, 64);
    CHECK(!p256_load(fresh, other.der, other.length), "0, 0");
    memset(other.der + P256_PUBLIC - 64, 0xff, 64);
    CHECK(!p256_load(fresh, other.der, other.length), "beyond the field");
    CHECK(!p256_load(fresh, public.der, public.length - 1) && !p256_load(fresh, public.der, 0), "cut");
    CHECK(p256_load(fresh, public.der, public.length), "again");
    CHECK(!p256_verify(fresh, digest, signature, length - 1) && !p256_verify(fresh, digest, signature, 0), "cut");
    digest[31] ^= 1;
    CHECK(!p256_verify(fresh, digest, signature, length), "other digest");
    CHECK(p256_sign(fresh, digest, signature) == 0, "nothing to sign with");
    p256_free(signer);
    p256_free(fresh);
    p256_free(NULL);
    ERR_clear_error();
}

int main(void)
{
    p256 = p256_new(NULL);
    key = key_new(KEY_EC_P256);
    CHECK(p256 != NULL && key != NULL && key_public(key, &public), "set up");
    what_it_takes();
    points();
    other_kinds();
    broken();
    signed_all_the_same();
    key_free(key);
    p256_free(p256);
    return check_done();
}
