/* SPDX-License-Identifier: Apache-2.0
 *
 * A model of the media engine: it carries no packets but knows who would hear whom. See world.h.
 */
#include "tests/sim/world_media.h"

#include <errno.h>
#include <string.h>

static struct world_media *get(struct world *w, media_id id)
{
    return g_hash_table_lookup(w->media, &id);
}

static void changed(struct world *w, struct world_media *m)
{
    m->changed_us = timers_now_us(w->timers);
}

static int port_open(void *arg, const struct media_open *o, media_id *ret, struct media_desc *local)
{
    struct world *w = arg;
    (void)o;
    if (w->media_limit && g_hash_table_size(w->media) >= w->media_limit)
        return ENOSPC;
    struct world_media *m = g_new0(struct world_media, 1);
    m->id = ++w->last_media;
    *local = (struct media_desc){.present = true, .dir = MEDIA_BOTH};
    local->rtp = w->server.address;
    local->rtp.port = w->next_port;
    local->rtcp = local->rtp;
    local->rtcp.port++;
    w->next_port = (uint16_t)(w->next_port >= 60000 ? 9000 : w->next_port + 2);
    g_hash_table_insert(w->media, &m->id, m);
    *ret = m->id;
    return 0;
}

static void port_set(void *arg, media_id id, const struct media_desc *local, const struct media_desc *remote)
{
    struct world_media *m = get(arg, id);
    if (!m) {
        world_fault(arg, "media: set of a session that is not there");
        return;
    }
    m->local = *local;
    m->remote = *remote;
    m->is_set = true;
    changed(arg, m);
}

static void unjoin(struct world *w, struct world_media *m)
{
    struct world_media *other = get(w, m->joined);
    m->joined = 0;
    changed(w, m);
    if (other && other->joined == m->id) {
        other->joined = 0;
        changed(w, other);
    }
}

static void port_join(void *arg, media_id a, media_id b)
{
    struct world_media *x = get(arg, a), *y = get(arg, b);
    if (!x || !y) {
        world_fault(arg, "media: join of a session that is not there");
        return;
    }
    unjoin(arg, x);
    unjoin(arg, y);
    x->joined = b;
    y->joined = a;
    x->sound = y->sound = SOUND_NONE;
    changed(arg, x);
    changed(arg, y);
}

static void port_part(void *arg, media_id id)
{
    struct world_media *m = get(arg, id);
    if (m)
        unjoin(arg, m);
}

static void port_play(void *arg, media_id id, enum media_sound sound, enum language lang)
{
    (void)lang;
    struct world_media *m = get(arg, id);
    if (!m) {
        world_fault(arg, "media: play to a session that is not there");
        return;
    }
    m->sound = sound;
    changed(arg, m);
}

static void port_send_dtmf(void *arg, media_id id, char digit, uint16_t ms)
{
    (void)ms;
    struct world_media *m = get(arg, id);
    size_t n = m ? strlen(m->digits) : 0;
    if (m && n + 1 < sizeof m->digits)
        m->digits[n] = digit;
}

static void port_watch(void *arg, media_id id, uint32_t timeout_s)
{
    struct world_media *m = get(arg, id);
    if (m)
        m->watch_s = timeout_s;
}

static void port_close(void *arg, media_id id)
{
    struct world *w = arg;
    struct world_media *m = get(w, id);
    if (!m) {
        world_fault(w, "media: closed twice");
        return;
    }
    unjoin(w, m);
    g_hash_table_remove(w->media, &id);
}

struct media_port world_media_port(struct world *w)
{
    return (struct media_port){w,         port_open,      port_set,   port_join, port_part,
                               port_play, port_send_dtmf, port_watch, port_close};
}

struct world_media *world_media_at(struct world *w, const struct net_addr *rtp)
{
    GHashTableIter at;
    void *value;
    g_hash_table_iter_init(&at, w->media);
    while (g_hash_table_iter_next(&at, NULL, &value)) {
        struct world_media *m = value;
        if (m->is_set && net_addr_eq(&m->remote.rtp, rtp))
            return m;
    }
    return NULL;
}

/* Would sound pass from one session's peer to the other's? Directions on both sides, and a codec on each: where they
 * differ the engine transcodes (SIP-20). */
static bool passes(const struct world_media *from, const struct world_media *to)
{
    bool sends = (from->remote.dir & MEDIA_SEND) && (from->local.dir & MEDIA_RECV);
    bool hears = (to->remote.dir & MEDIA_RECV) && (to->local.dir & MEDIA_SEND);
    return sends && hears && media_desc_voice(&from->local) != CODEC_NONE &&
           media_desc_voice(&to->remote) != CODEC_NONE;
}

enum world_hears world_hears(struct world *w, const struct net_addr *rtp, struct net_addr *party_rtp)
{
    const struct world_media *m = world_media_at(w, rtp);
    bool open = m && (m->remote.dir & MEDIA_RECV) && (m->local.dir & MEDIA_SEND);
    if (!open)
        return HEARS_NOTHING;
    if (m->sound == SOUND_MUSIC)
        return HEARS_MUSIC;
    if (m->sound == SOUND_RINGBACK)
        return HEARS_RINGBACK;
    if (m->sound != SOUND_NONE)
        return HEARS_SOUND;
    const struct world_media *other = get(w, m->joined);
    if (!other || !other->is_set || !passes(other, m))
        return HEARS_NOTHING;
    *party_rtp = other->remote.rtp;
    return HEARS_PARTY;
}

static void describe(GString *s, const struct world_media *m)
{
    char rtp[NET_ADDR_TEXT];
    g_string_append_printf(s, "[%s sound %d, ours dir %u voice %s, theirs dir %u voice %s, changed %.3f]",
                           net_addr_text(&m->remote.rtp, rtp), m->sound, m->local.dir,
                           codec_name(media_desc_voice(&m->local)), m->remote.dir,
                           codec_name(media_desc_voice(&m->remote)), (double)m->changed_us / 1e6);
}

const char *world_media_text(struct world *w, const struct net_addr *rtp)
{
    static char text[512];
    const struct world_media *m = world_media_at(w, rtp), *other = m ? get(w, m->joined) : NULL;
    GString *s = g_string_new(m ? NULL : "no session");
    if (m)
        describe(s, m);
    g_string_append(s, other ? " joined to " : " joined to nobody");
    if (other)
        describe(s, other);
    (void)g_strlcpy(text, s->str, sizeof text);
    g_string_free(s, TRUE);
    return text;
}

void world_media_dies(struct world *w, const struct net_addr *rtp)
{
    const struct world_media *m = world_media_at(w, rtp);
    struct media_event ev = {.kind = MEDIA_TIMEOUT};
    if (!m || !m->watch_s)
        return;
    media_id id = m->id;
    world_run(w, (int64_t)m->watch_s * G_USEC_PER_SEC);
    call_media_event(w->core, id, &ev);
}

void world_media_check(struct world *w)
{
    GHashTableIter at;
    void *value;
    g_hash_table_iter_init(&at, w->media);
    while (g_hash_table_iter_next(&at, NULL, &value)) {
        const struct world_media *m = value;
        const struct world_media *other = m->joined ? get(w, m->joined) : NULL;
        if (m->joined && (!other || other->joined != m->id))
            world_fault(w, "media: a joint that is not mutual");
    }
}
