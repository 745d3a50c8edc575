/* Against programs of a few lines in shell that stand for motcua-tables and misbehave in one way each. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "config/foreign_table.h"

enum { PATH_ROOM = 64, PAGE = 300 * 1024 };

struct fake {
	char folder[PATH_ROOM];
	char path[2 * PATH_ROOM];
	/* the file that is read */
	size_t left;
	enum status fail; /* instead of the end */
	bool begun;
	/* what came of it */
	int64_t rows;
	int64_t stop_at; /* 0: never */
	struct reader_report report;
};

static int make_folder(void **state)
{
	struct fake *f = calloc(1, sizeof(*f));
	assert_non_null(f);
	(void)snprintf(f->folder, sizeof(f->folder), "/tmp/motcua-test-XXXXXX");
	assert_non_null(mkdtemp(f->folder));
	(void)snprintf(f->path, sizeof(f->path), "%s/tables", f->folder);
	*state = f;
	return 0;
}

static int remove_folder(void **state)
{
	struct fake *f = *state;
	(void)unlink(f->path);
	assert_int_equal(rmdir(f->folder), 0);
	free(f);
	return 0;
}

static void write_program(const struct fake *f, const char *script)
{
	FILE *file = fopen(f->path, "w");
	assert_non_null(file);
	assert_true(fprintf(file, "#!/bin/sh\n%s\n", script) > 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(f->path, 0700), 0);
}

/* A page of so many bytes. */
static enum status page(void *context, void *buf, size_t len, size_t *ret_len)
{
	struct fake *f = context;
	size_t n = f->left < len ? f->left : len;
	if (n == 0 && f->fail != STATUS_OK)
		return f->fail;
	if (n > 0)
		memset(buf, ' ', n);
	if (n > 0 && !f->begun)
		memcpy(buf, "<", 1);
	f->begun = true;
	f->left -= n;
	*ret_len = n;
	return STATUS_OK;
}

static enum status take_row(void *context, const struct row *row, enum row_fault fault)
{
	struct fake *f = context;
	(void)row;
	(void)fault;
	return ++f->rows == f->stop_at ? STATUS_STOPPED : STATUS_OK;
}

static enum status run(struct fake *f, enum table_format format)
{
	const struct reader_form form = {.format = format, .search = true};
	f->left = f->left == 0 ? PAGE : f->left;
	return foreign_table_run(form, f->path, page, f, take_row, f, &f->report);
}

static void expect_refused(struct fake *f, const char *script, const char *reason)
{
	write_program(f, script);
	assert_int_equal(run(f, FORMAT_AUTO), STATUS_REFUSED);
	assert_string_equal(f->report.reason, reason);
}

#define HEADER "echo '[\"code\",\"unit\"]'; "
#define ROW    "echo '[\"1\",\"2\"]'; "

static void what_the_program_says_is_read_and_it_gets_the_whole_file(void **state)
{
	struct fake *f = *state;
	write_program(f, "test \"$*\" = '--format html' || exit 1\n"
			 "test $(wc -c) = 307200 || exit 1\n" HEADER ROW ROW "echo '{\"end\":true}'");
	assert_int_equal(run(f, FORMAT_AUTO), STATUS_OK);
	assert_int_equal(f->rows, 2);
	assert_int_equal(f->report.format, FORMAT_HTML);
}

static void it_has_no_descriptor_of_ours_and_no_environment(void **state)
{
	enum { FAR = 50 }; /* beyond those of a shell */
	struct fake *f = *state;
	int open_to_all = fcntl(STDOUT_FILENO, F_DUPFD, FAR);
	assert_int_equal(open_to_all, FAR);
	assert_int_equal(setenv("MOTCUA_SECRET", "x", 1), 0);
	write_program(f, "cat >/dev/null; test -z \"$MOTCUA_SECRET\" -a ! -e /proc/$$/fd/50 || exit 1\n" HEADER ROW
			 "echo '{\"end\":true}'");
	assert_int_equal(run(f, FORMAT_HTML), STATUS_OK);
	assert_int_equal(close(open_to_all), 0);
}

