#include "certs/openssl.h"
#include "service/ctl/ctl.h"
#include "service/ctl/out.h"

#include <locale.h>
#include <string.h>

#ifndef MUSTER_VERSION
#define MUSTER_VERSION "unknown"
#endif

/* `operands` are the words behind noun and verb, all needed; `options` those that only this command takes. */
static const struct command {
    const char *noun, *verb; /* verb NULL: the noun is the whole command */
    const char *operands;    /* NULL: none */
    uint64_t options;
    enum ctl_exit (*run)(const struct args *args);
    const char *help;
} commands[] = {
    {"init", NULL, NULL,
     OPT(OPT_PLAIN_PORT) | OPT(OPT_MTLS_PORT) | OPT(OPT_TLS_PORT) | OPT(OPT_OPEN) | OPT(OPT_BIND) |
         OPT(OPT_BROKER_HOST) | OPT(OPT_BROKER_GROUP) | OPT(OPT_SERVER_NAME) | OPT(OPT_ORGANIZATION) |
         OPT(OPT_COUNTRY) | OPT(OPT_CA_KEY_TYPE) | OPT(OPT_CA_PASSPHRASE_FILE),
     cmd_init, "make a folder with authority, keys, configuration and database"},
    {"status", NULL, NULL, OPT(OPT_TENANT), cmd_status, "whether the service answers, and its numbers"},
    {"watch", NULL, NULL, OPT(OPT_TENANT) | OPT(OPT_COUNT), cmd_watch, "events as they happen, one a line"},
    {"key", "create", NULL, OPT(OPT_USES) | OPT(OPT_EXPIRES) | OPT(OPT_TENANT) | OPT(OPT_TYPE) | OPT(OPT_REPLACE),
     cmd_key_create, "make a provisioning key; its secret is shown this once"},
    {"key", "list", NULL, OPT(OPT_TENANT) | OPT(OPT_LIMIT), cmd_key_list, "the provisioning keys, without secrets"},
    {"key", "show", "KEYID", 0, cmd_key_show, "one provisioning key"},
    {"key", "disable", "KEYID", 0, cmd_key_disable, "let a provisioning key enrol nobody any more"},
    {"device", "list", NULL, OPT(OPT_TENANT) | OPT(OPT_LIMIT), cmd_device_list, "the devices"},
    {"device", "show", "UUID", 0, cmd_device_show, "one device's record"},
    {"device", "create", "UUID",
     OPT(OPT_NAME) | OPT(OPT_TYPE) | OPT(OPT_TENANT) | OPT(OPT_ENDPOINT) | OPT(OPT_TAG) | OPT(OPT_OFFLINE_AFTER),
     cmd_device_create, "register a device by hand; its API key is shown this once"},
    {"device", "events", "UUID", OPT(OPT_AFTER) | OPT(OPT_LIMIT), cmd_device_events, "what happened to a device"},
    {"device", "block", "UUID", OPT(OPT_REASON), cmd_device_block,
     "shut a device out; its credentials stay as they are"},
    {"device", "unblock", "UUID", 0, cmd_device_unblock, "let a blocked device in again"},
    {"device", "reset", "UUID", OPT(OPT_YES), cmd_device_reset,
     "end a device's credentials, so that it can enrol anew"},
    {"device", "kick", "UUID", 0, cmd_device_kick, "end a device's connections; it may come back at once"},
    {"device", "release", "UUID", 0, cmd_device_release,
     "let hardware enrol again that was held when its certificate was revoked"},
    {"device", "decommission", "UUID", OPT(OPT_YES), cmd_device_decommission, "shut a device out for ever"},
    {"certificate", "list", NULL, OPT(OPT_TENANT) | OPT(OPT_DEVICE) | OPT(OPT_ISSUER) | OPT(OPT_LIMIT),
     cmd_certificate_list, "the certificates of devices, oldest first"},
    {"certificate", "show", "ID", 0, cmd_certificate_show, "one certificate"},
    {"certificate", "validate", "ID|FILE|-", 0, cmd_certificate_validate,
     "what a certificate is worth: chain, dates, profile, revocation, fingerprint; exit 1 when it is not valid"},
    {"certificate", "renew", "UUID", 0, cmd_certificate_renew, "ask a device to renew its certificate"},
    {"certificate", "revoke", "ID", OPT(OPT_REASON) | OPT(OPT_LINEAGE) | OPT(OPT_YES), cmd_certificate_revoke,
     "revoke a certificate, and see to it that it is refused everywhere"},
    {"ca", "show", NULL, OPT(OPT_PEM), cmd_ca_show, "the issuing CAs, the root, and the state of the revocation list"},
    {"ca", "crl", NULL, 0, cmd_ca_crl,
     "the revocation list as PEM; to read it: musterctl ca crl | openssl crl -noout -text"},
    {"ca", "rotate", NULL, OPT(OPT_CERTIFICATE) | OPT(OPT_OUT) | OPT(OPT_YES), cmd_ca_rotate,
     "change the issuing CA; when the root is elsewhere, write a request for it (--out, ca-next.csr)"},
    {"ca", "sign", NULL,
     OPT(OPT_ROOT) | OPT(OPT_ROOT_KEY) | OPT(OPT_PASSPHRASE_FILE) | OPT(OPT_CSR) | OPT(OPT_OUT) |
         OPT(OPT_ORGANIZATION) | OPT(OPT_COUNTRY),
     cmd_ca_sign, "where the root is: sign the request of ca rotate; needs no broker and no folder"},
    {"ca", "drop", "ISSUERID", OPT(OPT_YES), cmd_ca_drop, "believe an old issuing CA no more, and erase its key"},
    {"errors", NULL, NULL, OPT(OPT_MARKDOWN), cmd_errors, "every error code with its mend"},
    {"config", "keys", NULL, OPT(OPT_MARKDOWN), cmd_keys, "every key of muster.conf with its default"},
};

