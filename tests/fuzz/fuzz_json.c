/* What json_scan accepts, cJSON must read too, as one object in which no name stands twice. */
#include "topics/json.h"

#include <cjson/cJSON.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_names(const cJSON *container)
{
    for (const cJSON *item = container->child; item != NULL; item = item->next) {
        for (const cJSON *later = item->next; later != NULL && item->string != NULL; later = later->next)
            if (strcmp(item->string, later->string) == 0)
                abort();
        check_names(item);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct why why;
    if (json_scan((const char *)data, size, &why) != ST_OK)
        return 0;
    cJSON *root = cJSON_ParseWithLength((const char *)data, size);
    if (!cJSON_IsObject(root))
        abort();
    check_names(root);
    cJSON_Delete(root);
    return 0;
}
