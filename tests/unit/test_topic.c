#include "tests/unit/check.h"
#include "topics/id.h"
#include "topics/limits.h"
#include "topics/topic.h"

#define TEXT(text) (text), sizeof(text) - 1

#define A8   "aaaaaaaa"
#define A64  A8 A8 A8 A8 A8 A8 A8 A8
#define A128 A64 A64
#define A32  A8 A8 A8 A8

static const struct {
    enum topic_id id;
    const char *topic;
    size_t length;
    bool match, shape;
    const char *parameters[TOPIC_PARAMETERS];
} matches[] = {
    {TOPIC_DEVICE_REQUEST, TEXT("muster/v1/device/d1/register"), true, true, {"d1", "register"}},
    {TOPIC_DEVICE_REQUEST, TEXT("muster/v1/device/AA:bb.c_d-9/x"), true, true, {"AA:bb.c_d-9", "x"}},
    {TOPIC_DEVICE_REQUEST, TEXT("muster/v1/device/" A128 "/" A32), true, true, {A128, A32}},
    {TOPIC_DEVICE_REQUEST, TEXT("muster/v1/device/" A128 "a/get"), false, true, {0}},
    {TOPIC_DEVICE_REQUEST, TEXT("muster/v1/device/d1/" A32 "a"), false, true, {0}},
    {TOPIC_DEVICE_REQUEST, TEXT("muster/v1/device/d1/Register"), false, true, {0}},
    {TOPIC_DEVICE_REQUEST, TEXT("muster/v1/device/_service/get"), false, true, {0}},
    {TOPIC_DEVICE_REQUEST, TEXT("muster/v1/device//get"), false, true, {0}},
    {TOPIC_DEVICE_REQUEST, TEXT("muster/v1/device/d1/"), false, true, {0}},
    {TOPIC_DEVICE_REQUEST, TEXT("muster/v1/device/d1/get\0"), false, true, {0}},
    {TOPIC_DEVICE_REQUEST, TEXT("muster/v1/device/+/get"), false, true, {0}},
    {TOPIC_DEVICE_REQUEST, TEXT("muster/v1/device/d1/#"), false, true, {0}},
    {TOPIC_DEVICE_REQUEST, TEXT("muster/v1/device/d\xc3\xa9/get"), false, true, {0}},
    {TOPIC_DEVICE_REQUEST, TEXT("muster/v1/device/d1/get/"), false, false, {0}},
    {TOPIC_DEVICE_REQUEST, TEXT("muster/v1/device/d1/get/accepted"), false, false, {0}},
    {TOPIC_DEVICE_REQUEST, TEXT("muster/v1/device/d1"), false, false, {0}},
    {TOPIC_DEVICE_REQUEST, TEXT("muster/v2/device/d1/get"), false, false, {0}},
    {TOPIC_DEVICE_REQUEST, TEXT("Muster/v1/device/d1/get"), false, false, {0}},
    {TOPIC_DEVICE_REQUEST, TEXT("muster/v1/devices/d1/get"), false, false, {0}},
    {TOPIC_DEVICE_REQUEST, TEXT("/muster/v1/device/d1/get"), false, false, {0}},
    {TOPIC_DEVICE_REQUEST, TEXT("muster"), false, false, {0}},
    {TOPIC_DEVICE_REQUEST, TEXT(""), false, false, {0}},
    {TOPIC_DEVICE_REQUEST, NULL, 0, false, false, {0}},
    {TOPIC_DEVICE_ACCEPTED, TEXT("muster/v1/device/d1/get/accepted"), true, true, {"d1", "get"}},
    {TOPIC_DEVICE_ACCEPTED, TEXT("muster/v1/device/d1/get/rejected"), false, false, {0}},
    {TOPIC_DEVICE_ACCEPTED, TEXT("muster/v1/device/+/get/accepted"), false, true, {0}},
    {TOPIC_DEVICE_REJECTED, TEXT("muster/v1/device/d1/get/rejected"), true, true, {"d1", "get"}},
    {TOPIC_DEVICE_REPLY, TEXT("muster/v1/device/d1/reply"), true, true, {"d1"}},
    {TOPIC_DEVICE_REPLY_NAMED, TEXT("muster/v1/device/d1/reply/Box-7"), true, true, {"d1", "Box-7"}},
    {TOPIC_DEVICE_REPLY_NAMED, TEXT("muster/v1/device/d1/reply/" A128), true, true, {"d1", A128}},
    {TOPIC_DEVICE_REPLY_NAMED, TEXT("muster/v1/device/d1/reply/" A128 "a"), false, true, {0}},
    {TOPIC_DEVICE_REPLY_NAMED, TEXT("muster/v1/device/d1/reply/a/b"), false, false, {0}},
    {TOPIC_ADMIN_REQUEST, TEXT("muster/v1/admin/musterctl~7/key/create"), true, true, {"musterctl~7", "key", "create"}},
    {TOPIC_ADMIN_REQUEST, TEXT("muster/v1/admin/a b/key/create"), false, true, {0}},
    {TOPIC_ADMIN_REQUEST, TEXT("muster/v1/admin/me/key"), false, false, {0}},
    {TOPIC_ADMIN_REQUEST, TEXT("muster/v1/admin/me/KEY/create"), false, true, {0}},
    {TOPIC_EVENT, TEXT("muster/v1/event/default/d1/registered"), true, true, {"default", "d1", "registered"}},
    {TOPIC_EVENT, TEXT("muster/v1/event/Default/d1/registered"), false, true, {0}},
    {TOPIC_STATUS, TEXT("muster/v1/status/default/d1"), true, true, {"default", "d1"}},
    {TOPIC_SERVICE_STATE, TEXT("muster/v1/service/state"), true, true, {0}},
    {TOPIC_SERVICE_STATE, TEXT("muster/v1/service/statf"), false, false, {0}},
    {TOPIC_SERVICE_STATE, TEXT("muster/v1/service/states"), false, false, {0}},
    {TOPIC_SERVICE_STATE, TEXT("muster/v1/service/state/x"), false, false, {0}},
    {TOPIC_SERVICE_PROBE, TEXT("muster/v1/service/probe"), true, true, {0}},
};

