#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "config/datadir.h"

static char *root;

static int make_root(void **state)
{
	(void)state;
	char name[] = "/tmp/motcua-datadir-XXXXXX";
	root = mkdtemp(name) == NULL ? NULL : strdup(name);
	return root == NULL;
}

static int drop_root(void **state)
{
	(void)state;
	static const char *const left[] = {"a/b/c", "a/b", "a", "file", "file.part", "lock", "link", ""};
	for (size_t i = 0; i < sizeof(left) / sizeof(left[0]); i++) {
		char *path = path_join(root, left[i]);
		(void)remove(path);
		free(path);
	}
	free(root);
	return 0;
}

static void test_path_join_puts_one_slash(void **state)
{
	(void)state;
	static const char *const cases[][3] = {
		{"/a", "b", "/a/b"}, {"/a/", "b", "/a/b"}, {"", "b", "b"}, {"/", "b", "/b"}};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *path = path_join(cases[i][0], cases[i][1]);
		assert_string_equal(path, cases[i][2]);
		free(path);
	}
}

static void test_create_makes_parents_and_keeps_it_private(void **state)
{
	(void)state;
	char *dir = path_join(root, "a/b/c");
	struct stat info;
	assert_int_equal(datadir_check(dir), STATUS_NO_DATA);
	assert_int_equal(datadir_create(dir), STATUS_OK);
	assert_int_equal(datadir_create(dir), STATUS_OK);
	assert_int_equal(datadir_check(dir), STATUS_OK);
	assert_int_equal(stat(dir, &info), 0);
	assert_int_equal(info.st_mode & 0777, 0700);
	free(dir);
}

static void test_directory_others_may_write_is_refused(void **state)
{
	(void)state;
	char *dir = path_join(root, "a");
	assert_int_equal(datadir_create(dir), STATUS_OK);
	assert_int_equal(chmod(dir, 0702), 0);
	assert_int_equal(datadir_check(dir), STATUS_PERMISSION);
	assert_int_equal(datadir_create(dir), STATUS_PERMISSION);
	assert_int_equal(chmod(dir, 0720), 0);
	assert_int_equal(datadir_check(dir), STATUS_PERMISSION);
	assert_int_equal(chmod(dir, 0750), 0);
	assert_int_equal(datadir_check(dir), STATUS_OK);
	free(dir);
}

static void test_file_in_place_of_directory(void **state)
{
	(void)state;
	char *path = path_join(root, "file");
	assert_int_equal(file_write(path, slice_str("x"), 0600), STATUS_OK);
	assert_int_equal(datadir_check(path), STATUS_NO_DATA);
	assert_int_equal(datadir_create(path), STATUS_PERMISSION);
	free(path);
}

static void test_file_comes_back_as_written_with_its_mode(void **state)
{
	(void)state;
	char *path = path_join(root, "file");
	struct bytes out = bytes_new(100);
	struct stat info;
	mode_t before = umask(0077);
	assert_int_equal(file_write(path, slice_str("first"), 0644), STATUS_OK);
	(void)umask(before);
	assert_int_equal(stat(path, &info), 0);
	assert_int_equal(info.st_mode & 0777, 0644);
	assert_int_equal(file_write(path, slice_str("second"), 0600), STATUS_OK);
	assert_int_equal(stat(path, &info), 0);
	assert_int_equal(info.st_mode & 0777, 0600);
	bytes_put_str(&out, "old");
	assert_int_equal(file_read(path, &out), STATUS_OK);
	assert_true(slice_equal(bytes_slice(&out), slice_str("second")));
	bytes_free(&out);
	free(path);
}

