#include "tests/bench/issue_ours.h"

#include "service/io/entropy.h"
#include "tests/bench/fill.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct pending {
    struct public_key key;
    struct intent_row intent;
    size_t device;
};

struct ours {
    struct store *store;
    struct ca *ca;
    size_t next; /* device, from 0 on */
    struct pending pending[GROUP];
    struct certificate certificates[GROUP], bare;
    struct certificate_row rows[GROUP];
    double parts[ISSUE_PARTS], since;
};

static void make_name(size_t device, char out[LIMIT_UUID + 1])
{
    snprintf(out, LIMIT_UUID + 1, "bench-%zu", device); /* as fill_rows.c does */
}

void issue_database_remove(const char *path)
{
    static const char *const endings[] = {"", "-wal", "-shm", ".lock"};
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        char name[1024];
        snprintf(name, sizeof name, "%s%s", path, endings[i]);
        unlink(name);
    }
}

bool issue_database(const char *path, char *error, size_t size)
{
    issue_database_remove(path);
    return fill(&(struct fill){.path = path, .count = DEVICES, .prefix = "bench"}, error, size);
}

struct ours *ours_new(const char *path, struct ca *ca, char *error, size_t size)
{
    struct ours *ours = calloc(1, sizeof *ours);
    if (ours == NULL)
        return NULL;
    ours->ca = ca;
    ours->store = store_new(path, error, size);
    if (ours->store != NULL)
        return ours;
    free(ours);
    return NULL;
}

void ours_free(struct ours *ours)
{
    if (ours == NULL)
        return;
    store_free(ours->store);
    free(ours);
}

/* The time since the last call is that part's; ISSUE_PARTS: nobody's. */
static void lap(struct ours *ours, enum issue_part part)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    double us = (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
    if (part != ISSUE_PARTS)
        ours->parts[part] += us - ours->since;
    ours->since = us;
}

/* As op_provision.c makes them: the second in front, random octets behind it. */
static void make_serial(int64_t second, unsigned char serial[PROFILE_SERIAL])
{
    entropy_fill(serial, PROFILE_SERIAL);
    serial[0] = 0x40;
    for (int i = 1; i <= 4; i++)
        serial[i] = (unsigned char)(second >> (32 - 8 * i));
    profile_serial(serial);
}

static bool make_intent(struct ours *ours, struct pending *pending, int64_t wall)
{
    struct intent_row *intent = &pending->intent;
    unsigned char serial[PROFILE_SERIAL];
    struct validity validity;
    if (!profile_validity(wall / 1000, PROFILE_DEVICE_DAYS, ca_validity(ours->ca), &validity))
        return false;
    make_serial(wall / 1000, serial);
    *intent = (struct intent_row){.not_before = validity.not_before,
                                  .not_after = validity.not_after,
                                  .at = wall,
                                  .issuer = 1,
                                  .tenant = "default"};
    profile_certificate_id(serial, intent->certificate_id);
    make_name(pending->device, intent->uuid);
    memcpy(intent->public_key, pending->key.fingerprint, sizeof intent->public_key);
    return true;
}

static bool prepare(struct ours *ours, const char *request, struct pending *pending, int64_t wall)
{
    struct why why;
    bool foreign = false;
    if (ca_read_request(ours->ca, request, strlen(request), &pending->key, &why) != ST_OK)
        return false;
    lap(ours, PART_READ);
    pending->device = ours->next++ % DEVICES;
    if (!make_intent(ours, pending, wall) || store_event_begin(ours->store) != ST_OK)
        return false;
    enum status status =
        store_public_key_is_foreign(ours->store, pending->key.fingerprint, pending->intent.uuid, &foreign);
    if (status == ST_OK && !foreign)
        status = store_intent_insert(ours->store, &pending->intent);
    status = store_event_finish(ours->store, status);
    lap(ours, PART_INTENT);
    return status == ST_OK && !foreign;
}

bool ours_prepare(struct ours *ours, char requests[GROUP][CSR_PEM_MAX], int64_t wall)
{
    bool ok = true;
    lap(ours, ISSUE_PARTS);
    for (size_t i = 0; i < GROUP && ok; i++)
        ok = prepare(ours, requests[i], &ours->pending[i], wall);
    return ok;
}

static bool make_certificate(struct ours *ours, const struct pending *pending, struct certificate *out)
{
    struct why why;
    char device_id[LIMIT_DEVICE_ID + 1];
    snprintf(device_id, sizeof device_id, "%012zu", pending->device);
    struct certificate_request request = {.key = &pending->key,
                                          .device_id = device_id,
                                          .uuid = pending->intent.uuid,
                                          .tenant = pending->intent.tenant,
                                          .validity = {pending->intent.not_before, pending->intent.not_after}};
    profile_serial_from_id(pending->intent.certificate_id, request.serial);
    return ca_issue_device(ours->ca, &request, out, &why) == ST_OK;
}

static bool store(struct ours *ours, const struct pending *pending, const struct certificate *certificate,
                  struct certificate_row *row, int64_t wall)
{
    const struct intent_row *intent = &pending->intent;
    *row = (struct certificate_row){.device = (int64_t)pending->device + 1, /* rows are numbered from 1 on */
                                    .pem = certificate->pem,
                                    .not_before = intent->not_before,
                                    .not_after = intent->not_after,
                                    .at = wall,
                                    .issuer = 1,
                                    .due_at = wall + 3600000};
    memcpy(row->id, intent->certificate_id, sizeof row->id);
    memcpy(row->uuid, intent->uuid, sizeof row->uuid);
    memcpy(row->tenant, intent->tenant, sizeof row->tenant);
    memcpy(row->public_key, intent->public_key, sizeof row->public_key);
    memcpy(row->fingerprint, certificate->fingerprint, sizeof row->fingerprint);
    enum status status = store_event_begin(ours->store);
    if (status == ST_OK)
        status = store_intent_delete(ours->store, intent->certificate_id);
    if (status == ST_OK)
        status = store_certificate_insert(ours->store, row);
    return store_event_finish(ours->store, status) == ST_OK;
}

bool ours_issue(struct ours *ours, int64_t wall)
{
    bool ok = true;
    lap(ours, ISSUE_PARTS);
    for (size_t i = 0; i < GROUP && ok; i++) {
        ok = make_certificate(ours, &ours->pending[i], &ours->certificates[i]);
        lap(ours, PART_ISSUE);
        ok = ok && store(ours, &ours->pending[i], &ours->certificates[i], &ours->rows[i], wall);
        lap(ours, PART_ROWS);
    }
    return ok;
}

bool ours_commit(struct ours *ours)
{
    lap(ours, ISSUE_PARTS);
    bool ok = store_commit(ours->store) == ST_OK;
    lap(ours, PART_COMMIT);
    return ok;
}

bool ours_bare(struct ours *ours, const char *request, int64_t wall)
{
    struct pending pending = {.device = 0};
    struct why why;
    return ca_read_request(ours->ca, request, strlen(request), &pending.key, &why) == ST_OK &&
           make_intent(ours, &pending, wall) && make_certificate(ours, &pending, &ours->bare);
}

const struct certificate_row *ours_rows(const struct ours *ours)
{
    return ours->rows;
}

const double *ours_parts(const struct ours *ours)
{
    return ours->parts;
}
