/*
 * The authority that a configuration means.
 */
#ifndef MUSTER_SERVICE_CONFIG_AUTHORITY_H
#define MUSTER_SERVICE_CONFIG_AUTHORITY_H

#include "certs/ca.h"
#include "service/config.h"

/* Its texts are those of `config`, which must live as long. Pure. */
struct ca_options config_authority(const struct config *config);

#endif
