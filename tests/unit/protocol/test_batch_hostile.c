#include "batch_fixture.h"
#include "cbor_fixture.h"

#include "protocol/batch_form.h"
#include "protocol/batch_pack.h"
#include "protocol/deflate.h"
#include "protocol/limits.h"

/*
 * Batches made by hand and signed by the right key: what stands in them may be anything. Under AddressSanitizer no
 * single allocation may be larger than reading the largest batch takes.
 */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "max_allocation_size_mb=8";
}

enum { PARTS = 7, ROWS_ROOM = 4 * LIMIT_BATCH_RAW };

/* The rows of two accepted dossiers, A1 and A2, of the procedure P: one part for each key of the map. */
static const char *const SOUND[PARTS] = {
	"81 84 01 18 88 00 01",          /* one shape: status and procedure, time stated */
	"00",                            /* both have it */
	"39 03 e7",                      /* each a second before the one above */
	"00",                            /* new keys */
	"83 81 62 41 01 00 81 01",       /* A1, A2 */
	"a1 07 02",                      /* accepted */
	"a1 03 82 00 83 81 61 50 00 80", /* P */
};

struct head_form {
	uint64_t version;
	uint64_t raw_len;
	uint64_t ordinal;
	uint64_t seq;
	uint64_t count;
};

static void put_head(const struct head_form *h, struct bytes *out)
{
	static const uint8_t zeros[HASH_LEN];
	const uint64_t numbers[] = {h->version, h->raw_len, 0, h->ordinal, 0, h->seq, 0, SEALED_AT, 0, h->count};
	cbor_put_map(out, HEAD_COUNT);
	for (uint64_t key = HEAD_VERSION; key <= HEAD_COUNT; key++) {
		cbor_put_uint(out, key);
		if (key == HEAD_DEVICE || key == HEAD_BITS)
			cbor_put_bytes(out, zeros, 8);
		else if (key == HEAD_PREV)
			cbor_put_bytes(out, zeros, HASH_LEN);
		else if (key != HEAD_SEEN)
			cbor_put_uint(out, numbers[key - 1]);
		else
			bytes_put(out, "\x83\x00\x00\x00", 4);
	}
}

static struct bytes sound_rows(size_t replaced, struct slice by)
{
	struct bytes rows = bytes_new(ROWS_ROOM);
	cbor_put_map(&rows, PARTS);
	for (size_t i = 0; i < PARTS; i++) {
		struct input in = input_of(SOUND[i]);
		cbor_put_uint(&rows, i + 1);
		if (i == replaced)
			bytes_put(&rows, by.data, by.len);
		else
			bytes_put(&rows, in.data, in.len);
		free(in.data);
	}
	return rows;
}

/* Every change of a batch that could be read; how many change_check would take is the answer. */
static size_t walk(struct batch *batch)
{
	struct change c;
	size_t sound = 0;
	size_t count = 0;
	for (; batch_next(batch, &c); count++)
		sound += change_check(&c, NULL) == STATUS_OK ? 1 : 0;
	assert_int_equal(count, batch_get_head(batch)->count);
	return sound;
}

/* Signs, verifies and reads a payload; ret_sound may be NULL. */
static enum status read_payload(struct slice payload, size_t *ret_sound)
{
	struct signing_key *key = key_number(1);
	struct bytes sealed = sealed_payload(MESSAGE_BATCH, key, payload);
	uint8_t *copy = exact_copy(bytes_slice(&sealed));
	enum status status = STATUS_OK;
	struct batch *batch = opened_batch(slice_of(copy, sealed.len), key, &status);
	assert_int_equal(batch != NULL, status == STATUS_OK);
	size_t sound = batch != NULL ? walk(batch) : 0;
	if (ret_sound != NULL)
		*ret_sound = sound;
	batch_free(batch);
	free(copy);
	bytes_free(&sealed);
	signing_key_free(key);
	return status;
}

