/* SPDX-License-Identifier: Apache-2.0
 *
 * Facts into lines: see fact_priv.h. Written by hand, for it stands on the path of every call. Any thread.
 */
#include "store/fact_priv.h"

static const char *const kinds[FACT_KINDS] = {"start", "end", "alive"};

const char *fact_direction_name(enum call_direction d)
{
    static const char *const names[] = {"in", "out", "internal"};
    return names[d];
}

const char *fact_ended_by_name(enum call_ended_by e)
{
    static const char *const names[] = {"caller", "callee", "system"};
    return names[e];
}

const char *fact_segment_name(enum segment_kind k)
{
    static const char *const names[SEGMENT_KINDS] = {"user", "trunk"};
    return names[k];
}

struct fact *fact_new(enum fact_kind kind, int64_t at_ms, const struct call_record *r)
{
    size_t segments = r ? MIN(r->n_segments, SEGMENTS_MAX) * sizeof(struct call_segment) : 0;
    size_t trace = r ? MIN(r->n_trace, TRACE_STEPS_MAX) * sizeof(struct trace_step) : 0;
    struct fact *f = g_malloc(sizeof *f + segments + trace);
    f->next = NULL;
    f->kind = kind;
    f->at_ms = at_ms;
    if (!r)
        return f;
    f->record = *r;
    f->record.segments = (struct call_segment *)(f + 1);
    f->record.trace = (struct trace_step *)((char *)(f + 1) + segments);
    f->record.n_segments = (uint32_t)(segments / sizeof(struct call_segment));
    f->record.n_trace = (uint32_t)(trace / sizeof(struct trace_step));
    if (segments)
        memcpy(f->record.segments, r->segments, segments);
    if (trace)
        memcpy(f->record.trace, r->trace, trace);
    return f;
}

/* The polynomial of IEEE 802.3, reflected; four bytes a step. */
static uint32_t crc32_of(const char *p, size_t n)
{
    static uint32_t table[4][256];
    static gsize made;
    if (g_once_init_enter(&made)) {
        for (uint32_t i = 0; i < 256; i++) {
            uint32_t c = i;
            for (int k = 0; k < 8; k++)
                c = c & 1 ? 0xedb88320U ^ (c >> 1) : c >> 1;
            table[0][i] = c;
        }
        for (uint32_t i = 0; i < 256; i++) {
            for (int k = 1; k < 4; k++)
                table[k][i] = table[0][table[k - 1][i] & 255] ^ (table[k - 1][i] >> 8);
        }
        g_once_init_leave(&made, 1);
    }
    uint32_t c = ~0U;
    const unsigned char *u = (const unsigned char *)p;
    for (; n >= 4; n -= 4, u += 4) {
        c ^= (uint32_t)u[0] | (uint32_t)u[1] << 8 | (uint32_t)u[2] << 16 | (uint32_t)u[3] << 24;
        c = table[3][c & 255] ^ table[2][(c >> 8) & 255] ^ table[1][(c >> 16) & 255] ^ table[0][c >> 24];
    }
    for (; n; n--, u++)
        c = table[0][(c ^ *u) & 255] ^ (c >> 8);
    return ~c;
}

/* g_string_append_len without its questions: this is called a hundred times a call. */
static void put(GString *out, const char *p, size_t n)
{
    if (out->len + n >= out->allocated_len) {
        g_string_append_len(out, p, (gssize)n);
        return;
    }
    memcpy(out->str + out->len, p, n);
    out->len += n;
    out->str[out->len] = '\0';
}

static void put_key(GString *out, const char *key)
{
    put(out, "\"", 1);
    put(out, key, strlen(key));
    put(out, "\":", 2);
}

static void add_char(GString *out, unsigned char c)
{
    static const char hex[] = "0123456789abcdef";
    if (c == '"' || c == '\\') {
        g_string_append_c(out, '\\');
        g_string_append_c(out, (char)c);
    } else {
        g_string_append(out, "\\u00");
        g_string_append_c(out, hex[c >> 4]);
        g_string_append_c(out, hex[c & 15]);
    }
}

/* Names come from the network: what is not UTF-8 must not make the line unreadable. */
static void add_text(GString *out, const char *key, const char *text)
{
    char *valid = g_utf8_validate(text, -1, NULL) ? NULL : g_utf8_make_valid(text, -1);
    put_key(out, key);
    put(out, "\"", 1);
    const char *from = valid ? valid : text, *p = from;
    for (; *p; p++) {
        unsigned char c = (unsigned char)*p;
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        put(out, from, (size_t)(p - from));
        add_char(out, c);
        from = p + 1;
    }
    put(out, from, (size_t)(p - from));
    put(out, "\",", 2);
    g_free(valid);
}

