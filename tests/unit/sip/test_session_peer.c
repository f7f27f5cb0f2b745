/* SPDX-License-Identifier: Apache-2.0
 *
 * Sessions against peers written by hand: forks and late 2xx (SIP-11), challenges (F5), session timers (SIP-12),
 * identity (SIP-15), REFER and Replaces (SIP-16), what leaves in headers (A5, SIP-9).
 */
#include "tests/cmocka_all.h"
#include "tests/unit/sip/session_world.h"

#include <string.h>

#define BOB "Contact: <sip:bob@192.0.2.2>\r\n"

static struct party *call_by_hand(struct world *w, struct sip_session_invite *p)
{
    w->side[SIDE_B].by_hand = true;
    struct party *a = party_call_as(w, SIDE_A, "a1", p);
    world_run(w, 50000);
    assert_non_null(hand_got(w, "INVITE"));
    return a;
}

static void invite_answer(struct world *w, uint16_t status, const char *tag, const char *lines, const char *sdp)
{
    hand_answer(w, hand_got(w, "INVITE"), status, tag, lines, sdp ? sdp_named(sdp) : no_text());
    world_run(w, 50000);
}

static unsigned got(const struct world *w, const char *start, const char *tag)
{
    unsigned n = 0;
    for (unsigned i = 0; i < w->in->len; i++)
        n += g_str_has_prefix(w->in->pdata[i], start) && strstr(w->in->pdata[i], tag);
    return n;
}

static void finish(struct world *w, struct party *a)
{
    if (a->s)
        sip_session_end(a->s, 0, no_text(), no_text());
    world_assert_empty(w);
    world_free(w);
}

/* SIP-11: several ring, the first 2xx wins, the others are acknowledged and hung up. */
static void forked(void **state)
{
    (void)state;
    struct world *w = world_new(1);
    struct party *a = call_by_hand(w, &(struct sip_session_invite){0});
    invite_answer(w, 180, "one", BOB, NULL);
    invite_answer(w, 183, "two", BOB, "early2");
    invite_answer(w, 183, "two", BOB, "early2");
    invite_answer(w, 183, "three", BOB, "early3");
    assert_string_equal(a->log->str, "progress:180 progress:183/early2 progress:183 progress:183/early3 ");
    invite_answer(w, 200, "two", BOB, "early2");
    assert_true(party_heard(a, "answered/early2")); /* told again: three's was the last told */
    assert_int_equal(got(w, "ACK", "tag=two"), 1);
    invite_answer(w, 200, "one", BOB, "late1");
    assert_int_equal(got(w, "ACK", "tag=one"), 1);
    assert_int_equal(got(w, "BYE", "tag=one"), 1);
    invite_answer(w, 200, "one", BOB, "late1");
    invite_answer(w, 200, "two", BOB, "early2");
    assert_int_equal(got(w, "ACK", "tag=one"), 2);
    assert_int_equal(got(w, "ACK", "tag=two"), 2);
    assert_int_equal(got(w, "BYE", "tag=two"), 0);
    assert_int_equal(sip_session_state(a->s), SIP_SESSION_UP);
    finish(w, a);
}

/* A storm of forks costs a bounded number of dialogs; each 2xx is still hung up. */
static void storm_of_forks(void **state)
{
    (void)state;
    struct world *w = world_new(2);
    struct party *a = call_by_hand(w, &(struct sip_session_invite){0});
    char tag[16];
    for (unsigned i = 0; i < 40; i++) {
        (void)g_snprintf(tag, sizeof tag, "t%u.", i);
        invite_answer(w, 183, tag, BOB, "early");
    }
    for (unsigned i = 0; i < 40; i++) {
        (void)g_snprintf(tag, sizeof tag, "t%u.", i);
        invite_answer(w, 200, tag, BOB, "early");
        assert_int_equal(got(w, "ACK", tag), 1);
        assert_int_equal(got(w, "BYE", tag) > 0, i > 0);
    }
    finish(w, a);
}

