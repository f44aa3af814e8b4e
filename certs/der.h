/*
 * Writes DER (X.690) from its end to its beginning, so that each length is known when its turn comes; and reads the
 * plain kinds of it. Pure.
 */
#ifndef MUSTER_CERTS_DER_H
#define MUSTER_CERTS_DER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Identifier octets (8.1.2) */
#define DER_BOOLEAN          0x01
#define DER_INTEGER          0x02
#define DER_BIT_STRING       0x03
#define DER_OCTET_STRING     0x04
#define DER_OBJECT           0x06
#define DER_ENUMERATED       0x0a
#define DER_UTF8_STRING      0x0c
#define DER_UTC_TIME         0x17
#define DER_GENERALIZED_TIME 0x18
#define DER_SEQUENCE         0x30
#define DER_SET              0x31

#define DER_HEAD_MAX 10 /* octets of an identifier and a length */

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

/* Puts a non-negative INTEGER in its shortest form (8.3.2). */
void der_put_number(struct der_writer *writer, int64_t number);

/* Puts a moment, in seconds since 1970: UTCTime from 1950 to 2049, GeneralizedTime from 2050 to 9999 (RFC 5280,
 * 4.1.2.5). False, and nothing is put, for any other. */
bool der_put_time(struct der_writer *writer, int64_t at);

/* What is still to be read of some DER; `at` never goes behind `end`. */
struct der_reader {
    const unsigned char *at, *end;
};

/* Takes the next element, when it has this identifier octet and a definite length in its shortest form that fits;
 * `content` is what is in it. Otherwise false, and `rest` stays where it was. */
bool der_enter(struct der_reader *rest, unsigned char tag, struct der_reader *content);

/* Whether the next element has this identifier octet. */
bool der_is_next(const struct der_reader *rest, unsigned char tag);

/* Takes an INTEGER from 0 to 2^63-1, or a moment of one of the two kinds that der_put_time writes. */
bool der_take_number(struct der_reader *rest, int64_t *out);
bool der_take_time(struct der_reader *rest, int64_t *out);

#endif
