#include "service/ctl/list.h"

#include "service/ctl/link.h"
#include "topics/json_write.h"
#include "topics/limits.h"

#include <string.h>

#define LIST_ROWS 5000 /* what a table holds before it is printed: a fleet of a million fits in no memory twice */
#define LIST_ITEM (64 * 1024)

struct walk {
    const struct list *list;
    struct out_table *table; /* NULL: JSON */
    long long left;          /* items that may still come; -1: all */
    size_t found;
    bool begun; /* there was an answer */
    char cursor[LIMIT_CURSOR + 1];
};

static void put_item(struct walk *walk, const struct value *item)
{
    char text[LIST_ITEM];
    if (walk->table != NULL)
        walk->list->row(item, walk->table);
    else if (out_value(item, text, sizeof text))
        printf("%s%s", walk->found > 0 ? "," : "", text);
    walk->found++;
    if (walk->table != NULL && walk->found % LIST_ROWS == 0)
        out_table_print(walk->table);
}

static void put_page(struct walk *walk, const struct document *answer)
{
    char cursor[LIMIT_CURSOR + 1];
    const struct value *root = document_root(answer), *next = value_member(root, "cursor");
    for (const struct value *item = value_first(value_member(root, "items")); item != NULL && walk->left != 0;
         item = value_next(item)) {
        put_item(walk, item);
        walk->left -= walk->left > 0;
    }
    out_scalar(next, cursor, sizeof cursor);
    /* A cursor that does not move would go round for ever. */
    bool ends = next == NULL || value_is_null(next) || strcmp(cursor, walk->cursor) == 0;
    snprintf(walk->cursor, sizeof walk->cursor, "%s", ends ? "" : cursor);
}

static enum ctl_exit ask_page(struct walk *walk, struct link *link)
{
    char members[LIMIT_CURSOR + 1024];
    struct json_writer json;
    struct document *answer = NULL;
    const struct list *list = walk->list;
    json_start(&json, members, sizeof members);
    json_members(&json, list->members);
    json_int(&json, "limit", walk->left >= 0 && walk->left < LIMIT_PAGE_ITEMS ? walk->left : LIMIT_PAGE_ITEMS);
    if (walk->cursor[0] != '\0' && list->cursor_is_number)
        json_raw(&json, list->cursor, walk->cursor);
    else if (walk->cursor[0] != '\0')
        json_text(&json, list->cursor, walk->cursor);
    enum ctl_exit end = link_ask(link, list->noun, list->verb, members, &answer);
    if (end == CTL_DONE && !walk->begun && walk->table == NULL)
        printf("{\"schema\":\"%s\",\"items\":[", list->schema);
    walk->begun = walk->begun || end == CTL_DONE;
    if (end == CTL_DONE)
        put_page(walk, answer);
    document_free(answer);
    return end;
}

/* All pages. JSON begins with the first answer, so that a refusal leaves stdout empty. */
static enum ctl_exit walk_pages(struct walk *walk, struct link *link)
{
    enum ctl_exit end = CTL_DONE;
    do
        end = ask_page(walk, link);
    while (end == CTL_DONE && walk->cursor[0] != '\0' && walk->left != 0);
    if (end != CTL_DONE)
        return end;
    if (walk->table == NULL)
        puts("]}");
    else
        out_table_print(walk->table);
    if (walk->found == 0 && walk->table != NULL)
        out_say("%s", walk->list->empty);
    return out_done();
}

enum ctl_exit list_run(const struct args *args, const struct list *list)
{
    struct target target;
    struct walk walk = {.list = list, .left = -1};
    long long after = -1;
    if (!args_integer(args, OPT_LIMIT, 1, INT64_C(1000000000), &walk.left) ||
        !args_integer(args, OPT_AFTER, 0, INT64_C(9007199254740992), &after))
        return CTL_USAGE;
    if (after >= 0)
        snprintf(walk.cursor, sizeof walk.cursor, "%lld", after);
    enum ctl_exit end = target_find(args, &target);
    if (end != CTL_DONE)
        return end;
    struct link *link = link_new(&target);
    if (!args_has(args, OPT_JSON))
        walk.table = out_table_new(list->titles, list->columns);
    if (link == NULL || (walk.table == NULL && !args_has(args, OPT_JSON)))
        end = CTL_FAILED;
    else
        end = walk_pages(&walk, link);
    out_table_free(walk.table);
    link_free(link);
    target_wipe(&target);
    return end;
}
