#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hub/checkpoint.h"
#include "tests/unit/hub/hub_fixture.h"

static enum status created(const struct fixture *f)
{
	return hub_create(f->dir, &f->world, &PLAN);
}

static enum status opened(const struct fixture *f, bool write)
{
	struct hub *hub = NULL;
	enum status s = hub_open(f->dir, &f->world, write, &hub);
	assert_true((s == STATUS_OK) == (hub != NULL));
	hub_close(hub);
	return s;
}

static void remove_file(const struct fixture *f, const char *name)
{
	char *path = path_join(f->dir, name);
	assert_int_equal(unlink(path), 0);
	free(path);
}

static struct bytes content(const struct fixture *f, const char *name)
{
	struct bytes all = bytes_new(LIMIT_SETTINGS);
	char *path = path_join(f->dir, name);
	assert_int_equal(file_read_secret(path, &all), STATUS_OK);
	free(path);
	return all;
}

static void test_created_hub_opens_with_its_identity(void **state)
{
	struct fixture *f = *state;
	struct bytes url = bytes_new(100);
	assert_int_equal(opened(f, true), STATUS_NO_DATA);
	assert_int_equal(created(f), STATUS_OK);
	f->hub = open_hub(f);
	assert_true(slice_equal(f->hub->identity.province, slice_str("27")));
	assert_true(slice_equal(f->hub->identity.name, slice_str("Tinh Thu")));
	assert_memory_equal(f->hub->identity.sign_key, signing_key_public(f->hub->key), PUBLIC_KEY_LEN);
	assert_memory_not_equal(f->hub->identity.pins[0], f->hub->identity.pins[1], HASH_LEN);
	assert_int_equal(hub_note_get(f->hub, "url", &url), STATUS_OK);
	assert_true(slice_equal(bytes_slice(&url), slice_str("https://hub.test:8443")));
	assert_int_equal(hub_note_get(f->hub, "other", &url), STATUS_EMPTY);
	assert_true(number(f->hub, "SELECT count(*) FROM log") == 1);
	bytes_free(&url);
}

static void test_every_secret_is_the_owners_alone(void **state)
{
	struct fixture *f = *state;
	static const char *const names[] = {"hub.key", "tls.key", "tls-next.key"};
	assert_int_equal(created(f), STATUS_OK);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct bytes secret = content(f, names[i]); /* which refuses what others can read */
		assert_true(secret.len > 0);
		bytes_free(&secret);
	}
}

static void test_a_hub_is_not_created_over_another(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(created(f), STATUS_OK);
	struct bytes key = content(f, "hub.key");
	assert_int_equal(created(f), STATUS_EXISTS);
	struct bytes after = content(f, "hub.key");
	assert_true(slice_equal(bytes_slice(&key), bytes_slice(&after)));
	bytes_free(&key);
	bytes_free(&after);
	assert_int_equal(opened(f, true), STATUS_OK);
}

/* L9: the key of a hub that lost its database is all that is left of it. */
static void test_lost_database_is_neither_a_first_start_nor_a_reason_for_new_keys(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(created(f), STATUS_OK);
	struct bytes key = content(f, "hub.key");
	remove_file(f, "hub.db");
	remove_file(f, "hub.db-wal");
	remove_file(f, "hub.db-shm");
	assert_int_equal(opened(f, true), STATUS_LOST_DATA);
	assert_int_equal(opened(f, false), STATUS_LOST_DATA);
	assert_int_equal(created(f), STATUS_LOST_DATA);
	struct bytes after = content(f, "hub.key");
	assert_true(slice_equal(bytes_slice(&key), bytes_slice(&after)));
	bytes_free(&key);
	bytes_free(&after);
}

static void test_set_up_that_failed_can_be_tried_again(void **state)
{
	struct fixture *f = *state;
	f->world.vfs = "no-such-vfs";
	assert_int_not_equal(created(f), STATUS_OK);
	f->world.vfs = NULL;
	assert_int_equal(created(f), STATUS_OK);
	assert_int_equal(opened(f, true), STATUS_OK);
}

/* Cut off its power before the key had its name. */
static void test_set_up_that_broke_off_is_none_and_begins_anew(void **state)
{
	struct fixture *f = *state;
	char *key = path_join(f->dir, "hub.key");
	char *new_key = path_join(f->dir, "hub.key.new");
	assert_int_equal(created(f), STATUS_OK);
	assert_int_equal(rename(key, new_key), 0);
	assert_int_equal(opened(f, true), STATUS_NO_DATA);
	assert_int_equal(opened(f, false), STATUS_NO_DATA);
	assert_int_equal(created(f), STATUS_OK);
	assert_int_equal(opened(f, true), STATUS_OK);
	assert_false(path_exists(new_key));
	/* Before there was a database. */
	remove_file(f, "hub.db");
	remove_file(f, "hub.db-wal");
	assert_int_equal(rename(key, new_key), 0);
	assert_int_equal(created(f), STATUS_OK);
	assert_int_equal(opened(f, true), STATUS_OK);
	free(new_key);
	free(key);
}