static enum status read_form(const struct head_form *head, struct slice rows, size_t *ret_sound)
{
	struct bytes payload = bytes_new(ROWS_ROOM);
	put_head(head, &payload);
	assert_int_equal(deflate_pack(rows, NULL, &payload), STATUS_OK);
	enum status s = read_payload(bytes_slice(&payload), ret_sound);
	bytes_free(&payload);
	return s;
}

static enum status read_rows(struct slice rows, size_t count, size_t *ret_sound)
{
	struct head_form head = {BATCH_VERSION, rows.len, 1, 1, count};
	return read_form(&head, rows, ret_sound);
}

static enum status read_replaced(size_t part, const char *hex, size_t *ret_sound)
{
	struct input in = input_of(hex);
	struct bytes rows = sound_rows(part - 1, slice_of(in.data, in.len));
	enum status s = read_rows(bytes_slice(&rows), 2, ret_sound);
	bytes_free(&rows);
	free(in.data);
	return s;
}

static void test_the_rows_made_by_hand_are_sound(void **state)
{
	(void)state;
	size_t sound = 0;
	assert_int_equal(read_replaced(1, SOUND[0], &sound), STATUS_OK);
	assert_int_equal(sound, 2);
	/* The last of as many words as there may be. */
	const char *last = "a1 03 82 19 0f ff 83 81 62 50 04 00 81 01";
	assert_int_equal(read_replaced(ROWS_TEXT_COLUMNS, last, &sound), STATUS_OK);
	assert_int_equal(sound, 2);
}

static void test_hostile_rows_are_refused(void **state)
{
	(void)state;
	static const struct {
		size_t part;
		const char *hex;
	} hostile[] = {
		{ROWS_SHAPES, "80"},                                        /* none */
		{ROWS_SHAPES, "81 83 01 18 88 00"},                         /* three parts */
		{ROWS_SHAPES, "81 84 19 01 00 18 88 00 01"},                /* kind 256 */
		{ROWS_SHAPES, "81 84 20 18 88 00 01"},                      /* kind -1 */
		{ROWS_SHAPES, "81 84 01 1b 00 00 00 04 00 00 00 88 00 01"}, /* field 34 */
		{ROWS_SHAPES, "81 84 01 1b ff ff ff ff ff ff ff ff 00 01"},
		{ROWS_SHAPES, "81 84 01 18 88 01 01"}, /* clears a field it does not have */
		{ROWS_SHAPES, "81 84 01 18 88 19 01 00 01"},
		{ROWS_SHAPES, "81 84 01 18 88 00 02"},             /* a flag nobody knows */
		{ROWS_SHAPES, "9a 00 01 00 00 84 01 18 88 00 01"}, /* 65,536 shapes */
		{ROWS_SHAPES, "81 84 01 18 80 00 01"},             /* a column too many */
		{ROWS_SHAPES, "81 84 01 18 8a 00 01"},             /* a column too few */
		{ROWS_SHAPE_COLUMN, "01"},                         /* beyond the last */
		{ROWS_SHAPE_COLUMN, "20"},
		{ROWS_SHAPE_COLUMN, "1b 7f ff ff ff ff ff ff ff"},
		{ROWS_SHAPE_COLUMN, "42 00 02"},
		{ROWS_SHAPE_COLUMN, "43 00 00 00"},
		{ROWS_SHAPE_COLUMN, "41 00"},
		{ROWS_TIME_COLUMN, "1b 7f ff ff ff ff ff ff ff"}, /* beyond the calendar, at once */
		{ROWS_TIME_COLUMN, "3b 7f ff ff ff ff ff ff ff"},
		{ROWS_TIME_COLUMN, "1b 00 00 73 00 00 00 00 00"}, /* by the second step */
		{ROWS_TIME_COLUMN, "42 00 80"},
		{ROWS_KEY_COLUMN, "01"},       /* a key before the first */
		{ROWS_KEY_COLUMN, "42 00 04"}, /* the second last of one */
		{ROWS_KEY_COLUMN, "42 00 01"},
		{ROWS_KEY_WORDS, "83 81 62 41 01 00 81 00"}, /* A0 twice */
		{ROWS_KEY_WORDS, "83 81 62 41 01 00 81 0a"}, /* no digit */
		{ROWS_KEY_WORDS, "83 81 62 41 01 00 80"},
		{ROWS_KEY_WORDS, "83 81 6a 0f 0f 0f 0f 0f 0f 0f 0f 0f 0f 00 8a 01 01 01 01 01 01 01 01 01 01"},
		{ROWS_NUMBER_COLUMNS, "a0"},
		{ROWS_NUMBER_COLUMNS, "a1 08 02"},       /* another field */
		{ROWS_NUMBER_COLUMNS, "a2 07 02 08 02"}, /* one that no shape has */
		{ROWS_NUMBER_COLUMNS, "a2 07 02 07 02"},
		{ROWS_NUMBER_COLUMNS, "a2 05 02 07 02"},
		{ROWS_NUMBER_COLUMNS, "a1 07 43 02 02 02"},
		{ROWS_NUMBER_COLUMNS, "a1 07 f6"},
		{ROWS_NUMBER_COLUMNS, "a1 07 1b ff ff ff ff ff ff ff ff"},
		{ROWS_TEXT_COLUMNS, "a0"},
		{ROWS_TEXT_COLUMNS, "a1 03 00"}, /* no words */
		{ROWS_TEXT_COLUMNS, "a1 03 82 20 83 81 61 50 00 80"},
		{ROWS_TEXT_COLUMNS, "a1 03 82 01 83 81 61 50 00 80"},             /* two words that are one */
		{ROWS_TEXT_COLUMNS, "a1 03 82 19 10 00 83 81 62 50 04 00 81 01"}, /* word 4,096 */
		{ROWS_TEXT_COLUMNS, "a1 03 82 1b 7f ff ff ff ff ff ff ff 83 81 61 50 00 80"},
		{ROWS_TEXT_COLUMNS, "a1 03 82 00 83 82 61 50 61 51 42 00 02 80"}, /* a word too many */
		{ROWS_TEXT_COLUMNS, "a1 03 82 42 00 02 83 81 61 50 00 80"},       /* a word too few */
	};
	for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++)
		if (read_replaced(hostile[i].part, hostile[i].hex, NULL) != STATUS_MALFORMED)
			fail_msg("%s was taken", hostile[i].hex);
}

