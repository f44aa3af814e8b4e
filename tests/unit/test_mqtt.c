/* The service's connection above a Paho that is played here: TLS, the stamp of the gate, user properties. */
#include "service/io/mqtt_internal.h"
#include "tests/unit/check.h"
#include "topics/stamp.h"

#include <dlfcn.h>
#include <stdlib.h>

static char last_uri[400];
static MQTTAsync_connectOptions last_connect;
static MQTTAsync_SSLOptions last_tls;
static MQTTProperties last_properties;

/* The real client is made: Paho counts its own memory from then on. */
int MQTTAsync_createWithOptions(MQTTAsync *handle, const char *uri, const char *client_id, int persistence,
                                void *persistence_context, MQTTAsync_createOptions *options)
{
    int (*real)(MQTTAsync *, const char *, const char *, int, void *, MQTTAsync_createOptions *) = NULL;
    *(void **)&real = dlsym(RTLD_NEXT, "MQTTAsync_createWithOptions");
    snprintf(last_uri, sizeof last_uri, "%s", uri);
    return real(handle, uri, client_id, persistence, persistence_context, options);
}

int MQTTAsync_connect(MQTTAsync handle, const MQTTAsync_connectOptions *options)
{
    (void)handle;
    last_connect = *options;
    if (options->ssl != NULL)
        last_tls = *options->ssl;
    return MQTTASYNC_SUCCESS;
}

int MQTTAsync_sendMessage(MQTTAsync handle, const char *topic, const MQTTAsync_message *message,
                          MQTTAsync_responseOptions *response)
{
    (void)handle, (void)topic, (void)response;
    last_properties = MQTTProperties_copy(&message->properties);
    return MQTTASYNC_SUCCESS;
}

void MQTTAsync_freeMessage(MQTTAsync_message **message)
{
    *message = NULL;
}

void MQTTAsync_free(void *memory)
{
    (void)memory;
}

/* What the owner was told last. */
static struct mqtt_message taken;
static char stamp[100], down_reason[200];
static bool down_refused;

static void on_message(void *context, const struct mqtt_message *message)
{
    (void)context;
    taken = *message;
    snprintf(stamp, sizeof stamp, "%.*s", (int)message->stamp_length, message->stamp != NULL ? message->stamp : "");
}

static void on_down(void *context, const char *reason, bool refused)
{
    (void)context;
    snprintf(down_reason, sizeof down_reason, "%s", reason);
    down_refused = refused;
}

static struct mqtt *make(const char *host, const char *ca_file, const char *certificate_file, const char *key_file)
{
    static const struct mqtt_callbacks callbacks = {.message = on_message, .down = on_down};
    return mqtt_new(&(struct mqtt_options){.host = host,
                                           .port = 8884,
                                           .client_id = "_me",
                                           .ca_file = ca_file,
                                           .certificate_file = certificate_file,
                                           .key_file = key_file},
                    &callbacks, NULL);
}

