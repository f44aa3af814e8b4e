/* Bounds on connections: whether there is room for one more, and whose most silent connection gives way for it. Nobody
 * gives way to a stranger, but a claimant among all the claimants: who holds a leaked provisioning key shall not keep
 * the others out. */
#include "service/gate/gate.h"

#include <string.h>

#define KEY_SHARE 4 /* one operator key may have a fourth of the operators' places, */
#define KEY_LEAST 3 /* but so many at least */

/* Some of the connections: how many, and which one has been silent for longest. */
struct crowd {
    int count;
    struct session *silent;
};

/* A request that waits for its answer is no silence. */
static int64_t silent_since(const struct session *session)
{
    return session->unanswered > 0 ? session->last_word + GATE_ANSWER_MS : session->last_word;
}

static void add(struct crowd *crowd, struct session *session)
{
    if (session->leaving || session->doomed)
        return;
    crowd->count++;
    if (crowd->silent == NULL || silent_since(session) < silent_since(crowd->silent))
        crowd->silent = session;
}

static bool same_credential(const struct session *session, const struct identity *who)
{
    return strcmp(session->who.stamp.credential, who->stamp.credential) == 0;
}

/* Those of the role; with `by_credential` those of the very credential. */
static struct crowd of_role(const struct gate *gate, const struct identity *who, bool by_credential)
{
    struct crowd crowd = {0, NULL};
    for (struct session *session = LIST_FIRST(&gate->sessions.of_role[who->role]); session != NULL;
         session = LIST_NEXT(session, of_role))
        if (!by_credential || same_credential(session, who))
            add(&crowd, session);
    return crowd;
}

/* Those with the uuid. Of claimants only those with the same key: another's fill nobody's bound but their own. */
static struct crowd of_name(const struct gate *gate, const struct identity *who)
{
    struct crowd crowd = {0, NULL};
    for (struct session *session = session_first_of(&gate->sessions, who->stamp.client_id, who->name_length);
         session != NULL; session = session_next_of(session))
        if (session->who.role == who->role && (who->role == ROLE_DEVICE || same_credential(session, who)))
            add(&crowd, session);
    return crowd;
}

/* False when it is full; else whoever must go for it, or nobody, is in `*goes`. */
static bool room_in_role(const struct gate *gate, const struct identity *who, struct session **goes)
{
    int most = gate->options.max[who->role];
    if (most == 0 || gate->sessions.count[who->role] < (unsigned)most)
        return true;
    *goes = who->role == ROLE_PROVISIONING ? of_role(gate, who, false).silent : NULL;
    return *goes != NULL;
}

static void room_for_credential(const struct gate *gate, const struct identity *who, struct session **goes)
{
    int share = gate->options.max[ROLE_OPERATOR] / KEY_SHARE;
    if (who->role != ROLE_OPERATOR)
        return;
    struct crowd crowd = of_role(gate, who, true);
    if (crowd.count >= (share > KEY_LEAST ? share : KEY_LEAST))
        *goes = crowd.silent;
}

static bool room_in_name(const struct gate *gate, const struct identity *who, struct session **goes)
{
    if (who->role != ROLE_DEVICE && who->role != ROLE_PROVISIONING)
        return true;
    struct crowd crowd = of_name(gate, who);
    if (crowd.count < gate->options.max_per_device)
        return true;
    *goes = who->role == ROLE_DEVICE ? crowd.silent : NULL;
    return *goes != NULL;
}

bool room_make(struct gate *gate, const struct identity *who, const struct session *displaced)
{
    struct session *goes[3] = {NULL, NULL, NULL}; /* for its credential, its name, its role */
    if (displaced != NULL && displaced->who.role == who->role)
        return true; /* it takes that one's place */
    room_for_credential(gate, who, &goes[0]);
    if (!room_in_name(gate, who, &goes[1]))
        return false;
    if (goes[0] == NULL && goes[1] == NULL && !room_in_role(gate, who, &goes[2]))
        return false;
    for (size_t i = 0; i < 3; i++)
        if (goes[i] != NULL)
            session_doom(&gate->sessions, goes[i]);
    return true;
}
