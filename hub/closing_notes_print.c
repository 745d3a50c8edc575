#include <inttypes.h>
#include <string.h>

#include "config/messages.h"
#include "config/totals_words.h"
#include "config/wording.h"
#include "hub/closing_notes.h"
#include "hub/paper_words.h"
#include "hub/periods_print.h"

/* The group of the same key, or nothing. */
static struct cells cells_of(const struct totals *t, const struct totals_group *wanted)
{
	for (size_t i = 0; i < t->n_groups; i++)
		if (t->groups[i].level == wanted->level && strcmp(t->groups[i].key, wanted->key) == 0)
			return t->groups[i].cells;
	return (struct cells){0};
}

static struct closing_row change_of(const struct cells *reported, const struct cells *now)
{
	struct closing_row change = {.cells = *now};
	struct closing_row before = {.cells = *reported};
	corrections_add(&change, &before, -1);
	return change;
}

/*
 * Calls each for every group that is in one of two totals of the same query: those of the first in their order,
 * then what only the second one has.
 */
typedef void (*each_group)(void *context, const struct totals_group *group, const struct cells *first,
			   const struct cells *second);
static void walk_groups(const struct totals *first, const struct totals *second, each_group each, void *context)
{
	static const struct cells none;
	for (size_t i = 0; i < first->n_groups; i++) {
		struct cells other = cells_of(second, &first->groups[i]);
		each(context, &first->groups[i], &first->groups[i].cells, &other);
	}
	for (size_t i = 0; i < second->n_groups; i++) {
		const struct totals_group *g = &second->groups[i];
		struct cells other = cells_of(first, g);
		bool met = memcmp(&other, &none, sizeof(none)) != 0;
		for (size_t j = 0; !met && j < first->n_groups; j++)
			met = first->groups[j].level == g->level && strcmp(first->groups[j].key, g->key) == 0;
		if (!met)
			each(context, g, &none, &g->cells);
	}
}

/* --- documents --- */

static void put_change(struct json_writer *w, const struct cells *reported, const struct closing_row *change)
{
	struct closing_row row = {.cells = *reported};
	json_key(w, "reported");
	correction_print_change(w, &row);
	json_key(w, "change");
	correction_print_change(w, change);
}

static void put_group_key(struct json_writer *w, const struct totals_group *g)
{
	json_member_str(w, "key", g->key);
	if (g->level != 0)
		json_member_str(w, "level", unit_level_name(g->level));
}

static void put_changed_group(void *context, const struct totals_group *g, const struct cells *now,
			      const struct cells *reported)
{
	struct json_writer *w = context;
	struct closing_row change = change_of(reported, now);
	if (corrections_none(&change))
		return;
	json_object(w);
	put_group_key(w, g);
	put_change(w, reported, &change);
	json_object_end(w);
}

static void put_closed(const struct closing_notes *notes, const struct totals *t, struct json_writer *w)
{
	struct closing_row change = change_of(&notes->reported.total.cells, &t->total.cells);
	json_object(w);
	closing_print_members(w, &notes->closing);
	json_key(w, "groups");
	json_array(w);
	walk_groups(t, &notes->reported, put_changed_group, w);
	json_array_end(w);
	json_key(w, "total");
	json_object(w);
	put_change(w, &notes->reported.total.cells, &change);
	json_object_end(w);
	json_object_end(w);
}

static void put_carried_group(void *context, const struct totals_group *g, const struct cells *now,
			      const struct cells *carried)
{
	struct json_writer *w = context;
	if (now->carried_in == carried->carried_in)
		return;
	json_object(w);
	put_group_key(w, g);
	json_member_int(w, "carried_over", carried->carried_in);
	json_member_int(w, "corrections", now->carried_in - carried->carried_in);
	json_object_end(w);
}

static void put_causes(const struct closing_notes *notes, struct json_writer *w)
{
	if (!notes->explained) {
		json_null(w);
		return;
	}
	json_array(w);
	for (int i = 0; i < CORRECTION_CAUSES; i++) {
		if (notes->causes[i].change.carried_over == 0)
			continue;
		json_object(w);
		json_member_str(w, "cause", correction_cause_name((enum correction_cause)i));
		json_member_int(w, "corrections", notes->causes[i].change.carried_over);
		json_object_end(w);
	}
	json_array_end(w);
}

static void put_carried(const struct closing_notes *notes, const struct totals *t, struct json_writer *w)
{
	const struct cells *before = &notes->carried.total.cells;
	json_object(w);
	closing_print_members(w, &notes->before);
	json_member_int(w, "open", before->open);
	json_member_int(w, "carried_over", before->carried_in);
	json_member_int(w, "corrections", t->total.cells.carried_in - before->carried_in);
	json_key(w, "groups");
	json_array(w);
	if (notes->carried.query.by == t->query.by)
		walk_groups(t, &notes->carried, put_carried_group, w);
	json_array_end(w);
	json_key(w, "causes");
	put_causes(notes, w);
	json_object_end(w);
}

void closing_notes_json(const struct closing_notes *notes, const struct totals *t, struct json_writer *w)
{
	json_key(w, "closed");
	if (notes != NULL && notes->closed)
		put_closed(notes, t, w);
	else
		json_null(w);
	json_key(w, "carried");
	if (notes != NULL && notes->follows)
		put_carried(notes, t, w);
	else
		json_null(w);
}

/* --- for people --- */

enum { COLUMNS = 5, NUMBER_TEXT = 24 };

struct change_table {
	struct table *table;
	struct totals_labels labels;
	bool any;
};

