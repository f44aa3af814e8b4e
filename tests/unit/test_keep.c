/* A device's folder, on a real disk: what stands there after a crash, and who may use it. */
#include "device-client/keep.h"
#include "tests/unit/check.h"
#include "topics/id.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void put(const char *dir, const char *name, const char *text)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *file = fopen(path, "w");
    if (file == NULL || fputs(text, file) < 0 || fclose(file) != 0)
        abort();
}

static bool is_there(const char *dir, const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    return access(path, F_OK) == 0;
}

static void make_folder(char *dir)
{
    strcpy(dir, "/tmp/test_keep.XXXXXX");
    if (mkdtemp(dir) == NULL)
        abort();
}

static void remove_folder(const char *dir)
{
    static const char *const names[] = {KEEP_UUID, KEEP_STATE,       KEEP_KEY,   KEEP_REQUEST,     KEEP_IDENTITY,
                                        KEEP_NEXT, KEEP_AUTHORITIES, KEEP_LOCK,  "uuid.new",       "state.json.new",
                                        "old",     "next.pem.new",   "request2", "device.pem.new", "ca.pem.new"};
    char path[256];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", dir, names[i]);
        (void)unlink(path);
    }
    (void)rmdir(dir);
}

static enum muster_device_result load(const char *dir, const char *wanted, struct kept *kept)
{
    struct keep *keep = NULL;
    struct problem problem = {0};
    enum muster_device_result result = keep_open(dir, false, &keep, &problem);
    if (result == MUSTER_DEVICE_OK)
        result = keep_load(keep, wanted, kept, &problem);
    CHECK(result == MUSTER_DEVICE_OK || problem.what[0] != '\0', "a failure without a sentence");
    keep_close(keep);
    return result;
}

#define OCTETS_32  "12345678901234567890123456789012"
#define OCTETS_128 OCTETS_32 OCTETS_32 OCTETS_32 OCTETS_32

/* Files in the folder before, what is asked for, and what comes of it. */
static const struct {
    const char *what, *files[6], *wanted;
    enum muster_device_result expected;
    const char *uuid; /* NULL: any fresh one */
} folders[] = {
    {"an empty folder", {NULL}, NULL, MUSTER_DEVICE_OK, NULL},
    {"a uuid of one's own", {NULL}, "serial-7", MUSTER_DEVICE_OK, "serial-7"},
    {"a kept uuid", {KEEP_UUID, "d1\n"}, NULL, MUSTER_DEVICE_OK, "d1"},
    {"the same one", {KEEP_UUID, "d1\n"}, "d1", MUSTER_DEVICE_OK, "d1"},
    {"another one", {KEEP_UUID, "d1\n"}, "d2", MUSTER_DEVICE_CONFIGURATION, NULL},
    {"a bad one", {NULL}, "a/b", MUSTER_DEVICE_CONFIGURATION, NULL},
    {"killed while the first uuid was written", {"uuid.new", "d0"}, NULL, MUSTER_DEVICE_OK, NULL},
    {"killed while the state was written",
     {KEEP_UUID, "d1\n", "state.json.new", "{\"dev"},
     NULL,
     MUSTER_DEVICE_OK,
     "d1"},
    {"a state without its uuid is never a new device", {KEEP_STATE, "{}"}, NULL, MUSTER_DEVICE_CONFIGURATION, NULL},
    {"but its owner may say who it is", {KEEP_STATE, "{}"}, "d1", MUSTER_DEVICE_OK, "d1"},
    {"the longest uuid", {NULL}, OCTETS_128, MUSTER_DEVICE_OK, OCTETS_128},
    {"the longest uuid, kept", {KEEP_UUID, OCTETS_128 "\r\n"}, OCTETS_128, MUSTER_DEVICE_OK, OCTETS_128},
    {"a longer one", {NULL}, OCTETS_128 "3", MUSTER_DEVICE_CONFIGURATION, NULL},
    {"a longer one, kept", {KEEP_UUID, OCTETS_128 "3\n"}, NULL, MUSTER_DEVICE_CONFIGURATION, NULL},
    {"an empty uuid", {KEEP_UUID, ""}, NULL, MUSTER_DEVICE_CONFIGURATION, NULL},
    {"a damaged uuid", {KEEP_UUID, "a b\n"}, NULL, MUSTER_DEVICE_CONFIGURATION, NULL},
    {"a damaged state", {KEEP_UUID, "d1\n", KEEP_STATE, "{\"deviceId\":"}, NULL, MUSTER_DEVICE_CONFIGURATION, NULL},
    {"a state of wrong types",
     {KEEP_UUID, "d1\n", KEEP_STATE, "{\"deviceId\":1}"},
     NULL,
     MUSTER_DEVICE_CONFIGURATION,
     NULL},
    {"unknown members", {KEEP_UUID, "d1\n", KEEP_STATE, "{\"later\":true}"}, NULL, MUSTER_DEVICE_OK, "d1"},
};

