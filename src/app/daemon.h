/* SPDX-License-Identifier: Apache-2.0
 *
 * The running system: who is plugged into what. Made, run and ended by the main thread, which becomes the signalling
 * thread.
 *
 *     store ── snapshot ──> line ──┐          ┌── sip transports (UDP here, streams on the web thread)
 *       ^                          ├── loop ──┤
 *     journal (writer thread) <── call core ──┴── media engine (worker threads)
 */
#pragma once

#include "base/net_addr.h"

enum { DAEMON_LISTEN_MAX = 16 };

struct daemon_config {
    const char *data;
    struct net_addr listen[DAEMON_LISTEN_MAX]; /* port 0; at least one */
    unsigned n_listen;
    int32_t sip_port, sips_port, https_port; /* 0: that transport is off; -1: as set up */
    uint16_t rtp_first, rtp_last;            /* 0: the two ranges as set up */
    unsigned workers;                        /* media threads; 0: one less than processors, at least one */
};

struct daemon;

/* Opens everything; on failure says why in one line on standard error and returns NULL. */
struct daemon *daemon_open(const struct daemon_config *c);
/* Until SIGINT or SIGTERM; then ends live calls, waits up to a second for their goodbyes. */
void daemon_run(struct daemon *d);
/* Flushes and frees. Takes NULL. */
void daemon_close(struct daemon *d);
