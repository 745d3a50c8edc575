#include "hub/units_file.h"

#include <stdlib.h>
#include <string.h>

#include "hub/act.h"
#include "hub/units_list.h"
#include "protocol/tables/reader.h"

enum { COL_CODE, COL_NAME, COL_LEVEL, COL_PARENT, COL_FROM, COL_TO, COL_PHONE, N_COLS };
enum { UNITS_MAX = 100000 };

static const char *const COLUMNS[N_COLS] = {"code", "name", "level", "parent", "valid_from", "valid_to", "phone"};

struct importing {
	const struct units_plan *plan;
	struct bytes cells[N_COLS];
	struct units_list list;
};

static enum status refuse(struct importing *in, const struct row *row, int column, const char *reason)
{
	struct units_fault *fault = &in->list.fault;
	*fault = (struct units_fault){.line = row == NULL ? 0 : row->line,
				      .column = column == N_COLS ? NULL : COLUMNS[column],
				      .reason = reason};
	struct slice code = bytes_slice(&in->cells[COL_CODE]);
	/* L15: what is no code may be anything, a name as well. */
	if (row != NULL && schema_unit_ok((const char *)code.data, code.len))
		memcpy(fault->unit, code.data, code.len);
	return STATUS_REFUSED;
}

static enum status read_cells(struct importing *in, const struct row *row)
{
	size_t column = 0;
	enum status s = row_texts(row, N_COLS, COLUMNS, in->cells, &column);
	return s == STATUS_REFUSED ? refuse(in, row, (int)column, "not-text") : s;
}

static bool read_day(struct slice text, int32_t *ret_day)
{
	*ret_day = DAY_UNSET;
	return text.len == 0 || date_parse((const char *)text.data, text.len, ret_day) == STATUS_OK;
}

/* Room for one more; NULL if there is no memory. */
static struct listed_unit *next_row(struct units_list *list)
{
	if (list->count == list->cap) {
		int cap = list->cap == 0 ? 256 : 2 * list->cap;
		struct listed_unit *grown = realloc(list->rows, (size_t)cap * sizeof(*grown));
		if (grown == NULL)
			return NULL;
		list->rows = grown;
		list->cap = cap;
	}
	return &list->rows[list->count];
}

static enum status note_unit(struct importing *in, const struct row *row, const struct unit_row *unit)
{
	struct units_list *list = &in->list;
	struct listed_unit *listed = next_row(list);
	bool fresh = false;
	if (listed == NULL)
		return STATUS_NO_MEMORY;
	*listed = (struct listed_unit){.parent = UNITS_NO_PARENT,
				       .level = unit->level,
				       .from = unit->valid_from == DAY_UNSET ? INT32_MIN : unit->valid_from,
				       .to = unit->valid_to == DAY_UNSET ? INT32_MAX : unit->valid_to,
				       .line = row->line,
				       .begin = list->body.len};
	enum status s = words_index(&list->codes, unit->code, &listed->code, &fresh);
	if (s == STATUS_OK && unit->parent.len > 0)
		s = words_index(&list->codes, unit->parent, &listed->parent, &fresh);
	if (s != STATUS_OK)
		return s;
	act_unit_put(&list->body, unit);
	listed->end = list->body.len;
	list->count++;
	return bytes_status(&list->body);
}

/* The days of a row, or those of the plan where it states none. */
static enum status read_days(struct importing *in, const struct row *row, struct unit_row *unit)
{
	unit->valid_from = unit->valid_to = DAY_UNSET;
	if (!read_day(bytes_slice(&in->cells[COL_FROM]), &unit->valid_from))
		return refuse(in, row, COL_FROM, "unit-date");
	if (!read_day(bytes_slice(&in->cells[COL_TO]), &unit->valid_to))
		return refuse(in, row, COL_TO, "unit-date");
	if (unit->valid_from == DAY_UNSET)
		unit->valid_from = in->plan->valid_from;
	if (unit->valid_to == DAY_UNSET)
		unit->valid_to = in->plan->valid_to;
	if (unit->valid_from != DAY_UNSET && unit->valid_to != DAY_UNSET && unit->valid_to < unit->valid_from)
		return refuse(in, row, COL_TO, "unit-period");
	return STATUS_OK;
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
		return refuse(in, row, COL_CODE, unit.code.len == 0 ? "unit-no-code" : "unit-code");
	if (unit.name.len == 0 || unit.name.len > UNIT_NAME)
		return refuse(in, row, COL_NAME, unit.name.len == 0 ? "unit-no-name" : "unit-name");
	if (unit.phone.len > UNIT_PHONE)
		return refuse(in, row, COL_PHONE, "unit-phone");
	if (unit.level == 0)
		return refuse(in, row, COL_LEVEL, "unit-level");
	if ((unit.level == LEVEL_PROVINCE) != (unit.parent.len == 0) || slice_equal(unit.parent, unit.code))
		return refuse(in, row, COL_PARENT, "unit-parent");
	if (unit.parent.len > 0 && !schema_unit_ok((const char *)unit.parent.data, unit.parent.len))
		return refuse(in, row, COL_PARENT, "unit-parent");
	enum status s = read_days(in, row, &unit);
	return s == STATUS_OK ? note_unit(in, row, &unit) : s;
}