static void check_folders(void)
{
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        char dir[64];
        struct kept kept;
        make_folder(dir);
        for (size_t f = 0; folders[i].files[f] != NULL; f += 2)
            put(dir, folders[i].files[f], folders[i].files[f + 1]);
        enum muster_device_result result = load(dir, folders[i].wanted, &kept);
        CHECK(result == folders[i].expected, "%s: %d", folders[i].what, (int)result);
        if (result == MUSTER_DEVICE_OK) {
            char first[LIMIT_UUID + 1];
            strcpy(first, kept.uuid);
            CHECK(id_is_uuid(first, strlen(first)), "%s: %s", folders[i].what, first);
            CHECK(folders[i].uuid == NULL || strcmp(first, folders[i].uuid) == 0, "%s: %s", folders[i].what, first);
            CHECK(load(dir, NULL, &kept) == MUSTER_DEVICE_OK && strcmp(kept.uuid, first) == 0, "%s: %s became %s",
                  folders[i].what, first, kept.uuid);
        }
        remove_folder(dir);
    }
}

static void check_state(void)
{
    char dir[64];
    struct keep *keep = NULL;
    struct kept kept, again;
    struct problem problem;
    struct stat st;
    make_folder(dir);
    CHECK_INT(keep_open(dir, false, &keep, &problem), MUSTER_DEVICE_OK);
    CHECK_INT(keep_load(keep, NULL, &kept, &problem), MUSTER_DEVICE_OK);
    strcpy(kept.name, "pump \"7\"");
    strcpy(kept.api_key, "mdk_a_b");
    strcpy(kept.register_members, "\"deviceName\":\"pump \\\"7\\\"\"");
    CHECK_INT(keep_save(keep, &kept, &problem), MUSTER_DEVICE_OK);
    CHECK_INT(keep_save_provisioning_key(keep, "mpk_c_d", &problem), MUSTER_DEVICE_OK);
    CHECK_INT(keep_load(keep, NULL, &again, &problem), MUSTER_DEVICE_OK);
    CHECK_TEXT(again.name, kept.name);
    CHECK_TEXT(again.api_key, kept.api_key);
    CHECK_TEXT(again.register_members, kept.register_members);
    CHECK_TEXT(again.provisioning_key, "mpk_c_d");
    CHECK(stat(keep_path(keep, KEEP_STATE), &st) == 0 && (st.st_mode & 0777) == 0600, "mode %o", st.st_mode);
    CHECK(stat(keep_path(keep, KEEP_KEY), &st) == 0 && (st.st_mode & 0777) == 0600, "mode %o", st.st_mode);
    put(dir, KEEP_KEY, OCTETS_128 "\r\n");
    CHECK_INT(keep_load(keep, NULL, &again, &problem), MUSTER_DEVICE_OK);
    CHECK_TEXT(again.provisioning_key, OCTETS_128);
    CHECK_INT(keep_erase_provisioning_key(keep, &problem), MUSTER_DEVICE_OK);
    CHECK_INT(keep_erase_provisioning_key(keep, &problem), MUSTER_DEVICE_OK);
    CHECK(!is_there(dir, KEEP_KEY), "the key is still there");
    kept_forget(&again);
    CHECK_TEXT(again.uuid, kept.uuid);
    CHECK_TEXT(again.name, kept.name);
    CHECK_TEXT(again.api_key, "");
    keep_close(keep);
    remove_folder(dir);
}

