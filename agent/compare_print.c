#include "agent/compare_print.h"

#include <stdio.h>
#include <string.h>

#include "agent/describe.h"
#include "agent/session.h"
#include "config/messages.h"
#include "config/wording.h"
#include "protocol/tables/writer.h"

static bool is_answered(const struct comparison *c)
{
	return c->heard.sealed.len > 0;
}

static const char *own_code(const struct agent *a, const struct comparison *c, char out[static DIGEST_CODE_TEXT])
{
	uint8_t root[HASH_LEN];
	digest_root(c->own.digest.sums, c->own.digest.n_sums, c->month, a->device, root);
	return digest_code(root, out);
}

static const char *hub_code(const struct agent *a, const struct comparison *c, char out[static DIGEST_CODE_TEXT])
{
	uint8_t root[HASH_LEN];
	digest_root(c->heard.answer.sums, c->heard.answer.n_sums, c->month, a->device, root);
	return digest_code(root, out);
}

/* --- for people --- */

static enum status print_own_days(const struct comparison *c)
{
	const char *const headings[] = {_("Day"), _("Kind"), _("Count"), _("Code")};
	const bool numeric[] = {false, false, true, false};
	struct table *t = table_new(4, headings, numeric);
	char day[DATE_TEXT];
	char code[DIGEST_CODE_TEXT];
	for (size_t i = 0; i < c->own.digest.n_sums; i++) {
		const struct digest_sum *sum = &c->own.digest.sums[i];
		table_row(t);
		table_cell(t, date_format(sum->day, day));
		table_cell(t, describe_kind(sum->kind));
		table_cell_int(t, (int64_t)sum->count);
		table_cell(t, digest_code(sum->hash, code));
	}
	enum status s = table_status(t);
	if (s == STATUS_OK && c->own.digest.n_sums > 0)
		table_print_text(t, stdout);
	table_free(t);
	return s;
}

static enum status print_days(const struct comparison *c)
{
	const char *const headings[] = {_("Day"), _("Kind"), _("Here"), _("Province"), _("Code"), ""};
	const bool numeric[] = {false, false, true, true, false, false};
	struct table *t = table_new(6, headings, numeric);
	char text[DATE_TEXT];
	char code[DIGEST_CODE_TEXT];
	for (size_t i = 0; i < c->result.n_days; i++) {
		const struct compare_day *day = &c->result.days[i];
		table_row(t);
		table_cell(t, date_format(day->day, text));
		table_cell(t, describe_kind(day->kind));
		table_cell_int(t, (int64_t)day->here);
		table_cell_int(t, (int64_t)day->there);
		table_cell(t, day->here > 0 ? digest_code(day->hash, code) : "");
		table_cell(t, day->agree ? _("same") : _("differs"));
	}
	enum status s = table_status(t);
	if (s == STATUS_OK && c->result.n_days > 0)
		table_print_text(t, stdout);
	table_free(t);
	return s;
}

static void print_difference(const struct compare_difference *d)
{
	char here[DATE_TEXT];
	char there[DATE_TEXT];
	const char *kind = describe_kind(d->kind);
	(void)date_format(d->day, here);
	(void)date_format(d->hub_day, there);
	switch (d->verdict) {
	case COMPARE_ONLY_HERE:
		(void)printf(_("%s %s (%s): the province does not have it\n"), kind, d->key, here);
		return;
	case COMPARE_ONLY_THERE:
		(void)printf(_("%s %s (%s): only the province has it\n"), kind, d->key, there);
		return;
	case COMPARE_WRITES:
		(void)printf(_("%s %s (%s): entries only here %zu, only at the province %zu\n"), kind, d->key, here,
			     d->here, d->there);
		return;
	case COMPARE_COUNTED:
		(void)printf(_("%s %s (%s): the province counts it otherwise than it was entered\n"), kind, d->key,
			     there);
		return;
	}
}

static void print_unknown(const struct comparison *c)
{
	char text[DATE_TEXT];
	for (size_t i = 0; i < c->result.n_days; i++)
		if (c->result.days[i].unknown)
			(void)printf(_("%s, %s: differs; the answer does not say in which\n"),
				     date_format(c->result.days[i].day, text),
				     describe_kind(c->result.days[i].kind));
}

