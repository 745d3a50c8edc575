#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "protocol/tables/column_map.h"

static const char sound[] =
	"# a comment\n[map]\nkind = dossier\nempty = clear\nseparator = ;\nconfirmed = no\n\n"
	"[columns]\n\"Số  HỒ SƠ\" = code\r\n\"a = b\" = fee\nLĩnh vực = domain\n\"Ghi chú\" = -\n";

static struct column_map *read(const char *text)
{
	struct column_map *map = NULL;
	enum map_fault fault = MAP_OK;
	int line = 0;
	assert_int_equal(column_map_read(slice_str(text), &map, &fault, &line), STATUS_OK);
	return map;
}

static void check_refused(const char *text, enum map_fault wanted, int wanted_line)
{
	struct column_map *map = NULL;
	enum map_fault fault = MAP_OK;
	int line = -1;
	assert_int_equal(column_map_read(slice_str(text), &map, &fault, &line), STATUS_REFUSED);
	assert_int_equal(fault, wanted);
	assert_int_equal(line, wanted_line);
}

static struct cell cell(const char *name, const char *text)
{
	return (struct cell){
		.name = slice_str(name),
		.type = text[0] == '\0' ? CELL_EMPTY : CELL_TEXT,
		.text = slice_str(text),
	};
}

static void what_a_map_says_of_its_table_is_known(void **state)
{
	(void)state;
	struct column_map *map = read(sound);
	assert_int_equal(column_map_kind(map), KIND_DOSSIER);
	assert_int_equal(column_map_separator(map), ';');
	assert_false(column_map_confirmed(map));
	column_map_free(map);
	map = read("\xEF\xBB\xBF[map]\nkind = equipment\nseparator = tab");
	assert_int_equal(column_map_separator(map), '\t');
	assert_true(column_map_confirmed(map));
	column_map_free(map);
	map = read("[map]\nkind = indicator\n");
	assert_int_equal(column_map_separator(map), 0);
	column_map_free(map);
}

static void headings_get_the_names_of_the_record_table(void **state)
{
	(void)state;
	struct column_map *map = read(sound);
	struct row row = {.line = 2, .n_cells = 5};
	struct row meant;
	row.cells[0] = cell("Số hồ sơ", "A-1");
	row.cells[1] = cell("A = B", "8000");
	row.cells[2] = cell("Ghi chú", "Ông X");
	row.cells[3] = cell("Trạng thái", "1");
	row.cells[4] = cell("lĩnh vực", "Hộ tịch");
	assert_int_equal(column_map_apply(map, &row, &meant), STATUS_OK);
	assert_true(slice_equal(meant.cells[0].name, slice_str("code")));
	assert_true(slice_equal(meant.cells[1].name, slice_str("fee")));
	assert_int_equal(meant.cells[2].name.len, 0);
	assert_true(slice_equal(meant.cells[3].name, slice_str("Trạng thái")));
	assert_true(slice_equal(meant.cells[4].name, slice_str("domain")));
	assert_int_equal(meant.line, 2);
	column_map_free(map);
}

static void an_empty_cell_clears_a_field_the_map_names_and_no_key(void **state)
{
	(void)state;
	struct column_map *map = read(sound);
	struct row row = {.n_cells = 4};
	struct row meant;
	row.cells[0] = cell("số hồ sơ", "");
	row.cells[1] = cell("a = b", "");
	row.cells[2] = cell("trạng thái", "");
	row.cells[3] = cell("lĩnh vực", " \t");
	assert_int_equal(column_map_apply(map, &row, &meant), STATUS_OK);
	assert_int_equal(meant.cells[0].type, CELL_EMPTY);
	assert_int_equal(meant.cells[1].type, CELL_NULL);
	assert_int_equal(meant.cells[2].type, CELL_EMPTY);
	assert_int_equal(meant.cells[3].type, CELL_NULL);
	column_map_free(map);
	map = read("[map]\nkind = dossier\nempty = ignore\n[columns]\n\"a\" = fee\n");
	row.n_cells = 1;
	row.cells[0] = cell("a", "");
	assert_int_equal(column_map_apply(map, &row, &meant), STATUS_OK);
	assert_int_equal(meant.cells[0].type, CELL_EMPTY);
	column_map_free(map);
}

static void a_faulty_map_is_refused_with_its_line(void **state)
{
	(void)state;
	check_refused("", MAP_NO_KIND, 0);
	check_refused("[map]\nempty = clear\n", MAP_NO_KIND, 0);
	check_refused("[columns]\n", MAP_NO_KIND, 1);
	check_refused("kind = dossier\n", MAP_SECTION, 1);
	check_refused("[mapp]\n", MAP_SECTION, 1);
	check_refused("[map]\nkind\n", MAP_LINE, 2);
	check_refused("[map]\nkind = \n", MAP_LINE, 2);
	check_refused("[map]\nkind = car\n", MAP_VALUE, 2);
	check_refused("[map]\nkind = dossier\nkind = dossier\n", MAP_KEY, 3);
	check_refused("[map]\ncolour = red\n", MAP_KEY, 2);
	check_refused("[map]\nempty = maybe\n", MAP_VALUE, 2);
	check_refused("[map]\nseparator = :\n", MAP_VALUE, 2);
	check_refused("[map]\nconfirmed = 1\n", MAP_VALUE, 2);
	check_refused("[map]\nkind = dossier\n[columns]\n\"a = code\n", MAP_LINE, 4);
	check_refused("[map]\nkind = dossier\n[columns]\n\"a\" b = code\n", MAP_LINE, 4);
	check_refused("[map]\nkind = dossier\n[columns]\n\"a\" = asset\n", MAP_FIELD, 4);
	check_refused("[map]\nkind = dossier\n[columns]\na = code\n\"A\" = fee\n", MAP_HEADING_TWICE, 5);
	check_refused("[map]\nkind = dossier \xff\n", MAP_NOT_TEXT, 0);
}

