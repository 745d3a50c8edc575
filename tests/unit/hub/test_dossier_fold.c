#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hub/conflicts.h"
#include "hub/verify.h"
#include "tests/unit/hub/hub_fixture.h"

/* Every state a test leaves must be the fold of its log. */
static void assert_verifies(struct fixture *f)
{
	struct verify_report *report = calloc(1, sizeof(*report));
	assert_non_null(report);
	assert_int_equal(verify_run(f->hub, true, report), STATUS_OK);
	free(report);
}

static void send_one(struct fixture *f, struct pc *pc, struct change c)
{
	f->now += MINUTE;
	deliver(f, pc, next_batch(f, pc, &c, 1));
}

static struct change joining(const char *provisional, int64_t at, const char *official)
{
	struct change c = change_new(KIND_DOSSIER);
	c.key = slice_str(provisional);
	c.changed_at = at;
	c.time_stated = true;
	if (official == NULL)
		change_set_null(&c, FIELD_REPLACED_BY);
	else
		change_set_text(&c, FIELD_REPLACED_BY, slice_str(official));
	return c;
}

static struct change with_channel(const char *code, int64_t at, int64_t channel)
{
	struct change c = change_new(KIND_DOSSIER);
	c.key = slice_str(code);
	c.changed_at = at;
	c.time_stated = true;
	change_set_number(&c, FIELD_CHANNEL, channel);
	return c;
}

static void test_a_provisional_code_lends_its_writes_to_the_official_one(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	send_one(f, &pc, dossier("L-1", f->now));
	send_one(f, &pc, with_channel("L-1", f->now, CHANNEL_ONLINE));
	send_one(f, &pc, joining("L-1", f->now, "A-1"));
	/* The official code has no writes of its own yet. */
	assert_true(number(f->hub, "SELECT count(*) FROM dossier WHERE code = 'A-1' AND channel = 2") == 1);
	assert_true(number(f->hub, "SELECT flags & 16 FROM dossier WHERE code = 'L-1'") == 16);
	send_one(f, &pc, with_channel("A-1", f->now, CHANNEL_POSTAL));
	assert_true(number(f->hub, "SELECT channel FROM dossier WHERE code = 'A-1'") == 3);
	/* An earlier word of the official one gives way to a later one of the provisional one. */
	send_one(f, &pc, with_channel("L-1", f->now + MINUTE, CHANNEL_COUNTER));
	assert_true(number(f->hub, "SELECT channel FROM dossier WHERE code = 'A-1'") == 1);
	assert_verifies(f);
	signing_key_free(pc.key);
}

static void test_a_typo_in_replaces_is_corrected(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	send_one(f, &pc, dossier("L-1", f->now));
	send_one(f, &pc, dossier("A-2", f->now));
	send_one(f, &pc, with_channel("L-1", f->now, CHANNEL_ONLINE));
	send_one(f, &pc, joining("L-1", f->now, "A-1"));
	send_one(f, &pc, joining("L-1", f->now, "A-2"));
	assert_true(number(f->hub, "SELECT count(*) FROM dossier WHERE code = 'A-1'") == 0);
	assert_true(number(f->hub, "SELECT channel FROM dossier WHERE code = 'A-2'") == 2);
	send_one(f, &pc, joining("L-1", f->now, NULL));
	assert_true(number(f->hub, "SELECT channel FROM dossier WHERE code = 'A-2'") == 0);
	assert_true(number(f->hub, "SELECT flags & 16 FROM dossier WHERE code = 'L-1'") == 0);
	assert_verifies(f);
	signing_key_free(pc.key);
}

static void test_void_of_the_provisional_one_stays_with_it(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	struct change taken_back = change_new(KIND_DOSSIER);
	taken_back.key = slice_str("L-1");
	taken_back.changed_at = f->now;
	change_set_number(&taken_back, FIELD_VOID, 1);
	send_one(f, &pc, dossier("L-1", f->now));
	send_one(f, &pc, taken_back);
	send_one(f, &pc, joining("L-1", f->now, "A-1"));
	assert_true(number(f->hub, "SELECT flags & 16 FROM dossier WHERE code = 'A-1'") == 0);
	/* Provisional to official only. */
	send_one(f, &pc, joining("A-1", f->now, "A-9"));
	assert_true(number(f->hub, "SELECT flags & 16 FROM dossier WHERE code = 'A-1'") == 0);
	assert_true(number(f->hub, "SELECT count(*) FROM link") == 1);
	assert_verifies(f);
	signing_key_free(pc.key);
}

static enum status count_conflicts(void *context, const struct conflict_row *row)
{
	unsigned *reasons = context;
	*reasons |= row->reasons;
	return STATUS_OK;
}

static unsigned open_conflicts(struct fixture *f)
{
	unsigned reasons = 0;
	assert_int_equal(conflicts_list(f->hub, count_conflicts, &reasons), STATUS_OK);
	return reasons;
}

static void in_13_two_communes_under_one_code_need_a_person(void **state)
{
	struct fixture *f = *state;
	struct pc first = enrolled_pc(f, 1, "05801");
	struct pc second = enrolled_pc(f, 2, "05802");
	send_one(f, &first, dossier_of("A-1", f->now, "05801"));
	assert_int_equal(open_conflicts(f), 0);
	send_one(f, &second, dossier_of("A-1", f->now, "05802"));
	assert_true((open_conflicts(f) & CONFLICT_UNIT) != 0);
	assert_int_equal(conflicts_accept(f->hub, "A-1", "tester"), STATUS_OK);
	assert_int_equal(open_conflicts(f), 0);
	/* It holds while nobody says anything else. */
	struct change other = dossier_of("A-1", f->now, "05802");
	change_set_text(&other, FIELD_PROCEDURE, slice_str("1.000001"));
	send_one(f, &second, other);
	assert_true((open_conflicts(f) & CONFLICT_UNIT) != 0);
	assert_int_equal(conflicts_accept(f->hub, "A-9", "tester"), STATUS_EMPTY);
	assert_verifies(f);
	signing_key_free(first.key);
	signing_key_free(second.key);
}