static void check_lock(void)
{
    char dir[64];
    struct keep *first = NULL, *second = NULL;
    struct kept kept;
    struct problem problem = {0};
    make_folder(dir);
    CHECK_INT(keep_open(dir, true, &second, &problem), MUSTER_DEVICE_OK);
    CHECK_INT(keep_load(second, NULL, &kept, &problem), MUSTER_DEVICE_NOT_FOUND);
    keep_close(second);
    CHECK(!is_there(dir, KEEP_UUID) && !is_there(dir, KEEP_LOCK), "a look left something behind");
    CHECK_INT(keep_open(dir, false, &first, &problem), MUSTER_DEVICE_OK);
    CHECK_INT(keep_open(dir, false, &second, &problem), MUSTER_DEVICE_CONFLICT);
    CHECK(second == NULL && strstr(problem.what, "another process") != NULL, "%s", problem.what);
    CHECK_INT(keep_load(first, NULL, &kept, &problem), MUSTER_DEVICE_OK);
    CHECK_INT(keep_open(dir, true, &second, &problem), MUSTER_DEVICE_OK);
    CHECK_INT(keep_load(second, NULL, &kept, &problem), MUSTER_DEVICE_OK);
    keep_close(second);
    keep_close(first);
    CHECK_INT(keep_open(dir, false, &first, &problem), MUSTER_DEVICE_OK);
    keep_close(first);
    remove_folder(dir);
    CHECK_INT(keep_open(dir, true, &first, &problem), MUSTER_DEVICE_NOT_FOUND);
    CHECK_INT(keep_open("/no/such/parent/device", false, &first, &problem), MUSTER_DEVICE_CONFIGURATION);
}

static void copy_file(struct keep *keep, const char *from, const char *to)
{
    char text[8192], path[512];
    snprintf(path, sizeof path, "%s", keep_path(keep, to));
    FILE *in = fopen(keep_path(keep, from), "r"), *out = fopen(path, "w");
    if (in == NULL || out == NULL)
        abort();
    size_t length = fread(text, 1, sizeof text, in);
    CHECK_INT(fwrite(text, 1, length, out), length);
    fclose(in);
    fclose(out);
}

/* The key pair and its request survive together or not at all. */
static void check_request(void)
{
    char dir[64], csr[CSR_PEM_MAX];
    struct keep *keep = NULL;
    struct kept kept;
    struct problem problem;
    make_folder(dir);
    CHECK_INT(keep_open(dir, false, &keep, &problem), MUSTER_DEVICE_OK);
    CHECK_INT(keep_load(keep, "d1", &kept, &problem), MUSTER_DEVICE_OK);
    CHECK_INT(keep_new_key(keep, &kept, &problem), MUSTER_DEVICE_OK);
    CHECK(strstr(kept.csr, "BEGIN CERTIFICATE REQUEST") != NULL && strstr(kept.csr, "PRIVATE") == NULL, "%s", kept.csr);
    strcpy(csr, kept.csr);
    strcpy(kept.provision_id, "r1");
    CHECK_INT(keep_save(keep, &kept, &problem), MUSTER_DEVICE_OK);
    CHECK_INT(keep_load(keep, NULL, &kept, &problem), MUSTER_DEVICE_OK);
    CHECK_TEXT(kept.csr, csr);
    CHECK_TEXT(kept.provision_id, "r1");

    put(dir, KEEP_REQUEST, "-----BEGIN CERTIFICATE REQUEST-----\n");
    CHECK_INT(keep_load(keep, NULL, &kept, &problem), MUSTER_DEVICE_OK);
    CHECK_TEXT(kept.csr, "");
    CHECK_TEXT(kept.provision_id, "");
    CHECK(!is_there(dir, KEEP_REQUEST), "a torn request is still there");

    CHECK_INT(keep_new_key(keep, &kept, &problem), MUSTER_DEVICE_OK);
    CHECK_INT(keep_certificate(keep, "no certificate", "no authority", &problem), MUSTER_DEVICE_FAILED);
    CHECK(!is_there(dir, KEEP_REQUEST), "the request for a certificate that does not fit is still there");
    CHECK(!keep_has_identity(keep), "rubbish counts as an identity");

    CHECK_INT(keep_new_key(keep, &kept, &problem), MUSTER_DEVICE_OK);
    copy_file(keep, KEEP_REQUEST, KEEP_IDENTITY);
    CHECK(!keep_has_identity(keep), "a key without its certificate counts as an identity");
    CHECK_INT(keep_save_provisioning_key(keep, "mpk_c_d", &problem), MUSTER_DEVICE_OK);
    CHECK_INT(keep_forget(keep, &problem), MUSTER_DEVICE_OK);
    CHECK(!is_there(dir, KEEP_REQUEST) && !is_there(dir, KEEP_IDENTITY) && !is_there(dir, KEEP_KEY), "secrets stay");
    CHECK(is_there(dir, KEEP_UUID), "the uuid is gone");
    keep_close(keep);
    remove_folder(dir);
}

