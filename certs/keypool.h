/*
 * RSA keys made ahead by one background thread, so that a request never waits for a prime. Thread-safe.
 */
#ifndef MUSTER_CERTS_KEYPOOL_H
#define MUSTER_CERTS_KEYPOOL_H

#include "certs/key.h"

#define KEYPOOL_MAX 64 /* keys of one type */

struct keypool;

/* Starts the thread, which keeps `ready` RSA-2048 keys (0 to KEYPOOL_MAX) waiting; RSA-3072 and RSA-4096 are made when
 * they are wanted. `on_ready` is called from that thread, without a lock held, whenever a key was added: it must only
 * wake its owner. NULL when no memory or thread is to be had. */
struct keypool *keypool_new(unsigned ready, void (*on_ready)(void *context), void *context);

/* Stops and joins the thread (a key in the making is finished first: up to some seconds) and wipes the keys. */
void keypool_free(struct keypool *pool);

/* Takes a key, or returns NULL at once and has one made: call again after `on_ready`. The caller owns the key.
 * Every call that returned NULL asks for one key; `type` is one of the slow types. */
struct key *keypool_take(struct keypool *pool, enum key_type type);

/* How many keys of `type` lie ready. */
unsigned keypool_ready(struct keypool *pool, enum key_type type);

#endif
