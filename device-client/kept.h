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
    X(reset_id, LIMIT_REQUEST_ID + 1, "resetRequestId")

struct kept {
    /* register_id, provision_id, reset_id: the request under way, repeated under the same id until it is answered.
     * register_members: what stood in it, as JSON members, because a repeated request must not differ.
     * api_key is secret. */
#define KEPT_FIELD(field, size, wire) char field[size];
    KEPT_LIST(KEPT_FIELD)
#undef KEPT_FIELD
    /* In files of their own. */
    char uuid[LIMIT_UUID + 1];
    char provisioning_key[LIMIT_CREDENTIAL + 1]; /* secret */
    char csr[CSR_PEM_MAX];                       /* of the provision request under way */
    bool has_identity;                           /* certificate, its private key and the CA bundle can be used */
};

/* Writes state.json's content. Returns its length, or 0 when it does not fit. The caller wipes `out` after use. */
size_t kept_write(const struct kept *kept, char *out, size_t size);

/* Reads it; fields that are missing become "". False, and nothing changed, when it is not such JSON or a text is too
 * long. */
bool kept_read(struct kept *kept, const char *text, size_t length);

/* Whether the device holds a certificate that it can use. */
bool kept_is_provisioned(const struct kept *kept);

/* Forgets all that a reset makes void: everything but uuid, name, type. */
void kept_forget(struct kept *kept);

/* Forgets the certificate and the request for one. */
void kept_forget_certificate(struct kept *kept);

/* Copies `text` into `out`; false, and "" in `out`, when it is NULL or does not fit. */
bool kept_copy(char *out, size_t size, const char *text);

#endif
