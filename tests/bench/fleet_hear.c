#include "tests/bench/fleet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IN_SIZE (256 * 1024)
#define TURN_MS 1
#define STALL_S 20.0 /* so long after the last event no more are waited for */

static struct {
    const struct fleet *fleet;
    struct beats beats;
    unsigned char *seen; /* how often each device went offline */
    double *alone;       /* when a silent device sent its only heartbeat */
    double *late;        /* how long after its deadline each was told */
    double first, last;
    size_t told, twice, others, online, accepted, lost;
    bool subscribed;
} run;

static bool prepare(const struct fleet *fleet)
{
    size_t silent = fleet->every > 0 ? fleet->devices / fleet->every + 1 : 1;
    run.fleet = fleet;
    run.seen = calloc(fleet->devices, 1);
    run.alone = calloc(silent, sizeof *run.alone);
    run.late = calloc(silent, sizeof *run.late);
    return run.seen != NULL && run.alone != NULL && run.late != NULL;
}

static void release(void)
{
    free(run.seen);
    free(run.alone);
    free(run.late);
}

/* Member 0 listens; in `hear` there is no other one. */
static void hello(struct crowd *crowd, struct member *member)
{
    (void)crowd;
    fleet_hello(run.fleet, member);
    if (member->number == 0)
        wire_subscribe(&member->out, 4, 1, FLEET_EVENTS, 0);
}

static bool is_silent(uint64_t number)
{
    return number < run.fleet->devices && run.fleet->every > 0 && number % run.fleet->every == 0;
}

static void went_offline(uint64_t number)
{
    double now = crowd_clock();
    if (!is_silent(number)) {
        run.others++;
        return;
    }
    run.first = run.first > 0 ? run.first : now;
    run.last = now;
    run.twice += run.seen[number] > 0;
    if (run.seen[number]++ > 0)
        return;
    double alone = run.alone[number / run.fleet->every];
    run.late[run.told++] = now - alone - (double)run.fleet->threshold_ms / 1000;
}

static void heard(struct crowd *crowd, struct member *member, const struct wire_packet *packet)
{
    uint64_t number;
    bool offline;
    (void)crowd;
    (void)member;
    run.accepted += packet->type == WIRE_CONNACK && wire_accepted(packet);
    run.beats.pongs += packet->type == WIRE_PINGRESP;
    run.subscribed = run.subscribed || packet->type == WIRE_SUBACK;
    if (!fleet_change(packet, &number, &offline))
        return;
    if (offline)
        went_offline(number);
    else
        run.online++;
}

static void more(struct crowd *crowd, struct member *member)
{
    (void)crowd;
    if (member->number > 0)
        beats_more(&run.beats, member);
}

static void count_lost(struct crowd *crowd, struct member *member)
{
    (void)crowd;
    (void)member;
    run.lost++;
}

static const struct crowd_rules rules = {hello, heard, more, count_lost};

static bool open_all(struct crowd *crowd)
{
    double begun = crowd_clock();
    if (!crowd_open(crowd))
        return false;
    while (run.accepted < crowd->count || !run.subscribed)
        if (!crowd_turn(crowd, 100) || run.lost > 0 || crowd_clock() - begun > FLEET_QUIET)
            return false;
    puts("ready");
    fflush(stdout);
    return true;
}

/* Until all have gone, and then a while for who goes twice; or until nothing comes any more. */
static bool listen_on(struct crowd *crowd)
{
    const struct fleet *fleet = run.fleet;
    double begun = crowd_clock();
    while (crowd_turn(crowd, 20)) {
        double quiet = crowd_clock() - (run.last > 0 ? run.last : begun);
        double most = run.told == fleet->expected ? (double)fleet->quiet_ms / 1000
                      : run.last > 0              ? STALL_S
                                                  : fleet->seconds;
        if (quiet > most)
            return true;
    }
    return false;
}

bool fleet_hear(const struct fleet *fleet)
{
    struct crowd crowd = {.rules = &rules,
                          .port = (int)fleet->port,
                          .count = 1,
                          .total = 1,
                          .in_size = IN_SIZE,
                          .out_size = 2 * FLEET_BLOCK};
    bool done = prepare(fleet) && open_all(&crowd) && listen_on(&crowd);
    double seconds = run.last - run.first;
    printf("{\"devices\":%zu,\"twice\":%zu,\"others\":%zu,\"online\":%zu,\"seconds\":%.4f,\"per_second\":%.1f}\n",
           run.told, run.twice, run.others, run.online, seconds,
           seconds > 0 ? (double)(run.told + run.twice - 1) / seconds : 0);
    crowd_close(&crowd);
    release();
    return done;
}

/* --- steady ------------------------------------------------------------------------------------------------------- */

static void fell_silent(void *context, uint64_t number)
{
    (void)context;
    run.alone[number / run.fleet->every] = crowd_clock();
}

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static double percentile(double part)
{
    size_t at = (size_t)((double)run.told * part);
    return run.told > 0 ? run.late[at < run.told ? at : run.told - 1] : 0;
}

static bool keep_alive(struct crowd *crowd)
{
    beats_begin(&run.beats);
    while (run.beats.pongs < crowd->count - 1) {
        if (!crowd_turn(crowd, TURN_MS) || run.lost > 0)
            return false;
        beats_turn(&run.beats, crowd);
    }
    return true;
}

bool fleet_steady(const struct fleet *fleet)
{
    size_t members = fleet->connections + 1;
    struct crowd crowd = {.rules = &rules,
                          .port = (int)fleet->port,
                          .count = members,
                          .total = members,
                          .in_size = IN_SIZE,
                          .out_size = 2 * FLEET_BLOCK};
    beats_init(&run.beats, fleet);
    run.beats.silent = fell_silent;
    bool done = prepare(fleet) && open_all(&crowd) && keep_alive(&crowd);
    qsort(run.late, run.told, sizeof *run.late, compare);
    printf("{\"sent\":%zu,\"devices\":%zu,\"twice\":%zu,\"others\":%zu,\"least\":%.4f,\"p50\":%.4f,\"p99\":%.4f,"
           "\"most\":%.4f}\n",
           run.beats.sent, run.told, run.twice, run.others, percentile(0), percentile(0.5), percentile(0.99),
           percentile(1));
    crowd_close(&crowd);
    release();
    return done;
}
