#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hub/chain.h"
#include "tests/unit/hub/hub_fixture.h"

/* The place of batch `seq` of the PC. */
static struct batch_head place(const struct pc *pc, uint64_t seq)
{
	struct batch_head head = {.incarnation = pc->incarnation, .seq = seq};
	memcpy(head.device, pc->id, DEVICE_ID_LEN);
	return head;
}

static void test_unknown_chain_has_nothing(void **state)
{
	struct fixture *f = *state;
	struct pc pc = pc_new(1);
	struct chain_state chain;
	uint8_t hash[HASH_LEN];
	struct batch_head head = place(&pc, 1);
	assert_int_equal(chain_get(f->hub->db, pc.id, &pc.incarnation, &chain), STATUS_OK);
	assert_true(chain.have == 0);
	assert_true(chain.accepted_at == TIME_MIN);
	assert_int_equal(chain_hash(f->hub->db, &head, hash), STATUS_EMPTY);
	signing_key_free(pc.key);
}

static void test_chain_is_of_the_incarnation_asked_for(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	struct chain_state chain;
	uint8_t hash[HASH_LEN];
	deliver(f, &pc, dossier_batch(f, &pc, "A-1"));
	deliver(f, &pc, dossier_batch(f, &pc, "A-2"));
	assert_int_equal(chain_get(f->hub->db, pc.id, &pc.incarnation, &chain), STATUS_OK);
	assert_true(chain.have == 2);
	assert_memory_equal(chain.hash, pc.prev, HASH_LEN);
	assert_true(chain.accepted_at == f->now);
	struct batch_head head = place(&pc, 2);
	assert_int_equal(chain_hash(f->hub->db, &head, hash), STATUS_OK);
	assert_memory_equal(hash, pc.prev, HASH_LEN);
	struct incarnation other = {.ordinal = 1, .bits = pc.incarnation.bits + 1};
	assert_int_equal(chain_get(f->hub->db, pc.id, &other, &chain), STATUS_OK);
	assert_true(chain.have == 0);
	other = (struct incarnation){.ordinal = 2, .bits = pc.incarnation.bits};
	assert_int_equal(chain_get(f->hub->db, pc.id, &other, &chain), STATUS_OK);
	assert_true(chain.have == 0);
	signing_key_free(pc.key);
}

static enum pending_fate put_pending(struct fixture *f, const struct batch_head *head, const char *content)
{
	enum pending_fate fate = PENDING_FULL;
	const struct waiting_batch batch = {.sealed = slice_str(content)};
	assert_int_equal(pending_put(f->hub->db, head, &batch, &fate), STATUS_OK);
	return fate;
}

static void test_pending_is_taken_once_and_the_first_one_stays(void **state)
{
	struct fixture *f = *state;
	struct pc pc = pc_new(1);
	struct batch_head head = place(&pc, 5);
	struct bytes out = bytes_new(100);
	struct bytes receipt = bytes_new(100);
	bool found = true;
	assert_int_equal(pending_find(f->hub->db, &head, &found), STATUS_OK);
	assert_false(found);
	assert_int_equal(put_pending(f, &head, "first"), PENDING_KEPT);
	assert_int_equal(put_pending(f, &head, "first"), PENDING_SAME);
	assert_int_equal(put_pending(f, &head, "second"), PENDING_OTHER);
	assert_int_equal(pending_find(f->hub->db, &head, &found), STATUS_OK);
	assert_true(found);
	assert_int_equal(pending_take(f->hub->db, pc.id, &pc.incarnation, 4, &out, &receipt), STATUS_EMPTY);
	assert_int_equal(pending_take(f->hub->db, pc.id, &pc.incarnation, 5, &out, &receipt), STATUS_OK);
	assert_true(slice_equal(bytes_slice(&out), slice_str("first")));
	assert_int_equal(receipt.len, 0);
	assert_int_equal(pending_take(f->hub->db, pc.id, &pc.incarnation, 5, &out, &receipt), STATUS_EMPTY);
	bytes_free(&out);
	bytes_free(&receipt);
	signing_key_free(pc.key);
}

