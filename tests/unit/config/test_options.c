#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "capture.h"
#include "config/messages.h"
#include "config/options.h"

enum { ARGS_MAX = 16 };

/* Prints what it was asked, so that the tests can compare text. */
static int show(struct invocation *inv)
{
	(void)printf("%s|%s|%s%s%s%s%s", inv->command->name, inv->data, inv->config, inv->config_given ? "!" : "",
		     inv->json ? " json" : "", inv->quiet ? " q" : "", inv->verbose ? " v" : "");
	const struct option_spec *options = inv->command->options;
	for (int i = 0; options != NULL && options[i].name != NULL; i++) {
		if (options[i].value == NULL)
			(void)printf("|%s=%d", options[i].name, option_flag(inv, options[i].name));
		else if (option_value(inv, options[i].name) != NULL)
			(void)printf("|%s=%s", options[i].name, option_value(inv, options[i].name));
	}
	for (int i = 0; i < inv->n_arguments; i++)
		(void)printf("|%s", inv->arguments[i]);
	(void)printf("|%s", (const char *)inv->context);
	return EXIT_REFUSED;
}

static const struct option_spec import_options[] = {
	{"format", "NAME", "the format"}, {"dry-run", NULL, "change nothing"}, {NULL, NULL, NULL}};

/* Here "format" is a flag: the command decides whether it takes a value. */
static const struct option_spec check_options[] = {{"format", NULL, "check the format"}, {NULL, NULL, NULL}};

static const struct command commands[] = {
	{"import", "FILE|-", "reads a file", "More about it.", import_options, 1, 1, show},
	{"check", "", "checks", NULL, check_options, 0, -1, show},
	{"rejected", "", "lists",
	 "Dòng không nhận được nằm trong danh sách này; các dòng khác được lưu lại đầy đủ và an toàn.", NULL, 0, 0,
	 show},
	{"rejected show", "N", "shows one", NULL, NULL, 1, 1, show},
	{"units import", "FILE", "reads units", NULL, NULL, 1, 1, show},
	{0},
};

static const struct program program = {"prog", "Does things.", "1.2.3", "/data", "/etc/p.ini", commands};

static int dispatch(void *context)
{
	char **argv = context;
	int argc = 0;
	while (argv[argc] != NULL)
		argc++;
	char own[] = "ctx";
	return options_dispatch(&program, argc, argv, own);
}

/* The words of a command line, separated by single blanks; English messages. */
static struct capture run_line(const char *line)
{
	struct capture c;
	char name[] = "prog";
	char language[] = "--lang=en";
	char *argv[ARGS_MAX + 1] = {name, language};
	char *copy = strdup(line);
	assert_non_null(copy);
	int argc = 2;
	for (char *word = copy; *word != '\0' && argc < ARGS_MAX;) {
		argv[argc++] = word;
		word += strcspn(word, " ");
		if (*word == ' ')
			*word++ = '\0';
	}
	capture_run(dispatch, argv, &c);
	free(copy);
	return c;
}

static void assert_shows(const char *line, const char *expected)
{
	struct capture c = run_line(line);
	assert_string_equal(c.err, "");
	assert_string_equal(c.out, expected);
	assert_int_equal(c.exit_status, EXIT_REFUSED);
}

static void assert_wrong(const char *line, const char *expected)
{
	struct capture c = run_line(line);
	assert_string_equal(c.err, expected);
	assert_string_equal(c.out, "");
	assert_int_equal(c.exit_status, EXIT_WRONG_USE);
}

static void test_defaults_hold_when_nothing_is_given(void **state)
{
	(void)state;
	assert_shows("import f.csv", "import|/data|/etc/p.ini|dry-run=0|f.csv|ctx");
}

static void test_options_may_stand_anywhere(void **state)
{
	(void)state;
	assert_shows("import f.csv --format csv --data /d --dry-run --json -q -v --config=/c",
		     "import|/d|/c! json q v|format=csv|dry-run=1|f.csv|ctx");
	assert_shows("--format csv --dry-run --data=/d import f.csv",
		     "import|/d|/etc/p.ini|format=csv|dry-run=1|f.csv|ctx");
	assert_shows("units --json import f.csv", "units import|/data|/etc/p.ini json|f.csv|ctx");
}

static void test_command_decides_whether_its_option_takes_a_value(void **state)
{
	(void)state;
	assert_shows("check --format csv", "check|/data|/etc/p.ini|format=1|csv|ctx");
}

static void test_longest_command_wins(void **state)
{
	(void)state;
	assert_shows("rejected", "rejected|/data|/etc/p.ini|ctx");
	assert_shows("rejected show 3", "rejected show|/data|/etc/p.ini|3|ctx");
	assert_wrong("rejected shows", "E-USAGE: one argument too many: shows; see prog rejected --help\n");
}

