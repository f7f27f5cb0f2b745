/* SPDX-License-Identifier: Apache-2.0
 *
 * Building a snapshot: see snapshot.h. One thread, before the snapshot is shared. Rows are copied as they are added; an
 * index points into the arrays only once these have stopped growing.
 */
#include "model/snapshot_priv.h"

struct model_builder {
    struct model *m;
    GArray *device_user; /* uint32_t: user id of each device */
};

struct model_settings model_settings_default(void)
{
    return (struct model_settings){
        .company = "",
        .realm = "carillon",
        .host = "",
        .time_zone = "UTC",
        .language = MODEL_EN,
        .device_reply_ms = 2000,
        .register_min_s = 60,
        .register_max_s = 3600,
        .register_default_s = 300,
        .session_expires_s = 1800,
        .min_se_s = 90,
        .rtp_timeout_s = 30,
        .rtp_timeout_hold_s = 1800,
        .block_min = 30,
        .max_calls = 0,
        .codecs = {{MODEL_OPUS, MODEL_G722, MODEL_PCMA, MODEL_PCMU}, MODEL_CODECS},
        .public_ip = "",
        .sip_port = 5060,
        .sips_port = 5061,
        .rtp_external = "9000-10999",
        .rtp_internal = "7000-8999",
        .extension_length = 3,
        .first_extension = 100,
    };
}

/* Text of rows: never NULL in a snapshot, so that readers need not ask. */
static const char *keep(struct model_builder *b, const char *text)
{
    return text && *text ? g_string_chunk_insert(b->m->strings, text) : "";
}

struct model_builder *model_builder_new(uint64_t version)
{
    struct model_builder *b = g_new0(struct model_builder, 1);
    struct model *m = b->m = g_new0(struct model, 1);
    m->refs = 1;
    m->version = version;
    m->strings = g_string_chunk_new(64 * 1024);
    m->user = g_array_new(FALSE, FALSE, sizeof(struct model_user));
    m->device = g_array_new(FALSE, FALSE, sizeof(struct model_device));
    m->peer = g_array_new(FALSE, FALSE, sizeof(struct model_peer));
    m->denied = g_array_new(FALSE, FALSE, sizeof(struct net_range));
    b->device_user = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    struct model_settings s = model_settings_default();
    model_builder_settings(b, &s);
    return b;
}

void model_builder_settings(struct model_builder *b, const struct model_settings *s)
{
    struct model_settings *to = &b->m->settings;
    *to = *s;
    to->company = keep(b, s->company);
    to->realm = keep(b, s->realm);
    to->host = keep(b, s->host);
    to->time_zone = keep(b, s->time_zone);
    to->public_ip = keep(b, s->public_ip);
    to->rtp_external = keep(b, s->rtp_external);
    to->rtp_internal = keep(b, s->rtp_internal);
}

static const char *full_name(struct model_builder *b, const struct model_user *u)
{
    if (u->name && *u->name)
        return keep(b, u->name);
    const char *first = u->first_name ? u->first_name : "", *last = u->last_name ? u->last_name : "";
    char *name = g_strconcat(first, *first && *last ? " " : "", last, NULL);
    const char *kept = keep(b, name);
    g_free(name);
    return kept;
}

void model_builder_add_user(struct model_builder *b, const struct model_user *u)
{
    struct model_user copy = *u;
    copy.uuid = keep(b, u->uuid);
    copy.number = keep(b, u->number);
    copy.first_name = keep(b, u->first_name);
    copy.last_name = keep(b, u->last_name);
    copy.name = full_name(b, u);
    copy.email = keep(b, u->email);
    g_array_append_val(b->m->user, copy);
}

void model_builder_add_device(struct model_builder *b, const struct model_device *d, uint32_t user_id)
{
    struct model_device copy = *d;
    copy.user = NULL;
    copy.uuid = keep(b, d->uuid);
    copy.name = keep(b, d->name);
    copy.auth_user = keep(b, d->auth_user);
    copy.secret = keep(b, d->secret);
    g_array_append_val(b->m->device, copy);
    g_array_append_val(b->device_user, user_id);
}

void model_builder_add_peer(struct model_builder *b, const struct model_peer *p)
{
    struct model_peer copy = *p;
    copy.uuid = keep(b, p->uuid);
    copy.name = keep(b, p->name);
    copy.host = keep(b, p->host);
    copy.prefix = keep(b, p->prefix);
    g_array_append_val(b->m->peer, copy);
}

void model_builder_add_denied(struct model_builder *b, const struct net_range *r)
{
    g_array_append_val(b->m->denied, *r);
}

