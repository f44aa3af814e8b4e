/* A new issuing CA: here, by a root that is elsewhere, and the end of the old one. Each step is killed before each of
 * its writes; what is left must issue, and the same call again must complete it. */
#define file_write real_file_write
#define file_erase real_file_erase
#include "certs/file.c"
#undef file_write
#undef file_erase
int file_write(const char *path, const void *data, size_t length, mode_t mode);
int file_erase(const char *path);

#include "certs/ca_rotate.h"
#include "certs/crl.h"
#include "certs/csr.h"
#include "tests/unit/chain.h"

#include <dirent.h>
#include <stdlib.h>
#include <sys/wait.h>

#define DAY ((int64_t)86400)
#define NOW ((int64_t)1800000000) /* 2027-01-15 08:00:00 */

static int writes_left = -1; /* before the process dies; -1: it lives */

static void count_write(void)
{
    if (writes_left == 0)
        _exit(77);
    if (writes_left > 0)
        writes_left--;
}

int file_write(const char *path, const void *data, size_t length, mode_t mode)
{
    count_write();
    return real_file_write(path, data, length, mode);
}

int file_erase(const char *path)
{
    count_write();
    return real_file_erase(path);
}

static char folder[] = "/tmp/test_ca_rotate.XXXXXX";
static char ca_pem[64], ca_key[64], root_pem[64], root_key[64], away[64];
static char error[512];

static struct ca_options options(bool rooted)
{
    return (struct ca_options){.certificate_file = ca_pem,
                               .key_file = ca_key,
                               .root_certificate_file = rooted ? root_pem : NULL,
                               .root_key_file = rooted ? root_key : NULL,
                               .organization = "Example"};
}

/* The names in the folder, sorted, each with a blank behind it. */
static const char *listing(void)
{
    static char text[2048];
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, NULL, alphasort);
    text[0] = '\0';
    for (int i = 0; i < count; i++) {
        if (entries[i]->d_name[0] != '.')
            strcat(strcat(text, entries[i]->d_name), " ");
        free(entries[i]);
    }
    free(entries);
    return text;
}

static void clear(void)
{
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, NULL, NULL);
    for (int i = 0; i < count; i++) {
        char path[512];
        snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        unlink(path);
        free(entries[i]);
    }
    free(entries);
}

static const char *get(const char *path)
{
    static char text[CA_BUNDLE_MAX];
    size_t length;
    return file_read(path, text, sizeof text, &length) == 0 ? text : "(unreadable)";
}

static struct ca *opened(const struct ca_options *o)
{
    struct ca *ca = ca_new(o, error, sizeof error);
    CHECK(ca != NULL, "%s", error);
    return ca;
}

static void create(const struct ca_options *o, enum key_type type)
{
    clear();
    CHECK(ca_create(o, type, NOW, error, sizeof error) == 0, "%s", error);
}

static struct certificate leaf_of(struct ca *ca, int64_t now)
{
    static struct public_key key;
    struct certificate leaf = {.id = ""};
    struct why why = {0};
    if (key.length == 0) {
        struct key *pair = key_new(KEY_EC_P256);
        CHECK(key_public(pair, &key), "key");
        key_free(pair);
    }
    struct certificate_request request = {.key = &key, .device_id = "D", .uuid = "u", .tenant = "default"};
    memset(request.serial, 0x41, sizeof request.serial);
    CHECK(ca != NULL && profile_validity(now, 365, ca_validity(ca), &request.validity), "validity");
    CHECK(ca != NULL && ca_issue_device(ca, &request, &leaf, &why) == ST_OK, "%s", why.detail);
    return leaf;
}

/* Whether the authority opens, issues, and what it issued before still counts; how many certificates it has. */
static size_t check_alive(const struct ca_options *o, const struct certificate *before, int64_t now)
{
    struct ca *ca = opened(o);
    if (ca == NULL)
        return 0;
    struct certificate after = leaf_of(ca, now);
    CHECK_INT(chain_verify(before->pem, ca_bundle(ca), X509_PURPOSE_SSL_CLIENT, now), X509_V_OK);
    CHECK_INT(chain_verify(after.pem, ca_bundle(ca), X509_PURPOSE_SSL_CLIENT, now), X509_V_OK);
    CHECK_TEXT(after.issuer, ca_issuer_id(ca));
    size_t count = ca_issuers(ca, NULL, 0);
    ca_free(ca);
    return count;
}

