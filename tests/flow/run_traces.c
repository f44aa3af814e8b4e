/* Plays traces: see flow.h for what stands in one. */
#include "tests/flow/flow.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int passed, failed;

static struct {
    const char *file;
    struct line *lines; /* of the case in hand */
    size_t count, at;
    int number;    /* of the line in hand */
    bool sweeps;   /* it ends with a sweep: what comes out before is no matter */
    bool tampered; /* by `sql`: memory and store may differ until the next restart */
} trace;

void trace_check(bool good, const char *format, ...)
{
    va_list arguments;
    passed += good;
    failed += !good;
    if (good)
        return;
    printf("FAILED %s:%d: ", trace.file, trace.number);
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    putchar('\n');
}

/* Cuts the first word off `*rest`. */
static char *word(char **rest)
{
    char *start = *rest + strspn(*rest, " ");
    size_t length = strcspn(start, " ");
    *rest = start + length + (start[length] != '\0');
    start[length] = '\0';
    return start;
}

static const char *after(const char *text, const char *prefix)
{
    size_t length = strlen(prefix);
    return strncmp(text, prefix, length) == 0 ? text + length : NULL;
}

/* --- messages in -------------------------------------------------------------------------------------------------- */

void trace_send(const char *text)
{
    char *line = variables_fill(text, false), *rest = line, *topic = word(&rest);
    const char *response = NULL, *correlation = NULL, *value = NULL;
    bool retained = false;
    for (; topic[0] == '@'; topic = word(&rest)) {
        response = (value = after(topic, "@response=")) != NULL ? value : response;
        correlation = (value = after(topic, "@correlation=")) != NULL ? value : correlation;
        retained = retained || strcmp(topic, "@retained") == 0;
    }
    /* Values go into the payload as JSON text, so it is taken from the line as it was. */
    const char *behind = strstr(text, "{") != NULL ? strstr(text, "{") : rest;
    char *payload = variables_fill(behind, true);
    edge_put(QUEUE_MESSAGE, BROKER_SUBSCRIBER,
             &(struct mqtt_message){.topic = topic,
                                    .topic_length = strlen(topic),
                                    .payload = payload[0] != '\0' ? payload : NULL,
                                    .length = strlen(payload),
                                    .retained = retained,
                                    .response_topic = response,
                                    .response_topic_length = response != NULL ? strlen(response) : 0,
                                    .correlation = correlation,
                                    .correlation_length = correlation != NULL ? strlen(correlation) : 0});
    free(payload);
    free(line);
}

static void do_restart(const char *argument)
{
    (void)argument;
    trace.tampered = false;
    edge.failing_commits = 0;
    world_restart();
}
static void do_restart_failing(const char *argument)
{
    (void)argument;
    trace.tampered = false;
    for (int n = 1; !world_restart_failing(n); n++)
        trace_check(n < 1000, "the service never starts");
}
static void do_tick(const char *argument)
{
    (void)argument;
}
static void do_hear(const char *argument)
{
    (void)argument;
    edge_put(QUEUE_UP, BROKER_SUBSCRIBER, NULL);
}
static void do_deaf(const char *argument)
{
    (void)argument;
    edge_put(QUEUE_DOWN, BROKER_SUBSCRIBER, NULL);
}
static void do_publisher_up(const char *argument)
{
    (void)argument;
    edge_put(QUEUE_UP, BROKER_PUBLISHER, NULL);
}
static void do_publisher_down(const char *argument)
{
    (void)argument;
    edge_put(QUEUE_DOWN, BROKER_PUBLISHER, NULL);
}
static void do_commit_fails(const char *argument)
{
    edge.failing_commits = argument[0] != '\0' ? atoi(argument) : 1;
}
static void do_second_commit_fails(const char *argument)
{
    do_commit_fails(argument);
    edge.good_commits = 1;
}
static void do_wall(const char *argument)
{
    edge.wall_shift += atoll(argument);
}
static void do_pool(const char *argument)
{
    edge.pool = atoi(argument);
}
static void do_mute(const char *argument)
{
    (void)argument;
    edge.mute = true;
}
static void do_unmute(const char *argument)
{
    (void)argument;
    edge.mute = false;
}
static void do_new_seal_key(const char *argument)
{
    (void)argument;
    edge_random(world->core.seal_key, sizeof world->core.seal_key);
}
static void do_crowded(const char *argument)
{
    (void)argument;
    edge.crowded = true;
}
static void do_uncrowded(const char *argument)
{
    (void)argument;
    edge.crowded = false;
}

