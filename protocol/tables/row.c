#include "protocol/tables/row.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "protocol/tables/row_columns.h"
#include "protocol/tables/row_value.h"
#include "protocol/tables/text.h"
#include "protocol/thing_join.h"

enum {
	/* All that can be kept of a row: every field at its longest, and the keys. */
	ROOM_KEPT = FIELD_COUNT * LIMIT_TEXT + 4 * LIMIT_KEY,
	/* One cell in normal form; longer ones fit no field. */
	ROOM_WORK = LIMIT_LINE
};

/* One row being read. Text that is kept lies in scratch, whose memory was reserved and does not move. */
struct reading {
	const struct row *row;
	const struct row_defaults *defaults;
	struct row_columns columns;
	struct bytes work;
	struct bytes *scratch;
	struct change change;
	size_t source[FIELD_COUNT]; /* the column a field came from */
	bool has_time;
	struct slice key; /* dossier code, asset or indicator name */
	struct slice period;
	struct slice unit; /* of an indicator */
	struct slice replaces;
	size_t key_column;
	size_t period_column;
	size_t replaces_column;
	struct row_result result;
};

const char *row_fault_name(enum row_fault fault)
{
	static const char *const names[] = {
		[ROW_OK] = "ok",
		[ROW_NOT_TEXT] = "not-text",
		[ROW_NOT_JSON] = "not-json",
		[ROW_TOO_LONG] = "too-long",
		[ROW_TOO_WIDE] = "too-wide",
		[ROW_SHAPE] = "shape",
		[ROW_NO_KIND] = "no-kind",
		[ROW_NO_KEY] = "no-key",
		[ROW_BAD_KEY] = "bad-key",
		[ROW_NO_TIME] = "no-time",
		[ROW_UNKNOWN_WORD] = "unknown-word",
		[ROW_BAD_TIME] = "bad-time",
		[ROW_BAD_NUMBER] = "bad-number",
		[ROW_BAD_VALUE] = "bad-value",
		[ROW_STATUS_AT_ALONE] = "status-at-alone",
		[ROW_NOTHING] = "nothing",
		[ROW_TWICE] = "twice",
		[ROW_UNKNOWN_FIELD] = "unknown-field",
		[ROW_REPLACES_SELF] = "replaces-self",
		[ROW_NOT_PROVISIONAL] = "not-provisional",
		[ROW_PROVISIONAL] = "provisional",
	};
	return (unsigned)fault < sizeof names / sizeof *names ? names[fault] : "unknown";
}

static enum status refuse(struct reading *r, enum row_fault fault, size_t column)
{
	r->result = (struct row_result){.fault = fault, .column = column};
	return STATUS_REFUSED;
}

static struct slice keep(struct reading *r, struct slice text)
{
	size_t start = r->scratch->len;
	bytes_put(r->scratch, text.data, text.len);
	return slice_of(r->scratch->data + start, text.len);
}

/* Keeps the text of a cell that is a part of a key; a number is one only where years are written. */
static enum status read_part(struct reading *r, size_t i, struct slice *part)
{
	const struct cell *cell = &r->row->cells[i];
	bool number = cell->type == CELL_NUMBER && r->columns.role[i] == COLUMN_PERIOD;
	if (cell->type == CELL_EMPTY || cell->type == CELL_NULL)
		return STATUS_OK;
	if (cell->type != CELL_TEXT && !number)
		return refuse(r, ROW_BAD_KEY, i);
	enum status s = STATUS_OK;
	if (number) {
		char digits[24];
		int len = snprintf(digits, sizeof digits, "%" PRId64, cell->number);
		bytes_clear(&r->work);
		bytes_put(&r->work, digits, (size_t)len);
		s = bytes_status(&r->work);
	} else {
		s = text_normal(cell->text, &r->work);
	}
	if (s == STATUS_REFUSED)
		return refuse(r, ROW_NOT_TEXT, i);
	if (s == STATUS_LIMIT || (s == STATUS_OK && r->work.len > LIMIT_KEY))
		return refuse(r, ROW_BAD_KEY, i);
	if (s != STATUS_OK || r->work.len == 0)
		return s;
	if (part->len != 0)
		return refuse(r, ROW_TWICE, i);
	*part = keep(r, bytes_slice(&r->work));
	return STATUS_OK;
}

