#include "service/io/loopback.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>

#define TCP_LISTEN 0x0a /* as in /proc/net/tcp */

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

/* The kernel prints an address as words of four octets in the machine's order. */
static bool is_loopback_text(const char *hex)
{
    static const char mapped[] = "0000000000000000FFFF0000"; /* ::ffff:0:0/96 */
    size_t skip = strncmp(hex, mapped, sizeof mapped - 1) == 0 ? sizeof mapped - 1 : 0;
    return strcmp(hex, "00000000000000000000000001000000") == 0 ||
           (strlen(hex + skip) == 8 && strcmp(hex + skip + 6, "7F") == 0);
}

/* `missing` is what it means that there is no such file. */
static bool listens_elsewhere(const char *path, int port, bool missing)
{
    char line[512], address[64];
    unsigned local_port = 0, state = 0;
    bool found = false;
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return missing;
    while (!found && fgets(line, sizeof line, file) != NULL)
        found = sscanf(line, " %*d: %63[0-9A-F]:%x %*[0-9A-F]:%*x %x", address, &local_port, &state) == 3 &&
                state == TCP_LISTEN && local_port == (unsigned)port && !is_loopback_text(address);
    fclose(file);
    return found;
}

bool loopback_only(const char *host, int port, char *error, size_t error_size)
{
    if (!resolves_to_loopback(host, error, error_size))
        return false;
    if (listens_elsewhere("/proc/net/tcp", port, true) || listens_elsewhere("/proc/net/tcp6", port, false)) {
        snprintf(error, error_size, "port %d is open to other machines, not on loopback only", port);
        return false;
    }
    return true;
}
