#include "service/core/secret.h"
#include "tests/unit/check.h"

static unsigned char raw[SECRET_RAW + 8];

static void fill(unsigned char with)
{
    for (size_t i = 0; i < sizeof raw; i++)
        raw[i] = (unsigned char)(with + i * 37);
}

static void test_make_and_parse(void)
{
    static const char *const prefixes[] = {SECRET_PROVISIONING, SECRET_API, SECRET_OPERATOR};
    for (size_t i = 0; i < 3; i++) {
        struct credential credential, again;
        char id[LIMIT_KEY_ID + 1];
        unsigned char hash[SECRET_HASH];
        fill((unsigned char)i);
        secret_make(prefixes[i], raw, &credential);
        secret_make(prefixes[i], raw, &again);
        CHECK_TEXT(again.text, credential.text);
        CHECK(secret_parse(prefixes[i], credential.text, id, hash), "%s", credential.text);
        CHECK_TEXT(id, credential.id);
        CHECK(secret_equal(hash, credential.hash), "the hash of the text is the one that is stored");
        CHECK(!secret_parse(prefixes[(i + 1) % 3], credential.text, id, hash), "another kind");
        raw[0] ^= 1; /* each bit counts */
        secret_make(prefixes[i], raw, &again);
        CHECK(!secret_equal(again.hash, credential.hash), "another secret");
        CHECK_TEXT(again.id, credential.id);
    }
}

static void test_last_bit_counts(void)
{
    struct credential one, other;
    fill(9);
    secret_make("mpk", raw, &one);
    raw[SECRET_RAW - 1] ^= 1;
    secret_make("mpk", raw, &other);
    CHECK(strcmp(one.text, other.text) != 0, "%s", one.text);
}

static void test_malformed(void)
{
    struct credential good;
    char text[LIMIT_CREDENTIAL + 2], id[LIMIT_KEY_ID + 1];
    unsigned char hash[SECRET_HASH];
    fill(1);
    secret_make("mpk", raw, &good);
    size_t length = strlen(good.text);
    for (size_t cut = 0; cut < length; cut++) {
        snprintf(text, sizeof text, "%.*s", (int)cut, good.text);
        CHECK(!secret_parse("mpk", text, id, hash), "%s", text);
    }
    snprintf(text, sizeof text, "%sx", good.text);
    CHECK(!secret_parse("mpk", text, id, hash), "%s", text);
    static const size_t separators[] = {3, 12};
    for (size_t i = 0; i < 2; i++) {
        strcpy(text, good.text);
        text[separators[i]] = '-';
        CHECK(!secret_parse("mpk", text, id, hash), "%s", text);
    }
}

static void hash_of(const char *a, const char *b, unsigned char out[SECRET_HASH])
{
    secret_hash((const struct secret_part[]){{a, strlen(a)}, {b, strlen(b)}}, 2, out);
}

/* A part cannot lend octets to its neighbour. */
static void test_hash_parts(void)
{
    unsigned char one[SECRET_HASH], other[SECRET_HASH];
    hash_of("ab", "c", one);
    hash_of("a", "bc", other);
    CHECK(!secret_equal(one, other), "ab|c and a|bc");
    hash_of("", "abc", other);
    CHECK(!secret_equal(one, other), "|abc");
    hash_of("ab", "c", other);
    CHECK(secret_equal(one, other), "the same");
}

static void test_seal(void)
{
    static const unsigned char key[SECRET_KEY] = {1}, nonce[12] = {2};
    static const char text[] = "\"apiKey\":\"mdk_...\"";
    unsigned char sealed[sizeof text + SECRET_OVERHEAD], wrong[SECRET_KEY] = {3};
    char out[sizeof text];
    size_t length = secret_seal(key, nonce, "key:a d1", text, sizeof text, sealed);
    CHECK_INT(length, sizeof text + SECRET_OVERHEAD);
    CHECK(memmem(sealed, length, "apiKey", 6) == NULL, "nothing of it can be read");
    CHECK_INT(secret_open(key, "key:a d1", sealed, length, out, sizeof out), sizeof text);
    CHECK_TEXT(out, text);
    CHECK_INT(secret_open(wrong, "key:a d1", sealed, length, out, sizeof out), 0);
    CHECK_INT(out[0], 0);
    CHECK_INT(secret_open(key, "key:a d2", sealed, length, out, sizeof out), 0);
    CHECK_INT(secret_open(key, "key:a d1", sealed, length - 1, out, sizeof out), 0);
    CHECK_INT(secret_open(key, "key:a d1", sealed, 5, out, sizeof out), 0);
    CHECK_INT(secret_open(key, "key:a d1", sealed, length, out, sizeof out - 1), 0);
    for (size_t i = 0; i < length; i++) {
        sealed[i] ^= 0x40;
        CHECK(secret_open(key, "key:a d1", sealed, length, out, sizeof out) == 0, "octet %zu changed", i);
        sealed[i] ^= 0x40;
    }
}

static void test_base32(void)
{
    char out[33];
    for (unsigned i = 0; i < 32; i++)
        raw[i] = (unsigned char)(i | 0xe0);
    secret_base32(raw, 32, out);
    CHECK_TEXT(out, "abcdefghijklmnopqrstuvwxyz234567");
}

int main(void)
{
    test_make_and_parse();
    test_last_bit_counts();
    test_malformed();
    test_hash_parts();
    test_seal();
    test_base32();
    return check_done();
}
