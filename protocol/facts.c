#include <stdlib.h>
#include <string.h>

#include "protocol/count.h"
#include "protocol/thing_join.h"

#define DAY_MS (INT64_C(24) * 3600 * 1000)

static int32_t day_of_field(const struct resolved *r, enum field field)
{
	return date_of(resolved_number(r, field, TIME_UNSET));
}

static bool is_stated(const struct resolved *r, enum field field)
{
	return resolved_number(r, field, -1) >= 0;
}

static bool is_ahead(const struct resolved *r)
{
	const struct write *w = r->winner[FIELD_STATUS];
	return w != NULL && w->status_at != TIME_UNSET &&
	       w->status_at > r->thing->origins[w->origin].accepted_at + DAY_MS;
}

static enum status put_history(const struct resolved *r, struct bytes *days)
{
	struct history_entry *entries = NULL;
	size_t count = 0;
	enum status s = fold_history(r, FIELD_STATUS, &entries, &count);
	for (size_t i = 0; i < count && s == STATUS_OK; i++) {
		/* memset: padding would otherwise differ between two equal histories. */
		struct status_day day;
		memset(&day, 0, sizeof(day));
		day.day = entries[i].day;
		if (entries[i].write->value.state == VALUE_NUMBER)
			day.status = (uint8_t)entries[i].write->value.number;
		bytes_put(days, &day, sizeof(day));
		s = bytes_status(days);
	}
	free(entries);
	return s;
}

enum status dossier_facts_of(struct slice code, const struct resolved *r, struct bytes *days,
			     struct dossier_facts *ret_facts)
{
	bytes_clear(days);
	enum status s = put_history(r, days);
	if (s != STATUS_OK)
		return s;
	*ret_facts = (struct dossier_facts){
		.status = (uint8_t)resolved_number(r, FIELD_STATUS, 0),
		.status_day = date_of(resolved_status_at(r)),
		.submitted = day_of_field(r, FIELD_SUBMITTED_AT),
		.received = day_of_field(r, FIELD_RECEIVED_AT),
		.finished = day_of_field(r, FIELD_FINISHED_AT),
		.returned = day_of_field(r, FIELD_RETURNED_AT),
		.due = day_of_field(r, FIELD_DUE_AT),
		.status_at = resolved_status_at(r),
		.finished_at = resolved_number(r, FIELD_FINISHED_AT, TIME_UNSET),
		.returned_at = resolved_number(r, FIELD_RETURNED_AT, TIME_UNSET),
		.due_at = resolved_number(r, FIELD_DUE_AT, TIME_UNSET),
		.channel = (uint8_t)resolved_number(r, FIELD_CHANNEL, 0),
		.paid = (uint8_t)resolved_number(r, FIELD_PAID, 0),
		.rating = (uint8_t)resolved_number(r, FIELD_RATING, 0),
		.input_digitised = resolved_number(r, FIELD_INPUT_DIGITISED, 0) != 0,
		.result_digitised = resolved_number(r, FIELD_RESULT_DIGITISED, 0) != 0,
		.reused = resolved_number(r, FIELD_REUSED, 0) != 0,
		.input_stated = is_stated(r, FIELD_INPUT_DIGITISED),
		.result_stated = is_stated(r, FIELD_RESULT_DIGITISED),
		.reused_stated = is_stated(r, FIELD_REUSED),
		.fee_due = resolved_number(r, FIELD_FEE, 0) > 0,
		.status_ahead = is_ahead(r),
		.taken_back = resolved_void(r) || fold_official(code, r).len > 0,
		.n_history = days->len / sizeof(struct status_day),
		/* The buffer comes from malloc and holds nothing but these. */
		.history = (const struct status_day *)(const void *)days->data,
	};
	return STATUS_OK;
}
