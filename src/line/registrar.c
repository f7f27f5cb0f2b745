/* SPDX-License-Identifier: Apache-2.0
 *
 * REGISTER of an authenticated device (RFC 3261 section 10, 3327, 5626; SIP-2). A device sees and changes its own
 * contacts only.
 */
#include "line/line_priv.h"

enum { CONTACTS_PER_REQUEST = 10, FLOW_TIMER_S = 30, INSTANCE_BYTES_MAX = 200, PATH_BYTES_MAX = 1024 };

struct contact_change {
    struct sip_name_addr addr;
    struct view instance;
    uint32_t reg_id, expires_s; /* expires 0: remove */
    struct view key;
};

struct register_request {
    struct line *line;
    struct sip_server *txn;
    const struct sip_msg *msg;
    const struct sip_flow *flow;
    const struct model_device *device;
    struct contact_change change[CONTACTS_PER_REQUEST];
    unsigned n_changes;
    char keys[CONTACTS_PER_REQUEST][INSTANCE_BYTES_MAX + 12]; /* of those with an instance */
    char path_text[PATH_BYTES_MAX];
    struct view path; /* all Path values in one */
};

/* What makes a contact one among the device's: instance and reg-id if it has them, else its URI (SIP-2). */
static struct view contact_key(struct register_request *r, const struct contact_change *c)
{
    struct buf b = buf_on(r->keys[r->n_changes], sizeof r->keys[0]);
    if (!c->instance.n)
        return c->addr.uri.text;
    buf_add(&b, c->instance);
    buf_addf(&b, ";%u", c->reg_id);
    return buf_view(&b);
}

static uint16_t read_expires(const struct register_request *r, struct view params, uint32_t *ret)
{
    const struct model_settings *s = model_settings(r->line->model);
    struct view text;
    uint32_t seconds = s->register_default_s;
    if (!sip_param_get(params, VIEW("expires"), &text))
        text = sip_msg_value(r->msg, SIP_H_EXPIRES);
    if (text.n && !sip_seconds_parse(text, &seconds))
        seconds = s->register_default_s; /* what cannot be read counts as not said (RFC 3261 20.19) */
    if (seconds && seconds < s->register_min_s)
        return 423;
    *ret = MIN(seconds, s->register_max_s);
    return 0;
}

/* Named twice in one request: the last word counts. */
static void keep_change(struct register_request *r)
{
    struct contact_change *c = &r->change[r->n_changes];
    for (unsigned i = 0; i < r->n_changes; i++) {
        if (view_eq(r->change[i].key, c->key)) {
            c->key = r->change[i].key;
            r->change[i] = *c;
            return;
        }
    }
    r->n_changes++;
}

static uint16_t read_contact(struct register_request *r, struct view value)
{
    struct contact_change *c = &r->change[r->n_changes];
    struct view text;
    if (r->n_changes == CONTACTS_PER_REQUEST)
        return 403;
    *c = (struct contact_change){0};
    if (!sip_name_addr_parse(value, &c->addr) ||
        (c->addr.uri.scheme != SIP_SCHEME_SIP && c->addr.uri.scheme != SIP_SCHEME_SIPS) || c->addr.uri.text.n > 1024)
        return 400;
    (void)sip_param_get(c->addr.params, VIEW("+sip.instance"), &c->instance);
    if (c->instance.n > INSTANCE_BYTES_MAX)
        return 400;
    if (sip_param_get(c->addr.params, VIEW("reg-id"), &text) && !view_to_u32(text, INT32_MAX, &c->reg_id))
        return 400;
    uint16_t status = read_expires(r, c->addr.params, &c->expires_s);
    if (status)
        return status;
    c->key = contact_key(r, c);
    keep_change(r);
    return 0;
}

static uint16_t read_path(struct register_request *r)
{
    struct buf b = buf_on(r->path_text, sizeof r->path_text);
    struct sip_list at = {0};
    struct view value;
    while (sip_msg_next_value(r->msg, SIP_H_PATH, &at, &value)) {
        if (b.n)
            buf_add(&b, VIEW(", "));
        buf_add(&b, value);
    }
    r->path = buf_view(&b);
    return b.full ? 400 : 0; /* half a path leads nowhere */
}