/* Runs `step` in a child that dies before its n-th write; whether it died. */
static bool killed(int (*step)(const struct ca_options *), const struct ca_options *o, int n)
{
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        writes_left = n;
        _exit(step(o) == 0 ? 0 : 1);
    }
    CHECK(child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status), "child");
    CHECK(WEXITSTATUS(status) == 77 || WEXITSTATUS(status) == 0, "the child failed");
    return WEXITSTATUS(status) == 77;
}

static int rotate(const struct ca_options *o)
{
    return ca_rotate(o, NOW + DAY, error, sizeof error);
}

static void check_rotated(const struct ca_options *o, bool rooted, const char *old_id)
{
    struct ca *ca = opened(o);
    struct ca_issuer issuers[4];
    size_t count = ca_issuers(ca, issuers, 4);
    CHECK_INT(count, rooted ? 3 : 2);
    CHECK(issuers[0].current && issuers[0].has_key && strcmp(issuers[0].id, old_id) != 0, "the new one");
    CHECK(!issuers[1].current && issuers[1].has_key && strcmp(issuers[1].id, old_id) == 0, "the old one");
    CHECK(issuers[0].root == !rooted && issuers[1].root == !rooted && (!rooted || issuers[2].root), "roots");
    char expected[256];
    snprintf(expected, sizeof expected, "ca.key ca.key.%s ca.pem %s", issuers[0].id,
             rooted ? "root.key root.pem " : "");
    CHECK_TEXT(listing(), expected);
    /* Lists of both: devices of both are about. */
    for (int i = 0; i < 2; i++) {
        size_t length = 0;
        struct crl_info info = {.count = 9};
        struct crl *crl = crl_new(ca, issuers[i].id, 7, NOW, NOW + DAY);
        char *pem = crl != NULL ? crl_sign(crl, &length) : NULL;
        CHECK(pem != NULL && crl_read(pem, length, &info, 1) == 1 && strcmp(info.issuer, issuers[i].id) == 0, "list");
        free(pem);
        crl_free(crl);
    }
    ca_free(ca);
}

static void rotating(void)
{
    static const enum key_type types[] = {KEY_EC_P256, KEY_EC_P384, KEY_RSA_2048};
    for (int rooted = 0; rooted < 2; rooted++)
        for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
            struct ca_options o = options(rooted == 1);
            create(&o, types[i]);
            struct ca *ca = opened(&o);
            char old_id[CA_ISSUER_ID + 1];
            snprintf(old_id, sizeof old_id, "%s", ca_issuer_id(ca));
            struct certificate before = leaf_of(ca, NOW);
            ca_free(ca);
            CHECK(rotate(&o) == 0, "%s", error);
            check_alive(&o, &before, NOW + DAY);
            check_rotated(&o, rooted == 1, old_id);
        }
}

static void rotating_killed(void)
{
    for (int rooted = 0; rooted < 2; rooted++) {
        bool again = true;
        for (int n = 0; again; n++) {
            struct ca_options o = options(rooted == 1);
            create(&o, KEY_EC_P256);
            struct ca *ca = opened(&o);
            char old_id[CA_ISSUER_ID + 1];
            snprintf(old_id, sizeof old_id, "%s", ca_issuer_id(ca));
            struct certificate before = leaf_of(ca, NOW);
            ca_free(ca);
            again = killed(rotate, &o, n);
            CHECK(again || n == 4, "%d writes", n);
            check_alive(&o, &before, NOW + DAY);
            if (again)
                CHECK(rotate(&o) == 0, "%d: %s", n, error);
            check_alive(&o, &before, NOW + DAY);
            check_rotated(&o, rooted == 1, old_id);
        }
    }
}

