/*
 * Certificates per second, stored, against bare arithmetic and bare rows, on one thread.
 *   issue_store FOLDER ROUNDS     databases are made in FOLDER, and removed; prints one line of JSON
 * Each round takes every way in turn for one group of GROUP certificates; a ratio is the median over the rounds of the
 * ratios within a round, as rates: ours by the null's.
 *   apart    ours, a group by itself: read, intents, commit; certificates, rows, commit
 *   overlap  ours, as the service under load: the certificates of one group and the intents of the next in one commit
 *   null     verify, sign, one row, one commit to the group
 *   bare, null_bare   the same without storing
 */
#include "tests/bench/authority.h"
#include "tests/bench/issue_null.h"
#include "tests/bench/issue_ours.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ROUNDS 5000 /* at most */

enum way { APART, OVERLAP, NULL_STORED, BARE, NULL_BARE, WAYS };

static const char *const names[WAYS] = {"apart", "overlap", "null", "bare", "null_bare"};
static const enum way against[WAYS] = {NULL_STORED, NULL_STORED, NULL_STORED, NULL_BARE, NULL_BARE};

static struct ca *ca;
static struct ours *ours[2]; /* APART, OVERLAP */
static struct null_issue *null;
static char paths[3][512];
static char requests[2][GROUP][CSR_PEM_MAX];
static struct certificate_row rows[GROUP]; /* that the service's way has made, for the null */
static char pems[GROUP][CERTIFICATE_PEM_MAX];
static double wall_us[WAYS][ROUNDS], cpu_us[WAYS][ROUNDS]; /* of a group */

static void require(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "issue_store: %s\n", what);
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        issue_database_remove(paths[i]);
    exit(1);
}

static double read_us(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static void set_up(const char *folder)
{
    static const char *const files[] = {"issue_apart.db", "issue_overlap.db", "issue_null.db"};
    char error[512] = "no memory";
    ca = authority_new(time(NULL), error, sizeof error);
    require(ca != NULL, error);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        snprintf(paths[i], sizeof paths[i], "%s/%s", folder, files[i]);
        require(issue_database(paths[i], error, sizeof error), error);
    }
    for (size_t i = 0; i < 2; i++)
        require((ours[i] = ours_new(paths[i], ca, error, sizeof error)) != NULL, error);
    require((null = null_issue_new(paths[2], error, sizeof error)) != NULL, error);
}

/* Each of a key of its own, which is dropped. */
static void make_requests(void)
{
    for (size_t i = 0; i < 2 * GROUP; i++) {
        struct key *key = key_new(KEY_EC_P256);
        require(key != NULL && csr_write(key, "device", requests[i / GROUP][i % GROUP], CSR_PEM_MAX), "no request");
        key_free(key);
    }
}

static bool go(enum way way, int64_t wall)
{
    bool ok = true;
    switch (way) {
    case APART:
        return ours_prepare(ours[APART], requests[0], wall) && ours_commit(ours[APART]) &&
               ours_issue(ours[APART], wall) && ours_commit(ours[APART]);
    case OVERLAP:
        return ours_issue(ours[OVERLAP], wall) && ours_prepare(ours[OVERLAP], requests[1], wall) &&
               ours_commit(ours[OVERLAP]);
    case NULL_STORED:
        return null_issue_group(null, rows, GROUP);
    case BARE:
        for (size_t i = 0; i < GROUP && ok; i++)
            ok = ours_bare(ours[APART], requests[0][i], wall);
        return ok;
    default:
        return null_issue_bare(null, GROUP);
    }
}

static void keep_rows(void)
{
    for (size_t i = 0; i < GROUP; i++) {
        rows[i] = ours_rows(ours[APART])[i];
        snprintf(pems[i], sizeof pems[i], "%s", rows[i].pem);
        rows[i].pem = pems[i];
    }
}

static int64_t wall_ms(void)
{
    return (int64_t)(read_us(CLOCK_REALTIME) / 1e3);
}

/* Whoever begins a round changes, so that nobody always runs behind the same neighbour. */
static void run(size_t round)
{
    make_requests();
    for (size_t k = 0; k < WAYS; k++) {
        enum way way = (enum way)((k + round) % WAYS);
        double wall = read_us(CLOCK_MONOTONIC), cpu = read_us(CLOCK_THREAD_CPUTIME_ID);
        require(go(way, wall_ms()), names[way]);
        cpu_us[way][round] = read_us(CLOCK_THREAD_CPUTIME_ID) - cpu;
        wall_us[way][round] = read_us(CLOCK_MONOTONIC) - wall;
    }
    keep_rows();
}

/* Round 0 again and again does not count: what is done for the first time, and a group for those that need one. */
static void warm_up(void)
{
    make_requests();
    require(go(APART, wall_ms()) && ours_prepare(ours[OVERLAP], requests[1], wall_ms()) && ours_commit(ours[OVERLAP]),
            "the first group");
    keep_rows();
    for (int i = 0; i < 5; i++)
        run(0);
}

static int by_size(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static double median(const double *values, size_t count)
{
    static double sorted[ROUNDS];
    memcpy(sorted, values, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, by_size);
    return sorted[count / 2];
}

static double median_ratio(const double ours_us[], const double null_us[], size_t count)
{
    static double ratios[ROUNDS];
    for (size_t i = 0; i < count; i++)
        ratios[i] = null_us[i] / ours_us[i];
    return median(ratios, count);
}

static void print(size_t rounds, const double before[ISSUE_PARTS])
{
    static const char *const parts[ISSUE_PARTS] = {"read", "intent", "issue", "rows", "commits"};
    printf("{\"rounds\":%zu,\"group\":%d", rounds, GROUP);
    for (size_t way = 0; way < WAYS; way++)
        printf(",\"%s\":{\"wall_us\":%.1f,\"cpu_us\":%.1f,\"ratio\":%.3f,\"cpu_ratio\":%.3f}", names[way],
               median(wall_us[way], rounds) / GROUP, median(cpu_us[way], rounds) / GROUP,
               median_ratio(wall_us[way], wall_us[against[way]], rounds),
               median_ratio(cpu_us[way], cpu_us[against[way]], rounds));
    printf(",\"parts\":{");
    for (size_t part = 0; part < ISSUE_PARTS; part++)
        printf("%s\"%s\":%.1f", part == 0 ? "" : ",", parts[part],
               (ours_parts(ours[APART])[part] - before[part]) / (double)(rounds * GROUP));
    printf("}}\n");
}

int main(int argc, char **argv)
{
    size_t rounds = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;
    if (rounds == 0 || rounds > ROUNDS) {
        fprintf(stderr, "usage: issue_store FOLDER ROUNDS\n");
        return 2;
    }
    set_up(argv[1]);
    warm_up();
    double before[ISSUE_PARTS];
    memcpy(before, ours_parts(ours[APART]), sizeof before);
    for (size_t round = 0; round < rounds; round++)
        run(round);
    print(rounds, before);
    ours_free(ours[APART]);
    ours_free(ours[OVERLAP]);
    null_issue_free(null);
    ca_free(ca);
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        issue_database_remove(paths[i]);
    return 0;
}
