/* SPDX-License-Identifier: Apache-2.0
 *
 * Multipart bodies (RFC 2046 section 5.1, RFC 5621): see multipart.h. Each byte of a body is looked at once for each
 * time the iterator passes it. Pure functions.
 */
#include "sip/multipart.h"

#include "sip/chars_priv.h"
#include "sip/fields_priv.h"

enum { PARTS_MAX = 16, BOUNDARY_MAX = 70 };

enum delimiter { DELIMITER_NONE, DELIMITER_NEXT, DELIMITER_LAST };

/* Is this line "--boundary" or "--boundary--", blanks behind it allowed? */
static enum delimiter delimiter_of(struct view line, struct view boundary)
{
    if (!view_starts(line, VIEW("--")) || !view_starts(view_from(line, 2), boundary))
        return DELIMITER_NONE;
    struct view rest = view_from(line, 2 + boundary.n);
    bool last = view_starts(rest, VIEW("--"));
    if (last)
        rest = view_from(rest, 2);
    if (view_trim(rest).n)
        return DELIMITER_NONE;
    return last ? DELIMITER_LAST : DELIMITER_NEXT;
}

/* Takes all up to the next delimiter line off *rest, the line too; the line end before it belongs to it. */
static enum delimiter delimiter_take(struct view *rest, struct view boundary, struct view *before)
{
    size_t at = 0;
    while (at < rest->n) {
        struct view ahead = view_from(*rest, at);
        struct line_end line = line_at(ahead);
        enum delimiter what = delimiter_of(view_head(ahead, line.length), boundary);
        if (what != DELIMITER_NONE) {
            size_t end = at;
            if (end && rest->p[end - 1] == '\n')
                end -= end > 1 && rest->p[end - 2] == '\r' ? 2 : 1;
            *before = view_head(*rest, end);
            *rest = view_from(ahead, line.next);
            return what;
        }
        at += line.next;
    }
    return DELIMITER_NONE;
}

/* bchars of RFC 2046; a blank may not be the last. */
static bool boundary_sound(struct view b)
{
    for (size_t i = 0; i < b.n; i++)
        if (!ch_is(b.p[i], CH_ALPHA | CH_DIGIT) && (b.p[i] == '\0' || !strchr("'()+_,-./:=? ", b.p[i])))
            return false;
    return b.n > 0 && b.n <= BOUNDARY_MAX && b.p[b.n - 1] != ' ';
}

bool multipart_open(struct multipart *m, struct view content_type, struct view body)
{
    struct sip_media_type type;
    struct view preamble;
    *m = (struct multipart){0};
    if (!sip_media_type_parse(content_type, &type) || !view_same(type.type, VIEW("multipart")) ||
        !sip_param_get(type.params, VIEW("boundary"), &m->boundary) || !boundary_sound(m->boundary))
        return false;
    m->rest = body;
    return delimiter_take(&m->rest, m->boundary, &preamble) == DELIMITER_NEXT;
}

/* Of a folded header the first line is read: a view can't leave out the line end. What follows are parameters, as a
 * rule, so the separator at the end goes too. */
static struct view first_line_value(struct view value)
{
    value = view_trim(value);
    while (value.n && value.p[value.n - 1] == ';')
        value = view_trim(view_head(value, value.n - 1));
    return value;
}

static void part_header_read(struct view line, struct multipart_part *part)
{
    struct view name = view_take(&line, CH_TOKEN);
    if (!name.n || !view_take_char(&line, ':'))
        return;
    if (view_same(name, VIEW("Content-Type")) && !part->content_type.n)
        part->content_type = first_line_value(line);
    else if (view_same(name, VIEW("Content-Disposition")) && !part->content_disposition.n)
        part->content_disposition = first_line_value(line);
    else if (view_same(name, VIEW("Content-ID")) && !part->content_id.n)
        part->content_id = first_line_value(line);
}

bool multipart_next(struct multipart *m, struct multipart_part *ret)
{
    struct view text;
    *ret = (struct multipart_part){0};
    if (!m->rest.n || m->parts >= PARTS_MAX)
        return false;
    enum delimiter end = delimiter_take(&m->rest, m->boundary, &text);
    if (end == DELIMITER_NONE)
        return false;
    if (end == DELIMITER_LAST)
        m->rest = (struct view){0}; /* what follows is an epilogue */
    m->parts++;
    while (text.n) {
        struct line_end line = line_at(text);
        struct view head = view_head(text, line.length);
        text = view_from(text, line.next);
        if (!line.length) {
            ret->body = text;
            break;
        }
        if (!ch_is(head.p[0], CH_BLANK))
            part_header_read(head, ret);
    }
    return true;
}

/* The parts of a disposition that matter here (RFC 3261 section 20.11). */
struct disposition {
    bool session;          /* "session", or none given */
    bool optional;         /* handling=optional */
    bool required_by_name; /* handling=required stands there */
};

static struct disposition disposition_read(struct view value)
{
    struct disposition d = {.session = value.n == 0};
    struct view handling;
    struct view type = view_take(&value, CH_TOKEN);
    d.session = d.session || view_same(type, VIEW("session"));
    if (sip_param_get(value, VIEW("handling"), &handling)) {
        d.optional = view_same(handling, VIEW("optional"));
        d.required_by_name = view_same(handling, VIEW("required"));
    }
    return d;
}

/*
 * Parts beside the SDP that say nothing of handling are let pass: carriers add such (location, ISUP), and RFC 5621's
 * default of "required" would refuse their calls. Without any SDP the default holds.
 */
static struct view parts_find_sdp(struct multipart *m, bool *unsupported)
{
    struct multipart_part part;
    struct view sdp = {0};
    bool required = false, unknown = false;
    while (multipart_next(m, &part)) {
        struct disposition d = disposition_read(part.content_disposition);
        bool is_sdp = d.session && sip_media_type_is(part.content_type, "application", "sdp");
        if (is_sdp && !sdp.n) {
            sdp = part.body;
        } else if (!is_sdp) {
            required = required || d.required_by_name;
            unknown = unknown || !d.optional;
        }
    }
    *unsupported = required || (!sdp.n && unknown);
    return sdp;
}

struct view multipart_find_sdp(struct view content_type, struct view disposition, struct view body, bool *unsupported)
{
    struct disposition d = disposition_read(disposition);
    struct multipart m;
    *unsupported = false;
    if (!body.n)
        return (struct view){0};
    if (d.session && sip_media_type_is(content_type, "application", "sdp"))
        return body;
    if (multipart_open(&m, content_type, body)) {
        struct view sdp = parts_find_sdp(&m, unsupported);
        *unsupported = *unsupported && !d.optional;
        return sdp;
    }
    *unsupported = !d.optional;
    return (struct view){0};
}
