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

/* A unit as the export names it; the name lies in the map's names. */
struct named_unit {
	size_t start;
	size_t len;
	char code[LIMIT_UNIT];
	size_t code_len;
};

struct column_map {
	enum kind kind;
	bool empty_clears;
	bool confirmed;
	char separator;
	char banner[FIELD_BYTES];
	struct bytes names;
	size_t n_units;
	struct named_unit units[LIMIT_MAP_UNITS];
	size_t n;
	struct mapped columns[LIMIT_COLUMNS];
};

/* A map being read. */
struct map_reading {
	struct column_map *map;
	enum { BEFORE, IN_MAP, IN_COLUMNS, IN_UNITS } section;
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
	else if (is_word(line, "[units]"))
		r->section = IN_UNITS;
	else
		return refuse(r, MAP_SECTION);
	return r->section >= IN_COLUMNS && r->map->kind == KIND_NONE ? refuse(r, MAP_NO_KIND) : STATUS_OK;
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

/* The field of banners; only what holds a unit can be said so. */
static bool read_banner(struct column_map *map, struct slice value)
{
	const struct field_spec *spec = schema_field_named(map->kind, (const char *)value.data, value.len);
	if (spec == NULL || spec->type != TYPE_UNIT || value.len >= sizeof(map->banner))
		return false;
	memcpy(map->banner, value.data, value.len);
	return true;
}

static enum status read_key(struct map_reading *r, struct slice name, struct slice value)
{
	static const char *const keys[] = {"kind", "empty", "separator", "confirmed", "banner"};
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
	} else if (key == 3) {
		sound = read_choice(value, "no", "yes", &r->map->confirmed);
	} else {
		sound = read_banner(r->map, value);
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

static const struct named_unit *find_unit(const struct column_map *map, struct slice folded)
{
	for (size_t i = 0; i < map->n_units; i++)
		if (slice_equal(slice_of(map->names.data + map->units[i].start, map->units[i].len), folded))
			return &map->units[i];
	return NULL;
}

static enum status read_unit(struct map_reading *r, struct slice name, struct slice code)
{
	struct column_map *map = r->map;
	enum status s = text_fold(name, &r->folded);
	if (s == STATUS_NO_MEMORY)
		return s;
	if (s != STATUS_OK || r->folded.len == 0)
		return refuse(r, MAP_LINE);
	if (find_unit(map, bytes_slice(&r->folded)) != NULL)
		return refuse(r, MAP_HEADING_TWICE);
	if (map->n_units == LIMIT_MAP_UNITS)
		return refuse(r, MAP_TOO_LONG);
	if (code.len > LIMIT_UNIT || !schema_unit_ok((const char *)code.data, code.len))
		return refuse(r, MAP_UNIT);
	struct named_unit *unit = &map->units[map->n_units++];
	*unit = (struct named_unit){.start = map->names.len, .len = r->folded.len, .code_len = code.len};
	memcpy(unit->code, code.data, code.len);
	bytes_put(&map->names, r->folded.data, r->folded.len);
	return bytes_status(&map->names);
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
	if (r->section == IN_UNITS)
		return read_unit(r, name, value);
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
	r.map->names = bytes_new((size_t)LIMIT_MAP * 3); /* composing may lengthen text threefold */
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
	if (map != NULL)
		bytes_free(&map->names);
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

const char *column_map_banner(const struct column_map *map)
{
	return map->banner[0] == '\0' ? NULL : map->banner;
}

const char *column_map_meaning(const struct column_map *map, struct slice folded)
{
	const struct mapped *column = find(map, folded);
	return column == NULL ? NULL : column->field;
}

/* True if a column, by the name it has now, holds a unit. */
static bool holds_unit(const struct column_map *map, struct slice name)
{
	enum field field = FIELD_VOID;
	return schema_column(map->kind, (const char *)name.data, name.len, &field) == COLUMN_FIELD &&
	       schema_field(field)->type == TYPE_UNIT;
}

/* The code of a unit that stands there by its name. */
static enum status apply_unit(const struct column_map *map, struct bytes *folded, struct cell *cell)
{
	if (cell->type != CELL_TEXT)
		return STATUS_OK;
	enum status s = text_fold(cell->text, folded);
	const struct named_unit *unit = s == STATUS_OK ? find_unit(map, bytes_slice(folded)) : NULL;
	if (unit != NULL)
		cell->text = slice_of(unit->code, unit->code_len);
	return s == STATUS_NO_MEMORY ? s : STATUS_OK;
}

static enum status apply_cell(const struct column_map *map, struct bytes *folded, struct cell *cell)
{
	enum status s = text_fold(cell->name, folded);
	const struct mapped *column = s == STATUS_OK ? find(map, bytes_slice(folded)) : NULL;
	if (s == STATUS_NO_MEMORY)
		return s;
	struct slice name = column != NULL ? slice_str(column->field) : bytes_slice(folded);
	bool unit = s == STATUS_OK && map->n_units > 0 && holds_unit(map, name);
	if (column == NULL) /* a heading that no map has, or none at all */
		return unit ? apply_unit(map, folded, cell) : STATUS_OK;
	cell->name = name;
	bool empty = cell->type == CELL_EMPTY || (cell->type == CELL_TEXT && trim(cell->text).len == 0);
	if (empty && map->empty_clears && column->clears)
		cell->type = CELL_NULL;
	return unit ? apply_unit(map, folded, cell) : STATUS_OK;
}

enum status column_map_apply(const struct column_map *map, const struct row *row, struct row *ret_row)
{
	struct bytes folded = bytes_new(LIMIT_LINE);
	enum status s = STATUS_OK;
	*ret_row = *row;
	for (size_t i = 0; s == STATUS_OK && i < row->n_cells; i++)
		s = apply_cell(map, &folded, &ret_row->cells[i]);
	bytes_free(&folded);
	return s;
}
