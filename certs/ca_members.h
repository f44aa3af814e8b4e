/*
 * The certificates in an authority's file, and the keys that belong to them. Inside certs/ only.
 */
#ifndef MUSTER_CERTS_CA_MEMBERS_H
#define MUSTER_CERTS_CA_MEMBERS_H

#include "certs/ca.h"
#include "certs/internal.h"
#include "certs/lint_issuer.h"

/* One certificate of the file. */
struct ca_member {
    char id[CA_ISSUER_ID + 1]; /* "": its subject key identifier has not 20 octets */
    X509 *certificate;
    struct lint_issuer *read; /* the same certificate */
    struct key *key;          /* NULL: it is not here */
    enum key_type type;       /* of the key */
};

struct ca_members {
    struct ca_member all[CA_ISSUERS_MAX]; /* as they stand in the file */
    size_t count;
};

/* Reads all certificates of PEM text. False when there is something else, none, or too many. The caller calls
 * ca_members_free, also then. Begins with `out` empty. */
bool ca_members_parse(const char *pem, size_t length, struct ca_members *out);

/* The same from a file, for which the first one must be an issuing CA's. 0, or -1 with a sentence; ca_members_free. */
int ca_members_read(const char *path, struct ca_members *out, char *error, size_t error_size);
void ca_members_free(struct ca_members *members);

/* Finds the keys of the members: in `<key file>.<id>`, or in the key file. The first one must have its key, the others
 * may. 0, or -1 with a sentence: also when a key that is there cannot be read, or is not that of its certificate. */
int ca_members_find_keys(struct ca_members *members, const struct ca_options *options, char *error, size_t error_size);

/* The member with this id, or NULL. */
const struct ca_member *ca_members_find(const struct ca_members *members, const char *id);

/* The one that has signed `member`, or NULL; for a self-signed one itself. Names, identifiers and signature fit. */
const struct ca_member *ca_members_issuer(const struct ca_members *members, const struct ca_member *member);

/* Whether it is self-signed. */
bool ca_member_is_root(const struct ca_member *member);

/* Appends the certificate in PEM to the text in `out`, which has `size` octets. False when it does not fit. */
bool ca_member_write(const struct ca_member *member, char *out, size_t size);

#endif
