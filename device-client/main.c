/*
 * muster-device: the library as a program. One table of commands; everything a device does is in the library.
 */
#include "certs/openssl.h"
#include "device-client/arguments.h"
#include "topics/json_write.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>

#define INFO_JSON_MAX 4096

static const char *const state_names[] = {"unregistered", "registered", "provisioned"};

static int report(enum muster_device_result result, const char *what, const char *mend)
{
    if (result == MUSTER_DEVICE_OK)
        return MUSTER_DEVICE_OK;
    fprintf(stderr, "error: %s\n", what);
    if (mend[0] != '\0')
        fprintf(stderr, "  mend: %s\n", mend);
    return (int)result;
}

static int report_device(struct muster_device *device, enum muster_device_result result)
{
    return report(result, muster_device_error(device), muster_device_mend(device));
}

static void print_line(void *context, const char *line)
{
    (void)context;
    char at[16];
    struct tm local;
    time_t now = time(NULL);
    (void)strftime(at, sizeof at, "%H:%M:%S", localtime_r(&now, &local));
    fprintf(stderr, "%s %s\n", at, line);
}

/* The members of an info in the order in which both forms show them. */
struct row {
    const char *label, *wire, *value;
};

static void print_json(const struct row *rows, size_t count)
{
    char text[INFO_JSON_MAX];
    struct json_writer json;
    json_start(&json, text, sizeof text);
    json_open(&json, NULL, '{');
    for (size_t i = 0; i < count; i++)
        json_text(&json, rows[i].wire, rows[i].value[0] != '\0' ? rows[i].value : NULL);
    json_close(&json, '}');
    puts(text);
}

static int command_info(struct muster_device *device, const struct arguments *arguments)
{
    struct muster_device_info info = {.size = sizeof info};
    enum muster_device_result result = muster_device_info(device, &info);
    if (result != MUSTER_DEVICE_OK)
        return report_device(device, result);
    const struct row rows[] = {
        {"uuid", "uuid", info.uuid},
        {"state", "state", state_names[info.state]},
        {"deviceId", "deviceId", info.device_id},
        {"tenant", "tenant", info.tenant},
        {"name", "deviceName", info.name},
        {"type", "deviceType", info.type},
        {"certificate", "certificateId", info.certificate_id},
        {"  not before", "notBefore", info.not_before},
        {"  not after", "notAfter", info.not_after},
        {"  renew after", "renewAfter", info.renew_after},
        {"new, waiting", "nextCertificateId", info.next_certificate_id},
        {"  not after", "nextNotAfter", info.next_not_after},
        {"API key ends", "apiKeyExpiresAt", info.api_key_expires_at},
    };
    if (arguments->json)
        print_json(rows, sizeof rows / sizeof *rows);
    for (size_t i = 0; !arguments->json && i < sizeof rows / sizeof *rows; i++)
        printf("%-14s %s\n", rows[i].label, rows[i].value[0] != '\0' ? rows[i].value : "-");
    return MUSTER_DEVICE_OK;
}

static int command_provisioned(struct muster_device *device, const struct arguments *arguments)
{
    (void)arguments;
    struct muster_device_info info = {.size = sizeof info};
    bool yes = muster_device_info(device, &info) == MUSTER_DEVICE_OK && info.state == MUSTER_DEVICE_PROVISIONED;
    puts(yes ? "yes" : "no");
    return yes ? MUSTER_DEVICE_OK : MUSTER_DEVICE_FAILED;
}

/* Opening the folder with a name or a type has written them down already. */
static int command_provision(struct muster_device *device, const struct arguments *arguments)
{
    struct muster_device_info info = {.size = sizeof info};
    (void)arguments;
    enum muster_device_result result = muster_device_info(device, &info);
    if (result != MUSTER_DEVICE_OK)
        return report_device(device, result);
    printf("uuid=%s name=%s type=%s\n", info.uuid, info.name, info.type);
    return MUSTER_DEVICE_OK;
}

static int command_register(struct muster_device *device, const struct arguments *arguments)
{
    struct muster_device_info info = {.size = sizeof info};
    (void)arguments;
    enum muster_device_result result = muster_device_register(device);
    if (result != MUSTER_DEVICE_OK)
        return report_device(device, result);
    if (muster_device_info(device, &info) == MUSTER_DEVICE_OK)
        printf("uuid=%s deviceId=%s tenant=%s\n", info.uuid, info.device_id, info.tenant);
    return MUSTER_DEVICE_OK;
}

static int command_update(struct muster_device *device, const struct arguments *arguments)
{
    struct muster_device_change change = {.size = sizeof change,
                                          .name = arguments->options.name,
                                          .endpoint = arguments->endpoint,
                                          .tags = arguments->tags,
                                          .tag_count = arguments->tag_count};
    enum muster_device_result result = muster_device_update(device, &change);
    if (result == MUSTER_DEVICE_OK)
        puts("updated");
    return report_device(device, result);
}

static int command_reset(struct muster_device *device, const struct arguments *arguments)
{
    (void)arguments;
    enum muster_device_result result = muster_device_reset(device);
    if (result == MUSTER_DEVICE_OK)
        puts("reset");
    return report_device(device, result);
}