static void a_map_has_no_more_headings_than_a_table(void **state)
{
	(void)state;
	char text[LIMIT_COLUMNS * 16 + 256];
	int at = snprintf(text, sizeof(text), "[map]\nkind = dossier\n[columns]\n");
	for (int i = 0; i < LIMIT_COLUMNS; i++)
		at += snprintf(text + at, sizeof(text) - (size_t)at, "h%d = -\n", i);
	struct column_map *map = read(text);
	column_map_free(map);
	(void)snprintf(text + at, sizeof(text) - (size_t)at, "more = -\n"); /* fits by its size */
	check_refused(text, MAP_TOO_LONG, 3 + LIMIT_COLUMNS + 1);
}

static void units_have_codes_where_the_map_names_them(void **state)
{
	(void)state;
	struct column_map *map = read("[map]\nkind = dossier\nbanner = unit\n[columns]\n\"Nơi giải quyết\" = decided_by\n"
				      "\"Ghi chú\" = -\n[units]\n\"UBND  Xã A\" = 01834\n058 = 058\n");
	struct row row = {.line = 2, .n_cells = 5};
	struct row meant;
	row.cells[0] = cell("nơi giải quyết", "ubnd xã\xc2\xa0" "a");
	row.cells[1] = cell("Đơn vị", "UBND xã A");
	row.cells[2] = cell("unit", "UBND xã B");
	row.cells[3] = cell("Ghi chú", "UBND xã A");
	row.cells[4] = cell("Lĩnh vực", "UBND xã A");
	assert_string_equal(column_map_banner(map), "unit");
	assert_int_equal(column_map_apply(map, &row, &meant), STATUS_OK);
	assert_true(slice_equal(meant.cells[0].text, slice_str("01834")));
	assert_true(slice_equal(meant.cells[1].text, slice_str("01834")));
	/* What is not named stays a name, which is no code. */
	assert_true(slice_equal(meant.cells[2].text, slice_str("UBND xã B")));
	assert_true(slice_equal(meant.cells[3].text, slice_str("UBND xã A")));
	assert_true(slice_equal(meant.cells[4].text, slice_str("UBND xã A")));
	column_map_free(map);
	map = read("[map]\nkind = dossier\n");
	assert_null(column_map_banner(map));
	column_map_free(map);
}

static void a_bad_list_of_units_is_refused(void **state)
{
	(void)state;
	check_refused("[map]\nkind = dossier\nbanner = fee\n", MAP_VALUE, 3);
	check_refused("[map]\nbanner = unit\nkind = dossier\n", MAP_VALUE, 2);
	check_refused("[map]\nkind = equipment\nbanner = decided_by\n", MAP_VALUE, 3);
	check_refused("[units]\n\"a\" = 1\n", MAP_NO_KIND, 1);
	check_refused("[map]\nkind = dossier\n[units]\n\"a\" = xã A\n", MAP_UNIT, 4);
	check_refused("[map]\nkind = dossier\n[units]\n\"a\" = 123456789012345678901234567890123\n", MAP_UNIT, 4);
	check_refused("[map]\nkind = dossier\n[units]\n\"a\" = 1\n\"A \" = 2\n", MAP_HEADING_TWICE, 5);
}

static void as_many_units_as_a_province_has(void **state)
{
	(void)state;
	struct bytes text = bytes_new(LIMIT_MAP);
	bytes_put_str(&text, "[map]\nkind = dossier\n[units]\n");
	for (int i = 0; i < LIMIT_MAP_UNITS; i++) {
		char line[32];
		(void)snprintf(line, sizeof(line), "u%d = %d\n", i, i);
		bytes_put_str(&text, line);
	}
	bytes_put_u8(&text, '\0');
	column_map_free(read((const char *)text.data));
	text.len--;
	bytes_put_str(&text, "more = 1\n");
	bytes_put_u8(&text, '\0');
	check_refused((const char *)text.data, MAP_TOO_LONG, 4 + LIMIT_MAP_UNITS);
	bytes_free(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_map_says_of_its_table_is_known),
		cmocka_unit_test(headings_get_the_names_of_the_record_table),
		cmocka_unit_test(an_empty_cell_clears_a_field_the_map_names_and_no_key),
		cmocka_unit_test(a_faulty_map_is_refused_with_its_line),
		cmocka_unit_test(a_map_has_no_more_headings_than_a_table),
		cmocka_unit_test(units_have_codes_where_the_map_names_them),
		cmocka_unit_test(a_bad_list_of_units_is_refused),
		cmocka_unit_test(as_many_units_as_a_province_has),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
