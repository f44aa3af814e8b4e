/*
 * Every operation and every member of a request, as two lists. Who may ask for what, and what may stand in the payload,
 * is read here and nowhere else: decoder, route, schemas and documents follow these lists.
 */
#ifndef MUSTER_TOPICS_OPERATION_H
#define MUSTER_TOPICS_OPERATION_H

#include "topics/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* X(bit, name on the wire, kind, field of struct message, least, most)
 * least and most bound octets for text and values for integers. */
#define MEMBER_LIST(X)                                                                                                 \
    X(REQUEST_ID, "requestId", KIND_REQUEST_ID, request_id, 1, LIMIT_REQUEST_ID)                                       \
    X(PROVISIONING_KEY, "provisioningKey", KIND_TEXT, provisioning_key, 0, LIMIT_CREDENTIAL)                           \
    X(OPERATOR_KEY, "operatorKey", KIND_TEXT, operator_key, 0, LIMIT_CREDENTIAL)                                       \
    X(DEVICE_NAME, "deviceName", KIND_TEXT, device_name, 0, LIMIT_DEVICE_NAME)                                         \
    X(DEVICE_TYPE, "deviceType", KIND_TEXT, device_type, 0, LIMIT_DEVICE_TYPE)                                         \
    X(API_ENDPOINT, "apiEndpoint", KIND_TEXT, api_endpoint, 0, LIMIT_ENDPOINT)                                         \
    X(HARDWARE, "hardware", KIND_FLAT_OBJECT, hardware, 0, LIMIT_FLAT_OBJECT)                                          \
    X(TAGS, "tags", KIND_FLAT_OBJECT, tags, 0, LIMIT_FLAT_OBJECT)                                                      \
    X(CSR, "csr", KIND_LINES, csr, 1, LIMIT_STRING)                                                                    \
    X(KEY_TYPE, "keyType", KIND_TEXT, key_type, 1, LIMIT_KEY_TYPE)                                                     \
    X(SESSION, "session", KIND_TEXT, session, 1, LIMIT_SESSION)                                                        \
    X(FIRMWARE, "firmware", KIND_TEXT, firmware, 0, LIMIT_SHORT_TEXT)                                                  \
    X(ADDRESS, "address", KIND_TEXT, address, 0, LIMIT_SHORT_TEXT)                                                     \
    X(METRICS, "metrics", KIND_METRICS, metrics, 0, LIMIT_FLAT_OBJECT)                                                 \
    X(UUID, "uuid", KIND_UUID, uuid, 1, LIMIT_UUID)                                                                    \
    X(TENANT, "tenant", KIND_TENANT, tenant, 1, LIMIT_TENANT)                                                          \
    X(KEY_ID, "keyId", KIND_TEXT, key_id, 1, LIMIT_KEY_ID)                                                             \
    X(USES, "uses", KIND_INTEGER, uses, 1, LIMIT_KEY_USES)                                                             \
    X(EXPIRES_IN, "expiresInSeconds", KIND_INTEGER, expires_in, 1, LIMIT_KEY_LIFETIME)                                 \
    X(DEVICE_TYPES, "deviceTypes", KIND_TEXT_ARRAY, device_types, 0, LIMIT_TYPE_LIST)                                  \
    X(REPLACE, "replace", KIND_TEXT, replace, 1, LIMIT_KEY_TYPE)                                                       \
    X(OFFLINE_AFTER, "offlineAfterSeconds", KIND_INTEGER, offline_after, LIMIT_OFFLINE_MIN, LIMIT_OFFLINE_MAX)         \
    X(LIMIT, "limit", KIND_INTEGER, limit, 1, LIMIT_PAGE_ITEMS)                                                        \
    X(CURSOR, "cursor", KIND_TEXT, cursor, 1, LIMIT_CURSOR)                                                            \
    X(AFTER, "after", KIND_INTEGER, after, 0, INT64_C(9007199254740992))                                               \
    X(CERTIFICATE_ID, "certificateId", KIND_TEXT, certificate_id, 1, LIMIT_CERTIFICATE_ID)                             \
    X(REASON, "reason", KIND_TEXT, reason, 0, LIMIT_SHORT_TEXT)                                                        \
    X(CERTIFICATE_PEM, "certificatePem", KIND_LINES, certificate_pem, 1, LIMIT_STRING)                                 \
    X(CA_FINGERPRINT, "caFingerprint", KIND_TEXT, ca_fingerprint, 64, 64)                                              \
    X(ISSUER_ID, "issuerId", KIND_TEXT, issuer_id, 1, LIMIT_CERTIFICATE_ID)                                            \
    X(LINEAGE, "lineage", KIND_BOOL, lineage, 0, 1)                                                                    \
    X(NUMBER, "number", KIND_INTEGER, number, 0, INT64_C(9007199254740992))                                            \
    X(CLOSED, "closed", KIND_INTEGER, closed, 0, INT64_C(9007199254740992))                                            \
    X(OPEN, "open", KIND_INTEGER, open, 0, INT64_C(9007199254740992))

