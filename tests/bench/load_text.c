/* SPDX-License-Identifier: Apache-2.0
 *
 * Messages of the generator of load: see load.h.
 */
#include <glib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "tests/bench/load.h"

struct view header_of(struct view message, const char *name)
{
    size_t n = strlen(name);
    const char *end = message.p + message.n;
    for (const char *p = message.p; p && p < end;) {
        const char *line_end = memchr(p, '\n', (size_t)(end - p));
        size_t length = line_end ? (size_t)(line_end - p) : (size_t)(end - p);
        if (length > n && p[n] == ':' && strncasecmp(p, name, n) == 0)
            return view_trim((struct view){p + n + 1, length - n - 1});
        p = line_end ? line_end + 1 : end;
    }
    return (struct view){0};
}

bool rtp_of(struct view message, struct sockaddr_in *ret)
{
    const char *m = memmem(message.p, message.n, "m=audio ", 8);
    if (!m)
        return false;
    struct view rest = {m + 8, (size_t)(message.p + message.n - m - 8)};
    uint32_t port;
    if (!view_to_u32(view_cut(&rest, ' '), 65535, &port))
        return false;
    *ret = (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    return true;
}

static void put(struct load *l, enum sender s, struct buf *b, const struct sockaddr_in *to)
{
    (void)!sendto(l->fd[s], b->p, b->n, MSG_DONTWAIT, (const struct sockaddr *)to, sizeof *to);
}

static void add_sdp(struct load *l, struct buf *b, uint16_t port)
{
    char sdp[256];
    int n = g_snprintf(sdp, sizeof sdp,
                       "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio %u RTP/AVP 8 "
                       "101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\n",
                       port ? port : l->sink_port);
    buf_addf(b, "Content-Type: application/sdp\r\nContent-Length: %d\r\n\r\n%s", n, sdp);
}

static void add_credentials(struct job *j, struct buf *b, const char *method, struct view uri)
{
    struct user *u = j->user;
    if (j->auth == AUTH_NONE || !u->nonce[0] || (j->auth == AUTH_FRESH && !j->answered_401))
        return;
    if (!u->ha1[0])
        digest_ha1(DIGEST_SHA256, view_of(u->number), VIEW("carillon"), view_of(u->secret), u->ha1);
    struct digest_challenge c = {.algorithm = DIGEST_SHA256,
                                 .known_algorithm = true,
                                 .qop_auth = true,
                                 .realm = VIEW("carillon"),
                                 .nonce = view_of(u->nonce)};
    struct digest_credentials mine = {.algorithm = DIGEST_SHA256,
                                      .known_algorithm = true,
                                      .username = view_of(u->number),
                                      .uri = uri,
                                      .cnonce = VIEW("0a4f113b"),
                                      .nc = ++u->nc};
    digest_put_authorization(b, SIP_H_AUTHORIZATION, &c, &mine, u->ha1, view_of(method));
}

static void begin(struct load *l, struct job *j, struct buf *b, const char *method, struct view uri)
{
    buf_addf(b, "%s %.*s SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:%u;rport;branch=z9hG4bK%x.%x.%x%s\r\n", method,
             VIEW_ARG(uri), l->port[j->sender], j->index, j->generation, j->cseq, j->acks ? "a" : "");
    j->acks = false;
    buf_addf(b, "Max-Forwards: 70\r\nFrom: <sip:%s@127.0.0.1>;tag=f%x\r\nCall-ID: j%u-%u@bench\r\nCSeq: %u %s\r\n",
             j->user->number, j->generation, j->index, j->generation, j->cseq,
             strcmp(method, "ACK") == 0 ? "ACK" : method);
}

static struct view uri_of(struct load *l, const struct job *j, char mem[128])
{
    if (j->kind == JOB_REGISTER)
        (void)g_snprintf(mem, 128, "sip:127.0.0.1:%u", ntohs(l->server.sin_port));
    else
        (void)g_snprintf(mem, 128, "sip:%s@127.0.0.1:%u", j->callee->number, ntohs(l->server.sin_port));
    return view_of(mem);
}

void send_job(struct load *l, struct job *j)
{
    char mem[DATAGRAM_MAX], uri[128];
    struct buf b = buf_on(mem, sizeof mem);
    j->repeat_us = now_us() + 500000;
    if (j->kind == JOB_FLOOR) {
        buf_addf(&b, "SIP/2.0 299 Floor\r\nCall-ID: j%u-%u@bench\r\nCSeq: 1 FLOOR\r\nSubject: %0400u\r\n\r\n", j->index,
                 j->generation, 1u);
        put(l, j->sender, &b, &l->echo);
        return;
    }
    if (j->state == JOB_ENDING) {
        begin(l, j, &b, "BYE", view_of(j->target));
        buf_addf(&b, "To: %s\r\nContent-Length: 0\r\n\r\n", j->to);
        put(l, j->sender, &b, &l->server);
        return;
    }
    const char *method = j->kind == JOB_REGISTER ? "REGISTER" : "INVITE";
    struct view target = uri_of(l, j, uri);
    begin(l, j, &b, method, target);
    buf_addf(&b, "To: <sip:%s@127.0.0.1>\r\nContact: <sip:%s@127.0.0.1:%u>\r\n",
             j->kind == JOB_REGISTER ? j->user->number : j->callee->number, j->user->number, l->port[j->sender]);
    add_credentials(j, &b, method, target);
    if (j->kind == JOB_REGISTER)
        buf_add(&b, VIEW("Expires: 3600\r\nContent-Length: 0\r\n\r\n"));
    else
        add_sdp(l, &b, ntohs(j->rtp.sin_port));
    put(l, j->sender, &b, &l->server);
}

void send_ack(struct load *l, struct job *j, unsigned status, struct view message)
{
    char mem[DATAGRAM_MAX], uri[128];
    struct buf b = buf_on(mem, sizeof mem);
    struct view to = header_of(message, "To");
    j->acks = status < 300;
    begin(l, j, &b, "ACK", status < 300 ? view_of(j->target) : uri_of(l, j, uri));
    buf_addf(&b, "To: %.*s\r\nContent-Length: 0\r\n\r\n", VIEW_ARG(to));
    put(l, j->sender, &b, &l->server);
}

/* Via lines, From, Call-ID and CSeq as they came, To with our tag. */
static void begin_answer(struct buf *b, const char *status, struct view message)
{
    buf_addf(b, "SIP/2.0 %s\r\n", status);
    struct view rest = message;
    (void)view_cut(&rest, '\n');
    while (rest.n) {
        struct view line = view_trim(view_cut(&rest, '\n'));
        if (!line.n)
            break;
        bool to = view_starts_nocase(line, VIEW("To:"));
        if (!to && !view_starts_nocase(line, VIEW("Via:")) && !view_starts_nocase(line, VIEW("From:")) &&
            !view_starts_nocase(line, VIEW("Call-ID:")) && !view_starts_nocase(line, VIEW("CSeq:")))
            continue;
        buf_add(b, line);
        if (to && !memmem(line.p, line.n, ";tag=", 5))
            buf_add(b, VIEW(";tag=callee"));
        buf_add(b, VIEW("\r\n"));
    }
}

static void answer_invite(struct load *l, enum sender at, struct view message, const struct sockaddr_in *from)
{
    char mem[DATAGRAM_MAX];
    struct buf b = buf_on(mem, sizeof mem);
    struct sockaddr_in theirs;
    begin_answer(&b, "180 Ringing", message);
    buf_addf(&b, "Contact: <sip:callee@127.0.0.1:%u>\r\nContent-Length: 0\r\n\r\n", l->port[at]);
    put(l, at, &b, from);
    uint16_t port = rtp_leg_open(l);
    if (port && rtp_of(message, &theirs))
        rtp_leg_target(l, port, &theirs);
    b = buf_on(mem, sizeof mem);
    begin_answer(&b, "200 OK", message);
    buf_addf(&b, "Contact: <sip:callee@127.0.0.1:%u>\r\n", l->port[at]);
    add_sdp(l, &b, port);
    put(l, at, &b, from);
}

void answer_request(struct load *l, enum sender at, struct view message, const struct sockaddr_in *from)
{
    if (view_starts(message, VIEW("ACK ")))
        return;
    if (view_starts(message, VIEW("INVITE "))) {
        l->counts.answered++;
        answer_invite(l, at, message, from);
        return;
    }
    char mem[DATAGRAM_MAX];
    struct buf b = buf_on(mem, sizeof mem);
    begin_answer(&b, "200 OK", message);
    buf_add(&b, VIEW("Content-Length: 0\r\n\r\n"));
    put(l, at, &b, from);
}
