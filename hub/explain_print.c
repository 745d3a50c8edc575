#include "hub/explain_print.h"

#include "config/rules.h"
#include "protocol/tables/writer.h"

enum { SCHEMA = 1 };

size_t explain_causes(const struct explain *e, enum difference_cause ret_causes[static DIFFERENCE_CAUSES])
{
	size_t n = 0;
	for (int i = 0; i < DIFFERENCE_CAUSES; i++) {
		if (e->of_cause[i] == 0)
			continue;
		size_t at = n++;
		for (; at > 0 && e->of_cause[ret_causes[at - 1]] < e->of_cause[i]; at--)
			ret_causes[at] = ret_causes[at - 1];
		ret_causes[at] = (enum difference_cause)i;
	}
	return n;
}

bool explain_not_stated(const struct foreign_report *list, enum field field)
{
	static const enum field asked[] = {
		FIELD_UNIT,        FIELD_CHANNEL,         FIELD_STATUS,           FIELD_FINISHED_AT,
		FIELD_RETURNED_AT, FIELD_DUE_AT,          FIELD_RATING,           FIELD_FEE,
		FIELD_PAID,        FIELD_INPUT_DIGITISED, FIELD_RESULT_DIGITISED,
	};
	bool is_asked = false;
	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++)
		is_asked = is_asked || asked[i] == field;
	return is_asked && list->rows > 0 && (list->silent >> field & 1) != 0;
}

static void put_rule(struct json_writer *w, const struct count_rule *rule)
{
	char hash[RULE_HASH_TEXT];
	rule_hash_format(rule, hash);
	json_member_str(w, "rule", rule->name);
	json_member_int(w, "rule_version", rule->version);
	json_member_str(w, "rule_hash", hash);
}

static void put_fault(struct json_writer *w, const struct foreign_fault *f)
{
	json_object(w);
	json_member_int(w, "row", f->line);
	json_member_str(w, "field", f->field == FIELD_COUNT ? NULL : schema_field(f->field)->name);
	json_member_str(w, "reason", f->reason);
	json_object_end(w);
}

static void put_list(struct json_writer *w, const struct foreign_report *l)
{
	json_member_int(w, "rows", l->rows);
	json_member_int(w, "taken_back", l->taken_back);
	json_member_int(w, "other_kinds", l->others);
	json_member_int(w, "rows_refused", l->refused);
	json_member_int(w, "cells_unread", l->unread);
	json_key(w, "faults");
	json_array(w);
	for (size_t i = 0; i < l->n_faults; i++)
		put_fault(w, &l->faults[i]);
	json_array_end(w);
	json_key(w, "not_stated");
	json_array(w);
	for (int field = 0; field < FIELD_COUNT; field++)
		if (explain_not_stated(l, (enum field)field))
			json_str(w, schema_field((enum field)field)->name);
	json_array_end(w);
}

static void put_causes_of_cell(struct json_writer *w, const struct explain *e, int cell)
{
	json_key(w, "causes");
	json_array(w);
	for (int i = 0; i < DIFFERENCE_CAUSES; i++) {
		if (e->dossiers[i][cell] == 0)
			continue;
		json_object(w);
		json_member_str(w, "cause", difference_cause_name((enum difference_cause)i));
		json_member_int(w, "difference", e->more[i][cell] + e->less[i][cell]);
		json_member_int(w, "more", e->more[i][cell]);
		json_member_int(w, "fewer", -e->less[i][cell]);
		json_member_int(w, "dossiers", e->dossiers[i][cell]);
		json_object_end(w);
	}
	json_array_end(w);
}

static void put_cells(struct json_writer *w, const struct explain *e)
{
	int64_t here[DIFFERENCE_CELLS];
	int64_t there[DIFFERENCE_CELLS];
	difference_values(&e->here, here);
	difference_values(&e->there, there);
	json_key(w, "cells");
	json_array(w);
	for (int i = 0; i < DIFFERENCE_CELLS; i++) {
		json_object(w);
		json_member_str(w, "cell", difference_cell_name((enum difference_cell)i));
		json_member_int(w, "here", here[i]);
		json_member_int(w, "there", there[i]);
		json_member_int(w, "difference", here[i] - there[i]);
		json_member_int(w, "unexplained", explain_rest(e, (enum difference_cell)i));
		put_causes_of_cell(w, e, i);
		json_object_end(w);
	}
	json_array_end(w);
}

struct naming {
	struct json_writer *w;
	enum difference_cause cause;
};

static enum status put_dossier(void *context, struct slice code, const int64_t *more)
{
	const struct naming *n = context;
	json_object(n->w);
	json_key(n->w, "code");
	json_text(n->w, code);
	json_member_str(n->w, "cause", difference_cause_name(n->cause));
	json_key(n->w, "cells");
	json_object(n->w);
	for (int i = 0; i < DIFFERENCE_CELLS; i++)
		if (more[i] != 0)
			json_member_int(n->w, difference_cell_name((enum difference_cell)i), more[i]);
	json_object_end(n->w);
	json_object_end(n->w);
	return STATUS_OK;
}

