#include "agent/confirmed.h"

/* Takes the fields out of every row of a change that says no more than `until` about them. */
static enum status take_out(const struct agent *a, int64_t change, uint64_t fields, int64_t until)
{
	struct query q = query_start(a->db, "UPDATE confirmed SET fields = fields & ~?2"
					    " WHERE change = ?1 AND until <= ?3 AND fields & ?2 <> 0");
	query_int(&q, 1, change);
	query_int(&q, 2, (int64_t)fields);
	query_int(&q, 3, until);
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

enum status confirmed_raise(const struct agent *a, int64_t change, uint64_t fields, int64_t until, int64_t import)
{
	uint64_t later = 0;
	enum status s = confirmed_later(a, change, until, &later);
	uint64_t raised = fields & ~later;
	if (s != STATUS_OK || raised == 0)
		return s;
	s = take_out(a, change, raised, until);
	if (s != STATUS_OK)
		return s;
	struct query q = query_start(a->db, "INSERT INTO confirmed (change, until, import, fields)"
					    " VALUES (?1, ?2, ?3, ?4) ON CONFLICT (change, until)"
					    " DO UPDATE SET fields = fields | ?4");
	query_int(&q, 1, change);
	query_int(&q, 2, until);
	query_int(&q, 3, import);
	query_int(&q, 4, (int64_t)raised);
	return query_run(&q);
}

enum status confirmed_find(const struct agent *a, int64_t change, enum field field,
			   struct confirmation *ret_confirmation)
{
	struct query q = query_start(a->db, "SELECT until, import FROM confirmed WHERE change = ?1 AND"
					    " fields & (1 << ?2) <> 0 ORDER BY until DESC LIMIT 1");
	struct confirmation found = {.until = TIME_UNSET};
	query_int(&q, 1, change);
	query_int(&q, 2, field);
	if (query_row(&q)) {
		found.until = query_get_int(&q, 0);
		found.import = query_get_int(&q, 1);
	}
	enum status s = query_finish(&q);
	if (s == STATUS_OK)
		*ret_confirmation = found;
	return s;
}

enum status confirmed_drop(const struct agent *a, int64_t change, enum field field)
{
	return take_out(a, change, UINT64_C(1) << field, INT64_MAX);
}
