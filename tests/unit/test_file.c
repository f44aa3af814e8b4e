/* Files that survive a crash whole: content, modes, left-overs, links, and every errno that the header promises. */
#include "certs/file.h"

#include "tests/unit/check.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/test_file.XXXXXX";
static char path[128], fresh[128], other[128];

static void put(const char *at, const char *text, mode_t mode)
{
    int fd = open(at, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text) && fchmod(fd, mode) == 0, "%s", at);
    close(fd);
}

static const char *get(const char *at)
{
    static char text[256];
    size_t length;
    return file_read(at, text, sizeof text, &length) == 0 ? text : "(unreadable)";
}

static bool is_there(const char *at)
{
    struct stat st;
    return lstat(at, &st) == 0;
}

static void modes(void)
{
    static const struct {
        mode_t mask, mode;
    } cases[] = {{0, 0600}, {0777, 0600}, {022, 0644}, {077, 0644}, {0, 0444}, {0777, 0640}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct stat st;
        mode_t before = umask(cases[i].mask);
        CHECK_INT(file_write(path, "x", 1, cases[i].mode), 0);
        umask(before);
        CHECK(stat(path, &st) == 0 && (st.st_mode & 07777) == cases[i].mode, "row %zu: mode %o", i,
              (unsigned)st.st_mode);
        unlink(path);
    }
}

static void replaces(void)
{
    put(path, "old", 0644);
    put(fresh, "left by a crash, and longer", 0666);
    CHECK_INT(file_write(path, "new", 3, 0600), 0);
    CHECK_TEXT(get(path), "new");
    CHECK(!is_there(fresh), "left-over");
    CHECK_INT(file_write(path, "", 0, 0600), 0);
    CHECK_TEXT(get(path), "");
}

/* A planted link must not make the writer fill somebody else's file. */
static void follows_no_link(void)
{
    put(other, "precious", 0600);
    CHECK_INT(symlink(other, fresh), 0);
    CHECK_INT(file_write(path, "new", 3, 0600), 0);
    CHECK_TEXT(get(other), "precious");
    CHECK_TEXT(get(path), "new");
    unlink(path);
    CHECK_INT(link(other, fresh), 0);
    CHECK_INT(file_write(path, "new", 3, 0600), 0);
    CHECK_TEXT(get(other), "precious");
}

/* A failure leaves the old content and no .new. */
static void fails_cleanly(void)
{
    char inner[300], name_too_long[NAME_MAX + 200];
    snprintf(inner, sizeof inner, "%s/none/x", folder);
    CHECK_INT(file_write(inner, "x", 1, 0600), ENOENT);
    snprintf(inner, sizeof inner, "%s/x", path);
    put(path, "old", 0600);
    CHECK_INT(file_write(inner, "x", 1, 0600), ENOTDIR);
    memset(name_too_long, 'n', sizeof name_too_long - 1);
    name_too_long[sizeof name_too_long - 1] = '\0';
    CHECK_INT(file_write(name_too_long, "x", 1, 0600), ENAMETOOLONG);
    unlink(path);
    CHECK_INT(mkdir(path, 0700), 0); /* rename cannot replace a folder by a file */
    CHECK_INT(file_write(path, "x", 1, 0600), EISDIR);
    CHECK(!is_there(fresh) && is_there(path), "after a failed rename");
    rmdir(path);
    put(path, "old", 0600);
    CHECK_INT(mkdir(fresh, 0700), 0);
    CHECK(file_write(path, "x", 1, 0600) != 0, "a folder in the way");
    CHECK_TEXT(get(path), "old");
    rmdir(fresh);
}

/* A half-written one may be half of a secret: a descriptor that was open before shows that it was overwritten. */
static void wipes_what_is_left(void)
{
    char back[8] = "";
    put(fresh, "secret", 0600);
    int fd = open(fresh, O_RDONLY);
    CHECK_INT(file_write(path, "x", 1, 0600), 0);
    CHECK(fd >= 0 && pread(fd, back, 6, 0) == 6 && memcmp(back, "\0\0\0\0\0\0", 6) == 0, "\"%.6s\" is on the disk",
          back);
    close(fd);
    /* One with another name is somebody else's, too. */
    put(other, "precious", 0600);
    CHECK_INT(link(other, fresh), 0);
    CHECK_INT(file_write(path, "y", 1, 0600), 0);
    CHECK_TEXT(get(other), "precious");
    unlink(other);
}

static void endless_file(void)
{
    char text[8] = "unread";
    size_t length = 9;
    CHECK_INT(file_read("/dev/full", text, sizeof text, &length), EFBIG);
    CHECK_INT(length, 0);
    CHECK(memcmp(text, "\0\0\0\0\0\0\0", 8) == 0, "a part stays in the buffer");
}

