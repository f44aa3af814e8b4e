/*
 * What the files of the state machine share: client.c (events and time), client_connect.c (credentials and
 * connections), client_ask.c (requests), client_answer.c (what comes back) and client_reject.c (when that is a no).
 */
#ifndef MUSTER_DEVICE_CLIENT_INTERNAL_H
#define MUSTER_DEVICE_CLIENT_INTERNAL_H

#include "device-client/client.h"
#include "topics/document.h"

/* The random numbers of an input, each for one use. */
#define RANDOM_ID     0 /* and 1: an id */
#define RANDOM_WAIT   2
#define RANDOM_SPREAD 3

/* One step under way. */
struct step {
    struct client *client;
    const struct client_input *in;
    struct client_effects *out;
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

/* client_ask.c */
void client_ask(struct step *step);         /* sends client->task's request, the same one when it was sent before */
void client_goodbye(struct step *step);     /* the `disconnect` of the session */
void client_beat(struct step *step);        /* a heartbeat, and when the next is due */
void client_new_request(struct step *step); /* what is asked next for client->task is another request */

/* client_answer.c */
void client_take_message(struct step *step);
/* A text from the wire that people will read; `instead` when it is missing, empty, or could play tricks with a
 * terminal. */
const char *client_readable(const char *text, const char *instead);

/* client_reject.c */
void client_take_rejection(struct step *step, const struct value *error); /* `error`: the member of the answer */

#endif
