#include "protocol/tables/row_columns.h"

#include "protocol/tables/text.h"

/* The folded names of a row; offsets[i] to offsets[i + 1] is name i, empty if it has no form. */
struct names {
	struct bytes text;
	size_t offsets[LIMIT_COLUMNS + 1];
};

bool cell_states(const struct cell *cell)
{
	return cell->type != CELL_EMPTY && (cell->type != CELL_TEXT || cell->text.len > 0);
}

bool heading_known(const struct bytes *folded)
{
	enum field field;
	const char *text = (const char *)folded->data;
	for (unsigned kind = KIND_NONE; folded->len > 0 && kind < KIND_COUNT; kind++)
		if (schema_column((enum kind)kind, text, folded->len, &field) != COLUMN_IGNORED)
			return true;
	return false;
}

static enum status fold_names(const struct row *row, struct names *names)
{
	struct bytes folded = bytes_new(LIMIT_TEXT);
	enum status s = STATUS_OK;
	for (size_t i = 0; i < row->n_cells && s == STATUS_OK; i++) {
		names->offsets[i] = names->text.len;
		s = text_fold(row->cells[i].name, &folded);
		if (s == STATUS_OK)
			bytes_put(&names->text, folded.data, folded.len);
		else if (s == STATUS_REFUSED || s == STATUS_LIMIT)
			s = STATUS_OK; /* no name of the table is like that: ignored */
	}
	names->offsets[row->n_cells] = names->text.len;
	bytes_free(&folded);
	return s == STATUS_OK ? bytes_status(&names->text) : s;
}

static enum column_role role_of(const struct names *names, size_t i, enum kind kind, enum field *ret_field)
{
	size_t len = names->offsets[i + 1] - names->offsets[i];
	if (len == 0)
		return COLUMN_IGNORED;
	return schema_column(kind, (const char *)names->text.data + names->offsets[i], len, ret_field);
}

static enum status stated_kind(const struct row *row, const struct names *names, struct row_columns *columns)
{
	struct bytes folded = bytes_new(LIMIT_TEXT);
	enum status s = STATUS_OK;
	for (size_t i = 0; i < row->n_cells && s == STATUS_OK; i++) {
		enum field none;
		const struct cell *cell = &row->cells[i];
		if (!cell_states(cell) || role_of(names, i, KIND_NONE, &none) != COLUMN_KIND)
			continue;
		bytes_clear(&folded);
		if (cell->type == CELL_TEXT)
			s = text_fold(cell->text, &folded);
		if (s == STATUS_OK && cell->type == CELL_TEXT && folded.len == 0)
			continue; /* nothing but blanks */
		columns->kind_twice = columns->kind_column != row->n_cells;
		columns->kind_column = i;
		/* What has no form is no kind: it stays unknown. */
		columns->kind = s == STATUS_OK ? schema_kind((const char *)folded.data, folded.len) : KIND_NONE;
		s = s == STATUS_NO_MEMORY ? s : STATUS_OK;
	}
	bytes_free(&folded);
	return s;
}

/* How strongly the columns speak for a kind: 0 not at all, 1 the key's columns are there, 2 and are filled. */
static unsigned evidence(const struct row *row, const struct names *names, enum kind kind)
{
	bool here[2] = {false, false};
	bool filled[2] = {false, false};
	for (size_t i = 0; i < row->n_cells; i++) {
		enum field none;
		enum column_role role = role_of(names, i, kind, &none);
		if (role != COLUMN_KEY && role != COLUMN_NAME && role != COLUMN_PERIOD)
			continue;
		size_t part = role == COLUMN_PERIOD;
		here[part] = true;
		filled[part] = filled[part] || cell_states(&row->cells[i]);
	}
	bool single = kind != KIND_INDICATOR;
	if (!here[0] || !(single || here[1]))
		return 0;
	return filled[0] && (single || filled[1]) ? 2 : 1;
}

/* The kind whose key the columns show; none if two kinds are shown alike. */
static enum kind shown_kind(const struct row *row, const struct names *names)
{
	enum kind best = KIND_NONE;
	unsigned most = 0;
	for (unsigned k = KIND_DOSSIER; k < KIND_COUNT; k++) {
		unsigned found = evidence(row, names, (enum kind)k);
		if (found > most)
			best = (enum kind)k;
		else if (found == most && found > 0)
			best = KIND_NONE;
		most = found > most ? found : most;
	}
	return best;
}

enum status row_columns_find(const struct row *row, enum kind default_kind, struct row_columns *ret_columns)
{
	struct names names = {.text = bytes_new((size_t)LIMIT_COLUMNS * LIMIT_TEXT)};
	struct row_columns found = {.kind_column = row->n_cells};
	enum status s = fold_names(row, &names);
	if (s != STATUS_OK)
		goto out;
	s = stated_kind(row, &names, &found);
	if (s != STATUS_OK)
		goto out;
	if (found.kind_column == row->n_cells)
		found.kind = default_kind != KIND_NONE ? default_kind : shown_kind(row, &names);
	for (size_t i = 0; i < row->n_cells && found.kind != KIND_NONE; i++) {
		enum field field = FIELD_UNIT;
		found.role[i] = (uint8_t)role_of(&names, i, found.kind, &field);
		found.field[i] = (uint8_t)field;
	}
	*ret_columns = found;
out:
	bytes_free(&names.text);
	return s;
}
