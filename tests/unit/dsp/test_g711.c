/* SPDX-License-Identifier: Apache-2.0
 *
 * G.711 against the tables of ITU-T G.711 (values at the ends of each segment) and against spandsp, all values.
 */
#include "dsp/g711.h"
#include "tests/cmocka_all.h"

#include <spandsp.h>
#include <stdlib.h>

/* SIP-20: every code decodes as in spandsp, every sample codes to the same. */
static void test_equals_spandsp(void **state)
{
    (void)state;
    for (int i = 0; i < 256; i++) {
        assert_int_equal(g711_alaw_decode((uint8_t)i), alaw_to_linear((uint8_t)i));
        assert_int_equal(g711_ulaw_decode((uint8_t)i), ulaw_to_linear((uint8_t)i));
    }
    for (int v = -32768; v <= 32767; v++) {
        assert_int_equal(g711_alaw_encode((int16_t)v), linear_to_alaw(v));
        assert_int_equal(g711_ulaw_encode((int16_t)v), linear_to_ulaw(v));
    }
}

static void test_recommendation(void **state)
{
    (void)state;
    assert_int_equal(g711_alaw_decode(0x55 ^ 0x80), 8);     /* 1 of 4096, +, in 16 bits */
    assert_int_equal(g711_alaw_decode(0x55 ^ 0xff), 32256); /* 4032 */
    assert_int_equal(g711_alaw_decode(0x55 ^ 0x7f), -32256);
    assert_int_equal(g711_ulaw_decode(0xff), 0);
    assert_int_equal(g711_ulaw_decode(0x80), 32124); /* 8031 */
    assert_int_equal(g711_ulaw_decode(0x00), -32124);
}

/* Decoded and coded again is the same code; a coded sample is at most half a step away. */
static void test_round_trip(void **state)
{
    (void)state;
    for (int i = 0; i < 256; i++) {
        assert_int_equal(g711_alaw_encode(g711_alaw_decode((uint8_t)i)), i);
        if (i != 0x7f) /* minus zero */
            assert_int_equal(g711_ulaw_encode(g711_ulaw_decode((uint8_t)i)), i);
    }
    for (int v = -32000; v <= 32000; v += 7) {
        int a = g711_alaw_decode(g711_alaw_encode((int16_t)v)), u = g711_ulaw_decode(g711_ulaw_encode((int16_t)v));
        assert_true(abs(a - v) <= 16 + abs(v) / 16);
        assert_true(abs(u - v) <= 16 + abs(v) / 16);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equals_spandsp),
        cmocka_unit_test(test_recommendation),
        cmocka_unit_test(test_round_trip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
