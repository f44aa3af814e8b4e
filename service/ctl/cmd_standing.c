/* What an operator does to a device: block, unblock, reset, kick, release, decommission. */
#include "service/ctl/link.h"
#include "service/ctl/out.h"
#include "service/ctl/show.h"
#include "topics/json_write.h"

/* `what`: what to ask about before; NULL for what can be taken back. */
static enum ctl_exit change(const struct args *args, const char *verb, const char *schema, const char *what)
{
    char members[LIMIT_PAYLOAD];
    struct json_writer json;
    enum ctl_exit end = CTL_DONE;
    json_start(&json, members, sizeof members);
    json_text(&json, "uuid", args->words[0]);
    if (args_has(args, OPT_REASON))
        json_text(&json, "reason", args_value(args, OPT_REASON));
    if (json.overflow)
        return out_error(CTL_USAGE, "too_large", status_mend(ST_TOO_LARGE), "%s", status_message(ST_TOO_LARGE));
    if (what != NULL && !show_confirm(args, what, args->words[0], &end))
        return end;
    return show_run(args, "device", verb, schema, members);
}

enum ctl_exit cmd_device_block(const struct args *args)
{
    return change(args, "block", "muster.device/1", NULL);
}

enum ctl_exit cmd_device_unblock(const struct args *args)
{
    return change(args, "unblock", "muster.device/1", NULL);
}

enum ctl_exit cmd_device_reset(const struct args *args)
{
    return change(args, "reset", "muster.device/1", "the reset of device");
}

enum ctl_exit cmd_device_kick(const struct args *args)
{
    return change(args, "kick", "muster.device.kick/1", NULL);
}

enum ctl_exit cmd_device_release(const struct args *args)
{
    return change(args, "release", "muster.device.release/1", NULL);
}

enum ctl_exit cmd_device_decommission(const struct args *args)
{
    return change(args, "decommission", "muster.device/1", "the decommissioning of device");
}
