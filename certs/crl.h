/*
 * Certificate revocation lists (RFC 5280, 5): written for a fleet's worth of entries, and read.
 * Knows nothing of files or of who was revoked when: that is its caller's.
 */
#ifndef MUSTER_CERTS_CRL_H
#define MUSTER_CERTS_CRL_H

#include "certs/ca.h"

/* X(enumerator, value, name): the CRLReason of RFC 5280, 5.3.1, as far as an authority like this has use for them. */
#define CRL_REASON_LIST(X)                                                                                             \
    X(CRL_UNSPECIFIED, 0, "unspecified")                                                                               \
    X(CRL_KEY_COMPROMISE, 1, "keyCompromise")                                                                          \
    X(CRL_CA_COMPROMISE, 2, "cACompromise")                                                                            \
    X(CRL_AFFILIATION_CHANGED, 3, "affiliationChanged")                                                                \
    X(CRL_SUPERSEDED, 4, "superseded")                                                                                 \
    X(CRL_CESSATION_OF_OPERATION, 5, "cessationOfOperation")                                                           \
    X(CRL_PRIVILEGE_WITHDRAWN, 9, "privilegeWithdrawn")

enum crl_reason {
#define CRL_REASON_ENUM(enumerator, value, name) enumerator = (value),
    CRL_REASON_LIST(CRL_REASON_ENUM)
#undef CRL_REASON_ENUM
};

/* The reason of a name of RFC 5280; false when it is none of the list. Pure. */
bool crl_reason_from_name(const char *name, enum crl_reason *out);

/* For what stands in the database, which has reasons of its own: "reset" is cessationOfOperation; whatever
 * else is unknown ("never_issued", "never_used") is unspecified. Pure. */
enum crl_reason crl_reason_of(const char *name);

/* The name of a CRLReason; that of CRL_UNSPECIFIED for any other than those of the list. Pure. */
const char *crl_reason_name(int64_t reason);

/* A list in the making. It borrows nothing from the authority but shares its key, so that it may be filled and signed
 * on another thread than the one that issues; one thread at a time uses one struct crl. */
struct crl;

/* Begins a list of the issuer with this id (ca_issuer_id). `number` is the CRL number (5.2.3): greater than that of the
 * issuer's list before; moments are seconds since 1970. NULL when the authority has no key of that issuer, `number` is
 * negative, `next_update` is not after `this_update`, or there is no memory. Reads `ca` only: the authority must live
 * until this returns, and may issue meanwhile. The caller calls crl_free. */
struct crl *crl_new(const struct ca *ca, const char *issuer_id, int64_t number, int64_t this_update,
                    int64_t next_update);

/* Adds one certificate, each at most once, in any order. About 50 octets of memory. False when the serial is not of
 * profile_serial's shape, the moment is before 1950 or after 9999, or there is no memory: then the list must not be
 * used. */
bool crl_add(struct crl *crl, const unsigned char serial[PROFILE_SERIAL], int64_t revoked_at_seconds,
             enum crl_reason reason);

/* Signs with the issuer's key and SHA-256, reads the result back (structure, number, entries, signature), and gives it
 * as PEM, NUL-terminated; `*length` is without the NUL. The caller frees it. NULL when something failed. Only once: the
 * entries are gone afterwards. */
char *crl_sign(struct crl *crl, size_t *length);

void crl_free(struct crl *crl); /* NULL is fine */

/* What is told of one list. */
struct crl_info {
    char issuer[CA_ISSUER_ID + 1];    /* its authority key identifier; "" when there is none of 20 octets */
    int64_t number;                   /* -1: it has none, or one above 2^63-1 */
    int64_t this_update, next_update; /* seconds since 1970 */
    size_t count;                     /* entries */
};

/* Reads the lists of a file in PEM: how many there are, the first `most` of them in `out`. 0 when there is none, or
 * when one of them is not well-formed or lacks nextUpdate. Signatures are not checked. Takes as much memory as the
 * largest list has octets. Thread-safe. */
size_t crl_read(const char *pem, size_t length, struct crl_info out[], size_t most);

/* Calls `each` for every entry of every list in the file that one of the authority's certificates has signed, until it
 * says false; lists of others, and what is no list, are left out. `serial` has PROFILE_SERIAL octets, entries with
 * other serials are left out, too; `issuer` is the id, `reason` a name as crl_reason_name gives it. False when `each`
 * said so. */
typedef bool crl_each_function(void *context, const char *issuer, const unsigned char *serial, const char *reason);
bool crl_each(const struct ca *ca, const char *pem, size_t length, crl_each_function *each, void *context);

/* Whether a list in the file names this serial. Thread-safe. */
bool crl_lists(const char *pem, size_t length, const unsigned char serial[PROFILE_SERIAL]);

#endif
