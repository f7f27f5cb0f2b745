/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading registrations back at the start: see bindings.h. The thread of the store.
 */
#include "store/bindings.h"

#include "store/store_priv.h"

struct giving {
    void (*each)(void *arg, const struct binding_row *r);
    void *arg;
};

static int give(void *arg, const struct db_value *c, size_t n)
{
    const struct giving *g = arg;
    (void)n;
    struct binding_row r = {.device = (uint32_t)c[0].i,
                            .key = c[1].p,
                            .instance = c[2].p,
                            .reg_id = (uint32_t)c[3].i,
                            .contact = c[4].p,
                            .path = c[5].p,
                            .transport = c[6].p,
                            .local = c[7].p,
                            .remote = c[8].p,
                            .expires_ms = c[9].i,
                            .user_agent = c[10].p,
                            .call_id = c[11].p,
                            .cseq = (uint32_t)c[12].i};
    g->each(g->arg, &r);
    return 0;
}

int store_load_bindings(struct store *s, int64_t now_ms, void (*each)(void *arg, const struct binding_row *r),
                        void *arg)
{
    struct giving g = {each, arg};
    struct db_value now = db_int(now_ms);
    int r = db_query(s->db, "DELETE FROM \"contact_binding\" WHERE \"expires_ms\" <= ?", &now, 1, NULL, NULL);
    if (r)
        return r;
    return db_query(s->db,
                    "SELECT \"device\", \"key\", \"instance\", \"reg_id\", \"contact\", \"path\", \"transport\", "
                    "\"local\", \"remote\", \"expires_ms\", \"user_agent\", \"call_id\", \"cseq\" "
                    "FROM \"contact_binding\" ORDER BY \"device\", \"expires_ms\"",
                    NULL, 0, give, &g);
}