static void test_leftover_part_of_a_power_cut_is_replaced(void **state)
{
	(void)state;
	char *path = path_join(root, "file");
	char *part = path_join(root, "file.part");
	struct bytes out = bytes_new(100);
	FILE *leftover = fopen(part, "w");
	assert_non_null(leftover);
	assert_true(fputs("half a file, longer than the new one", leftover) >= 0);
	assert_int_equal(fclose(leftover), 0);
	assert_int_equal(file_write(path, slice_str("whole"), 0600), STATUS_OK);
	assert_int_equal(file_read(path, &out), STATUS_OK);
	assert_true(slice_equal(bytes_slice(&out), slice_str("whole")));
	assert_false(path_exists(part));
	bytes_free(&out);
	free(part);
	free(path);
}

static void test_failed_write_leaves_old_file(void **state)
{
	(void)state;
	char *dir = path_join(root, "a");
	char *part = path_join(root, "a.part");
	assert_int_equal(datadir_create(dir), STATUS_OK);
	assert_int_not_equal(file_write(dir, slice_str("x"), 0600), STATUS_OK); /* rename over a directory */
	assert_int_equal(datadir_check(dir), STATUS_OK);
	assert_false(path_exists(part));
	free(part);
	free(dir);
}

static void test_read_stops_at_limit_and_knows_missing_from_empty(void **state)
{
	(void)state;
	char *path = path_join(root, "file");
	struct bytes exact = bytes_new(5000);
	struct bytes small = bytes_new(4999);
	char content[5000];
	memset(content, 'x', sizeof(content));
	assert_int_equal(file_read(path, &exact), STATUS_EMPTY);
	assert_int_equal(file_write(path, slice_of(content, sizeof(content)), 0600), STATUS_OK);
	assert_int_equal(file_read(path, &exact), STATUS_OK);
	assert_int_equal(exact.len, 5000);
	assert_int_equal(file_read(path, &small), STATUS_LIMIT);
	assert_int_equal(small.len, 0);
	assert_int_equal(file_write(path, slice_of(NULL, 0), 0600), STATUS_OK);
	assert_int_equal(file_read(path, &exact), STATUS_OK);
	assert_int_equal(exact.len, 0);
	bytes_free(&exact);
	bytes_free(&small);
	free(path);
}

static void test_secret_readable_by_others_is_refused(void **state)
{
	(void)state;
	char *path = path_join(root, "file");
	char *link_path = path_join(root, "link");
	struct bytes out = bytes_new(100);
	assert_int_equal(file_read_secret(path, &out), STATUS_EMPTY);
	assert_int_equal(file_write(path, slice_str("key"), 0600), STATUS_OK);
	assert_int_equal(file_read_secret(path, &out), STATUS_OK);
	assert_int_equal(out.len, 3);
	assert_int_equal(symlink(path, link_path), 0);
	assert_int_equal(file_read_secret(link_path, &out), STATUS_PERMISSION);
	assert_int_equal(chmod(path, 0640), 0);
	assert_int_equal(file_read_secret(path, &out), STATUS_PERMISSION);
	assert_int_equal(out.len, 0);
	bytes_free(&out);
	free(link_path);
	free(path);
}

static void test_lock_excludes_and_is_freed(void **state)
{
	(void)state;
	char *path = path_join(root, "lock");
	struct lock first = {.fd = -1};
	struct lock second = {.fd = -1};
	assert_int_equal(lock_take(path, 0, &first), STATUS_OK);
	assert_int_equal(lock_take(path, 20, &second), STATUS_BUSY);
	assert_int_equal(second.fd, -1);
	lock_release(&first);
	assert_int_equal(first.fd, -1);
	assert_int_equal(lock_take(path, 0, &second), STATUS_OK);
	lock_release(&second);
	lock_release(&second);
	lock_release(NULL);
	free(path);
}

static void test_lock_dies_with_its_process(void **state)
{
	(void)state;
	char *path = path_join(root, "lock");
	struct lock lock = {.fd = -1};
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0)
		_exit(lock_take(path, 0, &lock) == STATUS_OK ? 0 : 1);
	int how = 0;
	assert_int_equal(waitpid(child, &how, 0), child);
	assert_true(WIFEXITED(how) && WEXITSTATUS(how) == 0);
	assert_int_equal(lock_take(path, 0, &lock), STATUS_OK);
	lock_release(&lock);
	free(path);
}

