#include "hub/state_units.h"

#include "hub/act_units.h"

static void bind_day(struct query *q, int parameter, int32_t day)
{
	if (day == DAY_UNSET)
		query_null(q, parameter);
	else
		query_int(q, parameter, day);
}

/* The units of the row's code that begin within its days go. */
static enum status clear_days(struct state *state, const struct unit_row *row)
{
	struct query q = query_start(state->db, "DELETE FROM unit WHERE code = ?1 AND ifnull(valid_from, ?4) >= ?2"
						" AND ifnull(valid_from, ?4) <= ?3");
	query_text(&q, 1, row->code);
	query_int(&q, 2, row->valid_from == DAY_UNSET ? INT32_MIN : row->valid_from);
	query_int(&q, 3, row->valid_to == DAY_UNSET ? INT32_MAX : row->valid_to);
	query_int(&q, 4, INT32_MIN);
	return query_run(&q);
}

/* The one before it ends where it begins. */
static enum status end_before(struct state *state, const struct unit_row *row)
{
	if (row->valid_from == DAY_UNSET)
		return STATUS_OK;
	struct query q = query_start(state->db, "UPDATE unit SET valid_to = ?2 - 1 WHERE code = ?1"
						" AND (valid_from IS NULL OR valid_from < ?2)"
						" AND (valid_to IS NULL OR valid_to >= ?2)");
	query_text(&q, 1, row->code);
	query_int(&q, 2, row->valid_from);
	return query_run(&q);
}

static enum status put_unit(struct state *state, const struct unit_row *row)
{
	enum status s = clear_days(state, row);
	if (s == STATUS_OK)
		s = end_before(state, row);
	if (s != STATUS_OK)
		return s;
	struct query q = query_start(state->db, "INSERT INTO unit"
						" (code, name, level, parent, valid_from, valid_to, phone)"
						" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)");
	query_text(&q, 1, row->code);
	query_text(&q, 2, row->name);
	query_int(&q, 3, (int64_t)row->level);
	query_text(&q, 4, row->parent);
	bind_day(&q, 5, row->valid_from);
	bind_day(&q, 6, row->valid_to);
	query_text(&q, 7, row->phone);
	return query_run(&q);
}

/* Who stands above whom has changed, or what follows on what: so may what counts. */
static enum status look_again(struct state *state)
{
	enum status s = registry_reload(state->registry, state->db);
	return s == STATUS_OK && !state->defer_facts ? state_refresh(state) : s;
}

enum status state_apply_units(struct state *state, const struct act *act)
{
	struct cbor r = cbor_reader(act->body.data, act->body.len);
	size_t n = cbor_array(&r, act->body.len);
	enum status s = cbor_status(&r);
	for (size_t i = 0; i < n && s == STATUS_OK; i++) {
		struct unit_row row;
		act_unit_take(&r, &row);
		s = cbor_status(&r);
		if (s == STATUS_OK)
			s = put_unit(state, &row);
	}
	if (s == STATUS_OK)
		s = cbor_end(&r);
	return s == STATUS_OK ? look_again(state) : s;
}

/* What was stated of an old unit for this day before the act goes; the act's own rows stand after each other. */
static enum status clear_succession(struct state *state, const struct succession_row *row)
{
	struct query q = query_start(state->db, "DELETE FROM succession WHERE old = ?1 AND from_day = ?2");
	query_text(&q, 1, row->old);
	query_int(&q, 2, row->from);
	return query_run(&q);
}

static enum status put_succession(struct state *state, const struct succession_row *row)
{
	struct query q = query_start(state->db, "INSERT OR REPLACE INTO succession (old, heir, from_day, kind)"
						" VALUES (?1, ?2, ?3, ?4)");
	query_text(&q, 1, row->old);
	query_text(&q, 2, row->heir);
	query_int(&q, 3, row->from);
	query_int(&q, 4, (int64_t)row->kind);
	return query_run(&q);
}

static enum status each_succession(struct state *state, struct slice body,
				   enum status (*each)(struct state *state, const struct succession_row *row))
{
	struct cbor r = cbor_reader(body.data, body.len);
	size_t n = cbor_array(&r, body.len);
	enum status s = cbor_status(&r);
	for (size_t i = 0; i < n && s == STATUS_OK; i++) {
		struct succession_row row;
		act_succession_take(&r, &row);
		s = cbor_status(&r);
		if (s == STATUS_OK)
			s = each(state, &row);
	}
	return s == STATUS_OK ? cbor_end(&r) : s;
}

enum status state_apply_succession(struct state *state, const struct act *act)
{
	enum status s = each_succession(state, act->body, clear_succession);
	if (s == STATUS_OK)
		s = each_succession(state, act->body, put_succession);
	return s == STATUS_OK ? look_again(state) : s;
}
