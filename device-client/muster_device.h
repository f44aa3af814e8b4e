/*
 * libmuster-device: a device that enrols by itself with a Muster service, over MQTT, and stays online.
 *
 * A device is a folder. In it lie the uuid (made once, kept for life), what the service gave (deviceId, API key,
 * certificate), and what is under way, so that a device whose process dies at any moment goes on where it was and never
 * becomes a second device. docs/device-client.md lists the files.
 *
 *     struct muster_device_options options;
 *     struct muster_device *device;
 *     char error[MUSTER_DEVICE_ERROR_SIZE];
 *     muster_device_options_init(&options);
 *     options.ca_file = "ca.pem";
 *     options.provisioning_key_file = "provisioning.key";
 *     if (muster_device_open(&options, &device, error, sizeof error) == MUSTER_DEVICE_OK)
 *         muster_device_run(device);
 *
 * Threads: a device belongs to one thread at a time; only muster_device_stop may be called from any thread and from a
 * signal handler. Different devices (different folders) are independent of each other. The library makes threads of its
 * own for the network; callbacks of yours always run on the thread that called muster_device_run or another function.
 * It handles no signals, except that the MQTT library below it ignores SIGPIPE.
 *
 * Link with -lmuster-device (pkg-config muster-device). Symbols and layouts stay compatible within one major version:
 * `size` in the structures tells an older program's layout from a newer one's.
 */
#ifndef MUSTER_DEVICE_H
#define MUSTER_DEVICE_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MUSTER_DEVICE_ERROR_SIZE 640 /* holds every error text with its mend and the NUL */

/* How a call ends. The numbers are the exit codes of the program muster-device. */
enum muster_device_result {
    MUSTER_DEVICE_OK = 0,
    MUSTER_DEVICE_FAILED = 1,        /* no, or a failure that fits nothing below */
    MUSTER_DEVICE_USAGE = 2,         /* called wrongly */
    MUSTER_DEVICE_CONFIGURATION = 3, /* the folder, a file or an option cannot be used */
    MUSTER_DEVICE_UNREACHABLE = 4,   /* no connection to the broker */
    MUSTER_DEVICE_DENIED = 5,        /* the broker or the service refused the credential or the request */
    MUSTER_DEVICE_NOT_FOUND = 6,     /* there is no such device, here or there */
    MUSTER_DEVICE_CONFLICT = 7,      /* the device exists, or another process uses the folder */
    MUSTER_DEVICE_TIMED_OUT = 8,     /* no final answer in time */
};

/* How far a device has come. */
enum muster_device_state {
    MUSTER_DEVICE_UNREGISTERED,
    MUSTER_DEVICE_REGISTERED,  /* it holds an API key */
    MUSTER_DEVICE_PROVISIONED, /* it holds a certificate and its private key */
};

/* What a device needs to know. Set by muster_device_options_init first, then by you. Texts are copied by
 * muster_device_open; NULL means "the default" or "none". */
struct muster_device_options {
    size_t size;                  /* set by muster_device_options_init; leave it */
    const char *dir;              /* the folder; NULL: $MUSTER_DEVICE_DIR, else ./device */
    const char *uuid;             /* NULL: the kept one, else a fresh UUID v4. Must equal the kept one if any:
                                     1-128 of [A-Za-z0-9._:-], the first a letter or digit */
    const char *broker;           /* host name or address; "localhost" */
    int tls_port;                 /* TLS with password; 8884 */
    int mtls_port;                /* mutual TLS with the device's certificate; 8883 */
    int plain_port;               /* 0: TLS. Else everything goes there without TLS, for trying on loopback */
    const char *ca_file;          /* PEM; the only authorities that the broker's certificate may come from.
                                     NULL: the bundle kept from provisioning */
    const char *provisioning_key; /* mpk_..., see provisioning_key_file; for trying by hand */
    const char
        *provisioning_key_file; /* a file with the key. It is read, copied into the folder while the device is not
                                   provisioned (that copy is erased afterwards), and never changed or erased */
    bool open_mode;             /* broker without the gate: the provisioning key travels in the payload */
    bool read_only;             /* only to look: no lock, nothing is made or written */
    const char *name;           /* deviceName and deviceType at registration; NULL: what is kept */
    const char *type;
    int heartbeat_seconds; /* 0: as the service says; at most 86400 */
    int timeout_seconds;   /* for everything but muster_device_run; 0: 30; at most 86400 */
    int stop_fd;           /* -1, or a descriptor that ends a call once it is readable (such as a signalfd) */

    /* Called with one line of text (no line end, valid for the call) per step: registered, online, an error and its
     * mend, ... Never holds a secret. NULL: silence. */
    void (*on_line)(void *context, const char *line);

    /* Called before each heartbeat: write a flat JSON object of percentages, such as {"cpu":12}, NUL-terminated. NULL:
     * cpu, ram and storage of this machine. What does not fit into `size` or is no object is left out. */
    void (*on_metrics)(void *context, char *json, size_t size);
    void *context; /* handed to both */
    bool existing; /* only a device that is there already: neither the folder nor a uuid is made */
};

