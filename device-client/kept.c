#include "device-client/kept.h"

#include "certs/key.h"
#include "topics/document.h"
#include "topics/json_write.h"

#include <stddef.h>
#include <string.h>

static const struct {
    const char *wire;
    size_t offset, size;
} fields[] = {
#define KEPT_ROW(field, size, wire) {wire, offsetof(struct kept, field), size},
    KEPT_LIST(KEPT_ROW)
#undef KEPT_ROW
};

#define FIELD_COUNT (sizeof fields / sizeof *fields)

bool kept_copy(char *out, size_t size, const char *text)
{
    size_t length = text != NULL ? strlen(text) : size;
    bool fits = length < size;
    if (fits)
        memcpy(out, text, length + 1);
    else
        out[0] = '\0';
    return fits;
}

size_t kept_write(const struct kept *kept, char *out, size_t size)
{
    struct json_writer json;
    json_start(&json, out, size);
    json_open(&json, NULL, '{');
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        const char *text = (const char *)kept + fields[i].offset;
        if (text[0] != '\0')
            json_text(&json, fields[i].wire, text);
    }
    json_close(&json, '}');
    return json.overflow ? 0 : json.length;
}

static bool read_fields(struct kept *kept, const struct value *root)
{
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        const struct value *member = value_member(root, fields[i].wire);
        char *field = (char *)kept + fields[i].offset;
        field[0] = '\0';
        if (member != NULL && !kept_copy(field, fields[i].size, value_text(member)))
            return false;
    }
    return true;
}

bool kept_read(struct kept *kept, const char *text, size_t length)
{
    struct why why;
    struct document *document = NULL;
    struct kept fresh = *kept;
    bool good = document_new(text, length, &document, &why) == ST_OK && read_fields(&fresh, document_root(document));
    if (good)
        *kept = fresh;
    document_free(document);
    key_wipe(&fresh, sizeof fresh);
    return good;
}

bool kept_is_provisioned(const struct kept *kept)
{
    return kept->certificate_id[0] != '\0' && kept->has_identity;
}

bool kept_has_next(const struct kept *kept)
{
    return kept->next_certificate_id[0] != '\0' && kept->has_next;
}

void kept_forget_next(struct kept *kept)
{
    kept->has_next = false;
    kept->next_certificate_id[0] = kept->next_not_before[0] = '\0';
    kept->next_not_after[0] = kept->next_renew_after[0] = '\0';
}

void kept_promote(struct kept *kept)
{
    memcpy(kept->certificate_id, kept->next_certificate_id, sizeof kept->certificate_id);
    memcpy(kept->not_before, kept->next_not_before, sizeof kept->not_before);
    memcpy(kept->not_after, kept->next_not_after, sizeof kept->not_after);
    memcpy(kept->renew_after, kept->next_renew_after, sizeof kept->renew_after);
    kept->has_identity = true;
    kept->rollbacks[0] = kept->renew_not_before[0] = '\0';
    kept_forget_next(kept);
}

void kept_forget_certificate(struct kept *kept)
{
    kept->has_identity = false;
    kept->certificate_id[0] = kept->not_before[0] = kept->not_after[0] = kept->renew_after[0] = '\0';
    kept->provision_id[0] = kept->renew_id[0] = kept->csr[0] = '\0';
    kept->rollbacks[0] = kept->renew_not_before[0] = '\0';
    kept_forget_next(kept);
}

void kept_forget(struct kept *kept)
{
    kept_forget_certificate(kept);
    key_wipe(kept->api_key, sizeof kept->api_key);
    key_wipe(kept->provisioning_key, sizeof kept->provisioning_key);
    kept->device_id[0] = kept->tenant[0] = '\0';
    kept->register_id[0] = kept->register_members[0] = kept->reset_id[0] = '\0';
    kept->rotate_id[0] = kept->api_key_expires_at[0] = kept->rotate_after[0] = '\0';
}
