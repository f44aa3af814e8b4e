#include "device-client/client.h"

#include "device-client/backoff.h"
#include "device-client/client_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void client_init(struct client *client, const struct client_options *options, struct kept *kept)
{
    *client = (struct client){.options = *options, .kept = kept, .ceiling = CREDENTIAL_BEST};
}

void client_say(struct step *step, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(step->out->line, sizeof step->out->line, format, arguments);
    va_end(arguments);
}

void client_done(struct step *step, enum muster_device_result result, const char *mend, const char *what)
{
    problem_set(&step->out->problem, result, mend, "%s", what);
    step->out->done = true;
    step->out->disconnect |= step->client->link != LINK_DOWN;
}

uint32_t client_random32(const struct step *step, int which)
{
    return (uint32_t)(step->in->random[which] >> 32);
}

void client_random_id(const struct step *step, char out[CLIENT_SESSION + 1])
{
    snprintf(out, CLIENT_SESSION + 1, "%016llx%016llx", (unsigned long long)step->in->random[RANDOM_ID],
             (unsigned long long)step->in->random[RANDOM_ID + 1]);
}

static enum task first_task(const struct client *client)
{
    static const enum task by_goal[] = {TASK_NONE, TASK_REGISTER, TASK_UPDATE, TASK_RESET, TASK_RENEW, TASK_ROTATE};
    static const enum task by_credential[] = {TASK_NONE, TASK_REGISTER, TASK_PROVISION, TASK_CONNECT, TASK_CONNECT};
    enum client_goal goal = client->options.goal;
    bool goes_on = goal == GOAL_RUN || (goal == GOAL_RENEW && client->credential == CREDENTIAL_NEXT);
    return goes_on ? by_credential[client->credential] : by_goal[goal];
}

/* What has to be done first, and in which folder: it may be another than was meant. */
static void end_early(struct step *step, const char *lacks, const char *first)
{
    const char *folder = step->client->options.folder != NULL ? step->client->options.folder : ".";
    char what[160], mend[200];
    snprintf(what, sizeof what, "the device in %.100s %s", folder, lacks);
    snprintf(mend, sizeof mend, "give another folder with --dir, or first: muster-device %s --dir %.100s", first,
             folder);
    client_done(step, MUSTER_DEVICE_NOT_FOUND, mend, what);
}

static void on_start(struct step *step)
{
    struct client *client = step->client;
    enum client_goal goal = client->options.goal;
    bool own = client->kept->api_key[0] != '\0' || kept_is_provisioned(client->kept);
    if (goal != GOAL_RUN)
        client->deadline_ms = step->in->now_ms + client->options.timeout_ms;
    if (goal == GOAL_REGISTER && own)
        client_done(step, MUSTER_DEVICE_OK, NULL, "registered already");
    else if (goal != GOAL_RUN && goal != GOAL_REGISTER && !own)
        end_early(step, "is not registered", "register");
    else if (goal == GOAL_RENEW && !client_has_certificate(step))
        end_early(step, "has no certificate that is still valid", "run");
    else if (goal == GOAL_ROTATE && client->kept->api_key[0] == '\0')
        end_early(step, "has no API key", "register");
    else
        client_connect(step);
    if (goal == GOAL_RUN && !step->out->done)
        client_say(step, "device uuid=%s connects with %s", client->kept->uuid,
                   client_credential_name(client->credential));
}

static void on_up(struct step *step)
{
    struct client *client = step->client;
    if (client->link != LINK_CONNECTING)
        return;
    enum client_goal goal = client->options.goal;
    client->link = LINK_UP;
    client->next_ms = 0;
    if (client_ends_doubt(step))
        return;
    client->refusals = 0;
    client->task = first_task(client);
    client->request_id[0] = '\0';
    /* a lesser credential works where the new certificate did not; of `update` alone the folder is another's */
    if (client->credential == CREDENTIAL_CERTIFICATE && kept_has_next(client->kept) && goal != GOAL_UPDATE)
        client_roll_back(step);
    if (!step->out->done)
        client_ask(step);
}

/* A reset closes the session and kills the credentials, also when its answer was lost on the way. */
static bool reset_went_through(const struct step *step)
{
    const struct client *client = step->client;
    return step->in->refused && client->options.goal == GOAL_RESET && client->kept->reset_id[0] != '\0';
}

static void give_up(struct step *step)
{
    static const char reach_mend[] = "check --broker, the ports and --cafile, and that the broker runs";
    static const char refuse_mend[] = "check the key; when an operator reset or blocked the device, ask for a new key";
    bool refused = step->in->refused;
    char what[256];
    snprintf(what, sizeof what, refused ? "the broker refused %s (%s)" : "no connection with %s: %s",
             client_credential_name(step->client->credential), step->in->reason);
    client_done(step, refused ? MUSTER_DEVICE_DENIED : MUSTER_DEVICE_UNREACHABLE, refused ? refuse_mend : reach_mend,
                what);
    if (step->in->untrusted)
        client_clock_mend(step, "call again");
}

