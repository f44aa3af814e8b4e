/* Who may publish, subscribe and be sent what: docs/protocol.md, section 2, row by row. */
#include "service/gate/acl.h"
#include "tests/unit/check.h"
#include "topics/id.h"

static struct identity identity(enum role role, const char *client_id, const char *tenant)
{
    struct identity who = {.role = role};
    snprintf(who.stamp.client_id, sizeof who.stamp.client_id, "%s", client_id);
    snprintf(who.tenant, sizeof who.tenant, "%s", tenant);
    who.name_length = id_without_suffix(client_id, strlen(client_id));
    return who;
}

#define ALL     ACL_PUBLISH | ACL_SUBSCRIBE | ACL_RECEIVE
#define ASKS    ACL_PUBLISH | ACL_SUBSCRIBE
#define NOTHING 0u
#define SEES    ACL_SUBSCRIBE | ACL_RECEIVE

/* What each may do with a topic; who is not named may do nothing. Subscribing takes the text as a filter. */
static const struct {
    const char *topic;
    unsigned device, claimant, admin, tenant; /* DEVICE and SUFFIXED, CLAIMANT, ADMIN, TENANT */
} rows[] = {
    {"muster/v1/device/dev1/register", ASKS, ACL_PUBLISH | ACL_SUBSCRIBE, NOTHING, NOTHING},
    {"muster/v1/device/dev1/provision", ASKS, ACL_PUBLISH | ACL_SUBSCRIBE, NOTHING, NOTHING},
    {"muster/v1/device/dev1/heartbeat", ASKS, ACL_SUBSCRIBE, NOTHING, NOTHING},
    {"muster/v1/device/dev1/connect", ASKS, ACL_SUBSCRIBE, NOTHING, NOTHING},
    {"muster/v1/device/dev1/sing_2", ASKS, ACL_SUBSCRIBE, NOTHING, NOTHING},
    {"muster/v1/device/dev1/will", ACL_SUBSCRIBE, ACL_SUBSCRIBE, NOTHING, NOTHING},
    {"muster/v1/device/dev1/reply", SEES, ACL_SUBSCRIBE, NOTHING, NOTHING},
    {"muster/v1/device/dev1/reply/x", SEES, ACL_SUBSCRIBE, NOTHING, NOTHING},
    {"muster/v1/device/dev1/get/accepted", SEES, ACL_SUBSCRIBE, NOTHING, NOTHING},
    {"muster/v1/device/dev1/Get", ACL_SUBSCRIBE, ACL_SUBSCRIBE, NOTHING, NOTHING},
    {"muster/v1/device/dev1/", ACL_SUBSCRIBE, ACL_SUBSCRIBE, NOTHING, NOTHING},
    {"muster/v1/device/dev1/#", ACL_SUBSCRIBE, ACL_SUBSCRIBE, NOTHING, NOTHING},
    {"muster/v1/device/dev1/+/accepted", SEES, ACL_SUBSCRIBE, NOTHING, NOTHING},
    {"muster/v1/device/dev1", NOTHING, NOTHING, NOTHING, NOTHING},
    {"muster/v1/device/dev10/get", NOTHING, NOTHING, NOTHING, NOTHING},
    {"muster/v1/device/dev2/get", NOTHING, NOTHING, NOTHING, NOTHING},
    {"muster/v1/device/dev/get", NOTHING, NOTHING, NOTHING, NOTHING},
    {"muster/v1/device/+/get", NOTHING, NOTHING, NOTHING, NOTHING},
    {"muster/v1/device/#", NOTHING, NOTHING, NOTHING, NOTHING},
    {"muster/v1/#", NOTHING, NOTHING, NOTHING, NOTHING},
    {"muster/v1/admin/op1/device/list", NOTHING, NOTHING, ACL_PUBLISH | ACL_SUBSCRIBE, NOTHING},
    {"muster/v1/admin/op1/reply", NOTHING, NOTHING, ACL_SUBSCRIBE, NOTHING},
    {"muster/v1/admin/op1/#", NOTHING, NOTHING, ACL_SUBSCRIBE, NOTHING},
    {"muster/v1/admin/op1/device/list/accepted", NOTHING, NOTHING, ACL_SUBSCRIBE, NOTHING},
    {"muster/v1/admin/op1/Device/list", NOTHING, NOTHING, ACL_SUBSCRIBE, NOTHING},
    {"muster/v1/admin/op2/device/list", NOTHING, NOTHING, NOTHING, ACL_PUBLISH | ACL_SUBSCRIBE},
    {"muster/v1/admin/dev1/device/list", NOTHING, NOTHING, NOTHING, NOTHING},
    {"muster/v1/admin/+/device/list", NOTHING, NOTHING, NOTHING, NOTHING},
    {"muster/v1/event/acme/dev1/status_changed", NOTHING, NOTHING, SEES, SEES},
    {"muster/v1/event/acme/#", NOTHING, NOTHING, SEES, SEES},
    {"muster/v1/event/acme", NOTHING, NOTHING, SEES, NOTHING},
    {"muster/v1/event/acmes/dev1/x", NOTHING, NOTHING, SEES, NOTHING},
    {"muster/v1/event/+/dev1/status_changed", NOTHING, NOTHING, SEES, NOTHING},
    {"muster/v1/event/#", NOTHING, NOTHING, SEES, NOTHING},
    {"muster/v1/status/acme/dev1", NOTHING, NOTHING, SEES, SEES},
    {"muster/v1/status/other/dev1", NOTHING, NOTHING, SEES, NOTHING},
    {"muster/v1/ca/all/crl", NOTHING, NOTHING, SEES, SEES},
    {"muster/v1/ca/all/crl/64", NOTHING, NOTHING, SEES, SEES},
    {"muster/v1/ca/all/crl/#", NOTHING, NOTHING, SEES, SEES},
    {"muster/v1/service/state", NOTHING, NOTHING, SEES, SEES},
    {"muster/v1/service/state/x", NOTHING, NOTHING, NOTHING, NOTHING},
    {"muster/v1/service/probe", NOTHING, NOTHING, NOTHING, NOTHING},
    {"muster/v1/gate/connected", NOTHING, NOTHING, NOTHING, NOTHING},
    {"muster/v1/gate/#", NOTHING, NOTHING, NOTHING, NOTHING},
    {"muster/v2/device/dev1/get", NOTHING, NOTHING, NOTHING, NOTHING},
    {"#", NOTHING, NOTHING, NOTHING, NOTHING},
    {"+/v1/device/dev1/get", NOTHING, NOTHING, NOTHING, NOTHING},
    {"/muster/v1/device/dev1/get", NOTHING, NOTHING, NOTHING, NOTHING},
    {"$SYS/broker/uptime", NOTHING, NOTHING, NOTHING, NOTHING},
    {"$SYS/#", NOTHING, NOTHING, NOTHING, NOTHING},
    {"$CONTROL/muster/v1", NOTHING, NOTHING, NOTHING, NOTHING},
    {"$CONTROL/dynamic-security/v1", NOTHING, NOTHING, NOTHING, NOTHING},
    {"$share/g/muster/v1/device/dev1/get", NOTHING, NOTHING, NOTHING, NOTHING},
    {"", NOTHING, NOTHING, NOTHING, NOTHING},
};

