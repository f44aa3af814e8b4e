#include "topics/status.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *code, *message, *mend;
} table[ST_COUNT] = {[ST_OK] = {"ok", "", ""},
#define STATUS_ROW(name, code, sentence, mend) [name] = {code, sentence, mend},
                     STATUS_LIST(STATUS_ROW)
#undef STATUS_ROW
};

static enum status known(enum status status)
{
    return (size_t)status < ST_COUNT && table[status].code != NULL ? status : ST_INTERNAL;
}

const char *status_code(enum status status)
{
    return table[known(status)].code;
}

const char *status_message(enum status status)
{
    return table[known(status)].message;
}

const char *status_mend(enum status status)
{
    return table[known(status)].mend;
}

enum status status_from_code(const char *code)
{
    for (int i = 0; i < ST_COUNT; i++)
        if (table[i].code != NULL && strcmp(table[i].code, code) == 0)
            return (enum status)i;
    return ST_INTERNAL;
}

enum status fail(struct why *why, enum status status, const char *field, const char *format, ...)
{
    *why = (struct why){.status = status};
    if (field != NULL)
        snprintf(why->field, sizeof why->field, "%s", field);
    if (format != NULL) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(why->message, sizeof why->message, format, arguments);
        va_end(arguments);
    }
    return status;
}

enum status fail_detail(struct why *why, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(why->detail, sizeof why->detail, format, arguments);
    va_end(arguments);
    return why->status;
}
