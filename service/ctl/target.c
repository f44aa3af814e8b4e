#include "service/ctl/target.h"

#include "certs/file.h"
#include "service/core/secret.h"
#include "service/ctl/out.h"
#include "service/io/entropy.h"
#include "service/io/loopback.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum ctl_exit target_directory(const struct args *args, char *out, size_t size)
{
    const char *directory = args_value(args, OPT_DIR);
    if (directory == NULL || directory[0] == '\0')
        directory = getenv("MUSTER_DIR");
    if (directory == NULL || directory[0] == '\0')
        directory = access("run/muster.conf", F_OK) == 0 ? "run" : "/etc/muster";
    /* "run/" and "run" are the same folder; messages name it one way. */
    size_t length = strlen(directory);
    while (length > 1 && directory[length - 1] == '/')
        length--;
    if (length >= size)
        return out_error(CTL_CONFIG, NULL, "use a folder with a shorter path",
                         "the folder's path has %zu octets; %zu is the most: %.80s...", length, size - 1, directory);
    memcpy(out, directory, length);
    out[length] = '\0';
    return CTL_DONE;
}

/* A key that others can read is no longer this operator's alone. */
static enum ctl_exit check_mode(const char *path, const char *directory)
{
    struct stat st;
    char mend[CONFIG_PATH + 64];
    if (stat(path, &st) != 0) {
        snprintf(mend, sizeof mend, "musterctl init --dir %s, or name another folder with --dir", directory);
        return out_error(errno == EACCES ? CTL_DENIED : CTL_CONFIG, NULL, mend, "cannot read the operator's key %s: %s",
                         path, strerror(errno));
    }
    if ((st.st_mode & (S_IRWXG | S_IRWXO)) == 0)
        return CTL_DONE;
    snprintf(mend, sizeof mend, "chmod 600 %s", path);
    return out_error(CTL_CONFIG, NULL, mend, "the operator's key %s is open to others (mode %03o)", path,
                     (unsigned)(st.st_mode & 0777));
}

static enum ctl_exit read_key(struct target *target)
{
    char path[CONFIG_PATH + 16], id[LIMIT_KEY_ID + 1], text[LIMIT_CREDENTIAL + 8];
    unsigned char hash[SECRET_HASH];
    size_t length = 0;
    snprintf(path, sizeof path, "%s/admin.key", target->directory);
    enum ctl_exit end = check_mode(path, target->directory);
    if (end != CTL_DONE)
        return end;
    int failed = file_read(path, text, sizeof text, &length);
    text[failed == 0 ? strcspn(text, "\r\n") : 0] = '\0';
    if (failed != 0)
        end = out_error(failed == EACCES ? CTL_DENIED : CTL_CONFIG, NULL, "read it as the user who owns it",
                        "cannot read the operator's key %s: %s", path, strerror(failed));
    else if (!secret_parse(SECRET_OPERATOR, text, id, hash))
        end = out_error(CTL_CONFIG, NULL, "put an operator's key (mok_...) into its first line",
                        "there is no operator's key in %s", path);
    else
        snprintf(target->operator_key, sizeof target->operator_key, "%.*s", LIMIT_CREDENTIAL, text);
    secret_wipe(text, sizeof text);
    return end;
}

static int port_of(const struct config *config)
{
    return config->operator_port != 0 ? config->operator_port : config->broker_port;
}

/* The operator's key goes there; without TLS it must be the broker that listens, not somebody in its place. */
static enum ctl_exit check_port(const struct target *target)
{
    char why[300], key[CONFIG_PATH + 16];
    const struct config *config = &target->config;
    if (config_is_open(config) || config->broker_ca_file[0] != '\0')
        return CTL_DONE;
    if (loopback_look(config->broker_host, 0, why, sizeof why) != LOOPBACK_ONLY)
        return out_error(CTL_CONFIG, NULL,
                         "set broker_ca_file and operator_port in muster.conf (docs/configuration.md)",
                         "without TLS the broker must be on loopback: %s", why);
    snprintf(key, sizeof key, "%s/admin.key", target->directory);
    if (loopback_is_held_by(config->broker_host, port_of(config), config->broker_user, key, why, sizeof why))
        return CTL_DONE;
    return out_error(CTL_DENIED, NULL,
                     "set broker_user in muster.conf when that is the broker's user, else end that process", "%s", why);
}

enum ctl_exit target_find(const struct args *args, struct target *out)
{
    char path[CONFIG_PATH + 16], error[900], mend[CONFIG_PATH + 64];
    unsigned char random[12];
    *out = (struct target){.directory = ""};
    enum ctl_exit end = target_directory(args, out->directory, sizeof out->directory);
    if (end != CTL_DONE)
        return end;
    snprintf(path, sizeof path, "%s/muster.conf", out->directory);
    if (access(path, F_OK) != 0) {
        snprintf(mend, sizeof mend, "musterctl init --dir %s, or name another folder with --dir", out->directory);
        return out_error(CTL_CONFIG, NULL, mend, "there is no Muster in %s: %s: %s", out->directory, path,
                         strerror(errno));
    }
    if (config_read(path, &out->config, error, sizeof error) != 0)
        return out_error(CTL_CONFIG, NULL, NULL, "%s", error);
    memcpy(out->client_id, "musterctl-", 11);
    entropy_fill(random, sizeof random);
    secret_base32(random, sizeof random, out->client_id + strlen(out->client_id));
    end = check_port(out);
    return end == CTL_DONE ? read_key(out) : end;
}

void target_wipe(struct target *target)
{
    secret_wipe(target->operator_key, sizeof target->operator_key);
}

struct mqtt_options target_options(const struct target *target, const char *const filters[], size_t count)
{
    return (struct mqtt_options){
        .host = target->config.broker_host,
        .port = port_of(&target->config),
        .client_id = target->client_id,
        .username = "operator", /* protocol.md, section 2 */
        .password = target->operator_key,
        .filters = filters,
        .filter_count = count,
        .filter_qos = 1,
        .ca_file = target->config.broker_ca_file,
    };
}

enum ctl_exit target_unreachable(const struct target *target, const char *reason, bool refused)
{
    const char *host = target->config.broker_host;
    const char *open = reason[0] != '\0' ? " (" : "", *close = reason[0] != '\0' ? ")" : "";
    int port = port_of(&target->config);
    char mend[2 * CONFIG_PATH];
    if (refused) {
        snprintf(mend, sizeof mend,
                 "does the broker know the user operator with the key in %s/admin.key as its password? its log says "
                 "more. An operator of one tenant watches with --tenant TENANT",
                 target->directory);
        return out_error(CTL_DENIED, NULL, mend, "the broker at %s:%d refuses this operator%s%s%s", host, port, open,
                         reason, close);
    }
    snprintf(mend, sizeof mend,
             "is the broker running? start both with make run, or: /usr/sbin/mosquitto -c %s/mosquitto.conf",
             target->directory);
    return out_error(CTL_BROKER, NULL, mend, "the broker at %s:%d is not reachable%s%s%s", host, port, open, reason,
                     close);
}
