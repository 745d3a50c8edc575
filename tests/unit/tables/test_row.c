#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/tables/row.h"

#define NOON INT64_C(1716354000000) /* 2024-05-22T12:00+07:00 */

/* A row under test with what is assumed around it, and what came of it. */
struct bench {
	struct row row;
	struct row_defaults defaults;
	struct bytes scratch;
	struct change change;
	struct change second;
	bool ignored[LIMIT_COLUMNS];
	struct row_result result;
};

static int set_up(void **state)
{
	struct bench *b = calloc(1, sizeof *b);
	if (b == NULL)
		return -1;
	b->scratch = bytes_new(2 * LIMIT_LINE);
	b->defaults = (struct row_defaults){.changed_at = NOON, .unit = slice_str("058")};
	*state = b;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *b = *state;
	bytes_free(&b->scratch);
	free(b);
	return 0;
}

static void add(struct bench *b, const char *name, struct cell cell)
{
	cell.name = slice_str(name);
	b->row.cells[b->row.n_cells++] = cell;
}

static void text(struct bench *b, const char *name, const char *value)
{
	enum cell_type type = value[0] != '\0' ? CELL_TEXT : CELL_EMPTY;
	add(b, name, (struct cell){.type = type, .text = slice_str(value)});
}

static void number(struct bench *b, const char *name, int64_t value)
{
	add(b, name, (struct cell){.type = CELL_NUMBER, .number = value});
}

static void null(struct bench *b, const char *name)
{
	add(b, name, (struct cell){.type = CELL_NULL});
}

/* Reads the row and begins a new one, so that a test may try many. */
static enum row_fault read_row(struct bench *b)
{
	enum status s = row_change(&b->row, &b->defaults, &b->scratch, &b->change, &b->second, b->ignored,
				   &b->result);
	assert_int_equal(s, b->result.fault == ROW_OK ? STATUS_OK : STATUS_REFUSED);
	if (s == STATUS_OK)
		assert_int_equal(change_check(&b->change, NULL), STATUS_OK);
	if (s == STATUS_OK && b->second.kind != KIND_NONE)
		assert_int_equal(change_check(&b->second, NULL), STATUS_OK);
	b->row.n_cells = 0;
	return b->result.fault;
}

static void expect_text(const struct bench *b, enum field field, const char *expected)
{
	assert_int_equal(b->change.fields[field].state, VALUE_TEXT);
	assert_true(slice_equal(b->change.fields[field].text, slice_str(expected)));
}

static void expect_number(const struct bench *b, enum field field, int64_t expected)
{
	assert_int_equal(b->change.fields[field].state, VALUE_NUMBER);
	assert_int_equal(b->change.fields[field].number, expected);
}

/* A dossier row of its key and one more cell. */
static enum row_fault one_cell(struct bench *b, const char *name, const char *value)
{
	text(b, "code", "H01-1");
	text(b, name, value);
	return read_row(b);
}

static void test_a_row_of_a_real_export_becomes_a_change(void **state)
{
	struct bench *b = *state;
	text(b, "STT", "1");
	text(b, "Đơn vị tiếp nhận", " 058 ");
	text(b, "Mã hồ sơ", "000.00.01.H01-240522-0001");
	text(b, "Trạng thái", "Đã trả kết quả");
	text(b, "Chủ hồ sơ", "một tên");
	text(b, "Ngày nộp hồ sơ", "20/05/2024 08:00:00");
	text(b, "Ngày nhận", "20/05/2024");
	text(b, "Ngày hẹn trả", "");
	text(b, "Hình thức tiếp nhận", "TRỰC TUYẾN");
	assert_int_equal(read_row(b), ROW_OK);
	assert_int_equal(b->change.kind, KIND_DOSSIER);
	assert_true(slice_equal(b->change.key, slice_str("000.00.01.H01-240522-0001")));
	expect_text(b, FIELD_UNIT, "058");
	expect_number(b, FIELD_STATUS, DOSSIER_RETURNED);
	expect_number(b, FIELD_CHANNEL, CHANNEL_ONLINE);
	expect_number(b, FIELD_RECEIVED_AT, date_start(date_from(2024, 5, 20)));
	assert_int_equal(b->change.fields[FIELD_DUE_AT].state, VALUE_ABSENT);
	assert_int_equal(b->change.changed_at, NOON);
	assert_false(b->change.time_stated);
	static const bool ignored[] = {true, false, false, false, true, false, false, false, false};
	assert_memory_equal(b->ignored, ignored, sizeof ignored);
	assert_false(b->ignored[sizeof ignored]);
}

