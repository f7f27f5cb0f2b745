/* SPDX-License-Identifier: Apache-2.0
 *
 * SRTP of one session, by libsrtp: see srtp_session_priv.h.
 */
#include "media/srtp_session_priv.h"

#include "media/bytes_priv.h"
#include "media/rtp_priv.h"

#include <glib.h>
#include <srtp2/srtp.h>
#include <string.h>

enum { REPLAY_WINDOW = 128, RTP_SSRC_AT = 8, RTCP_SSRC_AT = 4 };

struct srtp_session {
    srtp_t in, former; /* NULL: none, or the library failed */
    srtp_t out, next;
    int64_t former_until_us, next_at_us;
    uint32_t source[SRTP_SOURCES_MAX]; /* that `in` has heard */
    uint8_t n_sources;
    struct media_crypto keys; /* to see whether they change */
};

typedef srtp_err_status_t crypt_function(srtp_t context, void *packet, int *bytes);

/* --- contexts --------------------------------------------------------------------------------------------------- */

static bool library_ready(void)
{
    static gsize once; /* any thread */
    if (g_once_init_enter(&once))
        g_once_init_leave(&once, srtp_init() == srtp_err_status_ok ? 1 : 2);
    return once == 1;
}

static bool set_suite(srtp_policy_t *p, enum media_suite suite)
{
    switch (suite) {
    case SUITE_AES_256_GCM:
        srtp_crypto_policy_set_aes_gcm_256_16_auth(&p->rtp);
        p->rtcp = p->rtp;
        return true;
    case SUITE_AES_128_GCM:
        srtp_crypto_policy_set_aes_gcm_128_16_auth(&p->rtp);
        p->rtcp = p->rtp;
        return true;
    case SUITE_AES_CM_80:
        srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&p->rtp);
        p->rtcp = p->rtp;
        return true;
    case SUITE_AES_CM_32:
        srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32(&p->rtp);
        srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&p->rtcp); /* RFC 4568 6.2.2 */
        return true;
    case SUITE_NONE:
    case MEDIA_SUITES:
        return false;
    }
    return false;
}

static srtp_t context_new(enum media_suite suite, const uint8_t *key, srtp_ssrc_type_t way)
{
    uint8_t copy[MEDIA_KEY_MAX]; /* the library wants to be able to write */
    srtp_policy_t policy = {.ssrc = {.type = way}, .key = copy, .window_size = REPLAY_WINDOW};
    srtp_t context = NULL;
    if (!library_ready() || !set_suite(&policy, suite))
        return NULL;
    memcpy(copy, key, sizeof copy);
    if (srtp_create(&context, &policy) != srtp_err_status_ok)
        context = NULL;
    explicit_bzero(copy, sizeof copy);
    return context;
}

static void context_free(srtp_t *context)
{
    if (*context)
        (void)srtp_dealloc(*context);
    *context = NULL;
}

/* --- keys ------------------------------------------------------------------------------------------------------- */

static void change_receive(struct srtp_session *s, const struct media_crypto *c, int64_t now_us)
{
    context_free(&s->former);
    s->former = s->in;
    s->former_until_us = now_us + (int64_t)SRTP_FORMER_MS * 1000;
    s->in = context_new((enum media_suite)c->suite, c->receive, ssrc_any_inbound);
    s->n_sources = 0;
}

static void change_send(struct srtp_session *s, const struct media_crypto *c, int64_t now_us)
{
    srtp_t context = context_new((enum media_suite)c->suite, c->send, ssrc_any_outbound);
    context_free(&s->next);
    if (s->out && context) {
        s->next = context;
        s->next_at_us = now_us + (int64_t)SRTP_SWITCH_MS * 1000;
    } else {
        context_free(&s->out);
        s->out = context;
    }
}

static void switch_send(struct srtp_session *s)
{
    context_free(&s->out);
    s->out = s->next;
    s->next = NULL;
}

