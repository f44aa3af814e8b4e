#include "device-client/backoff.h"
#include "device-client/client_internal.h"

#include <string.h>

const char *client_credential_name(enum credential credential)
{
    static const char *const names[] = {"nothing", "the provisioning key", "the API key", "the certificate",
                                        "the new certificate"};
    return credential <= CREDENTIAL_BEST ? names[credential] : names[0];
}

/* An expired certificate is refused inside TLS, where nobody can tell the reason. */
static bool has_passed(const char *text, int64_t wall_ms)
{
    int64_t not_after = 0;
    return wall_ms != 0 && client_wall_ms(text, &not_after) && wall_ms >= not_after;
}

static bool has_credential(const struct client *client, enum credential credential, int64_t wall_ms)
{
    const struct kept *kept = client->kept;
    switch (credential) {
    case CREDENTIAL_NEXT:
        return kept_has_next(kept) && !has_passed(kept->next_not_after, wall_ms);
    case CREDENTIAL_CERTIFICATE:
        return kept_is_provisioned(kept) && !has_passed(kept->not_after, wall_ms);
    case CREDENTIAL_API_KEY:
        return kept->api_key[0] != '\0';
    case CREDENTIAL_PROVISIONING_KEY:
        return kept->provisioning_key[0] != '\0' || client->options.key_offered || client->options.open_mode;
    case CREDENTIAL_NONE:
        break;
    }
    return false;
}

bool client_has_certificate(const struct step *step)
{
    return has_credential(step->client, CREDENTIAL_NEXT, step->wall_ms) ||
           has_credential(step->client, CREDENTIAL_CERTIFICATE, step->wall_ms);
}

static enum credential best_credential(const struct client *client, enum credential from, int64_t wall_ms)
{
    while (from > CREDENTIAL_NONE && !has_credential(client, from, wall_ms))
        from--;
    return from;
}

/* Only who says `connect` has one. */
static bool has_session(const struct client *client)
{
    enum client_goal goal = client->options.goal;
    return (client->credential >= CREDENTIAL_CERTIFICATE && goal == GOAL_RUN) ||
           (client->credential == CREDENTIAL_NEXT && goal == GOAL_RENEW);
}

void client_connect(struct step *step)
{
    struct client *client = step->client;
    client->credential = best_credential(client, client->ceiling, step->wall_ms);
    if (client->credential == CREDENTIAL_NONE) {
        client_done(step, MUSTER_DEVICE_CONFIGURATION,
                    "give --provisioning-key-file FILE; an operator makes a key: musterctl key create",
                    "there is no provisioning key, and the device has no credential of its own");
        return;
    }
    client->link = LINK_CONNECTING;
    client->next_ms = step->in->now_ms + CLIENT_PATIENCE_MS;
    client->heartbeat_ms = 0;
    client->session[0] = '\0';
    if (has_session(client))
        client_random_id(step, client->session);
    step->out->connect = true;
}

void client_reconnect(struct step *step)
{
    step->client->online = false;
    step->client->task = TASK_NONE;
    step->out->disconnect = true;
    client_connect(step);
}

void client_connect_later(struct step *step, int64_t wait_ms)
{
    struct client *client = step->client;
    step->out->disconnect = client->link != LINK_DOWN;
    client->link = LINK_DOWN;
    client->online = false;
    client->task = TASK_NONE;
    client->heartbeat_ms = 0;
    client->next_ms = step->in->now_ms + wait_ms;
}

/* The old credential is kept until a new one works: a broker that refuses by mistake must not cost a device its
 * identity. After the least one comes the best one again. */
void client_retreat(struct step *step)
{
    struct client *client = step->client;
    enum credential lesser = CREDENTIAL_NONE;
    if (client->credential > CREDENTIAL_NONE)
        lesser = best_credential(client, client->credential - 1, step->wall_ms);
    /* in open mode nothing proves that the device may register anew: only a key that it holds does */
    if (lesser == CREDENTIAL_PROVISIONING_KEY && client->kept->provisioning_key[0] == '\0' &&
        !client->options.key_offered)
        lesser = CREDENTIAL_NONE;
    client->ceiling = lesser != CREDENTIAL_NONE ? lesser : CREDENTIAL_BEST;
    client->refusals = 0;
    uint32_t random = client_random32(step, RANDOM_WAIT);
    client_connect_later(step, lesser != CREDENTIAL_NONE ? backoff_ms(client->failures + client->rejections, random)
                                                         : backoff_slow_ms(random));
}

/* A certificate that the broker refuses within TLS looks like a network that does not work. So, after some failures, a
 * lesser credential is tried once. When that works, the better one has one more chance; then it counts as refused. */
void client_doubt(struct step *step)
{
    struct client *client = step->client;
    unsigned shift = client->retreats < 8 ? client->retreats : 8; /* each time with more patience */
    enum credential lesser = best_credential(client, client->credential - 1, step->wall_ms);
    if (client->doubted != CREDENTIAL_NONE) { /* neither works: it is the network */
        client->doubted = CREDENTIAL_NONE;
        client->ceiling = CREDENTIAL_BEST;
    } else if (client->credential >= CREDENTIAL_CERTIFICATE && client->proven) {
        client->proven = false;
        client->silences = 0;
        client->retreats++;
        client_retreat(step);
    } else if (client->credential >= CREDENTIAL_CERTIFICATE && lesser >= CREDENTIAL_API_KEY &&
               ++client->silences % (CLIENT_DOUBTS << shift) == 0) {
        client->doubted = client->credential;
        client->ceiling = lesser;
    }
}

bool client_ends_doubt(struct step *step)
{
    struct client *client = step->client;
    bool only_to_know = client->doubted != CREDENTIAL_NONE;
    client->doubted = CREDENTIAL_NONE;
    client->proven = only_to_know;
    if (only_to_know) {
        client->ceiling = CREDENTIAL_BEST;
        client->failures = 0;
        client_say(step, "%s works; once more with the better one", client_credential_name(client->credential));
        client_reconnect(step);
    } else {
        client->silences = 0;
    }
    return only_to_know;
}
