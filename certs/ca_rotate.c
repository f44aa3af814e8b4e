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

int ca_look_current(const struct ca_options *options, char id[CA_ISSUER_ID + 1], char *error, size_t error_size)
{
    struct ca_members members = {.count = 0};
    int result = ca_files_check(options, error, error_size);
    if (result == 0)
        result = ca_members_read(options->certificate_file, &members, error, error_size);
    if (result == 0)
        memcpy(id, members.all[0].id, CA_ISSUER_ID + 1);
    ca_members_free(&members);
    ERR_clear_error();
    return result;
}