/* As spreadsheets break long headings: a line break, and blanks to the column's width. */
static void test_a_heading_padded_over_its_limit_is_known(void **state)
{
	struct bench *b = *state;
	char heading[512];
	(void)snprintf(heading, sizeof(heading), "Hình thức\n%230stiếp nhận", "");
	assert_int_equal(one_cell(b, heading, "Trực tuyến"), ROW_OK);
	expect_number(b, FIELD_CHANNEL, CHANNEL_ONLINE);
	assert_false(b->ignored[1]);
}

static void test_the_kind_is_told_by_the_row_before_the_default_before_the_columns(void **state)
{
	struct bench *b = *state;
	text(b, "asset", "M1");
	text(b, "model", "X");
	assert_int_equal(read_row(b), ROW_OK);
	assert_int_equal(b->change.kind, KIND_EQUIPMENT);
	b->defaults.kind = KIND_DOSSIER;
	text(b, "asset", "M1");
	text(b, "model", "X");
	assert_int_equal(read_row(b), ROW_NO_KEY);
	text(b, "kind", "Thiết bị");
	text(b, "Mã tài sản", "M1");
	text(b, "trạng thái", "Đang sử dụng");
	assert_int_equal(read_row(b), ROW_OK);
	assert_int_equal(b->change.kind, KIND_EQUIPMENT);
	expect_number(b, FIELD_STATE, STATE_IN_USE);
}

static void test_a_kind_that_cannot_be_told_refuses_the_row(void **state)
{
	struct bench *b = *state;
	text(b, "domain", "x");
	assert_int_equal(read_row(b), ROW_NO_KIND);
	assert_int_equal(b->result.column, 1);
	text(b, "code", "1");
	text(b, "kind", "person");
	assert_int_equal(read_row(b), ROW_NO_KIND);
	assert_int_equal(b->result.column, 1);
	number(b, "kind", 1);
	assert_int_equal(read_row(b), ROW_NO_KIND);
	text(b, "code", "1");
	text(b, "asset", "2");
	assert_int_equal(read_row(b), ROW_NO_KIND);
	text(b, "kind", "dossier");
	text(b, "loại bản ghi", "dossier");
	assert_int_equal(read_row(b), ROW_TWICE);
	text(b, "name", "only a name");
	assert_int_equal(read_row(b), ROW_NO_KIND);
}

static void test_a_filled_key_column_tells_more_than_an_empty_one(void **state)
{
	struct bench *b = *state;
	text(b, "code", "");
	text(b, "asset", "M1");
	text(b, "serial", "9");
	assert_int_equal(read_row(b), ROW_OK);
	assert_int_equal(b->change.kind, KIND_EQUIPMENT);
	text(b, "code", "");
	text(b, "domain", "x");
	assert_int_equal(read_row(b), ROW_NO_KEY);
}

