/*
 * What the service remembers, as nouns and verbs. A port: the operations call it and know nothing of SQL. One thread
 * owns a store; it is the only connection that writes (WAL, synchronous FULL).
 *
 * Every verb returns ST_OK or
 *   ST_DEVICE_NOT_FOUND, ST_CERTIFICATE_NOT_FOUND  where a look-up by name finds nothing (verbs say which),
 *   ST_STORAGE_UNAVAILABLE                         the disk is full or does not write,
 *   ST_INTERNAL                                    anything else; store_error() has the engine's words.
 * Rows are plain values of the caller. Times are milliseconds since 1970 unless the name says otherwise; 0 is "never".
 */
#ifndef MUSTER_STORE_STORE_H
#define MUSTER_STORE_STORE_H

#include "topics/limits.h"
#include "topics/stamp.h"
#include "topics/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HASH_SIZE      32
#define CERTIFICATE_ID 36
#define ISSUER_ID      40 /* lower-case hex digits of an authority's key id */
#define EVENT_ID       24
#define ROLE_MAX       8
#define SESSIONS_SIZE  16 /* what presence.h writes of a device's sessions */
#define SEALED_MAX     (8 * 1024)
#define AUDIT_TEXT     200
#define SCOPE_MAX      (STAMP_NAME + LIMIT_UUID + 4) /* who asked, for which uuid */

struct store;

/* --- opening, transactions ------------------------------------------------------------------------------------- */

/* Opens or makes the database, takes its lock file, migrates it. `path` may be ":memory:". NULL with a sentence and
 * the mend in `error`: not writable, damaged, newer than this program, or in use by another one. */
struct store *store_new(const char *path, char *error, size_t error_size);
void store_free(struct store *store);

/* A batch is one transaction; an event is a savepoint in it. store_event_begin opens the batch when none is open.
 * store_event_end keeps or undoes what the event wrote. store_commit makes the batch durable; when it fails, all of
 * the batch is undone, and ST_STORAGE_UNAVAILABLE (disk full) or ST_INTERNAL (an input/output error: nothing that was
 * written since the last commit can be trusted; the caller stops) is returned. With no batch open it does nothing. */
enum status store_event_begin(struct store *store);
enum status store_event_end(struct store *store, bool keep);
enum status store_commit(struct store *store);

/* store_event_end for what came to `status`: kept when that is ST_OK. Returns `status`, or why it could not be ended.
 */
enum status store_event_finish(struct store *store, enum status status);
bool store_is_dirty(const struct store *store); /* a batch is open */

/* The engine's words for the last failure; never holds values of a row. */
const char *store_error(const struct store *store);

/* --- devices --------------------------------------------------------------------------------------------------- */

/* X(enumerator, name on the wire) */
#define DEVICE_STATE_LIST(X)                                                                                           \
    X(DEVICE_UNREGISTERED, "unregistered")                                                                             \
    X(DEVICE_PENDING_APPROVAL, "pending_approval")                                                                     \
    X(DEVICE_REGISTERED, "registered")                                                                                 \
    X(DEVICE_PROVISIONED, "provisioned")                                                                               \
    X(DEVICE_BLOCKED, "blocked")                                                                                       \
    X(DEVICE_DECOMMISSIONED, "decommissioned")

enum device_state {
#define DEVICE_STATE_ENUM(name, wire) name,
    DEVICE_STATE_LIST(DEVICE_STATE_ENUM)
#undef DEVICE_STATE_ENUM
        DEVICE_STATE_COUNT
};

struct presence_row {
    bool online;
    int64_t since, last_seen;
    int64_t sequence; /* of the event that set it */
    unsigned char sessions[SESSIONS_SIZE];
    int64_t connection; /* of the broker, which sent the current session's connect; 0: not known */
};

