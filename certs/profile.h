/*
 * What every certificate of this authority looks like: dates, serials, names. Pure decisions, no OpenSSL, no clock.
 */
#ifndef MUSTER_CERTS_PROFILE_H
#define MUSTER_CERTS_PROFILE_H

#include <stdbool.h>
#include <stdint.h>

#define PROFILE_SERIAL         18   /* octets; RFC 5280, 4.1.2.2 allows 20 */
#define PROFILE_BACKDATE       3600 /* seconds; a device's clock may be behind by as much */
#define PROFILE_DEVICE_DAYS    365
#define PROFILE_SERVER_DAYS    397
#define PROFILE_AUTHORITY_DAYS (20 * 365) /* a root */
#define PROFILE_ISSUER_DAYS    (10 * 365) /* an issuing CA below a root */
#define PROFILE_MARGIN_DAYS    30         /* so long before it cuts a certificate short an issuer's end is told */
#define PROFILE_LEAST_DAYS     1          /* what would be cut shorter is not made */
#define PROFILE_CERTIFICATE_ID 36         /* the hex digits of a serial */

struct validity {
    int64_t not_before; /* seconds since 1970, inclusive (RFC 5280, 4.1.2.5) */
    int64_t not_after;  /* seconds since 1970, inclusive */
};

/* A validity of `days` that begins PROFILE_BACKDATE before `now` (but not before the issuer's) and never ends after
 * the issuer. False when the issuer is not valid at `now`. Pure. */
bool profile_validity(int64_t now, int days, struct validity issuer, struct validity *out);

/* Shapes 18 random octets into a serial in place: positive, first octet 0x01-0x7f, so always 18 octets in DER. */
void profile_serial(unsigned char serial[PROFILE_SERIAL]);

/* The same with the second in front, so that serials of one time lie beside each other in the indexes; 104 random bits
 * follow (RFC 5280, 4.1.2.2 wants a serial unique; 64 bits that nobody can foresee are what the CA/Browser Forum asks).
 * `second` is since 1970; its lowest 32 bits count. Pure. */
void profile_serial_make(int64_t second, unsigned char serial[PROFILE_SERIAL]);

/* The serial as lower-case hex: the certificateId. `out` has PROFILE_CERTIFICATE_ID + 1 octets. */
void profile_certificate_id(const unsigned char serial[PROFILE_SERIAL], char *out);

/* The reverse; false when `id` is not 36 lower-case hex digits of a well-shaped serial. */
bool profile_serial_from_id(const char *id, unsigned char serial[PROFILE_SERIAL]);

/* When the device shall renew, in seconds since 1970: a moment between 2/3 of the life and 30 days before its end (5/6
 * of the life where 30 days before the end would come before 2/3), spread evenly by a hash of uuid and serial, so that
 * a fleet enrolled on one day does not renew on one day. Pure and stable: the same input gives the same moment for
 * ever. */
int64_t profile_renew_after(struct validity validity, const char *uuid, const unsigned char serial[PROFILE_SERIAL]);

#endif
