/* SPDX-License-Identifier: Apache-2.0
 *
 * The headers that every message must have (RFC 3261 section 8.1.1): there once, and well-formed. RFC 2543 messages,
 * without branch, tags, Content-Length or Max-Forwards, are accepted. Pure functions.
 */
#include "sip/message_priv.h"

#include "sip/chars_priv.h"
#include "sip/fields_priv.h"
#include "sip/values_priv.h"

/* What a header that may stand only once is called when it is missing, doubled or broken. */
struct single {
    enum sip_header id;
    const char *missing, *doubled, *bad;
};

enum single_at { AT_CALL_ID, AT_CONTENT_LENGTH, AT_CSEQ, AT_FROM, AT_MAX_FORWARDS, AT_TO, SINGLES };

static const struct single singles[SINGLES] = {
    [AT_CALL_ID] = {SIP_H_CALL_ID, "Missing Call-ID", "Duplicate Call-ID", "Bad Call-ID"},
    [AT_CONTENT_LENGTH] = {SIP_H_CONTENT_LENGTH, NULL, "Duplicate Content-Length", "Bad Content-Length"},
    [AT_CSEQ] = {SIP_H_CSEQ, "Missing CSeq", "Duplicate CSeq", "Bad CSeq"},
    [AT_FROM] = {SIP_H_FROM, "Missing From", "Duplicate From", "Bad From"},
    [AT_MAX_FORWARDS] = {SIP_H_MAX_FORWARDS, NULL, "Duplicate Max-Forwards", "Bad Max-Forwards"},
    [AT_TO] = {SIP_H_TO, "Missing To", "Duplicate To", "Bad To"},
};

struct found {
    const struct sip_field *single[SINGLES]; /* the first of each */
    const struct sip_field *via;
    unsigned vias; /* values, over all Via fields */
};

static void vias_count(const struct sip_field *f, struct found *found)
{
    struct view rest = f->value, one;
    if (!found->via)
        found->via = f;
    if (view_find(rest, ',') == rest.n)
        found->vias++;
    else
        while (sip_list_cut(&rest, &one))
            found->vias++;
}

static void fields_find(const struct sip_msg *m, struct found *found, struct sip_fault *fault)
{
    static const uint8_t single_of[SIP_HEADERS] = {
        [SIP_H_CALL_ID] = AT_CALL_ID + 1, [SIP_H_CONTENT_LENGTH] = AT_CONTENT_LENGTH + 1,
        [SIP_H_CSEQ] = AT_CSEQ + 1,       [SIP_H_FROM] = AT_FROM + 1,
        [SIP_H_TO] = AT_TO + 1,           [SIP_H_MAX_FORWARDS] = AT_MAX_FORWARDS + 1,
    };
    for (unsigned i = 0; i < m->n_fields; i++) {
        const struct sip_field *f = &m->fields[i];
        unsigned at = single_of[f->id];
        if (f->id == SIP_H_VIA) {
            vias_count(f, found);
        } else if (at) {
            if (found->single[at - 1])
                fault_set(fault, 400, singles[at - 1].doubled);
            else
                found->single[at - 1] = f;
        }
    }
    if (found->vias > SIP_VIAS_MAX)
        fault_set(fault, 400, "Too Many Via");
    for (unsigned at = 0; at < SINGLES; at++)
        if (!found->single[at] && singles[at].missing)
            fault_set(fault, 400, singles[at].missing);
}

/* True when the topmost Via tells where an answer goes. */
static bool via_check(struct sip_msg *m, const struct found *found, struct sip_fault *fault)
{
    struct view rest = found->via ? found->via->value : (struct view){0}, top;
    if (!found->via || !sip_list_cut(&rest, &top)) {
        fault_set(fault, 400, "Missing Via");
        return false;
    }
    enum via_read how = via_read(top, &m->via);
    if (how != VIA_GOOD)
        fault_set(fault, 400, "Bad Via");
    return how != VIA_BAD;
}

static void party_check(const struct sip_field *f, const char *bad, struct sip_name_addr *party, struct view *tag,
                        struct sip_fault *fault)
{
    if (!f)
        return;
    if (!sip_name_addr_parse(f->value, party)) {
        *party = (struct sip_name_addr){0};
        fault_set(fault, 400, bad);
    } else if (!sip_param_get(party->params, VIEW("tag"), tag)) {
        *tag = (struct view){0};
    } else if (!view_all(*tag, CH_TOKEN)) {
        *tag = (struct view){0};
        fault_set(fault, 400, bad);
    }
}

static void cseq_check(struct sip_msg *m, const struct sip_field *f, struct sip_fault *fault)
{
    if (!f)
        return;
    if (!sip_cseq_parse(f->value, &m->cseq)) {
        m->cseq = (struct sip_cseq){0};
        fault_set(fault, 400, "Bad CSeq");
    } else if (m->is_request && m->method_text.n && !view_eq(m->cseq.method_text, m->method_text)) {
        fault_set(fault, 400, "CSeq Method Differs");
    }
}

static void rest_check(struct sip_msg *m, const struct found *found, struct sip_fault *fault)
{
    const struct sip_field *call_id = found->single[AT_CALL_ID], *hops = found->single[AT_MAX_FORWARDS];
    uint32_t number = 0;
    if (call_id) {
        m->call_id = call_id->value;
        /* word ["@" word]; peers are not told off for where they put the "@". */
        for (size_t i = 0; i < m->call_id.n; i++)
            if (!ch_is(m->call_id.p[i], CH_WORD) && m->call_id.p[i] != '@')
                fault_set(fault, 400, "Bad Call-ID");
        if (!m->call_id.n)
            fault_set(fault, 400, "Bad Call-ID");
    }
    if (hops) {
        if (view_to_u32(hops->value, 255, &number))
            m->max_forwards = (int16_t)number;
        else
            fault_set(fault, 400, "Bad Max-Forwards");
    }
}

void message_check(struct sip_msg *m, struct sip_fault *fault)
{
    struct found found = {0};
    fields_find(m, &found, fault);
    bool via = via_check(m, &found, fault);
    cseq_check(m, found.single[AT_CSEQ], fault);
    party_check(found.single[AT_FROM], singles[AT_FROM].bad, &m->from, &m->from_tag, fault);
    party_check(found.single[AT_TO], singles[AT_TO].bad, &m->to, &m->to_tag, fault);
    rest_check(m, &found, fault);
    /* An ACK is never answered (RFC 3261 section 17). Nothing is made up for what the request does not say. */
    fault->answerable = fault->status != 0 && m->is_request && m->method != SIP_ACK && via && found.single[AT_CSEQ];
}