static void reads(void)
{
    static const struct {
        const char *content;
        size_t size;
        int error;
    } cases[] = {
        {"", 1, 0}, {"", 2, 0}, {"abc", 4, 0}, {"abc", 5, 0}, {"abc", 3, EFBIG}, {"abc", 1, EFBIG}, {"", 0, EFBIG},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char out[8] = "#######";
        size_t length = 99;
        put(path, cases[i].content, 0600);
        CHECK(file_read(path, out, cases[i].size, &length) == cases[i].error, "row %zu", i);
        CHECK(length == (cases[i].error == 0 ? strlen(cases[i].content) : 0), "row %zu: %zu octets", i, length);
        CHECK(cases[i].error != 0 || strcmp(out, cases[i].content) == 0, "row %zu: \"%s\"", i, out);
        CHECK(cases[i].error == 0 || memcmp(out, (char[8]){0}, cases[i].size) == 0, "row %zu: a part is left", i);
        CHECK(out[cases[i].size] == '#', "row %zu: written behind the end", i);
    }
    char out[8];
    size_t length;
    unlink(path);
    CHECK_INT(file_read(path, out, sizeof out, &length), ENOENT);
    CHECK_INT(file_read(folder, out, sizeof out, &length), EISDIR);
    put(path, "a\nb", 0600);
    CHECK_INT(file_write(path, "a\0b", 3, 0600), 0);
    CHECK(file_read(path, out, sizeof out, &length) == 0 && length == 3 && memcmp(out, "a\0b", 4) == 0, "a NUL inside");
}

static void erases(void)
{
    char inner[300], long_text[10000];
    CHECK_INT(file_erase(path), 0);
    snprintf(inner, sizeof inner, "%s/none/x", folder);
    CHECK_INT(file_erase(inner), 0);

    /* A second link shows that the content was overwritten and not only unlinked. */
    memset(long_text, 's', sizeof long_text);
    CHECK_INT(file_write(path, long_text, sizeof long_text, 0600), 0);
    unlink(other);
    CHECK_INT(link(path, other), 0);
    CHECK_INT(file_erase(path), 0);
    CHECK(!is_there(path), "still there");
    size_t length = 0;
    static char back[sizeof long_text + 1];
    CHECK(file_read(other, back, sizeof back, &length) == 0 && length == sizeof long_text, "%zu octets", length);
    CHECK(memchr(back, 's', length) == NULL, "the secret is on the disk");

    put(other, "precious", 0600);
    CHECK_INT(symlink(other, path), 0);
    CHECK_INT(file_erase(path), 0);
    CHECK(!is_there(path), "the link is still there");
    CHECK_TEXT(get(other), "precious");
    CHECK_INT(mkfifo(path, 0600), 0); /* nobody reads: a plain open would wait for ever */
    CHECK(file_erase(path) == ENXIO && !is_there(path), "a pipe");
    CHECK_INT(mkdir(path, 0700), 0);
    CHECK_INT(file_erase(path), EISDIR);
    rmdir(path);
}

/* The new file takes the old one's place; whoever held the old one finds nothing in it any more. */
static void replaces_by_another(void)
{
    char third[160];
    snprintf(third, sizeof third, "%s/third", folder);
    put(path, "old secret", 0600);
    put(other, "new", 0600);
    CHECK_INT(link(path, third), 0);
    CHECK_INT(file_replace(other, path), 0);
    CHECK_TEXT(get(path), "new");
    CHECK(!is_there(other), "it is there twice");
    CHECK_TEXT(get(third), "");
    CHECK_INT(unlink(third), 0);
    CHECK_INT(file_replace(other, path), ENOENT);
    CHECK_TEXT(get(path), "new");
    unlink(path);
    put(other, "first", 0600);
    CHECK_INT(file_replace(other, path), 0);
    CHECK_TEXT(get(path), "first");
    /* a link is replaced, and what it points to stays */
    put(third, "another's", 0600);
    unlink(path);
    CHECK_INT(symlink(third, path), 0);
    put(other, "mine", 0600);
    CHECK_INT(file_replace(other, path), 0);
    CHECK_TEXT(get(path), "mine");
    CHECK_TEXT(get(third), "another's");
    unlink(third);
    unlink(path);
}

static void relative_paths(void)
{
    char before[PATH_MAX];
    CHECK(getcwd(before, sizeof before) != NULL && chdir(folder) == 0, "%s", folder);
    CHECK_INT(file_write("plain", "here", 4, 0600), 0);
    CHECK_TEXT(get("plain"), "here");
    CHECK_INT(file_erase("plain"), 0);
    CHECK(!is_there("plain") && chdir(before) == 0, "plain name");
}

int main(void)
{
    if (mkdtemp(folder) == NULL)
        return 1;
    snprintf(path, sizeof path, "%s/file", folder);
    snprintf(fresh, sizeof fresh, "%s/file.new", folder);
    snprintf(other, sizeof other, "%s/other", folder);
    modes();
    replaces();
    follows_no_link();
    fails_cleanly();
    wipes_what_is_left();
    endless_file();
    reads();
    erases();
    replaces_by_another();
    relative_paths();
    unlink(other);
    unlink(path);
    CHECK(rmdir(folder) == 0, "something is left in %s", folder);
    return check_done();
}
