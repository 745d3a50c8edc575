#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "config/datadir.h"
#include "config/rules.h"

static const char WHOLE[] = "[rule]\nname = ours\nversion = 3\nsource = a form\nend = finished, returned\ncompare = time\n"
			    "withdrawn = compared\nstopped = ends\npaused = compared\nrefused = counts\n"
			    "supplements_max = 2\nwaiting = subtracted\n";

static char dir[] = "/tmp/motcua-rules-XXXXXX";

static int make_dir(void **state)
{
	(void)state;
	return mkdtemp(dir) == NULL ? -1 : 0;
}

static int remove_dir(void **state)
{
	(void)state;
	static const char *const files[] = {"ours.ini", "other.ini", "round.ini"};
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		char *path = path_join(dir, files[i]);
		(void)unlink(path);
		free(path);
	}
	return rmdir(dir);
}

static void put(const char *file, const char *text)
{
	char *path = path_join(dir, file);
	assert_int_equal(file_write(path, slice_str(text), 0600), STATUS_OK);
	free(path);
}

static void test_every_key_is_read(void **state)
{
	(void)state;
	struct count_rule rule;
	struct rule_fault fault;
	uint8_t hash[HASH_LEN];
	put("ours.ini", WHOLE);
	assert_int_equal(rule_read("ours", dir, &rule, &fault), STATUS_OK);
	assert_string_equal(rule.name, "ours");
	assert_string_equal(rule.source, "a form");
	assert_int_equal(rule.version, 3);
	assert_int_equal(rule.end, RULE_END_FINISHED_RETURNED);
	assert_true(rule.compare_times && rule.withdrawn_compared && rule.stopped_ends && rule.paused_late);
	assert_true(rule.refused_counts && rule.waiting_subtracted);
	assert_int_equal(rule.supplements_max, 2);
	hash_bytes(slice_str(WHOLE), hash);
	assert_memory_equal(rule.hash, hash, HASH_LEN);
}

static void test_a_rule_may_stand_for_another(void **state)
{
	(void)state;
	struct count_rule rule;
	struct rule_fault fault;
	put("ours.ini", WHOLE);
	put("other.ini", "[rule]\nsame_as = ours\n");
	put("round.ini", "[rule]\nsame_as = round\n");
	assert_int_equal(rule_read("other", dir, &rule, &fault), STATUS_OK);
	assert_string_equal(rule.name, "ours");
	assert_int_equal(rule_read("round", dir, &rule, &fault), STATUS_SETTINGS);
}

static void test_a_missing_or_unknown_word_is_named(void **state)
{
	(void)state;
	static const char *const keys[] = {"name", "version", "end", "compare", "withdrawn", "stopped",
					   "paused", "refused", "supplements_max", "waiting"};
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		char text[sizeof(WHOLE) + 8] = "";
		char line[40];
		(void)snprintf(line, sizeof(line), "\n%s = ", keys[i]);
		const char *at = strstr(WHOLE, line);
		assert_non_null(at);
		const char *end = strchr(at + 1, '\n');
		(void)snprintf(text, sizeof(text), "%.*s%s", (int)(at - WHOLE), WHOLE, end);
		struct count_rule rule = {.version = 77};
		struct rule_fault fault;
		put("ours.ini", text);
		assert_int_equal(rule_read("ours", dir, &rule, &fault), STATUS_SETTINGS);
		assert_non_null(strstr(fault.settings.what, keys[i]));
		assert_int_equal(rule.version, 77);
	}
	put("ours.ini", "[rule]\ncolour = blue\n");
	struct count_rule rule;
	struct rule_fault fault;
	assert_int_equal(rule_read("ours", dir, &rule, &fault), STATUS_SETTINGS);
	assert_int_equal(fault.settings.line, 2);
}

static void test_a_name_is_no_path(void **state)
{
	(void)state;
	struct count_rule rule;
	struct rule_fault fault;
	static const char *const names[] = {"", "../ours", "Ours", "nobody-has-this", "a.b",
					    "a-name-that-is-far-too-long-to-be-one"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_int_equal(rule_read(names[i], dir, &rule, &fault), STATUS_EMPTY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_key_is_read),
		cmocka_unit_test(test_a_rule_may_stand_for_another),
		cmocka_unit_test(test_a_missing_or_unknown_word_is_named),
		cmocka_unit_test(test_a_name_is_no_path),
	};
	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
