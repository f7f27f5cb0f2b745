/* SPDX-License-Identifier: Apache-2.0
 *
 * A line in a box: see kit.h.
 */
#include "tests/cmocka_all.h"

#include "tests/unit/line/kit.h"

#include <stdio.h>
#include <string.h>

static void seeded_fill(void *arg, void *dst, size_t bytes)
{
    uint64_t *s = arg;
    for (size_t i = 0; i < bytes; i++) {
        *s = *s * 6364136223846793005ULL + 1442695040888963407ULL;
        ((uint8_t *)dst)[i] = (uint8_t)(*s >> 56);
    }
}

static int on_send(void *arg, const struct sip_flow *flow, struct view bytes)
{
    (void)flow;
    struct kit *k = arg;
    g_ptr_array_add(k->sent, view_dup(bytes));
    return 0;
}

static bool on_local(void *arg, enum sip_transport t, const struct net_addr *remote, struct net_addr *ret)
{
    (void)arg;
    (void)t;
    (void)remote;
    return net_addr_parse(VIEW("192.0.2.1"), 5060, ret);
}

static void on_trust(void *arg, const struct sip_flow *flow)
{
    (void)arg;
    (void)flow;
}

static void on_notice(void *arg, const char *text, const struct net_addr *source, const char *account)
{
    (void)text;
    (void)source;
    (void)account;
    ((struct kit *)arg)->notices++;
}

struct model *kit_company(const char *word)
{
    struct model_builder *b = model_builder_new(1);
    struct model_settings s = model_settings_default();
    s.company = "Test";
    s.realm = "carillon";
    model_builder_settings(b, &s);
    for (uint32_t i = 0; i < KIT_USERS; i++) {
        char number[8], secret[16], uuid[40];
        (void)snprintf(number, sizeof number, "%u", 100 + i);
        (void)snprintf(secret, sizeof secret, "%s-%u", word, 100 + i);
        (void)snprintf(uuid, sizeof uuid, "00000000-0000-7000-8000-%012u", i);
        model_builder_add_user(b, &(struct model_user){.id = i + 1,
                                                       .uuid = uuid,
                                                       .number = number,
                                                       .first_name = "U",
                                                       .last_name = number,
                                                       .name = number,
                                                       .email = "",
                                                       .enabled = i != 2,
                                                       .ring_s = 20,
                                                       .max_calls = 8,
                                                       .accept_multiple = true});
        model_builder_add_device(b,
                                 &(struct model_device){.id = i + 11,
                                                        .uuid = uuid,
                                                        .name = "Phone",
                                                        .auth_user = number,
                                                        .secret = secret,
                                                        .codecs = s.codecs,
                                                        .enabled = true},
                                 i + 1);
    }
    unsigned left_out;
    struct model *m = model_builder_finish(b, &left_out);
    assert_int_equal(left_out, 0);
    return m;
}

static int64_t on_waited(void *arg)
{
    return ((struct kit *)arg)->waited_us;
}

void kit_open(struct kit *k)
{
    *k = (struct kit){.seed = 1};
    k->timers = timers_new(1000000, 1700000000000000);
    k->entropy = (struct entropy){seeded_fill, &k->seed};
    k->model = kit_company("secret");
    k->sent = g_ptr_array_new_with_free_func(g_free);
    k->flow.transport = SIP_UDP;
    assert_true(net_addr_parse(VIEW("192.0.2.1"), 5060, &k->flow.local));
    assert_true(net_addr_parse(VIEW("198.51.100.7"), 5062, &k->flow.remote));
    struct line_config c = {.timers = k->timers, .entropy = &k->entropy, .server_name = "Carillon/test"};
    struct line_ports p = {k, on_send, on_local, on_trust, on_notice, on_waited};
    k->line = line_new(&c, &p, k->model);
}

void kit_close(struct kit *k)
{
    line_free(k->line);
    model_unref(k->model);
    assert_int_equal(timers_count(k->timers), 0);
    timers_free(k->timers);
    g_ptr_array_unref(k->sent);
}

