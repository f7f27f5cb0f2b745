/* SPDX-License-Identifier: Apache-2.0
 *
 * Two endpoints and the wire between them in virtual time, with users of sessions that write down what they hear. The
 * wire loses, doubles, delays and reorders by a seed; a test may stand in for one side and write its messages by hand.
 */
#pragma once

#include <glib.h>

#include "sip/build.h"
#include "sip/session.h"

enum { SIDE_A, SIDE_B, SIDES };

struct world;

/* The user of one session. `log` gets a word for each event: "progress:180/b1 answered:b1 ended:bye over ". */
struct party {
    struct party *next;
    struct world *w;
    unsigned side;
    struct sip_session *s; /* NULL once over */
    GString *log;
    unsigned told_ended, told_over;
    bool owes_answer;   /* an offer of the peer is open, as far as it was told */
    bool auto_answer;   /* answers offers at once with `answer` */
    const char *answer; /* name of the SDP to answer with */
    uint16_t refer_status, info_status;
    void (*hook)(struct party *p, const char *event); /* after each event */
};

struct side {
    struct world *w;
    unsigned number;
    struct sip_endpoint *ep;
    struct net_addr addr;
    struct sip_session_timers timers;
    bool by_hand;       /* what comes here is only kept in `in`: the test answers */
    bool refuses;       /* calls that come are left alone: answered 480 */
    struct party *came; /* the last call that came */
};

struct world {
    struct timers *clock;
    struct entropy entropy;
    uint64_t seed;
    struct side side[SIDES];
    struct party *parties;
    unsigned loss, twice; /* percent */
    int64_t delay_us, jitter_us;
    GPtrArray *trace; /* "A>B INVITE", "B>A 200 INVITE" … */
    GPtrArray *in;    /* char *: messages kept for a side by hand */
    bool (*drop)(struct world *w, unsigned from, const struct sip_msg *m);
    int drop_left;                                     /* for `drop` */
    GSList *packets;                                   /* on the wire */
    void (*mangle)(void *arg, char *bytes, size_t *n); /* may change or shorten what is on the wire */
    void *mangle_arg;
    bool quiet; /* no trace */
};

extern const struct sip_session_ops party_ops;

extern unsigned world_seed_told; /* is said when something is wrong */
struct world *world_new(uint64_t seed);
void world_free(struct world *w); /* asserts nothing */
void world_run(struct world *w, int64_t us);
uint32_t world_dice(struct world *w, uint32_t below);
/* How often this line is in the trace. */
unsigned world_count(const struct world *w, const char *line);
/* Runs on until all that may wait has timed out; asserts that no session, transaction, timer is left. */
void world_assert_empty(struct world *w);
void world_print(const struct world *w);

struct party *party_new(struct world *w, unsigned side);
/* Calls the other side; sdp names the offer, NULL: late offer. */
struct party *party_call(struct world *w, unsigned from, const char *sdp);
struct party *party_call_as(struct world *w, unsigned from, const char *sdp, struct sip_session_invite *p);
/* A call from A to B, answered; the parties in *a and *b. */
void world_connect(struct world *w, struct party **a, struct party **b);
bool party_heard(const struct party *p, const char *word);

/* An SDP text whose s= line is `name`; static, the next four calls keep it. */
struct view sdp_named(const char *name);
struct view no_text(void);

/* The last message to a side by hand that begins with `start`; NULL: none. Owned by the world. */
const char *hand_got(const struct world *w, const char *start);
/* Answers a request that the side by hand got. */
void hand_answer(struct world *w, const char *request, uint16_t status, const char *tag, const char *lines,
                 struct view sdp);
/* Sends bytes from a side by hand to the other. */
void hand_send(struct world *w, unsigned side, const char *bytes);
/* The value of a header in a message's text; caller frees. */
char *header_of(const char *message, const char *name);