void srtp_session_set(struct srtp_session **session, const struct media_crypto *c, int64_t now_us)
{
    struct srtp_session *s = *session;
    if (c->suite == SUITE_NONE || c->suite >= MEDIA_SUITES) {
        srtp_session_free(s);
        *session = NULL;
        return;
    }
    if (!s)
        *session = s = g_new0(struct srtp_session, 1);
    size_t bytes = media_suite_key_bytes((enum media_suite)c->suite);
    bool other = s->keys.suite != c->suite;
    if (other || memcmp(s->keys.receive, c->receive, bytes) != 0)
        change_receive(s, c, now_us);
    if (other || memcmp(s->keys.send, c->send, bytes) != 0)
        change_send(s, c, now_us);
    s->keys = *c;
}

void srtp_session_free(struct srtp_session *s)
{
    if (!s)
        return;
    context_free(&s->in);
    context_free(&s->former);
    context_free(&s->out);
    context_free(&s->next);
    explicit_bzero(&s->keys, sizeof s->keys);
    g_free(s);
}

/* --- packets ---------------------------------------------------------------------------------------------------- */

static bool knows_source(const struct srtp_session *s, uint32_t ssrc)
{
    for (unsigned i = 0; i < s->n_sources; i++)
        if (s->source[i] == ssrc)
            return true;
    return false;
}

static bool crypt_packet(crypt_function *f, srtp_t context, uint8_t *packet, size_t *bytes)
{
    int n = (int)*bytes;
    if (!context || f(context, packet, &n) != srtp_err_status_ok)
        return false;
    *bytes = (size_t)n;
    return true;
}

static bool open_now(struct srtp_session *s, crypt_function *f, uint32_t ssrc, uint8_t *packet, size_t *bytes)
{
    bool known = knows_source(s, ssrc);
    if ((!known && s->n_sources == SRTP_SOURCES_MAX) || !crypt_packet(f, s->in, packet, bytes))
        return false;
    if (!known)
        s->source[s->n_sources++] = ssrc;
    if (s->next)
        switch_send(s);
    return true;
}

static bool open_packet(struct srtp_session *s, crypt_function *f, uint32_t ssrc, uint8_t *packet, size_t *bytes,
                        int64_t now_us)
{
    if (s->former && now_us >= s->former_until_us)
        context_free(&s->former);
    if (!s->former)
        return open_now(s, f, ssrc, packet, bytes);
    uint8_t copy[RTP_PACKET_MAX]; /* a failed attempt may have changed the packet */
    memcpy(copy, packet, *bytes);
    if (open_now(s, f, ssrc, packet, bytes))
        return true;
    memcpy(packet, copy, *bytes);
    return crypt_packet(f, s->former, packet, bytes);
}

static bool has_shape(const uint8_t *packet, size_t bytes, size_t least)
{
    return bytes >= least && bytes <= RTP_PACKET_MAX && packet[0] >> 6 == 2;
}

bool srtp_session_open_rtp(struct srtp_session *s, uint8_t *packet, size_t *bytes, int64_t now_us)
{
    return has_shape(packet, *bytes, RTP_HEADER_BYTES) &&
           open_packet(s, srtp_unprotect, bytes_get32(packet + RTP_SSRC_AT), packet, bytes, now_us);
}

bool srtp_session_open_rtcp(struct srtp_session *s, uint8_t *packet, size_t *bytes, int64_t now_us)
{
    return has_shape(packet, *bytes, RTCP_SSRC_AT + 4) &&
           open_packet(s, srtp_unprotect_rtcp, bytes_get32(packet + RTCP_SSRC_AT), packet, bytes, now_us);
}

static bool seal(struct srtp_session *s, crypt_function *f, uint8_t *packet, size_t *bytes, int64_t now_us)
{
    if (s->next && now_us >= s->next_at_us)
        switch_send(s);
    return crypt_packet(f, s->out, packet, bytes);
}

bool srtp_session_seal_rtp(struct srtp_session *s, uint8_t *packet, size_t *bytes, int64_t now_us)
{
    return seal(s, srtp_protect, packet, bytes, now_us);
}

bool srtp_session_seal_rtcp(struct srtp_session *s, uint8_t *packet, size_t *bytes, int64_t now_us)
{
    return seal(s, srtp_protect_rtcp, packet, bytes, now_us);
}
