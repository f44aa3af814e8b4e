#include "certs/file.h"
#include "service/core/secret.h"
#include "service/ctl/init.h"
#include "service/ctl/out.h"
#include "service/io/entropy.h"
#include "service/store/store.h"

#include <errno.h>
#include <string.h>

#define FIRST_KEY_USES 1000
#define FIRST_KEY_DAYS 365

/* A file with one key, and the row that knows it. `role` NULL: a provisioning key. */
static const struct first {
    const char *file, *prefix, *name, *role;
} firsts[] = {
    {"admin.key", SECRET_OPERATOR, "admin", "admin"},
    {"viewer.key", SECRET_OPERATOR, "viewer", "viewer"},
    {"provisioning.key", SECRET_PROVISIONING, NULL, NULL},
};

#define FIRSTS (sizeof firsts / sizeof firsts[0])

bool init_has_credentials(const struct init *init)
{
    char path[INIT_PATH];
    /* Without a muster.conf the rows may be missing although the files are there. */
    bool all = init->had_config && init_has(init->config.database);
    for (size_t i = 0; i < FIRSTS; i++) {
        init_path(init, firsts[i].file, path, sizeof path);
        all = all && init_has(path);
    }
    return all;
}

static enum ctl_exit read_file(const char *path, const struct first *first, struct credential *out)
{
    size_t length = 0;
    int failed = file_read(path, out->text, sizeof out->text, &length);
    if (failed != 0)
        return out_error(CTL_CONFIG, NULL, "repair or remove it, then run the same command again", "cannot read %s: %s",
                         path, strerror(failed));
    out->text[strcspn(out->text, "\r\n")] = '\0';
    if (secret_parse(first->prefix, out->text, out->id, out->hash))
        return CTL_DONE;
    return out_error(CTL_CONFIG, NULL, "remove it, then run the same command again", "there is no key %s_... in %s",
                     first->prefix, path);
}

static enum ctl_exit make_file(const char *path, const struct first *first, struct credential *out)
{
    unsigned char random[SECRET_RAW + 8];
    char line[LIMIT_CREDENTIAL + 2];
    entropy_fill(random, sizeof random);
    secret_make(first->prefix, random, out);
    int length = snprintf(line, sizeof line, "%s\n", out->text);
    int failed = file_write(path, line, (size_t)length, 0600);
    secret_wipe(random, sizeof random);
    secret_wipe(line, sizeof line);
    return failed != 0 ? init_cannot_write(path, failed) : CTL_DONE;
}

static enum status insert_operator(struct store *store, const struct init *init, const struct first *first,
                                   const struct credential *credential, const char *name)
{
    struct operator_row row = {.created_at = init->now * 1000};
    memcpy(row.id, credential->id, sizeof row.id);
    memcpy(row.hash, credential->hash, sizeof row.hash);
    snprintf(row.name, sizeof row.name, "%s", name);
    snprintf(row.role, sizeof row.role, "%s", first->role);
    store_event_begin(store);
    enum status status = store_operator_insert(store, &row);
    store_event_end(store, status == ST_OK);
    return status;
}

/* A lost key file is replaced by a new operator; the old one keeps its name. */
static enum status add_operator(struct store *store, const struct init *init, const struct first *first,
                                const struct credential *credential)
{
    struct operator_row found;
    char name[sizeof found.name];
    enum status status = ST_OK;
    if (store_operator_find(store, credential->id, &found, &status) || status != ST_OK)
        return status;
    status = insert_operator(store, init, first, credential, first->name);
    if (status != ST_INTERNAL)
        return status;
    snprintf(name, sizeof name, "%s-%s", first->name, credential->id);
    return insert_operator(store, init, first, credential, name);
}

static enum status add_key(struct store *store, const struct init *init, const struct credential *credential)
{
    struct key_row row = {.tenant = "default",
                          .uses = FIRST_KEY_USES,
                          .created_at = init->now * 1000,
                          .expires_at = (init->now + INT64_C(86400) * FIRST_KEY_DAYS) * 1000};
    struct key_row found;
    enum status status = ST_OK;
    if (store_key_find(store, credential->id, &found, &status) || status != ST_OK)
        return status;
    memcpy(row.id, credential->id, sizeof row.id);
    memcpy(row.hash, credential->hash, sizeof row.hash);
    store_event_begin(store);
    status = store_key_insert(store, &row);
    store_event_end(store, status == ST_OK);
    return status;
}

/* The file first, then the row: a key without a row is found again here, a row without a key is lost. */
static enum ctl_exit ensure(struct store *store, const struct init *init, const struct first *first)
{
    char path[INIT_PATH];
    struct credential credential;
    init_path(init, first->file, path, sizeof path);
    enum ctl_exit end = init_has(path) ? read_file(path, first, &credential) : make_file(path, first, &credential);
    enum status status = ST_OK;
    if (end == CTL_DONE)
        status =
            first->role != NULL ? add_operator(store, init, first, &credential) : add_key(store, init, &credential);
    secret_wipe(&credential, sizeof credential);
    if (status != ST_OK)
        end = out_error(CTL_FAILED, status_code(status), status_mend(status), "cannot write into %s: %s",
                        init->config.database, store_error(store));
    return end;
}

enum ctl_exit init_make_credentials(struct init *init)
{
    char error[900];
    enum ctl_exit end = CTL_DONE;
    struct store *store = store_new(init->config.database, error, sizeof error);
    if (store == NULL)
        return out_error(CTL_CONFLICT, NULL, NULL, "%s", error);
    for (size_t i = 0; end == CTL_DONE && i < FIRSTS; i++)
        end = ensure(store, init, &firsts[i]);
    if (end == CTL_DONE && store_commit(store) != ST_OK)
        end = out_error(CTL_FAILED, NULL, "free some space, then run the same command again",
                        "cannot write into %s: %s", init->config.database, store_error(store));
    store_free(store);
    return end;
}
