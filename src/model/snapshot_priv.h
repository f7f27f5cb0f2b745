/* SPDX-License-Identifier: Apache-2.0
 *
 * What a snapshot and its builder hold. The builder fills the arrays and the strings, model_builder_finish makes the
 * indexes; after that nothing is written but the reference count (atomic, full barrier).
 */
#pragma once

#include <glib.h>

#include "base/net_set.h"
#include "model/snapshot.h"

struct peer_place {
    struct net_addr host; /* port 0 */
    const struct model_peer *peer;
    struct peer_place *next; /* at the same address */
};

struct model {
    int refs; /* atomic */
    uint64_t version;
    struct model_settings settings;
    GStringChunk *strings; /* all text of all rows */
    GArray *user;          /* struct model_user, as added */
    GArray *device;
    GArray *peer;
    GArray *denied;   /* struct net_range */
    GPtrArray *users; /* rows that were kept, in the order added */
    GPtrArray *devices;
    GPtrArray *peers;
    GHashTable *user_by_id, *user_by_number; /* of struct model_user */
    GHashTable *device_by_id, *device_by_auth_user;
    GHashTable *peer_by_id;
    GHashTable *peer_by_address; /* struct net_addr of the host -> first struct peer_place */
    GArray *peer_place;          /* struct peer_place: enabled peers with a numeric host, in the order added */
    struct net_set *denied_set;
    struct view *auth_user; /* keys of device_by_auth_user */
};
