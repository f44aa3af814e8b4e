/* A revocation list in parts: where it is cut, what a part says, and the walk over the parts. */
#include "service/io/crl_parts.h"
#include "tests/unit/check.h"
#include "topics/document.h"

#include <stdlib.h>

#define LONGEST ((size_t)CRL_PARTS_MAX * CRL_MESSAGE_MAX)

static char text[LONGEST + 2];

/* What the broker retains of each part, and how often it was sent one. */
static struct {
    char *kept[CRL_PARTS_MAX + 2];
    unsigned sent, cleared;
    bool away; /* nothing is taken */
} broker;

bool mqtt_send(struct mqtt *mqtt, const struct mqtt_publish *publish)
{
    unsigned part = 0;
    (void)mqtt;
    if (broker.away)
        return false;
    CHECK(sscanf(publish->topic, "muster/v1/ca/all/crl/%u", &part) == 1 && part >= 1 && part <= CRL_PARTS_MAX, "%s",
          publish->topic);
    CHECK(publish->retained && publish->qos == 1, "%s is retained", publish->topic);
    CHECK(strlen(publish->topic) + publish->length + 16 <= 65536, "part %u: %zu octets", part, publish->length);
    free(broker.kept[part]);
    broker.kept[part] = publish->length > 0 ? strndup(publish->payload, publish->length) : NULL;
    broker.sent += publish->length > 0;
    broker.cleared += publish->length == 0;
    return true;
}

/* As PEM is: lines of 64 characters, none of them the same. */
static void make_text(size_t length)
{
    for (size_t i = 0; i < length; i++)
        text[i] = i % 65 == 64 ? '\n' : "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"[(i + i / 65) % 52];
    text[length] = '\0';
}

static unsigned count_kept(void)
{
    unsigned count = 0;
    for (unsigned part = 1; part <= CRL_PARTS_MAX; part++)
        count += broker.kept[part] != NULL;
    return count;
}

static long long integer_of(const struct document *document, const char *name)
{
    long long value = -1;
    value_integer(value_member(document_root(document), name), 0, INT64_C(9007199254740991), &value);
    return value;
}

/* What a follower does with the parts of one number. */
static void check_kept(size_t length, unsigned parts, int64_t number)
{
    char whole[DIGEST_HEX_SIZE];
    size_t at = 0;
    CHECK(digest_sha256_hex(text, length, whole), "%zu octets", length);
    CHECK_INT(count_kept(), parts);
    for (unsigned part = 1; part <= parts && broker.kept[part] != NULL; part++) {
        struct document *document = document_new_answer(broker.kept[part], strlen(broker.kept[part]));
        const char *piece = value_text(value_member(document_root(document), "crlPem"));
        const char *sha256 = value_text(value_member(document_root(document), "sha256"));
        CHECK(sha256 != NULL && strcmp(sha256, whole) == 0, "part %u has the digest of the whole", part);
        CHECK(integer_of(document, "number") == number && integer_of(document, "part") == part &&
                  integer_of(document, "parts") == parts,
              "%.80s", broker.kept[part]);
        size_t size = piece != NULL ? strlen(piece) : 0;
        CHECK(size > 0 && at + size <= length && memcmp(text + at, piece, size) == 0, "part %u at %zu", part, at);
        at += size;
        document_free(document);
    }
    CHECK_INT(at, parts > 0 ? length : 0);
}

/* The walk to its end; how many steps it took. */
static unsigned walk(struct crl_parts *parts, struct mono *now)
{
    unsigned steps = 0;
    for (; parts->going && steps < 1000; steps++) {
        crl_parts_walk_on(parts, NULL, *now);
        unsigned sent = broker.sent;
        crl_parts_walk_on(parts, NULL, mono_add(*now, 19));
        CHECK(broker.sent == sent, "nothing within 20 ms");
        *now = mono_add(*now, 20);
    }
    return steps;
}

static const struct {
    size_t length;
    unsigned parts;
} cuts[] = {
    {0, 0},
    {1, 0},
    {CRL_MESSAGE_MAX, 0},
    {CRL_MESSAGE_MAX + 1, 2},
    {2 * CRL_MESSAGE_MAX, 2},
    {2 * CRL_MESSAGE_MAX + 1, 3},
    {LONGEST - CRL_MESSAGE_MAX, 63},
    {LONGEST - CRL_MESSAGE_MAX + 1, 64},
    {LONGEST, 64},
    {LONGEST + 1, 0},
    {SIZE_MAX / 2, 0},
};

static void test_count(void)
{
    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++)
        CHECK(crl_parts_count(cuts[i].length) == cuts[i].parts, "%zu octets: %u parts", cuts[i].length,
              crl_parts_count(cuts[i].length));
}

