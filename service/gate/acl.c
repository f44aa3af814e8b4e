#include "service/gate/acl.h"

#include "topics/id.h"

#include <string.h>

/* What may follow the prefix of a rule. */
enum rest {
    REST_ANYTHING,
    REST_NOTHING,
    REST_ANSWER,    /* what is no request */
    REST_OPERATION, /* one word; `will` is the broker's and `reply` the service's to publish */
    REST_ENROLMENT, /* register or provision */
    REST_NOUN_VERB,
};

#define BIT(role) (1u << (role))

/* Whose level follows the text of a rule. */
enum own {
    OWN_NOTHING,
    OWN_NAME,   /* the client id without its suffix: the uuid */
    OWN_CLIENT, /* the whole client id */
    OWN_TENANT, /* an operator of all tenants has any */
};

#define TEXT(literal) literal, sizeof literal - 1

static const struct rule {
    unsigned roles, actions;
    const char *text;
    size_t length;
    enum own own;
    enum rest rest;
} rules[] = {
    {BIT(ROLE_SERVICE), ACL_PUBLISH | ACL_SUBSCRIBE | ACL_RECEIVE, TEXT("muster/v1/"), OWN_NOTHING, REST_ANYTHING},
    {BIT(ROLE_SERVICE), ACL_PUBLISH, TEXT("$CONTROL/muster/"), OWN_NOTHING, REST_ANYTHING},
    {BIT(ROLE_DEVICE), ACL_PUBLISH, TEXT("muster/v1/device/"), OWN_NAME, REST_OPERATION},
    {BIT(ROLE_DEVICE), ACL_RECEIVE, TEXT("muster/v1/device/"), OWN_NAME, REST_ANSWER},
    {BIT(ROLE_DEVICE) | BIT(ROLE_PROVISIONING), ACL_SUBSCRIBE, TEXT("muster/v1/device/"), OWN_NAME, REST_ANYTHING},
    {BIT(ROLE_PROVISIONING), ACL_PUBLISH, TEXT("muster/v1/device/"), OWN_NAME, REST_ENROLMENT},
    {BIT(ROLE_OPERATOR), ACL_PUBLISH, TEXT("muster/v1/admin/"), OWN_CLIENT, REST_NOUN_VERB},
    {BIT(ROLE_OPERATOR), ACL_SUBSCRIBE, TEXT("muster/v1/admin/"), OWN_CLIENT, REST_ANYTHING},
    {BIT(ROLE_OPERATOR), ACL_SUBSCRIBE | ACL_RECEIVE, TEXT("muster/v1/event/"), OWN_TENANT, REST_ANYTHING},
    {BIT(ROLE_OPERATOR), ACL_SUBSCRIBE | ACL_RECEIVE, TEXT("muster/v1/status/"), OWN_TENANT, REST_ANYTHING},
    {BIT(ROLE_OPERATOR), ACL_SUBSCRIBE | ACL_RECEIVE, TEXT("muster/v1/ca/"), OWN_NOTHING, REST_ANYTHING},
    {BIT(ROLE_OPERATOR), ACL_SUBSCRIBE | ACL_RECEIVE, TEXT("muster/v1/service/state"), OWN_NOTHING, REST_NOTHING},
};

/* What follows a level of this text and its slash; NULL when there is another. */
static const char *behind_level(const char *topic, const char *text, size_t length)
{
    return strncmp(topic, text, length) == 0 && topic[length] == '/' ? topic + length + 1 : NULL;
}

static const char *behind_own(const char *topic, enum own own, const struct identity *who)
{
    const char *client_id = who->stamp.client_id;
    switch (own) {
    case OWN_NOTHING:
        return topic;
    case OWN_NAME:
        return behind_level(topic, client_id, who->name_length);
    case OWN_CLIENT:
        return behind_level(topic, client_id, strlen(client_id));
    case OWN_TENANT:
        return who->tenant[0] == '\0' ? topic : behind_level(topic, who->tenant, strlen(who->tenant));
    }
    return NULL;
}

static bool is_noun_verb(const char *rest)
{
    const char *slash = strchr(rest, '/');
    return slash != NULL && id_is_word(rest, (size_t)(slash - rest)) && id_is_word(slash + 1, strlen(slash + 1));
}

static bool fits(enum rest kind, const char *rest)
{
    switch (kind) {
    case REST_ANYTHING:
        return true;
    case REST_NOTHING:
        return rest[0] == '\0';
    case REST_ANSWER: /* requests may be of somebody who only claims to be this device */
        return strchr(rest, '/') != NULL || strcmp(rest, "reply") == 0;
    case REST_OPERATION:
        return id_is_word(rest, strlen(rest)) && strcmp(rest, "will") != 0 && strcmp(rest, "reply") != 0;
    case REST_ENROLMENT:
        return strcmp(rest, "register") == 0 || strcmp(rest, "provision") == 0;
    case REST_NOUN_VERB:
        return is_noun_verb(rest);
    }
    return false;
}

bool acl_allows(const struct identity *who, unsigned action, const char *topic, bool retain)
{
    if (action == ACL_PUBLISH && retain && who->role != ROLE_SERVICE)
        return false;
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        const struct rule *rule = &rules[i];
        if ((rule->roles & BIT(who->role)) == 0 || (rule->actions & action) == 0 ||
            strncmp(topic, rule->text, rule->length) != 0)
            continue;
        const char *rest = behind_own(topic + rule->length, rule->own, who);
        if (rest != NULL && fits(rule->rest, rest))
            return true;
    }
    return false;
}

bool acl_is_own_will(const struct identity *who, const char *topic)
{
    static const char text[] = "muster/v1/device/";
    if (who->role != ROLE_DEVICE || strncmp(topic, text, sizeof text - 1) != 0)
        return false;
    const char *rest = behind_own(topic + sizeof text - 1, OWN_NAME, who);
    return rest != NULL && strcmp(rest, "will") == 0;
}
