/* SPDX-License-Identifier: Apache-2.0
 *
 * A registered contact as it is kept over a restart, and the port by which the registrar has it kept. Pure
 * declarations: line/ calls, store/ fills in. Text is copied before `put` returns; nothing waits for the disk.
 */
#pragma once

#include <stdint.h>

struct binding_row {
    uint32_t device;       /* model_device.id */
    const char *key;       /* what makes it one among the device's: "instance;reg-id", or the contact's URI */
    const char *instance;  /* +sip.instance; empty: none */
    uint32_t reg_id;       /* RFC 5626; 0: none */
    const char *contact;   /* URI */
    const char *path;      /* Path values, comma separated (RFC 3327); empty: none */
    const char *transport; /* of the flow: "UDP", "TLS" … */
    const char *local;     /* of the flow, "address:port" */
    const char *remote;
    int64_t expires_ms; /* UTC */
    const char *user_agent;
    const char *call_id;
    uint32_t cseq;
};

struct binding_port {
    void *arg;
    void (*put)(void *arg, const struct binding_row *r); /* new or changed */
    void (*remove)(void *arg, uint32_t device, const char *key);
};
