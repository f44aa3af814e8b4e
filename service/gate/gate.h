/*
 * muster_gate.so: the border of a mosquitto 2.0 broker (docs/security.md). plugin.c is what the broker calls; each
 * duty has a file: login.c lets in (room.c keeps the bounds), traffic.c watches what is published, subscribed and sent,
 * control.c does what the service asks for, turn.c what is done at the end of each of the broker's turns. Everything
 * runs in the broker's one thread: nothing here waits.
 */
#ifndef MUSTER_GATE_GATE_H
#define MUSTER_GATE_GATE_H

#include "service/gate/auth.h"
#include "service/gate/backoff.h"
#include "service/gate/options.h"
#include "service/gate/outgoing.h"
#include "service/gate/session.h"

#include <mosquitto_broker.h>

struct gate {
    struct options options;
    struct lookup *lookup;
    struct sessions sessions;
    struct outgoing outgoing;
    struct backoff backoff;
    uint64_t last_connection;
    int64_t now;    /* monotonic ms, of this turn */
    bool reloading; /* SIGHUP: the broker asks again for every session, in this turn */
    struct {        /* what the service asked for: that the broker reads its files again */
        long long asked, done;
        struct stamp by;
    } reload;
    int64_t next_sweep; /* of provisioning connections that say nothing */
    struct {            /* the walk over all sessions, some of them in each turn */
        size_t at;      /* the next bucket; SESSION_BUCKETS: it is done */
        int64_t next;   /* when it goes on, or begins anew */
        bool tells;     /* the service wants to know who is connected */
    } walk;
    struct { /* log lines about refused logins: so many and no more */
        int tokens;
        int64_t refilled;
        unsigned dropped;
    } lines;
};

/* The callbacks; see mosquitto_broker.h for what they take; `context` is the gate. Each returns a MOSQ_ERR_ code. */
int login_on_basic_auth(int event, void *data, void *context);
int login_on_reload(int event, void *data, void *context);
int login_on_disconnect(int event, void *data, void *context);
int traffic_on_acl_check(int event, void *data, void *context);
int traffic_on_message(int event, void *data, void *context);
int control_on_command(int event, void *data, void *context);
int control_on_answer(int event, void *data, void *context);
int turn_on_tick(int event, void *data, void *context);

/* room.c: whether one more may connect, as far as the bounds go; `displaced` is whose place it takes (NULL: nobody's).
 * Where somebody must go for it, that one is doomed. */
bool room_make(struct gate *gate, const struct identity *who, const struct session *displaced);

/* turn.c: the walk over all sessions begins anew; `tells`: the service hears of each again. */
void turn_check_all(struct gate *gate, bool tells);

#define GATE_ANSWER_MS 90000  /* how long a provisioning connection may wait for an answer in silence */
#define GATE_CLAIM_MS  600000 /* how long one may last at most */

/* Monotonic milliseconds. */
int64_t gate_clock(void);

#endif
