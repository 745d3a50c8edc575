#include "hub/units_file.h"

#include <string.h>

#include "hub/act.h"
#include "protocol/tables/reader.h"
#include "protocol/tables/text.h"
#include "protocol/words.h"

enum { COL_CODE, COL_NAME, COL_LEVEL, COL_PARENT, COL_FROM, COL_TO, COL_PHONE, N_COLS };
enum { UNITS_MAX = 100000, DEPTH_MAX = 64 /* far more than there are levels */ };

#define NO_PARENT UINT32_MAX

static const char *const COLUMNS[N_COLS] = {"code", "name", "level", "parent", "valid_from", "valid_to", "phone"};

struct importing {
	struct bytes body; /* the rows of the act, without the array's head */
	struct bytes cells[N_COLS];
	struct words codes;
	struct words parents;   /* each must be a unit in the end */
	struct bytes parent_of; /* by code: uint32_t, index into parents or NO_PARENT */
	size_t count;
	struct units_fault fault;
	struct slice province; /* the code of init */
};

static enum status refuse(struct importing *in, const struct row *row, const char *reason)
{
	in->fault = (struct units_fault){.line = row == NULL ? 0 : row->line, .reason = reason};
	struct slice code = bytes_slice(&in->cells[COL_CODE]);
	/* L15: what is no code may be anything, a name as well. */
	if (row != NULL && schema_unit_ok((const char *)code.data, code.len))
		memcpy(in->fault.unit, code.data, code.len);
	return STATUS_REFUSED;
}

static enum status read_cells(struct importing *in, const struct row *row)
{
	for (size_t c = 0; c < N_COLS; c++)
		bytes_clear(&in->cells[c]);
	for (size_t i = 0; i < row->n_cells; i++) {
		for (size_t c = 0; c < N_COLS; c++) {
			if (!slice_equal(row->cells[i].name, slice_str(COLUMNS[c])) ||
			    row->cells[i].type != CELL_TEXT)
				continue;
			enum status s = text_normal(row->cells[i].text, &in->cells[c]);
			if (s != STATUS_OK)
				return s == STATUS_NO_MEMORY ? s : refuse(in, row, "not-text");
		}
	}
	return STATUS_OK;
}

static bool read_day(struct slice text, int32_t *ret_day)
{
	*ret_day = DAY_UNSET;
	return text.len == 0 || date_parse((const char *)text.data, text.len, ret_day) == STATUS_OK;
}

static enum status note_unit(struct importing *in, const struct row *row, const struct unit_row *unit)
{
	uint32_t index = 0;
	uint32_t parent = NO_PARENT;
	bool fresh = false;
	enum status s = words_index(&in->codes, unit->code, &index, &fresh);
	if (s == STATUS_OK && !fresh)
		return refuse(in, row, "unit-twice");
	if (s == STATUS_OK && unit->parent.len > 0)
		s = words_index(&in->parents, unit->parent, &parent, &fresh);
	if (s != STATUS_OK)
		return s;
	bytes_put(&in->parent_of, &parent, sizeof(parent));
	act_unit_put(&in->body, unit);
	in->count++;
	s = bytes_status(&in->parent_of);
	return s == STATUS_OK ? bytes_status(&in->body) : s;
}

static enum status put_unit(struct importing *in, const struct row *row)
{
	struct unit_row unit = {.code = bytes_slice(&in->cells[COL_CODE]),
				.name = bytes_slice(&in->cells[COL_NAME]),
				.parent = bytes_slice(&in->cells[COL_PARENT]),
				.phone = bytes_slice(&in->cells[COL_PHONE])};
	struct slice level = bytes_slice(&in->cells[COL_LEVEL]);
	unit.level = unit_level_of((const char *)level.data, level.len);
	if (!schema_unit_ok((const char *)unit.code.data, unit.code.len))
		return refuse(in, row, unit.code.len == 0 ? "unit-no-code" : "unit-code");
	if (unit.name.len == 0 || unit.name.len > UNIT_NAME)
		return refuse(in, row, unit.name.len == 0 ? "unit-no-name" : "unit-name");
	if (unit.phone.len > UNIT_PHONE)
		return refuse(in, row, "unit-phone");
	if (unit.level == 0)
		return refuse(in, row, "unit-level");
	/* A second tree beside the hub's own would be in no total. */
	if ((unit.level == LEVEL_PROVINCE) != slice_equal(unit.code, in->province))
		return refuse(in, row, "unit-province");
	if ((unit.level == LEVEL_PROVINCE) != (unit.parent.len == 0) || slice_equal(unit.parent, unit.code))
		return refuse(in, row, "unit-parent");
	if (unit.parent.len > 0 && !schema_unit_ok((const char *)unit.parent.data, unit.parent.len))
		return refuse(in, row, "unit-parent");
	if (!read_day(bytes_slice(&in->cells[COL_FROM]), &unit.valid_from) ||
	    !read_day(bytes_slice(&in->cells[COL_TO]), &unit.valid_to))
		return refuse(in, row, "unit-date");
	if (unit.valid_from != DAY_UNSET && unit.valid_to != DAY_UNSET && unit.valid_to < unit.valid_from)
		return refuse(in, row, "unit-period");
	return note_unit(in, row, &unit);
}

