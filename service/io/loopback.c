#include "service/io/loopback.h"

#include "service/io/listeners.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_loopback(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET)
        return (ntohl(((const struct sockaddr_in *)(const void *)address)->sin_addr.s_addr) >> 24) == 127;
    const struct in6_addr *six = &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
    return IN6_IS_ADDR_LOOPBACK(six) || (IN6_IS_ADDR_V4MAPPED(six) && six->s6_addr[12] == 127);
}

static bool resolves_to_loopback(const char *host, char *error, size_t error_size)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found = NULL;
    if (getaddrinfo(host, NULL, &hints, &found) != 0) {
        snprintf(error, error_size, "the broker's name %s cannot be resolved", host);
        return false;
    }
    bool loopback = true;
    for (const struct addrinfo *at = found; at != NULL; at = at->ai_next)
        loopback = loopback && is_loopback(at->ai_addr);
    freeaddrinfo(found);
    if (!loopback)
        snprintf(error, error_size, "the broker %s is not on loopback", host);
    return loopback;
}

/* The port itself: is anyone there, and for whom? */
static enum loopback look_at_port(const struct listeners *listeners, int port, bool *used, char *why, size_t why_size)
{
    *used = false;
    for (int i = 0; i < listeners->count; i++) {
        if (listeners->at[i].port != port)
            continue;
        *used = true;
        if (!listeners->at[i].loopback) {
            snprintf(why, why_size, "port %d is open to other machines, not on loopback only", port);
            return LOOPBACK_NOT;
        }
    }
    return LOOPBACK_ONLY;
}

/* What else the process listens on that holds the port. */
static enum loopback look_beside(struct listeners *listeners, int port, char *why, size_t why_size)
{
    int exposed = 0;
    bool seen = listeners_beside(listeners, port, &exposed);
    if (exposed != 0) {
        snprintf(why, why_size,
                 "the broker on port %d also listens on port %d, which is open to other machines, not on loopback only",
                 port, exposed);
        return LOOPBACK_NOT;
    }
    if (seen)
        return LOOPBACK_ONLY;
    snprintf(why, why_size, "cannot see what else the broker listens on: port %d is held by a process of another user",
             port);
    return LOOPBACK_UNSURE;
}

enum loopback loopback_look(const char *host, int port, char *why, size_t why_size)
{
    struct listeners listeners;
    bool used = false;
    if (!resolves_to_loopback(host, why, why_size))
        return LOOPBACK_NOT;
    if (port == 0)
        return LOOPBACK_ONLY;
    if (!listeners_read(&listeners)) {
        snprintf(why, why_size, "cannot read in /proc/net/tcp and tcp6 who listens on port %d", port);
        return LOOPBACK_NOT;
    }
    enum loopback found = look_at_port(&listeners, port, &used, why, why_size);
    return found == LOOPBACK_ONLY && used ? look_beside(&listeners, port, why, why_size) : found;
}

/* A user of this name or number; false when there is none. */
static bool find_user(const char *text, unsigned *user)
{
    char *end = NULL;
    const struct passwd *found = getpwnam(text);
    unsigned long number = strtoul(text, &end, 10);
    *user = found != NULL ? (unsigned)found->pw_uid : (unsigned)number;
    return found != NULL || (end != text && *end == '\0');
}

/* Who may hold the port. */
struct trusted {
    unsigned users[4];
    size_t count;
};

static struct trusted trust(const char *user, const char *secret_file)
{
    struct trusted trusted = {.users = {0, (unsigned)geteuid()}, .count = 2};
    struct stat st;
    if (find_user(user, &trusted.users[trusted.count]))
        trusted.count++;
    if (stat(secret_file, &st) == 0)
        trusted.users[trusted.count++] = (unsigned)st.st_uid;
    return trusted;
}

/* An address as /proc/net/tcp prints it. */
static void print_address(const struct sockaddr *address, char out[33])
{
    if (address->sa_family == AF_INET) {
        snprintf(out, 33, "%08X", (unsigned)((const struct sockaddr_in *)(const void *)address)->sin_addr.s_addr);
        return;
    }
    const struct in6_addr *six = &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
    uint32_t words[4];
    memcpy(words, six, sizeof words);
    snprintf(out, 33, "%08X%08X%08X%08X", words[0], words[1], words[2], words[3]);
}

/* Whether a listener takes a connection to this address: it has it, it has every one, or it is its IPv6 form. */
static bool takes(const struct listener *listener, const char *address)
{
    static const char mapped[] = "0000000000000000FFFF0000";
    const char *own = listener->address;
    return strspn(own, "0") == strlen(own) || strcmp(own, address) == 0 ||
           (strncmp(own, mapped, sizeof mapped - 1) == 0 && strcmp(own + sizeof mapped - 1, address) == 0);
}

/* The user of a listener who would hear it and is not trusted. */
static bool find_stranger(const struct listeners *listeners, int port, const char *address,
                          const struct trusted *trusted, unsigned *stranger)
{
    for (int i = 0; i < listeners->count; i++) {
        const struct listener *at = &listeners->at[i];
        bool known = at->port != port || !takes(at, address);
        for (size_t j = 0; j < trusted->count; j++)
            known = known || at->user == trusted->users[j];
        *stranger = at->user;
        if (!known)
            return true;
    }
    return false;
}

bool loopback_is_held_by(const char *host, int port, const char *user, const char *secret_file, char *why,
                         size_t why_size)
{
    struct listeners listeners;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found = NULL;
    const struct trusted trusted = trust(user, secret_file);
    unsigned stranger = 0;
    bool held = true;
    if (!resolves_to_loopback(host, why, why_size) || getaddrinfo(host, NULL, &hints, &found) != 0)
        return false;
    if (!listeners_read(&listeners)) {
        snprintf(why, why_size, "cannot read in /proc/net/tcp and tcp6 who listens on port %d", port);
        held = false;
    }
    for (const struct addrinfo *at = found; held && at != NULL; at = at->ai_next) {
        char address[33];
        print_address(at->ai_addr, address);
        held = !find_stranger(&listeners, port, address, &trusted, &stranger);
        if (!held)
            snprintf(why, why_size, "port %d is held by a process of user %u, who is neither root nor %s", port,
                     stranger, user);
    }
    freeaddrinfo(found);
    return held;
}
