#include "device-client/paho.h"

#include "certs/key.h"
#include "device-client/inbox.h"
#include "device-client/unfinished.h"
#include "topics/limits.h"

#include <MQTTAsync.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEEPALIVE_S        60
#define CONNECT_TIMEOUT_S  10
#define LAST_WORD_MS       2000 /* for the DISCONNECT packet itself */
#define FIRST_REFUSAL_CODE 0x80 /* MQTT 5.0, 2.4: reason codes from here on are failures */

/* Locking: `lock` guards what stands below it, is held for a few copies only and never while Paho is called. */
struct paho {
    MQTTAsync client;
    bool active; /* paho_connect was called, and not disconnected since */
    char filters[PAHO_FILTERS][LIMIT_TOPIC + 1];
    int filter_count;
    struct inbox inbox;
    struct unfinished unfinished; /* publishes at QoS 1 without PUBACK; at the end, the disconnect */
    pthread_mutex_t lock;
    char tls_why[96]; /* what TLS did not like, of the last attempt */
};

/* OpenSSL's words for a certificate of the broker that was not accepted, be it for its issuer or its dates. */
#define UNTRUSTED "certificate verify failed"

static void enqueue_down(struct paho *paho, bool refused, const char *reason)
{
    struct paho_event event = {.kind = PAHO_DOWN, .refused = refused, .untrusted = strstr(reason, UNTRUSTED) != NULL};
    snprintf(event.reason, sizeof event.reason, "%s", reason);
    inbox_put(&paho->inbox, &event);
}

static int on_message(void *context, char *topic, int topic_length, MQTTAsync_message *message)
{
    size_t topic_size = topic_length > 0 ? (size_t)topic_length : strlen(topic), length = (size_t)message->payloadlen;
    struct paho_event event = {.kind = PAHO_MESSAGE, .topic_length = topic_size, .length = length};
    event.topic = length <= LIMIT_ANSWER ? malloc(topic_size + length + 2) : NULL;
    if (event.topic != NULL) {
        event.payload = event.topic + topic_size + 1;
        memcpy(event.topic, topic, topic_size);
        memcpy(event.payload, message->payload, length);
        event.topic[topic_size] = event.payload[length] = '\0';
        inbox_put(&((struct paho *)context)->inbox, &event);
    }
    key_wipe(message->payload, length); /* it may be an API key */
    MQTTAsync_freeMessage(&message);
    MQTTAsync_free(topic);
    return 1;
}

static void on_lost(void *context, char *cause)
{
    enqueue_down(context, false, cause != NULL ? cause : "the broker closed it or cannot be reached any more");
}

/* The broker said goodbye (MQTT 5.0, 3.14); on_lost does not follow. */
static void on_disconnected(void *context, MQTTProperties *properties, enum MQTTReasonCodes code)
{
    (void)properties;
    char reason[96];
    const char *name = MQTTReasonCode_toString(code);
    snprintf(reason, sizeof reason, "the broker ended it: %s", name != NULL ? name : "no reason given");
    enqueue_down(context, code == MQTTREASONCODE_NOT_AUTHORIZED, reason);
}

/* Bad user name or password, not authorised, banned, bad authentication method (MQTT 5.0, 3.2.2.2). */
static bool is_refusal(enum MQTTReasonCodes code)
{
    return code == MQTTREASONCODE_BAD_USER_NAME_OR_PASSWORD || code == MQTTREASONCODE_NOT_AUTHORIZED ||
           code == MQTTREASONCODE_BANNED || code == MQTTREASONCODE_BAD_AUTHENTICATION_METHOD;
}

/* One line of OpenSSL's error queue, "thread:error:code:library:function:reason:file:line:data": keeps the reason. */
static int on_tls_error(const char *line, size_t length, void *context)
{
    struct paho *paho = context;
    const char *at = line, *end = line + length;
    for (int colons = 0; at != NULL && colons < 5; colons++) {
        at = memchr(at, ':', (size_t)(end - at));
        at = at != NULL ? at + 1 : NULL;
    }
    const char *stop = at != NULL ? memchr(at, ':', (size_t)(end - at)) : NULL;
    pthread_mutex_lock(&paho->lock);
    if (stop != NULL && paho->tls_why[0] == '\0')
        snprintf(paho->tls_why, sizeof paho->tls_why, "TLS: %.*s", (int)(stop - at), at);
    pthread_mutex_unlock(&paho->lock);
    return 1;
}

/* An alert about the certificate that was shown (RFC 5246, 7.2.2), in OpenSSL's words. */
static bool is_tls_refusal(const char *tls_why)
{
    return strstr(tls_why, " alert ") != NULL &&
           (strstr(tls_why, "certificate") != NULL || strstr(tls_why, "unknown ca") != NULL);
}

