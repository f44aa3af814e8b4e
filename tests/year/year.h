/*
 * A year in minutes: a fleet that is enrolled on one day lives through more than a year of played time, from event to
 * event. The service is the real one in the world of the flow tests (tests/flow/flow.h): loop, core, operations, store
 * on a file, authority. The devices are the real state machine (device-client/client.h). Played are their disks and
 * their power, the broker with its gate (whose decisions are the real ones, service/gate/auth.h), and whoever kills
 * either side.
 *
 *   run_year.c   the year: its plan, its end
 *   agenda.c     what happens next
 *   service.c    the service is killed, and comes back
 *   gate.c       logins, stamps, who is connected
 *   device.c     one device: its power, its habits
 *   steps.c      one step of its state machine, and where it dies in it
 *   disk.c       what of a device outlives its death (device.h is for these three)
 *   ledger.c     what the events said of each certificate, and what they should have said
 *   revocation.c      the revocation lists
 */
#ifndef MUSTER_TESTS_YEAR_H
#define MUSTER_TESTS_YEAR_H

#include "certs/peer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DEVICES   10000
#define DAYS      400 /* until the last certificate of the first day has ended, and who was away is back */
#define LIFE_DAYS 365
#define SECOND_MS INT64_C(1000)
#define HOUR_MS   (3600 * SECOND_MS)
#define DAY_MS    (24 * HOUR_MS)
#define MOST_DOWN (6 * HOUR_MS) /* the service, in one go */

/* --- run_year.c --------------------------------------------------------------------------------------------------- */

/* What must hold at every moment: only what does not is counted, with the seed and the day. */
void year_check(bool good, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Tells what happens to the device that the caller of the program wants to follow. */
void year_tell(int number, const char *format, ...) __attribute__((format(printf, 2, 3)));

int64_t year_random(int64_t most);       /* from 0 to `most`, of the year's own chance */
int64_t year_now(void);                  /* played ms since its beginning */
int64_t year_wall(void);                 /* ms since 1970 */
const char *year_provisioning_key(void); /* of the whole fleet */

/* What happened, for the end of the year. */
struct tally {
    long logins, refusals, lost_answers, boots_in_1970, renewed_late, back_by_api_key, restarts, messages;
    long lists, compared_lists, largest_list, repeated_events;
};
extern struct tally tally;

/* --- agenda.c: played time goes from one entry to the next ------------------------------------------------------ */

/* Calls act(whom) at the played `ms`, unless `*due`, which is set to it, has another value by then. */
void agenda_add(int64_t ms, int64_t *due, void (*act)(void *whom), void *whom);
int64_t agenda_next(void); /* when; INT64_MAX: nothing is left */
void agenda_act(void);     /* the next entry, at its time */
void agenda_free(void);

/* --- devices: device.c, steps.c, disk.c --------------------------------------------------------------------------- */

enum habit {
    HABIT_SLEEPS, /* comes for a moment now and then, and when something is due */
    HABIT_STAYS,  /* is always connected */
    HABIT_AWAY,   /* sleeps, and has no power for some weeks */
    HABIT_LEAVES, /* has no power any more once it is enrolled */
    HABIT_COUNT
};

/* Devices have numbers from 0 on. */
void devices_plan(void);
void devices_free(void);
const char *device_uuid(int number);
int device_number(const char *uuid, size_t length); /* -1: none of ours */
enum habit device_habit(int number);
void device_drop(int number); /* its connection was closed by the broker */
void device_hear(int number, const char *topic, const char *payload);
bool device_could_log_in(int number);    /* by anything that it has on its disk */
bool device_has_certificate(int number); /* that has not expired */
bool device_came_back(int number);       /* by its API key, after its certificate had expired */
size_t devices_deaths(void);             /* how many kinds there are */
long devices_died(size_t kind, const char **when);

/* --- gate.c ---------------------------------------------------------------------------------------------------------
 */

/* A file with a certificate and its key, as TLS shows it; its id is "" when there is none. */
struct pair {
    struct peer peer;
    int64_t not_after; /* seconds since 1970 */
};
/* What a device shows at a login: a certificate, or a name and a password. */
struct shown {
    const struct pair *pair;
    const char *username, *password;
};
enum word { WORD_WELCOME, WORD_REFUSED, WORD_NO_TLS };

void gate_start(const char *database);
void gate_end(void);
enum word gate_login(int number, const struct shown *shown); /* and connects it when it is welcome */
bool gate_would_admit(int number, const struct shown *shown);
bool gate_is_connected(int number);
void gate_close(int number); /* its connection, if any, has ended */
void gate_send(int number, const char *topic, const char *payload, bool heartbeat);
void gate_carry_out(void);       /* what the service has sent */
void gate_service_is_back(void); /* all connections are looked at, and told again */

/* --- service.c ------------------------------------------------------------------------------------------------------
 */

extern bool service_is_up;
void service_plan(void);
void service_run(void);                /* until edge.stop; over all restarts */
void service_heard(const char *topic); /* a request is on its way to it */
void service_restart(void);            /* at once, at rest */

/* --- ledger.c -------------------------------------------------------------------------------------------------------
 */

void ledger_take(const char *topic, const char *payload); /* an event */
void ledger_check(void);                                  /* at the end */
void ledger_print(void);
void ledger_free(void);

/* --- revocation.c
 * --------------------------------------------------------------------------------------------------------
 */

void revocation_take(int64_t number);           /* another list was made, and the broker reads it */
bool revocation_names(const char *certificate); /* whether the broker knows by a list that it has ended */
void revocation_check(void);                    /* at the end */
void revocation_free(void);

#endif
