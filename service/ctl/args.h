/*
 * The command line, taken apart: options may stand anywhere. Knows every option, but no command.
 */
#ifndef MUSTER_CTL_ARGS_H
#define MUSTER_CTL_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* X(enumerator, name, value or NULL, help) */
#define OPTION_LIST(X)                                                                                                 \
    X(OPT_DIR, "dir", "DIR", "where muster.conf and admin.key lie; else $MUSTER_DIR, ./run, /etc/muster")              \
    X(OPT_JSON, "json", NULL, "machine-readable output: one JSON object")                                              \
    X(OPT_HELP, "help", NULL, "what a command takes")                                                                  \
    X(OPT_VERSION, "version", NULL, "the version of this program")                                                     \
    X(OPT_TENANT, "tenant", "TENANT", "of this tenant only; for a new key or device: the tenant it belongs to")        \
    X(OPT_USES, "uses", "N", "how many new devices the key enrols (1)")                                                \
    X(OPT_EXPIRES, "expires", "TIME", "how long the key is valid: 30m, 1h, 7d (1h)")                                   \
    X(OPT_TYPE, "type", "TYPE", "the device type; for a key: a type that it admits, may be repeated")                  \
    X(OPT_REPLACE, "replace", "POLICY", "whether the key may enrol a device again: never or always (never)")           \
    X(OPT_LIMIT, "limit", "N", "at most N items")                                                                      \
    X(OPT_NAME, "name", "NAME", "the device's name")                                                                   \
    X(OPT_ENDPOINT, "endpoint", "URL", "the device's API endpoint")                                                    \
    X(OPT_TAG, "tag", "KEY=VALUE", "a tag of the device, may be repeated")                                             \
    X(OPT_OFFLINE_AFTER, "offline-after", "SECONDS", "the device's own offline threshold")                             \
    X(OPT_AFTER, "after", "SEQUENCE", "events after this sequence only")                                               \
    X(OPT_COUNT, "count", "N", "end after N events")                                                                   \
    X(OPT_DEVICE, "device", "UUID", "of this device only")                                                             \
    X(OPT_ISSUER, "issuer", "ISSUERID", "of this issuing CA, and not ended: what keeps it from being dropped")         \
    X(OPT_REASON, "reason", "TEXT",                                                                                    \
      "why; for a certificate: unspecified, keyCompromise, ... (protocol.md, section 7)")                              \
    X(OPT_YES, "yes", NULL, "do not ask, go on: needed where there is no terminal")                                    \
    X(OPT_PLAIN_PORT, "plain-port", "PORT", "the broker's port without TLS, on loopback (1883)")                       \
    X(OPT_MTLS_PORT, "mtls-port", "PORT", "the broker's port for device certificates (8883)")                          \
    X(OPT_TLS_PORT, "tls-port", "PORT", "the broker's port for TLS without a client certificate (8884)")               \
    X(OPT_OPEN, "open", NULL, "open mode: no gate in the broker, for trying on this machine alone")                    \
    X(OPT_BIND, "bind", "ADDRESS", "the address of the broker's two TLS ports (every address)")                        \
    X(OPT_BROKER_HOST, "broker-host", "HOST", "the broker is on another host, which the service reaches with TLS")     \
    X(OPT_BROKER_GROUP, "broker-group", "GROUP", "a group of this user, through which the broker reads what it needs") \
    X(OPT_SERVER_NAME, "server-name", "NAME", "a further name in the broker's certificate, may be repeated")           \
    X(OPT_ORGANIZATION, "organization", "NAME", "O of the certificates (Muster)")                                      \
    X(OPT_COUNTRY, "country", "CC", "C of the certificates, two capital letters (none)")                               \
    X(OPT_CA_KEY_TYPE, "ca-key-type", "TYPE", "ec:p256, rsa:2048, rsa:3072 or rsa:4096 (ec:p256)")                     \
    X(OPT_CA_PASSPHRASE_FILE, "ca-passphrase-file", "FILE", "encrypts the authority's key with the file's first line") \
    X(OPT_LINEAGE, "lineage", NULL, "the certificate and all that its device got by it")                               \
    X(OPT_PEM, "pem", NULL, "the certificates of the authority as PEM and nothing else, for a file")                   \
    X(OPT_CERTIFICATE, "certificate", "FILE", "what the root signed; takes its place as the issuing CA")               \
    X(OPT_ROOT, "root", "FILE", "the root's certificate")                                                              \
    X(OPT_ROOT_KEY, "root-key", "FILE", "the root's private key")                                                      \
    X(OPT_PASSPHRASE_FILE, "passphrase-file", "FILE", "its first line decrypts the root's key")                        \
    X(OPT_CSR, "csr", "FILE", "the request that ca rotate wrote")                                                      \
    X(OPT_OUT, "out", "FILE", "where to write it; - is stdout. A file that is there is never replaced")                \
    X(OPT_MARKDOWN, "markdown", NULL, "as a page for docs/")

enum option {
#define OPTION_ENUM(name, text, value, help) name,
    OPTION_LIST(OPTION_ENUM)
#undef OPTION_ENUM
        OPT_COUNT_ALL
};

#define OPT(name) (UINT64_C(1) << (name))

#define ARGS_OPTIONS 64
#define ARGS_WORDS   8

/* Texts are argv's. */
struct args {
    struct {
        enum option option;
        const char *value;
    } given[ARGS_OPTIONS];
    size_t given_count;
    const char *words[ARGS_WORDS]; /* what is no option, in order */
    size_t word_count;
};

/* Takes the command line apart. False, with an error on stderr, for an unknown option or a missing value. */
bool args_parse(int argc, char **argv, struct args *out);

bool args_has(const struct args *args, enum option option);

/* The nth value of an option (0 is the first), or NULL. */
const char *args_nth(const struct args *args, enum option option, size_t n);

/* The last value of an option, or NULL. */
const char *args_value(const struct args *args, enum option option);

/* A whole number within [low, high]; leaves `out` alone when the option is absent. False, with an error on stderr, when
 * it is no such number. */
bool args_integer(const struct args *args, enum option option, long long low, long long high, long long *out);

/* What the option is called, takes and means; static texts. */
const char *option_name(enum option option);
const char *option_value(enum option option);
const char *option_help(enum option option);

/* The text among `count` (with `stride` octets between their pointers) that is nearest to a mistyped `word`, or NULL.
 */
const char *args_nearest(const char *word, const void *texts, size_t count, size_t stride);

#endif