/* One list after the other, longer and shorter: what is retained is always the last one's. */
static void test_walks(void)
{
    static const size_t order[] = {4, 8, 5, 3, 9, 2, 7, 10, 0};
    struct crl_parts parts = {.going = false};
    struct mono now = {1000};
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        make_text(cuts[order[i]].length < sizeof text ? cuts[order[i]].length : LONGEST + 1);
        crl_parts_start(&parts, text, strlen(text), (int64_t)i + 7);
        unsigned steps = walk(&parts, &now);
        CHECK_INT(steps, cuts[order[i]].parts > 0 ? (cuts[order[i]].parts + 3) / 4 : 1);
        check_kept(strlen(text), cuts[order[i]].parts, (int64_t)i + 7);
    }
}

/* A service that has just started clears what another one left; then nothing more than is needed. */
static void test_clears(void)
{
    struct crl_parts parts = {.going = false};
    struct mono now = {1000};
    broker.kept[1] = strdup("old");
    broker.kept[64] = strdup("old");
    crl_parts_forget(&parts);
    CHECK_INT(walk(&parts, &now), 0);
    make_text(100);
    crl_parts_start(&parts, text, 100, 1);
    broker.cleared = 0;
    CHECK_INT(walk(&parts, &now), 1);
    CHECK_INT(count_kept(), 0);
    CHECK_INT(broker.cleared, 64);
    crl_parts_start(&parts, text, 100, 2);
    walk(&parts, &now);
    CHECK_INT(broker.cleared, 64);
}

/* A new list while the parts of the last one are on their way: it starts over, and nothing of the old one stays. */
static void test_starts_over(void)
{
    struct crl_parts parts = {.going = false};
    struct mono now = {1000};
    make_text(9 * CRL_MESSAGE_MAX);
    crl_parts_start(&parts, text, strlen(text), 1);
    for (int i = 0; i < 2; i++, now = mono_add(now, 20))
        crl_parts_walk_on(&parts, NULL, now);
    CHECK_INT(count_kept(), 8);
    make_text(2 * CRL_MESSAGE_MAX + 5); /* and the old text is not there any more */
    crl_parts_start(&parts, text, strlen(text), 2);
    walk(&parts, &now);
    check_kept(strlen(text), 3, 2);
    crl_parts_start(&parts, "", 0, 3);
    walk(&parts, &now);
    CHECK_INT(count_kept(), 0);
}

/* What is not taken is not lost, be it a part or a clearing. */
static void test_away(void)
{
    struct crl_parts parts = {.going = false};
    struct mono now = {1000};
    make_text(5 * CRL_MESSAGE_MAX);
    crl_parts_forget(&parts);
    crl_parts_start(&parts, text, strlen(text), 1);
    for (int i = 0; i < 3; i++, now = mono_add(now, 20)) {
        broker.away = i != 1;
        crl_parts_walk_on(&parts, NULL, now);
    }
    CHECK_INT(parts.next, 5);
    CHECK_INT(walk(&parts, &now), 1000);
    broker.away = false;
    CHECK_INT(walk(&parts, &now), 1);
    check_kept(strlen(text), 5, 1);
    broker.away = true;
    crl_parts_start(&parts, "", 0, 2);
    CHECK_INT(walk(&parts, &now), 1000);
    broker.away = false;
    walk(&parts, &now);
    CHECK_INT(count_kept(), 0);
}

static void test_room(void)
{
    static char out[CRL_PART_SIZE];
    struct crl_parts parts = {.going = false};
    make_text(2 * CRL_MESSAGE_MAX);
    crl_parts_start(&parts, text, strlen(text), INT64_MAX);
    size_t length = crl_parts_write(&parts, 1, out, sizeof out);
    CHECK(length > CRL_MESSAGE_MAX && length == strlen(out), "%zu octets", length);
    CHECK_INT(crl_parts_write(&parts, 1, out, length), 0);
    CHECK_INT(crl_parts_write(&parts, 1, out, length + 1), length);
}

/* The next list comes a second later, also when each turn of the loop takes 100 ms. */
static void test_slow_turns(void)
{
    struct crl_parts parts = {.going = false};
    struct mono now = {1000};
    make_text(LONGEST);
    crl_parts_start(&parts, text, strlen(text), 1);
    for (int turn = 0; turn < 10; turn++, now = mono_add(now, 100))
        crl_parts_walk_on(&parts, NULL, now);
    CHECK(!parts.going, "part %u is the next one", parts.next);
}

int main(void)
{
    test_count();
    test_walks();
    test_clears();
    test_starts_over();
    test_away();
    test_room();
    for (unsigned part = 1; part <= CRL_PARTS_MAX; part++)
        free(broker.kept[part]);
    test_slow_turns();
    return check_done();
}