static long serial = 1; /* of the next certificate */

/* A certificate for the key pair in request.pem, or for another one; its issuer, and itself, is called `name`. */
static void certify(struct keep *keep, bool other, const char *name, char *out, size_t size)
{
    FILE *file = fopen(keep_path(keep, KEEP_REQUEST), "r");
    EVP_PKEY *own = file != NULL ? PEM_read_PrivateKey(file, NULL, NULL, NULL) : NULL;
    EVP_PKEY *key = other ? EVP_EC_gen("P-256") : own;
    X509 *certificate = X509_new();
    BIO *text = BIO_new(BIO_s_mem());
    if (own == NULL || key == NULL || certificate == NULL || text == NULL)
        abort();
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial);
    X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8, (const unsigned char *)name, -1,
                               -1, 0);
    X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
    X509_set_pubkey(certificate, key);
    X509_sign(certificate, key, EVP_sha256());
    PEM_write_bio_X509(text, certificate);
    int length = BIO_read(text, out, (int)size - 1);
    out[length > 0 ? length : 0] = '\0';
    BIO_free(text);
    X509_free(certificate);
    if (other)
        EVP_PKEY_free(key);
    EVP_PKEY_free(own);
    fclose(file);
}

static void read_both(struct keep *keep, char *out, size_t size)
{
    static const char *const names[] = {KEEP_IDENTITY, KEEP_AUTHORITIES};
    size_t length = 0;
    for (size_t i = 0; i < 2; i++) {
        FILE *file = fopen(keep_path(keep, names[i]), "r");
        if (file == NULL)
            abort();
        length += fread(out + length, 1, size - 1 - length, file);
        fclose(file);
    }
    out[length] = '\0';
}

/* What a service may answer by mistake to a renewal; `%` stands for the certificate as it should be. */
static const struct {
    const char *what;
    bool other_key;
    const char *bundle;
} bad_answers[] = {
    {"a certificate for another key", true, "%"},
    {"no bundle", false, ""},
    {"a bundle without a certificate", false, "CA\n"},
    {"a bundle that is cut off", false, "%-----BEGIN CERTIFICATE-----\nMIHnMIGOAgEA\n"},
    {"a bundle whose second certificate is torn", false,
     "%-----BEGIN CERTIFICATE-----\nMIHnMIGOAgEA\n-----END CERTIFICATE-----\n"},
    {"a bundle whose second certificate is well-wrapped rubbish", false,
     "%-----BEGIN CERTIFICATE-----\nMAQCAgAA\n-----END CERTIFICATE-----\n"},
    {"a bundle whose first certificate has no base64", false,
     "-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n%"},
    {"a bundle that begins within a line", false, "x%"},
    {"a bundle in which lines have run together", false, "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----%"},
    {"a bundle of another authority", false, NULL},
};

/* The identity works, and an answer to its renewal does not. */
static void check_bad_answers(struct keep *keep, struct kept *kept)
{
    static char before[16384], after[16384], bundle[8192];
    char pem[4096], another[4096];
    struct problem problem = {0};
    read_both(keep, before, sizeof before);
    for (size_t i = 0; i < sizeof bad_answers / sizeof *bad_answers; i++) {
        const char *pattern = bad_answers[i].bundle;
        CHECK_INT(keep_new_key(keep, kept, &problem), MUSTER_DEVICE_OK);
        certify(keep, bad_answers[i].other_key, "ca", pem, sizeof pem);
        certify(keep, true, "another", another, sizeof another);
        const char *place = pattern != NULL ? strchr(pattern, '%') : NULL;
        if (place != NULL)
            snprintf(bundle, sizeof bundle, "%.*s%s%s", (int)(place - pattern), pattern, pem, place + 1);
        else
            snprintf(bundle, sizeof bundle, "%s", pattern != NULL ? pattern : another);
        CHECK(keep_certificate(keep, pem, bundle, &problem) == MUSTER_DEVICE_FAILED, "%s is taken",
              bad_answers[i].what);
        read_both(keep, after, sizeof after);
        CHECK(strcmp(before, after) == 0 && keep_has_identity(keep), "%s: old identity still there",
              bad_answers[i].what);
        CHECK(access(keep_path(keep, KEEP_REQUEST), F_OK) != 0, "%s: its request is still there", bad_answers[i].what);
    }
    CHECK_INT(keep_new_key(keep, kept, &problem), MUSTER_DEVICE_OK);
    certify(keep, false, "ca", pem, sizeof pem);
    snprintf(bundle, sizeof bundle, "%s\n%s", another, pem);
    CHECK(keep_certificate(keep, pem, bundle, &problem) == MUSTER_DEVICE_OK, "a bundle of two: %s", problem.what);
    CHECK_INT(keep_erase_request(keep, &problem), MUSTER_DEVICE_OK);
}

