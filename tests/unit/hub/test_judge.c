#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hub/judge.h"
#include "tests/unit/hub/hub_fixture.h"

/* The verdicts on the changes of one batch of a device of the unit. */
struct judged {
	struct bytes encoded;
	struct verdicts verdicts;
};

static struct batch *batch_with(struct fixture *f, const struct change *changes, size_t count)
{
	struct pc pc = pc_new(1);
	struct bytes sealed = next_batch(f, &pc, changes, count);
	struct envelope e;
	struct batch *batch = NULL;
	assert_int_equal(envelope_peek(bytes_slice(&sealed), &e), STATUS_OK);
	assert_int_equal(batch_read(e.payload, &batch), STATUS_OK);
	bytes_free(&sealed);
	signing_key_free(pc.key);
	return batch;
}

static struct judged judge_for(struct fixture *f, const char *unit, const struct change *changes, size_t count)
{
	struct judged j = {.encoded = bytes_new(LIMIT_REPLY)};
	struct device device = {.unit = registry_find_unit(f->hub->registry, slice_str(unit))};
	struct batch *batch = batch_with(f, changes, count);
	assert_int_equal(judge_batch(f->hub->registry, &device, START_DAY, batch, &j.encoded), STATUS_OK);
	assert_int_equal(verdicts_read(bytes_slice(&j.encoded), &j.verdicts), STATUS_OK);
	assert_int_equal(j.verdicts.batch, VERDICT_TAKEN);
	batch_free(batch);
	return j;
}

static enum verdict verdict_on(struct fixture *f, const char *unit, const struct change *c)
{
	struct judged j = judge_for(f, unit, c, 1);
	uint32_t index = 1;
	enum verdict why = VERDICT_TAKEN;
	if (verdict_next(&j.verdicts, &index, &why))
		assert_int_equal(index, 0);
	bytes_free(&j.encoded);
	return why;
}

/* Rule 5: the unit of a record is the device's own or one below it. */
static void test_unit_of_a_record_decides(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *device;
		const char *record;
		enum verdict verdict;
	} cases[] = {
		{"05801", "05801", VERDICT_TAKEN},       {"058", "05801", VERDICT_TAKEN},
		{"27", "05801", VERDICT_TAKEN},          {"27", "27", VERDICT_TAKEN},
		{"05801", "05802", VERDICT_OTHER_UNIT},  {"05801", "058", VERDICT_OTHER_UNIT},
		{"05801", "27", VERDICT_OTHER_UNIT},     {"058", "05901", VERDICT_OTHER_UNIT},
		{"05801", "0580", VERDICT_UNKNOWN_UNIT}, {"27", "99", VERDICT_UNKNOWN_UNIT},
		{"none", "05801", VERDICT_OTHER_UNIT},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct change c = dossier_of("A-1", START, cases[i].record);
		assert_int_equal(verdict_on(f, cases[i].device, &c), cases[i].verdict);
	}
}

static void test_record_without_a_unit_is_taken(void **state)
{
	struct fixture *f = *state;
	struct change c = dossier("A-1", START);
	assert_int_equal(verdict_on(f, "05801", &c), VERDICT_TAKEN);
	change_set_null(&c, FIELD_UNIT);
	assert_int_equal(verdict_on(f, "05801", &c), VERDICT_TAKEN);
}

/* Who decides may be anybody: only `unit` is judged. */
static void test_decided_by_is_not_judged(void **state)
{
	struct fixture *f = *state;
	struct change c = dossier_of("A-1", START, "05801");
	change_set_text(&c, FIELD_DECIDED_BY, slice_str("05901"));
	assert_int_equal(verdict_on(f, "05801", &c), VERDICT_TAKEN);
}

static void test_unit_in_the_key_of_an_indicator_is_judged(void **state)
{
	struct fixture *f = *state;
	struct change c = change_new(KIND_INDICATOR);
	c.changed_at = START;
	change_set_number(&c, FIELD_VALUE, 5);
	c.key = slice_str("05801|2024|x");
	assert_int_equal(verdict_on(f, "05801", &c), VERDICT_TAKEN);
	c.key = slice_str("05802|2024|x");
	assert_int_equal(verdict_on(f, "05801", &c), VERDICT_OTHER_UNIT);
	c.key = slice_str("99999|2024|x");
	assert_int_equal(verdict_on(f, "05801", &c), VERDICT_UNKNOWN_UNIT);
}

