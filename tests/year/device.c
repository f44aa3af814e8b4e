/* One device: its power, its habits. */
#include "tests/year/device.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINGER_MS (2 * SECOND_MS) /* what a device stays awake after the last thing that it does */
#define SOON_MS   (10 * 60 * SECOND_MS)
#define MOST_NAP  (120 * DAY_MS)

static struct device devices[DEVICES];
static long died[DEATH_COUNT];

static void device_wake(void *whom);

const char *device_uuid(int number)
{
    return devices[number].uuid;
}

int device_number(const char *uuid, size_t length)
{
    char text[sizeof devices->uuid] = "";
    if (length >= sizeof text)
        return -1;
    memcpy(text, uuid, length);
    unsigned long number = strncmp(text, "year-", 5) == 0 ? strtoul(text + 5, NULL, 10) : DEVICES;
    return number < DEVICES && strcmp(devices[number].uuid, text) == 0 ? (int)number : -1;
}

enum habit device_habit(int number)
{
    int of_hundred = number % 100;
    if (of_hundred == 0)
        return HABIT_LEAVES;
    if (of_hundred == 1)
        return HABIT_STAYS;
    return of_hundred == 2 || of_hundred == 3 ? HABIT_AWAY : HABIT_SLEEPS;
}

bool device_could_log_in(int number)
{
    static struct kept kept;
    struct disk disk = devices[number].disk; /* as a start would find it; the real one stays as it is */
    disk.request = NULL;
    disk_load(&disk, devices[number].uuid, &kept);
    bool enrolled = kept.api_key[0] != '\0' || !disk.has_provisioning_key;
    for (enum credential credential = CREDENTIAL_API_KEY; credential <= CREDENTIAL_BEST && enrolled; credential++) {
        struct shown shown = device_shows(&disk, &kept, credential);
        if (gate_would_admit(number, &shown))
            return true;
    }
    return !enrolled;
}

bool device_has_certificate(int number)
{
    return devices[number].disk.used.not_after >= year_wall() / 1000;
}

bool device_came_back(int number)
{
    return devices[number].came_back;
}

size_t devices_deaths(void)
{
    return DEATH_COUNT;
}

long devices_died(size_t kind, const char **when)
{
    static const char *const words[DEATH_COUNT] = {
#define DEATH_WORDS(name, words) [name] = (words),
        DEATH_LIST(DEATH_WORDS)
#undef DEATH_WORDS
    };
    *when = words[kind];
    return died[kind];
}

static void power_off(struct device *device)
{
    gate_close(device->number);
    free(device->life);
    device->life = NULL;
    device->due = 0; /* nothing happens of itself any more */
    year_check(device_could_log_in(device->number), "%s is locked out", device->uuid);
}

/* Nobody is there to switch it on while it is away. */
static void boot_at(struct device *device, int64_t ms)
{
    bool away = device_habit(device->number) == HABIT_AWAY && ms >= device->away_from && ms < device->away_to;
    agenda_add(away ? device->away_to + year_random(HOUR_MS) : ms, &device->due, device_wake, device);
}

/* Mostly at once, sometimes after days. */
void device_die(struct device *device, enum death death)
{
    const char *when = NULL;
    died[death]++;
    devices_died(death, &when);
    year_tell(device->number, "dies: %s", when);
    power_off(device);
    boot_at(device, year_now() + SECOND_MS + year_random(year_random(9) == 0 ? 3 * DAY_MS : 2 * HOUR_MS));
}

