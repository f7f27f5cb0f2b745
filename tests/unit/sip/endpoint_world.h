/* SPDX-License-Identifier: Apache-2.0
 *
 * One endpoint in virtual time with nothing around it: what it sends is written down with the millisecond, what it is
 * given is text. For the tests and the fuzz target of the endpoint.
 */
#pragma once

#include <glib.h>

#include "sip/endpoint.h"

struct sent {
    int64_t ms;
    struct sip_flow flow;
    char *text; /* zero-ended */
};

struct world {
    struct timers *ts;
    struct sip_endpoint *ep;
    struct entropy entropy;
    uint64_t seed;
    GPtrArray *sent; /* struct sent */
    struct sip_flow flow;
    int send_error;
    /* the gate */
    enum sip_gate verdict;
    struct sip_response reply;
    unsigned gated, gated_in_dialog;
    bool mute; /* may_answer says no */
    bool widens;
    /* requests that came up */
    unsigned requests;
    struct sip_server *txn;
    uint16_t respond_at_once; /* status, or 0 */
    unsigned over, cancelled;
};

struct world *world_new(unsigned max_transactions);
void world_free(struct world *w);
void world_in(struct world *w, const char *text);
/* A request with the usual headers; to_tag may be "". extra: whole lines. */
char *world_request(const char *method, const char *branch, unsigned cseq, const char *to_tag, const char *extra);
/* The same, handed in and freed. */
void world_in_request(struct world *w, const char *method, const char *branch, unsigned cseq, const char *to_tag,
                      const char *extra);
/* Lets time pass, each timer at its own moment. */
void world_pass_ms(struct world *w, int64_t ms);
int64_t world_ms(const struct world *w);
/* The i-th message sent since world_forget. */
const struct sent *world_sent(const struct world *w, unsigned i);
void world_forget(struct world *w);
unsigned world_status(const struct world *w, unsigned i); /* of a response sent; 0: a request */
bool world_has(const struct world *w, unsigned i, const char *text);
/* A response to the i-th message sent (a request): its Via, From, To, Call-ID and CSeq, with this To tag. */
char *world_response_to(const struct world *w, unsigned i, unsigned status, const char *to_tag);
void world_in_response(struct world *w, unsigned i, unsigned status, const char *to_tag);
/* Value of the first header of that name in text; to g_free. */
char *world_header(const char *text, const char *name);
