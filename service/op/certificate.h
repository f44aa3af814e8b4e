/*
 * What the operators' operations on certificates share.
 */
#ifndef MUSTER_OP_CERTIFICATE_H
#define MUSTER_OP_CERTIFICATE_H

#include "service/core/core.h"

/* Writes the members of a certificate's record into the object that is open. */
void certificate_write(struct json_writer *json, const struct certificate_entry *entry);

/* The certificate that the request names, when the operator may see it: ST_OK or ST_CERTIFICATE_NOT_FOUND. */
enum status certificate_find(struct core *core, struct request *request, struct certificate_entry *entry);

#endif