#define COMMANDS     (sizeof commands / sizeof commands[0])
#define OPTIONS_ALL  (OPT(OPT_DIR) | OPT(OPT_JSON) | OPT(OPT_HELP) | OPT(OPT_VERSION))
#define USAGE        1024 /* octets of a command with all its options */
#define STATUS_INDEX 1    /* what runs without a command */

static const struct {
    const char *alias, *verb;
} aliases[] = {{"ls", "list"}};

static void print_options(uint64_t mask)
{
    for (enum option option = 0; option < OPT_COUNT_ALL; option++) {
        char text[64];
        const char *value = option_value(option);
        snprintf(text, sizeof text, "--%s%s%s", option_name(option), value != NULL ? " " : "",
                 value != NULL ? value : "");
        if ((mask & OPT(option)) != 0)
            printf("  %-30s %s\n", text, option_help(option));
    }
}

static void print_command(const struct command *command)
{
    char text[64];
    snprintf(text, sizeof text, "%s%s%s%s%s", command->noun, command->verb != NULL ? " " : "",
             command->verb != NULL ? command->verb : "", command->operands != NULL ? " " : "",
             command->operands != NULL ? command->operands : "");
    printf("  %-30s %s\n", text, command->help);
}

/* The help of everything (noun NULL), of a noun, or of one command. */
static void print_help(const char *noun, const char *verb)
{
    uint64_t options = OPTIONS_ALL;
    puts("usage: musterctl [NOUN [VERB]] [OPTION]...\n");
    if (noun == NULL)
        puts("Looks after the devices of a Muster service, through its broker. Without a command: status.\n\n"
             "  musterctl init --dir run\n"
             "  musterctl key create --uses 100 --expires 7d\n"
             "  musterctl device list --json\n");
    for (size_t i = 0; i < COMMANDS; i++) {
        const struct command *command = &commands[i];
        if (noun != NULL && strcmp(noun, command->noun) != 0)
            continue;
        if (verb != NULL && (command->verb == NULL || strcmp(verb, command->verb) != 0))
            continue;
        print_command(command);
        options |= noun != NULL ? command->options : 0;
    }
    puts("\noptions, anywhere:");
    print_options(options);
    puts("\nexit: 0 done, 1 failed, 2 usage, 3 configuration, 4 broker not reachable, 5 denied, 6 not found,\n"
         "      7 conflict or wrong state, 8 timed out");
}

static const char *resolve_alias(const char *verb)
{
    for (size_t i = 0; verb != NULL && i < sizeof aliases / sizeof aliases[0]; i++)
        if (strcmp(verb, aliases[i].alias) == 0)
            return aliases[i].verb;
    return verb;
}

static const struct command *find(const char *noun, const char *verb)
{
    for (size_t i = 0; noun != NULL && i < COMMANDS; i++)
        if (strcmp(commands[i].noun, noun) == 0 &&
            (commands[i].verb == NULL || (verb != NULL && strcmp(commands[i].verb, verb) == 0)))
            return &commands[i];
    return NULL;
}

static enum ctl_exit unknown_noun(const char *noun)
{
    char mend[96] = "musterctl --help lists the commands";
    const char *nearest = args_nearest(noun, &commands[0].noun, COMMANDS, sizeof commands[0]);
    if (nearest != NULL)
        snprintf(mend, sizeof mend, "did you mean musterctl %s?", nearest);
    return out_error(CTL_USAGE, NULL, mend, "there is no command %s", noun);
}