static enum status take_row(void *context, const struct row *row, enum row_fault fault)
{
	struct importing *in = context;
	bytes_clear(&in->cells[COL_CODE]); /* of the row before */
	if (fault != ROW_OK)
		return refuse(in, row, N_COLS, row_fault_name(fault));
	if (in->list.count == UNITS_MAX)
		return refuse(in, row, N_COLS, "unit-too-many");
	enum status s = read_cells(in, row);
	return s == STATUS_OK ? put_unit(in, row) : s;
}

static enum status read_bytes(void *context, void *buf, size_t len, size_t *ret_len)
{
	FILE *file = context;
	*ret_len = fread(buf, 1, len, file);
	return ferror(file) ? STATUS_DISK : STATUS_OK;
}

static enum status put_body(const struct units_list *list, struct bytes *body)
{
	cbor_put_array(body, (size_t)(list->count - list->left_out));
	for (int i = 0; i < list->count; i++)
		if (!list->rows[i].left_out)
			bytes_put(body, list->body.data + list->rows[i].begin,
				  list->rows[i].end - list->rows[i].begin);
	return bytes_status(body);
}

static enum status record(struct hub *hub, struct importing *in)
{
	struct hub_transaction t;
	struct bytes body = bytes_new(LIMIT_ACT);
	enum status s = hub_begin(hub, &t);
	if (s != STATUS_OK)
		return s;
	s = units_list_check(&in->list, hub->registry, in->plan->only);
	if (s == STATUS_OK)
		s = put_body(&in->list, &body);
	if (s == STATUS_OK)
		s = act_record(hub, ACT_UNITS, in->plan->who, bytes_slice(&body));
	s = hub_end(&t, s);
	bytes_free(&body);
	return s;
}

static void clear(struct importing *in)
{
	for (size_t c = 0; c < N_COLS; c++)
		bytes_free(&in->cells[c]);
	bytes_free(&in->list.body);
	words_free(&in->list.codes);
	free(in->list.rows);
	free(in->list.first);
}

enum status units_import_plan(struct hub *hub, const struct units_plan *plan, struct units_count *ret_count,
			      struct units_fault *ret_fault)
{
	struct importing in = {
		.plan = plan,
		.list = {.body = bytes_new(LIMIT_ACT), .codes = words_new(), .province = hub->identity.province}};
	struct reader_report report;
	for (size_t c = 0; c < N_COLS; c++)
		in.cells[c] = bytes_new(LIMIT_LINE);
	enum status s = reader_run(FORMAT_CSV, read_bytes, plan->file, take_row, &in, &report);
	if (s == STATUS_REFUSED && in.list.fault.reason == NULL)
		in.list.fault.reason = report.reason == NULL ? "not-utf-8" : report.reason;
	if (s == STATUS_OK && in.list.count == 0)
		s = refuse(&in, NULL, N_COLS, "empty");
	if (s == STATUS_OK)
		s = record(hub, &in);
	if (s == STATUS_OK)
		*ret_count = (struct units_count){.taken = in.list.count - in.list.left_out,
						  .left_out = in.list.left_out};
	*ret_fault = in.list.fault;
	clear(&in);
	return s;
}

enum status units_import(struct hub *hub, FILE *file, const char *who, int64_t *ret_count,
			 struct units_fault *ret_fault)
{
	struct units_plan plan = {.file = file, .who = who, .valid_from = DAY_UNSET, .valid_to = DAY_UNSET};
	struct units_count count = {0};
	enum status s = units_import_plan(hub, &plan, &count, ret_fault);
	if (s == STATUS_OK)
		*ret_count = count.taken;
	return s;
}
