/*
 * SipHash (Aumasson, Bernstein: "SipHash: a fast short-input PRF"): keyed hashes. Pure; safe from any thread.
 */
#ifndef MUSTER_TOPICS_SIPHASH_H
#define MUSTER_TOPICS_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

/* SipHash-1-3, for tables: whoever chooses the input cannot choose where it lands. */
uint64_t siphash(const uint64_t key[2], const char *at, size_t length);

/* SipHash-2-4, as a message authentication code: whoever does not know the key cannot make one. */
uint64_t siphash_mac(const uint64_t key[2], const void *at, size_t length);

#endif
