#include "certs/file.h"
#include "service/config_page.h"
#include "service/ctl/init.h"
#include "service/ctl/out.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HASH_LINE "plugin_opt_service_hash "
#define CRL_LINE  "crlfile "
#define MUTUAL    "require_certificate true\n"
#define LOOPBACK  "127.0.0.1"

/* mosquitto that is started as root becomes another user, which could not read the keys unless they are opened to it.
 */
static void put_user(struct config_page *page, const struct init *init)
{
    const struct init_user *user = &init->user;
    if (user->group_name[0] != '\0')
        config_page_put(
            page,
            "# Whoever is in the group %s may read what stands here and the database, and no key but the broker's.\n\n",
            user->group_name);
    else if (user->is_its_own)
        config_page_put(page,
                        "# A user of its own, who may read what stands here and the database, and no other key.\n");
    else if (config_is_open(&init->config))
        config_page_put(page, "# The user who owns the keys in this folder; counts only when started as root.\n");
    else
        config_page_put(page,
                        "# The user who owns the keys in this folder, since %s; counts only when started as root.\n",
                        user->why);
    if (user->name[0] != '\0')
        config_page_put(page, "user %s\n\n", user->name);
}

static void put_gate(struct config_page *page, const struct init *init)
{
    char database[4096], hash[2 * SECRET_HASH + 1] = "";
    if (realpath(init->config.database, database) == NULL)
        snprintf(database, sizeof database, "%s/muster.db", init->absolute);
    (void)init_service_hash(init, hash);
    config_page_put(
        page,
        "# Who may connect, and what everyone may send and hear. It stands before the first listener: it guards all.\n"
        "plugin %s\n"
        "plugin_opt_database %s\n"
        "# The SHA-256 of the secret in the service's key.\n" HASH_LINE "%s\n\n",
        init->gate, database, hash);
}

static void put_common(struct config_page *page, bool open)
{
    config_page_put(page, "per_listener_settings false\nallow_anonymous %s\n", open ? "true" : "false");
    config_page_put(page, open ? "persistence false\n\n"
                               : "allow_zero_length_clientid false\n"
                                 "# The service publishes again what is retained.\n"
                                 "persistence false\n\n");
    config_page_put(page, "# What a device may send and what waits for a slow subscriber.\n"
                          "max_packet_size 65536\n"
                          "max_queued_messages 100000\n");
    config_page_put(page, open ? "max_inflight_messages 100\n"
                               : "max_queued_bytes 16777216\n"
                                 "max_inflight_messages 100\n"
                                 "max_keepalive 300\n"
                                 "# Only the service may retain; the check would ask the gate in nobody's name.\n"
                                 "check_retain_source false\n"
                                 "# Nobody needs a session that is kept while it is away.\n"
                                 "persistent_client_expiration 1h\n"
                                 "# Nobody may read $SYS.\n"
                                 "sys_interval 0\n");
    config_page_put(page, "set_tcp_nodelay true\n\n"
                          "log_dest stderr\n"
                          "log_type error\n"
                          "log_type warning\n"
                          "log_type notice\n"
                          "connection_messages true\n"
                          "log_timestamp true\n"
                          "log_timestamp_format %%Y-%%m-%%dT%%H:%%M:%%S\n\n");
}

static void put_listener(struct config_page *page, const struct init *init, long long port, const char *address)
{
    config_page_put(page, "listener %lld%s%s\nmax_qos 1\n", port, address != NULL ? " " : "",
                    address != NULL ? address : "");
    if (!config_is_open(&init->config))
        config_page_put(page, "max_topic_alias 0\n");
}

static void put_certificate(struct config_page *page, const struct init *init)
{
    config_page_put(page, "certfile %s/server.pem\nkeyfile %s/server.key\ntls_version tlsv1.2\n", init->absolute,
                    init->absolute);
}

/* The revocation list as the broker shall read it, which knows no folder of its own. */
static void list_path(const struct init *init, char out[INIT_PATH])
{
    char path[4096];
    if (realpath(init->config.crl_file, path) != NULL && strlen(path) < INIT_PATH)
        memcpy(out, path, strlen(path) + 1);
    else
        snprintf(out, INIT_PATH, "%s/crl.pem", init->absolute);
}

static void write_page(struct config_page *page, const struct init *init)
{
    char list[INIT_PATH];
    bool open = config_is_open(&init->config);
    config_page_put(
        page, "# The broker of Muster, %s.\n# Made by musterctl init; comments must stand on lines of their own.\n\n",
        open ? "in open mode: for trying by hand, on this machine alone" : "behind the gate");
    put_user(page, init);
    if (!open)
        put_gate(page, init);
    put_common(page, open);
    config_page_put(page, "# Plain MQTT, for the service and for trying by hand.\n");
    put_listener(page, init, init->plain_port, LOOPBACK);
    config_page_put(page,
                    open ? "\n# TLS without a client certificate, for devices that have none yet.\n"
                         : "\n# TLS with a password, for operators and for devices that have no certificate yet.\n");
    put_listener(page, init, init->tls_port, init->address);
    put_certificate(page, init);
    config_page_put(page, "require_certificate false\n\n# Mutual TLS, for devices with their certificate.\n");
    put_listener(page, init, init->mtls_port, init->address);
    put_certificate(page, init);
    list_path(init, list);
    config_page_put(page, "cafile %s/ca.pem\n" CRL_LINE "%s\n" MUTUAL "use_identity_as_username false\n",
                    init->absolute, list);
}

