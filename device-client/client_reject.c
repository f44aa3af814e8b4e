#include "device-client/backoff.h"
#include "device-client/client_internal.h"

#include <stdio.h>
#include <string.h>

#define PUT_OFF_MS (60 * 60 * INT64_C(1000))

/* What a rejection means for the device. */
enum policy {
    POLICY_SLOWLY,  /* nothing will change soon: another request, seldom */
    POLICY_REPEAT,  /* the same request later */
    POLICY_NEW_KEY, /* another key pair and request */
    POLICY_RETREAT, /* the service does not know this device's credential */
};

static const struct {
    enum status status;
    enum policy policy;
    enum muster_device_result result;
} rejections[] = {
    {ST_RATE_LIMITED, POLICY_REPEAT, MUSTER_DEVICE_DENIED},
    {ST_STORAGE_UNAVAILABLE, POLICY_REPEAT, MUSTER_DEVICE_FAILED},
    {ST_INTERNAL, POLICY_REPEAT, MUSTER_DEVICE_FAILED},
    {ST_ISSUER_EXPIRED, POLICY_REPEAT, MUSTER_DEVICE_FAILED},
    {ST_PENDING_APPROVAL, POLICY_REPEAT, MUSTER_DEVICE_DENIED},
    {ST_CSR_INVALID, POLICY_NEW_KEY, MUSTER_DEVICE_FAILED},
    {ST_CSR_KEY_UNSUPPORTED, POLICY_NEW_KEY, MUSTER_DEVICE_FAILED},
    {ST_CSR_KEY_REUSED, POLICY_NEW_KEY, MUSTER_DEVICE_CONFLICT},
    {ST_DEVICE_NOT_FOUND, POLICY_RETREAT, MUSTER_DEVICE_NOT_FOUND},
    {ST_CERTIFICATE_REVOKED, POLICY_RETREAT, MUSTER_DEVICE_DENIED},
    {ST_CERTIFICATE_EXPIRED, POLICY_RETREAT, MUSTER_DEVICE_DENIED},
    {ST_CERTIFICATE_NOT_FOUND, POLICY_RETREAT, MUSTER_DEVICE_NOT_FOUND},
    {ST_INVALID_STATE, POLICY_RETREAT, MUSTER_DEVICE_CONFLICT},
    {ST_NOT_AUTHORISED, POLICY_RETREAT, MUSTER_DEVICE_DENIED},
    {ST_INVALID_PROVISIONING_KEY, POLICY_SLOWLY, MUSTER_DEVICE_DENIED},
    {ST_PROVISIONING_KEY_EXPIRED, POLICY_SLOWLY, MUSTER_DEVICE_DENIED},
    {ST_PROVISIONING_KEY_EXHAUSTED, POLICY_SLOWLY, MUSTER_DEVICE_DENIED},
    {ST_PROVISIONING_KEY_DISABLED, POLICY_SLOWLY, MUSTER_DEVICE_DENIED},
    {ST_NOT_ON_ALLOW_LIST, POLICY_SLOWLY, MUSTER_DEVICE_DENIED},
    {ST_DEVICE_TYPE_NOT_ALLOWED, POLICY_SLOWLY, MUSTER_DEVICE_DENIED},
    {ST_DEVICE_BLOCKED, POLICY_SLOWLY, MUSTER_DEVICE_DENIED},
    {ST_QUOTA_EXCEEDED, POLICY_SLOWLY, MUSTER_DEVICE_DENIED},
    {ST_DEVICE_EXISTS, POLICY_SLOWLY, MUSTER_DEVICE_CONFLICT},
    {ST_IDEMPOTENCY_CONFLICT, POLICY_SLOWLY, MUSTER_DEVICE_CONFLICT},
    {ST_COUNT, POLICY_SLOWLY, MUSTER_DEVICE_FAILED}, /* all others */
};

#define REJECTION_COUNT (sizeof rejections / sizeof *rejections)

static size_t find_rejection(enum status status)
{
    size_t i = 0;
    while (i < REJECTION_COUNT - 1 && rejections[i].status != status)
        i++;
    return i;
}

/* Nothing is urgent: the certificate and the API key that are in use still work. */
static void put_off(struct step *step, enum policy policy, enum status status, int64_t wait_ms)
{
    struct client *client = step->client;
    bool nothing_to_renew = status == ST_CERTIFICATE_NOT_FOUND || status == ST_CERTIFICATE_EXPIRED ||
                            status == ST_CERTIFICATE_REVOKED || status == ST_UNKNOWN_OPERATION;
    if (policy == POLICY_NEW_KEY)
        client->kept->csr[0] = '\0';
    if (policy != POLICY_REPEAT)
        client_new_request(step);
    if (client->task == TASK_RENEW && nothing_to_renew)
        client_provision_instead(step);
    else
        client_upkeep_failed(step, policy == POLICY_REPEAT || policy == POLICY_NEW_KEY
                                       ? wait_ms
                                       : wait_ms + client_bound_wait(step, PUT_OFF_MS));
}

static void act_on_rejection(struct step *step, enum policy policy, int64_t wait_ms)
{
    struct client *client = step->client;
    int64_t slow_ms = backoff_slow_ms(client_random32(step, RANDOM_WAIT));
    switch (policy) {
    case POLICY_REPEAT:
        client->next_ms =
            step->in->now_ms + wait_ms + backoff_ms(client->rejections, client_random32(step, RANDOM_WAIT));
        break;
    case POLICY_NEW_KEY:
        client->kept->csr[0] = '\0';
        client_new_request(step);
        client->next_ms = step->in->now_ms + slow_ms;
        break;
    case POLICY_RETREAT:
    case POLICY_SLOWLY:
        client_new_request(step);
        if (policy == POLICY_RETREAT && client->credential > CREDENTIAL_PROVISIONING_KEY)
            client_retreat(step);
        else
            client->next_ms = step->in->now_ms + wait_ms + slow_ms;
        break;
    }
    client->rejections++;
}

/* The service asks for more patience than the caller has. */
static bool is_too_late(const struct step *step, int64_t wait_ms)
{
    return step->in->now_ms + wait_ms >= step->client->deadline_ms;
}

void client_take_rejection(struct step *step, const struct value *error)
{
    struct client *client = step->client;
    const char *code = client_readable(value_text(value_member(error, "code")), "internal");
    enum status status = status_from_code(code);
    size_t row = find_rejection(status);
    long long wait_ms = 0;
    char what[sizeof step->out->problem.what];
    const char *operation = client_task_name(client->task);
    const char *mend = client_readable(value_text(value_member(error, "mend")), status_mend(status));
    (void)value_integer(value_member(error, "retryAfterMs"), 0, 24 * 3600 * 1000LL, &wait_ms);
    snprintf(what, sizeof what, "%s was rejected: %s (%s)", operation,
             client_readable(value_text(value_member(error, "message")), status_message(status)), code);
    enum task task = client->task;
    if (client_is_upkeep(client) && task != TASK_CONNECT)
        put_off(step, rejections[row].policy, status, wait_ms);
    else
        act_on_rejection(step, rejections[row].policy, wait_ms);
    if (client->options.goal != GOAL_RUN && (rejections[row].policy != POLICY_REPEAT || is_too_late(step, wait_ms))) {
        client_done(step, rejections[row].result, mend, what);
        return;
    }
    problem_set(&step->out->problem, rejections[row].result, mend, "%s", what);
    int64_t again_ms = client->next_ms != 0 ? client->next_ms : client->hold_ms[task];
    client_say(step, "%.300s, again in %.1f s", what, (double)(again_ms - step->in->now_ms) / 1000);
}
