/* SPDX-License-Identifier: Apache-2.0
 *
 * Ids with generations: see slots.h. id = generation << 32 | place + 1.
 */
#include "base/slots.h"

#include <glib.h>

struct slot {
    void *thing;
    uint32_t generation;
    uint32_t next_free; /* place + 1, 0 = none */
};

struct slots {
    struct slot *slot;
    size_t n, cap, used;
    uint32_t free; /* place + 1 */
};

struct slots *slots_new(void)
{
    return g_new0(struct slots, 1);
}

void slots_free(struct slots *s)
{
    if (!s)
        return;
    g_free(s->slot);
    g_free(s);
}

uint64_t slots_add(struct slots *s, void *thing)
{
    size_t place;
    if (s->free) {
        place = s->free - 1;
        s->free = s->slot[place].next_free;
    } else {
        if (s->n == s->cap) {
            s->cap = s->cap ? s->cap * 2 : 32;
            s->slot = g_renew(struct slot, s->slot, s->cap);
        }
        place = s->n++;
        s->slot[place] = (struct slot){.generation = 1};
    }
    s->slot[place].thing = thing;
    s->used++;
    return (uint64_t)s->slot[place].generation << 32 | (place + 1);
}

static struct slot *slot_of(const struct slots *s, uint64_t id)
{
    size_t place = (uint32_t)id;
    if (place == 0 || place > s->n)
        return NULL;
    struct slot *slot = &s->slot[place - 1];
    return slot->thing && slot->generation == id >> 32 ? slot : NULL;
}

void *slots_get(const struct slots *s, uint64_t id)
{
    struct slot *slot = slot_of(s, id);
    return slot ? slot->thing : NULL;
}

void slots_remove(struct slots *s, uint64_t id)
{
    struct slot *slot = slot_of(s, id);
    if (!slot)
        return;
    slot->thing = NULL;
    slot->generation++;
    slot->next_free = s->free;
    s->free = (uint32_t)id;
    s->used--;
}

size_t slots_count(const struct slots *s)
{
    return s->used;
}

void *slots_next(const struct slots *s, size_t *at)
{
    while (*at < s->n) {
        struct slot *slot = &s->slot[(*at)++];
        if (slot->thing)
            return slot->thing;
    }
    return NULL;
}
