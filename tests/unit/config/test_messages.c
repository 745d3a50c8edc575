#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <locale.h>

#include "capture.h"
#include "config/datadir.h"
#include "config/messages.h"

/* The catalogue of the build tree, put beside this test while it runs. */
static char *catalogue_link;

static int link_catalogue(void **state)
{
	(void)state;
	char *dir = program_directory();
	char *built = dir == NULL ? NULL : path_join(dir, "../locale/vi/LC_MESSAGES/motcua.mo");
	char *link_path = dir == NULL ? NULL : path_join(dir, "locale");
	bool linked = built != NULL && link_path != NULL && path_exists(built) &&
		      (unlink(link_path) == 0 || !path_exists(link_path)) && symlink("../locale", link_path) == 0;
	free(built);
	free(dir);
	if (linked)
		catalogue_link = link_path;
	else
		free(link_path);
	return 0;
}

static int unlink_catalogue(void **state)
{
	(void)state;
	if (catalogue_link != NULL)
		(void)unlink(catalogue_link);
	free(catalogue_link);
	return 0;
}

static void test_only_two_languages_are_known(void **state)
{
	(void)state;
	assert_int_equal(messages_open("fr"), STATUS_USAGE);
	assert_int_equal(messages_open(""), STATUS_USAGE);
	assert_int_equal(messages_open("VI"), STATUS_USAGE);
	assert_int_equal(messages_open("en"), STATUS_OK);
	assert_string_equal(messages_language(), "en");
	assert_int_equal(messages_open("vi"), STATUS_OK);
	assert_string_equal(messages_language(), "vi");
}

static void test_every_status_has_a_sentence_and_an_advice(void **state)
{
	(void)state;
	assert_int_equal(messages_open("en"), STATUS_OK);
	for (int s = 0; s <= STATUS_COUNT; s++) {
		const char *texts[] = {status_sentence((enum status)s), status_advice((enum status)s)};
		for (size_t i = 0; i < 2; i++) {
			size_t len = texts[i] == NULL ? 0 : strlen(texts[i]);
			assert_true(len > 3);
			assert_int_equal(texts[i][len - 1], '.');
		}
	}
}

static void test_every_status_is_translated(void **state)
{
	(void)state;
	if (catalogue_link == NULL)
		skip();
	for (int s = 0; s <= STATUS_COUNT; s++) {
		assert_int_equal(messages_open("en"), STATUS_OK);
		const char *sentence = status_sentence((enum status)s);
		const char *advice = status_advice((enum status)s);
		assert_int_equal(messages_open("vi"), STATUS_OK);
		assert_string_not_equal(status_sentence((enum status)s), sentence);
		assert_string_not_equal(status_advice((enum status)s), advice);
	}
}

/* One environment a machine may have; the names end with NULL. */
struct machine {
	const char *names[3];
	const char *values[3];
};

static int speak_on_machine(void *context)
{
	const struct machine *machine = context;
	static const char *const all[] = {"LC_ALL", "LC_MESSAGES", "LANG", "LANGUAGE", "LOCPATH"};
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		(void)unsetenv(all[i]); /* the names are fine */
	for (size_t i = 0; i < 3 && machine->names[i] != NULL; i++) {
		if (setenv(machine->names[i], machine->values[i], 1) != 0)
			return 99;
	}
	if (setlocale(LC_ALL, "") == NULL)
		(void)setlocale(LC_ALL, "C"); /* as a program that found no locale */
	if (messages_open("vi") != STATUS_OK)
		return 99;
	(void)puts(_("Done."));
	return 0;
}

static void test_machine_locale_does_not_matter(void **state)
{
	(void)state;
	static const struct machine machines[] = {
		{{NULL}, {NULL}},
		{{"LC_ALL"}, {"C"}},
		{{"LC_ALL"}, {"POSIX"}},
		{{"LANG"}, {"vi_VN.UTF-8"}},
		{{"LANG", "LANGUAGE"}, {"en_US.UTF-8", "en"}},
		{{"LOCPATH", "LC_ALL"}, {"/nowhere", "C"}}, /* no locale is installed at all */
	};
	if (catalogue_link == NULL)
		skip();
	for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++) {
		struct capture c;
		struct machine machine = machines[i];
		capture_run(speak_on_machine, &machine, &c);
		assert_int_equal(c.exit_status, 0);
		assert_string_equal(c.out, "Đã xong.\n");
	}
}

static int fail_plainly(void *context)
{
	(void)context;
	if (messages_open("en") != STATUS_OK)
		return 99;
	return say_error(STATUS_BUSY, NULL);
}

static void test_error_is_code_sentence_and_advice(void **state)
{
	(void)state;
	struct capture c;
	capture_run(fail_plainly, NULL, &c);
	assert_int_equal(c.exit_status, EXIT_LATER);
	assert_string_equal(c.err, "E-BUSY: It is in use at the moment.\n  Try again in a minute.\n");
	assert_string_equal(c.out, "");
}

static int fail_in_own_words(void *context)
{
	(void)context;
	if (messages_open("en") != STATUS_OK)
		return 99;
	say_quietly();
	say("not to be seen");
	(void)say_error(STATUS_DISK_FULL, "line %d", 7); /* its exit status is tested elsewhere */
	(void)say_error_advice(STATUS_PIN, "", "port %d", 8443);
	return say_error_advice(STATUS_SETTINGS, "Write yes or no.", "%s", "a.ini:3");
}

static void test_error_names_the_thing_also_when_quiet(void **state)
{
	(void)state;
	struct capture c;
	capture_run(fail_in_own_words, NULL, &c);
	assert_int_equal(c.exit_status, EXIT_SETUP);
	assert_string_equal(c.err, "E-DISK-FULL: line 7\n"
				   "  Free some space, then do it again. What was saved before is safe.\n"
				   "E-PIN: port 8443\n"
				   "E-SETTINGS: a.ini:3\n  Write yes or no.\n");
}

static int speak_up(void *context)
{
	(void)context;
	say("%d rows", 3);
	return 0;
}

static void test_say_goes_to_stderr_as_a_line(void **state)
{
	(void)state;
	struct capture c;
	capture_run(speak_up, NULL, &c);
	assert_string_equal(c.err, "3 rows\n");
	assert_string_equal(c.out, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_only_two_languages_are_known),
		cmocka_unit_test(test_every_status_has_a_sentence_and_an_advice),
		cmocka_unit_test(test_every_status_is_translated),
		cmocka_unit_test(test_machine_locale_does_not_matter),
		cmocka_unit_test(test_error_is_code_sentence_and_advice),
		cmocka_unit_test(test_error_names_the_thing_also_when_quiet),
		cmocka_unit_test(test_say_goes_to_stderr_as_a_line),
	};
	return cmocka_run_group_tests(tests, link_catalogue, unlink_catalogue);
}
