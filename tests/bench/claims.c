/*
 * Devices that enrol in open mode, many at a time over few connections: each request has a uuid of its own, and counts
 * when its answer is there.
 *   claims WORD=VALUE...
 *     what=csr|key|register  `provision` with a CSR, `provision` with a key of the service's (keyType=), `register`
 *     port= key=FILE         the broker's port; the provisioning key
 *     connections= depth=    how many, and how many requests each has out at a time
 *     count= seconds= rate=  so many requests in all; or for so long (what is out then is left); so many per second
 *     name=                  a part of the uuids: another one for each run over a database
 *     csrs=FILE first=       a CSR on each line (tool csrs), used from this line on
 * Prints one line of JSON; times are from the request to its answer.
 */
#include "tests/wire/crowd.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE     256
#define CSR_LINE 1024
#define PREFIX   "muster/v1/device/"
#define ROOM     65536 /* octets that one connection may say, and hear, at a time */
#define QUIET_S  60.0  /* without any progress the run is given up */
#define MOST     2000000

static struct claims {
    const char *what, *key_type, *name;
    char key[LINE];
    size_t connections, depth, count;
    double seconds, rate;
    char (*csrs)[CSR_LINE];
    size_t connected, begun, accepted, rejected, lost;
    double *asked; /* when; then how long it took */
    bool go;
    double start, end;
} claims;

/* --- what is said ------------------------------------------------------------------------------------------------- */

/* Scattered over the whole index, as uuids are (splitmix64). */
static void write_uuid(size_t number, char out[LINE])
{
    uint64_t mixed = (number + 1) * 0x9e3779b97f4a7c15U;
    mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9U;
    mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111ebU;
    snprintf(out, LINE, "%016llx-%.60s-%zu", (unsigned long long)(mixed ^ mixed >> 31), claims.name, number);
}

static const char *operation(void)
{
    return strcmp(claims.what, "register") == 0 ? "register" : "provision";
}

static void write_payload(size_t number, char *out, size_t size)
{
    char own[CSR_LINE + 32] = "";
    if (strcmp(claims.what, "csr") == 0)
        snprintf(own, sizeof own, ",\"csr\":\"%s\"", claims.csrs[number]);
    else if (strcmp(claims.what, "key") == 0)
        snprintf(own, sizeof own, ",\"keyType\":\"%s\"", claims.key_type);
    snprintf(out, size, "{\"requestId\":\"claim-1\",\"provisioningKey\":\"%s\",\"deviceType\":\"sensor\"%s}",
             claims.key, own);
}

/* UNSUBSCRIBE, at an id that stands for nothing. */
static void forget_answers(struct wire *out, const char *filter)
{
    size_t start = out->length;
    wire_octet(out, 0);
    wire_octet(out, 3);
    wire_text(out, filter);
    wire_close(out, start, WIRE_UNSUBSCRIBE << 4 | 2);
}

static void claim(struct member *member, size_t number)
{
    char uuid[LINE], topic[2 * LINE], payload[2 * CSR_LINE];
    write_uuid(number, uuid);
    snprintf(topic, sizeof topic, PREFIX "%s/%s/+", uuid, operation());
    wire_subscribe(&member->out, 4, 1, topic, 1);
    topic[strlen(topic) - 2] = '\0';
    write_payload(number, payload, sizeof payload);
    wire_publish(&member->out, 4, 2, topic, payload, 1);
    claims.asked[number] = crowd_clock();
    member->left++;
}

static bool over(void)
{
    return claims.begun == claims.count || (claims.seconds > 0 && crowd_clock() >= claims.start + claims.seconds);
}

static bool due(void)
{
    return claims.rate <= 0 || (double)claims.begun <= (crowd_clock() - claims.start) * claims.rate;
}

/* `left` counts what is out. */
static void more_claims(struct crowd *crowd, struct member *member)
{
    (void)crowd;
    while (claims.go && member->left < claims.depth && !over() && due())
        claim(member, claims.begun++);
    if (claims.go && over() && (member->left == 0 || claims.seconds > 0) && !member->leaving) {
        wire_disconnect(&member->out);
        member->leaving = true;
    }
}

/* --- what is heard ------------------------------------------------------------------------------------------------ */

static void hello(struct crowd *crowd, struct member *member)
{
    char client_id[LINE];
    const struct wire_login login = {4, client_id, NULL, NULL, 300};
    (void)crowd;
    snprintf(client_id, sizeof client_id, "claims-%.60s-%zu", claims.name, member->number);
    wire_connect(&member->out, &login);
}

static void acknowledge(struct member *member, const unsigned char *id)
{
    wire_octet(&member->out, WIRE_PUBACK << 4);
    wire_octet(&member->out, 2);
    wire_octets(&member->out, id, 2);
}

static void heard_answer(struct member *member, const struct wire_packet *packet)
{
    size_t length = packet->length > 4 ? (size_t)packet->body[0] << 8 | packet->body[1] : 0;
    char topic[2 * LINE] = "";
    if (length == 0 || length >= sizeof topic || length + 4 > packet->length)
        return;
    memcpy(topic, packet->body + 2, length);
    if ((packet->flags & 6) != 0)
        acknowledge(member, packet->body + 2 + length);
    char *verdict = strrchr(topic, '/');
    bool accepted = strcmp(verdict, "/accepted") == 0;
    strcpy(verdict, "/+");
    forget_answers(&member->out, topic);
    *strchr(topic + strlen(PREFIX), '/') = '\0';
    size_t number = (size_t)atol(strrchr(topic, '-') + 1);
    claims.asked[number] = accepted ? crowd_clock() - claims.asked[number] : 0;
    claims.accepted += accepted;
    if (!accepted && claims.rejected++ == 0)
        fprintf(stderr, "rejected: %.*s\n", (int)(packet->length - length - 4),
                (const char *)packet->body + length + 4);
    member->left--;
    claims.end = crowd_clock();
}