static void test_an_indicator_is_keyed_by_unit_period_and_name(void **state)
{
	struct bench *b = *state;
	text(b, "Tên chỉ tiêu", " Hồ sơ trực tuyến ");
	text(b, "Kỳ", "2024-Q2");
	text(b, "Giá trị", "1.342");
	assert_int_equal(read_row(b), ROW_OK);
	assert_int_equal(b->change.kind, KIND_INDICATOR);
	assert_true(slice_equal(b->change.key, slice_str("058|2024-Q2|Hồ sơ trực tuyến")));
	expect_number(b, FIELD_VALUE, 1342);
	text(b, "unit", "060");
	text(b, "name", "n");
	number(b, "period", 2024);
	number(b, "value", 0);
	assert_int_equal(read_row(b), ROW_OK);
	assert_true(slice_equal(b->change.key, slice_str("060|2024|n")));
	assert_int_equal(b->change.fields[FIELD_UNIT].state, VALUE_ABSENT);
	text(b, "name", "n");
	text(b, "period", "tháng 5");
	number(b, "value", 0);
	assert_int_equal(read_row(b), ROW_BAD_KEY);
	assert_int_equal(b->result.column, 1);
	text(b, "unit", "xã A");
	text(b, "name", "n");
	text(b, "period", "2024-05");
	number(b, "value", 0);
	assert_int_equal(read_row(b), ROW_BAD_KEY);
	assert_int_not_equal(b->result.column, 2);
	b->defaults.unit = (struct slice){0};
	text(b, "name", "n");
	text(b, "period", "2024");
	number(b, "value", 0);
	assert_int_equal(read_row(b), ROW_NO_KEY);
}

static void test_a_key_must_be_there_and_well_formed(void **state)
{
	struct bench *b = *state;
	b->defaults.kind = KIND_DOSSIER;
	text(b, "domain", "x");
	assert_int_equal(read_row(b), ROW_NO_KEY);
	null(b, "code");
	text(b, "domain", "x");
	assert_int_equal(read_row(b), ROW_NO_KEY);
	number(b, "code", 12);
	text(b, "domain", "x");
	assert_int_equal(read_row(b), ROW_BAD_KEY);
	text(b, "code", "01234567890123456789012345678901234567890123456789012345678901234");
	text(b, "domain", "x");
	assert_int_equal(read_row(b), ROW_BAD_KEY);
	assert_int_equal(b->result.column, 0);
	text(b, "code", "a\xff");
	text(b, "domain", "x");
	assert_int_equal(read_row(b), ROW_NOT_TEXT);
}

static void test_a_stated_time_stands_and_a_missing_one_is_assumed(void **state)
{
	struct bench *b = *state;
	text(b, "code", "1");
	text(b, "changed_at", "2024-01-02T03:04:05Z");
	text(b, "domain", "x");
	assert_int_equal(read_row(b), ROW_OK);
	assert_int_equal(b->change.changed_at, INT64_C(1704164645000));
	assert_true(b->change.time_stated);
	b->defaults.stated = true;
	assert_int_equal(one_cell(b, "domain", "x"), ROW_OK);
	assert_true(b->change.time_stated);
	text(b, "code", "1");
	text(b, "changed_at", "yesterday");
	assert_int_equal(read_row(b), ROW_NO_TIME);
	assert_int_equal(b->result.column, 1);
	text(b, "code", "1");
	number(b, "changed_at", 1704164645000);
	assert_int_equal(read_row(b), ROW_NO_TIME);
	b->defaults.changed_at = TIME_UNSET;
	assert_int_equal(one_cell(b, "domain", "x"), ROW_NO_TIME);
	assert_int_equal(b->result.column, 2);
}

static void test_words_numbers_and_booleans_are_understood_alike(void **state)
{
	struct bench *b = *state;
	static const char *const done[] = {"done", "9", "Đã xử lý xong", " ĐÃ  XỬ LÝ XONG"};
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(one_cell(b, "status", done[i]), ROW_OK);
		expect_number(b, FIELD_STATUS, DOSSIER_DONE);
	}
	text(b, "code", "1");
	number(b, "status", 9);
	add(b, "void", (struct cell){.type = CELL_BOOL, .number = 1});
	number(b, "reused", 0);
	assert_int_equal(read_row(b), ROW_OK);
	expect_number(b, FIELD_STATUS, DOSSIER_DONE);
	expect_number(b, FIELD_VOID, 1);
	expect_number(b, FIELD_REUSED, 0);
	assert_int_equal(one_cell(b, "Tái sử dụng", "x"), ROW_OK);
	expect_number(b, FIELD_REUSED, 1);
	assert_int_equal(one_cell(b, "status", "almost"), ROW_UNKNOWN_WORD);
	assert_int_equal(b->result.column, 1);
	text(b, "code", "1");
	number(b, "status", 11);
	assert_int_equal(read_row(b), ROW_UNKNOWN_WORD);
	text(b, "code", "1");
	add(b, "status", (struct cell){.type = CELL_BOOL, .number = 1});
	assert_int_equal(read_row(b), ROW_BAD_VALUE);
}

