#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "data_fixture.h"
#include "hub/index_file.h"

#define HEAD                                                                                                       \
	"[index]\nname = ours\nversion = 3\nsource = a test\nrule = form06\nband_excellent = 90\nband_good = 80\n" \
	"band_fair = 70\nband_average = 50\n"
#define ONE "[one]\ntitle = Một\nmax = 2.5\npart = a\nwhole = of a\n"

static void test_every_key_is_read(void **state)
{
	(void)state;
	struct data_directory data = data_directory_new("index");
	struct index_definition *d = NULL;
	struct named_file_fault fault;
	static const char text[] = HEAD
		"confirmed = yes\nnot_applicable = left_out\n" ONE
		"[two]\ngroup = g\ntitle = Hai\ntitle_en = two\nmax = 20\npart = dossiers.done + b\nwhole = c - d\n"
		"full_at = 80\nempty = full\ntimes = one\nneeds = dossiers.rated\nnot_for = commune, district\n"
		"note = lưu ý\nnote_en = a note\n";
	data_directory_put(&data, "ours", text);
	assert_int_equal(index_read("ours", data.path, &d, &fault), STATUS_OK);
	assert_string_equal(d->name, "ours");
	assert_string_equal(d->rule, "form06");
	assert_int_equal(d->version, 3);
	assert_true(d->confirmed && d->left_out);
	assert_int_equal(d->n, 2);
	assert_int_equal(d->components[0].max, 250);
	assert_int_equal(d->components[0].full_at, 100);
	assert_int_equal(d->components[0].times, -1);
	assert_string_equal(d->components[0].title[1], "Một"); /* for want of another */
	const struct index_component *two = &d->components[1];
	assert_string_equal(two->key, "two");
	assert_string_equal(two->group, "g");
	assert_string_equal(two->title[1], "two");
	assert_string_equal(two->note[0], "lưu ý");
	assert_string_equal(two->note[1], "a note");
	assert_int_equal(two->max, 2000);
	assert_int_equal(two->part.n, 2);
	assert_int_equal(two->whole.n, 2);
	assert_int_equal(two->needs.n, 1);
	assert_int_equal(two->full_at, 80);
	assert_int_equal(two->times, 0);
	assert_int_equal(two->not_for, 1U << LEVEL_COMMUNE | 1U << LEVEL_DISTRICT);
	assert_true(two->empty_full);
	assert_int_equal(index_band_of(d, 9000), BAND_EXCELLENT);
	assert_int_equal(index_band_of(d, 8999), BAND_GOOD);
	assert_int_equal(index_band_of(d, 5000), BAND_AVERAGE);
	assert_int_equal(index_band_of(d, 4999), BAND_WEAK);
	free(d);
	data_directory_free(&data);
}

static void test_what_is_wrong_is_named_with_its_line(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int line;
		const char *word; /* of the sentence */
	} cases[] = {
		{HEAD "[one]\nmax = 1.234\n", 11, "points"},
		{HEAD "[one]\nmax = 101\n", 11, "points"},
		{HEAD "[one]\nmax = \n", 11, "points"},
		{HEAD "[one]\npart = dossiers.none\n", 11, "sum"},
		{HEAD "[one]\nfull_at = 0\n", 11, "number"},
		{HEAD "[one]\nempty = zero\n", 11, "value"},
		{HEAD "[one]\nnot_for = village\n", 11, "levels"},
		{HEAD "[one]\ncolour = red\n", 11, "component"},
		{HEAD "[One]\nmax = 1\n", 11, "name"},
		{HEAD "colour = red\n", 10, "definition"},
		{HEAD "version = x\n", 10, "number"},
		{HEAD, 0, "components"},
		{HEAD "[one]\ntitle = t\nmax = 1\npart = a\n", 0, "whole"},
		{HEAD ONE "times = none\n", 0, "times"},
		{HEAD ONE "times = one\n", 0, "times"},
		{HEAD "band_good = 90\n" ONE, 0, "bands"},
		{HEAD ONE "max = 60\n[two]\ntitle = t\nmax = 40.01\npart = a\nwhole = b\n", 0, "100 points"},
		{"[index]\nname = ours\n" ONE, 0, "needs"},
	};
	struct data_directory data = data_directory_new("index");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct index_definition *d = NULL;
		struct named_file_fault fault;
		data_directory_put(&data, "ours", cases[i].text);
		assert_int_equal(index_read("ours", data.path, &d, &fault), STATUS_SETTINGS);
		assert_null(d);
		assert_string_equal(fault.path, data.file);
		assert_int_equal(fault.settings.line, cases[i].line);
		assert_non_null(strstr(fault.settings.what, cases[i].word));
	}
	data_directory_free(&data);
}

static void test_names_that_are_none_are_not_looked_for(void **state)
{
	(void)state;
	static const char *const names[] = {"",     "none",     "../index/ours",
					    "Ours", "ours.ini", "a234567890123456789012345678901234567890"};
	struct data_directory data = data_directory_new("index");
	data_directory_put(&data, "ours", HEAD ONE);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct index_definition *d = NULL;
		struct named_file_fault fault;
		assert_int_equal(index_read(names[i], data.path, &d, &fault), STATUS_EMPTY);
	}
	data_directory_free(&data);
}

static void expect_version(const struct data_directory *data, const char *day, const char *name)
{
	char found[INDEX_WORD + 1];
	struct named_file_fault fault;
	int32_t on = 0;
	assert_int_equal(date_parse(day, strlen(day), &on), STATUS_OK);
	assert_int_equal(index_version_on(on, data->path, found, &fault), STATUS_OK);
	assert_string_equal(found, name);
}

static void test_the_version_in_force_is_the_latest_begun(void **state)
{
	(void)state;
	struct data_directory data = data_directory_new("index");
	struct named_file_fault fault;
	char found[INDEX_WORD + 1];
	data_directory_put(&data, "index766", "[from]\n2026-01-01 = c\n2022-06-23 = a\n2024-01-01 = b\n");
	expect_version(&data, "2020-01-01", "a"); /* before the first one */
	expect_version(&data, "2023-12-31", "a");
	expect_version(&data, "2024-01-01", "b");
	expect_version(&data, "2030-01-01", "c");
	data_directory_put(&data, "index766", "[from]\n2026 = c\n");
	assert_int_equal(index_version_on(0, data.path, found, &fault), STATUS_SETTINGS);
	assert_int_equal(fault.settings.line, 2);
	data_directory_put(&data, "index766", "\n");
	assert_int_equal(index_version_on(0, data.path, found, &fault), STATUS_EMPTY);
	data_directory_free(&data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_key_is_read),
		cmocka_unit_test(test_what_is_wrong_is_named_with_its_line),
		cmocka_unit_test(test_names_that_are_none_are_not_looked_for),
		cmocka_unit_test(test_the_version_in_force_is_the_latest_begun),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
