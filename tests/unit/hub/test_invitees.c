#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hub/invitees.h"
#include "tests/unit/hub/hub_fixture.h"

enum { REFUSED_MAX = 16 };

struct refusals {
	size_t count;
	int64_t rows[REFUSED_MAX];
	const char *reasons[REFUSED_MAX];
};

static void note(void *context, int64_t row, const char *reason)
{
	struct refusals *r = context;
	assert_true(r->count < REFUSED_MAX);
	r->rows[r->count] = row;
	r->reasons[r->count++] = reason;
}

static enum status read_text(const struct fixture *f, const char *csv, struct refusals *refusals,
			     struct invitees *invitees)
{
	FILE *file = tmpfile();
	assert_non_null(file);
	assert_int_equal(fwrite(csv, 1, strlen(csv), file), strlen(csv));
	rewind(file);
	*refusals = (struct refusals){0};
	enum status s = invitees_read(f->hub->registry, file, note, refusals, invitees);
	assert_int_equal(fclose(file), 0);
	return s;
}

static void test_good_rows_are_taken_and_bad_ones_named(void **state)
{
	static const char csv[] = "name,code,note\n"
				  "A1,05801,\n"
				  "again,05801,x\n"
				  "no code,!,x\n"
				  "none,,x\n"
				  "short\n"
				  "stranger,99999,x\n"
				  "\"B\n1\",05901,x\n"
				  "A2, 05802 ,x\n";
	static const struct {
		int64_t row;
		const char *reason;
	} wanted[] = {
		{3, "unit-twice"}, {4, "unit-code"}, {5, "unit-no-code"}, {6, "unit-no-code"}, {7, "unknown-unit"}};
	struct fixture *f = *state;
	struct refusals refusals;
	struct invitees in;
	assert_int_equal(read_text(f, csv, &refusals, &in), STATUS_OK);
	assert_int_equal(in.count, 3);
	assert_string_equal(in.list[0].unit, "05801");
	assert_string_equal(in.list[1].unit, "05901");
	assert_string_equal(in.list[2].unit, "05802");
	assert_int_equal(refusals.count, sizeof(wanted) / sizeof(wanted[0]));
	for (size_t i = 0; i < refusals.count; i++) {
		assert_int_equal(refusals.rows[i], wanted[i].row);
		assert_string_equal(refusals.reasons[i], wanted[i].reason);
	}
	assert_true(slice_equal(bytes_slice(&in.ignored), slice_str("name, note")));
	invitees_free(&in);
}

static void test_the_list_of_units_itself_will_do(void **state)
{
	struct fixture *f = *state;
	struct refusals refusals;
	struct invitees in;
	assert_int_equal(read_text(f, UNITS, &refusals, &in), STATUS_OK);
	assert_int_equal(in.count, 6);
	assert_int_equal(refusals.count, 0);
	assert_true(slice_equal(bytes_slice(&in.ignored), slice_str("name, level, parent")));
	invitees_free(&in);
}

static void test_a_row_too_short_for_the_column_hides_it_from_nobody(void **state)
{
	struct fixture *f = *state;
	struct refusals refusals;
	struct invitees in;
	assert_int_equal(read_text(f, "name,code\nshort\nA1,05801\n", &refusals, &in), STATUS_OK);
	assert_int_equal(in.count, 1);
	assert_int_equal(refusals.count, 1);
	assert_int_equal(refusals.rows[0], 2);
	invitees_free(&in);
}

static void test_what_is_no_list_is_refused_whole(void **state)
{
	static const struct {
		const char *csv;
		const char *reason;
	} cases[] = {{"unit,name\n05801,A1\n05802,A2\n", "unit-no-code"},
		     {"", "empty"},
		     {"code,name\n", "empty"},
		     {"code,code\n05801,05801\n", "header-repeated"},
		     {"<html>\n", "html"}};
	struct fixture *f = *state;
	struct refusals refusals;
	struct invitees in;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(read_text(f, cases[i].csv, &refusals, &in), STATUS_REFUSED);
		assert_string_equal(in.reason, cases[i].reason);
		assert_int_equal(refusals.count, 0);
		assert_int_equal(in.count, 0);
		invitees_free(&in);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		HUB_TEST(test_good_rows_are_taken_and_bad_ones_named),
		HUB_TEST(test_the_list_of_units_itself_will_do),
		HUB_TEST(test_a_row_too_short_for_the_column_hides_it_from_nobody),
		HUB_TEST(test_what_is_no_list_is_refused_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
