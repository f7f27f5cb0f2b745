/* SPDX-License-Identifier: Apache-2.0
 *
 * The snapshot: all that the administrator set up, as one immutable value that the signalling thread reads. Built from
 * rows (store/ reads them on a work thread), handed over whole, shared by an atomic reference count, freed by whoever
 * lets go last. Pointers out of it live as long as a reference is held. Ids are row ids: they stay across snapshots.
 */
#pragma once

#include "base/net_addr.h"
#include "base/view.h"

struct model;

enum model_transport { MODEL_UDP, MODEL_TCP, MODEL_TLS };
enum model_codec { MODEL_OPUS, MODEL_G722, MODEL_PCMA, MODEL_PCMU, MODEL_CODECS };
enum model_language { MODEL_EN, MODEL_FR };
enum model_rtp_profile { MODEL_RTP_NAT, MODEL_RTP_STRICT };
enum model_srtp { MODEL_SRTP_OFF, MODEL_SRTP_PREFERRED, MODEL_SRTP_REQUIRED }; /* SEC-15 */

struct model_codecs { /* in order of preference */
    uint8_t codec[MODEL_CODECS];
    uint8_t n;
};

struct model_user {
    uint32_t id;
    const char *uuid;
    const char *number; /* extension, 2 to 6 digits */
    const char *first_name, *last_name;
    const char *name; /* "First Last", shown to others */
    const char *email;
    uint8_t language; /* enum model_language */
    bool enabled;
    uint16_t ring_s;      /* 5 to 120, 20 */
    uint8_t max_calls;    /* 1 to 20, 8 */
    bool accept_multiple; /* call waiting */
};

struct model_device { /* one SIP account of a user */
    uint32_t id;
    const char *uuid;
    const struct model_user *user;
    const char *name;
    const char *auth_user; /* digest user name, unique */
    const char *secret;    /* in clear, in memory only */
    struct model_codecs codecs;
    uint8_t rtp_profile; /* enum model_rtp_profile */
    uint8_t srtp;        /* enum model_srtp; has a say only where signalling is secret */
    bool enabled;
};

struct model_peer { /* a SIP server reached by address, without registration */
    uint32_t id;
    const char *uuid, *name;
    const char *host;   /* name or address */
    uint16_t port;      /* 0: by DNS or default */
    uint8_t transport;  /* enum model_transport */
    const char *prefix; /* numbers that begin with it go there, the prefix is kept; unique, 1 to 16 of digits + * # */
    uint16_t max_calls; /* 0: none */
    struct model_codecs codecs;
    uint8_t rtp_profile;
    uint8_t srtp;
    bool enabled;
};

struct model_settings {
    const char *company;
    const char *realm; /* digest realm */
    const char *host;  /* name or address that phones use; may be empty */
    const char *time_zone;
    uint8_t language;
    uint16_t device_reply_ms;                                    /* 500 to 10000, 2000 (SIP-6) */
    uint16_t register_min_s, register_max_s, register_default_s; /* 60, 3600, 300 (SIP-2) */
    uint16_t session_expires_s;                                  /* 1800; 0 off */
    uint16_t min_se_s;                                           /* 90 */
    uint16_t rtp_timeout_s;                                      /* 0 or 10 to 3600, 30 (SIP-26) */
    uint16_t rtp_timeout_hold_s;                                 /* 1800 */
    uint16_t block_min;                                          /* 1 to 10080, 30 (SEC-1) */
    uint16_t max_calls; /* of the whole system at once; 0: no limit of its own */
    struct model_codecs codecs;
    const char *public_ip;                   /* address told to outside peers; empty: the one they reach us at */
    uint16_t sip_port, sips_port;            /* 5060, 5061 */
    const char *rtp_external, *rtp_internal; /* "9000-10999", "7000-8999"; field_ports reads them */
    uint8_t extension_length;                /* 2 to 6, 3 */
    uint32_t first_extension;                /* 100 */
};

struct model *model_ref(struct model *m);
void model_unref(struct model *m); /* takes NULL */

uint64_t model_version(const struct model *m);
const struct model_settings *model_settings(const struct model *m);
const struct model_user *model_user_by_number(const struct model *m, const char *number); /* NULL: none */
const struct model_user *model_user_by_id(const struct model *m, uint32_t id);
const struct model_device *model_device_by_auth_user(const struct model *m, struct view auth_user);
const struct model_device *model_device_by_id(const struct model *m, uint32_t id);
size_t model_peers(const struct model *m, const struct model_peer *const **ret);
const struct model_peer *model_peer_by_id(const struct model *m, uint32_t id);
/* The first enabled peer whose host is this address and whose port may be the source's: by UDP it sends from the port
 * set up, if there is one. NULL: none. Peers given by name have no address here, see line/peers.c. */
const struct model_peer *model_peer_at(const struct model *m, const struct net_addr *source);
size_t model_devices(const struct model *m, const struct model_device *const **ret);
size_t model_users(const struct model *m, const struct model_user *const **ret);
/* Denied sources (SEC-7), one by one and as a question. */
size_t model_denied(const struct model *m, const struct net_range **ret);
bool model_denies(const struct model *m, const struct net_addr *source);

/* Building: rows are copied in; finish checks references and makes the indexes. Also used by tests and the simulator to
 * make a company in memory. */
struct model_builder;
struct model_builder *model_builder_new(uint64_t version);
void model_builder_settings(struct model_builder *b, const struct model_settings *s);
void model_builder_add_user(struct model_builder *b, const struct model_user *u);
/* user_id names a user added before or later. */
void model_builder_add_device(struct model_builder *b, const struct model_device *d, uint32_t user_id);
void model_builder_add_peer(struct model_builder *b, const struct model_peer *p);
void model_builder_add_denied(struct model_builder *b, const struct net_range *r);
/* Frees the builder. Rows with a broken reference or a taken key are left out and counted in *ret_left_out. */
struct model *model_builder_finish(struct model_builder *b, unsigned *ret_left_out);
/* Defaults of every setting, for the builder and for new systems. */
struct model_settings model_settings_default(void);
