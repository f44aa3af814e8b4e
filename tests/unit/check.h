/*
 * The whole test framework: CHECK counts, check_done prints "N passed, N failed" and gives the exit code.
 * A test is a table of cases and a loop; CHECK's text says which row failed.
 */
#ifndef MUSTER_TESTS_CHECK_H
#define MUSTER_TESTS_CHECK_H

#include <stdio.h>
#include <string.h>

static int check_passed, check_failed;

#define CHECK(condition, ...)                                                                                          \
    do {                                                                                                               \
        if (condition) {                                                                                               \
            check_passed++;                                                                                            \
        } else {                                                                                                       \
            check_failed++;                                                                                            \
            printf("FAILED %s:%d: %s: ", __FILE__, __LINE__, #condition);                                              \
            printf(__VA_ARGS__);                                                                                       \
            putchar('\n');                                                                                             \
        }                                                                                                              \
    } while (0)

#define CHECK_TEXT(got, expected)                                                                                      \
    CHECK(strcmp((got), (expected)) == 0, "\n  got      \"%s\"\n  expected \"%s\"", (got), (expected))

#define CHECK_INT(got, expected)                                                                                       \
    CHECK((long long)(got) == (long long)(expected), "got %lld, expected %lld", (long long)(got), (long long)(expected))

static int check_done(void)
{
    printf("%d passed, %d failed\n", check_passed, check_failed);
    return check_failed != 0 || check_passed == 0;
}

#endif
