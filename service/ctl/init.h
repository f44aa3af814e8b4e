/*
 * What the files of `musterctl init` share. Every step looks at what is there, makes what is missing, and can be
 * interrupted anywhere: muster.conf comes last, so a folder with a muster.conf is a whole one.
 */
#ifndef MUSTER_CTL_INIT_H
#define MUSTER_CTL_INIT_H

#include "certs/key.h"
#include "service/config.h"
#include "service/core/secret.h"
#include "service/ctl/ctl.h"

#include <stdint.h>
#include <sys/types.h>

#define INIT_PATH  (2 * CONFIG_PATH)
#define INIT_NAMES 16

/* Who the broker runs as: the owner of the folder, or a user of its own that may read only what it needs. */
struct init_user {
    char name[64];       /* "": nothing is known of the owner, or only the group is known */
    char group_name[64]; /* --broker-group; else "" */
    bool is_its_own;     /* else the owner */
    gid_t group;         /* of its own user */
    char why[700];       /* it is the owner: why */
};

struct init {
    char directory[CONFIG_PATH]; /* as the user names it, for messages */
    char absolute[CONFIG_PATH];  /* for mosquitto.conf: the broker knows no folder of its own */
    struct config config;        /* of muster.conf when there is one, else what it will say */
    bool had_config, made_folder;
    long long plain_port, mtls_port, tls_port;
    const char *address; /* of the TLS listeners; NULL: every one. In open mode 127.0.0.1 */
    const char *server_names[INIT_NAMES];
    size_t server_name_count;
    char gate[INIT_PATH]; /* where the plugin is; not in open mode */
    struct init_user user;
    enum key_type authority_type;
    int64_t now; /* seconds since 1970 */
};

/* The path of a file in the folder, as the user would name it. */
void init_path(const struct init *init, const char *name, char *out, size_t size);

/* Whether there is such a file. */
bool init_has(const char *path);

/* Tells that `path` cannot be written. */
enum ctl_exit init_cannot_write(const char *path, int error);

/* init_options.c: the command line, and the muster.conf that is there. */
enum ctl_exit init_read_options(const struct args *args, struct init *init);

/* Whether the broker is on another host, to which the service shows its certificate. */
bool init_is_apart(const struct init *init);

/* init_folder.c: makes the folder `directory` and holds it; fills in `absolute`. The paths of its files fit. */
enum ctl_exit init_take_folder(struct init *init);

/* init_certificates.c: the authority, and its revocation list as long as nothing is on it; the broker's key and
 * certificate, and those of the service as a TLS client. */
bool init_has_list(const struct init *init);
enum ctl_exit init_make_list(struct init *init);
bool init_has_authority(const struct init *init);
enum ctl_exit init_make_authority(struct init *init);
bool init_is_name(const char *name); /* can stand in the broker's certificate */
bool init_has_server(const struct init *init);
enum ctl_exit init_make_server(struct init *init);
bool init_has_client(const struct init *init);
enum ctl_exit init_make_client(struct init *init);

/* init_credentials.c: the database with two operators and a provisioning key, and their key files. */
bool init_has_credentials(const struct init *init);
enum ctl_exit init_make_credentials(struct init *init);

/* Reads the key of `prefix` in a file. 0, an errno value, or -1: there is something else in it. The caller wipes `out`,
 * here and below. */
int init_parse_key(const char *path, const char *prefix, struct credential *out);

/* Reads it, or makes the file with a new one when there is none. */
enum ctl_exit init_take_key(const char *path, const char *prefix, struct credential *out);

/* init_gate.c: the plugin, and the key with which the service is let in. */
enum ctl_exit init_find_gate(struct init *init);
bool init_has_service(const struct init *init);
enum ctl_exit init_make_service(struct init *init);

/* The SHA-256 of the secret in the service's key, as hex. False when there is no such key. */
bool init_service_hash(const struct init *init, char out[2 * SECRET_HASH + 1]);

/* init_broker.c: the broker's configuration. The one that is there counts when it is of the same mode, and behind the
 * gate knows the service's key, and its listener for certificates reads the revocation list; these lines are mended. */
bool init_has_broker(const struct init *init);
enum ctl_exit init_make_broker(struct init *init);

/* Prints what the broker will listen on. */
void init_tell_listeners(const struct init *init);

/* init_user.c: who the broker runs as: the group of the command line; else as the configuration says when there is
 * one, else what is possible. */
enum ctl_exit init_read_group(const struct args *args, struct init *init);
void init_choose_user(struct init *init);
bool init_has_rights(const struct init *init);
enum ctl_exit init_give_rights(struct init *init);

/* init_files.c: the seal key and the service's configuration. */
bool init_has_seal(const struct init *init);
enum ctl_exit init_make_seal(struct init *init);
bool init_has_config(const struct init *init);
enum ctl_exit init_make_config(struct init *init);

#endif
