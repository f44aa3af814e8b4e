#include "service/ctl/init.h"
#include "service/ctl/out.h"
#include "service/ctl/target.h"
#include "service/io/clock.h"
#include "topics/json_write.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* In this order; the last one makes the folder whole. */
static const struct step {
    const char *what, *files;
    bool (*is_done)(const struct init *init);
    enum ctl_exit (*make)(struct init *init);
} steps[] = {
    {"certificate authority", "ca.pem, ca.key", init_has_authority, init_make_authority},
    {"broker's certificate", "server.pem, server.key", init_has_server, init_make_server},
    {"seal key", "seal.key", init_has_seal, init_make_seal},
    {"database and first keys", "muster.db, admin.key, viewer.key, provisioning.key", init_has_credentials,
     init_make_credentials},
    {"broker's configuration", "mosquitto.conf", init_has_broker, init_make_broker},
    {"service's configuration", "muster.conf", init_has_config, init_make_config},
};

#define STEPS (sizeof steps / sizeof steps[0])

void init_path(const struct init *init, const char *name, char *out, size_t size)
{
    snprintf(out, size, "%s/%s", init->directory, name);
}

bool init_has(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0;
}

enum ctl_exit init_cannot_write(const char *path, int error)
{
    return out_error(error == EACCES || error == EPERM ? CTL_DENIED : CTL_FAILED, NULL,
                     "check the folder's owner and the space on the disk, then run the same command again",
                     "cannot write %s: %s", path, strerror(error));
}

static enum ctl_exit read_ports(const struct args *args, struct init *init)
{
    init->plain_port = 1883;
    init->mtls_port = 8883;
    init->tls_port = 8884;
    if (!args_integer(args, OPT_PLAIN_PORT, 1, 65535, &init->plain_port) ||
        !args_integer(args, OPT_MTLS_PORT, 1, 65535, &init->mtls_port) ||
        !args_integer(args, OPT_TLS_PORT, 1, 65535, &init->tls_port))
        return CTL_USAGE;
    if (init->plain_port == init->mtls_port || init->plain_port == init->tls_port || init->mtls_port == init->tls_port)
        return out_error(CTL_USAGE, NULL, "give each listener a port of its own", "two ports are the same");
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
    if (init->had_config)
        return CTL_DONE;
    if (config_default(init->directory, &init->config) != 0) /* init_take_folder lets no such folder pass */
        return out_error(CTL_FAILED, NULL, NULL, "the folder's path is too long");
    enum ctl_exit end = read_names(args, init);
    return end == CTL_DONE ? read_authority(args, init) : end;
}

static void tell_step(const struct init *init, const struct step *step, bool made)
{
    char files[CONFIG_PATH], line[INIT_PATH];
    snprintf(files, sizeof files, "%s", step->files);
    size_t length = (size_t)snprintf(line, sizeof line, "✔ %-24s", step->what);
    char *rest = NULL;
    for (char *file = strtok_r(files, ", ", &rest); file != NULL && length < sizeof line;
         file = strtok_r(NULL, ", ", &rest))
        length += (size_t)snprintf(line + length, sizeof line - length, " %s/%s", init->directory, file);
    printf("%s%s\n", line, made ? "" : "  (kept)");
}

static void tell_next(const struct init *init, bool made)
{
    const char *d = init->directory;
    printf(made ? "\nYour Muster is ready in %s.\n" : "\nEverything was there in %s: nothing was changed.\n", d);
    printf("Start the broker and the service, each in a terminal of its own:\n"
           "  mosquitto -c %s/mosquitto.conf\n  musterd --config %s/muster.conf\n"
           "Then look, watch, and let devices in with the provisioning key in %s/provisioning.key:\n"
           "  musterctl --dir %s status\n  musterctl --dir %s watch\n",
           d, d, d, d, d);
}

static void tell_json(const struct init *init, const bool made[STEPS])
{
    char text[4096];
    struct json_writer json;
    json_start(&json, text, sizeof text);
    json_open(&json, NULL, '{');
    json_text(&json, "schema", "muster.init/1");
    json_text(&json, "directory", init->absolute);
    json_open(&json, "steps", '[');
    for (size_t i = 0; i < STEPS; i++) {
        json_open(&json, NULL, '{');
        json_text(&json, "what", steps[i].what);
        json_text(&json, "files", steps[i].files);
        json_bool(&json, "made", made[i]);
        json_close(&json, '}');
    }
    json_close(&json, ']');
    json_close(&json, '}');
    puts(text);
}

/* Does what is missing; says each step once it is done. */
static enum ctl_exit make_all(struct init *init, bool quiet, bool made[STEPS])
{
    for (size_t i = 0; i < STEPS; i++) {
        made[i] = !steps[i].is_done(init);
        enum ctl_exit end = made[i] ? steps[i].make(init) : CTL_DONE;
        if (end != CTL_DONE)
            return end;
        if (!quiet)
            tell_step(init, &steps[i], made[i]);
    }
    return CTL_DONE;
}

enum ctl_exit cmd_init(const struct args *args)
{
    struct init init = {.now = clock_now().wall / 1000, .authority_type = KEY_EC_P256};
    bool made[STEPS], any = false;
    umask(077);
    enum ctl_exit end = target_directory(args, init.directory, sizeof init.directory);
    if (end == CTL_DONE)
        end = read_ports(args, &init);
    if (end == CTL_DONE)
        end = init_take_folder(&init);
    if (end == CTL_DONE)
        end = read_config(args, &init);
    if (end == CTL_DONE)
        end = make_all(&init, args_has(args, OPT_JSON), made);
    if (end != CTL_DONE)
        return end;
    for (size_t i = 0; i < STEPS; i++)
        any = any || made[i];
    if (args_has(args, OPT_JSON))
        tell_json(&init, made);
    else
        tell_next(&init, any);
    return out_done();
}
