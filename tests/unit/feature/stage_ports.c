/* SPDX-License-Identifier: Apache-2.0
 *
 * The stage's ports: fake legs and sessions that note commands and complain of those that may not come. A leg is
 * written as the low half of its id, a session as m and its number.
 */
#include <errno.h>
#include <string.h>

#include "tests/unit/feature/stage_priv.h"

struct fake_media {
    media_id id, joint;
    enum media_sound sound;
};

[[gnu::format(printf, 2, 3)]] static void wrong(struct stage *s, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_string_append_vprintf(s->wrong, format, args);
    va_end(args);
    g_string_append_c(s->wrong, '\n');
}

static unsigned low(uint64_t id)
{
    return (unsigned)(uint32_t)id;
}

static struct fake_leg *leg_of(struct stage *s, leg_id id, const char *what)
{
    struct fake_leg *l = g_hash_table_lookup(s->legs, &id);
    if (!l) { /* an incoming leg whose id we have not been told yet */
        if (strcmp(what, "dial") != 0 && g_hash_table_size(s->legs) > 100000)
            wrong(s, "%s: too many legs", what);
        l = g_new0(struct fake_leg, 1);
        l->id = id;
        l->incoming = strcmp(what, "dial") != 0;
        g_hash_table_insert(s->legs, &l->id, l);
    }
    return l;
}

static void append_codecs(GString *to, const struct media_desc *d)
{
    static const char *const dirs[] = {"inactive", "recvonly", "sendonly", NULL};
    for (unsigned i = 0; i < d->n_formats; i++)
        g_string_append_printf(to, "%s%s", i ? "," : " ",
                               codec_is_voice((enum codec)d->format[i].codec)
                                   ? codec_name((enum codec)d->format[i].codec)
                               : d->format[i].codec == CODEC_CN ? "CN"
                                                                : "event");
    if (dirs[d->dir & 3])
        g_string_append_printf(to, " %s", dirs[d->dir & 3]);
}

static void note_desc(struct stage *s, const char *what, leg_id leg, const struct media_desc *d)
{
    g_string_append_printf(s->log, "%s %u", what, low(leg));
    append_codecs(s->log, d);
    g_string_append_c(s->log, '\n');
    bool pts[128] = {false};
    for (unsigned i = 0; i < d->n_formats; i++) {
        if (d->format[i].pt > 127 || pts[d->format[i].pt])
            wrong(s, "%s: payload type %u twice or wrong", what, d->format[i].pt);
        else
            pts[d->format[i].pt] = true;
    }
    if (media_desc_voice(d) == CODEC_NONE || net_addr_is_any(&d->rtp))
        wrong(s, "%s %u: no voice or no address", what, low(leg));
}

static int on_dial(void *arg, leg_id leg, const struct leg_dial *d)
{
    struct stage *s = arg;
    int err = s->dial_errno;
    s->dial_errno = 0;
    if (err)
        return err;
    struct fake_leg *l = leg_of(s, leg, "dial");
    l->offer_open_ours = true;
    l->our_offer = *d->offer;
    struct stage_dialled *n = &s->dialled[s->n_dialled++ % STAGE_DIALLED_MAX];
    *n = (struct stage_dialled){.leg = leg,
                                .device = (uint32_t)d->binding,
                                .peer = d->peer,
                                .offer = *d->offer,
                                .from = d->from,
                                .via = d->via,
                                .max_forwards = d->max_forwards};
    s->n_dialled %= STAGE_DIALLED_MAX;
    g_string_append_printf(s->log, "dial %u %s", low(leg), d->number);
    append_codecs(s->log, d->offer);
    g_string_append_c(s->log, '\n');
    return 0;
}

static void on_ring(void *arg, leg_id leg)
{
    struct stage *s = arg;
    if (leg_of(s, leg, "ring")->up)
        wrong(s, "ring %u: is up", low(leg));
    g_string_append_printf(s->log, "ring %u\n", low(leg));
}

static void on_progress(void *arg, leg_id leg, const struct media_desc *d)
{
    struct stage *s = arg;
    if (leg_of(s, leg, "progress")->up)
        wrong(s, "progress %u: is up", low(leg));
    note_desc(s, "progress", leg, d);
}