/* What has a form but no meaning is read, and refused change by change. */
static void test_senseless_values_are_left_to_the_check_of_each_change(void **state)
{
	(void)state;
	static const struct {
		size_t part;
		const char *hex;
		size_t sound;
	} senseless[] = {
		{ROWS_SHAPES, "81 84 00 18 88 00 01", 0},          /* no kind */
		{ROWS_SHAPES, "81 84 18 ff 18 88 00 01", 0},       /* nor that one */
		{ROWS_SHAPES, "81 84 02 18 88 00 01", 0},          /* equipment has no status */
		{ROWS_KEY_WORDS, "83 81 62 10 01 00 81 01", 0},    /* a control */
		{ROWS_KEY_WORDS, "83 82 60 61 41 42 00 02 80", 1}, /* an empty key */
		{ROWS_NUMBER_COLUMNS, "a1 07 00", 0},              /* status 0 */
		{ROWS_NUMBER_COLUMNS, "a1 07 1b 7f ff ff ff ff ff ff ff", 0},
		{ROWS_NUMBER_COLUMNS, "a1 07 3b 7f ff ff ff ff ff ff ff", 0},
		{ROWS_NUMBER_COLUMNS, "a1 07 42 04 16", 1},           /* status 11 */
		{ROWS_TEXT_COLUMNS, "a1 03 82 00 83 81 60 00 80", 0}, /* an empty text */
		{ROWS_TEXT_COLUMNS, "a1 03 82 00 83 81 61 7f 00 80", 0},
	};
	for (size_t i = 0; i < sizeof(senseless) / sizeof(senseless[0]); i++) {
		size_t sound = SIZE_MAX;
		if (read_replaced(senseless[i].part, senseless[i].hex, &sound) != STATUS_OK)
			fail_msg("%s was refused", senseless[i].hex);
		assert_int_equal(sound, senseless[i].sound);
	}
}