static void test_dash_negative_number_and_all_after_two_dashes_are_arguments(void **state)
{
	(void)state;
	assert_shows("import -", "import|/data|/etc/p.ini|dry-run=0|-|ctx");
	assert_shows("check -5 -- --format --json", "check|/data|/etc/p.ini|format=0|-5|--format|--json|ctx");
	assert_shows("import --format - x", "import|/data|/etc/p.ini|format=-|dry-run=0|x|ctx");
	assert_shows("import --format=--odd=1 x", "import|/data|/etc/p.ini|format=--odd=1|dry-run=0|x|ctx");
}

static void test_wrong_options_are_named(void **state)
{
	(void)state;
	assert_wrong("import --bad=secret x", "E-USAGE: unknown option --bad; see prog import --help\n");
	assert_wrong("--bad", "E-USAGE: unknown option --bad; see prog --help\n");
	assert_wrong("import -json x", "E-USAGE: unknown option -json; see prog import --help\n");
	assert_wrong("import --q x", "E-USAGE: unknown option --q; see prog import --help\n");
	assert_wrong("import -x y", "E-USAGE: unknown option -x; see prog import --help\n");
	assert_wrong("rejected --format csv", "E-USAGE: unknown option --format; see prog rejected --help\n");
	assert_wrong("import x --json --json",
		     "E-USAGE: the option --json is given twice; see prog import --help\n");
	assert_wrong("import x --format a --format=b",
		     "E-USAGE: the option --format is given twice; see prog import --help\n");
	assert_wrong("import x --dry-run=1",
		     "E-USAGE: the option --dry-run takes no value; see prog import --help\n");
	assert_wrong("import x --format",
		     "E-USAGE: the option --format needs a value: NAME; see prog import --help\n");
	assert_wrong("import x --format --json",
		     "E-USAGE: the option --format needs a value: NAME; see prog import --help\n");
	assert_wrong("import x --data=", "E-USAGE: the option --data needs a value: DIR; see prog import --help\n");
}

static void test_wrong_commands_and_arguments_are_named(void **state)
{
	(void)state;
	assert_wrong("", "E-USAGE: no command given; see prog --help\n");
	assert_wrong("frob", "E-USAGE: unknown command frob; see prog --help\n");
	assert_wrong("units", "E-USAGE: the command units needs a second word; see prog units --help\n");
	assert_wrong("units frob", "E-USAGE: unknown command units frob; see prog units --help\n");
	assert_wrong("units frob --help", "E-USAGE: unknown command units frob; see prog units --help\n");
	assert_wrong("units --help --bad", "E-USAGE: unknown option --bad; see prog units --help\n");
	assert_wrong("frob --help", "E-USAGE: unknown command frob; see prog --help\n");
	assert_wrong("unit import", "E-USAGE: unknown command unit; see prog --help\n");
	assert_wrong("import", "E-USAGE: an argument is missing: FILE|-; see prog import --help\n");
	assert_wrong("import a b", "E-USAGE: one argument too many: b; see prog import --help\n");
}

static void test_unknown_language_is_refused(void **state)
{
	(void)state;
	char name[] = "prog";
	char option[] = "--lang";
	char value[] = "fr";
	char command[] = "rejected";
	char *argv[] = {name, option, value, command, NULL};
	struct capture c;
	capture_run(dispatch, argv, &c);
	assert_int_equal(c.exit_status, EXIT_WRONG_USE);
	assert_non_null(strstr(c.err, " fr; "));
}

static void test_help_of_the_program_lists_every_command(void **state)
{
	(void)state;
	struct capture c = run_line("--help");
	assert_int_equal(c.exit_status, EXIT_DONE);
	assert_string_equal(c.out, "Does things.\n"
				   "\n"
				   "Usage: prog COMMAND [OPTIONS] [ARGUMENTS]\n"
				   "\n"
				   "Commands:\n"
				   "  import FILE|-      reads a file\n"
				   "  check              checks\n"
				   "  rejected           lists\n"
				   "  rejected show N    shows one\n"
				   "  units import FILE  reads units\n"
				   "\n"
				   "Options of every command:\n"
				   "  --data DIR     the data directory (/data)\n"
				   "  --config FILE  the settings file (/etc/p.ini)\n"
				   "  --lang vi|en   the language of messages\n"
				   "  --json         print JSON and nothing else on standard output\n"
				   "  -q             print results and errors only\n"
				   "  -v             say what is being done\n"
				   "  --help         show this help\n"
				   "  --version      show the version\n"
				   "\n"
				   "prog COMMAND --help tells more about a command.\n");
}

