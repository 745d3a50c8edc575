#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "config/datadir.h"
#include "config/messages.h"
#include "hub/output.h"

static const struct option_spec OPTIONS[] = {OUTPUT_OPTIONS, {NULL, NULL, NULL}};
static const struct command COMMAND = {.name = "report", .options = OPTIONS};

static struct invocation asked(const char *format, const char *path)
{
	return (struct invocation){.command = &COMMAND, .values = {format, path}};
}

static void assert_format(const char *word, bool json, enum report_format format)
{
	struct output output;
	struct invocation inv = asked(word, NULL);
	inv.json = json;
	assert_int_equal(output_choose(&inv, &output), STATUS_OK);
	assert_int_equal(output.format, format);
	assert_null(output.path);
}

static void test_formats(void **state)
{
	(void)state;
	assert_format(NULL, false, REPORT_TABLE);
	assert_format(NULL, true, REPORT_JSON);
	assert_format("table", false, REPORT_TABLE);
	assert_format("csv", false, REPORT_CSV);
	assert_format("json", false, REPORT_JSON);
	assert_format("json", true, REPORT_JSON);
	assert_format("xlsx", false, REPORT_XLSX); /* no terminal in a test, or refused */
	assert_format("html", false, REPORT_HTML);
}

static void test_what_is_no_format_or_two_is_refused(void **state)
{
	(void)state;
	struct output output;
	struct invocation inv = asked("pdf", NULL);
	assert_int_equal(output_choose(&inv, &output), STATUS_USAGE);
	inv = asked("csv", NULL);
	inv.json = true;
	assert_int_equal(output_choose(&inv, &output), STATUS_USAGE);
}

static void test_only_a_plain_file_is_written_over(void **state)
{
	(void)state;
	struct output output;
	struct invocation inv = asked(NULL, "/dev/null");
	assert_int_equal(output_choose(&inv, &output), STATUS_USAGE);
	inv = asked(NULL, "/tmp");
	assert_int_equal(output_choose(&inv, &output), STATUS_USAGE);
	inv = asked(NULL, "-");
	assert_int_equal(output_choose(&inv, &output), STATUS_OK);
	assert_null(output.path);
}

static int make_dir(void **state)
{
	char *dir = strdup("/tmp/motcua-output-XXXXXX");
	*state = dir;
	return dir != NULL && mkdtemp(dir) != NULL ? 0 : -1;
}

static int remove_dir(void **state)
{
	int failed = rmdir(*state); /* fails if a test left a file */
	free(*state);
	return failed;
}

static int write_report(const char *path, const char *text, enum status s)
{
	struct output output;
	struct invocation inv = asked("csv", path);
	assert_int_equal(output_choose(&inv, &output), STATUS_OK);
	assert_int_equal(output_open(&output), STATUS_OK);
	(void)fputs(text, output.stream);
	return output_close(&output, s);
}

static void assert_content(const char *path, const char *text)
{
	struct bytes content = bytes_new(1000);
	assert_int_equal(file_read(path, &content), STATUS_OK);
	assert_int_equal(content.len, strlen(text));
	assert_memory_equal(content.data, text, content.len);
	bytes_free(&content);
}

static void test_a_file_is_there_whole_for_everyone_to_read(void **state)
{
	char *path = path_join(*state, "report.csv");
	struct stat st;
	(void)umask(077);
	assert_int_equal(write_report(path, "one", STATUS_OK), EXIT_DONE);
	assert_int_equal(write_report(path, "another", STATUS_OK), EXIT_DONE);
	assert_content(path, "another");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0644);
	assert_int_equal(unlink(path), 0);
	free(path);
}

static void test_a_report_that_failed_leaves_the_old_file(void **state)
{
	char *path = path_join(*state, "report.csv");
	assert_int_equal(write_report(path, "old", STATUS_OK), EXIT_DONE);
	assert_int_equal(write_report(path, "half", STATUS_CORRUPT), EXIT_DISK);
	assert_content(path, "old");
	assert_int_equal(unlink(path), 0);
	free(path);
}

static void test_a_place_that_is_not_there_is_an_error(void **state)
{
	char *path = path_join(*state, "missing/report.csv");
	assert_int_not_equal(write_report(path, "text", STATUS_OK), EXIT_DONE);
	assert_false(path_exists(path));
	free(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_formats),
		cmocka_unit_test(test_what_is_no_format_or_two_is_refused),
		cmocka_unit_test(test_only_a_plain_file_is_written_over),
		cmocka_unit_test_setup_teardown(test_a_file_is_there_whole_for_everyone_to_read, make_dir,
						remove_dir),
		cmocka_unit_test_setup_teardown(test_a_report_that_failed_leaves_the_old_file, make_dir,
						remove_dir),
		cmocka_unit_test_setup_teardown(test_a_place_that_is_not_there_is_an_error, make_dir, remove_dir),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
