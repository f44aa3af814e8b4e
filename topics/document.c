#include "topics/document.h"

#include "topics/json.h"

#include <cjson/cJSON.h>

/* struct document and struct value are cJSON nodes under names that nobody else can look into. */
static const cJSON *node(const struct value *value)
{
    return (const cJSON *)(const void *)value;
}

static const struct value *value_of(const cJSON *item)
{
    return (const struct value *)(const void *)item;
}

struct document *document_new_answer(const char *text, size_t length)
{
    return (struct document *)(void *)cJSON_ParseWithLength(text, length);
}

enum status document_new(const char *text, size_t length, struct document **out, struct why *why)
{
    enum status status = json_scan(text, length, why);
    if (status != ST_OK)
        return status;
    *out = document_new_answer(text, length);
    return *out != NULL ? ST_OK : fail(why, ST_INTERNAL, NULL, NULL);
}

void document_free(struct document *document)
{
    cJSON_Delete((cJSON *)(void *)document);
}

const struct value *document_root(const struct document *document)
{
    return (const struct value *)(const void *)document;
}

const struct value *value_member(const struct value *object, const char *name)
{
    return value_of(cJSON_GetObjectItemCaseSensitive(node(object), name));
}

const struct value *value_first(const struct value *container)
{
    return container != NULL ? value_of(node(container)->child) : NULL;
}

const struct value *value_next(const struct value *element)
{
    return value_of(node(element)->next);
}

const char *value_name(const struct value *value)
{
    return node(value)->string;
}

const char *value_text(const struct value *value)
{
    return cJSON_GetStringValue(node(value));
}

bool value_number(const struct value *value, double *number)
{
    if (!cJSON_IsNumber(node(value)))
        return false;
    *number = node(value)->valuedouble;
    return true;
}

bool value_integer(const struct value *value, long long low, long long high, long long *integer)
{
    double number = 0;
    if (!value_number(value, &number) || number < (double)low || number > (double)high)
        return false;
    long long whole = (long long)number;
    if ((double)whole != number)
        return false;
    *integer = whole;
    return true;
}

bool value_is_object(const struct value *value)
{
    return cJSON_IsObject(node(value));
}

bool value_is_array(const struct value *value)
{
    return cJSON_IsArray(node(value));
}

bool value_is_bool(const struct value *value, bool *truth)
{
    *truth = cJSON_IsTrue(node(value));
    return cJSON_IsBool(node(value));
}

bool value_is_null(const struct value *value)
{
    return cJSON_IsNull(node(value));
}
