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

/* In a prefix, %n is the client id without its suffix (the uuid), %c the whole client id, and %t the tenant with a
 * slash, or nothing for an operator of all tenants. */
static const struct rule {
    unsigned roles, actions;
    const char *prefix;
    enum rest rest;
} rules[] = {
    {BIT(ROLE_SERVICE), ACL_PUBLISH | ACL_SUBSCRIBE | ACL_RECEIVE, "muster/v1/", REST_ANYTHING},
    {BIT(ROLE_SERVICE), ACL_PUBLISH, "$CONTROL/muster/", REST_ANYTHING},
    {BIT(ROLE_DEVICE), ACL_PUBLISH, "muster/v1/device/%n/", REST_OPERATION},
    {BIT(ROLE_DEVICE), ACL_RECEIVE, "muster/v1/device/%n/", REST_ANSWER},
    {BIT(ROLE_DEVICE) | BIT(ROLE_PROVISIONING), ACL_SUBSCRIBE, "muster/v1/device/%n/", REST_ANYTHING},
    {BIT(ROLE_PROVISIONING), ACL_PUBLISH, "muster/v1/device/%n/", REST_ENROLMENT},
    {BIT(ROLE_OPERATOR), ACL_PUBLISH, "muster/v1/admin/%c/", REST_NOUN_VERB},
    {BIT(ROLE_OPERATOR), ACL_SUBSCRIBE, "muster/v1/admin/%c/", REST_ANYTHING},
    {BIT(ROLE_OPERATOR), ACL_SUBSCRIBE | ACL_RECEIVE, "muster/v1/event/%t", REST_ANYTHING},
    {BIT(ROLE_OPERATOR), ACL_SUBSCRIBE | ACL_RECEIVE, "muster/v1/status/%t", REST_ANYTHING},
    {BIT(ROLE_OPERATOR), ACL_SUBSCRIBE | ACL_RECEIVE, "muster/v1/service/state", REST_NOTHING},
};

static const char *skip(const char *topic, const char *text, size_t length)
{
    return topic != NULL && strncmp(topic, text, length) == 0 ? topic + length : NULL;
}

static const char *skip_tenant(const char *topic, const char *tenant)
{
    return tenant[0] != '\0' ? skip(skip(topic, tenant, strlen(tenant)), "/", 1) : topic;
}

/* What follows the prefix in a topic; NULL when it does not begin so. */
static const char *behind_prefix(const char *topic, const char *prefix, const struct identity *who)
{
    const char *client_id = who->stamp.client_id;
    for (const char *at = prefix; topic != NULL && *at != '\0'; at++) {
        if (*at != '%')
            topic = *topic == *at ? topic + 1 : NULL;
        else if (*++at == 't')
            topic = skip_tenant(topic, who->tenant);
        else
            topic = skip(topic, client_id, *at == 'n' ? who->name_length : strlen(client_id));
    }
    return topic;
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
        if ((rule->roles & BIT(who->role)) == 0 || (rule->actions & action) == 0)
            continue;
        const char *rest = behind_prefix(topic, rule->prefix, who);
        if (rest != NULL && fits(rule->rest, rest))
            return true;
    }
    return false;
}

bool acl_is_own_will(const struct identity *who, const char *topic)
{
    const char *rest = who->role == ROLE_DEVICE ? behind_prefix(topic, "muster/v1/device/%n/", who) : NULL;
    return rest != NULL && strcmp(rest, "will") == 0;
}
