#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/intake.h"
#include "sim.h"

enum { CELLS = 24, CELL_LEN = 64, ROWS = 15, IMPORT_BYTES = 32 * 1024, DOSSIERS_A_DAY = 6, ASSETS = 20 };

struct typed {
	enum kind kind;
	struct said said;
	struct row row;
	char text[CELLS][CELL_LEN];
};

/* What several offices write about. */
static const char *const codes[] = {"H01-1", "H01-2", "H01-3", "H01-4", "H01-5", "H01-6", "H01-7", "H01-8"};
/* The last is in no list at first, then sometimes in the province's, see world.c; the one before never. */
static const char *const units[] = {"01",    "018",   "019",   "01800", "01801", "01803",
				    "01804", "99999", "01890", "01900", "01901"};
static const char *const statuses[] = {"submitted", "accepted", "refused", "in_progress", "need_docs",
				       "withdrawn", "stopped",  "done",    "returned"};
static const char *const channels[] = {"counter", "online", "postal"};
static const char *const ratings[] = {"1", "3", "5"};
static const char *const flags[] = {"true", "false"};
static const char *const states[] = {"ordered", "installed", "in_use", "retired"};
static const char *const conditions[] = {"ok", "faulty", "repair"};
static const char *const names[] = {"cccd", "ho-ngheo"};
static const char *const periods[] = {"2026", "2026-03", "2026-Q1", "2026-04", "2026-05", "2026-Q2", "2026-H1"};
#define ANY(sim, list) ((list)[sim_index(sim, sizeof(list) / sizeof((list)[0]))])

static void put(struct typed *t, const char *name, const char *format, ...) PRINTF_LIKE(3, 4);
static void put(struct typed *t, const char *name, const char *format, ...)
{
	char *text = t->text[t->row.n_cells];
	va_list args;
	va_start(args, format);
	(void)vsnprintf(text, CELL_LEN, format, args); /* nothing here is longer */
	va_end(args);
	t->row.cells[t->row.n_cells++] =
		(struct cell){.name = slice_str(name), .type = CELL_TEXT, .text = slice_str(text)};
}

/* A field is stated one time in three, and then sometimes cleared. */
static bool maybe(struct sim *sim, struct typed *t, const char *name, const char *word)
{
	if (sim_pick(sim, 3) != 0)
		return false;
	bool clear = sim_pick(sim, 7) == 0;
	put(t, name, "%s", word);
	if (clear)
		t->row.cells[t->row.n_cells - 1].type = CELL_NULL;
	t->said.n_fields++;
	return !clear;
}

/* Long ago, far ahead, the same instant as others, about as far ahead as a clock may be, or of these days. */
static int64_t some_time(struct sim *sim, int64_t now)
{
	switch (sim_pick(sim, 9)) {
	case 0:
		return TIME_MIN + sim_pick(sim, 1000) * DAY_MS;
	case 1:
		return TIME_MAX - sim_pick(sim, 1000);
	case 2:
		return now + sim_pick(sim, 500) * DAY_MS;
	case 3:
	case 4:
		return SIM_START + sim_pick(sim, 3) * HOUR_MS;
	case 5:
		return now + sim_pick(sim, 20 * MINUTE_MS);
	default:
		return now - sim_pick(sim, 200) * HOUR_MS;
	}
}

/* Mostly a dossier of these days, a month old at most; sometimes one that others have too. */
static void some_key(struct sim *sim, int party, enum kind kind, char out[static CODE_LEN])
{
	int64_t day = (sim->now - SIM_START) / DAY_MS - sim_pick(sim, 1 + sim_pick(sim, 30));
	if (sim_pick(sim, 20) == 0)
		(void)snprintf(out, CODE_LEN, "%s", kind == KIND_DOSSIER ? ANY(sim, codes) : "TS-1");
	else if (kind == KIND_DOSSIER)
		(void)snprintf(out, CODE_LEN, "H%d-%d", sim->parties[party].like,
			       (int)((day < 0 ? 0 : day) * DOSSIERS_A_DAY + sim_pick(sim, DOSSIERS_A_DAY)));
	else
		(void)snprintf(out, CODE_LEN, "TS-%d-%d", sim->parties[party].like, (int)sim_pick(sim, ASSETS));
}

static const char *some_unit(struct sim *sim, const char *own_unit)
{
	return sim_pick(sim, 2) == 0 ? own_unit : ANY(sim, units);
}