static void test_a_district_may_correct_its_commune(void **state)
{
	struct fixture *f = *state;
	struct pc commune = enrolled_pc(f, 1, "05801");
	struct pc district = enrolled_pc(f, 2, "058");
	send_one(f, &commune, dossier_of("A-1", f->now, "05801"));
	send_one(f, &district, dossier_of("A-1", f->now, "05802"));
	assert_int_equal(open_conflicts(f) & CONFLICT_UNIT, 0);
	signing_key_free(commune.key);
	signing_key_free(district.key);
}

static void in_13_a_word_without_a_say_is_listed(void **state)
{
	struct fixture *f = *state;
	struct pc commune = enrolled_pc(f, 1, "05801");
	struct pc stranger = enrolled_pc(f, 2, "05901");
	send_one(f, &commune, dossier_of("A-1", f->now, "05801"));
	send_one(f, &stranger, with_channel("A-1", f->now, CHANNEL_ONLINE));
	assert_int_equal(open_conflicts(f), CONFLICT_NO_SAY);
	signing_key_free(commune.key);
	signing_key_free(stranger.key);
}

static void test_a_device_split_off_has_a_dossier_of_its_own(void **state)
{
	struct fixture *f = *state;
	struct pc first = enrolled_pc(f, 1, "05801");
	struct pc second = enrolled_pc(f, 2, "05802");
	send_one(f, &first, dossier_of("A-1", f->now, "05801"));
	send_one(f, &second, dossier_of("A-1", f->now, "05802"));
	assert_true(number(f->hub, "SELECT count(*) FROM dossier") == 1);
	assert_int_equal(conflicts_split(f->hub, "A-1", second.id, "tester"), STATUS_OK);
	assert_true(number(f->hub, "SELECT count(*) FROM dossier") == 2);
	assert_true(number(f->hub, "SELECT count(*) FROM dossier WHERE code = 'A-1' AND unit = '05801'") == 1);
	assert_true(number(f->hub, "SELECT count(*) FROM dossier WHERE code LIKE 'A-1@%' AND unit = '05802'") == 1);
	assert_int_equal(open_conflicts(f), 0);
	send_one(f, &second, with_channel("A-1", f->now, CHANNEL_POSTAL));
	assert_true(number(f->hub, "SELECT channel FROM dossier WHERE code LIKE 'A-1@%'") == 3);
	assert_int_equal(conflicts_split(f->hub, "A-9", second.id, "tester"), STATUS_EMPTY);
	uint8_t nobody[DEVICE_ID_LEN] = {0};
	assert_int_equal(conflicts_split(f->hub, "A-1", nobody, "tester"), STATUS_UNKNOWN_DEVICE);
	assert_verifies(f);
	signing_key_free(first.key);
	signing_key_free(second.key);
}

/*
 * A batch sealed under a clock in 2200 that comes weeks after the one behind it: it counts as said when the hub
 * took it, so the office's next word stands again.
 */
static void test_a_clock_in_2200_by_late_courier(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	const int64_t mad = INT64_C(7258118400000); /* 2200-01-01 */
	struct change first = dossier("A-1", f->now);
	struct change wrong = with_channel("A-1", mad, CHANNEL_ONLINE);
	struct change right = with_channel("A-1", f->now + DAY, CHANNEL_COUNTER);
	struct bytes batches[] = {next_batch(f, &pc, &first, 1), next_batch(f, &pc, &wrong, 1),
				  next_batch(f, &pc, &right, 1)};
	reply_free(send_batches(f, &pc, &batches[0], 1));
	f->now += 2 * DAY;
	reply_free(send_batches(f, &pc, &batches[2], 1));
	assert_true(number(f->hub, "SELECT count(*) FROM pending") == 1);
	f->now += 30 * DAY;
	reply_free(send_batches(f, &pc, &batches[1], 1));
	assert_true(number(f->hub, "SELECT count(*) FROM pending") == 0);
	assert_true(number(f->hub, "SELECT channel FROM dossier WHERE code = 'A-1'") == CHANNEL_ONLINE);
	f->now += CLOCK_TOLERANCE_MS + MINUTE;
	send_one(f, &pc, with_channel("A-1", f->now, CHANNEL_POSTAL));
	assert_true(number(f->hub, "SELECT channel FROM dossier WHERE code = 'A-1'") == CHANNEL_POSTAL);
	assert_verifies(f);
	for (size_t i = 0; i < 3; i++)
		bytes_free(&batches[i]);
	signing_key_free(pc.key);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_up, fixture_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_provisional_code_lends_its_writes_to_the_official_one),
		TEST(test_a_clock_in_2200_by_late_courier),
		TEST(test_a_typo_in_replaces_is_corrected),
		TEST(test_void_of_the_provisional_one_stays_with_it),
		TEST(in_13_two_communes_under_one_code_need_a_person),
		TEST(test_a_district_may_correct_its_commune),
		TEST(in_13_a_word_without_a_say_is_listed),
		TEST(test_a_device_split_off_has_a_dossier_of_its_own),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