void kit_advance(struct kit *k, int64_t us)
{
    int64_t until = timers_now_us(k->timers) + us;
    int64_t wall = timers_wall_us(k->timers) - timers_now_us(k->timers);
    while (timers_next_us(k->timers) <= until) {
        int64_t at = timers_next_us(k->timers);
        timers_set_now(k->timers, at, at + wall);
        timers_fire(k->timers);
    }
    timers_set_now(k->timers, until, until + wall);
}

const char *kit_say(struct kit *k, const char *text)
{
    guint before = k->sent->len;
    char *bytes = g_strdup(text);
    line_receive(k->line, &k->flow, bytes, strlen(bytes), false);
    g_free(bytes);
    return k->sent->len > before ? k->sent->pdata[k->sent->len - 1] : NULL;
}

unsigned kit_status(const char *answer)
{
    uint32_t status;
    if (!answer || !g_str_has_prefix(answer, "SIP/2.0 ") ||
        !view_to_u32(view_slice(view_of(answer), 8, 11), 699, &status))
        return 0;
    return status;
}

char *kit_header(const char *answer, const char *name)
{
    char *needle = g_strdup_printf("\r\n%s: ", name);
    const char *at = strstr(answer, needle);
    char *value = NULL;
    if (at) {
        at += strlen(needle);
        value = g_strndup(at, strcspn(at, "\r"));
    }
    g_free(needle);
    return value;
}

char *kit_authorize(const char *answer, enum digest_algorithm a, const char *account, const char *secret, unsigned nc)
{
    const char *wanted = a == DIGEST_MD5 ? "algorithm=MD5" : "algorithm=SHA-256";
    const char *line = strstr(answer, "WWW-Authenticate: ");
    while (line && !g_strstr_len(line, (gssize)strcspn(line, "\r"), wanted))
        line = strstr(line + 1, "WWW-Authenticate: ");
    assert_non_null(line);
    line += strlen("WWW-Authenticate: ");
    struct digest_challenge c;
    assert_true(digest_challenge_parse((struct view){line, strcspn(line, "\r")}, &c));
    char ha1[DIGEST_HEX_MAX], mem[1024], count[9];
    digest_ha1(a, view_of(account), c.realm, view_of(secret), ha1);
    (void)snprintf(count, sizeof count, "%08x", nc);
    struct digest_credentials mine = {.algorithm = a,
                                      .known_algorithm = true,
                                      .username = view_of(account),
                                      .realm = c.realm,
                                      .nonce = c.nonce,
                                      .uri = VIEW("sip:carillon"),
                                      .cnonce = VIEW("abc"),
                                      .qop = VIEW("auth"),
                                      .nc = nc,
                                      .nc_text = view_of(count)};
    struct buf b = buf_on(mem, sizeof mem);
    digest_put_authorization(&b, SIP_H_AUTHORIZATION, &c, &mine, ha1, VIEW("REGISTER"));
    return view_dup(buf_view(&b));
}

static char *register_text(const char *account, unsigned cseq, const char *extra, const char *authorization)
{
    return g_strdup_printf("REGISTER sip:carillon SIP/2.0\r\n"
                           "Via: SIP/2.0/UDP 10.0.0.5:5062;branch=z9hG4bK%u%s;rport\r\n"
                           "From: <sip:%s@carillon>;tag=f%u\r\nTo: <sip:%s@carillon>\r\nCall-ID: reg-%s\r\n"
                           "CSeq: %u REGISTER\r\nMax-Forwards: 70\r\n%s%sContent-Length: 0\r\n\r\n",
                           cseq, account, account, cseq, account, account, cseq, extra, authorization);
}

const char *kit_register(struct kit *k, const char *account, const char *secret, const char *extra)
{
    static unsigned cseq;
    char *text = register_text(account, ++cseq, extra, "");
    const char *answer = kit_say(k, text);
    g_free(text);
    assert_int_equal(kit_status(answer), 401);
    char *authorization = kit_authorize(answer, DIGEST_SHA256, account, secret, 1);
    text = register_text(account, ++cseq, extra, authorization);
    answer = kit_say(k, text);
    g_free(authorization);
    g_free(text);
    return answer;
}
