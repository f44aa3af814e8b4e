/* The revocation lists, as a broker reads them: by OpenSSL. */
#include "certs/crl.h"
#include "service/core/authority.h"
#include "tests/flow/flow.h"
#include "tests/year/year.h"

#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

static X509_CRL *list; /* of the issuing authority; the one that the broker knows */

static X509 *read_issuer(void)
{
    BIO *bio = BIO_new_mem_buf(ca_bundle(authority_newest(&world->core)), -1);
    X509 *issuer = PEM_read_bio_X509(bio, NULL, NULL, NULL); /* the first of the bundle */
    BIO_free(bio);
    return issuer;
}

/* The list of the issuer, if it is signed by it. */
static X509_CRL *read_list(const char *text)
{
    X509 *issuer = read_issuer();
    X509_CRL *found = NULL;
    BIO *bio = BIO_new_mem_buf(text, -1);
    for (X509_CRL *next; found == NULL && (next = PEM_read_bio_X509_CRL(bio, NULL, NULL, NULL)) != NULL;)
        if (X509_CRL_verify(next, X509_get0_pubkey(issuer)) == 1)
            found = next;
        else
            X509_CRL_free(next);
    BIO_free(bio);
    X509_free(issuer);
    return found;
}

/* Two may have been made since the broker was told of the first: it reads the file as it is. */
void revocation_take(int64_t number)
{
    static int64_t told;
    const char *text = world->core.crl.text;
    struct crl_info infos[4] = {{.number = 0}};
    size_t count = crl_read(text, strlen(text), infos, 4);
    edge.crl = CRL_SLEEPS; /* until the next one is wanted */
    year_check(number > told, "list %lld is told after %lld", (long long)number, (long long)told);
    year_check(count >= 1 && infos[0].number >= number, "list %lld is read for %lld", (long long)infos[0].number,
               (long long)number);
    year_check(infos[0].next_update > year_wall() / 1000, "list %lld has ended already", (long long)number);
    told = number;
    X509_CRL_free(list);
    list = read_list(text);
    year_check(list != NULL, "list %lld is not signed by the authority", (long long)number);
    tally.lists++;
    tally.largest_list = (long)infos[0].count > tally.largest_list ? (long)infos[0].count : tally.largest_list;
}

bool revocation_names(const char *certificate)
{
    BIGNUM *number = NULL;
    X509_REVOKED *entry = NULL;
    if (list == NULL || BN_hex2bn(&number, certificate) == 0)
        return false;
    ASN1_INTEGER *serial = BN_to_ASN1_INTEGER(number, NULL);
    bool found = X509_CRL_get0_by_serial(list, &entry, serial) == 1;
    ASN1_INTEGER_free(serial);
    BN_free(number);
    return found;
}

struct count {
    long named, missing, wrong;
};

/* One certificate: id, whether it has ended, when it expires. An entry may stay for a day after that. */
static int compare(void *context, int columns, char **values, char **names)
{
    struct count *count = context;
    int64_t expired_for = year_wall() / 1000 - strtoll(values[2], NULL, 10);
    bool ended = values[1][0] == '1', named = revocation_names(values[0]);
    (void)columns, (void)names;
    count->named += named;
    count->missing += ended && expired_for < 0 && !named;
    count->wrong += named && (!ended || expired_for > DAY_MS / 1000 + MOST_DOWN / 1000);
    return 0;
}

void revocation_check(void)
{
    struct count count = {0};
    bool read = sqlite3_exec(world->database,
                             "SELECT certificate_id, state IN ('revoked', 'superseded'), not_after FROM certificate",
                             compare, &count, NULL) == SQLITE_OK;
    trace_check(read && count.missing == 0, "the last list does not name %ld certificates that have ended",
                count.missing);
    trace_check(count.wrong == 0, "the last list names %ld certificates that it should not", count.wrong);
    trace_check(count.named == sk_X509_REVOKED_num(X509_CRL_get_REVOKED(list)), "the last list names strangers");
    trace_check(count.named > DEVICES * 9 / 10, "the last list names %ld certificates only", count.named);
}

void revocation_free(void)
{
    X509_CRL_free(list);
}
