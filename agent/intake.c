#include "agent/intake.h"

#include <stdlib.h>
#include <string.h>

#include "agent/queue.h"
#include "agent/rejected.h"
#include "config/foreign_table.h"

enum { SCRATCH_BYTES = 4 * LIMIT_LINE, RECORD_BYTES = 2 * LIMIT_LINE };

struct intake {
	const struct agent *agent;
	const struct intake_options *options;
	struct row_defaults defaults;
	int64_t rows_open; /* since the last commit */
	bool is_open;      /* a transaction */
	int64_t hub_time;  /* as it has it */
	struct bytes scratch;
	bool unknown[LIMIT_COLUMNS];
	struct row mapped; /* the row under the names of the record table, where there is a map */
	struct intake_report *report;
};

void intake_report_clear(struct intake_report *report)
{
	if (report == NULL)
		return;
	for (size_t i = 0; i < report->n_ignored; i++)
		free(report->ignored[i]);
	report->n_ignored = 0;
}

int64_t intake_skipped(const struct intake_report *report)
{
	int64_t sum = 0;
	for (size_t i = 0; i < SKIPPED_COUNT; i++)
		sum += report->table.skipped[i];
	return sum;
}

static enum status begin(struct intake *in)
{
	enum status s = database_begin(in->agent->db);
	in->is_open = s == STATUS_OK;
	return s == STATUS_OK ? agent_hub_time(in->agent, &in->hub_time) : s;
}

static enum status begin_import(struct intake *in)
{
	if (in->options->dry_run)
		return STATUS_OK;
	struct query q = query_start(in->agent->db, "INSERT INTO import (file, started_at) VALUES (?1, ?2)");
	query_str(&q, 1, in->options->name);
	query_int(&q, 2, agent_now(in->agent));
	enum status s = query_run(&q);
	if (s == STATUS_OK)
		in->report->import = database_last_id(in->agent->db);
	return s;
}

static enum status update_import(struct intake *in, bool finished)
{
	const struct intake_report *r = in->report;
	struct query q = query_start(in->agent->db, "UPDATE import SET read = ?2, queued = ?3, unchanged = ?4,"
						    " rejected = ?5, finished_at = ?6 WHERE id = ?1");
	query_int(&q, 1, r->import);
	query_int(&q, 2, r->read);
	query_int(&q, 3, r->queued);
	query_int(&q, 4, r->unchanged);
	query_int(&q, 5, r->rejected);
	if (finished)
		query_int(&q, 6, agent_now(in->agent));
	else
		query_null(&q, 6);
	return query_run(&q);
}

static enum status commit(struct intake *in, bool finished)
{
	in->is_open = false;
	in->rows_open = 0;
	if (in->options->dry_run) {
		database_rollback(in->agent->db);
		return STATUS_OK;
	}
	enum status s = update_import(in, finished);
	return database_end(in->agent->db, s);
}

/* Others get their turn; a dry run compares the whole file and keeps it all in one transaction, to be rolled back.
 */
static enum status pause_here(struct intake *in)
{
	in->rows_open = 0;
	return in->options->dry_run ? STATUS_OK : commit(in, false);
}

static enum status remember_ignored(struct intake_report *report, struct slice name)
{
	for (size_t i = 0; i < report->n_ignored; i++) {
		if (slice_equal(slice_str(report->ignored[i]), name))
			return STATUS_OK;
	}
	if (report->n_ignored == INTAKE_NAMES)
		return STATUS_OK;
	char *copy = malloc(name.len + 1);
	if (copy == NULL)
		return STATUS_NO_MEMORY;
	memcpy(copy, name.data, name.len);
	copy[name.len] = '\0';
	report->ignored[report->n_ignored++] = copy;
	return STATUS_OK;
}

static enum status note_ignored(struct intake *in, const struct row *row)
{
	enum status s = STATUS_OK;
	for (size_t i = 0; s == STATUS_OK && i < row->n_cells; i++) {
		if (in->unknown[i] && row->cells[i].name.len > 0)
			s = remember_ignored(in->report, row->cells[i].name);
	}
	return s;
}

/* A column's name as it stands in the reason of a refusal: only one that the record table knows. */
static struct slice fault_name(const struct intake *in, const struct row *row, const struct row_result *result)
{
	bool known = result->column < row->n_cells && !in->unknown[result->column] &&
		     row->cells[result->column].name.len <= LIMIT_TEXT;
	return known ? row->cells[result->column].name : slice_str("");
}

static enum status refuse_row(struct intake *in, const struct row *row, const struct row_result *result,
			      bool readable)
{
	in->report->rejected++;
	struct bytes record = bytes_new(RECORD_BYTES);
	struct rejection r = {
		.at = agent_now(in->agent),
		.import = in->report->import,
		.file = in->options->name,
		.line = row->line,
		.name = fault_name(in, row, result),
		.reason = row_fault_name(result->fault),
	};
	if (in->options->refused != NULL)
		in->options->refused(in->options->context, row->line, r.name, r.reason);
	if (readable)
		row_recognised_json(in->options->map == NULL ? row : &in->mapped, &in->defaults, &record);
	else
		bytes_put_str(&record, "{}");
	enum status s = bytes_status(&record);
	if (s == STATUS_LIMIT) {
		bytes_clear(&record);
		s = STATUS_OK;
	}
	r.record = bytes_slice(&record);
	if (s == STATUS_OK && !in->options->dry_run)
		s = rejected_put(in->agent->db, &r);
	bytes_free(&record);
	return s;
}

