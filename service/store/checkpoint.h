/*
 * A thread that moves the write-ahead log into the database, by a connection of its own, so that who commits does not
 * wait for it. Thread-safe.
 */
#ifndef MUSTER_STORE_CHECKPOINT_H
#define MUSTER_STORE_CHECKPOINT_H

struct checkpoint;

/* Starts the thread for the database in this file. NULL without memory, thread or connection. */
struct checkpoint *checkpoint_new(const char *path);

/* Stops and joins the thread. Before the owner's connection is closed: whoever closes the last one takes the log away.
 */
void checkpoint_free(struct checkpoint *checkpoint);

/* Has it done soon; returns at once. What is asked while one is being done is done afterwards. */
void checkpoint_ask(struct checkpoint *checkpoint);

#endif
