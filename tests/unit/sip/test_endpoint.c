/* SPDX-License-Identifier: Apache-2.0
 *
 * The endpoint's own judgement: what it refuses by itself (SIP-10), what it keeps of refused requests (D2: nothing),
 * limits (D1, SIP-42), dialogs, merged requests, broken framing.
 */
#include "tests/cmocka_all.h"
#include "tests/unit/sip/endpoint_world.h"

#include <malloc.h>
#include <string.h>

static void nothing_left(struct world *w)
{
    world_pass_ms(w, 64000);
    assert_int_equal(sip_endpoint_transactions(w->ep), 0);
    assert_int_equal(timers_count(w->ts), 0);
    world_free(w);
}

static void sip_10_methods(void **state)
{
    (void)state;
    static const struct {
        const char *method;
        unsigned status; /* 0: goes up */
    } table[] = {{"INVITE", 0},    {"REGISTER", 0},  {"OPTIONS", 0},   {"REFER", 0},       {"NOTIFY", 0},
                 {"SUBSCRIBE", 0}, {"MESSAGE", 405}, {"PUBLISH", 405}, {"NEWMETHOD", 501}, {"invite", 501},
                 {"BYE", 481},     {"PRACK", 481},   {"UPDATE", 481},  {"INFO", 481},      {"CANCEL", 481}};
    for (unsigned i = 0; i < G_N_ELEMENTS(table); i++) {
        struct world *w = world_new(0);
        w->respond_at_once = table[i].status ? 0 : 200;
        world_in_request(w, table[i].method, "z9hG4bKa", 1, "", "");
        assert_int_equal(w->requests, table[i].status == 0);
        if (table[i].status) {
            assert_int_equal(world_status(w, 0), table[i].status);
            assert_int_equal(sip_endpoint_transactions(w->ep), 0);
        }
        if (table[i].status == 405)
            assert_true(world_has(w, 0,
                                  "Allow: INVITE, ACK, BYE, CANCEL, REGISTER, OPTIONS, PRACK, UPDATE, INFO, REFER, "
                                  "NOTIFY, SUBSCRIBE\r\n"));
        nothing_left(w);
    }
}

static void sip_10_extensions(void **state)
{
    (void)state;
    struct world *w = world_new(0);
    w->respond_at_once = 200;
    world_in_request(w, "INVITE", "z9hG4bKa", 1, "", "Require: 100rel, nothing1, TIMER\r\nProxy-Require: nothing2\r\n");
    assert_int_equal(world_status(w, 0), 420);
    assert_true(world_has(w, 0, "Unsupported: nothing1, nothing2\r\n"));
    world_in_request(w, "INVITE", "z9hG4bKb", 2, "", "Require: 100rel,timer\r\n");
    assert_int_equal(w->requests, 1);
    nothing_left(w);
}

static void in_max_forwards_0(struct world *w, const char *method)
{
    char *text = world_request(method, "z9hG4bKa", 1, "", "");
    char *at = strstr(text, "Max-Forwards: 70");
    memcpy(at, "Max-Forwards: 00", 16);
    world_in(w, text);
    g_free(text);
}

static void sip_10_max_forwards(void **state)
{
    (void)state;
    struct world *w = world_new(0);
    in_max_forwards_0(w, "INVITE");
    assert_int_equal(world_status(w, 0), 483);
    in_max_forwards_0(w, "OPTIONS");
    in_max_forwards_0(w, "REGISTER");
    assert_int_equal(w->requests, 2);
    nothing_left(w);
}

/* RFC 3261 8.2.2.2: the same request by two ways. */
static void sip_10_merged(void **state)
{
    (void)state;
    struct world *w = world_new(0);
    world_in_request(w, "INVITE", "z9hG4bKa", 1, "", "");
    world_in_request(w, "INVITE", "z9hG4bKb", 1, "", "");
    assert_int_equal(w->requests, 1);
    assert_int_equal(world_status(w, 0), 482);
    world_in_request(w, "INVITE", "z9hG4bKc", 2, "", ""); /* with credentials: another CSeq */
    assert_int_equal(w->requests, 2);
    sip_server_respond(w->txn, &(struct sip_response){.status = 486});
    world_in_request(w, "ACK", "z9hG4bKb", 1, "some", ""); /* of the stateless 482: absorbed */
    assert_int_equal(w->sent->len, 2);
    world_pass_ms(w, 32000);
    world_in_request(w, "INVITE", "z9hG4bKd", 2, "", ""); /* the first is over: new */
    assert_int_equal(w->requests, 3);
    sip_endpoint_free(w->ep);                   /* with transactions in it: dropped without a word */
    assert_int_equal(w->sent->len, 1 + 11 + 1); /* 482; 486 eleven times; 100 of the first */
    w->ep = NULL;
    world_free(w);
}

