/* A renewed certificate beside the one in use, and the CA bundle: what is replaced while the device lives. */
#include "device-client/keep.h"

#include "certs/digest.h"
#include "certs/file.h"
#include "certs/key.h"
#include "device-client/pem.h"

#include <limits.h>
#include <string.h>

static bool read_pem(struct keep *keep, const char *name, char *out, size_t size)
{
    size_t length = 0;
    return file_read(keep_path(keep, name), out, size, &length) == 0;
}

/* Whether `bundle` can stand beside device.pem; without a usable device.pem any can. */
static bool knows_device(struct keep *keep, const char *bundle)
{
    char pem[KEEP_IDENTITY_MAX];
    bool good =
        !read_pem(keep, KEEP_IDENTITY, pem, sizeof pem) || !keep_fits(pem, pem) || pem_knows_issuer(bundle, pem);
    key_wipe(pem, sizeof pem);
    return good;
}

enum muster_device_result keep_next(struct keep *keep, const char *certificate_pem, const char *ca_pem,
                                    struct problem *problem)
{
    char key_pem[KEEP_REQUEST_MAX];
    int error = keep_read_key(keep, key_pem, sizeof key_pem);
    bool good = error == 0 && keep_fits(certificate_pem, key_pem) && pem_is_bundle(ca_pem) &&
                pem_knows_issuer(ca_pem, certificate_pem);
    if (good)
        error = keep_write_identity(keep, KEEP_NEXT, certificate_pem, key_pem);
    key_wipe(key_pem, sizeof key_pem);
    if (good && error == 0 && knows_device(keep, ca_pem))
        error = file_write(keep_path(keep, KEEP_AUTHORITIES), ca_pem, strlen(ca_pem), 0600);
    if (error != 0)
        return keep_cannot(keep, "make", KEEP_NEXT, error, problem);
    return good ? MUSTER_DEVICE_OK
                : problem_set(problem, MUSTER_DEVICE_FAILED, "the old certificate stays; the renewal is tried again",
                              "the renewed certificate does not fit its private key, or the service's CA bundle is "
                              "damaged or another's");
}

enum muster_device_result keep_promote(struct keep *keep, struct problem *problem)
{
    char next[PATH_MAX];
    kept_copy(next, sizeof next, keep_path(keep, KEEP_NEXT));
    int error = file_replace(next, keep_path(keep, KEEP_IDENTITY));
    return error == 0 ? MUSTER_DEVICE_OK : keep_cannot(keep, "replace", KEEP_IDENTITY, error, problem);
}

enum muster_device_result keep_authorities(struct keep *keep, const char *ca_pem, struct kept *kept,
                                           struct problem *problem)
{
    if (!pem_is_bundle(ca_pem) || !knows_device(keep, ca_pem))
        return problem_set(problem, MUSTER_DEVICE_FAILED, "the old one stays; see which authorities the service has",
                           "the service's new CA bundle is damaged or does not know the device's certificate");
    int error = file_write(keep_path(keep, KEEP_AUTHORITIES), ca_pem, strlen(ca_pem), 0600);
    keep_read_authorities(keep, kept);
    return error == 0 ? MUSTER_DEVICE_OK : keep_cannot(keep, "write", KEEP_AUTHORITIES, error, problem);
}

/* Whether the file holds the certificate of that serial number, and its key. */
static bool holds(struct keep *keep, const char *name, const char *certificate_id)
{
    char pem[KEEP_IDENTITY_MAX];
    bool good = certificate_id[0] != '\0' && read_pem(keep, name, pem, sizeof pem) && keep_fits(pem, pem) &&
                pem_has_serial(pem, certificate_id);
    key_wipe(pem, sizeof pem);
    return good;
}

static bool has_authorities(struct keep *keep)
{
    char pem[KEEP_AUTHORITIES_MAX];
    return read_pem(keep, KEEP_AUTHORITIES, pem, sizeof pem) && pem_is_bundle(pem);
}

void keep_settle_next(struct keep *keep, struct kept *kept)
{
    struct problem ignored = {0};
    if (holds(keep, KEEP_NEXT, kept->next_certificate_id)) {
        kept->has_next = has_authorities(keep);
        return;
    }
    /* killed between the two steps of a promotion; else it is lost, or its state was never saved */
    if (holds(keep, KEEP_IDENTITY, kept->next_certificate_id))
        kept_promote(kept);
    kept_forget_next(kept);
    if (!keep_is_read_only(keep))
        (void)keep_erase_next(keep, &ignored);
}

void keep_read_authorities(struct keep *keep, struct kept *kept)
{
    char pem[KEEP_AUTHORITIES_MAX];
    kept->ca_fingerprint[0] = '\0';
    if (read_pem(keep, KEEP_AUTHORITIES, pem, sizeof pem))
        (void)digest_sha256_hex(pem, strlen(pem), kept->ca_fingerprint);
}
