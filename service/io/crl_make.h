/*
 * One revocation list file, made from what the store says: a list of each issuing authority whose key is here, behind
 * one another in PEM. On whatever thread; the authority must live meanwhile.
 */
#ifndef MUSTER_IO_CRL_MAKE_H
#define MUSTER_IO_CRL_MAKE_H

#include "service/core/core.h"

#define CRL_ERROR 200

struct crl_task {
    const struct ca *ca;
    const char *database, *file;
    struct crl_order order;
};

/* Tells the core what stands in the file, when it starts: numbers never go back, and an issuer that the broker may know
 * no list of does not issue yet. */
enum status crl_take_up(struct core *core, const char *file);

/* Reads, signs, checks, and replaces the file. The text that it holds, which the caller frees, or NULL with a sentence
 * in `error`; then the old file stands. */
char *crl_make(const struct crl_task *task, char error[CRL_ERROR]);

#endif
