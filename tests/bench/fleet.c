/*
 * A fleet of devices (fleet_id.h) over a few raw connections, which log in as the service does; or a subscriber.
 *   fleet MODE port=N key=FILE NAME=VALUE...
 * beat    heartbeats at QoS 0 of devices=N over connections=K, rate=R per second (0: as fast as the broker takes them)
 *         for seconds=S or until count=N; payload=TEXT; every=N: each N-th device is silent; marker=N: this device and
 *         the next ones are offline, and between the others one of theirs beats now and then: its event says that all
 *         before it is done. No more is under way than the broker keeps
 * hear    counts the devices that go offline: expected=N, and how many twice; ends quiet_ms=N after the last one
 * steady  both: each N-th device beats once only and must go offline threshold_ms=N later, and no other one
 * Prints one line of JSON.
 */
#include "tests/bench/fleet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool read_key(const char *path, char *key)
{
    FILE *file = fopen(path, "r");
    bool read = file != NULL && fscanf(file, "%255s", key) == 1;
    if (file != NULL)
        fclose(file);
    return read;
}

static bool set(struct fleet *fleet, const char *word)
{
    const struct {
        const char *name;
        size_t *at;
    } sizes[] = {{"devices", &fleet->devices},
                 {"connections", &fleet->connections},
                 {"every", &fleet->every},
                 {"count", &fleet->count},
                 {"expected", &fleet->expected}};
    const struct {
        const char *name;
        long *at;
    } longs[] = {{"quiet_ms", &fleet->quiet_ms}, {"threshold_ms", &fleet->threshold_ms}, {"marker", &fleet->marker}};
    const char *value = strchr(word, '=');
    size_t length = value != NULL ? (size_t)(value - word) : 0;
    if (value++ == NULL)
        return false;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        if (strlen(sizes[i].name) == length && memcmp(sizes[i].name, word, length) == 0)
            return *sizes[i].at = strtoul(value, NULL, 10), true;
    for (size_t i = 0; i < sizeof longs / sizeof *longs; i++)
        if (strlen(longs[i].name) == length && memcmp(longs[i].name, word, length) == 0)
            return *longs[i].at = atol(value), true;
    if (strncmp(word, "port=", 5) == 0)
        return fleet->port = atoi(value), fleet->port > 0;
    if (strncmp(word, "key=", 4) == 0)
        return read_key(value, fleet->key);
    if (strncmp(word, "payload=", 8) == 0)
        return fleet->payload = value, strlen(value) < FLEET_TEXT;
    if (strncmp(word, "rate=", 5) == 0)
        return fleet->rate = atof(value), true;
    return strncmp(word, "seconds=", 8) == 0 ? fleet->seconds = atof(value), true : false;
}

void fleet_hello(const struct fleet *fleet, struct member *member)
{
    char id[64];
    const struct wire_login login = {4, id, fleet->key[0] != '\0' ? "_muster" : NULL,
                                     fleet->key[0] != '\0' ? fleet->key : NULL, 300};
    snprintf(id, sizeof id, "_fleet-%ld-%zu", (long)getpid(), member->number);
    wire_connect(&member->out, &login);
}

bool fleet_change(const struct wire_packet *packet, uint64_t *number, bool *offline)
{
    static const char prefix[] = "muster/v1/event/", offline_word[] = "\"to\":\"offline\"";
    const char *topic = (const char *)packet->body + 2;
    size_t length =
        packet->type == WIRE_PUBLISH && packet->length > 2 ? (size_t)packet->body[0] << 8 | packet->body[1] : 0;
    if (length < sizeof prefix || length + 2 > packet->length || memcmp(topic, prefix, sizeof prefix - 1) != 0)
        return false;
    const char *tenant = topic + sizeof prefix - 1;
    const char *id = memchr(tenant, '/', length - (sizeof prefix - 1));
    *offline = memmem(topic + length, packet->length - 2 - length, offline_word, sizeof offline_word - 1) != NULL;
    return id != NULL && id + 1 + FLEET_ID < topic + length && fleet_number(id + 1, FLEET_ID, number);
}

int main(int count, char **words)
{
    struct fleet fleet = {.connections = 20, .devices = 1, .marker = -1, .quiet_ms = 1000, .payload = ""};
    bool good = count > 2;
    for (int i = 2; i < count && good; i++)
        if (!set(&fleet, words[i])) {
            fprintf(stderr, "fleet: cannot use %s\n", words[i]);
            good = false;
        }
    if (good && strcmp(words[1], "beat") == 0)
        return fleet_beat(&fleet) ? 0 : 1;
    if (good && strcmp(words[1], "hear") == 0)
        return fleet_hear(&fleet) ? 0 : 1;
    if (good && strcmp(words[1], "steady") == 0)
        return fleet_steady(&fleet) ? 0 : 1;
    fprintf(stderr, "usage: fleet beat|hear|steady port=N key=FILE NAME=VALUE...\n");
    return 2;
}
