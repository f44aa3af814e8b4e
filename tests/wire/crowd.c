#include "tests/wire/crowd.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define EVENTS 256

double crowd_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* What is not read is not sent: little waits in the kernel, and a socket that is closed forgets it. */
static void keep_short(int fd)
{
    static const struct linger forget = {1, 0};
    static const int one = 1, octets = 8192;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &octets, sizeof octets);
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &forget, sizeof forget);
}

/* Every connection from another address of loopback: no address runs out of ports. */
static int open_socket(const struct crowd *crowd, size_t number)
{
    struct sockaddr_in here = {.sin_family = AF_INET}, there = here;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1;
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK + (uint32_t)(number % 200));
    there.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    there.sin_port = htons((uint16_t)crowd->port);
    if (fd < 0)
        return -1;
    keep_short(fd);
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
    if (bind(fd, (struct sockaddr *)&here, sizeof here) == 0 &&
        (connect(fd, (struct sockaddr *)&there, sizeof there) == 0 || errno == EINPROGRESS))
        return fd;
    close(fd);
    return -1;
}

static void watch(const struct crowd *crowd, struct member *member, int how, bool write)
{
    struct epoll_event event = {.events = EPOLLIN | (write ? EPOLLOUT : 0U), .data.ptr = member};
    epoll_ctl(crowd->epoll, how, member->fd, &event);
}

static void begin(struct crowd *crowd, struct member *member)
{
    member->fd = -1;
    if (crowd->begun == crowd->total)
        return;
    member->number = crowd->begun++;
    member->leaving = false;
    member->written = member->out.length = member->in_length = member->left = 0;
    member->fd = open_socket(crowd, member->number);
    crowd->open += member->fd >= 0;
    if (member->fd < 0) {
        crowd->rules->lost(crowd, member);
        return;
    }
    crowd->rules->hello(crowd, member);
    watch(crowd, member, EPOLL_CTL_ADD, true);
}

static void end(struct crowd *crowd, struct member *member)
{
    close(member->fd);
    crowd->open--;
    if (!member->leaving)
        crowd->rules->lost(crowd, member);
    begin(crowd, member);
}

static void write_out(struct crowd *crowd, struct member *member)
{
    for (;;) {
        if (member->written == member->out.length) {
            member->written = member->out.length = 0;
            if (!member->leaving && crowd->rules->more != NULL)
                crowd->rules->more(crowd, member);
            if (member->out.length == 0)
                break;
        }
        ssize_t sent =
            send(member->fd, member->out.at + member->written, member->out.length - member->written, MSG_NOSIGNAL);
        if (sent < 0 && errno == EAGAIN) {
            watch(crowd, member, EPOLL_CTL_MOD, true);
            return;
        }
        if (sent < 0) {
            end(crowd, member);
            return;
        }
        member->written += (size_t)sent;
    }
    watch(crowd, member, EPOLL_CTL_MOD, false);
}

static void read_in(struct crowd *crowd, struct member *member)
{
    ssize_t got = recv(member->fd, member->in + member->in_length, crowd->in_size - member->in_length, 0);
    if (got <= 0) {
        if (got == 0 || errno != EAGAIN)
            end(crowd, member);
        return;
    }
    struct wire_packet packet;
    size_t size, at = 0;
    member->in_length += (size_t)got;
    while ((size = wire_next(member->in + at, member->in_length - at, &packet)) > 0) {
        crowd->rules->heard(crowd, member, &packet);
        at += size;
    }
    memmove(member->in, member->in + at, member->in_length - at);
    member->in_length -= at;
    if (member->out.length > member->written)
        write_out(crowd, member);
}

bool crowd_open(struct crowd *crowd)
{
    crowd->epoll = epoll_create1(0);
    crowd->members = calloc(crowd->count, sizeof *crowd->members);
    if (crowd->epoll < 0 || crowd->members == NULL)
        return false;
    for (size_t i = 0; i < crowd->count; i++) {
        struct member *member = &crowd->members[i];
        member->out = (struct wire){malloc(crowd->out_size), 0, crowd->out_size};
        member->in = malloc(crowd->in_size);
        if (member->out.at == NULL || member->in == NULL)
            return false;
        begin(crowd, member);
    }
    return true;
}

bool crowd_turn(struct crowd *crowd, int ms)
{
    struct epoll_event events[EVENTS];
    int count = crowd->open > 0 ? epoll_wait(crowd->epoll, events, EVENTS, ms) : 0;
    for (int i = 0; i < count; i++) {
        struct member *member = events[i].data.ptr;
        if ((events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0)
            read_in(crowd, member);
        else
            write_out(crowd, member);
    }
    return crowd->open > 0;
}

void crowd_wake(struct crowd *crowd)
{
    for (size_t i = 0; i < crowd->count; i++)
        if (crowd->members[i].fd >= 0 && crowd->members[i].out.length == crowd->members[i].written)
            write_out(crowd, &crowd->members[i]);
}

void crowd_close(struct crowd *crowd)
{
    for (size_t i = 0; crowd->members != NULL && i < crowd->count; i++) {
        if (crowd->members[i].fd >= 0)
            close(crowd->members[i].fd);
        free(crowd->members[i].out.at);
        free(crowd->members[i].in);
    }
    free(crowd->members);
    close(crowd->epoll);
}

void crowd_hang_up(struct member *member)
{
    member->leaving = true;
    shutdown(member->fd, SHUT_RDWR);
}
