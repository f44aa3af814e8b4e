/*
 * Every key of the configuration file, in one list: the reader, --test-config, the file that musterctl init writes and
 * docs/configuration.md follow it.
 *
 * X(key, kind, field of struct config, least, most, default, choices, help)
 *   least and most bound numbers, and the octets of a STRING; a FILE of least 1 may not be empty; choices, separated by
 * blanks, are what a WORD may be. PER_TYPE is "TYPE SECONDS" and may stand more than once; its default is only an
 * example.
 */
#ifndef MUSTER_SERVICE_CONFIG_KEYS_H
#define MUSTER_SERVICE_CONFIG_KEYS_H

#include "certs/profile.h"
#include "service/config.h"
#include "topics/limits.h"

#define CONFIG_FILE_MAX (64 * 1024) /* octets of a configuration file */

#define CONFIG_QUOTED(number)      #number
#define CONFIG_NUMBER_TEXT(number) CONFIG_QUOTED(number)

#define CONFIG_KEY_LIST(X)                                                                                             \
    X("mode", CONFIG_WORD, mode, 0, 0, "gated", "gated open",                                                          \
      "Who may speak for whom. gated: the plugin in the broker says who sent a request. open: the uuid in the topic "  \
      "is believed; keep every listener on loopback.")                                                                 \
    X("broker_host", CONFIG_STRING, broker_host, 1, CONFIG_TEXT - 1, "127.0.0.1", "",                                  \
      "The host of the broker that the service connects to.")                                                          \
    X("broker_port", CONFIG_NUMBER, broker_port, 1, 65535, "1883", "",                                                 \
      "The broker's port; without TLS unless broker_ca_file is set.")                                                  \
    X("broker_username", CONFIG_STRING, broker_username, 0, CONFIG_TEXT - 1, "_muster", "",                            \
      "The user name for the broker. In open mode, when absent: none.")                                                \
    X("broker_password_file", CONFIG_FILE, broker_password_file, 0, 0, "service.key", "",                              \
      "A file whose first line is the password for the broker. In open mode, when absent: none.")                      \
    X("broker_user", CONFIG_STRING, broker_user, 1, CONFIG_TEXT - 1, "mosquitto", "",                                  \
      "Without TLS the broker's port on loopback must be held by a process of root, of the service's own user, or of " \
      "this one (a name or a number).")                                                                                \
    X("broker_ca_file", CONFIG_FILE, broker_ca_file, 0, 0, "", "",                                                     \
      "The certificates that the broker's must come from; it must name broker_host. Empty: no TLS.")                   \
    X("broker_certificate_file", CONFIG_FILE, broker_certificate_file, 0, 0, "", "",                                   \
      "The service's own certificate, for a listener that wants one; empty: none.")                                    \
    X("broker_key_file", CONFIG_FILE, broker_key_file, 0, 0, "", "",                                                   \
      "The private key of broker_certificate_file; empty: none.")                                                      \
    X("operator_port", CONFIG_NUMBER, operator_port, 0, 65535, "0", "",                                                \
      "The port on which musterctl, which has no certificate, reaches the broker; 0: broker_port.")                    \
    X("database", CONFIG_FILE, database, 1, 0, "muster.db", "", "The database; it is made when it is not there.")      \
    X("ca_certificate_file", CONFIG_FILE, ca_certificate_file, 1, 0, "ca.pem", "",                                     \
      "The certificates of the authority: first the one that signs for devices, last the root.")                       \
    X("ca_key_file", CONFIG_FILE, ca_key_file, 1, 0, "ca.key", "",                                                     \
      "The authority's private key; nobody but the service's user may read it.")                                       \
    X("ca_root_certificate_file", CONFIG_FILE, ca_root_certificate_file, 0, 0, "root.pem", "",                         \
      "The root's certificate. Empty, with an empty ca_root_key_file: the authority is its own root.")                 \
    X("ca_root_key_file", CONFIG_FILE, ca_root_key_file, 0, 0, "root.key", "",                                         \
      "The root's private key, with which another issuing authority is made; may be moved away and kept offline.")     \
    X("ca_passphrase_file", CONFIG_FILE, ca_passphrase_file, 0, 0, "", "",                                             \
      "A file whose first line opens the authority's keys; empty: they are not encrypted.")                            \
    X("seal_key_file", CONFIG_FILE, seal_key_file, 1, 0, "seal.key", "",                                               \
      "32 random octets that seal secrets which a repeated request may need again.")                                   \
    X("certificate_organization", CONFIG_STRING, certificate_organization, 0, 64, "Muster", "",                        \
      "O in the subject of device certificates; empty: left out.")                                                     \
    X("certificate_country", CONFIG_COUNTRY, certificate_country, 0, 2, "", "",                                        \
      "C in the subject of device certificates, two capital letters; empty: left out.")                                \
    X("certificate_days", CONFIG_NUMBER, certificate_days, 1, 7300, CONFIG_NUMBER_TEXT(PROFILE_DEVICE_DAYS), "",       \
      "How many days a device certificate is valid.")                                                                  \
    X("certificate_warning_days", CONFIG_NUMBER, certificate_warning_days, 1, 3650, "30", "",                          \
      "How many days before its end a certificate counts as expiring, and an event says so; of a life shorter than "   \
      "three times as many, a sixth.")                                                                                 \
    X("certificate_renewal_days", CONFIG_NUMBER, certificate_renewal_days, 1, 3650, "7", "",                           \
      "How many days before its end the service asks a device that is late to renew.")                                 \
    X("certificate_unused_seconds", CONFIG_NUMBER, certificate_unused_seconds, 0, 31536000, "3600", "",                \
      "A certificate that nobody has used for so long after it was made is revoked; 0: never.")                        \
    X("certificate_grace_days", CONFIG_NUMBER, certificate_grace_days, 0, 3650, "0", "",                               \
      "How many days after its end a device that proves the old key may still renew; 0: not at all.")                  \
    X("certificates_per_day", CONFIG_NUMBER, certificates_per_day, 0, 1000, "10", "",                                  \
      "How many certificates are made for one uuid in 24 hours, by whatever credential; 0: any number.")               \
    X("api_key_days", CONFIG_NUMBER, api_key_days, 0, 3650, "0", "",                                                   \
      "How many days an API key is valid; 0: it has no end.")                                                          \
    X("crl_file", CONFIG_FILE, crl_file, 1, 0, "crl.pem", "",                                                          \
      "The certificate revocation list, which the broker reads (crlfile in its configuration).")                       \
    X("crl_days", CONFIG_NUMBER, crl_days, 2, 3650, "30", "",                                                          \
      "How many days a certificate revocation list is valid; it is made anew each day and at each revocation.")        \
    X("server_certificate_file", CONFIG_FILE, server_certificate_file, 0, 0, "server.pem", "",                         \
      "The broker's own certificate, which is renewed here in time for the same key and names; empty, not there, or "  \
      "made by another authority: somebody else does that. The key stands in a file of its own: one that holds both "  \
      "is left alone, with an error in the log.")                                                                      \
    X("heartbeat_seconds", CONFIG_NUMBER, heartbeat_seconds, 1, LIMIT_OFFLINE_MAX, "60", "",                           \
      "How often devices are told to send a heartbeat. When absent: 60, but a fifth of offline_after_seconds at "      \
      "most.")                                                                                                         \
    X("offline_after_seconds", CONFIG_NUMBER, offline_after_seconds, LIMIT_OFFLINE_MIN, LIMIT_OFFLINE_MAX, "300", "",  \
      "How long a device may be silent before it is offline.")                                                         \
    X("last_will_grace_seconds", CONFIG_NUMBER, grace_seconds, 0, 3600, "10", "",                                      \
      "How long after a last will a sign of life still keeps the device online.")                                      \
    X("type_offline_after_seconds", CONFIG_PER_TYPE, type_offline_after, LIMIT_OFFLINE_MIN, LIMIT_OFFLINE_MAX,         \
      "sensor 900", "",                                                                                                \
      "TYPE SECONDS (an example): offline_after_seconds for one device type; may stand more than once.")               \
    X("retained_status", CONFIG_BOOL, retained_status, 0, 0, "true", "",                                               \
      "Whether the retained topics muster/v1/status/# are published.")                                                 \
    X("rsa_pool", CONFIG_NUMBER, rsa_pool, 0, 64, "4", "", "How many RSA keys are made ahead.")                        \
    X("device_limit", CONFIG_NUMBER, device_limit, 1, 10000000, "1000000", "", "The most devices that may register.")  \
    X("event_days", CONFIG_NUMBER, event_days, 1, 3650, "30", "", "How many days events are kept.")                    \
    X("log_level", CONFIG_WORD, log_level, 0, 0, "info", "error warning notice info debug", "How much the log says.")  \
    X("log_format", CONFIG_WORD, log_format, 0, 0, "text", "text json", "How a line of the log looks.")

enum config_kind {
    CONFIG_WORD,
    CONFIG_STRING,
    CONFIG_COUNTRY,
    CONFIG_FILE,
    CONFIG_NUMBER,
    CONFIG_BOOL,
    CONFIG_PER_TYPE
};

struct config_key {
    const char *name;
    enum config_kind kind;
    size_t offset, size; /* of its field in struct config */
    int least, most;
    const char *fallback, *choices, *help;
};

#define CONFIG_KEY_ONE(name, kind, field, least, most, fallback, choices, help) +1
enum { CONFIG_KEY_COUNT = 0 CONFIG_KEY_LIST(CONFIG_KEY_ONE) };
#undef CONFIG_KEY_ONE

/* The list as a table (config_value.c). */
extern const struct config_key config_keys[CONFIG_KEY_COUNT];

/* Sets the field of one key from its text (config_value.c). Returns 0, or -1 with "what: mend" in `error`. */
int config_set(struct config *config, const struct config_key *key, const char *text, char *error, size_t error_size);

#endif
