/* What of a device outlives its death: device-client/keep.h in memory. */
#include "certs/csr.h"
#include "certs/digest.h"
#include "device-client/pem.h"
#include "tests/year/device.h"

#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

static void replace(char **file, const char *text)
{
    free(*file);
    *file = text != NULL ? strdup(text) : NULL;
}

/* As keep_settle_next: a promotion that was begun is finished, what no state names is erased. */
static void settle_next(struct disk *disk, struct kept *kept)
{
    const char *id = kept->next_certificate_id;
    if (id[0] != '\0' && strcmp(disk->next.peer.certificate_id, id) == 0) {
        kept->has_next = true;
        return;
    }
    if (id[0] != '\0' && strcmp(disk->used.peer.certificate_id, id) == 0)
        kept_promote(kept);
    kept_forget_next(kept);
    disk_erase_next(disk);
}

/* As keep_load. */
void disk_load(struct disk *disk, const char *uuid, struct kept *kept)
{
    memset(kept, 0, sizeof *kept);
    if (disk->state != NULL)
        year_check(kept_read(kept, disk->state, strlen(disk->state)), "%s cannot read its state", uuid);
    kept_copy(kept->uuid, sizeof kept->uuid, uuid);
    if (disk->has_provisioning_key)
        kept_copy(kept->provisioning_key, sizeof kept->provisioning_key, year_provisioning_key());
    settle_next(disk, kept);
    kept->has_identity = disk->used.peer.certificate_id[0] != '\0' && disk->authorities[0] != '\0';
    kept_copy(kept->ca_fingerprint, sizeof kept->ca_fingerprint, disk->authorities);
    kept_copy(kept->csr, sizeof kept->csr, disk->request != NULL ? disk->request : "");
    if ((kept->provision_id[0] == '\0' && kept->renew_id[0] == '\0') || kept->csr[0] == '\0') {
        kept->provision_id[0] = kept->renew_id[0] = kept->csr[0] = '\0';
        disk_erase_request(disk);
    }
    if (kept_is_provisioned(kept)) {
        kept->provisioning_key[0] = '\0';
        disk->has_provisioning_key = false;
    }
}

void disk_save(struct disk *disk, const struct kept *kept)
{
    char text[KEPT_JSON_MAX];
    year_check(kept_write(kept, text, sizeof text) > 0, "%s cannot write its state", kept->uuid);
    replace(&disk->state, text);
}

void disk_new_key(struct disk *disk, struct kept *kept)
{
    struct key *key = key_new(KEY_EC_P256);
    year_check(key != NULL && csr_write(key, kept->uuid, kept->csr, sizeof kept->csr), "%s cannot make a key",
               kept->uuid);
    key_free(key);
    replace(&disk->request, kept->csr);
}

/* What TLS would show of it (certs/peer.h), and its end as the device knows it. */
void disk_write_pair(struct pair *file, const char *certificate_pem, const char *id, const char *not_after)
{
    unsigned char der[LIMIT_STRING];
    struct pem_parts parts;
    int64_t end = 0;
    size_t length = pem_certificate(certificate_pem, der, sizeof der, &parts, NULL);
    year_check(length > 0 && pem_has_serial(certificate_pem, id) && timestamp_parse(not_after, strlen(not_after), &end),
               "certificate %s cannot be read", id);
    kept_copy(file->peer.certificate_id, sizeof file->peer.certificate_id, id);
    SHA256(der, length, file->peer.fingerprint);
    file->not_after = end / 1000;
}

void disk_write_authorities(struct disk *disk, const char *ca_pem, struct kept *kept)
{
    digest_sha256_hex(ca_pem, strlen(ca_pem), disk->authorities);
    kept_copy(kept->ca_fingerprint, sizeof kept->ca_fingerprint, disk->authorities);
}

void disk_promote(struct disk *disk)
{
    disk->used = disk->next;
    disk_erase_next(disk);
}

void disk_erase_request(struct disk *disk)
{
    replace(&disk->request, NULL);
}

void disk_erase_next(struct disk *disk)
{
    disk->next = (struct pair){.not_after = 0};
}

void disk_free(struct disk *disk)
{
    free(disk->state);
    free(disk->request);
}