/* Faults that the parser finds are answered without asking the gate, broken ACKs and responses never. */
static void sip_10_faults(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned status; /* 0: silence */
    } table[] = {
        {"OPTIONS sip:a SIP/7.0\r\nVia: SIP/7.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\n"
         "Call-ID: 1\r\nCSeq: 1 OPTIONS\r\n\r\n",
         505},
        {"OPTIONS soap.beep://a SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\n"
         "To: <sip:a@b>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n\r\n",
         416},
        {"OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\n"
         "Call-ID: 1\r\nCSeq: 1 BYE\r\n\r\n",
         400},
        {"ACK sip:a SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\n"
         "Call-ID: 1\r\nCSeq: 1 BYE\r\n\r\n",
         0},
        {"SIP/2.0 999999 No\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\n\r\n", 0},
        {"\r\n", 0},
        {"", 0},
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(table); i++) {
        struct world *w = world_new(0);
        world_in(w, table[i].text);
        assert_int_equal(w->sent->len, table[i].status != 0);
        if (table[i].status)
            assert_int_equal(world_status(w, 0), table[i].status);
        assert_int_equal(w->gated, 0);
        w->mute = true; /* a blocked source hears nothing */
        world_forget(w);
        world_in(w, table[i].text);
        world_in_request(w, "BYE", "z9hG4bKa", 1, "x", "");
        assert_int_equal(w->sent->len, 0);
        nothing_left(w);
    }
}

/* ncl, mcl01 over TCP: one last answer, on that connection. */
static void sip_10_broken_framing(void **state)
{
    (void)state;
    struct world *w = world_new(0);
    w->flow.transport = SIP_TCP;
    w->flow.connection = 3;
    char *text = world_request("INVITE", "z9hG4bKa", 1, "", "");
    sip_endpoint_receive(w->ep, &w->flow, text, strlen(text), true);
    assert_int_equal(world_status(w, 0), 400);
    assert_int_equal(world_sent(w, 0)->flow.connection, 3);
    assert_int_equal(w->requests, 0);
    g_free(text);
    text = world_request("INVITE", "z9hG4bKa", 1, "", "Content-Length: -999\r\n");
    sip_endpoint_receive(w->ep, &w->flow, text, strlen(text), true);
    assert_int_equal(world_status(w, 1), 400);
    g_free(text);
    nothing_left(w);
}

static void in_many(struct world *w, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        char branch[32];
        g_snprintf(branch, sizeof branch, "z9hG4bK%u", i);
        world_in_request(w, i % 2 ? "INVITE" : "REGISTER", branch, i, "", "");
        world_forget(w);
    }
}

/* D2: 10,000 requests that the gate answers cost not one transaction, timer or byte; their answers repeat, their ACKs
 * are absorbed. */
static void d2_no_state_for_strangers(void **state)
{
    (void)state;
    struct world *w = world_new(0);
    w->verdict = SIP_GATE_ANSWER;
    w->reply = (struct sip_response){.status = 401, .headers = VIEW("WWW-Authenticate: Digest realm=\"x\"\r\n")};
    world_in_request(w, "INVITE", "z9hG4bKa", 1, "", "");
    world_in_request(w, "INVITE", "z9hG4bKa", 1, "", "");
    assert_string_equal(world_sent(w, 0)->text, world_sent(w, 1)->text);
    char *to = world_header(world_sent(w, 0)->text, "To");
    assert_non_null(strstr(to, ";tag="));
    world_in_request(w, "ACK", "z9hG4bKa", 1, strstr(to, "tag=") + 4, "");
    g_free(to);
    assert_int_equal(w->sent->len, 2);
    world_forget(w);
    in_many(w, 100); /* malloc's own caches are full after that */
    size_t before = mallinfo2().uordblks;
    in_many(w, 10000);
    assert_true(mallinfo2().uordblks <= before);
    assert_int_equal(sip_endpoint_transactions(w->ep), 0);
    assert_int_equal(timers_count(w->ts), 0);
    w->verdict = SIP_GATE_DROP;
    world_in_request(w, "INVITE", "z9hG4bKa", 1, "", "");
    assert_int_equal(w->sent->len, 0);
    assert_int_equal(w->requests, 0);
    nothing_left(w);
}

struct dialog {
    struct world *w;
    struct sip_dialog_entry *entry;
    unsigned requests, acks;
    bool removes;
};

static void dialog_request(void *arg, struct sip_server *txn, const struct sip_msg *m, const struct sip_flow *flow)
{
    struct dialog *d = arg;
    (void)m;
    (void)flow;
    if (!txn) {
        d->acks++;
        return;
    }
    d->requests++;
    sip_server_respond(txn, &(struct sip_response){.status = 200});
    if (d->removes)
        sip_endpoint_remove_dialog(d->w->ep, d->entry);
}

