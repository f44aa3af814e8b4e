/* Plays traces: see flow.h for what stands in one. */
#include "tests/flow/flow.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CAPACITY 64 /* devices of a trace */

static int passed, failed;

static struct {
    const char *file;
    struct line *lines; /* of the case in hand */
    size_t count, at;
    int number;  /* of the line in hand */
    bool sweeps; /* it ends with a sweep: what comes out before is no matter */
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

char *trace_word(char **rest)
{
    char *start = *rest + strspn(*rest, " ");
    size_t length = strcspn(start, " ");
    *rest = start + length + (start[length] != '\0');
    start[length] = '\0';
    return start;
}

const char *trace_after(const char *text, const char *prefix)
{
    size_t length = strlen(prefix);
    return strncmp(text, prefix, length) == 0 ? text + length : NULL;
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
        if (json[0] == '\0' || (strcmp(json, "empty") == 0 && output->payload[0] == '\0') ||
            match_json(json, output->payload, what, size))
            return output;
    }
    if (near == NULL)
        snprintf(what, size, "nothing came");
    return NULL;
}

/* Answers and what becomes of connections come in the order in which the trace names them: whoever resets itself shall
 * hear it before its connection is closed. */
static void check_order(const struct output *output)
{
    const char *topic = output->topic;
    bool sessions = trace_after(topic, "sessions ") != NULL;
    bool answer = strstr(topic, "/accepted") != NULL || strstr(topic, "/rejected") != NULL;
    for (size_t i = 0; i < edge.output_count && (sessions || answer); i++) {
        const struct output *other = &edge.outputs[i];
        bool counts = sessions ? strstr(other->topic, "/accepted") != NULL || strstr(other->topic, "/rejected") != NULL
                               : trace_after(other->topic, "sessions ") != NULL;
        if (counts && other->ms == output->ms)
            trace_check(other->matched == (other < output), "%s: not in this order with %s", topic, other->topic);
    }
}

static void expect(const char *text)
{
    char what[400] = "", *copy = strdup(text), *rest = copy;
    long long ms = atoll(trace_word(&rest));
    bool sessions = trace_after(rest, "sessions ") != NULL;
    char *topic = variables_fill(sessions ? rest : trace_word(&rest), false);
    rest = sessions ? rest + strlen(rest) : rest;
    bool echoed = trace_after(rest, "@correlation=") != NULL;
    char *correlation = variables_fill(echoed ? trace_after(trace_word(&rest), "@correlation=") : "", false);
    struct output *output = find_output(ms, topic, rest, what, sizeof what);
    trace_check(output != NULL, "expected at %lld: %s %s\n  got      %s", ms, topic, rest, what);
    if (output != NULL) {
        check_order(output);
        output->matched = true;
        trace_check(strcmp(output->correlation, correlation) == 0, "correlation \"%s\"", output->correlation);
    }
    free(correlation);
    free(topic);
    free(copy);
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
    bool sound = world->tampered || world_is_sound(what, sizeof what);
    trace_check(sound, "%s", what);
}

/* --- playing ------------------------------------------------------------------------------------------------------ */

/* Messages that join the batch of the one before. */
static void act_together(void)
{
    for (; trace.at < trace.count && trace.lines[trace.at].text[0] == '&'; trace.at++) {
        char *copy = strdup(trace.lines[trace.at].text), *rest = copy + 1;
        trace_word(&rest);
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
        if (trace_after(text, "sweep ") != NULL) {
            if (!sweep_step(trace_after(text, "sweep ")))
                edge.stop = 1;
            return;
        }
        if (text[0] == '>') {
            close_step();
            char *copy = strdup(text + 1);
            trace_act(copy);
            free(copy);
            trace.at++;
            act_together();
            return;
        }
        if (text[0] == '<')
            expect(text + 1);
        else if (!trace_prepare(text))
            trace_check(false, "what does this mean: %s", text);
    }
    close_step();
    edge.stop = 1;
}

static void play_once(void)
{
    edge_reset();
    edge_random_start(1);
    variables_forget();
    memset(&world->config, 0, sizeof world->config);
    config_default("/", &world->config);
    world->config.retained_status = false;
    world->real_ca = world->gated = false;
    for (trace.at = 0; trace.at < trace.count && trace_after(trace.lines[trace.at].text, "set ") != NULL; trace.at++)
        trace_prepare(trace.lines[trace.at].text);
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
    trace.sweeps = trace.count > 0 && trace_after(trace.lines[trace.count - 1].text, "sweep ") != NULL;
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
        size_t begin = i + (trace_after(lines[i].text, "case ") != NULL);
        for (next = begin; next < count && trace_after(lines[next].text, "case ") == NULL;)
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
    world->capacity = CAPACITY;
    for (int i = 1; i < argc; i++)
        play_file(argv[i]);
    edge_reset();
    variables_forget();
    free(world);
    printf("%d passed, %d failed\n", passed, failed);
    return failed != 0 || passed == 0;
}
