#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hub/acts_log.h"
#include "hub/device_acts.h"
#include "hub/restore.h"
#include "tests/unit/hub/hub_fixture.h"
#include "tests/unit/hub/backup_fixture.h"
#include "tests/unit/hub/put_back_fixture.h"

static const char *const KEYS[] = {"hub.key", "tls.key", "tls.crt", "tls-next.key", "tls-next.crt"};
enum { N_KEYS = sizeof(KEYS) / sizeof(KEYS[0]) };

static void copy_file(const char *from, const char *to, const char *name)
{
	struct bytes content = bytes_new(COPY_MAX);
	char *source = path_join(from, name);
	char *target = path_join(to, name);
	assert_int_equal(file_read(source, &content), STATUS_OK);
	assert_int_equal(file_write(target, bytes_slice(&content), 0600), STATUS_OK);
	bytes_free(&content);
	free(source);
	free(target);
}

/* A directory with the keys where they were and nothing else. */
static struct place place_with_keys(const struct fixture *f)
{
	struct place p = new_place();
	for (int i = 0; i < N_KEYS; i++)
		copy_file(f->dir, p.dir, KEYS[i]);
	return p;
}

static enum status restore_into(const struct fixture *f, const struct place *into, const struct place *from,
				struct restored *ret_restored)
{
	char *path = path_join(from->dir, "hub.backup");
	const struct restore_plan plan = {.path = path};
	enum status s = restore_run(into->dir, &f->world, &plan, ret_restored);
	free(path);
	return s;
}

/* From now on the fixture's hub is the one in this place. */
static struct hub *take_over(struct fixture *f, const struct place *p)
{
	struct hub *old = f->hub;
	f->hub = NULL;
	assert_int_equal(hub_open(p->dir, &f->world, true, &f->hub), STATUS_OK);
	return old;
}

static struct bytes rows_of(struct hub *hub, const char *literal)
{
	struct bytes rows = bytes_new(COPY_MAX);
	struct query q = query_start(hub->db, literal);
	while (query_row(&q)) {
		struct slice cell = query_get_blob(&q, 0);
		cbor_put_bytes(&rows, cell.data, cell.len);
	}
	assert_int_equal(query_finish(&q), STATUS_OK);
	assert_true(rows.len > 0);
	return rows;
}

static void assert_same_rows(struct hub *a, struct hub *b, const char *literal)
{
	struct bytes one = rows_of(a, literal);
	struct bytes two = rows_of(b, literal);
	assert_true(slice_equal(bytes_slice(&one), bytes_slice(&two)));
	bytes_free(&one);
	bytes_free(&two);
}

/* All that numbers depend on; where in the log it stands is another life's. */
static void assert_same_truth(struct hub *a, struct hub *b)
{
	assert_same_rows(a, b, "SELECT writes FROM thing ORDER BY kind, key");
	assert_same_rows(a, b, "SELECT key FROM thing ORDER BY kind, key");
	assert_same_rows(a, b,
			 "SELECT code || unit || status || coalesce(received, '') || flags FROM dossier"
			 " ORDER BY code");
	assert_same_rows(a, b, "SELECT hash || have || accepted_at FROM chain ORDER BY device, ordinal, bits");
	assert_same_rows(a, b, "SELECT id || unit || state || held || enrolled_at FROM device ORDER BY id");
	assert_same_rows(a, b, "SELECT code || name FROM unit ORDER BY code");
}

/* A batch of one dossier, and the receipt it got, as its device keeps both. */
struct sent {
	struct bytes batch;
	struct bytes receipt;
};

static struct sent send_one(struct fixture *f, struct pc *pc, const char *code)
{
	struct sent sent = {.batch = dossier_batch(f, pc, code)};
	struct reply *r = send_batches(f, pc, &sent.batch, 1);
	assert_int_equal(r->n_receipts, 1);
	sent.receipt = bytes_of(r->sealed[0]);
	pc->receipted++;
	reply_free(r);
	f->now += MINUTE;
	return sent;
}

static void send_again(struct fixture *f, struct pc *pc, struct sent *sent)
{
	const struct bytes items[] = {sent->receipt, sent->batch};
	struct reply *r = send_batches(f, pc, items, 2);
	assert_true(r->head.epoch == 2);
	reply_free(r);
	bytes_free(&sent->batch);
	bytes_free(&sent->receipt);
}

