#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/hub/hub_fixture.h"

static const uint8_t ZEROS[HASH_LEN];

static struct log_entry entry_of(const char *body, const char *verdicts)
{
	return (struct log_entry){
		.type = LOG_BATCH, .accepted_at = START, .body = slice_str(body), .verdicts = slice_str(verdicts)};
}

static struct database *blank_log(void)
{
	struct database *db = NULL;
	struct database_plan plan = store_plan(":memory:", NULL, DATABASE_SCRATCH, true);
	assert_int_equal(database_open(&plan, &db), STATUS_OK);
	return db;
}

static void test_empty_log_ends_at_zero(void **state)
{
	struct database *db = blank_log();
	int64_t n = -1;
	uint8_t chain[HASH_LEN];
	(void)state;
	assert_int_equal(log_last(db, &n, chain), STATUS_OK);
	assert_true(n == 0);
	assert_memory_equal(chain, ZEROS, HASH_LEN);
	database_close(db);
}

/* The hash that log.h describes, made by hand. */
static void test_chain_hash_is_the_documented_one(void **state)
{
	struct log_entry entry = entry_of("body", "verdicts");
	uint8_t before[HASH_LEN];
	uint8_t bytes[HASH_LEN + 24 + 2 * HASH_LEN] = {0};
	uint8_t expected[HASH_LEN];
	uint8_t chain[HASH_LEN];
	(void)state;
	memset(before, 0x5A, sizeof(before));
	entry.n = 0x0102;
	entry.accepted_at = 0x030405;
	memcpy(bytes, before, HASH_LEN);
	bytes[HASH_LEN + 6] = 1;
	bytes[HASH_LEN + 7] = 2;
	bytes[HASH_LEN + 15] = LOG_BATCH;
	bytes[HASH_LEN + 21] = 3;
	bytes[HASH_LEN + 22] = 4;
	bytes[HASH_LEN + 23] = 5;
	hash_bytes(slice_str("body"), bytes + HASH_LEN + 24);
	hash_bytes(slice_str("verdicts"), bytes + HASH_LEN + 24 + HASH_LEN);
	hash_bytes(slice_of(bytes, sizeof(bytes)), expected);
	log_chain(before, &entry, chain);
	assert_memory_equal(chain, expected, HASH_LEN);
}

static void test_every_part_of_an_entry_changes_its_chain_hash(void **state)
{
	struct log_entry base = entry_of("body", "verdicts");
	uint8_t chain[HASH_LEN];
	uint8_t other[HASH_LEN];
	uint8_t before[HASH_LEN] = {0};
	(void)state;
	base.n = 7;
	log_chain(before, &base, chain);
	struct log_entry changed[] = {base, base, base, base, base};
	changed[0].n++;
	changed[1].type = LOG_ACT;
	changed[2].accepted_at++;
	changed[3].body = slice_str("bodz");
	changed[4].verdicts = slice_str("verdictt");
	for (size_t i = 0; i < sizeof(changed) / sizeof(changed[0]); i++) {
		log_chain(before, &changed[i], other);
		assert_memory_not_equal(chain, other, HASH_LEN);
	}
	before[31] = 1;
	log_chain(before, &base, other);
	assert_memory_not_equal(chain, other, HASH_LEN);
	/* What moves from the body into the verdicts is another entry. */
	struct log_entry moved = entry_of("bodyv", "erdicts");
	moved.n = 7;
	log_chain(ZEROS, &moved, other);
	assert_memory_not_equal(chain, other, HASH_LEN);
}

