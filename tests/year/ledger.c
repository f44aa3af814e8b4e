/* What the events said of each certificate, and what they should have said. The calendar of a certificate stands here
 * once more, in the words of docs/protocol.md: 30, 7 and 1 days before its end. */
#include "tests/flow/flow.h"
#include "tests/year/year.h"

#include "topics/document.h"
#include "topics/timestamp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WARNINGS 3
#define SLACK_MS (MOST_DOWN + 2 * HOUR_MS) /* the service looks once an hour, and may be down before */

struct entry {
    char id[PROFILE_CERTIFICATE_ID + 1];
    int64_t end, ended_at; /* wall ms; 0: it has not ended */
    bool used, renewed;    /* it was shown; it took the place of another one */
    int told[WARNINGS], expired, revoked;
    struct entry *next;
};
static struct record {
    int64_t sequence;
    struct entry *certificates; /* the newest first */
} records[DEVICES];

static const char *const warnings[WARNINGS] = {"warning", "renewal", "last_day"};
static const int warning_days[WARNINGS] = {30, 7, 1};

static long renewals[DAYS]; /* by the day */
static long issued, told[WARNINGS], expired, revoked;
static long warned; /* of devices that have power */

struct news {
    const char *uuid;
    struct record *record;
    const char *type, *certificate, *reason;
    int64_t at, end; /* wall ms */
};

static struct entry *find(const struct news *event)
{
    struct entry *certificate = event->record->certificates;
    while (certificate != NULL && strcmp(certificate->id, event->certificate) != 0)
        certificate = certificate->next;
    year_check(certificate != NULL, "%s %s: a certificate that nobody issued", event->uuid, event->type);
    return certificate;
}

/* All but `stays` end; with `pending` only those that were never used. */
static void end_others(struct record *record, const struct entry *stays, bool pending, int64_t at)
{
    for (struct entry *other = record->certificates; other != NULL; other = other->next)
        if (other != stays && other->ended_at == 0 && (!pending || !other->used))
            other->ended_at = at;
}

static void on_issued(const struct news *event)
{
    struct entry *certificate = calloc(1, sizeof *certificate);
    bool renews = strcmp(event->reason, "renew") == 0;
    end_others(event->record, NULL, renews, event->at);
    snprintf(certificate->id, sizeof certificate->id, "%s", event->certificate);
    certificate->end = event->end + SECOND_MS; /* its last second counts */
    certificate->used = !renews;               /* of the first one's use no event tells */
    certificate->next = event->record->certificates;
    event->record->certificates = certificate;
    issued++;
}

static void on_renewed(const struct news *event)
{
    struct entry *certificate = find(event);
    if (certificate == NULL)
        return;
    for (const struct entry *old = certificate->next; old != NULL; old = old->next)
        if (old->ended_at == 0 && old->told[0] > 0)
            tally.renewed_late++;
    certificate->used = certificate->renewed = true;
    end_others(event->record, certificate, false, event->at);
    renewals[edge.ms / DAY_MS]++;
}

static void on_expiring(const struct news *event)
{
    struct entry *certificate = find(event);
    for (int i = 0; i < WARNINGS && certificate != NULL; i++)
        if (strcmp(event->reason, warnings[i]) == 0) {
            int64_t due = certificate->end - warning_days[i] * DAY_MS;
            certificate->told[i]++;
            told[i]++;
            year_check(event->at >= due && event->at <= due + SLACK_MS, "%s: %s at the wrong time", event->uuid,
                       event->reason);
            year_check(certificate->ended_at == 0, "%s: %s of a certificate that has ended", event->uuid,
                       event->reason);
        }
}

static void on_expired(const struct news *event)
{
    struct entry *certificate = find(event);
    if (certificate == NULL)
        return;
    year_check(event->at >= certificate->end && certificate->ended_at == 0, "%s: expired too early", event->uuid);
    certificate->expired++;
    certificate->ended_at = event->at;
    expired++;
}

static void on_revoked(const struct news *event)
{
    struct entry *certificate = find(event);
    year_check(strcmp(event->reason, "never_used") == 0, "%s: revoked, %s", event->uuid, event->reason);
    if (certificate == NULL)
        return;
    certificate->revoked++;
    certificate->used = false;
    certificate->ended_at = event->at;
    revoked++;
}

static const struct {
    const char *type;
    void (*take)(const struct news *event);
} types[] = {{"certificate_issued", on_issued},
             {"certificate_renewed", on_renewed},
             {"certificate_expiring", on_expiring},
             {"certificate_expired", on_expired},
             {"certificate_revoked", on_revoked}};

static const char *text(const struct value *body, const char *name)
{
    const char *found = value_text(value_member(body, name));
    return found != NULL ? found : "";
}

