#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "config/datadir.h"
#include "hub/audit.h"
#include "tests/unit/hub/hub_fixture.h"

static enum status audited(struct fixture *f)
{
	struct verify_report *report = calloc(1, sizeof(*report));
	assert_non_null(report);
	enum status s = verify_run(f->hub, true, report);
	assert_int_equal(audit_note(f->hub, report, s), STATUS_OK);
	free(report);
	return s;
}

static void test_a_result_comes_back(void **state)
{
	struct fixture *f = *state;
	struct audit audit;
	assert_int_equal(audit_read(f->dir, &audit), STATUS_EMPTY);
	assert_int_equal(audited(f), STATUS_OK);
	assert_int_equal(audit_read(f->dir, &audit), STATUS_OK);
	assert_true(audit_is_good(&audit));
	assert_true(audit.at == f->now && audit.entries == 2 && audit.differences == 0);
}

/* ID-26: the night after somebody edited the database, status and monitoring know. */
static void id_26_an_edited_database_is_known_the_next_night(void **state)
{
	struct fixture *f = *state;
	struct audit audit;
	struct pc pc = enrolled_pc(f, 1, "05801");
	deliver(f, &pc, dossier_batch(f, &pc, "A-1"));
	assert_int_equal(audited(f), STATUS_OK);
	sql(f, "UPDATE dossier SET received = received + 1");
	f->now += DAY;
	assert_int_equal(audited(f), STATUS_DIFFERENT);
	assert_int_equal(audit_read(f->dir, &audit), STATUS_OK);
	assert_false(audit_is_good(&audit));
	assert_true(audit.at == f->now && audit.differences == 1);
	assert_string_equal(audit.code, "E-DIFFERENT");
	signing_key_free(pc.key);
}

static void test_one_that_did_not_come_to_its_end_is_not_good(void **state)
{
	struct fixture *f = *state;
	struct audit audit;
	const struct verify_report report = {.entries = 7};
	assert_int_equal(audit_note(f->hub, &report, STATUS_DISK), STATUS_OK);
	assert_int_equal(audit_read(f->dir, &audit), STATUS_OK);
	assert_false(audit_is_good(&audit));
	assert_string_equal(audit.code, "E-DISK");
}

/* L9: a file that is cut or longer never reads as "all is well", nor as "never done". */
static void test_a_spoilt_file_is_told(void **state)
{
	struct fixture *f = *state;
	struct audit audit;
	struct bytes file = bytes_new(LIMIT_SETTINGS);
	char *path = path_join(f->dir, "verified");
	assert_non_null(path);
	assert_int_equal(audited(f), STATUS_OK);
	assert_int_equal(file_read(path, &file), STATUS_OK);
	for (size_t len = 0; len < file.len; len++) {
		assert_int_equal(file_write(path, slice_of(file.data, len), 0600), STATUS_OK);
		assert_int_equal(audit_read(f->dir, &audit), STATUS_CORRUPT);
	}
	bytes_put_u8(&file, 0);
	assert_int_equal(file_write(path, bytes_slice(&file), 0600), STATUS_OK);
	assert_int_equal(audit_read(f->dir, &audit), STATUS_CORRUPT);
	bytes_free(&file);
	free(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		HUB_TEST(test_a_result_comes_back),
		HUB_TEST(id_26_an_edited_database_is_known_the_next_night),
		HUB_TEST(test_one_that_did_not_come_to_its_end_is_not_good),
		HUB_TEST(test_a_spoilt_file_is_told),
	};
	return cmocka_run_group_tests_name("audit", tests, NULL, NULL);
}
