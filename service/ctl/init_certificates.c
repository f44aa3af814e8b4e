#include "certs/ca.h"
#include "certs/crl.h"
#include "certs/file.h"
#include "service/config_authority.h"
#include "service/ctl/init.h"
#include "service/ctl/out.h"
#include "service/io/entropy.h"

#include <arpa/inet.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define SERVER_NAMES  (INIT_NAMES + 5)
#define LEAF_FILE_MAX (CERTIFICATE_PEM_MAX + CA_BUNDLE_MAX)

/* A host name or an address, as a certificate can hold it. */
bool init_is_name(const char *name)
{
    static const char octets[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.:*_";
    size_t length = strlen(name);
    bool address = strchr(name, ':') != NULL;
    unsigned char ignored[16];
    return length > 0 && length < 254 && strspn(name, octets) == length &&
           (!address || inet_pton(AF_INET6, name, ignored) == 1);
}

static enum ctl_exit open_authority(const struct init *init, struct ca **out)
{
    char error[900];
    struct ca_options options = config_authority(&init->config);
    *out = ca_new(&options, error, sizeof error);
    return *out != NULL ? CTL_DONE : out_error(CTL_CONFIG, NULL, NULL, "%s", error);
}

/* The certificate comes last. What is wrong with it or with its key is told when something is to be signed; a key may
 * have another name than at the beginning (certs/ca.h). */
bool init_has_authority(const struct init *init)
{
    return init_has(init->config.ca_certificate_file);
}

/* ca_create takes up the keys that an interrupted init left. */
enum ctl_exit init_make_authority(struct init *init)
{
    char error[900];
    struct ca_options options = config_authority(&init->config);
    if (ca_create(&options, init->authority_type, init->now, error, sizeof error) != 0)
        return out_error(CTL_CONFIG, NULL, NULL, "%s", error);
    return CTL_DONE;
}

/* What the authority signs here; the keys are unencrypted, since nobody types a passphrase for a program. */
struct leaf {
    const char *who, *certificate, *key;
    mode_t mode; /* of the certificate: the broker reads its own, and nothing of the service's */
};

static const struct leaf server = {"broker", "server.pem", "server.key", 0644};
static const struct leaf service = {"service", "service.pem", "service-tls.key", 0600};

static struct key *read_key(const char *path)
{
    char pem[2 * KEY_PEM_MAX];
    size_t length = 0;
    struct key *key = file_read(path, pem, sizeof pem, &length) == 0 ? key_read_pem(pem, length, NULL) : NULL;
    key_wipe(pem, sizeof pem);
    return key;
}

/* An init that was interrupted, or a file that was put back, may have left a certificate of another key. */
static bool has_leaf(const struct init *init, const struct leaf *leaf)
{
    char path[INIT_PATH], pem[LEAF_FILE_MAX];
    size_t length = 0;
    init_path(init, leaf->key, path, sizeof path);
    struct key *key = read_key(path);
    init_path(init, leaf->certificate, path, sizeof path);
    bool fits = key != NULL && file_read(path, pem, sizeof pem, &length) == 0 && certificate_is_for(pem, length, key);
    key_free(key);
    return fits;
}

bool init_has_server(const struct init *init)
{
    return has_leaf(init, &server);
}

bool init_has_client(const struct init *init)
{
    return has_leaf(init, &service);
}

static bool is_among(const char *name, const char *const names[], size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcasecmp(names[i], name) == 0)
            return true;
    return false;
}

/* How clients may name the broker: this machine by its names, and what the user adds. */
static size_t list_names(const struct init *init, const char *host, const char *names[SERVER_NAMES])
{
    static const char *const always[] = {"localhost", "127.0.0.1", "::1"};
    size_t count = 0;
    for (size_t i = 0; i < sizeof always / sizeof always[0]; i++)
        names[count++] = always[i];
    if (init_is_name(host) && !is_among(host, names, count))
        names[count++] = host;
    if (init_is_apart(init) && init_is_name(init->config.broker_host) &&
        !is_among(init->config.broker_host, names, count))
        names[count++] = init->config.broker_host;
    for (size_t i = 0; i < init->server_name_count; i++)
        if (!is_among(init->server_names[i], names, count))
            names[count++] = init->server_names[i];
    return count;
}

static enum status sign(struct ca *ca, const struct init *init, const struct leaf *leaf,
                        const struct public_key *public, struct certificate *out, struct why *why)
{
    const char *names[SERVER_NAMES];
    char host[HOST_NAME_MAX + 1] = "";
    unsigned char serial[PROFILE_SERIAL];
    struct validity validity;
    entropy_fill(serial, sizeof serial);
    profile_serial(serial);
    if (!profile_validity(init->now, PROFILE_SERVER_DAYS, ca_validity(ca), &validity))
        return ST_INTERNAL;
    if (leaf == &service)
        return ca_issue_service(ca, public, serial, validity, out, why);
    (void)gethostname(host, sizeof host - 1);
    size_t count = list_names(init, host, names);
    return ca_issue_server(ca, public, names, count, serial, validity, out, why);
}

