#include "topics/json.h"

#include "topics/id.h"
#include "topics/limits.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* A string of the text, without its quotation marks, escapes as written; it has been checked. */
struct name {
    unsigned short from, length;
};

struct scan {
    const char *text;
    size_t length, at;
    struct why *why;
    struct name names[LIMIT_DEPTH][LIMIT_MEMBERS];
};

static enum status malformed(struct scan *scan, const char *what)
{
    return fail(scan->why, ST_MALFORMED_JSON, NULL, "The payload is not strict JSON: %s at octet %zu.", what, scan->at);
}

static char peek(const struct scan *scan)
{
    return scan->at < scan->length ? scan->text[scan->at] : '\0';
}

static void skip_space(struct scan *scan)
{
    while (scan->at < scan->length && strchr(" \t\r\n", scan->text[scan->at]) != NULL && scan->text[scan->at] != '\0')
        scan->at++;
}

/* Four hex digits; false when there are fewer. */
static bool hex4(const char *at, size_t left, unsigned long *value)
{
    static const char digits[] = "0123456789abcdef";
    *value = 0;
    for (size_t i = 0; i < 4; i++) {
        char lower = (char)(i < left ? at[i] | ('A' <= at[i] && at[i] <= 'F' ? 0x20 : 0) : 'x');
        const char *digit = lower != '\0' ? strchr(digits, lower) : NULL;
        if (digit == NULL)
            return false;
        *value = *value << 4 | (unsigned long)(digit - digits);
    }
    return true;
}

/* Reads one character of a string, escaped or not: its length in the text (0: not valid) and its code point. */
static size_t next_character(const char *at, size_t left, unsigned long *point)
{
    static const char escapes[] = "\"\\/bfnrt", meaning[] = "\"\\/\b\f\n\r\t";
    if (at[0] != '\\') {
        size_t size = id_utf8_next(at, left, point);
        return size > 0 && !id_is_control(*point) ? size : 0;
    }
    if (left < 2 || at[1] == '\0')
        return 0;
    const char *simple = strchr(escapes, at[1]);
    if (simple != NULL) {
        *point = (unsigned char)meaning[simple - escapes];
        return 2;
    }
    unsigned long low = 0;
    if (at[1] != 'u' || !hex4(at + 2, left - 2, point) || *point == 0 || (*point >= 0xdc00 && *point <= 0xdfff))
        return 0;
    if (*point < 0xd800 || *point > 0xdfff)
        return 6;
    /* A high surrogate must be followed by a low one (RFC 8259, section 7). */
    if (left < 12 || at[6] != '\\' || at[7] != 'u' || !hex4(at + 8, left - 8, &low) || low < 0xdc00 || low > 0xdfff)
        return 0;
    *point = 0x10000 + ((*point - 0xd800) << 10) + (low - 0xdc00);
    return 12;
}

static enum status scan_string(struct scan *scan, struct name *name)
{
    size_t from = ++scan->at;
    while (scan->at < scan->length && scan->text[scan->at] != '"') {
        unsigned long point = 0;
        size_t size = next_character(scan->text + scan->at, scan->length - scan->at, &point);
        if (size == 0)
            return malformed(scan, "a control character, a bad escape or invalid UTF-8");
        scan->at += size;
    }
    if (scan->at >= scan->length)
        return malformed(scan, "a string without its end");
    if (scan->at - from > LIMIT_STRING)
        return fail(scan->why, ST_TOO_LARGE, NULL, "A string is longer than %d octets.", LIMIT_STRING);
    *name = (struct name){(unsigned short)from, (unsigned short)(scan->at - from)};
    scan->at++;
    return ST_OK;
}

static bool same_name(const char *text, struct name a, struct name b)
{
    const char *left = text + a.from, *right = text + b.from;
    const char *left_end = left + a.length, *right_end = right + b.length;
    while (left < left_end && right < right_end) {
        unsigned long left_point = 0, right_point = 0;
        left += next_character(left, (size_t)(left_end - left), &left_point);
        right += next_character(right, (size_t)(right_end - right), &right_point);
        if (left_point != right_point)
            return false;
    }
    return left == left_end && right == right_end;
}

static size_t skip_digits(struct scan *scan)
{
    size_t from = scan->at;
    while (peek(scan) >= '0' && peek(scan) <= '9')
        scan->at++;
    return scan->at - from;
}