static void on_answer(void *arg, leg_id leg, const struct media_desc *d)
{
    struct stage *s = arg;
    struct fake_leg *l = leg_of(s, leg, "answer");
    if (l->up || !l->incoming)
        wrong(s, "answer %u: twice, or outgoing", low(leg));
    l->up = true;
    l->offer_open_ours = l->late;
    l->our_offer = *d;
    note_desc(s, "answer", leg, d);
}

static void on_hang_up(void *arg, leg_id leg, const struct hang_up *h)
{
    static const char *const how[] = {"normal", "elsewhere", "declined", "refuse", "transferred", "media", "shutdown"};
    struct stage *s = arg;
    struct fake_leg *l = leg_of(s, leg, "hang_up");
    if (h->how == HANG_UP_REFUSE && (l->up || h->status < 400))
        wrong(s, "hang_up %u: refuses a leg that is up, or with %u", low(leg), h->status);
    g_string_append_printf(s->log, "hang_up %u %s", low(leg), how[h->how]);
    if (h->status)
        g_string_append_printf(s->log, " %u", h->status);
    if (h->how == HANG_UP_REFUSE && h->status == 503 && h->retry_after_s)
        g_string_append(s->log, " retry");
    g_string_append_c(s->log, '\n');
    g_hash_table_remove(s->legs, &leg);
}

static int on_offer(void *arg, leg_id leg, const struct media_desc *d)
{
    struct stage *s = arg;
    struct fake_leg *l = leg_of(s, leg, "offer");
    int err = s->offer_errno;
    s->offer_errno = 0;
    if (err)
        return err;
    if (!l->up || l->offer_open_ours || l->answer_owed)
        wrong(s, "offer %u: not up, or one is open", low(leg));
    l->offer_open_ours = true;
    l->our_offer = *d;
    note_desc(s, "offer", leg, d);
    return 0;
}

static void on_answer_offer(void *arg, leg_id leg, const struct media_desc *d)
{
    struct stage *s = arg;
    struct fake_leg *l = leg_of(s, leg, "answer_offer");
    if (!l->answer_owed)
        wrong(s, "answer_offer %u: none owed", low(leg));
    l->answer_owed = false;
    l->offer_open_ours = l->asked;
    l->our_offer = *d;
    note_desc(s, "answer_offer", leg, d);
}

static void on_refuse_offer(void *arg, leg_id leg, uint16_t status)
{
    struct stage *s = arg;
    struct fake_leg *l = leg_of(s, leg, "refuse_offer");
    if (!l->answer_owed)
        wrong(s, "refuse_offer %u: none owed", low(leg));
    l->answer_owed = false;
    g_string_append_printf(s->log, "refuse_offer %u %u\n", low(leg), status);
}

static void on_identify(void *arg, leg_id leg, const struct party *who)
{
    struct stage *s = arg;
    leg_of(s, leg, "identify");
    g_string_append_printf(s->log, "identify %u %s\n", low(leg), who->number);
}

static void on_send_info(void *arg, leg_id leg, char digit, uint16_t ms)
{
    struct stage *s = arg;
    (void)ms;
    g_string_append_printf(s->log, "info %u %c\n", low(leg), digit);
}

static void on_refer_progress(void *arg, leg_id leg, uint16_t status)
{
    struct stage *s = arg;
    struct fake_leg *l = leg_of(s, leg, "refer_progress");
    if (!l->refer_owed)
        wrong(s, "refer_progress %u: none owed", low(leg));
    l->refer_owed = status < 200;
    g_string_append_printf(s->log, "refer_progress %u %u\n", low(leg), status);
}

/* --- media --- */

static struct fake_media *media_of(struct stage *s, media_id m, const char *what)
{
    static struct fake_media none;
    struct fake_media *f = g_hash_table_lookup(s->media, &m);
    if (!f)
        wrong(s, "%s m%u: no such session", what, low(m));
    return f ? f : &none;
}

static int on_open(void *arg, const struct media_open *o, media_id *ret, struct media_desc *local)
{
    struct stage *s = arg;
    (void)o;
    if (s->media_max && s->open_media >= s->media_max)
        return ENOSPC;
    struct fake_media *m = g_new0(struct fake_media, 1);
    *ret = m->id = ++s->next_media;
    g_hash_table_insert(s->media, &m->id, m);
    s->open_media++;
    *local = (struct media_desc){0};
    if (!net_addr_parse(view_of("198.51.100.1"), (uint16_t)(20000 + 2 * m->id % 20000), &local->rtp))
        return EINVAL;
    local->rtcp = local->rtp;
    local->rtcp.port++;
    return 0;
}