static void check(const struct identity *who, const char *name, const char *topic, unsigned expected)
{
    for (unsigned action = ACL_PUBLISH; action <= ACL_RECEIVE; action <<= 1) {
        bool may = (expected & action) != 0;
        CHECK(acl_allows(who, action, topic, false) == may, "%s, action %u, %s: %d", name, action, topic, may);
        if (action == ACL_PUBLISH)
            CHECK(!acl_allows(who, action, topic, true), "%s may not retain %s", name, topic);
        else
            CHECK(acl_allows(who, action, topic, true) == may, "%s, a retained %s", name, topic);
    }
}

static void test_rows(void)
{
    const struct identity device = identity(ROLE_DEVICE, "dev1", ""), suffixed = identity(ROLE_DEVICE, "dev1~a/b", ""),
                          claimant = identity(ROLE_PROVISIONING, "dev1~x", ""),
                          admin = identity(ROLE_OPERATOR, "op1", ""), tenant = identity(ROLE_OPERATOR, "op2", "acme");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        check(&device, "device", rows[i].topic, rows[i].device);
        check(&suffixed, "device with a suffix", rows[i].topic, rows[i].device);
        check(&claimant, "provisioning client", rows[i].topic, rows[i].claimant);
        check(&admin, "operator", rows[i].topic, rows[i].admin);
        check(&tenant, "operator of a tenant", rows[i].topic, rows[i].tenant);
    }
}

