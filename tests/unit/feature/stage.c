/* SPDX-License-Identifier: Apache-2.0
 *
 * The stage's company, time, and what tests say and ask: see stage.h.
 */
#include "tests/unit/feature/stage.h"

#include <string.h>

#include "call/load.h"
#include "tests/unit/feature/stage_priv.h"

static void fill(void *arg, void *dst, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        ((uint8_t *)dst)[i] = (uint8_t)stage_chance(arg);
}

uint64_t stage_chance(struct stage *s)
{
    s->chance ^= s->chance << 13;
    s->chance ^= s->chance >> 7;
    s->chance ^= s->chance << 17;
    return s->chance * 0x2545F4914F6CDD1DULL >> 16;
}

static void add_user(struct model_builder *b, uint32_t id)
{
    static const char *const names[] = {"", "Anna", "Bert", "Carl", "Dora", "Erik", "Faye"};
    char number[8], uuid[16];
    g_snprintf(number, sizeof(number), "%u", 99 + id);
    g_snprintf(uuid, sizeof(uuid), "u%u", id);
    model_builder_add_user(b, &(struct model_user){.id = id,
                                                   .uuid = uuid,
                                                   .number = number,
                                                   .first_name = names[id],
                                                   .last_name = "X",
                                                   .name = names[id],
                                                   .email = "",
                                                   .enabled = id != DORA,
                                                   .ring_s = 20,
                                                   .max_calls = id == FAYE ? 2 : 8,
                                                   .accept_multiple = id != ERIK});
    for (uint32_t k = 1; k <= 2; k++) {
        char name[16];
        g_snprintf(name, sizeof(name), "d%u", id * 10 + k);
        struct model_device d = {.id = id * 10 + k, .uuid = name, .name = name, .auth_user = name, .secret = "x"};
        d.enabled = true;
        d.codecs = model_settings_default().codecs;
        if (d.id == 31)
            d.codecs = (struct model_codecs){{MODEL_PCMU}, 1};
        model_builder_add_device(b, &d, id);
    }
}

static void add_peer(struct model_builder *b, uint32_t id, const char *prefix, uint16_t max_calls)
{
    char name[16];
    g_snprintf(name, sizeof(name), "peer%u", id);
    struct model_peer p = {.id = id, .uuid = name, .name = name, .host = "192.0.2.9", .port = 5060, .prefix = prefix};
    p.max_calls = max_calls;
    p.codecs = (struct model_codecs){{MODEL_PCMA, MODEL_PCMU}, 2};
    p.enabled = id != 2;
    model_builder_add_peer(b, &p);
}

static struct model *company(const struct model_settings *settings)
{
    struct model_builder *b = model_builder_new(1);
    struct model_settings s = settings ? *settings : model_settings_default();
    model_builder_settings(b, &s);
    for (uint32_t u = 1; u <= USERS; u++)
        add_user(b, u);
    add_peer(b, 1, "0", 2);
    add_peer(b, 2, "00", 0);
    add_peer(b, 3, "7", 0);
    unsigned left_out = 0;
    struct model *m = model_builder_finish(b, &left_out);
    g_assert_cmpuint(left_out, ==, 0);
    return m;
}

struct stage *stage_new(uint64_t seed, const struct model_settings *settings)
{
    struct stage *s = g_new0(struct stage, 1);
    s->chance = seed * 0x9E3779B97F4A7C15ULL | 1;
    s->timers = timers_new(1000000, 1700000000000000);
    s->model = company(settings);
    s->log = g_string_new(NULL);
    s->wrong = g_string_new(NULL);
    s->legs = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, g_free);
    s->media = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, g_free);
    s->record = g_new0(struct stage_record, STAGE_RECORDS_MAX);
    struct call_core_config c = {
        .timers = s->timers, .entropy = {fill, s}, .model = s->model, .entry = reception_enter};
    stage_fill_ports(s, &c);
    s->core = call_core_new(&c);
    return s;
}

bool stage_free(struct stage *s, GString *why)
{
    timers_fire(s->timers);
    struct call_counts n = call_core_counts(s->core);
    if (n.legs || n.calls || n.controllers || n.media || n.buried)
        g_string_append_printf(why, "left: %zu legs, %zu calls, %zu controllers, %zu media, %zu buried\n", n.legs,
                               n.calls, n.controllers, n.media, n.buried);
    if (timers_count(s->timers) || s->open_media)
        g_string_append_printf(why, "left: %zu timers, %zu sessions\n", timers_count(s->timers), s->open_media);
    if (s->n_started != s->n_records)
        g_string_append_printf(why, "%u calls started, %u records\n", s->n_started, s->n_records);
    g_string_append(why, s->wrong->str);
    call_core_free(s->core);
    timers_free(s->timers);
    model_unref(s->model);
    g_string_free(s->log, TRUE);
    g_string_free(s->wrong, TRUE);
    g_hash_table_unref(s->legs);
    g_hash_table_unref(s->media);
    g_free(s->record);
    g_free(s);
    return why->len == 0;
}

void stage_clear(struct stage *s)
{
    g_string_truncate(s->log, 0);
}

bool stage_saw(const struct stage *s, const char *line)
{
    g_autofree char *whole = g_strdup_printf("\n%s\n", line);
    g_autofree char *log = g_strdup_printf("\n%s", s->log->str);
    return strstr(log, whole) != NULL;
}

