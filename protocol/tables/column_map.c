#include "protocol/tables/column_map.h"

#include <stdlib.h>
#include <string.h>

#include "protocol/cbor.h"
#include "protocol/tables/text.h"

enum { NAME_BYTES = 2 * LIMIT_TEXT, FIELD_BYTES = 24 };

struct mapped {
	char heading[NAME_BYTES]; /* folded */
	size_t len;
	char field[FIELD_BYTES]; /* name in the record table, "" to pass over */
	bool clears;             /* a field, so that an empty cell may clear it */
};

struct column_map {
	enum kind kind;
	bool empty_clears;
	bool confirmed;
	char separator;
	size_t n;
	struct mapped columns[LIMIT_COLUMNS];
};

/* A map being read. */
struct map_reading {
	struct column_map *map;
	enum { BEFORE, IN_MAP, IN_COLUMNS } section;
	unsigned seen; /* keys of [map], as bits */
	struct bytes folded;
	enum map_fault fault;
};

static enum status refuse(struct map_reading *r, enum map_fault fault)
{
	r->fault = fault;
	return STATUS_REFUSED;
}

static struct slice trim(struct slice text)
{
	while (text.len > 0 && strchr(" \t\r", text.data[0]) != NULL)
		text = slice_of(text.data + 1, text.len - 1);
	while (text.len > 0 && strchr(" \t\r", text.data[text.len - 1]) != NULL)
		text.len--;
	return text;
}

static bool is_word(struct slice text, const char *word)
{
	return slice_equal(text, slice_str(word));
}

static enum status read_section(struct map_reading *r, struct slice line)
{
	if (is_word(line, "[map]"))
		r->section = IN_MAP;
	else if (is_word(line, "[columns]"))
		r->section = IN_COLUMNS;
	else
		return refuse(r, MAP_SECTION);
	return r->section == IN_COLUMNS && r->map->kind == KIND_NONE ? refuse(r, MAP_NO_KIND) : STATUS_OK;
}

static bool read_separator(struct slice value, char *ret_separator)
{
	if (is_word(value, "tab"))
		*ret_separator = '\t';
	else if (is_word(value, ",") || is_word(value, ";"))
		*ret_separator = (char)value.data[0];
	else
		return false;
	return true;
}

/* One of two words as false and true. */
static bool read_choice(struct slice value, const char *no, const char *yes, bool *ret_choice)
{
	bool is_yes = is_word(value, yes);
	if (!is_yes && !is_word(value, no))
		return false;
	*ret_choice = is_yes;
	return true;
}

static enum status read_key(struct map_reading *r, struct slice name, struct slice value)
{
	static const char *const keys[] = {"kind", "empty", "separator", "confirmed"};
	size_t key = 0;
	while (key < sizeof(keys) / sizeof(keys[0]) && !is_word(name, keys[key]))
		key++;
	if (key == sizeof(keys) / sizeof(keys[0]) || (r->seen & 1U << key) != 0)
		return refuse(r, MAP_KEY);
	r->seen |= 1U << key;
	bool sound = false;
	if (key == 0) {
		r->map->kind = schema_kind((const char *)value.data, value.len);
		sound = r->map->kind != KIND_NONE;
	} else if (key == 1) {
		sound = read_choice(value, "ignore", "clear", &r->map->empty_clears);
	} else if (key == 2) {
		sound = read_separator(value, &r->map->separator);
	} else {
		sound = read_choice(value, "no", "yes", &r->map->confirmed);
	}
	return sound ? STATUS_OK : refuse(r, MAP_VALUE);
}

static const struct mapped *find(const struct column_map *map, struct slice folded)
{
	for (size_t i = 0; i < map->n; i++)
		if (slice_equal(slice_of(map->columns[i].heading, map->columns[i].len), folded))
			return &map->columns[i];
	return NULL;
}

static enum status read_column(struct map_reading *r, struct slice heading, struct slice name)
{
	struct mapped column = {.clears = false};
	enum field field = FIELD_UNIT;
	bool passed_over = is_word(name, "-");
	enum status s = text_fold(heading, &r->folded);
	if (s == STATUS_NO_MEMORY)
		return s;
	if (s != STATUS_OK || r->folded.len == 0 || r->folded.len > NAME_BYTES)
		return refuse(r, MAP_LINE);
	if (find(r->map, bytes_slice(&r->folded)) != NULL)
		return refuse(r, MAP_HEADING_TWICE);
	if (r->map->n == LIMIT_COLUMNS)
		return refuse(r, MAP_TOO_LONG);
	enum column_role role = schema_column(r->map->kind, (const char *)name.data, name.len, &field);
	if (!passed_over && (role == COLUMN_IGNORED || name.len >= FIELD_BYTES))
		return refuse(r, MAP_FIELD);
	column.clears =
		!passed_over && role == COLUMN_FIELD && !(field == FIELD_UNIT && r->map->kind == KIND_INDICATOR);
	column.len = r->folded.len;
	memcpy(column.heading, r->folded.data, r->folded.len);
	if (!passed_over)
		memcpy(column.field, name.data, name.len);
	r->map->columns[r->map->n++] = column;
	return STATUS_OK;
}

