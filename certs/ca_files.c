#include "certs/ca_files.h"

#include "certs/draft.h"
#include "certs/file.h"

#include <errno.h>
#include <openssl/err.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define PASSPHRASE_MAX 1024

int ca_files_say(char *error, size_t error_size, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error, error_size, format, arguments);
    va_end(arguments);
    return -1;
}

int ca_files_check(const struct ca_options *options, char *error, size_t error_size)
{
    if (options->certificate_file == NULL || options->key_file == NULL)
        return ca_files_say(error, error_size, "The authority needs a certificate file and a key file: name both.");
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

/* The first line of the passphrase file; the caller wipes `out`. Empty when there is no such file in the options. */
static int read_passphrase(const struct ca_options *options, char out[PASSPHRASE_MAX], char *error, size_t error_size)
{
    size_t length = 0;
    out[0] = '\0';
    if (options->passphrase_file == NULL)
        return 0;
    int failed = file_read(options->passphrase_file, out, PASSPHRASE_MAX, &length);
    if (failed != 0)
        return ca_files_say(error, error_size, "Cannot read the passphrase file %s: %s.", options->passphrase_file,
                            strerror(failed));
    size_t line = strcspn(out, "\r\n");
    key_wipe(out + line, PASSPHRASE_MAX - line);
    if (line == 0)
        return ca_files_say(error, error_size, "The first line of the passphrase file %s is empty: write one there.",
                            options->passphrase_file);
    return 0;
}

/* Only regular files have modes that mean something; a symbolic link is judged by what it points to. */
static int check_mode(const char *path, char *error, size_t error_size)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return ca_files_say(error, error_size, "Cannot read the authority's key %s: %s.", path, strerror(errno));
    if ((st.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        return ca_files_say(error, error_size,
                            "The authority's key %s is open to others (mode %03o): run chmod 600 %s.", path,
                            (unsigned)(st.st_mode & 0777), path);
    return 0;
}

static struct key *decode_key(const struct ca_options *options, const char *pem, size_t length, const char *passphrase,
                              char *error, size_t error_size)
{
    bool has = options->passphrase_file != NULL;
    struct key *key = key_read_pem(pem, length, has ? passphrase : NULL);
    if (key == NULL && has)
        ca_files_say(error, error_size,
                     "The authority's key %s cannot be opened: the passphrase in %s is not its own, or the file is no "
                     "private key in PEM.",
                     options->key_file, options->passphrase_file);
    else if (key == NULL)
        ca_files_say(error, error_size,
                     "The authority's key %s cannot be opened: it is no private key in PEM, or it is encrypted and "
                     "needs a passphrase file.",
                     options->key_file);
    return key;
}

struct key *ca_files_read_key(const struct ca_options *options, char *error, size_t error_size)
{
    char pem[2 * KEY_PEM_MAX], passphrase[PASSPHRASE_MAX];
    size_t length = 0;
    struct key *key = NULL;
    if (check_mode(options->key_file, error, error_size) != 0)
        return NULL;
    int failed = file_read(options->key_file, pem, sizeof pem, &length);
    if (failed != 0)
        ca_files_say(error, error_size, "Cannot read the authority's key %s: %s.", options->key_file, strerror(failed));
    else if (read_passphrase(options, passphrase, error, error_size) == 0)
        key = decode_key(options, pem, length, passphrase, error, error_size);
    key_wipe(passphrase, sizeof passphrase);
    key_wipe(pem, sizeof pem);
    return key;
}

int ca_files_write_key(const struct ca_options *options, const struct key *key, char *error, size_t error_size)
{
    char pem[KEY_PEM_MAX], passphrase[PASSPHRASE_MAX];
    int result = read_passphrase(options, passphrase, error, error_size);
    if (result == 0 && !key_write_pem(key, options->passphrase_file != NULL ? passphrase : NULL, pem, sizeof pem))
        result = ca_files_say(error, error_size, "OpenSSL cannot write the authority's key.");
    int failed = result == 0 ? file_write(options->key_file, pem, strlen(pem), S_IRUSR | S_IWUSR) : 0;
    if (failed != 0)
        result = ca_files_say(error, error_size, "Cannot write the authority's key %s: %s.", options->key_file,
                              strerror(failed));
    key_wipe(passphrase, sizeof passphrase);
    key_wipe(pem, sizeof pem);
    return result;
}
