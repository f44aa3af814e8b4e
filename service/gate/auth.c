#include "service/gate/auth.h"

#include "topics/id.h"

#include <stdio.h>
#include <string.h>

#define SERVICE_USER     "_muster"
#define PROVISION_USER   "provision"
#define OPERATOR_USER    "operator"
#define SERVICE_ID_FIRST '_'

static const struct {
    const char *word, *sentence;
} refusals[REFUSAL_COUNT] = {
#define REFUSAL_ROW(name, word, sentence) [name] = {word, sentence},
    REFUSAL_LIST(REFUSAL_ROW)
#undef REFUSAL_ROW
};

const char *refusal_word(enum refusal refusal)
{
    return refusals[refusal].word;
}

const char *refusal_sentence(enum refusal refusal)
{
    return refusals[refusal].sentence;
}

bool auth_is_loopback(const char *address)
{
    static const char mapped[] = "::ffff:";
    if (strncmp(address, mapped, sizeof mapped - 1) == 0)
        address += sizeof mapped - 1;
    return strncmp(address, "127.", 4) == 0 || strcmp(address, "::1") == 0;
}

/* The last second counts: RFC 5280, 4.1.2.5. */
static bool is_in_force(const struct found_credential *row, int64_t now)
{
    return row->good && (row->not_after == 0 || row->not_after >= now);
}

/* One that is found out is compared all the same: an id that does not exist takes the time of one that does. */
static enum refusal compare(enum found found, const struct found_credential *row, const unsigned char *hash,
                            int64_t now)
{
    bool equal = secret_equal(row->hash, hash);
    if (found == FOUND_UNREADABLE)
        return REFUSE_UNREADABLE;
    if (found == FOUND_NOTHING || !equal)
        return REFUSE_CREDENTIAL;
    return is_in_force(row, now) ? REFUSE_NOT : REFUSE_ENDED;
}

static bool names_uuid(const struct identity *who, const char *uuid)
{
    return strlen(uuid) == who->name_length && memcmp(uuid, who->stamp.client_id, who->name_length) == 0;
}

static void take_credential(struct identity *out, enum role role, enum stamp_how how, const char *id)
{
    out->role = role;
    out->stamp.how = how;
    snprintf(out->stamp.credential, sizeof out->stamp.credential, "%s", id);
}

static enum refusal check_uuid(const struct login *login, const struct identity *out)
{
    if (!id_is_uuid(login->client_id, out->name_length))
        return REFUSE_CLIENT_ID;
    return login->keepalive >= 1 && login->keepalive <= AUTH_KEEPALIVE_MAX ? REFUSE_NOT : REFUSE_KEEPALIVE;
}

static enum refusal as_provisioning(struct lookup *lookup, const struct login *login, const char *id,
                                    const unsigned char *hash, struct identity *out)
{
    struct found_credential row;
    enum refusal refusal = compare(lookup_credential(lookup, LOOKUP_PROVISIONING, id, &row), &row, hash, login->now);
    if (refusal != REFUSE_NOT)
        return refusal;
    take_credential(out, ROLE_PROVISIONING, STAMP_KEY, id);
    return check_uuid(login, out);
}

static enum refusal as_device(struct lookup *lookup, const struct login *login, const char *id,
                              const unsigned char *hash, struct identity *out)
{
    struct found_credential row;
    enum refusal refusal = compare(lookup_credential(lookup, LOOKUP_API, id, &row), &row, hash, login->now);
    if (refusal == REFUSE_NOT || refusal == REFUSE_ENDED)
        take_credential(out, ROLE_DEVICE, STAMP_API, id);
    if (refusal == REFUSE_NOT && !names_uuid(out, row.uuid))
        return REFUSE_CLIENT_ID;
    if (refusal == REFUSE_NOT && strcmp(login->username, row.uuid) != 0)
        return REFUSE_CREDENTIAL;
    return refusal != REFUSE_NOT ? refusal : check_uuid(login, out);
}

/* An operator's client id is free, but it is not the uuid of a device: it would sit on the device's topics. */
static enum refusal check_operator_id(struct lookup *lookup, const struct login *login, const struct identity *out)
{
    if (!id_is_client(login->client_id, strlen(login->client_id)))
        return REFUSE_CLIENT_ID;
    switch (lookup_device(lookup, login->client_id, out->name_length)) {
    case FOUND:
        return REFUSE_CLIENT_ID;
    case FOUND_UNREADABLE:
        return REFUSE_UNREADABLE;
    case FOUND_NOTHING:
        break;
    }
    return REFUSE_NOT;
}