static void one_that_ends_too_soon_is_found_out(void **state)
{
	struct fake *f = *state;
	expect_refused(f, HEADER ROW "cat >/dev/null", "cut-off");
	assert_int_equal(f->rows, 1);
}

static void one_that_does_not_read_is_found_out(void **state)
{
	struct fake *f = *state;
	expect_refused(f, HEADER ROW "exit 75", "cut-off");
}

static void one_that_is_killed_is_found_out(void **state)
{
	struct fake *f = *state;
	expect_refused(f, HEADER ROW "kill -9 $$", "cut-off");
}

static void one_that_talks_while_it_is_told_holds_nothing_up(void **state)
{
	struct fake *f = *state;
	/* More than fits between two programs, before the first byte is read. */
	write_program(f, HEADER "i=0; while [ $i -lt 60000 ]; do " ROW
				"i=$((i+1)); done; cat >/dev/null; echo '{\"end\":true}'");
	assert_int_equal(run(f, FORMAT_HTML), STATUS_OK);
	assert_int_equal(f->rows, 60000);
}

static void one_that_has_enough_of_the_file_may_end(void **state)
{
	struct fake *f = *state;
	expect_refused(f, "echo '{\"refused\":\"too-large\"}'", "too-large");
}

static void nonsense_is_damage(void **state)
{
	struct fake *f = *state;
	expect_refused(f, "cat", "cut-off");
	f->begun = false;
	expect_refused(f, "yes", "damaged");
}

static void a_missing_program_has_a_name_of_its_own(void **state)
{
	struct fake *f = *state;
	assert_int_equal(run(f, FORMAT_AUTO), STATUS_REFUSED);
	assert_string_equal(f->report.reason, "no-reader");
	/* Beside this program there is none either. */
	const struct reader_form form = {.format = FORMAT_AUTO};
	f->begun = false;
	f->left = 10;
	assert_int_equal(foreign_table_run(form, NULL, page, f, take_row, f, &f->report), STATUS_REFUSED);
	assert_string_equal(f->report.reason, "no-reader");
}

static void a_file_of_another_format_is_not_sent(void **state)
{
	struct fake *f = *state;
	assert_int_equal(run(f, FORMAT_XLSX), STATUS_REFUSED);
	assert_string_equal(f->report.reason, "other-format");
	f->begun = false;
	assert_int_equal(run(f, FORMAT_CSV), STATUS_REFUSED);
	assert_string_equal(f->report.reason, "html");
}

static void a_file_that_fails_ends_it(void **state)
{
	struct fake *f = *state;
	write_program(f, "cat >/dev/null");
	f->fail = STATUS_BUSY;
	assert_int_equal(run(f, FORMAT_AUTO), STATUS_BUSY);
}

static void whoever_stops_the_reading_ends_the_program(void **state)
{
	struct fake *f = *state;
	write_program(f, HEADER "yes '[\"1\",\"2\"]' | head -n 20000; exec sleep 1000");
	f->stop_at = 1;
	assert_int_equal(run(f, FORMAT_AUTO), STATUS_STOPPED);
	assert_int_equal(f->rows, 1);
}

int main(void)
{
#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)
	const struct CMUnitTest tests[] = {
		WITH_FOLDER(what_the_program_says_is_read_and_it_gets_the_whole_file),
		WITH_FOLDER(it_has_no_descriptor_of_ours_and_no_environment),
		WITH_FOLDER(one_that_ends_too_soon_is_found_out),
		WITH_FOLDER(one_that_does_not_read_is_found_out),
		WITH_FOLDER(one_that_is_killed_is_found_out),
		WITH_FOLDER(one_that_talks_while_it_is_told_holds_nothing_up),
		WITH_FOLDER(one_that_has_enough_of_the_file_may_end),
		WITH_FOLDER(nonsense_is_damage),
		WITH_FOLDER(a_missing_program_has_a_name_of_its_own),
		WITH_FOLDER(a_file_of_another_format_is_not_sent),
		WITH_FOLDER(a_file_that_fails_ends_it),
		WITH_FOLDER(whoever_stops_the_reading_ends_the_program),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
