#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/hub/hub_fixture.h"

static struct bytes sealed_act(const struct fixture *f, const struct act *act)
{
	struct bytes sealed = bytes_new(LIMIT_ACT);
	assert_int_equal(act_seal(f->hub, act, &sealed), STATUS_OK);
	return sealed;
}

static struct act sample_act(void)
{
	return (struct act){
		.type = ACT_CONFIRM, .at = START, .who = slice_str("operator"), .body = slice_str("body")};
}

static enum status open_act(const struct fixture *f, struct slice sealed, struct act *act)
{
	return act_open(sealed, f->hub->identity.hub_id, f->hub->identity.sign_key, act);
}

static void test_act_reads_back_as_it_was_sealed(void **state)
{
	struct fixture *f = *state;
	struct act act = sample_act();
	struct act read = {0};
	struct bytes sealed = sealed_act(f, &act);
	assert_int_equal(open_act(f, bytes_slice(&sealed), &read), STATUS_OK);
	assert_int_equal(read.type, ACT_CONFIRM);
	assert_true(read.at == START);
	assert_true(slice_equal(read.who, act.who));
	assert_true(slice_equal(read.body, act.body));
	bytes_free(&sealed);
}

static void test_act_of_another_hub_key_or_purpose_is_forged(void **state)
{
	struct fixture *f = *state;
	struct act act = sample_act();
	struct bytes sealed = sealed_act(f, &act);
	uint8_t hub_id[HUB_ID_LEN];
	struct slice payload;
	struct pc other = pc_new(1);
	memcpy(hub_id, f->hub->identity.hub_id, HUB_ID_LEN);
	assert_int_equal(
		envelope_open(bytes_slice(&sealed), MESSAGE_HEAD, hub_id, f->hub->identity.sign_key, &payload),
		STATUS_FORGED);
	assert_int_equal(act_open(bytes_slice(&sealed), hub_id, signing_key_public(other.key), &act),
			 STATUS_FORGED);
	hub_id[0] ^= 1;
	assert_int_equal(act_open(bytes_slice(&sealed), hub_id, f->hub->identity.sign_key, &act), STATUS_FORGED);
	signing_key_free(other.key);
	bytes_free(&sealed);
}

