#include "topics/id.h"

#include "topics/limits.h"

#include <string.h>

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_alphanumeric(char c)
{
    return is_lower(c) || is_digit(c) || (c >= 'A' && c <= 'Z');
}

static bool is_uuid_octet(char c)
{
    return is_alphanumeric(c) || c == '.' || c == '_' || c == ':' || c == '-';
}

static bool is_tenant_octet(char c)
{
    return is_lower(c) || is_digit(c) || c == '-';
}

static bool is_word_octet(char c)
{
    return is_lower(c) || is_digit(c) || c == '_';
}

static bool is_client_octet(char c)
{
    return c > ' ' && c < 0x7f && c != '+' && c != '#' && c != '/';
}

static bool consists_of(const char *at, size_t length, size_t limit, bool (*admits)(char))
{
    if (length == 0 || length > limit)
        return false;
    for (size_t i = 0; i < length; i++)
        if (!admits(at[i]))
            return false;
    return true;
}

bool id_is_uuid(const char *at, size_t length)
{
    return consists_of(at, length, LIMIT_UUID, is_uuid_octet) && is_alphanumeric(at[0]);
}

bool id_is_tenant(const char *at, size_t length)
{
    return consists_of(at, length, LIMIT_TENANT, is_tenant_octet) && at[0] != '-';
}

bool id_is_request(const char *at, size_t length)
{
    return consists_of(at, length, LIMIT_REQUEST_ID, is_uuid_octet);
}

bool id_is_word(const char *at, size_t length)
{
    return consists_of(at, length, 32, is_word_octet);
}

bool id_is_client(const char *at, size_t length)
{
    return consists_of(at, length, LIMIT_UUID, is_client_octet);
}

bool id_is_connection(const char *at, size_t length)
{
    return consists_of(at, length, LIMIT_CLIENT_ID, is_client_octet);
}

size_t id_without_suffix(const char *at, size_t length)
{
    const char *suffix = memchr(at, '~', length);
    return suffix != NULL ? (size_t)(suffix - at) : length;
}

size_t id_utf8_next(const char *at, size_t length, unsigned long *code_point)
{
    static const struct {
        unsigned char mask, lead;
        unsigned long least; /* a smaller code point here would be overlong */
    } shape[] = {{0x80, 0x00, 0}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};

    for (size_t size = 1; size <= 4 && size <= length; size++) {
        unsigned char first = (unsigned char)at[0];
        if ((first & shape[size - 1].mask) != shape[size - 1].lead)
            continue;
        unsigned long point = first & (unsigned char)~shape[size - 1].mask;
        for (size_t i = 1; i < size; i++) {
            if (((unsigned char)at[i] & 0xc0) != 0x80)
                return 0;
            point = point << 6 | ((unsigned char)at[i] & 0x3f);
        }
        if (point < shape[size - 1].least || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
            return 0;
        *code_point = point;
        return size;
    }
    return 0;
}

bool id_is_control(unsigned long code_point)
{
    return code_point < 0x20 || (code_point >= 0x7f && code_point < 0xa0);
}

bool id_is_clean_text(const char *at, size_t length, bool multiline)
{
    for (size_t i = 0; i < length;) {
        unsigned long point = 0;
        size_t size = id_utf8_next(at + i, length - i, &point);
        if (size == 0)
            return false;
        bool line = point == '\n' || point == '\r' || point == '\t';
        if (id_is_control(point) && !(line && multiline))
            return false;
        i += size;
    }
    return true;
}
