#include "service/gate/backoff.h"

#include "topics/id.h"
#include "topics/siphash.h"

#include <string.h>

static uint64_t text_hash(const struct backoff *backoff, const char *text)
{
    return text != NULL ? siphash(backoff->key, text, strlen(text)) : 0;
}

/* Address, claimed identity and what was shown for it. Never 0. */
static uint64_t login_hash(const struct backoff *backoff, const struct login *login)
{
    uint64_t parts[4 + PEER_FINGERPRINT / sizeof(uint64_t)] = {
        text_hash(backoff, login->address), text_hash(backoff, login->client_id), text_hash(backoff, login->username),
        text_hash(backoff, login->password)};
    if (login->peer != NULL)
        memcpy(parts + 4, login->peer->fingerprint, PEER_FINGERPRINT);
    uint64_t value = siphash(backoff->key, (const char *)parts, sizeof parts);
    return value != 0 ? value : 1;
}

static uint64_t name_hash(const struct backoff *backoff, const char *id, size_t length)
{
    return siphash(backoff->key, id, length);
}

bool backoff_holds(const struct backoff *backoff, const struct login *login, int64_t now)
{
    uint64_t hash = login_hash(backoff, login);
    const struct backoff_place *place = &backoff->places[hash % BACKOFF_PLACES];
    return place->login == hash && now < place->until;
}

void backoff_note(struct backoff *backoff, const struct login *login, int64_t now)
{
    if (login->client_id == NULL || auth_is_loopback(login->address))
        return;
    uint64_t hash = login_hash(backoff, login);
    struct backoff_place *place = &backoff->places[hash % BACKOFF_PLACES];
    bool again = place->login == hash && now < place->until + BACKOFF_LAST;
    int64_t wait = again ? 2 * place->wait : BACKOFF_FIRST;
    size_t name = id_without_suffix(login->client_id, strlen(login->client_id));
    place->login = hash;
    place->name = name_hash(backoff, login->client_id, name);
    place->wait = wait < BACKOFF_LAST ? wait : BACKOFF_LAST;
    place->until = now + place->wait;
}

void backoff_forget(struct backoff *backoff, const char *uuid, size_t length)
{
    uint64_t name = name_hash(backoff, uuid, length);
    for (size_t i = 0; i < BACKOFF_PLACES; i++)
        if (length == 0 || backoff->places[i].name == name)
            backoff->places[i].login = 0;
}
