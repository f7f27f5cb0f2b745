/* SPDX-License-Identifier: Apache-2.0
 *
 * A flood of SIP messages by UDP from one or many loopback addresses, as fast as the machine goes or at a rate, and the
 * count of what comes back (D2, D3, D7). One thread. Prints one JSON object at its end.
 */
#include "flood.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BATCH = 32, SOURCES_MAX = 1000, EMPTY_EVERY = 8 };

struct source {
    int fd;
    char host[INET_ADDRSTRLEN];
    uint16_t port;
};

struct flood {
    struct flood_text text;
    struct sockaddr_in server;
    struct source source[SOURCES_MAX];
    unsigned n_sources;
    uint64_t sent, sent_bytes, received, received_bytes;
    char bytes[BATCH][FLOOD_MESSAGE_MAX];
};

static double now_s(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static bool open_source(struct flood *f, unsigned i)
{
    struct source *s = &f->source[i];
    /* 127.100.0.1 and on: nobody legitimate sends from there. */
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f640001u + i)};
    socklen_t n = sizeof a;
    s->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (s->fd < 0 || bind(s->fd, (struct sockaddr *)&a, n) < 0 || getsockname(s->fd, (struct sockaddr *)&a, &n) < 0 ||
        connect(s->fd, (struct sockaddr *)&f->server, sizeof f->server) < 0)
        return false;
    s->port = ntohs(a.sin_port);
    return inet_ntop(AF_INET, &a.sin_addr, s->host, sizeof s->host) != NULL;
}

static void send_batch(struct flood *f, const struct source *s)
{
    struct mmsghdr m[BATCH] = {0};
    struct iovec iov[BATCH];
    for (unsigned i = 0; i < BATCH; i++) {
        iov[i] = (struct iovec){f->bytes[i], flood_text_write(&f->text, s->host, s->port, f->bytes[i])};
        m[i].msg_hdr = (struct msghdr){.msg_iov = &iov[i], .msg_iovlen = 1};
    }
    int n = sendmmsg(s->fd, m, BATCH, 0);
    for (int i = 0; i < n; i++)
        f->sent_bytes += iov[i].iov_len;
    f->sent += n > 0 ? (unsigned)n : 0;
}

static void take_answers(struct flood *f, const struct source *s)
{
    char bytes[4096];
    for (ssize_t n; (n = recv(s->fd, bytes, sizeof bytes, MSG_DONTWAIT)) >= 0;) {
        f->received++;
        f->received_bytes += (uint64_t)n;
    }
}

static void wait_s(double s)
{
    (void)nanosleep(&(struct timespec){(time_t)s, (long)((s - (double)(time_t)s) * 1e9)}, NULL);
}

static void run(struct flood *f, double seconds, double rate)
{
    double begun = now_s(), now = begun;
    for (unsigned turn = 0; now < begun + seconds; turn++, now = now_s()) {
        if (rate > 0 && (double)f->sent > (now - begun) * rate) {
            wait_s(0.001);
            continue;
        }
        const struct source *s = &f->source[turn % f->n_sources];
        send_batch(f, s);
        if (turn / f->n_sources % EMPTY_EVERY == 0)
            take_answers(f, s);
    }
    wait_s(0.5);
    for (unsigned i = 0; i < f->n_sources; i++)
        take_answers(f, &f->source[i]);
}

int main(int argc, char **argv)
{
    if (argc != 7) {
        (void)fprintf(stderr, "usage: %s HOST PORT KIND SOURCES SECONDS RATE\n", argv[0]);
        return EXIT_FAILURE;
    }
    struct flood *f = g_new0(struct flood, 1);
    f->text = (struct flood_text){.kind = argv[3], .host = argv[1], .state = 88172645463325252ULL ^ (uint64_t)getpid()};
    f->server = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)strtoul(argv[2], NULL, 10))};
    f->n_sources = (unsigned)CLAMP(strtoul(argv[4], NULL, 10), 1, SOURCES_MAX);
    if (inet_pton(AF_INET, argv[1], &f->server.sin_addr) != 1)
        return EXIT_FAILURE;
    for (unsigned i = 0; i < f->n_sources; i++) {
        if (!open_source(f, i)) {
            perror("a source cannot be opened");
            return EXIT_FAILURE;
        }
    }
    flood_text_open(&f->text);
    run(f, strtod(argv[5], NULL), strtod(argv[6], NULL));
    printf("{\"sent\": %llu, \"sent_bytes\": %llu, \"received\": %llu, \"received_bytes\": %llu}\n",
           (unsigned long long)f->sent, (unsigned long long)f->sent_bytes, (unsigned long long)f->received,
           (unsigned long long)f->received_bytes);
    flood_text_close(&f->text);
    g_free(f);
    return EXIT_SUCCESS;
}
