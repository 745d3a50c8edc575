#include "agent/describe.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "config/messages.h"
#include "config/wording.h"

static bool in_vietnamese(void)
{
	return strcmp(messages_language(), "vi") == 0;
}

const char *describe_field(const struct field_spec *spec)
{
	return in_vietnamese() ? spec->title_vi : spec->name;
}

const char *describe_kind(enum kind kind)
{
	switch (kind) {
	case KIND_DOSSIER:
		return _("dossier");
	case KIND_EQUIPMENT:
		return _("equipment");
	case KIND_INDICATOR:
		return _("indicator");
	case KIND_NONE:
	case KIND_COUNT:
		break;
	}
	return "";
}

void describe_fields(enum kind kind, struct bytes *out)
{
	bytes_put_str(out, kind == KIND_DOSSIER     ? "code, replaces"
			   : kind == KIND_EQUIPMENT ? "asset"
						    : "unit, name, period");
	for (enum field f = 0; f < FIELD_COUNT; f++) {
		if ((schema_mask(kind) >> (unsigned)f & 1U) == 0)
			continue;
		bytes_put_str(out, ", ");
		bytes_put_str(out, schema_field(f)->name);
	}
	bytes_put_str(out, ", changed_at");
}

static void put_number(struct bytes *out, int64_t number)
{
	char digits[24];
	(void)snprintf(digits, sizeof(digits), "%" PRId64, number); /* 20 characters at most */
	bytes_put_str(out, digits);
}

enum audience { FOR_JSON, IN_ENGLISH, IN_VIETNAMESE };

/* The plain text of a number by its type. */
static void put_typed(const struct field_spec *spec, int64_t number, enum audience audience, struct bytes *out)
{
	char date[DATE_TEXT];
	char instant[INSTANT_TEXT];
	char short_time[WORDING_TIME];
	const char *word = NULL;
	switch (spec->type) {
	case TYPE_ENUM:
	case TYPE_BOOL:
		word = audience == IN_VIETNAMESE ? schema_word_vi(spec, number) : schema_word_name(spec, number);
		break;
	case TYPE_TIME:
		word = audience == FOR_JSON ? time_format(number, instant) : wording_time(number, short_time);
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
		put_typed(spec, value->number, in_vietnamese() ? IN_VIETNAMESE : IN_ENGLISH, out);
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
		put_typed(spec, number, FOR_JSON, &text);
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
