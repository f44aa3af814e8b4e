/*
 * A test's own folder, which goes with it.
 */
#ifndef MUSTER_TESTS_UNIT_FOLDER_H
#define MUSTER_TESTS_UNIT_FOLDER_H

#include <ftw.h>
#include <stdio.h>

static int folder_remove_one(const char *path, const struct stat *status, int kind, struct FTW *where)
{
    (void)status;
    (void)kind;
    (void)where;
    return remove(path);
}

/* Removes a folder and all that is in it. */
static inline void folder_remove(const char *folder)
{
    (void)nftw(folder, folder_remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

#endif
