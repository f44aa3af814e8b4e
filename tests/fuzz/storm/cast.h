/*
 * Who takes part: credentials of a real database, by role, and who learned which connection from the stamps.
 */
#ifndef MUSTER_STORM_CAST_H
#define MUSTER_STORM_CAST_H

#include "tests/fuzz/storm/dice.h"

#define CAST_TEXT    256
#define CAST_DEVICES 64
#define CAST_SEEN    64

#define KEEPER "keeper-0" /* the well-behaved device: nobody knows its key but itself */

enum part { PART_DEVICE, PART_PROVISIONING, PART_OPERATOR, PART_SERVICE, PART_NOBODY, PART_COUNT };

struct device_login {
    char uuid[CAST_TEXT], key[CAST_TEXT];
};

struct cast {
    struct device_login devices[CAST_DEVICES], keeper;
    size_t device_count;
    char provisioning[CAST_TEXT], admin[CAST_TEXT], viewer[CAST_TEXT], service[CAST_TEXT];
    char seen[CAST_SEEN][CAST_TEXT]; /* "<connection> <client id>" of live requests: what answers are addressed to */
    size_t seen_count;
};

/* Reads the keys in the folder of musterctl init, and storm.logins and keeper.logins beside them. */
bool cast_read(struct cast *cast, const char *folder);

void cast_note(struct cast *cast, const char *receiver, size_t length);

/* Somebody who connects: all but PART_NOBODY with a right credential. The texts are valid until the next call. */
struct login_text {
    char client_id[CAST_TEXT];
    const char *username, *password;
    const char *name; /* the client id without suffix: the uuid */
};
void cast_login(const struct cast *cast, struct dice *dice, enum part part, struct login_text *out);

#endif