static void heard(struct crowd *crowd, struct member *member, const struct wire_packet *packet)
{
    if (packet->type == WIRE_CONNACK)
        claims.connected += wire_accepted(packet);
    if (packet->type != WIRE_PUBLISH || member->leaving)
        return;
    heard_answer(member, packet);
    more_claims(crowd, member);
}

static void lost(struct crowd *crowd, struct member *member)
{
    (void)crowd;
    (void)member;
    claims.lost++;
}

/* --- the run ------------------------------------------------------------------------------------------------------ */

static int by_size(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

/* Milliseconds; the times of what was accepted are the highest ones once the others are zero. */
static double percentile(double part)
{
    size_t place = (size_t)((double)claims.accepted * part);
    place = place < claims.accepted ? place : claims.accepted - 1;
    return claims.accepted > 0 ? claims.asked[claims.begun - claims.accepted + place] * 1000 : 0;
}

static void print(void)
{
    double seconds = claims.seconds > 0 ? claims.seconds : claims.end - claims.start;
    for (size_t i = 0; i < claims.begun; i++)
        if (claims.asked[i] >= claims.start) /* never answered */
            claims.asked[i] = 0;
    qsort(claims.asked, claims.begun, sizeof *claims.asked, by_size);
    printf("{\"asked\":%zu,\"accepted\":%zu,\"rejected\":%zu,\"seconds\":%.3f,\"per_second\":%.2f,"
           "\"p50_ms\":%.2f,\"p99_ms\":%.2f,\"worst_ms\":%.2f}\n",
           claims.begun, claims.accepted, claims.rejected, seconds, (double)claims.accepted / seconds, percentile(0.5),
           percentile(0.99), percentile(1));
}

static bool run(struct crowd *crowd)
{
    double last = crowd_clock();
    while (claims.connected < crowd->total)
        if (!crowd_turn(crowd, 100) || claims.lost > 0 || crowd_clock() - last > QUIET_S)
            return false;
    claims.go = true;
    claims.start = claims.end = crowd_clock();
    crowd_wake(crowd);
    while (crowd_turn(crowd, claims.rate > 0 || claims.seconds > 0 ? 1 : 100)) {
        if (claims.rate > 0 || claims.seconds > 0)
            crowd_wake(crowd);
        if (claims.lost > 0 || crowd_clock() - claims.end > QUIET_S)
            return false;
    }
    return true;
}

static bool read_line(const char *path, char *out)
{
    FILE *file = fopen(path, "r");
    bool read = file != NULL && fscanf(file, "%255s", out) == 1;
    if (file != NULL)
        fclose(file);
    return read;
}

static bool read_csrs(const char *path, size_t first)
{
    FILE *file = fopen(path, "r");
    size_t count = 0;
    claims.csrs = calloc(claims.count, sizeof *claims.csrs);
    while (file != NULL && claims.csrs != NULL && count < claims.count &&
           fscanf(file, "%1023[^\n]\n", claims.csrs[count]) == 1)
        if (first > 0)
            first--;
        else
            count++;
    if (file != NULL)
        fclose(file);
    return count == claims.count;
}

static const char *word(int count, char **words, const char *name, const char *otherwise)
{
    size_t length = strlen(name);
    for (int i = 1; i < count; i++)
        if (strncmp(words[i], name, length) == 0 && words[i][length] == '=')
            return words[i] + length + 1;
    return otherwise;
}

static bool read_words(int count, char **words)
{
    claims.what = word(count, words, "what", "csr");
    claims.key_type = word(count, words, "keyType", "rsa:2048");
    claims.name = word(count, words, "name", "a");
    claims.connections = (size_t)atol(word(count, words, "connections", "64"));
    claims.depth = (size_t)atol(word(count, words, "depth", "4"));
    claims.seconds = atof(word(count, words, "seconds", "0"));
    claims.rate = atof(word(count, words, "rate", "0"));
    claims.count = (size_t)atol(word(count, words, "count", "1000"));
    claims.asked = claims.count <= MOST ? calloc(claims.count + 1, sizeof *claims.asked) : NULL;
    bool csr = strcmp(claims.what, "csr") == 0;
    return claims.asked != NULL && read_line(word(count, words, "key", ""), claims.key) &&
           (!csr || read_csrs(word(count, words, "csrs", ""), (size_t)atol(word(count, words, "first", "0"))));
}

int main(int count, char **words)
{
    if (!read_words(count, words)) {
        fputs("claims: no key, or not so many CSRs; the head of claims.c has the words\n", stderr);
        return 2;
    }
    struct crowd crowd = {.rules = &(const struct crowd_rules){hello, heard, more_claims, lost},
                          .in_size = ROOM,
                          .out_size = ROOM,
                          .port = atoi(word(count, words, "port", "1883")),
                          .count = claims.connections,
                          .total = claims.connections};
    bool done = crowd_open(&crowd) && run(&crowd);
    print();
    crowd_close(&crowd);
    free(claims.csrs);
    free(claims.asked);
    if (!done)
        fprintf(stderr, "claims: %zu connected, %zu lost\n", claims.connected, claims.lost);
    return done ? 0 : 1;
}
