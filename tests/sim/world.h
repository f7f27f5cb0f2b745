/* SPDX-License-Identifier: Apache-2.0
 *
 * A whole company in virtual time: the real line, call core and features, a model of the media engine that knows who
 * hears whom, a journal that counts, and a network with phones. One seed makes one run, bit for bit.
 */
#pragma once

#include <glib.h>

#include "call/core.h"
#include "call/record.h"
#include "line/line.h"
#include "tests/sim/net.h"

enum { WORLD_USERS = 6, WORLD_FIRST = 100 };
/* Numbers that begin with 88 go to a peer given by name, which stands for these two addresses, port 5060. */
#define WORLD_TRUNK_A "198.51.100.60"
#define WORLD_TRUNK_B "198.51.100.61"

struct world_media { /* one session of the model engine */
    media_id id, joined;
    struct media_desc local, remote;
    bool is_set;
    enum media_sound sound;
    uint32_t watch_s;
    char digits[40];    /* sent to the peer as RFC 4733 */
    int64_t changed_us; /* when what its peer hears last changed */
};

struct world_record { /* what is kept of a call record */
    char id[UUID_CHARS + 1];
    enum call_reason reason;
    bool answered;
    unsigned segments, trace;
    int64_t talk_ms;
};

struct world {
    uint64_t seed;
    struct entropy entropy; /* of the system and the network */
    struct timers *timers;
    struct net *net;
    struct net_host server;
    struct net_host *asking; /* whose datagram or stream is being handled */
    struct model *model;
    struct line *line;
    struct call_core *core;
    GHashTable *media; /* id -> struct world_media */
    uint64_t last_media;
    uint16_t next_port;
    unsigned media_limit; /* sessions at once; 0: none */
    GHashTable *started;  /* call ids begun and not ended */
    GArray *records;      /* struct world_record, in order of ending */
    GPtrArray *faults;    /* texts: what must not be */
    GString *ladder;      /* messages on the wire, newest last, when kept */
    bool keep_ladder;
    GHashTable *asked; /* names being resolved: struct world_query */
    unsigned notices;
};

void world_open(struct world *w, uint64_t seed);
/* Checks that nothing is left behind and frees all; phones must be closed. */
void world_close(struct world *w);
void world_run(struct world *w, int64_t us);
/* Runs until `done` says so or the time is over; true when done. */
bool world_until(struct world *w, bool (*done)(void *arg), void *arg, int64_t most_us);
void world_fault(struct world *w, const char *format, ...) G_GNUC_PRINTF(2, 3);
void world_check(struct world *w);

/* The media session whose peer is at this address, or NULL. */
struct world_media *world_media_at(struct world *w, const struct net_addr *rtp);
/* What the peer at `rtp` hears. */
enum world_hears { HEARS_NOTHING, HEARS_MUSIC, HEARS_RINGBACK, HEARS_SOUND, HEARS_PARTY };
enum world_hears world_hears(struct world *w, const struct net_addr *rtp, struct net_addr *party_rtp);
/* How the media of the peer at this address stands, for a fault's text; lives until the next call. */
const char *world_media_text(struct world *w, const struct net_addr *rtp);
/* The peer at this address has gone silent for good: as the engine's watch would tell after its time. */
void world_media_dies(struct world *w, const struct net_addr *rtp);
const struct world_record *world_last_record(const struct world *w);
void world_note(struct world *w, const char *who, const char *way, struct view bytes);
