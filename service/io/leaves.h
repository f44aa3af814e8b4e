/*
 * The certificates of the broker and of the service itself, as a TLS client: files that are renewed in time, for the
 * same keys and names. A broker whose certificate has expired is a fleet that is gone.
 */
#ifndef MUSTER_IO_LEAVES_H
#define MUSTER_IO_LEAVES_H

#include "service/core/core.h"

/* Looks at both files, and replaces one whose life is two thirds over, or whose issuer issues no more, by the authority
 * that issues at present. What is not there, or another authority has made, is somebody else's to renew; what cannot be
 * renewed, or has a private key in the same file, is told to the log, each time. The broker reads its own again at its
 * next reload, the service at its next connect. */
void leaves_renew(struct core *core);

#endif
