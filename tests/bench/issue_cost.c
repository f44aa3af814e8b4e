/*
 * What a certificate costs, by its parts: reading the request, issuing (the lint included), and the lint alone, beside
 * the arithmetic that nobody can save: one P-256 verification and one signature with contexts that are set up once.
 * issue_cost ROUNDS. Each round takes all parts in turn, SLICE times each, over 1,000 different requests; a figure is
 * the median over the rounds of the mean. Prints one line of JSON: microseconds of CPU by part.
 */
#include "certs/csr.h"
#include "certs/lint_issuer.h"
#include "tests/bench/authority.h"
#include "tests/bench/null_arithmetic.h"

#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define REQUESTS 1000
#define SLICE    20
#define ROUNDS   1000 /* at most */
#define NOW      ((int64_t)1800000000)

enum part { VERIFY, SIGN, CSR_READ, ISSUE, LINT, PARTS };

static char requests[REQUESTS][CSR_PEM_MAX];
static struct public_key keys[REQUESTS];
static struct certificate certificate;
static struct ca *ca;
static struct null_arithmetic *null;
static double figures[PARTS][ROUNDS];

/* What the lint reads. */
static unsigned char *der;
static long der_length;
static struct lint_issuer *issuer;
static struct lint_economy economy;
static unsigned char signed_digest[P256_DIGEST];

static void require(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "issue_cost: %s failed\n", what);
    exit(1);
}

static double now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now); /* whatever else runs on the core */
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static bool null_sign(size_t i)
{
    return null_arithmetic_sign(null, i);
}

static bool null_verify(size_t i)
{
    return null_arithmetic_verify(null, i);
}

static bool read_request(size_t i)
{
    struct why why;
    return ca_read_request(ca, requests[i], strlen(requests[i]), &keys[i], &why) == ST_OK;
}

static bool issue(size_t i)
{
    struct why why;
    char device_id[32];
    snprintf(device_id, sizeof device_id, "SENSOR-%06zu", i);
    struct certificate_request request = {.key = &keys[i],
                                          .device_id = device_id,
                                          .uuid = "550e8400-e29b-41d4-a716-446655440000",
                                          .tenant = "default",
                                          .validity = {NOW, NOW + 365 * (int64_t)86400 - 1}};
    memset(request.serial, (int)i, sizeof request.serial);
    profile_serial(request.serial);
    return ca_issue_device(ca, &request, &certificate, &why) == ST_OK;
}

static bool lint(size_t i)
{
    (void)i;
    char finding[128];
    return lint_der(der, (size_t)der_length, issuer, LINT_DEVICE, economy, finding, sizeof finding);
}

static void set_up_requests(void)
{
    for (size_t i = 0; i < REQUESTS; i++) {
        char name[32];
        struct key *key = key_new(KEY_EC_P256);
        snprintf(name, sizeof name, "sensor-%zu", i);
        require(key != NULL && csr_write(key, name, requests[i], sizeof requests[i]) && key_public(key, &keys[i]),
                "a request");
        key_free(key);
    }
}

static void decode(const char *pem, unsigned char **out, long *length)
{
    BIO *bio = BIO_new_mem_buf(pem, -1);
    require(PEM_bytes_read_bio(out, length, NULL, PEM_STRING_X509, bio, NULL, NULL) == 1, "PEM");
    BIO_free(bio);
}

static void set_up_authority(void)
{
    char error[512];
    ca = authority_new(NOW, error, sizeof error);
    require(ca != NULL && issue(0), "the authority");
    decode(certificate.pem, &der, &der_length);
    unsigned char *root;
    long length;
    decode(ca_bundle(ca), &root, &length);
    issuer = lint_issuer_new(root, (size_t)length);
    OPENSSL_free(root);
    struct parsed *parsed = parsed_new(der, (size_t)der_length);
    economy = (struct lint_economy){p256_new(NULL), signed_digest};
    require(issuer != NULL && parsed != NULL && economy.p256 != NULL &&
                p256_hash(economy.p256, ASN1_STRING_get0_data(parsed->octets),
                          (size_t)ASN1_STRING_length(parsed->octets), signed_digest),
            "the lint");
    parsed_free(parsed);
}

static bool (*const work[PARTS])(size_t i) = {
    [VERIFY] = null_verify, [SIGN] = null_sign, [CSR_READ] = read_request, [ISSUE] = issue, [LINT] = lint,
};

/* Whoever begins a round changes, so that nobody always runs behind the same neighbour. */
static void run(size_t round)
{
    for (size_t k = 0; k < PARTS; k++) {
        size_t part = (k + round) % PARTS;
        double begin = now_us();
        for (size_t i = 0; i < SLICE; i++)
            require(work[part]((round * SLICE + i) % REQUESTS), "an operation");
        figures[part][round] = (now_us() - begin) / SLICE;
    }
}

static int by_size(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

int main(int argc, char **argv)
{
    static const char *const names[PARTS] = {"verify", "sign", "csr_read", "issue", "lint"};
    size_t rounds = argc == 2 ? strtoul(argv[1], NULL, 10) : 0;
    if (rounds == 0 || rounds > ROUNDS) {
        fprintf(stderr, "usage: issue_cost ROUNDS\n");
        return 2;
    }
    null = null_arithmetic_new();
    require(null != NULL, "the null issuer");
    set_up_requests();
    set_up_authority();
    for (size_t round = 0; round < rounds; round++)
        run(round);
    for (size_t part = 0; part < PARTS; part++) {
        qsort(figures[part], rounds, sizeof figures[part][0], by_size);
        printf("%s\"%s\":%.2f", part == 0 ? "{" : ",", names[part], figures[part][rounds / 2]);
    }
    printf("}\n");
    ca_free(ca);
    OPENSSL_free(der);
    lint_issuer_free(issuer);
    p256_free(economy.p256);
    null_arithmetic_free(null);
    return 0;
}