static void add_int(GString *out, const char *key, int64_t value)
{
    char digits[24], *p = digits + sizeof digits;
    uint64_t left = value < 0 ? -(uint64_t)value : (uint64_t)value;
    *--p = ',';
    do
        *--p = (char)('0' + left % 10);
    while (left /= 10);
    if (value < 0)
        *--p = '-';
    put_key(out, key);
    put(out, p, (size_t)(digits + sizeof digits - p));
}

/* Every member is written with a comma behind it; the last one becomes the closing bracket. */
static void close_with(GString *out, char bracket, char opening)
{
    if (out->str[out->len - 1] == opening)
        g_string_append_c(out, bracket);
    else
        out->str[out->len - 1] = bracket;
}

static void write_segment(const struct call_segment *s, GString *out)
{
    g_string_append_c(out, '{');
    add_text(out, "kind", fact_segment_name(s->kind));
    add_text(out, "target", s->target);
    add_text(out, "target_name", s->target_name);
    add_int(out, "user", s->user);
    add_int(out, "device", s->device);
    add_int(out, "peer", s->peer);
    add_int(out, "started_ms", s->started_ms);
    add_int(out, "answered_ms", s->answered_ms);
    add_int(out, "ended_ms", s->ended_ms);
    add_text(out, "reason", call_reason_name(s->reason));
    close_with(out, '}', '{');
    g_string_append_c(out, ',');
}

void fact_write_trace(const struct call_record *r, GString *out)
{
    g_string_append_c(out, '[');
    for (uint32_t i = 0; i < r->n_trace; i++) {
        const struct trace_step *t = &r->trace[i];
        g_string_append_c(out, '{');
        add_int(out, "at_ms", t->at_ms);
        add_text(out, "kind", trace_kind_name(t->kind));
        add_int(out, "object", t->object);
        add_text(out, "object_name", t->object_name);
        add_text(out, "outcome", t->outcome);
        add_text(out, "facts", t->facts);
        close_with(out, '}', '{');
        g_string_append_c(out, ',');
    }
    close_with(out, ']', '[');
}

static void write_record(const struct call_record *r, GString *out)
{
    add_text(out, "id", r->id.text);
    add_int(out, "started_ms", r->started_ms);
    add_int(out, "ended_ms", r->ended_ms);
    add_int(out, "length_ms", r->length_ms);
    add_int(out, "talk_ms", r->talk_ms);
    add_text(out, "direction", fact_direction_name(r->direction));
    add_text(out, "from_number", r->from.number);
    add_text(out, "from_name", r->from.name);
    add_int(out, "from_user", r->from.user);
    add_int(out, "from_withheld", r->from.withheld);
    add_text(out, "to_dialled", r->to_dialled);
    add_int(out, "peer", r->peer);
    add_int(out, "answered", r->answered);
    add_text(out, "ended_by", fact_ended_by_name(r->ended_by));
    add_text(out, "reason", call_reason_name(r->reason));
    add_int(out, "trace_more", r->trace_more);
    g_string_append(out, "\"segments\":[");
    for (uint32_t i = 0; i < r->n_segments; i++)
        write_segment(&r->segments[i], out);
    close_with(out, ']', '[');
    g_string_append(out, ",\"trace\":");
    fact_write_trace(r, out);
    g_string_append_c(out, ',');
}

void fact_write(const struct fact *f, GString *out)
{
    size_t head = out->len;
    g_string_append(out, "00000000 00000000 {");
    add_int(out, "at_ms", f->at_ms);
    add_text(out, "kind", kinds[f->kind]);
    if (f->kind != FACT_ALIVE)
        write_record(&f->record, out);
    close_with(out, '}', '{');
    size_t n = out->len - head - FACT_HEAD;
    char text[FACT_HEAD + 1];
    (void)g_snprintf(text, sizeof text, "%08zx %08x ", n, crc32_of(out->str + head + FACT_HEAD, n));
    memcpy(out->str + head, text, FACT_HEAD);
    g_string_append_c(out, '\n');
}

static bool read_hex(const char *p, uint32_t *ret)
{
    *ret = 0;
    for (int i = 0; i < 8; i++) {
        int digit = g_ascii_xdigit_value(p[i]);
        if (digit < 0)
            return false;
        *ret = *ret << 4 | (uint32_t)digit;
    }
    return p[8] == ' ';
}

size_t fact_line(struct view v, struct view *ret_json)
{
    uint32_t n, crc;
    if (v.n < FACT_HEAD || !read_hex(v.p, &n) || !read_hex(v.p + 9, &crc) || n > FACT_LINE_MAX ||
        v.n < FACT_HEAD + (size_t)n + 1 || v.p[FACT_HEAD + n] != '\n' || crc32_of(v.p + FACT_HEAD, n) != crc)
        return 0;
    *ret_json = (struct view){v.p + FACT_HEAD, n};
    return FACT_HEAD + (size_t)n + 1;
}
