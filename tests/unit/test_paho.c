/* The connection above a Paho that is played here: what happens when its threads report late. */
#include "device-client/paho.h"
#include "tests/unit/check.h"

#include <MQTTAsync.h>
#include <stdint.h>
#include <time.h>

#define SENT_MAX 8

/* What the connection asked for, to be answered by the test. */
static MQTTAsync_responseOptions sent[SENT_MAX];
static int sent_count, disconnects;
static bool disconnect_is_late;
static MQTTAsync_disconnectOptions last_disconnect;

int MQTTAsync_createWithOptions(MQTTAsync *handle, const char *uri, const char *client_id, int persistence,
                                void *persistence_context, MQTTAsync_createOptions *options)
{
    static int client;
    (void)uri, (void)client_id, (void)persistence, (void)persistence_context, (void)options;
    *handle = &client;
    return MQTTASYNC_SUCCESS;
}

int MQTTAsync_setCallbacks(MQTTAsync handle, void *context, MQTTAsync_connectionLost *lost,
                           MQTTAsync_messageArrived *arrived, MQTTAsync_deliveryComplete *delivered)
{
    (void)handle, (void)context, (void)lost, (void)arrived, (void)delivered;
    return MQTTASYNC_SUCCESS;
}

int MQTTAsync_setDisconnected(MQTTAsync handle, void *context, MQTTAsync_disconnected *disconnected)
{
    (void)handle, (void)context, (void)disconnected;
    return MQTTASYNC_SUCCESS;
}

static MQTTAsync_connectOptions last_connect;
static MQTTAsync_SSLOptions last_tls;

int MQTTAsync_connect(MQTTAsync handle, const MQTTAsync_connectOptions *options)
{
    (void)handle;
    last_connect = *options;
    if (options->ssl != NULL)
        last_tls = *options->ssl; /* it is the caller's */
    return MQTTASYNC_SUCCESS;
}

int MQTTAsync_sendMessage(MQTTAsync handle, const char *topic, const MQTTAsync_message *message,
                          MQTTAsync_responseOptions *response)
{
    (void)handle, (void)topic, (void)message;
    sent[sent_count++] = *response;
    return MQTTASYNC_SUCCESS;
}

int MQTTAsync_disconnect(MQTTAsync handle, const MQTTAsync_disconnectOptions *options)
{
    (void)handle;
    disconnects++;
    last_disconnect = *options;
    if (!disconnect_is_late)
        options->onSuccess5(options->context, NULL);
    return MQTTASYNC_SUCCESS;
}

void MQTTAsync_destroy(MQTTAsync *handle)
{
    *handle = NULL;
}

static int64_t disconnect_took(struct paho *paho, int timeout_ms)
{
    struct timespec before, after;
    clock_gettime(CLOCK_MONOTONIC, &before);
    paho_disconnect(paho, timeout_ms);
    clock_gettime(CLOCK_MONOTONIC, &after);
    return (after.tv_sec - before.tv_sec) * INT64_C(1000) + (after.tv_nsec - before.tv_nsec) / 1000000;
}

static struct paho *connected(void)
{
    static const struct paho_login login = {.host = "localhost", .port = 1};
    struct paho *paho = paho_new("d1");
    paho_connect(paho, &login);
    sent_count = disconnects = 0;
    disconnect_is_late = false;
    return paho;
}

static void check_patience(void)
{
    struct paho *paho = connected();
    int64_t took = disconnect_took(paho, 300);
    CHECK(took < 200, "nothing to wait for: %lld ms", (long long)took);
    paho_free(paho);

    paho = connected();
    CHECK(paho_publish(paho, "t", "x", 1, 1) && paho_publish(paho, "t", "y", 1, 0), "publish");
    sent[0].onSuccess5(sent[0].context, NULL);
    CHECK(sent[1].onSuccess5 == NULL, "QoS 0 is waited for");
    took = disconnect_took(paho, 300);
    CHECK(took < 200, "all is acknowledged: %lld ms", (long long)took);
    paho_free(paho);

    paho = connected();
    CHECK(paho_publish(paho, "t", "x", 1, 1), "publish");
    took = disconnect_took(paho, 300);
    CHECK(took >= 250, "a PUBACK is missing: %lld ms", (long long)took);
    CHECK_INT(disconnects, 1);
    paho_free(paho);
}

/* The end of an old connection's publish is reported when the next stands: it is not one of the next. */
static void check_late(void)
{
    static const struct paho_login login = {.host = "localhost", .port = 1};
    struct paho *paho = connected();
    CHECK(paho_publish(paho, "t", "x", 1, 1), "publish");
    CHECK(paho_publish(paho, "t", "y", 1, 1), "publish");
    paho_connect(paho, &login);
    sent[0].onFailure5(sent[0].context, NULL);
    CHECK(paho_publish(paho, "t", "z", 1, 1), "publish");
    sent[1].onFailure5(sent[1].context, NULL);
    int64_t took = disconnect_took(paho, 300);
    CHECK(took >= 250, "an old end counted for the new connection: %lld ms", (long long)took);
    paho_free(paho);
}

