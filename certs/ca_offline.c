/*
 * The three steps in which a root that is kept elsewhere signs the next issuing CA.
 */
#include "certs/ca_change.h"
#include "certs/ca_rotate.h"
#include "certs/csr.h"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

static int unfit(char *error, size_t error_size, const char *sentence)
{
    ca_files_say(error, error_size, "%s", sentence);
    return CA_UNFIT;
}

int ca_prepare(const struct ca_options *options, char *csr_pem, size_t csr_size, char *error, size_t error_size)
{
    struct ca_members members = {.count = 0};
    struct key *key = NULL;
    int result = ca_change_begin(options, &members, error, error_size);
    if (result == 0)
        result = ca_change_next_key(options, &members, &key, error, error_size);
    if (result == 0 && !csr_write(key, "Muster Issuing CA", csr_pem, csr_size))
        result = ca_files_say(error, error_size, "OpenSSL cannot write the request.");
    key_free(key);
    ca_members_free(&members);
    ERR_clear_error();
    return result;
}

static int read_request(const char *csr_pem, size_t length, struct public_key *out, char *error, size_t error_size)
{
    struct why why = {.status = ST_OK};
    enum key_type type = KEY_ED25519;
    if (csr_read(csr_pem, length, out, &why) != ST_OK) {
        ca_files_say(error, error_size, "The request cannot be taken: %s",
                     why.message[0] != '\0' ? why.message : status_message(why.status));
        return CA_UNFIT;
    }
    const unsigned char *at = out->der;
    EVP_PKEY *evp = d2i_PUBKEY(NULL, &at, (long)out->length);
    bool known = evp != NULL && key_evp_type(evp, &type) && type != KEY_ED25519;
    EVP_PKEY_free(evp);
    return known ? 0
                 : unfit(error, error_size,
                         "The key of the request is not EC P-256 or P-384 nor RSA of 2048, 3072 or 4096 bits.");
}

int ca_sign_issuer(const struct ca_options *options, const char *csr_pem, size_t length, int64_t now, char *pem_out,
                   size_t pem_size, char *error, size_t error_size)
{
    char pem[CERTIFICATE_PEM_MAX];
    struct ca_members root = {.count = 0};
    struct key *key = NULL;
    struct public_key public;
    int result = ca_files_check_names(options, error, error_size) == 0 ? CA_DONE : CA_UNFIT;
    if (result == 0 && (options->root_certificate_file == NULL || options->root_key_file == NULL))
        result = ca_files_say(error, error_size, "A root needs a certificate file and a key file: name both.");
    if (result == 0)
        result = read_request(csr_pem, length, &public, error, error_size);
    if (result == 0)
        result = ca_make_open_root(options, &root, &key, error, error_size);
    struct authority authority = {.profile = LINT_ISSUER, .key = &public, .signing_key = key, .now = now};
    if (result == 0) {
        authority.issuer = root.all[0].certificate;
        result = ca_make_certificate(options, &authority, pem, error, error_size);
    }
    if (result == 0 && (size_t)snprintf(pem_out, pem_size, "%s", pem) >= pem_size)
        result = ca_files_say(error, error_size, "The certificate does not fit.");
    key_free(key);
    ca_members_free(&root);
    ERR_clear_error();
    return result;
}

/* Every self-signed certificate that the authority knows: of its own file, and of the root's, if it is there. */
static bool trust(X509_STORE *store, const struct ca_members *members)
{
    bool ok = true;
    for (size_t i = 0; ok && i < members->count; i++)
        if (ca_member_is_root(&members->all[i]))
            ok = X509_STORE_add_cert(store, members->all[i].certificate) == 1;
    return ok;
}

static bool chains_up(const struct ca_member *fresh, const struct ca_members *members, const struct ca_members *root,
                      int64_t now)
{
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    bool ok = store != NULL && context != NULL && trust(store, members) && trust(store, root) &&
              X509_STORE_CTX_init(context, store, fresh->certificate, NULL) == 1;
    if (ok) {
        X509_STORE_CTX_set_flags(context, X509_V_FLAG_X509_STRICT);
        X509_STORE_CTX_set_time(context, 0, (time_t)now);
        ok = X509_STORE_CTX_set_purpose(context, X509_PURPOSE_CRL_SIGN) == 1 && X509_verify_cert(context) == 1;
    }
    X509_STORE_CTX_free(context);
    X509_STORE_free(store);
    return ok && !ca_member_is_root(fresh);
}

static int check_issuing(const struct ca_member *fresh, char *error, size_t error_size)
{
    const unsigned needed = KU_KEY_CERT_SIGN | KU_CRL_SIGN;
    bool is = X509_check_ca(fresh->certificate) == 1 &&
              (X509_get_extension_flags(fresh->certificate) & EXFLAG_KUSAGE) &&
              (X509_get_key_usage(fresh->certificate) & needed) == needed;
    return is ? 0
              : unfit(error, error_size,
                      "The certificate is not an issuing CA's: it must have CA:TRUE, keyCertSign and cRLSign.");
}

static int install(const struct ca_options *options, const struct ca_members *members, const struct ca_members *root,
                   const struct ca_member *fresh, int64_t now, char *error, size_t error_size)
{
    char path[CA_PATH_MAX];
    const struct key_source next = ca_files_key(options, CA_KEY_NEXT, path);
    if (!key_is_there(&next))
        return X509_cmp(fresh->certificate, members->all[0].certificate) == 0
                   ? CA_WAS_SO
                   : unfit(error, error_size,
                           "There is no prepared key beside the authority's: prepare a request first.");
    int result = check_issuing(fresh, error, error_size);
    if (result != 0)
        return result;
    struct key *key = key_load(&next, error, error_size);
    if (key == NULL)
        return -1;
    const struct ca_member *above = ca_members_issuer(members, fresh);
    if (above == NULL)
        above = ca_members_issuer(root, fresh);
    if (!ca_member_fits(fresh, key))
        result = unfit(error, error_size, "The certificate is not one of the prepared key: it is of another request.");
    else if (!chains_up(fresh, members, root, now))
        result = unfit(error, error_size,
                       "The certificate is not signed by a root of this authority, or not valid at present.");
    else
        result = ca_change_to(options, members, fresh, key, above, error, error_size);
    key_free(key);
    return result;
}

int ca_install(const struct ca_options *options, const char *pem, size_t length, int64_t now, char *error,
               size_t error_size)
{
    struct ca_members members = {.count = 0}, root = {.count = 0}, given = {.count = 0};
    int result = ca_change_begin(options, &members, error, error_size);
    if (result == 0 && options->root_certificate_file != NULL && ca_files_has(options->root_certificate_file))
        result = ca_members_read(options->root_certificate_file, &root, error, error_size);
    if (result == 0 && !ca_members_parse(pem, length, &given))
        result = unfit(error, error_size, "There is something else than certificates in PEM in what was given.");
    if (result == 0 && !ca_change_is_done(options, &members, &result, error, error_size))
        result = install(options, &members, &root, given.all, now, error, error_size);
    ca_members_free(&members);
    ca_members_free(&root);
    ca_members_free(&given);
    ERR_clear_error();
    return result;
}
