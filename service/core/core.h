/*
 * The core: one event in, its changes in the open batch of the store, its messages in the effects. The way of a
 * request:
 *
 *   core_step -> native_address (topics) -> message_decode (topics) -> identify -> route[] -> op_*() -> answer
 *
 * It knows no network, clock or thread: time and randomness come in. One thread owns a core.
 */
#ifndef MUSTER_CORE_CORE_H
#define MUSTER_CORE_CORE_H

#include "certs/ca.h"
#include "certs/keypool.h"
#include "service/config.h"
#include "service/core/effects.h"
#include "service/core/limit.h"
#include "service/core/presence.h"
#include "service/core/secret.h"
#include "service/core/timers.h"
#include "service/store/store.h"
#include "topics/json_write.h"
#include "topics/message.h"
#include "topics/native.h"
#include "topics/stamp.h"

#define PAGE_ANSWER (LIMIT_ANSWER - 16 * 1024) /* a list stops growing here: one more record still fits */

/* A message as it came in; everything belongs to the caller and lives until core_step returns. */
struct event {
    struct now now;
    const char *topic;
    size_t topic_length;
    const char *payload;
    size_t length;
    const char *response_topic; /* NULL: none */
    size_t response_topic_length;
    const void *correlation; /* NULL: none */
    size_t correlation_length;
    const char *stamp; /* of the broker's gate; NULL: none */
    size_t stamp_length;
    bool retained;
};

/* A request that could not be answered at once. It is stepped again, with its ticket, after the next commit. */
enum ticket_stage {
    TICKET_NEW,
    TICKET_WAITS,  /* for a key of the pool, or for its twin of the same requestId */
    TICKET_INTENT, /* its intent is in the batch: sign, or change the authority, when that is durable */
};
struct ticket {
    enum ticket_stage stage;
    bool asked; /* the pool for its key */
    struct mono since;
    struct key *key; /* made for it; freed by core_ticket_end */
    struct public_key public_key;
    struct intent_row intent;
    char issuer[CA_ISSUER_ID + 1]; /* of a change of the authority (change.h); "": it is a certificate's */
    bool changed;                  /* the authority has changed: only the store has still to hear of it */
    char scope[SCOPE_MAX];         /* of the request that holds the intent's place */
};

/* Who asks; the tenant comes from here and never from a payload. */
struct sender {
    unsigned may;                  /* one of MAY_...; 0: nobody */
    char name[STAMP_NAME];         /* key:<id>, device, api:<id>, certificate:<id>, operator:<id> */
    char tenant[LIMIT_TENANT + 1]; /* of the key or operator; "": all tenants */
    bool next_key;                 /* its API key is the next generation, used for the first time */
    bool pending;                  /* its certificate is, and shown for the first time */
    struct key_row key;            /* of a provisioning key */
    struct stamp stamp;            /* what the gate says; zeros in open mode */
};

/* A request on its way through an operation. */
struct request {
    const struct event *event;
    struct address address;
    const struct operation_row *row;
    struct message in;
    struct sender sender;
    char scope[SCOPE_MAX]; /* who asked, for which uuid: what a requestId counts within */
    struct ticket *ticket;
    struct why why;
};

/* What an operation answers: members for all to see in the store, and those that are kept sealed. */
struct reply {
    struct json_writer json, secret;
    int64_t device;                              /* whose secret it is; 0: nobody's */
    char credential[PROFILE_CERTIFICATE_ID + 1]; /* the id of what it is for; its first use shows that it was heard */
    char audit[AUDIT_TEXT];                      /* what changed, for the audit log; "": nothing did */
    char tenant[LIMIT_TENANT + 1];               /* of what was changed */
    char target[LIMIT_UUID + 1];
    enum sessions sessions; /* what becomes of the connections of `sessions_of` */
    char sessions_of[LIMIT_UUID + 1];
    bool offers; /* the device of `offered` is asked to renew it */
    struct certificate_entry offered;
    const char *offer_reason;
    bool tells_state; /* the outcome is known already: a device that was there gets its record */
    char members[LIMIT_ANSWER], secrets[SEALED_MAX - SECRET_OVERHEAD];
};

/* A change of presence on its way: put into memory when the event's writes stand. See life.h. */
struct life {
    enum { LIFE_NONE, LIFE_CHANGE, LIFE_ADD } kind;
    uint32_t number;
    char uuid[LIMIT_UUID + 1]; /* of LIFE_ADD */
    struct presence_slot slot;
};

/* The last count of a large fleet or tenant; it serves for a while. */
struct overview {
    struct mono until;
    char tenant[LIMIT_TENANT + 1];
    struct device_counts counts;
};

/* A certificate revocation list to be made; its times are in seconds since 1970. */
struct crl_order {
    int64_t number, this_update, next_update;
};