/* SIP-11: 2xx after CANCEL. */
static void late_2xx(void **state)
{
    (void)state;
    struct world *w = world_new(3);
    struct party *a = call_by_hand(w, &(struct sip_session_invite){0});
    invite_answer(w, 180, "one", BOB, NULL);
    sip_session_end(a->s, 0, no_text(), no_text());
    world_run(w, 50000);
    assert_non_null(hand_got(w, "CANCEL"));
    invite_answer(w, 200, "one", BOB, "b1");
    assert_int_equal(got(w, "ACK", "tag=one"), 1);
    assert_int_equal(got(w, "BYE", "tag=one"), 1);
    finish(w, a);
}

static const char challenge[] = "WWW-Authenticate: Digest realm=\"carrier\", nonce=\"n1\", qop=\"auth\"\r\n";

/* F5: without credentials, or for another realm, a challenge is a refusal. */
static void challenges_of_strangers(void **state)
{
    (void)state;
    const struct sip_session_credentials wrong = {VIEW("u"), VIEW("other"), VIEW("secret")};
    for (int given = 0; given < 2; given++) {
        struct world *w = world_new(4);
        struct party *a = call_by_hand(w, &(struct sip_session_invite){.credentials = given ? &wrong : NULL});
        invite_answer(w, 401, "x", challenge, NULL);
        assert_true(party_heard(a, "ended:refused:401"));
        assert_int_equal(got(w, "INVITE", "Authorization"), 0);
        finish(w, a);
    }
}

/* F5, SIP-30: answered once, with the realm it is meant for. */
static void challenge_answered_once(void **state)
{
    (void)state;
    const struct sip_session_credentials mine = {VIEW("u"), VIEW("carrier"), VIEW("secret")};
    struct world *w = world_new(5);
    struct party *a = call_by_hand(w, &(struct sip_session_invite){.credentials = &mine});
    invite_answer(w, 401, "x", challenge, NULL);
    assert_int_equal(got(w, "INVITE", "Authorization: Digest"), 1);
    assert_int_equal(got(w, "INVITE", "CSeq: 2 INVITE"), 1);
    assert_int_equal(got(w, "INVITE", "s=a1"), 2);
    invite_answer(w, 200, "y", BOB, "b1");
    assert_true(party_heard(a, "answered/b1"));
    assert_int_equal(got(w, "ACK", "Authorization: Digest"), 1);
    finish(w, a);

    w = world_new(6);
    a = call_by_hand(w, &(struct sip_session_invite){.credentials = &mine});
    invite_answer(w, 401, "x", challenge, NULL);
    invite_answer(w, 401, "x", challenge, NULL);
    assert_true(party_heard(a, "ended:refused:401"));
    finish(w, a);
}

static void ask_b(struct world *w, const char *method, unsigned cseq, const char *lines)
{
    const char *ok = hand_got(w, "SIP/2.0 1");
    char *to = header_of(ok, "To");
    char *ask = g_strdup_printf("%s sip:b@192.0.2.2 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK%s%u\r\n"
                                "From: <sip:a@192.0.2.1>;tag=at\r\nTo: %s\r\nCall-ID: x\r\nCSeq: %u %s\r\n"
                                "Max-Forwards: 70\r\nContact: <sip:a@192.0.2.1>\r\n%sContent-Length: 0\r\n\r\n",
                                method, method, cseq, to, cseq, method, lines);
    hand_send(w, SIDE_A, ask);
    world_run(w, 50000);
    g_free(to);
    g_free(ask);
}

/* SIP-13: who requires 100rel gets it without SDP too; a PRACK that the 200 overtook is not wrong, one of nothing is.
 * OPTIONS inside the dialog tells what we can (SIP-10). */
