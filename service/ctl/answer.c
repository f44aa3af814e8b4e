#include "service/ctl/answer.h"

#include "service/ctl/out.h"

/* A refusal by the service, told in its own words; the table's where it has none. */
static enum ctl_exit tell_refusal(const struct value *error)
{
    const char *code = value_text(value_member(error, "code"));
    const char *message = value_text(value_member(error, "message")), *mend = value_text(value_member(error, "mend"));
    const char *field = value_text(value_member(error, "field"));
    enum status status = status_from_code(code != NULL ? code : "");
    bool has_field = field != NULL && field[0] != '\0';
    return out_error(ctl_exit_of(status), code != NULL ? code : "internal", mend != NULL ? mend : status_mend(status),
                     "%s%s%s%s", message != NULL ? message : status_message(status), has_field ? " (" : "",
                     has_field ? field : "", has_field ? ")" : "");
}

enum ctl_exit answer_read(const char *text, size_t length, struct document **answer)
{
    *answer = document_new_answer(text, length);
    const struct value *root = *answer != NULL ? document_root(*answer) : NULL;
    const struct value *error = root != NULL ? value_member(root, "error") : NULL;
    enum ctl_exit end = CTL_DONE;
    if (root == NULL || !value_is_object(root))
        end = out_error(CTL_FAILED, NULL, "is this musterctl of the same version as the service?",
                        "the service's answer is no JSON object");
    else if (error != NULL)
        end = tell_refusal(error);
    if (end == CTL_DONE)
        return end;
    document_free(*answer);
    *answer = NULL;
    return end;
}