static enum status take_row(void *context, const struct row *row, enum row_fault fault)
{
	struct importing *in = context;
	bytes_clear(&in->cells[COL_CODE]); /* of the row before */
	if (fault != ROW_OK)
		return refuse(in, row, row_fault_name(fault));
	if (in->count == UNITS_MAX)
		return refuse(in, row, "unit-too-many");
	enum status s = read_cells(in, row);
	return s == STATUS_OK ? put_unit(in, row) : s;
}

static enum status read_bytes(void *context, void *buf, size_t len, size_t *ret_len)
{
	FILE *file = context;
	*ret_len = fread(buf, 1, len, file);
	return ferror(file) ? STATUS_DISK : STATUS_OK;
}

/* A parent may stand in the file, in any order, or be known from before. */
static enum status check_parents(struct importing *in, const struct registry *registry)
{
	for (size_t i = 0; i < in->parents.count; i++) {
		struct slice parent = words_get(&in->parents, i);
		uint32_t index = 0;
		bool fresh = false;
		size_t known = in->codes.count;
		if (registry_find_unit(registry, parent) != UNIT_NONE)
			continue;
		enum status s = words_index(&in->codes, parent, &index, &fresh);
		if (s != STATUS_OK)
			return s;
		if (fresh || index >= known) {
			in->fault = (struct units_fault){.reason = "unit-parent-unknown"};
			memcpy(in->fault.unit, parent.data, parent.len < LIMIT_UNIT ? parent.len : LIMIT_UNIT);
			return STATUS_REFUSED;
		}
	}
	return STATUS_OK;
}

/* The code above a unit, as it will be: by the file, else as known from before; empty at the top. */
static enum status find_above(struct importing *in, const struct registry *registry, struct slice code,
			      struct slice *ret_above)
{
	uint32_t index = 0;
	uint32_t parent = NO_PARENT;
	bool fresh = false;
	enum status s = words_index(&in->codes, code, &index, &fresh);
	if (s != STATUS_OK)
		return s;
	*ret_above = (struct slice){0};
	if (index < in->count) {
		memcpy(&parent, in->parent_of.data + index * sizeof(parent), sizeof(parent));
		if (parent != NO_PARENT)
			*ret_above = words_get(&in->parents, parent);
		return STATUS_OK;
	}
	int unit = registry_find_unit(registry, code);
	int above = unit == UNIT_NONE ? UNIT_NONE : registry_unit(registry, unit)->parent;
	if (above != UNIT_NONE)
		*ret_above = slice_str(registry_unit(registry, above)->code);
	return STATUS_OK;
}

static enum status check_circles(struct importing *in, const struct registry *registry)
{
	for (size_t i = 0; i < in->count; i++) {
		struct slice at = words_get(&in->codes, i);
		int depth = 0;
		for (; at.len > 0 && depth <= DEPTH_MAX; depth++) {
			enum status s = find_above(in, registry, at, &at);
			if (s != STATUS_OK)
				return s;
		}
		if (depth <= DEPTH_MAX)
			continue;
		at = words_get(&in->codes, i);
		in->fault = (struct units_fault){.reason = "unit-cycle"};
		memcpy(in->fault.unit, at.data, at.len);
		return STATUS_REFUSED;
	}
	return STATUS_OK;
}

static enum status record(struct hub *hub, struct importing *in, const char *who)
{
	struct hub_transaction t;
	struct bytes body = bytes_new(LIMIT_ACT);
	enum status s = hub_begin(hub, &t);
	if (s != STATUS_OK)
		return s;
	s = check_parents(in, hub->registry);
	if (s == STATUS_OK)
		s = check_circles(in, hub->registry);
	cbor_put_array(&body, in->count);
	bytes_put(&body, in->body.data, in->body.len);
	if (s == STATUS_OK)
		s = bytes_status(&body);
	if (s == STATUS_OK)
		s = act_record(hub, ACT_UNITS, who, bytes_slice(&body));
	s = hub_end(&t, s);
	bytes_free(&body);
	return s;
}

enum status units_import(struct hub *hub, FILE *file, const char *who, int64_t *ret_count,
			 struct units_fault *ret_fault)
{
	struct importing in = {.body = bytes_new(LIMIT_ACT),
			       .codes = words_new(),
			       .parents = words_new(),
			       .parent_of = bytes_new(UNITS_MAX * sizeof(uint32_t)),
			       .province = hub->identity.province};
	struct reader_report report;
	for (size_t c = 0; c < N_COLS; c++)
		in.cells[c] = bytes_new(LIMIT_LINE);
	enum status s = reader_run(FORMAT_CSV, read_bytes, file, take_row, &in, &report);
	if (s == STATUS_REFUSED && in.fault.reason == NULL)
		in.fault.reason = report.reason == NULL ? "not-utf-8" : report.reason;
	if (s == STATUS_OK && in.count == 0)
		s = refuse(&in, NULL, "empty");
	if (s == STATUS_OK)
		s = record(hub, &in, who);
	if (s == STATUS_OK)
		*ret_count = (int64_t)in.count;
	*ret_fault = in.fault;
	for (size_t c = 0; c < N_COLS; c++)
		bytes_free(&in.cells[c]);
	bytes_free(&in.body);
	bytes_free(&in.parent_of);
	words_free(&in.codes);
	words_free(&in.parents);
	return s;
}
