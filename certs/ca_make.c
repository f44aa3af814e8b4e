#include "certs/ca_make.h"

#include "certs/ca_files.h"
#include "certs/file.h"

#include <openssl/err.h>
#include <string.h>

/* A key without a certificate is what a crash between the two writes leaves: it is used, never replaced, because it
 * may as well be the key of an authority whose certificate was moved or misspelt. */
static int take_up_key(const struct key_source *source, enum key_type type, struct key **key, char *error,
                       size_t error_size)
{
    enum key_type found;
    *key = key_load(source, error, error_size);
    if (*key == NULL)
        return -1;
    if (key_type_of(*key, &found) && found == type)
        return 0;
    return ca_files_say(error, error_size, "There is a key of another type in %s: move it away or ask for its type.",
                        source->file);
}

static int make_key(const struct key_source *source, enum key_type type, struct key **key, char *error,
                    size_t error_size)
{
    *key = key_new(type);
    return *key != NULL ? key_store(source, *key, error, error_size)
                        : ca_files_say(error, error_size, "OpenSSL cannot make a key for the authority.");
}

int ca_make_key(const struct key_source *source, enum key_type type, struct key **key, char *error, size_t error_size)
{
    int result = key_is_there(source) ? take_up_key(source, type, key, error, error_size)
                                      : make_key(source, type, key, error, error_size);
    if (result == 0)
        return 0;
    key_free(*key);
    *key = NULL;
    return result;
}

int ca_make_save(const char *path, const char *pem, char *error, size_t error_size)
{
    int failed = file_write(path, pem, strlen(pem), 0644);
    return failed == 0 ? 0 : ca_files_unwritten(error, error_size, "write the authority's certificate", path, failed);
}

int ca_make_certificate(const struct ca_options *options, struct authority *authority, char pem[CERTIFICATE_PEM_MAX],
                        char *error, size_t error_size)
{
    char finding[128];
    authority->organization = options->organization;
    authority->country = options->country;
    return authority_make(authority, pem, finding, sizeof finding)
               ? 0
               : ca_files_say(error, error_size, "The authority's certificate cannot be made: %s.", finding);
}

/* A root that an interrupted ca_create left, or one that is there on purpose: it is used, never replaced. */
static int take_up_root(const struct ca_options *options, const struct key *key, struct ca_members *root, char *error,
                        size_t error_size)
{
    if (ca_members_read(options->root_certificate_file, root, error, error_size) != 0)
        return -1;
    bool fits = ca_member_fits(root->all, key);
    ERR_clear_error();
    return fits ? 0
                : ca_files_say(error, error_size, "The root's key %s does not belong to the certificate %s.",
                               options->root_key_file, options->root_certificate_file);
}

int ca_make_open_root(const struct ca_options *options, struct ca_members *root, struct key **key, char *error,
                      size_t error_size)
{
    const struct key_source source = {options->root_key_file, options->passphrase_file};
    *key = key_load(&source, error, error_size);
    return *key != NULL ? take_up_root(options, *key, root, error, error_size) : -1;
}