/* The same batch may come first without its receipt. */
static void test_what_waits_is_taken_with_its_receipt(void **state)
{
	struct fixture *f = *state;
	struct pc pc = pc_new(1);
	struct batch_head head = place(&pc, 5);
	struct bytes out = bytes_new(100);
	struct bytes receipt = bytes_new(100);
	enum pending_fate fate = PENDING_FULL;
	const struct waiting_batch batch = {.sealed = slice_str("first"), .receipt = slice_str("its receipt")};
	assert_int_equal(put_pending(f, &head, "first"), PENDING_KEPT);
	assert_int_equal(pending_put(f->hub->db, &head, &batch, &fate), STATUS_OK);
	assert_int_equal(fate, PENDING_SAME);
	assert_int_equal(put_pending(f, &head, "first"), PENDING_SAME); /* and takes nothing away */
	assert_int_equal(pending_take(f->hub->db, pc.id, &pc.incarnation, 5, &out, &receipt), STATUS_OK);
	assert_true(slice_equal(bytes_slice(&receipt), batch.receipt));
	bytes_free(&out);
	bytes_free(&receipt);
	signing_key_free(pc.key);
}

/* L10: at a limit the source is refused; another device's room is its own. */
static void test_a_device_has_room_for_so_many_pending_batches(void **state)
{
	struct fixture *f = *state;
	struct pc pc = pc_new(1);
	struct pc other = pc_new(2);
	struct head head = {0};
	for (uint64_t seq = 2; seq < 2 + LIMIT_PENDING; seq++) {
		struct batch_head at = place(&pc, seq);
		assert_int_equal(put_pending(f, &at, "x"), PENDING_KEPT);
	}
	struct batch_head over = place(&pc, 2 + LIMIT_PENDING);
	struct batch_head elsewhere = place(&other, 2);
	assert_int_equal(put_pending(f, &over, "x"), PENDING_FULL);
	assert_int_equal(put_pending(f, &elsewhere, "x"), PENDING_KEPT);
	memcpy(head.device, pc.id, DEVICE_ID_LEN);
	assert_int_equal(chain_head_fill(f->hub->db, NULL, &head), STATUS_OK);
	assert_int_equal(head.n_pending, LIMIT_PENDING);
	assert_true(head.pending[0].seq == 2);
	assert_true(head.pending[LIMIT_PENDING - 1].seq == 1 + LIMIT_PENDING);
	assert_true(head.pending[0].incarnation.bits == pc.incarnation.bits);
	signing_key_free(pc.key);
	signing_key_free(other.key);
}

/* What a dead incarnation left waiting does not keep the present one out: its last batch goes first. */
static void test_dead_incarnations_give_way_at_the_limit(void **state)
{
	struct fixture *f = *state;
	struct pc oldest = pc_new(1);
	struct pc dead = oldest;
	struct pc live = oldest;
	bool there = true;
	dead.incarnation.ordinal = 2;
	live.incarnation.ordinal = 3;
	for (uint64_t seq = 2; seq < 2 + LIMIT_PENDING; seq++) {
		struct batch_head at = place(seq < 4 ? &oldest : &dead, seq);
		assert_int_equal(put_pending(f, &at, "x"), PENDING_KEPT);
	}
	/* The oldest incarnation first, from its end. */
	const struct batch_head going[] = {place(&oldest, 3), place(&oldest, 2), place(&dead, 1 + LIMIT_PENDING),
					   place(&dead, LIMIT_PENDING)};
	for (size_t i = 0; i < 4; i++) {
		struct batch_head at = place(&live, 10 + i);
		assert_int_equal(pending_find(f->hub->db, &going[i], &there), STATUS_OK);
		assert_true(there);
		assert_int_equal(put_pending(f, &at, "x"), PENDING_KEPT);
		assert_int_equal(pending_find(f->hub->db, &going[i], &there), STATUS_OK);
		assert_false(there);
		assert_true(number(f->hub, "SELECT count(*) FROM pending") == LIMIT_PENDING);
	}
	/* Not the other way round: what is newer stays. */
	struct batch_head old = place(&oldest, 2);
	struct batch_head other = place(&dead, 1000);
	assert_int_equal(put_pending(f, &old, "x"), PENDING_FULL);
	assert_int_equal(put_pending(f, &other, "x"), PENDING_FULL);
	sql(f, "DELETE FROM pending WHERE ordinal < 3");
	for (uint64_t seq = 100; number(f->hub, "SELECT count(*) FROM pending") < LIMIT_PENDING; seq++) {
		struct batch_head at = place(&live, seq);
		assert_int_equal(put_pending(f, &at, "x"), PENDING_KEPT);
	}
	struct batch_head more = place(&live, 2);
	assert_int_equal(put_pending(f, &more, "x"), PENDING_FULL);
	signing_key_free(oldest.key);
}

