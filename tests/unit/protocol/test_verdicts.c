#include "signing_fixture.h"

#include "protocol/cbor.h"
#include "protocol/reply.h"

static enum status read_copy(const void *data, size_t len, struct verdicts *ret_verdicts)
{
	uint8_t *copy = exact_copy(slice_of(data, len));
	enum status s = verdicts_read(slice_of(copy, len), ret_verdicts);
	free(copy);
	return s;
}

static void test_refused_changes_come_back_in_order(void **state)
{
	(void)state;
	static const uint32_t indices[] = {0, 23, 24, LIMIT_BATCH_CHANGES - 1};
	static const uint8_t reasons[] = {VERDICT_OTHER_UNIT, VERDICT_INVALID, VERDICT_UNKNOWN_UNIT,
					  VERDICT_INVALID};
	struct bytes b = bytes_new(SEALED_ROOM);
	verdicts_put(&b, VERDICT_TAKEN, 4, indices, reasons);
	struct verdicts v;
	assert_int_equal(verdicts_read(bytes_slice(&b), &v), STATUS_OK);
	assert_int_equal(v.batch, VERDICT_TAKEN);
	assert_int_equal(v.count, 4);
	uint32_t index = 0;
	enum verdict reason = VERDICT_TAKEN;
	for (size_t i = 0; i < 4; i++) {
		assert_true(verdict_next(&v, &index, &reason));
		assert_int_equal(index, indices[i]);
		assert_int_equal(reason, reasons[i]);
	}
	assert_false(verdict_next(&v, &index, &reason));
	assert_false(verdict_next(&v, &index, &reason));
	bytes_free(&b);
}

static void test_a_batch_may_be_refused_as_a_whole_or_not_at_all(void **state)
{
	(void)state;
	for (int batch = VERDICT_TAKEN; batch <= VERDICT_MAX; batch++) {
		struct bytes b = bytes_new(16);
		struct verdicts v;
		verdicts_put(&b, (enum verdict)batch, 0, NULL, NULL);
		assert_int_equal(b.len, batch < 24 ? 3 : 4);
		assert_int_equal(verdicts_read(bytes_slice(&b), &v), STATUS_OK);
		assert_int_equal(v.batch, batch);
		assert_int_equal(v.count, 0);
		uint32_t index = 0;
		enum verdict reason = VERDICT_TAKEN;
		assert_false(verdict_next(&v, &index, &reason));
		bytes_free(&b);
	}
}

static void test_every_change_of_a_full_batch_may_be_refused(void **state)
{
	(void)state;
	static uint32_t indices[LIMIT_BATCH_CHANGES + 1];
	static uint8_t reasons[LIMIT_BATCH_CHANGES + 1];
	for (size_t i = 0; i <= LIMIT_BATCH_CHANGES; i++) {
		indices[i] = (uint32_t)i;
		reasons[i] = VERDICT_INVALID;
	}
	struct bytes b = bytes_new(SEALED_ROOM);
	struct verdicts v;
	verdicts_put(&b, VERDICT_TAKEN, LIMIT_BATCH_CHANGES, indices, reasons);
	assert_int_equal(verdicts_read(bytes_slice(&b), &v), STATUS_OK);
	assert_int_equal(v.count, LIMIT_BATCH_CHANGES);
	bytes_clear(&b);
	verdicts_put(&b, VERDICT_TAKEN, LIMIT_BATCH_CHANGES + 1, indices, reasons);
	assert_int_equal(verdicts_read(bytes_slice(&b), &v), STATUS_MALFORMED);
	bytes_free(&b);
}