static enum status read_time(struct reading *r, size_t i)
{
	int64_t ms = TIME_UNSET;
	enum status s = cell_instant(&r->row->cells[i], &r->work, &ms);
	if (s == STATUS_REFUSED)
		return refuse(r, ROW_NO_TIME, i);
	if (s != STATUS_OK || ms == TIME_UNSET)
		return s;
	if (r->has_time)
		return refuse(r, ROW_TWICE, i);
	r->has_time = true;
	r->change.changed_at = ms;
	return STATUS_OK;
}

static enum status read_field(struct reading *r, size_t i)
{
	enum field field = (enum field)r->columns.field[i];
	struct value value = {.state = VALUE_ABSENT};
	enum row_fault fault = ROW_OK;
	enum status s = cell_value(schema_field(field), &r->row->cells[i], &r->work, &value, &fault);
	if (s == STATUS_REFUSED)
		return refuse(r, fault, i);
	if (s != STATUS_OK || value.state == VALUE_ABSENT)
		return s;
	if (r->change.fields[field].state != VALUE_ABSENT)
		return refuse(r, ROW_TWICE, i);
	if (value.state == VALUE_TEXT)
		value.text = keep(r, value.text);
	r->change.fields[field] = value;
	r->source[field] = i;
	return STATUS_OK;
}

static enum status read_cell(struct reading *r, size_t i)
{
	switch ((enum column_role)r->columns.role[i]) {
	case COLUMN_IGNORED:
	case COLUMN_KIND:
		break;
	case COLUMN_CHANGED_AT:
		return read_time(r, i);
	case COLUMN_KEY:
	case COLUMN_NAME:
		r->key_column = i;
		return read_part(r, i, &r->key);
	case COLUMN_PERIOD:
		r->period_column = i;
		return read_part(r, i, &r->period);
	case COLUMN_REPLACES:
		r->replaces_column = i;
		return read_part(r, i, &r->replaces);
	case COLUMN_FIELD:
		if (r->columns.field[i] == FIELD_UNIT && r->columns.kind == KIND_INDICATOR)
			return read_part(r, i, &r->unit);
		return read_field(r, i);
	}
	return STATUS_OK;
}

static enum status join_indicator_key(struct reading *r)
{
	struct slice unit = r->unit.len != 0 ? r->unit : r->defaults->unit;
	if (r->key.len == 0 || r->period.len == 0 || unit.len == 0)
		return refuse(r, ROW_NO_KEY, r->row->n_cells);
	if (unit.len > LIMIT_UNIT)
		return refuse(r, ROW_BAD_KEY, r->row->n_cells);
	size_t start = r->scratch->len;
	(void)keep(r, unit);
	bytes_put_u8(r->scratch, '|');
	(void)keep(r, r->period);
	bytes_put_u8(r->scratch, '|');
	(void)keep(r, r->key);
	r->change.key = slice_of(r->scratch->data + start, r->scratch->len - start);
	return STATUS_OK;
}

/* The part of a key that makes it unacceptable. */
static size_t bad_column(const struct reading *r)
{
	struct period days;
	bool period = r->columns.kind == KIND_INDICATOR &&
		      period_parse((const char *)r->period.data, r->period.len, &days) != STATUS_OK;
	return period ? r->period_column : r->key_column;
}

/* Whether a code may be replaced by another: provisional by official alone. */
static enum status check_join(struct reading *r, struct slice replaced, struct slice by, size_t column)
{
	if (slice_equal(replaced, by))
		return refuse(r, ROW_REPLACES_SELF, column);
	if (!code_is_provisional(replaced))
		return refuse(r, ROW_NOT_PROVISIONAL, column);
	return code_is_provisional(by) ? refuse(r, ROW_PROVISIONAL, column) : STATUS_OK;
}

static enum status finish_key(struct reading *r)
{
	if (r->columns.kind == KIND_INDICATOR) {
		enum status s = join_indicator_key(r);
		if (s != STATUS_OK)
			return s;
	} else if (r->key.len == 0) {
		return refuse(r, ROW_NO_KEY, r->row->n_cells);
	} else {
		r->change.key = r->key;
	}
	if (!schema_key_ok(r->columns.kind, (const char *)r->change.key.data, r->change.key.len))
		return refuse(r, ROW_BAD_KEY, bad_column(r));
	if (r->replaces.len == 0)
		return STATUS_OK;
	if (!schema_key_ok(KIND_DOSSIER, (const char *)r->replaces.data, r->replaces.len))
		return refuse(r, ROW_BAD_KEY, r->replaces_column);
	return check_join(r, r->replaces, r->key, r->replaces_column);
}