/* Nobody waits any more for the DISCONNECT of an old connection. */
static void check_late_disconnect(void)
{
    static const struct paho_login login = {.host = "localhost", .port = 1};
    struct paho *paho = connected();
    disconnect_is_late = true;
    int64_t took = disconnect_took(paho, 100);
    CHECK(took >= 1000, "the DISCONNECT is waited for: %lld ms", (long long)took);
    paho_connect(paho, &login);
    disconnect_is_late = false;
    CHECK(paho_publish(paho, "t", "x", 1, 1), "publish");
    last_disconnect.onSuccess5(last_disconnect.context, NULL);
    took = disconnect_took(paho, 300);
    CHECK(took >= 250, "an old disconnect counted for the new connection: %lld ms", (long long)took);
    paho_free(paho);
}

/* How a connection can fail, as Paho tells it, and whether that is the credential's fault. */
static const struct {
    int code;
    enum MQTTReasonCodes reason;
    const char *message;
    bool refused;
    const char *expected;
} failures[] = {
    {MQTTREASONCODE_NOT_AUTHORIZED, MQTTREASONCODE_SUCCESS, "CONNACK return code", true, "Not authorized"},
    {MQTTREASONCODE_BAD_USER_NAME_OR_PASSWORD, MQTTREASONCODE_SUCCESS, "CONNACK return code", true,
     "Bad User Name or Password"},
    {MQTTREASONCODE_SERVER_UNAVAILABLE, MQTTREASONCODE_SUCCESS, "CONNACK return code", false, "Server unavailable"},
    {MQTTASYNC_FAILURE, MQTTREASONCODE_NOT_AUTHORIZED, NULL, true, "Not authorized"},
    {MQTTASYNC_FAILURE, MQTTREASONCODE_SUCCESS, "TCP/TLS connect failure", false, "TCP/TLS connect failure"},
    {MQTTASYNC_FAILURE, MQTTREASONCODE_SUCCESS, NULL, false, "no TCP or TLS connection"},
};

static void check_failures(void)
{
    for (size_t i = 0; i < sizeof failures / sizeof *failures; i++) {
        MQTTAsync_failureData5 data = MQTTAsync_failureData5_initializer;
        struct paho *paho = connected();
        struct paho_event event = {.kind = PAHO_UP};
        data.code = failures[i].code;
        data.reasonCode = failures[i].reason;
        data.message = failures[i].message;
        last_connect.onFailure5(last_connect.context, &data);
        CHECK(paho_next(paho, &event) && event.kind == PAHO_DOWN, "%s", failures[i].expected);
        CHECK(event.refused == failures[i].refused, "%s: %d", failures[i].expected, event.refused);
        CHECK_TEXT(event.reason, failures[i].expected);
        paho_event_wipe(&event);
        paho_free(paho);
    }
}

/* What OpenSSL says, and whose certificate it is about. */
static const struct {
    const char *line, *expected;
    bool refused, untrusted;
} tls_errors[] = {
    {"7F:error:0A000086:SSL routines:tls_post:certificate verify failed:file.c:1889:", "TLS: certificate verify failed",
     false, true},
    {"7F:error:0A000412:SSL routines:ssl3_read_bytes:sslv3 alert bad certificate:rec.c:1584:SSL alert number 42",
     "TLS: sslv3 alert bad certificate", true, false},
    {"7F:error:0A000102:SSL routines:ssl_choose:unsupported protocol:file.c:1:", "TLS: unsupported protocol", false,
     false},
};

static void check_tls_errors(void)
{
    static const struct paho_login login = {.host = "localhost", .port = 1, .ca_file = "ca.pem"};
    for (size_t i = 0; i < sizeof tls_errors / sizeof *tls_errors; i++) {
        MQTTAsync_failureData5 data = MQTTAsync_failureData5_initializer;
        struct paho_event event = {.kind = PAHO_UP};
        struct paho *paho = paho_new("d1");
        paho_connect(paho, &login);
        CHECK(last_tls.enableServerCertAuth == 1 && last_tls.verify == 1, "the broker is not verified");
        last_tls.ssl_error_cb(tls_errors[i].line, strlen(tls_errors[i].line), last_tls.ssl_error_context);
        data.code = MQTTASYNC_FAILURE;
        last_connect.onFailure5(last_connect.context, &data);
        CHECK(paho_next(paho, &event) && event.kind == PAHO_DOWN, "%s", tls_errors[i].expected);
        CHECK_TEXT(event.reason, tls_errors[i].expected);
        CHECK(event.refused == tls_errors[i].refused && event.untrusted == tls_errors[i].untrusted, "%s: %d %d",
              event.reason, event.refused, event.untrusted);
        paho_event_wipe(&event);
        paho_free(paho);
    }
}

int main(void)
{
    check_tls_errors();
    check_patience();
    check_late();
    check_late_disconnect();
    check_failures();
    return check_done();
}
