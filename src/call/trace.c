/* SPDX-License-Identifier: Apache-2.0
 *
 * The routing trace, packed: for each step the time since the call's start in ms (4 bytes), object (4), kind (1), then
 * name, outcome and facts, each ended by a zero. Signalling thread.
 */
#include "call/trace.h"

#include <string.h>

#include "call/core_priv.h"

enum { STEP_HEAD = 9, TRACE_FIRST_BYTES = 192 };

static size_t text_bytes(const char *text, size_t room)
{
    return (text ? strnlen(text, room - 1) : 0) + 1;
}

static char *put_text(char *to, const char *text, size_t bytes)
{
    if (bytes > 1)
        memcpy(to, text, bytes - 1);
    to[bytes - 1] = '\0';
    return to + bytes;
}

void call_trace(struct call *call, const struct trace_fact *f)
{
    if (call->n_steps == TRACE_STEPS_MAX) {
        call->steps_more++;
        return;
    }
    size_t name = text_bytes(f->object_name, sizeof(((struct trace_step *)NULL)->object_name));
    size_t outcome = text_bytes(f->outcome, sizeof(((struct trace_step *)NULL)->outcome));
    size_t facts = text_bytes(f->facts, sizeof(f->facts));
    size_t all = STEP_HEAD + name + outcome + facts;
    while (call->trace_bytes + all > call->trace_cap) {
        call->trace_cap += call->trace_cap ? call->trace_cap / 2 : TRACE_FIRST_BYTES;
        call->trace = g_realloc(call->trace, call->trace_cap);
    }
    char *p = call->trace + call->trace_bytes;
    uint32_t after_ms = (uint32_t)((timers_now_us(call->core->timers) - call->started_us) / 1000);
    memcpy(p, &after_ms, 4);
    memcpy(p + 4, &f->object, 4);
    p[8] = (char)f->kind;
    p = put_text(p + STEP_HEAD, f->object_name, name);
    p = put_text(p, f->outcome, outcome);
    put_text(p, f->facts, facts);
    call->trace_bytes += (uint32_t)all;
    call->n_steps++;
}

void call_trace_leg(const struct leg *leg, enum trace_kind kind, const char *outcome, unsigned status)
{
    struct trace_fact f = {.kind = kind, .outcome = outcome};
    f.object = leg->device ? leg->device : leg->user ? leg->user : leg->peer;
    const struct model_device *device = leg->device ? model_device_by_id(leg->core->model, leg->device) : NULL;
    const struct model_peer *peer = leg->peer ? model_peer_by_id(leg->core->model, leg->peer) : NULL;
    f.object_name = device ? device->name : peer ? peer->name : leg->party.name;
    if (status)
        g_snprintf(f.facts, sizeof(f.facts), "status=%u", status);
    else if (kind == TRACE_ANSWERED && leg_voice(leg) != CODEC_NONE)
        g_snprintf(f.facts, sizeof(f.facts), "codec=%s", codec_name(leg_voice(leg)));
    call_trace(leg->call, &f);
}

static const char *get_text(const char *from, char *to, size_t room)
{
    g_strlcpy(to, from, room);
    return from + strlen(from) + 1;
}

struct trace_step *call_trace_unpack(const struct call *call)
{
    if (call->n_steps == 0)
        return NULL;
    struct trace_step *steps = g_new0(struct trace_step, call->n_steps);
    const char *p = call->trace;
    for (unsigned i = 0; i < call->n_steps; i++) {
        struct trace_step *s = &steps[i];
        uint32_t after_ms;
        memcpy(&after_ms, p, 4);
        memcpy(&s->object, p + 4, 4);
        s->at_ms = call_wall_ms(call, call->started_us) + after_ms;
        s->kind = (enum trace_kind)p[8];
        p = get_text(p + STEP_HEAD, s->object_name, sizeof(s->object_name));
        p = get_text(p, s->outcome, sizeof(s->outcome));
        p = get_text(p, s->facts, sizeof(s->facts));
    }
    return steps;
}
