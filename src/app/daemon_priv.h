/* SPDX-License-Identifier: Apache-2.0
 *
 * The parts of a running system, for app/daemon*.c.
 */
#pragma once

#include "app/daemon.h"
#include "call/core.h"
#include "line/line.h"
#include "media/engine.h"
#include "net/certificate.h"
#include "net/dns.h"
#include "net/transport.h"
#include "store/bindings.h"
#include "store/journal.h"
#include "sys/loop.h"

struct reload;

struct daemon {
    struct daemon_config config;
    struct loop *loop;
    struct model *model;
    struct journal *journal;
    struct transport *transport;
    struct media_engine *media;
    struct dns *dns;
    struct line *line;
    struct call_core *core;
    struct reload *reload;
    struct binding_port binding_port;
    struct certificate_files certificate;
    struct loop_watch signals;
    struct timer load, ending;
    int64_t load_at_us, waited_us, strangers_us;
    unsigned loads, busy;
    int64_t end_by_us; /* 0: running */
};

/* Watches the database for changes on a thread of its own and hands new snapshots over (reload.c). */
struct reload *reload_start(struct daemon *d);
void reload_stop(struct reload *r); /* takes NULL */
/* A new snapshot, on the signalling thread; takes the reference. */
void daemon_take_model(struct daemon *d, struct model *m);
