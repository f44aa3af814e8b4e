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

struct ca {
    struct key *key;
    enum key_type type;
    X509 *certificate;
    struct lint_issuer *issuer; /* the same certificate */
    char organization[64 + 1], country[2 + 1];
    X509_EXTENSION *fixed[FIXED_COUNT];
    struct p256 *p256;
    struct device_template *template; /* NULL: the authority is not on P-256 */
    unsigned trusted;                 /* quick signatures since the last one that was found wrong; wraps around */
    char bundle[CA_BUNDLE_MAX];
};

#endif