/* The greatest difference to an instant and to a date leaves 64 bits: the sum must not do harm. */
static void test_a_sum_beyond_64_bits_is_no_time(void **state)
{
	(void)state;
	static const struct {
		const char *shape;
		const char *column;
	} sums[] = {
		{"81 84 01 19 02 00 00 01", "a1 09 1b 7f ff ff ff ff ff ff ff"},
		{"81 84 01 19 02 00 00 01", "a1 09 3b 7f ff ff ff ff ff ff ff"},
		{"81 84 02 1a 08 00 00 00 00 01", "a1 18 1b 1b 7f ff ff ff ff ff ff ff"},
		{"81 84 02 1a 08 00 00 00 00 01", "a1 18 1b 3b 7f ff ff ff ff ff ff ff"},
	};
	for (size_t i = 0; i < sizeof(sums) / sizeof(sums[0]); i++) {
		const char *const parts[PARTS] = {sums[i].shape, SOUND[1],       SOUND[2], SOUND[3],
						  SOUND[4],      sums[i].column, "a0"};
		struct bytes rows = bytes_new(ROWS_ROOM);
		size_t sound = SIZE_MAX;
		cbor_put_map(&rows, PARTS);
		for (size_t k = 0; k < PARTS; k++) {
			struct input in = input_of(parts[k]);
			cbor_put_uint(&rows, k + 1);
			bytes_put(&rows, in.data, in.len);
			free(in.data);
		}
		assert_int_equal(read_rows(bytes_slice(&rows), 2, &sound), STATUS_OK);
		assert_int_equal(sound, 0);
		bytes_free(&rows);
	}
}

static void test_rows_that_are_not_the_map_are_refused(void **state)
{
	(void)state;
	struct bytes rows = sound_rows(PARTS, (struct slice){0});
	for (size_t len = 0; len < rows.len; len++)
		assert_int_equal(read_rows(slice_of(rows.data, len), 2, NULL), STATUS_MALFORMED);
	bytes_put_u8(&rows, 0);
	assert_int_equal(read_rows(bytes_slice(&rows), 2, NULL), STATUS_MALFORMED);
	rows.len--;
	assert_int_equal(read_rows(bytes_slice(&rows), 2, NULL), STATUS_OK);
	/* Six pairs, eight pairs, another key. */
	rows.data[0] = 0xa6;
	assert_int_equal(read_rows(bytes_slice(&rows), 2, NULL), STATUS_MALFORMED);
	rows.data[0] = 0xa8;
	bytes_put(&rows, "\x08\x00", 2);
	assert_int_equal(read_rows(bytes_slice(&rows), 2, NULL), STATUS_MALFORMED);
	rows.data[0] = 0xa7;
	rows.len -= 2;
	rows.data[1] = 0;
	assert_int_equal(read_rows(bytes_slice(&rows), 2, NULL), STATUS_MALFORMED);
	bytes_free(&rows);
}

/* Two changes of received_at alone; keys 6, 7 and 8 of the rows follow. */
#define BY_DAY_START "01 81 84 01 19 04 00 00 01 02 00 03 39 03 e7 04 00 05 83 81 62 41 01 00 81 01 "

