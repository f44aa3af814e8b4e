#include "device-client/metrics.h"
#include "tests/unit/check.h"
#include "topics/document.h"

#include <stdlib.h>

static const struct {
    const char *what, *before, *after;
    int expected;
} cpu_cases[] = {
    {"half", "cpu  0 0 0 0 0 0 0 0 0 0\n", "cpu  25 5 10 40 10 4 6 0 9 9\n", 50},
    {"idle", "cpu  5 5 5 100 5 0 0 0\n", "cpu  5 5 5 300 5 0 0 0\n", 0},
    {"waiting for a disk is idle", "cpu  0 0 0 0 0\n", "cpu  0 0 0 0 50\n", 0},
    {"full", "cpu  0 0 0 7 0 0 0 0\n", "cpu  100 0 0 7 0 0 0 0\n", 100},
    {"guest time is in user already", "cpu  0 0 0 0 0 0 0 0 0 0\n", "cpu  50 0 0 50 0 0 0 0 50 0\n", 50},
    {"an old kernel", "cpu  0 0 0 0\n", "cpu  1 0 0 3\n", 25},
    {"no time went by", "cpu  1 1 1 1 1 1 1 1\n", "cpu  1 1 1 1 1 1 1 1\n", -1},
    {"backwards", "cpu  9 9 9 9 9 9 9 9\n", "cpu  1 1 1 1 1 1 1 1\n", -1},
    {"not it", "cpu  1 1 1 1\n", "intr 1 2 3\n", -1},
    {"empty", "cpu  1 1 1 1\n", "", -1},
};

static const struct {
    const char *what, *text;
    int expected;
} ram_cases[] = {
    {"as it looks", "MemTotal:       1000 kB\nMemFree:  10 kB\nMemAvailable:    600 kB\n", 40},
    {"all free", "MemTotal: 1000 kB\nMemAvailable: 1000 kB\n", 0},
    {"none free", "MemTotal: 1000 kB\nMemAvailable: 0 kB\n", 100},
    {"rounded", "MemTotal: 1000 kB\nMemAvailable: 994 kB\n", 1},
    {"more than all", "MemTotal: 1000 kB\nMemAvailable: 2000 kB\n", -1},
    {"too old a kernel", "MemTotal: 1000 kB\nMemFree: 10 kB\n", -1},
    {"nothing", "MemTotal: 0 kB\nMemAvailable: 0 kB\n", -1},
    {"empty", "", -1},
};

static void check_sample(void)
{
    char text[256];
    struct metrics metrics = {0};
    struct document *document = NULL;
    struct why why;
    const char *const names[] = {"cpu", "ram", "storage"};
    metrics_sample(&metrics, "/", text, sizeof text);
    CHECK(document_new(text, strlen(text), &document, &why) == ST_OK, "%s", text);
    for (size_t i = 0; i < 3; i++) {
        long long percent = -1;
        CHECK(value_integer(value_member(document_root(document), names[i]), 0, 100, &percent), "%s: %s", names[i],
              text);
    }
    document_free(document);
    metrics_sample(&metrics, "/no/such/folder", text, sizeof text);
    CHECK(strstr(text, "storage") == NULL, "%s", text);
    metrics_sample(&metrics, "/", text, 8);
    CHECK_TEXT(text, "");
}

int main(void)
{
    for (size_t i = 0; i < sizeof cpu_cases / sizeof *cpu_cases; i++) {
        struct metrics metrics = {0};
        (void)metrics_cpu(&metrics, cpu_cases[i].before);
        int got = metrics_cpu(&metrics, cpu_cases[i].after);
        CHECK(got == cpu_cases[i].expected, "%s: %d", cpu_cases[i].what, got);
    }
    for (size_t i = 0; i < sizeof ram_cases / sizeof *ram_cases; i++) {
        int got = metrics_ram(ram_cases[i].text);
        CHECK(got == ram_cases[i].expected, "%s: %d", ram_cases[i].what, got);
    }
    check_sample();
    return check_done();
}
