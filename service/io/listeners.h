/*
 * The TCP sockets of this machine that listen, and the process that holds them, as /proc shows them.
 */
#ifndef MUSTER_IO_LISTENERS_H
#define MUSTER_IO_LISTENERS_H

#include <stdbool.h>
#include <stdint.h>

#define LISTENERS_LIMIT 1024

struct listener {
    uint64_t inode; /* what /proc/<pid>/fd calls the socket */
    int port;
    char address[33]; /* as /proc prints it: words of four octets in the machine's order, in hex */
    unsigned user;    /* who made it */
    bool loopback;    /* no other machine reaches it */
    bool held;        /* listeners_beside has found a process that holds it */
};

struct listeners {
    int count;
    struct listener at[LISTENERS_LIMIT];
};

/* Reads /proc/net/tcp, and tcp6 where there is IPv6. False when they cannot be read, or hold more than the limit. */
bool listeners_read(struct listeners *listeners);

/* Finds who listens on `port`, and into `*exposed` a port that the same process listens on for other machines; 0: there
 * is none. False when a holder of `port` cannot be seen: the processes of other users are only root's to look at. */
bool listeners_beside(struct listeners *listeners, int port, int *exposed);

#endif
