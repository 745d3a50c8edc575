#include "protocol/courier.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { FRAMES = 5 };

/* A file of FRAMES frames of growing size, the n-th of kind batch filled with n. */
struct carried {
	struct box_key *key;
	uint8_t public_key[PUBLIC_KEY_LEN];
	struct bytes file;
	size_t frame_at[FRAMES + 1];
};

static size_t size_of(int n)
{
	return (size_t)(n + 1) * 100;
}

static int setup(void **state)
{
	uint8_t seed[SEED_LEN] = {7};
	struct carried *c = calloc(1, sizeof(*c));
	if (c == NULL || sign_start() != STATUS_OK)
		return -1;
	const struct courier_start start = {.direction = COURIER_TO_HUB, .hub_id = {1}, .device = {2}};
	const struct courier_end end = {.frames = FRAMES, .part = 1};
	uint8_t content[(FRAMES + 1) * 100];
	c->key = box_key_new(seed);
	box_public_key(seed, c->public_key);
	c->file = bytes_new(LIMIT_COURIER);
	courier_put_start(&c->file, &start);
	for (int i = 0; i < FRAMES; i++) {
		c->frame_at[i] = c->file.len;
		memset(content, i, sizeof(content));
		if (courier_put(&c->file, c->public_key, COURIER_BATCH, slice_of(content, size_of(i))) != STATUS_OK)
			return -1;
	}
	c->frame_at[FRAMES] = c->file.len;
	*state = c;
	return courier_put_end(&c->file, c->public_key, &end) == STATUS_OK ? 0 : -1;
}

static int teardown(void **state)
{
	struct carried *c = *state;
	box_key_free(c->key);
	bytes_free(&c->file);
	free(c);
	return 0;
}

/* Reads to the end; a bit for each frame that came out as it went in. Others would be a failure. */
static unsigned read_all(struct slice file, const struct box_key *key, bool *ret_whole)
{
	struct courier_reader r = courier_reader_new(file, key);
	struct courier_frame frame;
	unsigned seen = 0;
	enum status s = courier_next(&r, &frame);
	for (; s == STATUS_OK; s = courier_next(&r, &frame)) {
		assert_int_equal(frame.kind, COURIER_BATCH);
		int n = frame.content.data[0];
		assert_true(n < FRAMES);
		assert_int_equal(frame.content.len, size_of(n));
		for (size_t i = 0; i < frame.content.len; i++)
			assert_int_equal(frame.content.data[i], n);
		seen |= 1U << n;
	}
	assert_int_equal(s, STATUS_EMPTY);
	*ret_whole = courier_is_whole(&r);
	courier_reader_free(&r);
	return seen;
}

static void a_file_is_read_back(void **state)
{
	const struct carried *c = *state;
	struct courier_start start;
	bool whole = false;
	assert_int_equal(courier_start_read(bytes_slice(&c->file), &start), STATUS_OK);
	assert_int_equal(start.direction, COURIER_TO_HUB);
	assert_int_equal(start.hub_id[0], 1);
	assert_int_equal(start.device[0], 2);
	assert_int_equal(read_all(bytes_slice(&c->file), c->key, &whole), (1U << FRAMES) - 1);
	assert_true(whole);
}

/* ST-17: of a damaged stick every undamaged batch is taken, and the damage is noticed. */
static void st_17_every_flipped_byte_costs_one_frame_at_most(void **state)
{
	const struct carried *c = *state;
	for (size_t at = 0; at < c->file.len; at++) {
		bool whole = true;
		unsigned all = (1U << FRAMES) - 1;
		c->file.data[at] ^= 0x40;
		unsigned seen = read_all(bytes_slice(&c->file), c->key, &whole);
		c->file.data[at] ^= 0x40;
		unsigned lost = all & ~seen;
		assert_true((lost & (lost - 1)) == 0);
		assert_true(at < COURIER_START_LEN || !whole);
		if (at < COURIER_START_LEN || at >= c->frame_at[FRAMES])
			assert_int_equal(lost, 0);
	}
}

static void st_17_every_cut_keeps_what_stands_before_it(void **state)
{
	const struct carried *c = *state;
	for (size_t len = 0; len < c->file.len; len++) {
		bool whole = true;
		unsigned seen = read_all(slice_of(c->file.data, len), c->key, &whole);
		for (int i = 0; i < FRAMES; i++)
			assert_int_equal((seen >> i) & 1U, len >= c->frame_at[i + 1] ? 1 : 0);
		assert_false(whole);
	}
}

