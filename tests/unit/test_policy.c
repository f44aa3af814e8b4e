#include "service/core/policy.h"
#include "tests/unit/check.h"

static void test_enrol(void)
{
    static const struct {
        const char *tenant; /* of the device; NULL: there is none */
        enum device_state state;
        bool manual, used, replace;
        enum status status;
        enum enrolment way;
    } cases[] = {
        {NULL, DEVICE_REGISTERED, false, false, false, ST_OK, ENROL_NEW},
        {"a", DEVICE_REGISTERED, false, false, false, ST_DEVICE_EXISTS, ENROL_NEW},
        {"a", DEVICE_REGISTERED, true, false, false, ST_OK, ENROL_COMPLETE},
        {"a", DEVICE_REGISTERED, true, true, false, ST_DEVICE_EXISTS, ENROL_NEW},
        {"a", DEVICE_REGISTERED, true, true, true, ST_OK, ENROL_REPLACE},
        {"a", DEVICE_REGISTERED, true, false, true, ST_OK, ENROL_COMPLETE},
        {"b", DEVICE_REGISTERED, true, false, true, ST_DEVICE_EXISTS, ENROL_NEW},
        {"a", DEVICE_PROVISIONED, false, true, true, ST_OK, ENROL_REPLACE},
        {"a", DEVICE_PROVISIONED, false, true, false, ST_DEVICE_EXISTS, ENROL_NEW},
        {"a", DEVICE_UNREGISTERED, false, true, false, ST_OK, ENROL_AGAIN},
        {"a", DEVICE_UNREGISTERED, true, false, true, ST_OK, ENROL_AGAIN},
        {"b", DEVICE_UNREGISTERED, false, false, true, ST_DEVICE_EXISTS, ENROL_NEW},
        {"a", DEVICE_BLOCKED, true, false, true, ST_DEVICE_EXISTS, ENROL_NEW},
        {"a", DEVICE_DECOMMISSIONED, true, false, true, ST_DEVICE_EXISTS, ENROL_NEW},
        {"a", DEVICE_PENDING_APPROVAL, true, false, true, ST_DEVICE_EXISTS, ENROL_NEW},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct key_row key = {.tenant = "a", .replace = cases[i].replace};
        struct device_row device = {
            .state = cases[i].state, .manual = cases[i].manual, .credential_used = cases[i].used};
        struct why why = {.status = ST_OK};
        enum enrolment way = ENROL_NEW;
        if (cases[i].tenant != NULL)
            strcpy(device.tenant, cases[i].tenant);
        enum status status = policy_enrol(cases[i].tenant != NULL ? &device : NULL, &key, &way, &why);
        CHECK(status == cases[i].status && way == cases[i].way, "case %zu: %s, way %d", i, status_code(status), way);
    }
}

static void test_may_act(void)
{
    static const struct {
        enum device_state state;
        enum status status;
        const char *name;
    } cases[] = {{DEVICE_UNREGISTERED, ST_INVALID_STATE, "unregistered"},
                 {DEVICE_PENDING_APPROVAL, ST_PENDING_APPROVAL, "pending_approval"},
                 {DEVICE_REGISTERED, ST_OK, "registered"},
                 {DEVICE_PROVISIONED, ST_OK, "provisioned"},
                 {DEVICE_BLOCKED, ST_DEVICE_BLOCKED, "blocked"},
                 {DEVICE_DECOMMISSIONED, ST_INVALID_STATE, "decommissioned"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct why why = {.status = ST_OK};
        CHECK_INT(policy_device_may_act(cases[i].state, &why), cases[i].status);
        CHECK_INT(why.status, cases[i].status);
        CHECK_TEXT(policy_state_name(cases[i].state), cases[i].name);
    }
}

/* By the states in their order; y: it changes, s: it is so already, -: never. */
static void test_change(void)
{
    static const struct {
        enum change change;
        const char *verdicts;
    } cases[] = {{CHANGE_BLOCK, "yyyys-"},
                 {CHANGE_UNBLOCK, "----y-"},
                 {CHANGE_RESET, "s-yy--"},
                 {CHANGE_DECOMMISSION, "yyyyys"}};
    CHECK_INT(sizeof cases / sizeof *cases, CHANGE_COUNT);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int state = 0; state < DEVICE_STATE_COUNT; state++) {
            struct why why = {.status = ST_OK};
            bool changes = true;
            enum status status = policy_change(cases[i].change, (enum device_state)state, &changes, &why);
            char verdict = status == ST_INVALID_STATE ? '-' : changes ? 'y' : 's';
            CHECK(verdict == cases[i].verdicts[state] && why.status == status, "change %zu from state %d: %c", i, state,
                  verdict);
            CHECK(status == ST_OK || !changes, "change %zu from state %d", i, state);
        }
}