static void test_other_verdicts_are_refused(void **state)
{
	(void)state;
	static const struct {
		uint8_t data[10];
		size_t len;
	} wrong[] = {
		{{0x80}, 1},                               /* nothing in it */
		{{0x81, 0}, 2},                            /* no list */
		{{0x83, 0, 0x80, 0}, 4},                   /* one item more */
		{{0x82, 0x19, 1, 0, 0x80}, 5},             /* no verdict can be 256 */
		{{0x82, 0x20, 0x80}, 3},                   /* a negative one */
		{{0x82, 0, 0xA0}, 3},                      /* a map for the list */
		{{0x82, 0, 0x81, 1}, 4},                   /* an index without a verdict */
		{{0x82, 0, 0x82, 1, 0}, 5},                /* a taken change stands in it */
		{{0x82, 0, 0x82, 1, 1}, 5},                /* "unreadable" is no verdict on a change */
		{{0x82, 0, 0x82, 1, 0x19, 1, 0}, 7},       /* no verdict can be 256 */
		{{0x82, 0, 0x82, 0x20, 2}, 5},             /* a negative index */
		{{0x82, 0, 0x82, 0x19, 0x10, 0x00, 2}, 7}, /* beyond a full batch */
		{{0x82, 0, 0x84, 1, 2, 1, 2}, 7},          /* the same index twice */
		{{0x82, 0, 0x84, 2, 2, 1, 2}, 7},          /* not ascending */
		{{0x82, 0, 0x82, 0x18, 1, 2}, 6},          /* not in its shortest form */
		{{0x82, 0, 0x80, 0}, 4},                   /* something after it */
	};
	struct verdicts v = {.count = 99};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(read_copy(wrong[i].data, wrong[i].len, &v), STATUS_MALFORMED);
	assert_int_equal(v.count, 99);
}

static void test_a_later_hubs_reason_still_refuses(void **state)
{
	(void)state;
	static const uint8_t later[] = {0x82, 0, 0x82, 3, 0x18, 200};
	struct verdicts v;
	uint32_t index = 0;
	enum verdict why = VERDICT_TAKEN;
	assert_int_equal(verdicts_read(slice_of(later, sizeof(later)), &v), STATUS_OK);
	assert_true(verdict_next(&v, &index, &why));
	assert_int_equal(index, 3);
	assert_int_equal(why, 200);
	assert_string_equal(verdict_name(why), "unknown");
}

static void test_every_truncation_is_refused(void **state)
{
	(void)state;
	static const uint8_t sample[] = {0x82, 0, 0x84, 0x18, 0x20, 2, 0x19, 0x01, 0x00, 4};
	struct verdicts v;
	assert_int_equal(verdicts_read(slice_of(sample, sizeof(sample)), &v), STATUS_OK);
	for (size_t len = 0; len < sizeof(sample); len++)
		assert_int_equal(read_copy(sample, len, &v), STATUS_MALFORMED);
}

static void test_names_are_stable(void **state)
{
	(void)state;
	assert_string_equal(verdict_name(VERDICT_TAKEN), "taken");
	assert_string_equal(verdict_name(VERDICT_UNREADABLE), "unreadable");
	assert_string_equal(verdict_name(VERDICT_INVALID), "invalid");
	assert_string_equal(verdict_name(VERDICT_UNKNOWN_UNIT), "unknown-unit");
	assert_string_equal(verdict_name(VERDICT_OTHER_UNIT), "other-unit");
	assert_string_equal(verdict_name(VERDICT_TOO_MANY), "too-many-changes");
	assert_string_equal(device_state_name(DEVICE_ACTIVE), "active");
	assert_string_equal(device_state_name(DEVICE_WAITING), "waiting");
	assert_string_equal(device_state_name(DEVICE_UNCONFIRMED), "unconfirmed");
	assert_string_equal(device_state_name(DEVICE_SUSPENDED), "suspended");
	assert_string_equal(device_state_name(DEVICE_REVOKED), "revoked");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused_changes_come_back_in_order),
		cmocka_unit_test(test_a_batch_may_be_refused_as_a_whole_or_not_at_all),
		cmocka_unit_test(test_every_change_of_a_full_batch_may_be_refused),
		cmocka_unit_test(test_other_verdicts_are_refused),
		cmocka_unit_test(test_a_later_hubs_reason_still_refuses),
		cmocka_unit_test(test_every_truncation_is_refused),
		cmocka_unit_test(test_names_are_stable),
	};
	return cmocka_run_group_tests_name("verdicts", tests, NULL, NULL);
}