static void type_dossier(struct sim *sim, struct typed *t, const char *own_unit, int64_t now)
{
	static const char *const times[] = {"submitted_at", "received_at", "finished_at", "returned_at", "due_at"};
	char at[INSTANT_TEXT];
	put(t, "fee", "%d", sim->n_said);
	(void)maybe(sim, t, "unit", some_unit(sim, own_unit));
	(void)maybe(sim, t, "decided_by", some_unit(sim, own_unit));
	(void)maybe(sim, t, "channel", ANY(sim, channels));
	(void)maybe(sim, t, "rating", ANY(sim, ratings));
	(void)maybe(sim, t, "void", flags[sim_pick(sim, 4) != 0]);
	if (sim_pick(sim, 5) == 0)
		(void)maybe(sim, t, "replaced_by", ANY(sim, codes)); /* any of the shared ones */
	if (maybe(sim, t, "status", ANY(sim, statuses)) && sim_pick(sim, 2) == 0) {
		put(t, "status_at", "%s", time_format(some_time(sim, now), at));
		t->said.n_fields++;
	}
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		(void)maybe(sim, t, times[i], time_format(some_time(sim, now), at));
}

static void type_equipment(struct sim *sim, struct typed *t, const char *own_unit, int64_t now)
{
	char day[DATE_TEXT];
	put(t, "model", "m%d", sim->n_said);
	(void)maybe(sim, t, "unit", some_unit(sim, own_unit));
	(void)maybe(sim, t, "state", ANY(sim, states));
	(void)maybe(sim, t, "condition", ANY(sim, conditions));
	(void)maybe(sim, t, "void", flags[sim_pick(sim, 4) != 0]);
	(void)maybe(sim, t, "in_use_on", date_format(date_of(some_time(sim, now)), day));
}

/* An indicator's unit is part of its key. */
static void type_indicator(struct sim *sim, struct typed *t, const char *own_unit)
{
	const char *unit = some_unit(sim, own_unit);
	const char *name = ANY(sim, names);
	const char *period = ANY(sim, periods);
	put(t, "name", "%s", name);
	put(t, "period", "%s", period);
	if (unit != own_unit)
		put(t, "unit", "%s", unit);
	put(t, "of", "%d", sim->n_said);
	(void)maybe(sim, t, "value", "17");
	(void)snprintf(t->said.key, sizeof(t->said.key), "%s|%s|%s", unit, period, name);
}

/* A record with a mark of its own, which no other has; stated: it says when. */
static void type_row(struct sim *sim, int party, bool stated, struct typed *t)
{
	const struct agent *agent = sim->parties[party].agent;
	int64_t now = agent_now(agent);
	char at[INSTANT_TEXT];
	char key[CODE_LEN];
	int64_t dice = sim_pick(sim, 20);
	t->kind = dice < 17 ? KIND_DOSSIER : dice < 19 ? KIND_EQUIPMENT : KIND_INDICATOR;
	t->row.n_cells = 0;
	t->said = (struct said){.party = party, .changed_at = TIME_UNSET, .n_fields = 1};
	if (t->kind == KIND_INDICATOR) {
		type_indicator(sim, t, agent->unit);
	} else {
		some_key(sim, party, t->kind, key);
		(void)snprintf(t->said.key, sizeof(t->said.key), "%s", key);
		put(t, t->kind == KIND_DOSSIER ? "code" : "asset", "%s", key);
		if (t->kind == KIND_DOSSIER)
			type_dossier(sim, t, agent->unit, now);
		else
			type_equipment(sim, t, agent->unit, now);
	}
	if (stated) {
		t->said.changed_at = some_time(sim, now);
		put(t, "changed_at", "%s", time_format(t->said.changed_at, at));
	}
}

/* The list grows with every record that was typed, whether or not anybody was told that it is kept. */
static void note_said(struct sim *sim, const struct said *said)
{
	if (sim->n_said == sim->said_room) {
		sim->said_room = sim->said_room == 0 ? 4096 : sim->said_room * 2;
		sim->said = realloc(sim->said, (size_t)sim->said_room * sizeof(*sim->said));
		SIM_REQUIRE(sim, sim->said != NULL);
	}
	sim->said[sim->n_said++] = *said;
}

/* True if the user was told that it is kept; a full disk says no, a machine that stops says nothing. */
static bool is_kept(struct sim *sim, const struct party *p, enum status s)
{
	sim_note(sim, (uint64_t)s);
	if (machine_is_down(&p->machine))
		return false;
	SIM_REQUIRE(sim, s == STATUS_OK || machine_excuses(&p->machine, s));
	return s == STATUS_OK;
}

void typed_add(struct sim *sim, int party)
{
	const struct party *p = &sim->parties[party];
	struct typed *t = calloc(1, sizeof(*t));
	struct bytes key = bytes_new(LIMIT_KEY);
	enum row_fault fault = ROW_OK;
	size_t cell = 0;
	SIM_REQUIRE(sim, t != NULL);
	type_row(sim, party, sim_pick(sim, 2) == 0, t);
	bool mint = t->kind == KIND_DOSSIER && sim_pick(sim, 12) == 0;
	if (mint)
		memmove(t->row.cells, t->row.cells + 1, --t->row.n_cells * sizeof(t->row.cells[0]));
	enum status s = intake_add(p->agent, t->kind, &t->row, &key, &fault, &cell);
	t->said.acknowledged = is_kept(sim, p, s);
	/* Without an answer the code it would have had stays unknown. */
	if (mint)
		(void)snprintf(t->said.key, sizeof(t->said.key), "%.*s", s == STATUS_OK ? (int)key.len : 0,
			       (const char *)key.data);
	SIM_REQUIRE(sim, s != STATUS_OK || slice_equal(bytes_slice(&key), slice_str(t->said.key)));
	note_said(sim, &t->said);
	bytes_free(&key);
	free(t);
}

