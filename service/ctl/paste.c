#include "service/ctl/paste.h"

#include <stdio.h>
#include <string.h>

const char *paste_word(const char *word, char out[PASTE_WORD])
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=@%+,";
    if (word[0] != '\0' && strspn(word, plain) == strlen(word) && strlen(word) < PASTE_WORD)
        return word;
    size_t used = 0;
    out[used++] = '\'';
    for (; *word != '\0' && used < PASTE_WORD - 6; word++) {
        memcpy(out + used, *word == '\'' ? "'\\''" : word, *word == '\'' ? 4 : 1);
        used += *word == '\'' ? 4 : 1;
    }
    memcpy(out + used, *word == '\0' ? "'" : "...", *word == '\0' ? 2 : 4);
    return out;
}

const char *paste_dir(const struct args *args, char out[PASTE_WORD + 16])
{
    char word[PASTE_WORD];
    const char *directory = args_value(args, OPT_DIR);
    snprintf(out, PASTE_WORD + 16, "%s%s", directory != NULL ? " --dir " : "",
             directory != NULL ? paste_word(directory, word) : "");
    return out;
}
