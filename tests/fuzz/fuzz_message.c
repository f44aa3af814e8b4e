/* The first octet picks the operation, the rest is its payload. What was decoded is well-formed and comes back alike.
 */
#include "topics/id.h"
#include "topics/json.h"
#include "topics/message.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void check_object(const char *text)
{
    struct why why;
    must(text[0] == '\0' || json_scan(text, strlen(text), &why) == ST_OK);
}

static void check_text(const char *text, size_t most)
{
    must(strlen(text) <= most && id_is_clean_text(text, strlen(text), false));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct message in;
    static char tags[LIMIT_FLAT_OBJECT + 1], again[LIMIT_FLAT_OBJECT + 1];
    struct why why = {.status = ST_OK};
    if (size == 0)
        return 0;
    enum operation operation = (enum operation)(data[0] % OP_COUNT);
    enum status status = message_decode(operation, (const char *)data + 1, size - 1, &in, &why);
    must(status == why.status);
    must(in.request_id[0] == '\0' || id_is_request(in.request_id, strlen(in.request_id)));
    must((in.has & ~(operation_row(operation)->members | MEMBERS_ALWAYS)) == 0);
    if (status != ST_OK)
        return 0;
    must((operation_row(operation)->needs & ~in.has) == 0);
    check_text(in.device_name, LIMIT_DEVICE_NAME);
    check_text(in.session, LIMIT_SESSION);
    check_text(in.uuid, LIMIT_UUID);
    check_object(in.hardware);
    check_object(in.tags);
    check_object(in.metrics);
    (void)message_list_holds(in.device_types, in.device_type);
    if (message_merge("", in.tags, tags, sizeof tags, &why) == ST_OK) {
        must(message_merge(tags, tags, again, sizeof again, &why) == ST_OK);
        must(strcmp(tags, again) == 0);
    }
    return 0;
}