static enum status finish_time(struct reading *r)
{
	if (!r->has_time)
		r->change.changed_at = r->defaults->changed_at;
	r->change.time_stated = r->has_time || r->defaults->stated;
	if (r->change.changed_at == TIME_UNSET)
		return refuse(r, ROW_NO_TIME, r->row->n_cells);
	return STATUS_OK;
}

static enum status finish_fields(struct reading *r)
{
	struct value *at = &r->change.fields[FIELD_STATUS_AT];
	enum value_state status = r->change.fields[FIELD_STATUS].state;
	bool alone = status == VALUE_ABSENT || (status == VALUE_NULL && at->state == VALUE_NUMBER);
	if (at->state != VALUE_ABSENT && alone)
		return refuse(r, ROW_STATUS_AT_ALONE, r->source[FIELD_STATUS_AT]);
	/* A status alone already writes its time as unset. */
	if (at->state == VALUE_NULL)
		at->state = VALUE_ABSENT;
	if (change_mask(&r->change) == 0 && r->replaces.len == 0)
		return refuse(r, ROW_NOTHING, r->row->n_cells);
	return STATUS_OK;
}

/* The change of the provisional code that "replaces" stands for (fold rule 7). */
static struct change joining(const struct reading *r)
{
	struct change c = change_new(KIND_DOSSIER);
	c.key = r->replaces;
	c.changed_at = r->change.changed_at;
	c.time_stated = r->change.time_stated;
	change_set_text(&c, FIELD_REPLACED_BY, r->change.key);
	return c;
}

static enum status find_columns(struct reading *r)
{
	enum status s = row_columns_find(r->row, r->defaults->kind, r->defaults->memory, &r->columns);
	if (s != STATUS_OK)
		return s;
	if (r->columns.kind_twice)
		return refuse(r, ROW_TWICE, r->columns.kind_column);
	if (r->columns.kind == KIND_NONE)
		return refuse(r, ROW_NO_KIND, r->columns.kind_column);
	r->change = change_new(r->columns.kind);
	return STATUS_OK;
}

static enum status read_row(struct reading *r)
{
	enum status s = find_columns(r);
	for (size_t i = 0; s == STATUS_OK && i < r->row->n_cells; i++)
		s = read_cell(r, i);
	if (s == STATUS_OK)
		s = finish_key(r);
	if (s == STATUS_OK)
		s = finish_time(r);
	if (s == STATUS_OK)
		s = finish_fields(r);
	return s;
}

static void mark_ignored(const struct reading *r, bool *ignored)
{
	memset(ignored, 0, LIMIT_COLUMNS * sizeof(*ignored));
	for (size_t i = 0; i < r->row->n_cells && r->columns.kind != KIND_NONE; i++)
		ignored[i] = r->columns.role[i] == COLUMN_IGNORED;
}

enum status row_change(const struct row *row, const struct row_defaults *defaults, struct bytes *scratch,
		       struct change *ret_change, struct change *ret_second, bool *ignored,
		       struct row_result *result)
{
	struct reading r = {
		.row = row,
		.defaults = defaults,
		.work = bytes_new(ROOM_WORK),
		.scratch = scratch,
		.key_column = row->n_cells,
		.result = {.fault = ROW_OK, .column = row->n_cells},
	};
	bytes_clear(scratch);
	(void)bytes_grow(scratch, ROOM_KEPT); /* a failure sticks and is asked for in the next line */
	enum status s = bytes_status(scratch);
	if (s != STATUS_OK)
		goto out;
	bytes_clear(scratch);
	s = read_row(&r);
	if (ignored != NULL)
		mark_ignored(&r, ignored);
	r.result.time_assumed = !r.has_time;
	*result = r.result;
	if (s != STATUS_OK)
		goto out;
	assert(bytes_status(scratch) == STATUS_OK);
	struct change second = change_new(KIND_NONE);
	if (r.replaces.len != 0)
		second = joining(&r);
	bool only_joins = change_mask(&r.change) == 0;
	*ret_change = only_joins ? second : r.change;
	if (ret_second != NULL)
		*ret_second = only_joins ? change_new(KIND_NONE) : second;
out:
	bytes_free(&r.work);
	return s;
}