/* Before the list is full there is a sentence, and nothing is changed. */
static void too_many(void)
{
    struct ca_options o = options(true);
    create(&o, KEY_EC_P256);
    int made = 0;
    while (made < CA_ISSUERS_MAX && ca_rotate(&o, NOW, error, sizeof error) == 0)
        made++;
    CHECK_INT(made, CA_ISSUERS_MAX - 2);
    CHECK(strstr(error, "drop") != NULL, "%s", error);
    struct ca *ca = opened(&o);
    CHECK_INT(ca_issuers(ca, NULL, 0), CA_ISSUERS_MAX);
    ca_free(ca);
}

/* The root's key goes to another place, as an operator would take it there. */
static void take_root_away(bool gone)
{
    CHECK_INT(rename(gone ? root_key : away, gone ? away : root_key), 0);
}

static char csr[CSR_PEM_MAX], certificate[CERTIFICATE_PEM_MAX];

static int prepare(const struct ca_options *o)
{
    return ca_prepare(o, csr, sizeof csr, error, sizeof error);
}

static int install(const struct ca_options *o)
{
    return ca_install(o, certificate, strlen(certificate), NOW + DAY, error, sizeof error);
}

/* As on the machine with the root: it has nothing but the root's files. */
static int sign_elsewhere(void)
{
    struct ca_options o = {.root_certificate_file = root_pem, .root_key_file = away, .organization = "Example"};
    return ca_sign_issuer(&o, csr, strlen(csr), NOW + DAY, certificate, sizeof certificate, error, sizeof error);
}

static void root_elsewhere(void)
{
    bool again = true;
    for (int n = 0; again; n++) {
        struct ca_options o = options(true);
        create(&o, KEY_EC_P256);
        struct ca *ca = opened(&o);
        struct certificate before = leaf_of(ca, NOW);
        char old_id[CA_ISSUER_ID + 1], first[CSR_PEM_MAX];
        snprintf(old_id, sizeof old_id, "%s", ca_issuer_id(ca));
        ca_free(ca);
        take_root_away(true);
        CHECK(rotate(&o) == CA_ROOT_AWAY && strstr(error, "is not here") != NULL, "%s", error);
        if (n == 0)
            CHECK(killed(prepare, &o, 0), "prepare writes a key");
        CHECK(prepare(&o) == 0, "%s", error);
        snprintf(first, sizeof first, "%s", csr);
        struct public_key a, b;
        struct why why;
        CHECK(prepare(&o) == 0 && csr_read(first, strlen(first), &a, &why) == ST_OK &&
                  csr_read(csr, strlen(csr), &b, &why) == ST_OK && memcmp(a.fingerprint, b.fingerprint, 32) == 0,
              "the prepared key is taken up");
        CHECK(sign_elsewhere() == 0, "%s", error);
        again = killed(install, &o, n);
        CHECK(again || n == 3, "%d writes", n);
        check_alive(&o, &before, NOW + DAY);
        CHECK(install(&o) == (again ? CA_DONE : CA_WAS_SO), "%d: %s", n, error);
        check_alive(&o, &before, NOW + DAY);
        take_root_away(false);
        check_rotated(&o, true, old_id);
        take_root_away(true);
        CHECK(prepare(&o) == 0, "the next time: %s", error);
        CHECK(strcmp(csr, first) != 0, "another key");
    }
}

