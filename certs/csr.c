#include "certs/csr.h"

#include "certs/csr_quick.h"
#include "certs/internal.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>

#define WHITE " \t\r\n"

/* RFC 7468, 7, and the older label that its appendix A lists. */
static const struct {
    const char *begin, *end;
} labels[] = {
    {"-----BEGIN CERTIFICATE REQUEST-----", "-----END CERTIFICATE REQUEST-----"},
    {"-----BEGIN NEW CERTIFICATE REQUEST-----", "-----END NEW CERTIFICATE REQUEST-----"},
};

static bool starts_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

/* The base64 between the one pair of lines in `text`; NULL unless there is nothing but white space around them. */
static const char *find_body(const char *text, size_t *length)
{
    text += strspn(text, WHITE);
    for (size_t i = 0; i < sizeof labels / sizeof *labels; i++) {
        if (!starts_with(text, labels[i].begin))
            continue;
        const char *body = text + strlen(labels[i].begin);
        *length = strcspn(body, "-");
        const char *end = body + *length;
        if (!starts_with(end, labels[i].end))
            return NULL;
        end += strlen(labels[i].end);
        return end[strspn(end, WHITE)] == '\0' ? body : NULL;
    }
    return NULL;
}

static bool is_white(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Strict base64 (RFC 4648, 3.3): white space between, padding at the end only. Octets written, 0 when it is not. */
static size_t decode(const char *body, size_t length, unsigned char out[CSR_PEM_MAX])
{
    unsigned char compact[CSR_PEM_MAX];
    size_t n = 0;
    for (size_t i = 0; i < length; i++)
        if (!is_white(body[i]))
            compact[n++] = (unsigned char)body[i];
    size_t padding = 0;
    while (padding < 2 && padding < n && compact[n - 1 - padding] == '=')
        padding++;
    if (n == 0 || n % 4 != 0 || memchr(compact, '=', n - padding) != NULL)
        return 0;
    int octets = EVP_DecodeBlock(out, compact, (int)n);
    return octets > 0 ? (size_t)octets - padding : 0;
}

/* The DER in `pem`; 0 octets when it is not one PEM block of a request. */
static size_t read_pem(const char *pem, size_t length, unsigned char der[CSR_PEM_MAX])
{
    char text[CSR_PEM_MAX + 1];
    size_t body_length = 0;
    if (length > CSR_PEM_MAX || memchr(pem, '\0', length) != NULL)
        return 0;
    memcpy(text, pem, length);
    text[length] = '\0';
    const char *body = find_body(text, &body_length);
    return body != NULL ? decode(body, body_length, der) : 0;
}

static X509_REQ *parse(const unsigned char *der, size_t length)
{
    const unsigned char *at = der;
    X509_REQ *request = length > 0 ? d2i_X509_REQ(NULL, &at, (long)length) : NULL;
    if (request != NULL && at != der + length) {
        X509_REQ_free(request);
        return NULL;
    }
    return request;
}

/* SubjectPublicKeyInfo as it stands in the request. */
static bool take_key(X509_REQ *request, struct public_key *out)
{
    X509_PUBKEY *info = X509_REQ_get_X509_PUBKEY(request);
    unsigned char *at = out->der;
    int length = i2d_X509_PUBKEY(info, NULL);
    if (length <= 0 || (size_t)length > sizeof out->der || i2d_X509_PUBKEY(info, &at) != length)
        return false;
    return key_public_finish(out, (size_t)length);
}

/* RSASSA-PSS says its digest in its parameters; without one it is SHA-1 (RFC 4055, 3.1). */
static int pss_digest(const X509_ALGOR *algorithm)
{
    int type, digest = NID_undef;
    const void *value;
    X509_ALGOR_get0(NULL, &type, &value, algorithm);
    RSA_PSS_PARAMS *parameters =
        type == V_ASN1_SEQUENCE ? ASN1_item_unpack(value, ASN1_ITEM_rptr(RSA_PSS_PARAMS)) : NULL;
    if (parameters != NULL && parameters->hashAlgorithm != NULL)
        digest = OBJ_obj2nid(parameters->hashAlgorithm->algorithm);
    RSA_PSS_PARAMS_free(parameters);
    return digest;
}

static bool digest_is_strong(const X509_REQ *request)
{
    static const int strong[] = {NID_sha256, NID_sha384, NID_sha512};
    const X509_ALGOR *algorithm;
    int digest = NID_undef, signature = X509_REQ_get_signature_nid(request);
    X509_REQ_get0_signature(request, NULL, &algorithm);
    if (signature == NID_ED25519) /* its digest is part of it (RFC 8032, 5.1) */
        return true;
    if (signature == NID_rsassaPss)
        digest = pss_digest(algorithm);
    else
        (void)OBJ_find_sigid_algs(signature, &digest, NULL);
    for (size_t i = 0; i < sizeof strong / sizeof *strong; i++)
        if (digest == strong[i])
            return true;
    return false;
}

/* Also true for basic constraints that cannot be read or stand there twice. */
static bool asks_for_authority(X509_REQ *request)
{
    STACK_OF(X509_EXTENSION) *extensions = X509_REQ_get_extensions(request);
    int found = -1;
    BASIC_CONSTRAINTS *basic = X509V3_get_d2i(extensions, NID_basic_constraints, &found, NULL);
    bool asks = basic != NULL ? basic->ca != 0 : found != -1;
    BASIC_CONSTRAINTS_free(basic);
    sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
    return asks;
}

static enum status check(X509_REQ *request, struct public_key *out, struct why *why)
{
    if (!take_key(request, out))
        return fail(why, ST_CSR_KEY_UNSUPPORTED, "/csr", NULL);
    EVP_PKEY *key = X509_REQ_get0_pubkey(request);
    enum status status = key_check_evp(key, out, why); /* first: the signature of a huge key is slow to check */
    if (status != ST_OK)
        return status;
    if (!digest_is_strong(request))
        return fail(why, ST_CSR_INVALID, "/csr", "The request is signed with a weak digest; use SHA-256.");
    if (X509_REQ_verify(request, key) != 1)
        return fail(why, ST_CSR_INVALID, "/csr", "The request's signature is not of its own key.");
    if (asks_for_authority(request))
        return fail(why, ST_CSR_INVALID, "/csr", "The request asks for CA:TRUE, which no device is given.");
    return ST_OK;
}

/* The general way: every kind of request, and every verdict but "it is good". */
static enum status read_any(const unsigned char *der, size_t length, struct public_key *out, struct why *why)
{
    X509_REQ *request = parse(der, length);
    enum status status = request != NULL
                             ? check(request, out, why)
                             : fail(why, ST_CSR_INVALID, "/csr", "The request is not one PEM block of PKCS#10.");
    if (status != ST_OK)
        *out = (struct public_key){0};
    X509_REQ_free(request);
    return status;
}

enum status csr_read_with(struct p256 *p256, const char *pem, size_t length, struct public_key *out, struct why *why)
{
    unsigned char der[CSR_PEM_MAX];
    size_t der_length = read_pem(pem, length, der);
    *out = (struct public_key){0};
    bool taken = p256 != NULL && der_length > 0 && csr_quick(p256, der, der_length, out);
    enum status status = taken ? ST_OK : read_any(der, der_length, out, why);
    ERR_clear_error(); /* libssl in the same thread would take what is left for its own */
    return status;
}

enum status csr_read(const char *pem, size_t length, struct public_key *out, struct why *why)
{
    return csr_read_with(NULL, pem, length, out, why);
}

static bool fill(X509_REQ *request, EVP_PKEY *key, const char *common_name)
{
    const EVP_MD *digest = EVP_PKEY_is_a(key, "ED25519") ? NULL : EVP_sha256();
    return X509_REQ_set_version(request, X509_REQ_VERSION_1) == 1 &&
           X509_NAME_add_entry_by_NID(X509_REQ_get_subject_name(request), NID_commonName, MBSTRING_UTF8,
                                      (const unsigned char *)common_name, -1, -1, 0) == 1 &&
           X509_REQ_set_pubkey(request, key) == 1 && X509_REQ_sign(request, key, digest) > 0;
}

bool csr_write(const struct key *key, const char *common_name, char *out, size_t size)
{
    X509_REQ *request = X509_REQ_new();
    BIO *bio = BIO_new(BIO_s_mem());
    char *text = NULL;
    bool ok = request != NULL && bio != NULL && fill(request, key_evp(key), common_name) &&
              PEM_write_bio_X509_REQ(bio, request) == 1;
    long length = ok ? BIO_get_mem_data(bio, &text) : 0;
    ok = length > 0 && (size_t)length < size;
    if (ok)
        memcpy(out, text, (size_t)length);
    if (size > 0)
        out[ok ? length : 0] = '\0';
    BIO_free(bio);
    X509_REQ_free(request);
    ERR_clear_error();
    return ok;
}
