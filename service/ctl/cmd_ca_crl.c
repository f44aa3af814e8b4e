/* The revocation list, which comes in parts: it may be larger than any message. */
#include "service/ctl/answer.h"
#include "service/ctl/link.h"
#include "service/ctl/out.h"

#include <stdlib.h>
#include <string.h>

#define CRL_ATTEMPTS 5 /* the list was replaced between two of its parts: it is begun anew */

/* What has been read of one list. */
struct reading {
    char *text; /* on the heap */
    size_t length;
    long long number;
    char cursor[LIMIT_CURSOR + 1]; /* of the next part; "": this was the last one */
};

static bool append(struct reading *reading, const char *part)
{
    size_t length = strlen(part);
    char *longer = realloc(reading->text, reading->length + length + 1);
    if (longer == NULL)
        return false;
    memcpy(longer + reading->length, part, length + 1);
    reading->text = longer;
    reading->length += length;
    return true;
}

static enum ctl_exit take_part(struct reading *reading, const struct value *answer)
{
    const char *part = value_text(value_member(answer, "crlPem")), *next = value_text(value_member(answer, "cursor"));
    value_integer(value_member(answer, "number"), 0, INT64_C(9007199254740992), &reading->number);
    snprintf(reading->cursor, sizeof reading->cursor, "%s", next != NULL ? next : "");
    if (part == NULL || part[0] == '\0') /* a list that never ends would be read for ever */
        return out_error(CTL_FAILED, NULL, "is this musterctl of the same version as the service?",
                         "the service's answer holds no revocation list");
    return append(reading, part) ? CTL_DONE : out_error(CTL_FAILED, NULL, NULL, "there is no memory");
}

/* One list from its first part to its last. `*replaced`: there is a newer one, of which this is no part. */
static enum ctl_exit read_list(struct link *link, struct reading *reading, bool *replaced)
{
    char members[2 * LIMIT_CURSOR];
    enum ctl_exit end = CTL_DONE;
    *replaced = false;
    do {
        struct document *answer = NULL;
        const char *cursor = reading->cursor[0] != '\0' ? reading->cursor : NULL;
        end = link_member("cursor", cursor, members, sizeof members);
        if (end == CTL_DONE)
            end = cursor == NULL ? link_insist(link, "ca", "crl", members, &answer)
                                 : link_hear(link, "ca", "crl", members, &answer);
        *replaced = end == CTL_DONE && answer_refusal(answer) == ST_INVALID_FIELD;
        if (end == CTL_DONE && !*replaced)
            end = answer_accept(&answer);
        if (end == CTL_DONE && !*replaced)
            end = take_part(reading, document_root(answer));
        document_free(answer);
    } while (end == CTL_DONE && !*replaced && reading->cursor[0] != '\0');
    return end;
}

static void forget(struct reading *reading)
{
    free(reading->text);
    *reading = (struct reading){.text = NULL};
}

/* As long as the list may be, it is written as it is; of a list in PEM only the line ends need an escape. */
static void print_json(const struct reading *reading)
{
    printf("{\"schema\":\"muster.ca.crl/1\",\"number\":%lld,\"crlPem\":\"", reading->number);
    for (const char *at = reading->text; *at != '\0';) {
        size_t line = strcspn(at, "\n");
        fwrite(at, 1, line, stdout);
        at += line;
        if (*at == '\n') {
            fputs("\\n", stdout);
            at++;
        }
    }
    puts("\"}");
}

static enum ctl_exit print_list(struct link *link, const struct target *target, const struct args *args,
                                const char *members)
{
    (void)target;
    (void)members;
    struct reading reading = {.text = NULL};
    bool replaced = true;
    enum ctl_exit end = CTL_DONE;
    for (int i = 0; i < CRL_ATTEMPTS && replaced && end == CTL_DONE; i++) {
        forget(&reading);
        end = read_list(link, &reading, &replaced);
    }
    if (end == CTL_DONE && replaced)
        end = out_error(CTL_FAILED, NULL, "try again when fewer certificates are being revoked",
                        "the revocation list was replaced %d times while it was being read", CRL_ATTEMPTS);
    else if (end == CTL_DONE && args_has(args, OPT_JSON))
        print_json(&reading);
    else if (end == CTL_DONE)
        fputs(reading.text, stdout);
    forget(&reading);
    return end == CTL_DONE ? out_done() : end;
}

enum ctl_exit cmd_ca_crl(const struct args *args)
{
    return link_run(args, "", print_list);
}
