/*
 * The life of a device as a state machine without I/O: what happened goes in, what is to be done comes out. Time,
 * randomness and the kept state are arguments, so a test can be any moment, and a crash is only "forget the struct".
 * Sees no clock, socket, file or key; the only secrets it touches are those in struct kept.
 */
#ifndef MUSTER_DEVICE_CLIENT_H
#define MUSTER_DEVICE_CLIENT_H

#include "device-client/kept.h"
#include "device-client/problem.h"

#include <stdint.h>

#define CLIENT_REPEAT_MS   10000 /* no answer for so long: the same request again (docs/protocol.md, section 3) */
#define CLIENT_PATIENCE_MS 20000 /* an attempt to connect that has had no outcome by then counts as failed */
#define CLIENT_REFUSALS    3     /* logins refused in a row before a lesser credential is tried */
#define CLIENT_DOUBTS      4     /* connections that failed in a row before it is looked whether a lesser one works */
#define CLIENT_SESSION     32    /* characters */
#define CLIENT_OFFER_MS    (10 * 60 * INT64_C(1000)) /* one renewal because of offers in so long */
#define CLIENT_RENEW_MS    (60 * 60 * INT64_C(1000)) /* from one renewal to the next by the plan, at the least */

/* What the device is to reach. All but GOAL_RUN end by themselves. */
enum client_goal { GOAL_RUN, GOAL_REGISTER, GOAL_UPDATE, GOAL_RESET, GOAL_RENEW, GOAL_ROTATE };

/* What a connection is opened with; a greater one is the better one. */
enum credential {
    CREDENTIAL_NONE,
    CREDENTIAL_PROVISIONING_KEY,
    CREDENTIAL_API_KEY,
    CREDENTIAL_CERTIFICATE,
    CREDENTIAL_NEXT, /* a renewed certificate that was not used yet */
    CREDENTIAL_BEST = CREDENTIAL_NEXT
};

/* What is asked over a connection. */
enum task {
    TASK_NONE,
    TASK_REGISTER,
    TASK_PROVISION,
    TASK_CONNECT,
    TASK_UPDATE,
    TASK_RESET,
    TASK_RENEW,
    TASK_ROTATE,
    TASK_COUNT
};

struct client_options {
    enum client_goal goal;
    bool open_mode;        /* docs/protocol.md, section 3, "Open mode" */
    bool key_offered;      /* a provisioning key can be had, also when none is kept */
    int heartbeat_seconds; /* 0: as the service says */
    int64_t timeout_ms;    /* for goals that end by themselves */
    const char *members;   /* GOAL_UPDATE: the JSON members of the request; borrowed */
    const char *folder;    /* for people: where the device is kept; borrowed, NULL: not told */
    int64_t earliest_ms;   /* since 1970: a clock that says less is wrong; 0: nobody knows */
};

enum client_event {
    CLIENT_START,
    CLIENT_TICK,      /* wake_ms has come, or nothing at all */
    CLIENT_UP,        /* connected, and the subscription to the answers is granted */
    CLIENT_DOWN,      /* could not connect, or the connection is lost */
    CLIENT_MESSAGE,   /* something arrived */
    CLIENT_KEY_MADE,  /* make_key was done; kept->csr is filled in, or empty when it could not be done */
    CLIENT_NEXT_KEPT, /* keep_next was done, or `unusable` */
    CLIENT_STOP,      /* someone wants the device to end */
    CLIENT_EVENTS
};

struct client_input {
    enum client_event event;
    int64_t now_ms;     /* monotonic */
    int64_t wall_ms;    /* what the device's clock says, since 1970; it may be wrong */
    uint64_t random[4]; /* fresh for each input */
    /* CLIENT_DOWN */
    bool refused;       /* the broker answered, and does not accept the credential */
    bool untrusted;     /* the device does not accept the broker's certificate */
    const char *reason; /* for people */
    /* CLIENT_NEXT_KEPT */
    bool unusable; /* it does not fit the private key, or its CA bundle is damaged: nothing was written */
    /* CLIENT_MESSAGE; borrowed for the call */
    const char *topic, *payload;
    size_t topic_length, payload_length;
};

