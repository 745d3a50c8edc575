#include "hub/succession_file.h"

#include <stdlib.h>
#include <string.h>

#include "hub/act.h"
#include "hub/act_units.h"
#include "protocol/tables/reader.h"

enum { COL_OLD, COL_NEW, COL_FROM, COL_KIND, N_COLS };
enum { ROWS_MAX = 200000 };

static const char *const COLUMNS[N_COLS] = {"old", "new", "from", "kind"};

struct listed_succession {
	char old[LIMIT_UNIT + 1];
	char heir[LIMIT_UNIT + 1];
	int32_t from;
	enum succession_kind kind;
	int64_t line;
};

struct importing {
	const struct succession_plan *plan;
	const struct registry *registry;
	struct bytes cells[N_COLS];
	struct listed_succession *rows;
	size_t count;
	size_t cap;
	int64_t left_out;
	struct units_fault fault;
};

static enum status refuse(struct importing *in, int64_t line, int column, const char *unit, const char *reason)
{
	in->fault = (struct units_fault){
		.line = line, .column = column == N_COLS ? NULL : COLUMNS[column], .reason = reason};
	if (unit != NULL)
		(void)snprintf(in->fault.unit, sizeof(in->fault.unit), "%s", unit);
	return STATUS_REFUSED;
}

static enum status read_cells(struct importing *in, const struct row *row)
{
	size_t column = 0;
	enum status s = row_texts(row, N_COLS, COLUMNS, in->cells, &column);
	return s == STATUS_REFUSED ? refuse(in, row->line, (int)column, NULL, "not-text") : s;
}

static bool take_code(const struct bytes *cell, char *to)
{
	if (!schema_unit_ok((const char *)cell->data, cell->len))
		return false;
	memcpy(to, cell->data, cell->len);
	to[cell->len] = '\0';
	return true;
}

/* Room for one more. */
static enum status make_room(struct importing *in)
{
	if (in->count < in->cap)
		return STATUS_OK;
	size_t cap = in->cap == 0 ? 256 : 2 * in->cap;
	struct listed_succession *grown = realloc(in->rows, cap * sizeof(*grown));
	if (grown == NULL)
		return STATUS_NO_MEMORY;
	in->rows = grown;
	in->cap = cap;
	return STATUS_OK;
}

static enum status put_row(struct importing *in, int64_t line)
{
	struct listed_succession row = {.line = line};
	struct slice from = bytes_slice(&in->cells[COL_FROM]);
	struct slice kind = bytes_slice(&in->cells[COL_KIND]);
	if (!take_code(&in->cells[COL_OLD], row.old))
		return refuse(in, line, COL_OLD, NULL, "succession-code");
	if (!take_code(&in->cells[COL_NEW], row.heir))
		return refuse(in, line, COL_NEW, row.old, "succession-code");
	if (from.len == 0 || date_parse((const char *)from.data, from.len, &row.from) != STATUS_OK)
		return refuse(in, line, COL_FROM, row.old, "succession-date");
	row.kind = succession_kind_of((const char *)kind.data, kind.len);
	if (row.kind == SUCCESSION_SAME)
		return refuse(in, line, COL_KIND, row.old, "succession-kind");
	enum status s = make_room(in);
	if (s == STATUS_OK)
		in->rows[in->count++] = row;
	return s;
}

static enum status take_row(void *context, const struct row *row, enum row_fault fault)
{
	struct importing *in = context;
	if (fault != ROW_OK)
		return refuse(in, row->line, N_COLS, NULL, row_fault_name(fault));
	if (in->count == ROWS_MAX)
		return refuse(in, row->line, N_COLS, NULL, "succession-too-many");
	enum status s = read_cells(in, row);
	return s == STATUS_OK ? put_row(in, row->line) : s;
}

static enum status read_bytes(void *context, void *buf, size_t len, size_t *ret_len)
{
	FILE *file = context;
	*ret_len = fread(buf, 1, len, file);
	return ferror(file) ? STATUS_DISK : STATUS_OK;
}

/* --- against the list of units --- */

static bool is_valid(const struct importing *in, const char *code, int32_t day)
{
	int unit = registry_find_unit_on(in->registry, slice_str(code), day);
	return unit != UNIT_NONE && unit_valid_on(registry_unit(in->registry, unit), day);
}

