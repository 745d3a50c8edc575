#include "hub/foreign_list.h"

#include <stdlib.h>
#include <string.h>

#include "hub/foreign_file.h"
#include "protocol/tables/row_columns.h"

/* What is kept of a row. */
static const enum field KEPT[] = {
	FIELD_UNIT,        FIELD_DECIDED_BY,   FIELD_CHANNEL,         FIELD_STATUS,
	FIELD_STATUS_AT,   FIELD_SUBMITTED_AT, FIELD_RECEIVED_AT,     FIELD_FINISHED_AT,
	FIELD_RETURNED_AT, FIELD_DUE_AT,       FIELD_INPUT_DIGITISED, FIELD_RESULT_DIGITISED,
	FIELD_FEE,         FIELD_PAID,         FIELD_RATING,          FIELD_LINKED_TO,
};

/* Dates of what has happened. */
static const enum field PAST[] = {FIELD_SUBMITTED_AT, FIELD_RECEIVED_AT, FIELD_FINISHED_AT, FIELD_RETURNED_AT,
				  FIELD_STATUS_AT};

enum { SCRATCH_BYTES = 4 * LIMIT_LINE, RECORD_BYTES = 4096 };

struct listing {
	struct database *scratch;
	const struct column_map *map;
	const struct registry *registry;
	int32_t today;
	struct foreign_report *report;
	uint64_t stated;
	bool unit_known; /* by any row */
	struct bytes text;
	struct bytes record;
	struct row mapped; /* as the map reads it */
	struct row trial;  /* without the cells that cannot be read */
	struct row_columns columns;
};

static uint64_t bit_of(enum field field)
{
	return UINT64_C(1) << field;
}

static void note(struct listing *l, int64_t line, enum field field, const char *reason)
{
	*(field == FIELD_COUNT ? &l->report->refused : &l->report->unread) += 1;
	if (l->report->n_faults < FOREIGN_UNREAD_KEPT)
		l->report->faults[l->report->n_faults++] =
			(struct foreign_fault){.line = line, .reason = reason, .field = field};
}

/* A row that states nothing but its code states that it is there. */
static bool state_presence(struct row *row)
{
	if (row->n_cells == LIMIT_COLUMNS)
		return false;
	row->cells[row->n_cells++] = (struct cell){.name = slice_str("void"), .type = CELL_BOOL};
	return true;
}

/* Leaves a cell out of the trial that cannot be read. STATUS_REFUSED if the row cannot be taken without it. */
static enum status leave_out(struct listing *l, const struct row_result *result, uint64_t *unread)
{
	size_t i = result->column;
	if (result->fault == ROW_NOTHING)
		return state_presence(&l->trial) ? STATUS_OK : STATUS_REFUSED;
	if (i >= l->trial.n_cells || l->trial.cells[i].type == CELL_EMPTY)
		return STATUS_REFUSED;
	enum status s = row_columns_find(&l->trial, KIND_DOSSIER, NULL, &l->columns);
	enum column_role role = (enum column_role)l->columns.role[i];
	if (s != STATUS_OK)
		return s;
	if (role != COLUMN_FIELD && role != COLUMN_CHANGED_AT && role != COLUMN_REPLACES)
		return STATUS_REFUSED;
	l->trial.cells[i].type = CELL_EMPTY;
	if (role != COLUMN_FIELD)
		return STATUS_OK;
	enum field field = (enum field)l->columns.field[i];
	/* Many lists name units by their names: such a list says nothing of units, and nothing is wrong with it. */
	if (field == FIELD_UNIT || field == FIELD_DECIDED_BY)
		return STATUS_OK;
	*unread |= bit_of(field);
	note(l, l->trial.line, field, row_fault_name(result->fault));
	return STATUS_OK;
}

/* STATUS_REFUSED: nothing of the row is of use, and that is noted. */
static enum status understand(struct listing *l, const struct row *row, struct change *ret_change,
			      uint64_t *ret_unread)
{
	struct row_defaults defaults = {.kind = KIND_DOSSIER, .changed_at = TIME_MIN};
	struct change second;
	*ret_unread = 0;
	l->trial.line = row->line;
	l->trial.n_cells = row->n_cells;
	memcpy(l->trial.cells, row->cells, row->n_cells * sizeof(row->cells[0]));
	enum status s = STATUS_OK;
	while (s == STATUS_OK) {
		struct row_result result = {.fault = ROW_OK};
		s = row_change(&l->trial, &defaults, &l->text, ret_change, &second, NULL, &result);
		if (s != STATUS_REFUSED)
			return s;
		s = leave_out(l, &result, ret_unread);
		if (s == STATUS_REFUSED)
			note(l, row->line, FIELD_COUNT, row_fault_name(result.fault));
	}
	return s;
}

static int64_t number_of(const struct change *c, enum field field)
{
	const struct value *v = &c->fields[field];
	return v->state == VALUE_NUMBER ? v->number : TIME_UNSET;
}

