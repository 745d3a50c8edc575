#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hub/acts_log.h"
#include "tests/unit/hub/hub_fixture.h"
#include "tests/unit/hub/backup_fixture.h"

enum { FILE_LIMIT = 16 * 1024 * 1024, SEEN_MAX = 100 };

struct found {
	size_t count;
	int64_t n[SEEN_MAX];
	enum act_type type[SEEN_MAX];
	size_t keys;
	size_t forged;
};

static enum status note_record(void *context, const struct acts_record *record)
{
	struct found *found = context;
	assert_true(found->count < SEEN_MAX);
	found->forged += record->verified ? 0 : 1;
	found->n[found->count] = record->n;
	found->type[found->count++] = record->act.type;
	found->keys += record->key.len == MAC_LEN;
	return STATUS_OK;
}

static struct acts_start read_acts(struct fixture *f, const struct place *p, struct found *ret_found)
{
	struct acts_start start;
	char *path = path_join(p->dir, ACTS_LOG_FILE);
	*ret_found = (struct found){0};
	assert_int_equal(acts_log_read(path, &f->hub->identity, note_record, ret_found, &start), STATUS_OK);
	free(path);
	return start;
}

static int64_t behind(struct fixture *f)
{
	struct bytes path = bytes_new(2048);
	int64_t n = -2;
	assert_int_equal(acts_log_look(f->hub, &path, &n), STATUS_OK);
	bytes_free(&path);
	return n;
}

static struct bytes content_of(const struct place *p)
{
	struct bytes content = bytes_new(FILE_LIMIT);
	char *path = path_join(p->dir, ACTS_LOG_FILE);
	assert_int_equal(file_read(path, &content), STATUS_OK);
	free(path);
	return content;
}

static void put_content(const struct place *p, struct slice content)
{
	char *path = path_join(p->dir, ACTS_LOG_FILE);
	assert_int_equal(file_write(path, content, 0600), STATUS_OK);
	free(path);
}

static void test_every_act_since_the_backup_stands_beside_it(void **state)
{
	struct fixture *f = *state;
	struct place p = new_place();
	struct backup_note note;
	struct found found;
	invite(f->hub, "05801", true);
	assert_int_equal(back_up(f, &p, "one.backup", &note), STATUS_OK);
	struct acts_start start = read_acts(f, &p, &found);
	assert_true(start.n == note.entry && !start.cut && found.count == 0);
	assert_memory_equal(start.chain, note.chain, HASH_LEN);
	/* From this handle and from another, batches between them. */
	invite(f->hub, "05802", true);
	struct pc pc = enrolled_pc(f, 1, "05801");
	deliver(f, &pc, dossier_batch(f, &pc, "A-1"));
	struct hub *second = open_hub(f);
	invite(second, "05901", true);
	hub_close(second);
	invite(f->hub, "05901", true);
	start = read_acts(f, &p, &found);
	static const enum act_type types[] = {ACT_INVITE, ACT_INVITE, ACT_ENROL, ACT_INVITE, ACT_INVITE};
	assert_int_equal(found.count, sizeof(types) / sizeof(types[0]));
	for (size_t i = 0; i < found.count; i++) {
		assert_int_equal(found.type[i], types[i]);
		assert_true(found.n[i] == note.entry + 1 + (int64_t)i + (i > 2 ? 1 : 0));
	}
	assert_int_equal(found.keys, 4); /* of the invitations: without them the codes would be lost */
	/* The next backup goes on with the same file: older ones may still be needed. */
	assert_int_equal(back_up(f, &p, "two.backup", &note), STATUS_OK);
	invite(f->hub, "05901", true);
	(void)read_acts(f, &p, &found);
	assert_int_equal(found.count, 6);
	assert_true(behind(f) == 0);
	assert_false(there_is(p.dir, ACTS_LOG_FILE ".1"));
	drop_place(&p);
	signing_key_free(pc.key);
}

/* A stick that is pulled out holds up nobody, and has everything again once it is back. */
static void test_what_could_not_be_written_is_written_with_the_next(void **state)
{
	struct fixture *f = *state;
	struct place p = new_place();
	struct backup_note note;
	struct found found;
	assert_int_equal(back_up(f, &p, "one.backup", &note), STATUS_OK);
	char away[80];
	(void)snprintf(away, sizeof(away), "%s-away", p.dir);
	assert_int_equal(rename(p.dir, away), 0);
	invite(f->hub, "05801", true);
	invite(f->hub, "05802", true);
	assert_true(behind(f) == -1);
	assert_int_equal(rename(away, p.dir), 0);
	assert_true(behind(f) == 2);
	invite(f->hub, "05901", true);
	assert_true(behind(f) == 0);
	(void)read_acts(f, &p, &found);
	assert_int_equal(found.count, 3);
	drop_place(&p);
}