static void test_numbers_may_be_grouped_by_thousands_only(void **state)
{
	struct bench *b = *state;
	static const struct {
		const char *text;
		int64_t value; /* -1: refused */
	} samples[] = {{"0", 0},	 {"1342", 1342},       {"1.342", 1342}, {"12.345.678", 12345678},
		       {"123.456", 123456}, {"900000000000000", 900000000000000},
		       {"1.34", -1},	 {"1.3425", -1},       {"1234.567", -1}, {".342", -1},
		       {"0.342", -1},	 {"1..342", -1},       {"1.342.", -1},	{"1,342", -1},
		       {"1 342", -1},	 {"", 0},	       {"x", -1},	{"-", -1},
		       {"99999999999999999999", -1}, {"1.342.5", -1}};
	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
		if (samples[i].text[0] == '\0')
			continue;
		bool good = samples[i].value >= 0;
		assert_int_equal(one_cell(b, "fee", samples[i].text), good ? ROW_OK : ROW_BAD_NUMBER);
		if (good)
			expect_number(b, FIELD_FEE, samples[i].value);
	}
	assert_int_equal(one_cell(b, "fee", "-1"), ROW_BAD_VALUE);
	assert_int_equal(one_cell(b, "rating", "6"), ROW_BAD_VALUE);
}

static void test_dates_are_read_in_both_spellings(void **state)
{
	struct bench *b = *state;
	static const char *const dates[] = {"2024-05-22", "22/05/2024", "22/05/2024 00:00:00",
					    "2024-05-22T00:00:00+07:00"};
	for (size_t i = 0; i < 4; i++) {
		text(b, "asset", "M1");
		text(b, "installed_on", dates[i]);
		assert_int_equal(read_row(b), ROW_OK);
		expect_number(b, FIELD_INSTALLED_ON, date_from(2024, 5, 22));
	}
	assert_int_equal(one_cell(b, "due_at", "31/02/2024"), ROW_BAD_TIME);
	text(b, "code", "1");
	number(b, "due_at", 20240522);
	assert_int_equal(read_row(b), ROW_BAD_TIME);
}

static void test_text_is_kept_normal_and_bounded(void **state)
{
	struct bench *b = *state;
	assert_int_equal(one_cell(b, "domain", " \xc2\xa0" "Ho\xcc\x82\xcc\xa3 ti\xcc\x81" "ch "), ROW_OK);
	expect_text(b, FIELD_DOMAIN, "Hộ tích");
	char longest[LIMIT_TEXT + 2];
	memset(longest, 'a', sizeof longest);
	longest[LIMIT_TEXT] = '\0';
	assert_int_equal(one_cell(b, "domain", longest), ROW_OK);
	longest[LIMIT_TEXT] = 'a';
	longest[LIMIT_TEXT + 1] = '\0';
	assert_int_equal(one_cell(b, "domain", longest), ROW_BAD_VALUE);
	assert_int_equal(one_cell(b, "domain", "a\x01"), ROW_NOT_TEXT);
	assert_int_equal(one_cell(b, "unit", "Xã A"), ROW_BAD_VALUE);
	text(b, "code", "1");
	number(b, "unit", 58);
	assert_int_equal(read_row(b), ROW_BAD_VALUE);
	text(b, "code", "1");
	add(b, "domain", (struct cell){.type = CELL_OTHER});
	assert_int_equal(read_row(b), ROW_BAD_VALUE);
}

static void test_null_clears_and_an_empty_cell_states_nothing(void **state)
{
	struct bench *b = *state;
	text(b, "code", "1");
	null(b, "due_at");
	text(b, "domain", "  ");
	assert_int_equal(read_row(b), ROW_OK);
	assert_int_equal(change_nulls(&b->change), UINT64_C(1) << FIELD_DUE_AT);
	assert_int_equal(change_mask(&b->change), UINT64_C(1) << FIELD_DUE_AT);
	assert_int_equal(one_cell(b, "domain", ""), ROW_NOTHING);
	text(b, "code", "1");
	null(b, "nobody knows");
	assert_int_equal(read_row(b), ROW_NOTHING);
}