static enum refusal as_operator(struct lookup *lookup, const struct login *login, const char *id,
                                const unsigned char *hash, struct identity *out)
{
    struct found_credential row;
    enum refusal refusal = compare(lookup_credential(lookup, LOOKUP_OPERATOR, id, &row), &row, hash, login->now);
    if (refusal == REFUSE_NOT || refusal == REFUSE_ENDED)
        take_credential(out, ROLE_OPERATOR, STAMP_OPERATOR, id);
    memcpy(out->tenant, row.tenant, sizeof out->tenant);
    return refusal != REFUSE_NOT ? refusal : check_operator_id(lookup, login, out);
}

/* The service shows its secret on loopback, or beside a certificate of the authority. */
static enum refusal as_service(const struct auth_options *options, const struct login *login, struct identity *out)
{
    char id[LIMIT_KEY_ID + 1];
    unsigned char hash[SECRET_HASH] = {0};
    bool whole =
        login->username != NULL && login->password != NULL && secret_parse(SECRET_SERVICE, login->password, id, hash);
    bool right = secret_equal(hash, options->service_hash) && whole && strcmp(login->username, SERVICE_USER) == 0;
    if (!right || (login->peer == NULL && !auth_is_loopback(login->address)))
        return REFUSE_CREDENTIAL;
    take_credential(out, ROLE_SERVICE, STAMP_SERVICE, "");
    return REFUSE_NOT;
}

static enum refusal as_certificate(struct lookup *lookup, const struct login *login, struct identity *out)
{
    struct found_credential row;
    const struct peer *peer = login->peer;
    enum found found = lookup_credential(lookup, LOOKUP_CERTIFICATE, peer->certificate_id, &row);
    enum refusal refusal = compare(found, &row, peer->fingerprint, login->now);
    if (refusal == REFUSE_NOT || refusal == REFUSE_ENDED)
        take_credential(out, ROLE_DEVICE, STAMP_CERTIFICATE, peer->certificate_id);
    if (refusal == REFUSE_NOT && !names_uuid(out, row.uuid))
        return REFUSE_CLIENT_ID;
    return refusal != REFUSE_NOT ? refusal : check_uuid(login, out);
}

/* Which kind of credential a password is, and the user name that belongs to it (NULL: looked at later). */
static const struct kind {
    const char *prefix, *username;
    enum refusal (*login)(struct lookup *lookup, const struct login *login, const char *id, const unsigned char *hash,
                          struct identity *out);
} kinds[] = {
    {SECRET_PROVISIONING, PROVISION_USER, as_provisioning},
    {SECRET_OPERATOR, OPERATOR_USER, as_operator},
    {SECRET_API, NULL, as_device},
};

static enum refusal by_password(struct lookup *lookup, const struct login *login, struct identity *out)
{
    char id[LIMIT_KEY_ID + 1];
    unsigned char hash[SECRET_HASH];
    if (login->username == NULL || login->password == NULL)
        return REFUSE_CREDENTIAL;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const struct kind *kind = &kinds[i];
        if (!secret_parse(kind->prefix, login->password, id, hash))
            continue;
        if (kind->username != NULL && strcmp(login->username, kind->username) != 0)
            return REFUSE_CREDENTIAL;
        return kind->login(lookup, login, id, hash, out);
    }
    return REFUSE_CREDENTIAL;
}

enum refusal auth_login(struct lookup *lookup, const struct auth_options *options, const struct login *login,
                        struct identity *out)
{
    memset(out, 0, sizeof *out);
    snprintf(out->stamp.address, sizeof out->stamp.address, "%s", login->address);
    if (login->client_id == NULL || !id_is_connection(login->client_id, strlen(login->client_id)))
        return REFUSE_CLIENT_ID;
    memcpy(out->stamp.client_id, login->client_id, strlen(login->client_id) + 1);
    out->name_length = id_without_suffix(login->client_id, strlen(login->client_id));
    if (login->client_id[0] == SERVICE_ID_FIRST)
        return as_service(options, login, out);
    if (login->peer != NULL)
        return as_certificate(lookup, login, out);
    return by_password(lookup, login, out);
}

enum holds auth_still_holds(struct lookup *lookup, const struct identity *who, int64_t now)
{
    static const enum lookup_kind kind_of[STAMP_HOW_COUNT] = {[STAMP_KEY] = LOOKUP_PROVISIONING,
                                                              [STAMP_API] = LOOKUP_API,
                                                              [STAMP_CERTIFICATE] = LOOKUP_CERTIFICATE,
                                                              [STAMP_OPERATOR] = LOOKUP_OPERATOR};
    struct found_credential row;
    if (who->role == ROLE_SERVICE)
        return HOLDS;
    enum found found = lookup_credential(lookup, kind_of[who->stamp.how], who->stamp.credential, &row);
    if (found == FOUND_UNREADABLE)
        return HOLDS_PERHAPS;
    return found == FOUND && is_in_force(&row, now) ? HOLDS : HOLDS_NOT;
}
