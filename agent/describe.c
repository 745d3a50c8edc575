#include "agent/describe.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "config/messages.h"

struct reason {
	const char *word;
	const char *sentence;
};

static const struct reason reasons[] = {
	/* a row */
	{"not-text", N_("not readable as UTF-8 text")},
	{"not-json", N_("not one JSON object on a line")},
	{"too-long", N_("the row is too long")},
	{"too-wide", N_("the row has too many columns")},
	{"shape", N_("more cells than headings, or a quotation mark without its end")},
	{"no-kind", N_("it cannot be told whether this is a dossier, equipment or an indicator")},
	{"no-key", N_("the code is missing")},
	{"bad-key", N_("the code is not acceptable")},
	{"no-time", N_("the time of the change is missing or unreadable")},
	{"unknown-word", N_("a word this column does not know")},
	{"bad-time", N_("not a date or time")},
	{"bad-number", N_("not a whole number")},
	{"bad-value", N_("not acceptable here")},
	{"status-at-alone", N_("the time of a status without the status")},
	{"nothing", N_("nothing is stated besides the code")},
	{"twice", N_("two columns say the same thing")},
	/* a table */
	{"header-repeated", N_("a heading stands there twice")},
	{"header-empty", N_("a heading is empty")},
	{"utf-16", N_("the file is UTF-16; save it as UTF-8")},
	{"not-utf-8", N_("the file is in an old encoding; save it as UTF-8")},
	{"empty", N_("the file is empty")},
	{"not-a-file", N_("this is not a file")},
	/* a verdict of the hub */
	{"unreadable", N_("the hub could not read the batch")},
	{"invalid", N_("the hub's record table does not allow this value")},
	{"unknown-unit", N_("the province's list has no such unit")},
	{"other-unit", N_("a unit this computer does not write for")},
};

const char *describe_reason(const char *word)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		if (strcmp(reasons[i].word, word) == 0)
			return _(reasons[i].sentence);
	}
	return word;
}

static bool in_vietnamese(void)
{
	return strcmp(messages_language(), "vi") == 0;
}

const char *describe_field(const struct field_spec *spec)
{
	return in_vietnamese() ? spec->title_vi : spec->name;
}

static void put_number(struct bytes *out, int64_t number)
{
	char digits[24];
	(void)snprintf(digits, sizeof(digits), "%" PRId64, number); /* 20 characters at most */
	bytes_put_str(out, digits);
}

/* The plain text of a number by its type; words in Vietnamese or as JSON has them. */
static void put_typed(const struct field_spec *spec, int64_t number, bool vietnamese, struct bytes *out)
{
	char date[DATE_TEXT];
	char instant[INSTANT_TEXT];
	const char *word = NULL;
	switch (spec->type) {
	case TYPE_ENUM:
	case TYPE_BOOL:
		word = vietnamese ? schema_word_vi(spec, number) : schema_word_name(spec, number);
		break;
	case TYPE_TIME:
		word = time_format(number, instant);
		break;
	case TYPE_DATE:
		word = date_format((int32_t)number, date);
		break;
	case TYPE_INT:
	case TYPE_TEXT:
	case TYPE_UNIT:
		break;
	}
	if (word != NULL)
		bytes_put_str(out, word);
	else
		put_number(out, number);
}

void describe_value(const struct field_spec *spec, const struct value *value, struct bytes *out)
{
	switch (value->state) {
	case VALUE_ABSENT:
		break;
	case VALUE_NULL:
		bytes_put_str(out, _("(cleared)"));
		break;
	case VALUE_TEXT:
		bytes_put(out, value->text.data, value->text.len);
		break;
	case VALUE_NUMBER:
		put_typed(spec, value->number, in_vietnamese(), out);
		break;
	}
}

static void number_json(struct json_writer *w, const struct field_spec *spec, int64_t number)
{
	if (spec->type == TYPE_INT) {
		json_int(w, number);
	} else if (spec->type == TYPE_BOOL) {
		json_bool(w, number != 0);
	} else {
		struct bytes text = bytes_new(LIMIT_TEXT);
		put_typed(spec, number, false, &text);
		json_text(w, bytes_slice(&text));
		bytes_free(&text);
	}
}

void describe_value_json(struct json_writer *w, const struct field_spec *spec, const struct value *value)
{
	switch (value->state) {
	case VALUE_ABSENT:
	case VALUE_NULL:
		json_null(w);
		break;
	case VALUE_TEXT:
		json_text(w, value->text);
		break;
	case VALUE_NUMBER:
		number_json(w, spec, value->number);
		break;
	}
}

static void text_member(struct json_writer *w, const char *key, struct slice text)
{
	json_key(w, key);
	json_text(w, text);
}

void describe_thing_json(struct json_writer *w, enum kind kind, struct slice key)
{
	json_member_str(w, "kind", schema_kind_name(kind));
	struct indicator_key parts;
	if (kind == KIND_INDICATOR && indicator_key_split(key, &parts) == STATUS_OK) {
		text_member(w, "unit", parts.unit);
		text_member(w, "name", parts.name);
		text_member(w, "period", parts.period);
	} else {
		text_member(w, kind == KIND_EQUIPMENT ? "asset" : "code", key);
	}
}

void describe_change_json(struct json_writer *w, const struct change *c)
{
	char instant[INSTANT_TEXT];
	json_object(w);
	describe_thing_json(w, c->kind, c->key);
	json_member_str(w, "changed_at", time_format(c->changed_at, instant));
	for (enum field f = 0; f < FIELD_COUNT; f++) {
		if (c->fields[f].state == VALUE_ABSENT)
			continue;
		const struct field_spec *spec = schema_field(f);
		json_key(w, spec->name);
		describe_value_json(w, spec, &c->fields[f]);
	}
	json_object_end(w);
}
