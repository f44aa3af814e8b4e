#include "service/core/secret.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEY_ID_LENGTH 8
#define SECRET_LENGTH 52 /* 256 bits in base32 */

static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz234567";

void secret_base32(const unsigned char *random, size_t count, char *out)
{
    for (size_t i = 0; i < count; i++)
        out[i] = alphabet[random[i] & 31];
    out[count] = '\0';
}

/* All 256 bits, five at a time, the last group filled up with zeros (RFC 4648, section 6, without padding). */
static void encode(const unsigned char raw[SECRET_RAW], char out[SECRET_LENGTH + 1])
{
    for (size_t i = 0; i < SECRET_LENGTH; i++) {
        size_t bit = i * 5;
        unsigned window = (unsigned)raw[bit / 8] << 8 | (bit / 8 + 1 < SECRET_RAW ? raw[bit / 8 + 1] : 0U);
        out[i] = alphabet[window >> (11 - bit % 8) & 31];
    }
    out[SECRET_LENGTH] = '\0';
}

static void hash_text(const char *secret, unsigned char hash[SECRET_HASH])
{
    secret_hash(&(struct secret_part){secret, strlen(secret)}, 1, hash);
}

void secret_make(const char *prefix, const unsigned char random[SECRET_RAW + 8], struct credential *out)
{
    char secret[SECRET_LENGTH + 1];
    secret_base32(random + SECRET_RAW, KEY_ID_LENGTH, out->id);
    encode(random, secret);
    hash_text(secret, out->hash);
    snprintf(out->text, sizeof out->text, "%s_%s_%s", prefix, out->id, secret);
    secret_wipe(secret, sizeof secret);
}

bool secret_parse(const char *prefix, const char *text, char id[LIMIT_KEY_ID + 1], unsigned char hash[SECRET_HASH])
{
    size_t prefix_length = strlen(prefix);
    if (strlen(text) != prefix_length + KEY_ID_LENGTH + SECRET_LENGTH + 2 ||
        strncmp(text, prefix, prefix_length) != 0 || text[prefix_length] != '_' ||
        text[prefix_length + 1 + KEY_ID_LENGTH] != '_')
        return false;
    memcpy(id, text + prefix_length + 1, KEY_ID_LENGTH);
    id[KEY_ID_LENGTH] = '\0';
    hash_text(text + prefix_length + KEY_ID_LENGTH + 2, hash);
    return true;
}

void secret_fingerprint(const void *text, size_t length, char out[2 * SECRET_HASH + 1])
{
    unsigned char digest[SECRET_HASH] = {0};
    EVP_Q_digest(NULL, "SHA256", NULL, text, length, digest, NULL);
    for (size_t i = 0; i < sizeof digest; i++)
        snprintf(out + 2 * i, 3, "%02x", digest[i]);
}

bool secret_equal(const unsigned char a[SECRET_HASH], const unsigned char b[SECRET_HASH])
{
    return CRYPTO_memcmp(a, b, SECRET_HASH) == 0;
}

void secret_hash(const struct secret_part *parts, size_t count, unsigned char out[SECRET_HASH])
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool done = context != NULL && EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1;
    for (size_t i = 0; done && i < count; i++) {
        unsigned char length[8];
        for (int shift = 0; shift < 8; shift++)
            length[shift] = (unsigned char)((uint64_t)parts[i].length >> (56 - 8 * shift));
        done = EVP_DigestUpdate(context, length, sizeof length) == 1 &&
               EVP_DigestUpdate(context, parts[i].at, parts[i].length) == 1;
    }
    if (!done || EVP_DigestFinal_ex(context, out, NULL) != 1)
        abort(); /* SHA-256 fails only without memory; going on would store a wrong hash */
    EVP_MD_CTX_free(context);
}

size_t secret_seal(const unsigned char key[SECRET_KEY], const unsigned char nonce[12], const char *context,
                   const void *plain, size_t length, unsigned char *out)
{
    EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
    int written = 0, final = 0;
    memcpy(out, nonce, 12);
    bool done = cipher != NULL && EVP_EncryptInit_ex2(cipher, EVP_aes_256_gcm(), key, nonce, NULL) == 1 &&
                EVP_EncryptUpdate(cipher, NULL, &written, (const unsigned char *)context, (int)strlen(context)) == 1 &&
                EVP_EncryptUpdate(cipher, out + 12, &written, plain, (int)length) == 1 &&
                EVP_EncryptFinal_ex(cipher, out + 12 + written, &final) == 1 &&
                EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_GET_TAG, 16, out + 12 + length) == 1;
    EVP_CIPHER_CTX_free(cipher);
    return done ? length + SECRET_OVERHEAD : 0;
}

size_t secret_open(const unsigned char key[SECRET_KEY], const char *context, const unsigned char *sealed, size_t length,
                   void *out, size_t size)
{
    if (length < SECRET_OVERHEAD || length - SECRET_OVERHEAD > size)
        return 0;
    size_t plain = length - SECRET_OVERHEAD;
    unsigned char tag[16];
    memcpy(tag, sealed + 12 + plain, sizeof tag);
    EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
    int written = 0, final = 0;
    bool done = cipher != NULL && EVP_DecryptInit_ex2(cipher, EVP_aes_256_gcm(), key, sealed, NULL) == 1 &&
                EVP_DecryptUpdate(cipher, NULL, &written, (const unsigned char *)context, (int)strlen(context)) == 1 &&
                EVP_DecryptUpdate(cipher, out, &written, sealed + 12, (int)plain) == 1 &&
                EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_SET_TAG, 16, tag) == 1 &&
                EVP_DecryptFinal_ex(cipher, (unsigned char *)out + written, &final) == 1;
    EVP_CIPHER_CTX_free(cipher);
    if (!done)
        secret_wipe(out, size);
    return done ? plain : 0;
}

void secret_wipe(void *at, size_t length)
{
    OPENSSL_cleanse(at, length);
}
