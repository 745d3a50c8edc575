#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture.h"
#include "config/datadir.h"
#include "config/rights.h"

enum { NOBODY = 65534 };

static char dir[sizeof("/tmp/motcua-rights-XXXXXX")];

static char *in_dir(const char *name)
{
	char *path = path_join(dir, name);
	assert_non_null(path);
	return path;
}

static int set_up(void **state)
{
	(void)state;
	memcpy(dir, "/tmp/motcua-rights-XXXXXX", sizeof(dir));
	if (mkdtemp(dir) == NULL)
		return -1;
	char *key = in_dir("a key");
	assert_int_equal(file_write(key, slice_str("secret"), 0600), STATUS_OK);
	free(key);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	static const char *const names[] = {"a key", "link"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char *path = in_dir(names[i]);
		(void)unlink(path); /* not every test has made it */
		free(path);
	}
	return rmdir(dir);
}

static const struct rights_item items[] = {
	{"a key", RIGHTS_SECRET}, {"not there", RIGHTS_SECRET}, {"link", RIGHTS_FILE}};

static int say(void *context)
{
	const uid_t *uid = context;
	if (uid != NULL && seteuid(*uid) != 0)
		return 1;
	int exit_status = rights_say(dir, items, sizeof(items) / sizeof(items[0]));
	return uid != NULL && seteuid(0) != 0 ? 1 : exit_status; /* the leak checker wants to be whom it began as */
}

static void assert_said_to(uid_t *uid, const char *format, ...) PRINTF_LIKE(2, 3);

static void assert_said_to(uid_t *uid, const char *format, ...)
{
	struct capture c;
	char wanted[512];
	va_list args;
	va_start(args, format);
	int len = vsnprintf(wanted, sizeof(wanted), format, args);
	va_end(args);
	assert_in_range(len, 1, sizeof(wanted) - 1);
	capture_run(say, uid, &c);
	assert_string_equal(c.err, wanted);
	assert_int_equal(c.exit_status, EXIT_PERMISSION);
}
#define assert_said(...) assert_said_to(NULL, __VA_ARGS__)

static void good_rights_are_not_spoken_of(void **state)
{
	(void)state;
	struct capture c;
	capture_run(say, NULL, &c);
	assert_string_equal(c.err, "");
	assert_int_equal(c.exit_status, EXIT_DONE);
}

static void id_21_an_open_key_or_folder_names_the_command_that_shuts_it(void **state)
{
	(void)state;
	static const mode_t open_to_somebody[] = {0604, 0640, 0610, 0602, 0666};
	char *key = in_dir("a key");
	for (size_t i = 0; i < sizeof(open_to_somebody) / sizeof(open_to_somebody[0]); i++) {
		assert_int_equal(chmod(key, open_to_somebody[i]), 0);
		assert_said("E-PERMISSION: Others can read the key %s.\n  Run: chmod 600 '%s'\n", key, key);
	}
	assert_int_equal(chmod(key, 0600), 0);
	assert_int_equal(chmod(dir, 0770), 0);
	assert_said("E-PERMISSION: Others can write in %s.\n  Run: chmod 700 %s\n", dir, dir);
	assert_int_equal(chmod(dir, 0755), 0);
	good_rights_are_not_spoken_of(NULL);
	free(key);
}

static void a_link_in_the_place_of_a_file_is_told(void **state)
{
	(void)state;
	char *key = in_dir("a key");
	char *link = in_dir("link");
	assert_int_equal(symlink(key, link), 0);
	assert_said("E-PERMISSION: %s is a link, or no file.\n  Put the file itself in its place.\n", link);
	free(link);
	free(key);
}

static void what_belongs_to_another_account_names_it(void **state)
{
	(void)state;
	uid_t nobody = NOBODY;
	char *key = in_dir("a key");
	if (geteuid() != 0)
		skip(); /* only root can be somebody else */
	assert_said_to(&nobody, "E-PERMISSION: %s belongs to the user %s.\n  Run: sudo -u root ...\n", dir, "root");
	assert_int_equal(chown(dir, NOBODY, (gid_t)-1), 0);
	assert_int_equal(chmod(dir, 0755), 0);
	assert_said_to(&nobody, "E-PERMISSION: %s belongs to the user root.\n  Run: sudo chown nobody '%s'\n", key,
		       key);
	free(key);
}

int main(void)
{
#define IN_DIR(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		IN_DIR(good_rights_are_not_spoken_of),
		IN_DIR(id_21_an_open_key_or_folder_names_the_command_that_shuts_it),
		IN_DIR(a_link_in_the_place_of_a_file_is_told),
		IN_DIR(what_belongs_to_another_account_names_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
