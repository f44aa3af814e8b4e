/* Changes the issuing CA: in one step where the root's key is at hand, else by a request that is signed elsewhere. */
#include "service/ctl/answer.h"
#include "service/ctl/link.h"
#include "service/ctl/out.h"
#include "service/ctl/paste.h"
#include "service/ctl/pem_file.h"
#include "service/ctl/show.h"
#include "service/io/clock.h"
#include "topics/json_write.h"

#include <string.h>

#define CSR_FILE        "ca-next.csr"
#define ROTATE_WAIT_MS  30000
#define ROTATE_EVERY_MS 200

/* --- the root is elsewhere ---------------------------------------------------------------------------------------- */

/* The commands for there and for here. They are talk when the request itself is on stdout. */
static void tell_commands(const struct target *target, const struct args *args, const char *file, const char *reason)
{
    char text[2 * PASTE_WORD], word[PASTE_WORD], directory[PASTE_WORD + 16];
    bool is_stdout = strcmp(file, "-") == 0;
    const char *country = target->config.certificate_country, *passphrase = target->config.ca_passphrase_file;
    FILE *to = is_stdout ? stderr : stdout;
    out_clean(reason, text, sizeof text);
    fprintf(to, "%s\nThe request for the next issuing CA is %s%s.\n", text, is_stdout ? "on stdout" : "in ",
            is_stdout ? "" : file);
    fprintf(to,
            "Where the root is:\n  musterctl ca sign --root root.pem --root-key root.key --csr %s --out ca-next.pem",
            paste_word(is_stdout ? CSR_FILE : file, word));
    if (passphrase[0] != '\0')
        fprintf(to, " --passphrase-file %s", paste_word(passphrase, word));
    fprintf(to, " --organization %s", paste_word(target->config.certificate_organization, word));
    fprintf(to, "%s%s\n", country[0] != '\0' ? " --country " : "", country);
    fprintf(to, "Then here:\n  musterctl ca rotate --certificate ca-next.pem --yes%s\n", paste_dir(args, directory));
}

/* As JSON the request is a member, and a file only when --out names one. */
static enum ctl_exit hand_out(const struct target *target, const struct args *args, const struct value *answer)
{
    const char *csr = answer_text(answer, "csr"), *file = args_value(args, OPT_OUT);
    bool as_json = args_has(args, OPT_JSON);
    enum ctl_exit end = CTL_DONE;
    if (file == NULL && !as_json)
        file = CSR_FILE;
    if (file != NULL && !(as_json && strcmp(file, "-") == 0))
        end = pem_file_write(file, csr);
    if (end == CTL_DONE && as_json)
        out_json("muster.ca.rotate/1", answer);
    else if (end == CTL_DONE)
        tell_commands(target, args, file, answer_text(answer, "reason"));
    return end == CTL_DONE ? out_done() : end;
}

/* --- the new issuing CA takes over -------------------------------------------------------------------------------- */

static bool is_current(const struct value *authority, const char *id)
{
    for (const struct value *issuer = value_first(value_member(authority, "issuers")); issuer != NULL;
         issuer = value_next(issuer))
        if (strcmp(answer_text(issuer, "issuerId"), id) == 0)
            return strcmp(answer_text(issuer, "role"), "current") == 0;
    return false;
}

/* Asks until it issues, or the time is over. The last answer is the caller's to free. */
static enum ctl_exit await(struct link *link, const char *id, struct document **authority, bool *done)
{
    int64_t deadline = clock_now().mono.ms + ROTATE_WAIT_MS;
    bool told = false;
    enum ctl_exit end = link_ask(link, "ca", "show", "", authority);
    while (end == CTL_DONE && !is_current(document_root(*authority), id) && clock_now().mono.ms < deadline) {
        if (!told)
            out_say("The new issuing CA %s waits for the broker to read it and its revocation list, %d s at most ...",
                    id, ROTATE_WAIT_MS / 1000);
        told = true;
        clock_sleep(ROTATE_EVERY_MS);
        document_free(*authority);
        end = link_ask(link, "ca", "show", "", authority);
    }
    *done = end == CTL_DONE && is_current(document_root(*authority), id);
    return end;
}

static bool is_old(const struct value *issuer)
{
    return strcmp(answer_text(issuer, "role"), "old") == 0;
}