/* What is kept of a device; never a secret. Texts are "" when unknown; times are RFC 3339 in UTC. */
struct muster_device_info {
    size_t size; /* set by you to sizeof(struct muster_device_info) */
    enum muster_device_state state;
    char uuid[129];
    char device_id[16];
    char tenant[64];
    char name[129];
    char type[65];
    char certificate_id[48];
    char not_before[32], not_after[32], renew_after[32];
    char next_certificate_id[48]; /* a renewed certificate that waits for its first connection */
    char next_not_after[32];
    char api_key_expires_at[32];
};

/* What muster_device_update changes. NULL: stays as it is. */
struct muster_device_change {
    size_t size; /* set by you to sizeof(struct muster_device_change) */
    const char *name, *endpoint;
    const char *const *tags; /* `tag_count` texts "key=value"; "key=" deletes the tag */
    size_t tag_count;
};

struct muster_device;

/* The library's version, such as "0.1.0". Static text. */
const char *muster_device_version(void);

/* Fills in the defaults. */
void muster_device_options_init(struct muster_device_options *options);

/* Opens the folder; makes it, and the uuid, when they are not there. With a name or type in the options these are kept.
 * Stores a device that the caller closes, or NULL and, in `error`, the reason: one sentence, then "\n" and the mend.
 * MUSTER_DEVICE_OK; _USAGE (a number of seconds is out of range); _CONFIGURATION; _CONFLICT (another process holds the
 * folder); _NOT_FOUND (read_only or existing, and there is no device); _FAILED (no memory). Does no network. */
enum muster_device_result muster_device_open(const struct muster_device_options *options, struct muster_device **out,
                                             char *error, size_t error_size);

/* Wipes the secrets in memory, gives up the folder; NULL is fine. Not while another call on the device is running. */
void muster_device_close(struct muster_device *device);

/* Copies what is kept. MUSTER_DEVICE_OK, or _USAGE when info->size is not set. Does no network. */
enum muster_device_result muster_device_info(struct muster_device *device, struct muster_device_info *info);

/* Why the last call on this device failed: the sentence, and what to do about it. Valid until the next call. */
const char *muster_device_error(const struct muster_device *device);
const char *muster_device_mend(const struct muster_device *device);

/* Registers with the provisioning key, unless that was done. Blocks up to timeout_seconds. MUSTER_DEVICE_OK when the
 * device holds its API key. After _TIMED_OUT or _UNREACHABLE call again: it is the same request, never a second device.
 */
enum muster_device_result muster_device_register(struct muster_device *device);

/* Asks the service to change name, endpoint or tags. Blocks up to timeout_seconds. Works on a read_only device beside
 * a process that runs it. MUSTER_DEVICE_OK when the change is stored there. After _TIMED_OUT it may be, or not; calling
 * again does no harm. */
enum muster_device_result muster_device_update(struct muster_device *device, const struct muster_device_change *change);

/* Asks the service to forget this device's credentials, then forgets them here; the uuid stays. Blocks up to
 * timeout_seconds. Afterwards the device needs a provisioning key again. */
enum muster_device_result muster_device_reset(struct muster_device *device);

/* Renews the certificate now, whatever its renewAfter, and connects once with the new one, which is in use from then
 * on; the old one stays until that has worked. Blocks up to timeout_seconds. MUSTER_DEVICE_OK; _NOT_FOUND (there is no
 * valid certificate); _DENIED (the service refuses, or the broker refused the new certificate: the old one is in use
 * again); _UNREACHABLE, _TIMED_OUT: call again, or let muster_device_run go on; it is the same renewal. _FAILED. */
enum muster_device_result muster_device_renew(struct muster_device *device);

/* Replaces the API key. Blocks up to timeout_seconds. MUSTER_DEVICE_OK when the new one is kept; the service takes the
 * old one until the new one is first used, for a day at most. _NOT_FOUND (there is none); _DENIED. After _UNREACHABLE
 * or _TIMED_OUT call again: it is the same request. */
enum muster_device_result muster_device_rotate(struct muster_device *device);

/* The whole life: registers, provisions, connects with the certificate, sends heartbeats, renews the certificate and
 * replaces the API key when it is time, and begins again whenever something breaks. Returns MUSTER_DEVICE_OK after
 * muster_device_stop (or stop_fd), _CONFIGURATION when the device has no credential or no CA to begin with; nothing
 * else ends it. */
enum muster_device_result muster_device_run(struct muster_device *device);

/* Makes the running call end soon: muster_device_run says goodbye to the service first. Calls after it are not touched;
 * without a running call it is the next that ends. Any thread, signal handlers. */
void muster_device_stop(struct muster_device *device);

#ifdef __cplusplus
}
#endif

#endif
