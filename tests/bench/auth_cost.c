/*
 * What a login costs in the gate itself: auth.c and lookup.c against a small and a large database, while another
 * process commits to both as the service does. auth_cost FOLDER SMALL LARGE ROUNDS Each round asks both databases in
 * turn, LOGINS logins of each kind; a figure is the median over the rounds of a login's mean wall-clock time. Prints
 * one line of JSON: microseconds by kind and database.
 */
#include "service/gate/auth.h"
#include "tests/bench/fill.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LOGINS    200
#define COMMIT_MS 10 /* between two commits of the service */
#define KINDS     3
#define BASES     2
#define ROUNDS    1000 /* at most */

struct base {
    char path[512];
    struct filled *devices;
    size_t count, filled;
    struct lookup *lookup;
    struct credential provisioning;
};

static struct base bases[BASES];
static double figures[KINDS][BASES][ROUNDS];
static uint64_t state = 88172645463325252U; /* xorshift: the same devices in each run */

static uint64_t draw(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static double now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static void keep(const struct filled *device, void *context)
{
    struct base *base = context;
    base->devices[base->filled++] = *device;
}

static bool add_key(struct base *base, char *error, size_t size)
{
    unsigned char random[SECRET_RAW + 8] = "a provisioning key of this bench only .";
    struct key_row row = {.tenant = "default", .uses = 1, .expires_at = INT64_MAX};
    struct store *store = store_new(base->path, error, size);
    if (store == NULL)
        return false;
    secret_make(SECRET_PROVISIONING, random, &base->provisioning);
    memcpy(row.id, base->provisioning.id, sizeof row.id);
    memcpy(row.hash, base->provisioning.hash, sizeof row.hash);
    store_event_begin(store);
    enum status status = store_event_finish(store, store_key_insert(store, &row));
    status = status == ST_OK ? store_commit(store) : status;
    store_free(store);
    return status == ST_OK;
}

static bool make_base(struct base *base, const char *folder, size_t count)
{
    char error[300] = "no memory";
    base->count = count;
    base->devices = calloc(count, sizeof *base->devices);
    snprintf(base->path, sizeof base->path, "%s/cost-%zu.db", folder, count);
    base->lookup = lookup_new(base->path);
    struct fill plan = {.path = base->path, .count = count, .prefix = "cost", .each = keep, .context = base};
    if (base->devices != NULL && base->lookup != NULL && fill(&plan, error, sizeof error) &&
        add_key(base, error, sizeof error))
        return true;
    fprintf(stderr, "auth_cost: %s\n", error);
    return false;
}

/* What the service does all day: the presence of some device, committed. Ends with its parent. */
static void write_for_ever(void)
{
    struct store *stores[BASES];
    char error[300];
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (int i = 0; i < BASES; i++)
        if ((stores[i] = store_new(bases[i].path, error, sizeof error)) == NULL)
            _exit(1);
    for (uint64_t n = 1;; n++) {
        for (size_t i = 0; i < BASES; i++) {
            store_event_begin(stores[i]);
            store_event_finish(stores[i],
                               store_presence_seen(stores[i], (int64_t)(draw() % bases[i].count) + 1, (int64_t)n));
            store_commit(stores[i]);
        }
        nanosleep(&(struct timespec){0, COMMIT_MS * 1000000}, NULL);
    }
}

/* kind 0: API key, 1: provisioning key, 2: certificate. */
static enum refusal log_in(const struct base *base, int kind, const struct filled *device)
{
    static const struct auth_options options;
    struct identity who;
    struct peer peer;
    struct login login = {.client_id = device->uuid, .address = "10.0.0.1", .keepalive = 60, .now = time(NULL)};
    if (kind == 2) {
        memcpy(peer.certificate_id, device->certificate_id, sizeof peer.certificate_id);
        memcpy(peer.fingerprint, device->fingerprint, sizeof peer.fingerprint);
        login.peer = &peer;
    } else {
        login.username = kind == 0 ? device->uuid : "provision";
        login.password = kind == 0 ? device->key.text : base->provisioning.text;
    }
    return auth_login(base->lookup, &options, &login, &who);
}

static bool run_round(size_t round)
{
    for (int kind = 0; kind < KINDS; kind++)
        for (size_t b = 0; b < BASES; b++) {
            const struct base *base = &bases[(b + round) % BASES];
            double begun = now_us();
            for (int i = 0; i < LOGINS; i++) {
                enum refusal refusal = log_in(base, kind, &base->devices[draw() % base->count]);
                if (refusal != REFUSE_NOT) {
                    fprintf(stderr, "auth_cost: kind %d: %s: %s\n", kind, refusal_word(refusal),
                            lookup_error(base->lookup));
                    return false;
                }
            }
            figures[kind][(b + round) % BASES][round] = (now_us() - begun) / LOGINS;
            nanosleep(&(struct timespec){0, 1000000}, NULL);
        }
    return true;
}

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static void print(size_t rounds)
{
    static const char *const kinds[KINDS] = {"api_key", "provisioning_key", "certificate"};
    const char *comma = "{";
    for (int kind = 0; kind < KINDS; kind++)
        for (size_t b = 0; b < BASES; b++) {
            qsort(figures[kind][b], rounds, sizeof(double), compare);
            printf("%s\"%s_%s\":%.3f,\"%s_%s_p90\":%.3f", comma, kinds[kind], b == 0 ? "small" : "large",
                   figures[kind][b][rounds / 2], kinds[kind], b == 0 ? "small" : "large",
                   figures[kind][b][rounds * 9 / 10]);
            comma = ",";
        }
    puts("}");
}

int main(int count, char **words)
{
    size_t rounds = count == 5 ? (size_t)atol(words[4]) : 0;
    if (rounds == 0 || rounds > ROUNDS)
        return 2;
    bool done = make_base(&bases[0], words[1], (size_t)atol(words[2])) &&
                make_base(&bases[1], words[1], (size_t)atol(words[3]));
    pid_t writer = done ? fork() : -1;
    if (writer == 0)
        write_for_ever();
    nanosleep(&(struct timespec){0, 300000000}, NULL);
    for (size_t round = 0; done && round < rounds; round++)
        done = run_round(round);
    if (writer > 0) {
        done = waitpid(writer, NULL, WNOHANG) == 0 && done; /* it has written all the time */
        kill(writer, SIGKILL);
        waitpid(writer, NULL, 0);
    }
    if (done)
        print(rounds);
    return done ? 0 : 1;
}
