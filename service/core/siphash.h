/*
 * SipHash-1-3 (Aumasson, Bernstein: "SipHash: a fast short-input PRF"): a keyed hash, so that whoever chooses the input
 * cannot choose where it lands. Pure.
 */
#ifndef MUSTER_CORE_SIPHASH_H
#define MUSTER_CORE_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

uint64_t siphash(const uint64_t key[2], const char *at, size_t length);

#endif