static void test_match(void)
{
    for (size_t i = 0; i < sizeof matches / sizeof *matches; i++) {
        struct text parameters[TOPIC_PARAMETERS];
        bool shape = !matches[i].shape;
        const char *what = matches[i].topic != NULL ? matches[i].topic : "NULL";
        bool match = topic_match(matches[i].id, matches[i].topic, matches[i].length, parameters, &shape);
        CHECK(match == matches[i].match, "%s", what);
        CHECK(shape == matches[i].shape, "shape of %s", what);
        CHECK(topic_match(matches[i].id, matches[i].topic, matches[i].length, parameters, NULL) == match,
              "%s without the shape", what);
        for (size_t p = 0; match && p < TOPIC_PARAMETERS && matches[i].parameters[p] != NULL; p++)
            CHECK(parameters[p].length == strlen(matches[i].parameters[p]) &&
                      memcmp(parameters[p].at, matches[i].parameters[p], parameters[p].length) == 0,
                  "parameter %zu of %s", p, what);
    }
    CHECK(topic_match(TOPIC_SERVICE_STATE, TEXT("muster/v1/service/state"), NULL, NULL), "no parameters to give");
}

static const struct {
    enum topic_id id;
    const char *parameters[TOPIC_PARAMETERS], *topic; /* NULL: refused */
} builds[] = {
    {TOPIC_DEVICE_REQUEST, {"d1", "get"}, "muster/v1/device/d1/get"},
    {TOPIC_DEVICE_REQUEST, {"d1/get", "get"}, NULL},
    {TOPIC_DEVICE_REQUEST, {"+", "get"}, NULL},
    {TOPIC_DEVICE_REQUEST, {"", "get"}, NULL},
    {TOPIC_DEVICE_REQUEST, {"d1", "#"}, NULL},
    {TOPIC_DEVICE_REQUEST, {"d1", ""}, NULL},
    {TOPIC_DEVICE_REJECTED, {"d1", "get"}, "muster/v1/device/d1/get/rejected"},
    {TOPIC_DEVICE_REPLY, {"d1"}, "muster/v1/device/d1/reply"},
    {TOPIC_DEVICE_REPLY_NAMED, {"d1", "x"}, "muster/v1/device/d1/reply/x"},
    {TOPIC_ADMIN_ACCEPTED, {"ctl", "key", "list"}, "muster/v1/admin/ctl/key/list/accepted"},
    {TOPIC_ADMIN_REQUEST, {"c\ntl", "key", "list"}, NULL},
    {TOPIC_EVENT, {"default", "d1", "registered"}, "muster/v1/event/default/d1/registered"},
    {TOPIC_EVENT, {"Default", "d1", "registered"}, NULL},
    {TOPIC_STATUS, {"default", "d1"}, "muster/v1/status/default/d1"},
    {TOPIC_CRL_PART, {"all", "64"}, "muster/v1/ca/all/crl/64"},
    {TOPIC_CRL_PART, {"all", ""}, NULL},
    {TOPIC_SERVICE_STATE, {0}, "muster/v1/service/state"},
};

