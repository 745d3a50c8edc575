#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/intake.h"
#include "config/map_file.h"
#include "tests/unit/agent/office.h"

struct text_source {
	const char *text;
	size_t left;
};

static enum status read_text(void *context, void *buf, size_t len, size_t *ret_len)
{
	struct text_source *source = context;
	size_t n = len < source->left ? len : source->left;
	memcpy(buf, source->text, n);
	source->text += n;
	source->left -= n;
	*ret_len = n;
	return STATUS_OK;
}

/* Writes DIR/maps/NAME; the path is the caller's. */
static char *lay_down(const struct office *office, const char *name, const char *text)
{
	char *folder = path_join(office->dir, "maps");
	check_ok(datadir_create(folder));
	char *path = path_join(folder, name);
	check_ok(file_write(path, slice_str(text), 0644));
	free(folder);
	return path;
}

static struct intake_report take(const struct office *office, const char *map_text, const char *table)
{
	char *path = lay_down(office, "own.ini", map_text);
	struct column_map *map = NULL;
	struct map_problem problem;
	struct intake_report report;
	struct text_source source = {.text = table, .left = strlen(table)};
	check_ok(map_file_read("own", office->dir, &map, &problem));
	const struct intake_options options = {.changed_at = NOON - 1000, .name = "rows.csv", .map = map};
	check_ok(intake_run(office->agent, &options, read_text, &source, &report));
	column_map_free(map);
	free(path);
	return report;
}

static void a_map_is_found_by_name_in_the_data_directory_and_by_path(void **state)
{
	const struct office *office = *state;
	struct column_map *map = NULL;
	struct map_problem problem;
	char *path = lay_down(office, "own.ini", "[map]\nkind = equipment\n");
	check_ok(map_file_read("own", office->dir, &map, &problem));
	assert_int_equal(column_map_kind(map), KIND_EQUIPMENT);
	column_map_free(map);
	check_ok(map_file_read(path, "/nowhere", &map, &problem));
	column_map_free(map);
	assert_status(map_file_read("none", office->dir, &map, &problem), EMPTY);
	assert_status(map_file_read("./none.ini", office->dir, &map, &problem), EMPTY);
	free(path);
}

static void a_faulty_map_names_its_file_and_line(void **state)
{
	const struct office *office = *state;
	struct column_map *map = NULL;
	struct map_problem problem;
	char *path = lay_down(office, "own.ini", "[map]\nkind = boat\n");
	assert_status(map_file_read("own", office->dir, &map, &problem), SETTINGS);
	assert_string_equal(problem.path, path);
	assert_int_equal(problem.line, 2);
	assert_int_equal(problem.fault, MAP_VALUE);
	assert_true(strlen(map_file_sentence(problem.fault)) > 0);
	free(path);
}

static void an_import_reads_headings_as_its_map_says(void **state)
{
	const struct office *office = *state;
	struct intake_report report = take(
		office, "[map]\nkind = dossier\nseparator = ;\n[columns]\nNo. = code\nState = status\nWho = -\n",
		"No.;State;Who;Tiền, tạm\nA-1;done;B;1\nA-2;nonsense;B;2\n");
	assert_int_equal(report.queued, 1);
	assert_int_equal(report.rejected, 1);
	assert_int_equal(report.n_ignored, 2);
	assert_string_equal(report.ignored[0], "Who");
	assert_int_equal(ask(office->agent, "SELECT count(*) FROM rejected WHERE name = 'State' AND record ="
					    " '{\"kind\":\"dossier\",\"code\":\"A-2\",\"status\":\"?\"}'"),
			 1);
	intake_report_clear(&report);
}

static void a_map_can_let_empty_cells_clear(void **state)
{
	const struct office *office = *state;
	static const char clear[] = "[map]\nkind = dossier\nempty = clear\n[columns]\nNo. = code\nFee = fee\n";
	static const char ignore[] = "[map]\nkind = dossier\n[columns]\nNo. = code\nFee = fee\n";
	struct intake_report report = take(office, ignore, "No.,Fee,status\nA-1,8000,done\n");
	assert_int_equal(report.queued, 1);
	intake_report_clear(&report);
	report = take(office, ignore, "No.,Fee,status\nA-1,,done\n");
	assert_int_equal(report.unchanged, 1);
	intake_report_clear(&report);
	report = take(office, clear, "No.,Fee,status\nA-1,,done\n");
	assert_int_equal(report.queued, 1);
	intake_report_clear(&report);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_OFFICE(a_map_is_found_by_name_in_the_data_directory_and_by_path),
		WITH_OFFICE(a_faulty_map_names_its_file_and_line),
		WITH_OFFICE(an_import_reads_headings_as_its_map_says),
		WITH_OFFICE(a_map_can_let_empty_cells_clear),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
