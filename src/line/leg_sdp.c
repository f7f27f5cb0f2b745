/* SPDX-License-Identifier: Apache-2.0
 *
 * The SDP of a leg: what is said and read, and the keys of SRTP in it (SDES, RFC 4568; SIP-22). Keys go only where
 * signalling is secret (E7). See docs/decisions/0012-sdes.md.
 */
#include "line/leg_priv.h"

struct leg_keys {
    struct media_crypto agreed; /* SUITE_NONE: plain, or nothing yet */
    struct media_crypto open;   /* for our answer to the peer's open offer */
};

/* It may hold keys. */
static void free_text(char *text)
{
    if (text)
        explicit_bzero(text, strlen(text));
    g_free(text);
}

static void set_text(char **text, struct view v)
{
    free_text(*text);
    *text = v.n ? view_dup(v) : NULL;
}

void line_leg_release_sdp(struct line_leg *leg)
{
    free_text(leg->local_sdp);
    free_text(leg->offer_sdp);
    if (leg->keys)
        explicit_bzero(leg->keys, sizeof *leg->keys);
    g_free(leg->keys);
}

void line_leg_offer_done(struct line_leg *leg)
{
    set_text(&leg->offer_sdp, (struct view){0});
    if (leg->keys)
        explicit_bzero(&leg->keys->open, sizeof leg->keys->open);
}

/* --- policy ----------------------------------------------------------------------------------------------------- */

void line_leg_configure(struct line_leg *leg)
{
    static const uint8_t policy[] = {[MODEL_SRTP_OFF] = SDP_SRTP_OFF,
                                     [MODEL_SRTP_PREFERRED] = SDP_SRTP_PREFERRED,
                                     [MODEL_SRTP_REQUIRED] = SDP_SRTP_REQUIRED};
    const struct model *m = leg->line->model;
    const struct model_device *device = leg->device ? model_device_by_id(m, leg->device) : NULL;
    const struct model_peer *peer = leg->peer ? model_peer_by_id(m, leg->peer) : NULL;
    leg->srtp = policy[device ? device->srtp : peer ? peer->srtp : MODEL_SRTP_OFF];
}

static bool is_secret(const struct line_leg *leg)
{
    return leg->session ? sip_transport_is_secure(sip_session_flow(leg->session)->transport) : leg->secret;
}

enum sdp_srtp line_leg_srtp(const struct line_leg *leg)
{
    return is_secret(leg) ? (enum sdp_srtp)leg->srtp : SDP_SRTP_OFF;
}

bool line_leg_is_stuck(const struct line_leg *leg)
{
    return leg->srtp == SDP_SRTP_REQUIRED && !is_secret(leg);
}

static struct leg_keys *keys_of(struct line_leg *leg)
{
    if (!leg->keys)
        leg->keys = g_new0(struct leg_keys, 1);
    return leg->keys;
}

/* --- said ------------------------------------------------------------------------------------------------------- */

static void new_key(const struct line_leg *leg, enum media_suite suite, uint8_t key[MEDIA_KEY_MAX])
{
    entropy_fill(leg->line->config.entropy, key, media_suite_key_bytes(suite));
}

/* The first offer of a call has a new key for each suite; later ones the one that is in use, so that nothing is lost
 * while both sides change (RFC 4568 7.1.4). An INVITE goes by RTP/SAVP and can be sent again without; an offer in a 2xx
 * cannot, so there plain RTP stays possible. */
static void choose_keys(struct line_leg *leg, bool in_invite, struct sdp_keys *ret)
{
    *ret = (struct sdp_keys){0};
    enum sdp_srtp srtp = line_leg_srtp(leg);
    if (srtp == SDP_SRTP_OFF)
        return;
    ret->savp = srtp == SDP_SRTP_REQUIRED || in_invite;
    if (leg->keys && leg->keys->agreed.suite) {
        ret->n = 1;
        ret->item[0].suite = leg->keys->agreed.suite;
        memcpy(ret->item[0].key, leg->keys->agreed.send, sizeof ret->item[0].key);
        return;
    }
    if (srtp != SDP_SRTP_REQUIRED && (leg->plain || leg->local_sdp))
        return; /* it has said that it will not */
    leg->savp = in_invite && srtp == SDP_SRTP_PREFERRED;
    for (int s = SUITE_NONE + 1; s < MEDIA_SUITES; s++) {
        ret->item[ret->n].suite = (uint8_t)s;
        new_key(leg, (enum media_suite)s, ret->item[ret->n++].key);
    }
}

static void write_answer(struct line_leg *leg, const struct media_desc *d, const struct sdp_origin *origin,
                         struct buf *b)
{
    struct media_desc said = *d;
    if (leg->keys) {
        said.crypto = leg->keys->open;
        leg->keys->agreed = leg->keys->open;
    }
    sdp_write_answer(b, &said, origin, view_of(leg->offer_sdp));
    media_desc_wipe(&said);
}

struct view line_leg_write_sdp(struct line_leg *leg, const struct media_desc *d, bool as_offer)
{
    char mem[LEG_SDP_BYTES];
    struct buf b = buf_on(mem, sizeof mem);
    struct sdp_origin next = {leg->origin.session_id, leg->origin.version + 1};
    struct sdp_keys keys;
    if (as_offer || !leg->offer_sdp) {
        choose_keys(leg, as_offer, &keys);
        sdp_write_offer_srtp(&b, d, &keys, &next, view_of(leg->local_sdp));
        explicit_bzero(&keys, sizeof keys);
    } else {
        write_answer(leg, d, &next, &b);
    }
    if (!leg->local_sdp || !sdp_same(buf_view(&b), view_of(leg->local_sdp))) {
        leg->origin = next; /* nothing new: the version stays (RFC 3264 section 8) */
        set_text(&leg->local_sdp, buf_view(&b));
    }
    explicit_bzero(mem, b.n);
    return view_of(leg->local_sdp);
}

/* --- read ------------------------------------------------------------------------------------------------------- */

static bool is_rekeyed(const struct media_crypto *was, const struct media_crypto *now)
{
    return was->suite != now->suite ||
           memcmp(was->receive, now->receive, media_suite_key_bytes((enum media_suite)now->suite)) != 0;
}

uint16_t line_leg_read_offer(struct line_leg *leg, struct view text, struct media_desc *ret)
{
    struct sdp_fault fault;
    enum sdp_srtp srtp = line_leg_srtp(leg);
    if (line_leg_is_stuck(leg))
        return 488;
    if (sdp_read_offer(text, srtp, ret, &fault) != 0)
        return 400;
    if (srtp == SDP_SRTP_REQUIRED && !ret->present)
        return 488;
    set_text(&leg->offer_sdp, text);
    if (!ret->crypto.suite && !leg->keys)
        return 0;
    struct leg_keys *keys = keys_of(leg);
    if (!ret->crypto.suite || is_rekeyed(&keys->agreed, &ret->crypto))
        new_key(leg, (enum media_suite)ret->crypto.suite, ret->crypto.send);
    else
        memcpy(ret->crypto.send, keys->agreed.send, sizeof ret->crypto.send);
    keys->open = ret->crypto;
    return 0;
}

bool line_leg_read_answer(struct line_leg *leg, struct view text, struct media_desc *ret)
{
    struct sdp_fault fault;
    if (sdp_read_answer(text, view_of(leg->local_sdp), line_leg_srtp(leg), ret, &fault) != 0)
        return false;
    if (ret->crypto.suite || leg->keys)
        keys_of(leg)->agreed = ret->crypto;
    return true;
}