void stage_after_ms(struct stage *s, int64_t ms)
{
    int64_t until = timers_now_us(s->timers) + ms * 1000;
    for (;;) {
        int64_t next = timers_next_us(s->timers), now = timers_now_us(s->timers);
        int64_t to = next < until ? MAX(next, now) : until;
        timers_set_now(s->timers, to, timers_wall_us(s->timers) + (to - now));
        if (next > until)
            return;
        timers_fire(s->timers);
    }
}

struct media_desc stage_desc(const char *codecs)
{
    static const struct {
        const char *name;
        enum codec codec;
        uint8_t pt;
    } known[] = {{"opus", CODEC_OPUS, 96}, {"G722", CODEC_G722, 9},     {"PCMA", CODEC_PCMA, 8},
                 {"PCMU", CODEC_PCMU, 0},  {"event", CODEC_EVENT8, 97}, {"event48", CODEC_EVENT48, 98},
                 {"CN", CODEC_CN, 13}};
    struct media_desc d = {.dir = MEDIA_BOTH, .ptime_ms = 20, .present = true};
    g_assert_true(net_addr_parse(view_of("192.0.2.1"), 4000, &d.rtp));
    d.rtcp = d.rtp;
    d.rtcp.port++;
    g_auto(GStrv) names = g_strsplit(codecs, ",", -1);
    for (unsigned i = 0; names[i]; i++)
        for (unsigned k = 0; k < G_N_ELEMENTS(known); k++)
            if (strcmp(names[i], known[k].name) == 0)
                media_desc_add(&d, known[k].codec, known[k].pt);
    return d;
}

leg_id stage_call_raw(struct stage *s, struct leg_incoming *in)
{
    if (in->user)
        g_snprintf(in->from.number, sizeof(in->from.number), "%u", 99 + in->user);
    in->from.user = in->user;
    leg_id id = call_leg_arrives(s->core);
    if (id)
        call_leg_incoming(s->core, id, in);
    return id;
}

leg_id stage_call_by(struct stage *s, struct leg_incoming *in, const char *codecs)
{
    struct media_desc offer;
    if (codecs) {
        offer = stage_desc(codecs);
        in->offer = &offer;
    }
    leg_id id = stage_call_raw(s, in);
    stage_incoming(s, id, !codecs);
    return id;
}

leg_id stage_call(struct stage *s, uint32_t user, const char *number, const char *codecs)
{
    struct leg_incoming in = {.user = user, .device = user * 10 + 1, .number = number, .max_forwards = 70};
    return stage_call_by(s, &in, codecs);
}

leg_id stage_call_from_peer(struct stage *s, uint32_t peer, const char *number, const char *codecs)
{
    struct leg_incoming in = {.peer = peer, .number = number, .max_forwards = 70};
    g_strlcpy(in.from.number, "0612345678", sizeof(in.from.number));
    return stage_call_by(s, &in, codecs);
}

leg_id stage_dialled(const struct stage *s, uint32_t device)
{
    for (unsigned i = s->n_dialled; i > 0; i--)
        if (device ? s->dialled[i - 1].device == device : s->dialled[i - 1].peer != 0)
            return s->dialled[i - 1].leg;
    return 0;
}

const struct stage_dialled *stage_dialled_last(const struct stage *s)
{
    return s->n_dialled ? &s->dialled[s->n_dialled - 1] : NULL;
}

void stage_event(struct stage *s, leg_id leg, enum leg_event_kind kind)
{
    stage_tell(s, leg, &(struct leg_event){.kind = kind});
}

void stage_desc_event(struct stage *s, leg_id leg, enum leg_event_kind kind, const char *codecs)
{
    struct media_desc d = stage_desc(codecs);
    stage_tell(s, leg, &(struct leg_event){.kind = kind, .desc = &d});
}

void stage_offered(struct stage *s, leg_id leg, const char *codecs, enum media_dir dir)
{
    struct media_desc d = stage_desc(codecs);
    d.dir = (uint8_t)dir;
    stage_tell(s, leg, &(struct leg_event){.kind = LEG_OFFERED, .desc = &d});
}

void stage_status_event(struct stage *s, leg_id leg, enum leg_event_kind kind, uint16_t status)
{
    stage_tell(s, leg, &(struct leg_event){.kind = kind, .status = status});
}

void stage_refer(struct stage *s, leg_id leg, const char *number, leg_id replaces)
{
    stage_tell(s, leg, &(struct leg_event){.kind = LEG_REFERRED, .refer = {.number = number, .replaces = replaces}});
}

const struct stage_record *stage_record(const struct stage *s, unsigned i)
{
    g_assert_cmpuint(i, <, s->n_records);
    return &s->record[i];
}

void stage_tell_desc(struct stage *s, leg_id leg, enum leg_event_kind kind, const struct media_desc *d)
{
    stage_tell(s, leg, &(struct leg_event){.kind = kind, .desc = d});
}

void stage_digit(struct stage *s, leg_id leg, char digit)
{
    stage_tell(s, leg, &(struct leg_event){.kind = LEG_DTMF, .digit = digit, .digit_ms = 100});
}

void stage_lost(struct stage *s, leg_id leg, enum leg_lost lost)
{
    stage_tell(s, leg, &(struct leg_event){.kind = LEG_HUNG_UP, .lost = lost});
}

void stage_answered_by(struct stage *s, leg_id leg, const char *codecs, const char *number)
{
    struct media_desc d = stage_desc(codecs);
    struct leg_event ev = {.kind = LEG_ANSWERED, .desc = &d};
    g_strlcpy(ev.peer_identity.number, number, sizeof(ev.peer_identity.number));
    stage_tell(s, leg, &ev);
}
