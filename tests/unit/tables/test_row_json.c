#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/tables/row.h"

enum { ROOM = 4096 };

static struct cell text(const char *name, const char *value)
{
	return (struct cell){.name = slice_str(name), .type = CELL_TEXT, .text = slice_str(value)};
}

static void expect(const struct cell *cells, size_t count, enum kind kind, const char *json)
{
	struct row *row = calloc(1, sizeof *row);
	assert_non_null(row);
	row->n_cells = count;
	for (size_t i = 0; i < count; i++)
		row->cells[i] = cells[i];
	struct row_defaults defaults = {.kind = kind, .changed_at = TIME_UNSET};
	struct bytes out = bytes_new(ROOM);
	row_recognised_json(row, &defaults, &out);
	bytes_put_u8(&out, 0);
	assert_string_equal((const char *)out.data, json);
	bytes_free(&out);
	free(row);
}

static void test_only_recognised_columns_are_kept_under_their_json_names(void **state)
{
	(void)state;
	const struct cell cells[] = {text("Mã hồ sơ", " H01-1 "), text("Chủ hồ sơ", "một tên"),
				     text("Lĩnh vực", "lạ\"\n"), text("Ghi chú", "x"), text("Lệ phí", "1.200")};
	expect(cells, 5, KIND_NONE,
	       "{\"kind\":\"dossier\",\"code\":\"H01-1\",\"domain\":\"lạ\\\"\",\"fee\":\"1.200\"}");
}

/* L15: a name typed into the status column is still a name. */
static void test_a_cell_that_does_not_hold_what_its_column_is_for_is_not_kept(void **state)
{
	(void)state;
	char story[LIMIT_TEXT + 2];
	memset(story, 'x', sizeof story);
	story[sizeof story - 1] = '\0';
	const struct cell cells[] = {
		text("code", "H01-1"),   text("status", "một tên"), text("received_at", "0999888777"),
		text("domain", story),   text("fee", "một tên"),    text("changed_at", "một tên"),
		text("unit", "một tên"),
	};
	expect(cells, 7, KIND_NONE,
	       "{\"kind\":\"dossier\",\"code\":\"H01-1\",\"status\":\"?\",\"received_at\":\"?\","
	       "\"fee\":\"?\",\"changed_at\":\"?\"}");
}

static void test_json_values_keep_their_type(void **state)
{
	(void)state;
	const struct cell cells[] = {
		text("name", "n"),
		text("period", "2024"),
		text("unit", "058"),
		{.name = slice_str("value"), .type = CELL_NUMBER, .number = 7},
		{.name = slice_str("of"), .type = CELL_NULL},
		{.name = slice_str("void"), .type = CELL_BOOL, .number = 1},
		text("changed_at", "soon"),
	};
	expect(cells, 7, KIND_INDICATOR,
	       "{\"kind\":\"indicator\",\"name\":\"n\",\"period\":\"2024\",\"unit\":\"058\",\"value\":7,"
	       "\"of\":null,\"void\":true,\"changed_at\":\"?\"}");
}

static void test_a_row_without_a_kind_keeps_nothing(void **state)
{
	(void)state;
	const struct cell cells[] = {text("Chủ hồ sơ", "x"), text("domain", "y")};
	expect(cells, 2, KIND_NONE, "{}");
	const struct cell foreign[] = {text("kind", "person"), text("code", "y")};
	expect(foreign, 2, KIND_DOSSIER, "{}");
}

static void test_what_is_empty_or_no_text_is_left_out_and_nothing_stands_twice(void **state)
{
	(void)state;
	const struct cell cells[] = {
		{.name = slice_str("asset"), .type = CELL_EMPTY},
		text("Mã tài sản", "M1"),
		text("Mã thiết bị", "M2"),
		text("model", "\xff"),
		{.name = slice_str("serial"), .type = CELL_OTHER},
		text("replaces", "x"),
	};
	expect(cells, 6, KIND_NONE, "{\"kind\":\"equipment\",\"asset\":\"M1\"}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_only_recognised_columns_are_kept_under_their_json_names),
		cmocka_unit_test(test_a_cell_that_does_not_hold_what_its_column_is_for_is_not_kept),
		cmocka_unit_test(test_json_values_keep_their_type),
		cmocka_unit_test(test_a_row_without_a_kind_keeps_nothing),
		cmocka_unit_test(test_what_is_empty_or_no_text_is_left_out_and_nothing_stands_twice),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