/* Paho 1.3 tells the reason of a CONNACK in `code` and leaves `reasonCode` at 0; Paho's own failures are negative. */
static enum MQTTReasonCodes reason_of(const MQTTAsync_failureData5 *data)
{
    if (data == NULL || (unsigned)data->reasonCode >= FIRST_REFUSAL_CODE || data->code < FIRST_REFUSAL_CODE)
        return data != NULL ? data->reasonCode : MQTTREASONCODE_SUCCESS;
    return (enum MQTTReasonCodes)data->code;
}

static void on_connect_failure(void *context, MQTTAsync_failureData5 *data)
{
    enum MQTTReasonCodes code = reason_of(data);
    const char *reason = NULL;
    if ((unsigned)code >= FIRST_REFUSAL_CODE)
        reason = MQTTReasonCode_toString(code);
    if (reason == NULL && data != NULL)
        reason = data->message;
    if (reason == NULL)
        reason = "no TCP or TLS connection";
    struct paho *paho = context;
    char tls_why[sizeof paho->tls_why];
    pthread_mutex_lock(&paho->lock);
    memcpy(tls_why, paho->tls_why, sizeof tls_why);
    pthread_mutex_unlock(&paho->lock);
    enqueue_down(paho, is_refusal(code) || is_tls_refusal(tls_why), tls_why[0] != '\0' ? tls_why : reason);
}

static void on_subscribed(void *context, MQTTAsync_successData5 *data)
{
    struct paho *paho = context;
    struct paho_event up = {.kind = PAHO_UP};
    bool granted = (unsigned)data->reasonCode < FIRST_REFUSAL_CODE;
    for (int i = 0; i < data->alt.sub.reasonCodeCount && data->alt.sub.reasonCodes != NULL; i++)
        granted = granted && (unsigned)data->alt.sub.reasonCodes[i] < FIRST_REFUSAL_CODE;
    if (granted)
        inbox_put(&paho->inbox, &up);
    else
        enqueue_down(paho, true, "the broker does not grant the subscription");
}

static void on_subscribe_failure(void *context, MQTTAsync_failureData5 *data)
{
    (void)data;
    enqueue_down(context, true, "the broker does not grant the subscription");
}

/* A clean start has no subscriptions: they are made at every connect (asynchronous calls are allowed in callbacks). */
static void on_connected(void *context, MQTTAsync_successData5 *data)
{
    (void)data;
    struct paho *paho = context;
    MQTTAsync_responseOptions options = MQTTAsync_responseOptions_initializer;
    MQTTSubscribe_options each[PAHO_FILTERS];
    char *filters[PAHO_FILTERS];
    int qos[PAHO_FILTERS];
    for (int i = 0; i < paho->filter_count; i++) {
        filters[i] = paho->filters[i];
        qos[i] = 1;
        each[i] = (MQTTSubscribe_options)MQTTSubscribe_options_initializer;
    }
    options.onSuccess5 = on_subscribed;
    options.onFailure5 = on_subscribe_failure;
    options.context = paho;
    options.subscribeOptionsCount = paho->filter_count;
    options.subscribeOptionsList = each;
    if (MQTTAsync_subscribeMany(paho->client, paho->filter_count, filters, qos, &options) != MQTTASYNC_SUCCESS)
        enqueue_down(paho, false, "the subscription could not be sent");
}

static bool make_client(struct paho *paho, const char *client_id)
{
    MQTTAsync_createOptions options = MQTTAsync_createOptions_initializer5;
    options.sendWhileDisconnected = 0;
    /* the address is given at each connect */
    return MQTTAsync_createWithOptions(&paho->client, "tcp://localhost:1883", client_id, MQTTCLIENT_PERSISTENCE_NONE,
                                       NULL, &options) == MQTTASYNC_SUCCESS &&
           MQTTAsync_setCallbacks(paho->client, paho, on_lost, on_message, NULL) == MQTTASYNC_SUCCESS &&
           MQTTAsync_setDisconnected(paho->client, paho, on_disconnected) == MQTTASYNC_SUCCESS;
}

struct paho *paho_new(const char *client_id)
{
    struct paho *paho = calloc(1, sizeof *paho);
    if (paho == NULL)
        return NULL;
    pthread_mutex_init(&paho->lock, NULL);
    unfinished_begin(&paho->unfinished);
    if (!inbox_begin(&paho->inbox) || !make_client(paho, client_id)) {
        paho_free(paho);
        return NULL;
    }
    return paho;
}

void paho_free(struct paho *paho)
{
    if (paho == NULL)
        return;
    if (paho->active)
        paho_disconnect(paho, 1000);
    if (paho->client != NULL)
        MQTTAsync_destroy(&paho->client);
    inbox_end(&paho->inbox);
    unfinished_end(&paho->unfinished);
    pthread_mutex_destroy(&paho->lock);
    free(paho);
}