struct device_row {
    int64_t id;
    char uuid[LIMIT_UUID + 1], device_id[LIMIT_DEVICE_ID + 1], tenant[LIMIT_TENANT + 1];
    char name[LIMIT_DEVICE_NAME + 1], type[LIMIT_DEVICE_TYPE + 1], api_endpoint[LIMIT_ENDPOINT + 1];
    char hardware[LIMIT_FLAT_OBJECT + 1], tags[LIMIT_FLAT_OBJECT + 1]; /* JSON objects or "" */
    enum device_state state;
    bool manual;           /* registered by an operator, and not completed by the device */
    bool credential_used;  /* since the last registration */
    int64_t offline_after; /* seconds; 0: the default of its type or of the service */
    int64_t created_at, updated_at, registered_at;
    struct presence_row presence;
    char certificate_id[CERTIFICATE_ID + 1];               /* the newest; "" when there is none */
    int64_t certificate_not_before, certificate_not_after; /* seconds since 1970 */
    char certificate_state[16];
};

enum status store_device_get(struct store *store, const char *uuid, struct device_row *out); /* ST_DEVICE_NOT_FOUND */

/* Of the device with this id: what an event of its status tells (id, device_id, tenant, presence); all else in `out`
 * stays as it is. The same errors. */
enum status store_device_brief(struct store *store, int64_t id, struct device_row *out);

/* Inserts a device (its id is stored in `row`) with its presence, or updates all but uuid, id and presence. */
enum status store_device_insert(struct store *store, struct device_row *row);
enum status store_device_update(struct store *store, const struct device_row *row);

/* Up to `count` devices with uuid > `after` in uuid order; `tenant` NULL means all. Stores how many were found. */
enum status store_device_list(struct store *store, const char *tenant, const char *after, struct device_row *out,
                              size_t count, size_t *found);

/* The device has used its credential: its registration is complete, and the sealed copy of its secret is forgotten. */
enum status store_device_credential_used(struct store *store, int64_t device);

struct device_counts {
    int64_t total, active, online, pending;
};

/* Counts the devices of one tenant: about a microsecond for each. */
enum status store_device_count(struct store *store, const char *tenant, struct device_counts *out);

/* How many of all wait for approval: the one number of those that takes no walk over all devices. */
enum status store_device_pending(struct store *store, int64_t *out);

/* What presence needs of one device at start; calls `each` for every device in order of id. A status that is not ST_OK
 * from `each` ends the walk and is returned. */
struct presence_seed {
    int64_t id;
    const char *uuid, *type;
    enum device_state state;
    int64_t offline_after;
    bool credential_used, online;
    unsigned char sessions[SESSIONS_SIZE];
    int64_t connection;
};
enum status store_presence_each(struct store *store, enum status (*each)(void *context, const struct presence_seed *),
                                void *context);
enum status store_presence_set(struct store *store, int64_t device, const struct presence_row *row);
enum status store_presence_seen(struct store *store, int64_t device, int64_t last_seen);

/* --- credentials ----------------------------------------------------------------------------------------------- */

struct key_row { /* a provisioning key */
    char id[LIMIT_KEY_ID + 1], tenant[LIMIT_TENANT + 1];
    unsigned char hash[HASH_SIZE];
    int64_t uses, used;
    int64_t expires_at, disabled_at, created_at;
    char device_types[LIMIT_TYPE_LIST + 1]; /* JSON array of texts; "" admits every type */
    bool replace;
};
bool store_key_find(struct store *store, const char *id, struct key_row *out, enum status *status);
enum status store_key_insert(struct store *store, const struct key_row *row);
enum status store_key_disable(struct store *store, const char *id, int64_t at);
enum status store_key_list(struct store *store, const char *tenant, const char *after, struct key_row *out,
                           size_t count, size_t *found);

/* Counts one use for `uuid`, once for ever per uuid and key. ST_PROVISIONING_KEY_EXHAUSTED when none is left. */
enum status store_key_use(struct store *store, const char *id, const char *uuid, int64_t at);

