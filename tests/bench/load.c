/* SPDX-License-Identifier: Apache-2.0
 *
 * The generator of load: see load.h. Usage: load SERVER_PORT ECHO_PORT PEER_PORT ACCOUNTS_FILE; the first half of the
 * accounts call, the second half is called. Commands:
 *
 *     register RATE SECONDS fresh|reuse    calls RATE SECONDS HOLD_MS peer|fresh|reuse    floor RATE SECONDS MESSAGES
 *     open COUNT RATE peer    close    sound LEGS (before open)    play SECONDS    quit
 */
#include <arpa/inet.h>
#include <errno.h>
#include <glib.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/load.h"

enum { BUFFER_BYTES = 16 << 20, TIMEOUT_US = 8000000, LOOK_EVERY_US = 4000, FOREVER_US = 3600000000 };

int64_t now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* --- jobs --------------------------------------------------------------------------------------------------------- */

static void start_job(struct load *l, enum job_kind kind, enum auth auth, unsigned turns)
{
    l->counts.started++;
    if (!l->n_free) {
        l->counts.failed++;
        return;
    }
    unsigned half = l->n_users / 2;
    struct job *j = &l->job[l->free[--l->n_free]];
    l->n_live++;
    *j = (struct job){.kind = kind,
                      .state = JOB_ASKED,
                      .auth = auth,
                      .index = j->index,
                      .generation = (j->generation + 1) & 0xfffff,
                      .cseq = 1,
                      .turns = turns,
                      .asked_us = now_us()};
    j->sender = kind == JOB_REGISTER ? SENDER_CALLEE : auth == AUTH_NONE ? SENDER_PEER : SENDER_CALLER;
    if (kind == JOB_REGISTER)
        j->user = &l->user[half + l->next_registering++ % half];
    else
        j->user = &l->user[l->next_caller++ % half];
    j->callee = &l->user[half + l->next_callee++ % half];
    if (kind == JOB_CALL)
        j->rtp.sin_port = htons(rtp_leg_open(l));
    send_job(l, j);
}

static void end_job(struct load *l, struct job *j)
{
    j->state = JOB_FREE;
    l->free[l->n_free++] = j->index;
    l->n_live--;
}

static void look_at(struct load *l, struct job *j, int64_t now)
{
    if (j->state == JOB_FREE || (j->state == JOB_TALKING && now < j->hold_until_us))
        return;
    if (j->state == JOB_TALKING) {
        j->state = JOB_ENDING;
        j->cseq++;
        j->asked_us = now;
        send_job(l, j);
    } else if (now - j->asked_us > TIMEOUT_US) {
        l->counts.failed++;
        end_job(l, j);
    } else if (now > j->repeat_us) {
        l->counts.repeated++;
        send_job(l, j);
    }
}

/* --- answers ------------------------------------------------------------------------------------------------------ */

static bool take_challenge(struct load *l, struct job *j, struct view message)
{
    struct digest_challenge c;
    if (j->answered_401 || !digest_challenge_parse(header_of(message, "WWW-Authenticate"), &c) ||
        !view_copy(c.nonce, j->user->nonce, sizeof j->user->nonce))
        return false;
    j->user->nc = 0;
    j->answered_401 = true;
    j->cseq++;
    send_job(l, j);
    return true;
}

static void take_answer(struct load *l, struct job *j, struct view message)
{
    struct view contact = header_of(message, "Contact");
    (void)view_cut(&contact, '<');
    contact = view_cut(&contact, '>');
    bool whole =
        view_copy(contact, j->target, sizeof j->target) && view_copy(header_of(message, "To"), j->to, sizeof j->to);
    send_ack(l, j, 200, message);
    if (j->state != JOB_ASKED)
        return; /* said again */
    struct sockaddr_in theirs;
    if (!whole || !rtp_of(message, &theirs)) {
        l->counts.failed++;
        end_job(l, j);
        return;
    }
    rtp_leg_target(l, ntohs(j->rtp.sin_port), &theirs);
    j->state = JOB_TALKING;
    j->hold_until_us = now_us() + l->hold_us;
}

static void take_refusal(struct load *l, struct job *j, unsigned status, struct view message)
{
    bool early = status == 503 && header_of(message, "Retry-After").n;
    l->counts.refused++;
    l->counts.refused_early += early && now_us() - j->asked_us < 50000;
    if (!early && g_getenv("LOAD_SHOW"))
        (void)fprintf(stderr, "%.*s\n", VIEW_ARG(message));
    end_job(l, j);
}

