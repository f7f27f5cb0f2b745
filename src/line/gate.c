/* SPDX-License-Identifier: Apache-2.0
 *
 * The gate: judges every request before any state is made for it (D2). Peers by address, devices by digest, strangers
 * by the same 401 whatever is wrong (F2); overload before all that costs (D1). Runs inside sip_endpoint_receive.
 */
#include "line/line_priv.h"

enum {
    OVERLOAD_FROM_PERMILLE = 900,
    LATE_FROM_PERMILLE = 700,
    LATE_US = 10000,
    RETRY_AFTER_MIN_S = 2,
    RETRY_AFTER_SPREAD_S = 8
};

/* User-Agents of programs that only ever look for open systems (SEC-8). */
static bool is_scanner(const struct sip_msg *m)
{
    static const char *const names[] = {"friendly-scanner", "sipvicious", "sundayddr", "sip-scan",
                                        "sipcli",           "pplsip",     "smap",      "iWar"};
    struct view agent = sip_msg_value(m, SIP_H_USER_AGENT);
    for (size_t i = 0; agent.n && i < G_N_ELEMENTS(names); i++)
        if (view_starts_nocase(agent, view_of(names[i])))
            return true;
    return false;
}

/* Busy, and this message has lain in the socket: what stands behind it waits as long, unless it is refused at once
 * (D1). When it is others who make it wait (a flood of strangers), we are not busy, and it is served. */
static bool came_late(const struct line *l)
{
    return l->busy_permille >= LATE_FROM_PERMILLE && l->ports.waited_us && l->ports.waited_us(l->ports.arg) > LATE_US;
}

/* New calls only: those that waited, and a share that grows from none at 90 % busy to nearly all at 100 %. */
static bool overloaded(const struct line *l, const struct sip_msg *m)
{
    if (m->method != SIP_INVITE)
        return false;
    if (l->draining || came_late(l))
        return true;
    if (l->busy_permille < OVERLOAD_FROM_PERMILLE)
        return false;
    unsigned share = (MIN(l->busy_permille, 1000u) - OVERLOAD_FROM_PERMILLE) * 10;
    return entropy_below(l->config.entropy, 1000) < share;
}

static enum sip_gate refuse_overload(struct line *l, struct sip_response *reply)
{
    struct buf b = buf_on(l->text, sizeof l->text);
    sip_putf(&b, SIP_H_RETRY_AFTER, "%u", RETRY_AFTER_MIN_S + entropy_below(l->config.entropy, RETRY_AFTER_SPREAD_S));
    *reply = (struct sip_response){.status = 503, .headers = buf_view(&b)};
    l->counts.refused_overload++;
    return SIP_GATE_ANSWER;
}

/* baresip before 3.11 (Debian 12 has 1.0.0) gives up at a challenge it does not know instead of taking the next one,
 * against RFC 8760 2.4: it is asked by MD5 alone. Whoever could forge the User-Agent could take a challenge away. */
static bool knows_md5_alone(const struct sip_msg *m)
{
    struct view agent = sip_msg_value(m, SIP_H_USER_AGENT);
    uint32_t major, minor;
    if (!view_eq(view_cut(&agent, 'v'), VIEW("baresip ")))
        return false;
    return view_to_u32(view_cut(&agent, '.'), 99, &major) && view_to_u32(view_cut(&agent, '.'), 99, &minor) &&
           (major < 3 || (major == 3 && minor < 11));
}

static enum sip_gate challenge(struct line *l, const struct sip_msg *m, const struct sip_flow *flow, bool stale,
                               struct sip_response *reply)
{
    struct buf b = buf_on(l->text, sizeof l->text);
    struct view realm = view_of(model_settings(l->model)->realm);
    nonce_make(l->nonces, timers_now_us(l->config.timers), net_addr_source_key(&flow->remote), l->nonce);
    if (knows_md5_alone(m))
        digest_put_challenge(&b, realm, l->nonce, DIGEST_MD5, stale);
    else
        digest_put_challenges(&b, realm, l->nonce, stale);
    *reply = (struct sip_response){.status = 401, .headers = buf_view(&b)};
    return SIP_GATE_ANSWER;
}

