#include "service/io/crl_make.h"

#include "certs/crl.h"
#include "certs/file.h"
#include "service/core/crl.h"
#include "service/io/restore.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool add(void *context, const char *id, int64_t ended_at, const char *reason)
{
    unsigned char serial[PROFILE_SERIAL];
    return profile_serial_from_id(id, serial) && crl_add(context, serial, ended_at / 1000, crl_reason_of(reason));
}

/* The list of one authority; on the heap. */
static char *make_one(const struct crl_task *task, const char *issuer, size_t *length)
{
    const struct crl_order *order = &task->order;
    char *pem = NULL;
    struct crl *crl = crl_new(task->ca, issuer, order->number, order->this_update, order->next_update);
    if (crl != NULL && store_revoked_each(task->database, issuer, order->this_update - CRL_LINGER_S, add, crl))
        pem = crl_sign(crl, length);
    crl_free(crl);
    return pem;
}

/* Appends; takes over `more`, also when it fails. */
static char *append(char *text, size_t *length, char *more, size_t more_length)
{
    char *longer = more != NULL ? realloc(text, *length + more_length + 1) : NULL;
    if (longer == NULL) {
        free(text);
        free(more);
        return NULL;
    }
    memcpy(longer + *length, more, more_length + 1);
    *length += more_length;
    free(more);
    return longer;
}

static char *make_all(const struct crl_task *task, const struct ca_issuer *issuers, size_t count, size_t *length)
{
    size_t more_length = 0;
    char *text = calloc(1, 1);
    *length = 0;
    for (size_t i = 0; i < count && text != NULL; i++)
        if (issuers[i].has_key) {
            char *more = make_one(task, issuers[i].id, &more_length);
            text = append(text, length, more, more_length);
        }
    return text;
}

static void tell(char error[CRL_ERROR])
{
    snprintf(error, CRL_ERROR,
             "The list cannot be made: see that the database can be read and the authority's key is there.");
}

/* Whether each issuer can have its list. Without one of an issuer whose certificates still count the broker would
 * refuse all of them (RFC 5280, 6.3.3): the old file, which has one, is better. A root that signs no devices needs
 * none. */
static bool has_all_keys(const struct crl_task *task, const struct ca_issuer *issuers, size_t count,
                         char error[CRL_ERROR])
{
    int64_t live = 0;
    for (size_t i = 0; i < count && live == 0; i++) {
        if (issuers[i].has_key)
            continue;
        if (!store_issuer_live_at(task->database, issuers[i].id, &live)) {
            tell(error);
            return false;
        }
        if (live > 0)
            snprintf(error, CRL_ERROR,
                     "The key of the issuer %s is not here: put it back, or renew its certificates and drop it.",
                     issuers[i].id);
    }
    return live == 0;
}

char *crl_make(const struct crl_task *task, char error[CRL_ERROR])
{
    struct ca_issuer issuers[CA_ISSUERS_MAX];
    size_t count = ca_issuers(task->ca, issuers, CA_ISSUERS_MAX), length = 0;
    if (!has_all_keys(task, issuers, count, error))
        return NULL;
    char *text = make_all(task, issuers, count, &length);
    if (text == NULL || length == 0) {
        free(text);
        tell(error);
        return NULL;
    }
    int failed = file_write(task->file, text, length, 0644);
    if (failed == 0)
        return text;
    free(text);
    snprintf(error, CRL_ERROR, "Cannot write %.120s: %s.", task->file, strerror(failed));
    return NULL;
}

/* The whole file, on the heap; NULL when it cannot be read. */
static char *read_file(const char *file, size_t *length)
{
    struct stat status;
    char *text = stat(file, &status) == 0 ? malloc((size_t)status.st_size + 2) : NULL;
    if (text == NULL || file_read(file, text, (size_t)status.st_size + 2, length) == 0)
        return text;
    free(text);
    return NULL;
}

/* Of the lists in a file: the highest number, the soonest end, and whether the issuer has one. */
static void look_at(const struct core *core, const char *text, size_t length, struct crl_order *out, bool *unlisted)
{
    struct crl_info lists[CA_ISSUERS_MAX];
    size_t count = text != NULL ? crl_read(text, length, lists, CA_ISSUERS_MAX) : 0;
    *out = (struct crl_order){.number = 0};
    *unlisted = core->ca != NULL;
    for (size_t i = 0; i < count && i < CA_ISSUERS_MAX; i++) {
        const struct crl_info *list = &lists[i];
        out->number = list->number > out->number ? list->number : out->number;
        out->this_update = list->this_update;
        out->next_update =
            out->next_update == 0 || list->next_update < out->next_update ? list->next_update : out->next_update;
        *unlisted = *unlisted && strcmp(list->issuer, ca_issuer_id(core->ca)) != 0;
    }
}

enum status crl_take_up(struct core *core, const char *file)
{
    size_t length = 0;
    struct crl_order found;
    bool unlisted = false;
    int64_t known = 0;
    char *text = read_file(file, &length);
    look_at(core, text, length, &found, &unlisted);
    enum status status = store_number_get(core->store, "crl_number", &known);
    if (status == ST_OK && core->ca != NULL && found.number > known)
        status = restore_revocations(core, text, length);
    free(text);
    return status == ST_OK ? crl_start(core, found.number, found.this_update, found.next_update, unlisted) : status;
}
