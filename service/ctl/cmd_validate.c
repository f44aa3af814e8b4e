/* What a certificate is worth, by its id or from a file. */
#include "service/ctl/answer.h"
#include "service/ctl/link.h"
#include "service/ctl/out.h"
#include "service/ctl/pem_file.h"
#include "topics/json_write.h"

#include <string.h>

#define CHECKS 16

/* An id is nothing but hex digits; a file of such a name is ./name. */
static bool is_id(const char *word)
{
    size_t length = strlen(word);
    return length > 0 && length <= LIMIT_CERTIFICATE_ID && strspn(word, "0123456789abcdef") == length;
}

/* A line for each check, in the service's order; then the word. */
static void tell(const struct value *answer, bool valid)
{
    static const char *const about[] = {"certificateId", "uuid"};
    char cells[CHECKS][256];
    struct out_pair pairs[CHECKS + 2];
    size_t count = 0;
    for (size_t i = 0; i < sizeof about / sizeof *about; i++) {
        const struct value *value = value_member(answer, about[i]);
        if (value_text(value) != NULL)
            pairs[count++] = (struct out_pair){i == 0 ? "certificate" : "device", value_text(value)};
    }
    const struct value *check = value_first(value_member(answer, "checks"));
    for (size_t i = 0; check != NULL && i < CHECKS; check = value_next(check), i++) {
        out_scalar(check, cells[i], sizeof cells[i]);
        pairs[count++] = (struct out_pair){value_name(check), cells[i]};
    }
    out_pairs(pairs, count);
    puts(valid ? "valid" : "not valid");
}

/* The exit code is the answer for a script. */
static enum ctl_exit conclude(const struct args *args, const struct value *answer)
{
    bool valid = answer_says(answer, "valid");
    if (args_has(args, OPT_JSON))
        out_json("muster.certificate.validate/1", answer);
    else
        tell(answer, valid);
    enum ctl_exit end = out_done();
    return end == CTL_DONE && !valid ? CTL_FAILED : end;
}

enum ctl_exit cmd_certificate_validate(const struct args *args)
{
    const char *word = args->words[0];
    char pem[PEM_FILE_CERTIFICATE], members[LIMIT_PAYLOAD];
    struct document *answer = NULL;
    bool by_id = is_id(word);
    enum ctl_exit end = by_id ? CTL_DONE : pem_file_certificate(word, pem);
    if (end == CTL_DONE)
        end = link_member(by_id ? "certificateId" : "certificatePem", by_id ? word : pem, members, sizeof members);
    if (end == CTL_DONE)
        end = link_ask_once(args, "certificate", "validate", members, &answer);
    if (end != CTL_DONE)
        return end;
    end = conclude(args, document_root(answer));
    document_free(answer);
    return end;
}
