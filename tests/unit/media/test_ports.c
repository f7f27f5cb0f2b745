/* SPDX-License-Identifier: Apache-2.0
 *
 * NET-3: pairs of ports from the range, at random, all of them, freed within a second.
 */
#include "media/port_pool_priv.h"
#include "media_world.h"
#include "sys/random.h"
#include "tests/cmocka_all.h"

#include <errno.h>
#include <sys/resource.h>

#define PORT(w, f, ...) (w)->port.f((w)->port.arg, __VA_ARGS__)

static void test_range_bounds(void **state)
{
    (void)state;
    assert_null(port_pool_new(10000, 10018)); /* 19 */
    assert_null(port_pool_new(10001, 10100)); /* odd */
    assert_null(port_pool_new(0, 100));
    assert_null(port_pool_new(10000, 9000));
    struct port_pool *pool = port_pool_new(65516, 65535); /* 20, at the end */
    assert_non_null(pool);
    uint16_t got[10];
    unsigned in_order = 0;
    for (unsigned i = 0; i < 10; i++) {
        got[i] = port_pool_take(pool, random_entropy());
        assert_true(got[i] >= 65516 && got[i] % 2 == 0);
        for (unsigned k = 0; k < i; k++)
            assert_int_not_equal(got[k], got[i]);
        in_order += i && got[i] == got[i - 1] + 2;
    }
    assert_true(in_order < 9);
    assert_int_equal(port_pool_take(pool, random_entropy()), 0);
    assert_int_equal(port_pool_taken(pool), 10);
    port_pool_give(pool, got[3]);
    assert_int_equal(port_pool_take(pool, random_entropy()), got[3]);
    port_pool_free(pool);
}

/* A range of 20: the eleventh leg is refused; all are free again after the calls. */
static void test_range_used_up(void **state)
{
    (void)state;
    struct world *w = world_open(2, 20);
    struct peer p[10];
    media_id id;
    struct media_desc local;
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned i = 0; i < 10; i++) {
            peer_open(&p[i], w, "127.0.0.1", MEDIA_NAT);
            assert_int_equal(p[i].local.rtcp.port, p[i].local.rtp.port + 1);
            peer_set(&p[i]);
        }
        struct media_open o = {.peer_signalling = p[0].addr};
        assert_int_equal(PORT(w, open, &o, &id, &local), ENOSPC);
        for (unsigned i = 0; i < 10; i++)
            peer_close(&p[i]);
        assert_int_equal(media_engine_sessions(w->engine), 10);
        world_run(w, 2 * LOOP_LAZY_MS + 100);
        assert_int_equal(media_engine_sessions(w->engine), 0);
        assert_int_equal(w->n_closed, 10 * (round + 1));
    }
    world_close(w);
}

/* A peer given by name has no address yet when the offer to it is made (SIP-32). */
static void test_peer_by_name(void **state)
{
    (void)state;
    struct world *w = world_open(1, 20);
    media_id id;
    struct media_desc local;
    struct media_open by_name = {0};
    assert_int_equal(PORT(w, open, &by_name, &id, &local), 0);
    assert_true(local.rtp.port && local.rtp.family != NET_NONE && !net_addr_is_any(&local.rtp));
    PORT(w, close, id);
    world_run(w, 2 * LOOP_LAZY_MS + 100);
    world_close(w);
}

static void test_refused_openings(void **state)
{
    (void)state;
    struct world *w = world_open(1, 20);
    struct media_engine *none = NULL;
    struct media_engine_config c = {.loop = w->loop, .internal = {10000, 10010}, .external = {10000, 10099}};
    assert_int_equal(media_engine_open(&c, &none), EINVAL);
    assert_null(none);
    world_close(w);
}

/* Sessions that nobody closed go with the engine, and so do commands under way. */
static void test_engine_closes_all(void **state)
{
    (void)state;
    struct world *w = world_open(2, 40);
    struct peer a, b, c;
    peer_open(&a, w, "127.0.0.1", MEDIA_NAT);
    peer_open(&b, w, "127.0.0.1", MEDIA_NAT);
    peer_open(&c, w, "127.0.0.1", MEDIA_NAT);
    peer_set(&a);
    peer_set(&b);
    PORT(w, join, a.id, b.id);
    PORT(w, play, c.id, SOUND_BUSY, LANGUAGE_EN);
    PORT(w, close, b.id);
    PORT(w, join, c.id, a.id);
    world_close(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_range_bounds),      cmocka_unit_test(test_range_used_up),
        cmocka_unit_test(test_refused_openings),  cmocka_unit_test(test_peer_by_name),
        cmocka_unit_test(test_engine_closes_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
