#include <inttypes.h>
#include <stdio.h>

#include "protocol/tables/json_escape.h"
#include "protocol/tables/row.h"
#include "protocol/tables/row_columns.h"
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

static void put_member(struct bytes *out, const char *name, const struct cell *cell, struct bytes *text)
{
	/* Text without a normal form has none that could be kept. */
	if (cell->type == CELL_TEXT && text_normal(cell->text, text) != STATUS_OK)
		return;
	bytes_put_u8(out, ',');
	put_string(out, slice_str(name));
	bytes_put_u8(out, ':');
	put_value(out, cell, text);
}

void row_recognised_json(const struct row *row, const struct row_defaults *defaults, struct bytes *out)
{
	struct row_columns columns;
	struct bytes text = bytes_new(LIMIT_LINE);
	if (row_columns_find(row, defaults->kind, &columns) != STATUS_OK || columns.kind == KIND_NONE) {
		bytes_put_str(out, "{}");
		return;
	}
	bytes_put_str(out, "{\"kind\":");
	put_string(out, slice_str(schema_kind_name(columns.kind)));
	for (size_t i = 0; i < row->n_cells; i++) {
		const char *name = member_name(&columns, i);
		const struct cell *cell = &row->cells[i];
		bool kept = name != NULL && cell_states(cell) && cell->type != CELL_OTHER;
		if (kept && !stands_before(row, &columns, i))
			put_member(out, name, cell, &text);
	}
	bytes_put_u8(out, '}');
	bytes_free(&text);
}
