/* Logins: who is let in, who makes place for whom, and what is said of those who are not. */
#include "service/gate/gate.h"

#include "service/io/entropy.h"
#include "topics/id.h"
#include "topics/json_write.h"

#include <mosquitto.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define LINES_BURST  50
#define LINES_REFILL 200 /* ms a line */

static bool may_log(struct gate *gate)
{
    int64_t refill = (gate->now - gate->lines.refilled) / LINES_REFILL;
    if (refill > 0) {
        gate->lines.refilled = gate->now;
        gate->lines.tokens = refill < LINES_BURST - gate->lines.tokens ? gate->lines.tokens + (int)refill : LINES_BURST;
    }
    if (gate->lines.tokens == 0) {
        gate->lines.dropped++;
        return false;
    }
    gate->lines.tokens--;
    return true;
}

/* The client hears no more than "not authorised"; the log and the service's audit know the reason. */
static void tell_refused(struct gate *gate, const struct identity *who, enum refusal refusal)
{
    char payload[64], name[STAMP_NAME];
    struct json_writer json;
    if (refusal == REFUSE_AGAIN || !may_log(gate))
        return;
    stamp_name(&who->stamp, name);
    mosquitto_log_printf(MOSQ_LOG_NOTICE, "muster: refused %s from %s as %s: %s%s%s",
                         who->stamp.client_id[0] != '\0' ? who->stamp.client_id : "a malformed client id",
                         who->stamp.address, name, refusal_sentence(refusal), refusal == REFUSE_UNREADABLE ? ": " : "",
                         refusal == REFUSE_UNREADABLE ? lookup_error(gate->lookup) : "");
    if (gate->lines.dropped > 0)
        mosquitto_log_printf(MOSQ_LOG_NOTICE, "muster: %u more refusals were not logged", gate->lines.dropped);
    gate->lines.dropped = 0;
    if (who->stamp.client_id[0] == '\0' || refusal == REFUSE_UNREADABLE)
        return; /* nobody to name; or no reason of the client's */
    json_start(&json, payload, sizeof payload);
    json_open(&json, NULL, '{');
    json_text(&json, "reason", refusal_word(refusal));
    json_close(&json, '}');
    outgoing_hint(&gate->outgoing, TOPIC_GATE_REFUSED, &who->stamp, payload);
}

/* A connection that is let in: its number, its place in the table, its name in the broker. */
static enum refusal admit(struct gate *gate, struct mosquitto *client, struct identity *who)
{
    unsigned char random[SESSION_NONCE];
    char nonce[SESSION_NONCE + 1];
    struct session *live = session_live(&gate->sessions, who->stamp.client_id);
    if (live != NULL && !identity_may_displace(who, &live->who))
        return REFUSE_TAKEN;
    if (!room_make(gate, who, live))
        return REFUSE_FULL;
    entropy_fill(random, sizeof random);
    secret_base32(random, sizeof random, nonce);
    who->stamp.connection = ++gate->last_connection;
    struct session *session = session_add(&gate->sessions, client, who, nonce, gate->now);
    if (session == NULL || mosquitto_set_username(client, session->username) != MOSQ_ERR_SUCCESS) {
        if (session != NULL)
            session_close(&gate->sessions, session);
        return REFUSE_FULL;
    }
    if (live != NULL)
        session_leave(&gate->sessions, live);
    return REFUSE_NOT;
}

static enum refusal decide(struct gate *gate, struct mosquitto *client, const struct login *login, struct identity *who)
{
    enum refusal refusal = REFUSE_AGAIN;
    if (login->client_id == NULL || !backoff_holds(&gate->backoff, login, gate->now))
        refusal = auth_login(gate->lookup, &gate->options.auth, login, who);
    if (refusal == REFUSE_CREDENTIAL || refusal == REFUSE_ENDED)
        backoff_note(&gate->backoff, login, gate->now);
    return refusal == REFUSE_NOT ? admit(gate, client, who) : refusal;
}

static void name_client(const struct mosquitto *client, struct identity *who)
{
    const char *id = mosquitto_client_id(client), *address = mosquitto_client_address(client);
    if (id != NULL && id_is_connection(id, strlen(id)))
        memcpy(who->stamp.client_id, id, strlen(id) + 1);
    snprintf(who->stamp.address, sizeof who->stamp.address, "%s", address != NULL ? address : "-");
}

/* The broker does not always say when a websocket closes, and lets them log in later in a turn than others. */
static int refuse_websocket(struct gate *gate, const struct mosquitto *client)
{
    struct identity who = {.role = ROLE_COUNT};
    name_client(client, &who);
    tell_refused(gate, &who, REFUSE_PROTOCOL);
    return MOSQ_ERR_AUTH;
}

int login_on_basic_auth(int event, void *data, void *context)
{
    struct gate *gate = context;
    struct mosquitto_evt_basic_auth *auth = data;
    struct identity who = {.role = ROLE_COUNT};
    struct peer peer;
    const struct session *known = session_of(&gate->sessions, auth->client);
    (void)event;
    gate->now = gate_clock();
    if (mosquitto_client_protocol(auth->client) != mp_mqtt)
        return refuse_websocket(gate, auth->client);
    /* Asked again, after SIGHUP. Sessions that are kept for who is away are asked for, too: to refuse one makes
     * mosquitto 2.0 put it on its list of expiring sessions twice, and free it twice. */
    if (gate->reloading && known == NULL)
        return MOSQ_ERR_SUCCESS;
    if (known != NULL && auth->username != NULL && strcmp(auth->username, known->username) == 0)
        return known->doomed ? MOSQ_ERR_AUTH : MOSQ_ERR_SUCCESS;
    name_client(auth->client, &who);
    const char *address = mosquitto_client_address(auth->client);
    void *certificate = mosquitto_client_certificate(auth->client);
    const struct login login = {.client_id = mosquitto_client_id(auth->client),
                                .username = auth->username,
                                .password = auth->password,
                                .address = address != NULL ? address : "-",
                                .peer = certificate != NULL && peer_take(certificate, &peer) ? &peer : NULL,
                                .keepalive = mosquitto_client_keepalive(auth->client),
                                .now = time(NULL)};
    enum refusal refusal =
        certificate != NULL && login.peer == NULL ? REFUSE_CREDENTIAL : decide(gate, auth->client, &login, &who);
    if (refusal != REFUSE_NOT) {
        tell_refused(gate, &who, refusal);
        return MOSQ_ERR_AUTH;
    }
    if (who.role == ROLE_DEVICE)
        outgoing_hint(&gate->outgoing, TOPIC_GATE_CONNECTED, &who.stamp, "");
    return MOSQ_ERR_SUCCESS;
}

int login_on_disconnect(int event, void *data, void *context)
{
    struct gate *gate = context;
    struct mosquitto_evt_disconnect *closed = data;
    struct session *session = session_of(&gate->sessions, closed->client);
    (void)event;
    if (session == NULL || session->closed)
        return MOSQ_ERR_SUCCESS;
    session_close(&gate->sessions, session);
    if (session->who.role == ROLE_DEVICE)
        outgoing_hint(&gate->outgoing, TOPIC_GATE_DISCONNECTED, &session->who.stamp, "");
    return MOSQ_ERR_SUCCESS;
}

int login_on_reload(int event, void *data, void *context)
{
    struct gate *gate = context;
    (void)event;
    (void)data;
    gate->reloading = true;
    gate->reload.done = gate->reload.asked;
    return MOSQ_ERR_SUCCESS;
}
