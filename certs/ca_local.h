/*
 * The authority whose key lies in a file: what ca_local.c opens and ca_issue.c issues with. Inside these two only.
 */
#ifndef MUSTER_CERTS_CA_LOCAL_H
#define MUSTER_CERTS_CA_LOCAL_H

#include "certs/ca.h"
#include "certs/device_tbs.h"
#include "certs/internal.h"
#include "certs/lint_issuer.h"

enum fixed { BASIC, USAGE, CLIENT, SERVER, AUTHORITY, FIXED_COUNT };

/* One certificate of the authority's file. */
struct ca_member {
    char id[CA_ISSUER_ID + 1];
    X509 *certificate;
    struct lint_issuer *read; /* the same certificate */
    struct key *key;          /* NULL: it is not here */
    enum key_type type;       /* of the key */
};

struct ca {
    struct ca_member members[CA_ISSUERS_MAX]; /* as they stand in the file */
    size_t count;
    struct ca_member *current; /* the first one, that issues */
    char organization[64 + 1], country[2 + 1];
    X509_EXTENSION *fixed[FIXED_COUNT];
    struct p256 *p256;
    struct device_template *template; /* NULL: the authority is not on P-256 */
    unsigned trusted;                 /* quick signatures since the last one that was found wrong; wraps around */
    char bundle[CA_BUNDLE_MAX];
};

/* ca_local.c: the member with this id, or NULL. */
const struct ca_member *ca_member_find(const struct ca *ca, const char *id);

#endif
