/*
 * Certificates in PEM (RFC 7468), seen just far enough to tell whether they are whole and belong together: a device
 * must not replace what works by what its TLS library will not load. Trusts nothing, checks no signature. Pure.
 */
#ifndef MUSTER_DEVICE_PEM_H
#define MUSTER_DEVICE_PEM_H

#include <stdbool.h>
#include <stddef.h>

/* A part of a certificate, in DER. */
struct pem_part {
    const unsigned char *at;
    size_t length;
};

struct pem_parts {
    struct pem_part serial, issuer, subject, public_key;
};

/* Decodes the first certificate in `text`. Returns its length, or 0 when there is none, when it is longer than `size`,
 * or when it is damaged: base64, or the lengths and types of what stands in it (RFC 5280, 4.1). The parts point into
 * `out`. `rest`, when not NULL, is set behind it. */
size_t pem_certificate(const char *text, unsigned char *out, size_t size, struct pem_parts *parts, const char **rest);

/* Whether the serial number of the first certificate in `text` is `id`, in lower-case hex (RFC 5280, 4.1.2.2). */
bool pem_has_serial(const char *text, const char *id);

/* Whether `text` holds at least one certificate and no damaged one. */
bool pem_is_bundle(const char *text);

/* Whether a TLS library may find an authority in `text`: a certificate, or one of OpenSSL's own forms of it (X509
 * CERTIFICATE, TRUSTED CERTIFICATE), which are not looked into. */
bool pem_holds_authority(const char *text);

/* Whether a certificate of `bundle` bears the name of the first certificate's issuer in `text`. */
bool pem_knows_issuer(const char *bundle, const char *text);

#endif