static void take_response(struct load *l, struct view message)
{
    unsigned index, generation, cseq, status;
    char method[16], id[64], cseq_text[64];
    if (!view_copy(header_of(message, "Call-ID"), id, sizeof id) ||
        !view_copy(header_of(message, "CSeq"), cseq_text, sizeof cseq_text) ||
        sscanf(id, "j%u-%u@", &index, &generation) != 2 || sscanf(message.p, "SIP/2.0 %u", &status) != 1 ||
        sscanf(cseq_text, "%u %15s", &cseq, method) != 2 || index >= JOBS_MAX)
        return;
    struct job *j = &l->job[index];
    if (j->generation != generation || j->state == JOB_FREE || status < 200)
        return;
    bool invite = strcmp(method, "INVITE") == 0;
    if (invite && status < 300) {
        take_answer(l, j, message);
        return;
    }
    if (invite)
        send_ack(l, j, status, message);
    if (cseq != j->cseq)
        return;
    if (status == 401 && take_challenge(l, j, message))
        return;
    if (j->kind == JOB_FLOOR && --j->turns) {
        send_job(l, j);
        return;
    }
    if (status >= 300) {
        take_refusal(l, j, status, message);
        return;
    }
    l->counts.done++;
    end_job(l, j);
}

static void receive_all(struct load *l)
{
    char mem[DATAGRAM_MAX + 1];
    struct sockaddr_in from;
    for (unsigned s = 0; s < SENDERS; s++)
        for (unsigned most = 0; most < 64; most++) {
            socklen_t bytes = sizeof from;
            ssize_t n = recvfrom(l->fd[s], mem, DATAGRAM_MAX, MSG_DONTWAIT, (struct sockaddr *)&from, &bytes);
            if (n <= 0)
                break;
            mem[n] = 0;
            struct view message = {mem, (size_t)n};
            if (view_starts(message, VIEW("SIP/2.0 ")))
                take_response(l, message);
            else
                answer_request(l, s, message, &from);
        }
}

/* --- commands ----------------------------------------------------------------------------------------------------- */

struct wave {
    enum job_kind kind;
    enum auth auth;
    unsigned count, rate, turns;
};

static void wait_and_look(struct load *l, int64_t until_us, int64_t *look_us)
{
    struct pollfd p[SENDERS];
    for (unsigned s = 0; s < SENDERS; s++)
        p[s] = (struct pollfd){l->fd[s], POLLIN, 0};
    int64_t left_us = MIN(until_us, *look_us) - now_us();
    struct timespec t = {0, CLAMP(left_us, 0, 100000) * 1000};
    if (ppoll(p, SENDERS, &t, NULL) > 0)
        receive_all(l);
    int64_t now = now_us();
    if (now < *look_us)
        return;
    *look_us = now + LOOK_EVERY_US;
    for (unsigned i = 0; i < JOBS_MAX; i++)
        look_at(l, &l->job[i], now);
}

static bool is_settled(const struct load *l, bool staying)
{
    if (!staying)
        return l->n_live == 0;
    unsigned talking = 0;
    for (unsigned i = 0; i < JOBS_MAX; i++)
        talking += l->job[i].state == JOB_TALKING;
    return talking == l->n_live;
}

static void run_wave(struct load *l, const struct wave *w, bool staying)
{
    l->counts = (struct counts){0};
    int64_t start_us = now_us(), look_us = start_us;
    unsigned i = 0;
    while (i < w->count) {
        int64_t due_us = start_us + (int64_t)i * 1000000 / w->rate;
        if (now_us() >= due_us) {
            start_job(l, w->kind, w->auth, w->turns);
            i++;
        }
        wait_and_look(l, now_us() >= due_us ? 0 : due_us, &look_us);
    }
    int64_t asked_us = now_us();
    while (!is_settled(l, staying))
        wait_and_look(l, now_us() + 10000, &look_us);
    const struct counts *c = &l->counts;
    printf("{\"started\": %u, \"done\": %u, \"refused\": %u, \"refused_early\": %u, \"failed\": %u, \"repeated\": %u, "
           "\"answered\": %u, \"talking\": %u, \"seconds\": %.3f}\n",
           c->started, c->done, c->refused, c->refused_early, c->failed, c->repeated, c->answered, l->n_live,
           (double)(asked_us - start_us) / 1e6);
}

static enum auth auth_of(const char *word)
{
    return strcmp(word, "fresh") == 0 ? AUTH_FRESH : strcmp(word, "reuse") == 0 ? AUTH_REUSE : AUTH_NONE;
}

static void close_all(struct load *l)
{
    for (unsigned i = 0; i < JOBS_MAX; i++)
        if (l->job[i].state == JOB_TALKING) /* over a second, not in one blow */
            l->job[i].hold_until_us = now_us() + g_random_int_range(0, 1000000);
    run_wave(l, &(struct wave){0}, false);
}