/* Where the service's hash stands in a configuration, or NULL. */
static char *find_hash(struct config_page *page)
{
    char *line = strstr(page->text, "\n" HASH_LINE);
    return line != NULL ? line + strlen("\n" HASH_LINE) : NULL;
}

/* Where the listener for certificates lacks its revocation list, which a folder of an older version has not; NULL when
 * there is nothing to do. */
static char *find_lack(struct config_page *page)
{
    char *line = strstr(page->text, "\n" MUTUAL);
    return line != NULL && strstr(page->text, "\n" CRL_LINE) == NULL ? line + 1 : NULL;
}

static int read_page(const struct init *init, struct config_page *page)
{
    char path[INIT_PATH];
    init_path(init, "mosquitto.conf", path, sizeof path);
    return file_read(path, page->text, sizeof page->text, &page->length);
}

bool init_has_broker(const struct init *init)
{
    struct config_page page;
    char wanted[2 * SECRET_HASH + 1];
    if (read_page(init, &page) != 0)
        return false;
    if (find_lack(&page) != NULL)
        return false;
    const char *there = find_hash(&page);
    if (config_is_open(&init->config))
        return there == NULL;
    return there != NULL && init_service_hash(init, wanted) && strncmp(there, wanted, strlen(wanted)) == 0;
}

static enum ctl_exit save_page(const struct init *init, const struct config_page *page)
{
    char path[INIT_PATH];
    init_path(init, "mosquitto.conf", path, sizeof path);
    int failed = file_write(path, page->text, page->length, 0600);
    return failed != 0 ? init_cannot_write(path, failed) : CTL_DONE;
}

static enum ctl_exit put_hash(const struct init *init, char *hash)
{
    char wanted[2 * SECRET_HASH + 1];
    if (hash == NULL || strcspn(hash, " \r\n") != 2 * SECRET_HASH || !init_service_hash(init, wanted))
        return out_error(CTL_CONFIG, NULL, "remove it, then run the same command again",
                         "%s/mosquitto.conf has a " HASH_LINE "that is no hash", init->directory);
    memcpy(hash, wanted, 2 * SECRET_HASH);
    return CTL_DONE;
}

static enum ctl_exit put_list(const struct init *init, struct config_page *page)
{
    char list[INIT_PATH], line[INIT_PATH + sizeof CRL_LINE + 1], *at = find_lack(page);
    if (at == NULL)
        return CTL_DONE;
    list_path(init, list);
    size_t length = (size_t)snprintf(line, sizeof line, CRL_LINE "%s\n", list);
    if (page->length + length >= sizeof page->text)
        return out_error(CTL_CONFIG, NULL, "put the line in by hand, before require_certificate true",
                         "%s/mosquitto.conf is too large for the line " CRL_LINE "%s", init->directory, list);
    memmove(at + length, at, (size_t)(page->text + page->length + 1 - at));
    memcpy(at, line, length);
    page->length += length;
    return CTL_DONE;
}

/* Whoever changed ports or limits in it keeps them: only the hash of the service's new key is put in, and the list. */
static enum ctl_exit mend_page(const struct init *init, struct config_page *page)
{
    bool open = config_is_open(&init->config);
    if (open != (find_hash(page) == NULL))
        return out_error(CTL_CONFIG, NULL, "remove it, then run the same command again",
                         "%s/mosquitto.conf is for another mode than %s", init->directory, init->config.mode);
    enum ctl_exit end = open ? CTL_DONE : put_hash(init, find_hash(page));
    if (end == CTL_DONE)
        end = put_list(init, page);
    return end == CTL_DONE ? save_page(init, page) : end;
}

enum ctl_exit init_make_broker(struct init *init)
{
    struct config_page page;
    int failed = read_page(init, &page);
    if (failed == 0)
        return mend_page(init, &page);
    if (failed != ENOENT)
        return out_error(CTL_CONFIG, NULL, "repair or remove it, then run the same command again",
                         "cannot read %s/mosquitto.conf: %s", init->directory, strerror(failed));
    page.length = 0;
    write_page(&page, init);
    return save_page(init, &page);
}

void init_tell_listeners(const struct init *init)
{
    const struct {
        const char *address, *what;
        long long port;
    } rows[] = {{LOOPBACK, "without TLS, for this machine alone", init->plain_port},
                {init->address, "TLS with a password, for operators and devices without a certificate", init->tls_port},
                {init->address, "mutual TLS, for devices with their certificate", init->mtls_port}};
    const struct init_user *user = &init->user;
    if (user->group_name[0] != '\0')
        printf("The broker runs as a user of the group %s, who may read what it needs and no other key. It will listen "
               "on:\n",
               user->group_name);
    else if (user->is_its_own)
        printf("The broker runs as the user %s, who may read what it needs and no other key. It will listen on:\n",
               user->name);
    else
        printf("The broker runs as %s%s, since %s. It will listen on:\n", user->name[0] != '\0' ? "the user " : "",
               user->name[0] != '\0' ? user->name : "whoever starts it", user->why);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        printf("  %5lld on %-14s %s\n", rows[i].port, rows[i].address != NULL ? rows[i].address : "every address",
               rows[i].what);
}