static void what_is_not_installed(void)
{
    struct ca_options o = options(true);
    struct key *key = key_new(KEY_EC_P256);
    create(&o, KEY_EC_P256);
    take_root_away(true);
    snprintf(certificate, sizeof certificate, "%s", get(ca_pem));
    CHECK_INT(install(&o), CA_WAS_SO); /* the current one */
    CHECK(csr_write(key, "x", csr, sizeof csr) && sign_elsewhere() == 0, "%s", error);
    CHECK(install(&o) == CA_UNFIT && strstr(error, "prepare a request first") != NULL, "%s", error);
    char other[CERTIFICATE_PEM_MAX];
    snprintf(other, sizeof other, "%s", certificate);
    CHECK(prepare(&o) == 0 && sign_elsewhere() == 0, "%s", error);
    CHECK(ca_install(&o, other, strlen(other), NOW, error, sizeof error) == CA_UNFIT &&
              strstr(error, "prepared key") != NULL,
          "another key's: %s", error);
    CHECK(ca_install(&o, "x", 1, NOW, error, sizeof error) == CA_UNFIT, "text");
    int64_t late = NOW + PROFILE_ISSUER_DAYS * DAY + 2 * DAY;
    CHECK(ca_install(&o, certificate, strlen(certificate), late, error, sizeof error) == CA_UNFIT &&
              strstr(error, "not valid") != NULL,
          "%s", error);
    CHECK(ca_install(&o, certificate, strlen(certificate), NOW - DAY, error, sizeof error) == CA_UNFIT, "too early");
    /* Of another authority's root. */
    char foreign[CERTIFICATE_PEM_MAX], own_csr[CSR_PEM_MAX], text[4][CA_BUNDLE_MAX];
    snprintf(own_csr, sizeof own_csr, "%s", csr);
    const char *const kept[] = {ca_pem, root_pem, away, ca_key};
    for (int i = 0; i < 4; i++)
        snprintf(text[i], sizeof text[i], "%s", get(kept[i]));
    char next_path[80], next[KEY_PEM_MAX];
    snprintf(next_path, sizeof next_path, "%s.next", ca_key);
    snprintf(next, sizeof next, "%s", get(next_path));
    create(&o, KEY_EC_P256);
    take_root_away(true);
    snprintf(csr, sizeof csr, "%s", own_csr);
    CHECK(sign_elsewhere() == 0, "%s", error);
    snprintf(foreign, sizeof foreign, "%s", certificate);
    for (int i = 0; i < 4; i++)
        CHECK_INT(file_write(kept[i], text[i], strlen(text[i]), i < 2 ? 0644 : 0600), 0);
    CHECK_INT(file_write(next_path, next, strlen(next), 0600), 0);
    CHECK(ca_install(&o, foreign, strlen(foreign), NOW, error, sizeof error) == CA_UNFIT &&
              strstr(error, "root") != NULL,
          "another root's: %s", error);
    CHECK_TEXT(get(ca_pem), text[0]);
    /* A leaf, of the prepared key. */
    struct ca *ca = opened(&o);
    struct public_key public;
    struct certificate leaf;
    struct why why;
    unsigned char serial[PROFILE_SERIAL] = {0x41};
    CHECK_INT(csr_read(own_csr, strlen(own_csr), &public, &why), ST_OK);
    CHECK_INT(ca_issue_service(ca, &public, serial, (struct validity){NOW, NOW + DAY}, &leaf, &why), ST_OK);
    CHECK(ca_install(&o, leaf.pem, strlen(leaf.pem), NOW, error, sizeof error) == CA_UNFIT &&
              strstr(error, "not an issuing CA's") != NULL,
          "a leaf: %s", error);
    ca_free(ca);
    key_free(key);
}

static void what_is_not_signed(void)
{
    struct ca_options o = options(true);
    create(&o, KEY_EC_P256);
    take_root_away(true);
    snprintf(csr, sizeof csr, "no request");
    CHECK(sign_elsewhere() == CA_UNFIT && strstr(error, "request") != NULL, "%s", error);
    struct key *key = key_new(KEY_ED25519);
    CHECK(csr_write(key, "x", csr, sizeof csr) && sign_elsewhere() == CA_UNFIT && strstr(error, "is not EC") != NULL,
          "%s", error);
    key_free(key);
    struct ca_options none = {.root_certificate_file = NULL};
    CHECK(ca_sign_issuer(&none, csr, strlen(csr), NOW, certificate, sizeof certificate, error, sizeof error) == -1,
          "no root");
    key = key_new(KEY_EC_P384);
    CHECK(csr_write(key, "x", csr, sizeof csr) && sign_elsewhere() == 0, "%s", error);
    CHECK_INT(chain_verify(certificate, get(root_pem), X509_PURPOSE_CRL_SIGN, NOW + DAY), X509_V_OK);
    char small[100];
    o.root_key_file = away;
    CHECK(ca_sign_issuer(&o, csr, strlen(csr), NOW, small, sizeof small, error, sizeof error) == -1, "it does not fit");
    key_free(key);
}

