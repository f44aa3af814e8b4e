#include "certs/ca_local.h"
#include "certs/crl_parse.h"
#include "certs/pem.h"

#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

size_t crl_read(const char *pem, size_t length, struct crl_info out[], size_t most)
{
    const char *at = pem, *end = pem + length;
    unsigned char *der;
    size_t count = 0, octets;
    while (pem_next(CRL_LABEL, &at, end, &der, &octets)) {
        struct crl_parts parts;
        bool ok = crl_parse(der, octets, &parts);
        free(der);
        if (!ok)
            return 0;
        if (count < most)
            out[count] = parts.info;
        count++;
    }
    return at != NULL ? count : 0;
}

static bool names(struct der_reader entries, const unsigned char *serial)
{
    struct crl_entry found;
    while (crl_parse_entry(&entries, &found))
        if (found.serial.end - found.serial.at == PROFILE_SERIAL &&
            memcmp(found.serial.at, serial, PROFILE_SERIAL) == 0)
            return true;
    return false;
}

bool crl_lists(const char *pem, size_t length, const unsigned char serial[PROFILE_SERIAL])
{
    const char *at = pem, *end = pem + length;
    unsigned char *der;
    size_t octets;
    bool listed = false;
    while (!listed && pem_next(CRL_LABEL, &at, end, &der, &octets)) {
        struct crl_parts parts;
        listed = crl_parse(der, octets, &parts) && names(parts.entries, serial);
        free(der);
    }
    return listed;
}

static bool each_entry(const struct crl_parts *parts, crl_each_function *each, void *context)
{
    struct der_reader entries = parts->entries;
    struct crl_entry entry;
    while (crl_parse_entry(&entries, &entry))
        if (entry.serial.end - entry.serial.at == PROFILE_SERIAL &&
            !each(context, parts->info.issuer, entry.serial.at, crl_reason_name(entry.reason)))
            return false;
    return true;
}

bool crl_each(const struct ca *ca, const char *pem, size_t length, crl_each_function *each, void *context)
{
    const char *at = pem, *end = pem + length;
    unsigned char *der;
    size_t octets;
    bool going = true;
    while (going && pem_next(CRL_LABEL, &at, end, &der, &octets)) {
        struct crl_parts parts;
        const struct ca_member *member = NULL;
        if (crl_parse(der, octets, &parts))
            member = ca_members_find(&ca->members, parts.info.issuer);
        if (member != NULL && crl_is_signed(&parts, X509_get0_pubkey(member->certificate)))
            going = each_entry(&parts, each, context);
        free(der);
    }
    ERR_clear_error();
    return going;
}
