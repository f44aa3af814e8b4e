#include "service/config_keys.h"
#include "service/ctl/out.h"

#include <string.h>

static const struct code {
    const char *code, *sentence, *mend;
    enum status status;
} codes[] = {
#define CODE_ROW(name, code, sentence, mend) {code, sentence, mend, name},
    STATUS_LIST(CODE_ROW)
#undef CODE_ROW
};

#define CODES (sizeof codes / sizeof codes[0])

static void bounds(const struct config_key *key, char *out, size_t size)
{
    if (key->kind == CONFIG_NUMBER || key->kind == CONFIG_PER_TYPE)
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
    for (size_t i = 0; i < CONFIG_KEY_COUNT; i++) {
        char values[64];
        const struct config_key *key = &config_keys[i];
        /* The default of TYPE SECONDS is only an example. */
        const char *fallback = key->kind == CONFIG_PER_TYPE ? "" : key->fallback, *quote = *fallback != '\0' ? "`" : "";
        bounds(key, values, sizeof values);
        if (markdown)
            printf("| `%s` | %s%s%s | %s | %s |\n", key->name, quote, fallback, quote, values, key->help);
        else
            out_table_row(table, (const char *[]){key->name, fallback, values, key->help});
    }
    out_table_print(table);
    out_table_free(table);
    return out_done();
}
