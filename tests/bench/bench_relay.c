/* SPDX-License-Identifier: Apache-2.0
 *
 * What one relayed RTP packet costs: N calls, 50 packets a second each way, through the engine; beside it, in the same
 * run and with the same pattern, the machine's floors: a bare epoll loop with one recv and one send, and a batched
 * echo. CPU is that of the measured threads only. With a suite (1 to 4, enum media_suite) both legs of the engine's
 * calls have SRTP by it, and the library alone is measured beside. Usage: bench_relay [calls [seconds [workers
 * [suite]]]]
 *
 *     generator thread --(2N sockets)--> engine or floor --> back to the generator, which measures the delay
 */
#include "media/bytes_priv.h"
#include "media/engine.h"
#include "media/rtp_priv.h"
#include "media/srtp_session_priv.h"
#include "sys/clock.h"
#include "sys/loop.h"
#include "sys/random.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

enum { CALLS_MAX = 2000, PACKET_BYTES = RTP_HEADER_BYTES + 160, BATCH = 32, SAMPLES_MAX = 4000000, PERIOD_US = 20000 };

static unsigned n_calls = 400, n_seconds = 5, n_workers = 1, suite = SUITE_NONE;

/* --- generator -------------------------------------------------------------------------------------------------- */

struct leg {
    int fd;
    struct net_addr addr; /* ours */
    struct srtp_session *srtp;
    uint16_t seq;
};
struct generator {
    struct leg leg[2 * CALLS_MAX];
    uint64_t sent, heard;
    uint32_t *delay_us;
    size_t n_delays;
    atomic_bool stop;
};

static int socket_at_loopback(struct net_addr *ret)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct sockaddr_in s = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t bytes = sizeof s;
    if (fd < 0 || bind(fd, (struct sockaddr *)&s, bytes) < 0 || getsockname(fd, (struct sockaddr *)&s, &bytes) < 0)
        g_error("no socket: %s", g_strerror(errno));
    *ret = (struct net_addr){.ip = {127, 0, 0, 1}, .port = ntohs(s.sin_port), .family = NET_IP4};
    return fd;
}

static void connect_to(int fd, const struct net_addr *to)
{
    struct sockaddr_in s = {.sin_family = AF_INET, .sin_port = htons(to->port)};
    memcpy(&s.sin_addr, to->ip, 4);
    if (connect(fd, (struct sockaddr *)&s, sizeof s) < 0)
        g_error("connect: %s", g_strerror(errno));
}

static void say(struct generator *g, struct leg *l)
{
    _Alignas(4) uint8_t packet[PACKET_BYTES + SRTP_TRAILER_BYTES] = {0};
    size_t bytes = PACKET_BYTES;
    struct rtp p = {.payload = packet + RTP_HEADER_BYTES, .pt = 8, .seq = ++l->seq, .ssrc = (uint32_t)l->fd};
    p.ts = l->seq * 160u;
    int64_t now_us = clock_monotonic_us();
    memcpy(p.payload, &now_us, sizeof now_us);
    (void)rtp_write_header(&p);
    if (l->srtp && !srtp_session_seal_rtp(l->srtp, packet, &bytes, now_us))
        return;
    if (send(l->fd, packet, bytes, 0) == (ssize_t)bytes)
        g->sent++;
}

static void listen_all(struct generator *g, int epoll_fd, int64_t until_us)
{
    struct epoll_event ev[64];
    for (;;) {
        int64_t left_us = until_us - clock_monotonic_us();
        int n = epoll_wait(epoll_fd, ev, 64, left_us > 1000 ? (int)(left_us / 1000) : 0);
        int64_t now_us = clock_monotonic_us();
        for (int i = 0; i < n; i++) {
            struct leg *l = ev[i].data.ptr;
            _Alignas(4) uint8_t packet[RTP_BUFFER_BYTES];
            ssize_t got = recv(l->fd, packet, sizeof packet, 0);
            size_t bytes = got < 0 ? 0 : (size_t)got;
            if ((l->srtp && !srtp_session_open_rtp(l->srtp, packet, &bytes, now_us)) || bytes != PACKET_BYTES)
                continue;
            int64_t then_us;
            memcpy(&then_us, packet + RTP_HEADER_BYTES, sizeof then_us);
            g->heard++;
            if (g->n_delays < SAMPLES_MAX)
                g->delay_us[g->n_delays++] = (uint32_t)(now_us - then_us);
        }
        if (now_us >= until_us)
            return;
    }
}