/* The certificate with its chain, so that whoever knows the root alone can verify it. */
static enum ctl_exit issue(const struct init *init, const struct leaf *leaf, const struct key *key,
                           char text[LEAF_FILE_MAX])
{
    struct ca *ca = NULL;
    struct certificate certificate;
    struct public_key public;
    struct why why = {.status = ST_OK};
    enum ctl_exit end = open_authority(init, &ca);
    if (end != CTL_DONE)
        return end;
    bool ok = key_public(key, &public) && sign(ca, init, leaf, &public, &certificate, &why) == ST_OK;
    if (ok)
        snprintf(text, LEAF_FILE_MAX, "%s%s", certificate.pem, ca_chain(ca));
    ca_free(ca);
    return ok ? CTL_DONE
              : out_error(CTL_FAILED, NULL, "is the clock right, and the authority still valid?",
                          "the %s's certificate cannot be made %s", leaf->who, why.detail);
}

static enum ctl_exit save_key(const char *path, const struct key *key)
{
    char pem[KEY_PEM_MAX];
    bool ok = key_write_pem(key, NULL, pem, sizeof pem);
    int failed = ok ? file_write(path, pem, strlen(pem), 0600) : 0;
    key_wipe(pem, sizeof pem);
    if (!ok)
        return out_error(CTL_FAILED, NULL, NULL, "OpenSSL cannot write a key");
    return failed != 0 ? init_cannot_write(path, failed) : CTL_DONE;
}

/* A key that is there is taken up, never replaced: it may be one that somebody put there. */
static enum ctl_exit take_key(const struct init *init, const struct leaf *leaf, struct key **out)
{
    char path[INIT_PATH];
    init_path(init, leaf->key, path, sizeof path);
    if (init_has(path)) {
        *out = read_key(path);
        return *out != NULL ? CTL_DONE
                            : out_error(CTL_CONFIG, NULL, "remove it, then run the same command again",
                                        "the %s's key %s is no private key in PEM that can be read without a "
                                        "passphrase",
                                        leaf->who, path);
    }
    /* Devices that trust an RSA authority may know nothing else. */
    *out = key_new(key_type_is_slow(init->authority_type) ? KEY_RSA_2048 : KEY_EC_P256);
    return *out != NULL ? save_key(path, *out) : out_error(CTL_FAILED, NULL, NULL, "OpenSSL cannot make a key");
}

static enum ctl_exit make_leaf(const struct init *init, const struct leaf *leaf)
{
    char path[INIT_PATH], text[LEAF_FILE_MAX];
    struct key *key = NULL;
    enum ctl_exit end = take_key(init, leaf, &key);
    if (end == CTL_DONE)
        end = issue(init, leaf, key, text);
    key_free(key);
    if (end != CTL_DONE)
        return end;
    init_path(init, leaf->certificate, path, sizeof path);
    int failed = file_write(path, text, strlen(text), leaf->mode);
    return failed != 0 ? init_cannot_write(path, failed) : CTL_DONE;
}

enum ctl_exit init_make_server(struct init *init)
{
    return make_leaf(init, &server);
}

enum ctl_exit init_make_client(struct init *init)
{
    return make_leaf(init, &service);
}

bool init_has_list(const struct init *init)
{
    return init_has(init->config.crl_file);
}

/* The list of one issuer, without an entry: the service writes those that are revoked. */
static bool add_list(const struct init *init, const struct ca *ca, const char *issuer, char *out, size_t size)
{
    size_t length = 0, have = strlen(out);
    struct crl *crl = crl_new(ca, issuer, 1, init->now, init->now + init->config.crl_days * INT64_C(86400));
    char *pem = crl != NULL ? crl_sign(crl, &length) : NULL;
    bool ok = pem != NULL && length < size - have;
    if (ok)
        memcpy(out + have, pem, length + 1);
    free(pem);
    crl_free(crl);
    return ok;
}

/* One list for each issuer whose certificates may be about: the broker refuses those of an issuer without one. */
static bool write_lists(const struct init *init, const struct ca *ca, char *out, size_t size)
{
    struct ca_issuer issuers[CA_ISSUERS_MAX];
    size_t count = ca_issuers(ca, issuers, CA_ISSUERS_MAX);
    bool ok = true;
    out[0] = '\0';
    for (size_t i = 0; ok && i < count; i++)
        ok = !issuers[i].has_key || add_list(init, ca, issuers[i].id, out, size);
    return ok;
}

enum ctl_exit init_make_list(struct init *init)
{
    char text[CA_ISSUERS_MAX * CERTIFICATE_PEM_MAX];
    struct ca *ca = NULL;
    const char *path = init->config.crl_file;
    enum ctl_exit end = open_authority(init, &ca);
    if (end != CTL_DONE)
        return end;
    bool ok = write_lists(init, ca, text, sizeof text);
    ca_free(ca);
    if (!ok)
        return out_error(CTL_FAILED, NULL, "is the clock right?", "the revocation list cannot be made");
    int failed = file_write(path, text, strlen(text), 0644);
    return failed != 0 ? init_cannot_write(path, failed) : CTL_DONE;
}