static char dropped_id[CA_ISSUER_ID + 1];

static int drop(const struct ca_options *o)
{
    return ca_drop(o, dropped_id, error, sizeof error);
}

/* The old issuer, whose key lies in the key file, is dropped; then the one after it, whose key has a name of its own.
 */
static void dropping(void)
{
    for (int rooted = 0; rooted < 2; rooted++) {
        bool again = true;
        for (int n = 0; again; n++) {
            struct ca_options o = options(rooted == 1);
            struct ca_issuer issuers[4];
            char expected[256];
            create(&o, KEY_EC_P256);
            CHECK(rotate(&o) == 0, "%s", error);
            struct ca *ca = opened(&o);
            ca_issuers(ca, issuers, 4);
            struct certificate before = leaf_of(ca, NOW + DAY);
            ca_free(ca);
            memcpy(dropped_id, issuers[1].id, sizeof dropped_id);
            CHECK_INT(ca_look_drop(&o, dropped_id, error, sizeof error), CA_DONE);
            again = killed(drop, &o, n);
            CHECK_INT(ca_look_drop(&o, dropped_id, error, sizeof error), again ? CA_DONE : CA_WAS_SO);
            CHECK(again || n == 4, "%d writes", n);
            check_alive(&o, &before, NOW + DAY);
            CHECK(drop(&o) == (again ? CA_DONE : CA_WAS_SO), "%s", error);
            CHECK_INT(check_alive(&o, &before, NOW + DAY), rooted + 1);
            snprintf(expected, sizeof expected, "ca.key.%s ca.pem %s", issuers[0].id,
                     rooted ? "root.key root.pem " : "");
            CHECK_TEXT(listing(), expected);
            CHECK(ca_rotate(&o, NOW + DAY, error, sizeof error) == 0, "%s", error);
            memcpy(dropped_id, issuers[0].id, sizeof dropped_id);
            CHECK(drop(&o) == 0, "%s", error);
            ca = opened(&o);
            snprintf(expected, sizeof expected, "ca.key.%s ca.pem %s", ca_issuer_id(ca),
                     rooted ? "root.key root.pem " : "");
            CHECK_TEXT(listing(), expected);
            ca_free(ca);
        }
    }
}

static void what_is_not_dropped(void)
{
    struct ca_options o = options(true);
    struct ca_issuer issuers[2];
    create(&o, KEY_EC_P256);
    char before[512];
    snprintf(before, sizeof before, "%s", listing());
    struct ca *ca = opened(&o);
    ca_issuers(ca, issuers, 2);
    ca_free(ca);
    CHECK(ca_drop(&o, issuers[0].id, error, sizeof error) == CA_UNFIT && strstr(error, "current") != NULL, "%s", error);
    CHECK(ca_drop(&o, issuers[1].id, error, sizeof error) == CA_UNFIT && strstr(error, "root") != NULL, "%s", error);
    CHECK(ca_drop(&o, "../../../tmp/x", error, sizeof error) == CA_UNFIT && strstr(error, "hex") != NULL, "%s", error);
    CHECK_INT(ca_drop(&o, "0123456789012345678901234567890123456789", error, sizeof error), CA_WAS_SO);
    CHECK_INT(ca_look_drop(&o, issuers[0].id, error, sizeof error), CA_UNFIT);
    CHECK_INT(ca_look_drop(&o, issuers[1].id, error, sizeof error), CA_UNFIT);
    CHECK_INT(ca_look_drop(&o, "text", error, sizeof error), CA_UNFIT);
    CHECK_TEXT(listing(), before);
}

