/*
 * The null of provisioning: on one core, for each device the signature of its CSR is checked, one of the authority's
 * is made, and its rows are written, GROUP devices to a commit. Contexts are made once; CSRs are taken apart before the
 * clock starts.
 *   null_issuer DATABASE CSRS COUNT
 * Prints one line of JSON.
 */
#include "tests/bench/null_rows.h"
#include "tests/wire/crowd.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GROUP    64
#define POINT    65
#define CSR_LINE 1024
#define SIGNED   512 /* octets of a request that are signed, of a certificate about as many */

struct job {
    struct null_device device;
    unsigned char point[POINT], text[SIGNED], signature[80];
    size_t text_length, signature_length;
};

struct issuer {
    EVP_PKEY *theirs, *ours;
    EVP_PKEY_CTX *verify, *sign;
};

/* The octets of a request that are signed, its signature and its public point. */
static bool take_apart(X509_REQ *request, struct job *job)
{
    unsigned char *text = NULL, *point = NULL;
    const ASN1_BIT_STRING *signature = NULL;
    X509_REQ_get0_signature(request, &signature, NULL);
    int length = i2d_re_X509_REQ_tbs(request, &text);
    size_t point_length = EVP_PKEY_get1_encoded_public_key(X509_REQ_get0_pubkey(request), &point);
    bool ok = length > 0 && length <= SIGNED && point_length == POINT && signature->length <= 80;
    if (ok) {
        memcpy(job->text, text, (size_t)length);
        memcpy(job->point, point, POINT);
        memcpy(job->signature, signature->data, (size_t)signature->length);
        job->text_length = (size_t)length;
        job->signature_length = (size_t)signature->length;
    }
    OPENSSL_free(text);
    OPENSSL_free(point);
    return ok;
}

static void hex(const unsigned char *octets, size_t count, char *out)
{
    for (size_t i = 0; i < count; i++)
        snprintf(out + 2 * i, 3, "%02x", octets[i]);
}

static bool make_job(const char *line, struct job *job)
{
    char pem[CSR_LINE];
    unsigned char random[160];
    size_t length = 0;
    for (const char *at = line; *at != '\0'; at++)
        if (*at == '\\')
            pem[length++] = '\n', at++;
        else
            pem[length++] = *at;
    BIO *bio = BIO_new_mem_buf(pem, (int)length);
    X509_REQ *request = PEM_read_bio_X509_REQ(bio, NULL, NULL, NULL);
    bool ok = request != NULL && RAND_bytes(random, sizeof random) == 1 && take_apart(request, job);
    hex(random, 20, job->device.uuid);
    hex(random + 20, 18, job->device.certificate_id);
    hex(random + 40, 6, job->device.device_id);
    hex(random + 50, 4, job->device.api_key);
    memcpy(job->device.public_key, random + 60, 32);
    memcpy(job->device.body_hash, random + 92, 32);
    memcpy(job->device.key_hash, random + 124, 32);
    X509_REQ_free(request);
    BIO_free(bio);
    return ok;
}

static struct job *read_jobs(const char *path, size_t count)
{
    char line[CSR_LINE];
    FILE *file = fopen(path, "r");
    struct job *jobs = calloc(count, sizeof *jobs);
    size_t read = 0;
    while (file != NULL && jobs != NULL && read < count && fscanf(file, "%1023[^\n]\n", line) == 1 &&
           make_job(line, &jobs[read]))
        read++;
    if (file != NULL)
        fclose(file);
    if (read == count)
        return jobs;
    free(jobs);
    return NULL;
}

static bool open_issuer(struct issuer *issuer)
{
    issuer->theirs = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "prime256v1");
    issuer->ours = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "prime256v1");
    issuer->verify = EVP_PKEY_CTX_new(issuer->theirs, NULL);
    issuer->sign = EVP_PKEY_CTX_new(issuer->ours, NULL);
    return issuer->verify != NULL && issuer->sign != NULL && EVP_PKEY_verify_init(issuer->verify) == 1 &&
           EVP_PKEY_sign_init(issuer->sign) == 1;
}

static bool issue(struct issuer *issuer, struct job *job)
{
    unsigned char digest[32], signature[80];
    size_t length = sizeof signature;
    SHA256(job->text, job->text_length, digest);
    if (EVP_PKEY_set1_encoded_public_key(issuer->theirs, job->point, POINT) != 1 ||
        EVP_PKEY_verify(issuer->verify, job->signature, job->signature_length, digest, sizeof digest) != 1)
        return false;
    SHA256(job->text, SIGNED, digest);
    if (EVP_PKEY_sign(issuer->sign, signature, &length, digest, sizeof digest) != 1)
        return false;
    SHA256(job->text, SIGNED, job->device.fingerprint);
    return true;
}

/* One commit: the intents of a group, and all of the group before it. */
static bool commit_group(struct null_rows *rows, struct issuer *issuer, struct job *jobs, size_t from, size_t count)
{
    bool ok = null_rows_begin(rows);
    for (size_t i = from >= GROUP ? from - GROUP : count; i < from && i < count && ok; i++)
        ok = issue(issuer, &jobs[i]) && null_rows_issued(rows, &jobs[i].device);
    for (size_t i = from; i < from + GROUP && i < count && ok; i++)
        ok = null_rows_intent(rows, &jobs[i].device);
    return ok && null_rows_commit(rows);
}

int main(int words_count, char **words)
{
    size_t count = words_count == 4 ? (size_t)atol(words[3]) : 0;
    struct issuer issuer = {0};
    struct job *jobs = count > 0 ? read_jobs(words[2], count) : NULL;
    struct null_rows *rows = jobs != NULL ? null_rows_new(words[1]) : NULL;
    bool ok = rows != NULL && open_issuer(&issuer);
    double begun = crowd_clock();
    for (size_t from = 0; from < count + GROUP && ok; from += GROUP)
        ok = commit_group(rows, &issuer, jobs, from, count);
    double seconds = crowd_clock() - begun;
    if (ok)
        printf("{\"devices\":%zu,\"seconds\":%.3f,\"per_second\":%.1f}\n", count, seconds, (double)count / seconds);
    EVP_PKEY_CTX_free(issuer.verify);
    EVP_PKEY_CTX_free(issuer.sign);
    EVP_PKEY_free(issuer.theirs);
    EVP_PKEY_free(issuer.ours);
    null_rows_free(rows);
    free(jobs);
    return ok ? 0 : 1;
}
