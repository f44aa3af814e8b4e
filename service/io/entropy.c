#include "service/io/entropy.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

/* The kernel's own: the numbers of a request are few octets at a time, and OpenSSL's generator costs more than a system
 * call (two of them, to see whether the process was forked). */
void entropy_fill(void *out, size_t length)
{
    unsigned char *at = out;
    while (length > 0) {
        ssize_t got = getrandom(at, length, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            fputs("error: the operating system gives no random octets\n", stderr);
            abort();
        }
        at += got;
        length -= (size_t)got;
    }
}
