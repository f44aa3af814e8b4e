#include "tests/unit/check.h"
#include "topics/message.h"
#include "topics/topic.h"

/* docs/protocol.md, sections 3 and 6, in the words of a test. */
static const struct {
    const char *noun, *verb;
    enum operation operation;
    unsigned may;
    bool changes, mute;
    uint64_t needs;
} known[] = {
    {NULL, "register", OP_REGISTER, MAY_PROVISION | MAY_DEVICE, true, false, 0},
    {NULL, "provision", OP_PROVISION, MAY_PROVISION | MAY_DEVICE, true, false, 0},
    {NULL, "connect", OP_CONNECT, MAY_DEVICE, true, false, M(SESSION)},
    {NULL, "heartbeat", OP_HEARTBEAT, MAY_DEVICE, false, true, 0},
    {NULL, "disconnect", OP_DISCONNECT, MAY_DEVICE, false, true, 0},
    {NULL, "will", OP_WILL, MAY_DEVICE, false, true, 0},
    {NULL, "get", OP_GET, MAY_DEVICE, false, false, 0},
    {NULL, "update", OP_UPDATE, MAY_DEVICE, true, false, 0},
    {NULL, "renew", OP_RENEW, MAY_DEVICE, true, false, 0},
    {NULL, "rotate", OP_ROTATE, MAY_DEVICE, true, false, 0},
    {NULL, "reset", OP_RESET, MAY_DEVICE, true, false, 0},
    {"key", "create", OP_KEY_CREATE, MAY_OPERATOR | MAY_ADMIN, true, false, 0},
    {"key", "list", OP_KEY_LIST, MAY_VIEWER | MAY_OPERATOR | MAY_ADMIN, false, false, 0},
    {"key", "show", OP_KEY_SHOW, MAY_VIEWER | MAY_OPERATOR | MAY_ADMIN, false, false, M(KEY_ID)},
    {"key", "disable", OP_KEY_DISABLE, MAY_OPERATOR | MAY_ADMIN, true, false, M(KEY_ID)},
    {"device", "create", OP_DEVICE_CREATE, MAY_OPERATOR | MAY_ADMIN, true, false, M(UUID)},
    {"device", "list", OP_DEVICE_LIST, MAY_VIEWER | MAY_OPERATOR | MAY_ADMIN, false, false, 0},
    {"device", "show", OP_DEVICE_SHOW, MAY_VIEWER | MAY_OPERATOR | MAY_ADMIN, false, false, M(UUID)},
    {"device", "events", OP_DEVICE_EVENTS, MAY_VIEWER | MAY_OPERATOR | MAY_ADMIN, false, false, M(UUID)},
    {"device", "block", OP_DEVICE_BLOCK, MAY_OPERATOR | MAY_ADMIN, true, false, M(UUID)},
    {"device", "unblock", OP_DEVICE_UNBLOCK, MAY_OPERATOR | MAY_ADMIN, true, false, M(UUID)},
    {"device", "reset", OP_DEVICE_RESET, MAY_OPERATOR | MAY_ADMIN, true, false, M(UUID)},
    {"device", "kick", OP_DEVICE_KICK, MAY_OPERATOR | MAY_ADMIN, true, false, M(UUID)},
    {"device", "decommission", OP_DEVICE_DECOMMISSION, MAY_OPERATOR | MAY_ADMIN, true, false, M(UUID)},
    {"device", "release", OP_DEVICE_RELEASE, MAY_OPERATOR | MAY_ADMIN, true, false, M(UUID)},
    {"certificate", "renew", OP_CERTIFICATE_RENEW, MAY_OPERATOR | MAY_ADMIN, true, false, M(UUID)},
    {"certificate", "validate", OP_CERTIFICATE_VALIDATE, MAY_VIEWER | MAY_OPERATOR | MAY_ADMIN, false, false, 0},
    {"ca", "show", OP_CA_SHOW, MAY_VIEWER | MAY_OPERATOR | MAY_ADMIN, false, false, 0},
    {"ca", "crl", OP_CA_CRL, MAY_VIEWER | MAY_OPERATOR | MAY_ADMIN, false, false, 0},
    {"ca", "rotate", OP_CA_ROTATE, MAY_ADMIN, true, false, 0},
    {"ca", "drop", OP_CA_DROP, MAY_ADMIN, true, false, M(ISSUER_ID)},
    {"certificate", "list", OP_CERTIFICATE_LIST, MAY_VIEWER | MAY_OPERATOR | MAY_ADMIN, false, false, 0},
    {"certificate", "show", OP_CERTIFICATE_SHOW, MAY_VIEWER | MAY_OPERATOR | MAY_ADMIN, false, false,
     M(CERTIFICATE_ID)},
    {"certificate", "revoke", OP_CERTIFICATE_REVOKE, MAY_OPERATOR | MAY_ADMIN, true, false, M(CERTIFICATE_ID)},
    {"stats", "overview", OP_STATS_OVERVIEW, MAY_VIEWER | MAY_OPERATOR | MAY_ADMIN, false, false, 0},
};

