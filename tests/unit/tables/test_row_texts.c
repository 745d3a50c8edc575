#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "protocol/tables/row.h"

enum { N_NAMES = 3 };
static const char *const NAMES[N_NAMES] = {"code", "name", "parent"};

static struct cell cell(const char *name, const char *text)
{
	return (struct cell){.name = slice_str(name), .type = CELL_TEXT, .text = slice_str(text)};
}

static void free_all(struct bytes *cells)
{
	for (size_t i = 0; i < N_NAMES; i++)
		bytes_free(&cells[i]);
}

static void set_up(struct bytes *cells)
{
	for (size_t i = 0; i < N_NAMES; i++) {
		cells[i] = bytes_new(LIMIT_TEXT);
		bytes_put_str(&cells[i], "of the row before");
	}
}

static void named_columns_are_taken_in_one_form(void **state)
{
	static struct row row = {.n_cells = 3};
	struct bytes cells[N_NAMES];
	size_t column = N_NAMES;
	(void)state;
	set_up(cells);
	/* The second letter in two parts, as a Mac writes it. */
	row.cells[0] = cell("name", " H\x6f\xcc\x82 ");
	row.cells[1] = cell("other", "not looked at");
	row.cells[2] = cell("code", "058");
	assert_int_equal(row_texts(&row, N_NAMES, NAMES, cells, &column), STATUS_OK);
	assert_true(slice_equal(bytes_slice(&cells[0]), slice_str("058")));
	assert_true(slice_equal(bytes_slice(&cells[1]), slice_str("H\xc3\xb4")));
	assert_int_equal(cells[2].len, 0);
	free_all(cells);
}

static void what_is_no_text_is_told_by_its_column(void **state)
{
	static struct row row = {.n_cells = 2};
	struct bytes cells[N_NAMES];
	size_t column = N_NAMES;
	(void)state;
	set_up(cells);
	row.cells[0] = cell("code", "058");
	row.cells[1] = cell("parent", "\xff");
	assert_int_equal(row_texts(&row, N_NAMES, NAMES, cells, &column), STATUS_REFUSED);
	assert_int_equal(column, 2);
	free_all(cells);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(named_columns_are_taken_in_one_form),
		cmocka_unit_test(what_is_no_text_is_told_by_its_column),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
