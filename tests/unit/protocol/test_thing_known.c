#include "fold_fixture.h"

enum { ORIGINS = 7, SAID_LEN = DEVICE_ID_LEN + sizeof(int64_t) };

struct said {
	size_t n;
	size_t most;
	uint8_t all[ORIGINS][SAID_LEN];
};

static enum status say(void *context, const uint8_t *device, int64_t accepted_at)
{
	struct said *said = context;
	if (said->n == said->most)
		return STATUS_STOPPED;
	memcpy(said->all[said->n], device, DEVICE_ID_LEN);
	memcpy(said->all[said->n] + DEVICE_ID_LEN, &accepted_at, sizeof(accepted_at));
	said->n++;
	return STATUS_OK;
}

/* Words of three devices, one of them in a second life, accepted before and after they were said. */
static struct bytes at_rest(struct thing *thing)
{
	struct bytes rest = bytes_new(THING_ROOM);
	for (int i = 0; i < ORIGINS; i++) {
		struct origin o = origin_of((uint8_t)(i % 3 + 1), NOON - i * HOUR, (uint64_t)i + 1);
		o.incarnation.ordinal = i == 4 ? 2 : 1;
		o.accepted_at += (i - 3) * DAY;
		add_number(thing, &o, FIELD_FEE, i);
	}
	thing_put(thing, &rest);
	assert_int_equal(bytes_status(&rest), STATUS_OK);
	return rest;
}

static void test_origins_are_those_that_reading_all_of_it_gives(void **state)
{
	(void)state;
	struct thing thing = thing_new(KIND_DOSSIER);
	struct bytes rest = at_rest(&thing);
	struct said said = {.most = ORIGINS};
	assert_int_equal(thing_each_origin(bytes_slice(&rest), say, &said), STATUS_OK);
	assert_int_equal(said.n, thing.n_origins);
	for (size_t i = 0; i < said.n; i++) {
		assert_memory_equal(said.all[i], thing.origins[i].device, DEVICE_ID_LEN);
		assert_memory_equal(said.all[i] + DEVICE_ID_LEN, &thing.origins[i].accepted_at, sizeof(int64_t));
	}
	said = (struct said){.most = 2};
	assert_int_equal(thing_each_origin(bytes_slice(&rest), say, &said), STATUS_STOPPED);
	bytes_free(&rest);
	thing_free(&thing);
}

/* In memory of just that size: a byte too far is found by the sanitizer. */
static enum status read_damaged(const struct bytes *rest, size_t len, size_t flipped)
{
	struct said said = {.most = ORIGINS};
	uint8_t *copy = malloc(len + 1);
	assert_non_null(copy);
	memcpy(copy, rest->data, len);
	if (flipped < len)
		copy[flipped] ^= 0xFF;
	uint8_t *exact = realloc(copy, len == 0 ? 1 : len);
	assert_non_null(exact);
	enum status s = thing_each_origin(slice_of(exact, len), say, &said);
	free(exact);
	return s;
}

static void test_a_damaged_head_is_malformed(void **state)
{
	(void)state;
	struct thing thing = thing_new(KIND_DOSSIER);
	struct bytes rest = at_rest(&thing);
	size_t head = rest.len;
	while (read_damaged(&rest, head, SIZE_MAX) == STATUS_OK)
		head--;
	assert_in_range(head, rest.len / 2, rest.len - 1);
	for (size_t len = 0; len <= head; len++)
		assert_int_equal(read_damaged(&rest, len, SIZE_MAX), STATUS_MALFORMED);
	size_t malformed = 0;
	for (size_t i = 0; i < head; i++) {
		enum status s = read_damaged(&rest, rest.len, i);
		assert_true(s == STATUS_OK || s == STATUS_MALFORMED || s == STATUS_STOPPED);
		malformed += s == STATUS_MALFORMED;
	}
	assert_true(malformed > head / 4);
	bytes_free(&rest);
	thing_free(&thing);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_origins_are_those_that_reading_all_of_it_gives),
		cmocka_unit_test(test_a_damaged_head_is_malformed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
