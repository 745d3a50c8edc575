#include <inttypes.h>
#include <stdio.h>

#include "protocol/tables/json_escape.h"
#include "protocol/tables/row.h"
#include "protocol/tables/row_columns.h"
#include "protocol/tables/row_value.h"
#include "protocol/tables/text.h"

static void put_string(struct bytes *out, struct slice text)
{
	bytes_put_u8(out, '"');
	while (text.len > 0) {
		char piece[JSON_ESCAPE];
		size_t len = json_escape(&text, piece);
		bytes_put(out, piece, len);
	}
	bytes_put_u8(out, '"');
}

/* The JSON name of a column, so that the kept row can be read again as NDJSON; NULL if it is not kept. */
static const char *member_name(const struct row_columns *columns, size_t i)
{
	switch ((enum column_role)columns->role[i]) {
	case COLUMN_IGNORED:
	case COLUMN_KIND:
		break;
	case COLUMN_CHANGED_AT:
		return "changed_at";
	case COLUMN_KEY:
		return columns->kind == KIND_EQUIPMENT ? "asset" : "code";
	case COLUMN_NAME:
		return "name";
	case COLUMN_PERIOD:
		return "period";
	case COLUMN_REPLACES:
		return "replaces";
	case COLUMN_FIELD:
		return schema_field((enum field)columns->field[i])->name;
	}
	return NULL;
}

static bool stands_before(const struct row *row, const struct row_columns *columns, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (columns->role[k] == columns->role[i] && columns->field[k] == columns->field[i] &&
		    cell_states(&row->cells[k]))
			return true;
	return false;
}

static void put_value(struct bytes *out, const struct cell *cell, const struct bytes *text)
{
	char digits[24];
	switch (cell->type) {
	case CELL_TEXT:
		put_string(out, bytes_slice(text));
		return;
	case CELL_NUMBER:
		(void)snprintf(digits, sizeof digits, "%" PRId64, cell->number);
		bytes_put_str(out, digits);
		return;
	case CELL_BOOL:
		bytes_put_str(out, cell->number != 0 ? "true" : "false");
		return;
	case CELL_NULL:
	case CELL_EMPTY:
	case CELL_OTHER:
		break;
	}
	bytes_put_str(out, "null");
}

/* True if the cell holds what its column is for. Anything may stand in one that does not: a name, a telephone. */
static bool is_sound(const struct row_columns *columns, size_t i, const struct cell *cell, struct bytes *work)
{
	struct value value;
	enum row_fault fault = ROW_OK;
	int64_t ms = TIME_UNSET;
	switch ((enum column_role)columns->role[i]) {
	case COLUMN_IGNORED:
	case COLUMN_KIND:
		return false;
	case COLUMN_CHANGED_AT:
		return cell_instant(cell, work, &ms) == STATUS_OK;
	case COLUMN_KEY:
	case COLUMN_NAME:
	case COLUMN_PERIOD:
	case COLUMN_REPLACES:
		return cell->type != CELL_TEXT ||
		       (text_normal(cell->text, work) == STATUS_OK && work->len <= LIMIT_KEY);
	case COLUMN_FIELD:
		break;
	}
	return cell_value(schema_field((enum field)columns->field[i]), cell, work, &value, &fault) == STATUS_OK;
}

/* In the place of what is not kept: no word, number or time, so that the row reads again as the bad one it is. */
static bool leaves_a_mark(const struct row_columns *columns, size_t i)
{
	if (columns->role[i] != COLUMN_FIELD)
		return columns->role[i] == COLUMN_CHANGED_AT || columns->role[i] == COLUMN_PERIOD;
	enum field_type type = schema_field((enum field)columns->field[i])->type;
	return type != TYPE_TEXT && type != TYPE_UNIT;
}

static void put_member(struct bytes *out, const struct row_columns *columns, size_t i, const struct cell *cell,
		       struct bytes *text)
{
	static const struct cell mark = {.type = CELL_TEXT, .text = {.data = (const uint8_t *)"?", .len = 1}};
	if (!is_sound(columns, i, cell, text)) {
		if (!leaves_a_mark(columns, i))
			return;
		cell = &mark;
	}
	if (cell->type == CELL_TEXT && text_normal(cell->text, text) != STATUS_OK)
		return;
	bytes_put_u8(out, ',');
	put_string(out, slice_str(member_name(columns, i)));
	bytes_put_u8(out, ':');
	put_value(out, cell, text);
}

void row_recognised_json(const struct row *row, const struct row_defaults *defaults, struct bytes *out)
{
	struct row_columns columns;
	struct bytes text = bytes_new(LIMIT_LINE);
	if (row_columns_find(row, defaults->kind, defaults->memory, &columns) != STATUS_OK ||
	    columns.kind == KIND_NONE) {
		bytes_put_str(out, "{}");
		return;
	}
	bytes_put_str(out, "{\"kind\":");
	put_string(out, slice_str(schema_kind_name(columns.kind)));
	for (size_t i = 0; i < row->n_cells; i++) {
		const struct cell *cell = &row->cells[i];
		bool kept = member_name(&columns, i) != NULL && cell_states(cell) && cell->type != CELL_OTHER;
		if (kept && !stands_before(row, &columns, i))
			put_member(out, &columns, i, cell, &text);
	}
	bytes_put_u8(out, '}');
	bytes_free(&text);
}