static enum status check_row(struct importing *in, const struct listed_succession *row)
{
	const struct registry *r = in->registry;
	int old = registry_find_unit_on(r, slice_str(row->old), row->from - 1);
	int heir = registry_find_unit_on(r, slice_str(row->heir), row->from);
	if (old == UNIT_NONE)
		return refuse(in, row->line, COL_OLD, row->old, "succession-unknown");
	if (heir == UNIT_NONE)
		return refuse(in, row->line, COL_NEW, row->heir, "succession-unknown");
	if (old == heir)
		return refuse(in, row->line, COL_NEW, row->heir, "succession-same");
	if (!unit_valid_on(registry_unit(r, old), row->from - 1))
		return refuse(in, row->line, COL_OLD, row->old, "succession-not-before");
	if (!unit_valid_on(registry_unit(r, heir), row->from))
		return refuse(in, row->line, COL_NEW, row->heir, "succession-not-after");
	if (row->kind != SUCCESSION_SPLIT && unit_valid_on(registry_unit(r, old), row->from))
		return refuse(in, row->line, COL_OLD, row->old, "succession-not-ended");
	return STATUS_OK;
}

static int compare_rows(const void *left, const void *right)
{
	const struct listed_succession *a = left;
	const struct listed_succession *b = right;
	int order = strcmp(a->old, b->old);
	if (order == 0)
		order = (a->from > b->from) - (a->from < b->from);
	if (order == 0)
		order = strcmp(a->heir, b->heir);
	return order != 0 ? order : (a->line > b->line) - (a->line < b->line);
}

/* Of rows about one old unit and one day: a unit that went into several was divided. */
static enum status check_pair(struct importing *in, const struct listed_succession *a,
			      const struct listed_succession *b)
{
	const struct listed_succession *later = a->line > b->line ? a : b;
	if (strcmp(a->old, b->old) != 0 || a->from != b->from)
		return STATUS_OK;
	if (strcmp(a->heir, b->heir) == 0)
		return refuse(in, later->line, COL_NEW, later->old, "succession-twice");
	if (a->kind != SUCCESSION_SPLIT || b->kind != SUCCESSION_SPLIT)
		return refuse(in, later->line, COL_KIND, later->old, "succession-several");
	return STATUS_OK;
}

/* Rows about units of other provinces go, in place. */
static void leave_out(struct importing *in)
{
	size_t kept = 0;
	for (size_t i = 0; i < in->count; i++)
		if (is_valid(in, in->rows[i].old, in->rows[i].from - 1) &&
		    is_valid(in, in->rows[i].heir, in->rows[i].from))
			in->rows[kept++] = in->rows[i];
	in->left_out = (int64_t)(in->count - kept);
	in->count = kept;
}

static enum status check(struct importing *in)
{
	enum status s = STATUS_OK;
	if (in->plan->known_only)
		leave_out(in);
	if (in->count == 0)
		return refuse(in, 0, N_COLS, NULL, "empty");
	for (size_t i = 0; i < in->count && s == STATUS_OK; i++)
		s = check_row(in, &in->rows[i]);
	qsort(in->rows, in->count, sizeof(*in->rows), compare_rows);
	for (size_t i = 1; i < in->count && s == STATUS_OK; i++)
		s = check_pair(in, &in->rows[i - 1], &in->rows[i]);
	return s;
}

static enum status record(struct hub *hub, struct importing *in)
{
	struct hub_transaction t;
	struct bytes body = bytes_new(LIMIT_ACT);
	enum status s = hub_begin(hub, &t);
	if (s != STATUS_OK)
		return s;
	in->registry = hub->registry;
	s = check(in);
	cbor_put_array(&body, in->count);
	for (size_t i = 0; i < in->count && s == STATUS_OK; i++) {
		struct succession_row row = {.old = slice_str(in->rows[i].old),
					     .heir = slice_str(in->rows[i].heir),
					     .from = in->rows[i].from,
					     .kind = in->rows[i].kind};
		act_succession_put(&body, &row);
	}
	if (s == STATUS_OK)
		s = bytes_status(&body);
	if (s == STATUS_OK)
		s = act_record(hub, ACT_SUCCESSION, in->plan->who, bytes_slice(&body));
	s = hub_end(&t, s);
	bytes_free(&body);
	return s;
}

enum status succession_import(struct hub *hub, const struct succession_plan *plan, struct units_count *ret_count,
			      struct units_fault *ret_fault)
{
	struct importing in = {.plan = plan};
	struct reader_report report;
	for (size_t c = 0; c < N_COLS; c++)
		in.cells[c] = bytes_new(LIMIT_LINE);
	enum status s = reader_run(FORMAT_CSV, read_bytes, plan->file, take_row, &in, &report);
	if (s == STATUS_REFUSED && in.fault.reason == NULL)
		in.fault.reason = report.reason == NULL ? "not-utf-8" : report.reason;
	if (s == STATUS_OK)
		s = record(hub, &in);
	if (s == STATUS_OK)
		*ret_count = (struct units_count){.taken = (int64_t)in.count, .left_out = in.left_out};
	*ret_fault = in.fault;
	for (size_t c = 0; c < N_COLS; c++)
		bytes_free(&in.cells[c]);
	free(in.rows);
	return s;
}