/* See crl.h. */
struct crl_state {
    int64_t number;                            /* the last one that was ordered */
    int64_t written, this_update, next_update; /* of the one in the file; 0: not since the start, or none */
    int64_t reloaded;                          /* the last one that the broker has read */
    int64_t in_force_until;                    /* nextUpdate of the one that the broker has, as far as is known */
    struct mono wanted_at, begun;              /* when the next one is to be ordered; when the last one was */
    int64_t begun_wall, written_at;            /* the same of the last one, and of the one in the file, ms since 1970 */
    struct mono hold;                          /* until then nothing is issued */
    bool due, running;
    bool wanted;      /* something has ended that no list names yet */
    bool again;       /* wanted while one was being made */
    bool unlisted;    /* the list in the file knows nothing of the issuer */
    const char *text; /* the whole list in the file; borrowed; NULL: none was made since the start */
    size_t length;    /* of the text */
    char error[200];  /* why the last one was not made; "": it was */
};

/* What is known of the wall clock: service/core/wall.h. */
struct wall {
    int64_t offset, seen;    /* wall clock minus monotonic clock: as it is believed, and as of the last tick */
    bool doubted;            /* it jumped ahead; */
    int64_t least;           /* the least that was seen since, */
    struct mono believed_at; /* which is believed then */
    struct mono bound_at;    /* when API keys are bounded: not soon after it was set back */
};

/* What the gate has found of a device's connections: how many it closed, and how many stayed. */
struct checked {
    char uuid[LIMIT_UUID + 1];
    int64_t closed, open;
    int64_t at; /* ms since 1970 */
};
#define CHECKED_MOST 64

struct core {
    struct store *store;
    struct ca *ca;
    int64_t issuer;            /* its number in the store; 0: to be looked up */
    struct mono issuer_log_at; /* when the log hears of its end again (issuer.h) */
    bool issuer_untold;        /* perhaps nobody was told yet that it is another one (authority.h) */
    struct ca *next_ca;        /* takes over when the broker has read list next_crl; NULL: none (authority.h) */
    int64_t next_crl;
    struct keypool *pool; /* for RSA keys */
    const struct config *config;
    struct presence presence;
    unsigned char seal_key[SECRET_KEY];
    bool gated;            /* the broker's gate says who asks; a request without its stamp is none */
    uint64_t stamp_key[2]; /* of the gate's stamps */
    void (*random)(void *out, size_t length);
    /* Takes one line of what the batch does; NULL: nobody wants to know. */
    void (*log)(void *context, const char *event, const char *uuid, const char *text);
    void *log_context;
    struct limit denials; /* how many refused credentials the audit log takes */
    struct now now;       /* of the event in hand */
    struct life life;     /* what the event in hand does to its device's presence */
    bool may_wait;        /* this request may be parked until there is a key for it */
    struct timers timers;
    struct wall wall;
    struct crl_state crl;
    struct checked checked[CHECKED_MOST]; /* the last ones, in turn */
    size_t checked_next;
    uint64_t heartbeats; /* since the start, of devices that are known */
    struct overview overview_all, overview_tenant;
    /* Scratch for the event in hand, too large for the stack. */
    struct request request;
    struct reply reply;
    struct remembered remembered;
    struct device_row device;
    union {
        struct device_row devices[LIMIT_PAGE_ITEMS];
        struct key_row keys[LIMIT_PAGE_ITEMS];
        struct event_row events[LIMIT_PAGE_ITEMS];
        struct certificate_entry certificates[LIMIT_PAGE_ITEMS];
    } page;
    char answer[LIMIT_ANSWER + SEALED_MAX];
};

/* Loads presence from the store and closes what a crash left open. `core` has all its ports set. */
enum status core_start(struct core *core, struct now now);

/* Handles one message. ST_PARKED: the caller keeps the event and the ticket and steps them again after the next commit.
 * Everything else: the event is done once the batch is committed; then the caller ends the ticket. When the commit
 * fails and the ticket's stage is TICKET_INTENT, its intent is durable and the pair is stepped again. */
enum status core_step(struct core *core, const struct event *event, struct ticket *ticket, struct effects *effects);

/* Answers an event with a refusal and changes nothing: for a batch that could not be committed. */
void core_refuse(struct core *core, const struct event *event, enum status status, struct effects *effects);

/* Whether an event asks for nothing that is kept under a requestId: a read, a heartbeat, a word of farewell. It can be
 * stepped again when its batch was undone, and is never parked. */
bool core_may_step_again(const struct event *event);

/* Frees what a ticket holds. */
void core_ticket_end(struct ticket *ticket);

/* Lets up to `most` deadlines that have passed take effect. True when there may be more: call it again soon. */
bool core_tick(struct core *core, struct now now, size_t most, struct effects *effects);

/* Writes up to `most` newer times of the last sign of life, from slot `*cursor` on; moves the cursor, round and round.
 */
enum status core_flush_seen(struct core *core, struct now now, uint32_t *cursor, size_t most);

/* Forgets old requests, secrets and events. */
enum status core_expire(struct core *core, struct now now);

/* After the store's commit: what presence remembers for an undo is dropped, or brought back. */
void core_batch_end(struct core *core, bool committed);

#endif
