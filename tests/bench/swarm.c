/*
 * Load for a broker, from raw sockets.
 *   swarm publish PORT LOGINS CONNECTIONS COUNT SECONDS   heartbeats at QoS 0: COUNT, or with 0 for SECONDS, then cut
 * off swarm connect PORT LOGINS CONNECTIONS COUNT           COUNT logins, CONNECTIONS at a time: CONNECT, CONNACK,
 * DISCONNECT swarm enrol PORT KEYFILE CONNECTIONS COUNT PREFIX     COUNT devices <PREFIX><number> register with a
 * provisioning key LOGINS has a line "<client id> <user name> <password>" each, "-" for none. Prints one line of JSON.
 */
#include "tests/wire/crowd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE    256
#define BLOCK   8000 /* octets of heartbeats that are written at once */
#define QUIET_S 60.0 /* without any progress the run is given up */

struct login {
    char client_id[LINE], username[LINE], password[LINE];
};

static struct swarm {
    struct login *logins;
    size_t login_count;
    char key[LINE];
    const char *prefix;
    size_t count, accepted, refused, sent, answered, rejected, lost;
    bool go;
    double until;
} swarm;

static bool read_logins(const char *path)
{
    FILE *file = fopen(path, "r");
    size_t room = 0;
    struct login login;
    while (file != NULL && fscanf(file, "%255s %255s %255s", login.client_id, login.username, login.password) == 3) {
        if (swarm.login_count == room) {
            room = 2 * room + 1024;
            struct login *grown = realloc(swarm.logins, room * sizeof *grown);
            if (grown == NULL)
                break;
            swarm.logins = grown;
        }
        swarm.logins[swarm.login_count++] = login;
    }
    if (file != NULL)
        fclose(file);
    return swarm.login_count > 0;
}

static const struct login *login_of(const struct member *member)
{
    return &swarm.logins[member->number % swarm.login_count];
}

static const char *unless_dash(const char *text)
{
    return strcmp(text, "-") != 0 ? text : NULL;
}

static void say_hello(struct crowd *crowd, struct member *member)
{
    const struct login *login = login_of(member);
    const struct wire_login wire = {4, login->client_id, unless_dash(login->username), unless_dash(login->password),
                                    300};
    (void)crowd;
    wire_connect(&member->out, &wire);
}

static void count_lost(struct crowd *crowd, struct member *member)
{
    (void)crowd;
    (void)member;
    swarm.lost++;
}

static void leave(struct member *member)
{
    wire_disconnect(&member->out);
    member->leaving = true;
}

/* --- publish ------------------------------------------------------------------------------------------------------ */

static void heard_publish(struct crowd *crowd, struct member *member, const struct wire_packet *packet)
{
    if (packet->type != WIRE_CONNACK)
        return;
    swarm.accepted += wire_accepted(packet);
    member->left = swarm.count / crowd->total + (member->number < swarm.count % crowd->total);
}

static void more_heartbeats(struct crowd *crowd, struct member *member)
{
    char topic[LINE + 32];
    (void)crowd;
    if (!swarm.go)
        return;
    bool endless = swarm.count == 0;
    if (!endless && member->left == 0) {
        leave(member);
        return;
    }
    snprintf(topic, sizeof topic, "muster/v1/device/%s/heartbeat", login_of(member)->client_id);
    while (member->out.length < BLOCK && (endless || member->left > 0)) {
        wire_publish(&member->out, 4, 0, topic, "", 0);
        member->left -= !endless;
        swarm.sent++;
    }
}

static const struct crowd_rules publish_rules = {say_hello, heard_publish, more_heartbeats, count_lost};

static bool run_publish(struct crowd *crowd, double seconds)
{
    double begun = crowd_clock();
    while (swarm.accepted < crowd->total)
        if (!crowd_turn(crowd, 100) || swarm.lost > 0 || crowd_clock() - begun > QUIET_S)
            return false;
    swarm.go = true;
    begun = crowd_clock();
    swarm.until = begun + seconds;
    crowd_wake(crowd);
    while (crowd_turn(crowd, 100) && (swarm.count > 0 || crowd_clock() < swarm.until))
        ;
    printf("{\"sent\":%zu,\"lost\":%zu,\"seconds\":%.3f}\n", swarm.sent, swarm.lost, crowd_clock() - begun);
    return swarm.lost == 0;
}

/* --- connect ------------------------------------------------------------------------------------------------------ */

static void heard_connect(struct crowd *crowd, struct member *member, const struct wire_packet *packet)
{
    (void)crowd;
    swarm.accepted += wire_accepted(packet);
    swarm.refused += !wire_accepted(packet);
    leave(member);
}

static const struct crowd_rules connect_rules = {say_hello, heard_connect, NULL, count_lost};

