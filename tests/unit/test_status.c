#include "tests/unit/check.h"
#include "topics/status.h"

#include <stddef.h>

/* The sentences go through printf as they are, so none may hold a per cent sign. */
static void test_table(void)
{
    for (int i = ST_OK + 1; i < ST_SILENT; i++) {
        enum status status = (enum status)i;
        const char *code = status_code(status), *message = status_message(status), *mend = status_mend(status);
        CHECK(code[strspn(code, "abcdefghijklmnopqrstuvwxyz_")] == '\0' && code[0] != '\0', "code \"%s\"", code);
        CHECK(strlen(message) > 0 && message[strlen(message) - 1] == '.', "%s: message \"%s\"", code, message);
        CHECK(strlen(mend) > 0 && mend[strlen(mend) - 1] == '.', "%s: mend \"%s\"", code, mend);
        CHECK(strlen(message) < sizeof((struct why *)0)->message, "%s: a message too long", code);
        CHECK(strlen(mend) < sizeof((struct why *)0)->mend, "%s: a mend too long", code);
        CHECK_INT(status_from_code(code), status);
    }
}

static void test_without_code(void)
{
    static const int others[] = {ST_SILENT, ST_PARKED, ST_COUNT, ST_COUNT + 1, 1000000, -1};
    CHECK_TEXT(status_code(ST_OK), "ok");
    CHECK_INT(status_from_code("ok"), ST_OK);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        CHECK_TEXT(status_code((enum status)others[i]), "internal");
        CHECK_TEXT(status_message((enum status)others[i]), status_message(ST_INTERNAL));
        CHECK_TEXT(status_mend((enum status)others[i]), status_mend(ST_INTERNAL));
    }
    static const char *const unknown[] = {"", "no_such_code", "Device_exists", "device_exists ", "device_exist"};
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++)
        CHECK(status_from_code(unknown[i]) == ST_INTERNAL, "\"%s\"", unknown[i]);
}

static void test_fail(void)
{
    struct why why;
    memset(&why, 0x55, sizeof why);
    CHECK_INT(fail(&why, ST_DEVICE_EXISTS, NULL, NULL), ST_DEVICE_EXISTS);
    CHECK_INT(why.status, ST_DEVICE_EXISTS);
    CHECK(why.message[0] == '\0' && why.mend[0] == '\0' && why.field[0] == '\0' && why.detail[0] == '\0',
          "what was there before is gone");
    CHECK_INT(why.retry_after_ms, 0);
    CHECK_INT(fail_detail(&why, "row %d", 7), ST_DEVICE_EXISTS);
    CHECK_TEXT(why.detail, "row 7");
    CHECK_INT(fail(&why, ST_INVALID_FIELD, "/tags", "At most %d.", 64), ST_INVALID_FIELD);
    CHECK_TEXT(why.field, "/tags");
    CHECK_TEXT(why.message, "At most 64.");
    CHECK_TEXT(why.detail, "");
}

static void test_too_long(void)
{
    struct why why;
    char text[600];
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    fail(&why, ST_INVALID_FIELD, text, "%s", text);
    CHECK_INT(strlen(why.field), sizeof why.field - 1);
    CHECK_INT(strlen(why.message), sizeof why.message - 1);
    CHECK_INT(fail_detail(&why, "%s", text), ST_INVALID_FIELD);
    CHECK_INT(strlen(why.detail), sizeof why.detail - 1);
}

int main(void)
{
    test_table();
    test_without_code();
    test_fail();
    test_too_long();
    return check_done();
}
