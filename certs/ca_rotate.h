/*
 * Changing the CA that issues: a new one comes in front of the authority's file, the old one stays behind it until its
 * last certificate has ended, then it is dropped. Everything survives a crash between any two writes: the same call
 * again completes it. None of these touches a struct ca: who has one opened opens it anew (ca_new). One caller at a
 * time for one authority. Each returns an enum ca_end (ca.h), with a sentence and the mend in `error` where that is not
 * CA_DONE. Nothing is written before every key that is here has been opened: a passphrase file that was changed since
 * is refused.
 */
#ifndef MUSTER_CERTS_CA_ROTATE_H
#define MUSTER_CERTS_CA_ROTATE_H

#include "certs/ca.h"

/* Makes a new key of the same type as the current one's, and the certificate of an issuing CA for it, signed with the
 * root's key. An authority that is its own root gets a new one of its kind; or, when there are root files, becomes one
 * below that root. CA_ROOT_AWAY when the root's key is not here: then ca_prepare, ca_sign_issuer and ca_install do the
 * same in three steps. All else that is wrong with the root's key is CA_REFUSED. `now` is in seconds since 1970. */
int ca_rotate(const struct ca_options *options, int64_t now, char *error, size_t error_size);

/* First step, here: makes the key of the next issuing CA, or takes up the one that is there, and writes a request for
 * it (PKCS#10, PEM, NUL-terminated) into `csr_pem`; CSR_PEM_MAX octets (csr.h) do. */
int ca_prepare(const struct ca_options *options, char *csr_pem, size_t csr_size, char *error, size_t error_size);

/* Second step, where the root is: signs the request. Needs the root files of `options` alone; organization and country
 * go into the subject, and nothing of the request but its key (CA_UNFIT: one of these cannot be taken). The certificate
 * comes as PEM, NUL-terminated; CERTIFICATE_PEM_MAX octets do. */
int ca_sign_issuer(const struct ca_options *options, const char *csr_pem, size_t length, int64_t now, char *pem_out,
                   size_t pem_size, char *error, size_t error_size);

/* Third step, here: takes the first certificate in `pem`, when it is one of the prepared key, an issuing CA's, valid at
 * `now`, and signed by a root of the authority's file or of the root's own file; CA_UNFIT when it is not. CA_WAS_SO for
 * the current certificate, when no key is prepared. */
int ca_install(const struct ca_options *options, const char *pem, size_t length, int64_t now, char *error,
               size_t error_size);

/* Takes an issuing CA that issues no more out of the authority's file, then erases its key: who has the new file, as
 * the broker has, accepts nothing of it afterwards. Who trusts the root alone and reads no list, as devices do, still
 * does. Never the current one, and never a root that others stand below (CA_UNFIT). An id that is not in the file, and
 * has no key that a crash left, is CA_WAS_SO. */
int ca_drop(const struct ca_options *options, const char *issuer_id, char *error, size_t error_size);

/* The same question without the deed: CA_DONE when ca_drop would have something to do. Nothing is written. */
int ca_look_drop(const struct ca_options *options, const char *issuer_id, char *error, size_t error_size);

/* The id of the issuer in front of the authority's file, whoever has opened what; "" when it has none of 20 octets.
 * Nothing is written. */
int ca_look_current(const struct ca_options *options, char id[CA_ISSUER_ID + 1], char *error, size_t error_size);

/* Whether the key of this root lies in the file that the options name: where it should not stay. Looks at the root's
 * certificate, never into the key. */
bool ca_root_key_is_here(const struct ca_options *options, const char *issuer_id);

#endif
