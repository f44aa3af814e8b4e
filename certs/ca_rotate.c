#include "certs/ca_rotate.h"

#include "certs/ca_change.h"
#include "certs/file.h"

#include <openssl/err.h>
#include <string.h>

/* Who will sign the next certificate. */
struct signer {
    struct ca_members own_file;   /* of the root; empty when that was not needed */
    const struct ca_member *root; /* NULL: the next certificate signs itself */
    struct key *key;
};

static int root_is_away(const struct ca_options *options, char *error, size_t error_size)
{
    ca_files_say(error, error_size,
                 "The root's key%s%s is not here: prepare a request, have it signed where the key is kept, and "
                 "install the certificate.",
                 options->root_key_file != NULL ? " " : "",
                 options->root_key_file != NULL ? options->root_key_file : "");
    return CA_ROOT_AWAY;
}

/* The authority stands below a root: its certificate is in the authority's file, and its key is in its own. */
static int find_root(const struct ca_options *options, const struct ca_members *members, struct signer *out,
                     char *error, size_t error_size)
{
    const struct key_source source = {options->root_key_file, options->passphrase_file};
    out->root = ca_members_issuer(members, &members->all[0]);
    if (out->root == NULL)
        return ca_files_say(error, error_size, "The root of the current issuing CA is not in %s: put it behind it.",
                            options->certificate_file);
    if (options->root_key_file == NULL || !key_is_there(&source))
        return root_is_away(options, error, error_size);
    out->key = key_load(&source, error, error_size);
    if (out->key == NULL)
        return -1;
    return ca_member_fits(out->root, out->key)
               ? 0
               : ca_files_say(error, error_size, "The root's key %s does not belong to the root in %s.",
                              options->root_key_file, options->certificate_file);
}

static int find_signer(const struct ca_options *options, const struct ca_members *members, struct signer *out,
                       char *error, size_t error_size)
{
    const struct key_source source = {options->root_key_file, options->passphrase_file};
    if (!ca_member_is_root(&members->all[0]))
        return find_root(options, members, out, error, error_size);
    if (options->root_certificate_file == NULL || !ca_files_has(options->root_certificate_file))
        return 0;
    if (!key_is_there(&source))
        return root_is_away(options, error, error_size);
    int result = ca_make_open_root(options, &out->own_file, &out->key, error, error_size);
    out->root = out->own_file.all;
    return result;
}

static int change(const struct ca_options *options, const struct ca_members *members, const struct signer *signer,
                  const struct key *key, int64_t now, char *error, size_t error_size)
{
    char pem[CERTIFICATE_PEM_MAX];
    struct public_key public;
    struct ca_members fresh = {.count = 0};
    struct authority authority = {.profile = signer->root == NULL ? LINT_AUTHORITY : LINT_ISSUER,
                                  .key = &public,
                                  .signing_key = signer->root == NULL ? key : signer->key,
                                  .issuer = signer->root == NULL ? NULL : signer->root->certificate,
                                  .now = now};
    if (!key_public(key, &public))
        return ca_files_say(error, error_size, "OpenSSL cannot read the next key.");
    int result = ca_make_certificate(options, &authority, pem, error, error_size);
    if (result == 0 && !ca_members_parse(pem, strlen(pem), &fresh))
        result = ca_files_say(error, error_size, "OpenSSL cannot read the new certificate.");
    if (result == 0)
        result = ca_change_to(options, members, fresh.all, key, signer->root, error, error_size);
    ca_members_free(&fresh);
    return result;
}

static int rotate(const struct ca_options *options, const struct ca_members *members, int64_t now, char *error,
                  size_t error_size)
{
    int result = 0;
    struct signer signer = {.root = NULL};
    struct key *key = NULL;
    if (ca_change_is_done(options, members, &result, error, error_size))
        return result;
    result = find_signer(options, members, &signer, error, error_size);
    if (result == 0)
        result = ca_change_next_key(options, members, &key, error, error_size);
    if (result == 0)
        result = change(options, members, &signer, key, now, error, error_size);
    key_free(key);
    key_free(signer.key);
    ca_members_free(&signer.own_file);
    return result;
}

int ca_rotate(const struct ca_options *options, int64_t now, char *error, size_t error_size)
{
    struct ca_members members = {.count = 0};
    int result = ca_change_begin(options, &members, error, error_size);
    if (result == 0)
        result = rotate(options, &members, now, error, error_size);
    ca_members_free(&members);
    ERR_clear_error();
    return result;
}

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

static int drop(const struct ca_options *options, const char *id, const struct ca_members *members, char *error,
                size_t error_size)
{
    char path[CA_PATH_MAX];
    const struct key_source own = ca_files_key(options, id, path);
    const struct ca_member *dropped = ca_members_find(members, id);
    if (dropped == members->all)
        return unfit(error, error_size, "The issuer ", id, " is the current one: make another one first.");
    if (dropped != NULL && is_above(members, dropped))
        return unfit(error, error_size, "The issuer ", id, " is a root: without it no certificate would count.");
    if (dropped == NULL && !key_is_there(&own))
        return CA_WAS_SO;
    int result = dropped != NULL ? move_key(options, dropped, error, error_size) : 0;
    if (result == 0 && dropped != NULL)
        result = take_out(options, members, dropped, error, error_size);
    return result == 0 ? key_erase(&own, error, error_size) : result;
}

bool ca_root_key_is_here(const struct ca_options *options, const char *issuer_id)
{
    char error[CA_PATH_MAX];
    struct ca_members root = {.count = 0};
    const struct key_source source = {options->root_key_file, options->passphrase_file};
    if (source.file == NULL || options->root_certificate_file == NULL || !key_is_there(&source))
        return false;
    /* Whose it is cannot be told without its certificate: better one warning too many. */
    bool here = ca_members_read(options->root_certificate_file, &root, error, sizeof error) != 0 ||
                ca_members_find(&root, issuer_id) == root.all;
    ca_members_free(&root);
    ERR_clear_error();
    return here;
}

int ca_drop(const struct ca_options *options, const char *issuer_id, char *error, size_t error_size)
{
    struct ca_members members = {.count = 0};
    int result = ca_files_check(options, error, error_size);
    if (result == 0 && !ca_files_is_id(issuer_id))
        result = unfit(error, error_size, "An issuer's id has 40 lower-case hex digits", "", ".");
    if (result == 0)
        result = ca_members_read(options->certificate_file, &members, error, error_size);
    if (result == 0)
        result = drop(options, issuer_id, &members, error, error_size);
    ca_members_free(&members);
    ERR_clear_error();
    return result;
}