static void test_an_instant_stands_in_one_map_of_columns(void **state)
{
	(void)state;
	static const struct {
		const char *rows;
		enum status expected;
	} cases[] = {
		{"a8 " BY_DAY_START "06 a0 07 a0 08 a1 0a 00", STATUS_OK},
		{"a7 " BY_DAY_START "06 a1 0a 00 07 a0", STATUS_OK},
		{"a8 " BY_DAY_START "06 a1 0a 00 07 a0 08 a1 0a 00", STATUS_MALFORMED}, /* in both */
		{"a7 " BY_DAY_START "06 a0 07 a0", STATUS_MALFORMED},                   /* in none */
		{"a8 " BY_DAY_START "06 a0 07 a0 08 a2 07 00 0a 00", STATUS_MALFORMED}, /* a status is no instant */
		{"a8 " BY_DAY_START "06 a1 0a 00 07 a0 08 a1 0b 00", STATUS_MALFORMED}, /* no change has it */
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct input in = input_of(cases[i].rows);
		size_t sound = 0;
		assert_int_equal(read_rows(slice_of(in.data, in.len), 2, &sound), cases[i].expected);
		assert_int_equal(sound, cases[i].expected == STATUS_OK ? 2 : 0);
		free(in.data);
	}
}

static void test_no_flipped_bit_of_the_rows_does_harm(void **state)
{
	(void)state;
	struct bytes rows = sound_rows(PARTS, (struct slice){0});
	for (size_t bit = 0; bit < rows.len * 8; bit++) {
		rows.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
		enum status s = read_rows(bytes_slice(&rows), 2, NULL);
		assert_true(s == STATUS_OK || s == STATUS_MALFORMED);
		rows.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	bytes_free(&rows);
}

static void test_256_shapes_are_read_and_257_refused(void **state)
{
	(void)state;
	for (size_t n = 256; n <= 257; n++) {
		struct bytes shapes = bytes_new(ROWS_ROOM);
		cbor_put_array(&shapes, n);
		for (size_t i = 0; i < n; i++)
			bytes_put(&shapes, "\x84\x01\x18\x88\x00\x01", 6);
		struct bytes rows = sound_rows(0, bytes_slice(&shapes));
		assert_int_equal(read_rows(bytes_slice(&rows), 2, NULL), n == 256 ? STATUS_OK : STATUS_MALFORMED);
		bytes_free(&rows);
		bytes_free(&shapes);
	}
}

static void test_the_head_is_read_strictly(void **state)
{
	(void)state;
	/* With a string of references to keys, so that the rows say how many they are. */
	struct bytes rows = sound_rows(ROWS_KEY_COLUMN - 1, slice_of("\x42\0\0", 3));
	const uint64_t len = rows.len;
	const struct {
		struct head_form head;
		enum status expected;
	} heads[] = {
		{{1, len, 1, 1, 2}, STATUS_OK},
		{{2, len, 1, 1, 2}, STATUS_OK},
		{{3, len, 1, 1, 2}, STATUS_VERSION},
		{{UINT64_MAX, len, 1, 1, 2}, STATUS_VERSION},
		{{0, len, 1, 1, 2}, STATUS_VERSION},
		{{1, len - 1, 1, 1, 2}, STATUS_MALFORMED},
		{{1, len + 1, 1, 1, 2}, STATUS_MALFORMED},
		{{1, 0, 1, 1, 2}, STATUS_MALFORMED},
		{{1, LIMIT_BATCH_RAW, 1, 1, 2}, STATUS_MALFORMED},
		{{1, LIMIT_BATCH_RAW + 1, 1, 1, 2}, STATUS_MALFORMED},
		{{1, UINT64_MAX, 1, 1, 2}, STATUS_MALFORMED},
		{{1, len, 0, 1, 2}, STATUS_MALFORMED},
		{{1, len, 1, 0, 2}, STATUS_MALFORMED},
		{{1, len, UINT64_MAX, 1, 2}, STATUS_MALFORMED},
		{{1, len, 1, UINT64_MAX, 2}, STATUS_MALFORMED},
		{{1, len, 1, 1, 0}, STATUS_MALFORMED},
		{{1, 0, 1, 1, 0}, STATUS_MALFORMED},
		{{1, len, 1, 1, 1}, STATUS_MALFORMED},
		{{1, len, 1, 1, 3}, STATUS_MALFORMED},
		{{1, len, 1, 1, LIMIT_BATCH_CHANGES}, STATUS_MALFORMED},
		{{1, len, 1, 1, LIMIT_BATCH_CHANGES + 1}, STATUS_MALFORMED},
		{{1, len, 1, 1, UINT64_MAX}, STATUS_MALFORMED},
	};
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		assert_int_equal(read_form(&heads[i].head, bytes_slice(&rows), NULL), heads[i].expected);
	bytes_free(&rows);
}

/* What came with version 2 is nothing that a reader of version 1 knew. */
static void test_each_version_has_its_forms(void **state)
{
	(void)state;
	static const char *const columns[] = {"82 20 42 00 01", "82 39 03 e7 42 00 01"};
	struct bytes rows = sound_rows(PARTS, (struct slice){0});
	for (uint64_t version = 1; version <= 2; version++) {
		enum status expected = version == 1 ? STATUS_MALFORMED : STATUS_OK;
		struct bytes payload = bytes_new(ROWS_ROOM);
		struct head_form head = {version, rows.len, 1, 1, 2};
		put_head(&head, &payload);
		assert_int_equal(batch_pack(bytes_slice(&rows), &payload), STATUS_OK);
		assert_int_equal(read_payload(bytes_slice(&payload), NULL), expected);
		bytes_free(&payload);
		for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
			struct input in = input_of(columns[i]);
			struct bytes other = sound_rows(ROWS_TIME_COLUMN - 1, slice_of(in.data, in.len));
			head.raw_len = other.len;
			assert_int_equal(read_form(&head, bytes_slice(&other), NULL), expected);
			bytes_free(&other);
			free(in.data);
		}
	}
	bytes_free(&rows);
}