static void test_help_of_a_first_word_lists_the_commands_that_begin_with_it(void **state)
{
	(void)state;
	struct capture c = run_line("units --help");
	static const char start[] = "Commands:\n"
				    "  units import FILE  reads units\n"
				    "\n"
				    "Options of every command:\n";
	assert_int_equal(c.exit_status, EXIT_DONE);
	assert_memory_equal(c.out, start, sizeof(start) - 1);
	c = run_line("units --version");
	assert_int_equal(c.exit_status, EXIT_DONE);
	assert_string_equal(c.out, "prog 1.2.3\n");
}

static void test_help_of_a_command_needs_no_arguments(void **state)
{
	(void)state;
	struct capture c = run_line("import --help");
	static const char start[] = "Usage: prog import [OPTIONS] FILE|-\n"
				    "\n"
				    "reads a file\n"
				    "\n"
				    "More about it.\n"
				    "\n"
				    "Options:\n"
				    "  --format NAME  the format\n"
				    "  --dry-run      change nothing\n"
				    "\n"
				    "Options of every command:\n";
	assert_int_equal(c.exit_status, EXIT_DONE);
	assert_memory_equal(c.out, start, sizeof(start) - 1);
}

static void test_long_help_is_broken_between_words(void **state)
{
	(void)state;
	struct capture c = run_line("rejected --help");
	static const char expected[] =
		"\n\nlists\n\n"
		"Dòng không nhận được nằm trong danh sách này; các dòng khác được lưu lại đầy đủ\n"
		"và an toàn.\n\n";
	assert_non_null(strstr(c.out, expected));
}

static void test_version_is_one_line(void **state)
{
	(void)state;
	struct capture c = run_line("--version");
	assert_int_equal(c.exit_status, EXIT_DONE);
	assert_string_equal(c.out, "prog 1.2.3\n");
}

static int dispatch_onto_full_disk(void *context)
{
	if (freopen("/dev/full", "w", stdout) == NULL)
		return 99;
	int exit_status = dispatch(context);
	clearerr(stdout);
	return exit_status;
}

static void test_output_that_was_lost_is_no_success(void **state)
{
	(void)state;
	char name[] = "prog";
	char language[] = "--lang=en";
	char version[] = "--version";
	char *argv[] = {name, language, version, NULL};
	struct capture c;
	capture_run(dispatch_onto_full_disk, argv, &c);
	assert_int_equal(c.exit_status, EXIT_DISK);
	assert_non_null(strstr(c.err, "E-DISK-FULL: The output could not be written whole."));
}

static void test_numbers_are_whole_and_in_range(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"", "-", "+1", " 1", "1 ", "1x", "0x1", "1.0", "11", "-6", "99999999999999999999"};
	long long value = 42;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(option_number(bad[i], -5, 10, &value), STATUS_USAGE);
	assert_int_equal(value, 42);
	assert_int_equal(option_number("-5", -5, 10, &value), STATUS_OK);
	assert_int_equal(value, -5);
	assert_int_equal(option_number("010", -5, 10, &value), STATUS_OK);
	assert_int_equal(value, 10);
}

static void test_an_option_is_offered_where_the_table_has_it(void **state)
{
	const struct invocation import = {.command = &commands[0]};
	const struct invocation bare = {.command = &commands[2]};
	(void)state;
	assert_true(option_offered(&import, "format"));
	assert_true(option_offered(&import, "dry-run"));
	assert_false(option_offered(&import, "dry"));
	assert_false(option_offered(&bare, "format"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_option_is_offered_where_the_table_has_it),
		cmocka_unit_test(test_defaults_hold_when_nothing_is_given),
		cmocka_unit_test(test_options_may_stand_anywhere),
		cmocka_unit_test(test_command_decides_whether_its_option_takes_a_value),
		cmocka_unit_test(test_longest_command_wins),
		cmocka_unit_test(test_dash_negative_number_and_all_after_two_dashes_are_arguments),
		cmocka_unit_test(test_wrong_options_are_named),
		cmocka_unit_test(test_wrong_commands_and_arguments_are_named),
		cmocka_unit_test(test_unknown_language_is_refused),
		cmocka_unit_test(test_help_of_the_program_lists_every_command),
		cmocka_unit_test(test_help_of_a_first_word_lists_the_commands_that_begin_with_it),
		cmocka_unit_test(test_help_of_a_command_needs_no_arguments),
		cmocka_unit_test(test_long_help_is_broken_between_words),
		cmocka_unit_test(test_version_is_one_line),
		cmocka_unit_test(test_output_that_was_lost_is_no_success),
		cmocka_unit_test(test_numbers_are_whole_and_in_range),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
