/*
 * The devices' side of the year: power, steps, disks. Sees the state machine, and of the service nothing.
 */
#ifndef MUSTER_TESTS_YEAR_DEVICE_H
#define MUSTER_TESTS_YEAR_DEVICE_H

#include "device-client/client.h"
#include "tests/year/year.h"

/* --- disk.c: a device's folder (device-client/keep.h); each function is one step that stands or does not --------- */

struct disk {
    char *state;            /* state.json */
    char *request;          /* request.pem, without the key: nobody looks at it */
    struct pair used, next; /* device.pem, next.pem */
    char authorities[KEPT_FINGERPRINT + 1];
    bool has_provisioning_key;
};

void disk_load(struct disk *disk, const char *uuid, struct kept *kept);
void disk_save(struct disk *disk, const struct kept *kept);
void disk_new_key(struct disk *disk, struct kept *kept);
void disk_write_pair(struct pair *file, const char *certificate_pem, const char *id, const char *not_after);
void disk_write_authorities(struct disk *disk, const char *ca_pem, struct kept *kept);
void disk_promote(struct disk *disk);
void disk_erase_request(struct disk *disk);
void disk_erase_next(struct disk *disk);
void disk_free(struct disk *disk);

/* --- device.c, steps.c ----------------------------------------------------------------------------------- */

/* Where a device loses its power: once in its renewal, once when it replaces its API key. X(enumerator, when) */
#define DEATH_LIST(X)                                                                                                  \
    X(DEATH_KEY_MADE, "renew: the key is made")                                                                        \
    X(DEATH_REQUEST_SAVED, "renew: the request's id is saved, nothing is sent")                                        \
    X(DEATH_REQUEST_SENT, "renew: the request is sent")                                                                \
    X(DEATH_ANSWERED, "renew: the answer has come, nothing of it is written")                                          \
    X(DEATH_NEXT_WRITTEN, "renew: the next certificate is written")                                                    \
    X(DEATH_NEXT_NAMED, "renew: the state names it")                                                                   \
    X(DEATH_REQUEST_ERASED, "renew: the request is erased")                                                            \
    X(DEATH_NEXT_LOGGED_IN, "renew: it has logged in with the next one")                                               \
    X(DEATH_NEXT_SENT, "renew: its first request with it is sent")                                                     \
    X(DEATH_PROMOTED, "renew: the next one has taken its place")                                                       \
    X(DEATH_PROMOTION_SAVED, "renew: the state says so")                                                               \
    X(DEATH_ROTATION_SAVED, "rotate: the request's id is saved, nothing is sent")                                      \
    X(DEATH_ROTATION_SENT, "rotate: the request is sent")                                                              \
    X(DEATH_ROTATION_ANSWERED, "rotate: the answer has come, nothing of it is written")                                \
    X(DEATH_ROTATED, "rotate: the new key is saved")

enum death {
#define DEATH_ENUM(name, when) name,
    DEATH_LIST(DEATH_ENUM)
#undef DEATH_ENUM
        DEATH_COUNT
};
#define DEATHS_RENEWAL DEATH_ROTATION_SAVED /* so many of them are of a renewal; the others of a rotation */

/* What is lost with the power. */
struct life {
    struct client client;
    struct kept kept;
    enum { HAPPENS_NOTHING, HAPPENS_UP, HAPPENS_REFUSED, HAPPENS_BROKEN } happens; /* to the connection, next */
    bool drowsy;
    bool knows_time; /* the clock was set over the network */
    int64_t boot_ms;
};

struct device {
    int number;
    char uuid[16];
    bool boots_in_1970;
    unsigned answers_to_lose;   /* of `renew` */
    enum death deaths[2];       /* DEATH_COUNT: no more */
    int64_t away_from, away_to; /* played ms */
    int64_t due;                /* of its entry in the agenda */
    struct disk disk;
    struct life *life; /* NULL: no power */
    bool came_back;    /* by its API key, after its certificate had expired */
};

void device_die(struct device *device, enum death death);
void device_rest(struct device *device, int64_t wake_ms); /* after its steps: when it is looked at again */

/* One input through the state machine, with all that follows from it at once. Afterwards the device may be dead. */
void device_step(struct device *device, struct client_input *input);

/* What is shown for a credential, of a state and a disk that outlive it. */
struct shown device_shows(const struct disk *disk, const struct kept *kept, enum credential credential);

#endif
