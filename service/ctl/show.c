#include "service/ctl/show.h"

#include "service/ctl/link.h"
#include "service/ctl/out.h"

#include <string.h>
#include <unistd.h>

enum ctl_exit show_run(const struct args *args, const char *noun, const char *verb, const char *schema,
                       const char *members)
{
    struct document *answer = NULL;
    enum ctl_exit end = link_ask_once(args, noun, verb, members, &answer);
    if (end != CTL_DONE)
        return end;
    if (args_has(args, OPT_JSON))
        out_json(schema, document_root(answer));
    else
        out_object(document_root(answer));
    document_free(answer);
    return out_done();
}

bool show_confirm(const struct args *args, const char *what, const char *target, enum ctl_exit *end)
{
    char line[16] = "";
    if (args_has(args, OPT_YES))
        return true;
    if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO)) {
        *end = out_error(CTL_USAGE, NULL, "if you mean it, add --yes", "%s %s cannot be taken back", what, target);
        return false;
    }
    out_say("%s %s cannot be taken back. Go on? [y/N]", what, target);
    bool yes = fgets(line, sizeof line, stdin) != NULL && (strcmp(line, "y\n") == 0 || strcmp(line, "yes\n") == 0);
    if (!yes)
        *end = out_error(CTL_FAILED, NULL, NULL, "nothing was done");
    return yes;
}