static void test_lock_in_missing_directory(void **state)
{
	(void)state;
	char *path = path_join(root, "nowhere/lock");
	struct lock lock = {.fd = -1};
	assert_int_equal(lock_take(path, 0, &lock), STATUS_NO_DATA);
	assert_int_equal(lock.fd, -1);
	free(path);
}

static void test_program_directory_holds_this_test(void **state)
{
	(void)state;
	char *dir = program_directory();
	assert_non_null(dir);
	char *self = path_join(dir, "unit-config-datadir");
	assert_true(path_exists(self));
	free(self);
	free(dir);
}

static void test_errno_becomes_status(void **state)
{
	(void)state;
	assert_int_equal(status_of_errno(ENOSPC), STATUS_DISK_FULL);
	assert_int_equal(status_of_errno(EDQUOT), STATUS_DISK_FULL);
	assert_int_equal(status_of_errno(EROFS), STATUS_DISK_READ_ONLY);
	assert_int_equal(status_of_errno(EACCES), STATUS_PERMISSION);
	assert_int_equal(status_of_errno(ENOENT), STATUS_EMPTY);
	assert_int_equal(status_of_errno(EMFILE), STATUS_BUSY);
	assert_int_equal(status_of_errno(ENFILE), STATUS_BUSY);
	assert_int_equal(status_of_errno(EIO), STATUS_DISK);
}

#define IN_ROOT(test) cmocka_unit_test_setup_teardown(test, make_root, drop_root)

static void test_files_of_one_name_are_numbered_before_the_dot(void **state)
{
	(void)state;
	static const struct {
		const char *path;
		unsigned n;
		const char *expected;
	} cases[] = {{"out.mcs", 1, "out.mcs"},
		     {"out.mcs", 2, "out-2.mcs"},
		     {"/a.b/out", 3, "/a.b/out-3"},
		     {"/a/.hidden", 2, "/a/.hidden-2"},
		     {"/a/b.tar.x", 12, "/a/b.tar-12.x"}};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *path = path_numbered(cases[i].path, cases[i].n);
		assert_string_equal(path, cases[i].expected);
		free(path);
	}
}

static void test_a_checked_write_is_read_back(void **state)
{
	(void)state;
	char *path = path_join(root, "file");
	uint8_t content[10000];
	struct bytes back = bytes_new(sizeof(content));
	memset(content, 7, sizeof(content));
	assert_int_equal(file_write_checked(path, slice_of(content, sizeof(content)), 0644), STATUS_OK);
	assert_int_equal(file_read(path, &back), STATUS_OK);
	assert_true(slice_equal(bytes_slice(&back), slice_of(content, sizeof(content))));
	assert_int_equal(file_write_checked(path, slice_of(content, 0), 0644), STATUS_OK);
	bytes_free(&back);
	free(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_files_of_one_name_are_numbered_before_the_dot, make_root,
						drop_root),
		cmocka_unit_test_setup_teardown(test_a_checked_write_is_read_back, make_root, drop_root),
		cmocka_unit_test(test_path_join_puts_one_slash),
		IN_ROOT(test_create_makes_parents_and_keeps_it_private),
		IN_ROOT(test_directory_others_may_write_is_refused),
		IN_ROOT(test_file_in_place_of_directory),
		IN_ROOT(test_file_comes_back_as_written_with_its_mode),
		IN_ROOT(test_leftover_part_of_a_power_cut_is_replaced),
		IN_ROOT(test_failed_write_leaves_old_file),
		IN_ROOT(test_read_stops_at_limit_and_knows_missing_from_empty),
		IN_ROOT(test_secret_readable_by_others_is_refused),
		IN_ROOT(test_lock_excludes_and_is_freed),
		IN_ROOT(test_lock_dies_with_its_process),
		IN_ROOT(test_lock_in_missing_directory),
		cmocka_unit_test(test_program_directory_holds_this_test),
		cmocka_unit_test(test_errno_becomes_status),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
