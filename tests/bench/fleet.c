/*
 * A fleet of devices (fleet_id.h) over a few raw connections, which log in as the service does; or a subscriber.
 *   fleet MODE port=N key=FILE NAME=VALUE...
 * beat    heartbeats at QoS 0 of devices=N over connections=K, rate=R per second (0: as fast as the broker takes them)
 *         for seconds=S or until count=N; payload=TEXT; every=N: each N-th device is silent; marker=N: this device and
 *         the next ones are offline, and between the others one of theirs beats now and then: its event says that all
 *         before it is done. One in chunk=N, so that no more is under way than the broker keeps;
 *         retained=1: their retained status instead, as the service publishes it
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

/* One NAME=VALUE. */
static bool set(struct fleet *fleet, const char *word)
{
    const struct {
        const char *name;
        size_t *size;
        long *number;
        double *real;
    } words[] = {{"devices=", &fleet->devices, NULL, NULL},   {"connections=", &fleet->connections, NULL, NULL},
                 {"every=", &fleet->every, NULL, NULL},       {"count=", &fleet->count, NULL, NULL},
                 {"expected=", &fleet->expected, NULL, NULL}, {"retained=", &fleet->retained, NULL, NULL},
                 {"chunk=", &fleet->chunk, NULL, NULL},       {"port=", NULL, &fleet->port, NULL},
                 {"quiet_ms=", NULL, &fleet->quiet_ms, NULL}, {"threshold_ms=", NULL, &fleet->threshold_ms, NULL},
                 {"marker=", NULL, &fleet->marker, NULL},     {"rate=", NULL, NULL, &fleet->rate},
                 {"seconds=", NULL, NULL, &fleet->seconds}};
    const char *value = strchr(word, '=');
    if (value++ == NULL)
        return false;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strncmp(words[i].name, word, (size_t)(value - word)) != 0)
            continue;
        if (words[i].size != NULL)
            *words[i].size = strtoul(value, NULL, 10);
        else if (words[i].number != NULL)
            *words[i].number = atol(value);
        else
            *words[i].real = atof(value);
        return true;
    }
    if (strncmp(word, "key=", 4) == 0)
        return read_key(value, fleet->key);
    fleet->payload = value;
    return strncmp(word, "payload=", 8) == 0 && strlen(value) < FLEET_TEXT;
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
    struct fleet fleet = {
        .connections = 20, .devices = 1, .chunk = 20000, .marker = -1, .quiet_ms = 1000, .payload = ""};
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
