/* Taking an issuing CA that issues no more out of the authority. */
#include "certs/ca_change.h"
#include "certs/ca_rotate.h"

#include <openssl/err.h>

/* Whether it stands above another certificate of the file, or could: a root that issues no leaves. */
static bool is_above(const struct ca_members *members, const struct ca_member *member)
{
    for (size_t i = 0; i < members->count; i++)
        if (&members->all[i] != member && ca_members_issuer(members, &members->all[i]) == member)
            return true;
    return ca_member_is_root(member) && X509_get_pathlen(member->certificate) != 0;
}

/* A key that still lies in the key file is moved to its own name first: after that, what is left to erase can be told
 * by the name alone. */
static int move_key(const struct ca_options *options, const struct ca_member *member, char *error, size_t error_size)
{
    char path[CA_PATH_MAX], own_path[CA_PATH_MAX];
    const struct key_source source = ca_files_key(options, "", path), own = ca_files_key(options, member->id, own_path);
    if (!key_is_there(&source))
        return 0;
    struct key *key = key_load(&source, error, error_size);
    int result = key != NULL ? 0 : -1;
    if (key != NULL && ca_member_fits(member, key)) {
        result = key_is_there(&own) ? 0 : key_store(&own, key, error, error_size);
        if (result == 0)
            result = key_erase(&source, error, error_size);
    }
    key_free(key);
    return result;
}

static int take_out(const struct ca_options *options, const struct ca_members *members, const struct ca_member *dropped,
                    char *error, size_t error_size)
{
    char bundle[CA_BUNDLE_MAX] = "";
    bool fits = true;
    for (size_t i = 0; fits && i < members->count; i++)
        if (&members->all[i] != dropped)
            fits = ca_member_write(&members->all[i], bundle, sizeof bundle);
    if (!fits)
        return ca_files_say(error, error_size, "There are too many certificates in %s.", options->certificate_file);
    return ca_make_save(options->certificate_file, bundle, error, error_size);
}

static int unfit(char *error, size_t error_size, const char *before, const char *id, const char *behind)
{
    ca_files_say(error, error_size, "%s%s%s", before, id, behind);
    return CA_UNFIT;
}

/* What ca_look_drop says, of files that were read. */
static int look(const struct ca_options *options, const char *id, const struct ca_members *members, char *error,
                size_t error_size)
{
    char path[CA_PATH_MAX];
    const struct key_source own = ca_files_key(options, id, path);
    const struct ca_member *dropped = ca_members_find(members, id);
    if (dropped == members->all)
        return unfit(error, error_size, "The issuer ", id, " is the current one: make another one first.");
    if (dropped != NULL && is_above(members, dropped))
        return unfit(error, error_size, "The issuer ", id, " is a root: without it no certificate would count.");
    return dropped == NULL && !key_is_there(&own) ? CA_WAS_SO : CA_DONE;
}

static int drop(const struct ca_options *options, const char *id, const struct ca_members *members, char *error,
                size_t error_size)
{
    char path[CA_PATH_MAX];
    const struct key_source own = ca_files_key(options, id, path);
    const struct ca_member *dropped = ca_members_find(members, id);
    int result = look(options, id, members, error, error_size);
    if (result != CA_DONE)
        return result;
    if (dropped != NULL)
        result = move_key(options, dropped, error, error_size);
    if (result == 0 && dropped != NULL)
        result = take_out(options, members, dropped, error, error_size);
    return result == 0 ? key_erase(&own, error, error_size) : result;
}

/* Reads the authority's file, then does `what` with it. */
static int with_members(const struct ca_options *options, const char *id,
                        int (*what)(const struct ca_options *, const char *, const struct ca_members *, char *, size_t),
                        char *error, size_t error_size)
{
    struct ca_members members = {.count = 0};
    int result = ca_files_check(options, error, error_size);
    if (result == 0 && !ca_files_is_id(id))
        result = unfit(error, error_size, "An issuer's id has 40 lower-case hex digits", "", ".");
    if (result == 0)
        result = ca_members_read(options->certificate_file, &members, error, error_size);
    if (result == 0)
        result = what(options, id, &members, error, error_size);
    ca_members_free(&members);
    ERR_clear_error();
    return result;
}

int ca_look_drop(const struct ca_options *options, const char *issuer_id, char *error, size_t error_size)
{
    return with_members(options, issuer_id, look, error, error_size);
}

int ca_drop(const struct ca_options *options, const char *issuer_id, char *error, size_t error_size)
{
    return with_members(options, issuer_id, drop, error, error_size);
}