/* What no dossier can have happened at; both ends of what is the wrong way round. */
static uint64_t wrong_dates(const struct change *c, int32_t today)
{
	uint64_t wrong = 0;
	int32_t received = date_of(number_of(c, FIELD_RECEIVED_AT));
	for (size_t i = 0; i < sizeof(PAST) / sizeof(PAST[0]); i++) {
		int32_t day = date_of(number_of(c, PAST[i]));
		if (day != DAY_UNSET && (day > today || day < FOREIGN_FIRST_DAY))
			wrong |= bit_of(PAST[i]);
	}
	const enum field ends[] = {FIELD_FINISHED_AT, FIELD_RETURNED_AT};
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		int32_t end = date_of(number_of(c, ends[i]));
		if (end != DAY_UNSET && received != DAY_UNSET && end < received)
			wrong |= bit_of(ends[i]) | bit_of(FIELD_RECEIVED_AT);
	}
	return wrong;
}

static uint64_t stated_fields(const struct change *c)
{
	return change_mask(c) & ~change_nulls(c);
}

static enum status keep(struct listing *l, const struct change *c, uint64_t unread)
{
	struct change kept = change_new(KIND_DOSSIER);
	kept.key = c->key;
	kept.changed_at = c->changed_at;
	kept.time_stated = c->time_stated;
	for (size_t i = 0; i < sizeof(KEPT) / sizeof(KEPT[0]); i++)
		kept.fields[KEPT[i]] = c->fields[KEPT[i]];
	change_set_number(&kept, FIELD_VOID, 0); /* a change states something */
	bytes_clear(&l->record);
	change_encode(&kept, &l->record);
	enum status s = bytes_status(&l->record);
	if (s != STATUS_OK)
		return s;
	struct query q = query_start(l->scratch, "INSERT INTO foreign_row (code, n, unread, record)"
						 " VALUES (?1, ?2, ?3, ?4)");
	query_text(&q, 1, kept.key);
	query_int(&q, 2, l->report->rows);
	query_int(&q, 3, (int64_t)unread);
	query_blob(&q, 4, bytes_slice(&l->record));
	return query_run(&q);
}

static enum status take(struct listing *l, const struct row *row)
{
	struct change c;
	uint64_t unread = 0;
	enum status s = understand(l, row, &c, &unread);
	if (s != STATUS_OK)
		return s == STATUS_REFUSED ? STATUS_OK : s;
	if (c.kind != KIND_DOSSIER) {
		l->report->others++;
		return STATUS_OK;
	}
	if (number_of(&c, FIELD_VOID) == 1 || c.fields[FIELD_REPLACED_BY].state == VALUE_TEXT) {
		l->report->taken_back++;
		return STATUS_OK;
	}
	uint64_t wrong = wrong_dates(&c, l->today);
	for (enum field field = 0; field < FIELD_COUNT; field++)
		if ((wrong & bit_of(field)) != 0)
			note(l, row->line, field, "wrong-date");
	l->report->rows++;
	l->stated |= stated_fields(&c) | unread;
	if (c.fields[FIELD_UNIT].state == VALUE_TEXT)
		l->unit_known =
			l->unit_known || registry_find_unit(l->registry, c.fields[FIELD_UNIT].text) != UNIT_NONE;
	return keep(l, &c, unread | wrong);
}

static enum status on_row(void *context, const struct row *row, enum row_fault fault)
{
	struct listing *l = context;
	if (fault != ROW_OK) {
		note(l, row->line, FIELD_COUNT, row_fault_name(fault));
		return STATUS_OK;
	}
	if (l->map == NULL)
		return take(l, row);
	enum status s = column_map_apply(l->map, row, &l->mapped);
	return s == STATUS_OK ? take(l, &l->mapped) : s;
}

/* What must be there for a list to be counted at all. An empty list is a list. */
static enum status judge(struct listing *l)
{
	struct foreign_report *report = l->report;
	uint64_t all = schema_mask(KIND_DOSSIER);
	report->silent = all & ~l->stated;
	if (!l->unit_known)
		report->silent |= bit_of(FIELD_UNIT);
	if (report->rows == 0 && report->refused > 0)
		report->reason = "header-unknown";
	else if (report->rows > 0 && (report->silent & bit_of(FIELD_RECEIVED_AT)) != 0)
		report->reason = "no-receipt-dates";
	return report->reason == NULL ? STATUS_OK : STATUS_REFUSED;
}

static enum status read_all(struct listing *l, const char *path)
{
	struct reader_report table = {0};
	struct reader_form form = {.format = FORMAT_AUTO, .search = true, .map = l->map};
	form.separator = l->map == NULL ? '\0' : column_map_separator(l->map);
	enum status s = database_begin(l->scratch);
	if (s != STATUS_OK)
		return s;
	s = database_end(l->scratch, foreign_file_rows(path, form, on_row, l, &table));
	if (s != STATUS_REFUSED)
		return s == STATUS_OK ? judge(l) : s;
	l->report->reason = table.reason == NULL ? "not-utf-8" : table.reason;
	memcpy(l->report->column, table.column, sizeof(table.column));
	return s;
}

enum status foreign_list_read(struct database *scratch, const char *path, const struct column_map *map,
			      const struct registry *r, int32_t today, struct foreign_report *ret_report)
{
	*ret_report = (struct foreign_report){0};
	struct listing *l = calloc(1, sizeof(*l));
	if (l == NULL)
		return STATUS_NO_MEMORY;
	l->scratch = scratch;
	l->map = map;
	l->registry = r;
	l->today = today;
	l->report = ret_report;
	l->text = bytes_new(SCRATCH_BYTES);
	l->record = bytes_new(RECORD_BYTES);
	enum status s = read_all(l, path);
	bytes_free(&l->record);
	bytes_free(&l->text);
	free(l);
	return s;
}