static void test_status_at_stands_beside_a_status_only(void **state)
{
	struct bench *b = *state;
	assert_int_equal(one_cell(b, "status_at", "2024-05-22"), ROW_STATUS_AT_ALONE);
	assert_int_equal(b->result.column, 1);
	text(b, "code", "1");
	null(b, "status");
	text(b, "status_at", "2024-05-22");
	assert_int_equal(read_row(b), ROW_STATUS_AT_ALONE);
	text(b, "code", "1");
	text(b, "status", "done");
	text(b, "status_at", "2024-05-22");
	assert_int_equal(read_row(b), ROW_OK);
	expect_number(b, FIELD_STATUS_AT, date_start(date_from(2024, 5, 22)));
	text(b, "code", "1");
	text(b, "status", "done");
	null(b, "status_at");
	assert_int_equal(read_row(b), ROW_OK);
	assert_int_equal(b->change.fields[FIELD_STATUS_AT].state, VALUE_ABSENT);
}

static void test_two_columns_for_one_field_are_refused_when_both_are_filled(void **state)
{
	struct bench *b = *state;
	text(b, "code", "1");
	text(b, "Ngày nhận", "2024-05-22");
	text(b, "Ngày tiếp nhận", "2024-05-22");
	assert_int_equal(read_row(b), ROW_TWICE);
	assert_int_equal(b->result.column, 2);
	text(b, "code", "1");
	text(b, "Ngày nhận", "");
	text(b, "Ngày tiếp nhận", "2024-05-22");
	assert_int_equal(read_row(b), ROW_OK);
	text(b, "code", "1");
	text(b, "Mã hồ sơ", "1");
	text(b, "domain", "x");
	assert_int_equal(read_row(b), ROW_TWICE);
	text(b, "code", "1");
	text(b, "changed_at", "2024-05-22");
	text(b, "ngày thay đổi", "2024-05-22");
	assert_int_equal(read_row(b), ROW_TWICE);
}

static void test_replaces_is_the_provisional_codes_own_change(void **state)
{
	struct bench *b = *state;
	text(b, "code", "H01-1");
	text(b, "replaces", "L-7-1-240522-1");
	text(b, "status", "accepted");
	assert_int_equal(read_row(b), ROW_OK);
	assert_true(slice_equal(b->change.key, slice_str("H01-1")));
	assert_int_equal(change_mask(&b->change), UINT64_C(1) << FIELD_STATUS);
	assert_int_equal(b->second.kind, KIND_DOSSIER);
	assert_true(slice_equal(b->second.key, slice_str("L-7-1-240522-1")));
	assert_true(slice_equal(b->second.fields[FIELD_REPLACED_BY].text, slice_str("H01-1")));
	assert_int_equal(b->second.changed_at, NOON);
	assert_int_equal(one_cell(b, "replaces", "L-7-1-240522-1"), ROW_OK);
	assert_true(slice_equal(b->change.key, slice_str("L-7-1-240522-1")));
	expect_text(b, FIELD_REPLACED_BY, "H01-1");
	assert_int_equal(b->second.kind, KIND_NONE);
	assert_int_equal(one_cell(b, "replaces", "H01-1"), ROW_REPLACES_SELF);
	assert_int_equal(one_cell(b, "replaces", "H01-2"), ROW_NOT_PROVISIONAL);
	assert_int_equal(one_cell(b, "domain", "x"), ROW_OK);
	assert_int_equal(b->second.kind, KIND_NONE);
}

static void test_only_a_provisional_code_is_replaced_and_only_by_an_official_one(void **state)
{
	struct bench *b = *state;
	text(b, "code", "L-7-1-240522-2");
	text(b, "replaces", "L-7-1-240522-1");
	assert_int_equal(read_row(b), ROW_PROVISIONAL);
	assert_int_equal(b->result.column, 1);
}