/* What is to be done, in the order of the members. When something that must be durable cannot be written, the rest is
 * not done: the process behaves as after a crash and begins again from what is on the disk. */
struct client_effects {
    bool keep_certificate; /* write certificate_pem with the pending private key, and ca_pem */
    bool keep_next;        /* the same beside the certificate in use, then CLIENT_NEXT_KEPT; nothing else with it */
    bool promote;          /* the next certificate takes the place of the one in use, whose key is erased */
    bool save;             /* write struct kept */
    bool erase_request;    /* the pending private key and its request have done their duty */
    bool erase_next;       /* the next certificate and its key */
    bool keep_authorities; /* replace the CA bundle by ca_pem, unless it is damaged: then the old one stays */
    bool forget_files;     /* remove certificates, keys and requests: a reset */
    bool erase_provisioning_key; /* the folder's copy, and kept->provisioning_key */
    bool make_key;               /* a key pair and its request, then CLIENT_KEY_MADE */
    bool publish;
    bool heartbeat; /* the payload is client_heartbeat's */
    bool disconnect;
    bool connect; /* with client->credential; a last will with client->session if that is not "" */
    bool done;    /* the goal is reached (problem.result is MUSTER_DEVICE_OK), or never will be */
    int qos;
    int64_t wake_ms; /* when to come back at the latest, monotonic; 0: never */
    char topic[LIMIT_TOPIC + 1];
    char payload[LIMIT_PAYLOAD + 1]; /* may hold a secret: wipe */
    char certificate_pem[LIMIT_STRING + 1];
    char ca_pem[LIMIT_ANSWER + 1];
    char line[400]; /* what happened, for people; "" for nothing; also after an error, then problem holds the mend */
    struct problem problem;
};

enum client_link { LINK_DOWN, LINK_CONNECTING, LINK_UP };

/* The state; nobody but client*.c and tests look into it. */
struct client {
    struct client_options options;
    struct kept *kept; /* borrowed, changed; durable only by the effect `save` */
    enum client_link link;
    enum credential credential; /* of this connection */
    enum credential ceiling;    /* the best that may be tried next: better ones were refused */
    enum task task;
    bool online;
    char request_id[LIMIT_REQUEST_ID + 1];
    char session[CLIENT_SESSION + 1];
    unsigned failures, refusals, rejections; /* in a row */
    int64_t next_ms;                         /* connect again, ask (again), or wait no longer for the connection */
    enum credential doubted;                 /* a better one failed so often that a lesser one is tried */
    bool proven;                             /* that worked: when the better one fails now, it is refused */
    unsigned silences, retreats;             /* failures without a reason; and what they led to without coming online */
    int64_t heartbeat_ms, heartbeat_every_ms;
    int64_t deadline_ms; /* 0: none */
    /* What an online device does beside heartbeats; monotonic, 0: no such time. */
    int64_t hold_ms[TASK_COUNT]; /* not before, after a failure */
    unsigned tries[TASK_COUNT];  /* that failed in a row */
    int64_t connect_again_ms;    /* the daily `connect` */
    int64_t offer_taken_ms;      /* of the last renewal because of an offer */
    int64_t rolled_back_ms;
    int64_t service_epoch_ms; /* the service's time when now_ms was 0; 0: it told none yet */
    bool offered;             /* the service asks for a renewal */
};

/* Begins from what is kept. The first input is CLIENT_START. */
void client_init(struct client *client, const struct client_options *options, struct kept *kept);

/* One input in, effects out. Pure apart from *client and *client->kept. */
void client_step(struct client *client, const struct client_input *input, struct client_effects *effects);

/* Writes a heartbeat's payload; `metrics` is a JSON object or "". */
void client_heartbeat(const struct client *client, const char *metrics, char *out, size_t size);

/* The name of a task on the wire. Static text. */
const char *client_task_name(enum task task);

#endif
