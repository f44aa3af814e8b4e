#include "device-client/keep.h"

#include "certs/file.h"
#include "certs/key.h"
#include "device-client/pem.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char csr_begins[] = "-----BEGIN CERTIFICATE REQUEST-----";

/* request.pem is the private key, then the request. */
static bool make_pair(const struct kept *kept, char *pem, size_t size)
{
    struct key *key = key_new(KEY_EC_P256);
    bool good = key != NULL && key_write_pem(key, NULL, pem, KEY_PEM_MAX);
    size_t length = good ? strlen(pem) : 0;
    good = good && csr_write(key, kept->uuid, pem + length, size - length);
    key_free(key);
    return good;
}

enum muster_device_result keep_new_key(struct keep *keep, struct kept *kept, struct problem *problem)
{
    char pem[KEEP_REQUEST_MAX];
    enum muster_device_result result = MUSTER_DEVICE_OK;
    kept->csr[0] = '\0';
    if (!make_pair(kept, pem, sizeof pem)) {
        result = problem_set(problem, MUSTER_DEVICE_FAILED, NULL, "OpenSSL made no key pair");
    } else {
        int error = file_write(keep_path(keep, KEEP_REQUEST), pem, strlen(pem), 0600);
        if (error != 0)
            result = keep_cannot(keep, "write", KEEP_REQUEST, error, problem);
        else
            kept_copy(kept->csr, sizeof kept->csr, strstr(pem, csr_begins));
    }
    key_wipe(pem, sizeof pem);
    return result;
}

void keep_read_request(struct keep *keep, struct kept *kept)
{
    char pem[KEEP_REQUEST_MAX];
    size_t length = 0;
    kept->csr[0] = '\0';
    if (file_read(keep_path(keep, KEEP_REQUEST), pem, sizeof pem, &length) == 0) {
        struct key *key = key_read_pem(pem, length, NULL);
        const char *csr = strstr(pem, csr_begins);
        if (key != NULL && csr != NULL)
            kept_copy(kept->csr, sizeof kept->csr, csr);
        key_free(key);
    }
    key_wipe(pem, sizeof pem);
}

bool keep_fits(const char *certificate_pem, const char *key_pem)
{
    unsigned char der[LIMIT_STRING];
    struct pem_parts parts;
    struct public_key public_key;
    bool whole = pem_certificate(certificate_pem, der, sizeof der, &parts, NULL) > 0;
    struct key *key = whole ? key_read_pem(key_pem, strlen(key_pem), NULL) : NULL;
    bool good = key != NULL && key_public(key, &public_key) && parts.public_key.length == public_key.length &&
                memcmp(parts.public_key.at, public_key.der, public_key.length) == 0;
    key_free(key);
    return good;
}

bool keep_has_identity(struct keep *keep)
{
    char pem[KEEP_AUTHORITIES_MAX];
    size_t length = 0;
    bool good = file_read(keep_path(keep, KEEP_IDENTITY), pem, sizeof pem, &length) == 0 && keep_fits(pem, pem) &&
                file_read(keep_path(keep, KEEP_AUTHORITIES), pem, sizeof pem, &length) == 0 && pem_is_bundle(pem);
    key_wipe(pem, sizeof pem);
    return good;
}

/* The CSR follows it there. */
int keep_read_key(struct keep *keep, char *pem, size_t size)
{
    size_t length = 0;
    int error = file_read(keep_path(keep, KEEP_REQUEST), pem, size, &length);
    char *csr = error == 0 ? strstr(pem, csr_begins) : NULL;
    if (csr != NULL)
        *csr = '\0';
    return error;
}

/* The certificate first, and the private key behind it. */
int keep_write_identity(struct keep *keep, const char *name, const char *certificate_pem, const char *key_pem)
{
    char identity[KEEP_IDENTITY_MAX];
    int error = EFBIG;
    if ((size_t)snprintf(identity, sizeof identity, "%s\n%s", certificate_pem, key_pem) < sizeof identity)
        error = file_write(keep_path(keep, name), identity, strlen(identity), 0600);
    key_wipe(identity, sizeof identity);
    return error;
}

enum muster_device_result keep_certificate(struct keep *keep, const char *certificate_pem, const char *ca_pem,
                                           struct problem *problem)
{
    char key_pem[KEEP_REQUEST_MAX];
    int error = keep_read_key(keep, key_pem, sizeof key_pem);
    bool good = error == 0 && keep_fits(certificate_pem, key_pem) && pem_is_bundle(ca_pem) &&
                pem_knows_issuer(ca_pem, certificate_pem);
    if (good)
        error = file_write(keep_path(keep, KEEP_AUTHORITIES), ca_pem, strlen(ca_pem), 0600);
    if (good && error == 0)
        error = keep_write_identity(keep, KEEP_IDENTITY, certificate_pem, key_pem);
    key_wipe(key_pem, sizeof key_pem);
    if (error != 0)
        return keep_cannot(keep, "make", KEEP_IDENTITY, error, problem);
    if (good)
        return MUSTER_DEVICE_OK;
    (void)file_erase(keep_path(keep, KEEP_REQUEST));
    return problem_set(
        problem, MUSTER_DEVICE_FAILED, "a new key pair is made and the request repeated",
        "the service's certificate does not fit the private key, or its CA bundle is damaged or another's");
}