static void on_set(void *arg, media_id m, const struct media_desc *local, const struct media_desc *remote)
{
    struct stage *s = arg;
    media_of(s, m, "set");
    if (media_desc_voice(local) == CODEC_NONE || media_desc_voice(local) != media_desc_voice(remote))
        wrong(s, "set m%u: two codecs, or none", low(m));
    g_string_append_printf(s->log, "set m%u", low(m));
    append_codecs(s->log, local);
    g_string_append_c(s->log, '\n');
}

static void unjoin(struct stage *s, struct fake_media *m)
{
    if (m->joint)
        media_of(s, m->joint, "part")->joint = 0;
    m->joint = 0;
}

static void on_join(void *arg, media_id a, media_id b)
{
    struct stage *s = arg;
    struct fake_media *x = media_of(s, a, "join"), *y = media_of(s, b, "join");
    unjoin(s, x);
    unjoin(s, y);
    x->joint = b;
    y->joint = a;
    x->sound = y->sound = SOUND_NONE;
    g_string_append_printf(s->log, "join m%u m%u\n", low(a), low(b));
}

static void on_part(void *arg, media_id m)
{
    struct stage *s = arg;
    unjoin(s, media_of(s, m, "part"));
}

static void on_play(void *arg, media_id m, enum media_sound sound, enum language lang)
{
    struct stage *s = arg;
    (void)lang;
    media_of(s, m, "play")->sound = sound;
    g_string_append_printf(s->log, "play m%u %d\n", low(m), (int)sound);
}

static void on_send_dtmf(void *arg, media_id m, char digit, uint16_t ms)
{
    struct stage *s = arg;
    (void)ms;
    media_of(s, m, "send_dtmf");
    g_string_append_printf(s->log, "send_dtmf m%u %c\n", low(m), digit);
}

static void on_watch(void *arg, media_id m, uint32_t timeout_s)
{
    struct stage *s = arg;
    media_of(s, m, "watch");
    g_string_append_printf(s->log, "watch m%u %u\n", low(m), timeout_s);
}

static void on_close(void *arg, media_id m)
{
    struct stage *s = arg;
    unjoin(s, media_of(s, m, "close"));
    if (g_hash_table_remove(s->media, &m))
        s->open_media--;
}

/* --- location, journal --- */

static size_t on_devices(void *arg, uint32_t user, struct location_device *ret, size_t max)
{
    struct stage *s = arg;
    size_t n = user == s->absent ? 0 : s->second_devices ? 2 : 1;
    for (size_t i = 0; i < n && i < max; i++) {
        uint32_t device = user * 10 + 1 + (uint32_t)i;
        ret[i] = (struct location_device){.binding = device, .device = device};
    }
    return n;
}

static void on_started(void *arg, const struct call_record *r)
{
    (void)r;
    ((struct stage *)arg)->n_started++;
}

static void on_ended(void *arg, const struct call_record *r)
{
    struct stage *s = arg;
    struct stage_record *to = &s->record[s->n_records++ % STAGE_RECORDS_MAX];
    *to = (struct stage_record){.reason = r->reason,
                                .direction = r->direction,
                                .ended_by = r->ended_by,
                                .answered = r->answered,
                                .length_ms = r->length_ms,
                                .talk_ms = r->talk_ms,
                                .n_segments = r->n_segments};
    if (r->n_segments)
        memcpy(to->segment, r->segments, MIN(r->n_segments, 8) * sizeof(struct call_segment));
    GString *trace = g_string_new(NULL);
    for (unsigned i = 0; i < r->n_trace; i++)
        g_string_append_printf(trace, "%s:%s %s\n", trace_kind_name(r->trace[i].kind), r->trace[i].outcome,
                               r->trace[i].facts);
    g_strlcpy(to->trace, trace->str, sizeof(to->trace));
    g_string_free(trace, TRUE);
    if (r->ended_ms < r->started_ms || r->length_ms < r->talk_ms)
        wrong(s, "record: negative or too long a time");
    for (unsigned i = 0; i < r->n_segments; i++)
        if (!r->segments[i].ended_ms)
            wrong(s, "record: segment %u never ended", i);
}