static void test_service(void)
{
    static const struct {
        const char *topic;
        unsigned may;
    } topics[] = {{"muster/v1/device/dev1/get/accepted", ALL},
                  {"muster/v1/#", ALL},
                  {"$CONTROL/muster/v1", ACL_PUBLISH},
                  {"$CONTROL/muster/answer/v1", ACL_PUBLISH},
                  {"#", 0},
                  {"$SYS/#", 0},
                  {"$CONTROL/dynamic-security/v1", 0},
                  {"other/topic", 0}};
    const struct identity service = identity(ROLE_SERVICE, "_muster-x", "");
    for (size_t i = 0; i < sizeof topics / sizeof *topics; i++)
        for (unsigned action = ACL_PUBLISH; action <= ACL_RECEIVE; action <<= 1)
            CHECK(acl_allows(&service, action, topics[i].topic, true) == ((topics[i].may & action) != 0), "%s %u",
                  topics[i].topic, action);
}

/* An operator's whole client id counts, also with a suffix: another operator may be `op1`. */
static void test_operator_suffix(void)
{
    const struct identity who = identity(ROLE_OPERATOR, "op1~a", "");
    CHECK(acl_allows(&who, ACL_PUBLISH, "muster/v1/admin/op1~a/key/list", false), "its own");
    CHECK(!acl_allows(&who, ACL_PUBLISH, "muster/v1/admin/op1/key/list", false), "not of the one without suffix");
}

static void test_wills(void)
{
    const struct identity device = identity(ROLE_DEVICE, "dev1~a", ""),
                          claimant = identity(ROLE_PROVISIONING, "dev1", "");
    CHECK(acl_is_own_will(&device, "muster/v1/device/dev1/will"), "its own");
    CHECK(!acl_is_own_will(&device, "muster/v1/device/dev2/will"), "another's");
    CHECK(!acl_is_own_will(&device, "muster/v1/device/dev1/will/x"), "deeper");
    CHECK(!acl_is_own_will(&device, "muster/v1/device/dev1/heartbeat"), "no will");
    CHECK(!acl_is_own_will(&claimant, "muster/v1/device/dev1/will"), "of one who only claims the uuid");
}

static void test_displacement(void)
{
    static const struct {
        enum role newcomer, live;
        const char *credential; /* of the live one; the newcomer has "a" */
        bool may;
    } cases[] = {
        {ROLE_DEVICE, ROLE_DEVICE, "b", true},
        {ROLE_DEVICE, ROLE_PROVISIONING, "a", true},
        {ROLE_DEVICE, ROLE_OPERATOR, "b", true},
        {ROLE_DEVICE, ROLE_SERVICE, "", false},
        {ROLE_PROVISIONING, ROLE_PROVISIONING, "a", false},
        {ROLE_PROVISIONING, ROLE_DEVICE, "a", false},
        {ROLE_PROVISIONING, ROLE_OPERATOR, "a", false},
        {ROLE_OPERATOR, ROLE_OPERATOR, "a", true},
        {ROLE_OPERATOR, ROLE_OPERATOR, "b", false},
        {ROLE_OPERATOR, ROLE_DEVICE, "a", false},
        {ROLE_OPERATOR, ROLE_PROVISIONING, "a", false},
        {ROLE_SERVICE, ROLE_SERVICE, "", true},
        {ROLE_SERVICE, ROLE_OPERATOR, "a", false},
        {ROLE_OPERATOR, ROLE_SERVICE, "a", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct identity newcomer = identity(cases[i].newcomer, "x", ""), live = identity(cases[i].live, "x", "");
        snprintf(newcomer.stamp.credential, sizeof newcomer.stamp.credential, "a");
        snprintf(live.stamp.credential, sizeof live.stamp.credential, "%s", cases[i].credential);
        CHECK(identity_may_displace(&newcomer, &live) == cases[i].may, "%s over %s", identity_role_name(newcomer.role),
              identity_role_name(live.role));
    }
}

int main(void)
{
    test_rows();
    test_service();
    test_operator_suffix();
    test_wills();
    test_displacement();
    return check_done();
}