static void test_a_head_alone_is_a_heartbeat_and_nothing_may_follow(void **state)
{
	(void)state;
	struct bytes payload = bytes_new(ROWS_ROOM);
	struct head_form head = {1, 0, 1, 1, 0};
	struct batch_head peeked = {.seq = 77};
	put_head(&head, &payload);
	assert_int_equal(read_payload(bytes_slice(&payload), NULL), STATUS_OK);
	for (size_t len = 0; len < payload.len; len++) {
		assert_int_equal(read_payload(slice_of(payload.data, len), NULL), STATUS_MALFORMED);
		assert_int_equal(batch_peek(slice_of(payload.data, len), &peeked), STATUS_MALFORMED);
	}
	assert_int_equal(peeked.seq, 77);
	bytes_put_u8(&payload, 0);
	assert_int_equal(read_payload(bytes_slice(&payload), NULL), STATUS_MALFORMED);
	/* Rows that are announced and do not come. */
	bytes_clear(&payload);
	head.raw_len = 1;
	put_head(&head, &payload);
	assert_int_equal(read_payload(bytes_slice(&payload), NULL), STATUS_MALFORMED);
	bytes_free(&payload);
}

static void test_a_stream_that_swells_is_stopped(void **state)
{
	(void)state;
	static const uint8_t zeros[3 * LIMIT_BATCH_RAW];
	static const uint64_t declared[] = {1, 100, LIMIT_BATCH_RAW - 1, LIMIT_BATCH_RAW};
	for (size_t i = 0; i < sizeof(declared) / sizeof(declared[0]); i++) {
		struct head_form head = {1, declared[i], 1, 1, 2};
		assert_int_equal(read_form(&head, slice_of(zeros, sizeof(zeros)), NULL), STATUS_MALFORMED);
	}
}