static void print_others(const struct comparison *c)
{
	struct comparison_answer reading = c->heard.answer;
	struct comparison_other other;
	if (reading.n_others > 0)
		(void)printf("%s\n", _("Changed by other computers since, which is no difference:"));
	while (compared_next_other(&reading, &other)) {
		const char *before = ": ";
		(void)printf("  %s %.*s", describe_kind(other.kind), (int)other.key.len,
			     (const char *)other.key.data);
		for (int f = 0; f < FIELD_COUNT; f++) {
			if ((other.fields >> f & 1) == 0)
				continue;
			(void)printf("%s%s", before, describe_field(schema_field((enum field)f)));
			before = ", ";
		}
		(void)printf("\n");
	}
	if (c->heard.answer.cut && c->heard.answer.n_others == COMPARISON_OTHERS_MAX)
		(void)printf("  %s\n", _("and more"));
}

static void print_as_of(const struct comparison *c)
{
	char incarnation[INCARNATION_TEXT];
	char at[WORDING_TIME];
	for (size_t i = 0; i < c->heard.answer.n_chains; i++)
		(void)printf(_("As of batch %llu of %s\n"), (unsigned long long)c->heard.answer.chains[i].have,
			     session_incarnation(&c->heard.answer.chains[i].incarnation, incarnation));
	if (c->recalled)
		(void)printf(_("As the province answered at %s; it was not asked now\n"),
			     wording_time(c->heard.answer.hub_time, at));
}

enum status compare_print_text(const struct agent *a, const struct comparison *c)
{
	char code[DIGEST_CODE_TEXT];
	char theirs[DIGEST_CODE_TEXT];
	enum status s = STATUS_OK;
	print_as_of(c);
	if (is_answered(c)) {
		s = print_days(c);
		for (size_t i = 0; i < c->result.n_differences; i++)
			print_difference(&c->result.differences[i]);
		print_unknown(c);
		print_others(c);
	} else {
		s = print_own_days(c);
	}
	if (c->own.later > 0)
		(void)printf(_("Not sent yet, or not acknowledged: %lld changes\n"), (long long)c->own.later);
	(void)printf(_("Code of the month: %s\n"), own_code(a, c, code));
	if (is_answered(c) && strcmp(code, hub_code(a, c, theirs)) != 0)
		(void)printf(_("The province's code: %s\n"), theirs);
	return s;
}

const char *compare_advice(const struct comparison *c)
{
	bool lacks = false;
	bool more = false;
	for (size_t i = 0; i < c->result.n_differences; i++) {
		lacks = lacks || c->result.differences[i].here > 0;
		more = more || c->result.differences[i].there > 0 ||
		       c->result.differences[i].verdict == COMPARE_COUNTED;
	}
	if (lacks && c->repaired == 0)
		return _("'compare --repair' sends exactly what the province lacks. Tell the province: 'motcua-hub "
			 "verify --full' says what became of it.");
	if (more)
		return _("Tell the province: 'motcua-hub verify --full' says whether its log has it.");
	if (c->heard.answer.cut)
		return _("More differs than one answer can name. Tell the province: 'motcua-hub verify --full' "
			 "names all "
			 "that its log does not have so.");
	return _("Send, then compare again.");
}

/* --- for programs --- */

static const char *verdict_word(enum compare_verdict verdict)
{
	switch (verdict) {
	case COMPARE_ONLY_HERE:
		return "only-here";
	case COMPARE_ONLY_THERE:
		return "only-at-hub";
	case COMPARE_WRITES:
		return "writes";
	case COMPARE_COUNTED:
		return "counted";
	}
	return "";
}

static void member_day(struct json_writer *w, const char *name, int32_t day)
{
	char text[DATE_TEXT];
	json_member_str(w, name, day == DAY_UNSET ? NULL : date_format(day, text));
}

static void put_days(struct json_writer *w, const struct comparison *c)
{
	char code[DIGEST_CODE_TEXT];
	json_key(w, "days");
	json_array(w);
	for (size_t i = 0; i < c->result.n_days; i++) {
		const struct compare_day *day = &c->result.days[i];
		json_object(w);
		member_day(w, "day", day->day);
		json_member_str(w, "kind", schema_kind_name(day->kind));
		json_member_int(w, "here", (int64_t)day->here);
		json_member_int(w, "hub", (int64_t)day->there);
		json_member_str(w, "code", day->here > 0 ? digest_code(day->hash, code) : NULL);
		json_key(w, "agrees");
		json_bool(w, day->agree);
		json_key(w, "explained");
		json_bool(w, !day->unknown);
		json_object_end(w);
	}
	for (size_t i = 0; !is_answered(c) && i < c->own.digest.n_sums; i++) {
		const struct digest_sum *sum = &c->own.digest.sums[i];
		json_object(w);
		member_day(w, "day", sum->day);
		json_member_str(w, "kind", schema_kind_name(sum->kind));
		json_member_int(w, "here", (int64_t)sum->count);
		json_member_str(w, "code", digest_code(sum->hash, code));
		json_object_end(w);
	}
	json_array_end(w);
}

