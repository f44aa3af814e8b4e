#include "service/gate/session.h"

#include "topics/id.h"
#include "topics/siphash.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool sessions_init(struct sessions *sessions, const uint64_t key[2])
{
    *sessions = (struct sessions){.key = {key[0], key[1]}};
    STAILQ_INIT(&sessions->closed);
    STAILQ_INIT(&sessions->doomed);
    sessions->by_client = calloc(SESSION_BUCKETS, sizeof *sessions->by_client);
    sessions->by_name = calloc(SESSION_BUCKETS, sizeof *sessions->by_name);
    return sessions->by_client != NULL && sessions->by_name != NULL;
}

void sessions_free(struct sessions *sessions)
{
    for (size_t i = 0; sessions->by_client != NULL && i < SESSION_BUCKETS; i++)
        while (!LIST_EMPTY(&sessions->by_client[i])) {
            struct session *session = LIST_FIRST(&sessions->by_client[i]);
            LIST_REMOVE(session, of_client);
            free(session);
        }
    free(sessions->by_client);
    free(sessions->by_name);
    *sessions = (struct sessions){.by_client = NULL};
}

/* Pointers of the broker's heap: aligned, and nobody's to choose. */
static struct session_list *clients(const struct sessions *sessions, const void *client)
{
    uint64_t value = (uint64_t)(uintptr_t)client * UINT64_C(0x9e3779b97f4a7c15);
    return &sessions->by_client[value >> 48 & (SESSION_BUCKETS - 1)];
}

static struct session_list *names(const struct sessions *sessions, const char *name, size_t length)
{
    return &sessions->by_name[siphash(sessions->key, name, length) & (SESSION_BUCKETS - 1)];
}

struct session *session_of(const struct sessions *sessions, const void *client)
{
    struct session *session = LIST_FIRST(clients(sessions, client));
    while (session != NULL && session->client != client)
        session = LIST_NEXT(session, of_client);
    return session;
}

static bool has_name(const struct session *session, const char *name, size_t length)
{
    return session->who.name_length == length && memcmp(session->who.stamp.client_id, name, length) == 0;
}

static struct session *skip_others(struct session *session, const char *name, size_t length)
{
    while (session != NULL && !has_name(session, name, length))
        session = LIST_NEXT(session, of_name);
    return session;
}

struct session *session_first_of(const struct sessions *sessions, const char *name, size_t length)
{
    return skip_others(LIST_FIRST(names(sessions, name, length)), name, length);
}

struct session *session_next_of(const struct session *session)
{
    return skip_others(LIST_NEXT(session, of_name), session->who.stamp.client_id, session->who.name_length);
}

struct session *session_live(const struct sessions *sessions, const char *client_id)
{
    size_t length = id_without_suffix(client_id, strlen(client_id));
    struct session *session = session_first_of(sessions, client_id, length);
    while (session != NULL && (session->leaving || strcmp(session->who.stamp.client_id, client_id) != 0))
        session = session_next_of(session);
    return session;
}

static void forget(struct session *session)
{
    LIST_REMOVE(session, of_client);
    LIST_REMOVE(session, of_name);
    LIST_REMOVE(session, of_role);
    free(session);
}

struct session *session_add(struct sessions *sessions, const void *client, const struct identity *who,
                            const char *nonce, int64_t now)
{
    char name[STAMP_NAME];
    struct session *session = calloc(1, sizeof *session);
    if (session == NULL)
        return NULL;
    session->who = *who;
    session->client = client;
    session->begun = session->last_word = now;
    stamp_name(&who->stamp, name);
    snprintf(session->username, sizeof session->username, "%s %s", name, nonce);
    LIST_INSERT_HEAD(clients(sessions, client), session, of_client);
    LIST_INSERT_HEAD(names(sessions, who->stamp.client_id, who->name_length), session, of_name);
    LIST_INSERT_HEAD(&sessions->of_role[who->role], session, of_role);
    sessions->count[who->role]++;
    return session;
}

void session_leave(struct sessions *sessions, struct session *session)
{
    if (!session->leaving)
        sessions->count[session->who.role]--;
    session->leaving = true;
}

void session_close(struct sessions *sessions, struct session *session)
{
    session_leave(sessions, session);
    if (!session->closed)
        STAILQ_INSERT_TAIL(&sessions->closed, session, of_closed);
    session->closed = true;
}

void session_doom(struct sessions *sessions, struct session *session)
{
    if (session->doomed || session->leaving)
        return;
    session->doomed = true;
    STAILQ_INSERT_TAIL(&sessions->doomed, session, of_doomed);
}

void sessions_sweep(struct sessions *sessions)
{
    while (!STAILQ_EMPTY(&sessions->closed)) {
        struct session *session = STAILQ_FIRST(&sessions->closed);
        STAILQ_REMOVE_HEAD(&sessions->closed, of_closed);
        forget(session);
    }
}