static void check_identity(void)
{
    char dir[64], pem[4096];
    struct keep *keep = NULL;
    struct kept kept;
    struct problem problem;
    struct stat st;
    make_folder(dir);
    CHECK_INT(keep_open(dir, false, &keep, &problem), MUSTER_DEVICE_OK);
    CHECK_INT(keep_load(keep, "d1", &kept, &problem), MUSTER_DEVICE_OK);
    CHECK_INT(keep_save_provisioning_key(keep, "mpk_c_d", &problem), MUSTER_DEVICE_OK);
    CHECK_INT(keep_new_key(keep, &kept, &problem), MUSTER_DEVICE_OK);
    certify(keep, true, "ca", pem, sizeof pem);
    CHECK_INT(keep_certificate(keep, pem, pem, &problem), MUSTER_DEVICE_FAILED);
    CHECK_INT(keep_new_key(keep, &kept, &problem), MUSTER_DEVICE_OK);
    certify(keep, false, "ca", pem, sizeof pem);
    CHECK(keep_certificate(keep, pem, pem, &problem) == MUSTER_DEVICE_OK, "%s\n%s", problem.what, pem);
    CHECK(stat(keep_path(keep, KEEP_IDENTITY), &st) == 0 && (st.st_mode & 0777) == 0600, "mode %o", st.st_mode);

    /* killed before state.json was replaced: the files alone are no identity, and the key stays for the next try */
    CHECK_INT(keep_load(keep, NULL, &kept, &problem), MUSTER_DEVICE_OK);
    CHECK(!kept_is_provisioned(&kept) && is_there(dir, KEEP_KEY), "provisioned without a commit");
    /* killed right after it */
    strcpy(kept.certificate_id, "01");
    CHECK_INT(keep_save(keep, &kept, &problem), MUSTER_DEVICE_OK);
    CHECK_INT(keep_load(keep, NULL, &kept, &problem), MUSTER_DEVICE_OK);
    CHECK(kept_is_provisioned(&kept) && !is_there(dir, KEEP_KEY), "the provisioning key outlives its duty");
    CHECK_TEXT(kept.provisioning_key, "");
    check_bad_answers(keep, &kept);
    /* a file is torn, or lost */
    put(dir, KEEP_AUTHORITIES, "-----BEGIN CERTIFICATE-----\nMIHnMIGOAgEA\n-----END CERTIFICATE-----\n");
    CHECK(!keep_has_identity(keep), "a torn CA bundle");
    pem[200] = '!';
    put(dir, KEEP_AUTHORITIES, pem);
    CHECK(!keep_has_identity(keep), "a CA bundle that is no base64");
    (void)unlink(keep_path(keep, KEEP_AUTHORITIES));
    CHECK_INT(keep_load(keep, NULL, &kept, &problem), MUSTER_DEVICE_OK);
    CHECK(!kept_is_provisioned(&kept), "provisioned without anyone to trust");
    keep_close(keep);
    remove_folder(dir);
}

/* --- a renewed certificate beside the one in use -------------------------------------------------------------------
 */

struct folder {
    char dir[64];
    struct keep *keep;
    struct kept kept;
    struct problem problem;
    char first[4096], second[4096], bundle[8192]; /* certificates in PEM, and a bundle of both */
};

