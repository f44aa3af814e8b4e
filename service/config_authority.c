#include "service/config_authority.h"

static const char *unless_empty(const char *text)
{
    return text[0] != '\0' ? text : NULL;
}

struct ca_options config_authority(const struct config *config)
{
    return (struct ca_options){.certificate_file = config->ca_certificate_file,
                               .key_file = config->ca_key_file,
                               .root_certificate_file = unless_empty(config->ca_root_certificate_file),
                               .root_key_file = unless_empty(config->ca_root_key_file),
                               .passphrase_file = unless_empty(config->ca_passphrase_file),
                               .organization = unless_empty(config->certificate_organization),
                               .country = unless_empty(config->certificate_country)};
}
