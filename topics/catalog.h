/*
 * Every topic of the contract, in one list. A level in braces is a parameter; its name decides what it may hold:
 *   {uuid} id_is_uuid   {subject} a uuid, or - for the service itself   {tenant} id_is_tenant   {client} {name}
 * id_is_client   all others id_is_word
 *
 * X(enumerator, pattern, direction as the service sees it, QoS, retained)
 */
#ifndef MUSTER_TOPICS_CATALOG_H
#define MUSTER_TOPICS_CATALOG_H

#define TOPIC_LIST(X)                                                                                                  \
    X(TOPIC_DEVICE_REQUEST, "muster/v1/device/{uuid}/{operation}", TOPIC_IN, 1, 0)                                     \
    X(TOPIC_DEVICE_ACCEPTED, "muster/v1/device/{uuid}/{operation}/accepted", TOPIC_OUT, 1, 0)                          \
    X(TOPIC_DEVICE_REJECTED, "muster/v1/device/{uuid}/{operation}/rejected", TOPIC_OUT, 1, 0)                          \
    X(TOPIC_DEVICE_REPLY, "muster/v1/device/{uuid}/reply", TOPIC_OUT, 1, 0)                                            \
    X(TOPIC_DEVICE_REPLY_NAMED, "muster/v1/device/{uuid}/reply/{name}", TOPIC_OUT, 1, 0)                               \
    X(TOPIC_DEVICE_OFFER, "muster/v1/device/{uuid}/renew/offer", TOPIC_OUT, 1, 0)                                      \
    X(TOPIC_ADMIN_REQUEST, "muster/v1/admin/{client}/{noun}/{verb}", TOPIC_IN, 1, 0)                                   \
    X(TOPIC_ADMIN_ACCEPTED, "muster/v1/admin/{client}/{noun}/{verb}/accepted", TOPIC_OUT, 1, 0)                        \
    X(TOPIC_ADMIN_REJECTED, "muster/v1/admin/{client}/{noun}/{verb}/rejected", TOPIC_OUT, 1, 0)                        \
    X(TOPIC_ADMIN_REPLY, "muster/v1/admin/{client}/reply", TOPIC_OUT, 1, 0)                                            \
    X(TOPIC_ADMIN_REPLY_NAMED, "muster/v1/admin/{client}/reply/{name}", TOPIC_OUT, 1, 0)                               \
    X(TOPIC_EVENT, "muster/v1/event/{tenant}/{subject}/{event}", TOPIC_OUT, 1, 0)                                      \
    X(TOPIC_STATUS, "muster/v1/status/{tenant}/{uuid}", TOPIC_OUT, 0, 1)                                               \
    X(TOPIC_CRL, "muster/v1/ca/{tenant}/crl", TOPIC_OUT, 1, 1)                                                         \
    X(TOPIC_CRL_PART, "muster/v1/ca/{tenant}/crl/{part}", TOPIC_OUT, 1, 1)                                             \
    X(TOPIC_SERVICE_STATE, "muster/v1/service/state", TOPIC_OUT, 1, 1)                                                 \
    X(TOPIC_SERVICE_PROBE, "muster/v1/service/probe", TOPIC_IN, 1, 0)                                                  \
    X(TOPIC_GATE_CONNECTED, "muster/v1/gate/connected", TOPIC_IN, 1, 0)                                                \
    X(TOPIC_GATE_DISCONNECTED, "muster/v1/gate/disconnected", TOPIC_IN, 1, 0)                                          \
    X(TOPIC_GATE_REFUSED, "muster/v1/gate/refused", TOPIC_IN, 1, 0)                                                    \
    X(TOPIC_GATE_CHECKED, "muster/v1/gate/checked", TOPIC_IN, 1, 0)                                                    \
    X(TOPIC_GATE_RELOADED, "muster/v1/gate/reloaded", TOPIC_IN, 1, 0)                                                  \
    X(TOPIC_GATE_COMMAND, "$CONTROL/muster/v1", TOPIC_OUT, 1, 0)                                                       \
    X(TOPIC_GATE_ANSWER, "$CONTROL/muster/answer/v1", TOPIC_OUT, 1, 0)

#endif
