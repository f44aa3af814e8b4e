/* The authority: what it is, and the end of an issuing CA. */
#include "service/ctl/answer.h"
#include "service/ctl/link.h"
#include "service/ctl/out.h"
#include "service/ctl/show.h"

#include <string.h>

#define CELL 256

static void tell_issuers(const struct value *issuers)
{
    static const char *const titles[] = {"ROLE", "ISSUER ID", "SUBJECT", "VALID FOR", "KEY HERE"};
    char role[CELL], id[CELL], subject[CELL], ends[CELL];
    struct out_table *table = out_table_new(titles, sizeof titles / sizeof titles[0]);
    for (const struct value *issuer = value_first(issuers); table != NULL && issuer != NULL;
         issuer = value_next(issuer)) {
        out_scalar(value_member(issuer, "role"), role, CELL);
        out_scalar(value_member(issuer, "issuerId"), id, CELL);
        out_scalar(value_member(issuer, "subject"), subject, CELL);
        out_ago(value_member(issuer, "notAfter"), ends, CELL);
        out_table_row(table, (const char *[]){role, id, subject, ends, answer_says(issuer, "hasKey") ? "yes" : "no"});
    }
    if (table != NULL)
        out_table_print(table);
    out_table_free(table);
}

/* What ends soon, and what is to be done. */
static void tell_ends(const struct value *issuers)
{
    char id[CELL], ends[CELL];
    for (const struct value *issuer = value_first(issuers); issuer != NULL; issuer = value_next(issuer)) {
        bool root = strcmp(answer_text(issuer, "role"), "root") == 0;
        if (!answer_says(issuer, "expiring"))
            continue;
        out_scalar(value_member(issuer, "issuerId"), id, CELL);
        out_ago(value_member(issuer, "notAfter"), ends, CELL);
        printf("\nexpiring: the %s %s, its end is %s. %s\n", root ? "root" : "issuing CA", id, ends,
               root ? "Devices need another root: docs/operating.md."
                    : "Make the next issuing CA: musterctl ca rotate --yes");
    }
}

static void tell_crl(const struct value *crl)
{
    char number[CELL], next[CELL], error[CELL];
    struct out_pair pairs[4];
    size_t count = 0;
    out_scalar(value_member(crl, "number"), number, CELL);
    out_ago(value_member(crl, "nextUpdate"), next, CELL);
    out_scalar(value_member(crl, "error"), error, CELL);
    pairs[count++] = (struct out_pair){"revocation list", strcmp(number, "0") == 0 ? "none since the start" : number};
    pairs[count++] = (struct out_pair){"next update", next};
    if (answer_says(crl, "late"))
        pairs[count++] = (struct out_pair){"late", "yes: at its next update the broker refuses every certificate"};
    else
        pairs[count++] = (struct out_pair){"late", "no"};
    pairs[count++] =
        (struct out_pair){"in force", answer_says(crl, "inForce") ? "yes" : "the broker has not read it yet"};
    putchar('\n');
    out_pairs(pairs, count);
    if (value_text(value_member(crl, "error")) != NULL)
        out_say("The last revocation list could not be made: %s", error);
}

enum ctl_exit cmd_ca_show(const struct args *args)
{
    struct document *answer = NULL;
    enum ctl_exit end = link_ask_once(args, "ca", "show", "", &answer);
    if (end != CTL_DONE)
        return end;
    const struct value *root = document_root(answer);
    const char *pem = value_text(value_member(root, "caPem"));
    if (args_has(args, OPT_PEM)) {
        fputs(pem != NULL ? pem : "", stdout);
    } else if (args_has(args, OPT_JSON)) {
        out_json("muster.ca/1", root);
    } else {
        tell_issuers(value_member(root, "issuers"));
        tell_ends(value_member(root, "issuers"));
        tell_crl(value_member(root, "crl"));
    }
    document_free(answer);
    return out_done();
}

static enum ctl_exit drop(struct link *link, const struct target *target, const struct args *args, const char *members)
{
    (void)target;
    struct document *answer = NULL;
    enum ctl_exit end = link_insist(link, "ca", "drop", members, &answer);
    if (end != CTL_DONE)
        return end;
    bool dropped = answer_says(document_root(answer), "dropped");
    if (args_has(args, OPT_JSON))
        out_json("muster.ca.drop/1", document_root(answer));
    else if (dropped)
        out_object(document_root(answer));
    document_free(answer);
    end = out_done();
    if (end != CTL_DONE || dropped)
        return end;
    return out_error(CTL_NOT_FOUND, NULL, "musterctl ca show lists the issuers; nothing was changed",
                     "there is no issuer %s", args->words[0]);
}

enum ctl_exit cmd_ca_drop(const struct args *args)
{
    char members[LIMIT_PAYLOAD];
    enum ctl_exit end = link_member("issuerId", args->words[0], members, sizeof members);
    if (end != CTL_DONE || !show_confirm(args, "the end of the issuing CA", args->words[0], &end))
        return end;
    return link_run(args, members, drop);
}