static uint16_t read_contacts(struct register_request *r, bool *all)
{
    struct sip_list at = {0};
    struct view value;
    *all = false;
    while (sip_msg_next_value(r->msg, SIP_H_CONTACT, &at, &value)) {
        uint32_t seconds;
        if (view_eq(value, VIEW("*"))) {
            if (!sip_seconds_parse(sip_msg_value(r->msg, SIP_H_EXPIRES), &seconds) || seconds != 0 || r->n_changes)
                return 400; /* RFC 3261 10.2.2: * only alone and with Expires: 0 */
            *all = true;
        } else {
            uint16_t status = *all ? 400 : read_contact(r, value);
            if (status)
                return status;
        }
    }
    return 0;
}

/* An older REGISTER of the same Call-ID changes nothing (RFC 3261 10.3 step 7). */
static bool out_of_order(const struct register_request *r, const struct binding *b)
{
    return view_eq(view_of(b->call_id), r->msg->call_id) && r->msg->cseq.number < b->cseq;
}

/* The binding that this contact renews: same key, or the same URI by the rules of comparison. */
static struct binding *find_binding(const struct register_request *r, const struct contact_change *c)
{
    size_t n;
    struct binding *b = bindings_find(r->line->bindings, r->device->user->id, r->device->id, c->key);
    if (b || c->instance.n)
        return b;
    struct binding *const *list = bindings_of_user(r->line->bindings, r->device->user->id, &n);
    for (size_t i = 0; i < n; i++) {
        struct sip_uri old;
        if (list[i]->device == r->device->id && !list[i]->instance[0] &&
            sip_uri_parse(view_of(list[i]->contact), &old) == 0 && sip_uri_eq(&old, &c->addr.uri))
            return list[i];
    }
    return NULL;
}

/* A phone that was restarted, or moved, comes with another URI from the same place: its old contact would ring in the
 * void. Those of the device on the very flow of the new one, and not of this very request, are the same phone; not
 * where the flow is a proxy's, which many share. */
static void drop_former_of_flow(const struct register_request *r, const struct binding *now)
{
    size_t n;
    struct binding *const *list = bindings_of_user(r->line->bindings, r->device->user->id, &n);
    for (size_t i = n; i-- > 0;) {
        struct binding *b = list[i];
        if (b != now && b->device == r->device->id && !b->instance[0] && !b->path[0] && b->since_us < now->since_us &&
            sip_flow_eq(&b->flow, r->flow)) {
            bindings_remove(r->line->bindings, b, BINDING_REPLACED);
            list = bindings_of_user(r->line->bindings, r->device->user->id, &n);
            i = MIN(i, n);
        }
    }
}

static void store_contact(struct register_request *r, const struct contact_change *c)
{
    const struct binding *old = find_binding(r, c);
    struct sip_flow before = old ? old->flow : *r->flow;
    const struct binding *now =
        bindings_put(r->line->bindings, &(struct binding_new){
                                            .device = r->device->id,
                                            .user = r->device->user->id,
                                            .reg_id = c->reg_id,
                                            .cseq = r->msg->cseq.number,
                                            .key = old ? view_of(old->key) : c->key,
                                            .instance = c->instance,
                                            .contact = c->addr.uri.text,
                                            .path = r->path,
                                            .user_agent = view_slice(sip_msg_value(r->msg, SIP_H_USER_AGENT), 0, 120),
                                            .call_id = r->msg->call_id,
                                            .flow = *r->flow,
                                            .expires_s = c->expires_s,
                                        });
    if (!now)
        return; /* check_changes saw to it that there is room */
    drop_former_of_flow(r, now);
    if (!old || !sip_flow_eq(&before, r->flow)) /* not each time that a phone renews its registration */
        line_legs_move(r->line, now, old ? &before : NULL);
}

/* All or nothing (RFC 3261 10.3 step 7): whatever stands against one of the changes is found before the first is made.
 * Several may be equal to one binding and yet not to each other (RFC 3261 19.1.4): it counts for the first of them. */
static uint16_t check_changes(const struct register_request *r)
{
    const struct binding *claimed[CONTACTS_PER_REQUEST];
    unsigned room = bindings_room(r->line->bindings, r->device->user->id, r->device->id), wanted = 0, n = 0;
    for (unsigned i = 0; i < r->n_changes; i++) {
        const struct binding *b = find_binding(r, &r->change[i]);
        if (b && out_of_order(r, b))
            return 500;
        for (unsigned c = 0; b && c < n; c++)
            if (claimed[c] == b)
                b = NULL;
        if (b)
            claimed[n++] = b;
        if (b && r->change[i].expires_s == 0)
            room++;
        if (!b && r->change[i].expires_s != 0)
            wanted++;
    }
    return wanted > room ? 403 : 0;
}

