#include "hub/formula.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "protocol/tables/text.h"
#include "protocol/tables/totals_view.h"

#define OF       "of "
#define DOSSIERS "dossiers."

enum {
	COUNT_INPUT_DIGITISED = TOTALS_COLUMNS,
	COUNT_RESULT_DIGITISED,
	COUNT_DIGITISED,
	COUNT_REUSED,
	COUNT_FEE,
	COUNT_PAID_ONLINE,
	COUNT_RATED,
	COUNT_SATISFIED,
	COUNT_DISSATISFIED,
	COUNT_INPUT_STATED,
	COUNT_RESULT_STATED,
	COUNT_DIGITISED_STATED,
	COUNT_REUSED_STATED,
	COUNT_PAID_STATED,
	COUNTS
};

static const char *const COUNT_NAMES[COUNTS] = {
#define X(id, key, if_any) [TOTALS_##id] = (key),
	TOTALS_COLUMN_TABLE(X)
#undef X
		[COUNT_INPUT_DIGITISED] = "input_digitised",
	[COUNT_RESULT_DIGITISED] = "result_digitised",
	[COUNT_DIGITISED] = "digitised",
	[COUNT_REUSED] = "reused",
	[COUNT_FEE] = "fee",
	[COUNT_PAID_ONLINE] = "paid_online",
	[COUNT_RATED] = "rated",
	[COUNT_SATISFIED] = "satisfied",
	[COUNT_DISSATISFIED] = "dissatisfied",
	[COUNT_INPUT_STATED] = "input_stated",
	[COUNT_RESULT_STATED] = "result_stated",
	[COUNT_DIGITISED_STATED] = "digitised_stated",
	[COUNT_REUSED_STATED] = "reused_stated",
	[COUNT_PAID_STATED] = "paid_stated",
};

int formula_count_total(void)
{
	return COUNTS;
}

const char *formula_count_name(int count)
{
	return COUNT_NAMES[count];
}

int64_t formula_count_value(const struct cells *c, int count)
{
	if (count < TOTALS_COLUMNS)
		return totals_value(c, (enum totals_column)count);
	const int64_t values[] = {
		c->rate_input_digitised, c->rate_result_digitised, c->digitised_done, c->reused_received,
		c->fee_received,         c->rate_paid_online,      c->rated_done,     c->rate_satisfied,
		c->dissatisfied_done,    c->input_stated,          c->result_stated,  c->digitised_stated,
		c->reused_stated,        c->paid_stated,
	};
	static_assert(sizeof(values) / sizeof(values[0]) == COUNTS - TOTALS_COLUMNS, "a value for each count");
	return values[count - TOTALS_COLUMNS];
}

const char *formula_figure(const struct formula_term *term, char ret_text[static FIGURE_TEXT])
{
	static const char *const before[] = {[FIGURE_VALUE] = "", [FIGURE_OF] = OF, [FIGURE_DOSSIERS] = DOSSIERS};
	(void)snprintf(ret_text, FIGURE_TEXT, "%s%s", before[term->kind], term->name);
	return ret_text;
}

static bool starts_with(struct slice text, const char *prefix)
{
	size_t len = strlen(prefix);
	return text.len >= len && memcmp(text.data, prefix, len) == 0;
}

static enum status take_count(struct formula_term *term)
{
	for (int i = 0; i < COUNTS; i++)
		if (strcmp(term->name, COUNT_NAMES[i]) == 0) {
			term->count = i;
			return STATUS_OK;
		}
	return STATUS_REFUSED;
}

/* One figure: in the form in which the record table keeps names. */
static enum status take_figure(struct slice text, struct formula_term *term)
{
	struct bytes normal = bytes_new(FIGURE_TEXT);
	enum status s = text_normal(text, &normal);
	struct slice name = bytes_slice(&normal);
	size_t skip = 0;
	if (s == STATUS_OK && starts_with(name, DOSSIERS)) {
		term->kind = FIGURE_DOSSIERS;
		skip = strlen(DOSSIERS);
	} else if (s == STATUS_OK && starts_with(name, OF)) {
		term->kind = FIGURE_OF;
		skip = strlen(OF);
	}
	if (s == STATUS_OK && (name.len <= skip || name.len - skip > LIMIT_NAME))
		s = STATUS_REFUSED;
	if (s == STATUS_OK) {
		memcpy(term->name, name.data + skip, name.len - skip);
		term->name[name.len - skip] = '\0';
		s = term->kind == FIGURE_DOSSIERS ? take_count(term) : STATUS_OK;
	}
	bytes_free(&normal);
	return s == STATUS_LIMIT ? STATUS_REFUSED : s;
}

/* Where the next " + " or " - " stands; text.len if there is none. */
static size_t find_sign(struct slice text)
{
	for (size_t i = 0; i + 2 < text.len; i++)
		if (text.data[i] == ' ' && text.data[i + 2] == ' ' &&
		    (text.data[i + 1] == '+' || text.data[i + 1] == '-'))
			return i;
	return text.len;
}

enum status formula_parse(struct slice text, struct formula *ret_formula)
{
	struct formula f = {0};
	bool minus = false;
	for (;;) {
		size_t end = find_sign(text);
		if (f.n == FORMULA_TERMS)
			return STATUS_REFUSED;
		struct formula_term *term = &f.terms[f.n++];
		term->minus = minus;
		enum status s = take_figure(slice_of(text.data, end), term);
		if (s != STATUS_OK)
			return s;
		if (end == text.len)
			break;
		minus = text.data[end + 1] == '-';
		text = slice_of(text.data + end + 3, text.len - end - 3);
	}
	*ret_formula = f;
	return STATUS_OK;
}
