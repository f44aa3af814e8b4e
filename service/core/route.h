/*
 * Which function answers which operation; who may ask and what it takes stands in topics/operation.h.
 */
#ifndef MUSTER_CORE_ROUTE_H
#define MUSTER_CORE_ROUTE_H

#include "service/core/core.h"

/* Answers one request: writes its changes to the store, its answer to `reply`. ST_OK, ST_PARKED, ST_SILENT, or a
 * failure with `request->why`; then everything it wrote is undone. */
typedef enum status operation_function(struct core *core, struct request *request, struct reply *reply);

/* The function of an operation; NULL for OP_UNKNOWN. */
operation_function *route(enum operation operation);

#endif