static void required_100rel(void **state)
{
    (void)state;
    struct world *w = world_new(22);
    w->side[SIDE_A].by_hand = true;
    hand_send(w, SIDE_A,
              "INVITE sip:b@192.0.2.2 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\n"
              "From: <sip:a@192.0.2.1>;tag=at\r\nTo: <sip:b@192.0.2.2>\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\n"
              "Max-Forwards: 70\r\nContact: <sip:a@192.0.2.1>\r\nRequire: 100rel\r\nContent-Length: 0\r\n\r\n");
    world_run(w, 50000);
    struct party *b = w->side[SIDE_B].came;
    sip_session_progress(b->s, 180, no_text(), no_text());
    world_run(w, 50000);
    assert_non_null(strstr(hand_got(w, "SIP/2.0 180"), "Require: 100rel\r\n"));
    char *rseq = header_of(hand_got(w, "SIP/2.0 180"), "RSeq"), *rack = g_strdup_printf("RAck: %s 1 INVITE\r\n", rseq);
    sip_session_accept(b->s, sdp_named("b1"));
    ask_b(w, "PRACK", 2, "RAck: 1 7 INVITE\r\n");
    assert_non_null(hand_got(w, "SIP/2.0 481"));
    ask_b(w, "PRACK", 3, rack);
    assert_int_equal(got(w, "SIP/2.0 200", "CSeq: 3 PRACK"), 1);
    ask_b(w, "OPTIONS", 4, "");
    assert_int_equal(got(w, "SIP/2.0 200", "Allow: INVITE, ACK, CANCEL, BYE, PRACK, UPDATE"), 2);
    ask_b(w, "BYE", 5, "");
    assert_true(party_heard(b, "ended:bye"));
    g_free(rseq);
    g_free(rack);
    finish(w, b);
}

/* --- session timers ----------------------------------------------------------------------------------------------- */

/* SIP-12: 422 raises the value. */
static void too_short_an_interval(void **state)
{
    (void)state;
    struct world *w = world_new(7);
    struct party *a = call_by_hand(w, &(struct sip_session_invite){0});
    assert_int_equal(got(w, "INVITE", "Session-Expires: 1800;refresher=uac"), 1);
    invite_answer(w, 422, "x", "Min-SE: 3600\r\n", NULL);
    assert_int_equal(got(w, "INVITE", "Session-Expires: 3600"), 1);
    invite_answer(w, 422, "x", "Min-SE: 3600\r\n", NULL); /* asks for what it has */
    assert_true(party_heard(a, "ended:refused:422"));
    finish(w, a);
}

/* SIP-12: refreshes for hours by UPDATE, from the caller. */
static void refreshed_for_hours(void **state)
{
    (void)state;
    struct world *w = world_new(8);
    struct party *a, *b;
    world_connect(w, &a, &b);
    world_run(w, (int64_t)4 * 3600 * 1000000);
    assert_string_equal(a->log->str, "answered/b1 ");
    assert_string_equal(b->log->str, "came:a1 confirmed ");
    assert_int_equal(world_count(w, "A>B UPDATE"), 16);
    finish(w, a);
}

/* SIP-12: the peer, who should refresh, is dead: BYE a little before the end. */
static void peer_that_should_refresh_is_dead(void **state)
{
    (void)state;
    struct world *w = world_new(9);
    struct party *a = call_by_hand(w, &(struct sip_session_invite){0});
    invite_answer(w, 200, "one", BOB "Session-Expires: 300;refresher=uas\r\nRequire: timer\r\nSupported: timer\r\n",
                  "b1");
    world_run(w, (int64_t)260 * 1000000);
    assert_int_equal(a->told_ended, 0);
    world_run(w, (int64_t)15 * 1000000);
    assert_true(party_heard(a, "ended:expired"));
    assert_true(got(w, "BYE", "tag=one") > 0);
    finish(w, a);
}

/* SIP-12: we refresh, nobody answers any more: gone. By re-INVITE, as the peer knows no UPDATE. */
static void refresh_finds_nobody(void **state)
{
    (void)state;
    struct world *w = world_new(10);
    struct party *a = call_by_hand(w, &(struct sip_session_invite){0});
    invite_answer(w, 200, "one", BOB "Session-Expires: 200;refresher=uac\r\nSupported: timer\r\n", "b1");
    world_run(w, (int64_t)101 * 1000000);
    assert_int_equal(got(w, "INVITE", "tag=one"), 2);
    assert_int_equal(got(w, "INVITE", "Session-Expires: 200;refresher=uac"), 2);
    world_run(w, (int64_t)40 * 1000000);
    assert_true(party_heard(a, "ended:gone"));
    finish(w, a);
}

/* SIP-12: a peer without the extension is left in peace. */
static void peer_without_timer(void **state)
{
    (void)state;
    struct world *w = world_new(11);
    struct party *a = call_by_hand(w, &(struct sip_session_invite){0});
    invite_answer(w, 200, "one", BOB, "b1");
    unsigned before = w->in->len;
    world_run(w, (int64_t)2 * 3600 * 1000000);
    assert_int_equal(w->in->len, before);
    assert_int_equal(sip_session_state(a->s), SIP_SESSION_UP);
    finish(w, a);
}