/* Each leg speaks every 20 ms; legs are spread over it as calls of the world are. */
static void *generate(void *arg)
{
    struct generator *g = arg;
    unsigned n = 2 * n_calls;
    int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    for (unsigned i = 0; i < n; i++) {
        struct epoll_event ev = {.events = EPOLLIN, .data.ptr = &g->leg[i]};
        (void)epoll_ctl(epoll_fd, EPOLL_CTL_ADD, g->leg[i].fd, &ev);
    }
    int64_t start_us = clock_monotonic_us();
    for (uint64_t k = 0; !atomic_load(&g->stop); k++) {
        int64_t due_us = start_us + (int64_t)(k * PERIOD_US / n);
        if (due_us > clock_monotonic_us() || k % 8 == 0)
            listen_all(g, epoll_fd, due_us);
        say(g, &g->leg[(k * 7) % n]);
    }
    listen_all(g, epoll_fd, clock_monotonic_us() + 50000);
    close(epoll_fd);
    return NULL;
}

static int by_value(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

/* --- measured --------------------------------------------------------------------------------------------------- */

/* CPU of all threads of this process whose name begins so, in us. */
static int64_t threads_cpu_us(const char *prefix)
{
    int64_t sum_ns = 0;
    DIR *d = opendir("/proc/self/task");
    for (struct dirent *e; d && (e = readdir(d));) {
        char path[300], name[32] = "";
        unsigned long long run_ns = 0;
        (void)snprintf(path, sizeof path, "/proc/self/task/%s/comm", e->d_name);
        FILE *f = fopen(path, "re");
        if (!f)
            continue;
        if (!fgets(name, sizeof name, f))
            name[0] = 0;
        fclose(f);
        if (!g_str_has_prefix(name, prefix))
            continue;
        (void)snprintf(path, sizeof path, "/proc/self/task/%s/schedstat", e->d_name);
        f = fopen(path, "re");
        if (f && fscanf(f, "%llu", &run_ns) == 1)
            sum_ns += (int64_t)run_ns;
        if (f)
            fclose(f);
    }
    if (d)
        closedir(d);
    return sum_ns / 1000;
}

static void generate_and_report(struct generator *g, const char *what, const char *threads,
                                void (*turn)(int ms, void *arg), void *arg)
{
    pthread_t thread;
    g->sent = g->heard = g->n_delays = 0;
    atomic_store(&g->stop, false);
    pthread_create(&thread, NULL, generate, g);
    pthread_setname_np(thread, "generator");
    turn(1600, arg); /* settled: addresses are confirmed, caches warm */
    int64_t before_us = threads_cpu_us(threads);
    uint64_t heard = g->heard;
    turn((int)n_seconds * 1000, arg);
    int64_t cpu_us = threads_cpu_us(threads) - before_us;
    heard = g->heard - heard; /* another thread's count, read unlocked: near enough */
    atomic_store(&g->stop, true);
    pthread_join(thread, NULL);
    qsort(g->delay_us, g->n_delays, sizeof g->delay_us[0], by_value);
    printf("%-28s %8.0f %9.2f %9.2f %9u %9u %8.3f\n", what, (double)heard / n_seconds,
           heard ? (double)cpu_us / (double)heard : 0, 100.0 * (double)cpu_us / (n_seconds * 1e6),
           g->n_delays ? g->delay_us[g->n_delays / 2] : 0, g->n_delays ? g->delay_us[g->n_delays * 99 / 100] : 0,
           100.0 * (double)(g->sent - g->heard) / (double)(g->sent ? g->sent : 1));
}

/* --- engine ----------------------------------------------------------------------------------------------------- */

struct bed {
    struct loop *loop;
    struct timer stop;
};

static void on_stop(void *arg)
{
    struct bed *b = arg;
    loop_stop(b->loop);
}

static void turn_loop(int ms, void *arg)
{
    struct bed *b = arg;
    timers_set_now(loop_timers(b->loop), clock_monotonic_us(), clock_wall_us());
    timer_start(loop_timers(b->loop), &b->stop, (int64_t)ms * 1000);
    loop_run(b->loop);
}

static void on_event(void *arg, media_id m, const struct media_event *ev)
{
    (void)arg, (void)m, (void)ev;
}

/* All legs have the same two keys. */
static void set_keys(struct leg *l, struct media_crypto *engines)
{
    struct media_crypto ours = {.suite = (uint8_t)suite};
    *engines = ours;
    memset(ours.send, 1, sizeof ours.send);
    memset(ours.receive, 2, sizeof ours.receive);
    memcpy(engines->send, ours.receive, sizeof engines->send);
    memcpy(engines->receive, ours.send, sizeof engines->receive);
    srtp_session_set(&l->srtp, &ours, 0);
}

static void open_leg(const struct media_port *port, struct leg *l, media_id *id)
{
    struct media_desc local, remote = {.dir = MEDIA_BOTH, .present = true, .n_formats = 1};
    struct media_open o = {.profile = MEDIA_NAT};
    l->fd = socket_at_loopback(&l->addr);
    o.peer_signalling = remote.rtp = remote.rtcp = l->addr;
    remote.rtcp.port = 9; /* nobody */
    remote.format[0] = (struct media_format){CODEC_PCMA, 8};
    if (port->open(port->arg, &o, id, &local))
        g_error("no RTP port");
    local.format[0] = remote.format[0];
    local.n_formats = 1;
    set_keys(l, &remote.crypto);
    connect_to(l->fd, &local.rtp);
    port->set(port->arg, *id, &local, &remote);
    port->watch(port->arg, *id, 30);
}

static void idle_report(struct bed *bed)
{
    int64_t before_us = threads_cpu_us("media-");
    turn_loop(5000, bed);
    printf("%u idle calls: %.3f %% CPU\n", n_calls, 100.0 * (double)(threads_cpu_us("media-") - before_us) / 5e6);
}

static void bench_engine(struct generator *g)
{
    struct bed bed = {.loop = loop_new()};
    timer_init(&bed.stop, on_stop, &bed);
    struct media_engine_config c = {.loop = bed.loop,
                                    .workers = n_workers,
                                    .internal = {20000, 29999},
                                    .external = {20000, 29999},
                                    .entropy = random_entropy(),
                                    .event = on_event};
    struct media_engine *engine;
    if (media_engine_open(&c, &engine))
        g_error("no engine");
    struct media_port port = media_engine_port(engine);
    for (unsigned i = 0; i < n_calls; i++) {
        media_id id[2];
        for (unsigned k = 0; k < 2; k++)
            open_leg(&port, &g->leg[2 * i + k], &id[k]);
        port.join(port.arg, id[0], id[1]);
    }
    generate_and_report(g, suite ? "engine, SRTP on both legs" : "engine", "media-", turn_loop, &bed);
    turn_loop(6000, &bed);
    idle_report(&bed);
    media_engine_close(engine);
    loop_free(bed.loop);
    for (unsigned i = 0; i < 2 * n_calls; i++) {
        close(g->leg[i].fd);
        srtp_session_free(g->leg[i].srtp);
        g->leg[i].srtp = NULL;
    }
}

/* --- floors ----------------------------------------------------------------------------------------------------- */

struct floor {
    int epoll_fd, (*pair)[2]; /* fd -> itself, the other */
    atomic_bool stop;
};

static void *floor_run(void *arg)
{
    struct floor *f = arg;
    struct epoll_event ev[64];
    uint8_t packet[RTP_BUFFER_BYTES];
    while (!atomic_load_explicit(&f->stop, memory_order_relaxed)) {
        int n = epoll_wait(f->epoll_fd, ev, 64, 100);
        for (int i = 0; i < n; i++) {
            const int *fd = f->pair[ev[i].data.u32];
            ssize_t got = recv(fd[0], packet, sizeof packet, 0);
            if (got > 0)
                (void)!send(fd[1], packet, (size_t)got, 0);
        }
    }
    return NULL;
}

static void turn_sleep(int ms, void *arg)
{
    (void)arg;
    g_usleep((gulong)ms * 1000);
}

static void bench_floor_pairs(struct generator *g)
{
    unsigned n = 2 * n_calls;
    struct floor f = {.epoll_fd = epoll_create1(EPOLL_CLOEXEC), .pair = g_malloc(n * sizeof *f.pair)};
    int *fd = g_new(int, n);
    for (unsigned i = 0; i < n; i++) {
        struct net_addr mine;
        g->leg[i].fd = socket_at_loopback(&g->leg[i].addr);
        fd[i] = socket_at_loopback(&mine);
        connect_to(g->leg[i].fd, &mine);
        connect_to(fd[i], &g->leg[i].addr);
        struct epoll_event ev = {.events = EPOLLIN, .data.u32 = i};
        (void)epoll_ctl(f.epoll_fd, EPOLL_CTL_ADD, fd[i], &ev);
    }
    for (unsigned i = 0; i < n; i++) {
        f.pair[i][0] = fd[i];
        f.pair[i][1] = fd[i ^ 1];
    }
    pthread_t thread;
    pthread_create(&thread, NULL, floor_run, &f);
    pthread_setname_np(thread, "floor");
    generate_and_report(g, "floor: recv + send a packet", "floor", turn_sleep, NULL);
    atomic_store(&f.stop, true);
    pthread_join(thread, NULL);
    for (unsigned i = 0; i < n; i++) {
        close(fd[i]);
        close(g->leg[i].fd);
    }
    close(f.epoll_fd);
    g_free(fd);
    g_free(f.pair);
}

static void *batch_run(void *arg)
{
    struct floor *f = arg;
    static uint8_t packet[BATCH][RTP_BUFFER_BYTES];
    static struct sockaddr_in from[BATCH];
    struct iovec iov[BATCH];
    struct mmsghdr m[BATCH];
    while (!atomic_load_explicit(&f->stop, memory_order_relaxed)) {
        for (unsigned i = 0; i < BATCH; i++) {
            iov[i] = (struct iovec){packet[i], sizeof packet[i]};
            m[i] = (struct mmsghdr){
                .msg_hdr = {.msg_name = &from[i], .msg_namelen = sizeof from[i], .msg_iov = &iov[i], .msg_iovlen = 1}};
        }
        int n = recvmmsg(f->epoll_fd, m, BATCH, MSG_WAITFORONE, NULL);
        for (int i = 0; i < n; i++)
            iov[i].iov_len = m[i].msg_len;
        if (n > 0)
            (void)sendmmsg(f->epoll_fd, m, (unsigned)n, 0);
    }
    return NULL;
}

/* One socket for all, packets taken and sent in batches: what no relay with a port per leg can reach. */
static void bench_floor_batch(struct generator *g)
{
    struct net_addr mine;
    struct floor f = {.epoll_fd = socket_at_loopback(&mine)};
    (void)fcntl(f.epoll_fd, F_SETFL, 0);
    struct timeval wait = {.tv_usec = 100000};
    (void)setsockopt(f.epoll_fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    for (unsigned i = 0; i < 2 * n_calls; i++) {
        g->leg[i].fd = socket_at_loopback(&g->leg[i].addr);
        connect_to(g->leg[i].fd, &mine);
    }
    pthread_t thread;
    pthread_create(&thread, NULL, batch_run, &f);
    pthread_setname_np(thread, "floor");
    generate_and_report(g, "floor: batched echo", "floor", turn_sleep, NULL);
    atomic_store(&f.stop, true);
    pthread_join(thread, NULL);
    for (unsigned i = 0; i < 2 * n_calls; i++)
        close(g->leg[i].fd);
    close(f.epoll_fd);
}

static int64_t own_cpu_us(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* What opening and sealing one packet costs where nothing else is done. */
static void bench_library(void)
{
    enum { ROUNDS = 200000 };
    struct leg a = {0}, b = {0};
    struct media_crypto mirrored;
    set_keys(&a, &mirrored);
    srtp_session_set(&b.srtp, &mirrored, 0);
    int64_t before_us = own_cpu_us();
    for (unsigned i = 0; i < ROUNDS; i++) {
        _Alignas(4) uint8_t packet[PACKET_BYTES + SRTP_TRAILER_BYTES] = {0};
        struct rtp p = {.payload = packet + RTP_HEADER_BYTES, .pt = 8, .seq = (uint16_t)i, .ssrc = 7};
        size_t bytes = PACKET_BYTES;
        (void)rtp_write_header(&p);
        if (!srtp_session_seal_rtp(a.srtp, packet, &bytes, 0) || !srtp_session_open_rtp(b.srtp, packet, &bytes, 0))
            g_error("SRTP fails");
    }
    printf("library alone: %.2f us to open and seal a packet\n", (double)(own_cpu_us() - before_us) / (double)ROUNDS);
    srtp_session_free(a.srtp);
    srtp_session_free(b.srtp);
}

static unsigned argument(int argc, char **argv, int at, unsigned fallback)
{
    uint32_t v;
    return at < argc && view_to_u32(view_of(argv[at]), CALLS_MAX, &v) && v > 0 ? v : fallback;
}

int main(int argc, char **argv)
{
    n_calls = argument(argc, argv, 1, n_calls);
    n_seconds = argument(argc, argv, 2, n_seconds);
    n_workers = argument(argc, argv, 3, n_workers);
    suite = MIN(argument(argc, argv, 4, suite), MEDIA_SUITES - 1);
    struct rlimit files = {65536, 65536};
    (void)setrlimit(RLIMIT_NOFILE, &files);
    struct generator *g = g_new0(struct generator, 1);
    g->delay_us = g_new(uint32_t, SAMPLES_MAX);
    printf("%u calls, %u s, %u worker(s)\n%-28s %8s %9s %9s %9s %9s %8s\n", n_calls, n_seconds, n_workers, "",
           "packet/s", "us/packet", "CPU %", "p50 us", "p99 us", "lost %");
    bench_floor_pairs(g);
    bench_engine(g);
    if (suite)
        bench_library();
    bench_floor_batch(g);
    g_free(g->delay_us);
    g_free(g);
    return 0;
}
