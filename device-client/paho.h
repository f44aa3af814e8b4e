/*
 * One MQTT 5 connection through Paho's asynchronous client; the only file of the device that sees Paho. Its callbacks
 * come from Paho's threads and only copy, queue and wake; everything else here is called from one thread, the owner's.
 * Reconnecting is the owner's business: PAHO_DOWN says that there is no connection.
 */
#ifndef MUSTER_DEVICE_PAHO_H
#define MUSTER_DEVICE_PAHO_H

#include <stdbool.h>
#include <stddef.h>

struct paho;

#define PAHO_FILTERS 3

/* How to connect; everything is borrowed for the call. NULL: none. */
struct paho_login {
    const char *host;
    int port;
    const char *ca_file;       /* NULL: without TLS. The only authorities that are trusted */
    const char *identity_file; /* certificate and private key in one PEM file */
    const char *username, *password;
    const char *will_topic, *will_payload; /* QoS 1, not retained, without delay */
    const char *filters[PAHO_FILTERS];     /* subscribed at QoS 1 before PAHO_UP */
};

enum paho_event_kind {
    PAHO_UP,      /* connected, and every filter is granted */
    PAHO_DOWN,    /* could not connect or subscribe, or lost the connection */
    PAHO_MESSAGE, /* something arrived */
};

struct paho_event {
    enum paho_event_kind kind;
    bool refused;   /* PAHO_DOWN: the broker does not accept this credential; with TLS 1.3 a certificate that is refused
                       within TLS looks like a broken connection (RFC 8446, 2), and this stays false */
    bool untrusted; /* PAHO_DOWN: the broker's certificate was not accepted here */
    char reason[128]; /* PAHO_DOWN: for people */
    char *topic;      /* PAHO_MESSAGE; both in one allocation that begins at `topic` */
    size_t topic_length;
    char *payload;
    size_t length;
};

/* `client_id` is copied. NULL when there is no memory. The caller owns it. */
struct paho *paho_new(const char *client_id);

/* Disconnects if need be, and frees; NULL is fine. */
void paho_free(struct paho *paho);

/* A descriptor that is readable while events wait. */
int paho_descriptor(const struct paho *paho);

/* Begins to connect with a clean start; PAHO_UP or PAHO_DOWN follows. Events of an earlier connection are dropped. */
void paho_connect(struct paho *paho, const struct paho_login *login);

/* Hands a message to Paho, which copies it. False when it was not taken: the connection is gone, PAHO_DOWN follows. */
bool paho_publish(struct paho *paho, const char *topic, const char *payload, size_t length, int qos);

/* Ends the connection properly (no last will), after what was published, within `timeout_ms`; drops all events. */
void paho_disconnect(struct paho *paho, int timeout_ms);

/* Takes the oldest event; false when there is none. The caller calls paho_event_wipe. */
bool paho_next(struct paho *paho, struct paho_event *out);

/* Wipes and frees what an event owns. */
void paho_event_wipe(struct paho_event *event);

#endif
