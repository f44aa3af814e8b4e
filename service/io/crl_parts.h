/*
 * A revocation list that no message holds, in parts: retained on muster/v1/ca/all/crl/<part>, for whoever keeps a copy.
 * The parts go out at a walking pace, so that other messages find their way between them. Everything here is called by
 * the core's thread.
 */
#ifndef MUSTER_IO_CRL_PARTS_H
#define MUSTER_IO_CRL_PARTS_H

#include "certs/digest.h"
#include "service/core/time.h"
#include "service/io/mqtt.h"

#define CRL_MESSAGE_MAX 60000 /* octets of the list in one message: the broker takes no packet above 64 KiB */
#define CRL_PARTS_MAX   64    /* a list that needs more is read by `ca/crl` alone */

/* In how many parts a list of `length` octets is published: 0 when one message holds it, and when CRL_PARTS_MAX parts
 * do not. */
unsigned crl_parts_count(size_t length);

/* A list, and the walk over its parts. Zeros: no list, no walk. */
struct crl_parts {
    const char *text; /* borrowed, until the next crl_parts_start */
    size_t length;
    int64_t number;
    unsigned count;
    char sha256[DIGEST_HEX_SIZE]; /* of the whole text, in hex */
    bool going;
    unsigned next, kept;    /* the next part; the highest that the broker may still retain */
    struct mono not_before; /* nothing is sent before */
};

/* What the broker retains is not known (it may be of an earlier run): the next walk clears every part that its list
 * does not have. */
void crl_parts_forget(struct crl_parts *parts);

/* Starts the walk over the parts of list `number`, from the first part on; a walk that is on its way is over. `text`,
 * of `length` octets, is borrowed: it lives until the next start. */
void crl_parts_start(struct crl_parts *parts, const char *text, size_t length, int64_t number);

/* The message of part `part` (1 to `count`) as JSON: number, part, parts, sha256, crlPem. Returns its length; 0 when
 * `size` is too little. CRL_PART_SIZE is enough: of PEM each line, of 64 characters, needs one escape. */
#define CRL_PART_SIZE 64000
size_t crl_parts_write(const struct crl_parts *parts, unsigned part, char *out, size_t size);

/* Publishes the next parts, four for each 20 ms since the last ones, and behind the last one clears those that
 * the broker retains beyond it. What the connection does not take is tried again. */
void crl_parts_walk_on(struct crl_parts *parts, struct mqtt *mqtt, struct mono now);

#endif