/* HB-04: with acts.log and the receipts, all is as if nothing had happened. */
static void hb_04_a_restored_hub_comes_to_the_same(void **state)
{
	struct fixture *f = *state;
	struct place backups = new_place();
	struct place again = place_with_keys(f);
	struct backup_note note;
	struct restored restored;
	struct pc pc = enrolled_pc(f, 1, "05801");
	struct sent first = send_one(f, &pc, "A-1");
	assert_int_equal(back_up(f, &backups, "hub.backup", &note), STATUS_OK);
	int64_t made = f->now;
	f->now += DAY;
	/* What happens since: another computer, a batch of each, one is suspended, a code is given out. */
	struct pc other = enrolled_pc(f, 2, "05802");
	struct pc third = enrolled_pc(f, 3, "05901");
	struct sent second = send_one(f, &pc, "A-2");
	struct sent others = send_one(f, &other, "B-1");
	enum device_state now = DEVICE_ACTIVE;
	assert_int_equal(device_change_state(f->hub, third.id, DEVICE_SUSPENDED, "tester", &now), STATUS_OK);
	struct invitation open = invite(f->hub, "05901", true);
	f->now += DAY / 2;
	assert_int_equal(restore_into(f, &again, &backups, &restored), STATUS_OK);
	assert_true(restored.made == made && restored.entries == note.entry && restored.batches == 1);
	assert_true(restored.epoch == 2 && restored.acts_log && !restored.acts_gap && !restored.acts_cut);
	assert_true(restored.devices == 2 && restored.acts == 6 && restored.left_out == 0);
	struct hub *before = take_over(f, &again);
	assert_verifies(f->hub);
	/* The devices hear a lower `have` in a higher epoch, and send what is missing. */
	struct reply *r = send_batches(f, &pc, NULL, 0);
	assert_true(r->head.epoch == 2 && r->head.chains[0].have == 1 && r->head.chains[0].safe == 1);
	reply_free(r);
	send_again(f, &pc, &second);
	send_again(f, &other, &others);
	assert_int_equal(refusal(f, &third, NULL, 0), STATUS_SUSPENDED);
	assert_same_truth(f->hub, before);
	assert_verifies(f->hub);
	/* The code that was given out is good. */
	struct pc fourth = pc_new(4);
	struct bytes body = enrolment(f, &fourth, &open);
	struct bytes out = bytes_new(LIMIT_REPLY);
	assert_int_equal(take_enrolment(f->hub, bytes_slice(&body), &out), STATUS_OK);
	bytes_free(&out);
	bytes_free(&body);
	bytes_free(&first.batch);
	bytes_free(&first.receipt);
	hub_close(before);
	drop_place(&backups);
	struct pc all[] = {pc, other, third, fourth};
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		signing_key_free(all[i].key);
	hub_close(f->hub);
	f->hub = NULL;
	drop_place(&again);
}

/* Without acts.log what an operator did since is not known, and restoring says so. */
static void hb_04_without_the_acts_since(void **state)
{
	struct fixture *f = *state;
	struct place backups = new_place();
	struct place again = place_with_keys(f);
	struct backup_note note;
	struct restored restored;
	assert_int_equal(back_up(f, &backups, "hub.backup", &note), STATUS_OK);
	struct pc pc = enrolled_pc(f, 1, "05801");
	char *path = path_join(backups.dir, ACTS_LOG_FILE);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(restore_into(f, &again, &backups, &restored), STATUS_OK);
	assert_true(!restored.acts_log && restored.acts == 0 && restored.epoch == 2);
	struct hub *before = take_over(f, &again);
	assert_int_equal(refusal(f, &pc, NULL, 0), STATUS_UNKNOWN_DEVICE);
	hub_close(f->hub);
	f->hub = before;
	/* Where the file was begun after the backup, what lies between is named as a gap. */
	drop_place(&again);
	again = place_with_keys(f);
	assert_int_equal(back_up(f, &backups, "later.backup", &note), STATUS_OK);
	assert_int_equal(restore_into(f, &again, &backups, &restored), STATUS_OK);
	assert_true(restored.acts_log && restored.acts_gap);
	free(path);
	drop_place(&again);
	drop_place(&backups);
	signing_key_free(pc.key);
}

static void assert_refused(struct fixture *f, const struct place *into, const struct place *from, enum status why)
{
	struct restored restored;
	assert_int_equal(restore_into(f, into, from, &restored), why);
	assert_false(there_is(into->dir, "hub.db.part") || there_is(into->dir, "hub.db.part-journal"));
}

