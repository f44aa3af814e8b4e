#include "service/core/secret.h"
#include "service/ctl/init.h"
#include "service/ctl/out.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Where the plugin may be, seen from the folder of this program: as it was built, and as it was installed. */
static const char *const places[] = {"muster_gate.so", "../lib/muster/muster_gate.so"};

enum ctl_exit init_find_gate(struct init *init)
{
    char program[4096], path[sizeof program + 64], found[4096];
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    program[length > 0 ? length : 0] = '\0';
    char *slash = strrchr(program, '/');
    if (slash != NULL)
        *slash = '\0';
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", program, places[i]);
        if (realpath(path, found) == NULL || strlen(found) >= sizeof init->gate)
            continue;
        memcpy(init->gate, found, strlen(found) + 1);
        return CTL_DONE;
    }
    return out_error(CTL_FAILED, NULL,
                     "build it with make, or install it with make install; without a gate, on this machine alone: "
                     "musterctl init --open",
                     "the plugin muster_gate.so is neither in %s nor in %s/../lib/muster", program, program);
}

bool init_has_service(const struct init *init)
{
    struct credential credential;
    bool good = init_parse_key(init->config.broker_password_file, SECRET_SERVICE, &credential) == 0;
    secret_wipe(&credential, sizeof credential);
    return good;
}

enum ctl_exit init_make_service(struct init *init)
{
    struct credential credential;
    enum ctl_exit end = init_take_key(init->config.broker_password_file, SECRET_SERVICE, &credential);
    secret_wipe(&credential, sizeof credential);
    return end;
}

bool init_service_hash(const struct init *init, char out[2 * SECRET_HASH + 1])
{
    struct credential credential;
    bool good = init_parse_key(init->config.broker_password_file, SECRET_SERVICE, &credential) == 0;
    for (size_t i = 0; i < SECRET_HASH; i++)
        snprintf(out + 2 * i, 3, "%02x", good ? credential.hash[i] : 0);
    secret_wipe(&credential, sizeof credential);
    return good;
}
