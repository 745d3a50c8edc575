#include "config/machine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "config/datadir.h"

static char dir[] = "/tmp/motcua-machine-XXXXXX";

static int make_dir(void **state)
{
	(void)state;
	return mkdtemp(dir) == NULL ? -1 : 0;
}

static int drop_dir(void **state)
{
	(void)state;
	static const char *const names[] = {"id", "file", "copy"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char *path = path_join(dir, names[i]);
		(void)remove(path);
		free(path);
	}
	return rmdir(dir);
}

static void write_text(const char *path, const char *text)
{
	assert_int_equal(file_write(path, slice_str(text), 0600), STATUS_OK);
}

static void the_id_is_the_first_line(void **state)
{
	(void)state;
	char *path = path_join(dir, "id");
	char id[MACHINE_TEXT] = "old";
	machine_id(path, id);
	assert_string_equal(id, "");
	write_text(path, "0123456789abcdef0123456789abcdef\nmore\n");
	machine_id(path, id);
	assert_string_equal(id, "0123456789abcdef0123456789abcdef");
	write_text(path,
		   "a file of another kind, with a line that is far longer than any number of a machine can be");
	machine_id(path, id);
	assert_string_equal(id, "");
	free(path);
}

static void a_start_of_the_system_has_one_number(void **state)
{
	(void)state;
	char first[MACHINE_TEXT];
	char second[MACHINE_TEXT];
	machine_boot(first);
	machine_boot(second);
	assert_string_equal(first, second);
	if (first[0] == '\0')
		skip(); /* a system without /proc */
	assert_int_equal(strlen(first), 36);
}

static void a_copy_is_another_file(void **state)
{
	(void)state;
	char *path = path_join(dir, "file");
	char *copy = path_join(dir, "copy");
	struct file_place before;
	struct file_place other;
	struct file_place after;
	const struct timespec nap = {.tv_nsec = 20 * 1000000L};
	assert_int_equal(file_place(path, &before), STATUS_EMPTY);
	write_text(path, "x");
	write_text(copy, "x");
	assert_int_equal(file_place(path, &before), STATUS_OK);
	assert_int_equal(file_place(copy, &other), STATUS_OK);
	assert_true(before.number != other.number);
	assert_int_equal(nanosleep(&nap, NULL), 0);
	assert_int_equal(chmod(path, 0400), 0);
	assert_int_equal(file_place(path, &after), STATUS_OK);
	assert_true(before.number == after.number);
	assert_true(before.touched_ns < after.touched_ns);
	free(copy);
	free(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_id_is_the_first_line),
		cmocka_unit_test(a_start_of_the_system_has_one_number),
		cmocka_unit_test(a_copy_is_another_file),
	};
	return cmocka_run_group_tests(tests, make_dir, drop_dir);
}
