/* The revocation lists, as a broker reads them: by OpenSSL. */
#include "certs/crl.h"
#include "service/core/authority.h"
#include "tests/flow/flow.h"
#include "tests/year/year.h"

#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#define LOOK_MS  (30 * DAY_MS)
#define LINGER_S ((DAY_MS + MOST_DOWN) / 1000) /* an entry stays for a day, and until the next list is made */

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

/* The list beside the database. */
struct comparison {
    int64_t made;      /* the order for it was given then, wall ms: what has ended before must stand in it */
    int64_t expired_s; /* what expired before may have left it */
    long named, missing, wrong;
};

/* One certificate: id, when it was superseded or revoked (or 0), when it expires. */
static int compare(void *context, int columns, char **values, char **names)
{
    struct comparison *comparison = context;
    int64_t ended_at = strtoll(values[1], NULL, 10), not_after = strtoll(values[2], NULL, 10);
    bool named = revocation_names(values[0]);
    (void)columns, (void)names;
    comparison->named += named;
    comparison->missing += ended_at != 0 && ended_at < comparison->made && not_after >= comparison->expired_s && !named;
    comparison->wrong += named && (ended_at == 0 || not_after < comparison->expired_s - LINGER_S);
    return 0;
}

static struct comparison look_up_all(int64_t made)
{
    static const char sql[] =
        "SELECT certificate_id, CASE WHEN state IN ('revoked', 'superseded') THEN ended_at ELSE 0 "
        "END, not_after FROM certificate";
    struct comparison comparison = {.made = made, .expired_s = year_wall() / 1000};
    bool read = sqlite3_exec(world->database, sql, compare, &comparison, NULL) == SQLITE_OK;
    year_check(read, "the certificates cannot be read");
    int entries = sk_X509_REVOKED_num(X509_CRL_get_REVOKED(list));      /* -1: it names none */
    comparison.wrong += (entries > 0 ? entries : 0) - comparison.named; /* strangers */
    return comparison;
}

/* Once a month, at the list that has just been made. */
static void look_now_and_then(int64_t this_update)
{
    static int64_t next;
    if (year_now() < next || list == NULL)
        return;
    next = year_now() + LOOK_MS;
    struct comparison comparison = look_up_all(this_update * 1000);
    year_check(comparison.missing == 0 && comparison.wrong == 0, "a list lacks %ld certificates, and has %ld too many",
               comparison.missing, comparison.wrong);
    tally.compared_lists++;
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
    look_now_and_then(infos[0].this_update);
    tally.largest_list = (long)infos[0].count > tally.largest_list ? (long)infos[0].count : tally.largest_list;
}

void revocation_check(void)
{
    struct comparison comparison = look_up_all(INT64_MAX);
    trace_check(comparison.missing == 0, "the last list does not name %ld certificates that have ended",
                comparison.missing);
    trace_check(comparison.wrong == 0, "the last list names %ld certificates that it should not", comparison.wrong);
    trace_check(tally.largest_list > DEVICES, "no list ever named more than %ld certificates", tally.largest_list);
    trace_check(tally.compared_lists >= DAYS / 35, "only %ld lists were looked at", tally.compared_lists);
}

void revocation_free(void)
{
    X509_CRL_free(list);
}