int paho_descriptor(const struct paho *paho)
{
    return paho->inbox.wake;
}

static MQTTAsync_SSLOptions tls_options(struct paho *paho, const struct paho_login *login)
{
    MQTTAsync_SSLOptions tls = MQTTAsync_SSLOptions_initializer;
    tls.trustStore = login->ca_file;
    tls.keyStore = login->identity_file; /* Paho looks for the private key there, too */
    tls.enableServerCertAuth = 1;
    tls.verify = 1; /* the certificate must be for this host */
    tls.disableDefaultTrustStore = 1;
    tls.ssl_error_cb = on_tls_error;
    tls.ssl_error_context = paho;
    return tls;
}

static void copy_filters(struct paho *paho, const struct paho_login *login)
{
    paho->filter_count = 0;
    for (int i = 0; i < PAHO_FILTERS; i++)
        if (login->filters[i] != NULL)
            snprintf(paho->filters[paho->filter_count++], sizeof paho->filters[i], "%s", login->filters[i]);
}

void paho_connect(struct paho *paho, const struct paho_login *login)
{
    char uri[320];
    char *uris[] = {uri};
    bool bare_ipv6 = strchr(login->host, ':') != NULL && login->host[0] != '[';
    snprintf(uri, sizeof uri, bare_ipv6 ? "%s://[%s]:%d" : "%s://%s:%d", login->ca_file != NULL ? "ssl" : "tcp",
             login->host, login->port);
    MQTTAsync_SSLOptions tls = tls_options(paho, login);
    MQTTAsync_willOptions will = MQTTAsync_willOptions_initializer;
    will.topicName = login->will_topic;
    will.message = login->will_payload;
    will.qos = 1;
    MQTTAsync_connectOptions options = MQTTAsync_connectOptions_initializer5;
    options.keepAliveInterval = KEEPALIVE_S;
    options.connectTimeout = CONNECT_TIMEOUT_S;
    options.cleanstart = 1;
    options.username = login->username;
    options.password = login->password;
    options.serverURIs = uris;
    options.serverURIcount = 1;
    options.ssl = login->ca_file != NULL ? &tls : NULL;
    options.will = login->will_topic != NULL ? &will : NULL;
    options.onSuccess5 = on_connected;
    options.onFailure5 = on_connect_failure;
    options.context = paho;
    if (paho->active)
        paho_disconnect(paho, 0);
    copy_filters(paho, login);
    paho->active = true;
    pthread_mutex_lock(&paho->lock);
    paho->tls_why[0] = '\0';
    pthread_mutex_unlock(&paho->lock);
    inbox_open(&paho->inbox, true);
    if (MQTTAsync_connect(paho->client, &options) != MQTTASYNC_SUCCESS)
        enqueue_down(paho, false, "the connection could not be begun");
}

static void on_finished(void *context, MQTTAsync_successData5 *data)
{
    (void)data;
    unfinished_finish(context);
}

static void on_not_finished(void *context, MQTTAsync_failureData5 *data)
{
    (void)data;
    unfinished_finish(context);
}

bool paho_publish(struct paho *paho, const char *topic, const char *payload, size_t length, int qos)
{
    MQTTAsync_message message = MQTTAsync_message_initializer;
    MQTTAsync_responseOptions options = MQTTAsync_responseOptions_initializer;
    message.payload = (void *)(uintptr_t)payload; /* Paho copies it and changes nothing */
    message.payloadlen = (int)length;
    message.qos = qos;
    struct ticket *ticket = qos > 0 ? unfinished_add(&paho->unfinished) : NULL;
    if (ticket != NULL) {
        options.onSuccess5 = on_finished;
        options.onFailure5 = on_not_finished;
        options.context = ticket;
    }
    bool taken = MQTTAsync_sendMessage(paho->client, topic, &message, &options) == MQTTASYNC_SUCCESS;
    if (!taken && ticket != NULL)
        unfinished_finish(ticket);
    return taken;
}

/* Waits for the PUBACKs itself: Paho's own patience in MQTTAsync_disconnect looks only once a second. */
void paho_disconnect(struct paho *paho, int timeout_ms)
{
    MQTTAsync_disconnectOptions options = MQTTAsync_disconnectOptions_initializer5;
    inbox_open(&paho->inbox, false);
    unfinished_wait(&paho->unfinished, timeout_ms);
    options.onSuccess5 = on_finished;
    options.onFailure5 = on_not_finished;
    options.context = unfinished_add(&paho->unfinished);
    bool begun = paho->active && MQTTAsync_disconnect(paho->client, &options) == MQTTASYNC_SUCCESS;
    unfinished_wait(&paho->unfinished, begun ? LAST_WORD_MS : 0);
    paho->active = false;
}

bool paho_next(struct paho *paho, struct paho_event *out)
{
    return inbox_take(&paho->inbox, out);
}
