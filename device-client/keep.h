/*
 * A device's folder: what struct kept holds, on disk, so that a crash at any moment leaves either the old or the new.
 *
 *   uuid              who the device is; written once, never replaced
 *   state.json        struct kept's fields; replacing it is the commit of every step of the device's life
 *   provisioning.key  a copy, until the device is provisioned
 *   request.pem       private key and CSR of the provision or renew request under way
 *   device.pem        certificate and private key in one file, so that they never mismatch
 *   next.pem          the same, renewed, until it has connected: then it becomes device.pem
 *   ca.pem            whom to trust: the service's CA bundle
 *   lock              held by the one process that may write
 *
 * All files are for their owner only. Nothing here knows MQTT.
 */
#ifndef MUSTER_DEVICE_KEEP_H
#define MUSTER_DEVICE_KEEP_H

#include "certs/key.h"
#include "device-client/kept.h"
#include "device-client/problem.h"

struct keep;

/* keep_open.c */

/* Opens the folder `dir`; makes it and takes its lock unless `read_only`. Stores a keep that the caller closes.
 * MUSTER_DEVICE_OK; _CONFIGURATION (cannot be used); _CONFLICT (locked); _NOT_FOUND (read_only, no such folder);
 * _FAILED. */
enum muster_device_result keep_open(const char *dir, bool read_only, struct keep **out, struct problem *problem);

/* Gives up the lock; NULL is fine. */
void keep_close(struct keep *keep);

bool keep_is_read_only(const struct keep *keep);

/* The folder, as it was given; valid until keep_close. */
const char *keep_dir(const struct keep *keep);

/* The path of a file of the folder; valid until keep_close or the next call with another name. */
const char *keep_path(struct keep *keep, const char *name);

/* A failure with a file of the folder, as one sentence; `error` is an errno value. */
enum muster_device_result keep_cannot(struct keep *keep, const char *verb, const char *name, int error,
                                      struct problem *problem);

/* The folder is missing or holds nothing. Returns `result`. */
enum muster_device_result keep_no_device(const struct keep *keep, enum muster_device_result result,
                                         struct problem *problem);

/* keep.c */

/* Reads all there is. Makes the uuid when there is none and none of `wanted` (may be NULL); a kept one must be
 * `wanted`. A folder that has a state but no readable uuid is refused: a fresh uuid would be a second device.
 * MUSTER_DEVICE_OK, _CONFIGURATION, _NOT_FOUND (read_only, nothing kept). The caller wipes `kept`. */
enum muster_device_result keep_load(struct keep *keep, const char *wanted, struct kept *kept, struct problem *problem);

/* Replaces state.json. */
enum muster_device_result keep_save(struct keep *keep, const struct kept *kept, struct problem *problem);

/* The folder's copy of the provisioning key. */
enum muster_device_result keep_save_provisioning_key(struct keep *keep, const char *key, struct problem *problem);
enum muster_device_result keep_erase_provisioning_key(struct keep *keep, struct problem *problem);

/* The request under way has become device.pem or next.pem. */
enum muster_device_result keep_erase_request(struct keep *keep, struct problem *problem);

/* Erases everything but uuid, state.json and ca.pem (whoever asks for the next key must know the service again). */
enum muster_device_result keep_forget(struct keep *keep, struct problem *problem);

/* keep_identity.c */

/* Makes a P-256 key and its request; writes both to request.pem and sets kept->csr. */
enum muster_device_result keep_new_key(struct keep *keep, struct kept *kept, struct problem *problem);

/* Makes device.pem from the certificate and the private key in request.pem, and ca.pem; on a crash in between the
 * request under way is still there. A certificate that does not fit the key, and a CA bundle that is damaged or does
 * not know its issuer, are refused before anything is written: the old identity stays, and the request is erased, so
 * that another one is made. */
enum muster_device_result keep_certificate(struct keep *keep, const char *certificate_pem, const char *ca_pem,
                                           struct problem *problem);

/* What keep_load needs: whether device.pem and ca.pem can be used; the CSR in request.pem, "" when there is none. */
bool keep_has_identity(struct keep *keep);
void keep_read_request(struct keep *keep, struct kept *kept);

/* What keep_identity.c shares: whether the certificate in one text is for the private key in the other; the private
 * key of request.pem; a file made of both. The last two return 0 or an errno value. */
bool keep_fits(const char *certificate_pem, const char *key_pem);
int keep_read_key(struct keep *keep, char *pem, size_t size);
int keep_write_identity(struct keep *keep, const char *name, const char *certificate_pem, const char *key_pem);

/* keep_next.c */

/* Makes next.pem from the certificate and the private key in request.pem; device.pem stays as it is, and ca.pem, too,
 * when the new bundle would not know its issuer. What is refused is as with keep_certificate: MUSTER_DEVICE_FAILED, and
 * nothing is written; the request stays. MUSTER_DEVICE_CONFIGURATION when it cannot be written. */
enum muster_device_result keep_next(struct keep *keep, const char *certificate_pem, const char *ca_pem,
                                    struct problem *problem);

/* next.pem becomes device.pem in one step, and the old private key is erased. The caller saves kept_promote's state
 * after it; keep_load tells by the serial number whether that was still to be done. */
enum muster_device_result keep_promote(struct keep *keep, struct problem *problem);

/* Erases next.pem, after a state that does not name it any more was saved. */
enum muster_device_result keep_erase_next(struct keep *keep, struct problem *problem);

/* Replaces ca.pem and sets kept->ca_fingerprint. A bundle that is damaged or does not know the issuer of device.pem is
 * refused: MUSTER_DEVICE_FAILED, and the old one stays. MUSTER_DEVICE_CONFIGURATION when it cannot be written. */
enum muster_device_result keep_authorities(struct keep *keep, const char *ca_pem, struct kept *kept,
                                           struct problem *problem);

/* What keep_load needs: whether next.pem is the one that the state names; a promotion that was begun is finished, what
 * a crash left is erased. And the fingerprint of ca.pem. */
void keep_settle_next(struct keep *keep, struct kept *kept);
void keep_read_authorities(struct keep *keep, struct kept *kept);

#define KEEP_UUID        "uuid"
#define KEEP_STATE       "state.json"
#define KEEP_KEY         "provisioning.key"
#define KEEP_REQUEST     "request.pem"
#define KEEP_IDENTITY    "device.pem"
#define KEEP_NEXT        "next.pem"
#define KEEP_AUTHORITIES "ca.pem"
#define KEEP_LOCK        "lock"

#define KEEP_REQUEST_MAX     (KEY_PEM_MAX + CSR_PEM_MAX)
#define KEEP_IDENTITY_MAX    (LIMIT_STRING + KEY_PEM_MAX)
#define KEEP_AUTHORITIES_MAX (LIMIT_ANSWER + 1)

#endif
