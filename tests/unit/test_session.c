/* The table of live connections: found by pointer and by client id, gone at the end of the turn. */
#include "service/gate/session.h"
#include "tests/unit/check.h"
#include "topics/id.h"

#include <stdlib.h>

#define NONCE "abcdefghijklmnop"

static struct sessions sessions;

static struct session *add(const void *client, enum role role, const char *client_id)
{
    struct identity who = {.role = role, .stamp = {.how = STAMP_API}};
    snprintf(who.stamp.client_id, sizeof who.stamp.client_id, "%s", client_id);
    who.name_length = id_without_suffix(client_id, strlen(client_id));
    return session_add(&sessions, client, &who, NONCE, 1);
}

static size_t count_of(const char *name)
{
    size_t count = 0;
    for (struct session *session = session_first_of(&sessions, name, strlen(name)); session != NULL;
         session = session_next_of(session))
        count++;
    return count;
}

static void test_finding(void)
{
    static const int clients[4]; /* addresses of clients */
    struct session *plain = add(&clients[0], ROLE_DEVICE, "dev1"), *suffixed = add(&clients[1], ROLE_DEVICE, "dev1~a");
    struct session *other = add(&clients[2], ROLE_DEVICE, "dev10");
    CHECK(session_of(&sessions, &clients[0]) == plain && session_of(&sessions, &clients[2]) == other, "by pointer");
    CHECK(session_of(&sessions, &clients[3]) == NULL, "a stranger");
    CHECK(session_live(&sessions, "dev1") == plain && session_live(&sessions, "dev1~a") == suffixed, "by client id");
    CHECK(session_live(&sessions, "dev1~b") == NULL && session_live(&sessions, "dev") == NULL, "no such client id");
    CHECK_INT(count_of("dev1"), 2);
    CHECK_INT(count_of("dev10"), 1);
    CHECK_INT(count_of("dev"), 0);
    CHECK_INT(sessions.count[ROLE_DEVICE], 3);
    CHECK_TEXT(plain->username, "api: " NONCE);
    /* Displaced: the newcomer is the live one while the old one still says its last will. */
    struct session *newcomer = add(&clients[3], ROLE_DEVICE, "dev1");
    session_leave(&sessions, plain);
    CHECK(session_live(&sessions, "dev1") == newcomer && session_of(&sessions, &clients[0]) == plain, "both are known");
    CHECK_INT(sessions.count[ROLE_DEVICE], 3);
    session_close(&sessions, plain);
    session_close(&sessions, plain);
    CHECK(session_of(&sessions, &clients[0]) == plain, "until the end of the turn");
    sessions_sweep(&sessions);
    CHECK(session_of(&sessions, &clients[0]) == NULL && session_live(&sessions, "dev1") == newcomer, "then it is gone");
    session_close(&sessions, newcomer);
    session_close(&sessions, suffixed);
    session_close(&sessions, other);
    sessions_sweep(&sessions);
    CHECK_INT(count_of("dev1"), 0);
    CHECK_INT(sessions.count[ROLE_DEVICE], 0);
}

static void test_doomed(void)
{
    static const int clients[2]; /* addresses of clients */
    struct session *one = add(&clients[0], ROLE_PROVISIONING, "dev1"), *two = add(&clients[1], ROLE_OPERATOR, "op1");
    session_doom(&sessions, one);
    session_doom(&sessions, one);
    session_leave(&sessions, two);
    session_doom(&sessions, two);
    CHECK(one->doomed && !two->doomed, "who leaves already is not doomed");
    CHECK(STAILQ_FIRST(&sessions.doomed) == one && STAILQ_NEXT(one, of_doomed) == NULL, "doomed once");
    STAILQ_REMOVE_HEAD(&sessions.doomed, of_doomed);
    session_close(&sessions, one);
    session_close(&sessions, two);
    sessions_sweep(&sessions);
}

/* Many come and go in a random order. */
static void test_many(void)
{
    enum { MANY = 20000 };
    static char clients[MANY * 16];
    static struct session *all[MANY];
    char name[32];
    srand(1);
    for (int i = 0; i < MANY; i++) {
        snprintf(name, sizeof name, "dev%d~%d", i / 4, i % 4);
        all[i] = add(clients + (size_t)i * 16, ROLE_DEVICE, name);
    }
    bool found = true;
    for (int i = 0; i < MANY; i++) {
        snprintf(name, sizeof name, "dev%d~%d", i / 4, i % 4);
        found = found && session_live(&sessions, name) == all[i] &&
                session_of(&sessions, clients + (size_t)i * 16) == all[i];
    }
    CHECK(found, "everyone is found");
    for (int left = MANY; left > 0;) {
        int i = rand() % MANY;
        if (all[i] == NULL)
            continue;
        session_close(&sessions, all[i]);
        all[i] = NULL;
        if (--left % 100 == 0)
            sessions_sweep(&sessions);
    }
    sessions_sweep(&sessions);
    CHECK_INT(sessions.count[ROLE_DEVICE], 0);
    CHECK(LIST_EMPTY(&sessions.of_role[ROLE_DEVICE]), "none is left");
}

int main(void)
{
    static const uint64_t key[2] = {1, 2};
    if (!sessions_init(&sessions, key))
        return EXIT_FAILURE;
    test_finding();
    test_doomed();
    test_many();
    int client;
    add(&client, ROLE_DEVICE, "left"); /* sessions_free takes it along */
    sessions_free(&sessions);
    return check_done();
}