static void test_any_flipped_bit_or_lost_byte_of_an_act_is_refused(void **state)
{
	struct fixture *f = *state;
	struct act act = sample_act();
	struct bytes sealed = sealed_act(f, &act);
	for (size_t bit = 0; bit < sealed.len * 8; bit++) {
		sealed.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
		assert_int_not_equal(open_act(f, bytes_slice(&sealed), &act), STATUS_OK);
		sealed.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	for (size_t len = 0; len < sealed.len; len++)
		assert_int_equal(open_act(f, slice_of(sealed.data, len), &act), STATUS_MALFORMED);
	bytes_free(&sealed);
}

/* Signed by the hub itself: only the reading tells. */
static void test_signed_act_of_a_wrong_form_is_refused(void **state)
{
	struct fixture *f = *state;
	struct act act = sample_act();
	struct act read = {0};
	char who[WHO_TEXT + 2];
	memset(who, 'w', sizeof(who));
	act.who = slice_of(who, WHO_TEXT);
	struct bytes sealed = sealed_act(f, &act);
	assert_int_equal(open_act(f, bytes_slice(&sealed), &read), STATUS_OK);
	bytes_free(&sealed);
	act.who = slice_of(who, WHO_TEXT + 1);
	sealed = sealed_act(f, &act);
	assert_int_equal(open_act(f, bytes_slice(&sealed), &read), STATUS_MALFORMED);
	bytes_free(&sealed);
	act = sample_act();
	act.type = (enum act_type)(ACT_TYPE_MAX + 1);
	sealed = sealed_act(f, &act);
	assert_int_not_equal(open_act(f, bytes_slice(&sealed), &read), STATUS_OK);
	bytes_free(&sealed);
}

static void test_recorded_act_stands_in_the_log_with_who_and_when(void **state)
{
	struct fixture *f = *state;
	struct act act = {0};
	struct query q = query_start(f->hub->db, "SELECT body, accepted_at, length(verdicts) FROM log WHERE n = 2");
	assert_true(query_row(&q));
	assert_int_equal(open_act(f, query_get_blob(&q, 0), &act), STATUS_OK);
	assert_int_equal(act.type, ACT_UNITS);
	assert_true(slice_equal(act.who, slice_str("tester")));
	assert_true(act.at == START && query_get_int(&q, 1) == START);
	assert_true(query_get_int(&q, 2) == 0);
	assert_int_equal(query_finish(&q), STATUS_OK);
}

/* The log is for good: an act that could not be read again must not get into it. */
static void test_what_could_not_be_read_again_is_not_recorded(void **state)
{
	struct fixture *f = *state;
	struct hub_transaction t;
	char who[WHO_TEXT + 2];
	memset(who, 'w', sizeof(who));
	who[WHO_TEXT + 1] = '\0';
	int64_t entries = number(f->hub, "SELECT count(*) FROM log");
	assert_int_equal(hub_begin(f->hub, &t), STATUS_OK);
	assert_int_equal(act_record(f->hub, ACT_INIT, who, slice_str("x")), STATUS_MALFORMED);
	assert_int_equal(act_record(f->hub, ACT_INIT, "\xFF", slice_str("x")), STATUS_MALFORMED);
	assert_int_equal(hub_commit(&t), STATUS_OK);
	assert_true(number(f->hub, "SELECT count(*) FROM log") == entries);
}

static void test_bodies_read_back_and_refuse_what_is_longer(void **state)
{
	struct enrol_act enrol = {
		.unit = slice_str("05801"), .state = DEVICE_WAITING, .sealed = slice_str("sealed")};
	struct enrol_act read = {0};
	struct bytes body = bytes_new(1000);
	(void)state;
	memset(enrol.invitation, 3, KEY_ID_LEN);
	act_enrol_put(&body, &enrol);
	assert_int_equal(act_enrol_take(bytes_slice(&body), &read), STATUS_OK);
	assert_memory_equal(read.invitation, enrol.invitation, KEY_ID_LEN);
	assert_true(slice_equal(read.unit, enrol.unit));
	assert_int_equal(read.state, DEVICE_WAITING);
	assert_true(slice_equal(read.sealed, enrol.sealed));
	bytes_put_u8(&body, 0);
	assert_int_equal(act_enrol_take(bytes_slice(&body), &read), STATUS_MALFORMED);
	for (size_t len = 0; len < body.len - 1; len++)
		assert_int_equal(act_enrol_take(slice_of(body.data, len), &read), STATUS_MALFORMED);
	bytes_free(&body);
}

static void test_unit_reads_back_with_and_without_its_days(void **state)
{
	struct unit_row row = {.code = slice_str("05801"),
			       .name = slice_str("Xa A1"),
			       .level = LEVEL_COMMUNE,
			       .parent = slice_str("058"),
			       .valid_from = -5,
			       .valid_to = DAY_UNSET,
			       .phone = slice_str("0209")};
	struct unit_row read;
	struct bytes body = bytes_new(1000);
	(void)state;
	act_unit_put(&body, &row);
	struct cbor r = cbor_reader(body.data, body.len);
	act_unit_take(&r, &read);
	assert_int_equal(cbor_end(&r), STATUS_OK);
	assert_true(slice_equal(read.code, row.code) && slice_equal(read.name, row.name));
	assert_true(slice_equal(read.parent, row.parent) && slice_equal(read.phone, row.phone));
	assert_int_equal(read.level, LEVEL_COMMUNE);
	assert_int_equal(read.valid_from, -5);
	assert_int_equal(read.valid_to, DAY_UNSET);
	bytes_free(&body);
}

static void test_every_type_has_a_name_of_its_own(void **state)
{
	(void)state;
	for (int a = ACT_INIT; a <= ACT_TYPE_MAX; a++) {
		assert_true(strlen(act_type_name((enum act_type)a)) > 0);
		for (int b = ACT_INIT; b < a; b++)
			assert_string_not_equal(act_type_name((enum act_type)a), act_type_name((enum act_type)b));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		HUB_TEST(test_act_reads_back_as_it_was_sealed),
		HUB_TEST(test_act_of_another_hub_key_or_purpose_is_forged),
		HUB_TEST(test_any_flipped_bit_or_lost_byte_of_an_act_is_refused),
		HUB_TEST(test_signed_act_of_a_wrong_form_is_refused),
		HUB_TEST(test_recorded_act_stands_in_the_log_with_who_and_when),
		HUB_TEST(test_what_could_not_be_read_again_is_not_recorded),
		cmocka_unit_test(test_bodies_read_back_and_refuse_what_is_longer),
		cmocka_unit_test(test_unit_reads_back_with_and_without_its_days),
		cmocka_unit_test(test_every_type_has_a_name_of_its_own),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