/* Who issues by the files, also when the service has another one opened. */
static void who_is_in_front(void)
{
    struct ca_options o = options(true);
    char id[CA_ISSUER_ID + 1], next[CA_ISSUER_ID + 1];
    create(&o, KEY_EC_P256);
    struct ca *ca = opened(&o);
    CHECK_INT(ca_look_current(&o, id, error, sizeof error), CA_DONE);
    CHECK_TEXT(id, ca_issuer_id(ca));
    CHECK(rotate(&o) == 0, "%s", error);
    CHECK_INT(ca_look_current(&o, next, error, sizeof error), CA_DONE);
    CHECK(strcmp(next, ca_issuer_id(ca)) != 0, "it is another one");
    ca_free(ca);
}

/* An authority that was its own root goes below one; certificates of both count. */
static void under_a_root(void)
{
    struct ca_options alone = options(false), o = options(true);
    char root[2][CA_BUNDLE_MAX];
    create(&o, KEY_EC_P256); /* for its root */
    snprintf(root[0], sizeof root[0], "%s", get(root_pem));
    snprintf(root[1], sizeof root[1], "%s", get(root_key));
    create(&alone, KEY_EC_P256);
    CHECK(file_write(root_pem, root[0], strlen(root[0]), 0644) == 0, "root");
    CHECK(file_write(root_key, root[1], strlen(root[1]), 0600) == 0, "root");
    struct ca *ca = opened(&o);
    struct certificate before = leaf_of(ca, NOW);
    CHECK_TEXT(ca_chain(ca), "");
    ca_free(ca);
    CHECK(rotate(&o) == 0, "%s", error);
    CHECK_INT(check_alive(&o, &before, NOW + DAY), 3);
    struct ca_issuer issuers[3];
    ca = opened(&o);
    ca_issuers(ca, issuers, 3);
    CHECK(!issuers[0].root && issuers[1].root && issuers[1].has_key && issuers[2].root, "new, old, root");
    STACK_OF(X509) *chain = chain_parse(ca_chain(ca));
    CHECK_INT(sk_X509_num(chain), 1);
    sk_X509_pop_free(chain, X509_free);
    ca_free(ca);
    CHECK(ca_drop(&o, issuers[1].id, error, sizeof error) == 0, "the old one: %s", error);
    CHECK(ca_drop(&o, issuers[2].id, error, sizeof error) == CA_UNFIT, "the root");
}