static void take(const struct value *body)
{
    const char *uuid = text(body, "uuid"), *at = text(body, "at"), *end = text(body, "notAfter");
    int number = device_number(uuid, strlen(uuid));
    struct news event = {.uuid = uuid,
                         .type = text(body, "event"),
                         .certificate = text(body, "certificateId"),
                         .reason = text(body, "reason")};
    long long sequence = 0;
    bool whole = number >= 0 && timestamp_parse(at, strlen(at), &event.at) &&
                 value_integer(value_member(body, "sequence"), 1, INT32_MAX, &sequence);
    year_check(whole, "an event that is none");
    if (!whole)
        return;
    event.record = &records[number];
    timestamp_parse(end, strlen(end), &event.end);
    if (sequence <= event.record->sequence) { /* at least once: it was sent again after a restart */
        tally.repeated_events++;
        return;
    }
    year_check(sequence == event.record->sequence + 1, "%s: the events have a gap before %lld", uuid, sequence);
    event.record->sequence = sequence;
    year_tell(number, "event %s %s %s", event.type, event.certificate, event.reason);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strcmp(types[i].type, event.type) == 0)
            types[i].take(&event);
}

void ledger_take(const char *topic, const char *payload)
{
    struct document *document = document_new_answer(payload, strlen(payload));
    year_check(document != NULL, "%s: no JSON", topic);
    if (document != NULL)
        take(document_root(document));
    document_free(document);
}

/* --- at the end -----------------------------------------------------------------------------------------------------
 */

/* How often something that was due at `due` must have been told of what ended at `end`; -1: both are right. */
static int expected(int64_t due, int64_t end)
{
    if (end <= due)
        return 0;
    return end > due + SLACK_MS ? 1 : -1;
}

static bool is_told_rightly(const struct entry *certificate)
{
    int64_t until = certificate->ended_at != 0 ? certificate->ended_at : year_wall();
    bool right = true;
    for (int i = 0; i < WARNINGS; i++) {
        int wanted = certificate->used ? expected(certificate->end - warning_days[i] * DAY_MS, until) : 0;
        right = right && (wanted == certificate->told[i] || (wanted < 0 && certificate->told[i] <= 1));
    }
    int wanted = certificate->used && certificate->end <= until ? 1 : 0;
    return right && certificate->expired == wanted && certificate->revoked <= 1;
}

/* A device that has power is never asked to renew. It may be warned of: its moment may come in the last hours before
 * the warning's, and it may die in them; that all of it was told rightly is_told_rightly has looked at. */
static void check_in_time(int number, const struct record *record)
{
    bool never_late = true, renewed = false;
    for (const struct entry *entry = record->certificates; entry != NULL; entry = entry->next) {
        never_late = never_late && entry->told[1] == 0 && entry->expired == 0;
        renewed = renewed || entry->renewed;
        warned += entry->told[0];
    }
    year_check(never_late && renewed, "%s was not renewed in time", device_uuid(number));
}

static void check_left(int number, const struct record *record)
{
    const struct entry *only = record->certificates;
    bool right = only != NULL && only->next == NULL && only->expired == 1;
    for (int i = 0; i < WARNINGS; i++)
        right = right && only->told[i] == 1;
    year_check(right, "%s left, and its certificate's end was not told in full, once each", device_uuid(number));
}

void ledger_check(void)
{
    long wrong = 0;
    for (int i = 0; i < DEVICES; i++) {
        const struct record *record = &records[i];
        for (const struct entry *certificate = record->certificates; certificate != NULL;
             certificate = certificate->next)
            if (!is_told_rightly(certificate) && wrong++ < 10)
                printf("  got %s %s: %d %d %d warnings, expired %d\n", device_uuid(i), certificate->id,
                       certificate->told[0], certificate->told[1], certificate->told[2], certificate->expired);
        if (device_habit(i) == HABIT_SLEEPS || device_habit(i) == HABIT_STAYS)
            check_in_time(i, record);
        if (device_habit(i) == HABIT_LEAVES)
            check_left(i, record);
    }
    printf("%ld warnings of devices that died in the last hours before them\n", warned);
    trace_check(warned < DEVICES / 100, "%ld warnings of devices that have power", warned);
    trace_check(wrong == 0, "of %ld certificates not everything was told exactly once", wrong);
}

/* The whole days of the window: from two thirds of a life to 30 days before its end. */
void ledger_print(void)
{
    int first = LIFE_DAYS * 2 / 3 + 1, last = LIFE_DAYS - 32;
    long least = renewals[first], most = 0, sum = 0;
    for (int day = first; day <= last; day++) {
        least = renewals[day] < least ? renewals[day] : least;
        most = renewals[day] > most ? renewals[day] : most;
        sum += renewals[day];
    }
    double mean = (double)sum / (last - first + 1);
    printf("renewals a day, day %d to %d: %ld to %ld, mean %.1f, busiest day %.2f times the mean\n", first, last, least,
           most, mean, (double)most / mean);
    printf("certificates: %ld issued, %ld never used; told: %ld warning, %ld renewal, %ld last_day, %ld expired\n",
           issued, revoked, told[0], told[1], told[2], expired);
    trace_check((double)most < 1.5 * mean && least > 0, "the renewals are not spread");
    trace_check(sum > DEVICES * 9 / 10, "only %ld renewals in the window", sum);
}

void ledger_free(void)
{
    for (int i = 0; i < DEVICES; i++)
        while (records[i].certificates != NULL) {
            struct entry *first = records[i].certificates;
            records[i].certificates = first->next;
            free(first);
        }
}