struct api_key_row {
    const char *id;
    const unsigned char *hash; /* HASH_SIZE octets */
    int64_t device, at;
    int64_t expires_at; /* 0: never */
};

/* Replaces the API keys of a device by this one; kills them all. */
enum status store_api_key_set(struct store *store, const struct api_key_row *row);

/* Adds this one as the next generation: what the device has holds until `old_until`, or its own end when that is
 * sooner; a next one that was never used is replaced, unless it is all that holds; what has ended is dropped. So a
 * device has two at most. */
enum status store_api_key_next(struct store *store, const struct api_key_row *row, int64_t old_until);

/* Whether an API key is one of `uuid` at `now`, and whether it is the next generation, which nobody has used yet. */
enum status store_api_key_holds(struct store *store, const char *id, const char *uuid, int64_t now, bool *holds,
                                bool *next);

/* The next generation was used: all others end. */
enum status store_api_key_promote(struct store *store, int64_t device, const char *id);

/* When the API key `id` of a device ends, or when it has none of this id its newest one; 0: it does not, or there is
 * none. */
enum status store_api_key_expiry(struct store *store, int64_t device, const char *id, int64_t *expires_at);

/* No API key that waits for the first use of the next one holds longer than until `until` (ms since 1970). */
enum status store_api_key_bound(struct store *store, int64_t until);
enum status store_api_key_drop(struct store *store, int64_t device);

/* --- hardware whose certificate was revoked -------------------------------------------------------------------- */

/* Notes a name (`kind` and `value`) of the hardware of `uuid`. */
enum status store_hold_add(struct store *store, const char *kind, const char *value, const char *uuid, int64_t at);

/* Whether hardware of this name is held that has enrolled with this provisioning key. */
enum status store_hold_find(struct store *store, const char *key, const char *kind, const char *value, bool *held);

/* Whether any is held at all. */
enum status store_hold_any(struct store *store, bool *any);

/* Whether the hardware of `uuid` is held. */
enum status store_hold_of(struct store *store, const char *uuid, bool *held);

/* Releases the hardware of `uuid`; stores whether it was held. */
enum status store_hold_release(struct store *store, const char *uuid, bool *released);

struct operator_row {
    char id[LIMIT_KEY_ID + 1], name[LIMIT_DEVICE_TYPE + 1], role[ROLE_MAX + 1];
    char tenant[LIMIT_TENANT + 1]; /* "": all tenants */
    unsigned char hash[HASH_SIZE];
    int64_t disabled_at, created_at;
};
bool store_operator_find(struct store *store, const char *id, struct operator_row *out, enum status *status);
enum status store_operator_insert(struct store *store, const struct operator_row *row);

bool store_tenant_exists(struct store *store, const char *tenant, enum status *status);

/* --- certificates ---------------------------------------------------------------------------------------------- */

/* What is about to be signed, durable before it is signed. */
struct intent_row {
    char certificate_id[CERTIFICATE_ID + 1];
    char uuid[LIMIT_UUID + 1], tenant[LIMIT_TENANT + 1];
    unsigned char public_key[HASH_SIZE];
    int64_t not_before, not_after; /* seconds since 1970 */
    int64_t at;
    int64_t issuer; /* of store_issuer: who will sign */
};
enum status store_intent_insert(struct store *store, const struct intent_row *row);
enum status store_intent_delete(struct store *store, const char *certificate_id);

/* Whether a certificate is being made for this uuid. */
enum status store_intent_of(struct store *store, const char *uuid, bool *has);

/* One intent becomes a revoked certificate of reason "never_issued". */
enum status store_intent_abandon(struct store *store, const char *certificate_id, int64_t at);

/* At start: every intent left over by a crash becomes a revoked certificate of reason "never_issued", and every
 * request that was never answered is forgotten. Stores how many intents there were. */