static void put_changes(struct change_table *c, const char *key, const struct cells *now,
			const struct cells *reported)
{
	for (int i = 0; i < TOTALS_COLUMNS; i++) {
		int64_t was = totals_value(reported, (enum totals_column)i);
		int64_t is = totals_value(now, (enum totals_column)i);
		char change[NUMBER_TEXT];
		if (was == is)
			continue;
		(void)snprintf(change, sizeof(change), "%+" PRId64, is - was);
		c->any = true;
		table_row(c->table);
		table_cell(c->table, key);
		table_cell(c->table, c->labels.columns[i]);
		table_cell_int(c->table, was);
		table_cell_int(c->table, is);
		table_cell(c->table, change);
	}
}

static void put_group_rows(void *context, const struct totals_group *g, const struct cells *now,
			   const struct cells *reported)
{
	put_changes(context, g->key[0] == '\0' ? _("unstated") : g->key, now, reported);
}

static struct change_table changes_of(const struct closing_notes *notes, const struct totals *t)
{
	const char *const headings[COLUMNS] = {"", "", _("reported"), _("counted now"), _("change")};
	const bool numeric[COLUMNS] = {false, false, true, true, true};
	struct change_table c = {.table = table_new(COLUMNS, headings, numeric), .labels = totals_words("", "")};
	if (t->n_groups > 1)
		walk_groups(t, &notes->reported, put_group_rows, &c);
	put_changes(&c, c.labels.total, &t->total.cells, &notes->reported.total.cells);
	return c;
}

static enum status print_closed(const struct closing_notes *notes, const struct totals *t, FILE *out)
{
	struct change_table c = changes_of(notes, t);
	enum status s = table_status(c.table);
	(void)fputc('\n', out);
	closing_print_heading(&notes->closing, out);
	if (s == STATUS_OK && c.any)
		table_print_text(c.table, out);
	if (s == STATUS_OK)
		(void)fputs(c.any ? _("'motcua-hub periods' says why, and which dossiers.\n")
				  : _("The numbers above are those that were reported.\n"),
			    out);
	table_free(c.table);
	return s;
}

static void print_carried(const struct closing_notes *notes, const struct totals *t, FILE *out)
{
	char from[DATE_TEXT];
	char to[DATE_TEXT];
	const struct cells *before = &notes->carried.total.cells;
	int64_t corrections = t->total.cells.carried_in - before->carried_in;
	(void)fprintf(
		out,
		_("\nCarried in: %lld, of which the period from %s to %s, as it was closed, carried over %lld "
		  "(%lld open); corrections since: %+lld\n"),
		(long long)t->total.cells.carried_in, date_format(notes->before.period.from, from),
		date_format(notes->before.period.to, to), (long long)before->carried_in, (long long)before->open,
		(long long)corrections);
	for (int i = 0; notes->explained && i < CORRECTION_CAUSES; i++)
		if (notes->causes[i].change.carried_over != 0)
			(void)fprintf(out, "  %s: %+" PRId64 "\n", correction_cause_title((enum correction_cause)i),
				      notes->causes[i].change.carried_over);
	if (!notes->explained && corrections != 0)
		(void)fputs(_("'motcua-hub periods' says why, and which dossiers.\n"), out);
}

enum status closing_notes_text(const struct closing_notes *notes, const struct totals *t, FILE *out)
{
	enum status s = STATUS_OK;
	if (notes != NULL && notes->closed)
		s = print_closed(notes, t, out);
	if (s == STATUS_OK && notes != NULL && notes->follows)
		print_carried(notes, t, out);
	return s;
}

static void note_closed(const struct closing_notes *notes, const struct totals *t, struct paper *p)
{
	struct change_table c = changes_of(notes, t);
	char at[WORDING_TIME];
	paper_note(p, _("This period was closed on %s by %s, revision %lld."), wording_time(notes->closing.at, at),
		   notes->closing.who, (long long)notes->closing.revision);
	if (c.any) {
		paper_take(p, PAPER_PAGES, _("Reported, and counted now"), c.table);
		paper_note(p, "%s", _("'motcua-hub periods' says why, and which dossiers."));
	} else {
		paper_note(p, "%s", _("The numbers above are those that were reported."));
	}
	table_free(c.table);
}

static void note_carried(const struct closing_notes *notes, const struct totals *t, struct paper *p)
{
	const struct paper_words words = paper_words();
	const struct cells *before = &notes->carried.total.cells;
	char from[PAPER_NUMBER];
	char to[PAPER_NUMBER];
	paper_note(p,
		   _("Carried in: %lld, of which the period from %s to %s, as it was closed, carried over %lld "
		     "(%lld open); corrections since: %+lld."),
		   (long long)t->total.cells.carried_in, paper_format_day(&words, notes->before.period.from, from),
		   paper_format_day(&words, notes->before.period.to, to), (long long)before->carried_in,
		   (long long)before->open, (long long)(t->total.cells.carried_in - before->carried_in));
	for (int i = 0; notes->explained && i < CORRECTION_CAUSES; i++)
		if (notes->causes[i].change.carried_over != 0)
			paper_note(p, "%s: %+lld", correction_cause_title((enum correction_cause)i),
				   (long long)notes->causes[i].change.carried_over);
}

void closing_notes_paper(const struct closing_notes *notes, const struct totals *t, struct paper *p)
{
	if (notes != NULL && notes->closed)
		note_closed(notes, t, p);
	if (notes != NULL && notes->follows)
		note_carried(notes, t, p);
}