/* A device with the certificate 80, and the answer to a renewal with the certificate 9f. */
static void folder_begin(struct folder *folder)
{
    make_folder(folder->dir);
    CHECK_INT(keep_open(folder->dir, false, &folder->keep, &folder->problem), MUSTER_DEVICE_OK);
    CHECK_INT(keep_load(folder->keep, "d1", &folder->kept, &folder->problem), MUSTER_DEVICE_OK);
    CHECK_INT(keep_new_key(folder->keep, &folder->kept, &folder->problem), MUSTER_DEVICE_OK);
    serial = 0x80; /* DER puts an octet of zeros before it */
    certify(folder->keep, false, "ca", folder->first, sizeof folder->first);
    CHECK_INT(keep_certificate(folder->keep, folder->first, folder->first, &folder->problem), MUSTER_DEVICE_OK);
    strcpy(folder->kept.certificate_id, "80");
    strcpy(folder->kept.renew_id, "r1");
    CHECK_INT(keep_new_key(folder->keep, &folder->kept, &folder->problem), MUSTER_DEVICE_OK);
    CHECK_INT(keep_save(folder->keep, &folder->kept, &folder->problem), MUSTER_DEVICE_OK);
    serial = 0x9f;
    certify(folder->keep, false, "ca", folder->second, sizeof folder->second);
    snprintf(folder->bundle, sizeof folder->bundle, "%s%s", folder->first, folder->second);
}

static void folder_end(struct folder *folder)
{
    keep_close(folder->keep);
    remove_folder(folder->dir);
}

static void load_again(struct folder *folder)
{
    CHECK_INT(keep_load(folder->keep, NULL, &folder->kept, &folder->problem), MUSTER_DEVICE_OK);
}

/* The state names the next certificate, and no request any more. */
static void name_next(struct folder *folder)
{
    strcpy(folder->kept.next_certificate_id, "9f");
    strcpy(folder->kept.next_not_after, "2027-01-01T00:00:00.000Z");
    folder->kept.renew_id[0] = folder->kept.csr[0] = '\0';
    CHECK_INT(keep_save(folder->keep, &folder->kept, &folder->problem), MUSTER_DEVICE_OK);
}

/* What a kill leaves after so many things were done, and what a start makes of it. */
enum done {
    WROTE_NEXT,
    TORE_NEXT,
    NAMED_NEXT,
    ERASED_REQUEST,
    LOST_NEXT,
    DAMAGED_NEXT,
    ANOTHER_NEXT,
    RENAMED,
    SAVED_PROMOTION,
    SAVED_ROLLBACK,
    ERASED_NEXT
};

static const struct {
    const char *what;
    enum done done[8];
    int count;
    const char *certificate_id, *next_id;
    bool waits, pending; /* has_next; the request is repeated */
} crashes[] = {
    {"asked", {0}, 0, "80", "", false, true},
    {"next.pem is written", {WROTE_NEXT}, 1, "80", "", false, true},
    {"next.pem is half written", {TORE_NEXT}, 1, "80", "", false, true},
    {"and the state", {WROTE_NEXT, NAMED_NEXT}, 2, "80", "9f", true, false},
    {"and the request erased", {WROTE_NEXT, NAMED_NEXT, ERASED_REQUEST}, 3, "80", "9f", true, false},
    {"lost then", {WROTE_NEXT, NAMED_NEXT, ERASED_REQUEST, LOST_NEXT}, 4, "80", "", false, false},
    {"damaged then", {WROTE_NEXT, NAMED_NEXT, ERASED_REQUEST, DAMAGED_NEXT}, 4, "80", "", false, false},
    {"another's", {WROTE_NEXT, NAMED_NEXT, ERASED_REQUEST, ANOTHER_NEXT}, 4, "80", "", false, false},
    {"promoted, not saved", {WROTE_NEXT, NAMED_NEXT, ERASED_REQUEST, RENAMED}, 4, "9f", "", false, false},
    {"promoted, with the request", {WROTE_NEXT, NAMED_NEXT, RENAMED}, 3, "9f", "", false, false},
    {"promoted", {WROTE_NEXT, NAMED_NEXT, ERASED_REQUEST, RENAMED, SAVED_PROMOTION}, 5, "9f", "", false, false},
    {"rolled back, not erased", {WROTE_NEXT, NAMED_NEXT, ERASED_REQUEST, SAVED_ROLLBACK}, 4, "80", "", false, false},
    {"rolled back", {WROTE_NEXT, NAMED_NEXT, ERASED_REQUEST, SAVED_ROLLBACK, ERASED_NEXT}, 5, "80", "", false, false},
};