static void test_addresses(void)
{
    static const struct {
        const char *host, *ca_file, *uri;
    } rows[] = {{"broker.example", NULL, "tcp://broker.example:8884"},
                {"broker.example", "", "tcp://broker.example:8884"},
                {"broker.example", "ca.pem", "ssl://broker.example:8884"},
                {"::1", "ca.pem", "ssl://[::1]:8884"},
                {"[::1]", NULL, "tcp://[::1]:8884"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct mqtt *mqtt = make(rows[i].host, rows[i].ca_file, NULL, NULL);
        CHECK_TEXT(last_uri, rows[i].uri);
        mqtt_free(mqtt);
    }
}

/* Only the given CA counts, and the broker's certificate must name the host. */
static void test_tls(void)
{
    static char long_path[2 * MQTT_FILE];
    struct mqtt *mqtt = make("h", NULL, NULL, NULL);
    mqtt_connect(mqtt);
    CHECK(last_connect.ssl == NULL, "no TLS without a CA");
    mqtt_free(mqtt);
    mqtt = make("h", "ca.pem", "", "");
    mqtt_connect(mqtt);
    CHECK(last_connect.ssl != NULL && last_tls.keyStore == NULL && last_tls.privateKey == NULL, "no certificate");
    CHECK_TEXT(last_tls.trustStore, "ca.pem");
    CHECK(last_tls.enableServerCertAuth && last_tls.verify && last_tls.disableDefaultTrustStore,
          "the broker is checked");
    mqtt_free(mqtt);
    mqtt = make("h", "ca.pem", "me.pem", "me.key");
    mqtt_connect(mqtt);
    CHECK_TEXT(last_tls.keyStore, "me.pem");
    CHECK_TEXT(last_tls.privateKey, "me.key");
    mqtt_free(mqtt);
    memset(long_path, 'x', sizeof long_path - 1);
    CHECK(make("h", long_path, NULL, NULL) == NULL, "no path is cut");
}

/* What TLS did not like is said, for the attempt that it belongs to. */
static void test_tls_failure(void)
{
    static const char line[] = "7F:error:0A000086:SSL routines:tls_post:certificate verify failed:file.c:1889:";
    MQTTAsync_failureData5 failure = MQTTAsync_failureData5_initializer;
    struct mqtt *mqtt = make("h", "ca.pem", NULL, NULL);
    mqtt_connect(mqtt);
    last_tls.ssl_error_cb(line, strlen(line), last_tls.ssl_error_context);
    last_tls.ssl_error_cb("nonsense", 8, last_tls.ssl_error_context);
    last_connect.onFailure5(last_connect.context, &failure);
    CHECK_TEXT(down_reason, "TLS: certificate verify failed");
    CHECK(!down_refused, "nobody said no");
    mqtt_connect(mqtt);
    failure.reasonCode = MQTTREASONCODE_NOT_AUTHORIZED;
    last_connect.onFailure5(last_connect.context, &failure);
    CHECK_TEXT(down_reason, "cannot connect: Not authorized");
    CHECK(down_refused, "the broker said no");
    last_tls.ssl_error_cb(line, strlen(line), last_tls.ssl_error_context);
    last_connect.onFailure5(last_connect.context, &failure);
    CHECK_TEXT(down_reason, "cannot connect: Not authorized"); /* what the broker says counts more */
    mqtt_free(mqtt);
}

static void add(MQTTProperties *properties, const char *name, const char *value)
{
    MQTTProperty user = {.identifier = MQTTPROPERTY_CODE_USER_PROPERTY};
    user.value.data = (MQTTLenString){(int)strlen(name), (char *)(uintptr_t)name};
    user.value.value = (MQTTLenString){(int)strlen(value), (char *)(uintptr_t)value};
    MQTTProperties_add(properties, &user);
}

/* One stamp is one, two are none, and nothing else is one. */
static void test_stamp(void)
{
    static const struct {
        const char *pairs[6], *stamp;
    } rows[] = {{{NULL}, NULL},
                {{"other", "a"}, NULL},
                {{"muster-stamp", "mac 1"}, "mac 1"},
                {{"other", "a", "muster-stamp", "mac 2", "muster-stam", "b"}, "mac 2"},
                {{"muster-stamp", "mac 3", "muster-stamp", "mac 4"}, NULL},
                {{"muster-stamp", "a", "muster-stamp", "b", "muster-stamp", "c"}, NULL},
                {{"muster-stamps", "a"}, NULL},
                {{"Muster-Stamp", "a"}, NULL}};
    char topic[] = "t", payload[] = "{}";
    struct mqtt *mqtt = make("h", NULL, NULL, NULL);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        MQTTAsync_message message = MQTTAsync_message_initializer;
        message.payload = payload;
        message.payloadlen = 2;
        for (size_t j = 0; j < 6 && rows[i].pairs[j] != NULL; j += 2)
            add(&message.properties, rows[i].pairs[j], rows[i].pairs[j + 1]);
        CHECK_INT(mqtt_take(mqtt, topic, 1, &message), 1);
        CHECK((taken.stamp != NULL) == (rows[i].stamp != NULL), "row %zu", i);
        CHECK_TEXT(stamp, rows[i].stamp != NULL ? rows[i].stamp : "");
        MQTTProperties_free(&message.properties);
    }
    mqtt_free(mqtt);
}

static void test_user_property(void)
{
    struct mqtt *mqtt = make("h", NULL, NULL, NULL);
    struct mqtt_publish publish = {
        .topic = "t", .payload = "x", .length = 1, .correlation = "c", .correlation_length = 1};
    CHECK(mqtt_send(mqtt, &publish), "taken");
    CHECK_INT(MQTTProperties_propertyCount(&last_properties, MQTTPROPERTY_CODE_USER_PROPERTY), 0);
    MQTTProperties_free(&last_properties);
    publish.property_name = "muster-connection";
    publish.property_value = "7 dev1";
    CHECK(mqtt_send(mqtt, &publish), "taken");
    CHECK_INT(MQTTProperties_propertyCount(&last_properties, MQTTPROPERTY_CODE_USER_PROPERTY), 1);
    CHECK_INT(MQTTProperties_propertyCount(&last_properties, MQTTPROPERTY_CODE_CORRELATION_DATA), 1);
    const MQTTProperty *user = MQTTProperties_getProperty(&last_properties, MQTTPROPERTY_CODE_USER_PROPERTY);
    CHECK(user->value.data.len == 17 && memcmp(user->value.data.data, "muster-connection", 17) == 0, "the name");
    CHECK(user->value.value.len == 6 && memcmp(user->value.value.data, "7 dev1", 6) == 0, "the value");
    MQTTProperties_free(&last_properties);
    mqtt_free(mqtt);
}

int main(void)
{
    test_addresses();
    test_tls();
    test_tls_failure();
    test_stamp();
    test_user_property();
    return check_done();
}
