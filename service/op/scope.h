/*
 * What the operators' operations share: whose rows they see, and how a list goes on.
 */
#ifndef MUSTER_OP_SCOPE_H
#define MUSTER_OP_SCOPE_H

#include "service/core/core.h"

/* Whether the operator sees rows of `tenant`. */
bool scope_sees(const struct request *request, const char *tenant);

/* The tenant that a list is about: the operator's own, or the one asked for, or NULL for all. ST_OK or
 * ST_NOT_AUTHORISED. */
enum status scope_tenant(struct request *request, const char **tenant);

/* The tenant that something new goes to; it exists. ST_OK, ST_NOT_AUTHORISED or ST_INVALID_FIELD. */
enum status scope_tenant_new(struct core *core, struct request *request, char out[LIMIT_TENANT + 1]);

/* The device that the request names, in core->device. ST_OK, or ST_DEVICE_NOT_FOUND, also for one that the operator
 * does not see. */
enum status scope_device(struct core *core, struct request *request);

/* How many items a page has at most. */
size_t scope_page(const struct request *request);

/* Where a page of numbered rows begins: `after`, or the `cursor` of the page before. ST_OK or ST_INVALID_FIELD. */
enum status scope_number(struct request *request, int64_t *after);

/* Writes `"items": [...], "cursor": ...`: as many of `found` items as fit, then where to go on. */
struct scope_list {
    struct json_writer *json;
    size_t found, asked, written;
};
struct scope_list scope_list_begin(struct json_writer *json, size_t found, size_t asked);
bool scope_list_next(struct scope_list *list); /* true: write one more item */
void scope_list_end(struct scope_list *list, const char *last);

/* What the audit log says of a change. */
void scope_audit(struct reply *reply, const char *tenant, const char *target, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif
