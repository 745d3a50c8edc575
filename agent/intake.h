/*
 * Rows of a table become changes in the queue. Streamed in bounded memory and committed every INTAKE_COMMIT rows,
 * so that other processes get their turn; taking the same file in again finds everything unchanged. A row that
 * cannot be taken goes to `rejected` with its recognised columns (L15) and stops nothing else (L10).
 */
#ifndef MOTCUA_AGENT_INTAKE_H
#define MOTCUA_AGENT_INTAKE_H

#include "agent/agent.h"
#include "protocol/tables/column_map.h"
#include "protocol/tables/reader.h"

enum { INTAKE_COMMIT = 1000, INTAKE_NAMES = 64 };

struct intake_report {
	int64_t import; /* number of the import, 0 for a dry run */
	int64_t read;   /* rows */
	int64_t queued; /* rows that brought something new */
	int64_t unchanged;
	int64_t rejected;
	int64_t on_void;  /* rows that concern things which are taken back */
	size_t n_ignored; /* columns no field knows; at most INTAKE_NAMES are remembered */
	char *ignored[INTAKE_NAMES];
	const char *reason; /* why the table as a whole was refused (a word of reader.h or foreign_table.h), NULL if
			       it was read */
	char column[LIMIT_NAME + 1];
	struct reader_report
		table; /* where the header stood, in which sheet, and what was passed over as no record */
};
/* All that was passed over. */
int64_t intake_skipped(const struct intake_report *report);
/* Frees the names. */
void intake_report_clear(struct intake_report *report);

struct intake_options {
	enum table_format format;
	int64_t changed_at; /* assumed for rows without a time (a listing); TIME_UNSET: the present, which counts as
			       stated */
	const struct column_map *map; /* what headings mean; NULL: by the record table alone; borrowed */
	bool dry_run;                 /* counts and rolls back; other writers wait meanwhile */
	const char *name;             /* of the source, for `rejected`; no folders */
	/* Called at every commit and for every refused row (name empty: no column), may be NULL. */
	void (*progress)(void *context, const struct intake_report *so_far);
	void (*refused)(void *context, int64_t line, struct slice name, const char *reason);
	bool (*stopped)(
		void *context); /* asked at every commit; true ends it there with STATUS_STOPPED; may be NULL */
	void *context;
};

/*
 * Takes a source in. STATUS_OK also if rows were refused (the report counts them); STATUS_REFUSED with
 * report->reason if the table as a whole is not readable. After another failure what was committed stays, and
 * taking the source in again completes it. The report is filled in any case; clear it.
 */
MUST_CHECK enum status intake_run(const struct agent *agent, const struct intake_options *options,
				  reader_source source, void *source_context, struct intake_report *ret_report);

/*
 * As intake_run for a file by its path; "-" is standard input. Unless options state a time, rows without one are
 * dated by the file's modification time, those of standard input by the present. STATUS_EMPTY: no such file;
 * STATUS_REFUSED with reason "not-a-file"; STATUS_BUSY: somebody wrote to it meanwhile, its last rows are not
 * taken; STATUS_PERMISSION, STATUS_DISK.
 */
MUST_CHECK enum status intake_file(const struct agent *agent, const char *path,
				   const struct intake_options *options, struct intake_report *ret_report);

/* As intake_file for a file that is open; options->name says what it is called. The descriptor stays the caller's.
 */
MUST_CHECK enum status intake_descriptor(const struct agent *agent, int fd, const struct intake_options *options,
					 struct intake_report *ret_report);

/*
 * One record given by hand: cells named as columns, texts as typed. A dossier without a code gets a provisional
 * one. STATUS_REFUSED with *ret_fault and *ret_cell (index of the offending cell, n_cells: none). On success the
 * key is put into out_key (cleared first).
 */
MUST_CHECK enum status intake_add(const struct agent *agent, enum kind kind, const struct row *row,
				  struct bytes *out_key, enum row_fault *ret_fault, size_t *ret_cell);

#endif
