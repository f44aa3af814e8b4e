/*
 * muster_gate.so: the border of a mosquitto 2.0 broker (docs/security.md). plugin.c is what the broker calls; each
 * duty has a file: login.c lets in, traffic.c watches what is published, subscribed and sent, control.c does what the
 * service asks for, turn.c what is done at the end of each of the broker's turns. Everything runs in the broker's one
 * thread: nothing here waits.
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
    int64_t now;        /* monotonic ms, of this turn */
    int64_t next_sweep; /* of provisioning connections that say nothing */
    size_t check_at;    /* the next bucket of sessions to check; SESSION_BUCKETS: none */
    struct {            /* log lines about refused logins: so many and no more */
        int tokens;
        int64_t refilled;
        unsigned dropped;
    } lines;
};

/* The callbacks; see mosquitto_broker.h for what they take; `context` is the gate. Each returns a MOSQ_ERR_ code. */
int login_on_basic_auth(int event, void *data, void *context);
int login_on_disconnect(int event, void *data, void *context);
int traffic_on_acl_check(int event, void *data, void *context);
int traffic_on_message(int event, void *data, void *context);
int control_on_command(int event, void *data, void *context);
int control_on_answer(int event, void *data, void *context);
int turn_on_tick(int event, void *data, void *context);

/* Monotonic milliseconds. */
int64_t gate_clock(void);

#endif
