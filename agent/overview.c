#include "agent/overview.h"

#include "agent/place.h"
#include "agent/queue.h"
#include "agent/rejected.h"

/* Then a stick is the shorter way. */
enum { CUT_OFF_MS = 24 * 60 * 60 * 1000 };

static enum status read_chain(const struct agent *a, struct overview *o)
{
	struct store_tip tip;
	enum status s = store_get_tip(a->db, &a->incarnation, &tip);
	if (s != STATUS_OK)
		return s;
	o->sealed = (int64_t)tip.seq;
	struct query q =
		query_start(a->db, "SELECT safe, (SELECT min(seq) - 1 FROM batch WHERE batch.ordinal = ?1 AND"
				   " accepted_at IS NULL) FROM incarnation WHERE ordinal = ?1");
	query_int(&q, 1, (int64_t)a->incarnation.ordinal);
	if (query_row(&q)) {
		o->safe = query_get_int(&q, 0);
		o->acknowledged = query_is_null(&q, 1) ? o->sealed : query_get_int(&q, 1);
	}
	return query_finish(&q);
}

static enum status read_meta(const struct agent *a, struct overview *o)
{
	int64_t state = DEVICE_ACTIVE;
	int64_t since = 0;
	const struct {
		const char *name;
		int64_t otherwise;
		int64_t *target;
	} numbers[] = {
		{STORE_STATE, DEVICE_ACTIVE, &state},
		{STORE_LAST_SYNC, TIME_UNSET, &o->last_sync},
		{STORE_ENROLLED_AT, 0, &since},
		{STORE_NEXT_ATTEMPT, TIME_UNSET, &o->next_attempt},
		{STORE_CLOCK_OFFSET, 0, &o->clock_offset_ms},
	};
	enum status s = STATUS_OK;
	for (size_t i = 0; s == STATUS_OK && i < sizeof(numbers) / sizeof(numbers[0]); i++)
		s = store_number(a->db, numbers[i].name, numbers[i].otherwise, numbers[i].target);
	o->state = (enum device_state)state;
	if (s == STATUS_OK)
		s = store_string(a->db, STORE_LAST_ERROR, o->last_error, sizeof(o->last_error));
	if (o->last_sync != TIME_UNSET)
		since = o->last_sync;
	o->cut_off = o->waiting > 0 && o->last_error[0] != '\0' && agent_now(a) - since >= CUT_OFF_MS;
	return s;
}

static enum status read_size(const struct agent *a, int64_t *ret_bytes)
{
	struct query q =
		query_start(a->db, "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()");
	int64_t size = query_row(&q) ? query_get_int(&q, 0) : 0;
	enum status s = query_finish(&q);
	if (s == STATUS_OK)
		*ret_bytes = size;
	return s;
}

static enum status read_trouble(const struct agent *a, enum trouble *ret_trouble)
{
	enum place place = PLACE_SAME;
	int64_t regressed = 0;
	enum status s = place_judge(a, &place);
	if (s == STATUS_OK)
		s = store_number(a->db, STORE_REGRESSED, 0, &regressed);
	if (s != STATUS_OK)
		return s;
	if (place == PLACE_OTHER_MACHINE)
		*ret_trouble = TROUBLE_CLONED;
	else if (place == PLACE_ROLLED_BACK)
		*ret_trouble = TROUBLE_DB_ROLLED_BACK;
	else
		*ret_trouble = regressed != 0 ? TROUBLE_HUB_REGRESSED : TROUBLE_NONE;
	return STATUS_OK;
}

enum status overview_read(const struct agent *a, struct overview *ret_overview)
{
	struct overview o = {0};
	struct queue_counts counts = {0};
	enum status s = queue_count(a, &counts);
	o.waiting = counts.waiting;
	if (s == STATUS_OK)
		s = read_chain(a, &o);
	if (s == STATUS_OK)
		s = read_meta(a, &o);
	if (s == STATUS_OK)
		s = rejected_count(a->db, &o.rejected);
	if (s == STATUS_OK)
		s = read_size(a, &o.queue_bytes);
	if (s == STATUS_OK)
		s = read_trouble(a, &o.trouble);
	if (s == STATUS_OK)
		s = notice_list(a->db, OVERVIEW_NOTICES, o.notices, &o.n_notices);
	if (s == STATUS_OK)
		s = incarnation_losses(a, OVERVIEW_LOSSES, o.losses, &o.n_losses);
	if (s != STATUS_OK)
		return s;
	*ret_overview = o;
	return STATUS_OK;
}