static enum status scan_number(struct scan *scan)
{
    size_t from = scan->at;
    if (peek(scan) == '-')
        scan->at++;
    bool zero = peek(scan) == '0';
    size_t digits = skip_digits(scan);
    bool valid = digits > 0 && !(zero && digits > 1);
    if (valid && peek(scan) == '.') {
        scan->at++;
        valid = skip_digits(scan) > 0;
    }
    if (valid && (peek(scan) == 'e' || peek(scan) == 'E')) {
        scan->at++;
        if (peek(scan) == '+' || peek(scan) == '-')
            scan->at++;
        valid = skip_digits(scan) > 0;
    }
    char copy[64];
    size_t length = scan->at - from;
    if (!valid || length >= sizeof copy)
        return malformed(scan, "a bad number");
    memcpy(copy, scan->text + from, length);
    copy[length] = '\0';
    double value = strtod(copy, NULL);
    return value > 1e308 || value < -1e308 ? malformed(scan, "a number out of range") : ST_OK;
}

static enum status scan_word(struct scan *scan)
{
    static const char *const words[] = {"true", "false", "null"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t length = strlen(words[i]);
        if (scan->length - scan->at >= length && memcmp(scan->text + scan->at, words[i], length) == 0) {
            scan->at += length;
            return ST_OK;
        }
    }
    return malformed(scan, scan->at < scan->length ? "an unexpected octet" : "an unexpected end");
}

static enum status scan_value(struct scan *scan, size_t depth);

static enum status scan_member_name(struct scan *scan, size_t depth, size_t count)
{
    struct name *names = scan->names[depth];
    if (count >= LIMIT_MEMBERS)
        return fail(scan->why, ST_TOO_LARGE, NULL, "An object has more than %d members.", LIMIT_MEMBERS);
    if (peek(scan) != '"')
        return malformed(scan, "a member without a name");
    enum status status = scan_string(scan, &names[count]);
    if (status != ST_OK)
        return status;
    for (size_t i = 0; i < count; i++)
        if (same_name(scan->text, names[i], names[count]))
            return fail(scan->why, ST_DUPLICATE_KEY, NULL, "A member stands twice in one object, at octet %zu.",
                        scan->at);
    skip_space(scan);
    if (peek(scan) != ':')
        return malformed(scan, "a member without a colon");
    scan->at++;
    return ST_OK;
}

/* An object or an array; the caller has seen its opening bracket. */
static enum status scan_container(struct scan *scan, size_t depth)
{
    bool object = scan->text[scan->at++] == '{';
    char end = object ? '}' : ']';
    if (depth >= LIMIT_DEPTH)
        return malformed(scan, "nesting deeper than 16 levels");
    skip_space(scan);
    for (size_t count = 0; peek(scan) != end; count++) {
        if (count > 0) {
            if (peek(scan) != ',')
                return malformed(scan, "a missing comma or bracket");
            scan->at++;
            skip_space(scan);
        }
        enum status status = object ? scan_member_name(scan, depth, count) : ST_OK;
        if (status == ST_OK)
            status = scan_value(scan, depth + 1);
        if (status != ST_OK)
            return status;
        skip_space(scan);
    }
    scan->at++;
    return ST_OK;
}

/* Recursion is bounded: scan_container stops at LIMIT_DEPTH. */
static enum status scan_value(struct scan *scan, size_t depth)
{
    struct name ignored;
    skip_space(scan);
    char first = peek(scan);
    if (first == '{' || first == '[')
        return scan_container(scan, depth);
    if (first == '"')
        return scan_string(scan, &ignored);
    if (first == '-' || (first >= '0' && first <= '9'))
        return scan_number(scan);
    return scan_word(scan);
}

enum status json_scan(const char *text, size_t length, struct why *why)
{
    struct scan scan;
    scan.text = text;
    scan.length = length;
    scan.at = 0;
    scan.why = why;
    if (length > LIMIT_PAYLOAD)
        return fail(why, ST_TOO_LARGE, NULL, "The payload has more than %d octets.", LIMIT_PAYLOAD);
    skip_space(&scan);
    if (peek(&scan) != '{')
        return malformed(&scan, "something other than an object");
    enum status status = scan_container(&scan, 0);
    if (status != ST_OK)
        return status;
    skip_space(&scan);
    return scan.at == length ? ST_OK : malformed(&scan, "octets behind the object");
}