static void test_only_into_a_directory_without_a_database_and_with_its_keys(void **state)
{
	struct fixture *f = *state;
	struct place backups = new_place();
	struct place again = place_with_keys(f);
	struct backup_note note;
	struct restored restored;
	assert_refused(f, &again, &backups, STATUS_EMPTY);
	assert_int_equal(back_up(f, &backups, "hub.backup", &note), STATUS_OK);
	/* Beside a database. */
	char *path = path_join(backups.dir, "hub.backup");
	const struct restore_plan plan = {.path = path};
	int64_t entries = number(f->hub, "SELECT count(*) FROM log");
	assert_int_equal(restore_run(f->dir, &f->world, &plan, &restored), STATUS_EXISTS);
	assert_true(number(f->hub, "SELECT count(*) FROM log") == entries);
	/* Each key is needed, and must be this hub's. */
	for (int i = 0; i < N_KEYS; i++) {
		char *key = path_join(again.dir, KEYS[i]);
		assert_int_equal(unlink(key), 0);
		assert_int_equal(restore_into(f, &again, &backups, &restored), STATUS_LOST_DATA);
		assert_string_equal(restored.missing, KEYS[i]);
		copy_file(f->dir, again.dir, KEYS[i]);
		free(key);
	}
	char *key = path_join(again.dir, "hub.key");
	uint8_t strange[64];
	random_fill(strange, sizeof(strange));
	assert_int_equal(file_write(key, slice_of(strange, sizeof(strange)), 0600), STATUS_OK);
	assert_refused(f, &again, &backups, STATUS_FORGED);
	copy_file(f->dir, again.dir, "hub.key");
	assert_false(there_is(again.dir, "hub.db"));
	/* What a restore that was killed has left is no obstacle. */
	char *part = path_join(again.dir, "hub.db.part");
	assert_int_equal(file_write(part, slice_str("half a page"), 0600), STATUS_OK);
	assert_int_equal(restore_into(f, &again, &backups, &restored), STATUS_OK);
	assert_false(there_is(again.dir, "hub.db.part") || there_is(again.dir, "hub.db.part-journal"));
	assert_refused(f, &again, &backups, STATUS_EXISTS);
	free(part);
	free(key);
	free(path);
	drop_place(&again);
	drop_place(&backups);
}

static void change_backup(const struct place *backups, const char *statement)
{
	char *path = path_join(backups->dir, "hub.backup");
	struct database *db = NULL;
	struct database_plan plan = store_plan(path, NULL, DATABASE_AGENT, false);
	plan.application_id = BACKUP_APPLICATION_ID;
	assert_int_equal(database_open(&plan, &db), STATUS_OK);
	assert_int_equal(database_script(db, statement), STATUS_OK);
	database_close(db);
	free(path);
}

/* What does not verify is not put in place; what is only derived is derived again. */
static void test_a_backup_that_was_changed(void **state)
{
	struct fixture *f = *state;
	struct place backups = new_place();
	struct place again = place_with_keys(f);
	struct backup_note note;
	struct restored restored;
	struct pc pc = enrolled_pc(f, 1, "05801");
	struct sent sent = send_one(f, &pc, "A-1");
	static const char *const changes[] = {
		"UPDATE log SET accepted_at = accepted_at - 1 WHERE n = 3",
		"DELETE FROM log WHERE n = (SELECT max(n) FROM log)",
		"UPDATE log SET body = CAST(substr(body, 2) || x'00' AS BLOB) WHERE n = 2",
		"DELETE FROM note WHERE name = 'made'",
	};
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		assert_int_equal(back_up(f, &backups, "hub.backup", &note), STATUS_OK);
		change_backup(&backups, changes[i]);
		assert_refused(f, &again, &backups, STATUS_DIFFERENT);
		assert_false(there_is(again.dir, "hub.db"));
	}
	copy_file(f->dir, backups.dir, "hub.key");
	char *path = path_join(backups.dir, "hub.key");
	const struct restore_plan plan = {.path = path};
	assert_int_equal(restore_run(again.dir, &f->world, &plan, &restored), STATUS_CORRUPT);
	free(path);
	assert_int_equal(back_up(f, &backups, "hub.backup", &note), STATUS_OK);
	change_backup(&backups, "DELETE FROM dossier; UPDATE device SET state = 1, unit = '27';"
				"UPDATE thing SET writes = x'00'");
	assert_int_equal(restore_into(f, &again, &backups, &restored), STATUS_OK);
	struct hub *before = take_over(f, &again);
	assert_same_truth(f->hub, before);
	assert_verifies(f->hub);
	hub_close(f->hub);
	f->hub = before;
	bytes_free(&sent.batch);
	bytes_free(&sent.receipt);
	drop_place(&again);
	drop_place(&backups);
	signing_key_free(pc.key);
}

