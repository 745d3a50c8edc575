/* How lists of equipment are printed. */
#include "config/messages.h"
#include "hub/equipment_list.h"
#include "protocol/tables/writer.h"

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

enum status asset_list_print_text(const struct asset_list *list, const struct registry *r, FILE *out)
{
	const char *const headings[] = {_("unit"),  _("name"),      _("asset"),         _("type"),
					_("state"), _("condition"), _("warranty until")};
	struct table *t = table_new(7, headings, NULL);
	for (size_t i = 0; i < list->count; i++) {
		const struct asset_line *line = &list->lines[i];
		char day[DATE_TEXT];
		table_row(t);
		table_cell(t, registry_unit(r, line->unit)->code);
		table_cell(t, registry_unit(r, line->unit)->name);
		table_cell(t, line->key);
		table_cell(t, equipment_type_title((int)line->type));
		table_cell(t, title_of(FIELD_STATE, line->state));
		table_cell(t, title_of(FIELD_CONDITION, line->condition));
		table_cell(t, date_format(line->warranty_until, day));
	}
	enum status s = table_status(t);
	table_print_text(t, out);
	table_free(t);
	return s;
}

struct printing {
	const struct registry *registry;
	struct json_writer w;
	struct table *table; /* NULL: JSON */
};

static enum status print_missing(void *context, const struct missing_line *line)
{
	struct printing *p = context;
	const struct unit *u = registry_unit(p->registry, line->unit);
	if (p->table == NULL) {
		json_object(&p->w);
		json_member_str(&p->w, "unit", u->code);
		json_member_str(&p->w, "type", equipment_type_key(line->type));
		json_member_int(&p->w, "required", line->required);
		json_member_int(&p->w, "present", line->present);
		json_object_end(&p->w);
		json_end_line(&p->w);
		return STATUS_OK;
	}
	table_row(p->table);
	table_cell(p->table, u->code);
	table_cell(p->table, u->name);
	table_cell(p->table, equipment_type_title(line->type));
	table_cell_int(p->table, line->required);
	table_cell_int(p->table, line->present);
	return STATUS_OK;
}

enum status missing_print(struct database *db, const struct registry *r, const struct equipment_query *query,
			  bool json, FILE *out)
{
	const char *const headings[] = {_("unit"), _("name"), _("type"), _("required in each unit"), _("present")};
	const bool numeric[] = {false, false, false, true, true};
	struct printing p = {.registry = r, .w = json_writer_new(out)};
	p.table = json ? NULL : table_new(5, headings, numeric);
	if (!json && p.table == NULL)
		return STATUS_NO_MEMORY;
	enum status s = equipment_missing(db, r, query, print_missing, &p);
	if (s == STATUS_OK && !json)
		s = table_status(p.table);
	if (s == STATUS_OK && !json)
		table_print_text(p.table, out);
	table_free(p.table);
	return s;
}