void stage_fill_ports(struct stage *s, struct call_core_config *c)
{
    c->legs =
        (struct leg_port){s,        on_dial,         on_ring,         on_progress, on_answer,    on_hang_up,
                          on_offer, on_answer_offer, on_refuse_offer, on_identify, on_send_info, on_refer_progress};
    c->media = (struct media_port){s, on_open, on_set, on_join, on_part, on_play, on_send_dtmf, on_watch, on_close};
    c->location = (struct location_port){s, on_devices};
    c->journal = (struct journal_port){s, on_started, on_ended};
}

/* --- what comes from the lines --- */

void stage_incoming(struct stage *s, leg_id id, bool late)
{
    if (!call_core_has_leg(s->core, id))
        return;
    struct fake_leg *l = leg_of(s, id, "incoming");
    l->late = late;
    l->offer_open_ours = late && l->up;
}

/* True when a line could say this now; notes what it changes. */
static bool may_say(struct fake_leg *l, const struct leg_event *ev)
{
    switch (ev->kind) {
    case LEG_TRYING:
    case LEG_RINGING:
    case LEG_EARLY:
    case LEG_REFUSED:
        return !l->incoming && !l->up;
    case LEG_ANSWERED:
        if (l->incoming || l->up)
            return false;
        l->up = true;
        l->offer_open_ours = false;
        return true;
    case LEG_CONFIRMED:
        l->offer_open_ours = l->offer_open_ours && !l->up;
        return l->up;
    case LEG_OFFERED:
        if (!l->up || l->offer_open_ours || l->answer_owed)
            return false;
        l->answer_owed = true;
        l->asked = !ev->desc;
        return true;
    case LEG_ANSWERED_OFFER:
    case LEG_OFFER_REFUSED:
        if (!l->up || !l->offer_open_ours)
            return false;
        l->offer_open_ours = false;
        return true;
    case LEG_REFERRED:
        if (!l->up || l->refer_owed)
            return false;
        l->refer_owed = true;
        return true;
    case LEG_DTMF:
        return l->up;
    case LEG_HUNG_UP:
        return l->incoming || l->up;
    }
    return false;
}

void stage_tell(struct stage *s, leg_id id, const struct leg_event *ev)
{
    struct fake_leg *l = g_hash_table_lookup(s->legs, &id);
    if (l && !may_say(l, ev))
        return;
    if (l && (ev->kind == LEG_HUNG_UP || ev->kind == LEG_REFUSED))
        g_hash_table_remove(s->legs, &id);
    call_leg_event(s->core, id, ev);
}

static media_id media_of_leg(const struct stage *s, leg_id id)
{
    return call_core_media_of(s->core, id);
}

void stage_media_event(struct stage *s, leg_id leg, enum media_event_kind kind, char digit)
{
    call_media_event(s->core, media_of_leg(s, leg),
                     &(struct media_event){.kind = kind, .digit = digit, .digit_ms = 100});
}

bool stage_talks(const struct stage *s, leg_id a, leg_id b)
{
    media_id x = media_of_leg(s, a), y = media_of_leg(s, b);
    const struct fake_media *m = g_hash_table_lookup(s->media, &x), *n = g_hash_table_lookup(s->media, &y);
    return m && n && m->joint == y && n->joint == x && m->sound == SOUND_NONE && n->sound == SOUND_NONE;
}

enum media_sound stage_hears(const struct stage *s, leg_id leg)
{
    media_id x = media_of_leg(s, leg);
    const struct fake_media *m = g_hash_table_lookup(s->media, &x);
    return m ? m->sound : SOUND_NONE;
}

size_t stage_legs(const struct stage *s, struct fake_leg *ret, size_t max)
{
    GHashTableIter it;
    void *value;
    size_t n = 0;
    g_hash_table_iter_init(&it, s->legs);
    while (n < max && g_hash_table_iter_next(&it, NULL, &value)) {
        ret[n] = *(struct fake_leg *)value;
        ret[n].media = media_of_leg(s, ret[n].id);
        n++;
    }
    return n;
}
