/*
 * What the ways of changing an authority's file have in common. Every failure is an enum ca_end below 0, with a
 * sentence for the operator. Inside certs/ only.
 *
 * The order of writes: the next key goes to <key file>.next; then its certificate is made; then the key is put to
 * <key file>.<id>; then the authority's file is replaced, from which moment on it issues; then .next is erased. What a
 * crash leaves in between is completed by the same call: .next is taken up, and one whose certificate is the current
 * one means that only the erasing is left.
 */
#ifndef MUSTER_CERTS_CA_CHANGE_H
#define MUSTER_CERTS_CA_CHANGE_H

#include "certs/ca_files.h"
#include "certs/ca_make.h"

/* Reads the authority's file and opens every key of it that is here, before anything is written: a key that is made now
 * is sealed with the passphrase of now, and the authority opens again only when that opens the others, too. The caller
 * calls ca_members_free, also after a failure. */
int ca_change_begin(const struct ca_options *options, struct ca_members *members, char *error, size_t error_size);

/* The next key: the one that is there, unless it is a member's already, or a new one of the current one's type, in *key
 * (NULL after a failure); the caller calls key_free. Fails when the authority's file has no place for another one. */
int ca_change_next_key(const struct ca_options *options, const struct ca_members *members, struct key **key,
                       char *error, size_t error_size);

/* Whether the current certificate is of the next key, so that only the erasing is left; erases it then, `*result` being
 * the end of that. */
bool ca_change_is_done(const struct ca_options *options, const struct ca_members *members, int *result, char *error,
                       size_t error_size);

/* Puts `fresh` and its key in front of the authority's file, and `root`, when it is not in there, behind it; `root` may
 * be NULL. */
int ca_change_to(const struct ca_options *options, const struct ca_members *members, const struct ca_member *fresh,
                 const struct key *key, const struct ca_member *root, char *error, size_t error_size);

#endif