static void test_without_its_key_a_hub_only_reads(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(created(f), STATUS_OK);
	remove_file(f, "hub.key");
	assert_int_equal(opened(f, true), STATUS_LOST_DATA);
	assert_int_equal(opened(f, false), STATUS_OK);
}

static void test_another_hubs_key_or_a_short_one_is_refused(void **state)
{
	struct fixture *f = *state;
	uint8_t seeds[2 * SEED_LEN] = {1};
	char *path = path_join(f->dir, "hub.key");
	assert_int_equal(created(f), STATUS_OK);
	assert_int_equal(file_write(path, slice_of(seeds, sizeof(seeds)), 0600), STATUS_OK);
	assert_int_equal(opened(f, true), STATUS_CORRUPT);
	assert_int_equal(file_write(path, slice_of(seeds, sizeof(seeds) - 1), 0600), STATUS_OK);
	assert_int_equal(opened(f, true), STATUS_CORRUPT);
	assert_int_equal(chmod(path, 0640), 0);
	assert_int_equal(opened(f, true), STATUS_PERMISSION);
	free(path);
}

static void test_lost_or_damaged_identity_is_damage(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(created(f), STATUS_OK);
	f->hub = open_hub(f);
	sql(f, "UPDATE note SET value = x'00' WHERE name = 'identity'");
	assert_int_equal(opened(f, true), STATUS_CORRUPT);
	assert_int_equal(opened(f, false), STATUS_CORRUPT);
	sql(f, "DELETE FROM note WHERE name = 'identity'");
	assert_int_equal(opened(f, true), STATUS_CORRUPT);
}

static int units_seen(const struct hub *hub)
{
	return registry_unit_count(hub->registry);
}

static void touch(struct hub *hub)
{
	struct hub_transaction t;
	assert_int_equal(hub_begin(hub, &t), STATUS_OK);
	assert_int_equal(hub_commit(&t), STATUS_OK);
}

/* Two handles are what two processes are: the lock file and the database are all they share. */
static void test_acts_of_another_process_are_seen_in_the_next_transaction(void **state)
{
	struct fixture *f = *state;
	struct units_fault fault;
	struct hub *second = open_hub(f);
	touch(second);
	assert_int_equal(units_seen(second), 6);
	assert_int_equal(import_units(f->hub, "code,name,level,parent\n05902,Xa B2,commune,059\n", &fault),
			 STATUS_OK);
	assert_int_equal(units_seen(second), 6);
	touch(second);
	assert_int_equal(units_seen(second), 7);
	/* And the other way, with what it was told by it. */
	struct pc pc = enrolled_pc(f, 1, "05902");
	struct bytes batch = dossier_batch(f, &pc, "A-1");
	struct request request = request_of(f, &pc);
	struct bytes body = body_of(f, &pc, &request, &batch, 1);
	struct bytes out = bytes_new(LIMIT_REPLY);
	assert_int_equal(exchange(second, bytes_slice(&body), &out), STATUS_UNKNOWN_DEVICE);
	touch(second);
	assert_int_equal(exchange(second, bytes_slice(&body), &out), STATUS_OK);
	assert_true(number(f->hub, "SELECT count(*) FROM batch") == 1);
	deliver(f, &pc, dossier_batch(f, &pc, "A-2"));
	assert_true(number(second, "SELECT have FROM chain") == 2);
	bytes_free(&out);
	bytes_free(&body);
	bytes_free(&batch);
	hub_close(second);
	signing_key_free(pc.key);
}

/* Records a unit and a device in one transaction that is left open. */
static struct hub_transaction act_in_transaction(struct fixture *f, const struct bytes *enrolment_body)
{
	struct hub_transaction t;
	struct bytes body = bytes_new(1000);
	struct bytes out = bytes_new(LIMIT_REPLY);
	struct unit_row row = {.code = slice_str("05902"),
			       .name = slice_str("Xa B2"),
			       .level = LEVEL_COMMUNE,
			       .parent = slice_str("059"),
			       .valid_from = DAY_UNSET,
			       .valid_to = DAY_UNSET};
	cbor_put_array(&body, 1);
	act_unit_put(&body, &row);
	assert_int_equal(hub_begin(f->hub, &t), STATUS_OK);
	assert_int_equal(act_record(f->hub, ACT_UNITS, "tester", bytes_slice(&body)), STATUS_OK);
	assert_int_equal(enrol_take(f->hub, bytes_slice(enrolment_body), &out), STATUS_OK);
	assert_int_equal(units_seen(f->hub), 7);
	assert_int_equal(registry_device_count(f->hub->registry), 1);
	bytes_free(&body);
	bytes_free(&out);
	return t;
}

