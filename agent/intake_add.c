#include "agent/intake.h"

#include <stdio.h>
#include <string.h>

#include "agent/place.h"
#include "agent/queue.h"
#include "protocol/tables/text.h"

enum { SCRATCH_BYTES = 4 * LIMIT_LINE, FOLDED_BYTES = LIMIT_LINE, CODE_TEXT = 96 };

/* True if the row says which thing it is about. */
static bool names_a_thing(enum kind kind, const struct row *row)
{
	struct bytes folded = bytes_new(FOLDED_BYTES);
	bool named = false;
	for (size_t i = 0; !named && i < row->n_cells; i++) {
		enum field field = FIELD_COUNT;
		if (text_fold(row->cells[i].name, &folded) != STATUS_OK)
			continue; /* row_change() refuses it */
		enum column_role role = schema_column(kind, (const char *)folded.data, folded.len, &field);
		named = role == COLUMN_KEY || role == COLUMN_REPLACES;
	}
	bytes_free(&folded);
	return named;
}

/*
 * A copy of this database may have given out the next numbers already: then the number is the time of the day, in
 * which no two of them write at once. A PC whose data were never put back counts 1, 2, 3.
 */
static enum status least_number(const struct agent *a, int64_t now, int64_t *ret_least)
{
	enum place place = PLACE_SAME;
	enum status s = place_judge(a, &place);
	bool alone = place == PLACE_SAME && a->incarnation.ordinal == 1;
	if (s == STATUS_OK)
		*ret_least = alone ? 1 : now - date_start(date_of(now));
	return s;
}

/* L-<device>-<incarnation>-<yymmdd>-<n>: unlike any other PC's, and short enough to be written on a slip. */
static enum status mint_code(const struct agent *a, int64_t now, char ret_code[static CODE_TEXT])
{
	int32_t today = date_of(now);
	int64_t day = 0;
	int64_t number = 0;
	int64_t least = 1;
	enum status s = least_number(a, now, &least);
	if (s == STATUS_OK)
		s = store_number(a->db, STORE_CODE_DAY, DAY_UNSET, &day);
	if (s == STATUS_OK)
		s = store_number(a->db, STORE_CODE_NUMBER, 0, &number);
	if (s != STATUS_OK)
		return s;
	/* A clock set back must not hand out a code twice. */
	if (day > today)
		today = (int32_t)day;
	number = day == today ? number + 1 : 1;
	number = number > least ? number : least;
	s = store_set_number(a->db, STORE_CODE_DAY, today);
	if (s == STATUS_OK)
		s = store_set_number(a->db, STORE_CODE_NUMBER, number);
	if (s != STATUS_OK)
		return s;
	int year = 0;
	int month = 0;
	int day_of_month = 0;
	date_split(today, &year, &month, &day_of_month);
	(void)snprintf(ret_code, CODE_TEXT, "L-%s-%llu-%02d%02d%02d-%lld", a->device_text,
		       (unsigned long long)a->incarnation.ordinal, year % 100, month, day_of_month,
		       (long long)number); /* the longest is 16 + 20 + 6 + 19 and what joins them */
	return STATUS_OK;
}

static enum status queue_both(const struct agent *a, const struct change *first, const struct change *second,
			      bool time_is_now)
{
	bool queued = false; /* a repetition is as good as said */
	enum status s = STATUS_OK;
	const struct queue_source source = {.time_is_now = time_is_now};
	const struct change *both[] = {first, second};
	for (size_t i = 0; s == STATUS_OK && i < 2; i++)
		if (both[i]->kind != KIND_NONE)
			s = queue_append(a, &source, both[i], &queued);
	return s;
}

static enum status add(const struct agent *a, enum kind kind, struct row *row, struct bytes *scratch,
		       struct bytes *out_key, struct row_result *result)
{
	char code[CODE_TEXT] = "";
	struct row_defaults defaults = {.kind = kind, .stated = true, .unit = slice_str(a->unit)};
	struct change first;
	struct change second;
	enum status s = agent_record_time(a, &defaults.changed_at);
	if (s == STATUS_OK && kind == KIND_DOSSIER && !names_a_thing(kind, row) && row->n_cells < LIMIT_COLUMNS) {
		s = mint_code(a, defaults.changed_at, code);
		row->cells[row->n_cells++] = (struct cell){
			.name = slice_str("code"),
			.type = CELL_TEXT,
			.text = slice_str(code),
		};
	}
	if (s != STATUS_OK)
		return s;
	/* On a command line a word nobody knows is a mistake, not a column to pass over. */
	bool unknown[LIMIT_COLUMNS] = {false};
	s = row_change(row, &defaults, scratch, &first, &second, unknown, result);
	bool judged = s == STATUS_OK || (s == STATUS_REFUSED && result->fault == ROW_NOTHING);
	for (size_t i = 0; judged && i < row->n_cells; i++) {
		if (unknown[i]) {
			*result = (struct row_result){.fault = ROW_UNKNOWN_FIELD, .column = i};
			s = STATUS_REFUSED;
		}
	}
	if (s == STATUS_OK)
		s = queue_both(a, &first, &second, result->time_assumed);
	if (s == STATUS_OK)
		bytes_put(out_key, first.key.data, first.key.len);
	return s == STATUS_OK ? bytes_status(out_key) : s;
}

enum status intake_add(const struct agent *a, enum kind kind, const struct row *row, struct bytes *out_key,
		       enum row_fault *ret_fault, size_t *ret_cell)
{
	bytes_clear(out_key);
	struct row completed = *row;
	struct bytes scratch = bytes_new(SCRATCH_BYTES);
	struct row_result result = {.fault = ROW_OK, .column = row->n_cells};
	enum status s = agent_keep_reserve(a);
	if (s == STATUS_OK)
		s = database_begin(a->db);
	if (s != STATUS_OK)
		return s;
	s = add(a, kind, &completed, &scratch, out_key, &result);
	s = database_end(a->db, s);
	bytes_free(&scratch);
	if (s == STATUS_REFUSED) {
		*ret_fault = result.fault;
		*ret_cell = result.column < row->n_cells ? result.column : row->n_cells;
	}
	return s;
}
