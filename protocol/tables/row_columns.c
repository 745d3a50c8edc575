#include "protocol/tables/row_columns.h"

#include <stdlib.h>
#include <string.h>

#include "protocol/tables/text.h"

/* What a column of one name is for each kind of record. */
struct meaning {
	uint8_t role[KIND_COUNT];
	uint8_t field[KIND_COUNT]; /* of COLUMN_FIELD */
};

enum { MEMORY_SLOTS = 128, MEMORY_MAX = 64, MEMORY_NAME = 48 };

/* Open addressing; a slot without a length is free. */
struct row_memory {
	size_t count;
	struct {
		uint8_t len;
		uint8_t name[MEMORY_NAME];
		struct meaning meaning;
	} slots[MEMORY_SLOTS];
};

struct row_memory *row_memory_new(void)
{
	return calloc(1, sizeof(struct row_memory));
}

void row_memory_free(struct row_memory *memory)
{
	free(memory);
}

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

static enum status look_up(struct slice name, struct meaning *ret_meaning)
{
	struct meaning meaning = {.role = {COLUMN_IGNORED}};
	struct bytes folded = bytes_new(LIMIT_TEXT);
	enum status s = text_fold(name, &folded);
	for (unsigned kind = KIND_NONE; s == STATUS_OK && folded.len > 0 && kind < KIND_COUNT; kind++) {
		enum field field = FIELD_UNIT;
		meaning.role[kind] =
			(uint8_t)schema_column((enum kind)kind, (const char *)folded.data, folded.len, &field);
		meaning.field[kind] = (uint8_t)field;
	}
	bytes_free(&folded);
	*ret_meaning = meaning;
	/* No name of the table is like that: ignored. */
	return s == STATUS_REFUSED || s == STATUS_LIMIT ? STATUS_OK : s;
}

/* Where a name is remembered, or would be. FNV-1a; a file that chooses its names badly slows down itself alone. */
static size_t slot_of(const struct row_memory *memory, struct slice name)
{
	uint32_t hash = 2166136261U;
	for (size_t i = 0; i < name.len; i++)
		hash = (hash ^ name.data[i]) * 16777619U;
	size_t slot = hash % MEMORY_SLOTS;
	while (memory->slots[slot].len != 0 &&
	       !slice_equal(slice_of(memory->slots[slot].name, memory->slots[slot].len), name))
		slot = (slot + 1) % MEMORY_SLOTS;
	return slot;
}

static enum status meaning_of(struct row_memory *memory, struct slice name, struct meaning *ret_meaning)
{
	if (memory == NULL || name.len == 0 || name.len > MEMORY_NAME)
		return look_up(name, ret_meaning);
	size_t slot = slot_of(memory, name);
	if (memory->slots[slot].len != 0) {
		*ret_meaning = memory->slots[slot].meaning;
		return STATUS_OK;
	}
	enum status s = look_up(name, ret_meaning);
	if (s != STATUS_OK || memory->count == MEMORY_MAX)
		return s;
	memory->slots[slot].len = (uint8_t)name.len;
	memcpy(memory->slots[slot].name, name.data, name.len);
	memory->slots[slot].meaning = *ret_meaning;
	memory->count++;
	return STATUS_OK;
}

static enum status stated_kind(const struct row *row, const struct meaning *meanings, struct row_columns *columns)
{
	struct bytes folded = bytes_new(LIMIT_TEXT);
	enum status s = STATUS_OK;
	for (size_t i = 0; i < row->n_cells && s == STATUS_OK; i++) {
		const struct cell *cell = &row->cells[i];
		if (!cell_states(cell) || meanings[i].role[KIND_NONE] != COLUMN_KIND)
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
static unsigned evidence(const struct row *row, const struct meaning *meanings, enum kind kind)
{
	bool here[2] = {false, false};
	bool filled[2] = {false, false};
	for (size_t i = 0; i < row->n_cells; i++) {
		enum column_role role = (enum column_role)meanings[i].role[kind];
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
static enum kind shown_kind(const struct row *row, const struct meaning *meanings)
{
	enum kind best = KIND_NONE;
	unsigned most = 0;
	for (unsigned k = KIND_DOSSIER; k < KIND_COUNT; k++) {
		unsigned found = evidence(row, meanings, (enum kind)k);
		if (found > most)
			best = (enum kind)k;
		else if (found == most && found > 0)
			best = KIND_NONE;
		most = found > most ? found : most;
	}
	return best;
}

enum status row_columns_find(const struct row *row, enum kind default_kind, struct row_memory *memory,
			     struct row_columns *ret_columns)
{
	struct meaning meanings[LIMIT_COLUMNS];
	struct row_columns found = {.kind_column = row->n_cells};
	enum status s = STATUS_OK;
	for (size_t i = 0; i < row->n_cells && s == STATUS_OK; i++)
		s = meaning_of(memory, row->cells[i].name, &meanings[i]);
	if (s == STATUS_OK)
		s = stated_kind(row, meanings, &found);
	if (s != STATUS_OK)
		return s;
	if (found.kind_column == row->n_cells)
		found.kind = default_kind != KIND_NONE ? default_kind : shown_kind(row, meanings);
	for (size_t i = 0; i < row->n_cells && found.kind != KIND_NONE; i++) {
		found.role[i] = meanings[i].role[found.kind];
		found.field[i] = meanings[i].field[found.kind];
	}
	*ret_columns = found;
	return STATUS_OK;
}
