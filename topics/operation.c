#include "topics/operation.h"

#include <string.h>

static const struct operation_row rows[OP_COUNT] = {[OP_UNKNOWN] = {NULL, "", 0, 0, 0, 0},
#define DEVICE_ROW(name, verb, may, flags, members, needs) [name] = {NULL, verb, may, flags, members, needs},
                                                    DEVICE_OPERATION_LIST(DEVICE_ROW)
#undef DEVICE_ROW
#define ADMIN_ROW(name, noun, verb, may, flags, members, needs) [name] = {noun, verb, may, flags, members, needs},
                                                        ADMIN_OPERATION_LIST(ADMIN_ROW)
#undef ADMIN_ROW
#define GATE_ROW(name, verb, may, flags, members, needs) [name] = {NULL, verb, may, flags, members, needs},
                                                            GATE_OPERATION_LIST(GATE_ROW)
#undef GATE_ROW
};

const struct operation_row *operation_row(enum operation operation)
{
    return &rows[operation];
}

static bool is_word(const char *word, const char *at, size_t length)
{
    return strlen(word) == length && memcmp(word, at, length) == 0;
}

enum operation operation_find(const char *noun, size_t noun_length, const char *verb, size_t verb_length)
{
    for (int i = OP_UNKNOWN + 1; i < OP_COUNT; i++) {
        if ((rows[i].may & MAY_GATE) != 0)
            continue;
        bool same_noun =
            noun == NULL ? rows[i].noun == NULL : rows[i].noun != NULL && is_word(rows[i].noun, noun, noun_length);
        if (same_noun && is_word(rows[i].verb, verb, verb_length))
            return (enum operation)i;
    }
    return OP_UNKNOWN;
}