static void assert_as_before(struct fixture *f, const struct bytes *rows, int64_t entries)
{
	assert_int_equal(units_seen(f->hub), 6);
	assert_int_equal(registry_device_count(f->hub->registry), 0);
	assert_derived(f->hub, rows);
	assert_true(number(f->hub, "SELECT count(*) FROM log") == entries);
	assert_true(number(f->hub, "SELECT count(*) FROM invitation WHERE device IS NOT NULL") == 0);
}

static void test_rolled_back_acts_are_forgotten_in_memory_too(void **state)
{
	struct fixture *f = *state;
	struct pc pc = pc_new(1);
	struct invitation invitation = invite(f->hub, "05801", false);
	struct bytes body = enrolment(f, &pc, &invitation);
	struct bytes rows = derived_rows(f->hub);
	int64_t entries = number(f->hub, "SELECT count(*) FROM log");
	struct hub_transaction t = act_in_transaction(f, &body);
	hub_rollback(&t);
	assert_as_before(f, &rows, entries);
	bytes_free(&rows);
	bytes_free(&body);
	signing_key_free(pc.key);
}

/* L1: a commit that failed is none, for the disk, for the registry and for the next opening. */
static void test_failed_commit_leaves_memory_and_disk_agreeing(void **state)
{
	struct fixture *f = *state;
	struct pc pc = pc_new(1);
	struct invitation invitation = invite(f->hub, "05801", false);
	struct bytes body = enrolment(f, &pc, &invitation);
	struct bytes rows = derived_rows(f->hub);
	int64_t entries = number(f->hub, "SELECT count(*) FROM log");
	struct hub_transaction t = act_in_transaction(f, &body);
	break_disk(f);
	enum status s = hub_commit(&t);
	mend_disk();
	assert_int_equal(s, STATUS_DISK);
	assert_as_before(f, &rows, entries);
	reopen_hub(f);
	assert_as_before(f, &rows, entries);
	/* The same again, now on a sound disk. */
	t = act_in_transaction(f, &body);
	assert_int_equal(hub_commit(&t), STATUS_OK);
	assert_int_equal(registry_device_count(f->hub->registry), 1);
	assert_true(number(f->hub, "SELECT count(*) FROM log") == entries + 2);
	bytes_free(&rows);
	bytes_free(&body);
	signing_key_free(pc.key);
}

static void test_checkpoint_is_due_after_enough_entries_and_empties_the_wal(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	struct stat wal;
	char *path = path_join(f->dir, "hub.db-wal");
	checkpoint(f->hub);
	assert_false(checkpoint_due(f->hub));
	for (int i = 0; !checkpoint_due(f->hub); i++) {
		assert_true(i < 1000);
		deliver(f, &pc, next_batch(f, &pc, NULL, 0));
	}
	assert_int_equal(stat(path, &wal), 0);
	assert_true(wal.st_size > 0);
	checkpoint(f->hub);
	assert_false(checkpoint_due(f->hub));
	assert_int_equal(stat(path, &wal), 0);
	assert_true(wal.st_size == 0);
	free(path);
	reopen_hub(f);
	assert_true(number(f->hub, "SELECT have FROM chain") == (int64_t)pc.seq);
	signing_key_free(pc.key);
}

#define BARE_TEST(test) cmocka_unit_test_setup_teardown(test, fixture_bare, fixture_down)
int main(void)
{
	const struct CMUnitTest tests[] = {
		BARE_TEST(test_created_hub_opens_with_its_identity),
		BARE_TEST(test_every_secret_is_the_owners_alone),
		BARE_TEST(test_a_hub_is_not_created_over_another),
		BARE_TEST(test_lost_database_is_neither_a_first_start_nor_a_reason_for_new_keys),
		BARE_TEST(test_set_up_that_failed_can_be_tried_again),
		BARE_TEST(test_set_up_that_broke_off_is_none_and_begins_anew),
		BARE_TEST(test_without_its_key_a_hub_only_reads),
		BARE_TEST(test_another_hubs_key_or_a_short_one_is_refused),
		BARE_TEST(test_lost_or_damaged_identity_is_damage),
		HUB_TEST(test_acts_of_another_process_are_seen_in_the_next_transaction),
		HUB_TEST(test_rolled_back_acts_are_forgotten_in_memory_too),
		HUB_TEST(test_failed_commit_leaves_memory_and_disk_agreeing),
		HUB_TEST(test_checkpoint_is_due_after_enough_entries_and_empties_the_wal),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
