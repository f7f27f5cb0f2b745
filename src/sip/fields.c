/* SPDX-License-Identifier: Apache-2.0
 *
 * The lines of a message's head as fields: framing (A5), folding, limits (A6). See fields_priv.h. Pure functions.
 *
 * Each byte is looked at a fixed number of times, whatever the message is made of.
 */
#include "sip/fields_priv.h"

#include "sip/chars_priv.h"

#include <string.h>

void fault_set(struct sip_fault *fault, uint16_t status, const char *text)
{
    if (fault->status)
        return;
    fault->status = status;
    fault->text = text;
}

struct line_end line_at(struct view v)
{
    size_t lf = view_find(v, '\n');
    if (lf == v.n)
        return (struct line_end){v.n, v.n, false};
    bool cr = lf > 0 && v.p[lf - 1] == '\r';
    return (struct line_end){lf - cr, lf + 1, true};
}

/* A line with its continuations (RFC 3261 section 7.3.1): their line ends become blanks. */
static struct line_end folded_line_at(char *p, size_t n)
{
    struct line_end line = line_at((struct view){p, n});
    while (line.ended && line.length && line.next < n && ch_is(p[line.next], CH_BLANK)) {
        memset(p + line.length, ' ', line.next - line.length);
        struct line_end more = line_at((struct view){p + line.next, n - line.next});
        line.length = line.next + more.length;
        line.next += more.next;
        line.ended = more.ended;
    }
    return line;
}

/*
 * NUL may stand in a header in one place alone: as a quoted-pair inside a quoted string (RFC 3261 section 25.1; RFC
 * 4475 section 3.1.1.2 sends one). Anything else is refused (A5).
 */
static bool nul_is_quoted(struct view value)
{
    bool quoted = false;
    for (size_t i = 0; i < value.n; i++) {
        if (value.p[i] == '\0')
            return false;
        if (value.p[i] == '"')
            quoted = !quoted;
        else if (value.p[i] == '\\' && quoted)
            i++;
    }
    return true;
}

/*
 * The name and its colon. Blanks before the colon are legal (HCOLON, RFC 3261 section 25.1; RFC 4475 section 3.1.1.1
 * sends them) but let a header slip past a filter that looks for its name (CVE-2020-28361). So they are taken only with
 * a name that we know, which means the same to every filter here; no other byte may stand there at all.
 */
static const char *name_read(struct view line, struct sip_field *ret, size_t *colon)
{
    size_t name = view_span(line, CH_TOKEN), at = name;
    if (name == 0)
        return "Bad Header Name";
    ret->name = view_head(line, name);
    ret->id = sip_header_of(ret->name);
    while (at < line.n && ch_is(line.p[at], CH_BLANK))
        at++;
    if (at == line.n || line.p[at] != ':')
        return "Bad Header Name";
    if (at > name && ret->id == SIP_H_OTHER)
        return "Blank Before Header Colon";
    *colon = at;
    return NULL;
}

static const char *field_read(struct view line, struct sip_field *ret)
{
    size_t colon;
    const char *wrong = name_read(line, ret, &colon);
    if (wrong)
        return wrong;
    struct view value = view_from(line, colon + 1);
    if (line.n > SIP_HEADER_BYTES_MAX)
        return "Header Too Long";
    if (view_find(value, '\r') < value.n)
        return "Lone CR in Header";
    if (view_find(value, '\0') < value.n && !nul_is_quoted(value))
        return "NUL in Header";
    ret->value = view_trim(value);
    return NULL;
}

void fields_scan(struct field_scan *scan, char *bytes, size_t n, struct sip_fault *fault)
{
    size_t at = 0;
    scan->n = 0;
    scan->ended = false;
    while (at < n) {
        struct line_end line = folded_line_at(bytes + at, n - at);
        struct view text = {bytes + at, line.length};
        at += line.next;
        if (!line.ended) {
            fault_set(fault, 400, "Header Line Not Ended");
            break;
        }
        if (text.n == 0) {
            scan->ended = true;
            break;
        }
        if (scan->n == SIP_HEADERS_MAX) {
            fault_set(fault, 400, "Too Many Headers");
            break;
        }
        const char *wrong = field_read(text, &scan->fields[scan->n]);
        if (wrong)
            fault_set(fault, 400, wrong);
        else
            scan->n++;
    }
    scan->head_bytes = at;
}
