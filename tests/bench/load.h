/* SPDX-License-Identifier: Apache-2.0
 *
 * The generator of load: many phones and one peer in one thread, cheap enough to share two cores with what it measures.
 * Commands on standard input, one line of JSON for each on standard output (load.c). Good enough a parser for what our
 * own server writes, not for the world.
 */
#pragma once

#include <netinet/in.h>

#include "sip/digest.h"

enum { USERS_MAX = 2000, JOBS_MAX = 8192, DATAGRAM_MAX = 4096 };

enum sender { SENDER_CALLER, SENDER_CALLEE, SENDER_PEER, SENDERS }; /* one socket each */
enum auth {
    AUTH_NONE,  /* the peer, known by its address */
    AUTH_FRESH, /* a 401 each time */
    AUTH_REUSE, /* credentials of the last challenge, counted up, as phones do */
};

struct user {
    char number[16], secret[80], nonce[80], ha1[DIGEST_HEX_MAX];
    uint32_t nc;
};

enum job_kind { JOB_CALL, JOB_REGISTER, JOB_FLOOR };
enum job_state { JOB_FREE, JOB_ASKED, JOB_TALKING, JOB_ENDING };

struct job {
    enum job_kind kind;
    enum job_state state;
    enum sender sender;
    enum auth auth;
    bool answered_401;
    bool acks;                   /* a 2xx, which is a transaction of its own (RFC 3261 13.2.2.4) */
    unsigned index, cseq, turns; /* turns: messages left of a floor */
    uint32_t generation, nonce_count;
    struct user *user, *callee;
    int64_t asked_us, repeat_us, hold_until_us;
    char to[256], target[128]; /* of the dialog */
    struct sockaddr_in rtp;    /* where the server wants our sound */
};

struct counts {
    unsigned started, done, refused, refused_early, failed, repeated, answered;
};

struct load {
    struct sockaddr_in server, echo;
    int fd[SENDERS];
    uint16_t port[SENDERS];
    struct user user[USERS_MAX];
    unsigned n_users, next_caller, next_callee, next_registering;
    struct job *job;
    unsigned free[JOBS_MAX], n_free, n_live;
    int64_t hold_us;
    struct counts counts;
    /* sound (load_rtp.c) */
    struct rtp_play *play;
    uint16_t sink_port;
};

int64_t now_us(void);

/* load_text.c: one job's next request onto the wire, and what a message says. */
void send_job(struct load *l, struct job *j);
void send_ack(struct load *l, struct job *j, unsigned status, struct view message);
void answer_request(struct load *l, enum sender at, struct view message, const struct sockaddr_in *from);
/* The value of the first header of this name; empty: none. */
struct view header_of(struct view message, const char *name);
bool rtp_of(struct view message, struct sockaddr_in *ret);

/* load_rtp.c: sound of established calls. Offering and answering legs take turns from one pool of sockets. */
uint16_t rtp_leg_open(struct load *l); /* 0: not playing */
void rtp_leg_target(struct load *l, uint16_t port, const struct sockaddr_in *to);
void rtp_prepare(struct load *l, unsigned legs);
void rtp_run(struct load *l, unsigned seconds);
