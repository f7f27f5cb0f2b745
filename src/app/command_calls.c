/* SPDX-License-Identifier: Apache-2.0
 *
 * carillon calls list: call records, newest first (CONT-19 to CONT-21). The main thread.
 */
#include "app/command.h"

enum { LIMIT_DEFAULT = 20, LIMIT_MAX = 100000 };

static const char usage[] =
    "usage: carillon calls list --data DIR [--limit N] [--json] [--trace]\n\n"
    "Lists the newest calls, newest first, a line each: when it began (in the company's time zone), direction,\n"
    "from, to, why it ended, how long was talked.\n\n"
    "--limit N  at most so many; 20 by default\n"
    "--trace    with the steps that led there\n"
    "--json     all that is kept, as one array\n";

static const char *text(const json_t *o, const char *key)
{
    const char *t = json_string_value(json_object_get(o, key));
    return t ? t : "";
}

static long long number(const json_t *o, const char *key)
{
    return json_integer_value(json_object_get(o, key));
}

static char *when(const json_t *o, const char *key, GTimeZone *zone)
{
    GDateTime *utc = g_date_time_new_from_unix_utc(number(o, key) / 1000);
    GDateTime *there = utc ? g_date_time_to_timezone(utc, zone) : NULL;
    char *shown = there ? g_date_time_format(there, "%Y-%m-%d %H:%M:%S") : NULL;
    g_clear_pointer(&there, g_date_time_unref);
    g_clear_pointer(&utc, g_date_time_unref);
    return shown ? shown : g_strdup("?");
}

static void print_trace(const json_t *call, GTimeZone *zone)
{
    const json_t *steps = json_object_get(call, "trace");
    for (size_t i = 0; i < json_array_size(steps); i++) {
        const json_t *step = json_array_get(steps, i);
        char *at = when(step, "at_ms", zone);
        (void)printf("    %s.%03lld  %-10s  %-20s  %-16s  %s\n", at, number(step, "at_ms") % 1000, text(step, "kind"),
                     text(step, "object_name"), text(step, "outcome"), text(step, "facts"));
        g_free(at);
    }
    if (number(call, "trace_more"))
        (void)printf("    … %lld more\n", number(call, "trace_more"));
}

static void print_call(const json_t *call, GTimeZone *zone, bool with_trace)
{
    char *at = when(call, "started_ms", zone);
    long long talk_s = number(call, "talk_ms") / 1000;
    bool runs = number(call, "ended_ms") == 0;
    (void)printf("%s  %-8s  %-12s -> %-12s  %-16s  %lld:%02lld:%02lld\n", at, text(call, "direction"),
                 text(call, "from_number"), text(call, "to_dialled"), runs ? "(running)" : text(call, "reason"),
                 talk_s / 3600, talk_s / 60 % 60, talk_s % 60);
    if (with_trace)
        print_trace(call, zone);
    g_free(at);
}

static GTimeZone *zone_of(struct store *s)
{
    struct model *m = NULL;
    GTimeZone *zone = NULL;
    if (store_load_model(s, &m, NULL) == 0)
        zone = g_time_zone_new_identifier(model_settings(m)->time_zone);
    model_unref(m);
    return zone ? zone : g_time_zone_new_utc();
}

static int list(struct store *s, unsigned limit, bool as_json, bool with_trace)
{
    json_t *calls = NULL;
    int r = store_calls(s, limit, &calls);
    if (r)
        return command_store_failed(s, r);
    if (as_json) {
        (void)json_dumpf(calls, stdout, JSON_INDENT(2));
        (void)puts("");
    } else {
        GTimeZone *zone = zone_of(s);
        for (size_t i = 0; i < json_array_size(calls); i++)
            print_call(json_array_get(calls, i), zone, with_trace);
        g_time_zone_unref(zone);
    }
    json_decref(calls);
    return COMMAND_DONE;
}

int command_calls(int argc, char **argv)
{
    const char *data = NULL, *limit_text = NULL, *word = NULL;
    bool as_json = false, with_trace = false;
    const struct command_option options[] = {
        {"data", &data, NULL}, {"limit", &limit_text, NULL}, {"json", NULL, &as_json}, {"trace", NULL, &with_trace}};
    const struct command_line line = {usage, options, G_N_ELEMENTS(options), &word};
    int status = command_options(&line, argc, argv);
    if (status >= 0)
        return status;
    uint32_t limit = LIMIT_DEFAULT;
    if (!word || strcmp(word, "list") != 0)
        return command_fail(COMMAND_WRONG, "'list' is needed: see carillon calls --help");
    if (limit_text && (!view_to_u32(view_of(limit_text), LIMIT_MAX, &limit) || limit == 0))
        return command_fail(COMMAND_WRONG, "--limit takes a number from 1 to %d", LIMIT_MAX);
    struct store *s = command_store(data, STORE_EXISTING);
    if (!s)
        return data ? COMMAND_FAILED : COMMAND_WRONG;
    status = list(s, limit, as_json, with_trace);
    store_close(s);
    return status;
}
