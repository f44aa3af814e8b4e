#include "service/ctl/init.h"
#include "service/ctl/out.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool init_is_apart(const struct init *init)
{
    return init->config.broker_certificate_file[0] != '\0';
}

/* The service and operators of a muster.conf that is there go to its ports: the broker has to listen there. */
static enum ctl_exit read_ports(const struct args *args, struct init *init)
{
    const struct config *config = &init->config;
    bool had = init->had_config, plain = config->broker_ca_file[0] == '\0', apart = init_is_apart(init);
    int tls = !plain && !apart && config->operator_port == 0 ? config->broker_port : config->operator_port;
    const struct {
        enum option option;
        long long *port, usual, told; /* told: by muster.conf, or 0 */
    } ports[] = {{OPT_PLAIN_PORT, &init->plain_port, 1883, had && plain ? config->broker_port : 0},
                 {OPT_MTLS_PORT, &init->mtls_port, 8883, had && apart ? config->broker_port : 0},
                 {OPT_TLS_PORT, &init->tls_port, 8884, had ? tls : 0}};
    for (size_t i = 0; i < sizeof ports / sizeof ports[0]; i++) {
        *ports[i].port = ports[i].told != 0 ? ports[i].told : ports[i].usual;
        if (!args_integer(args, ports[i].option, 1, 65535, ports[i].port))
            return CTL_USAGE;
        if (ports[i].told != 0 && *ports[i].port != ports[i].told)
            return out_error(CTL_CONFLICT, NULL, "leave the option out, or change the port in muster.conf first",
                             "--%s %lld is not what muster.conf says: %lld", option_name(ports[i].option),
                             *ports[i].port, ports[i].told);
    }
    if (init->plain_port == init->mtls_port || init->plain_port == init->tls_port || init->mtls_port == init->tls_port)
        return out_error(CTL_USAGE, NULL, "give each listener a port of its own", "two ports are the same");
    return CTL_DONE;
}

static enum ctl_exit read_server_names(const struct args *args, struct init *init)
{
    for (const char *name; (name = args_nth(args, OPT_SERVER_NAME, init->server_name_count)) != NULL;) {
        if (init->server_name_count == INIT_NAMES)
            return out_error(CTL_USAGE, NULL, "leave some out", "there are more than %d --server-name", INIT_NAMES);
        if (!init_is_name(name))
            return out_error(CTL_USAGE, NULL, "use a host name or an IP address", "--server-name cannot be \"%s\"",
                             name);
        init->server_names[init->server_name_count++] = name;
    }
    return CTL_DONE;
}

/* An address, as it stands in mosquitto.conf: a name could mean another one tomorrow. */
static enum ctl_exit read_address(const struct args *args, struct init *init)
{
    unsigned char ignored[sizeof(struct in6_addr)];
    const char *address = args_value(args, OPT_BIND);
    bool open = config_is_open(&init->config);
    if (address != NULL && open)
        return out_error(CTL_USAGE, NULL, "leave --bind out", "in open mode the broker listens on 127.0.0.1 alone");
    if (address != NULL && inet_pton(AF_INET, address, ignored) != 1 && inet_pton(AF_INET6, address, ignored) != 1)
        return out_error(CTL_USAGE, NULL, "use an address of this machine, such as 127.0.0.1 or ::1",
                         "--bind cannot be \"%s\"", address);
    init->address = open ? "127.0.0.1" : address;
    return CTL_DONE;
}

/* A broker that is not on this machine's loopback takes the service with a certificate only, and operators without. */
static enum ctl_exit read_host(const struct args *args, struct init *init)
{
    struct config *config = &init->config;
    const char *host = args_value(args, OPT_BROKER_HOST);
    if (host == NULL)
        return CTL_DONE;
    if (config_is_open(config))
        return out_error(CTL_USAGE, NULL, "leave --broker-host out", "in open mode the broker is on this machine");
    if (!init_is_name(host) || strchr(host, '*') != NULL || strlen(host) >= sizeof config->broker_host)
        return out_error(CTL_USAGE, NULL, "use a host name or an IP address", "--broker-host cannot be \"%s\"", host);
    snprintf(config->broker_host, sizeof config->broker_host, "%s", host);
    config->broker_port = (int)init->mtls_port;
    config->operator_port = (int)init->tls_port;
    init_path(init, "ca.pem", config->broker_ca_file, sizeof config->broker_ca_file);
    init_path(init, "service.pem", config->broker_certificate_file, sizeof config->broker_certificate_file);
    init_path(init, "service-tls.key", config->broker_key_file, sizeof config->broker_key_file);
    return CTL_DONE;
}

