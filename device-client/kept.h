/*
 * Everything a device knows about itself that outlives its process, as plain data, and its JSON form. No I/O.
 */
#ifndef MUSTER_DEVICE_KEPT_H
#define MUSTER_DEVICE_KEPT_H

#include "certs/csr.h"
#include "topics/limits.h"
#include "topics/timestamp.h"

#include <stdbool.h>
#include <stddef.h>

#define KEPT_JSON_MAX         8192
#define KEPT_CERTIFICATE_ID   40
#define KEPT_REGISTER_MEMBERS 1024
#define KEPT_COUNT            8  /* a small number as text */
#define KEPT_FINGERPRINT      64 /* SHA-256 in hex */

/* Texts; "" when there is none. X(field, size, name in state.json). The commit points of the device's life are the
 * moments at which state.json is replaced. */
#define KEPT_LIST(X)                                                                                                   \
    X(name, LIMIT_DEVICE_NAME + 1, "deviceName")                                                                       \
    X(type, LIMIT_DEVICE_TYPE + 1, "deviceType")                                                                       \
    X(device_id, LIMIT_DEVICE_ID + 1, "deviceId")                                                                      \
    X(tenant, LIMIT_TENANT + 1, "tenant")                                                                              \
    X(api_key, LIMIT_CREDENTIAL + 1, "apiKey")                                                                         \
    X(certificate_id, KEPT_CERTIFICATE_ID + 1, "certificateId")                                                        \
    X(not_before, TIMESTAMP_SIZE, "notBefore")                                                                         \
    X(not_after, TIMESTAMP_SIZE, "notAfter")                                                                           \
    X(renew_after, TIMESTAMP_SIZE, "renewAfter")                                                                       \
    X(register_id, LIMIT_REQUEST_ID + 1, "registerRequestId")                                                          \
    X(register_members, KEPT_REGISTER_MEMBERS, "registerMembers")                                                      \
    X(provision_id, LIMIT_REQUEST_ID + 1, "provisionRequestId")                                                        \
    X(reset_id, LIMIT_REQUEST_ID + 1, "resetRequestId")                                                                \
    X(next_certificate_id, KEPT_CERTIFICATE_ID + 1, "nextCertificateId")                                               \
    X(next_not_before, TIMESTAMP_SIZE, "nextNotBefore")                                                                \
    X(next_not_after, TIMESTAMP_SIZE, "nextNotAfter")                                                                  \
    X(next_renew_after, TIMESTAMP_SIZE, "nextRenewAfter")                                                              \
    X(renew_id, LIMIT_REQUEST_ID + 1, "renewRequestId")                                                                \
    X(renew_not_before, TIMESTAMP_SIZE, "renewNotBefore")                                                              \
    X(rollbacks, KEPT_COUNT, "rollbacks")                                                                              \
    X(rotate_id, LIMIT_REQUEST_ID + 1, "rotateRequestId")                                                              \
    X(api_key_expires_at, TIMESTAMP_SIZE, "apiKeyExpiresAt")                                                           \
    X(rotate_after, TIMESTAMP_SIZE, "rotateAfter")                                                                     \
    X(server_time, TIMESTAMP_SIZE, "serverTime")

struct kept {
    /* register_id, provision_id, renew_id, rotate_id, reset_id: the request under way, repeated under the same id until
     * it is answered; provision_id and renew_id share the key pair, so one of them is "".
     * register_members: what stood in it, as JSON members, because a repeated request must not differ.
     * next_...: a renewed certificate that has not connected yet; the one in use stays until it has.
     * renew_not_before, rollbacks: new certificates were refused so often in a row, and none is asked for until then.
     * server_time: serverTime of an answer to `connect`, kept once a day.
     * api_key is secret; it is replaced when rotate_after has passed. */
#define KEPT_FIELD(field, size, wire) char field[size];
    KEPT_LIST(KEPT_FIELD)
#undef KEPT_FIELD
    /* In files of their own. */
    char uuid[LIMIT_UUID + 1];
    char provisioning_key[LIMIT_CREDENTIAL + 1]; /* secret */
    char csr[CSR_PEM_MAX];                       /* of the provision or renew request under way */
    char ca_fingerprint[KEPT_FINGERPRINT + 1];   /* of the CA bundle; "" when there is none */
    bool has_identity;                           /* certificate, its private key and the CA bundle can be used */
    bool has_next;                               /* the same of the next certificate */
};

/* Writes state.json's content. Returns its length, or 0 when it does not fit. The caller wipes `out` after use. */
size_t kept_write(const struct kept *kept, char *out, size_t size);

/* Reads it; fields that are missing become "". False, and nothing changed, when it is not such JSON or a text is too
 * long. */
bool kept_read(struct kept *kept, const char *text, size_t length);

/* Whether the device holds a certificate that it can use. */
bool kept_is_provisioned(const struct kept *kept);

/* Whether a renewed one that it can use waits for its first connection. */
bool kept_has_next(const struct kept *kept);

/* The next certificate is the one in use from now on. Or there is none. */
void kept_promote(struct kept *kept);
void kept_forget_next(struct kept *kept);

/* Forgets all that a reset makes void: everything but uuid, name, type. */
void kept_forget(struct kept *kept);

/* Forgets the certificate, the next one, and the request for one. */
void kept_forget_certificate(struct kept *kept);

/* Copies `text` into `out`; false, and "" in `out`, when it is NULL or does not fit. */
bool kept_copy(char *out, size_t size, const char *text);

#endif