static int command_renew(struct muster_device *device, const struct arguments *arguments)
{
    struct muster_device_info info = {.size = sizeof info};
    (void)arguments;
    enum muster_device_result result = muster_device_renew(device);
    if (result != MUSTER_DEVICE_OK)
        return report_device(device, result);
    if (muster_device_info(device, &info) == MUSTER_DEVICE_OK)
        printf("renewed certificate=%s until %s renew after %s\n", info.certificate_id, info.not_after,
               info.renew_after[0] != '\0' ? info.renew_after : "-");
    return MUSTER_DEVICE_OK;
}

static int command_rotate(struct muster_device *device, const struct arguments *arguments)
{
    struct muster_device_info info = {.size = sizeof info};
    (void)arguments;
    enum muster_device_result result = muster_device_rotate(device);
    if (result != MUSTER_DEVICE_OK)
        return report_device(device, result);
    if (muster_device_info(device, &info) == MUSTER_DEVICE_OK)
        printf("rotated the API key%s%s\n", info.api_key_expires_at[0] != '\0' ? ", it ends " : "",
               info.api_key_expires_at);
    return MUSTER_DEVICE_OK;
}

static int command_run(struct muster_device *device, const struct arguments *arguments)
{
    (void)arguments;
    return report_device(device, muster_device_run(device));
}

#define LOOKS 1u /* reads the folder only: works beside a process that runs the device */
#define TALKS 2u /* its steps are worth a line */
#define OWNS  4u /* for a device that is there: makes no folder */

static const struct command {
    const char *name;
    unsigned flags;
    int (*run)(struct muster_device *, const struct arguments *);
    const char *help;
} commands[] = {
    {"info", LOOKS, command_info, "what is kept of the device, never a secret"},
    {"status", LOOKS, command_info, "the same"},
    {"provisioned", LOOKS, command_provisioned, "yes (exit 0) when it holds a certificate, else no (exit 1)"},
    {"provision", 0, command_provision, "keep a name and a type, make the uuid; needs no broker"},
    {"register", 0, command_register, "register with the provisioning key"},
    {"update", LOOKS, command_update, "change --name, --endpoint, --tag at the service"},
    {"renew", OWNS, command_renew, "renew the certificate now, and connect once with the new one"},
    {"rotate", OWNS, command_rotate, "replace the API key"},
    {"reset", OWNS, command_reset, "give up all credentials, there and here; the uuid stays"},
    {"run", TALKS, command_run, "the whole life: register, provision, connect, heartbeats, renew"},
};

#define COMMAND_COUNT (sizeof commands / sizeof *commands)

static int help(void)
{
    puts("usage: muster-device COMMAND [OPTION]...\n\nexamples:\n"
         "  muster-device provision --name pump-7 --type pump\n"
         "  muster-device run --broker mqtt.example --cafile ca.pem --provisioning-key-file provisioning.key\n"
         "  muster-device run --plain-port 1883 --provisioning-key mpk_...      (by hand, on loopback)\n"
         "  muster-device info --json\n"
         "  muster-device update --name pump-8 --tag site=hall-2 --broker mqtt.example\n\ncommands:");
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        printf("  %-30s %s\n", commands[i].name, commands[i].help);
    puts("\noptions:");
    arguments_help();
    puts(
        "\nexit: 0 done, 1 no or failure, 2 usage, 3 configuration, 4 broker unreachable, 5 denied, 6 not found,\n"
        "7 conflict, 8 timed out. After 4 and 8 call again: register, renew, rotate and reset repeat the same request, "
        "never\na second device; an update that was made already does no harm.");
    return MUSTER_DEVICE_OK;
}

/* SIGTERM and SIGINT become a readable descriptor, before any thread is made that would take them. */
static int catch_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    if (signal(SIGPIPE, SIG_IGN) == SIG_ERR || sigprocmask(SIG_BLOCK, &set, NULL) != 0)
        return -1;
    return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

static int carry_out(const struct command *command, struct arguments *arguments)
{
    struct muster_device *device = NULL;
    char error[MUSTER_DEVICE_ERROR_SIZE];
    arguments->options.read_only = (command->flags & LOOKS) != 0;
    arguments->options.existing = (command->flags & OWNS) != 0;
    arguments->options.on_line = (command->flags & TALKS) != 0 ? print_line : NULL;
    arguments->options.stop_fd = catch_signals();
    enum muster_device_result result = muster_device_open(&arguments->options, &device, error, sizeof error);
    if (result != MUSTER_DEVICE_OK) {
        char *mend = strchr(error, '\n');
        *mend = '\0';
        if (command->run == command_provisioned && result == MUSTER_DEVICE_NOT_FOUND)
            return puts("no"), MUSTER_DEVICE_FAILED;
        return report(result, error, mend + 1);
    }
    int code = command->run(device, arguments);
    muster_device_close(device);
    return code;
}

int main(int argc, char **argv)
{
    struct arguments arguments;
    openssl_begin();
    if (!arguments_read(argc, argv, &arguments))
        return MUSTER_DEVICE_USAGE;
    if (arguments.version) {
        printf("muster-device %s\n", muster_device_version());
        return MUSTER_DEVICE_OK;
    }
    if (arguments.help)
        return help();
    for (size_t i = 0; arguments.command != NULL && i < COMMAND_COUNT; i++)
        if (strcmp(commands[i].name, arguments.command) == 0)
            return carry_out(&commands[i], &arguments);
    fprintf(stderr, "error: %s%s\n  mend: muster-device --help lists the commands\n",
            arguments.command != NULL ? "there is no command " : "a command is missing",
            arguments.command != NULL ? arguments.command : "");
    return MUSTER_DEVICE_USAGE;
}
