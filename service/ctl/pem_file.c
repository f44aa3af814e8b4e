#include "service/ctl/pem_file.h"

#include "certs/key.h"
#include "certs/pem.h"
#include "service/ctl/out.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PEM_FILE_MAX (64 * 1024) /* octets that are looked at: a chain and its key fit many times */

/* All of a descriptor; 0 or an errno value. A loop of its own: the size of a pipe is not known before its end. */
static int read_all(int fd, char *out, size_t size, size_t *length)
{
    ssize_t got = 1;
    *length = 0;
    while (got > 0 && *length < size - 1) {
        got = read(fd, out + *length, size - 1 - *length);
        if (got < 0 && errno != EINTR)
            return errno;
        *length += got > 0 ? (size_t)got : 0;
        got = got < 0 ? 1 : got;
    }
    out[*length] = '\0';
    return *length == size - 1 ? EFBIG : 0;
}

enum ctl_exit pem_file_read(const char *path, char *out, size_t size, size_t *length)
{
    bool is_stdin = strcmp(path, "-") == 0;
    int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    int failed = fd < 0 ? errno : read_all(fd, out, size, length);
    if (fd >= 0 && !is_stdin)
        close(fd);
    if (failed == 0)
        return CTL_DONE;
    key_wipe(out, size);
    return out_error(CTL_USAGE, NULL, "name a file that this user can read, or - for stdin", "cannot read %s: %s", path,
                     strerror(failed));
}

/* The first certificate of a text, written anew: whatever stands around it is left behind. */
static const char *take_certificate(const char *text, size_t length, char out[PEM_FILE_CERTIFICATE])
{
    unsigned char *der = NULL;
    size_t der_length = 0;
    const char *at = text, *trouble = NULL;
    if (!pem_next("CERTIFICATE", &at, text + length, &der, &der_length))
        return at != NULL ? "there is no certificate in PEM" : "its first certificate is broken";
    if (pem_size("CERTIFICATE", der_length) > PEM_FILE_CERTIFICATE)
        trouble = "its first certificate is larger than the service takes";
    else if (pem_write("CERTIFICATE", der, der_length, out) == 0)
        trouble = "OpenSSL failed";
    free(der);
    return trouble;
}

enum ctl_exit pem_file_certificate(const char *path, char out[PEM_FILE_CERTIFICATE])
{
    char text[PEM_FILE_MAX];
    size_t length = 0;
    enum ctl_exit end = pem_file_read(path, text, sizeof text, &length);
    if (end != CTL_DONE)
        return end;
    const char *trouble = take_certificate(text, length, out);
    key_wipe(text, sizeof text); /* a private key may stand there, too */
    if (trouble == NULL)
        return CTL_DONE;
    return out_error(CTL_USAGE, NULL, "a certificate begins with -----BEGIN CERTIFICATE-----", "%s: %s", path, trouble);
}

static int write_all(int fd, const char *text)
{
    size_t left = strlen(text);
    while (left > 0) {
        ssize_t done = write(fd, text, left);
        if (done < 0 && errno != EINTR)
            return errno;
        text += done > 0 ? done : 0;
        left -= done > 0 ? (size_t)done : 0;
    }
    return fsync(fd) != 0 ? errno : 0;
}

enum ctl_exit pem_file_write(const char *path, const char *pem)
{
    if (strcmp(path, "-") == 0)
        return fputs(pem, stdout) < 0 ? CTL_FAILED : out_done();
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd < 0 && errno == EEXIST)
        return out_error(CTL_CONFLICT, NULL, "remove it when it is of no use any more, or name another file with --out",
                         "there is a file %s already", path);
    int failed = fd < 0 ? errno : write_all(fd, pem);
    if (fd >= 0 && close(fd) != 0 && failed == 0)
        failed = errno;
    if (failed == 0)
        return CTL_DONE;
    if (fd >= 0)
        unlink(path);
    return out_error(CTL_FAILED, NULL, "name another file with --out", "cannot write %s: %s", path, strerror(failed));
}