/* SIP-12, A6: 89, 90, 91 s asked of us. */
static void small_interval_is_422(void **state)
{
    (void)state;
    for (unsigned s = 89; s <= 91; s++) {
        struct world *w = world_new(12);
        w->side[SIDE_A].by_hand = true;
        char *invite =
            g_strdup_printf("INVITE sip:b@192.0.2.2 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\n"
                            "From: <sip:a@192.0.2.1>;tag=at\r\nTo: <sip:b@192.0.2.2>\r\nCall-ID: x\r\n"
                            "CSeq: 1 INVITE\r\nMax-Forwards: 70\r\nContact: <sip:a@192.0.2.1>\r\n"
                            "Supported: timer\r\nSession-Expires: %u\r\nContent-Length: 0\r\n\r\n",
                            s);
        hand_send(w, SIDE_A, invite);
        world_run(w, 50000);
        struct party *b = w->side[SIDE_B].came;
        if (s < 90) {
            assert_null(b->s);
            assert_non_null(strstr(hand_got(w, "SIP/2.0 422"), "Min-SE: 90\r\n"));
        } else {
            sip_session_accept(b->s, sdp_named("b1"));
            world_run(w, 50000);
            char *se = header_of(hand_got(w, "SIP/2.0 200"), "Session-Expires");
            char *expected = g_strdup_printf("%u;refresher=uas", s);
            assert_string_equal(se, expected);
            g_free(se);
            g_free(expected);
        }
        g_free(invite);
        finish(w, b);
    }
}

/* --- identity ----------------------------------------------------------------------------------------------------- */

/* SIP-15. */
static void identity_shown(void **state)
{
    (void)state;
    struct world *w = world_new(13);
    struct sip_session_invite p = {.from = {.display = VIEW("A \"B\"\r\nX: y"), .uri = VIEW("sip:100@pbx.example")}};
    struct party *a = call_by_hand(w, &p);
    assert_null(strstr(hand_got(w, "INVITE"), "\r\nX: y")); /* A5: a name can't make a header */
    assert_non_null(strstr(hand_got(w, "INVITE"), "<sip:100@pbx.example>;tag="));
    finish(w, a);

    w = world_new(14);
    p = (struct sip_session_invite){.from = {VIEW("Ann"), VIEW("sip:100@pbx.example"), .withheld = true}};
    a = call_by_hand(w, &p);
    assert_non_null(strstr(hand_got(w, "INVITE"), "From: \"Anonymous\" <sip:anonymous@anonymous.invalid>;tag="));
    assert_non_null(strstr(hand_got(w, "INVITE"), "Privacy: id\r\n"));
    assert_null(strstr(hand_got(w, "INVITE"), "100@"));
    finish(w, a);

    w = world_new(15);
    p.from.trusted = true;
    a = call_by_hand(w, &p);
    assert_non_null(strstr(hand_got(w, "INVITE"), "P-Asserted-Identity: \"Ann\" <sip:100@pbx.example>\r\n"));
    assert_non_null(strstr(hand_got(w, "INVITE"), "Privacy: id\r\n"));
    finish(w, a);
}

/* CALL-25: by UPDATE if the peer knows it, else by re-INVITE; waits for its turn. */
static void identity_changes(void **state)
{
    (void)state;
    struct sip_session_identity who = {.display = VIEW("Zoe"), .uri = VIEW("sip:7@pbx.example")};
    for (int knows = 0; knows < 2; knows++) {
        struct world *w = world_new(16);
        struct party *a = call_by_hand(w, &(struct sip_session_invite){0});
        invite_answer(w, 200, "one", knows ? BOB "Allow: INVITE, UPDATE\r\n" : BOB, "b1");
        sip_session_identify(a->s, &who);
        sip_session_identify(a->s, &who); /* the second waits and is one with what follows */
        world_run(w, 50000);
        const char *start = knows ? "UPDATE" : "INVITE";
        assert_int_equal(got(w, start, "P-Asserted-Identity: \"Zoe\" <sip:7@pbx.example>"), 1);
        hand_answer(w, hand_got(w, start), 200, "", BOB, knows ? no_text() : sdp_named("b1"));
        world_run(w, 50000);
        assert_int_equal(got(w, start, "P-Asserted-Identity: \"Zoe\" <sip:7@pbx.example>"), 2);
        assert_string_equal(a->log->str, "answered/b1 ");
        finish(w, a);
    }
}

