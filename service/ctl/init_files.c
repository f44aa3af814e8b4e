#include "certs/file.h"
#include "service/core/secret.h"
#include "service/ctl/init.h"
#include "service/ctl/out.h"
#include "service/io/entropy.h"

#include <stdio.h>

bool init_has_seal(const struct init *init)
{
    return init_has(init->config.seal_key_file);
}

enum ctl_exit init_make_seal(struct init *init)
{
    unsigned char key[SECRET_KEY];
    entropy_fill(key, sizeof key);
    int failed = file_write(init->config.seal_key_file, key, sizeof key, 0600);
    secret_wipe(key, sizeof key);
    return failed != 0 ? init_cannot_write(init->config.seal_key_file, failed) : CTL_DONE;
}

bool init_has_config(const struct init *init)
{
    return init->had_config;
}

enum ctl_exit init_make_config(struct init *init)
{
    char path[INIT_PATH], host[256], port[64], operators[64], organization[256], country[256], passphrase[INIT_PATH];
    bool open = config_is_open(&init->config), apart = init_is_apart(init);
    const char *settings[16] = {open ? "mode open" : "mode gated", host, port};
    size_t count = 3;
    if (!open) {
        settings[count++] = "broker_username _muster";
        settings[count++] = "broker_password_file service.key";
    }
    if (apart) {
        settings[count++] = "broker_ca_file ca.pem";
        settings[count++] = "broker_certificate_file service.pem";
        settings[count++] = "broker_key_file service-tls.key";
        settings[count++] = operators;
    }
    snprintf(host, sizeof host, "broker_host %s", apart ? init->config.broker_host : "127.0.0.1");
    snprintf(port, sizeof port, "broker_port %lld", apart ? init->mtls_port : init->plain_port);
    snprintf(operators, sizeof operators, "operator_port %lld", init->tls_port);
    snprintf(organization, sizeof organization, "certificate_organization %s", init->config.certificate_organization);
    snprintf(country, sizeof country, "certificate_country %s", init->config.certificate_country);
    snprintf(passphrase, sizeof passphrase, "ca_passphrase_file %s", init->config.ca_passphrase_file);
    settings[count++] = organization;
    if (init->config.certificate_country[0] != '\0')
        settings[count++] = country;
    if (init->config.ca_passphrase_file[0] != '\0')
        settings[count++] = passphrase;
    init_path(init, "muster.conf", path, sizeof path);
    int failed = config_write(path, settings, count);
    return failed != 0 ? init_cannot_write(path, failed) : CTL_DONE;
}