static void put_differences(struct json_writer *w, const struct comparison *c)
{
	json_key(w, "differences");
	json_array(w);
	for (size_t i = 0; i < c->result.n_differences; i++) {
		const struct compare_difference *d = &c->result.differences[i];
		json_object(w);
		json_member_str(w, "what", verdict_word(d->verdict));
		json_member_str(w, "kind", schema_kind_name(d->kind));
		json_member_str(w, "key", d->key);
		member_day(w, "day", d->day);
		member_day(w, "hub_day", d->hub_day);
		json_member_int(w, "only_here", (int64_t)d->here);
		json_member_int(w, "only_at_hub", (int64_t)d->there);
		json_object_end(w);
	}
	json_array_end(w);
}

static void put_others(struct json_writer *w, const struct comparison *c)
{
	struct comparison_answer reading = c->heard.answer;
	struct comparison_other other;
	json_key(w, "others");
	json_array(w);
	while (is_answered(c) && compared_next_other(&reading, &other)) {
		json_object(w);
		json_member_str(w, "kind", schema_kind_name(other.kind));
		json_key(w, "key");
		json_text(w, other.key);
		json_key(w, "fields");
		json_array(w);
		for (int f = 0; f < FIELD_COUNT; f++)
			if ((other.fields >> f & 1) != 0)
				json_str(w, schema_field((enum field)f)->name);
		json_array_end(w);
		json_object_end(w);
	}
	json_array_end(w);
}

static void put_answer(struct json_writer *w, const struct agent *a, const struct comparison *c)
{
	char code[DIGEST_CODE_TEXT];
	char at[INSTANT_TEXT];
	char incarnation[INCARNATION_TEXT];
	json_member_str(w, "hub_code", is_answered(c) ? hub_code(a, c, code) : NULL);
	json_member_str(w, "hub_time", is_answered(c) ? time_format(c->heard.answer.hub_time, at) : NULL);
	json_key(w, "agrees");
	if (is_answered(c))
		json_bool(w, compare_agrees(&c->result));
	else
		json_null(w);
	json_key(w, "as_of");
	json_array(w);
	for (size_t i = 0; i < c->heard.answer.n_chains; i++) {
		json_object(w);
		json_member_str(w, "incarnation",
				session_incarnation(&c->heard.answer.chains[i].incarnation, incarnation));
		json_member_int(w, "batch", (int64_t)c->heard.answer.chains[i].have);
		json_object_end(w);
	}
	json_array_end(w);
}

void compare_print_json(const struct agent *a, const struct comparison *c)
{
	char month[DATE_TEXT];
	char code[DIGEST_CODE_TEXT];
	char at[INSTANT_TEXT];
	int64_t agreed_at = TIME_UNSET;
	struct json_writer w = json_writer_new(stdout);
	(void)date_format(c->month.from, month);
	month[strlen("YYYY-MM")] = '\0';
	json_object(&w);
	json_member_str(&w, "device", a->device_text);
	json_member_str(&w, "unit", a->unit);
	json_member_str(&w, "month", month);
	json_member_str(&w, "code", own_code(a, c, code));
	put_answer(&w, a, c);
	json_member_int(&w, "unsent", c->own.later);
	json_member_int(&w, "unacknowledged", (int64_t)c->result.unacknowledged);
	put_days(&w, c);
	put_differences(&w, c);
	put_others(&w, c);
	json_key(&w, "cut");
	json_bool(&w, is_answered(c) && c->heard.answer.cut);
	json_member_int(&w, "repaired", c->repaired);
	if (compare_agreed_at(a, c->month, &agreed_at) != STATUS_OK)
		agreed_at = TIME_UNSET;
	json_member_str(&w, "agreed_at", agreed_at == TIME_UNSET ? NULL : time_format(agreed_at, at));
	json_object_end(&w);
	json_end_line(&w);
}
