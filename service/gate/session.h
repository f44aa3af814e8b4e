/*
 * The live connections, found by the broker's own pointer and by client id. A connection is here from its login until
 * the end of the broker's turn in which it closed: its last will is still asked for in between. One thread.
 */
#ifndef MUSTER_GATE_SESSION_H
#define MUSTER_GATE_SESSION_H

#include "service/gate/identity.h"

#include <sys/queue.h>

#define SESSION_NONCE    16 /* characters */
#define SESSION_USERNAME (STAMP_NAME + SESSION_NONCE + 1)

struct session {
    struct identity who;
    const void *client; /* the broker's struct mosquitto; never looked into */
    /* What the broker keeps as user name: who, and a word that nobody can guess. When it asks again (SIGHUP), the
     * connection proves by it that it is this one. */
    char username[SESSION_USERNAME];
    bool leaving; /* displaced or closed: what it still writes is its last will */
    bool closed;
    bool doomed;       /* to be closed at the end of the turn */
    int64_t begun;     /* monotonic ms, as the next */
    int64_t last_word; /* the last thing that it was allowed to publish or subscribe */
    int unanswered;    /* requests of a provisioning connection that wait */
    int answers;
    LIST_ENTRY(session) of_client, of_name, of_role;
    STAILQ_ENTRY(session) of_closed, of_doomed;
};

#define SESSION_BUCKETS 65536u

LIST_HEAD(session_list, session);
STAILQ_HEAD(session_queue, session);

struct sessions {
    uint64_t key[2]; /* of the hash over client ids; random */
    struct session_list *by_client, *by_name;
    struct session_list of_role[ROLE_COUNT];
    unsigned count[ROLE_COUNT]; /* those that do not leave */
    struct session_queue closed, doomed;
};

/* False without memory. */
bool sessions_init(struct sessions *sessions, const uint64_t key[2]);
void sessions_free(struct sessions *sessions);

/* The session of a connection; NULL: none. */
struct session *session_of(const struct sessions *sessions, const void *client);

/* The live session of a whole client id; NULL: none. */
struct session *session_live(const struct sessions *sessions, const char *client_id);

/* The sessions whose client id without suffix is this one, live or not: the first, and the next behind one. */
struct session *session_first_of(const struct sessions *sessions, const char *name, size_t length);
struct session *session_next_of(const struct session *session);

/* Adds a connection that logged in; `nonce` are SESSION_NONCE unguessable characters. NULL without memory. */
struct session *session_add(struct sessions *sessions, const void *client, const struct identity *who,
                            const char *nonce, int64_t now);

/* It was displaced, or its connection has closed. */
void session_leave(struct sessions *sessions, struct session *session);
void session_close(struct sessions *sessions, struct session *session);

/* To be closed at the end of the turn; until then it may do nothing. */
void session_doom(struct sessions *sessions, struct session *session);

/* Forgets the sessions that have closed: the end of the turn. */
void sessions_sweep(struct sessions *sessions);

#endif