/* A head holds so many chains; the agent asks about its newest. */
static void test_head_names_the_newest_incarnations(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	struct head head = {0};
	for (uint64_t ordinal = 1; ordinal <= LIMIT_INCARNATIONS + 1; ordinal++) {
		pc.incarnation.ordinal = ordinal;
		pc.seq = 0;
		deliver(f, &pc, next_batch(f, &pc, NULL, 0));
	}
	memcpy(head.device, pc.id, DEVICE_ID_LEN);
	assert_int_equal(chain_head_fill(f->hub->db, NULL, &head), STATUS_OK);
	assert_int_equal(head.n_chains, LIMIT_INCARNATIONS);
	assert_true(head.chains[0].incarnation.ordinal == LIMIT_INCARNATIONS + 1);
	assert_true(head.chains[LIMIT_INCARNATIONS - 1].incarnation.ordinal == 2);
	assert_true(head.chains[0].have == 1 && head.chains[0].safe == 1);
	assert_memory_equal(head.chains[0].hash, pc.prev, HASH_LEN);
	signing_key_free(pc.key);
}

/* ID-03: put back again and again, a computer finds itself in its first life, and must hear how that went on. */
static void test_head_names_what_was_asked_about(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	struct head head = {0};
	struct request request = {.n_chains = 2};
	for (uint64_t ordinal = 1; ordinal <= LIMIT_INCARNATIONS + 3; ordinal++) {
		pc.incarnation.ordinal = ordinal;
		pc.seq = 0;
		deliver(f, &pc, next_batch(f, &pc, NULL, 0));
	}
	memcpy(head.device, pc.id, DEVICE_ID_LEN);
	request.chains[0].incarnation = pc.incarnation;
	request.chains[0].incarnation.ordinal = 1;
	request.chains[1].incarnation.ordinal = 1; /* other bits: not known here */
	assert_int_equal(chain_head_fill(f->hub->db, &request, &head), STATUS_OK);
	assert_int_equal(head.n_chains, LIMIT_INCARNATIONS);
	assert_true(head.chains[0].incarnation.ordinal == 1 && head.chains[0].have == 1);
	assert_true(head.chains[1].incarnation.ordinal == LIMIT_INCARNATIONS + 3);
	assert_true(head.chains[LIMIT_INCARNATIONS - 1].incarnation.ordinal == 5);
	signing_key_free(pc.key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_unknown_chain_has_nothing, fixture_up, fixture_down),
		cmocka_unit_test_setup_teardown(test_chain_is_of_the_incarnation_asked_for, fixture_up,
						fixture_down),
		cmocka_unit_test_setup_teardown(test_pending_is_taken_once_and_the_first_one_stays, fixture_up,
						fixture_down),
		cmocka_unit_test_setup_teardown(test_what_waits_is_taken_with_its_receipt, fixture_up,
						fixture_down),
		cmocka_unit_test_setup_teardown(test_a_device_has_room_for_so_many_pending_batches, fixture_up,
						fixture_down),
		cmocka_unit_test_setup_teardown(test_dead_incarnations_give_way_at_the_limit, fixture_up,
						fixture_down),
		cmocka_unit_test_setup_teardown(test_head_names_the_newest_incarnations, fixture_up, fixture_down),
		cmocka_unit_test_setup_teardown(test_head_names_what_was_asked_about, fixture_up, fixture_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
