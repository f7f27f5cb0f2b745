/* SPDX-License-Identifier: Apache-2.0
 *
 * Facts into the database: see apply_priv.h. The journal's thread.
 */
#include "store/apply_priv.h"

#define CALL_COLUMNS                                                                                               \
    "INSERT INTO \"call\" (\"id\", \"started_ms\", \"ended_ms\", \"length_ms\", \"talk_ms\", \"direction\", "      \
    "\"from_number\", \"from_name\", \"from_user\", \"from_withheld\", \"to_dialled\", \"peer\", \"answered\", "   \
    "\"ended_by\", \"reason\", \"trace_more\", \"trace\") VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT " \
    "(\"id\") "

static const char insert_start[] = CALL_COLUMNS "DO NOTHING";
static const char insert_end[] = CALL_COLUMNS
    "DO UPDATE SET \"started_ms\" = excluded.\"started_ms\", \"ended_ms\" = excluded.\"ended_ms\", "
    "\"length_ms\" = excluded.\"length_ms\", \"talk_ms\" = excluded.\"talk_ms\", "
    "\"direction\" = excluded.\"direction\", \"from_number\" = excluded.\"from_number\", "
    "\"from_name\" = excluded.\"from_name\", \"from_user\" = excluded.\"from_user\", "
    "\"from_withheld\" = excluded.\"from_withheld\", \"to_dialled\" = excluded.\"to_dialled\", "
    "\"peer\" = excluded.\"peer\", \"answered\" = excluded.\"answered\", \"ended_by\" = excluded.\"ended_by\", "
    "\"reason\" = excluded.\"reason\", \"trace_more\" = excluded.\"trace_more\", \"trace\" = excluded.\"trace\"";

static int apply_segments(struct db *db, const struct call_record *r)
{
    int err = 0;
    for (uint32_t i = 0; i < r->n_segments && err == 0; i++) {
        const struct call_segment *s = &r->segments[i];
        struct db_value v[] = {db_text(r->id.text),    db_int(i + 1),           db_text(fact_segment_name(s->kind)),
                               db_text(s->target),     db_text(s->target_name), db_int(s->user),
                               db_int(s->device),      db_int(s->peer),         db_int(s->started_ms),
                               db_int(s->answered_ms), db_int(s->ended_ms),     db_text(call_reason_name(s->reason))};
        err =
            db_query(db,
                     "INSERT INTO \"call_segment\" (\"call\", \"n\", \"kind\", \"target\", \"target_name\", \"user\", "
                     "\"device\", \"peer\", \"started_ms\", \"answered_ms\", \"ended_ms\", \"reason\") "
                     "VALUES (?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT (\"call\", \"n\") DO UPDATE SET "
                     "\"answered_ms\" = excluded.\"answered_ms\", \"ended_ms\" = excluded.\"ended_ms\", "
                     "\"reason\" = excluded.\"reason\"",
                     v, G_N_ELEMENTS(v), NULL, NULL);
    }
    return err;
}

int apply_fact(struct db *db, const struct fact *f, GString *scratch)
{
    if (f->kind == FACT_ALIVE)
        return 0;
    const struct call_record *r = &f->record;
    g_string_truncate(scratch, 0);
    fact_write_trace(r, scratch);
    struct db_value v[] = {db_text(r->id.text),
                           db_int(r->started_ms),
                           db_int(r->ended_ms),
                           db_int(r->length_ms),
                           db_int(r->talk_ms),
                           db_text(fact_direction_name(r->direction)),
                           db_text(r->from.number),
                           db_text(r->from.name),
                           db_int(r->from.user),
                           db_int(r->from.withheld),
                           db_text(r->to_dialled),
                           db_int(r->peer),
                           db_int(r->answered),
                           db_text(fact_ended_by_name(r->ended_by)),
                           db_text(call_reason_name(r->reason)),
                           db_int(r->trace_more),
                           db_text(scratch->str)};
    if (f->kind == FACT_START)
        v[2] = db_int(0); /* what marks a call as running */
    int err = db_query(db, f->kind == FACT_START ? insert_start : insert_end, v, G_N_ELEMENTS(v), NULL, NULL);
    return err || f->kind == FACT_START ? err : apply_segments(db, r);
}

int apply_lost(struct db *db, int64_t at_ms)
{
    struct db_value v[] = {db_int(at_ms), db_int(at_ms), db_int(at_ms), db_int(at_ms)};
    return db_query(db,
                    "UPDATE \"call\" SET \"ended_ms\" = CASE WHEN ? > \"started_ms\" THEN ? ELSE \"started_ms\" END, "
                    "\"length_ms\" = CASE WHEN ? > \"started_ms\" THEN ? - \"started_ms\" ELSE 0 END, "
                    "\"ended_by\" = 'system', \"reason\" = 'lost_in_crash' WHERE \"ended_ms\" = 0",
                    v, G_N_ELEMENTS(v), NULL, NULL);
}

static int put_meta(struct db *db, const char *key, int64_t value)
{
    struct db_value v[] = {db_text(key), db_int(value)};
    return db_query(db,
                    "INSERT INTO \"meta\" (\"key\", \"value\") VALUES (?, ?) ON CONFLICT (\"key\") DO UPDATE SET "
                    "\"value\" = excluded.\"value\"",
                    v, 2, NULL, NULL);
}

int apply_place(struct db *db, struct place at)
{
    int r = put_meta(db, "journal_file", at.file);
    return r ? r : put_meta(db, "journal_offset", at.offset);
}

int apply_place_read(struct db *db, struct place *ret)
{
    int r = db_query_int(db, "SELECT \"value\" FROM \"meta\" WHERE \"key\" = 'journal_file'", 0, &ret->file);
    return r ? r : db_query_int(db, "SELECT \"value\" FROM \"meta\" WHERE \"key\" = 'journal_offset'", 0, &ret->offset);
}

int apply_binding(struct db *db, const struct binding_row *r)
{
    struct db_value v[] = {db_int(r->device),   db_text(r->key),       db_text(r->instance),   db_int(r->reg_id),
                           db_text(r->contact), db_text(r->path),      db_text(r->transport),  db_text(r->local),
                           db_text(r->remote),  db_int(r->expires_ms), db_text(r->user_agent), db_text(r->call_id),
                           db_int(r->cseq)};
    return db_query(db,
                    "INSERT INTO \"contact_binding\" (\"device\", \"key\", \"instance\", \"reg_id\", \"contact\", "
                    "\"path\", \"transport\", \"local\", \"remote\", \"expires_ms\", \"user_agent\", \"call_id\", "
                    "\"cseq\") VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT (\"device\", \"key\") DO UPDATE SET "
                    "\"instance\" = excluded.\"instance\", \"reg_id\" = excluded.\"reg_id\", "
                    "\"contact\" = excluded.\"contact\", \"path\" = excluded.\"path\", "
                    "\"transport\" = excluded.\"transport\", \"local\" = excluded.\"local\", "
                    "\"remote\" = excluded.\"remote\", \"expires_ms\" = excluded.\"expires_ms\", "
                    "\"user_agent\" = excluded.\"user_agent\", \"call_id\" = excluded.\"call_id\", "
                    "\"cseq\" = excluded.\"cseq\"",
                    v, G_N_ELEMENTS(v), NULL, NULL);
}

int apply_binding_gone(struct db *db, uint32_t device, const char *key)
{
    struct db_value v[] = {db_int(device), db_text(key)};
    return db_query(db, "DELETE FROM \"contact_binding\" WHERE \"device\" = ? AND \"key\" = ?", v, 2, NULL, NULL);
}