/* Adds what becomes of one change of a row to what became of the row. */
static enum status queue_change(struct intake *in, const struct change *c, bool time_assumed,
				struct queue_outcome *outcome)
{
	bool present = in->defaults.stated && time_assumed;
	const struct queue_source source = {
		.import = in->report->import, .time_is_now = present, .hub_time = &in->hub_time};
	struct queue_outcome one = {.queued = false};
	if (c->kind == KIND_NONE)
		return STATUS_OK;
	enum status s = queue_put(in->agent, &source, c, &one);
	outcome->queued = outcome->queued || one.queued;
	outcome->on_void = outcome->on_void || one.on_void;
	return s;
}

/* meant is the row as the map reads it; people are told the names as they stood. */
static enum status take_row(struct intake *in, const struct row *row, const struct row *meant)
{
	struct change first;
	struct change second;
	struct row_result result = {.fault = ROW_OK};
	enum status s = row_change(meant, &in->defaults, &in->scratch, &first, &second, in->unknown, &result);
	if (s != STATUS_OK && s != STATUS_REFUSED)
		return s;
	enum status noted = note_ignored(in, row);
	if (noted != STATUS_OK)
		return noted;
	if (s == STATUS_REFUSED)
		return refuse_row(in, row, &result, true);
	struct queue_outcome outcome = {.queued = false};
	s = queue_change(in, &first, result.time_assumed, &outcome);
	if (s == STATUS_OK)
		s = queue_change(in, &second, result.time_assumed, &outcome);
	if (s != STATUS_OK)
		return s;
	in->report->queued += outcome.queued;
	in->report->unchanged += !outcome.queued;
	in->report->on_void += outcome.on_void;
	return STATUS_OK;
}

static enum status read_row(struct intake *in, const struct row *row)
{
	const struct row *meant = row;
	enum status s = STATUS_OK;
	if (in->options->map != NULL) {
		s = column_map_apply(in->options->map, row, &in->mapped);
		meant = &in->mapped;
	}
	return s == STATUS_OK ? take_row(in, row, meant) : s;
}

static enum status on_row(void *context, const struct row *row, enum row_fault fault)
{
	struct intake *in = context;
	enum status s = in->is_open ? STATUS_OK : begin(in);
	if (s != STATUS_OK)
		return s;
	in->report->read++;
	const struct row_result unread = {.fault = fault, .column = row->n_cells};
	s = fault == ROW_OK ? read_row(in, row) : refuse_row(in, row, &unread, false);
	if (s == STATUS_OK && ++in->rows_open >= INTAKE_COMMIT) {
		s = pause_here(in);
		if (s == STATUS_OK && in->options->progress != NULL)
			in->options->progress(in->options->context, in->report);
		if (s == STATUS_OK && in->options->stopped != NULL && in->options->stopped(in->options->context))
			s = STATUS_STOPPED;
	}
	return s;
}

static enum status run(struct intake *in, reader_source source, void *source_context)
{
	enum status s = begin(in);
	if (s == STATUS_OK)
		s = begin_import(in);
	if (s != STATUS_OK)
		return s;
	const struct column_map *map = in->options->map;
	struct reader_form form = {.format = in->options->format, .search = true, .map = map};
	form.separator = map == NULL ? '\0' : column_map_separator(map);
	struct reader_report *table = &in->report->table;
	s = foreign_table_run(form, NULL, source, source_context, on_row, in, table);
	in->report->reason = s == STATUS_REFUSED ? table->reason : NULL;
	if (s == STATUS_REFUSED)
		memcpy(in->report->column, table->column, sizeof(in->report->column));
	if (s != STATUS_OK)
		return s;
	if (!in->is_open)
		s = begin(in);
	return s == STATUS_OK ? commit(in, true) : s;
}

enum status intake_run(const struct agent *a, const struct intake_options *options, reader_source source,
		       void *source_context, struct intake_report *ret_report)
{
	*ret_report = (struct intake_report){0};
	struct intake *in = calloc(1, sizeof(*in));
	if (in == NULL)
		return STATUS_NO_MEMORY;
	in->agent = a;
	in->options = options;
	in->report = ret_report;
	in->scratch = bytes_new(SCRATCH_BYTES);
	in->defaults = (struct row_defaults){
		.kind = options->map == NULL ? KIND_NONE : column_map_kind(options->map),
		.changed_at = options->changed_at,
		.stated = options->changed_at == TIME_UNSET,
		.unit = slice_str(a->unit),
		.memory = row_memory_new(),
	};
	enum status s = in->defaults.memory == NULL ? STATUS_NO_MEMORY : agent_keep_reserve(a);
	if (s == STATUS_OK && in->defaults.stated)
		s = agent_record_time(a, &in->defaults.changed_at);
	database_keep_pages(a->db, DATABASE_BUSY_KIB);
	if (s == STATUS_OK)
		s = run(in, source, source_context);
	if (in->is_open)
		database_rollback(a->db);
	database_keep_pages(a->db, DATABASE_IDLE_KIB);
	bytes_free(&in->scratch);
	row_memory_free(in->defaults.memory);
	free(in);
	return s;
}
