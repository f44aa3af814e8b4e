#include "device-client/runner_internal.h"

#include "certs/key.h"

/* A CA bundle that cannot be used changes nothing, and is no reason to leave the connection. */
static bool take_authorities(struct run *run)
{
    struct client_effects *effects = &run->effects;
    enum muster_device_result result = keep_authorities(run->options->keep, effects->ca_pem, &run->kept, run->problem);
    if (result == MUSTER_DEVICE_FAILED)
        runner_say_problem(run, run->problem);
    else if (result == MUSTER_DEVICE_OK)
        runner_say(run, "the CA bundle was replaced");
    return result == MUSTER_DEVICE_OK || result == MUSTER_DEVICE_FAILED;
}

/* The certificates, in the order that client.h promises. False when something could not be written. */
static bool write_certificates(struct run *run)
{
    struct client_effects *effects = &run->effects;
    struct keep *keep = run->options->keep;
    if (effects->keep_certificate) {
        if (keep_certificate(keep, effects->certificate_pem, effects->ca_pem, run->problem) != MUSTER_DEVICE_OK)
            return false;
        keep_read_authorities(keep, &run->kept);
    }
    return !effects->promote || keep_promote(keep, run->problem) == MUSTER_DEVICE_OK;
}

bool runner_write_down(struct run *run)
{
    struct client_effects *effects = &run->effects;
    struct keep *keep = run->options->keep;
    if (!write_certificates(run))
        return false;
    if (effects->save && keep_save(keep, &run->kept, run->problem) != MUSTER_DEVICE_OK)
        return false;
    if (effects->erase_request && keep_erase_request(keep, run->problem) != MUSTER_DEVICE_OK)
        return false;
    if (effects->erase_next && keep_erase_next(keep, run->problem) != MUSTER_DEVICE_OK)
        return false;
    if (effects->keep_authorities && !take_authorities(run))
        return false;
    if (effects->forget_files && keep_forget(keep, run->problem) != MUSTER_DEVICE_OK)
        return false;
    if (effects->erase_provisioning_key) {
        key_wipe(run->kept.provisioning_key, sizeof run->kept.provisioning_key);
        return keep_erase_provisioning_key(keep, run->problem) == MUSTER_DEVICE_OK;
    }
    return true;
}
