/*
 * Commands that are printed to be pasted: words as a shell takes them, and the folder that the user named.
 */
#ifndef MUSTER_CTL_PASTE_H
#define MUSTER_CTL_PASTE_H

#include "service/ctl/args.h"

#define PASTE_WORD 1024 /* octets of a word in a printed command */

/* A word as a shell takes it: itself, or quoted in `out`. What does not fit is cut, without a closing quote, so that it
 * runs as no other command. */
const char *paste_word(const char *word, char out[PASTE_WORD]);

/* " --dir DIR" when the command line had it, else "". */
const char *paste_dir(const struct args *args, char out[PASTE_WORD + 16]);

#endif