/* The same backup twice: the second life's heads are above those of the first, with acts.log and without. */
static void hb_05_restored_twice_from_one_backup(void **state)
{
	struct fixture *f = *state;
	struct place backups = new_place();
	struct backup_note note;
	struct restored restored;
	struct pc pc = enrolled_pc(f, 1, "05801");
	assert_int_equal(back_up(f, &backups, "hub.backup", &note), STATUS_OK);
	struct hub *original = f->hub;
	struct head seen = {.epoch = 1};
	for (int life = 0; life < 3; life++) {
		struct place again = place_with_keys(f);
		if (life == 2) {
			char *path = path_join(backups.dir, ACTS_LOG_FILE);
			assert_int_equal(unlink(path), 0);
			free(path);
		}
		f->now += MINUTE;
		assert_int_equal(restore_into(f, &again, &backups, &restored), STATUS_OK);
		(void)take_over(f, &again);
		struct reply *r = send_batches(f, &pc, NULL, 0);
		assert_true(r->head.epoch > 1);
		/* Without acts.log the epoch is the one of the first life, and the counter says more. */
		assert_true(life == 2 ? r->head.epoch == 2 : r->head.epoch == seen.epoch + 1);
		if (life == 0)
			seen = r->head;
		if (life == 2)
			assert_true(r->head.counter > seen.counter);
		else
			seen.epoch = r->head.epoch;
		reply_free(r);
		hub_close(f->hub);
		drop_place(&again);
	}
	f->hub = original;
	drop_place(&backups);
	signing_key_free(pc.key);
}

/* A damaged record of acts.log is left out and counted; what stands behind it is repeated. */
static void test_one_damaged_act_does_not_hide_the_others(void **state)
{
	struct fixture *f = *state;
	struct place backups = new_place();
	struct place again = place_with_keys(f);
	struct backup_note note;
	struct restored restored;
	struct stat info;
	assert_int_equal(back_up(f, &backups, "hub.backup", &note), STATUS_OK);
	invite(f->hub, "05801", true);
	char *path = path_join(backups.dir, ACTS_LOG_FILE);
	assert_int_equal(stat(path, &info), 0);
	invite(f->hub, "05802", true);
	struct bytes acts = bytes_new(COPY_MAX);
	assert_int_equal(file_read(path, &acts), STATUS_OK);
	acts.data[info.st_size - 80] ^= 1; /* in the signature of the first */
	assert_int_equal(file_write(path, bytes_slice(&acts), 0600), STATUS_OK);
	assert_int_equal(restore_into(f, &again, &backups, &restored), STATUS_OK);
	assert_true(restored.acts == 1 && restored.left_out == 1);
	struct hub *before = take_over(f, &again);
	assert_true(number(f->hub, "SELECT count(*) FROM invitation WHERE unit = '05802'") == 1);
	assert_verifies(f->hub);
	hub_close(f->hub);
	f->hub = before;
	bytes_free(&acts);
	free(path);
	drop_place(&again);
	drop_place(&backups);
}

/* Records refused for their unit and taken since: entries that the new log does not have are not named in it. */
static void test_what_cannot_be_repeated_is_counted(void **state)
{
	struct fixture *f = *state;
	struct place backups = new_place();
	struct place again = place_with_keys(f);
	struct backup_note note;
	struct restored restored;
	assert_int_equal(back_up(f, &backups, "hub.backup", &note), STATUS_OK);
	struct bytes body = bytes_new(100);
	static const uint8_t retry[] = {0x81, 0x82, 0x05, 0x81, 0x00};
	bytes_put(&body, retry, sizeof(retry));
	struct act act = {.type = ACT_RETRY, .at = f->now, .who = slice_str("x"), .body = bytes_slice(&body)};
	struct bytes sealed = bytes_new(1000);
	assert_int_equal(act_seal(f->hub, &act, &sealed), STATUS_OK);
	struct hub_transaction t;
	struct log_entry entry = {.type = LOG_ACT, .accepted_at = f->now, .body = bytes_slice(&sealed)};
	assert_int_equal(hub_begin(f->hub, &t), STATUS_OK);
	assert_int_equal(log_append(f->hub->db, &entry), STATUS_OK);
	f->hub->last_entry = entry.n;
	f->hub->acts_due = true;
	assert_int_equal(hub_commit(&t), STATUS_OK);
	assert_int_equal(restore_into(f, &again, &backups, &restored), STATUS_OK);
	assert_true(restored.retries == 1 && restored.acts == 0);
	bytes_free(&sealed);
	bytes_free(&body);
	drop_place(&again);
	drop_place(&backups);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(hb_04_a_restored_hub_comes_to_the_same, fixture_up, fixture_down),
		cmocka_unit_test_setup_teardown(hb_04_without_the_acts_since, fixture_up, fixture_down),
		cmocka_unit_test_setup_teardown(test_only_into_a_directory_without_a_database_and_with_its_keys,
						fixture_up, fixture_down),
		cmocka_unit_test_setup_teardown(test_a_backup_that_was_changed, fixture_up, fixture_down),
		cmocka_unit_test_setup_teardown(hb_05_restored_twice_from_one_backup, fixture_up, fixture_down),
		cmocka_unit_test_setup_teardown(test_one_damaged_act_does_not_hide_the_others, fixture_up,
						fixture_down),
		cmocka_unit_test_setup_teardown(test_what_cannot_be_repeated_is_counted, fixture_up, fixture_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
