#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/datadir.h"
#include "config/messages.h"
#include "config/settings.h"
#include "protocol/limits.h"

static char *file;

struct values {
	char name[SETTING_TEXT_MAX + 1];
	int64_t count;
	bool flag;
	int64_t other;
};

static int make_file(void **state)
{
	(void)state;
	char name[] = "/tmp/motcua-settings-XXXXXX";
	int fd = mkstemp(name);
	if (fd < 0 || close(fd) != 0)
		return -1;
	file = strdup(name);
	return file == NULL || messages_open("en") != STATUS_OK;
}

static int drop_file(void **state)
{
	(void)state;
	(void)unlink(file); /* a test may have removed it */
	free(file);
	return 0;
}

static enum status read_slice(struct slice content, struct values *values, struct settings_fault *fault)
{
	const struct setting table[] = {
		{"main", "name", SETTING_TEXT, 0, 0, values->name},
		{"main", "count", SETTING_INT, -1, 100, &values->count},
		{"main", "flag", SETTING_BOOL, 0, 0, &values->flag},
		{"side", "count", SETTING_INT, 0, INT64_MAX, &values->other},
	};
	*values = (struct values){.name = "default", .count = 7, .flag = true, .other = 8};
	*fault = (struct settings_fault){.line = -1};
	assert_int_equal(file_write(file, content, 0600), STATUS_OK);
	return settings_read(file, table, sizeof(table) / sizeof(table[0]), fault);
}

static void assert_fault(const char *text, int line, const char *what)
{
	struct values values;
	struct settings_fault fault;
	assert_int_equal(read_slice(slice_str(text), &values, &fault), STATUS_SETTINGS);
	assert_string_equal(fault.what, what);
	assert_int_equal(fault.line, line);
	assert_string_equal(values.name, "default");
	assert_int_equal(values.count, 7);
	assert_true(values.flag);
}

static void test_values_reach_their_targets(void **state)
{
	(void)state;
	struct values values;
	struct settings_fault fault;
	static const char text[] = "\xef\xbb\xbf# a comment\r\n; another\r\n\r\n[ main ]\r\n"
				   "  name =  two words # not a comment = really \t\r\ncount=-1\r\nflag = no\r\n"
				   "[side]\r\ncount = 9223372036854775807\r\n[main]";
	assert_int_equal(read_slice(slice_str(text), &values, &fault), STATUS_OK);
	assert_string_equal(values.name, "two words # not a comment = really");
	assert_int_equal(values.count, -1);
	assert_false(values.flag);
	assert_true(values.other == INT64_MAX);
	assert_int_equal(fault.line, -1);
}

static void test_what_is_not_said_keeps_its_default(void **state)
{
	(void)state;
	struct values values;
	struct settings_fault fault;
	assert_int_equal(read_slice(slice_of(NULL, 0), &values, &fault), STATUS_OK);
	assert_string_equal(values.name, "default");
	assert_int_equal(read_slice(slice_str("[main]\nname =\n"), &values, &fault), STATUS_OK);
	assert_string_equal(values.name, "");
	assert_int_equal(values.count, 7);
	assert_int_equal(values.other, 8);
}

static void test_missing_file_is_told_apart(void **state)
{
	(void)state;
	struct settings_fault fault;
	assert_int_equal(unlink(file), 0);
	assert_int_equal(settings_read(file, NULL, 0, &fault), STATUS_EMPTY);
}

static void test_unknown_and_repeated_are_refused_with_their_line(void **state)
{
	(void)state;
	assert_fault("[main]\nname = x\n\ncuont = 1\n", 4, "The section [main] has no setting cuont.");
	assert_fault("[main]\nname = x\n[mian]\n", 3, "There is no section [mian].");
	assert_fault("[main]\ncount = 1\n[side]\ncount = 1\n[main]\ncount = 1\n", 6,
		     "count stands here for the second time.");
	assert_fault("[main]\nname = x\nName = y\n", 3, "The section [main] has no setting Name.");
}

static void test_bad_lines_are_refused(void **state)
{
	(void)state;
	assert_fault("name = x\n[main]\n", 1, "This setting stands before the first [section].");
	assert_fault("[main]\nname\n", 2, "A setting is written key = value.");
	assert_fault("[main]\n= x\n", 2, "A setting is written key = value.");
	assert_fault("[main\n", 1, "A section is written [name].");
	assert_fault("[", 1, "A section is written [name].");
	assert_fault("[]", 1, "There is no section [].");
}

static void test_bad_values_are_refused_and_change_nothing(void **state)
{
	(void)state;
	static const char *const numbers[] = {"", "101", "-2", "1x", "yes"};
	static const char *const flags[] = {"", "2", "Yes", "ye"};
	char text[100];
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		(void)snprintf(text, sizeof(text), "[main]\nname = x\ncount = %s\n", numbers[i]);
		assert_fault(text, 3, "count must be a whole number from -1 to 100.");
	}
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		(void)snprintf(text, sizeof(text), "[main]\ncount = 1\nflag = %s\n", flags[i]);
		assert_fault(text, 3, "flag must be yes or no.");
	}
}

static void test_all_spellings_of_a_bool(void **state)
{
	(void)state;
	static const char *const words[] = {"no", "yes", "false", "true", "off", "on", "0", "1"};
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		struct values values;
		struct settings_fault fault;
		char text[40];
		(void)snprintf(text, sizeof(text), "[main]\nflag = %s\n", words[i]);
		assert_int_equal(read_slice(slice_str(text), &values, &fault), STATUS_OK);
		assert_int_equal(values.flag, i % 2);
	}
}