static void test_a_refused_row_leaves_the_answer_alone(void **state)
{
	struct bench *b = *state;
	assert_int_equal(one_cell(b, "domain", "x"), ROW_OK);
	b->change.changed_at = 77;
	assert_int_equal(one_cell(b, "status", "?"), ROW_UNKNOWN_WORD);
	assert_int_equal(b->change.changed_at, 77);
}

static void test_the_widest_row_is_read(void **state)
{
	struct bench *b = *state;
	text(b, "code", "1");
	for (size_t i = 1; i + 1 < LIMIT_COLUMNS; i++)
		text(b, "ghi chú", "x");
	text(b, "domain", "d");
	assert_int_equal(read_row(b), ROW_OK);
	expect_text(b, FIELD_DOMAIN, "d");
	assert_true(b->ignored[LIMIT_COLUMNS - 2]);
	assert_false(b->ignored[LIMIT_COLUMNS - 1]);
}

static void test_every_fault_has_a_name_of_its_own(void **state)
{
	(void)state;
	for (int i = ROW_OK; i <= ROW_TWICE; i++)
		for (int k = ROW_OK; k < i; k++)
			assert_string_not_equal(row_fault_name((enum row_fault)i),
						row_fault_name((enum row_fault)k));
	assert_string_equal(row_fault_name((enum row_fault)99), "unknown");
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

/* What was looked up once must mean the same to another kind, and when there is no more room to remember. */
static void test_names_that_are_remembered_keep_their_meaning(void **state)
{
	struct bench *b = *state;
	b->defaults.memory = row_memory_new();
	assert_non_null(b->defaults.memory);
	for (unsigned round = 0; round < 3; round++) {
		for (unsigned n = 0; n < 90; n++) {
			char name[60];
			(void)snprintf(name, sizeof(name), n % 2 == 0 ? "cột %u" : "%050u", n);
			text(b, "code", "A-1");
			text(b, name, "x");
			text(b, n % 3 == 0 ? "Trạng thái" : "status", "accepted");
			text(b, "loại", "máy in");
			assert_int_equal(read_row(b), ROW_OK);
			assert_true(!b->ignored[0] && b->ignored[1] && !b->ignored[2] && b->ignored[3]);
			expect_number(b, FIELD_STATUS, DOSSIER_ACCEPTED);
		}
		text(b, "asset", "T-1");
		text(b, "loại", "máy in");
		text(b, "status", "accepted");
		assert_int_equal(read_row(b), ROW_OK);
		assert_true(!b->ignored[1] && b->ignored[2]);
		expect_number(b, FIELD_TYPE, 3);
	}
	row_memory_free(b->defaults.memory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_a_row_of_a_real_export_becomes_a_change),
		CASE(test_a_heading_padded_over_its_limit_is_known),
		CASE(test_the_kind_is_told_by_the_row_before_the_default_before_the_columns),
		CASE(test_a_kind_that_cannot_be_told_refuses_the_row),
		CASE(test_a_filled_key_column_tells_more_than_an_empty_one),
		CASE(test_an_indicator_is_keyed_by_unit_period_and_name),
		CASE(test_a_key_must_be_there_and_well_formed),
		CASE(test_a_stated_time_stands_and_a_missing_one_is_assumed),
		CASE(test_words_numbers_and_booleans_are_understood_alike),
		CASE(test_numbers_may_be_grouped_by_thousands_only),
		CASE(test_dates_are_read_in_both_spellings),
		CASE(test_text_is_kept_normal_and_bounded),
		CASE(test_null_clears_and_an_empty_cell_states_nothing),
		CASE(test_status_at_stands_beside_a_status_only),
		CASE(test_two_columns_for_one_field_are_refused_when_both_are_filled),
		CASE(test_replaces_is_the_provisional_codes_own_change),
		CASE(test_only_a_provisional_code_is_replaced_and_only_by_an_official_one),
		CASE(test_a_refused_row_leaves_the_answer_alone),
		CASE(test_the_widest_row_is_read),
		CASE(test_names_that_are_remembered_keep_their_meaning),
		cmocka_unit_test(test_every_fault_has_a_name_of_its_own),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
