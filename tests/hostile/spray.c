/* SPDX-License-Identifier: Apache-2.0
 *
 * A stranger who sends RTP to a whole range of ports and waits for sound to come back (E1, E2), or sends broken RTP and
 * RTCP (E5). One thread. Prints one JSON object at its end.
 */
#include <arpa/inet.h>
#include <glib.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BATCH = 64, PACKET_MAX = 1600, FRAME = 160, MARK = 0x2a };

struct spray {
    int fd;
    bool broken;
    struct in_addr server;
    uint16_t first, last, at;
    uint16_t seq;
    uint64_t state, sent, received;
    uint8_t packet[BATCH][PACKET_MAX];
    struct sockaddr_in to[BATCH];
};

static uint64_t next(struct spray *s)
{
    s->state ^= s->state << 13;
    s->state ^= s->state >> 7;
    s->state ^= s->state << 17;
    return s->state;
}

static double now_s(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* A perfect packet of PCMA whose sound is a mark that no phone of the tests ever says. */
static size_t write_good(struct spray *s, uint8_t *p)
{
    memset(p, 0, 12);
    p[0] = 0x80;
    p[1] = 8;
    p[2] = (uint8_t)(s->seq >> 8);
    p[3] = (uint8_t)s->seq++;
    p[11] = 0x66;
    memset(p + 12, MARK, FRAME);
    return 12 + FRAME;
}

/* RTP or RTCP with lies in it: counts, lengths, padding, extensions, types. */
static size_t write_broken(struct spray *s, uint8_t *p)
{
    size_t n = next(s) % 8 == 0 ? next(s) % PACKET_MAX : next(s) % 80;
    for (size_t i = 0; i < n; i++)
        p[i] = (uint8_t)next(s);
    if (n > 4 && next(s) % 8) {
        p[0] = (uint8_t)(0x80 | (next(s) & 0x3f));
        p[1] = (uint8_t)(next(s) % 2 ? 200 + next(s) % 8 : next(s) % 2 ? 8 : 101);
        if (next(s) % 2) {
            p[2] = 0;
            p[3] = (uint8_t)(n / 4 - next(s) % 2);
        }
    }
    return n;
}

static void send_batch(struct spray *s)
{
    struct mmsghdr m[BATCH] = {0};
    struct iovec iov[BATCH];
    for (unsigned i = 0; i < BATCH; i++) {
        size_t n = s->broken ? write_broken(s, s->packet[i]) : write_good(s, s->packet[i]);
        iov[i] = (struct iovec){s->packet[i], n};
        s->to[i] = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr = s->server, .sin_port = htons(s->at)};
        s->at = s->at >= s->last ? s->first : (uint16_t)(s->at + 1);
        m[i].msg_hdr =
            (struct msghdr){.msg_name = &s->to[i], .msg_namelen = sizeof s->to[i], .msg_iov = &iov[i], .msg_iovlen = 1};
    }
    int n = sendmmsg(s->fd, m, BATCH, 0);
    s->sent += n > 0 ? (unsigned)n : 0;
}

static void take_answers(struct spray *s)
{
    char bytes[PACKET_MAX];
    ssize_t n;
    do {
        n = recv(s->fd, bytes, sizeof bytes, MSG_DONTWAIT);
        s->received += n > 0;
    } while (n >= 0);
}

static void run(struct spray *s, double seconds, double rate)
{
    double begun = now_s();
    for (double now = begun; now < begun + seconds; now = now_s()) {
        if (rate > 0 && (double)s->sent > (now - begun) * rate) {
            (void)usleep(500);
            continue;
        }
        send_batch(s);
        take_answers(s);
    }
}

int main(int argc, char **argv)
{
    if (argc != 9) {
        (void)fprintf(stderr, "usage: %s HOST FIRST LAST FROM FROM_PORT good|broken SECONDS RATE\n", argv[0]);
        return EXIT_FAILURE;
    }
    struct spray *s = g_new0(struct spray, 1);
    struct sockaddr_in from = {.sin_family = AF_INET, .sin_port = htons((uint16_t)strtoul(argv[5], NULL, 10))};
    s->first = s->at = (uint16_t)strtoul(argv[2], NULL, 10);
    s->last = (uint16_t)strtoul(argv[3], NULL, 10);
    s->broken = strcmp(argv[6], "broken") == 0;
    s->state = 88172645463325252ULL ^ (uint64_t)getpid();
    s->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (inet_pton(AF_INET, argv[1], &s->server) != 1 || inet_pton(AF_INET, argv[4], &from.sin_addr) != 1 || s->fd < 0 ||
        bind(s->fd, (struct sockaddr *)&from, sizeof from) < 0)
        return EXIT_FAILURE;
    run(s, strtod(argv[7], NULL), strtod(argv[8], NULL));
    (void)usleep(300000);
    take_answers(s);
    printf("{\"sent\": %llu, \"received\": %llu}\n", (unsigned long long)s->sent, (unsigned long long)s->received);
    (void)close(s->fd);
    g_free(s);
    return EXIT_SUCCESS;
}
