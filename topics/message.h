/*
 * A request's payload: JSON in, plain struct out, by the member table of operation.h. What the struct holds has the
 * right type, size and characters; whether it makes sense is for the operation to say.
 */
#ifndef MUSTER_TOPICS_MESSAGE_H
#define MUSTER_TOPICS_MESSAGE_H

#include "topics/operation.h"
#include "topics/status.h"

/* Texts are NUL-terminated UTF-8 without control characters (csr: with line ends). Members that are absent are "" or 0;
 * `has` tells absent from empty. Objects are kept as compact JSON text. */
struct message {
    uint64_t has; /* M(...) of the members that are there */
    char request_id[LIMIT_REQUEST_ID + 1];
    char provisioning_key[LIMIT_CREDENTIAL + 1],
        operator_key[LIMIT_CREDENTIAL + 1]; /* secret: whoever owns it wipes it */
    char device_name[LIMIT_DEVICE_NAME + 1], device_type[LIMIT_DEVICE_TYPE + 1], api_endpoint[LIMIT_ENDPOINT + 1];
    char hardware[LIMIT_FLAT_OBJECT + 1], tags[LIMIT_FLAT_OBJECT + 1], metrics[LIMIT_FLAT_OBJECT + 1];
    char csr[LIMIT_STRING + 1], key_type[LIMIT_KEY_TYPE + 1];
    char session[LIMIT_SESSION + 1], firmware[LIMIT_SHORT_TEXT + 1], address[LIMIT_SHORT_TEXT + 1];
    char uuid[LIMIT_UUID + 1], tenant[LIMIT_TENANT + 1], key_id[LIMIT_KEY_ID + 1], cursor[LIMIT_CURSOR + 1];
    char device_types[LIMIT_TYPE_LIST + 1], replace[LIMIT_KEY_TYPE + 1];
    char certificate_id[LIMIT_CERTIFICATE_ID + 1], reason[LIMIT_SHORT_TEXT + 1];
    char certificate_pem[LIMIT_STRING + 1], ca_fingerprint[64 + 1], issuer_id[LIMIT_CERTIFICATE_ID + 1];
    long long uses, expires_in, offline_after, limit, after, number, closed, open;
    bool lineage;
};

/* Decodes a payload for `operation`. Unknown members are ignored, as are members that the operation does not take.
 * An empty payload counts as `{}`. Statuses: ST_OK; ST_EMPTY_PAYLOAD; those of json_scan; ST_MISSING_FIELD,
 * ST_INVALID_FIELD and ST_TOO_LARGE with `why->field`. When requestId is well-formed, `out->request_id` is set whatever
 * else fails, so that the rejection can echo it. */
enum status message_decode(enum operation operation, const char *payload, size_t length, struct message *out,
                           struct why *why);

/* The same behind the broker's gate: the members that are a credential are unknown ones there. */
enum status message_decode_stamped(enum operation operation, const char *payload, size_t length, struct message *out,
                                   struct why *why);

/* Merges `patch` into `tags` (both flat objects as text, "" counts as `{}`): null deletes a member. ST_OK, or
 * ST_TOO_LARGE with field /tags when the result has more than LIMIT_MEMBERS members or does not fit into `size`. */
enum status message_merge(const char *tags, const char *patch, char *out, size_t size, struct why *why);

/* Whether `list`, a JSON array of texts, holds `text`. An empty array holds everything; what is no JSON, nothing. */
bool message_list_holds(const char *list, const char *text);

#endif
