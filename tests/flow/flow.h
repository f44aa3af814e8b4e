/*
 * The flow runner's parts. A trace is played through the real loop, core, operations and store; what lies outside of
 * them is played here: the queue hands out the trace's lines, the broker writes down what it is sent, the clock says
 * what the trace says.
 *
 *   case NAME                     a new world: an empty database, time 0, the service hears
 *   set KEY VALUE                 configuration, before anything else of the case
 *   tenant ID                     operator LABEL ROLE [TENANT]    csr LABEL KEYTYPE|tampered    text LABEL LENGTH
 *   key LABEL [uses=N] [tenant=T] [expires=SECONDS] [types=JSON] [replace]
 *   sql STATEMENT                 runs it                 ? VALUE SELECT ...   its first column must be VALUE
 *   set gated true                behind a gate: a message has a stamp when it says @by=HOW/CLIENT-ID/CONNECTION, as in
 *                                 @by=api/d1/7; @forged has one of another key
 *   > MS WHO [@by=...] [@response=T] [@correlation=C] [@retained] TOPIC [PAYLOAD]        a message
 *   & WHO ... TOPIC [PAYLOAD]     another message of the same batch
 *   > MS tick | hear | deaf | publisher-down | publisher-up | restart (kill -9) | restart-failing (a call of
 *        SQLite at a time) | commit-fails [N] | second-commit-fails [N] | wall +-MS |
 *        crl-works | crl-fails | crl-sleeps (no list is made, and nobody hears why: so it begins) |
 *        crl-length OCTETS (of the next lists, where no authority is real) |
 *        warning-days N (of certificates, for the next restart) | pool N | crowded | uncrowded | mute (nothing can be
 * sent) | unmute | new-seal-key < MS answer/CONNECTION/CLIENT-ID/TOPIC ...   what goes through the gate to one
 * connection < MS TOPIC [@correlation=C] [JSON]   what must come out: `"*"` any value, `"!"` no such member, `"$x"`
 * remembers < MS TOPIC empty              a message without a payload < MS sessions UUID check|close   what becomes of
 * a device's connections, in order among the answers sweep MS WHO TOPIC PAYLOAD    the message again and again, with
 * the 1st, 2nd, 3rd ... call of SQLite failing
 *
 * `$x` or `${x}` in topics, payloads and SQL stands for what was remembered as x. What comes out and is not expected
 * has failed.
 */
#ifndef MUSTER_TESTS_FLOW_H
#define MUSTER_TESTS_FLOW_H

#include "service/io/loop.h"
#include "topics/document.h"

#include <signal.h>
#include <sqlite3.h>

/* --- the world: what is under test (world.c) ------------------------------------------------------------------ */

struct world {
    struct core core;
    struct loop loop;
    struct broker broker;
    struct config config;
    void *presence_memory;
    uint32_t capacity; /* devices */
    unsigned sample;   /* every so manieth certificate is verified at the end; 0: all */
    sqlite3 *database; /* the store's own connection, for `sql` and `?` */
    char path[64];
    bool real_ca, gated;
    bool tampered; /* by `sql`: memory and store may differ until the next restart */
};
extern struct world *world;

void world_start(void);            /* opens what world->config says; the service hears */
void world_restart(void);          /* as after kill -9: what is not committed is gone, and it does not hear yet */
bool world_restart_failing(int n); /* the n-th step of SQLite fails; true when none did any more, and it runs */
void world_end(void);              /* looks at the certificates of a real authority, too */
long long world_query(const char *sql, char *text, size_t size); /* the first column of the first row */
bool world_sql(const char *sql);
void world_make_key(const char *label, const char *options);
void world_make_operator(const char *label, const char *role, const char *tenant);
void world_make_csr(const char *label, const char *type);

/* What must hold whenever the loop is at rest; writes the first thing that does not into `what`. */
bool world_is_sound(char *what, size_t size);

/* Whether every certificate (or world->sample) in the database of a world with a real authority is one that a broker
 * would take (verify.c); writes the first that is not into `what`. */
bool world_certificates_are_sound(char *what, size_t size);

/* --- the edge: what is played (edge.c) ------------------------------------------------------------------------ */

struct output {
    long long ms;
    char *topic, *payload, *correlation;
    bool matched;
};
struct edge {
    long long ms, wall_shift;
    struct output outputs[512];
    size_t output_count;
    int pool;                                      /* keys that lie ready; -1: always */
    bool mute;                                     /* MQTT takes nothing */
    enum { CRL_SLEEPS, CRL_WORKS, CRL_FAILS } crl; /* what becomes of the orders of revocation lists */
    size_t crl_length;                             /* of the lists that are played, at least */
    bool crowded;                                  /* the parking is said to be full */
    int failing_commits;                           /* the next ones fail */
    int good_commits;                              /* but not these before them */
    int fail_at, fail_result;   /* the n-th step of a statement fails with that, counted down; 0: none */
    int fail_times, fail_apart; /* and so many after it, each the so manieth since the one before */
    bool fail_leaves;           /* and the engine leaves the transaction by itself */
    bool failed;                /* it has happened */
    volatile sig_atomic_t stop;
};
extern struct edge edge;

#define EDGE_STAMP_KEY 77

void edge_reset(void);
void edge_random_start(unsigned seed);
void edge_random(void *out, size_t length);
void edge_put(enum queue_kind kind, int source, const struct mqtt_message *message);
void edge_forget_inbox(void);
void edge_kill_job(void); /* the revocation list that is being made */
void edge_forget_outputs(void);

/* Called by the loop when all is quiet: does the next thing of the trace, or sets edge.stop. */
extern void (*edge_on_quiet)(void);

/* Called before and after each commit of the store; may leave by longjmp, as kill -9 would. NULL: nobody is. */
extern void (*edge_on_commit)(bool done);

/* --- remembered values and comparison (match.c) --------------------------------------------------------------- */

void variables_forget(void);
void variable_set(const char *name, const char *value);
const char *variable_get(const char *name);

/* Writes `text` with every $name replaced; within JSON (`escape`) as the inside of a string. The caller frees it. */
char *variables_fill(const char *text, bool escape);

/* Whether `got` has all that `expected` has; then remembers its variables, else writes what differs. */
bool match_json(const char *expected, const char *got, char *what, size_t size);

/* --- traces (run_traces.c, acts.c, prepare.c, sweep.c)
 * --------------------------------------------------------------------------- */

struct line {
    int number;
    char *text;
};
void trace_check(bool passed, const char *format, ...) __attribute__((format(printf, 2, 3)));
char *trace_word(char **rest);                                 /* cuts the first word off */
const char *trace_after(const char *text, const char *prefix); /* what follows it; NULL when `text` begins otherwise */
void trace_send(const char *text);                             /* [@...] TOPIC [PAYLOAD] */
void trace_act(char *rest);                                    /* MS tick, or MS WHO ... TOPIC [PAYLOAD] */
bool trace_prepare(const char *text); /* key, operator, ?, ...; false when it is none of them */

/* One step of a sweep, called whenever all is quiet; false when this run of it is over. */
bool sweep_step(const char *line);

/* Begins the next run; false when the sweep is over: then nothing failed any more. */
bool sweep_next(void);
void sweep_start(void);

#endif
