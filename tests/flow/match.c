/* Remembered values, and the comparison of what came out with what a trace expects. */
#include "tests/flow/flow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORD "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"

static struct {
    char name[32];
    char *value;
} variables[64];
static size_t variable_count;

void variables_forget(void)
{
    while (variable_count > 0)
        free(variables[--variable_count].value);
}

const char *variable_get(const char *name)
{
    for (size_t i = 0; i < variable_count; i++)
        if (strcmp(variables[i].name, name) == 0)
            return variables[i].value;
    return NULL;
}

void variable_set(const char *name, const char *value)
{
    size_t i = 0;
    while (i < variable_count && strcmp(variables[i].name, name) != 0)
        i++;
    if (i == variable_count) {
        if (i == sizeof variables / sizeof *variables)
            abort();
        snprintf(variables[variable_count++].name, sizeof variables->name, "%s", name);
        variables[i].value = NULL;
    }
    char *copy = strdup(value); /* before the old one is freed: it may be the same */
    free(variables[i].value);
    variables[i].value = copy;
}

static void write_value(FILE *out, const char *value, bool escape)
{
    for (; *value != '\0'; value++) {
        if (escape && *value == '\n')
            fputs("\\n", out);
        else if (escape && (*value == '"' || *value == '\\'))
            fprintf(out, "\\%c", *value);
        else
            fputc(*value, out);
    }
}

char *variables_fill(const char *text, bool escape)
{
    char *result = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&result, &size);
    while (*text != '\0') {
        char name[32] = "";
        bool braces = strncmp(text, "${", 2) == 0;
        const char *start = text + (braces ? 2 : 1);
        size_t length = *text == '$' ? strspn(start, WORD) : 0;
        snprintf(name, sizeof name, "%.*s", (int)length, start);
        const char *value = variable_get(name);
        if (value != NULL)
            write_value(out, value, escape);
        else
            fputc(*text, out);
        text = value != NULL ? start + length + braces : text + 1;
    }
    fclose(out);
    return result;
}

static bool differs(char *what, size_t size, const char *name, const char *expected, const char *got)
{
    snprintf(what, size, "member %s: expected %.80s, got %.200s", name, expected, got != NULL ? got : "(no text)");
    return false;
}

static bool match(const char *name, const struct value *expected, const struct value *got, char *what, size_t size);

static bool match_text(const char *name, const char *expected, const struct value *got, char *what, size_t size)
{
    const char *text = value_text(got);
    if (strcmp(expected, "!") == 0)
        return got == NULL || differs(what, size, name, "no such member", text);
    if (strcmp(expected, "*") == 0)
        return got != NULL || differs(what, size, name, "any value", NULL);
    if (expected[0] == '$' && text != NULL && variable_get(expected + 1) == NULL) {
        variable_set(expected + 1, text);
        return true;
    }
    if (expected[0] == '$' && variable_get(expected + 1) != NULL)
        expected = variable_get(expected + 1);
    return (text != NULL && strcmp(text, expected) == 0) || differs(what, size, name, expected, text);
}

static bool match_members(const struct value *expected, const struct value *got, char *what, size_t size)
{
    for (const struct value *member = value_first(expected); member != NULL; member = value_next(member))
        if (!match(value_name(member), member, value_member(got, value_name(member)), what, size))
            return false;
    return true;
}

static bool match_elements(const char *name, const struct value *expected, const struct value *got, char *what,
                           size_t size)
{
    const struct value *a = value_first(expected), *b = value_first(got);
    for (; a != NULL && b != NULL; a = value_next(a), b = value_next(b))
        if (!match(name, a, b, what, size))
            return false;
    return (a == NULL && b == NULL) || differs(what, size, name, "as many elements", "more or fewer");
}

static bool match(const char *name, const struct value *expected, const struct value *got, char *what, size_t size)
{
    double a = 0, b = 0;
    bool x = false, y = false;
    if (value_text(expected) != NULL)
        return match_text(name, value_text(expected), got, what, size);
    if (value_is_object(expected))
        return (got != NULL && value_is_object(got) && match_members(expected, got, what, size)) ||
               (what[0] == '\0' && !differs(what, size, name, "an object", NULL) && false);
    if (value_is_array(expected))
        return got != NULL && value_is_array(got) ? match_elements(name, expected, got, what, size)
                                                  : differs(what, size, name, "an array", NULL);
    if (got != NULL && value_is_null(expected))
        return value_is_null(got) || differs(what, size, name, "null", value_text(got));
    if (got != NULL && value_is_bool(expected, &x))
        return (value_is_bool(got, &y) && x == y) || differs(what, size, name, x ? "true" : "false", NULL);
    if (value_number(expected, &a) && got != NULL && value_number(got, &b) && a == b)
        return true;
    char wanted[32], found[32];
    snprintf(wanted, sizeof wanted, "%g", a);
    snprintf(found, sizeof found, "%g", b);
    return differs(what, size, name, wanted, found);
}

bool match_json(const char *expected, const char *got, char *what, size_t size)
{
    struct document *a = document_new_answer(expected, strlen(expected)), *b = document_new_answer(got, strlen(got));
    what[0] = '\0';
    if (a == NULL)
        snprintf(what, size, "the expectation is not JSON");
    else if (b == NULL)
        snprintf(what, size, "what came out is not JSON");
    bool same = a != NULL && b != NULL && match("(all)", document_root(a), document_root(b), what, size);
    document_free(a);
    document_free(b);
    return same;
}
