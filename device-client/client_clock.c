/* What time it is. A device without a battery begins in 1970, and a battery may hold any year. So the clock counts only
 * when it can be right, and less than what the service says; when neither is to be had, the time is not known, and
 * nothing is due or over by it. */
#include "device-client/client_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY_MS (86400 * INT64_C(1000)) /* a clock that is wrong by less does no harm */

static bool is_before(int64_t clock_ms, const char *kept_time)
{
    int64_t at = 0;
    return client_wall_ms(kept_time, &at) && clock_ms + DAY_MS < at;
}

/* Time does not go back behind what the folder knows. */
static bool can_be_right(const struct step *step)
{
    const struct client *client = step->client;
    int64_t clock_ms = step->in->wall_ms;
    return clock_ms + DAY_MS >= client->options.earliest_ms && !is_before(clock_ms, client->kept->not_before) &&
           !is_before(clock_ms, client->kept->server_time);
}

void client_read_clock(struct step *step)
{
    int64_t clock_ms = step->in->wall_ms, epoch_ms = step->client->service_epoch_ms;
    int64_t service_ms = epoch_ms != 0 ? epoch_ms + step->in->now_ms : 0;
    bool agrees = service_ms != 0 ? llabs(clock_ms - service_ms) <= DAY_MS : can_be_right(step);
    step->wall_ms = agrees ? clock_ms : service_ms;
}

bool client_clock_is_right(const struct step *step)
{
    return step->wall_ms == step->in->wall_ms;
}

/* Written once a day at the most: flash wears. An earlier time takes the place of a later one, too, for the service's
 * clock may have been wrong. */
void client_take_server_time(struct step *step, const char *text)
{
    struct kept *kept = step->client->kept;
    char server_time[TIMESTAMP_SIZE];
    int64_t server_ms = 0, known_ms = 0;
    client_take_time(server_time, text);
    if (!client_wall_ms(server_time, &server_ms))
        return;
    step->client->service_epoch_ms = server_ms - step->in->now_ms;
    client_read_clock(step);
    if (client_wall_ms(kept->server_time, &known_ms) && llabs(server_ms - known_ms) < DAY_MS)
        return;
    memcpy(kept->server_time, server_time, sizeof server_time);
    step->out->save = true;
}

/* Without this a clock that is years ahead would see each new certificate as expired. */
void client_take_validity(struct step *step, const char *not_before, const char *not_after)
{
    int64_t begin_ms = 0, end_ms = 0;
    if (!client_wall_ms(not_before, &begin_ms) || !client_wall_ms(not_after, &end_ms) ||
        (!is_before(step->wall_ms, not_before) && step->wall_ms < end_ms))
        return;
    step->client->service_epoch_ms = begin_ms - step->in->now_ms;
    client_read_clock(step);
}

/* OpenSSL's error does not say whether it was for the dates that a certificate was not accepted. */
void client_clock_mend(struct step *step, const char *then)
{
    struct problem *problem = &step->out->problem;
    char says[TIMESTAMP_SIZE];
    timestamp_format(step->in->wall_ms, says);
    says[strcspn(says, ".")] = '\0'; /* no milliseconds */
    if (client_clock_is_right(step))
        snprintf(
            problem->mend, sizeof problem->mend,
            "check --cafile and the broker's certificate; this device's clock says %sZ: when that is wrong, set it "
            "(NTP, RTC)",
            says);
    else
        snprintf(problem->mend, sizeof problem->mend, "this device's clock says %sZ: set it (NTP, RTC)%s%s", says,
                 then[0] != '\0' ? ", then " : "", then);
}
