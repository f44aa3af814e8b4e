#include "certs/internal.h"

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PBKDF2_ROUNDS 200000 /* about 60 ms: nothing at start-up, much for who guesses (NIST SP 800-132, 5.2) */

struct key {
    EVP_PKEY *evp;
};

static const char *const names[KEY_TYPE_COUNT] = {
#define KEY_TYPE_NAME(enumerator, wire) [enumerator] = (wire),
    KEY_TYPE_LIST(KEY_TYPE_NAME)
#undef KEY_TYPE_NAME
};

static const struct {
    const char *algorithm, *group; /* as OpenSSL calls them */
    int bits;
} kinds[KEY_TYPE_COUNT] = {
    [KEY_RSA_2048] = {"RSA", NULL, 2048},     [KEY_RSA_3072] = {"RSA", NULL, 3072},
    [KEY_RSA_4096] = {"RSA", NULL, 4096},     [KEY_EC_P256] = {"EC", "prime256v1", 256},
    [KEY_EC_P384] = {"EC", "secp384r1", 384}, [KEY_ED25519] = {"ED25519", NULL, 253},
};

bool key_type_from_name(const char *name, enum key_type *type)
{
    for (int i = 0; i < KEY_TYPE_COUNT; i++)
        if (strcmp(names[i], name) == 0) {
            *type = (enum key_type)i;
            return true;
        }
    return false;
}

const char *key_type_name(enum key_type type)
{
    return names[type];
}

bool key_type_is_slow(enum key_type type)
{
    return strcmp(kinds[type].algorithm, "RSA") == 0;
}

bool key_evp_type(const EVP_PKEY *evp, enum key_type *type)
{
    char group[32] = "";
    (void)EVP_PKEY_get_group_name(evp, group, sizeof group, NULL);
    ERR_clear_error(); /* RSA has no groups */
    for (int i = 0; i < KEY_TYPE_COUNT; i++)
        if (EVP_PKEY_is_a(evp, kinds[i].algorithm) && EVP_PKEY_get_bits(evp) == kinds[i].bits &&
            (kinds[i].group == NULL || strcmp(kinds[i].group, group) == 0)) {
            *type = (enum key_type)i;
            return true;
        }
    return false;
}

bool key_type_of(const struct key *key, enum key_type *type)
{
    return key_evp_type(key->evp, type);
}

/* Takes over `evp`, also when it fails. */
static struct key *wrap(EVP_PKEY *evp)
{
    struct key *key = evp != NULL ? malloc(sizeof *key) : NULL;
    if (key == NULL) {
        EVP_PKEY_free(evp);
        ERR_clear_error(); /* libssl in the same thread would take what is left for its own */
        return NULL;
    }
    key->evp = evp;
    return key;
}

struct key *key_new(enum key_type type)
{
    const char *algorithm = kinds[type].algorithm;
    if (key_type_is_slow(type))
        return wrap(EVP_PKEY_Q_keygen(NULL, NULL, algorithm, (size_t)kinds[type].bits));
    if (kinds[type].group != NULL)
        return wrap(EVP_PKEY_Q_keygen(NULL, NULL, algorithm, kinds[type].group));
    return wrap(EVP_PKEY_Q_keygen(NULL, NULL, algorithm));
}

void key_free(struct key *key)
{
    if (key == NULL)
        return;
    EVP_PKEY_free(key->evp); /* OpenSSL wipes private numbers when it frees them */
    free(key);
}

EVP_PKEY *key_evp(const struct key *key)
{
    return key->evp;
}

/* pem_password_cb. Without one OpenSSL would ask on the terminal. */
static int give_passphrase(char *out, int size, int writing, void *passphrase)
{
    (void)writing;
    size_t length = passphrase != NULL ? strnlen(passphrase, (size_t)size + 1) : 0;
    if (length == 0 || length > (size_t)size)
        return -1;
    memcpy(out, passphrase, length);
    return (int)length;
}

struct key *key_read_pem(const char *pem, size_t length, const char *passphrase)
{
    char copy[1025] = {0}; /* the callback's argument is not const */
    if (length > 1 << 20 || (passphrase != NULL && strlen(passphrase) >= sizeof copy))
        return NULL;
    if (passphrase != NULL)
        snprintf(copy, sizeof copy, "%s", passphrase);
    BIO *bio = BIO_new_mem_buf(pem, (int)length);
    EVP_PKEY *evp =
        bio != NULL ? PEM_read_bio_PrivateKey(bio, NULL, give_passphrase, passphrase != NULL ? copy : NULL) : NULL;
    BIO_free(bio);
    OPENSSL_cleanse(copy, sizeof copy);
    return wrap(evp);
}

/* EncryptedPrivateKeyInfo (RFC 5958, 3) with PBES2 (RFC 8018, 6.2). */
static bool write_encrypted(BIO *bio, const EVP_PKEY *evp, const char *passphrase)
{
    PKCS8_PRIV_KEY_INFO *plain = EVP_PKEY2PKCS8(evp);
    X509_SIG *sealed = plain != NULL ? PKCS8_encrypt(-1, EVP_aes_256_cbc(), passphrase, (int)strlen(passphrase), NULL,
                                                     0, PBKDF2_ROUNDS, plain)
                                     : NULL;
    bool ok = sealed != NULL && PEM_write_bio_PKCS8(bio, sealed) == 1;
    X509_SIG_free(sealed);
    PKCS8_PRIV_KEY_INFO_free(plain);
    return ok;
}

bool key_write_pem(const struct key *key, const char *passphrase, char *out, size_t size)
{
    BIO *bio = BIO_new(BIO_s_secmem()); /* wiped when it grows and when it is freed */
    bool ok = bio != NULL &&
              (passphrase != NULL ? write_encrypted(bio, key->evp, passphrase)
                                  : PEM_write_bio_PKCS8PrivateKey(bio, key->evp, NULL, NULL, 0, NULL, NULL) == 1);
    char *text = NULL;
    long length = ok ? BIO_get_mem_data(bio, &text) : 0;
    ok = length > 0 && (size_t)length < size;
    if (ok) {
        memcpy(out, text, (size_t)length);
        out[length] = '\0';
    } else {
        OPENSSL_cleanse(out, size);
        ERR_clear_error();
    }
    BIO_free(bio);
    return ok;
}

bool key_public(const struct key *key, struct public_key *out)
{
    *out = (struct public_key){0};
    unsigned char *der = NULL;
    int length = i2d_PUBKEY(key->evp, &der);
    bool fits = length > 0 && (size_t)length <= sizeof out->der;
    if (fits)
        memcpy(out->der, der, (size_t)length);
    OPENSSL_free(der);
    return fits && key_public_finish(out, (size_t)length);
}

void key_wipe(void *at, size_t length)
{
    OPENSSL_cleanse(at, length);
}
