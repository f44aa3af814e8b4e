#include "service/config_keys.h"
#include "service/ctl/out.h"

#include <string.h>

static const struct key {
    const char *name;
    int least, most;
    const char *fallback, *choices, *help;
    bool is_number, is_example; /* is_example: the default is none */
} keys[] = {
#define KEY_ROW(name, kind, field, least, most, fallback, choices, help)                                               \
    {name, least, most, fallback, choices, help, KEY_IS_##kind},
#define KEY_IS_CONFIG_WORD     false, false
#define KEY_IS_CONFIG_STRING   false, false
#define KEY_IS_CONFIG_COUNTRY  false, false
#define KEY_IS_CONFIG_FILE     false, false
#define KEY_IS_CONFIG_BOOL     false, false
#define KEY_IS_CONFIG_NUMBER   true, false
#define KEY_IS_CONFIG_PER_TYPE true, true
    CONFIG_KEY_LIST(KEY_ROW)
#undef KEY_ROW
};

static const struct code {
    const char *code, *sentence, *mend;
    enum status status;
} codes[] = {
#define CODE_ROW(name, code, sentence, mend) {code, sentence, mend, name},
    STATUS_LIST(CODE_ROW)
#undef CODE_ROW
};

#define KEYS  (sizeof keys / sizeof keys[0])
#define CODES (sizeof codes / sizeof codes[0])

static void bounds(const struct key *key, char *out, size_t size)
{
    if (key->is_number)
        snprintf(out, size, "%d to %d", key->least, key->most);
    else
        snprintf(out, size, "%s", key->choices);
}

enum ctl_exit cmd_errors(const struct args *args)
{
    static const char *const titles[] = {"CODE", "EXIT", "WHAT", "MEND"};
    bool markdown = args_has(args, OPT_MARKDOWN);
    struct out_table *table = out_table_new(titles, sizeof titles / sizeof titles[0]);
    if (table == NULL)
        return CTL_FAILED;
    if (markdown)
        puts("# Errors\n\nEvery way in which a request can be refused: the member `error.code` of the answer, the "
             "sentence and the mend that come with\nit where nothing better is known, and the exit code of `musterctl` "
             "(docs/operating.md).\n\nThis page is what `musterctl errors --markdown` prints.\n\n"
             "| code | sentence | mend | exit |\n| --- | --- | --- | --- |");
    for (size_t i = 0; i < CODES; i++) {
        char end[8];
        snprintf(end, sizeof end, "%d", (int)ctl_exit_of(codes[i].status));
        if (markdown)
            printf("| `%s` | %s | %s | %s |\n", codes[i].code, codes[i].sentence, codes[i].mend, end);
        else
            out_table_row(table, (const char *[]){codes[i].code, end, codes[i].sentence, codes[i].mend});
    }
    out_table_print(table);
    out_table_free(table);
    return out_done();
}

enum ctl_exit cmd_keys(const struct args *args)
{
    static const char *const titles[] = {"KEY", "DEFAULT", "VALUES", "WHAT"};
    bool markdown = args_has(args, OPT_MARKDOWN);
    struct out_table *table = out_table_new(titles, sizeof titles / sizeof titles[0]);
    if (table == NULL)
        return CTL_FAILED;
    if (markdown)
        puts("| key | default | values | what |\n| --- | --- | --- | --- |");
    for (size_t i = 0; i < KEYS; i++) {
        char values[64];
        const char *fallback = keys[i].is_example ? "" : keys[i].fallback, *quote = fallback[0] != '\0' ? "`" : "";
        bounds(&keys[i], values, sizeof values);
        if (markdown)
            printf("| `%s` | %s%s%s | %s | %s |\n", keys[i].name, quote, fallback, quote, values, keys[i].help);
        else
            out_table_row(table, (const char *[]){keys[i].name, fallback, values, keys[i].help});
    }
    out_table_print(table);
    out_table_free(table);
    return out_done();
}