/* An id is free when it is a real one and nobody has it yet. */
static bool id_free(GHashTable *by_id, uint32_t id)
{
    return id != 0 && !g_hash_table_contains(by_id, GUINT_TO_POINTER(id));
}

static unsigned index_users(struct model *m)
{
    unsigned left_out = 0;
    for (unsigned i = 0; i < m->user->len; i++) {
        struct model_user *u = &g_array_index(m->user, struct model_user, i);
        if (!id_free(m->user_by_id, u->id) || !*u->number || g_hash_table_contains(m->user_by_number, u->number)) {
            left_out++;
            continue;
        }
        g_hash_table_insert(m->user_by_id, GUINT_TO_POINTER(u->id), u);
        g_hash_table_insert(m->user_by_number, (void *)u->number, u);
        g_ptr_array_add(m->users, u);
    }
    return left_out;
}

static unsigned index_devices(struct model *m, const GArray *device_user)
{
    unsigned left_out = 0;
    m->auth_user = g_new(struct view, m->device->len);
    for (unsigned i = 0; i < m->device->len; i++) {
        struct model_device *d = &g_array_index(m->device, struct model_device, i);
        d->user = model_user_by_id(m, g_array_index(device_user, uint32_t, i));
        m->auth_user[i] = view_of(d->auth_user);
        if (!d->user || !id_free(m->device_by_id, d->id) || !*d->auth_user ||
            g_hash_table_contains(m->device_by_auth_user, &m->auth_user[i])) {
            left_out++;
            continue;
        }
        g_hash_table_insert(m->device_by_id, GUINT_TO_POINTER(d->id), d);
        g_hash_table_insert(m->device_by_auth_user, &m->auth_user[i], d);
        g_ptr_array_add(m->devices, d);
    }
    return left_out;
}

static unsigned index_peers(struct model *m)
{
    unsigned left_out = 0;
    GHashTable *prefixes = g_hash_table_new(g_str_hash, g_str_equal);
    for (unsigned i = 0; i < m->peer->len; i++) {
        struct model_peer *p = &g_array_index(m->peer, struct model_peer, i);
        if (!id_free(m->peer_by_id, p->id) || !*p->prefix || !g_hash_table_add(prefixes, (void *)p->prefix)) {
            left_out++;
            continue;
        }
        g_hash_table_insert(m->peer_by_id, GUINT_TO_POINTER(p->id), p);
        g_ptr_array_add(m->peers, p);
    }
    g_hash_table_destroy(prefixes);
    return left_out;
}

static void index_peer_addresses(struct model *m)
{
    m->peer_by_address = g_hash_table_new(net_addr_hash_host, net_addr_equal_host);
    m->peer_place = g_array_sized_new(FALSE, FALSE, sizeof(struct peer_place), m->peers->len);
    for (unsigned i = 0; i < m->peers->len; i++) {
        struct peer_place at = {.peer = m->peers->pdata[i]};
        if (at.peer->enabled && net_addr_parse(view_of(at.peer->host), 0, &at.host))
            g_array_append_val(m->peer_place, at); /* never beyond its first size: places stay where they are */
    }
    for (unsigned i = m->peer_place->len; i-- > 0;) { /* from behind, so that the first added is found first */
        struct peer_place *at = &g_array_index(m->peer_place, struct peer_place, i);
        at->next = g_hash_table_lookup(m->peer_by_address, &at->host);
        g_hash_table_replace(m->peer_by_address, &at->host, at);
    }
}

struct model *model_builder_finish(struct model_builder *b, unsigned *ret_left_out)
{
    struct model *m = b->m;
    m->user_by_id = g_hash_table_new(NULL, NULL);
    m->user_by_number = g_hash_table_new(g_str_hash, g_str_equal);
    m->device_by_id = g_hash_table_new(NULL, NULL);
    m->device_by_auth_user = g_hash_table_new(view_hash, view_hash_eq);
    m->peer_by_id = g_hash_table_new(NULL, NULL);
    m->users = g_ptr_array_sized_new(m->user->len);
    m->devices = g_ptr_array_sized_new(m->device->len);
    m->peers = g_ptr_array_sized_new(m->peer->len);
    unsigned left_out = index_users(m);
    left_out += index_devices(m, b->device_user);
    left_out += index_peers(m);
    index_peer_addresses(m);
    m->denied_set = net_set_new((const struct net_range *)(const void *)m->denied->data, m->denied->len);
    if (ret_left_out)
        *ret_left_out = left_out;
    g_array_free(b->device_user, TRUE);
    g_free(b);
    return m;
}
