#include "service/ctl/init.h"
#include "service/ctl/out.h"
#include "service/ctl/target.h"
#include "service/io/clock.h"
#include "topics/json_write.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* In this order; the last one makes the folder whole. */
static const struct step {
    const char *what, *files;
    bool gated; /* only then */
    bool (*is_done)(const struct init *init);
    enum ctl_exit (*make)(struct init *init);
} steps[] = {
    {"certificate authority", "ca.pem, ca.key, root.pem, root.key", false, init_has_authority, init_make_authority},
    {"revocation list", "crl.pem", false, init_has_list, init_make_list},
    {"broker's certificate", "server.pem, server.key", false, init_has_server, init_make_server},
    {"seal key", "seal.key", false, init_has_seal, init_make_seal},
    {"service's key", "service.key", true, init_has_service, init_make_service},
    {"service's certificate", "service.pem, service-tls.key", true, init_has_client, init_make_client},
    {"database and first keys", "muster.db, admin.key, viewer.key, provisioning.key", false, init_has_credentials,
     init_make_credentials},
    {"broker's configuration", "mosquitto.conf", false, init_has_broker, init_make_broker},
    {"broker's rights", "", true, init_has_rights, init_give_rights},
    {"service's configuration", "muster.conf", false, init_has_config, init_make_config},
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

/* The files of a step, each behind `before`: but for those that an authority does without, a root that is kept
 * elsewhere or that it never had. */
static void list_files(const struct init *init, const struct step *step, const char *before, char *out, size_t size)
{
    char files[CONFIG_PATH], path[INIT_PATH], *rest = NULL;
    size_t length = 0;
    out[0] = '\0';
    snprintf(files, sizeof files, "%s", step->files);
    for (char *file = strtok_r(files, ", ", &rest); file != NULL && length < size; file = strtok_r(NULL, ", ", &rest)) {
        init_path(init, file, path, sizeof path);
        if (step->make != init_make_authority || init_has(path))
            length += (size_t)snprintf(out + length, size - length, "%s%s", length > 0 ? before : "", file);
    }
}

static void tell_step(const struct init *init, const struct step *step, bool made)
{
    char files[4 * INIT_PATH], before[INIT_PATH];
    snprintf(before, sizeof before, " %s/", init->directory);
    list_files(init, step, before, files, sizeof files);
    printf("✔ %-24s%s%s%s\n", step->what, before, files, made ? "" : "  (kept)");
}

/* What another machine can reach is said before anything listens. */
static void tell_broker(const struct init *init, const bool made[STEPS])
{
    for (size_t i = 0; i < STEPS; i++)
        if (made[i] && steps[i].make == init_make_broker)
            init_tell_listeners(init);
}

static void tell_next(const struct init *init, bool made)
{
    const char *d = init->directory;
    printf(made ? "\nYour Muster is ready in %s.\n" : "\nEverything was there in %s: nothing was changed.\n", d);
    printf("Start the broker and the service, each in a terminal of its own:\n"
           "  /usr/sbin/mosquitto -c %s/mosquitto.conf\n  musterd --config %s/muster.conf\n"
           "Then look, watch, and let devices in with the provisioning key in %s/provisioning.key:\n"
           "  musterctl --dir %s status\n  musterctl --dir %s watch\n",
           d, d, d, d, d);
}

/* Nothing here needs the root's key until another issuing authority is made. */
static void tell_root(const struct init *init)
{
    const char *key = init->config.ca_root_key_file;
    if (key[0] != '\0' && init_has(key))
        printf("The root's key is needed only to make another issuing authority. Whoever has it is believed by every "
               "device:\nmove it to a safe place, off this machine, and keep a copy there:\n"
               "  mv %s /media/safe/\n",
               key);
}

static bool is_needed(const struct init *init, const struct step *step)
{
    return !step->gated || !config_is_open(&init->config);
}

static void tell_json(const struct init *init, const bool made[STEPS])
{
    char text[4096], files[CONFIG_PATH];
    struct json_writer json;
    json_start(&json, text, sizeof text);
    json_open(&json, NULL, '{');
    json_text(&json, "schema", "muster.init/1");
    json_text(&json, "directory", init->absolute);
    json_text(&json, "mode", init->config.mode);
    json_text(&json, "brokerUser", init->user.name);
    json_text(&json, "brokerGroup", init->user.group_name);
    json_open(&json, "steps", '[');
    for (size_t i = 0; i < STEPS; i++) {
        if (!is_needed(init, &steps[i]))
            continue;
        json_open(&json, NULL, '{');
        json_text(&json, "what", steps[i].what);
        list_files(init, &steps[i], ", ", files, sizeof files);
        json_text(&json, "files", files);
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
        made[i] = is_needed(init, &steps[i]) && !steps[i].is_done(init);
        enum ctl_exit end = made[i] ? steps[i].make(init) : CTL_DONE;
        if (end != CTL_DONE)
            return end;
        if (!quiet && steps[i].files[0] != '\0' && is_needed(init, &steps[i]))
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
        end = init_take_folder(&init);
    if (end == CTL_DONE)
        end = init_read_options(args, &init);
    if (end == CTL_DONE)
        init_choose_user(&init);
    if (end == CTL_DONE)
        end = make_all(&init, args_has(args, OPT_JSON), made);
    if (end != CTL_DONE) {
        if (init.made_folder) /* bad input leaves nothing behind; what was begun stays, to be completed */
            (void)rmdir(init.directory);
        return end;
    }
    for (size_t i = 0; i < STEPS; i++)
        any = any || made[i];
    if (args_has(args, OPT_JSON))
        return tell_json(&init, made), out_done();
    tell_broker(&init, made);
    tell_next(&init, any);
    tell_root(&init);
    return out_done();
}