static bool obey(struct load *l, const char *line)
{
    unsigned a = 0, b = 0, c = 0;
    char word[16] = "";
    if (sscanf(line, "register %u %u %15s", &a, &b, word) == 3)
        run_wave(l, &(struct wave){JOB_REGISTER, auth_of(word), a * b, a, 0}, false);
    else if (sscanf(line, "calls %u %u %u %15s", &a, &b, &c, word) == 4) {
        l->hold_us = (int64_t)c * 1000;
        run_wave(l, &(struct wave){JOB_CALL, auth_of(word), a * b, a, 0}, false);
    } else if (sscanf(line, "floor %u %u %u", &a, &b, &c) == 3)
        run_wave(l, &(struct wave){JOB_FLOOR, AUTH_NONE, a * b, a, c}, false);
    else if (sscanf(line, "open %u %u %15s", &a, &b, word) == 3) {
        l->hold_us = FOREVER_US;
        run_wave(l, &(struct wave){JOB_CALL, auth_of(word), a, b, 0}, true);
    } else if (sscanf(line, "sound %u", &a) == 1) {
        rtp_prepare(l, a);
        printf("{}\n");
    } else if (sscanf(line, "play %u", &a) == 1)
        rtp_run(l, a);
    else if (strcmp(line, "close\n") == 0)
        close_all(l);
    else
        return false;
    (void)fflush(stdout);
    return true;
}

static int socket_or_none(uint16_t port, uint16_t *ret)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), size = BUFFER_BYTES;
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t bytes = sizeof a;
    if (fd < 0 || bind(fd, (struct sockaddr *)&a, bytes) < 0 || getsockname(fd, (struct sockaddr *)&a, &bytes) < 0)
        return -1;
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) < 0)
        (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    *ret = ntohs(a.sin_port);
    return fd;
}

static int socket_at(uint16_t port, uint16_t *ret)
{
    int fd = socket_or_none(port, ret);
    if (fd < 0)
        g_error("no socket: %s", g_strerror(errno));
    return fd;
}

/* Takes what a call without sound is told, RTP and RTCP; never read. */
static void open_sink(struct load *l)
{
    int fd = -1, next = -1;
    uint16_t unused;
    while (next < 0) {
        fd = socket_at(0, &l->sink_port);
        next = l->sink_port % 2 ? -1 : socket_or_none((uint16_t)(l->sink_port + 1), &unused);
        if (next < 0)
            close(fd);
    }
}

static void read_accounts(struct load *l, const char *path)
{
    FILE *f = fopen(path, "re");
    char line[256];
    if (!f)
        g_error("%s: %s", path, g_strerror(errno));
    while (fgets(line, sizeof line, f) && l->n_users < USERS_MAX)
        if (sscanf(line, "%15s %79s", l->user[l->n_users].number, l->user[l->n_users].secret) == 2)
            l->n_users++;
    (void)fclose(f);
}

/* Phones answer keep-alives between commands too; a command is asked for once the last one was answered. */
static void answer_until_asked(struct load *l)
{
    struct pollfd p[SENDERS + 1] = {[SENDERS] = {STDIN_FILENO, POLLIN, 0}};
    for (unsigned s = 0; s < SENDERS; s++)
        p[s] = (struct pollfd){l->fd[s], POLLIN, 0};
    while (poll(p, SENDERS + 1, -1) < 0 || !p[SENDERS].revents)
        receive_all(l);
}

int main(int argc, char **argv)
{
    uint32_t port[3];
    for (int i = 0; i < 3; i++)
        if (argc != 5 || !view_to_u32(view_of(argv[i + 1]), 65535, &port[i]))
            g_error("usage: load SERVER_PORT ECHO_PORT PEER_PORT ACCOUNTS_FILE");
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &files);
    }
    struct load *l = g_new0(struct load, 1);
    l->job = g_new0(struct job, JOBS_MAX);
    for (unsigned i = 0; i < JOBS_MAX; i++) {
        l->job[i].index = i;
        l->free[l->n_free++] = JOBS_MAX - 1 - i;
    }
    l->server = l->echo = (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port[0]), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    l->echo.sin_port = htons((uint16_t)port[1]);
    for (unsigned s = 0; s < SENDERS; s++)
        l->fd[s] = socket_at(s == SENDER_PEER ? (uint16_t)port[2] : 0, &l->port[s]);
    open_sink(l);
    read_accounts(l, argv[4]);
    char line[128];
    do
        answer_until_asked(l);
    while (fgets(line, sizeof line, stdin) && obey(l, line));
    return 0;
}