enum member {
#define MEMBER_ENUM(name, wire, kind, field, least, most) MEMBER_##name,
    MEMBER_LIST(MEMBER_ENUM)
#undef MEMBER_ENUM
        MEMBER_COUNT
};

#define M(name) (UINT64_C(1) << MEMBER_##name)

/* Members that every request may carry. */
#define MEMBERS_ALWAYS     M(REQUEST_ID)
#define MEMBERS_CREDENTIAL (M(PROVISIONING_KEY) | M(OPERATOR_KEY)) /* in open mode */

#define MEMBERS_REGISTER (M(DEVICE_NAME) | M(DEVICE_TYPE) | M(API_ENDPOINT) | M(HARDWARE) | M(TAGS))

/* Who may ask; the roles of operators include the ones before them. */
#define MAY_PROVISION 1u /* a provisioning key */
#define MAY_DEVICE    2u /* the device's own credential */
#define MAY_VIEWER    4u
#define MAY_OPERATOR  8u
#define MAY_ADMIN     16u
#define MAY_GATE      32u /* the broker's gate, which says what it sees */

#define MAY_WATCH  (MAY_VIEWER | MAY_OPERATOR | MAY_ADMIN)
#define MAY_MANAGE (MAY_OPERATOR | MAY_ADMIN)

/* What an operation does. */
#define OP_CHANGES 1u /* is remembered under its requestId */
#define OP_MUTE    2u /* has no answer, whatever happens */
#define OP_SIGN    4u /* is a sign of life of its device (docs/protocol.md, section 4) */

/* X(enumerator, noun, verb, who may, flags, members it takes, members it needs)
 * The operations of devices have the noun "device" in this list and only their verb in the topic. */
#define DEVICE_OPERATION_LIST(X)                                                                                       \
    X(OP_REGISTER, "register", MAY_PROVISION | MAY_DEVICE, OP_CHANGES, MEMBERS_REGISTER, 0)                            \
    X(OP_PROVISION, "provision", MAY_PROVISION | MAY_DEVICE, OP_CHANGES, MEMBERS_REGISTER | M(CSR) | M(KEY_TYPE), 0)   \
    X(OP_CONNECT, "connect", MAY_DEVICE, OP_CHANGES, M(SESSION) | M(FIRMWARE) | M(ADDRESS) | M(CA_FINGERPRINT),        \
      M(SESSION))                                                                                                      \
    X(OP_HEARTBEAT, "heartbeat", MAY_DEVICE, OP_MUTE, M(SESSION) | M(METRICS), 0)                                      \
    X(OP_DISCONNECT, "disconnect", MAY_DEVICE, OP_MUTE, M(SESSION), 0)                                                 \
    X(OP_WILL, "will", MAY_DEVICE, OP_MUTE, M(SESSION), 0)                                                             \
    X(OP_GET, "get", MAY_DEVICE, OP_SIGN, 0, 0)                                                                        \
    X(OP_UPDATE, "update", MAY_DEVICE, OP_CHANGES | OP_SIGN, M(DEVICE_NAME) | M(API_ENDPOINT) | M(TAGS), 0)            \
    X(OP_RENEW, "renew", MAY_DEVICE, OP_CHANGES | OP_SIGN, M(CSR) | M(KEY_TYPE), 0)                                    \
    X(OP_ROTATE, "rotate", MAY_DEVICE, OP_CHANGES | OP_SIGN, 0, 0)                                                     \
    X(OP_RESET, "reset", MAY_DEVICE, OP_CHANGES, 0, 0)

