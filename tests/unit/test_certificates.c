/* What the core does with certificates, lists and the authority where no trace comes near: bounds, and what is not
 * there. */
#include "service/core/authority.h"
#include "service/core/certificates.h"
#include "service/core/crl.h"
#include "tests/unit/check.h"

#include <stdlib.h>

#define CERTIFICATES 30
#define NOW_MS       INT64_C(1767225600000) /* 2026-01-01 */

static struct core *core;
static struct effects effects;
static struct config config = {
    .certificate_warning_days = 30, .certificate_renewal_days = 7, .certificate_unused_seconds = 3600, .crl_days = 30};

static void fill_random(void *out, size_t length)
{
    static unsigned char next;
    memset(out, next++, length);
}

static void at(int64_t ms)
{
    core->now = (struct now){{10000000 + ms}, NOW_MS + ms};
}

/* One device, with certificates that are all late by now. */
static void make_late(void)
{
    struct device_row device = {.tenant = "default", .state = DEVICE_PROVISIONED, .uuid = "d1", .device_id = "id1"};
    store_event_begin(core->store);
    CHECK_INT(store_device_insert(core->store, &device), ST_OK);
    for (int i = 0; i < CERTIFICATES; i++) {
        struct certificate_row row = {.device = device.id,
                                      .uuid = "d1",
                                      .tenant = "default",
                                      .pem = "",
                                      .not_before = NOW_MS / 1000 - 360 * INT64_C(86400),
                                      .not_after = NOW_MS / 1000 + 5 * INT64_C(86400) - 1,
                                      .at = 1,
                                      .issuer = 1,
                                      .due_at = 1 + i};
        snprintf(row.id, sizeof row.id, "4069%032d", i);
        CHECK_INT(store_certificate_insert(core->store, &row), ST_OK);
        CHECK_INT(store_certificate_told(core->store, i + 1, "expiring", 1, 1 + i), ST_OK);
    }
    CHECK_INT(store_event_finish(core->store, ST_OK), ST_OK);
    CHECK_INT(store_commit(core->store), ST_OK);
}

static int64_t left(void)
{
    struct certificate_entry entry;
    enum status status;
    int64_t due = 0;
    CHECK_INT(store_certificate_due_next(core->store, &due), ST_OK);
    return store_certificate_due(core->store, core->now.wall, &entry, &status) ? due : 0;
}

static void test_bounds(void)
{
    at(0);
    make_late();
    certificates_tick(core, 10, &effects);
    CHECK_INT(left(), 11); /* ten were taken, in their order */
    CHECK_INT(effects.count, 10);
    CHECK(strcmp(effects.list[0].topic, "muster/v1/device/d1/renew/offer") == 0, "each is asked");
    CHECK_INT(timers_pop(&core->timers, (struct mono){10000000 + 200}), TIMER_CERTIFICATES); /* the rest at once */
    while (effects_has_room(&effects, LIMIT_EVENT_BODY))
        effects_reload(&effects, 1);
    size_t full = effects.count;
    certificates_tick(core, 10, &effects);
    CHECK_INT(left(), 11); /* no room to say so: not now */
    CHECK_INT(effects.count, full);
    effects_clear(&effects);
    certificates_tick(core, 100, &effects);
    CHECK_INT(left(), 0);
    CHECK_INT(effects.count, CERTIFICATES - 10);
    CHECK_INT(timers_pop(&core->timers, (struct mono){10000000 + 400}), TIMER_COUNT);
    effects_clear(&effects);
}

static void order(struct crl_order *out)
{
    core->crl.due = true;
    CHECK(crl_order(core, out), "it is time");
    CHECK(!crl_order(core, out), "one at a time");
    CHECK_INT(store_commit(core->store), ST_OK);
}

static void test_lists(void)
{
    struct crl_order first, second;
    at(1000);
    core->gated = true;
    CHECK_INT(crl_start(core, 7, 0, 0, false), ST_OK);
    CHECK(!crl_order(core, &first), "not yet");
    CHECK(!crl_names(core, 500), "no list, no name");
    CHECK(!crl_waits(core), "and nothing to read");
    order(&first);
    CHECK_INT(first.number, 8);
    at(1100);
    crl_done(core, &first, NULL, NULL, &effects); /* larger than a message */
    CHECK_INT(effects.count, 2);
    CHECK(effects.list[0].length == 0 && effects.list[0].retained, "the topic is emptied");
    CHECK_INT(effects.list[1].reload, 8);
    CHECK(crl_waits(core), "nobody has said that it was read");
    CHECK(crl_names(core, 500), "what has ended before is in it");
    at(2000);
    crl_want(core, CRL_SOON);
    CHECK(!crl_names(core, NOW_MS + 1500), "what ended since is not");
    CHECK(crl_names(core, 500), "what ended before still is");
    order(&second);
    CHECK(crl_names(core, 500), "also while the next one is made");
    crl_cancel(core);
    CHECK(!core->crl.running, "the order was given back");
    effects_clear(&effects);
}

static void test_authority(void)
{
    char error[300] = "";
    static struct core none;
    snprintf(config.ca_certificate_file, sizeof config.ca_certificate_file, "/nowhere/ca.pem");
    snprintf(config.ca_key_file, sizeof config.ca_key_file, "/nowhere/ca.key");
    CHECK(!authority_renew(core, error, sizeof error) && strstr(error, "/nowhere/ca.pem") != NULL, "%s", error);
    CHECK(core->next_ca == NULL, "all stays as it is");
    error[0] = '\0';
    CHECK(!authority_replace(core, error, sizeof error) && error[0] != '\0', "%s", error);
    core->next_ca = (struct ca *)(void *)&none; /* never looked into */
    core->next_crl = 20;
    CHECK_INT(authority_known(core, 19), ST_OK);
    CHECK(core->next_ca != NULL, "the broker has read an older list");
    CHECK_INT(core->crl.reloaded, 19);
    CHECK_INT(authority_known(core, 5), ST_OK);
    CHECK_INT(core->crl.reloaded, 19); /* words may come late */
    core->next_ca = NULL;
}

static void test_may_issue(void)
{
    at(0);
    core->gated = true;
    CHECK_INT(crl_start(core, 0, 0, 0, true), ST_OK);
    CHECK(!authority_may_issue(core), "the broker has no list of the issuer");
    at(59000);
    CHECK(!authority_may_issue(core), "perhaps still");
    at(61000);
    CHECK(authority_may_issue(core), "a gate that says nothing is waited for no longer");
    CHECK_INT(crl_start(core, 0, 0, 0, true), ST_OK);
    CHECK(!authority_may_issue(core), "again");
    core->crl.reloaded = 1;
    CHECK(authority_may_issue(core), "it has one now");
    core->crl.reloaded = 0;
    core->gated = false;
    CHECK(authority_may_issue(core), "without a gate nobody is asked");
}

int main(void)
{
    char error[200];
    core = calloc(1, sizeof *core);
    core->config = &config;
    core->random = fill_random;
    core->store = store_new(":memory:", error, sizeof error);
    timers_init(&core->timers, (struct mono){10000000});
    test_bounds();
    test_lists();
    test_authority();
    test_may_issue();
    store_free(core->store);
    free(core);
    return check_done();
}
