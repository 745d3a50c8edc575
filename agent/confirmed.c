#include "agent/confirmed.h"

/* Takes the fields out of every row of a change that confirms them for a time above one and up to another. */
static enum status take_out(const struct agent *a, int64_t change, uint64_t fields, int64_t above, int64_t until)
{
	struct query q =
		query_start(a->db, "UPDATE confirmed SET fields = fields & ~?2"
				   " WHERE change = ?1 AND until > ?3 AND until <= ?4 AND fields & ?2 <> 0");
	query_int(&q, 1, change);
	query_int(&q, 2, (int64_t)fields);
	query_int(&q, 3, above);
	query_int(&q, 4, until);
	enum status s = query_run(&q);
	if (s != STATUS_OK || database_changes(a->db) == 0)
		return s;
	q = query_start(a->db, "DELETE FROM confirmed WHERE change = ?1 AND fields = 0");
	query_int(&q, 1, change);
	return query_run(&q);
}

/* The fields that are confirmed for this time or a later one already. */
static enum status confirmed_later(const struct agent *a, int64_t change, int64_t until, uint64_t *ret_fields)
{
	struct query q = query_start(a->db, "SELECT fields FROM confirmed WHERE change = ?1 AND until >= ?2");
	uint64_t fields = 0;
	query_int(&q, 1, change);
	query_int(&q, 2, until);
	while (query_row(&q))
		fields |= (uint64_t)query_get_int(&q, 0);
	enum status s = query_finish(&q);
	if (s == STATUS_OK)
		*ret_fields = fields;
	return s;
}

/* What held on a day between two listings is told by each of them, so fields with a history keep every time. */
static uint64_t with_history(uint64_t fields)
{
	uint64_t kept = 0;
	for (enum field f = 0; f < FIELD_COUNT; f++)
		if ((fields >> f & 1) != 0 && schema_field(f)->history)
			kept |= UINT64_C(1) << f;
	return kept;
}

static enum status add(const struct agent *a, int64_t change, uint64_t fields, int64_t until, int64_t import)
{
	struct query q = query_start(a->db, "INSERT INTO confirmed (change, until, import, fields)"
					    " VALUES (?1, ?2, ?3, ?4) ON CONFLICT (change, until)"
					    " DO UPDATE SET fields = fields | ?4");
	query_int(&q, 1, change);
	query_int(&q, 2, until);
	query_int(&q, 3, import);
	query_int(&q, 4, (int64_t)fields);
	return query_run(&q);
}

enum status confirmed_raise(const struct agent *a, int64_t change, uint64_t fields, int64_t until, int64_t import)
{
	uint64_t later = 0;
	uint64_t every = with_history(fields);
	enum status s = confirmed_later(a, change, until, &later);
	uint64_t raised = fields & ~every & ~later;
	if (s == STATUS_OK && raised != 0)
		s = take_out(a, change, raised, INT64_MIN, until);
	if (s == STATUS_OK && (raised | every) != 0)
		s = add(a, change, raised | every, until, import);
	return s;
}

/* The one row, if any, of a statement that selects until and import. */
static enum status take_confirmation(struct query *q, struct confirmation *ret_confirmation)
{
	struct confirmation found = {.until = TIME_UNSET};
	if (query_row(q)) {
		found.until = query_get_int(q, 0);
		found.import = query_get_int(q, 1);
	}
	enum status s = query_finish(q);
	if (s == STATUS_OK)
		*ret_confirmation = found;
	return s;
}

enum status confirmed_after(const struct agent *a, int64_t change, enum field field, int64_t after,
			    struct confirmation *ret_confirmation)
{
	struct query q =
		query_start(a->db, "SELECT until, import FROM confirmed WHERE change = ?1 AND until > ?3 AND"
				   " fields & (1 << ?2) <> 0 ORDER BY until LIMIT 1");
	query_int(&q, 1, change);
	query_int(&q, 2, field);
	query_int(&q, 3, after);
	return take_confirmation(&q, ret_confirmation);
}

enum status confirmed_move(const struct agent *a, int64_t from, enum field field, int64_t after, int64_t to)
{
	struct query q =
		query_start(a->db, "INSERT INTO confirmed (change, until, import, fields)"
				   " SELECT ?1, until, import, 1 << ?3 FROM confirmed"
				   " WHERE change = ?2 AND until > ?4 AND fields & (1 << ?3) <> 0"
				   " ON CONFLICT (change, until) DO UPDATE SET fields = fields | (1 << ?3)");
	query_int(&q, 1, to);
	query_int(&q, 2, from);
	query_int(&q, 3, field);
	query_int(&q, 4, after);
	enum status s = query_run(&q);
	return s == STATUS_OK ? take_out(a, from, UINT64_C(1) << field, after, INT64_MAX) : s;
}

enum status confirmed_find(const struct agent *a, int64_t change, enum field field,
			   struct confirmation *ret_confirmation)
{
	struct query q = query_start(a->db, "SELECT until, import FROM confirmed WHERE change = ?1 AND"
					    " fields & (1 << ?2) <> 0 ORDER BY until DESC LIMIT 1");
	query_int(&q, 1, change);
	query_int(&q, 2, field);
	return take_confirmation(&q, ret_confirmation);
}

enum status confirmed_drop(const struct agent *a, int64_t change, enum field field, int64_t after, int64_t until)
{
	return take_out(a, change, UINT64_C(1) << field, after, until);
}
