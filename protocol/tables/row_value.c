#include "protocol/tables/row_value.h"

#include <inttypes.h>
#include <stdio.h>

#include "protocol/tables/text.h"

enum { DIGITS = 24 /* an int64 in decimal and its NUL */ };

static enum status refuse(enum row_fault fault, enum row_fault *ret_fault)
{
	*ret_fault = fault;
	return STATUS_REFUSED;
}

static const char *chars(const struct bytes *b)
{
	return b->data != NULL ? (const char *)b->data : "";
}

/* The cell's text in work, folded or only normal; an over-long one has no meaning for any field. */
static enum status take_text(const struct cell *cell, bool fold, struct bytes *work, enum row_fault *ret_fault)
{
	enum status s = fold ? text_fold(cell->text, work) : text_normal(cell->text, work);
	if (s == STATUS_REFUSED)
		return refuse(ROW_NOT_TEXT, ret_fault);
	if (s == STATUS_LIMIT)
		return refuse(ROW_BAD_VALUE, ret_fault);
	return s;
}

static enum status text_value(const struct field_spec *spec, struct bytes *work, struct value *ret_value,
			      enum row_fault *ret_fault)
{
	if (!schema_text_ok(spec, chars(work), work->len))
		return refuse(ROW_BAD_VALUE, ret_fault);
	*ret_value = (struct value){.state = VALUE_TEXT, .text = bytes_slice(work)};
	return STATUS_OK;
}

static enum status number_value(const struct field_spec *spec, int64_t number, struct value *ret_value,
				enum row_fault *ret_fault)
{
	if (!schema_number_ok(spec, number))
		return refuse(ROW_BAD_VALUE, ret_fault);
	*ret_value = (struct value){.state = VALUE_NUMBER, .number = number};
	return STATUS_OK;
}

static enum status word_value(const struct field_spec *spec, const char *folded, size_t len,
			      struct value *ret_value, enum row_fault *ret_fault)
{
	int64_t number = 0;
	if (schema_word(spec, folded, len, &number) != STATUS_OK)
		return refuse(ROW_UNKNOWN_WORD, ret_fault);
	return number_value(spec, number, ret_value, ret_fault);
}

/* True if the dots stand as thousands: one to three digits, not beginning with 0, then groups of three. */
static bool is_grouped(const char *digits, size_t len)
{
	size_t first = len % 4;
	if (len < 5 || first == 0 || digits[0] == '0')
		return false;
	for (size_t i = 0; i < len; i++)
		if ((digits[i] == '.') != (i >= first && (i - first) % 4 == 0))
			return false;
	return true;
}

/* Digits with an optional minus, thousands perhaps grouped by dots as Vietnam writes them. */
static bool parse_integer(const char *text, size_t len, int64_t *ret_number)
{
	bool negative = len > 0 && text[0] == '-';
	text += negative;
	len -= negative;
	bool grouped = is_grouped(text, len);
	int64_t number = 0;
	for (size_t i = 0; i < len; i++) {
		if (grouped && text[i] == '.')
			continue;
		if (text[i] < '0' || text[i] > '9' || number > (INT64_MAX - 9) / 10)
			return false;
		number = number * 10 + (text[i] - '0');
	}
	*ret_number = negative ? -number : number;
	return len > 0;
}

static enum status day_of(const char *text, size_t len, int64_t *ret_day)
{
	int32_t day = 0;
	int64_t ms = 0;
	if (date_parse(text, len, &day) != STATUS_OK) {
		/* Spreadsheets write a date with a midnight. */
		if (time_parse(text, len, &ms) != STATUS_OK)
			return STATUS_REFUSED;
		day = date_of(ms);
	}
	*ret_day = day;
	return STATUS_OK;
}

static enum status from_text(const struct field_spec *spec, struct bytes *work, struct value *ret_value,
			     enum row_fault *ret_fault)
{
	int64_t number = 0;
	switch (spec->type) {
	case TYPE_TEXT:
	case TYPE_UNIT:
		return text_value(spec, work, ret_value, ret_fault);
	case TYPE_ENUM:
	case TYPE_BOOL:
		return word_value(spec, chars(work), work->len, ret_value, ret_fault);
	case TYPE_INT:
		if (!parse_integer(chars(work), work->len, &number))
			return refuse(ROW_BAD_NUMBER, ret_fault);
		break;
	case TYPE_TIME:
		if (time_parse(chars(work), work->len, &number) != STATUS_OK)
			return refuse(ROW_BAD_TIME, ret_fault);
		break;
	case TYPE_DATE:
		if (day_of(chars(work), work->len, &number) != STATUS_OK)
			return refuse(ROW_BAD_TIME, ret_fault);
		break;
	}
	return number_value(spec, number, ret_value, ret_fault);
}

static enum status from_number(const struct field_spec *spec, int64_t number, struct value *ret_value,
			       enum row_fault *ret_fault)
{
	char digits[DIGITS];
	int len = 0;
	switch (spec->type) {
	case TYPE_ENUM:
	case TYPE_BOOL:
		/* The national numbers are words of the table; other numbers are no words. */
		len = snprintf(digits, sizeof digits, "%" PRId64, number);
		return word_value(spec, digits, (size_t)len, ret_value, ret_fault);
	case TYPE_INT:
		return number_value(spec, number, ret_value, ret_fault);
	case TYPE_TIME:
	case TYPE_DATE:
		return refuse(ROW_BAD_TIME, ret_fault);
	case TYPE_TEXT:
	case TYPE_UNIT:
		break;
	}
	return refuse(ROW_BAD_VALUE, ret_fault);
}

enum status cell_value(const struct field_spec *spec, const struct cell *cell, struct bytes *work,
		       struct value *ret_value, enum row_fault *ret_fault)
{
	bool fold = spec->type == TYPE_ENUM || spec->type == TYPE_BOOL;
	enum status s = STATUS_OK;
	switch (cell->type) {
	case CELL_EMPTY:
		*ret_value = (struct value){.state = VALUE_ABSENT};
		return STATUS_OK;
	case CELL_NULL:
		*ret_value = (struct value){.state = VALUE_NULL};
		return STATUS_OK;
	case CELL_TEXT:
		s = take_text(cell, fold, work, ret_fault);
		if (s != STATUS_OK)
			return s;
		if (work->len > 0)
			return from_text(spec, work, ret_value, ret_fault);
		*ret_value = (struct value){.state = VALUE_ABSENT};
		return STATUS_OK;
	case CELL_NUMBER:
		return from_number(spec, cell->number, ret_value, ret_fault);
	case CELL_BOOL:
		if (spec->type == TYPE_BOOL)
			return number_value(spec, cell->number, ret_value, ret_fault);
		break;
	case CELL_OTHER:
		break;
	}
	return refuse(ROW_BAD_VALUE, ret_fault);
}

enum status cell_instant(const struct cell *cell, struct bytes *work, int64_t *ret_ms)
{
	int64_t ms = TIME_UNSET;
	if (cell->type == CELL_TEXT) {
		enum row_fault unused;
		enum status s = take_text(cell, false, work, &unused);
		if (s == STATUS_OK && work->len > 0)
			s = time_parse(chars(work), work->len, &ms);
		if (s != STATUS_OK)
			return s;
	} else if (cell->type != CELL_EMPTY && cell->type != CELL_NULL) {
		return STATUS_REFUSED;
	}
	*ret_ms = ms;
	return STATUS_OK;
}
