/*
 * The write-ahead log of a connection, moved into the database by a thread with a connection of its own, so that who
 * commits does not wait for it.
 */
#ifndef MUSTER_STORE_CHECKPOINT_H
#define MUSTER_STORE_CHECKPOINT_H

struct sqlite3;
struct checkpoint;

/* Watches the commits of this connection; the thread starts when the log is long for the first time. NULL without
 * memory. */
struct checkpoint *checkpoint_new(struct sqlite3 *watched);

/* Stops and joins the thread. Before the watched connection is closed: whoever closes the last one ends the log. */
void checkpoint_free(struct checkpoint *checkpoint);

#endif
