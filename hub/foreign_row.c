#include <stdlib.h>

#include "hub/foreign_list.h"

/* Above what one row can hold. */
enum { DAYS_BYTES = 4096 };

/* Whose unit is not known has no say: it only must not be empty. */
static struct slice any_unit(const void *context, const uint8_t device[static DEVICE_ID_LEN], int32_t day)
{
	(void)day;
	(void)context;
	(void)device;
	return slice_str("*");
}

/* Another program's list is judged by nobody's say here. */
static bool covers_all(const void *context, const uint8_t device[static DEVICE_ID_LEN], int32_t day,
		       struct slice unit)
{
	(void)context;
	(void)device;
	(void)day;
	(void)unit;
	return true;
}

/*
 * From when the row's status holds. A list says the status of the day it was made, for all days that somebody may
 * ask it for: where the row does not date it, it holds since receipt.
 */
static int64_t said_at(const struct change *c)
{
	const enum field begins[] = {FIELD_RECEIVED_AT, FIELD_SUBMITTED_AT};
	for (size_t i = 0; !c->time_stated && i < sizeof(begins) / sizeof(begins[0]); i++)
		if (c->fields[begins[i]].state == VALUE_NUMBER)
			return c->fields[begins[i]].number;
	return c->changed_at;
}

static enum status fold_row(const struct change *c, struct bytes *days, struct foreign_row *row)
{
	const struct scope scope = {.device_unit = any_unit, .covers = covers_all};
	const struct origin origin = {
		.time_stated = c->time_stated, .changed_at = said_at(c), .accepted_at = TIME_MAX};
	struct thing thing = thing_new(KIND_DOSSIER);
	struct resolved r = {0};
	bool fresh = false;
	enum status s = thing_add(&thing, &origin, c, &fresh);
	if (s == STATUS_OK)
		s = fold_resolve(&thing, &scope, &r);
	if (s == STATUS_OK)
		s = dossier_facts_of(c->key, &r, days, &row->facts);
	if (s == STATUS_OK)
		row->received_at = resolved_number(&r, FIELD_RECEIVED_AT, TIME_UNSET);
	resolved_free(&r);
	thing_free(&thing);
	return s;
}

static struct slice text_of(const struct change *c, enum field field)
{
	return c->fields[field].state == VALUE_TEXT ? c->fields[field].text : slice_str("");
}

static enum status hand_out(struct query *q, struct bytes *days,
			    enum status (*each)(void *context, const struct foreign_row *row), void *context)
{
	struct change c;
	enum status s = change_decode(query_get_blob(q, 2), &c);
	if (s != STATUS_OK)
		return s;
	struct foreign_row row = {.n = query_get_int(q, 0),
				  .unread = (uint64_t)query_get_int(q, 1),
				  .unit = text_of(&c, FIELD_UNIT),
				  .decided_by = text_of(&c, FIELD_DECIDED_BY),
				  .linked_to = text_of(&c, FIELD_LINKED_TO)};
	s = fold_row(&c, days, &row);
	return s == STATUS_OK ? each(context, &row) : s;
}

enum status foreign_list_rows(struct database *scratch, struct slice code,
			      enum status (*each)(void *context, const struct foreign_row *row), void *context)
{
	struct bytes days = bytes_new(DAYS_BYTES);
	struct query q =
		query_start(scratch, "SELECT n, unread, record FROM foreign_row WHERE code = ?1 ORDER BY n");
	query_text(&q, 1, code);
	enum status s = STATUS_OK;
	while (s == STATUS_OK && query_row(&q))
		s = hand_out(&q, &days, each, context);
	enum status end = query_finish(&q);
	bytes_free(&days);
	return s != STATUS_OK ? s : end;
}

enum status foreign_list_has(struct database *scratch, struct slice code, bool *ret_has)
{
	struct query q = query_start(scratch, "SELECT EXISTS (SELECT 1 FROM foreign_row WHERE code = ?1)");
	query_text(&q, 1, code);
	*ret_has = query_row(&q) && query_get_int(&q, 0) != 0;
	return query_finish(&q);
}

enum status foreign_list_codes(struct database *scratch, enum status (*each)(void *context, struct slice code),
			       void *context)
{
	struct query q = query_start(scratch, "SELECT DISTINCT code FROM foreign_row ORDER BY code");
	enum status s = STATUS_OK;
	while (s == STATUS_OK && query_row(&q))
		s = each(context, query_get_text(&q, 0));
	enum status end = query_finish(&q);
	return s != STATUS_OK ? s : end;
}