static void tell_next(const struct value *authority, const struct args *args, const char *id)
{
    char directory[PASTE_WORD + 16];
    const struct value *issuers = value_member(authority, "issuers"), *old = value_first(issuers);
    printf("%s issues from now on.\n", id);
    while (old != NULL && !is_old(old))
        old = value_next(old);
    if (old == NULL) /* the one before was a root itself */
        return;
    paste_dir(args, directory);
    puts("Certificates of the old one count until they end. Devices renew by themselves, or when they are asked:");
    for (const struct value *issuer = old; issuer != NULL; issuer = value_next(issuer))
        if (is_old(issuer))
            printf("  musterctl certificate list --issuer %s%s\n", answer_text(issuer, "issuerId"), directory);
    printf("  musterctl certificate renew UUID%s\n"
           "When no certificate of the old one is valid any more (until then it is refused):\n",
           directory);
    for (const struct value *issuer = old; issuer != NULL; issuer = value_next(issuer))
        if (is_old(issuer))
            printf("  musterctl ca drop %s --yes%s\n", answer_text(issuer, "issuerId"), directory);
}

static void print_json(const struct value *authority, const char *id, bool done)
{
    char text[4096];
    struct json_writer json;
    json_start(&json, text, sizeof text);
    json_open(&json, NULL, '{');
    json_text(&json, "schema", "muster.ca.rotate/1");
    json_text(&json, "role", done ? "current" : "next");
    json_text(&json, "issuerId", id);
    json_open(&json, "old", '[');
    for (const struct value *issuer = value_first(value_member(authority, "issuers")); issuer != NULL;
         issuer = value_next(issuer))
        if (is_old(issuer))
            json_text(&json, NULL, answer_text(issuer, "issuerId"));
    json_close(&json, ']');
    json_close(&json, '}');
    puts(text);
}

static enum ctl_exit take_over(struct link *link, const struct args *args, const char *id)
{
    struct document *authority = NULL;
    bool done = false;
    enum ctl_exit end = await(link, id, &authority, &done);
    if (end == CTL_DONE) {
        if (args_has(args, OPT_JSON))
            print_json(document_root(authority), id, done);
        else if (done)
            tell_next(document_root(authority), args, id);
        end = out_done();
    }
    document_free(authority);
    if (end != CTL_DONE || done)
        return end;
    return out_error(CTL_TIMEOUT, NULL,
                     "is the broker running, with its gate, and does musterctl ca show tell an error? It takes over by "
                     "itself as soon as the broker has read it; nothing is to be repeated",
                     "the new issuing CA %s does not issue yet: the broker has not read it within %d s", id,
                     ROTATE_WAIT_MS / 1000);
}

/* The certificate that was given issues already. */
static enum ctl_exit tell_current(const struct args *args, const struct value *answer)
{
    if (args_has(args, OPT_JSON))
        out_json("muster.ca.rotate/1", answer);
    else
        printf("%s is the current one already: nothing was changed.\n", answer_text(answer, "issuerId"));
    return out_done();
}

static enum ctl_exit rotate(struct link *link, const struct target *target, const struct args *args,
                            const char *members)
{
    struct document *answer = NULL;
    enum ctl_exit end = link_insist(link, "ca", "rotate", members, &answer);
    if (end != CTL_DONE)
        return end;
    const struct value *root = document_root(answer);
    const char *role = answer_text(root, "role");
    if (strcmp(role, "prepared") == 0)
        end = hand_out(target, args, root);
    else if (strcmp(role, "current") == 0)
        end = tell_current(args, root);
    else
        end = take_over(link, args, answer_text(root, "issuerId"));
    document_free(answer);
    return end;
}

enum ctl_exit cmd_ca_rotate(const struct args *args)
{
    char pem[PEM_FILE_CERTIFICATE], members[LIMIT_PAYLOAD];
    const char *file = args_value(args, OPT_CERTIFICATE);
    enum ctl_exit end = file != NULL ? pem_file_certificate(file, pem) : CTL_DONE;
    if (end == CTL_DONE)
        end = link_member("certificatePem", file != NULL ? pem : NULL, members, sizeof members);
    if (end != CTL_DONE || !show_confirm(args, "the change of", "the issuing CA", &end))
        return end;
    return link_run(args, members, rotate);
}