/* --- REFER, Replaces ---------------------------------------------------------------------------------------------- */

static void refer(struct world *w, const char *lines, const char *to_of)
{
    char *to = header_of(to_of, "From"), *id = header_of(to_of, "Call-ID");
    char *ask = g_strdup_printf("REFER sip:100@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bKrefer\r\n"
                                "From: <sip:bob@192.0.2.2>;tag=one\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: 9 REFER\r\n"
                                "Max-Forwards: 70\r\nContact: <sip:bob@192.0.2.2>\r\n%sContent-Length: 0\r\n\r\n",
                                to, id, lines);
    hand_send(w, SIDE_B, ask);
    world_run(w, 50000);
    g_free(to);
    g_free(id);
    g_free(ask);
}

/* SIP-16: 202, sipfrag 100 at once, then what comes of it. */
static void referred_with_replaces(void **state)
{
    (void)state;
    struct world *w = world_new(17);
    struct party *a = call_by_hand(w, &(struct sip_session_invite){0});
    invite_answer(w, 200, "one", BOB, "b1");
    refer(w, "Refer-To: <sip:7@pbx?Replaces=c%40x%3Bto-tag%3Dt%3Bfrom-tag%3Df>\r\nReferred-By: <sip:bob@x>\r\n",
          hand_got(w, "ACK"));
    assert_non_null(strstr(a->log->str, "[7|c@x;to-tag=t;from-tag=f|<sip:bob@x>]referred "));
    assert_non_null(hand_got(w, "SIP/2.0 202"));
    assert_int_equal(got(w, "NOTIFY", "SIP/2.0 100 Trying"), 1);
    sip_session_refer_progress(a->s, 180);
    sip_session_refer_progress(a->s, 200);
    world_run(w, 50000);
    assert_int_equal(got(w, "NOTIFY", "SIP/2.0 200 OK"), 0); /* in order: after the first's answer */
    hand_answer(w, hand_got(w, "NOTIFY"), 200, "", "", no_text());
    world_run(w, 50000);
    assert_int_equal(got(w, "NOTIFY", "SIP/2.0 200 OK"), 1);
    assert_int_equal(got(w, "NOTIFY", "Subscription-State: terminated;reason=noresource"), 1);
    assert_non_null(strstr(hand_got(w, "NOTIFY"), "Content-Type: message/sipfrag"));
    finish(w, a);
}

/* RFC 4488: no subscription, 200. CALL-27: the user's 403. */
static void refer_without_subscription_and_refused(void **state)
{
    (void)state;
    for (int refused = 0; refused < 2; refused++) {
        struct world *w = world_new(18);
        struct party *a = call_by_hand(w, &(struct sip_session_invite){0});
        invite_answer(w, 200, "one", BOB, "b1");
        a->refer_status = refused ? 403 : 202;
        refer(w, "Refer-To: <sip:7@pbx>\r\nRefer-Sub: false\r\n", hand_got(w, "ACK"));
        assert_non_null(hand_got(w, refused ? "SIP/2.0 403" : "SIP/2.0 200"));
        assert_int_equal(got(w, "SIP/2.0 200", "Refer-Sub: false"), !refused);
        sip_session_refer_progress(a->s, 200);
        world_run(w, 50000);
        assert_null(hand_got(w, "NOTIFY"));
        finish(w, a);
    }
}

/* The other way round: we refer, the peer's NOTIFYs are told. */
static void our_refer_is_told_about(void **state)
{
    (void)state;
    struct world *w = world_new(21);
    struct party *a, *b;
    world_connect(w, &a, &b);
    sip_session_refer(a->s, VIEW("<sip:7@pbx>"));
    world_run(w, 100000);
    assert_non_null(strstr(b->log->str, "[7||"));
    sip_session_refer_progress(b->s, 180);
    sip_session_refer_progress(b->s, 200);
    world_run(w, 100000);
    assert_true(party_heard(a, "notified:100"));
    assert_true(party_heard(a, "notified:200"));
    b->refer_status = 603;
    sip_session_refer(a->s, VIEW("<sip:8@pbx>"));
    world_run(w, 100000);
    assert_true(party_heard(a, "notified:603"));
    finish(w, a);
}

