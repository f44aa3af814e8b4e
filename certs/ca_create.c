#include "certs/ca_files.h"
#include "certs/ca_make.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>

static int make_root(const struct ca_options *options, const struct key *key, int64_t now, struct ca_members *root,
                     char *error, size_t error_size)
{
    char pem[CERTIFICATE_PEM_MAX];
    struct public_key public;
    struct authority authority = {.profile = LINT_ROOT, .key = &public, .signing_key = key, .now = now};
    if (!key_public(key, &public))
        return ca_files_say(error, error_size, "OpenSSL cannot read the root's key.");
    int result = ca_make_certificate(options, &authority, pem, error, error_size);
    if (result == 0)
        result = ca_make_save(options->root_certificate_file, pem, error, error_size);
    return result == 0 ? ca_members_read(options->root_certificate_file, root, error, error_size) : result;
}

/* The root, new or taken up; `key` is its own, for the caller to free, also after a failure. */
static int provide_root(const struct ca_options *options, enum key_type type, int64_t now, struct ca_members *root,
                        struct key **key, char *error, size_t error_size)
{
    const struct key_source source = {options->root_key_file, options->passphrase_file};
    bool made = ca_files_has(options->root_certificate_file);
    if (made)
        return ca_make_open_root(options, root, key, error, error_size);
    int result = ca_make_key(&source, type, key, error, error_size);
    return result == 0 ? make_root(options, *key, now, root, error, error_size) : result;
}

/* Signs the certificate of the issuing key, by the root or by itself, and writes the authority's file. */
static int finish(const struct ca_options *options, const struct key *key, const struct ca_members *root,
                  const struct key *root_key, int64_t now, char *error, size_t error_size)
{
    char bundle[CA_BUNDLE_MAX];
    struct public_key public;
    bool alone = root_key == NULL;
    struct authority authority = {.profile = alone ? LINT_AUTHORITY : LINT_ISSUER,
                                  .key = &public,
                                  .signing_key = alone ? key : root_key,
                                  .issuer = alone ? NULL : root->all[0].certificate,
                                  .now = now};
    if (!key_public(key, &public))
        return ca_files_say(error, error_size, "OpenSSL cannot read the authority's key.");
    if (ca_make_certificate(options, &authority, bundle, error, error_size) != 0)
        return -1;
    for (size_t i = 0; i < root->count; i++)
        if (!ca_member_write(&root->all[i], bundle, sizeof bundle))
            return ca_files_say(error, error_size, "There are too many certificates in %s.",
                                options->root_certificate_file);
    return ca_make_save(options->certificate_file, bundle, error, error_size);
}

/* Keys before certificates: a certificate whose key is lost in a crash would be of no use. The authority's own file
 * comes last: when it is there, everything is. */
static int create(const struct ca_options *options, enum key_type type, int64_t now, char *error, size_t error_size)
{
    char path[CA_PATH_MAX];
    struct key_source source = ca_files_key(options, "", path);
    struct key *key = NULL, *root_key = NULL;
    struct ca_members root = {.count = 0};
    int result = 0;
    if (options->root_key_file != NULL)
        result = provide_root(options, type, now, &root, &root_key, error, error_size);
    if (result == 0)
        result = ca_make_key(&source, type, &key, error, error_size);
    if (result == 0)
        result = finish(options, key, &root, root_key, now, error, error_size);
    ca_members_free(&root);
    key_free(root_key);
    key_free(key);
    return result;
}

int ca_create(const struct ca_options *options, enum key_type type, int64_t now, char *error, size_t error_size)
{
    if (ca_files_check(options, error, error_size) != 0)
        return -1;
    if (type == KEY_ED25519)
        return ca_files_say(error, error_size, "An authority's key must be EC or RSA: many devices know no Ed25519.");
    if (ca_files_has(options->certificate_file))
        return ca_files_say(error, error_size,
                            "There is an authority in %s already: it is never replaced; move it away.",
                            options->certificate_file);
    int result = create(options, type, now, error, error_size);
    ERR_clear_error();
    return result;
}

bool certificate_is_for(const char *pem, size_t length, const struct key *key)
{
    char no_passphrase[] = "";
    BIO *bio = BIO_new_mem_buf(pem, (int)length);
    X509 *certificate = bio != NULL ? PEM_read_bio_X509(bio, NULL, NULL, no_passphrase) : NULL;
    bool fits = certificate != NULL && X509_check_private_key(certificate, key_evp(key)) == 1;
    X509_free(certificate);
    BIO_free(bio);
    ERR_clear_error();
    return fits;
}