static void test_bytes_after_the_stream_and_no_stream_are_refused(void **state)
{
	(void)state;
	struct bytes rows = sound_rows(PARTS, (struct slice){0});
	struct bytes payload = bytes_new(ROWS_ROOM);
	struct head_form head = {1, rows.len, 1, 1, 2};
	put_head(&head, &payload);
	size_t start = payload.len;
	assert_int_equal(read_payload(bytes_slice(&payload), NULL), STATUS_MALFORMED);
	bytes_put(&payload, rows.data, rows.len);
	assert_int_equal(read_payload(bytes_slice(&payload), NULL), STATUS_MALFORMED);
	payload.len = start;
	assert_int_equal(deflate_pack(bytes_slice(&rows), NULL, &payload), STATUS_OK);
	assert_int_equal(read_payload(bytes_slice(&payload), NULL), STATUS_OK);
	bytes_put_u8(&payload, 0);
	assert_int_equal(read_payload(bytes_slice(&payload), NULL), STATUS_MALFORMED);
	bytes_free(&payload);
	bytes_free(&rows);
}

/* Words of max bytes each, 4,096 of them, in a few hundred bytes: nearly every run is the same everywhere. */
static void put_long_words(struct bytes *out, size_t max)
{
	uint8_t pattern[LIMIT_TEXT];
	size_t runs = max - 14;
	memset(pattern, 1, max);
	pattern[runs - 1] = 15;
	cbor_put_array(out, 3);
	cbor_put_array(out, 1);
	cbor_put_text(out, (const char *)pattern, runs);
	cbor_put_uint(out, 0);
	cbor_put_array(out, runs);
	for (size_t i = 0; i < runs; i++)
		cbor_put_uint(out, i + 1 == runs ? 1 : 0);
}

static void test_few_bytes_that_mean_much_are_read_in_bounded_memory(void **state)
{
	(void)state;
	struct bytes rows = bytes_new(ROWS_ROOM);
	struct head_form head = {1, 0, 1, 1, LIMIT_BATCH_CHANGES};
	size_t sound = SIZE_MAX;
	cbor_put_map(&rows, PARTS);
	/* Domain and model, whose words are as many as the changes: 0, then each time one more. */
	bytes_put(&rows, "\x01\x81\x84\x01\x1a\x02\x00\x00\x10\x00\x01\x02\x00\x03\x00\x04\x00\x05", 18);
	put_long_words(&rows, LIMIT_KEY);
	bytes_put(&rows, "\x06\xa0\x07\xa2", 4);
	for (unsigned i = 0; i < 2; i++) {
		bytes_put(&rows, i == 0 ? "\x04\x82" : "\x18\x19\x82", i == 0 ? 2 : 3);
		cbor_put_uint(&rows, LIMIT_BATCH_CHANGES - 1);
		put_long_words(&rows, LIMIT_TEXT);
	}
	assert_in_range(rows.len, 1, 1400);
	head.raw_len = rows.len;
	assert_int_equal(read_form(&head, bytes_slice(&rows), &sound), STATUS_OK);
	assert_int_equal(sound, 0);
	bytes_free(&rows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_rows_made_by_hand_are_sound),
		cmocka_unit_test(test_hostile_rows_are_refused),
		cmocka_unit_test(test_senseless_values_are_left_to_the_check_of_each_change),
		cmocka_unit_test(test_a_sum_beyond_64_bits_is_no_time),
		cmocka_unit_test(test_rows_that_are_not_the_map_are_refused),
		cmocka_unit_test(test_an_instant_stands_in_one_map_of_columns),
		cmocka_unit_test(test_no_flipped_bit_of_the_rows_does_harm),
		cmocka_unit_test(test_256_shapes_are_read_and_257_refused),
		cmocka_unit_test(test_the_head_is_read_strictly),
		cmocka_unit_test(test_each_version_has_its_forms),
		cmocka_unit_test(test_a_head_alone_is_a_heartbeat_and_nothing_may_follow),
		cmocka_unit_test(test_a_stream_that_swells_is_stopped),
		cmocka_unit_test(test_bytes_after_the_stream_and_no_stream_are_refused),
		cmocka_unit_test(test_few_bytes_that_mean_much_are_read_in_bounded_memory),
	};
	return cmocka_run_group_tests(tests, start_signing, NULL);
}
