#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hub/keys_file.h"
#include "tests/unit/hub/hub_fixture.h"
#include "tests/unit/hub/backup_fixture.h"

#define PASSPHRASE slice_str("correct horse battery")
enum { KEYS_MAX = 1024 * 1024 };

static struct bytes content_of(const char *dir, const char *name)
{
	struct bytes content = bytes_new(KEYS_MAX);
	char *path = path_join(dir, name);
	assert_int_equal(file_read(path, &content), STATUS_OK);
	free(path);
	return content;
}

static void write_content(const char *path, const struct bytes *content)
{
	assert_int_equal(file_write(path, bytes_slice(content), 0600), STATUS_OK);
}

static void test_what_was_exported_comes_back(void **state)
{
	struct fixture *f = *state;
	struct place p = new_place();
	struct place again = new_place();
	char *path = path_join(p.dir, "keys");
	struct stat info;
	assert_int_equal(keys_export(f->hub, path, PASSPHRASE), STATUS_OK);
	assert_int_equal(stat(path, &info), 0);
	assert_int_equal(info.st_mode & 0777, 0600);
	assert_int_equal(keys_import(again.dir, path, PASSPHRASE), STATUS_OK);
	struct bytes file = content_of(p.dir, "keys");
	for (int i = 0; KEY_FILES[i] != NULL; i++) {
		struct bytes one = content_of(f->dir, KEY_FILES[i]);
		struct bytes two = content_of(again.dir, KEY_FILES[i]);
		assert_true(one.len > 0 && slice_equal(bytes_slice(&one), bytes_slice(&two)));
		/* Nothing of it is readable in the file. */
		for (size_t at = 0; at + 32 <= file.len; at++)
			assert_memory_not_equal(file.data + at, one.data, 32);
		bytes_free(&one);
		bytes_free(&two);
	}
	/* Once more changes nothing, and an export is never written over. */
	assert_int_equal(keys_import(again.dir, path, PASSPHRASE), STATUS_OK);
	assert_int_equal(keys_export(f->hub, path, PASSPHRASE), STATUS_EXISTS);
	bytes_free(&file);
	free(path);
	drop_place(&again);
	drop_place(&p);
}

static void test_another_passphrase_or_a_changed_file_gives_nothing(void **state)
{
	struct fixture *f = *state;
	struct place p = new_place();
	struct place again = new_place();
	char *path = path_join(p.dir, "keys");
	assert_int_equal(keys_export(f->hub, path, PASSPHRASE), STATUS_OK);
	assert_int_equal(keys_import(again.dir, path, slice_str("correct horse batterz")), STATUS_FORGED);
	struct bytes file = content_of(p.dir, "keys");
	file.data[file.len - 1] ^= 1;
	write_content(path, &file);
	assert_int_equal(keys_import(again.dir, path, PASSPHRASE), STATUS_FORGED);
	file.len--;
	write_content(path, &file);
	assert_int_equal(keys_import(again.dir, path, PASSPHRASE), STATUS_MALFORMED);
	file.len++;
	file.data[file.len - 1] ^= 1;
	/* Salt, then the costs: a file that asks for all the memory there is. */
	size_t costs = 1 + 12 + 1 + 17 + 3 + 16;
	memset(file.data + costs, 0xFF, 8);
	write_content(path, &file);
	assert_int_equal(keys_import(again.dir, path, PASSPHRASE), STATUS_MALFORMED);
	assert_false(there_is(again.dir, "hub.key"));
	assert_int_equal(keys_import(again.dir, "/nowhere/keys", PASSPHRASE), STATUS_EMPTY);
	bytes_free(&file);
	free(path);
	drop_place(&again);
	drop_place(&p);
}

/* L9: the keys that lie there may be the only ones of another hub. */
static void test_other_keys_are_not_written_over(void **state)
{
	struct fixture *f = *state;
	struct place p = new_place();
	struct place again = new_place();
	char *path = path_join(p.dir, "keys");
	char *other = path_join(again.dir, "hub.key");
	assert_int_equal(keys_export(f->hub, path, PASSPHRASE), STATUS_OK);
	assert_int_equal(file_write(other, slice_str("of another hub"), 0600), STATUS_OK);
	assert_int_equal(keys_import(again.dir, path, PASSPHRASE), STATUS_EXISTS);
	struct bytes there = content_of(again.dir, "hub.key");
	assert_true(slice_equal(bytes_slice(&there), slice_str("of another hub")));
	bytes_free(&there);
	free(other);
	free(path);
	drop_place(&again);
	drop_place(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_what_was_exported_comes_back, fixture_up, fixture_down),
		cmocka_unit_test_setup_teardown(test_another_passphrase_or_a_changed_file_gives_nothing, fixture_up,
						fixture_down),
		cmocka_unit_test_setup_teardown(test_other_keys_are_not_written_over, fixture_up, fixture_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
