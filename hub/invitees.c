#include "hub/invitees.h"

#include <stdlib.h>
#include <string.h>

#include "protocol/tables/reader.h"
#include "protocol/tables/text.h"

enum { IGNORED_MAX = 4096, FIRST_ROOM = 256 };

static const char COLUMN[] = "code";

struct reading {
	const struct registry *registry;
	struct invitees *into;
	size_t room;
	bool *seen;          /* by the registry's index */
	size_t widest;       /* cells of the row the columns were learnt from */
	bool found;          /* the column */
	struct bytes before; /* int64_t: rows too short to have it, before it was found */
	struct bytes code;
	invitee_refused refused;
	void *context;
};

static void note_ignored(struct bytes *ignored, struct slice name)
{
	if (ignored->len > 0)
		bytes_put_str(ignored, ", ");
	bytes_put(ignored, name.data, name.len);
}

/* A row has the cells up to its own end: the longest one names all columns. */
static enum status learn_columns(struct reading *r, const struct row *row)
{
	r->widest = row->n_cells;
	bytes_clear(&r->into->ignored);
	for (size_t i = 0; i < row->n_cells; i++) {
		if (slice_equal(row->cells[i].name, slice_str(COLUMN)))
			r->found = true;
		else
			note_ignored(&r->into->ignored, row->cells[i].name);
	}
	return bytes_status(&r->into->ignored);
}

static enum status take_short(struct reading *r, int64_t row)
{
	if (r->found) {
		r->refused(r->context, row, "unit-no-code");
		return STATUS_OK;
	}
	bytes_put(&r->before, &row, sizeof(row));
	return bytes_status(&r->before);
}

/* Where the column is nowhere, that is said once. */
static enum status finish(struct reading *r)
{
	if (!r->found) {
		r->into->reason = "unit-no-code";
		return STATUS_REFUSED;
	}
	for (size_t at = 0; at < r->before.len; at += sizeof(int64_t)) {
		int64_t row = 0;
		memcpy(&row, r->before.data + at, sizeof(row));
		r->refused(r->context, row, "unit-no-code");
	}
	return STATUS_OK;
}

static enum status keep(struct reading *r, int unit, int64_t row)
{
	struct invitees *in = r->into;
	if (in->count == r->room) {
		size_t room = r->room == 0 ? FIRST_ROOM : 2 * r->room;
		struct invitee *grown = realloc(in->list, room * sizeof(*grown));
		if (grown == NULL)
			return STATUS_NO_MEMORY;
		in->list = grown;
		r->room = room;
	}
	struct invitee *one = &in->list[in->count++];
	*one = (struct invitee){.row = row};
	memcpy(one->unit, registry_unit(r->registry, unit)->code, sizeof(one->unit));
	r->seen[unit] = true;
	return STATUS_OK;
}

static enum status take_code(struct reading *r, const struct row *row, const struct cell *cell)
{
	const char *reason = NULL;
	int unit = UNIT_NONE;
	bytes_clear(&r->code);
	enum status s = cell->type == CELL_TEXT ? text_normal(cell->text, &r->code) : STATUS_OK;
	if (s == STATUS_NO_MEMORY)
		return s;
	struct slice code = bytes_slice(&r->code);
	if (s == STATUS_OK && schema_unit_ok((const char *)code.data, code.len))
		unit = registry_find_unit(r->registry, code);
	else
		reason = s == STATUS_OK && code.len == 0 ? "unit-no-code" : "unit-code";
	if (reason == NULL && unit == UNIT_NONE)
		reason = "unknown-unit";
	else if (reason == NULL && r->seen[unit])
		reason = "unit-twice";
	else if (reason == NULL && r->into->count == INVITEES_MAX)
		reason = "unit-too-many";
	if (reason == NULL)
		return keep(r, unit, row->line);
	r->refused(r->context, row->line, reason);
	return STATUS_OK;
}

static enum status take_row(void *context, const struct row *row, enum row_fault fault)
{
	struct reading *r = context;
	if (fault != ROW_OK) {
		r->refused(r->context, row->line, row_fault_name(fault));
		return STATUS_OK;
	}
	enum status s = row->n_cells > r->widest ? learn_columns(r, row) : STATUS_OK;
	for (size_t i = 0; i < row->n_cells && s == STATUS_OK; i++)
		if (slice_equal(row->cells[i].name, slice_str(COLUMN)))
			return take_code(r, row, &row->cells[i]);
	return s == STATUS_OK ? take_short(r, row->line) : s;
}

static enum status read_bytes(void *context, void *buf, size_t len, size_t *ret_len)
{
	FILE *file = context;
	*ret_len = fread(buf, 1, len, file);
	return ferror(file) ? STATUS_DISK : STATUS_OK;
}

enum status invitees_read(const struct registry *registry, FILE *file, invitee_refused refused, void *context,
			  struct invitees *ret_invitees)
{
	struct reader_report report = {0};
	*ret_invitees = (struct invitees){.ignored = bytes_new(IGNORED_MAX)};
	struct reading r = {.registry = registry,
			    .into = ret_invitees,
			    .seen = calloc((size_t)registry_unit_count(registry) + 1, sizeof(bool)),
			    .before = bytes_new(INVITEES_MAX * sizeof(int64_t)),
			    .code = bytes_new(LIMIT_LINE),
			    .refused = refused,
			    .context = context};
	enum status s = r.seen == NULL ? STATUS_NO_MEMORY : STATUS_OK;
	if (s == STATUS_OK)
		s = reader_run(FORMAT_CSV, read_bytes, file, take_row, &r, &report);
	if (s == STATUS_REFUSED && ret_invitees->reason == NULL)
		ret_invitees->reason = report.reason == NULL ? "not-utf-8" : report.reason;
	if (s == STATUS_OK && report.rows == 0) {
		ret_invitees->reason = "empty";
		s = STATUS_REFUSED;
	}
	if (s == STATUS_OK)
		s = finish(&r);
	bytes_free(&r.before);
	bytes_free(&r.code);
	free(r.seen);
	return s;
}

void invitees_free(struct invitees *invitees)
{
	free(invitees->list);
	bytes_free(&invitees->ignored);
}
