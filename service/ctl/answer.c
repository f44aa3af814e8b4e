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
    if (*answer != NULL && value_is_object(document_root(*answer)))
        return CTL_DONE;
    document_free(*answer);
    *answer = NULL;
    return out_error(CTL_FAILED, NULL, "is this musterctl of the same version as the service?",
                     "the service's answer is no JSON object");
}

enum status answer_refusal(const struct document *answer)
{
    const struct value *error = value_member(document_root(answer), "error");
    const char *code = value_text(value_member(error, "code"));
    return error == NULL ? ST_OK : status_from_code(code != NULL ? code : "");
}

enum ctl_exit answer_accept(struct document **answer)
{
    const struct value *error = value_member(document_root(*answer), "error");
    if (error == NULL)
        return CTL_DONE;
    enum ctl_exit end = tell_refusal(error);
    document_free(*answer);
    *answer = NULL;
    return end;
}

const char *answer_text(const struct value *object, const char *name)
{
    const char *text = value_text(value_member(object, name));
    return text != NULL ? text : "-";
}

bool answer_says(const struct value *object, const char *name)
{
    bool truth = false;
    return value_is_bool(value_member(object, name), &truth) && truth;
}
