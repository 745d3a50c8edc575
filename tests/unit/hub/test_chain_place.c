#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hub/chain_place.h"
#include "tests/unit/hub/hub_fixture.h"

static struct chain_place place_of(struct fixture *f, const struct bytes *sealed)
{
	struct envelope e;
	struct batch_head head;
	struct chain_place p;
	uint8_t hash[HASH_LEN];
	assert_int_equal(envelope_peek(bytes_slice(sealed), &e), STATUS_OK);
	assert_int_equal(batch_peek(e.payload, &head), STATUS_OK);
	hash_bytes(bytes_slice(sealed), hash);
	assert_int_equal(chain_place(f->hub->db, f->hub->db, &head, hash, &p), STATUS_OK);
	return p;
}

static void test_a_batch_is_next_known_early_or_contradicts(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	struct pc clone = pc;
	struct bytes b[] = {dossier_batch(f, &pc, "A-1"), dossier_batch(f, &pc, "A-2"),
			    dossier_batch(f, &pc, "A-3")};
	assert_int_equal(place_of(f, &b[0]).place, PLACE_NEXT);
	assert_true(place_of(f, &b[0]).not_before == TIME_MIN);
	assert_int_equal(place_of(f, &b[1]).place, PLACE_EARLY);
	reply_free(send_batches(f, &pc, b, 1));
	assert_int_equal(place_of(f, &b[0]).place, PLACE_KNOWN);
	assert_int_equal(place_of(f, &b[1]).place, PLACE_NEXT);
	assert_true(place_of(f, &b[1]).not_before == f->now);
	assert_int_equal(place_of(f, &b[2]).place, PLACE_EARLY);
	struct bytes forks[] = {dossier_batch(f, &clone, "X-1"), dossier_batch(f, &clone, "X-2")};
	assert_int_equal(place_of(f, &forks[0]).place, PLACE_FORK);
	assert_int_equal(place_of(f, &forks[1]).place, PLACE_FORK);
	for (size_t i = 0; i < 3; i++)
		bytes_free(&b[i]);
	bytes_free(&forks[0]);
	bytes_free(&forks[1]);
	signing_key_free(pc.key);
}

/* The first of an incarnation names one that may never have come. */
static void test_the_first_of_an_incarnation_is_always_next(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	memset(pc.prev, 4, HASH_LEN);
	pc.incarnation.ordinal = 5;
	struct bytes first = dossier_batch(f, &pc, "A-1");
	assert_int_equal(place_of(f, &first).place, PLACE_NEXT);
	bytes_free(&first);
	signing_key_free(pc.key);
}

/* Only the operator makes a number one that may come late. */
static void test_a_number_passed_over_by_nobody_contradicts(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	struct bytes b[] = {dossier_batch(f, &pc, "A-1"), dossier_batch(f, &pc, "A-2")};
	reply_free(send_batches(f, &pc, b, 2));
	sql(f, "DELETE FROM batch WHERE seq = 1");
	assert_int_equal(place_of(f, &b[0]).place, PLACE_FORK);
	sql(f, "INSERT INTO skipped SELECT device, ordinal, bits, 1, 1, hash FROM chain");
	assert_int_equal(place_of(f, &b[0]).place, PLACE_FORK); /* the run ends with another hash */
	struct query q = query_start(f->hub->db, "UPDATE skipped SET hash = ?1");
	uint8_t hash[HASH_LEN];
	hash_bytes(bytes_slice(&b[0]), hash);
	query_blob(&q, 1, slice_of(hash, HASH_LEN));
	assert_int_equal(query_run(&q), STATUS_OK);
	assert_int_equal(place_of(f, &b[0]).place, PLACE_LATE);
	bytes_free(&b[0]);
	bytes_free(&b[1]);
	signing_key_free(pc.key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		HUB_TEST(test_a_batch_is_next_known_early_or_contradicts),
		HUB_TEST(test_the_first_of_an_incarnation_is_always_next),
		HUB_TEST(test_a_number_passed_over_by_nobody_contradicts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