static void on_down(struct step *step)
{
    struct client *client = step->client;
    bool was_up = client->link == LINK_UP;
    if (client->link == LINK_DOWN)
        return;
    client->link = LINK_DOWN;
    if (reset_went_through(step)) {
        kept_forget(client->kept);
        step->out->save = step->out->forget_files = true;
        client_done(step, MUSTER_DEVICE_OK, NULL, "reset: the service has forgotten the credentials");
    } else if (client->options.goal != GOAL_RUN && !was_up && client->credential != CREDENTIAL_NEXT) {
        give_up(step);
    } else {
        client->refusals += step->in->refused;
        client_connect_later(step, backoff_ms(client->failures++, client_random32(step, RANDOM_WAIT)));
        if (client->refusals >= CLIENT_REFUSALS)
            client_retreat(step);
        else if (!was_up && (!step->in->refused || client->doubted != CREDENTIAL_NONE))
            client_doubt(step);
        const char *what = was_up ? "connection lost" : step->in->refused ? "login refused" : "no connection";
        client_say(step, "%s (%s with %s), again in %.1f s", what, step->in->reason,
                   client_credential_name(client->credential), (double)(client->next_ms - step->in->now_ms) / 1000);
        if (step->in->untrusted)
            client_clock_mend(step, "it connects by itself");
    }
}

/* Paho 1.3.12 now and then tells nobody how an attempt over TLS has ended. */
static void on_no_outcome(struct step *step)
{
    const struct client_input *in = step->in;
    struct client_input down = {
        .event = CLIENT_DOWN, .now_ms = in->now_ms, .wall_ms = in->wall_ms, .reason = "the attempt had no outcome"};
    memcpy(down.random, in->random, sizeof down.random);
    step->in = &down;
    on_down(step);
    step->in = in;
}

/* All ids but that of `update` outlive the process (docs/protocol.md, section 3). */
static const char *timeout_mend(enum client_goal goal)
{
    return goal == GOAL_UPDATE
               ? "see that the service runs, and call again: a change that was made already does no harm"
               : "call again: it is the same request; see that the service runs";
}

static void on_tick(struct step *step)
{
    struct client *client = step->client;
    int64_t now = step->in->now_ms;
    bool due = client->next_ms != 0 && now >= client->next_ms;
    if (client->deadline_ms != 0 && now >= client->deadline_ms) {
        client_done(step, MUSTER_DEVICE_TIMED_OUT, timeout_mend(client->options.goal), "no final answer in time");
    } else if (client->link == LINK_DOWN) {
        if (due)
            client_connect(step);
    } else if (client->link == LINK_CONNECTING && due) {
        on_no_outcome(step);
    } else if (client->link == LINK_UP && client->task != TASK_NONE && due) {
        client->tries[client->task] += client_is_upkeep(client);
        client_ask(step);
    } else if (client_upkeep(step)) {
        return;
    } else if (client->link == LINK_UP && client->heartbeat_ms != 0 && now >= client->heartbeat_ms) {
        client_beat(step);
    }
}

static void on_key_made(struct step *step)
{
    struct client *client = step->client;
    bool wanted = client->task == TASK_PROVISION || client->task == TASK_RENEW;
    if (client->link == LINK_UP && wanted && client->kept->csr[0] != '\0')
        client_ask(step);
    else
        client->next_ms = step->in->now_ms + BACKOFF_CAP_MS;
}

static void on_stop(struct step *step)
{
    struct client *client = step->client;
    bool run = client->options.goal == GOAL_RUN;
    if (client->link == LINK_UP && client->session[0] != '\0')
        client_goodbye(step);
    client_done(step, run ? MUSTER_DEVICE_OK : MUSTER_DEVICE_FAILED, NULL, run ? "stopped" : "interrupted");
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a == 0 || (b != 0 && b < a) ? b : a;
}

void client_step(struct client *client, const struct client_input *input, struct client_effects *effects)
{
    static void (*const handlers[CLIENT_EVENTS])(struct step *) = {[CLIENT_START] = on_start,
                                                                   [CLIENT_TICK] = on_tick,
                                                                   [CLIENT_UP] = on_up,
                                                                   [CLIENT_DOWN] = on_down,
                                                                   [CLIENT_STOP] = on_stop,
                                                                   [CLIENT_MESSAGE] = client_take_message,
                                                                   [CLIENT_KEY_MADE] = on_key_made,
                                                                   [CLIENT_NEXT_KEPT] = client_next_kept};
    struct step step = {client, input, effects, 0};
    memset(effects, 0, sizeof *effects);
    client_read_clock(&step);
    handlers[input->event](&step);
    effects->wake_ms =
        earlier(earlier(client->next_ms, client->heartbeat_ms), earlier(client->deadline_ms, client_upkeep_ms(&step)));
}
