/* How lists of equipment are printed. */
#include "config/messages.h"
#include "hub/equipment_list.h"
#include "hub/paper_words.h"
#include "hub/report_paper.h"

enum { TITLE_TEXT = 128 };

static const char *word_of(enum field field, int64_t value)
{
	return value == 0 ? NULL : schema_word_name(schema_field(field), value);
}

static const char *title_of(enum field field, int64_t value)
{
	bool vietnamese = messages_language()[0] == 'v';
	if (value == 0)
		return "";
	return vietnamese ? schema_word_vi(schema_field(field), value) : word_of(field, value);
}

void asset_list_print_json(const struct asset_list *list, const struct registry *r, FILE *out)
{
	struct json_writer w = json_writer_new(out);
	for (size_t i = 0; i < list->count; i++) {
		const struct asset_line *line = &list->lines[i];
		char day[DATE_TEXT];
		json_object(&w);
		json_member_str(&w, "unit", registry_unit(r, line->unit)->code);
		json_member_str(&w, "asset", line->key);
		json_member_str(&w, "type", word_of(FIELD_TYPE, line->type));
		json_member_str(&w, "state", word_of(FIELD_STATE, line->state));
		json_member_str(&w, "condition", word_of(FIELD_CONDITION, line->condition));
		json_member_str(&w, "warranty_until",
				line->warranty_until == DAY_UNSET ? NULL : date_format(line->warranty_until, day));
		json_object_end(&w);
		json_end_line(&w);
	}
}

static void put_asset(struct paper *p, const struct registry *r, const struct asset_line *line)
{
	paper_row(p, PAPER_ROW);
	paper_text(p, registry_unit(r, line->unit)->code);
	paper_text(p, registry_unit(r, line->unit)->name);
	paper_text(p, line->key);
	paper_word(p, word_of(FIELD_TYPE, line->type), equipment_type_title((int)line->type));
	paper_word(p, word_of(FIELD_STATE, line->state), title_of(FIELD_STATE, line->state));
	paper_word(p, word_of(FIELD_CONDITION, line->condition), title_of(FIELD_CONDITION, line->condition));
	paper_day(p, line->warranty_until);
}

static struct paper *new_paper(const struct registry *r, const struct equipment_query *query, const char *what)
{
	const struct paper_words words = paper_words();
	char date[PAPER_NUMBER];
	char title[TITLE_TEXT];
	(void)snprintf(title, sizeof(title), "%s, %s", what, paper_format_day(&words, query->as_of, date));
	struct paper *p = report_paper(r, query->unit, title);
	paper_date(p, query->as_of);
	return p;
}

enum status asset_list_print(const struct asset_list *list, const struct equipment_query *query,
			     const struct registry *r, enum report_format format, FILE *out)
{
	const struct paper_column columns[] = {
		{.key = "unit", .title = _("unit")},
		{.key = "name", .title = _("name")},
		{.key = "asset", .title = _("asset")},
		{.key = "type", .title = _("type")},
		{.key = "state", .title = _("state")},
		{.key = "condition", .title = _("condition")},
		{.key = "warranty_until", .title = _("warranty until"), .kind = PAPER_DATE}};
	struct paper *p = new_paper(r, query, _("List of equipment"));
	paper_table(p, PAPER_EVERYWHERE, NULL, 7, columns);
	for (size_t i = 0; i < list->count; i++)
		put_asset(p, r, &list->lines[i]);
	enum status s = report_paper_write(p, format, out);
	paper_free(p);
	return s;
}

struct printing {
	const struct registry *registry;
	struct json_writer w;
	struct paper *paper; /* NULL: JSON */
};

static enum status print_missing(void *context, const struct missing_line *line)
{
	struct printing *p = context;
	const struct unit *u = registry_unit(p->registry, line->unit);
	if (p->paper == NULL) {
		json_object(&p->w);
		json_member_str(&p->w, "unit", u->code);
		json_member_str(&p->w, "type", equipment_type_key(line->type));
		json_member_int(&p->w, "required", line->required);
		json_member_int(&p->w, "present", line->present);
		json_object_end(&p->w);
		json_end_line(&p->w);
		return STATUS_OK;
	}
	paper_row(p->paper, PAPER_ROW);
	paper_text(p->paper, u->code);
	paper_text(p->paper, u->name);
	paper_word(p->paper, equipment_type_key(line->type), equipment_type_title(line->type));
	paper_count(p->paper, line->required);
	paper_count(p->paper, line->present);
	return STATUS_OK;
}

enum status missing_print(struct database *db, const struct registry *r, const struct equipment_query *query,
			  enum report_format format, FILE *out)
{
	const struct paper_column columns[] = {
		{.key = "unit", .title = _("unit")},
		{.key = "name", .title = _("name")},
		{.key = "type", .title = _("type")},
		{.key = "required", .title = _("required in each unit"), .kind = PAPER_COUNT},
		{.key = "present", .title = _("present"), .kind = PAPER_COUNT}};
	struct printing p = {.registry = r, .w = json_writer_new(out)};
	if (format == REPORT_JSON)
		return equipment_missing(db, r, query, print_missing, &p);
	p.paper = new_paper(r, query, _("Missing equipment"));
	if (p.paper == NULL)
		return STATUS_NO_MEMORY;
	paper_table(p.paper, PAPER_EVERYWHERE, NULL, 5, columns);
	enum status s = equipment_missing(db, r, query, print_missing, &p);
	if (s == STATUS_OK)
		s = report_paper_write(p.paper, format, out);
	paper_free(p.paper);
	return s;
}