static enum ctl_exit unknown_verb(const char *noun, const char *verb)
{
    const char *verbs[COMMANDS], *nearest;
    size_t count = 0;
    char mend[200];
    size_t length = (size_t)snprintf(mend, sizeof mend, "use musterctl %s", noun);
    for (size_t i = 0; i < COMMANDS; i++)
        if (strcmp(commands[i].noun, noun) == 0) {
            length +=
                (size_t)snprintf(mend + length, sizeof mend - length, "%s%s", count == 0 ? " " : "|", commands[i].verb);
            verbs[count++] = commands[i].verb;
        }
    nearest = verb != NULL ? args_nearest(verb, verbs, count, sizeof verbs[0]) : NULL;
    if (nearest != NULL)
        snprintf(mend, sizeof mend, "did you mean musterctl %s %s?", noun, nearest);
    if (verb == NULL)
        return out_error(CTL_USAGE, NULL, mend, "%s needs a verb", noun);
    return out_error(CTL_USAGE, NULL, mend, "there is no command %s %s", noun, verb);
}

static bool is_noun(const char *word)
{
    bool found = false;
    for (size_t i = 0; i < COMMANDS; i++)
        found = found || strcmp(commands[i].noun, word) == 0;
    return found;
}

/* "musterctl NOUN VERB OPERAND [--option VALUE]..." */
static const char *usage_of(const struct command *command, char *out, size_t size)
{
    size_t used = (size_t)snprintf(out, size, "musterctl %s%s%s%s%s", command->noun, command->verb != NULL ? " " : "",
                                   command->verb != NULL ? command->verb : "", command->operands != NULL ? " " : "",
                                   command->operands != NULL ? command->operands : "");
    for (enum option option = 0; option < OPT_COUNT_ALL; option++) {
        const char *value = option_value(option);
        if ((command->options & OPT(option)) != 0 && used < size)
            used += (size_t)snprintf(out + used, size - used, " [--%s%s%s]", option_name(option),
                                     value != NULL ? " " : "", value != NULL ? value : "");
    }
    return out;
}

static enum ctl_exit check_options(const struct command *command, const struct args *args)
{
    char usage[USAGE];
    for (size_t i = 0; i < args->given_count; i++) {
        enum option option = args->given[i].option;
        if (((OPTIONS_ALL | command->options) & OPT(option)) == 0)
            return out_error(CTL_USAGE, NULL, usage_of(command, usage, sizeof usage), "%s%s%s takes no --%s",
                             command->noun, command->verb != NULL ? " " : "",
                             command->verb != NULL ? command->verb : "", option_name(option));
    }
    return CTL_DONE;
}

/* Runs a command on the words behind its own. */
static enum ctl_exit run(const struct command *command, const struct args *args)
{
    char usage[USAGE];
    struct args own = *args;
    size_t skip = args->word_count == 0 ? 0 : command->verb != NULL ? 2 : 1;
    size_t needed = command->operands != NULL ? 1 : 0;
    const char *verb = command->verb != NULL ? command->verb : "";
    own.word_count = args->word_count - skip;
    memmove(own.words, args->words + skip, own.word_count * sizeof own.words[0]);
    enum ctl_exit end = check_options(command, &own);
    if (end != CTL_DONE)
        return end;
    if (own.word_count < needed)
        return out_error(CTL_USAGE, NULL, command->help, "usage: %s", usage_of(command, usage, sizeof usage));
    if (own.word_count > needed)
        return out_error(CTL_USAGE, NULL, usage_of(command, usage, sizeof usage),
                         "%s %s does not know what to do with \"%s\"", command->noun, verb, own.words[needed]);
    return command->run(&own);
}

int main(int argc, char **argv)
{
    struct args args;
    openssl_begin();
    /* Texts on the wire are UTF-8 whatever the user's locale says. */
    if (setlocale(LC_CTYPE, "C.UTF-8") == NULL)
        setlocale(LC_CTYPE, "");
    if (!args_parse(argc, argv, &args))
        return CTL_USAGE;
    if (args.word_count > 0 && strcmp(args.words[0], "help") == 0) {
        memmove(args.words, args.words + 1, --args.word_count * sizeof args.words[0]);
        args.given[0].option = OPT_HELP;
        args.given_count = 1;
    }
    const char *noun = args.word_count > 0 ? args.words[0] : NULL;
    const char *verb = args.word_count > 1 ? resolve_alias(args.words[1]) : NULL;
    if (args_has(&args, OPT_VERSION)) {
        puts("musterctl " MUSTER_VERSION);
        return (int)out_done();
    }
    if (noun != NULL && !is_noun(noun))
        return (int)unknown_noun(noun);
    const struct command *command = noun == NULL ? &commands[STATUS_INDEX] : find(noun, verb);
    if (args_has(&args, OPT_HELP)) {
        print_help(noun, command != NULL ? command->verb : NULL);
        return (int)out_done();
    }
    return (int)(command != NULL ? run(command, &args) : unknown_verb(noun, verb));
}