static void test_blocked(void)
{
    CHECK_INT(policy_standing(true, true), DEVICE_PROVISIONED);
    CHECK_INT(policy_standing(false, true), DEVICE_PROVISIONED);
    CHECK_INT(policy_standing(true, false), DEVICE_REGISTERED);
    CHECK_INT(policy_standing(false, false), DEVICE_UNREGISTERED);
    for (int state = 0; state < DEVICE_STATE_COUNT; state++) {
        struct why why = {.status = ST_OK};
        bool blocked = state == DEVICE_BLOCKED;
        CHECK_INT(policy_repeat((enum device_state)state, true, &why), blocked ? ST_DEVICE_BLOCKED : ST_OK);
        CHECK_INT(policy_repeat((enum device_state)state, false, &why), blocked ? ST_DEVICE_EXISTS : ST_OK);
    }
}

static void test_key(void)
{
    static const struct {
        int64_t expires, disabled, used;
        enum status status;
        const char *state;
    } cases[] = {{1001, 0, 0, ST_OK, "active"},
                 {1000, 0, 0, ST_PROVISIONING_KEY_EXPIRED, "expired"},
                 {1001, 5, 0, ST_PROVISIONING_KEY_DISABLED, "disabled"},
                 {1000, 5, 9, ST_PROVISIONING_KEY_DISABLED, "disabled"},
                 {1001, 0, 2, ST_OK, "exhausted"},
                 {1001, 0, 1, ST_OK, "active"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct key_row key = {
            .expires_at = cases[i].expires, .disabled_at = cases[i].disabled, .uses = 2, .used = cases[i].used};
        struct why why = {.status = ST_OK};
        CHECK_INT(policy_key_standing(&key, 1000, &why), cases[i].status);
        CHECK_TEXT(policy_key_state(&key, 1000), cases[i].state);
    }
}

static void test_types(void)
{
    static const struct {
        const char *list, *type;
        enum status status;
    } cases[] = {{"", "", ST_OK},
                 {"", "pump", ST_OK},
                 {"[\"pump\"]", "pump", ST_OK},
                 {"[\"pump\",\"valve\"]", "valve", ST_OK},
                 {"[\"pump\"]", "", ST_DEVICE_TYPE_NOT_ALLOWED},
                 {"[\"pump\"]", "PUMP", ST_DEVICE_TYPE_NOT_ALLOWED},
                 {"[\"pump\"]", "pum", ST_DEVICE_TYPE_NOT_ALLOWED}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct key_row key = {.uses = 1};
        struct why why = {.status = ST_OK};
        strcpy(key.device_types, cases[i].list);
        CHECK(policy_key_type(&key, cases[i].type, &why) == cases[i].status, "%s in %s", cases[i].type, cases[i].list);
    }
}

static void test_certificate(void)
{
    static const struct {
        const char *state;
        int64_t not_after, now;
        enum status expected;
    } cases[] = {{"pending", 10, 10000, ST_OK},
                 {"active", 10, 10999, ST_OK},
                 {"expiring", 10, 9000, ST_OK},
                 {"active", 10, 11000, ST_CERTIFICATE_EXPIRED},
                 {"expired", 10, 0, ST_CERTIFICATE_EXPIRED},
                 {"revoked", 10, 0, ST_CERTIFICATE_REVOKED},
                 {"superseded", 10, 0, ST_CERTIFICATE_REVOKED},
                 {"", 10, 0, ST_CERTIFICATE_REVOKED}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        CHECK(policy_certificate(cases[i].state, cases[i].not_after, cases[i].now) == cases[i].expected, "%s at %lld",
              cases[i].state, (long long)cases[i].now);
}

int main(void)
{
    test_enrol();
    test_may_act();
    test_change();
    test_blocked();
    test_key();
    test_types();
    test_certificate();
    return check_done();
}
