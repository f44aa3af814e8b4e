#include "device-client/runner_internal.h"

#include "certs/file.h"
#include "certs/key.h"
#include "device-client/pem.h"
#include "topics/topic.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEY_FILE_MAX     1024
#define AUTHORITIES_MOST (512 * 1024)
#define PATH_SIZE        4096

bool runner_read_key(const char *key, const char *file, char *out, struct problem *problem)
{
    char text[KEY_FILE_MAX];
    size_t length = 0;
    int error = 0;
    out[0] = '\0';
    if (key == NULL && file != NULL) {
        error = file_read(file, text, sizeof text, &length);
        text[error == 0 ? strcspn(text, "\r\n \t") : 0] = '\0';
        key = text;
    }
    bool good = error == 0 && (key == NULL || (kept_copy(out, LIMIT_CREDENTIAL + 1, key) && key[0] != '\0'));
    if (!good)
        problem_set(problem, MUSTER_DEVICE_CONFIGURATION, "put the key (mpk_...) on the first line of the file",
                    "cannot read the provisioning key%s%.200s: %s", file != NULL ? " from " : "",
                    file != NULL ? file : "", error != 0 ? strerror(error) : "it is empty or too long");
    key_wipe(text, sizeof text);
    return good;
}

/* Where the credential is used: docs/protocol.md, section 2. Without TLS there is no certificate, so the API key stands
 * in for it. */
static void fill_login(struct run *run, struct paho_login *login, char paths[2][PATH_SIZE])
{
    const struct runner_options *options = run->options;
    enum credential credential = run->client.credential;
    bool plain = options->plain_port != 0, mtls = !plain && credential >= CREDENTIAL_CERTIFICATE;
    snprintf(paths[0], sizeof paths[0], "%s",
             options->ca_file != NULL ? options->ca_file : keep_path(options->keep, KEEP_AUTHORITIES));
    snprintf(paths[1], sizeof paths[1], "%s",
             keep_path(options->keep, credential == CREDENTIAL_NEXT ? KEEP_NEXT : KEEP_IDENTITY));
    login->host = options->broker;
    login->port = plain ? options->plain_port : mtls ? options->mtls_port : options->tls_port;
    login->ca_file = plain ? NULL : paths[0];
    login->identity_file = mtls ? paths[1] : NULL;
    bool provisioning = credential == CREDENTIAL_PROVISIONING_KEY;
    const char *password = provisioning ? run->kept.provisioning_key : run->kept.api_key;
    if (!mtls && password[0] != '\0') {
        login->username = provisioning ? "provision" : run->kept.uuid;
        login->password = password;
    }
}

/* The filter for the answers to all operations of one device: the topic of one, then "+" in that place. */
static const char *answers(enum topic_id id, const char *uuid, char *out, size_t size)
{
    if (topic_build(id, out, size, (const char *[]){uuid, "x"}) == 0)
        return NULL;
    strrchr(out, '/')[-1] = '+';
    return out;
}

/* Why nobody can be trusted by this file; "" when it may be. Of a file that large only TLS knows. */
static const char *why_untrusted(const char *file)
{
    const char *why = "";
    size_t length = 0;
    char *text = malloc(AUTHORITIES_MOST);
    int error = text != NULL ? file_read(file, text, AUTHORITIES_MOST, &length) : ENOMEM;
    if (error != 0 && error != EFBIG)
        why = strerror(error);
    else if (error == 0 && !pem_holds_authority(text))
        why = "it holds no certificate (PEM)";
    if (text != NULL)
        key_wipe(text, AUTHORITIES_MOST); /* a key by mistake */
    free(text);
    return why;
}

bool runner_has_authorities(struct run *run)
{
    const struct runner_options *options = run->options;
    const char *file = options->ca_file != NULL ? options->ca_file : keep_path(options->keep, KEEP_AUTHORITIES);
    const char *why = run->trusting || options->plain_port != 0 ? "" : why_untrusted(file);
    if (why[0] == '\0')
        return run->trusting = true;
    problem_set(run->problem, MUSTER_DEVICE_CONFIGURATION,
                "give --cafile FILE with the service's CA (or --plain-port N on loopback)",
                "the broker cannot be trusted without its CA: %.200s: %s", file, why);
    return false;
}

void runner_connect(struct run *run)
{
    char accepted[LIMIT_TOPIC + 1], rejected[LIMIT_TOPIC + 1], offer[LIMIT_TOPIC + 1], will[LIMIT_TOPIC + 1];
    char goodbye[256];
    char paths[2][PATH_SIZE];
    struct problem ignored = {0};
    struct paho_login login = {0};
    struct kept *kept = &run->kept;
    if (run->client.credential == CREDENTIAL_PROVISIONING_KEY && kept->provisioning_key[0] == '\0')
        (void)runner_read_key(run->options->provisioning_key, run->options->provisioning_key_file,
                              kept->provisioning_key, &ignored);
    fill_login(run, &login, paths);
    login.filters[0] = answers(TOPIC_DEVICE_ACCEPTED, kept->uuid, accepted, sizeof accepted);
    login.filters[1] = answers(TOPIC_DEVICE_REJECTED, kept->uuid, rejected, sizeof rejected);
    if (run->client.session[0] != '\0' &&
        topic_build(TOPIC_DEVICE_OFFER, offer, sizeof offer, (const char *[]){kept->uuid}) > 0)
        login.filters[2] = offer;
    if (run->client.session[0] != '\0' &&
        topic_build(TOPIC_DEVICE_REQUEST, will, sizeof will, (const char *[]){kept->uuid, "will"}) > 0) {
        client_heartbeat(&run->client, "", goodbye, sizeof goodbye);
        login.will_topic = will;
        login.will_payload = goodbye;
    }
    paho_connect(run->paho, &login);
}