enum status store_intent_close_all(struct store *store, int64_t at, int64_t *closed);

struct certificate_row {
    char id[CERTIFICATE_ID + 1];
    int64_t device;
    char uuid[LIMIT_UUID + 1], tenant[LIMIT_TENANT + 1];
    unsigned char public_key[HASH_SIZE], fingerprint[HASH_SIZE];
    const char *pem;
    int64_t not_before, not_after; /* seconds since 1970 */
    int64_t at;
    int64_t issuer;   /* of store_issuer */
    int64_t replaces; /* row of the one that its device had, of whose lineage it is; 0: none */
    bool renewal;     /* that one goes on until this one is shown */
    int64_t due_at;   /* when to look at it again; 0: never */
};
enum status store_certificate_insert(struct store *store, const struct certificate_row *row); /* state pending */

/* The number of an issuing authority; one that is not known yet gets one. */
enum status store_issuer(struct store *store, const char *key_id, int64_t *issuer);

/* Whether an authority has ever issued here. */
enum status store_issuer_known(struct store *store, const char *key_id, bool *known);

/* How many certificates of this authority are not ended. */
enum status store_issuer_live(struct store *store, const char *key_id, int64_t *count);

/* A certificate as the store has it. */
struct certificate_entry {
    int64_t row;    /* grows; a list is in this order */
    int64_t device; /* 0: it was never given out */
    char id[CERTIFICATE_ID + 1], uuid[LIMIT_UUID + 1], tenant[LIMIT_TENANT + 1];
    unsigned char public_key[HASH_SIZE], fingerprint[HASH_SIZE];
    bool has_fingerprint;
    char state[16], reason[32];
    int64_t not_before, not_after; /* seconds since 1970 */
    int64_t created_at, activated_at, ended_at;
    int64_t told;               /* how many warnings of its end were told */
    bool renewal;               /* of the one that its device had, which went on */
    char issuer[ISSUER_ID + 1]; /* key id of the authority; of one that was never given out it says nothing */
};
enum status store_certificate_find(struct store *store, const char *id,
                                   struct certificate_entry *out); /* ST_CERTIFICATE_NOT_FOUND */

/* Its PEM; "" when it was never given out. */
enum status store_certificate_pem(struct store *store, int64_t row, char *out, size_t size);

/* Up to `count` certificates with row > `after`: of a device, or with `device` 0 of a tenant, or with that NULL all. */
enum status store_certificate_list(struct store *store, int64_t device, const char *tenant, int64_t after,
                                   struct certificate_entry *out, size_t count, size_t *found);

/* Up to `count` certificates with row > `after` that are not ended, of the authority `key_id`. */
enum status store_certificate_list_issuer(struct store *store, const char *key_id, int64_t after,
                                          struct certificate_entry *out, size_t count, size_t *found);

/* Up to `count` of this certificate and all that its device got by it, and so on, which end at `not_after` (seconds
 * since 1970) or later, but for those that are revoked already. */
enum status store_certificate_lineage(struct store *store, int64_t row, int64_t not_after,
                                      struct certificate_entry *out, size_t count, size_t *found);

/* Up to `count` of a device that are not ended, the newest first. */
enum status store_certificate_live(struct store *store, int64_t device, struct certificate_entry *out, size_t count,
                                   size_t *found);

/* Those that a clock which was ahead has ended, by the clock that says `now` (ms since 1970), are live again and due at
 * once, and so is what they made of their devices; `*any`: there were some. Not those of devices that were reset since,
 * or have got another one. */
enum status store_certificate_revive(struct store *store, int64_t now, bool *any);

/* It was shown for the first time: active. */
enum status store_certificate_activate(struct store *store, int64_t row, int64_t at, int64_t due_at);

/* Ends one, whatever its state: `state` is "revoked", "superseded" or "expired". */
enum status store_certificate_end(struct store *store, int64_t row, const char *state, const char *reason, int64_t at);

