/*
 * Paged answers: follows the cursor to its end, prints a table or one JSON object.
 */
#ifndef MUSTER_CTL_LIST_H
#define MUSTER_CTL_LIST_H

#include "service/ctl/out.h"

struct list {
    const char *noun, *verb;
    const char *schema;
    const char *members; /* JSON members of each request, without braces; or "" */
    const char *cursor;  /* the member that takes the cursor */
    bool cursor_is_number;
    const char *const *titles;
    size_t columns;
    void (*row)(const struct value *item, struct out_table *table);
    const char *empty; /* what to say when there is nothing */
};

/* Runs the whole command; --limit, --after and --json are read here. */
enum ctl_exit list_run(const struct args *args, const struct list *list);

#endif
