#include "certs/csr_quick.h"

#include "certs/internal.h"

#include <openssl/x509.h>
#include <string.h>

/* What is still to be read. */
struct rest {
    const unsigned char *at, *end;
};

/* Takes `octets` when they come next. */
static bool take(struct rest *rest, const void *octets, size_t length)
{
    if ((size_t)(rest->end - rest->at) < length || memcmp(rest->at, octets, length) != 0)
        return false;
    rest->at += length;
    return true;
}

/* Takes one element of definite length; `content` is what is in it. */
static bool enter(struct rest *rest, int wanted, int form, struct rest *content)
{
    long length;
    int tag, class;
    const unsigned char *at = rest->at;
    if (at == rest->end || ASN1_get_object(&at, &length, &tag, &class, rest->end - at) != form || tag != wanted ||
        class != V_ASN1_UNIVERSAL)
        return false;
    *content = (struct rest){at, at + length};
    rest->at = at + length;
    return true;
}

static bool is_ascii(const struct rest *text)
{
    for (const unsigned char *at = text->at; at != text->end; at++)
        if (*at < ' ' || *at > '~')
            return false;
    return true;
}

/* RDNs of one attribute each, of X.520 and in ASCII: what needs no look by OpenSSL, which takes ten times as long. */
static bool is_plain_name(struct rest names)
{
    static const unsigned char x520[] = {0x06, 0x03, 0x55, 0x04};
    struct rest set, attribute, text;
    while (names.at != names.end) {
        if (!enter(&names, V_ASN1_SET, V_ASN1_CONSTRUCTED, &set) ||
            !enter(&set, V_ASN1_SEQUENCE, V_ASN1_CONSTRUCTED, &attribute) || set.at != set.end ||
            !take(&attribute, x520, sizeof x520) || attribute.at == attribute.end || *attribute.at++ > 0x7f)
            return false;
        if ((!enter(&attribute, V_ASN1_UTF8STRING, 0, &text) && !enter(&attribute, V_ASN1_PRINTABLESTRING, 0, &text)) ||
            attribute.at != attribute.end || !is_ascii(&text))
            return false;
    }
    return true;
}

/* The subject counts for nothing, but what is no Name makes it no request. */
static bool skip_name(struct rest *rest)
{
    struct rest names;
    const unsigned char *begin = rest->at;
    if (enter(rest, V_ASN1_SEQUENCE, V_ASN1_CONSTRUCTED, &names) && is_plain_name(names))
        return true;
    rest->at = begin;
    X509_NAME *name = d2i_X509_NAME(NULL, &rest->at, rest->end - rest->at);
    X509_NAME_free(name);
    return name != NULL;
}

/* CertificationRequestInfo (RFC 2986, 4.1). With attributes it could ask for CA:TRUE: csr.c looks into them. */
static bool read_info(struct rest info, struct rest *key)
{
    static const unsigned char version[] = {0x02, 0x01, 0x00}, no_attributes[] = {0xa0, 0x00};
    if (!take(&info, version, sizeof version) || !skip_name(&info))
        return false;
    if (info.end - info.at < P256_PUBLIC)
        return false;
    *key = (struct rest){info.at, info.at + P256_PUBLIC};
    info.at = key->end;
    return take(&info, no_attributes, sizeof no_attributes) && info.at == info.end;
}

/* signatureAlgorithm and signature; the first octet of a BIT STRING counts its unused bits (X.690, 8.6.2). */
static bool read_signature(struct rest *request, struct rest *signature)
{
    static const unsigned char algorithm[] = {0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02};
    return take(request, algorithm, sizeof algorithm) && enter(request, V_ASN1_BIT_STRING, 0, signature) &&
           take(signature, "\0", 1) && request->at == request->end;
}

bool csr_quick(struct p256 *p256, const unsigned char *der, size_t length, struct public_key *out)
{
    struct rest whole = {der, der + length}, request, info, key, signature;
    unsigned char digest[P256_DIGEST];
    if (!enter(&whole, V_ASN1_SEQUENCE, V_ASN1_CONSTRUCTED, &request) || whole.at != whole.end)
        return false;
    const unsigned char *begin = request.at;
    if (!enter(&request, V_ASN1_SEQUENCE, V_ASN1_CONSTRUCTED, &info) || !read_info(info, &key) ||
        !p256_load(p256, key.at, P256_PUBLIC))
        return false;
    size_t signed_octets = (size_t)(info.end - begin);
    if (!read_signature(&request, &signature) || !p256_hash(p256, begin, signed_octets, digest) ||
        !p256_verify(p256, digest, signature.at, (size_t)(signature.end - signature.at)))
        return false;
    memcpy(out->der, key.at, P256_PUBLIC);
    out->length = P256_PUBLIC;
    return p256_hash(p256, out->der, P256_PUBLIC, out->fingerprint);
}