static void test_build(void)
{
    for (size_t i = 0; i < sizeof builds / sizeof *builds; i++) {
        char out[LIMIT_TOPIC];
        const char *expected = builds[i].topic != NULL ? builds[i].topic : "";
        size_t length = topic_build(builds[i].id, out, sizeof out, builds[i].parameters);
        CHECK(length == strlen(expected), "row %zu: %zu octets", i, length);
        for (size_t size = 0; length > 0 && size <= length + 1; size++) {
            char *exact = out + sizeof out - size; /* what writes behind its end leaves the buffer */
            bool fits = topic_build(builds[i].id, exact, size, builds[i].parameters) == length;
            CHECK(fits == (size == length + 1), "%s into %zu octets", expected, size);
            CHECK(!fits || strcmp(exact, expected) == 0, "%s", exact);
        }
    }
}

static const struct {
    enum topic_id id;
    const char *filter;
    enum topic_direction direction;
    int qos;
    bool retained;
} catalogue[] = {
    {TOPIC_DEVICE_REQUEST, "muster/v1/device/+/+", TOPIC_IN, 1, false},
    {TOPIC_DEVICE_ACCEPTED, "muster/v1/device/+/+/accepted", TOPIC_OUT, 1, false},
    {TOPIC_DEVICE_REJECTED, "muster/v1/device/+/+/rejected", TOPIC_OUT, 1, false},
    {TOPIC_DEVICE_REPLY, "muster/v1/device/+/reply", TOPIC_OUT, 1, false},
    {TOPIC_DEVICE_REPLY_NAMED, "muster/v1/device/+/reply/+", TOPIC_OUT, 1, false},
    {TOPIC_DEVICE_OFFER, "muster/v1/device/+/renew/offer", TOPIC_OUT, 1, false},
    {TOPIC_ADMIN_REQUEST, "muster/v1/admin/+/+/+", TOPIC_IN, 1, false},
    {TOPIC_ADMIN_ACCEPTED, "muster/v1/admin/+/+/+/accepted", TOPIC_OUT, 1, false},
    {TOPIC_ADMIN_REJECTED, "muster/v1/admin/+/+/+/rejected", TOPIC_OUT, 1, false},
    {TOPIC_ADMIN_REPLY, "muster/v1/admin/+/reply", TOPIC_OUT, 1, false},
    {TOPIC_ADMIN_REPLY_NAMED, "muster/v1/admin/+/reply/+", TOPIC_OUT, 1, false},
    {TOPIC_EVENT, "muster/v1/event/+/+/+", TOPIC_OUT, 1, false},
    {TOPIC_STATUS, "muster/v1/status/+/+", TOPIC_OUT, 0, true},
    {TOPIC_CRL, "muster/v1/ca/+/crl", TOPIC_OUT, 1, true},
    {TOPIC_CRL_PART, "muster/v1/ca/+/crl/+", TOPIC_OUT, 1, true},
    {TOPIC_SERVICE_STATE, "muster/v1/service/state", TOPIC_OUT, 1, true},
    {TOPIC_SERVICE_PROBE, "muster/v1/service/probe", TOPIC_IN, 1, false},
    {TOPIC_GATE_CONNECTED, "muster/v1/gate/connected", TOPIC_IN, 1, false},
    {TOPIC_GATE_DISCONNECTED, "muster/v1/gate/disconnected", TOPIC_IN, 1, false},
    {TOPIC_GATE_REFUSED, "muster/v1/gate/refused", TOPIC_IN, 1, false},
    {TOPIC_GATE_CHECKED, "muster/v1/gate/checked", TOPIC_IN, 1, false},
    {TOPIC_GATE_RELOADED, "muster/v1/gate/reloaded", TOPIC_IN, 1, false},
    {TOPIC_GATE_COMMAND, "$CONTROL/muster/v1", TOPIC_OUT, 1, false},
    {TOPIC_GATE_ANSWER, "$CONTROL/muster/answer/v1", TOPIC_OUT, 1, false},
};

static void test_catalogue(void)
{
    CHECK_INT(sizeof catalogue / sizeof *catalogue, TOPIC_COUNT);
    for (size_t i = 0; i < sizeof catalogue / sizeof *catalogue; i++) {
        char filter[LIMIT_TOPIC];
        CHECK_INT(topic_filter(catalogue[i].id, filter, sizeof filter), strlen(catalogue[i].filter));
        CHECK_TEXT(filter, catalogue[i].filter);
        CHECK_INT(topic_filter(catalogue[i].id, filter, strlen(catalogue[i].filter)), 0);
        CHECK_INT(topic_direction(catalogue[i].id), catalogue[i].direction);
        CHECK_INT(topic_qos(catalogue[i].id), catalogue[i].qos);
        CHECK_INT(topic_is_retained(catalogue[i].id), catalogue[i].retained);
        const char *pattern = topic_pattern(catalogue[i].id);
        CHECK(strncmp(pattern, "muster/v1/", 10) == 0 || strncmp(pattern, "$CONTROL/muster/", 16) == 0, "%s", pattern);
    }
}

int main(void)
{
    test_match();
    test_build();
    test_catalogue();
    return check_done();
}
