#include "certs/file.h"
#include "service/core/secret.h"
#include "service/ctl/init.h"
#include "service/ctl/out.h"
#include "service/io/entropy.h"
#include "service/store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

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

/* Whether a musterd has the database: its rows are then its own, and the files are all that can be looked at. */
static bool is_in_use(const struct init *init)
{
    char path[INIT_PATH];
    snprintf(path, sizeof path, "%s.lock", init->config.database); /* as store_new makes it */
    int file = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    bool used = file >= 0 && flock(file, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    if (file >= 0)
        close(file);
    return used;
}

static bool has_files(const struct init *init)
{
    char path[INIT_PATH];
    bool all = init_has(init->config.database);
    for (size_t i = 0; i < FIRSTS; i++) {
        init_path(init, firsts[i].file, path, sizeof path);
        all = all && init_has(path);
    }
    return all;
}

int init_parse_key(const char *path, const char *prefix, struct credential *out)
{
    size_t length = 0;
    int failed = file_read(path, out->text, sizeof out->text, &length);
    if (failed != 0)
        return failed;
    out->text[strcspn(out->text, "\r\n")] = '\0';
    return secret_parse(prefix, out->text, out->id, out->hash) ? 0 : -1;
}

static enum ctl_exit read_file(const char *path, const char *prefix, struct credential *out)
{
    int failed = init_parse_key(path, prefix, out);
    if (failed > 0)
        return out_error(CTL_CONFIG, NULL, "repair or remove it, then run the same command again", "cannot read %s: %s",
                         path, strerror(failed));
    if (failed < 0)
        return out_error(CTL_CONFIG, NULL, "remove it, then run the same command again", "there is no key %s_... in %s",
                         prefix, path);
    return CTL_DONE;
}

static enum ctl_exit make_file(const char *path, const char *prefix, struct credential *out)
{
    unsigned char random[SECRET_RAW + 8];
    char line[LIMIT_CREDENTIAL + 2];
    entropy_fill(random, sizeof random);
    secret_make(prefix, random, out);
    int length = snprintf(line, sizeof line, "%s\n", out->text);
    int failed = file_write(path, line, (size_t)length, 0600);
    secret_wipe(random, sizeof random);
    secret_wipe(line, sizeof line);
    return failed != 0 ? init_cannot_write(path, failed) : CTL_DONE;
}

enum ctl_exit init_take_key(const char *path, const char *prefix, struct credential *out)
{
    return init_has(path) ? read_file(path, prefix, out) : make_file(path, prefix, out);
}

/* An operator of that name gets this key: the one before is dead, its file is lost. */
static enum status add_operator(struct store *store, const struct init *init, const struct first *first,
                                const struct credential *credential)
{
    struct operator_row row = {.created_at = init->now * 1000};
    memcpy(row.id, credential->id, sizeof row.id);
    memcpy(row.hash, credential->hash, sizeof row.hash);
    snprintf(row.name, sizeof row.name, "%s", first->name);
    snprintf(row.role, sizeof row.role, "%s", first->role);
    store_event_begin(store);
    return store_event_finish(store, store_operator_insert(store, &row));
}

/* Whether the database has the row of this key; ST_IDEMPOTENCY_CONFLICT: it has another of the same id. */
static bool find_row(struct store *store, const struct first *first, const struct credential *credential,
                     enum status *status)
{
    struct operator_row operator;
    struct key_row key;
    bool found = first->role != NULL ? store_operator_find(store, credential->id, &operator, status)
                                     : store_key_find(store, credential->id, &key, status);
    const unsigned char *hash = first->role != NULL ? operator.hash : key.hash;
    if (found && memcmp(hash, credential->hash, sizeof credential->hash) != 0)
        *status = ST_IDEMPOTENCY_CONFLICT;
    return found && *status == ST_OK;
}

static enum status add_key(struct store *store, const struct init *init, const struct credential *credential)
{
    struct key_row row = {.tenant = "default",
                          .uses = FIRST_KEY_USES,
                          .created_at = init->now * 1000,
                          .expires_at = (init->now + INT64_C(86400) * FIRST_KEY_DAYS) * 1000};
    memcpy(row.id, credential->id, sizeof row.id);
    memcpy(row.hash, credential->hash, sizeof row.hash);
    store_event_begin(store);
    return store_event_finish(store, store_key_insert(store, &row));
}

/* Whether the database knows the key in each file. */
static bool has_rows(struct store *store, const struct init *init)
{
    char path[INIT_PATH];
    struct credential credential;
    bool all = true;
    for (size_t i = 0; all && i < FIRSTS; i++) {
        enum status status = ST_OK;
        init_path(init, firsts[i].file, path, sizeof path);
        all = init_parse_key(path, firsts[i].prefix, &credential) == 0 &&
              find_row(store, &firsts[i], &credential, &status);
    }
    secret_wipe(&credential, sizeof credential);
    return all;
}

bool init_has_credentials(const struct init *init)
{
    char error[900];
    if (!has_files(init))
        return false;
    if (is_in_use(init))
        return true;
    struct store *store = store_new(init->config.database, error, sizeof error);
    bool all = store != NULL && has_rows(store, init);
    store_free(store);
    return all;
}

static enum status add_row(struct store *store, const struct init *init, const struct first *first,
                           const struct credential *credential)
{
    return first->role != NULL ? add_operator(store, init, first, credential) : add_key(store, init, credential);
}

/* The file first, then the row: a key without a row is found again here, a row without a key is lost. */
static enum ctl_exit ensure(struct store *store, const struct init *init, const struct first *first)
{
    char path[INIT_PATH];
    struct credential credential;
    init_path(init, first->file, path, sizeof path);
    enum ctl_exit end = init_take_key(path, first->prefix, &credential);
    enum status status = ST_OK;
    if (end == CTL_DONE && !find_row(store, first, &credential, &status) && status == ST_OK)
        status = add_row(store, init, first, &credential);
    secret_wipe(&credential, sizeof credential);
    if (status == ST_IDEMPOTENCY_CONFLICT)
        return out_error(CTL_CONFIG, NULL, "remove it, then run the same command again",
                         "the key in %s is not the one that %s knows", path, init->config.database);
    if (status != ST_OK)
        end = out_error(CTL_FAILED, status_code(status), status_mend(status), "cannot write into %s: %s",
                        init->config.database, store_error(store));
    return end;
}

enum ctl_exit init_make_credentials(struct init *init)
{
    char error[900] = "there is no memory";
    enum ctl_exit end = CTL_DONE;
    struct store *store = store_new(init->config.database, error, sizeof error);
    if (store == NULL)
        return out_error(is_in_use(init) ? CTL_CONFLICT : CTL_FAILED, NULL, NULL, "%s", error);
    for (size_t i = 0; end == CTL_DONE && i < FIRSTS; i++)
        end = ensure(store, init, &firsts[i]);
    if (end == CTL_DONE && store_commit(store) != ST_OK)
        end = out_error(CTL_FAILED, NULL, "free some space, then run the same command again",
                        "cannot write into %s: %s", init->config.database, store_error(store));
    store_free(store);
    return end;
}
