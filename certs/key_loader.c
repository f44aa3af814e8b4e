#include "certs/key_loader.h"

#include "certs/ca_files.h"
#include "certs/file.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define PASSPHRASE_MAX 1024

/* Only regular files have modes that mean something; a symbolic link is judged by what it points to. */
static int check_mode(const char *what, const char *path, char *error, size_t error_size)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return ca_files_say(error, error_size, "Cannot read %s %s: %s.", what, path, strerror(errno));
    if (S_ISREG(st.st_mode) && (st.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        return ca_files_say(error, error_size, "%c%s %s is open to others (mode %03o): run chmod 600 %s.",
                            toupper((unsigned char)what[0]), what + 1, path, (unsigned)(st.st_mode & 0777), path);
    return 0;
}

/* The first line of the passphrase file; the caller wipes `out`. Empty when there is no such file in the options. */
static int read_passphrase(const struct key_source *source, char out[PASSPHRASE_MAX], char *error, size_t error_size)
{
    size_t length = 0;
    out[0] = '\0';
    if (source->passphrase_file == NULL)
        return 0;
    if (check_mode("the passphrase file", source->passphrase_file, error, error_size) != 0)
        return -1;
    int failed = file_read(source->passphrase_file, out, PASSPHRASE_MAX, &length);
    if (failed != 0)
        return ca_files_say(error, error_size, "Cannot read the passphrase file %s: %s.", source->passphrase_file,
                            strerror(failed));
    size_t line = strcspn(out, "\r\n");
    key_wipe(out + line, PASSPHRASE_MAX - line);
    if (line == 0)
        return ca_files_say(error, error_size, "The first line of the passphrase file %s is empty: write one there.",
                            source->passphrase_file);
    return 0;
}

bool key_is_there(const struct key_source *source)
{
    struct stat st;
    return lstat(source->file, &st) == 0 || errno != ENOENT;
}

static struct key *decode_key(const struct key_source *source, const char *pem, size_t length, const char *passphrase,
                              char *error, size_t error_size)
{
    bool has = source->passphrase_file != NULL;
    struct key *key = key_read_pem(pem, length, has ? passphrase : NULL);
    if (key == NULL && has)
        ca_files_say(error, error_size,
                     "The passphrase in %s does not open the authority's key %s, or that is no private key in PEM: put "
                     "back the passphrase with which it was written.",
                     source->passphrase_file, source->file);
    else if (key == NULL)
        ca_files_say(error, error_size,
                     "The authority's key %s cannot be opened: it is no private key in PEM, or it is encrypted and "
                     "needs a passphrase file.",
                     source->file);
    return key;
}

struct key *key_load(const struct key_source *source, char *error, size_t error_size)
{
    char pem[2 * KEY_PEM_MAX], passphrase[PASSPHRASE_MAX];
    size_t length = 0;
    struct key *key = NULL;
    if (check_mode("the authority's key", source->file, error, error_size) != 0)
        return NULL;
    int failed = file_read(source->file, pem, sizeof pem, &length);
    if (failed != 0)
        ca_files_say(error, error_size, "Cannot read the authority's key %s: %s.", source->file, strerror(failed));
    else if (read_passphrase(source, passphrase, error, error_size) == 0)
        key = decode_key(source, pem, length, passphrase, error, error_size);
    key_wipe(passphrase, sizeof passphrase);
    key_wipe(pem, sizeof pem);
    return key;
}

int key_store(const struct key_source *source, const struct key *key, char *error, size_t error_size)
{
    char pem[KEY_PEM_MAX], passphrase[PASSPHRASE_MAX];
    int result = read_passphrase(source, passphrase, error, error_size);
    if (result == 0 && !key_write_pem(key, source->passphrase_file != NULL ? passphrase : NULL, pem, sizeof pem))
        result = ca_files_say(error, error_size, "OpenSSL cannot write the authority's key.");
    int failed = result == 0 ? file_write(source->file, pem, strlen(pem), S_IRUSR | S_IWUSR) : 0;
    if (failed != 0)
        result = ca_files_unwritten(error, error_size, "write the authority's key", source->file, failed);
    key_wipe(passphrase, sizeof passphrase);
    key_wipe(pem, sizeof pem);
    return result;
}

int key_erase(const struct key_source *source, char *error, size_t error_size)
{
    int failed = file_erase(source->file);
    return failed == 0 ? 0 : ca_files_unwritten(error, error_size, "remove the authority's key", source->file, failed);
}
