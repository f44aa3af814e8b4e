#include "certs/file.h"
#include "service/core/secret.h"
#include "service/ctl/init.h"
#include "service/ctl/out.h"
#include "service/io/entropy.h"

#include <pwd.h>
#include <string.h>
#include <unistd.h>

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

bool init_has_broker(const struct init *init)
{
    char path[INIT_PATH];
    init_path(init, "mosquitto.conf", path, sizeof path);
    return init_has(path);
}

/* mosquitto that is started as root becomes another user, who could not read the keys; it stays the one who owns them.
 */
static void user_line(char *out, size_t size)
{
    const struct passwd *user = getpwuid(geteuid());
    out[0] = '\0';
    if (user != NULL)
        snprintf(out, size,
                 "# The user who owns the keys in this folder; counts only when started as root.\nuser %s\n\n",
                 user->pw_name);
}

/* Everything on loopback: in open mode nothing but the address keeps strangers out. */
static int broker_text(const struct init *init, char *out, size_t size)
{
    static const char listener[] = "listener %lld 127.0.0.1\nmax_qos 1\n";
    static const char secure[] = "certfile %s/server.pem\nkeyfile %s/server.key\ntls_version tlsv1.2\n";
    char user[256], plain[64], tls[64], mtls[64], files[3 * CONFIG_PATH];
    user_line(user, sizeof user);
    snprintf(plain, sizeof plain, listener, init->plain_port);
    snprintf(tls, sizeof tls, listener, init->tls_port);
    snprintf(mtls, sizeof mtls, listener, init->mtls_port);
    snprintf(files, sizeof files, secure, init->absolute, init->absolute);
    return snprintf(out, size,
                    "# The broker of Muster, in open mode: for trying by hand, on this machine alone.\n"
                    "# Made by musterctl init; comments must stand on lines of their own.\n\n"
                    "%s"
                    "per_listener_settings false\n"
                    "allow_anonymous true\n"
                    "persistence false\n\n"
                    "# What a device may send and what waits for a slow subscriber.\n"
                    "max_packet_size 65536\n"
                    "max_queued_messages 100000\n"
                    "max_inflight_messages 100\n"
                    "set_tcp_nodelay true\n\n"
                    "log_dest stderr\n"
                    "log_type error\n"
                    "log_type warning\n"
                    "log_type notice\n"
                    "connection_messages true\n"
                    "log_timestamp true\n"
                    "log_timestamp_format %%Y-%%m-%%dT%%H:%%M:%%S\n\n"
                    "# Plain MQTT, for the service and for trying by hand.\n%s\n"
                    "# TLS without a client certificate, for devices that have none yet.\n%s%s"
                    "require_certificate false\n\n"
                    "# Mutual TLS, for devices with their certificate.\n%s%s"
                    "cafile %s/ca.pem\n"
                    "require_certificate true\n"
                    "use_identity_as_username false\n",
                    user, plain, tls, files, mtls, files, init->absolute);
}

enum ctl_exit init_make_broker(struct init *init)
{
    char path[INIT_PATH], text[8 * CONFIG_PATH];
    int length = broker_text(init, text, sizeof text);
    init_path(init, "mosquitto.conf", path, sizeof path);
    int failed = file_write(path, text, (size_t)length, 0600);
    return failed != 0 ? init_cannot_write(path, failed) : CTL_DONE;
}

bool init_has_config(const struct init *init)
{
    return init->had_config;
}

enum ctl_exit init_make_config(struct init *init)
{
    char path[INIT_PATH], port[64], organization[256], country[256], passphrase[INIT_PATH];
    const char *settings[6] = {"mode open", "broker_host 127.0.0.1", port};
    size_t count = 3;
    snprintf(port, sizeof port, "broker_port %lld", init->plain_port);
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
