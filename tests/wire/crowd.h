/*
 * Many MQTT connections by raw sockets in one thread: opened, written and read by epoll; what is said and what an
 * answer means is the rules'. Each member is one connection after another, until the crowd has had `total` of them.
 */
#ifndef MUSTER_WIRE_CROWD_H
#define MUSTER_WIRE_CROWD_H

#include "tests/wire/wire.h"

struct crowd;

struct member {
    int fd;         /* -1: not open */
    bool leaving;   /* has said goodbye: the broker closes */
    size_t number;  /* of this connection: 0, 1, ... */
    size_t written; /* of `out` */
    struct wire out;
    unsigned char *in;
    size_t in_length;
    size_t left; /* the rules' own: what is still to be sent */
};

/* `hello` writes what is said first; `heard` is given each packet that comes in; `more`, when it is not NULL, is asked
 * when all is written. A connection that ends unasked is `lost`. */
struct crowd_rules {
    void (*hello)(struct crowd *crowd, struct member *member);
    void (*heard)(struct crowd *crowd, struct member *member, const struct wire_packet *packet);
    void (*more)(struct crowd *crowd, struct member *member);
    void (*lost)(struct crowd *crowd, struct member *member);
};

struct crowd {
    const struct crowd_rules *rules;
    int port;
    size_t count, total;      /* at a time; altogether */
    size_t in_size, out_size; /* octets of what one may hear and say at a time */
    size_t begun, open;
    int epoll;
    struct member *members;
    void *context; /* the rules' own */
};

/* False without memory or sockets. */
bool crowd_open(struct crowd *crowd);

/* One round: waits up to `ms` for something to happen. False when all connections are over. */
bool crowd_turn(struct crowd *crowd, int ms);

/* Asks `more` of every member that is open and has written all. */
void crowd_wake(struct crowd *crowd);
void crowd_close(struct crowd *crowd);

/* Hangs up: what was written arrives, nothing more does. */
void crowd_hang_up(struct member *member);

/* Seconds of a monotonic clock. */
double crowd_clock(void);

#endif