static const struct {
    const char *word;
    void (*act)(const char *argument);
} acts[] = {{"tick", do_tick},
            {"hear", do_hear},
            {"deaf", do_deaf},
            {"restart", do_restart},
            {"restart-failing", do_restart_failing},
            {"publisher-up", do_publisher_up},
            {"publisher-down", do_publisher_down},
            {"commit-fails", do_commit_fails},
            {"second-commit-fails", do_second_commit_fails},
            {"wall", do_wall},
            {"pool", do_pool},
            {"mute", do_mute},
            {"unmute", do_unmute},
            {"new-seal-key", do_new_seal_key},
            {"crowded", do_crowded},
            {"uncrowded", do_uncrowded}};

/* `MS what` or `MS who topic payload` */
static void act(char *rest)
{
    edge.ms = atoll(word(&rest));
    char *what = word(&rest);
    for (size_t i = 0; i < sizeof acts / sizeof *acts; i++)
        if (strcmp(acts[i].word, what) == 0) {
            acts[i].act(rest);
            return;
        }
    trace_send(rest);
}

/* --- what comes out ----------------------------------------------------------------------------------------------- */

static struct output *find_output(long long ms, const char *topic, const char *json, char *what, size_t size)
{
    struct output *near = NULL;
    for (size_t i = 0; i < edge.output_count; i++) {
        struct output *output = &edge.outputs[i];
        if (output->matched || strcmp(output->topic, topic) != 0 || output->ms != ms)
            continue;
        near = output;
        if (json[0] == '\0' || match_json(json, output->payload, what, size))
            return output;
    }
    if (near == NULL)
        snprintf(what, size, "nothing came");
    return NULL;
}

static void expect(char *rest)
{
    char what[400] = "";
    long long ms = atoll(word(&rest));
    char *topic = variables_fill(word(&rest), false);
    bool echoed = after(rest, "@correlation=") != NULL;
    char *correlation = variables_fill(echoed ? after(word(&rest), "@correlation=") : "", false);
    struct output *output = find_output(ms, topic, rest, what, sizeof what);
    trace_check(output != NULL, "expected at %lld: %s %s\n  got      %s", ms, topic, rest, what);
    if (output != NULL) {
        output->matched = true;
        trace_check(strcmp(output->correlation, correlation) == 0, "correlation \"%s\"", output->correlation);
    }
    free(correlation);
    free(topic);
}

/* Everything that came out has been expected, and what must always hold does. */
static void close_step(void)
{
    char what[300] = "";
    for (size_t i = 0; i < edge.output_count; i++)
        if (!edge.outputs[i].matched && !trace.sweeps)
            trace_check(false, "not expected:\n  got      %lld %s %s", edge.outputs[i].ms, edge.outputs[i].topic,
                        edge.outputs[i].payload);
    edge_forget_outputs();
    bool sound = trace.tampered || world_is_sound(what, sizeof what);
    trace_check(sound, "%s", what);
}

/* --- preparations ------------------------------------------------------------------------------------------------- */

static void set(char *rest)
{
    struct config *config = &world->config;
    char *key = word(&rest), *value = word(&rest);
    const struct {
        const char *key;
        int *value;
    } numbers[] = {{"heartbeat_seconds", &config->heartbeat_seconds},
                   {"offline_after_seconds", &config->offline_after_seconds},
                   {"grace_seconds", &config->grace_seconds},
                   {"certificate_days", &config->certificate_days},
                   {"event_days", &config->event_days}};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (strcmp(numbers[i].key, key) == 0)
            *numbers[i].value = atoi(value);
    if (strcmp(key, "retained_status") == 0)
        config->retained_status = strcmp(value, "true") == 0;
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
    snprintf(sql, sizeof sql, "INSERT INTO tenant VALUES ('%s', 0)", word(&rest));
    trace_check(world_sql(sql), "%s", sql);
}
static void set_operator(char *rest)
{
    char *label = word(&rest), *role = word(&rest);
    world_make_operator(label, role, word(&rest));
}
static void set_key(char *rest)
{
    char *label = word(&rest);
    world_make_key(label, rest);
}
static void set_csr(char *rest)
{
    char *label = word(&rest);
    world_make_csr(label, word(&rest));
}
static void set_text(char *rest)
{
    static char text[70000];
    char *label = word(&rest);
    size_t length = (size_t)atoll(word(&rest));
    memset(text, 'x', length);
    text[length] = '\0';
    variable_set(label, text);
}
static void run_sql(char *rest)
{
    trace.tampered = true;
    char *sql = variables_fill(rest, false);
    trace_check(world_sql(sql), "%s: %s", sql, sqlite3_errmsg(world->database));
    free(sql);
}
static void query(char *rest)
{
    char got[300];
    char *wanted = variables_fill(word(&rest), false), *sql = variables_fill(rest, false);
    world_query(sql, got, sizeof got);
    trace_check(strcmp(got, wanted) == 0, "%s\n  expected \"%s\"\n  got      \"%s\"", sql, wanted, got);
    free(wanted);
    free(sql);
}

