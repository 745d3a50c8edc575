#include <stdio.h>

#include "cbor_fixture.h"
#include "random_fixture.h"

#include "protocol/limits.h"
#include "protocol/words.h"

enum { WORDS_ROOM = 2 * LIMIT_BATCH_RAW, WORD_MAX = 240 };

static uint32_t add(struct words *w, struct slice text, bool expect_new)
{
	uint32_t index = UINT32_MAX;
	bool fresh = !expect_new;
	assert_int_equal(words_index(w, text, &index, &fresh), STATUS_OK);
	assert_int_equal(fresh, expect_new);
	return index;
}

static struct words words_of(const char *const *texts, size_t count)
{
	struct words w = words_new();
	for (size_t i = 0; i < count; i++)
		assert_int_equal(add(&w, slice_str(texts[i]), true), i);
	return w;
}

static struct bytes coded(const struct words *w)
{
	struct bytes out = bytes_new(WORDS_ROOM);
	assert_int_equal(words_put(w, &out), STATUS_OK);
	assert_int_equal(bytes_status(&out), STATUS_OK);
	return out;
}

static void assert_reads_back(const struct words *w)
{
	struct bytes out = coded(w);
	struct words read = words_new();
	struct cbor r = cbor_reader(out.data, out.len);
	assert_int_equal(words_take(&r, true, w->count, WORD_MAX, &read), STATUS_OK);
	assert_int_equal(cbor_end(&r), STATUS_OK);
	assert_int_equal(read.count, w->count);
	for (size_t i = 0; i < w->count; i++)
		assert_true(slice_equal(words_get(&read, i), words_get(w, i)));
	words_free(&read);
	bytes_free(&out);
}

static void test_a_text_is_kept_once(void **state)
{
	(void)state;
	struct words w = words_new();
	assert_int_equal(add(&w, slice_str("H01"), true), 0);
	assert_int_equal(add(&w, slice_str("H02"), true), 1);
	assert_int_equal(add(&w, slice_str("H01"), false), 0);
	assert_int_equal(add(&w, slice_str("H0"), true), 2);
	assert_int_equal(w.count, 3);
	assert_true(slice_equal(words_get(&w, 1), slice_str("H02")));
	words_free(&w);
	words_free(NULL);
	assert_int_equal(w.count, 0);
}

static void test_texts_are_found_again_while_the_dictionary_grows(void **state)
{
	(void)state;
	struct words w = words_new();
	char text[16];
	for (uint32_t i = 0; i < 5000; i++) {
		(void)snprintf(text, sizeof(text), "%u", i);
		assert_int_equal(add(&w, slice_str(text), true), i);
	}
	for (uint32_t i = 0; i < 5000; i++) {
		(void)snprintf(text, sizeof(text), "%u", i);
		assert_int_equal(add(&w, slice_str(text), false), i);
		assert_true(slice_equal(words_get(&w, i), slice_str(text)));
	}
	words_free(&w);
}

static void test_an_empty_text_is_a_text(void **state)
{
	(void)state;
	struct words w = words_new();
	assert_int_equal(add(&w, slice_str(""), true), 0);
	assert_int_equal(words_get(&w, 0).len, 0);
	assert_int_equal(add(&w, slice_str(""), false), 0);
	assert_int_equal(add(&w, slice_str("x"), true), 1);
	assert_int_equal(words_get(&w, 0).len, 0);
	assert_reads_back(&w);
	words_free(&w);
}

/* The form of the document: patterns, pattern of each word, differences run by run. */
static void test_words_are_coded_as_patterns_and_differences(void **state)
{
	(void)state;
	static const char *const texts[] = {"H1-007", "x", "H1-008", "H1-010"};
	struct words w = words_of(texts, 4);
	struct bytes out = coded(&w);
	struct input in = input_of("83 82 64 48 01 2d 03 61 78 44 00 02 00 00 82 43 02 00 00 43 0e 02 04");
	assert_int_equal(out.len, in.len);
	assert_memory_equal(out.data, in.data, in.len);
	free(in.data);
	bytes_free(&out);
	words_free(&w);
}

static void test_words_read_back(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"0",
		"00",
		"000000000000000",  /* 15 digits */
		"0000000000000000", /* 16 */
		"999999999999999",
		"1000000000000000",
		"9999999999999999999999999999999", /* 31 */
		"1a2b3c4d",
		"a",
		"-1",
		"Nguyễn 12/2024",
		"漢字😀9",
		"x 1",
		"x1",
	};
	struct words w = words_of(texts, sizeof(texts) / sizeof(texts[0]));
	assert_reads_back(&w);
	words_free(&w);
	w = words_new();
	assert_reads_back(&w);
	words_free(&w);
}

