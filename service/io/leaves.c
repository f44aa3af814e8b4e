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

static bool is_due(struct validity validity, int64_t now)
{
    return now >= validity.not_before + (validity.not_after - validity.not_before + 1) / 3 * 2;
}

static void renew(struct core *core, const char *path, reissue_function *reissue)
{
    char text[LEAF_MAX];
    size_t length = 0;
    struct validation found;
    struct certificate certificate;
    struct validity validity;
    struct why why = {.status = ST_OK};
    unsigned char serial[PROFILE_SERIAL];
    int64_t now = core->now.wall / 1000;
    int failed = path[0] != '\0' ? file_read(path, text, sizeof text, &length) : ENOENT;
    if (failed != 0) {
        if (failed != ENOENT)
            tell_failed(path, "cannot be read:", strerror(failed));
        return;
    }
    validate_certificate(core->ca, text, length, now, &found);
    if (!found.checks[VALIDATION_READABLE].passed || !is_due(found.validity, now))
        return;
    core->random(serial, sizeof serial);
    profile_serial_make(now, serial);
    if (!profile_validity(now, PROFILE_SERVER_DAYS, ca_validity(core->ca), &validity) ||
        reissue(core->ca, text, length, serial, validity, &certificate, &why) != ST_OK)
        tell_failed(path, "cannot be made anew:", why.detail);
    else
        save(core, path, &certificate);
}

void leaves_renew(struct core *core)
{
    if (core->next_ca != NULL) /* not now: the broker does not know the next authority yet */
        return;
    renew(core, core->config->server_certificate_file, ca_reissue_server);
    renew(core, core->config->broker_certificate_file, ca_reissue_service);
}
