#include "certs/ca_files.h"
#include "certs/draft.h"
#include "certs/extensions.h"
#include "certs/file.h"
#include "certs/internal.h"

#include <errno.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* RFC 5280, 4.2.1.3: keyCertSign (5), cRLSign (6) */
static const int authority_usage[] = {5, 6, -1};

/* The root's own profile. `draft` gets what the caller frees: subject and extensions. */
static bool sketch(struct draft *draft, const struct ca_options *options, int64_t now, unsigned char *serial)
{
    static const struct validity always = {INT64_MIN, INT64_MAX};
    unsigned char identifier[KEY_IDENTIFIER];
    char common_name[32];
    size_t length = 0;
    const unsigned char *bits = draft_key_bits(draft->key, &length);
    if (bits == NULL || !extension_key_identifier(bits, length, identifier) || RAND_bytes(serial, PROFILE_SERIAL) != 1)
        return false;
    profile_serial(serial);
    snprintf(common_name, sizeof common_name, "Muster CA %02x%02x%02x%02x", serial[0], serial[1], serial[2], serial[3]);
    draft->serial = serial;
    draft->subject = draft->issuer = draft_name(options->country, options->organization, common_name);
    draft->extensions[draft->count++] = extension_basic_constraints(true);
    draft->extensions[draft->count++] = extension_key_usage(authority_usage);
    draft->extensions[draft->count++] = extension_subject_key(identifier);
    draft->extensions[draft->count++] = extension_authority_key(identifier, sizeof identifier);
    return draft->subject != NULL && profile_validity(now, PROFILE_AUTHORITY_DAYS, always, &draft->validity);
}

static X509 *make_root(const struct ca_options *options, const struct key *key, int64_t now)
{
    unsigned char serial[PROFILE_SERIAL];
    struct public_key public;
    struct draft draft = {.key = &public};
    X509 *root = NULL;
    if (key_public(key, &public) && sketch(&draft, options, now, serial))
        root = draft_sign(&draft, key_evp(key));
    X509_NAME_free(draft.subject);
    for (size_t i = 0; i < draft.count; i++)
        X509_EXTENSION_free(draft.extensions[i]);
    return root;
}

/* The certificate in PEM, read back and looked at before anyone trusts it; a memory BIO, or NULL with a finding. */
static BIO *write_root(X509 *root, char *finding, size_t finding_size)
{
    unsigned char *der = NULL;
    int length = root != NULL ? i2d_X509(root, &der) : 0;
    BIO *bio = length > 0 ? BIO_new(BIO_s_mem()) : NULL;
    bool ok = bio != NULL && lint_certificate(der, (size_t)length, NULL, 0, LINT_AUTHORITY, finding, finding_size) &&
              PEM_write_bio_X509(bio, root) == 1;
    OPENSSL_free(der);
    if (ok)
        return bio;
    BIO_free(bio);
    return NULL;
}

static int save_root(const struct ca_options *options, X509 *root, char *error, size_t error_size)
{
    char finding[128] = "OpenSSL failed";
    char *pem = NULL;
    BIO *bio = write_root(root, finding, sizeof finding);
    if (bio == NULL)
        return ca_files_say(error, error_size, "The authority's certificate cannot be made: %s.", finding);
    long length = BIO_get_mem_data(bio, &pem);
    int failed = file_write(options->certificate_file, pem, (size_t)length, 0644);
    BIO_free(bio);
    if (failed != 0)
        return ca_files_say(error, error_size, "Cannot write the authority's certificate %s: %s.",
                            options->certificate_file, strerror(failed));
    return 0;
}

/* A key without a certificate is what a crash between the two writes leaves: it is used, never replaced, because it
 * may as well be the key of an authority whose certificate was moved or misspelt. */
static struct key *take_up_key(const struct ca_options *options, enum key_type type, char *error, size_t error_size)
{
    enum key_type found;
    struct key *key = ca_files_read_key(options, error, error_size);
    if (key == NULL || (key_type_of(key, &found) && found == type))
        return key;
    key_free(key);
    ca_files_say(error, error_size, "There is a key of another type in %s: move it away or ask for its type.",
                 options->key_file);
    return NULL;
}

static struct key *make_key(const struct ca_options *options, enum key_type type, char *error, size_t error_size)
{
    struct key *key = key_new(type);
    if (key == NULL)
        ca_files_say(error, error_size, "OpenSSL cannot make a key for the authority.");
    if (key == NULL || ca_files_write_key(options, key, error, error_size) == 0)
        return key;
    key_free(key);
    return NULL;
}

/* Whether there is something at `path`, if only a dangling link; what cannot be looked at is taken to be there. */
static bool exists(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0 || errno != ENOENT;
}

int ca_create(const struct ca_options *options, enum key_type type, int64_t now, char *error, size_t error_size)
{
    if (ca_files_check(options, error, error_size) != 0)
        return -1;
    if (type == KEY_ED25519)
        return ca_files_say(error, error_size, "An authority's key must be EC or RSA: many devices know no Ed25519.");
    if (exists(options->certificate_file))
        return ca_files_say(error, error_size,
                            "There is an authority in %s already: it is never replaced; move it away.",
                            options->certificate_file);
    /* The key first: a certificate whose key is lost in a crash would be of no use. */
    struct key *key = exists(options->key_file) ? take_up_key(options, type, error, error_size)
                                                : make_key(options, type, error, error_size);
    if (key == NULL)
        return -1;
    X509 *root = make_root(options, key, now);
    int result = save_root(options, root, error, error_size);
    X509_free(root);
    key_free(key);
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
