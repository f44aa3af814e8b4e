/* What a trace prepares and asks: configuration, keys, operators, SQL. */
#include "tests/flow/flow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void set(char *rest)
{
    struct config *config = &world->config;
    char *key = trace_word(&rest), *value = trace_word(&rest);
    const struct {
        const char *key;
        int *value;
    } numbers[] = {{"heartbeat_seconds", &config->heartbeat_seconds},
                   {"offline_after_seconds", &config->offline_after_seconds},
                   {"grace_seconds", &config->grace_seconds},
                   {"certificate_days", &config->certificate_days},
                   {"certificate_warning_days", &config->certificate_warning_days},
                   {"certificate_unused_seconds", &config->certificate_unused_seconds},
                   {"certificate_grace_days", &config->certificate_grace_days},
                   {"certificates_per_day", &config->certificates_per_day},
                   {"api_key_days", &config->api_key_days},
                   {"crl_days", &config->crl_days},
                   {"event_days", &config->event_days}};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (strcmp(numbers[i].key, key) == 0)
            *numbers[i].value = atoi(value);
    if (strcmp(key, "retained_status") == 0)
        config->retained_status = strcmp(value, "true") == 0;
    if (strcmp(key, "gated") == 0)
        world->gated = world->core.gated = strcmp(value, "true") == 0;
    if (strcmp(key, "authority") == 0)
        world->real_ca = strcmp(value, "real") == 0;
    if (strcmp(key, "type_offline_after_seconds") == 0) {
        snprintf(config->type_offline_after[0].type, CONFIG_TEXT, "%s", value);
        config->type_offline_after[0].seconds = atoi(rest);
        config->type_count = 1;
    }
}

static void set_tenant(char *rest)
{
    char sql[200];
    snprintf(sql, sizeof sql, "INSERT INTO tenant VALUES ('%s', 0)", trace_word(&rest));
    trace_check(world_sql(sql), "%s", sql);
}
static void set_operator(char *rest)
{
    char *label = trace_word(&rest), *role = trace_word(&rest);
    world_make_operator(label, role, trace_word(&rest));
}
static void set_key(char *rest)
{
    char *label = trace_word(&rest);
    world_make_key(label, rest);
}
static void set_csr(char *rest)
{
    char *label = trace_word(&rest);
    world_make_csr(label, trace_word(&rest));
}
static void set_text(char *rest)
{
    static char text[70000];
    char *label = trace_word(&rest);
    size_t length = (size_t)atoll(trace_word(&rest));
    memset(text, 'x', length);
    text[length] = '\0';
    variable_set(label, text);
}
static void run_sql(char *rest)
{
    world->tampered = true;
    char *sql = variables_fill(rest, false);
    trace_check(world_sql(sql), "%s: %s", sql, sqlite3_errmsg(world->database));
    free(sql);
}
static void query(char *rest)
{
    char got[300];
    char *wanted = variables_fill(trace_word(&rest), false), *sql = variables_fill(rest, false);
    world_query(sql, got, sizeof got);
    trace_check(strcmp(got, wanted) == 0, "%s\n  expected \"%s\"\n  got      \"%s\"", sql, wanted, got);
    free(wanted);
    free(sql);
}

static const struct {
    const char *word;
    void (*run)(char *rest);
} preparations[] = {{"?", query},     {"tenant", set_tenant}, {"operator", set_operator}, {"key", set_key},
                    {"csr", set_csr}, {"text", set_text},     {"sql", run_sql},           {"set", set}};

bool trace_prepare(const char *text)
{
    char *copy = strdup(text), *rest = copy, *first = trace_word(&rest);
    bool found = false;
    for (size_t i = 0; i < sizeof preparations / sizeof *preparations && !found; i++) {
        found = strcmp(preparations[i].word, first) == 0;
        if (found)
            preparations[i].run(rest);
    }
    free(copy);
    return found;
}
