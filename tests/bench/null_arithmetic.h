/*
 * The arithmetic of a certificate on P-256 that nobody can save: one signature verified, one made. Key and contexts are
 * set up once, the digests and the signatures to be verified are there before the clock starts.
 */
#ifndef MUSTER_BENCH_NULL_ARITHMETIC_H
#define MUSTER_BENCH_NULL_ARITHMETIC_H

#include <stdbool.h>
#include <stddef.h>

struct null_arithmetic;

/* NULL when OpenSSL makes no key. The caller calls null_arithmetic_free, which takes NULL, too. */
struct null_arithmetic *null_arithmetic_new(void);
void null_arithmetic_free(struct null_arithmetic *null);

/* Verify or make the signature number `i`, any number: they differ up to 1,000. False when OpenSSL fails. */
bool null_arithmetic_verify(struct null_arithmetic *null, size_t i);
bool null_arithmetic_sign(struct null_arithmetic *null, size_t i);

#endif