static uint16_t apply_contacts(struct register_request *r)
{
    uint16_t status = check_changes(r);
    for (unsigned i = 0; !status && i < r->n_changes; i++) {
        struct binding *b = r->change[i].expires_s == 0 ? find_binding(r, &r->change[i]) : NULL;
        if (b)
            bindings_remove(r->line->bindings, b, BINDING_REMOVED);
    }
    for (unsigned i = 0; !status && i < r->n_changes; i++)
        if (r->change[i].expires_s != 0)
            store_contact(r, &r->change[i]);
    return status;
}

static void remove_all(const struct register_request *r)
{
    for (;;) {
        size_t n, i = 0;
        struct binding *const *list = bindings_of_user(r->line->bindings, r->device->user->id, &n);
        while (i < n && (list[i]->device != r->device->id || out_of_order(r, list[i])))
            i++;
        if (i == n)
            return;
        bindings_remove(r->line->bindings, list[i], BINDING_REMOVED);
    }
}

static void put_contacts(const struct register_request *r, struct buf *b)
{
    size_t n;
    int64_t now = timers_now_us(r->line->config.timers);
    struct binding *const *list = bindings_of_user(r->line->bindings, r->device->user->id, &n);
    for (size_t i = 0; i < n; i++) {
        const struct binding *c = list[i];
        if (c->device != r->device->id)
            continue;
        char params[512];
        struct buf p = buf_on(params, sizeof params);
        buf_addf(&p, ";expires=%lld", (long long)((c->expires_us - now + G_USEC_PER_SEC - 1) / G_USEC_PER_SEC));
        if (c->instance[0])
            buf_addf(&p, ";+sip.instance=\"%s\"", c->instance);
        if (c->reg_id)
            buf_addf(&p, ";reg-id=%u", c->reg_id);
        sip_put_name_addr(b, SIP_H_CONTACT, (struct view){0}, view_of(c->contact), buf_view(&p));
    }
}

static void answer_registered(const struct register_request *r)
{
    char text[20000]; /* ten contacts of 1,024 and their parameters, and the path */
    struct buf b = buf_on(text, sizeof text);
    put_contacts(r, &b);
    if (r->path.n)
        sip_put(&b, SIP_H_PATH, r->path);
    bool outbound = r->n_changes && r->change[0].reg_id && sip_msg_has_token(r->msg, SIP_H_SUPPORTED, VIEW("outbound"));
    if (outbound) {
        sip_put(&b, SIP_H_REQUIRE, VIEW("outbound"));
        buf_addf(&b, "Flow-Timer: %u\r\n", FLOW_TIMER_S);
    }
    sip_put(&b, SIP_H_SUPPORTED, VIEW("path, outbound"));
    line_answer_with(r->txn, b.full ? 500 : 200, b.full ? (struct view){0} : buf_view(&b));
}

/* The address of record must be the device's own: its extension, or its sign-in name. */
static bool own_aor(const struct register_request *r)
{
    char user[128];
    struct buf b = buf_on(user, sizeof user);
    if (!sip_unescape(r->msg->to.uri.user, &b))
        return false;
    return view_eq(buf_view(&b), view_of(r->device->user->number)) ||
           view_eq(buf_view(&b), view_of(r->device->auth_user));
}

static void answer_too_brief(const struct register_request *r)
{
    struct buf b = buf_on(r->line->text, sizeof r->line->text);
    sip_putf(&b, SIP_H_MIN_EXPIRES, "%u", model_settings(r->line->model)->register_min_s);
    line_answer_with(r->txn, 423, buf_view(&b));
}

void line_register(struct line *l, struct sip_server *txn, const struct sip_msg *m, const struct sip_flow *flow,
                   const struct model_device *device)
{
    struct register_request r = {.line = l, .txn = txn, .msg = m, .flow = flow, .device = device};
    bool all = false;
    uint16_t status = own_aor(&r) ? read_path(&r) : 403;
    if (status == 0)
        status = read_contacts(&r, &all);
    if (status == 0 && all)
        remove_all(&r);
    else if (status == 0)
        status = apply_contacts(&r);
    if (status == 423)
        answer_too_brief(&r);
    else if (status)
        line_answer(txn, status);
    else
        answer_registered(&r);
}