static void test_random_words_read_back(void **state)
{
	(void)state;
	static const char pieces[] = "0012345678999ab-. ";
	struct random r = {2};
	char text[WORD_MAX];
	for (size_t round = 0; round < 200; round++) {
		struct words w = words_new();
		size_t count = random_below(&r, 60);
		size_t most = 1 + random_below(&r, round % 10 == 0 ? WORD_MAX : 20);
		for (size_t i = 0; i < count; i++) {
			size_t len = 1 + random_below(&r, most);
			for (size_t k = 0; k < len; k++)
				text[k] = pieces[random_below(&r, sizeof(pieces) - 1)];
			uint32_t index = 0;
			bool fresh = false;
			assert_int_equal(words_index(&w, slice_of(text, len), &index, &fresh), STATUS_OK);
		}
		assert_reads_back(&w);
		words_free(&w);
	}
}

static void test_codes_that_count_up_take_a_byte_a_run(void **state)
{
	(void)state;
	struct words w = words_new();
	char text[32];
	for (unsigned i = 0; i < 1000; i++) {
		(void)snprintf(text, sizeof(text), "H06-240522-%05u", i);
		(void)add(&w, slice_str(text), true);
	}
	struct bytes out = coded(&w);
	/* One byte for each run of a code, and what stands around it; nearly all of them are alike. */
	assert_in_range(out.len, 3000, 3040);
	assert_reads_back(&w);
	bytes_free(&out);
	words_free(&w);
}

static void test_a_full_dictionary_of_the_longest_words_reads_back(void **state)
{
	(void)state;
	struct words w = words_new();
	char text[WORD_MAX + 1];
	for (unsigned i = 0; i < LIMIT_BATCH_CHANGES; i++) {
		(void)snprintf(text, sizeof(text), "%0*u", WORD_MAX, i);
		(void)add(&w, slice_str(text), true);
	}
	assert_reads_back(&w);
	words_free(&w);
}

/* Wherever it stands among few or many. */
static void test_of_any_number_of_words_none_comes_twice(void **state)
{
	(void)state;
	enum { WORDS = 40 };
	struct words w = words_new();
	for (int i = 0; i < WORDS; i++) {
		char text[16];
		int len = snprintf(text, sizeof(text), "%d", (i * 7) % WORDS);
		assert_int_equal(words_append(&w, slice_of(text, (size_t)len)), STATUS_OK);
		assert_int_equal(words_distinct(&w), STATUS_OK);
		struct words twice = words_new();
		for (size_t k = 0; k < w.count; k++)
			assert_int_equal(words_append(&twice, words_get(&w, k)), STATUS_OK);
		assert_int_equal(words_append(&twice, words_get(&w, (size_t)i / 2)), STATUS_OK);
		assert_int_equal(words_distinct(&twice), STATUS_MALFORMED);
		words_free(&twice);
	}
	words_free(&w);
}

static void test_a_word_longer_than_allowed_is_refused(void **state)
{
	(void)state;
	static const char *const texts[] = {"abc-123456"};
	struct words w = words_of(texts, 1);
	struct bytes out = coded(&w);
	for (size_t max = 0; max <= 10; max++) {
		struct words read = words_new();
		struct cbor r = cbor_reader(out.data, out.len);
		assert_int_equal(words_take(&r, true, 1, max, &read), max < 10 ? STATUS_MALFORMED : STATUS_OK);
		words_free(&read);
	}
	bytes_free(&out);
	words_free(&w);
}

static enum status taken(struct slice coding, size_t count)
{
	struct words read = words_new();
	struct cbor r = cbor_reader(coding.data, coding.len);
	enum status s = words_take(&r, true, count, WORD_MAX, &read);
	for (size_t i = 0; s == STATUS_OK && i < read.count; i++)
		assert_in_range(words_get(&read, i).len, 0, WORD_MAX);
	words_free(&read);
	return s == STATUS_OK ? cbor_end(&r) : s;
}

static enum status taken_hex(const char *hex, size_t count)
{
	struct input in = input_of(hex);
	enum status s = taken(slice_of(in.data, in.len), count);
	free(in.data);
	return s;
}

