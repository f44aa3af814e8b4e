#include "certs/ca_files.h"

#include "certs/draft.h"

#include <errno.h>
#include <openssl/err.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

int ca_files_say(char *error, size_t error_size, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error, error_size, format, arguments);
    va_end(arguments);
    return -1;
}

int ca_files_unwritten(char *error, size_t error_size, const char *what, const char *path, int failed)
{
    ca_files_say(error, error_size, "Cannot %s %s: %s.", what, path, strerror(failed));
    return CA_NOT_WRITTEN;
}

int ca_files_check(const struct ca_options *options, char *error, size_t error_size)
{
    if (options->certificate_file == NULL || options->key_file == NULL)
        return ca_files_say(error, error_size, "The authority needs a certificate file and a key file: name both.");
    if ((options->root_certificate_file == NULL) != (options->root_key_file == NULL))
        return ca_files_say(error, error_size, "A root needs a certificate file and a key file: name both.");
    if (strlen(options->key_file) + CA_ISSUER_ID + sizeof ".new." > CA_PATH_MAX)
        return ca_files_say(error, error_size, "The path of the authority's key is too long: choose a shorter one.");
    return ca_files_check_names(options, error, error_size);
}

int ca_files_check_names(const struct ca_options *options, char *error, size_t error_size)
{
    const char *country = options->country, *organization = options->organization;
    if (country != NULL && strlen(country) != 2)
        return ca_files_say(error, error_size, "The country of the subjects must be two letters, such as DE.");
    if (organization != NULL && (*organization == '\0' || strlen(organization) > 64))
        return ca_files_say(error, error_size, "The organization of the subjects must have 1 to 64 octets.");
    X509_NAME *name = draft_name(country, organization, "x");
    X509_NAME_free(name);
    ERR_clear_error();
    if (name == NULL)
        return ca_files_say(error, error_size,
                            "Organization or country cannot stand in a certificate: use UTF-8, and two letters for the "
                            "country.");
    return 0;
}

bool ca_files_has(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0 || errno != ENOENT;
}

bool ca_files_is_id(const char *id)
{
    return strlen(id) == CA_ISSUER_ID && strspn(id, "0123456789abcdef") == CA_ISSUER_ID;
}

struct key_source ca_files_key(const struct ca_options *options, const char *id, char path[CA_PATH_MAX])
{
    snprintf(path, CA_PATH_MAX, "%s%s%s", options->key_file, id[0] != '\0' ? "." : "", id);
    return (struct key_source){path, options->passphrase_file};
}
