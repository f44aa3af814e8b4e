/*
 * Which key belongs to which certificate of an authority.
 */
#include "certs/ca_files.h"
#include "certs/ca_members.h"

#include <openssl/err.h>
#include <string.h>

#define SIGNATURE_MAX 1024 /* octets; RSA-8192 */

/* Signs once and verifies it with the certificate's key: X509_check_private_key looks at the public halves only, and
 * EVP_PKEY_pairwise_check takes most of a second for RSA-4096. */
static bool signs_for(EVP_PKEY *own, EVP_PKEY *public)
{
    static const unsigned char text[] = "an authority's key";
    unsigned char signature[SIGNATURE_MAX];
    size_t length = sizeof signature;
    EVP_MD_CTX *signer = EVP_MD_CTX_new(), *verifier = EVP_MD_CTX_new();
    bool ok = signer != NULL && verifier != NULL && public != NULL &&
              EVP_DigestSignInit_ex(signer, NULL, "SHA256", NULL, NULL, own, NULL) == 1 &&
              EVP_DigestSign(signer, signature, &length, text, sizeof text) == 1 &&
              EVP_DigestVerifyInit_ex(verifier, NULL, "SHA256", NULL, NULL, public, NULL) == 1 &&
              EVP_DigestVerify(verifier, signature, length, text, sizeof text) == 1;
    EVP_MD_CTX_free(signer);
    EVP_MD_CTX_free(verifier);
    return ok;
}

static bool fits(const struct ca_member *member, const struct key *key)
{
    bool fits = X509_check_private_key(member->certificate, key_evp(key)) == 1;
    ERR_clear_error();
    return fits;
}

/* Takes over the key, also when it fails. */
static int take(struct ca_member *member, struct key *key, const char *path, const char *certificate_file, char *error,
                size_t error_size)
{
    member->key = key;
    if (!fits(member, key))
        return ca_files_say(error, error_size, "The authority's key %s does not belong to the certificate %s.", path,
                            certificate_file);
    if (!key_type_of(key, &member->type) || member->type == KEY_ED25519)
        return ca_files_say(error, error_size, "The authority's key %s is neither EC P-256 or P-384 nor RSA.", path);
    if (!signs_for(key_evp(key), member->read->key))
        return ca_files_say(error, error_size,
                            "The halves of the authority's key %s do not belong together: restore it from a copy.",
                            path);
    return 0;
}

/* The keys that have a file of their own name. */
static int find_named(struct ca_members *members, const struct ca_options *options, char *error, size_t error_size)
{
    for (size_t i = 0; i < members->count; i++) {
        char path[CA_PATH_MAX];
        struct ca_member *member = &members->all[i];
        struct key_source source = ca_files_key(options, member->id, path);
        if (member->id[0] == '\0' || !key_is_there(&source))
            continue;
        struct key *key = key_load(&source, error, error_size);
        if (key == NULL || take(member, key, path, options->certificate_file, error, error_size) != 0)
            return -1;
    }
    return 0;
}

/* Whose key it is among those that have none yet; NULL: nobody's. */
static struct ca_member *owner_of(struct ca_members *members, const struct key *key)
{
    for (size_t i = 0; i < members->count; i++)
        if (members->all[i].key == NULL && members->all[i].id[0] != '\0' && fits(&members->all[i], key))
            return &members->all[i];
    return NULL;
}

int ca_members_find_keys(struct ca_members *members, const struct ca_options *options, char *error, size_t error_size)
{
    char path[CA_PATH_MAX];
    struct key_source source = ca_files_key(options, "", path);
    if (find_named(members, options, error, error_size) != 0)
        return -1;
    bool needed = members->all[0].key == NULL;
    if (!needed && !key_is_there(&source)) /* it went with an issuer that was dropped */
        return 0;
    struct key *key = key_load(&source, error, error_size);
    if (key == NULL)
        return -1;
    struct ca_member *owner = owner_of(members, key);
    if (needed || owner != NULL)
        return take(needed ? members->all : owner, key, path, options->certificate_file, error, error_size);
    key_free(key);
    return 0;
}
