/*
 * What the files of the state machine share: client.c (events and time), client_connect.c (credentials and
 * connections), client_clock.c (what time it is), client_ask.c (requests), client_answer.c (what comes back),
 * client_reject.c (when that is a no), client_renew.c (certificates), client_rotate.c (API keys) and client_upkeep.c
 * (when these are due).
 */
#ifndef MUSTER_DEVICE_CLIENT_INTERNAL_H
#define MUSTER_DEVICE_CLIENT_INTERNAL_H

#include "device-client/client.h"
#include "topics/document.h"

/* The random numbers of an input, each for one kind of use. */
#define RANDOM_ID     0 /* and 1: an id */
#define RANDOM_WAIT   2
#define RANDOM_SPREAD 3

/* One step under way. */
struct step {
    struct client *client;
    const struct client_input *in;
    struct client_effects *out;
    int64_t wall_ms; /* since 1970; 0: not known */
};

/* client.c */
void client_done(struct step *step, enum muster_device_result result, const char *mend, const char *what);
void client_say(struct step *step, const char *format, ...) __attribute__((format(printf, 2, 3)));
void client_random_id(const struct step *step, char out[CLIENT_SESSION + 1]);
uint32_t client_random32(const struct step *step, int which);

/* client_connect.c */
void client_connect(struct step *step);   /* with the best credential there is; ends the step when there is none */
void client_reconnect(struct step *step); /* leaves this connection first */
void client_retreat(struct step *step);   /* this credential does not work: a lesser one, or the best one again */
void client_connect_later(struct step *step, int64_t wait_ms);  /* leaves the connection, if any, and comes back */
const char *client_credential_name(enum credential credential); /* for people */
void client_doubt(struct step *step);                           /* a connection failed without a reason */
bool client_ends_doubt(struct step *step);                      /* one is up: true when it was only to know that */
bool client_has_certificate(const struct step *step);           /* the one in use or the next, not expired */

/* client_clock.c */
void client_read_clock(struct step *step);                         /* sets step->wall_ms */
bool client_clock_is_right(const struct step *step);               /* as far as is known */
void client_take_server_time(struct step *step, const char *text); /* serverTime of an answer; may be NULL */
/* A certificate was made just now, valid between these kept times: a clock outside them is wrong. */
void client_take_validity(struct step *step, const char *not_before, const char *not_after);
void client_clock_mend(struct step *step, const char *then); /* tells to set a clock that is wrong, then `then` */

/* client_ask.c */
void client_ask(struct step *step);         /* sends client->task's request, the same one when it was sent before */
void client_goodbye(struct step *step);     /* the `disconnect` of the session */
void client_beat(struct step *step);        /* a heartbeat, and when the next is due */
void client_new_request(struct step *step); /* what is asked next for client->task is another request */

/* client_answer.c */
void client_take_message(struct step *step);
const char *client_member(const struct value *answer, const char *name); /* a text of the answer, or NULL */
/* Copies an id from the wire; false when it is missing or has other octets. */
bool client_take_id(char *out, size_t size, const char *text, const char *octets);
void client_take_time(char out[TIMESTAMP_SIZE], const char *text); /* a time from the wire, or "" */
/* A text from the wire that people will read; `instead` when it is missing, empty, or could play tricks with a
 * terminal. */
const char *client_readable(const char *text, const char *instead);

/* client_renew.c */
void client_accept_provision(struct step *step, const struct value *answer);
void client_accept_renew(struct step *step, const struct value *answer);
void client_next_kept(struct step *step);         /* the renewed certificate is on the disk, or cannot be used */
void client_promote(struct step *step);           /* it has connected: it is the one in use */
void client_roll_back(struct step *step);         /* it was refused, and the one before works */
void client_provision_instead(struct step *step); /* the service has no certificate to renew: asks for a first one */
void client_take_offer(struct step *step, const struct value *offer);

/* client_rotate.c */
void client_accept_rotate(struct step *step, const struct value *answer);
/* When the API key ends, as an answer says; `fresh`: it is a new key. Sets when it is replaced. */
void client_take_expiry(struct step *step, const struct value *answer, bool fresh);

/* client_upkeep.c: what an online device does beside heartbeats */
bool client_upkeep(struct step *step);              /* begins what is due; false when nothing is */
int64_t client_upkeep_ms(const struct step *step);  /* when something will be; 0: never */
bool client_is_upkeep(const struct client *client); /* client->task is such a thing, not the way to be online */
void client_upkeep_failed(struct step *step, int64_t least_ms); /* again later, not before `least_ms` have passed */
int64_t client_repeat_ms(const struct step *step);              /* the wait for an answer to client->task */
/* Late in the life of a certificate no wait is long: `wait_ms`, or less of it. */
int64_t client_bound_wait(const struct step *step, int64_t wait_ms);
bool client_wall_ms(const char *text, int64_t *wall_ms); /* reads a kept time */

/* client_reject.c */
void client_take_rejection(struct step *step, const struct value *error); /* `error`: the member of the answer */

#endif