/* Ends all certificates of a device that are not ended, except the one in row `but` (0: none); stores whether there
 * were any. */
enum status store_certificate_end_all(struct store *store, int64_t device, int64_t but, const char *state,
                                      const char *reason, int64_t at, bool *ended);

/* A certificate that a revocation list names and the store does not know: revoked with the `reason`, until
 * `not_after` (seconds since 1970). */
enum status store_certificate_unknown(struct store *store, const char *id, const char *reason, int64_t issuer,
                                      int64_t not_after, int64_t at);

/* Of those that were never used, all but row `but` are superseded; stores whether there were any. */
enum status store_certificate_end_pending(struct store *store, int64_t device, int64_t but, int64_t at, bool *ended);

/* The certificate that was due first, at or before `now`; and when the next one is due, INT64_MAX: none. */
bool store_certificate_due(struct store *store, int64_t now, struct certificate_entry *out, enum status *status);
enum status store_certificate_due_next(struct store *store, int64_t *due_at);

/* What was told of its end, the state that goes with it, and when to look at it again (0: never). */
enum status store_certificate_told(struct store *store, int64_t row, const char *state, int64_t told, int64_t due_at);

/* Of the rows `first` to `last`, those that are watched are due at once: the rules have changed. `*end`: the last row
 * of all. */
enum status store_certificate_due_range(struct store *store, int64_t first, int64_t last, int64_t *end);

/* When the `nth` newest certificate (from 1) was made for this uuid, before a reset or after, given out or not; 0:
 * there are not so many. */
enum status store_certificate_nth(struct store *store, const char *uuid, int64_t nth, int64_t *created_at);

/* Calls `each` for all certificates of the authority `issuer` (its key id) in the database `path` that are revoked or
 * superseded and end at `not_after` (seconds since 1970) or later, in no order, as of the last commit; `ended_at` is in
 * ms. False when it cannot be read, or `each` says so. Opens a connection of its own: from any thread, beside a store.
 */
bool store_revoked_each(const char *path, const char *issuer, int64_t not_after,
                        bool (*each)(void *context, const char *id, int64_t ended_at, const char *reason),
                        void *context);

/* The number of store_issuer_live, in the same way. */
bool store_issuer_live_at(const char *path, const char *issuer, int64_t *count);

/* What a device still has at `now`: an API key, a certificate, that are not ended. */
enum status store_device_credentials(struct store *store, int64_t device, int64_t now, bool *has_api_key,
                                     bool *has_certificate);

/* Whether a device other than `uuid` has, or is about to get, a certificate for this key. */
enum status store_public_key_is_foreign(struct store *store, const unsigned char public_key[HASH_SIZE],
                                        const char *uuid, bool *foreign);

/* Whether a certificate for this key, of whatever device, was revoked because the key may be known. */
enum status store_public_key_is_compromised(struct store *store, const unsigned char public_key[HASH_SIZE],
                                            bool *compromised);

/* --- remembered requests --------------------------------------------------------------------------------------- */

struct remembered {
    unsigned char body_hash[HASH_SIZE];
    int64_t at;
    bool answered;   /* false: its certificate is being made */
    bool had_secret; /* the answer had one, whether it is still there or not */
    char answer[LIMIT_ANSWER];
    unsigned char sealed[SEALED_MAX];
    size_t sealed_length; /* 0: no secret, or no longer */
};

/* `scope` is who asked and for which uuid. Rows older than `since` do not count. */
bool store_request_find(struct store *store, const char *scope, const char *request_id, int64_t since,
                        struct remembered *out, enum status *status);

struct request_row {
    const char *scope, *request_id;
    const unsigned char *body_hash; /* HASH_SIZE octets */
    const char *answer;             /* NULL: it only holds the place */
    const unsigned char *sealed;
    size_t sealed_length;   /* 0: there is no secret */
    int64_t device;         /* 0, or whose secret it is */
    const char *credential; /* the id of the credential whose first use shows that the secret was heard; NULL: none */
    int64_t at;
};