/* The mode of a folder that is there stays: its devices believe in it. */
static enum ctl_exit read_mode(const struct args *args, struct init *init)
{
    bool open = args_has(args, OPT_OPEN);
    if (init->had_config && open && !config_is_open(&init->config))
        return out_error(CTL_CONFLICT, NULL, "leave --open out, or use another folder",
                         "%s is in mode %s, as its muster.conf says", init->directory, init->config.mode);
    if (!init->had_config && open) {
        snprintf(init->config.mode, sizeof init->config.mode, "open");
        init->config.broker_username[0] = init->config.broker_password_file[0] = '\0';
    }
    return CTL_DONE;
}

static bool may_sign(enum key_type type)
{
    return type == KEY_EC_P256 || key_type_is_slow(type);
}

static enum ctl_exit refuse_type(const char *type)
{
    char mend[128] = "use one of:";
    for (int i = 0; i < KEY_TYPE_COUNT; i++)
        if (may_sign((enum key_type)i))
            snprintf(mend + strlen(mend), sizeof mend - strlen(mend), " %s", key_type_name((enum key_type)i));
    return out_error(CTL_USAGE, NULL, mend, "--ca-key-type cannot be \"%s\"", type);
}

static enum ctl_exit read_authority(const struct args *args, struct init *init)
{
    const char *type = args_value(args, OPT_CA_KEY_TYPE), *file = args_value(args, OPT_CA_PASSPHRASE_FILE);
    char path[4096];
    if (type != NULL && (!key_type_from_name(type, &init->authority_type) || !may_sign(init->authority_type)))
        return refuse_type(type);
    if (file == NULL)
        return CTL_DONE;
    if (realpath(file, path) == NULL || strlen(path) >= CONFIG_PATH)
        return out_error(CTL_USAGE, NULL, "name a file whose first line is the passphrase",
                         "cannot use the passphrase file %s: %s", file, strerror(errno));
    memcpy(init->config.ca_passphrase_file, path, strlen(path) + 1);
    return CTL_DONE;
}

static enum ctl_exit read_names(const struct args *args, struct init *init)
{
    const char *organization = args_value(args, OPT_ORGANIZATION), *country = args_value(args, OPT_COUNTRY);
    if (organization != NULL && (strlen(organization) == 0 || strlen(organization) > 64))
        return out_error(CTL_USAGE, NULL, "use 1 to 64 octets", "--organization is too short or too long");
    if (country != NULL && (strlen(country) != 2 || strspn(country, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 2))
        return out_error(CTL_USAGE, NULL, "use two capital letters (ISO 3166), such as DE",
                         "--country cannot be \"%s\"", country);
    if (organization != NULL)
        snprintf(init->config.certificate_organization, sizeof init->config.certificate_organization, "%s",
                 organization);
    if (country != NULL)
        snprintf(init->config.certificate_country, sizeof init->config.certificate_country, "%s", country);
    return CTL_DONE;
}

/* An existing muster.conf decides; the options are for a new one. */
static enum ctl_exit read_config(const struct args *args, struct init *init)
{
    char path[INIT_PATH], error[900];
    init_path(init, "muster.conf", path, sizeof path);
    init->had_config = init_has(path);
    if (init->had_config && config_read(path, &init->config, error, sizeof error) != 0)
        return out_error(CTL_CONFIG, NULL, NULL, "%s", error);
    if (!init->had_config && config_default(init->directory, &init->config) != 0) /* init_take_folder lets none pass */
        return out_error(CTL_FAILED, NULL, NULL, "the folder's path is too long");
    enum ctl_exit end = read_mode(args, init);
    if (end == CTL_DONE)
        end = read_ports(args, init);
    if (end == CTL_DONE && !init->had_config)
        end = read_names(args, init);
    if (end == CTL_DONE && !init->had_config)
        end = read_host(args, init);
    return end == CTL_DONE && !init->had_config ? read_authority(args, init) : end;
}

/* What is only for what will be made: the broker's certificate and its configuration. */
static enum ctl_exit read_broker(const struct args *args, struct init *init)
{
    char path[INIT_PATH];
    enum ctl_exit end = read_server_names(args, init);
    if (end == CTL_DONE)
        end = read_address(args, init);
    if (end == CTL_DONE)
        end = init_read_group(args, init);
    init_path(init, "mosquitto.conf", path, sizeof path);
    if (end == CTL_DONE && !config_is_open(&init->config) && !init_has(path))
        end = init_find_gate(init);
    return end;
}

enum ctl_exit init_read_options(const struct args *args, struct init *init)
{
    enum ctl_exit end = read_config(args, init);
    return end == CTL_DONE ? read_broker(args, init) : end;
}
