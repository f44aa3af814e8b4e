/*
 * How a request can end: one table of wire code, sentence and mend. The wire, the command line tools and
 * docs/errors.md all read this table. Nothing here does I/O or takes memory.
 */
#ifndef MUSTER_TOPICS_STATUS_H
#define MUSTER_TOPICS_STATUS_H

/* X(enumerator, wire code, sentence, mend) */
#define STATUS_LIST(X)                                                                                                 \
    X(ST_EMPTY_PAYLOAD, "empty_payload", "The payload is empty, but this operation needs members.",                    \
      "Send a JSON object. mosquitto_rr -f sends an empty payload in mosquitto 2.0: use -m \"$(cat FILE)\".")          \
    X(ST_MALFORMED_JSON, "malformed_json", "The payload is not one strict JSON object in UTF-8.",                      \
      "Check it with a JSON linter: no trailing bytes, no control characters, no NUL, depth 16 at most.")              \
    X(ST_DUPLICATE_KEY, "duplicate_key", "An object has two members of the same name.", "Send each member once.")      \
    X(ST_TOO_LARGE, "too_large", "The payload or a part of it is too large.",                                          \
      "Stay within 16 KiB a payload, 64 members an object and 8 KiB a string.")                                        \
    X(ST_MISSING_FIELD, "missing_field", "A member that this operation needs is missing.",                             \
      "Add the member that `field` names.")                                                                            \
    X(ST_INVALID_FIELD, "invalid_field", "A member has a wrong type or value.",                                        \
      "Correct the member that `field` names; docs/protocol.md lists what it takes.")                                  \
    X(ST_UNKNOWN_OPERATION, "unknown_operation", "This operation does not exist.",                                     \
      "Check the last part of the topic; docs/protocol.md, sections 3 and 6, lists the operations.")                   \
    X(ST_NOT_AUTHORISED, "not_authorised", "This credential may not do that.",                                         \
      "Use a credential whose role allows it.")                                                                        \
    X(ST_INVALID_PROVISIONING_KEY, "invalid_provisioning_key", "The provisioning key is not valid.",                   \
      "Check the key, or make a new one: musterctl key create.")                                                       \
    X(ST_PROVISIONING_KEY_EXPIRED, "provisioning_key_expired", "The provisioning key has expired.",                    \
      "Make a new one: musterctl key create --expires 1h.")                                                            \
    X(ST_PROVISIONING_KEY_EXHAUSTED, "provisioning_key_exhausted", "The provisioning key has no uses left.",           \
      "Make a new one: musterctl key create --uses N.")                                                                \
    X(ST_PROVISIONING_KEY_DISABLED, "provisioning_key_disabled", "The provisioning key is disabled.",                  \
      "Make a new one: musterctl key create.")                                                                         \
    X(ST_NOT_ON_ALLOW_LIST, "not_on_allow_list", "This uuid is not on the key's allow-list.",                          \
      "Ask the operator to add the uuid.")                                                                             \
    X(ST_DEVICE_TYPE_NOT_ALLOWED, "device_type_not_allowed", "The key does not admit this device type.",               \
      "Send a deviceType that the key admits: musterctl key list.")                                                    \
    X(ST_PENDING_APPROVAL, "pending_approval", "The device waits for an operator's approval.",                         \
      "Repeat the same request later; the operator approves the device.")                                              \
    X(ST_DEVICE_EXISTS, "device_exists", "A device of this uuid is registered already.",                               \
      "Go on with the device's own API key or certificate, or let an operator reset it.")                              \
    X(ST_DEVICE_NOT_FOUND, "device_not_found", "There is no device of this uuid.",                                     \
      "Register it first, with a provisioning key (in open mode the member provisioningKey; note that "                \
      "mosquitto_rr -f sends an empty payload in mosquitto 2.0).")                                                     \
    X(ST_DEVICE_BLOCKED, "device_blocked", "The device is blocked.",                                                   \
      "Ask the operator to unblock it: musterctl device unblock UUID.")                                                \
    X(ST_INVALID_STATE, "invalid_state", "The device is in a state that does not allow this.",                         \
      "Look at `state` in the device's record; docs/protocol.md, section 1, lists the states.")                        \
    X(ST_CSR_INVALID, "csr_invalid", "The certificate signing request cannot be used.",                                \
      "Make one with: openssl req -new -key device.key -subj /CN=device.")                                             \
    X(ST_CSR_KEY_UNSUPPORTED, "csr_key_unsupported", "This kind or size of public key is not accepted.",               \
      "Use EC P-256 or P-384, Ed25519, or RSA of 2048 to 4096 bits.")                                                  \
    X(ST_CSR_KEY_REUSED, "csr_key_reused", "Another device has a certificate for this public key.",                    \
      "Make a key pair of the device's own; never copy one to a second device.")                                       \
    X(ST_CERTIFICATE_NOT_FOUND, "certificate_not_found", "There is no such certificate.",                              \
      "Check the certificateId: musterctl certificate list.")                                                          \
    X(ST_CERTIFICATE_REVOKED, "certificate_revoked", "The certificate is revoked.", "Provision the device again.")     \
    X(ST_CERTIFICATE_EXPIRED, "certificate_expired", "The certificate has expired.", "Provision the device again.")    \
    X(ST_ISSUER_EXPIRED, "issuer_expired", "The issuing CA has ended, or ends within a day: it signs nothing more.",   \
      "Repeat the same request later; the operator makes the next issuing CA: musterctl ca rotate.")                   \
    X(ST_IDEMPOTENCY_CONFLICT, "idempotency_conflict", "This requestId was used for another request.",                 \
      "Use a new requestId for each new request; repeat a request unchanged.")                                         \
    X(ST_RATE_LIMITED, "rate_limited", "Too many requests.", "Repeat the same request after retryAfterMs.")            \
    X(ST_QUOTA_EXCEEDED, "quota_exceeded", "A quota is used up.", "Ask the operator to raise it.")                     \
    X(ST_STORAGE_UNAVAILABLE, "storage_unavailable", "The service cannot store anything at the moment.",               \
      "Repeat the same request later; the operator frees disk space.")                                                 \
    X(ST_INTERNAL, "internal", "The service failed.", "Repeat the same request later; the service's log has the cause.")

