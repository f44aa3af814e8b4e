/*
 * What the files of `musterctl init` share. Every step looks at what is there, makes what is missing, and can be
 * interrupted anywhere: muster.conf comes last, so a folder with a muster.conf is a whole one.
 */
#ifndef MUSTER_CTL_INIT_H
#define MUSTER_CTL_INIT_H

#include "certs/key.h"
#include "service/config.h"
#include "service/ctl/ctl.h"

#include <stdint.h>

#define INIT_PATH (2 * CONFIG_PATH)

struct init {
    char directory[CONFIG_PATH]; /* as the user names it, for messages */
    char absolute[CONFIG_PATH];  /* for mosquitto.conf: the broker knows no folder of its own */
    struct config config;        /* of muster.conf when there is one, else what it will say */
    bool had_config;
    long long plain_port, mtls_port, tls_port;
    enum key_type authority_type;
    int64_t now; /* seconds since 1970 */
};

/* The path of a file in the folder, as the user would name it. */
void init_path(const struct init *init, const char *name, char *out, size_t size);

/* Whether there is such a file. */
bool init_has(const char *path);

/* Tells that `path` cannot be written. */
enum ctl_exit init_cannot_write(const char *path, int error);

/* init_folder.c: makes the folder `directory` and holds it; fills in `absolute`. The paths of its files fit. */
enum ctl_exit init_take_folder(struct init *init);

/* init_certificates.c: the authority, and the broker's key and certificate. */
bool init_has_authority(const struct init *init);
enum ctl_exit init_make_authority(struct init *init);
bool init_has_server(const struct init *init);
enum ctl_exit init_make_server(struct init *init);

/* init_credentials.c: the database with two operators and a provisioning key, and their key files. */
bool init_has_credentials(const struct init *init);
enum ctl_exit init_make_credentials(struct init *init);

/* init_files.c: the seal key and the two configuration files. */
bool init_has_seal(const struct init *init);
enum ctl_exit init_make_seal(struct init *init);
bool init_has_broker(const struct init *init);
enum ctl_exit init_make_broker(struct init *init);
bool init_has_config(const struct init *init);
enum ctl_exit init_make_config(struct init *init);

#endif