static void a_hole_in_the_middle_is_passed_over(void **state)
{
	const struct carried *c = *state;
	bool whole = true;
	struct bytes holed = bytes_new(LIMIT_COURIER);
	bytes_put(&holed, c->file.data, c->frame_at[1] + 20);
	bytes_put(&holed, c->file.data + c->frame_at[3], c->file.len - c->frame_at[3]);
	assert_int_equal(bytes_status(&holed), STATUS_OK);
	assert_int_equal(read_all(bytes_slice(&holed), c->key, &whole), 1U | 1U << 3 | 1U << 4);
	assert_false(whole);
	bytes_free(&holed);
}

static void a_foreign_key_opens_nothing(void **state)
{
	const struct carried *c = *state;
	uint8_t seed[SEED_LEN] = {8};
	struct box_key *other = box_key_new(seed);
	bool whole = true;
	assert_int_equal(read_all(bytes_slice(&c->file), other, &whole), 0);
	assert_false(whole);
	box_key_free(other);
}

static void a_missing_frame_is_noticed_though_nothing_is_damaged(void **state)
{
	const struct carried *c = *state;
	bool whole = true;
	struct bytes cut = bytes_new(LIMIT_COURIER);
	bytes_put(&cut, c->file.data, c->frame_at[2]);
	bytes_put(&cut, c->file.data + c->frame_at[3], c->file.len - c->frame_at[3]);
	assert_int_equal(read_all(bytes_slice(&cut), c->key, &whole), 0x1bU);
	assert_false(whole);
	bytes_free(&cut);
}

/* Marks that promise the largest box each: reading gives up before it costs more than some seconds. */
static void a_file_of_nothing_but_marks_is_given_up(void **state)
{
	const struct carried *c = *state;
	const uint8_t mark[] = {0xF5, 'M', 'C', 'F', 'R', 'A', 'M', 'E', 0, 0, 1, 0};
	struct bytes marks = bytes_new(LIMIT_COURIER);
	for (int i = 0; i < 2 * LIMIT_COURIER_DAMAGE; i++)
		bytes_put(&marks, mark, sizeof(mark));
	struct courier_reader r = courier_reader_new(bytes_slice(&marks), c->key);
	struct courier_frame frame;
	assert_int_equal(courier_next(&r, &frame), STATUS_EMPTY);
	assert_int_equal(r.damaged, LIMIT_COURIER_DAMAGE);
	assert_int_equal(r.lost, marks.len);
	courier_reader_free(&r);
	bytes_free(&marks);
}

static void a_full_file_stays_sound(void **state)
{
	const struct carried *c = *state;
	struct bytes small = bytes_new(400);
	const struct courier_start start = {.direction = COURIER_TO_DEVICE};
	const uint8_t content[300] = {0};
	courier_put_start(&small, &start);
	assert_int_equal(courier_put(&small, c->public_key, COURIER_BATCH, slice_of(content, 150)), STATUS_OK);
	size_t len = small.len;
	assert_int_equal(courier_put(&small, c->public_key, COURIER_BATCH, slice_of(content, 300)), STATUS_LIMIT);
	assert_int_equal(small.len, len);
	assert_int_equal(bytes_status(&small), STATUS_OK);
	bytes_free(&small);
}

static void starts_of_other_files_are_refused(void **state)
{
	const struct carried *c = *state;
	struct courier_start start;
	uint8_t copy[COURIER_START_LEN];
	memcpy(copy, c->file.data, sizeof(copy));
	copy[11] = 2;
	assert_int_equal(courier_start_read(slice_of(copy, sizeof(copy)), &start), STATUS_VERSION);
	copy[11] = 1;
	copy[12] = 3;
	assert_int_equal(courier_start_read(slice_of(copy, sizeof(copy)), &start), STATUS_MALFORMED);
	assert_int_equal(
		courier_start_read(slice_str("PK and so on, a spreadsheet perhaps, of some length"), &start),
		STATUS_MALFORMED);
	assert_int_equal(courier_start_read(slice_of(c->file.data, 20), &start), STATUS_MALFORMED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_file_is_read_back, setup, teardown),
		cmocka_unit_test_setup_teardown(st_17_every_flipped_byte_costs_one_frame_at_most, setup, teardown),
		cmocka_unit_test_setup_teardown(st_17_every_cut_keeps_what_stands_before_it, setup, teardown),
		cmocka_unit_test_setup_teardown(a_hole_in_the_middle_is_passed_over, setup, teardown),
		cmocka_unit_test_setup_teardown(a_foreign_key_opens_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(a_missing_frame_is_noticed_though_nothing_is_damaged, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_file_of_nothing_but_marks_is_given_up, setup, teardown),
		cmocka_unit_test_setup_teardown(a_full_file_stays_sound, setup, teardown),
		cmocka_unit_test_setup_teardown(starts_of_other_files_are_refused, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