static enum operation find(const char *noun, const char *verb)
{
    return operation_find(noun, noun != NULL ? strlen(noun) : 0, verb, strlen(verb));
}

static void test_known(void)
{
    CHECK_INT(sizeof known / sizeof *known, OP_CONNECTED - 1); /* what the gate tells comes last */
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        const struct operation_row *row = operation_row(known[i].operation);
        const char *verb = known[i].verb;
        CHECK(find(known[i].noun, verb) == known[i].operation, "%s", verb);
        CHECK(known[i].noun == NULL ? row->noun == NULL : strcmp(row->noun, known[i].noun) == 0, "%s", verb);
        CHECK_TEXT(row->verb, verb);
        CHECK(row->may == known[i].may, "who may %s: %u", verb, row->may);
        CHECK(((row->flags & OP_CHANGES) != 0) == known[i].changes, "%s", verb);
        CHECK(((row->flags & OP_MUTE) != 0) == known[i].mute, "%s", verb);
        CHECK(row->needs == known[i].needs, "%s needs %x", verb, (unsigned)row->needs);
        CHECK((row->needs & ~row->members) == 0, "%s needs what it does not take", verb);
        CHECK((row->flags & OP_CHANGES) == 0 || (row->flags & OP_MUTE) == 0, "%s: a change without an answer", verb);
    }
}

static const struct {
    const char *noun, *verb;
} unknown[] = {{NULL, ""},          {NULL, "Register"},     {NULL, "registe"},  {NULL, "registers"},
               {NULL, "connected"}, {NULL, "disconnected"}, {NULL, "refused"},  {"gate", "connected"},
               {NULL, "register "}, {NULL, "create"},       {NULL, "overview"}, {"key", "reset"},
               {"device", "get"},   {"devices", "list"},    {"devic", "list"},  {"Key", "list"},
               {"key", "lisT"},     {"", "list"},           {"", ""},           {"device", "create "}};

static void test_unknown(void)
{
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++)
        CHECK(find(unknown[i].noun, unknown[i].verb) == OP_UNKNOWN, "\"%s\" \"%s\"",
              unknown[i].noun != NULL ? unknown[i].noun : "NULL", unknown[i].verb);
    CHECK_INT(operation_find(NULL, 0, "registered", 8), OP_REGISTER); /* only `length` octets count */
    CHECK_INT(operation_row(OP_UNKNOWN)->may, 0);
    CHECK_INT(operation_row(OP_UNKNOWN)->needs, 0);
}

/* What the gate tells has rows of its own, which no request finds. */
static void test_gate(void)
{
    for (int i = OP_CONNECTED; i < OP_COUNT; i++) {
        const struct operation_row *row = operation_row((enum operation)i);
        CHECK(row->may == MAY_GATE && row->flags == OP_MUTE, "%s", row->verb);
    }
}

/* What a row may not be, whatever operations there will be. */
static void test_members(void)
{
    CHECK(MEMBER_COUNT <= 64, "%d members do not fit into struct message's `has`", MEMBER_COUNT);
    CHECK_INT(MEMBER_REQUEST_ID, 0);
    for (int i = OP_UNKNOWN + 1; i < OP_COUNT; i++)
        CHECK((operation_row((enum operation)i)->members & MEMBERS_ALWAYS) == 0, "operation %d names a standing member",
              i);
}

int main(void)
{
    test_known();
    test_unknown();
    test_gate();
    test_members();
    return check_done();
}
