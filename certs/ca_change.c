#include "certs/ca_change.h"

#include <openssl/err.h>
#include <string.h>

static const struct ca_member *member_of(const struct ca_members *members, const struct key *key)
{
    for (size_t i = 0; i < members->count; i++)
        if (ca_member_fits(&members->all[i], key))
            return &members->all[i];
    return NULL;
}

static int erase_next(const struct ca_options *options, char *error, size_t error_size)
{
    char path[CA_PATH_MAX];
    const struct key_source next = ca_files_key(options, CA_KEY_NEXT, path);
    return key_erase(&next, error, error_size);
}

int ca_change_begin(const struct ca_options *options, struct ca_members *members, char *error, size_t error_size)
{
    int result = ca_files_check(options, error, error_size);
    if (result == 0)
        result = ca_members_read(options->certificate_file, members, error, error_size);
    return result == 0 ? ca_members_find_keys(members, options, error, error_size) : result;
}

static int too_many(const struct ca_options *options, char *error, size_t error_size)
{
    return ca_files_say(error, error_size, "There are too many certificates in %s: drop an issuer that has ended.",
                        options->certificate_file);
}

int ca_change_next_key(const struct ca_options *options, const struct ca_members *members, struct key **key,
                       char *error, size_t error_size)
{
    char path[CA_PATH_MAX];
    enum key_type type;
    const struct key_source next = ca_files_key(options, CA_KEY_NEXT, path);
    *key = NULL;
    if (members->count == CA_ISSUERS_MAX)
        return too_many(options, error, error_size);
    if (!key_evp_type(members->all[0].read->key, &type))
        return ca_files_say(error, error_size, "The authority's key is of a kind that is not made here.");
    if (!key_is_there(&next))
        return ca_make_key(&next, type, key, error, error_size);
    *key = key_load(&next, error, error_size);
    if (*key == NULL || member_of(members, *key) == NULL)
        return *key != NULL ? 0 : -1;
    key_free(*key); /* of a change that is complete */
    *key = NULL;
    int result = erase_next(options, error, error_size);
    return result == 0 ? ca_make_key(&next, type, key, error, error_size) : result;
}

bool ca_change_is_done(const struct ca_options *options, const struct ca_members *members, int *result, char *error,
                       size_t error_size)
{
    char path[CA_PATH_MAX];
    const struct key_source next = ca_files_key(options, CA_KEY_NEXT, path);
    if (!key_is_there(&next))
        return false;
    struct key *key = key_load(&next, error, error_size);
    bool done = key != NULL && ca_member_fits(&members->all[0], key);
    *result = key == NULL ? -1 : done ? erase_next(options, error, error_size) : 0;
    key_free(key);
    return done || *result != 0;
}

static bool contains(const struct ca_members *members, const struct ca_member *member)
{
    for (size_t i = 0; i < members->count; i++)
        if (X509_cmp(members->all[i].certificate, member->certificate) == 0)
            return true;
    return false;
}

static bool write_bundle(const struct ca_members *members, const struct ca_member *fresh, const struct ca_member *root,
                         char bundle[CA_BUNDLE_MAX])
{
    bool adds_root = root != NULL && !contains(members, root);
    bool ok = members->count + 1 + adds_root <= CA_ISSUERS_MAX;
    bundle[0] = '\0';
    ok = ok && ca_member_write(fresh, bundle, CA_BUNDLE_MAX);
    for (size_t i = 0; ok && i < members->count; i++)
        ok = ca_member_write(&members->all[i], bundle, CA_BUNDLE_MAX);
    return ok && (!adds_root || ca_member_write(root, bundle, CA_BUNDLE_MAX));
}

int ca_change_to(const struct ca_options *options, const struct ca_members *members, const struct ca_member *fresh,
                 const struct key *key, const struct ca_member *root, char *error, size_t error_size)
{
    char bundle[CA_BUNDLE_MAX], path[CA_PATH_MAX];
    const struct key_source own = ca_files_key(options, fresh->id, path);
    if (fresh->id[0] == '\0')
        return ca_files_say(error, error_size, "The certificate has no subject key identifier of 20 octets.");
    if (!write_bundle(members, fresh, root, bundle))
        return too_many(options, error, error_size);
    int result = key_is_there(&own) ? 0 : key_store(&own, key, error, error_size);
    if (result == 0)
        result = ca_make_save(options->certificate_file, bundle, error, error_size);
    ERR_clear_error();
    return result == 0 ? erase_next(options, error, error_size) : result;
}