#define ADMIN_OPERATION_LIST(X)                                                                                        \
    X(OP_KEY_CREATE, "key", "create", MAY_MANAGE, OP_CHANGES,                                                          \
      M(TENANT) | M(USES) | M(EXPIRES_IN) | M(DEVICE_TYPES) | M(REPLACE), 0)                                           \
    X(OP_KEY_LIST, "key", "list", MAY_WATCH, 0, M(TENANT) | M(LIMIT) | M(CURSOR), 0)                                   \
    X(OP_KEY_SHOW, "key", "show", MAY_WATCH, 0, M(KEY_ID), M(KEY_ID))                                                  \
    X(OP_KEY_DISABLE, "key", "disable", MAY_MANAGE, OP_CHANGES, M(KEY_ID), M(KEY_ID))                                  \
    X(OP_DEVICE_CREATE, "device", "create", MAY_MANAGE, OP_CHANGES,                                                    \
      M(UUID) | M(TENANT) | MEMBERS_REGISTER | M(OFFLINE_AFTER), M(UUID))                                              \
    X(OP_DEVICE_LIST, "device", "list", MAY_WATCH, 0, M(TENANT) | M(LIMIT) | M(CURSOR), 0)                             \
    X(OP_DEVICE_SHOW, "device", "show", MAY_WATCH, 0, M(UUID), M(UUID))                                                \
    X(OP_DEVICE_EVENTS, "device", "events", MAY_WATCH, 0, M(UUID) | M(AFTER) | M(CURSOR) | M(LIMIT), M(UUID))          \
    X(OP_DEVICE_BLOCK, "device", "block", MAY_MANAGE, OP_CHANGES, M(UUID) | M(REASON), M(UUID))                        \
    X(OP_DEVICE_UNBLOCK, "device", "unblock", MAY_MANAGE, OP_CHANGES, M(UUID), M(UUID))                                \
    X(OP_DEVICE_RESET, "device", "reset", MAY_MANAGE, OP_CHANGES, M(UUID), M(UUID))                                    \
    X(OP_DEVICE_KICK, "device", "kick", MAY_MANAGE, OP_CHANGES, M(UUID), M(UUID))                                      \
    X(OP_DEVICE_DECOMMISSION, "device", "decommission", MAY_MANAGE, OP_CHANGES, M(UUID), M(UUID))                      \
    X(OP_CERTIFICATE_LIST, "certificate", "list", MAY_WATCH, 0,                                                        \
      M(UUID) | M(TENANT) | M(ISSUER_ID) | M(LIMIT) | M(CURSOR), 0)                                                    \
    X(OP_CERTIFICATE_SHOW, "certificate", "show", MAY_WATCH, 0, M(CERTIFICATE_ID), M(CERTIFICATE_ID))                  \
    X(OP_DEVICE_RELEASE, "device", "release", MAY_MANAGE, OP_CHANGES, M(UUID), M(UUID))                                \
    X(OP_CERTIFICATE_RENEW, "certificate", "renew", MAY_MANAGE, OP_CHANGES, M(UUID), M(UUID))                          \
    X(OP_CERTIFICATE_REVOKE, "certificate", "revoke", MAY_MANAGE, OP_CHANGES,                                          \
      M(CERTIFICATE_ID) | M(REASON) | M(LINEAGE), M(CERTIFICATE_ID))                                                   \
    X(OP_CERTIFICATE_VALIDATE, "certificate", "validate", MAY_WATCH, 0, M(CERTIFICATE_ID) | M(CERTIFICATE_PEM), 0)     \
    X(OP_CA_SHOW, "ca", "show", MAY_WATCH, 0, 0, 0)                                                                    \
    X(OP_CA_CRL, "ca", "crl", MAY_WATCH, 0, M(CURSOR), 0)                                                              \
    X(OP_CA_ROTATE, "ca", "rotate", MAY_ADMIN, OP_CHANGES, M(CERTIFICATE_PEM), 0)                                      \
    X(OP_CA_DROP, "ca", "drop", MAY_ADMIN, OP_CHANGES, M(ISSUER_ID), M(ISSUER_ID))                                     \
    X(OP_STATS_OVERVIEW, "stats", "overview", MAY_WATCH, 0, M(TENANT), 0)

/* What the gate tells: topics of their own, not to be asked for by a request. */
#define GATE_OPERATION_LIST(X)                                                                                         \
    X(OP_CONNECTED, "connected", MAY_GATE, OP_MUTE, 0, 0)                                                              \
    X(OP_DISCONNECTED, "disconnected", MAY_GATE, OP_MUTE, 0, 0)                                                        \
    X(OP_REFUSED, "refused", MAY_GATE, OP_MUTE, M(REASON), 0)                                                          \
    X(OP_CHECKED, "checked", MAY_GATE, OP_MUTE, M(UUID) | M(CLOSED) | M(OPEN), M(UUID))                                \
    X(OP_RELOADED, "reloaded", MAY_GATE, OP_MUTE, M(NUMBER), M(NUMBER))

enum operation {
    OP_UNKNOWN, /* takes the members of every request, so that its rejection can name the requestId */
#define DEVICE_OPERATION_ENUM(name, verb, may, flags, members, needs) name,
    DEVICE_OPERATION_LIST(DEVICE_OPERATION_ENUM)
#undef DEVICE_OPERATION_ENUM
#define ADMIN_OPERATION_ENUM(name, noun, verb, may, flags, members, needs) name,
        ADMIN_OPERATION_LIST(ADMIN_OPERATION_ENUM)
#undef ADMIN_OPERATION_ENUM
#define GATE_OPERATION_ENUM(name, verb, may, flags, members, needs) name,
            GATE_OPERATION_LIST(GATE_OPERATION_ENUM)
#undef GATE_OPERATION_ENUM
                OP_COUNT
};

struct operation_row {
    const char *noun; /* NULL: an operation of devices, or what the gate tells */
    const char *verb;
    unsigned may, flags;
    uint64_t members, needs;
};

/* The row of an operation; static. */
const struct operation_row *operation_row(enum operation operation);

/* The operation of a request's words (noun NULL for devices), or OP_UNKNOWN. The words are `length` octets. */
enum operation operation_find(const char *noun, size_t noun_length, const char *verb, size_t verb_length);

#endif
