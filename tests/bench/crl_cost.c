/*
 * What a revocation list costs: time and memory of making one of N entries, signed, read back and in PEM.
 * usage: crl_cost [entries]   (100000)
 */
#include "certs/crl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define NOW ((int64_t)1800000000)

static char folder[] = "/tmp/crl_cost.XXXXXX";
static char certificate_file[64], key_file[64];

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double peak(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)usage.ru_maxrss / 1024;
}

static struct ca *open_authority(void)
{
    char error[512];
    struct ca_options options = {.certificate_file = certificate_file, .key_file = key_file};
    if (mkdtemp(folder) == NULL)
        return NULL;
    snprintf(certificate_file, sizeof certificate_file, "%s/ca.pem", folder);
    snprintf(key_file, sizeof key_file, "%s/ca.key", folder);
    bool made = ca_create(&options, KEY_EC_P256, NOW, error, sizeof error) == 0;
    struct ca *ca = made ? ca_new(&options, error, sizeof error) : NULL;
    unlink(certificate_file);
    unlink(key_file);
    rmdir(folder);
    return ca;
}

int main(int argc, char **argv)
{
    long entries = argc > 1 ? strtol(argv[1], NULL, 10) : 100000;
    struct ca *ca = open_authority();
    double before = peak(), start = seconds();
    struct crl *crl = ca != NULL ? crl_new(ca, ca_issuer_id(ca), 1, NOW, NOW + 30 * 86400) : NULL;
    bool ok = crl != NULL;
    for (long i = 0; ok && i < entries; i++) {
        unsigned char serial[PROFILE_SERIAL] = {0x40};
        memcpy(serial + 1, &i, sizeof i);
        ok = crl_add(crl, serial, NOW - i, CRL_CESSATION_OF_OPERATION);
    }
    double added = seconds();
    size_t length = 0;
    char *pem = ok ? crl_sign(crl, &length) : NULL;
    double signed_at = seconds();
    unsigned char absent[PROFILE_SERIAL] = {0x7f};
    bool listed = pem != NULL && crl_lists(pem, length, absent);
    printf("%ld entries: added in %.3f s, signed and read back in %.3f s, looked through in %.3f s; "
           "%.1f MB of PEM, peak of memory %.1f MB (%.1f MB before)\n",
           entries, added - start, signed_at - added, seconds() - signed_at, (double)length / 1e6, peak(), before);
    bool good = pem != NULL && !listed;
    free(pem);
    crl_free(crl);
    ca_free(ca);
    return good ? 0 : 1;
}