/* Remembers an answer, or replaces it. */
enum status store_request_put(struct store *store, const struct request_row *row);

/* Forgets the sealed secrets of a device's answers with this credential, "": of all. It was used. */
enum status store_request_unseal(struct store *store, int64_t device, const char *credential);

enum status store_request_drop(struct store *store, const char *scope, const char *request_id);

/* Forgets the answers that registered this device: it was reset. */
enum status store_request_forget_device(struct store *store, int64_t device);

/* Forgets up to EXPIRE_ROWS requests from before `requests_before`, and all secrets from before `secrets_before`. */
#define EXPIRE_ROWS 2000
enum status store_request_expire(struct store *store, int64_t requests_before, int64_t secrets_before);

/* --- a change of the authority -------------------------------------------------------------------------------- */

/* What is about to be done to the authority's files, durable before it is done. One at a time. */
struct change_row {
    bool open;                  /* false: it was refused, after it may have changed some file */
    char action[80];            /* ca/rotate, ca/drop */
    char issuer[ISSUER_ID + 1]; /* who issued before; who is dropped */
    char actor[STAMP_NAME], scope[SCOPE_MAX], request_id[LIMIT_REQUEST_ID + 1];
    unsigned char body_hash[HASH_SIZE];
    int64_t at;
};

/* Writes it down, in place of one that is not open any more; finds the one there is; says that it is not open; forgets
 * it. */
enum status store_change_put(struct store *store, const struct change_row *row);
bool store_change_find(struct store *store, struct change_row *out, enum status *status);
enum status store_change_close(struct store *store);
enum status store_change_delete(struct store *store);

/* --- numbers that the service keeps ----------------------------------------------------------------------------- */

/* 0 when there is none of this name. */
enum status store_number_get(struct store *store, const char *name, int64_t *value);
enum status store_number_set(struct store *store, const char *name, int64_t value);

/* --- events, audit --------------------------------------------------------------------------------------------- */

struct event_row {
    int64_t id; /* grows; the outbox sends in this order */
    int64_t device, sequence, at;
    char uuid[LIMIT_UUID + 1], tenant[LIMIT_TENANT + 1], type[33];
    char body[LIMIT_EVENT_BODY]; /* the whole JSON object */
};

/* Takes the next sequence of a device (0: of the service itself), for an event that is about to be inserted. */
enum status store_event_sequence(struct store *store, int64_t device, int64_t *sequence);
enum status store_event_insert(struct store *store, const struct event_row *row);

/* Events with id > `after` in order of id. */
enum status store_event_list(struct store *store, int64_t after, struct event_row *out, size_t count, size_t *found);

/* Events of one device with sequence > `after` in order of sequence. */
enum status store_event_of_device(struct store *store, int64_t device, int64_t after, struct event_row *out,
                                  size_t count, size_t *found);

/* All events up to this id are with the broker. */
enum status store_event_acknowledged(struct store *store, int64_t id);
enum status store_event_last_acknowledged(struct store *store, int64_t *id);

/* Forgets up to EXPIRE_ROWS acknowledged events from before `before`. */
enum status store_event_expire(struct store *store, int64_t before);

/* One line of the audit log; texts that are too long are cut. The store adds the hash chain:
 * hash = SHA-256(previous hash, and each field behind its length). */
struct audit_row {
    int64_t at;
    const char *actor;           /* key:<id>, device, operator:<id>, service */
    const char *action;          /* register, key/create, ... */
    const char *tenant, *target; /* "" where there is none */
    const char *origin;          /* topic or address it came from */
    const char *outcome;         /* ok, begun, unfinished, or the wire code of the refusal */
    const char *detail;          /* what changed; never a secret */
};
enum status store_audit_append(struct store *store, const struct audit_row *row);

#endif
