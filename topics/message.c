#include "topics/message.h"

#include "topics/document.h"
#include "topics/id.h"
#include "topics/json_write.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum kind {
    KIND_TEXT,
    KIND_LINES,
    KIND_REQUEST_ID,
    KIND_UUID,
    KIND_TENANT,
    KIND_INTEGER,
    KIND_FLAT_OBJECT,
    KIND_METRICS,
    KIND_TEXT_ARRAY,
    KIND_BOOL
};

static const struct member_row {
    const char *name;
    enum kind kind;
    size_t offset; /* of the field in struct message */
    long long least, most;
} rows[MEMBER_COUNT] = {
#define MEMBER_ROW(bit, name, kind, field, least, most)                                                                \
    [MEMBER_##bit] = {name, kind, offsetof(struct message, field), least, most},
    MEMBER_LIST(MEMBER_ROW)
#undef MEMBER_ROW
};

static enum status invalid(struct why *why, const char *name, const char *expected)
{
    char field[64];
    snprintf(field, sizeof field, "/%s", name);
    return fail(why, ST_INVALID_FIELD, field, "The member %s must be %s.", name, expected);
}

static bool text_fits_kind(enum kind kind, const char *text, size_t length)
{
    switch (kind) {
    case KIND_REQUEST_ID:
        return id_is_request(text, length);
    case KIND_UUID:
        return id_is_uuid(text, length);
    case KIND_TENANT:
        return id_is_tenant(text, length);
    default:
        return id_is_clean_text(text, length, kind == KIND_LINES);
    }
}

static enum status read_text(const struct member_row *row, const struct value *value, char *out, struct why *why)
{
    const char *text = value_text(value);
    if (text == NULL)
        return invalid(why, row->name, "a string");
    size_t length = strlen(text);
    if (length < (size_t)row->least || length > (size_t)row->most) {
        char expected[64];
        snprintf(expected, sizeof expected, "%lld to %lld octets long", row->least, row->most);
        return invalid(why, row->name, expected);
    }
    if (!text_fits_kind(row->kind, text, length))
        return invalid(why, row->name, "made of the characters that docs/protocol.md allows for it");
    memcpy(out, text, length + 1);
    return ST_OK;
}

static enum status read_integer(const struct member_row *row, const struct value *value, long long *out,
                                struct why *why)
{
    char expected[80];
    snprintf(expected, sizeof expected, "a whole number from %lld to %lld", row->least, row->most);
    return value_integer(value, row->least, row->most, out) ? ST_OK : invalid(why, row->name, expected);
}

/* A name that a record may show anywhere: a terminal, a log, a page. */
static bool is_clean_name(const char *name)
{
    size_t length = strlen(name);
    return length > 0 && length <= LIMIT_NAME && id_is_clean_text(name, length, false);
}

/* With as few digits as bring the same number back. */
static void write_number(struct json_writer *json, const char *name, double number)
{
    char digits[32];
    snprintf(digits, sizeof digits, "%.15g", number);
    if (strtod(digits, NULL) != number)
        snprintf(digits, sizeof digits, "%.17g", number);
    json_raw(json, name, digits);
}

/* Writes one scalar; false for objects and arrays, for null unless it is allowed, and for a name that is none. */
static bool write_scalar(struct json_writer *json, const struct value *value, bool null_allowed)
{
    const char *name = value_name(value), *text = value_text(value);
    double number = 0;
    long long integer = 0;
    bool truth = false;
    if (name != NULL && !is_clean_name(name))
        return false;
    if (text != NULL) {
        json_text(json, name, text);
    } else if (value_integer(value, -INT64_C(9007199254740992), INT64_C(9007199254740992), &integer)) {
        json_int(json, name, integer);
    } else if (value_number(value, &number)) {
        write_number(json, name, number);
    } else if (value_is_bool(value, &truth)) {
        json_bool(json, name, truth);
    } else if (null_allowed && value_is_null(value)) {
        json_raw(json, name, NULL);
    } else {
        return false;
    }
    return true;
}

static bool admits_element(enum kind kind, const struct value *element)
{
    double number = 0;
    if (kind == KIND_METRICS)
        return value_number(element, &number);
    const char *text = value_text(element);
    if (kind == KIND_TEXT_ARRAY)
        return text != NULL && is_clean_name(text);
    return text == NULL || id_is_clean_text(text, strlen(text), false);
}

/* An object of scalars, or an array of texts, written compactly into `out`. */
static enum status read_flat(const struct member_row *row, const struct value *value, char *out, struct why *why)
{
    bool array = row->kind == KIND_TEXT_ARRAY;
    if (array ? !value_is_array(value) : !value_is_object(value))
        return invalid(why, row->name, array ? "an array of strings" : "an object");
    struct json_writer json;
    json_start(&json, out, (size_t)row->most + 1);
    json_open(&json, NULL, array ? '[' : '{');
    for (const struct value *element = value_first(value); element != NULL; element = value_next(element))
        if (!admits_element(row->kind, element) ||
            !write_scalar(&json, element, row->offset == offsetof(struct message, tags)))
            return invalid(why, row->name,
                           array ? "an array of strings of 1 to 64 octets"
                                 : "an object of strings, numbers and booleans with names of 1 to 64 octets");
    json_close(&json, array ? ']' : '}');
    if (json.overflow) {
        char field[64];
        snprintf(field, sizeof field, "/%s", row->name);
        return fail(why, ST_TOO_LARGE, field, "The member %s takes more than %lld octets.", row->name, row->most);
    }
    return ST_OK;
}

static enum status read_member(const struct member_row *row, const struct value *value, struct message *out,
                               struct why *why)
{
    char *field = (char *)out + row->offset;
    switch (row->kind) {
    case KIND_INTEGER:
        return read_integer(row, value, (long long *)(void *)field, why);
    case KIND_BOOL:
        return value_is_bool(value, (bool *)(void *)field) ? ST_OK : invalid(why, row->name, "true or false");
    case KIND_FLAT_OBJECT:
    case KIND_METRICS:
    case KIND_TEXT_ARRAY:
        return read_flat(row, value, field, why);
    default:
        return read_text(row, value, field, why);
    }
}

static void clear(struct message *out)
{
    out->has = 0;
    for (int i = 0; i < MEMBER_COUNT; i++) {
        char *field = (char *)out + rows[i].offset;
        memset(field, 0, rows[i].kind == KIND_INTEGER ? sizeof(long long) : 1);
    }
}

static enum status read_members(uint64_t takes, uint64_t needs, const struct value *root, struct message *out,
                                struct why *why)
{
    for (int i = 0; i < MEMBER_COUNT; i++) { /* requestId is the first of them */
        const struct value *value = (takes & UINT64_C(1) << i) != 0 ? value_member(root, rows[i].name) : NULL;
        if (value == NULL) {
            if ((needs & UINT64_C(1) << i) == 0)
                continue;
            char field[64];
            snprintf(field, sizeof field, "/%s", rows[i].name);
            return fail(why, ST_MISSING_FIELD, field, "The member %s is missing.", rows[i].name);
        }
        enum status status = read_member(&rows[i], value, out, why);
        if (status != ST_OK) {
            ((char *)out)[rows[i].offset] = '\0';
            return status;
        }
        out->has |= UINT64_C(1) << i;
    }
    return ST_OK;
}

static enum status decode(enum operation operation, uint32_t always, const char *payload, size_t length,
                          struct message *out, struct why *why)
{
    const struct operation_row *row = operation_row(operation);
    clear(out);
    if (length == 0)
        return row->needs == 0 ? ST_OK : fail(why, ST_EMPTY_PAYLOAD, NULL, NULL);
    struct document *document = NULL;
    enum status status = document_new(payload, length, &document, why);
    if (status != ST_OK)
        return status;
    status = read_members(row->members | always, row->needs, document_root(document), out, why);
    document_free(document);
    return status;
}

enum status message_decode(enum operation operation, const char *payload, size_t length, struct message *out,
                           struct why *why)
{
    return decode(operation, MEMBERS_ALWAYS | MEMBERS_CREDENTIAL, payload, length, out, why);
}

enum status message_decode_stamped(enum operation operation, const char *payload, size_t length, struct message *out,
                                   struct why *why)
{
    return decode(operation, MEMBERS_ALWAYS, payload, length, out, why);
}

/* Writes the members of `from` that `except` does not have, nulls left out. */
static size_t write_without(struct json_writer *json, const struct value *from, const struct value *except)
{
    size_t count = 0;
    for (const struct value *member = value_first(from); member != NULL; member = value_next(member))
        if (!value_is_null(member) && (except == NULL || value_member(except, value_name(member)) == NULL))
            count += write_scalar(json, member, false);
    return count;
}

enum status message_merge(const char *tags, const char *patch, char *out, size_t size, struct why *why)
{
    struct document *old = document_new_answer(tags, strlen(tags)), *new = document_new_answer(patch, strlen(patch));
    struct json_writer json;
    json_start(&json, out, size);
    json_open(&json, NULL, '{');
    size_t count = write_without(&json, document_root(old), document_root(new));
    count += write_without(&json, document_root(new), NULL);
    json_close(&json, '}');
    document_free(old);
    document_free(new);
    if (json.overflow || count > LIMIT_MEMBERS)
        return fail(why, ST_TOO_LARGE, "/tags", "The device would have more than %d tags, or more than %zu octets.",
                    LIMIT_MEMBERS, size - 1);
    return ST_OK;
}

bool message_list_holds(const char *list, const char *text)
{
    struct document *document = document_new_answer(list, strlen(list));
    const struct value *element = value_first(document_root(document));
    bool holds = value_is_array(document_root(document)) && element == NULL;
    for (; element != NULL && !holds; element = value_next(element))
        holds = strcmp(value_text(element), text) == 0;
    document_free(document);
    return holds;
}
