/* Plays the vectors of topics/vectors/: what other programs may hold against their own decoder of the protocol. */
#include "tests/unit/check.h"
#include "topics/document.h"
#include "topics/message.h"
#include "topics/native.h"

#include <stdlib.h>

static struct message message;

static const struct field {
    const char *name, *kind;
    size_t offset;
} fields[MEMBER_COUNT] = {
#define FIELD(bit, name, kind, field, least, most) {name, #kind, offsetof(struct message, field)},
    MEMBER_LIST(FIELD)
#undef FIELD
};

static struct document *load(const char *path)
{
    static char text[64 * 1024];
    FILE *file = fopen(path, "rb");
    size_t length = file != NULL ? fread(text, 1, sizeof text, file) : 0;
    if (file != NULL)
        fclose(file);
    struct document *document = document_new_answer(text, length);
    CHECK(length < sizeof text && document != NULL, "%s cannot be read", path);
    return document;
}

static const char *text_of(const struct value *vector, const char *name)
{
    return value_text(value_member(vector, name));
}

static bool same_value(const struct value *a, const struct value *b)
{
    bool truth_a = false, truth_b = false;
    double number_a = 0, number_b = 0;
    if (a == NULL || b == NULL)
        return a == b;
    if (value_text(a) != NULL || value_text(b) != NULL)
        return value_text(a) != NULL && value_text(b) != NULL && strcmp(value_text(a), value_text(b)) == 0;
    if (value_is_bool(a, &truth_a) != value_is_bool(b, &truth_b) || truth_a != truth_b ||
        value_is_null(a) != value_is_null(b) || value_is_object(a) != value_is_object(b) ||
        value_number(a, &number_a) != value_number(b, &number_b) || number_a != number_b)
        return false;
    const struct value *left = value_first(a), *right = value_first(b);
    for (; left != NULL && right != NULL; left = value_next(left), right = value_next(right))
        if (!same_value(left, right) || (value_is_object(a) && strcmp(value_name(left), value_name(right)) != 0))
            return false;
    return left == right;
}

static bool holds(const struct field *field, const struct value *expected)
{
    const char *at = (const char *)&message + field->offset;
    long long integer = 0;
    if (strcmp(field->kind, "KIND_INTEGER") == 0) {
        memcpy(&integer, at, sizeof integer);
        double number = 0;
        return value_number(expected, &number) && number == (double)integer;
    }
    bool truth = false;
    if (value_is_bool(expected, &truth))
        return strcmp(field->kind, "KIND_BOOL") == 0 && *(const bool *)at == truth;
    if (value_text(expected) != NULL)
        return strcmp(value_text(expected), at) == 0;
    struct document *document = document_new_answer(at, strlen(at));
    bool same = same_value(document_root(document), expected);
    document_free(document);
    return same;
}

/* The members that are there are those of the vector, each with its value. */
static void check_members(const struct value *members, const char *payload)
{
    for (size_t i = 0; i < MEMBER_COUNT; i++) {
        const struct value *expected = value_member(members, fields[i].name);
        bool has = (message.has & UINT64_C(1) << i) != 0;
        CHECK(has == (expected != NULL), "%s of %s", fields[i].name, payload);
        if (has && expected != NULL)
            CHECK(holds(&fields[i], expected), "%s of %s", fields[i].name, payload);
    }
}

static size_t unhex(const char *hex, char *out)
{
    size_t length = strlen(hex) / 2;
    for (size_t i = 0; i < length; i++)
        out[i] = (char)strtoul((const char[]){hex[2 * i], hex[2 * i + 1], '\0'}, NULL, 16);
    return length;
}

static void play_request(const struct value *vector)
{
    static char octets[LIMIT_PAYLOAD];
    struct address address;
    struct why why = {.status = ST_OK};
    const char *topic = text_of(vector, "topic"), *payload = text_of(vector, "payload");
    const char *hex = text_of(vector, "payloadHex"), *field = text_of(vector, "field");
    size_t length = payload != NULL ? strlen(payload) : unhex(hex, octets);
    CHECK(native_address(topic, strlen(topic), NULL, 0, &address) == ST_OK, "%s", topic);
    enum status status = message_decode(address.operation, payload != NULL ? payload : octets, length, &message, &why);
    payload = payload != NULL ? payload : hex;
    CHECK(strcmp(status_code(status), text_of(vector, "code")) == 0, "%s %s: %s", topic, payload, status_code(status));
    CHECK(strcmp(why.field, field != NULL ? field : "") == 0, "%s %s: field \"%s\"", topic, payload, why.field);
    if (status == ST_OK)
        check_members(value_member(vector, "members"), payload);
}

static void play_topic(const struct value *vector)
{
    struct address address;
    char answer[LIMIT_TOPIC];
    const char *topic = text_of(vector, "topic"), *response = text_of(vector, "responseTopic");
    const char *accepted = text_of(vector, "accepted"), *rejected = text_of(vector, "rejected");
    enum status status =
        native_address(topic, strlen(topic), response, response != NULL ? strlen(response) : 0, &address);
    CHECK((status == ST_OK) == (accepted != NULL), "%s", topic);
    if (status != ST_OK || accepted == NULL)
        return;
    native_answer_topic(&address, true, answer, sizeof answer);
    CHECK_TEXT(answer, accepted);
    native_answer_topic(&address, false, answer, sizeof answer);
    CHECK_TEXT(answer, rejected);
}

static void play(const char *path, void (*one)(const struct value *vector))
{
    struct document *document = load(path);
    const struct value *vector = value_first(value_member(document_root(document), "vectors"));
    CHECK(vector != NULL, "%s holds no vectors", path);
    for (; vector != NULL; vector = value_next(vector))
        one(vector);
    document_free(document);
}

int main(void)
{
    play("topics/vectors/requests.json", play_request);
    play("topics/vectors/topics.json", play_topic);
    return check_done();
}
