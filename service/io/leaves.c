#include "service/io/leaves.h"

#include "certs/file.h"
#include "certs/validate.h"
#include "service/io/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define LEAF_MAX (CERTIFICATE_PEM_MAX + CA_BUNDLE_MAX)

typedef enum status reissue_function(struct ca *ca, const char *old_pem, size_t length,
                                     const unsigned char serial[PROFILE_SERIAL], struct validity validity,
                                     struct certificate *out, struct why *why);

static void tell_failed(const char *path, const char *what, const char *why)
{
    log_line(LOG_ERROR, "certificate_not_renewed", "file=%s %s %s", path, what, why);
}

/* The group of a new file is the service's own. So whoever could read the old one as its group, the broker, reads the
 * new one as everyone: a certificate is no secret. */
static mode_t mode_after(mode_t before)
{
    return (before & 0777) | ((before & S_IRGRP) != 0 ? S_IROTH : 0u);
}

/* The leaf and its chain replace the file. */
static void save(const struct core *core, const char *path, const struct certificate *certificate)
{
    char text[LEAF_MAX];
    struct stat before = {.st_mode = 0600};
    (void)stat(path, &before);
    snprintf(text, sizeof text, "%s%s", certificate->pem, ca_chain(core->ca));
    int failed = file_write(path, text, strlen(text), mode_after(before.st_mode));
    if (failed != 0)
        tell_failed(path, "cannot be written:", strerror(failed));
    else
        log_line(LOG_NOTICE, "certificate_renewed", "file=%s certificateId=%s not_after=%lld", path, certificate->id,
                 (long long)certificate->validity.not_after);
}

static const struct leaf {
    reissue_function *reissue;
    bool is_server; /* devices verify it, and know no more authorities than they were told */
} server = {ca_reissue_server, true}, client = {ca_reissue_service, false};

static bool is_in_bundle(const struct ca *ca, const char *issuer)
{
    struct ca_issuer issuers[CA_ISSUERS_MAX];
    size_t count = ca_issuers(ca, issuers, CA_ISSUERS_MAX);
    for (size_t i = 0; i < count; i++)
        if (strcmp(issuers[i].id, issuer) == 0)
            return true;
    return false;
}

/* One that this service's authority has made, and whose time has come: two thirds of its life are over, or its issuer
 * was dropped, or issues no more. The last is no reason for a server's when the authority is its own root: devices may
 * not know the next one before they have renewed. */
static bool is_due(const struct core *core, const struct leaf *leaf, const struct validation *found)
{
    const struct validity *life = &found->validity;
    bool ours = false, rooted = ca_chain(core->ca)[0] != '\0';
    if (!found->checks[VALIDATION_READABLE].passed || store_issuer_known(core->store, found->issuer, &ours) != ST_OK ||
        !ours)
        return false;
    if (core->now.wall / 1000 < life->not_before) /* made while the clock was ahead */
        return true;
    if (core->now.wall / 1000 >= life->not_before + (life->not_after - life->not_before + 1) / 3 * 2)
        return true;
    if (strcmp(found->issuer, ca_issuer_id(core->ca)) == 0)
        return false;
    return !leaf->is_server || rooted || !is_in_bundle(core->ca, found->issuer);
}

/* Whether there is more in a file than certificates: a private key beside them would be lost. */
static bool holds_more(const char *text)
{
    static const char begin[] = "-----BEGIN ", certificate[] = "CERTIFICATE-----";
    for (const char *at = text; (at = strstr(at, begin)) != NULL;) {
        at += sizeof begin - 1;
        if (strncmp(at, certificate, sizeof certificate - 1) != 0)
            return true;
    }
    return false;
}

static void reissue(struct core *core, const struct leaf *leaf, const char *path, const char *text, size_t length)
{
    struct certificate certificate;
    struct validity validity;
    struct why why = {.status = ST_OK};
    unsigned char serial[PROFILE_SERIAL];
    int64_t now = core->now.wall / 1000;
    if (holds_more(text)) {
        tell_failed(path,
                    "is left alone:", "it holds more than certificates; move its private key into a file of its own");
        return;
    }
    core->random(serial, sizeof serial);
    profile_serial_make(now, serial);
    if (!profile_validity(now, PROFILE_SERVER_DAYS, ca_validity(core->ca), &validity) ||
        leaf->reissue(core->ca, text, length, serial, validity, &certificate, &why) != ST_OK)
        tell_failed(path, "cannot be made anew:", why.detail);
    else
        save(core, path, &certificate);
}

static void renew(struct core *core, const struct leaf *leaf, const char *path)
{
    char text[LEAF_MAX];
    size_t length = 0;
    struct validation found;
    int failed = path[0] != '\0' ? file_read(path, text, sizeof text, &length) : ENOENT;
    if (failed != 0) {
        if (failed != ENOENT)
            tell_failed(path, "cannot be read:", strerror(failed));
        return;
    }
    validate_certificate(core->ca, text, length, core->now.wall / 1000, &found);
    if (is_due(core, leaf, &found))
        reissue(core, leaf, path, text, length);
    key_wipe(text, sizeof text); /* there may be a private key in it */
}

void leaves_renew(struct core *core)
{
    if (core->next_ca != NULL) /* not now: the broker does not know the next authority yet */
        return;
    renew(core, &server, core->config->server_certificate_file);
    renew(core, &client, core->config->broker_certificate_file);
}
