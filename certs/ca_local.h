/*
 * The authority whose key lies in a file: what ca_local.c opens, and others issue and sign lists with. Inside certs/
 * only.
 */
#ifndef MUSTER_CERTS_CA_LOCAL_H
#define MUSTER_CERTS_CA_LOCAL_H

#include "certs/ca.h"
#include "certs/ca_members.h"
#include "certs/device_tbs.h"

enum fixed { BASIC, USAGE, CLIENT, SERVER, AUTHORITY, FIXED_COUNT };

struct ca {
    struct ca_members members;
    struct ca_member *current; /* the first one, that issues */
    char organization[64 + 1], country[2 + 1];
    X509_EXTENSION *fixed[FIXED_COUNT];
    struct p256 *p256;
    struct device_template *template; /* NULL: the authority is not on P-256 */
    unsigned trusted;                 /* quick signatures since the last one that was found wrong; wraps around */
    char bundle[CA_BUNDLE_MAX], chain[CA_BUNDLE_MAX];
};

#endif