static const struct {
    const char *word;
    void (*run)(char *rest);
} preparations[] = {{"<", expect},    {"?", query},     {"tenant", set_tenant}, {"operator", set_operator},
                    {"key", set_key}, {"csr", set_csr}, {"text", set_text},     {"sql", run_sql},
                    {"set", set}};

/* --- playing ------------------------------------------------------------------------------------------------------ */

static bool prepare(const char *text)
{
    char *copy = strdup(text), *rest = copy, *first = word(&rest);
    bool found = false;
    for (size_t i = 0; i < sizeof preparations / sizeof *preparations && !found; i++) {
        found = strcmp(preparations[i].word, first) == 0;
        if (found)
            preparations[i].run(rest);
    }
    free(copy);
    return found;
}

/* Messages that join the batch of the one before. */
static void act_together(void)
{
    for (; trace.at < trace.count && trace.lines[trace.at].text[0] == '&'; trace.at++) {
        char *copy = strdup(trace.lines[trace.at].text), *rest = copy + 1;
        word(&rest);
        trace_send(rest);
        free(copy);
    }
}

/* The loop is quiet: goes on to the next thing that happens. */
static void play_on(void)
{
    for (; trace.at < trace.count; trace.at++) {
        const char *text = trace.lines[trace.at].text;
        trace.number = trace.lines[trace.at].number;
        if (after(text, "sweep ") != NULL) {
            if (!sweep_step(after(text, "sweep ")))
                edge.stop = 1;
            return;
        }
        if (text[0] == '>') {
            close_step();
            char *copy = strdup(text + 1);
            act(copy);
            free(copy);
            trace.at++;
            act_together();
            return;
        }
        if (!prepare(text))
            trace_check(false, "what does this mean: %s", text);
    }
    close_step();
    edge.stop = 1;
}

static void play_once(void)
{
    edge_reset();
    edge_random_start(1);
    trace.tampered = false;
    variables_forget();
    memset(&world->config, 0, sizeof world->config);
    config_default("/", &world->config);
    world->config.retained_status = false;
    world->real_ca = false;
    for (trace.at = 0; trace.at < trace.count && after(trace.lines[trace.at].text, "set ") != NULL; trace.at++)
        prepare(trace.lines[trace.at].text);
    world_start();
    edge_on_quiet = play_on;
    while (loop_run(&world->loop, &edge.stop) != 0 && edge.stop == 0) {
        mqtt_send(NULL, &(struct mqtt_publish){.topic = "stopped", .payload = "{}", .length = 2});
        world_restart(); /* as whoever supervises the service would */
    }
    edge_forget_outputs();
    world_end();
}

/* A case with a sweep is played until nothing fails in it any more. */
static void play_case(void)
{
    trace.sweeps = trace.count > 0 && after(trace.lines[trace.count - 1].text, "sweep ") != NULL;
    sweep_start();
    do
        play_once();
    while (trace.sweeps && sweep_next());
}

static size_t read_lines(const char *path, struct line *lines, size_t most)
{
    static char text[70000];
    FILE *file = fopen(path, "r");
    size_t count = 0;
    if (file == NULL) {
        trace_check(false, "cannot be read");
        return 0;
    }
    for (int number = 1; fgets(text, sizeof text, file) != NULL && count < most; number++) {
        text[strcspn(text, "\n")] = '\0';
        char *start = text + strspn(text, " ");
        if (*start != '\0' && *start != '#')
            lines[count++] = (struct line){number, strdup(start)};
    }
    fclose(file);
    return count;
}

static void play_file(const char *path)
{
    static struct line lines[4000];
    trace.file = path;
    size_t count = read_lines(path, lines, sizeof lines / sizeof *lines);
    for (size_t i = 0, next; i < count; i = next) {
        size_t begin = i + (after(lines[i].text, "case ") != NULL);
        for (next = begin; next < count && after(lines[next].text, "case ") == NULL;)
            next++;
        trace.lines = lines + begin;
        trace.count = next - begin;
        play_case();
    }
    while (count > 0)
        free(lines[--count].text);
}

int main(int argc, char **argv)
{
    world = calloc(1, sizeof *world);
    for (int i = 1; i < argc; i++)
        play_file(argv[i]);
    edge_reset();
    variables_forget();
    free(world);
    printf("%d passed, %d failed\n", passed, failed);
    return failed != 0 || passed == 0;
}