static void sip_11_dialogs(void **state)
{
    (void)state;
    struct world *w = world_new(0);
    struct dialog d = {.w = w};
    d.entry = sip_endpoint_add_dialog(w->ep, VIEW("call-1@x"), VIEW("ours"), dialog_request, &d);
    assert_non_null(d.entry);
    assert_null(sip_endpoint_add_dialog(w->ep, VIEW("call-1@x"), VIEW("ours"), dialog_request, &d));
    assert_ptr_equal(sip_endpoint_find_dialog(w->ep, VIEW("call-1@x"), VIEW("ours")), &d);
    assert_null(sip_endpoint_find_dialog(w->ep, VIEW("call-1@x"), VIEW("theirs")));
    world_in_request(w, "ACK", "z9hG4bKa", 1, "ours", "");
    assert_int_equal(d.acks, 1);
    world_in_request(w, "INFO", "z9hG4bKb", 2, "ours", "");
    assert_int_equal(d.requests, 1);
    assert_int_equal(w->gated_in_dialog, 1);
    world_in_request(w, "INVITE", "z9hG4bKc", 3, "other", ""); /* a dialog that is not ours */
    assert_int_equal(world_status(w, 1), 481);
    world_in_request(w, "ACK", "z9hG4bKd", 3, "other", "");
    assert_int_equal(w->sent->len, 2);
    d.removes = true;
    world_in_request(w, "BYE", "z9hG4bKe", 4, "ours", "");
    world_in_request(w, "BYE", "z9hG4bKe", 4, "ours", ""); /* repeated: the same 200, though the dialog is gone */
    assert_int_equal(d.requests, 2);
    assert_string_equal(world_sent(w, 2)->text, world_sent(w, 3)->text);
    assert_int_equal(w->requests, 0);
    nothing_left(w);
}

/* D1, SIP-42: at the limit new requests get 503 with Retry-After and no state; those inside dialogs are served. */
static void d1_sip_42_limit(void **state)
{
    (void)state;
    struct world *w = world_new(3);
    struct dialog d = {.w = w};
    d.entry = sip_endpoint_add_dialog(w->ep, VIEW("call-1@x"), VIEW("ours"), dialog_request, &d);
    char branch[32];
    bool spread = false;
    for (unsigned i = 0; i < 20; i++) {
        g_snprintf(branch, sizeof branch, "z9hG4bK%u", i);
        world_in_request(w, "INVITE", branch, i, "", "");
    }
    assert_int_equal(w->requests, 3);
    assert_int_equal(sip_endpoint_transactions(w->ep), 3);
    for (unsigned i = 0; i < 17; i++) {
        assert_int_equal(world_status(w, i), 503);
        char *after = world_header(world_sent(w, i)->text, "Retry-After"),
             *first = world_header(world_sent(w, 0)->text, "Retry-After");
        assert_in_range(g_ascii_strtoull(after, NULL, 10), 1, 10);
        spread |= strcmp(after, first) != 0;
        g_free(after);
        g_free(first);
    }
    assert_true(spread);
    world_in_request(w, "BYE", "z9hG4bKbye", 99, "ours", "");
    assert_int_equal(d.requests, 1);
    sip_server_respond(w->txn, &(struct sip_response){.status = 486});
    world_in_request(w, "INVITE", "z9hG4bKagain", 100, "", "");
    assert_int_equal(w->requests, 4); /* room again */
    sip_endpoint_remove_dialog(w->ep, d.entry);
    sip_endpoint_free(w->ep);
    w->ep = NULL;
    world_free(w);
}

static void contacts(void **state)
{
    (void)state;
    struct world *w = world_new(0);
    char text[128];
    struct buf b = buf_on(text, sizeof text);
    assert_true(sip_endpoint_contact(w->ep, &w->flow, VIEW("1 0"), &b));
    w->flow.transport = SIP_TLS;
    assert_true(sip_endpoint_contact(w->ep, &w->flow, (struct view){0}, &b));
    w->flow.transport = SIP_WS;
    assert_false(sip_endpoint_contact(w->ep, &w->flow, (struct view){0}, &b));
    assert_true(view_eq(buf_view(&b), VIEW("<sip:1%200@10.0.0.1:5060><sip:10.0.0.1:5061;transport=tls>")));
    nothing_left(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sip_10_methods),
        cmocka_unit_test(sip_10_extensions),
        cmocka_unit_test(sip_10_max_forwards),
        cmocka_unit_test(sip_10_merged),
        cmocka_unit_test(sip_10_faults),
        cmocka_unit_test(sip_10_broken_framing),
        cmocka_unit_test(d2_no_state_for_strangers),
        cmocka_unit_test(sip_11_dialogs),
        cmocka_unit_test(d1_sip_42_limit),
        cmocka_unit_test(contacts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