static void test_text_fits_up_to_its_maximum(void **state)
{
	(void)state;
	struct values values;
	struct settings_fault fault;
	char text[300] = "[main]\nname=";
	memset(text + strlen(text), 'x', SETTING_TEXT_MAX);
	assert_int_equal(read_slice(slice_str(text), &values, &fault), STATUS_OK);
	assert_int_equal(strlen(values.name), SETTING_TEXT_MAX);
	text[strlen(text)] = 'x';
	assert_fault(text, 2, "The value of name is longer than 255 bytes.");
}

static void test_file_as_a_whole_may_be_wrong(void **state)
{
	(void)state;
	struct values values;
	struct settings_fault fault;
	char *text = malloc(LIMIT_SETTINGS + 1);
	assert_non_null(text);
	memset(text, '\n', LIMIT_SETTINGS + 1);
	assert_int_equal(read_slice(slice_of(text, LIMIT_SETTINGS), &values, &fault), STATUS_OK);
	assert_int_equal(read_slice(slice_of(text, LIMIT_SETTINGS + 1), &values, &fault), STATUS_SETTINGS);
	assert_int_equal(fault.line, 0);
	assert_int_equal(read_slice(slice_of("a\0b", 3), &values, &fault), STATUS_SETTINGS);
	assert_int_equal(fault.line, 0);
	free(text);
}

/* Writes "section.key=value;" into the context, a text of 200; refuses a key "no". */
static const char *take_entry(void *context, const char *section, const char *key, const char *value)
{
	char *all = context;
	size_t len = strlen(all);
	(void)snprintf(all + len, 200 - len, "%s.%s=%s;", section, key, value);
	return strcmp(key, "no") == 0 ? "not this one" : NULL;
}

static void test_free_keys_come_one_by_one_in_order(void **state)
{
	(void)state;
	struct settings_fault fault = {.line = -1};
	char all[200] = "";
	static const char text[] = "# of\n[ đầu ]\na b = 1 = 2\r\na b =\n[x]\n[y]\nk=v";
	assert_int_equal(file_write(file, slice_str(text), 0600), STATUS_OK);
	assert_int_equal(settings_each(file, take_entry, all, &fault), STATUS_OK);
	assert_string_equal(all, "đầu.a b=1 = 2;đầu.a b=;y.k=v;");
	assert_int_equal(fault.line, -1);
}

static void test_a_refused_free_key_is_named_with_its_line(void **state)
{
	(void)state;
	struct settings_fault fault = {0};
	char all[200] = "";
	assert_int_equal(file_write(file, slice_str("[s]\na = 1\nno = 2\nb = 3\n"), 0600), STATUS_OK);
	assert_int_equal(settings_each(file, take_entry, all, &fault), STATUS_SETTINGS);
	assert_string_equal(all, "s.a=1;s.no=2;");
	assert_string_equal(fault.what, "not this one");
	assert_int_equal(fault.line, 3);
	assert_int_equal(file_write(file, slice_str("a = 1\n"), 0600), STATUS_OK);
	assert_int_equal(settings_each(file, take_entry, all, &fault), STATUS_SETTINGS);
	assert_int_equal(fault.line, 1);
	assert_int_equal(unlink(file), 0);
	assert_int_equal(settings_each(file, take_entry, all, &fault), STATUS_EMPTY);
}

static void test_long_fault_does_not_end_inside_a_letter(void **state)
{
	(void)state;
	static char section[] = "ộộộộộộộộộộộộộộộộộộộộộộộộộộộộộộộộộộộộộộộộộộộộộộộộộộộộộộộộộộộộộộộộộộộộộộ";
	struct settings_fault fault;
	int64_t target = 0;
	char text[400];
	for (int shift = 0; shift < 3; shift++) {
		char name[300];
		(void)snprintf(name, sizeof(name), "%.*s%s", shift, "abc", section);
		const struct setting table[] = {{name, "k", SETTING_INT, 0, 1, &target}};
		(void)snprintf(text, sizeof(text), "[%s]\nx = 1\n", name);
		assert_int_equal(file_write(file, slice_str(text), 0600), STATUS_OK);
		assert_int_equal(settings_read(file, table, 1, &fault), STATUS_SETTINGS);
		size_t len = strlen(fault.what);
		assert_true(len > 190);
		assert_string_equal(fault.what + len - strlen("ộ"), "ộ");
	}
}

#define WITH_FILE(test) cmocka_unit_test_setup_teardown(test, make_file, drop_file)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_FILE(test_values_reach_their_targets),
		WITH_FILE(test_what_is_not_said_keeps_its_default),
		WITH_FILE(test_missing_file_is_told_apart),
		WITH_FILE(test_unknown_and_repeated_are_refused_with_their_line),
		WITH_FILE(test_bad_lines_are_refused),
		WITH_FILE(test_bad_values_are_refused_and_change_nothing),
		WITH_FILE(test_all_spellings_of_a_bool),
		WITH_FILE(test_text_fits_up_to_its_maximum),
		WITH_FILE(test_file_as_a_whole_may_be_wrong),
		WITH_FILE(test_free_keys_come_one_by_one_in_order),
		WITH_FILE(test_a_refused_free_key_is_named_with_its_line),
		WITH_FILE(test_long_fault_does_not_end_inside_a_letter),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
