#include "certs/crl_parse.h"

#include "certs/extensions.h"

#include <string.h>

#define EXTENSIONS  0xa0 /* TBSCertList [0] */
#define KEY_ID      0x80 /* AuthorityKeyIdentifier [0] */
#define VERSION_2   1
#define NO_NUMBER   (-1)
#define OID_CE(arc) "\x55\x1d" arc /* id-ce (4.2.1) */
#define TRUE_OCTET  0xff           /* a BOOLEAN in DER */

/* Takes one element of a SEQUENCE's kind and gives it whole, with identifier and length. */
static bool take_whole(struct der_reader *rest, struct der_reader *out)
{
    struct der_reader content;
    out->at = rest->at;
    bool ok = der_enter(rest, DER_SEQUENCE, &content);
    out->end = rest->at;
    return ok;
}

static bool equals(struct der_reader a, const void *octets, size_t length)
{
    return (size_t)(a.end - a.at) == length && memcmp(a.at, octets, length) == 0;
}

/* One Extension (4.1). Whoever does not know a critical one must not use the list (5.2, 5.3). */
static bool enter_extension(struct der_reader *extensions, struct der_reader *object, bool *critical,
                            struct der_reader *value)
{
    struct der_reader extension, truth;
    if (!der_enter(extensions, DER_SEQUENCE, &extension) || !der_enter(&extension, DER_OBJECT, object))
        return false;
    *critical = der_enter(&extension, DER_BOOLEAN, &truth);
    if (*critical && (truth.end - truth.at != 1 || *truth.at != TRUE_OCTET)) /* FALSE, the default, is not written */
        return false;
    return der_enter(&extension, DER_OCTET_STRING, value) && extension.at == extension.end;
}

/* CRLReason (5.3.1): an ENUMERATED of one octet. */
static bool take_reason(struct der_reader value, int64_t *reason)
{
    struct der_reader octets;
    if (!der_enter(&value, DER_ENUMERATED, &octets) || octets.end - octets.at != 1 || value.at != value.end)
        return false;
    *reason = *octets.at;
    return true;
}

/* A reason and when the key may have been lost (5.3.2) take nothing from an entry; a certificate issuer (5.3.3), which
 * is critical, says that the entry is another authority's. */
static bool take_entry_extensions(struct der_reader *entry, int64_t *reason)
{
    struct der_reader extensions, object, value;
    bool critical = false;
    if (!der_enter(entry, DER_SEQUENCE, &extensions) || entry->at != entry->end)
        return false;
    while (extensions.at < extensions.end) {
        if (!enter_extension(&extensions, &object, &critical, &value))
            return false;
        if (equals(object, OID_CE("\x15"), 3) ? !take_reason(value, reason)
                                              : critical && !equals(object, OID_CE("\x18"), 3))
            return false;
    }
    return true;
}

bool crl_parse_entry(struct der_reader *entries, struct crl_entry *out)
{
    struct der_reader entry;
    int64_t at;
    out->reason = CRL_UNSPECIFIED;
    return der_enter(entries, DER_SEQUENCE, &entry) && der_enter(&entry, DER_INTEGER, &out->serial) &&
           out->serial.at < out->serial.end && der_take_time(&entry, &at) &&
           (entry.at == entry.end || take_entry_extensions(&entry, &out->reason));
}

/* revokedCertificates must be absent when there are none (5.1.2.6). */
static bool count_entries(struct der_reader *body, struct crl_parts *out)
{
    struct crl_entry entry;
    out->entries = (struct der_reader){body->at, body->at};
    if (!der_is_next(body, DER_SEQUENCE))
        return true;
    if (!der_enter(body, DER_SEQUENCE, &out->entries) || out->entries.at == out->entries.end)
        return false;
    for (struct der_reader rest = out->entries; rest.at < rest.end; out->info.count++)
        if (!crl_parse_entry(&rest, &entry))
            return false;
    return true;
}

/* Only a key identifier counts; an issuer and serial in its place are for others (4.2.1.1). */
static bool take_authority(struct der_reader value, char issuer[CA_ISSUER_ID + 1])
{
    struct der_reader authority, identifier;
    if (!der_enter(&value, DER_SEQUENCE, &authority) || value.at != value.end)
        return false;
    if (der_enter(&authority, KEY_ID, &identifier) && identifier.end - identifier.at == KEY_IDENTIFIER)
        ca_issuer_id_write(identifier.at, issuer);
    return true;
}

/* A number of up to 20 octets is allowed (5.2.3); one of more than 63 bits is none of ours. */
static bool take_number(struct der_reader value, int64_t *number)
{
    struct der_reader octets, rest = value;
    if (!der_take_number(&value, number))
        *number = NO_NUMBER;
    return der_enter(&rest, DER_INTEGER, &octets) && rest.at == rest.end;
}

static bool take_extension(struct der_reader *extensions, struct crl_info *info)
{
    struct der_reader object, value;
    bool critical = false;
    if (!enter_extension(extensions, &object, &critical, &value))
        return false;
    if (equals(object, OID_CE("\x23"), 3))
        return take_authority(value, info->issuer);
    return equals(object, OID_CE("\x14"), 3) ? take_number(value, &info->number) : !critical;
}

static bool take_extensions(struct der_reader *body, struct crl_info *info)
{
    struct der_reader tagged, extensions;
    if (body->at == body->end)
        return true;
    if (!der_enter(body, EXTENSIONS, &tagged) || !der_enter(&tagged, DER_SEQUENCE, &extensions) ||
        tagged.at != tagged.end)
        return false;
    while (extensions.at < extensions.end)
        if (!take_extension(&extensions, info))
            return false;
    return body->at == body->end;
}

static bool take_body(struct der_reader body, struct crl_parts *out)
{
    int64_t version = 0;
    struct der_reader inner;
    return der_take_number(&body, &version) && version == VERSION_2 && take_whole(&body, &inner) &&
           equals(inner, out->algorithm.at, (size_t)(out->algorithm.end - out->algorithm.at)) &&
           take_whole(&body, &out->issuer) && der_take_time(&body, &out->info.this_update) &&
           der_take_time(&body, &out->info.next_update) && count_entries(&body, out) &&
           take_extensions(&body, &out->info);
}

bool crl_parse(const unsigned char *der, size_t length, struct crl_parts *out)
{
    struct der_reader all = {der, der + length}, list, body, rest;
    *out = (struct crl_parts){.info.number = NO_NUMBER};
    if (!der_enter(&all, DER_SEQUENCE, &list) || all.at != all.end || !take_whole(&list, &out->body) ||
        !take_whole(&list, &out->algorithm) || !der_enter(&list, DER_BIT_STRING, &out->signature) ||
        list.at != list.end || out->signature.at == out->signature.end || *out->signature.at++ != 0)
        return false;
    rest = out->body;
    return der_enter(&rest, DER_SEQUENCE, &body) && take_body(body, out);
}

bool crl_is_signed(const struct crl_parts *parts, EVP_PKEY *key)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool ok = context != NULL && EVP_DigestVerifyInit_ex(context, NULL, "SHA256", NULL, NULL, key, NULL) == 1 &&
              EVP_DigestVerify(context, parts->signature.at, (size_t)(parts->signature.end - parts->signature.at),
                               parts->body.at, (size_t)(parts->body.end - parts->body.at)) == 1;
    EVP_MD_CTX_free(context);
    return ok;
}