/* The same key and the same names, by the new issuer. */
static void servers(void)
{
    static const char *const names[] = {"broker.example", "localhost", "192.0.2.1", "::1"};
    struct ca_options o = options(true);
    struct public_key public;
    struct certificate old, fresh, service;
    struct why why = {0};
    struct key *key = key_new(KEY_RSA_2048);
    unsigned char serial[PROFILE_SERIAL] = {0x41};
    create(&o, KEY_EC_P256);
    struct ca *ca = opened(&o);
    struct validity validity = {NOW, NOW + 100 * DAY}, later = {NOW + DAY, NOW + 200 * DAY};
    CHECK(key_public(key, &public), "key");
    CHECK_INT(ca_issue_server(ca, &public, names, 4, serial, validity, &old, &why), ST_OK);
    CHECK_INT(ca_issue_service(ca, &public, serial, validity, &service, &why), ST_OK);
    ca_free(ca);
    CHECK(rotate(&o) == 0, "%s", error);
    ca = opened(&o);
    char file[CERTIFICATE_PEM_MAX + CA_BUNDLE_MAX];
    snprintf(file, sizeof file, "%s%s", old.pem, ca_chain(ca)); /* as it lies on the disk: with its chain */
    serial[1] = 1;
    CHECK(ca_reissue_server(ca, file, strlen(file), serial, later, &fresh, &why) == ST_OK, "%s", why.detail);
    CHECK(certificate_is_for(fresh.pem, strlen(fresh.pem), key), "another key");
    CHECK_TEXT(fresh.issuer, ca_issuer_id(ca));
    snprintf(file, sizeof file, "%s%s", fresh.pem, ca_chain(ca));
    CHECK_INT(chain_verify(file, get(root_pem), X509_PURPOSE_SSL_SERVER, NOW + 150 * DAY), X509_V_OK);
    STACK_OF(X509) *a = chain_parse(old.pem), *b = chain_parse(fresh.pem);
    X509 *x = sk_X509_value(a, 0), *y = sk_X509_value(b, 0);
    int at = X509_get_ext_by_NID(x, NID_subject_alt_name, -1), bt = X509_get_ext_by_NID(y, NID_subject_alt_name, -1);
    CHECK(ASN1_OCTET_STRING_cmp(X509_EXTENSION_get_data(X509_get_ext(x, at)),
                                X509_EXTENSION_get_data(X509_get_ext(y, bt))) == 0,
          "other names");
    CHECK_INT(X509_NAME_cmp(X509_get_subject_name(x), X509_get_subject_name(y)), 0);
    sk_X509_pop_free(a, X509_free);
    sk_X509_pop_free(b, X509_free);
    CHECK(ca_reissue_service(ca, service.pem, strlen(service.pem), serial, later, &fresh, &why) == ST_OK, "%s",
          why.detail);
    CHECK_INT(chain_verify(fresh.pem, ca_bundle(ca), X509_PURPOSE_SSL_CLIENT, NOW + 150 * DAY), X509_V_OK);
    CHECK_INT(ca_reissue_server(ca, service.pem, strlen(service.pem), serial, later, &fresh, &why), ST_INTERNAL);
    CHECK_INT(ca_reissue_server(ca, "", 0, serial, later, &fresh, &why), ST_INTERNAL);
    CHECK_INT(ca_reissue_service(ca, "text", 4, serial, later, &fresh, &why), ST_INTERNAL);
    CHECK_INT(ca_reissue_server(ca, get(root_pem), strlen(get(root_pem)), serial, later, &fresh, &why), ST_INTERNAL);
    CHECK(fresh.pem[0] == '\0' && ERR_peek_error() == 0, "a trace");
    later.not_after = ca_validity(ca).not_after + 1;
    CHECK_INT(ca_reissue_server(ca, old.pem, strlen(old.pem), serial, later, &fresh, &why), ST_INTERNAL);
    ca_free(ca);
    key_free(key);
}

/* A key that cannot be read is told, not passed over: else a list would be missing one day. */
static void unreadable_keys(void)
{
    struct ca_options o = options(true);
    create(&o, KEY_EC_P256);
    CHECK(rotate(&o) == 0, "%s", error);
    CHECK_INT(file_write(ca_key, "text", 4, 0600), 0);
    CHECK(ca_new(&o, error, sizeof error) == NULL && strstr(error, "ca.key") != NULL, "%s", error);
    CHECK_INT(file_erase(ca_key), 0);
    struct ca *ca = opened(&o); /* but it may be elsewhere */
    struct ca_issuer issuers[3];
    ca_issuers(ca, issuers, 3);
    CHECK(issuers[0].has_key && !issuers[1].has_key, "keys");
    CHECK(crl_new(ca, issuers[1].id, 1, NOW, NOW + DAY) == NULL, "a list without a key");
    ca_free(ca);
    char path[128], text[KEY_PEM_MAX];
    struct key *other = key_new(KEY_EC_P256);
    snprintf(path, sizeof path, "%s.%s", ca_key, issuers[0].id);
    CHECK(key_write_pem(other, NULL, text, sizeof text) && file_write(path, text, strlen(text), 0600) == 0, "key");
    CHECK(ca_new(&o, error, sizeof error) == NULL && strstr(error, "does not belong") != NULL, "%s", error);
    key_free(other);
}

