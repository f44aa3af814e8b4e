/* Changes the issuing CA: in one step where the root's key is at hand, else by a request that is signed elsewhere. */
#include "service/ctl/answer.h"
#include "service/ctl/link.h"
#include "service/ctl/out.h"
#include "service/ctl/pem_file.h"
#include "service/ctl/show.h"
#include "service/io/clock.h"
#include "topics/json_write.h"

#include <string.h>

#define CSR_FILE        "ca-next.csr"
#define ROTATE_WAIT_MS  30000
#define ROTATE_EVERY_MS 200
#define WORD            1024 /* octets of an argument in a printed command */

/* --- the root is elsewhere ---------------------------------------------------------------------------------------- */

/* A word as a shell takes it. What does not fit is left out whole: half a command would be another one. */
static const char *quote(const char *word, char out[WORD])
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=@%+,";
    if (word[0] != '\0' && strspn(word, plain) == strlen(word) && strlen(word) < WORD)
        return word;
    size_t used = 0;
    out[used++] = '\'';
    for (; *word != '\0' && used < WORD - 6; word++) {
        memcpy(out + used, *word == '\'' ? "'\\''" : word, *word == '\'' ? 4 : 1);
        used += *word == '\'' ? 4 : 1;
    }
    memcpy(out + used, *word == '\0' ? "'" : "...", *word == '\0' ? 2 : 4);
    return out;
}

/* The commands for there and for here. They are talk when the request itself is on stdout. */
static void tell_commands(const struct target *target, const struct args *args, const char *file)
{
    char name[WORD], organization[WORD], directory[WORD];
    bool is_stdout = strcmp(file, "-") == 0;
    const char *own = args_value(args, OPT_DIR), *country = target->config.certificate_country;
    FILE *to = is_stdout ? stderr : stdout;
    fprintf(to, "The root's key is not here. The request for the next issuing CA is %s%s.\n",
            is_stdout ? "on stdout" : "in ", is_stdout ? "" : file);
    fprintf(to,
            "Where the root is:\n  musterctl ca sign --root root.pem --root-key root.key --csr %s --out ca-next.pem",
            quote(is_stdout ? CSR_FILE : file, name));
    fprintf(to, " --organization %s", quote(target->config.certificate_organization, organization));
    fprintf(to, "%s%s\n", country[0] != '\0' ? " --country " : "", country);
    fprintf(to, "Then here:\n  musterctl ca rotate --certificate ca-next.pem --yes%s%s\n", own != NULL ? " --dir " : "",
            own != NULL ? quote(own, directory) : "");
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
        tell_commands(target, args, file);
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

static void tell_next(const struct value *authority, const char *id)
{
    printf("%s issues from now on.\n", id);
    puts("Certificates of the old one count until they end. Devices renew by themselves, or when they are asked:\n"
         "  musterctl certificate list\n"
         "  musterctl certificate renew UUID\n"
         "When no certificate of the old one is valid any more (until then it is refused):");
    for (const struct value *issuer = value_first(value_member(authority, "issuers")); issuer != NULL;
         issuer = value_next(issuer))
        if (strcmp(answer_text(issuer, "role"), "old") == 0)
            printf("  musterctl ca drop %s --yes\n", answer_text(issuer, "issuerId"));
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
        if (strcmp(answer_text(issuer, "role"), "old") == 0)
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
            tell_next(document_root(authority), id);
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

static enum ctl_exit rotate(struct link *link, const struct target *target, const struct args *args,
                            const char *members)
{
    struct document *answer = NULL;
    enum ctl_exit end = link_insist(link, "ca", "rotate", members, &answer);
    if (end != CTL_DONE)
        return end;
    const struct value *root = document_root(answer);
    end = strcmp(answer_text(root, "role"), "prepared") == 0 ? hand_out(target, args, root)
                                                             : take_over(link, args, answer_text(root, "issuerId"));
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
