/*
 * The configuration file: mosquitto's grammar (`key value`, `#` comments), every key optional. The list in
 * config_keys.h says each key's type, bounds, default and help; --test-config, musterctl init and docs/configuration.md
 * follow it.
 */
#ifndef MUSTER_SERVICE_CONFIG_H
#define MUSTER_SERVICE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#define CONFIG_PATH  512
#define CONFIG_TEXT  128
#define CONFIG_TYPES 32

/* Values are final: paths are made absolute or relative to the file's folder, defaults are filled in. */
struct config {
    char directory[CONFIG_PATH]; /* where the file lies */
    char mode[16];               /* gated or open */
    char broker_host[CONFIG_TEXT];
    int broker_port;
    char broker_user[CONFIG_TEXT];
    char broker_username[CONFIG_TEXT];          /* _muster; "" (open mode, when absent): none */
    char broker_password_file[CONFIG_PATH];     /* service.key; "" (open mode, when absent): none */
    char broker_ca_file[CONFIG_PATH];           /* "": without TLS */
    char broker_certificate_file[CONFIG_PATH];  /* "": none */
    char broker_key_file[CONFIG_PATH];          /* "": none */
    int operator_port;                          /* 0: broker_port */
    char database[CONFIG_PATH];                 /* muster.db */
    char ca_certificate_file[CONFIG_PATH];      /* ca.pem */
    char ca_key_file[CONFIG_PATH];              /* ca.key */
    char ca_root_certificate_file[CONFIG_PATH]; /* root.pem; "": the authority is its own root */
    char ca_root_key_file[CONFIG_PATH];         /* root.key; "": the same */
    char ca_passphrase_file[CONFIG_PATH];       /* "": the keys are not sealed */
    char seal_key_file[CONFIG_PATH];            /* seal.key */
    char certificate_organization[CONFIG_TEXT]; /* Muster */
    char certificate_country[CONFIG_TEXT];      /* "": left out */
    int certificate_days;                       /* 365 */
    int certificate_warning_days;               /* 30 before its end */
    int certificate_renewal_days;               /* 7: late; the service asks for a renewal */
    int certificate_unused_seconds;             /* 3600; 0: one that is never used stays */
    int certificate_grace_days;                 /* 0: after its end it is not renewed */
    int certificates_per_day;                   /* 10 for one device; 0: no bound */
    int api_key_days;                           /* 0: an API key has no end */
    char crl_file[CONFIG_PATH];                 /* crl.pem */
    int crl_days;                               /* 30 */
    char server_certificate_file[CONFIG_PATH];  /* server.pem: the broker's */
    int heartbeat_seconds;                      /* 60, but a fifth of offline_after_seconds at most */
    int offline_after_seconds;                  /* 300; 2 at least */
    int grace_seconds;                          /* 10: between a last will and offline */
    struct {
        char type[CONFIG_TEXT];
        int seconds;
    } type_offline_after[CONFIG_TYPES]; /* type_offline_after_seconds TYPE SECONDS, may stand more than once */
    size_t type_count;
    bool retained_status; /* true */
    int rsa_pool;         /* 4 keys kept ready */
    int device_limit;     /* 1000000 */
    int event_days;       /* 30 */
    char log_level[16];   /* info */
    char log_format[16];  /* text or json */
};

/* Reads `path`. Returns 0, or -1 with "path:line: what: mend" in `error`. Unknown keys name the nearest known one. */
int config_read(const char *path, struct config *out, char *error, size_t error_size);

/* The configuration of an empty file in `directory`. Returns 0, or -1 when that name is too long for the paths of the
 * files in it. */
int config_default(const char *directory, struct config *out);

/* Writes every key with its default as a commented file, for musterctl init; `settings` are lines ("key value") that
 * stand uncommented. Returns 0 or an errno value. */
int config_write(const char *path, const char *const settings[], size_t count);

/* How many edits (insert, delete, replace, swap) apart two words are: for "did you mean". Pure. */
size_t config_distance(const char *a, const char *b);

/* Whether the mode is open: no gate guards the broker. */
bool config_is_open(const struct config *config);

/* The offline threshold in seconds of a device type. */
int config_offline_after(const struct config *config, const char *type);

#endif
