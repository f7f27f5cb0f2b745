/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading a snapshot: see snapshot.h. Any thread that holds a reference.
 */
#include "model/snapshot_priv.h"

struct model *model_ref(struct model *m)
{
    g_atomic_int_inc(&m->refs);
    return m;
}

void model_unref(struct model *m)
{
    if (!m || !g_atomic_int_dec_and_test(&m->refs))
        return;
    g_hash_table_destroy(m->user_by_id);
    g_hash_table_destroy(m->user_by_number);
    g_hash_table_destroy(m->device_by_id);
    g_hash_table_destroy(m->device_by_auth_user);
    g_hash_table_destroy(m->peer_by_id);
    g_hash_table_destroy(m->peer_by_address);
    g_array_free(m->peer_place, TRUE);
    net_set_free(m->denied_set);
    g_ptr_array_free(m->users, TRUE);
    g_ptr_array_free(m->devices, TRUE);
    g_ptr_array_free(m->peers, TRUE);
    g_array_free(m->user, TRUE);
    g_array_free(m->device, TRUE);
    g_array_free(m->peer, TRUE);
    g_array_free(m->denied, TRUE);
    g_string_chunk_free(m->strings);
    g_free(m->auth_user);
    g_free(m);
}

uint64_t model_version(const struct model *m)
{
    return m->version;
}

const struct model_settings *model_settings(const struct model *m)
{
    return &m->settings;
}

const struct model_user *model_user_by_number(const struct model *m, const char *number)
{
    return number ? g_hash_table_lookup(m->user_by_number, number) : NULL;
}

const struct model_user *model_user_by_id(const struct model *m, uint32_t id)
{
    return g_hash_table_lookup(m->user_by_id, GUINT_TO_POINTER(id));
}

const struct model_device *model_device_by_auth_user(const struct model *m, struct view auth_user)
{
    return g_hash_table_lookup(m->device_by_auth_user, &auth_user);
}

const struct model_device *model_device_by_id(const struct model *m, uint32_t id)
{
    return g_hash_table_lookup(m->device_by_id, GUINT_TO_POINTER(id));
}

size_t model_peers(const struct model *m, const struct model_peer *const **ret)
{
    *ret = (const struct model_peer *const *)m->peers->pdata;
    return m->peers->len;
}

const struct model_peer *model_peer_by_id(const struct model *m, uint32_t id)
{
    return g_hash_table_lookup(m->peer_by_id, GUINT_TO_POINTER(id));
}

const struct model_peer *model_peer_at(const struct model *m, const struct net_addr *source)
{
    const struct peer_place *at = g_hash_table_lookup(m->peer_by_address, source);
    while (at && at->peer->port && at->peer->transport == MODEL_UDP && at->peer->port != source->port)
        at = at->next;
    return at ? at->peer : NULL;
}

size_t model_users(const struct model *m, const struct model_user *const **ret)
{
    *ret = (const struct model_user *const *)m->users->pdata;
    return m->users->len;
}

size_t model_devices(const struct model *m, const struct model_device *const **ret)
{
    *ret = (const struct model_device *const *)m->devices->pdata;
    return m->devices->len;
}

size_t model_denied(const struct model *m, const struct net_range **ret)
{
    *ret = (const struct net_range *)(const void *)m->denied->data;
    return m->denied->len;
}

bool model_denies(const struct model *m, const struct net_addr *source)
{
    return net_set_has(m->denied_set, source);
}