enum status {
    ST_OK = 0,
#define STATUS_ENUM(name, code, sentence, mend) name,
    STATUS_LIST(STATUS_ENUM)
#undef STATUS_ENUM
        ST_SILENT, /* there is no answer: the message is ignored, with a line in the log */
    ST_PARKED,     /* the answer comes later: the request waits for a key or for its intent to be durable */
    ST_COUNT
};

/* Why a request failed; filled by fail(). `field` is a JSON pointer (RFC 6901) or empty. Never holds a secret. */
struct why {
    enum status status;
    char message[400]; /* for the wire; empty: the table's sentence */
    char mend[240];    /* for the wire; empty: the table's mend */
    char field[80];
    long retry_after_ms; /* 0: not told */
    char detail[200];    /* for the log only */
};

/* The wire code of a status; "ok" for ST_OK, "internal" for what has none. Static text; safe from any thread. */
const char *status_code(enum status status);

/* The sentence and the mend of the table. Static text; safe from any thread. */
const char *status_message(enum status status);
const char *status_mend(enum status status);

/* The status of a wire code, or ST_INTERNAL when there is none. */
enum status status_from_code(const char *code);

/* Writes down why a request fails and returns `status`, so that a failure is one line: `return fail(...)`.
 * `field` may be NULL; `format` is the sentence for the wire, NULL takes the table's. Too long texts are cut. */
enum status fail(struct why *why, enum status status, const char *field, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Adds to `why` what only the log may say; returns the status that `why` has. */
enum status fail_detail(struct why *why, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
