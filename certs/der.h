/*
 * Writes DER (X.690) from its end to its beginning, so that each length is known when its turn comes. Pure.
 */
#ifndef MUSTER_CERTS_DER_H
#define MUSTER_CERTS_DER_H

#include <stdbool.h>
#include <stddef.h>

/* `at` is the first octet written so far. Once something did not fit, `full` is true and nothing more is written. */
struct der_writer {
    unsigned char *begin, *at;
    bool full;
};

/* Starts at the end of `buffer`, which must outlive the writer. */
struct der_writer der_start(unsigned char *buffer, size_t size);

/* Puts octets before what stands there. */
void der_put(struct der_writer *writer, const void *octets, size_t length);

/* Puts identifier and length before the content that reaches from the first octet to `end`; `tag` is the identifier
 * octet (8.1.2). */
void der_wrap(struct der_writer *writer, unsigned char tag, const unsigned char *end);

#endif