/* The table decides before the unit does: an agent that lets anything through is no authority. */
static void test_value_that_the_table_does_not_allow_is_invalid(void **state)
{
	struct fixture *f = *state;
	struct change c = dossier_of("A-1", START, "99999");
	change_set_number(&c, FIELD_RATING, 9);
	assert_int_equal(verdict_on(f, "05801", &c), VERDICT_INVALID);
	c = change_new(KIND_DOSSIER);
	c.changed_at = START;
	c.key = slice_str("A-1");
	change_set_number(&c, FIELD_STATUS_AT, START);
	assert_int_equal(verdict_on(f, "05801", &c), VERDICT_INVALID);
}

/* "Hồ" is one text, however many code points an agent took to write it; the hub keeps the composed one only. */
static void test_text_that_is_not_in_nfc_is_invalid(void **state)
{
	struct fixture *f = *state;
	struct change c = dossier_of("A-1", START, "05801");
	change_set_text(&c, FIELD_DOMAIN, slice_str("H\xe1\xbb\x93"));
	assert_int_equal(verdict_on(f, "05801", &c), VERDICT_TAKEN);
	change_set_text(&c, FIELD_DOMAIN, slice_str("Ho\xcc\x82\xcc\x80"));
	assert_int_equal(verdict_on(f, "05801", &c), VERDICT_INVALID);
	c = dossier_of("Ho\xcc\x82\xcc\x80", START, "05801");
	assert_int_equal(verdict_on(f, "05801", &c), VERDICT_INVALID);
}

static void test_verdicts_carry_the_place_of_their_record(void **state)
{
	struct fixture *f = *state;
	struct change changes[] = {dossier_of("A-0", START, "99999"), dossier("A-1", START),
				   dossier_of("A-2", START, "05901"), dossier("A-3", START),
				   dossier_of("A-4", START, "05802")};
	struct judged j = judge_for(f, "05801", changes, 5);
	uint32_t index = 0;
	enum verdict why = VERDICT_TAKEN;
	assert_int_equal(j.verdicts.count, 3);
	assert_true(verdict_next(&j.verdicts, &index, &why) && index == 0 && why == VERDICT_UNKNOWN_UNIT);
	assert_true(verdict_next(&j.verdicts, &index, &why) && index == 2 && why == VERDICT_OTHER_UNIT);
	assert_true(verdict_next(&j.verdicts, &index, &why) && index == 4 && why == VERDICT_OTHER_UNIT);
	assert_false(verdict_next(&j.verdicts, &index, &why));
	bytes_free(&j.encoded);
}

static void test_judging_again_says_the_same(void **state)
{
	struct fixture *f = *state;
	struct change changes[] = {dossier("A-0", START), dossier_of("A-1", START, "99999")};
	struct batch *batch = batch_with(f, changes, 2);
	struct device device = {.unit = registry_find_unit(f->hub->registry, slice_str("05801"))};
	struct bytes first = bytes_new(100);
	struct bytes second = bytes_new(100);
	assert_int_equal(judge_batch(f->hub->registry, &device, START_DAY, batch, &first), STATUS_OK);
	assert_int_equal(judge_batch(f->hub->registry, &device, START_DAY, batch, &second), STATUS_OK);
	assert_true(slice_equal(bytes_slice(&first), bytes_slice(&second)));
	bytes_free(&first);
	bytes_free(&second);
	batch_free(batch);
}

static void test_full_batch_of_refused_records_is_judged(void **state)
{
	struct fixture *f = *state;
	struct change *changes = calloc(LIMIT_BATCH_CHANGES, sizeof(*changes));
	assert_non_null(changes);
	for (size_t i = 0; i < LIMIT_BATCH_CHANGES; i++)
		changes[i] = dossier_of("A-1", START, "99999");
	struct judged j = judge_for(f, "05801", changes, LIMIT_BATCH_CHANGES);
	assert_int_equal(j.verdicts.count, LIMIT_BATCH_CHANGES);
	bytes_free(&j.encoded);
	free(changes);
	j = judge_for(f, "05801", NULL, 0);
	assert_int_equal(j.verdicts.count, 0);
	bytes_free(&j.encoded);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unit_of_a_record_decides),
		cmocka_unit_test(test_record_without_a_unit_is_taken),
		cmocka_unit_test(test_decided_by_is_not_judged),
		cmocka_unit_test(test_unit_in_the_key_of_an_indicator_is_judged),
		cmocka_unit_test(test_value_that_the_table_does_not_allow_is_invalid),
		cmocka_unit_test(test_text_that_is_not_in_nfc_is_invalid),
		cmocka_unit_test(test_verdicts_carry_the_place_of_their_record),
		cmocka_unit_test(test_judging_again_says_the_same),
		cmocka_unit_test(test_full_batch_of_refused_records_is_judged),
	};
	return cmocka_run_group_tests(tests, fixture_up, fixture_down);
}