static void bad_refer_to(void **state)
{
    (void)state;
    static const char *const lines[] = {"", "Refer-To: <sip:7@pbx>\r\nRefer-To: <sip:8@pbx>\r\n", "Refer-To: <:>\r\n",
                                        "Refer-To: <sip:7@pbx?Replaces=%0d%0aX>\r\n",
                                        "Refer-To: <sip:7@p?Replaces=%4>\r\n"};
    for (size_t i = 0; i < G_N_ELEMENTS(lines); i++) {
        struct world *w = world_new(19);
        struct party *a = call_by_hand(w, &(struct sip_session_invite){0});
        invite_answer(w, 200, "one", BOB, "b1");
        refer(w, lines[i], hand_got(w, "ACK"));
        assert_non_null(hand_got(w, "SIP/2.0 400"));
        assert_null(strstr(a->log->str, "referred"));
        finish(w, a);
    }
}

/* SIP-16, RFC 3891: tags both ways, early-only. */
static void found_by_replaces(void **state)
{
    (void)state;
    struct world *w = world_new(20);
    struct party *a = party_call(w, SIDE_A, "a1");
    world_run(w, 50000);
    struct party *b = w->side[SIDE_B].came;
    sip_session_progress(b->s, 180, no_text(), no_text());
    world_run(w, 50000);
    struct sip_endpoint *ep_a = w->side[SIDE_A].ep, *ep_b = w->side[SIDE_B].ep;
    struct sip_replaces at_a = {sip_session_call_id(a->s), sip_session_local_tag(a->s), sip_session_remote_tag(a->s),
                                true};
    struct sip_replaces at_b = {at_a.call_id, at_a.from_tag, at_a.to_tag, false};
    assert_ptr_equal(sip_session_find(ep_a, &at_a), a);
    assert_ptr_equal(sip_session_find(ep_b, &at_b), b); /* the caller's transfer to who still rings */
    sip_session_accept(b->s, sdp_named("b1"));
    world_run(w, 50000);
    struct sip_replaces up = {sip_session_call_id(a->s), sip_session_local_tag(a->s), sip_session_remote_tag(a->s),
                              false};
    struct sip_replaces down = {up.call_id, up.from_tag, up.to_tag, false};
    assert_ptr_equal(sip_session_find(ep_a, &up), a);
    assert_ptr_equal(sip_session_find(ep_b, &down), b);
    up.early_only = true;
    assert_null(sip_session_find(ep_a, &up));
    up.early_only = false;
    up.from_tag = VIEW("wrong");
    assert_null(sip_session_find(ep_a, &up));
    up.to_tag = VIEW("wrong");
    assert_null(sip_session_find(ep_a, &up));
    sip_session_end(a->s, 0, no_text(), no_text());
    assert_null(sip_session_find(ep_a, &(struct sip_replaces){up.call_id, down.from_tag, down.to_tag, false}));
    finish(w, b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forked),
        cmocka_unit_test(storm_of_forks),
        cmocka_unit_test(late_2xx),
        cmocka_unit_test(challenges_of_strangers),
        cmocka_unit_test(challenge_answered_once),
        cmocka_unit_test(required_100rel),
        cmocka_unit_test(too_short_an_interval),
        cmocka_unit_test(refreshed_for_hours),
        cmocka_unit_test(peer_that_should_refresh_is_dead),
        cmocka_unit_test(refresh_finds_nobody),
        cmocka_unit_test(peer_without_timer),
        cmocka_unit_test(small_interval_is_422),
        cmocka_unit_test(identity_shown),
        cmocka_unit_test(identity_changes),
        cmocka_unit_test(referred_with_replaces),
        cmocka_unit_test(refer_without_subscription_and_refused),
        cmocka_unit_test(our_refer_is_told_about),
        cmocka_unit_test(bad_refer_to),
        cmocka_unit_test(found_by_replaces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