/* A passphrase that was changed since: no key is written that the authority could not open beside the others. */
static void another_passphrase(void)
{
    static char phrase[80];
    struct ca_options o = options(true);
    char before[512];
    snprintf(phrase, sizeof phrase, "%s/phrase", folder);
    o.passphrase_file = phrase;
    clear();
    CHECK_INT(file_write(phrase, "first\n", 6, 0600), 0);
    CHECK(ca_create(&o, KEY_EC_P256, NOW, error, sizeof error) == 0 && rotate(&o) == 0, "%s", error);
    for (int gone = 0; gone < 2; gone++) {
        if (gone)
            take_root_away(true);
        CHECK_INT(file_write(phrase, "other\n", 6, 0600), 0);
        snprintf(before, sizeof before, "%s", listing());
        CHECK(rotate(&o) == CA_REFUSED && strstr(error, "does not open") != NULL && strstr(error, "put back") != NULL &&
                  strstr(error, phrase) != NULL,
              "%s", error);
        CHECK(prepare(&o) == CA_REFUSED && strstr(error, "does not open") != NULL, "%s", error);
        CHECK(ca_install(&o, get(root_pem), strlen(get(root_pem)), NOW, error, sizeof error) == CA_REFUSED &&
                  strstr(error, "does not open") != NULL,
              "%s", error);
        CHECK_TEXT(listing(), before);
        CHECK_INT(file_write(phrase, "first\n", 6, 0600), 0);
    }
    CHECK_INT(prepare(&o), 0);
    take_root_away(false);
    CHECK(rotate(&o) == 0, "%s", error);
    ca_free(opened(&o));
}

/* Only a root's key that is not here is CA_ROOT_AWAY; what is wrong with one that is, has to be told. */
static void troubles_with_the_root(void)
{
    struct ca_options o = options(true);
    struct ca_issuer issuers[2];
    create(&o, KEY_EC_P256);
    struct ca *ca = opened(&o);
    ca_issuers(ca, issuers, 2);
    ca_free(ca);
    CHECK(ca_root_key_is_here(&o, issuers[1].id) && !ca_root_key_is_here(&o, issuers[0].id), "the root's key is here");
    CHECK_INT(chmod(root_key, 0644), 0);
    CHECK(rotate(&o) == CA_REFUSED && strstr(error, "chmod 600") != NULL, "%s", error);
    CHECK_INT(file_write(root_key, "text", 4, 0600), 0);
    CHECK(rotate(&o) == CA_REFUSED && strstr(error, root_key) != NULL, "%s", error);
    CHECK_INT(unlink(root_key), 0);
    CHECK_INT(rotate(&o), CA_ROOT_AWAY);
    CHECK(!ca_root_key_is_here(&o, issuers[1].id), "it is gone");
}

/* What cannot be written is told apart: it is not the authority that is wrong. */
static void nowhere_to_write(void)
{
    struct ca_options o = options(true);
    char blocked[80];
    create(&o, KEY_EC_P256);
    snprintf(blocked, sizeof blocked, "%s.next.new", ca_key);
    CHECK_INT(mkdir(blocked, 0700), 0);
    CHECK(rotate(&o) == CA_NOT_WRITTEN && strstr(error, "ca.key.next") != NULL, "%s", error);
    CHECK(prepare(&o) == CA_NOT_WRITTEN, "%s", error);
    CHECK_INT(rmdir(blocked), 0);
    snprintf(blocked, sizeof blocked, "%s.new", ca_pem);
    CHECK_INT(mkdir(blocked, 0700), 0);
    CHECK(rotate(&o) == CA_NOT_WRITTEN && strstr(error, "ca.pem") != NULL, "%s", error);
    CHECK_INT(rmdir(blocked), 0);
    CHECK(rotate(&o) == 0, "%s", error);
}

int main(void)
{
    if (mkdtemp(folder) == NULL)
        return 1;
    snprintf(ca_pem, sizeof ca_pem, "%s/ca.pem", folder);
    snprintf(ca_key, sizeof ca_key, "%s/ca.key", folder);
    snprintf(root_pem, sizeof root_pem, "%s/root.pem", folder);
    snprintf(root_key, sizeof root_key, "%s/root.key", folder);
    snprintf(away, sizeof away, "%s/away.key", folder);
    rotating();
    rotating_killed();
    too_many();
    root_elsewhere();
    what_is_not_installed();
    what_is_not_signed();
    dropping();
    what_is_not_dropped();
    who_is_in_front();
    under_a_root();
    servers();
    unreadable_keys();
    another_passphrase();
    troubles_with_the_root();
    nowhere_to_write();
    clear();
    rmdir(folder);
    return check_done();
}