static void do_one(struct folder *folder, enum done done)
{
    static const char torn[] = "-----BEGIN CERTIFICATE-----\nMIHn";
    switch (done) {
    case WROTE_NEXT:
        CHECK(keep_next(folder->keep, folder->second, folder->bundle, &folder->problem) == MUSTER_DEVICE_OK, "%s",
              folder->problem.what);
        break;
    case TORE_NEXT:
        put(folder->dir, "next.pem.new", torn);
        break;
    case NAMED_NEXT:
        name_next(folder);
        break;
    case ERASED_REQUEST:
        CHECK_INT(keep_erase_request(folder->keep, &folder->problem), MUSTER_DEVICE_OK);
        break;
    case LOST_NEXT:
    case ERASED_NEXT:
        CHECK_INT(keep_erase_next(folder->keep, &folder->problem), MUSTER_DEVICE_OK);
        break;
    case DAMAGED_NEXT:
        put(folder->dir, KEEP_NEXT, torn);
        break;
    case ANOTHER_NEXT:
        copy_file(folder->keep, KEEP_IDENTITY, KEEP_NEXT);
        break;
    case RENAMED:
        CHECK_INT(keep_promote(folder->keep, &folder->problem), MUSTER_DEVICE_OK);
        break;
    case SAVED_PROMOTION:
        kept_promote(&folder->kept);
        CHECK_INT(keep_save(folder->keep, &folder->kept, &folder->problem), MUSTER_DEVICE_OK);
        break;
    case SAVED_ROLLBACK:
        kept_forget_next(&folder->kept);
        CHECK_INT(keep_save(folder->keep, &folder->kept, &folder->problem), MUSTER_DEVICE_OK);
        break;
    }
}

static void check_crashes(void)
{
    for (size_t i = 0; i < sizeof crashes / sizeof *crashes; i++) {
        const char *what = crashes[i].what;
        struct folder folder;
        folder_begin(&folder);
        for (int n = 0; n < crashes[i].count; n++)
            do_one(&folder, crashes[i].done[n]);
        for (int start = 0; start < 2; start++) { /* a start that is killed, too, and the next one */
            const struct kept *kept = &folder.kept;
            load_again(&folder);
            CHECK(strcmp(kept->certificate_id, crashes[i].certificate_id) == 0, "%s: %s", what, kept->certificate_id);
            CHECK(strcmp(kept->next_certificate_id, crashes[i].next_id) == 0, "%s: next %s", what,
                  kept->next_certificate_id);
            CHECK(kept_is_provisioned(kept) && kept_has_next(kept) == crashes[i].waits, "%s: identities", what);
            CHECK((kept->csr[0] != '\0' && strcmp(kept->renew_id, "r1") == 0) == crashes[i].pending, "%s: request",
                  what);
            CHECK(is_there(folder.dir, KEEP_NEXT) == crashes[i].waits, "%s: next.pem", what);
            CHECK(is_there(folder.dir, KEEP_REQUEST) == crashes[i].pending, "%s: request.pem", what);
        }
        folder_end(&folder);
    }
}

/* Who only looks changes nothing, and sees the same. */
static void check_look(void)
{
    struct folder folder;
    struct keep *look = NULL;
    struct kept kept;
    folder_begin(&folder);
    do_one(&folder, WROTE_NEXT);
    do_one(&folder, NAMED_NEXT);
    CHECK_INT(keep_open(folder.dir, true, &look, &folder.problem), MUSTER_DEVICE_OK);
    CHECK_INT(keep_load(look, NULL, &kept, &folder.problem), MUSTER_DEVICE_OK);
    CHECK(kept_has_next(&kept) && is_there(folder.dir, KEEP_REQUEST), "a look erased the request");
    do_one(&folder, SAVED_ROLLBACK);
    CHECK_INT(keep_load(look, NULL, &kept, &folder.problem), MUSTER_DEVICE_OK);
    CHECK(!kept_has_next(&kept) && is_there(folder.dir, KEEP_NEXT), "a look erased next.pem");
    keep_close(look);
    folder_end(&folder);
}