static bool run_connect(struct crowd *crowd)
{
    double begun = crowd_clock();
    while (crowd_turn(crowd, 100))
        ;
    printf("{\"accepted\":%zu,\"refused\":%zu,\"lost\":%zu,\"seconds\":%.3f}\n", swarm.accepted, swarm.refused,
           swarm.lost, crowd_clock() - begun);
    return swarm.accepted == crowd->total;
}

/* --- enrol -------------------------------------------------------------------------------------------------------- */

static void hello_enrol(struct crowd *crowd, struct member *member)
{
    char uuid[LINE], topic[2 * LINE];
    const struct wire_login login = {4, uuid, "provision", swarm.key, 300};
    (void)crowd;
    snprintf(uuid, sizeof uuid, "%.200s%zu", swarm.prefix, member->number);
    wire_connect(&member->out, &login);
    snprintf(topic, sizeof topic, "muster/v1/device/%s/register/+", uuid);
    wire_subscribe(&member->out, 4, 1, topic, 1);
    snprintf(topic, sizeof topic, "muster/v1/device/%s/register", uuid);
    wire_publish(&member->out, 4, 2, topic, "{\"requestId\":\"r\",\"deviceType\":\"sensor\"}", 1);
}

static void heard_enrol(struct crowd *crowd, struct member *member, const struct wire_packet *packet)
{
    static const char accepted[] = "/register/accepted";
    (void)crowd;
    if (packet->type == WIRE_CONNACK && !wire_accepted(packet))
        swarm.refused++;
    if (packet->type != WIRE_PUBLISH)
        return;
    size_t topic = packet->length > 2 ? (size_t)packet->body[0] << 8 | packet->body[1] : 0;
    bool good = topic >= sizeof accepted && topic + 2 <= packet->length &&
                memcmp(packet->body + 2 + topic - (sizeof accepted - 1), accepted, sizeof accepted - 1) == 0;
    swarm.answered += good;
    if (!good && swarm.rejected++ == 0)
        fprintf(stderr, "rejected: %.*s\n", (int)packet->length, (const char *)packet->body);
    leave(member);
}

static const struct crowd_rules enrol_rules = {hello_enrol, heard_enrol, NULL, count_lost};

static bool run_enrol(struct crowd *crowd)
{
    double begun = crowd_clock(), last = begun;
    for (size_t seen = 0; crowd_turn(crowd, 100); seen = swarm.answered) {
        last = swarm.answered != seen ? crowd_clock() : last;
        if (crowd_clock() - last > QUIET_S)
            break;
    }
    printf("{\"enrolled\":%zu,\"rejected\":%zu,\"refused\":%zu,\"lost\":%zu,\"seconds\":%.3f}\n", swarm.answered,
           swarm.rejected, swarm.refused, swarm.lost, crowd_clock() - begun);
    return swarm.answered == crowd->total;
}

static bool read_key(const char *path)
{
    FILE *file = fopen(path, "r");
    bool read = file != NULL && fscanf(file, "%255s", swarm.key) == 1;
    if (file != NULL)
        fclose(file);
    return read;
}

static bool run(struct crowd *crowd, const char *mode, const char *last)
{
    if (strcmp(mode, "publish") == 0) {
        swarm.count = crowd->total;
        crowd->total = crowd->count;
        crowd->rules = &publish_rules;
        return crowd_open(crowd) && run_publish(crowd, atof(last));
    }
    if (strcmp(mode, "connect") == 0) {
        crowd->rules = &connect_rules;
        return crowd_open(crowd) && run_connect(crowd);
    }
    crowd->rules = &enrol_rules;
    swarm.prefix = last;
    return crowd_open(crowd) && run_enrol(crowd);
}

int main(int count, char **words)
{
    if (count < 6) {
        fprintf(stderr, "usage: swarm publish|connect|enrol PORT FILE CONNECTIONS COUNT [SECONDS|PREFIX]\n");
        return 2;
    }
    bool enrols = strcmp(words[1], "enrol") == 0;
    if (!(enrols ? read_key(words[3]) : read_logins(words[3]))) {
        fprintf(stderr, "swarm: nothing to read in %s\n", words[3]);
        return 2;
    }
    struct crowd crowd = {.in_size = 4096,
                          .out_size = 2 * BLOCK,
                          .port = atoi(words[2]),
                          .count = (size_t)atol(words[4]),
                          .total = (size_t)atol(words[5])};
    bool done = run(&crowd, words[1], count > 6 ? words[6] : "");
    crowd_close(&crowd);
    free(swarm.logins);
    if (!done)
        fprintf(stderr, "swarm: accepted %zu, refused %zu, lost %zu\n", swarm.accepted, swarm.refused, swarm.lost);
    return done ? 0 : 1;
}