static void put_line(const struct typed *t, struct bytes *out)
{
	bytes_put_str(out, "{\"kind\":\"");
	bytes_put_str(out, schema_kind_name(t->kind));
	for (size_t i = 0; i < t->row.n_cells; i++) {
		const struct cell *cell = &t->row.cells[i];
		bytes_put_str(out, i == 0 ? "\",\"" : ",\"");
		bytes_put(out, cell->name.data, cell->name.len);
		bytes_put_str(out, cell->type == CELL_NULL ? "\":null" : "\":\"");
		if (cell->type != CELL_NULL) {
			bytes_put(out, cell->text.data, cell->text.len);
			bytes_put_str(out, "\"");
		}
	}
	bytes_put_str(out, "}\n");
}

/* Hands a file out in small pieces. */
static enum status read_slice(void *context, void *buf, size_t len, size_t *ret_len)
{
	struct slice *rest = context;
	size_t n = rest->len < len ? rest->len : len;
	n = n < 100 ? n : 100;
	if (n > 0)
		memcpy(buf, rest->data, n);
	rest->data += n;
	rest->len -= n;
	*ret_len = n;
	return STATUS_OK;
}

static enum status import(const struct agent *agent, struct slice file, int64_t changed_at,
			  struct intake_report *ret_report)
{
	const struct intake_options options = {
		.format = FORMAT_AUTO, .changed_at = changed_at, .name = "sim.ndjson"};
	enum status s = intake_run(agent, &options, read_slice, &file, ret_report);
	intake_report_clear(ret_report);
	return s;
}

/* The same file again, at any later time, says nothing new. */
static void import_again(struct sim *sim, const struct party *p)
{
	struct intake_report report;
	if (is_kept(sim, p, import(p->agent, bytes_slice(&p->typed), TIME_UNSET, &report)))
		SIM_REQUIRE(sim, report.unchanged == p->n_typed && report.queued == 0);
}

/* So many rows into a file and onto the list. */
static void type_rows(struct sim *sim, int party, bool stated, int64_t n, struct bytes *file)
{
	struct typed *t = calloc(1, sizeof(*t));
	SIM_REQUIRE(sim, t != NULL);
	for (int64_t i = 0; i < n; i++) {
		type_row(sim, party, stated, t);
		put_line(t, file);
		note_said(sim, &t->said);
	}
	free(t);
}

void typed_import(struct sim *sim, int party)
{
	struct party *p = &sim->parties[party];
	struct intake_report report;
	if (p->n_typed > 0 && sim_pick(sim, 10) == 0) {
		import_again(sim, p);
		return;
	}
	struct bytes file = bytes_new(IMPORT_BYTES);
	bool stated = sim_pick(sim, 3) != 0;
	int64_t n = 2 + sim_pick(sim, ROWS);
	int first = sim->n_said;
	bool faulty = sim_pick(sim, 5) == 0;
	type_rows(sim, party, stated, n, &file);
	if (faulty)
		bytes_put_str(&file, "{\"kind\":\"dossier\",\"code\":\"H01-1\",\"status\":\"lost\"}\n");
	int64_t listed_at = stated || sim_pick(sim, 4) == 0 ? TIME_UNSET : some_time(sim, agent_now(p->agent));
	bool kept = is_kept(sim, p, import(p->agent, bytes_slice(&file), listed_at, &report));
	for (int i = first; i < sim->n_said; i++)
		sim->said[i].acknowledged = kept;
	SIM_REQUIRE(sim, !kept || (report.queued == n && report.rejected == faulty && report.unchanged == 0));
	if (stated && !faulty && kept) {
		bytes_clear(&p->typed);
		bytes_put(&p->typed, file.data, file.len);
		p->n_typed = n;
	}
	bytes_free(&file);
}

int typed_mark(const struct change *c)
{
	const enum field marks[KIND_COUNT] = {
		[KIND_DOSSIER] = FIELD_FEE, [KIND_EQUIPMENT] = FIELD_MODEL, [KIND_INDICATOR] = FIELD_OF};
	const struct value *v = &c->fields[marks[c->kind]];
	int number = 0;
	if (v->state == VALUE_NUMBER)
		return (int)v->number;
	for (size_t i = 1; v->state == VALUE_TEXT && i < v->text.len; i++)
		number = number * 10 + (v->text.data[i] - '0');
	return v->state == VALUE_TEXT ? number : -1;
}