/* The old private key does not outlive its certificate. */
static void check_old_key(void)
{
    struct folder folder;
    char old[512], text[8192];
    folder_begin(&folder);
    snprintf(old, sizeof old, "%s/old", folder.dir);
    do_one(&folder, WROTE_NEXT);
    do_one(&folder, NAMED_NEXT);
    CHECK_INT(link(keep_path(folder.keep, KEEP_IDENTITY), old), 0);
    do_one(&folder, RENAMED);
    FILE *file = fopen(old, "r");
    size_t length = file != NULL ? fread(text, 1, sizeof text, file) : 0;
    size_t zeros = 0;
    while (zeros < length && text[zeros] == '\0')
        zeros++;
    CHECK(length > 500 && zeros == length, "%zu of %zu octets are erased", zeros, length);
    CHECK_INT(keep_promote(folder.keep, &folder.problem), MUSTER_DEVICE_CONFIGURATION); /* nothing is there any more */
    CHECK(keep_has_identity(folder.keep), "and the identity with it");
    if (file != NULL)
        fclose(file);
    folder_end(&folder);
}

/* What a service may answer by mistake to a renewal leaves everything as it was. */
static void check_bad_next(void)
{
    static char before[16384], after[16384];
    struct folder folder;
    char pem[4096];
    folder_begin(&folder);
    read_both(folder.keep, before, sizeof before);
    certify(folder.keep, true, "ca", pem, sizeof pem);
    CHECK_INT(keep_next(folder.keep, pem, folder.bundle, &folder.problem), MUSTER_DEVICE_FAILED);
    CHECK_INT(keep_next(folder.keep, folder.second, "", &folder.problem), MUSTER_DEVICE_FAILED);
    certify(folder.keep, true, "another", pem, sizeof pem);
    CHECK_INT(keep_next(folder.keep, folder.second, pem, &folder.problem), MUSTER_DEVICE_FAILED);
    read_both(folder.keep, after, sizeof after);
    CHECK_TEXT(after, before);
    CHECK(!is_there(folder.dir, KEEP_NEXT) && is_there(folder.dir, KEEP_REQUEST), "files");
    /* the bundle knows the new one only: the new one is kept, and the bundle of the one in use stays */
    certify(folder.keep, false, "ca 2", pem, sizeof pem);
    CHECK_INT(keep_next(folder.keep, pem, pem, &folder.problem), MUSTER_DEVICE_OK);
    read_both(folder.keep, after, sizeof after);
    CHECK_TEXT(after, before);
    folder_end(&folder);
}

static void check_authorities(void)
{
    struct folder folder;
    char another[4096], fingerprint[KEPT_FINGERPRINT + 1];
    folder_begin(&folder);
    certify(folder.keep, true, "another", another, sizeof another);
    load_again(&folder);
    strcpy(fingerprint, folder.kept.ca_fingerprint);
    CHECK_INT(strlen(fingerprint), 64);
    CHECK_INT(keep_authorities(folder.keep, another, &folder.kept, &folder.problem), MUSTER_DEVICE_FAILED);
    CHECK_INT(keep_authorities(folder.keep, "", &folder.kept, &folder.problem), MUSTER_DEVICE_FAILED);
    CHECK_TEXT(folder.kept.ca_fingerprint, fingerprint);
    snprintf(folder.bundle, sizeof folder.bundle, "%s%s", another, folder.first);
    CHECK_INT(keep_authorities(folder.keep, folder.bundle, &folder.kept, &folder.problem), MUSTER_DEVICE_OK);
    CHECK(strcmp(folder.kept.ca_fingerprint, fingerprint) != 0, "the fingerprint stays");
    strcpy(fingerprint, folder.kept.ca_fingerprint);
    load_again(&folder);
    CHECK_TEXT(folder.kept.ca_fingerprint, fingerprint);
    CHECK(kept_is_provisioned(&folder.kept), "the identity is gone");
    /* FIPS 180-4's own example */
    put(folder.dir, KEEP_AUTHORITIES, "abc");
    keep_read_authorities(folder.keep, &folder.kept);
    CHECK_TEXT(folder.kept.ca_fingerprint, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    (void)unlink(keep_path(folder.keep, KEEP_AUTHORITIES));
    keep_read_authorities(folder.keep, &folder.kept);
    CHECK_TEXT(folder.kept.ca_fingerprint, "");
    folder_end(&folder);
}

int main(void)
{
    check_folders();
    check_state();
    check_lock();
    check_request();
    check_identity();
    check_crashes();
    check_look();
    check_old_key();
    check_bad_next();
    check_authorities();
    return check_done();
}
