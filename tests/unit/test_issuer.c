/* The end of an issuing CA and of a root: when it is told, of whom, and until when they sign. */
#include "service/core/issuer.h"
#include "tests/unit/check.h"

#define DAY INT64_C(86400)

static void test_alarm(void)
{
    static const struct {
        const char *what;
        int64_t begins, ends; /* days */
        int certificate_days;
        int64_t at; /* days */
    } cases[] = {
        {"ten years", 0, 3650, 365, 3650 - 365 - 30},
        {"begun later", 100, 3750, 365, 3750 - 365 - 30},
        {"short certificates", 0, 3650, 1, 3650 - 31},
        {"certificates that live longer than it does", 0, 3650, 7300, 1825},
        {"just half its life", 0, 790, 365, 395},
        {"a short life: its second half", 0, 100, 365, 50},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct validity validity = {cases[i].begins * DAY, cases[i].ends * DAY};
        int64_t at = issuer_alarm_at(validity, cases[i].certificate_days);
        CHECK(at == cases[i].at * DAY * 1000, "%s: day %lld", cases[i].what, (long long)(at / 1000 / DAY));
    }
}

static void test_last_day(void)
{
    struct validity validity = {0, 10 * DAY};
    CHECK(!issuer_has_ended(validity, 0), "its first second");
    CHECK(!issuer_has_ended(validity, 9 * DAY * 1000), "a day before its end");
    CHECK(issuer_has_ended(validity, 9 * DAY * 1000 + 1), "less than a day");
    CHECK(issuer_has_ended(validity, 11 * DAY * 1000), "over");
}

/* Whose end matters, as a text of 0 and 1. */
static void test_who_matters(void)
{
    static const struct {
        const char *what;
        struct ca_issuer issuers[4];
        size_t count;
        const char *matter;
    } cases[] = {
        {"an issuing CA, an older one, the root",
         {{.current = true, .validity = {0, 10}}, {.validity = {0, 5}}, {.root = true, .validity = {0, 20}}},
         3,
         "101"},
        {"its own root", {{.current = true, .root = true, .validity = {0, 10}}}, 1, "1"},
        {"its own root, after another one of that kind",
         {{.current = true, .root = true, .validity = {0, 10}}, {.root = true, .validity = {0, 20}}},
         2,
         "10"},
        {"the root that lasts longest",
         {{.current = true, .validity = {0, 10}},
          {.root = true, .validity = {0, 9}},
          {.root = true, .validity = {0, 30}},
          {.root = true, .validity = {0, 20}}},
         4,
         "1010"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char got[8] = "";
        for (size_t j = 0; j < cases[i].count; j++)
            got[j] = issuer_matters(cases[i].issuers, cases[i].count, j) ? '1' : '0';
        CHECK(strcmp(got, cases[i].matter) == 0, "%s: %s", cases[i].what, got);
    }
}

int main(void)
{
    test_alarm();
    test_last_day();
    test_who_matters();
    return check_done();
}
