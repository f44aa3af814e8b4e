/*
 * One of the service's two connections to the broker: what it subscribes, and its callbacks, which only put what they
 * hear into the queue. When it connects is broker.c's business.
 */
#ifndef MUSTER_IO_CONNECTION_H
#define MUSTER_IO_CONNECTION_H

#include "service/io/broker.h"

/* Makes the connection of this number, as broker->config says; `password` NULL: none. Sets broker->publisher_id when it
 * is the publisher. NULL without memory. */
struct mqtt *connection_new(struct broker *broker, int number, const char *password);

/* "subscriber" or "publisher", for the log. */
const char *connection_role(int number);

#endif