static bool find_credentials(const struct line *l, const struct sip_msg *m, struct digest_credentials *ret)
{
    static const enum sip_header headers[] = {SIP_H_AUTHORIZATION, SIP_H_PROXY_AUTHORIZATION};
    struct view realm = view_of(model_settings(l->model)->realm);
    for (unsigned i = 0; i < m->n_fields; i++)
        for (size_t h = 0; h < G_N_ELEMENTS(headers); h++)
            if (m->fields[i].id == headers[h] && digest_credentials_parse(m->fields[i].value, ret) &&
                view_eq(ret->realm, realm))
                return true;
    return false;
}

/* Right secret? The same work is done for a user that does not exist, with a secret nobody has (F2). */
static bool secret_is_right(const struct line *l, const struct model_device *d, const struct digest_credentials *c,
                            struct view method)
{
    char ha1[DIGEST_HEX_MAX];
    struct view secret = d ? view_of(d->secret) : VIEW("no such account, no such secret");
    digest_ha1(c->algorithm, c->username, view_of(model_settings(l->model)->realm), secret, ha1);
    bool right = digest_matches(c, ha1, method);
    return right && d && d->enabled && d->user->enabled;
}

static void wrong_secret(struct line *l, uint64_t source, const struct sip_flow *flow, struct view account)
{
    char name[64];
    l->counts.auth_failures++;
    if (!guard_failed(l->guard, source, account, timers_now_us(l->config.timers)))
        return;
    if (!view_copy(account, name, sizeof name))
        name[0] = '\0';
    l->ports.notice(l->ports.arg, "too many wrong passwords: blocked for a while", &flow->remote, name);
}

static enum sip_gate authenticate(struct line *l, const struct sip_msg *m, const struct sip_flow *flow,
                                  struct sip_response *reply)
{
    struct digest_credentials c;
    uint64_t source = net_addr_source_key(&flow->remote);
    int64_t now = timers_now_us(l->config.timers);
    if (!find_credentials(l, m, &c))
        return challenge(l, m, flow, false, reply);
    if (guard_refuses(l->guard, source, c.username, now))
        return challenge(l, m, flow, false, reply); /* the same answer as for a wrong password, which is not tried */
    if (!c.known_algorithm || !view_eq_nocase(c.qop, VIEW("auth")) || c.nc == 0)
        return challenge(l, m, flow, false, reply);
    enum nonce_verdict nonce = nonce_check(l->nonces, c.nonce, source, c.nc, now);
    if (nonce != NONCE_GOOD)
        return challenge(l, m, flow, nonce != NONCE_FOREIGN, reply);
    const struct model_device *d = model_device_by_auth_user(l->model, c.username);
    if (!secret_is_right(l, d, &c, m->method_text)) {
        wrong_secret(l, source, flow, c.username);
        return challenge(l, m, flow, false, reply);
    }
    if (!nonce_use(l->nonces, c.nonce, c.nc, now))
        return challenge(l, m, flow, true, reply);
    guard_succeeded(l->guard, source, c.username);
    l->admitted.device = d;
    l->ports.trust(l->ports.arg, flow);
    return SIP_GATE_PASS;
}

enum sip_gate line_gate(void *arg, const struct sip_msg *m, const struct sip_flow *flow, bool in_dialog,
                        struct sip_response *reply)
{
    struct line *l = arg;
    uint64_t source = net_addr_source_key(&flow->remote);
    l->admitted = (struct line_admitted){0};
    if (model_denies(l->model, &flow->remote))
        return SIP_GATE_DROP;
    if (in_dialog) /* both tags are ours and theirs alone: 80 random bits name it (RFC 3261 12.2.2) */
        return SIP_GATE_PASS;
    if (is_scanner(m)) {
        l->counts.scanners++;
        guard_block(l->guard, source, timers_now_us(l->config.timers));
        return SIP_GATE_DROP;
    }
    if (overloaded(l, m))
        return refuse_overload(l, reply);
    l->admitted.peer = line_peer_at(l, &flow->remote);
    if (l->admitted.peer)
        l->ports.trust(l->ports.arg, flow);
    if (l->admitted.peer || m->method == SIP_OPTIONS)
        return SIP_GATE_PASS;
    return authenticate(l, m, flow, reply);
}

bool line_may_answer(void *arg, const struct sip_flow *flow)
{
    struct line *l = arg;
    return !model_denies(l->model, &flow->remote) && !guard_refuses(l->guard, net_addr_source_key(&flow->remote),
                                                                    (struct view){0}, timers_now_us(l->config.timers));
}
