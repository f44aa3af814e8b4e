/*
 * The part of a device's certificate that is signed, written as octets: what draft.c makes of the same input, without
 * the objects, which cost half as much again as the signature. What is the same in all of them is encoded once, by
 * draft.c's own means. Only an economy, for keys on P-256 under an authority on P-256. Inside certs/ only.
 */
#ifndef MUSTER_CERTS_DEVICE_TBS_H
#define MUSTER_CERTS_DEVICE_TBS_H

#include "certs/draft.h"

struct device_template;

/* `issuer` is the authority's subject, `start` what stands before the CN in a device's, `fixed` the three extensions
 * before the subject key identifier and the one behind it; all are read only now. The caller calls
 * device_template_free; NULL when OpenSSL fails. */
struct device_template *device_template_new(const X509_NAME *issuer, const X509_NAME *start,
                                            X509_EXTENSION *const fixed[4]);
void device_template_free(struct device_template *template);

/* What differs from device to device. */
struct device_draft {
    const unsigned char *serial; /* PROFILE_SERIAL octets */
    struct validity validity;
    const struct public_key *key;
    const char *common_name, *uri;
};

/* Writes a TBSCertificate (RFC 5280, 4.1) to the end of `out`, stores where it begins, and returns its octets. 0 when
 * it does not fit or is not of the ordinary kind: then the general way decides. */
size_t device_tbs(const struct device_template *template, const struct device_draft *draft, unsigned char *out,
                  size_t size, const unsigned char **begin);

/* Puts the signed part and its signature, an ECDSA-Sig-Value, together to a certificate. The same result. */
size_t device_certificate(const unsigned char *tbs, size_t tbs_length, const unsigned char *signature,
                          size_t signature_length, unsigned char *out, size_t size, const unsigned char **begin);

#endif