static void test_what_is_no_dictionary_is_refused(void **state)
{
	(void)state;
	static const char *const hostile[] = {
		"",
		"82 81 62 41 01 00",                   /* two parts */
		"84 81 62 41 01 00 81 01 00",          /* four */
		"83 83 61 41 61 42 61 43 42 00 02 80", /* more patterns than words */
		"83 80 00 80",                         /* no pattern */
		"83 81 42 41 01 00 81 01",             /* a pattern of bytes */
		"83 81 62 41 ff 00 81 01",             /* not UTF-8 */
		"83 81 62 41 01 01 81 01",             /* patterns beyond the last */
		"83 81 62 41 01 20 81 01",             /* and before the first */
		"83 81 62 41 01 42 00 02 81 01",
		"83 81 62 41 01 43 00 00 00 81 01",                /* of three words */
		"83 81 62 41 01 00 80",                            /* no numbers */
		"83 81 62 41 01 00 82 01 01",                      /* too many columns */
		"83 81 62 41 01 00 81 43 02 02 02",                /* three numbers */
		"83 81 62 41 01 00 81 41 02",                      /* one */
		"83 81 62 41 01 00 81 42 02 12",                   /* 1, then 10: no digit */
		"83 81 62 41 01 00 81 20",                         /* -1 */
		"83 81 62 41 01 00 81 1b 7f ff ff ff ff ff ff ff", /* a sum beyond 64 bits */
		"83 81 62 41 0f 00 81 1b 00 03 8d 7e a4 c6 80 00", /* 10 to the 15th */
		"83 81 62 41 01 00 81 00",                         /* A0 twice */
		"83 81 61 41 00 80",                               /* A twice */
		"83 82 61 41 61 41 42 00 02 80",                   /* A by two patterns */
		"83 82 62 41 01 62 41 37 42 00 02 81 07",          /* A7 by two spellings */
		"83 81 60 00 80",                                  /* nothing twice */
	};
	for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++)
		if (taken_hex(hostile[i], 2) != STATUS_MALFORMED)
			fail_msg("%s was taken", hostile[i]);
	assert_int_equal(taken_hex("83 81 62 41 01 00 81 01", 2), STATUS_OK);
	assert_int_equal(taken_hex("83 81 62 41 01 00 81 01", 1), STATUS_OK);
	assert_int_equal(taken_hex("83 82 61 41 60 42 00 02 80", 2), STATUS_OK);
	assert_int_equal(taken_hex("83 81 60 00 80", 1), STATUS_OK);
	assert_int_equal(taken_hex("83 80 40 80", 0), STATUS_OK);
}

/* Damaged bytes are refused or read as other words; a sanitizer watches. */
static void test_every_truncation_is_refused_and_no_flipped_bit_does_harm(void **state)
{
	(void)state;
	static const char *const texts[] = {"H1-007", "x", "H1-008", "H1-010", "ồ 999999999999999"};
	struct words w = words_of(texts, 5);
	struct bytes out = coded(&w);
	for (size_t len = 0; len < out.len; len++) {
		uint8_t *copy = malloc(len + 1);
		assert_non_null(copy);
		memcpy(copy, out.data, len);
		assert_int_equal(taken(slice_of(copy, len), 5), STATUS_MALFORMED);
		free(copy);
	}
	for (size_t bit = 0; bit < out.len * 8; bit++) {
		out.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
		enum status s = taken(bytes_slice(&out), 5);
		assert_true(s == STATUS_OK || s == STATUS_MALFORMED);
		out.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	assert_int_equal(taken(bytes_slice(&out), 5), STATUS_OK);
	bytes_free(&out);
	words_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_text_is_kept_once),
		cmocka_unit_test(test_texts_are_found_again_while_the_dictionary_grows),
		cmocka_unit_test(test_an_empty_text_is_a_text),
		cmocka_unit_test(test_words_are_coded_as_patterns_and_differences),
		cmocka_unit_test(test_words_read_back),
		cmocka_unit_test(test_random_words_read_back),
		cmocka_unit_test(test_codes_that_count_up_take_a_byte_a_run),
		cmocka_unit_test(test_a_full_dictionary_of_the_longest_words_reads_back),
		cmocka_unit_test(test_of_any_number_of_words_none_comes_twice),
		cmocka_unit_test(test_a_word_longer_than_allowed_is_refused),
		cmocka_unit_test(test_what_is_no_dictionary_is_refused),
		cmocka_unit_test(test_every_truncation_is_refused_and_no_flipped_bit_does_harm),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
