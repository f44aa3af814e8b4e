/*
 * A certificate in two steps, so that none can exist that the database does not know (RFC 5280 revocation needs the
 * serial): first an intent becomes durable, then the certificate is signed, linted, stored and answered. Shared by
 * `provision` and `renew`; docs/decisions/0002.
 */
#ifndef MUSTER_OP_ISSUE_H
#define MUSTER_OP_ISSUE_H

#include "service/core/core.h"

/* Whether the sender waits for a key, may wait on, and there is none yet: nothing has to be looked at before. */
bool issue_still_waits(struct core *core, const struct request *request);

/* Step one, for core->device, or the uuid that enrols when that has no id: takes the public key of the CSR, or makes a
 * key pair, and writes down what will be signed. With `same_key` (HASH_SIZE octets, NULL: any) it must be that one.
 * ST_PARKED when all is well: the request is stepped again when that is durable. Else why not: the issuing CA has
 * ended, too many certificates today, or one in the making for this uuid, a CSR that is none, a key that is another
 * device's, too weak, or revoked as compromised. */
enum status issue_prepare(struct core *core, struct request *request, const unsigned char *same_key);

/* The certificate by which a device gets another one: which was shown, or else the one that core->device uses as far as
 * the service knows. ST_CERTIFICATE_NOT_FOUND when there is none; then nothing is written down in request->why. */
enum status issue_parent(struct core *core, const struct request *request, struct certificate_entry *parent);

/* Step two: the intent is durable, core->device was looked up again and may have the certificate. Signs, stores and
 * answers. `replaces` is the row of the parent, 0: there is none. With `renewal` that goes on until the new one is
 * shown; else everything that the device had is superseded. */
enum status issue_finish(struct core *core, struct request *request, int64_t replaces, bool renewal,
                         struct reply *reply);

#endif
