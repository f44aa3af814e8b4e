/* The certificate's life: the first one, which is in use at once, and each next one, which is tried beside the one
 * before: that stays until the service has answered over a connection made with the next. */
#include "device-client/client_internal.h"

#include "device-client/backoff.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOUR_MS   (60 * 60 * INT64_C(1000))
#define MOST_MS   (24 * HOUR_MS)
#define LOWER_HEX "0123456789abcdef"

/* The certificate of an answer goes to the effects. False, and said, when a part is missing. */
static bool take_certificate(struct step *step, const struct value *answer, char id[KEPT_CERTIFICATE_ID + 1])
{
    struct client_effects *out = step->out;
    bool whole =
        client_take_id(id, KEPT_CERTIFICATE_ID + 1, client_member(answer, "certificateId"), LOWER_HEX) &&
        kept_copy(out->certificate_pem, sizeof out->certificate_pem, client_member(answer, "certificatePem")) &&
        kept_copy(out->ca_pem, sizeof out->ca_pem, client_member(answer, "caPem"));
    if (!whole)
        client_say(step, "the answer to %s has no usable certificate; asking again",
                   client_task_name(step->client->task));
    return whole;
}

void client_accept_provision(struct step *step, const struct value *answer)
{
    struct client *client = step->client;
    struct kept *kept = client->kept;
    char id[KEPT_CERTIFICATE_ID + 1];
    if (!take_certificate(step, answer, id))
        return;
    step->out->erase_next = kept->next_certificate_id[0] != '\0';
    kept_forget_certificate(kept);
    memcpy(kept->certificate_id, id, sizeof id);
    client_take_time(kept->not_before, client_member(answer, "notBefore"));
    client_take_time(kept->not_after, client_member(answer, "notAfter"));
    client_take_time(kept->renew_after, client_member(answer, "renewAfter"));
    client_take_validity(step, kept->not_before, kept->not_after);
    client_take_expiry(step, answer, false);
    kept->has_identity = true;
    step->out->keep_certificate = step->out->save = step->out->erase_request = true;
    step->out->erase_provisioning_key = true;
    client->ceiling = CREDENTIAL_BEST;
    client->rejections = client->failures = client->tries[TASK_RENEW] = 0;
    client->hold_ms[TASK_RENEW] = 0;
    client_say(step, "provisioned certificate=%s until %s", kept->certificate_id,
               client_readable(kept->not_after, "?"));
    client_reconnect(step);
}

void client_accept_renew(struct step *step, const struct value *answer)
{
    struct kept *kept = step->client->kept;
    char id[KEPT_CERTIFICATE_ID + 1];
    if (!take_certificate(step, answer, id))
        return;
    memcpy(kept->next_certificate_id, id, sizeof id);
    client_take_time(kept->next_not_before, client_member(answer, "notBefore"));
    client_take_time(kept->next_not_after, client_member(answer, "notAfter"));
    client_take_time(kept->next_renew_after, client_member(answer, "renewAfter"));
    step->out->keep_next = true;
}

/* The old certificate still works; another key pair and request, later. */
static void give_up_next(struct step *step)
{
    static const char what[] = "the renewed certificate cannot be used: it does not fit its key, or the CA bundle is "
                               "damaged";
    struct client *client = step->client;
    kept_forget_next(client->kept);
    if (client->options.goal != GOAL_RUN) {
        client_done(step, MUSTER_DEVICE_FAILED, "the old one is still in use; see the service's log", what);
        return;
    }
    client_upkeep_failed(step, client_bound_wait(step, HOUR_MS));
    client_say(step, "%s; again in %.1f s", what, (double)(client->hold_ms[TASK_RENEW] - step->in->now_ms) / 1000);
}

void client_next_kept(struct step *step)
{
    struct client *client = step->client;
    struct kept *kept = client->kept;
    kept->renew_id[0] = kept->csr[0] = '\0';
    step->out->save = step->out->erase_request = true;
    if (step->in->unusable) {
        give_up_next(step);
        return;
    }
    kept->has_next = true;
    client->ceiling = CREDENTIAL_BEST;
    client->rejections = client->failures = client->tries[TASK_RENEW] = 0;
    client->hold_ms[TASK_RENEW] = 0;
    client_say(step, "renewed certificate=%s until %s", kept->next_certificate_id,
               client_readable(kept->next_not_after, "?"));
    client_reconnect(step);
}

void client_promote(struct step *step)
{
    kept_promote(step->client->kept);
    step->client->credential = CREDENTIAL_CERTIFICATE;
    step->client->rolled_back_ms = 0;
    step->client->offered = false;
    /* whatever the new plan, or a clock that is wrong, says */
    step->client->hold_ms[TASK_RENEW] = step->in->now_ms + CLIENT_RENEW_MS;
    step->out->promote = step->out->save = true;
}

/* Each time twice as long, and half as much again at most. */
static int64_t rollback_wait(const struct step *step, long rollbacks)
{
    int64_t wait = HOUR_MS;
    while (rollbacks-- > 1 && wait < MOST_MS)
        wait *= 2;
    wait = wait < MOST_MS ? wait : MOST_MS;
    return client_bound_wait(step, wait + backoff_spread_ms(wait / 2, client_random32(step, RANDOM_WAIT)));
}

void client_roll_back(struct step *step)
{
    struct client *client = step->client;
    struct kept *kept = client->kept;
    char id[KEPT_CERTIFICATE_ID + 1];
    long rollbacks = strtol(kept->rollbacks, NULL, 10) % 1000 + 1;
    int64_t wait = rollback_wait(step, rollbacks);
    memcpy(id, kept->next_certificate_id, sizeof id);
    kept_forget_next(kept);
    snprintf(kept->rollbacks, sizeof kept->rollbacks, "%ld", rollbacks);
    if (step->wall_ms != 0)
        timestamp_format(step->wall_ms + wait, kept->renew_not_before);
    client->rolled_back_ms = step->in->now_ms;
    client->ceiling = CREDENTIAL_BEST;
    step->out->save = step->out->erase_next = true;
    if (client->options.goal == GOAL_RENEW)
        client_done(step, MUSTER_DEVICE_DENIED, "see why the broker refused it: musterctl certificate show",
                    "the renewed certificate was refused; the one before is in use again");
    else
        client_say(step, "the new certificate=%s was refused and is given up; again in %.0f s", id,
                   (double)wait / 1000);
}

void client_provision_instead(struct step *step)
{
    step->client->kept->csr[0] = '\0';
    step->client->task = TASK_PROVISION;
    client_ask(step);
}

void client_take_offer(struct step *step, const struct value *offer)
{
    struct client *client = step->client;
    const char *id = client_member(offer, "certificateId");
    bool ours = id == NULL || strcmp(id, client->kept->certificate_id) == 0;
    if (!ours || client->options.goal != GOAL_RUN || client->offered || !kept_is_provisioned(client->kept) ||
        client->credential != CREDENTIAL_CERTIFICATE)
        return;
    const char *reason = client_readable(client_member(offer, "reason"), "no reason");
    client->offered = true;
    if (strcmp(reason, "operator") == 0)
        client->rolled_back_ms = 0; /* someone who knows better */
    client_say(step, "the service asks for a renewal: %s", reason);
}
