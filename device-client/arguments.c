#include "device-client/arguments.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum kind { KIND_TEXT, KIND_NUMBER, KIND_FLAG, KIND_TAG };

static const struct option {
    const char *name, *value;
    enum kind kind;
    size_t offset;
    const char *help;
} table[] = {
#define OPTION(field) offsetof(struct arguments, options.field)
    {"--dir", "DIR", KIND_TEXT, OPTION(dir), "the device's folder ($MUSTER_DEVICE_DIR, else ./device)"},
    {"--uuid", "UUID", KIND_TEXT, OPTION(uuid), "its uuid (the kept one, else a fresh UUID)"},
    {"--name", "NAME", KIND_TEXT, OPTION(name), "deviceName"},
    {"--type", "TYPE", KIND_TEXT, OPTION(type), "deviceType"},
    {"--broker", "HOST", KIND_TEXT, OPTION(broker), "where the broker is (localhost)"},
    {"--port", "PORT", KIND_NUMBER, OPTION(tls_port), "TLS with key (8884)"},
    {"--mtls-port", "PORT", KIND_NUMBER, OPTION(mtls_port), "TLS with the device's certificate (8883)"},
    {"--plain-port", "PORT", KIND_NUMBER, OPTION(plain_port), "everything without TLS, for trying on loopback"},
    {"--cafile", "FILE", KIND_TEXT, OPTION(ca_file), "the only CA to trust (after provisioning: the kept bundle)"},
    {"--provisioning-key-file", "FILE", KIND_TEXT, OPTION(provisioning_key_file), "lets the device enrol; kept as is"},
    {"--provisioning-key", "KEY", KIND_TEXT, OPTION(provisioning_key), "the same, for trying by hand: others see it"},
    {"--open", NULL, KIND_FLAG, OPTION(open_mode), "a broker without the gate: the key travels in the payload"},
    {"--heartbeat", "SECONDS", KIND_NUMBER, OPTION(heartbeat_seconds), "run: the interval (as the service says)"},
    {"--timeout", "SECONDS", KIND_NUMBER, OPTION(timeout_seconds), "all but run: give up after (30)"},
    {"--endpoint", "URL", KIND_TEXT, offsetof(struct arguments, endpoint), "update: apiEndpoint"},
    {"--tag", "KEY=VALUE", KIND_TAG, 0, "update: set a tag; KEY= deletes it; may be repeated"},
    {"--json", NULL, KIND_FLAG, offsetof(struct arguments, json), "info: as JSON"},
    {"--help", NULL, KIND_FLAG, offsetof(struct arguments, help), "this text"},
    {"--version", NULL, KIND_FLAG, offsetof(struct arguments, version), "the version"},
#undef OPTION
};

#define OPTION_COUNT (sizeof table / sizeof *table)

void arguments_help(void)
{
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        char left[48];
        snprintf(left, sizeof left, "%s%s%s", table[i].name, table[i].value != NULL ? " " : "",
                 table[i].value != NULL ? table[i].value : "");
        printf("  %-30s %s\n", left, table[i].help);
    }
}

static bool complain(const char *name, const char *what)
{
    fprintf(stderr, "error: %s %s\n  mend: muster-device --help lists the options\n", name, what);
    return false;
}

static const struct option *find(const char *name, size_t length)
{
    for (size_t i = 0; i < OPTION_COUNT; i++)
        if (strlen(table[i].name) == length && memcmp(table[i].name, name, length) == 0)
            return &table[i];
    return NULL;
}

static bool set_number(int *field, const struct option *option, const char *value)
{
    char *end = NULL;
    errno = 0;
    long number = strtol(value, &end, 10);
    if (errno != 0 || end == value || *end != '\0' || number < 0 || number > INT_MAX) {
        fprintf(stderr, "error: %s takes a whole number, not \"%s\"\n  mend: such as %s 60\n", option->name, value,
                option->name);
        return false;
    }
    *field = (int)number;
    return true;
}

static bool set(struct arguments *out, const struct option *option, const char *value)
{
    void *field = (char *)out + option->offset;
    switch (option->kind) {
    case KIND_TEXT:
        *(const char **)field = value;
        return true;
    case KIND_NUMBER:
        return set_number(field, option, value);
    case KIND_FLAG:
        *(bool *)field = true;
        return true;
    case KIND_TAG:
        if (out->tag_count == ARGUMENTS_TAGS) {
            fprintf(stderr, "error: there are more than %d tags\n  mend: change them in several calls\n",
                    ARGUMENTS_TAGS);
            return false;
        }
        out->tags[out->tag_count++] = value;
        return true;
    }
    return false;
}

/* Reads "--option", "--option VALUE" or "--option=VALUE" at argv[*i]. */
static bool read_option(int argc, char **argv, int *i, struct arguments *out)
{
    const char *name = argv[*i], *equals = strchr(name, '='), *value = "";
    const struct option *option = find(name, equals != NULL ? (size_t)(equals - name) : strlen(name));
    if (option == NULL)
        return complain(name, "is no option");
    if (option->value != NULL) {
        value = equals != NULL ? equals + 1 : *i + 1 < argc ? argv[++*i] : NULL;
        if (value == NULL)
            return complain(name, "needs a value");
    }
    return set(out, option, value);
}

bool arguments_read(int argc, char **argv, struct arguments *out)
{
    memset(out, 0, sizeof *out);
    muster_device_options_init(&out->options);
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "-h") == 0) {
            out->help = true;
        } else if (argv[i][0] == '-') {
            if (!read_option(argc, argv, &i, out))
                return false;
        } else if (out->command == NULL) {
            out->command = argv[i];
        } else {
            fprintf(stderr, "error: \"%s\" stands where nothing is expected\n  mend: one command, then options\n",
                    argv[i]);
            return false;
        }
    }
    return true;
}