static enum status put_dossiers(struct json_writer *w, const struct explain *e, const enum difference_cause *causes,
				size_t n)
{
	enum status s = STATUS_OK;
	json_key(w, "dossiers");
	json_array(w);
	for (size_t i = 0; i < n && s == STATUS_OK; i++) {
		struct naming naming = {.w = w, .cause = causes[i]};
		s = explain_dossiers(e, causes[i], INT64_MAX, put_dossier, &naming);
	}
	json_array_end(w);
	return s;
}

static void put_against(struct json_writer *w, const struct explain *e)
{
	json_key(w, "against");
	json_object(w);
	json_member_str(w, "what", e->has_list ? "list" : "rule");
	put_rule(w, e->query.against);
	if (e->has_list)
		put_list(w, &e->list);
	json_object_end(w);
}

static enum status print_json(const struct explain *e, const struct registry *r, FILE *out)
{
	struct json_writer w = json_writer_new(out);
	enum difference_cause causes[DIFFERENCE_CAUSES];
	size_t n = explain_causes(e, causes);
	char date[DATE_TEXT];
	json_object(&w);
	json_member_int(&w, "schema", SCHEMA);
	json_member_str(&w, "from", date_format(e->query.period.from, date));
	json_member_str(&w, "to", date_format(e->query.period.to, date));
	json_member_str(&w, "as_of", date_format(e->as_of, date));
	json_member_str(&w, "unit", registry_unit(r, e->query.unit)->code);
	put_rule(&w, e->query.rule);
	put_against(&w, e);
	json_member_int(&w, "n_dossiers", e->n_dossiers);
	put_cells(&w, e);
	json_key(&w, "causes");
	json_array(&w);
	for (size_t i = 0; i < n; i++) {
		json_object(&w);
		json_member_str(&w, "cause", difference_cause_name(causes[i]));
		json_member_int(&w, "dossiers", e->of_cause[causes[i]]);
		json_object_end(&w);
	}
	json_array_end(&w);
	enum status s = put_dossiers(&w, e, causes, n);
	json_object_end(&w);
	json_end_line(&w);
	return s;
}

enum { CSV_COLUMNS = 9 };

/* One line of a cell: with a cause, or, where there is none, the cell alone. */
static void put_csv_line(struct table *t, const struct explain *e, const int64_t pair[2], int cell, int cause)
{
	table_row(t);
	table_cell(t, difference_cell_name((enum difference_cell)cell));
	table_cell_int(t, pair[0]);
	table_cell_int(t, pair[1]);
	table_cell_int(t, pair[0] - pair[1]);
	if (cause == DIFFERENCE_CAUSES)
		return;
	table_cell(t, difference_cause_name((enum difference_cause)cause));
	table_cell_int(t, e->more[cause][cell] + e->less[cause][cell]);
	table_cell_int(t, e->more[cause][cell]);
	table_cell_int(t, -e->less[cause][cell]);
	table_cell_int(t, e->dossiers[cause][cell]);
}

static enum status print_csv(const struct explain *e, FILE *out)
{
	static const char *const headings[CSV_COLUMNS] = {"cell",     "here", "there", "difference", "cause",
							  "by_cause", "more", "fewer", "dossiers"};
	static const bool numeric[CSV_COLUMNS] = {false, true, true, true, false, true, true, true, true};
	struct table *t = table_new(CSV_COLUMNS, headings, numeric);
	int64_t here[DIFFERENCE_CELLS];
	int64_t there[DIFFERENCE_CELLS];
	difference_values(&e->here, here);
	difference_values(&e->there, there);
	for (int cell = 0; cell < DIFFERENCE_CELLS; cell++) {
		const int64_t pair[] = {here[cell], there[cell]};
		bool any = false;
		for (int cause = 0; cause < DIFFERENCE_CAUSES; cause++) {
			if (e->dossiers[cause][cell] == 0)
				continue;
			put_csv_line(t, e, pair, cell, cause);
			any = true;
		}
		if (!any)
			put_csv_line(t, e, pair, cell, DIFFERENCE_CAUSES);
	}
	enum status s = table_status(t);
	if (s == STATUS_OK)
		table_print_csv(t, out);
	table_free(t);
	return s;
}

enum status explain_print(const struct explain *e, const struct registry *r, enum report_format format,
			  int64_t dossiers, FILE *out)
{
	if (format == REPORT_JSON)
		return print_json(e, r, out);
	if (format == REPORT_CSV)
		return print_csv(e, out);
	return format == REPORT_TABLE ? explain_print_text(e, r, dossiers, out) : STATUS_USAGE;
}