/* The played time of a kept one; far away when there is none. */
static int64_t when(const char *text)
{
    int64_t wall = 0;
    return timestamp_parse(text, strlen(text), &wall) ? wall - year_wall() + year_now() : INT64_MAX;
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* At the full hour: so some meet in one batch of the service. */
/* At the full hour: so some meet in one batch of the service. */
static void sleep_until_due(struct device *device)
{
    struct client_input stop = {.event = CLIENT_STOP};
    const struct kept *kept = &device->life->kept;
    int64_t nap = MOST_NAP / 3 + year_random(MOST_NAP / 3 * 2);
    int64_t due = earlier(when(kept->renew_after), when(kept->rotate_after));
    int64_t wake = earlier(year_now() + nap, due > year_now() ? due : year_now());
    device_step(device, &stop);
    power_off(device);
    if (device_habit(device->number) != HABIT_LEAVES)
        boot_at(device, (wake / HOUR_MS + 1) * HOUR_MS);
}

static bool has_nothing_to_do(const struct device *device, int64_t wake_ms)
{
    const struct client *client = &device->life->client;
    return device_habit(device->number) != HABIT_STAYS && client->online && client->task == TASK_NONE &&
           (wake_ms == 0 || wake_ms > year_now() + SOON_MS);
}

/* What the connection brings, one thing after the other. */
static void go_on(struct device *device)
{
    static const enum client_event events[] = {
        [HAPPENS_UP] = CLIENT_UP, [HAPPENS_REFUSED] = CLIENT_DOWN, [HAPPENS_BROKEN] = CLIENT_DOWN};
    while (device->life != NULL && device->life->happens != HAPPENS_NOTHING) {
        struct client_input input = {.event = events[device->life->happens],
                                     .refused = device->life->happens == HAPPENS_REFUSED,
                                     .reason = "played"};
        device->life->happens = HAPPENS_NOTHING;
        device_step(device, &input);
    }
}

static void take(struct device *device, struct client_input *input)
{
    if (device->life == NULL)
        return;
    device_step(device, input);
    go_on(device);
}

void device_rest(struct device *device, int64_t wake_ms)
{
    device->life->drowsy = has_nothing_to_do(device, wake_ms);
    int64_t at = device->life->drowsy ? year_now() + LINGER_MS : wake_ms;
    if (at != 0)
        agenda_add(at > year_now() ? at : year_now() + 1, &device->due, device_wake, device);
}

static void boot(struct device *device)
{
    static const struct client_options options = {.goal = GOAL_RUN};
    struct client_input start = {.event = CLIENT_START};
    device->life = calloc(1, sizeof *device->life);
    device->life->boot_ms = year_now();
    device->life->knows_time = !device->boots_in_1970;
    tally.boots_in_1970 += device->boots_in_1970;
    disk_load(&device->disk, device->uuid, &device->life->kept);
    client_init(&device->life->client, &options, &device->life->kept);
    take(device, &start);
}

static void device_wake(void *whom)
{
    struct device *device = whom;
    struct client_input tick = {.event = CLIENT_TICK};
    if (device->life == NULL)
        boot(device);
    else if (device->life->drowsy)
        sleep_until_due(device);
    else
        take(device, &tick);
}

void device_drop(int number)
{
    struct device *device = &devices[number];
    struct client_input down = {.event = CLIENT_DOWN, .reason = "closed"};
    gate_close(device->number);
    take(device, &down);
}

/* Some lose the answers to their first `renew`, and hear of it late. */
static bool is_lost(struct device *device, const char *topic)
{
    bool lost = device->answers_to_lose > 0 && strstr(topic, "/renew/accepted") != NULL;
    device->answers_to_lose -= lost;
    tally.lost_answers += lost;
    return lost;
}

void device_hear(int number, const char *topic, const char *payload)
{
    struct device *device = &devices[number];
    struct client_input message = {.event = CLIENT_MESSAGE,
                                   .topic = topic,
                                   .topic_length = strlen(topic),
                                   .payload = payload,
                                   .payload_length = strlen(payload)};
    if (gate_is_connected(number) && !is_lost(device, topic))
        take(device, &message);
}

/* --- the fleet ------------------------------------------------------------------------------------------------------
 */

static void plan(int number)
{
    struct device *device = &devices[number];
    device->number = number;
    snprintf(device->uuid, sizeof device->uuid, "year-%05d", number);
    device->disk.has_provisioning_key = true;
    device->boots_in_1970 = year_random(9) == 0;
    device->answers_to_lose = year_random(19) == 0 ? 3 + (unsigned)year_random(9) : 0;
    device->deaths[0] = (enum death)year_random(DEATHS_RENEWAL - 1);
    device->deaths[1] = (enum death)(DEATHS_RENEWAL + year_random(DEATH_COUNT - DEATHS_RENEWAL - 1));
    device->away_from = (120 + year_random(210)) * DAY_MS;
    device->away_to = device->away_from + (21 + year_random(154)) * DAY_MS;
    device->away_to = earlier(device->away_to, (DAYS - 5) * DAY_MS);
    agenda_add(number / 7 * (DAY_MS / (DEVICES / 7 + 1)) + 1, &device->due, device_wake,
               device); /* all on the first day */
}

void devices_plan(void)
{
    for (int i = 0; i < DEVICES; i++)
        plan(i);
}

void devices_free(void)
{
    for (int i = 0; i < DEVICES; i++) {
        free(devices[i].life);
        disk_free(&devices[i].disk);
    }
}