static void test_entries_are_numbered_and_chained(void **state)
{
	struct database *db = blank_log();
	struct log_entry first = entry_of("one", "");
	struct log_entry second = entry_of("two", "");
	uint8_t chain[HASH_LEN];
	int64_t n = 0;
	(void)state;
	assert_int_equal(log_append(db, &first), STATUS_OK);
	assert_int_equal(log_append(db, &second), STATUS_OK);
	assert_true(first.n == 1);
	assert_true(second.n == 2);
	log_chain(ZEROS, &first, chain);
	assert_memory_equal(first.chain, chain, HASH_LEN);
	log_chain(first.chain, &second, chain);
	assert_memory_equal(second.chain, chain, HASH_LEN);
	assert_int_equal(log_last(db, &n, chain), STATUS_OK);
	assert_true(n == 2);
	assert_memory_equal(second.chain, chain, HASH_LEN);
	database_close(db);
}

/* L9: going on from zeros would make a damaged end look like the beginning. */
static void test_nothing_is_appended_behind_a_damaged_end(void **state)
{
	struct database *db = blank_log();
	struct log_entry first = entry_of("one", "");
	struct log_entry second = entry_of("two", "");
	(void)state;
	assert_int_equal(log_append(db, &first), STATUS_OK);
	assert_int_equal(database_script(db, "UPDATE log SET chain = x'00'"), STATUS_OK);
	assert_int_equal(log_append(db, &second), STATUS_CORRUPT);
	database_close(db);
}

struct walk {
	int64_t seen[8];
	size_t count;
	int64_t stop_at;
};

static enum status note_entry(void *context, const struct log_entry *entry)
{
	struct walk *w = context;
	assert_true(w->count < 8);
	w->seen[w->count++] = entry->n;
	assert_int_equal(entry->type, LOG_BATCH);
	assert_true(slice_equal(entry->body, slice_str("b")));
	assert_int_equal(entry->verdicts.len, 0);
	return entry->n == w->stop_at ? STATUS_STOPPED : STATUS_OK;
}

static void test_walk_goes_in_order_from_where_it_is_told_and_stops_when_told(void **state)
{
	struct database *db = blank_log();
	struct walk from_two = {.count = 0};
	struct walk to_two = {.stop_at = 2};
	(void)state;
	for (int i = 0; i < 3; i++) {
		struct log_entry entry = entry_of("b", "");
		assert_int_equal(log_append(db, &entry), STATUS_OK);
	}
	assert_int_equal(log_walk(db, 2, note_entry, &from_two), STATUS_OK);
	assert_int_equal(from_two.count, 2);
	assert_true(from_two.seen[0] == 2 && from_two.seen[1] == 3);
	assert_int_equal(log_walk(db, 1, note_entry, &to_two), STATUS_STOPPED);
	assert_int_equal(to_two.count, 2);
	database_close(db);
}

static enum status find_no_chain(void *context, const struct log_entry *entry)
{
	size_t *seen = context;
	assert_memory_equal(entry->chain, ZEROS, HASH_LEN);
	++*seen;
	return STATUS_OK;
}

/* verify finds it: it is no entry's hash. */
static void test_a_chain_hash_of_another_length_is_walked_as_zeros(void **state)
{
	struct database *db = blank_log();
	struct log_entry entry = entry_of("b", "");
	size_t seen = 0;
	(void)state;
	assert_int_equal(log_append(db, &entry), STATUS_OK);
	assert_int_equal(database_script(db, "UPDATE log SET chain = x'0011'"), STATUS_OK);
	assert_int_equal(log_walk(db, 1, find_no_chain, &seen), STATUS_OK);
	assert_int_equal(seen, 1);
	database_close(db);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty_log_ends_at_zero),
		cmocka_unit_test(test_chain_hash_is_the_documented_one),
		cmocka_unit_test(test_every_part_of_an_entry_changes_its_chain_hash),
		cmocka_unit_test(test_entries_are_numbered_and_chained),
		cmocka_unit_test(test_nothing_is_appended_behind_a_damaged_end),
		cmocka_unit_test(test_walk_goes_in_order_from_where_it_is_told_and_stops_when_told),
		cmocka_unit_test(test_a_chain_hash_of_another_length_is_walked_as_zeros),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