/* Splits at the sign after a heading in quotation marks, else at the first. */
static bool split(struct slice line, struct slice *ret_name, struct slice *ret_value)
{
	bool quoted = line.data[0] == '"';
	const uint8_t *from = line.data;
	const uint8_t *end = quoted && line.len > 1 ? memchr(line.data + 1, '"', line.len - 1) : NULL;
	if (quoted && end == NULL)
		return false;
	if (quoted)
		from = end + 1;
	size_t left = line.len - (size_t)(from - line.data);
	const uint8_t *sign = memchr(from, '=', left);
	if (sign == NULL)
		return false;
	struct slice between = trim(slice_of(from, (size_t)(sign - from)));
	if (quoted && between.len > 0)
		return false;
	*ret_name = quoted ? slice_of(line.data + 1, (size_t)(end - line.data) - 1) : between;
	*ret_value = trim(slice_of(sign + 1, left - (size_t)(sign - from) - 1));
	return ret_name->len > 0 && ret_value->len > 0;
}

static enum status read_line(struct map_reading *r, struct slice line)
{
	struct slice name;
	struct slice value;
	line = trim(line);
	if (line.len == 0 || line.data[0] == '#' || line.data[0] == ';')
		return STATUS_OK;
	if (line.data[0] == '[')
		return read_section(r, line);
	if (!split(line, &name, &value))
		return refuse(r, MAP_LINE);
	if (r->section == BEFORE)
		return refuse(r, MAP_SECTION);
	return r->section == IN_MAP ? read_key(r, name, value) : read_column(r, name, value);
}

static enum status read_lines(struct map_reading *r, struct slice text, int *line)
{
	enum status s = STATUS_OK;
	while (s == STATUS_OK && text.len > 0) {
		const uint8_t *end = memchr(text.data, '\n', text.len);
		size_t len = end == NULL ? text.len : (size_t)(end - text.data);
		size_t step = end == NULL ? len : len + 1;
		(*line)++;
		s = read_line(r, slice_of(text.data, len));
		text = slice_of(text.data + step, text.len - step);
	}
	if (s != STATUS_OK)
		return s;
	*line = 0;
	return r->map->kind == KIND_NONE ? refuse(r, MAP_NO_KIND) : STATUS_OK;
}

enum status column_map_read(struct slice text, struct column_map **ret_map, enum map_fault *ret_fault,
			    int *ret_line)
{
	struct map_reading r = {.map = calloc(1, sizeof(*r.map)), .folded = bytes_new(LIMIT_LINE)};
	int line = 0;
	if (r.map == NULL)
		return STATUS_NO_MEMORY;
	r.map->confirmed = true;
	if (text.len >= 3 && memcmp(text.data, "\xEF\xBB\xBF", 3) == 0)
		text = slice_of(text.data + 3, text.len - 3);
	enum status s = utf8_valid(text.data, text.len) ? STATUS_OK : refuse(&r, MAP_NOT_TEXT);
	if (s == STATUS_OK)
		s = read_lines(&r, text, &line);
	bytes_free(&r.folded);
	if (s == STATUS_OK) {
		*ret_map = r.map;
		return s;
	}
	column_map_free(r.map);
	if (s == STATUS_REFUSED) {
		*ret_fault = r.fault;
		*ret_line = line;
	}
	return s;
}

void column_map_free(struct column_map *map)
{
	free(map);
}

enum kind column_map_kind(const struct column_map *map)
{
	return map->kind;
}

char column_map_separator(const struct column_map *map)
{
	return map->separator;
}

bool column_map_confirmed(const struct column_map *map)
{
	return map->confirmed;
}

enum status column_map_apply(const struct column_map *map, const struct row *row, struct row *ret_row)
{
	struct bytes folded = bytes_new(LIMIT_LINE);
	enum status s = STATUS_OK;
	*ret_row = *row;
	for (size_t i = 0; s == STATUS_OK && i < row->n_cells; i++) {
		struct cell *cell = &ret_row->cells[i];
		s = text_fold(cell->name, &folded);
		const struct mapped *column = s == STATUS_OK ? find(map, bytes_slice(&folded)) : NULL;
		if (s == STATUS_REFUSED || s == STATUS_LIMIT)
			s = STATUS_OK; /* no heading of a map is like that */
		if (column == NULL)
			continue;
		cell->name = slice_str(column->field);
		bool empty = cell->type == CELL_EMPTY || (cell->type == CELL_TEXT && trim(cell->text).len == 0);
		if (empty && map->empty_clears && column->clears)
			cell->type = CELL_NULL;
	}
	bytes_free(&folded);
	return s;
}