/* A process that died between the commit and the file: whoever opens the hub next makes up for it. */
static void test_an_act_whose_process_died_is_made_up_for(void **state)
{
	struct fixture *f = *state;
	struct place p = new_place();
	struct backup_note note;
	struct found found;
	assert_int_equal(back_up(f, &p, "one.backup", &note), STATUS_OK);
	struct bytes before = content_of(&p);
	invite(f->hub, "05801", true);
	put_content(&p, bytes_slice(&before));
	reopen_hub(f);
	struct hub_transaction t;
	assert_int_equal(hub_begin(f->hub, &t), STATUS_OK);
	assert_int_equal(hub_commit(&t), STATUS_OK);
	(void)read_acts(f, &p, &found);
	assert_int_equal(found.count, 1);
	bytes_free(&before);
	drop_place(&p);
}

/* Cut anywhere by a power cut, it is read up to there and goes on behind it. */
static void st_03_a_cut_file_is_whole_again_with_the_next_act(void **state)
{
	struct fixture *f = *state;
	struct place p = new_place();
	struct backup_note note;
	struct found found;
	assert_int_equal(back_up(f, &p, "one.backup", &note), STATUS_OK);
	struct bytes begun = content_of(&p);
	size_t begin = begun.len;
	bytes_free(&begun);
	invite(f->hub, "05801", true);
	invite(f->hub, "05802", true);
	struct bytes whole = content_of(&p);
	for (size_t len = begin; len < whole.len; len += 13) {
		put_content(&p, slice_of(whole.data, len));
		(void)read_acts(f, &p, &found);
		assert_true(found.count < 2);
		f->hub->acts_due = true;
		f->hub->acts_size = 0;
		assert_int_equal(acts_log_follow(f->hub), STATUS_OK);
		struct bytes mended = content_of(&p);
		assert_true(slice_equal(bytes_slice(&mended), bytes_slice(&whole)));
		bytes_free(&mended);
	}
	assert_false(there_is(p.dir, ACTS_LOG_FILE ".1"));
	bytes_free(&whole);
	drop_place(&p);
}

/* What stands under the name and is not of this log's past is never written into. */
static void test_another_ones_file_is_put_aside(void **state)
{
	struct fixture *f = *state;
	struct place p = new_place();
	struct backup_note note;
	struct found found;
	put_content(&p, slice_str("a letter to the province"));
	assert_int_equal(back_up(f, &p, "one.backup", &note), STATUS_OK);
	assert_true(there_is(p.dir, ACTS_LOG_FILE ".1"));
	invite(f->hub, "05801", true);
	(void)read_acts(f, &p, &found);
	assert_int_equal(found.count, 1);
	/* Another life of this hub went on from here: its last entry is not this log's. */
	reopen_hub(f);
	sql(f, "UPDATE log SET chain = zeroblob(32) WHERE n = (SELECT max(n) FROM log)");
	f->hub->acts_due = true;
	assert_int_equal(acts_log_follow(f->hub), STATUS_OK);
	assert_true(there_is(p.dir, ACTS_LOG_FILE ".2"));
	drop_place(&p);
}

static void test_only_what_this_hub_signed_is_read(void **state)
{
	struct fixture *f = *state;
	struct place p = new_place();
	struct backup_note note;
	struct found found = {0};
	struct acts_start start;
	assert_int_equal(back_up(f, &p, "one.backup", &note), STATUS_OK);
	invite(f->hub, "05801", true);
	char *path = path_join(p.dir, ACTS_LOG_FILE);
	struct bytes content = content_of(&p);
	content.data[content.len - 80] ^= 1; /* in the signature of the act */
	put_content(&p, bytes_slice(&content));
	assert_int_equal(acts_log_read(path, &f->hub->identity, note_record, &found, &start), STATUS_OK);
	assert_true(found.count == 1 && found.forged == 1);
	struct identity other = f->hub->identity;
	other.hub_id[0] ^= 1;
	assert_int_equal(acts_log_read(path, &other, note_record, &found, &start), STATUS_FOREIGN);
	put_content(&p, slice_str("a letter"));
	assert_int_equal(acts_log_read(path, &f->hub->identity, note_record, &found, &start), STATUS_FOREIGN);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(acts_log_read(path, &f->hub->identity, note_record, &found, &start), STATUS_EMPTY);
	assert_int_equal(found.count, 1);
	bytes_free(&content);
	free(path);
	drop_place(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_every_act_since_the_backup_stands_beside_it, fixture_up,
						fixture_down),
		cmocka_unit_test_setup_teardown(test_what_could_not_be_written_is_written_with_the_next, fixture_up,
						fixture_down),
		cmocka_unit_test_setup_teardown(test_an_act_whose_process_died_is_made_up_for, fixture_up,
						fixture_down),
		cmocka_unit_test_setup_teardown(st_03_a_cut_file_is_whole_again_with_the_next_act, fixture_up,
						fixture_down),
		cmocka_unit_test_setup_teardown(test_another_ones_file_is_put_aside, fixture_up, fixture_down),
		cmocka_unit_test_setup_teardown(test_only_what_this_hub_signed_is_read, fixture_up, fixture_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
