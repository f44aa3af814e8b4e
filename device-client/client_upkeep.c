/* What an online device does beside heartbeats: it renews its certificate, replaces its API key, and says `connect`
 * once a day, so that what the answer to it tells reaches a device that never has to connect anew. */
#include "device-client/backoff.h"
#include "device-client/client_internal.h"

#include <string.h>

#define SECOND_MS INT64_C(1000)
#define MINUTE_MS (60 * SECOND_MS)
#define HOUR_MS   (60 * MINUTE_MS)
#define DAY_MS    (24 * HOUR_MS)

#define FIRST_WAIT_MS (30 * SECOND_MS)
#define LONG_WAIT_MS  HOUR_MS
#define LATE_WAIT_MS  (10 * MINUTE_MS) /* while less than LATE_PART of the certificate's life is left */
#define LATE_PART     20

bool client_wall_ms(const char *text, int64_t *wall_ms)
{
    return timestamp_parse(text, strlen(text), wall_ms);
}

/* The monotonic time of a kept one, now at the earliest; 0 when either is not known. */
static int64_t when(const struct step *step, const char *text)
{
    int64_t at = 0;
    if (step->wall_ms == 0 || !client_wall_ms(text, &at))
        return 0;
    int64_t left = at - step->wall_ms;
    return step->in->now_ms + (left > 0 ? left : 0);
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* A wait that a roll back left behind counts only as long as it can be: the clock may have been set since. */
static int64_t renewal_wait(const struct step *step)
{
    int64_t until = when(step, step->client->kept->renew_not_before);
    return until > step->in->now_ms + 2 * DAY_MS ? 0 : until;
}

static int64_t renewal_due(const struct step *step)
{
    const struct client *client = step->client;
    const struct kept *kept = client->kept;
    if (client->credential != CREDENTIAL_CERTIFICATE || kept_has_next(kept))
        return 0;
    if (client->offered) {
        int64_t again = client->offer_taken_ms != 0 ? client->offer_taken_ms + CLIENT_OFFER_MS : 0;
        int64_t calm = client->rolled_back_ms != 0 ? client->rolled_back_ms + HOUR_MS : 0;
        return later(step->in->now_ms, later(again, calm));
    }
    int64_t due = kept->renew_id[0] != '\0' ? step->in->now_ms : when(step, kept->renew_after);
    return due == 0 ? 0 : later(later(due, renewal_wait(step)), client->hold_ms[TASK_RENEW]);
}

static int64_t rotation_due(const struct step *step)
{
    const struct client *client = step->client;
    const struct kept *kept = client->kept;
    int64_t due = kept->rotate_id[0] != '\0' ? step->in->now_ms : when(step, kept->rotate_after);
    return due == 0 || kept->api_key[0] == '\0' ? 0 : later(due, client->hold_ms[TASK_ROTATE]);
}

static int64_t connect_due(const struct step *step)
{
    return step->client->connect_again_ms;
}

static const struct {
    enum task task;
    int64_t (*due)(const struct step *step); /* monotonic; 0: never */
} chores[] = {
    {TASK_RENEW, renewal_due},
    {TASK_ROTATE, rotation_due},
    {TASK_CONNECT, connect_due},
};

#define CHORE_COUNT (sizeof chores / sizeof *chores)

static bool is_free(const struct client *client)
{
    return client->online && client->task == TASK_NONE && client->options.goal == GOAL_RUN;
}

bool client_is_upkeep(const struct client *client)
{
    return client->online && client->options.goal == GOAL_RUN;
}

/* A provisioning over a connection that is online stands in for a renewal. */
static enum task chore_of(const struct client *client)
{
    return client->task == TASK_PROVISION ? TASK_RENEW : client->task;
}

bool client_upkeep(struct step *step)
{
    struct client *client = step->client;
    for (size_t i = 0; is_free(client) && i < CHORE_COUNT; i++) {
        int64_t due = chores[i].due(step);
        if (due == 0 || step->in->now_ms < due)
            continue;
        client->task = chores[i].task;
        client->request_id[0] = '\0';
        if (client->task == TASK_RENEW && client->offered) {
            client->offered = false;
            client->offer_taken_ms = step->in->now_ms;
        }
        client_ask(step);
        return true;
    }
    return false;
}

int64_t client_upkeep_ms(const struct step *step)
{
    int64_t first = 0;
    for (size_t i = 0; is_free(step->client) && i < CHORE_COUNT; i++) {
        int64_t due = chores[i].due(step);
        if (due != 0 && (first == 0 || due < first))
            first = due;
    }
    return first;
}

int64_t client_bound_wait(const struct step *step, int64_t wait_ms)
{
    const struct kept *kept = step->client->kept;
    int64_t begin = 0, end = 0;
    if (step->wall_ms == 0 || !client_wall_ms(kept->not_before, &begin) || !client_wall_ms(kept->not_after, &end))
        return wait_ms;
    int64_t until_late = end - (end - begin) / LATE_PART - step->wall_ms;
    int64_t most = later(until_late, LATE_WAIT_MS);
    return wait_ms < most ? wait_ms : most;
}

/* Between half of it and all. */
static int64_t grown(const struct step *step, int64_t first_ms, int64_t most_ms)
{
    unsigned tries = step->client->tries[chore_of(step->client)];
    int64_t wait = first_ms;
    while (tries-- > 0 && wait < most_ms)
        wait *= 2;
    wait = client_bound_wait(step, wait < most_ms ? wait : most_ms);
    return wait / 2 + backoff_spread_ms(wait / 2, client_random32(step, RANDOM_WAIT));
}

int64_t client_repeat_ms(const struct step *step)
{
    const struct client *client = step->client;
    bool patient = client_is_upkeep(client) && client->tries[chore_of(client)] > 0;
    return patient ? grown(step, 2 * CLIENT_REPEAT_MS, LONG_WAIT_MS) : CLIENT_REPEAT_MS;
}

void client_upkeep_failed(struct step *step, int64_t least_ms)
{
    struct client *client = step->client;
    enum task task = chore_of(client);
    int64_t wait = least_ms + grown(step, FIRST_WAIT_MS, LONG_WAIT_MS);
    client->hold_ms[task] = step->in->now_ms + wait;
    client->tries[task]++;
    client->task = TASK_NONE;
    client->next_ms = 0;
}
