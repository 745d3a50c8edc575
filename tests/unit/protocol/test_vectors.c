/*
 * Every vector of tests/vectors through the readers, each bad one refused by the layer its line names; and what the
 * rows IN-06 to IN-10, ID-01 and ID-02 of the failure list ask beyond that.
 */
#include "vectors_fixture.h"

#include "protocol/deflate.h"

#include <time.h>

/* --- what our own code allocates: the linker leads its calls here --- */

void *__real_malloc(size_t len);
void *__real_calloc(size_t count, size_t len);
void *__real_realloc(void *old, size_t len);
void *__wrap_malloc(size_t len);
void *__wrap_calloc(size_t count, size_t len);
void *__wrap_realloc(void *old, size_t len);

static size_t allocated;
static size_t allocations;

static void count_allocation(size_t len)
{
	allocated += len;
	allocations++;
}

void *__wrap_malloc(size_t len)
{
	count_allocation(len);
	return __real_malloc(len);
}

void *__wrap_calloc(size_t count, size_t len)
{
	count_allocation(count * len);
	return __real_calloc(count, len);
}

void *__wrap_realloc(void *old, size_t len)
{
	count_allocation(len);
	return __real_realloc(old, len);
}

static void start_counting(void)
{
	allocated = 0;
	allocations = 0;
}

/* --- the index --- */

typedef bool (*chosen)(const struct read_vector *v);

/* True if the line says what comes of the vector. */
static bool holds(const struct read_vector *v)
{
	uint8_t *copy = exact_copy(bytes_slice(&v->data));
	struct read_vector exact = *v;
	exact.data.data = copy;
	const char *layer = refusing_layer(&exact);
	size_t len = strlen(layer);
	free(copy);
	if (v->good ? len == 0 : len > 0 && begins(v->why, layer) && v->why[len] == ':')
		return true;
	print_error("%s (%s): %s %s\n", v->name, v->why, len > 0 ? "refused by" : "taken", layer);
	return false;
}

/* Holds the chosen vectors against their lines; how many there were. */
static size_t hold(chosen choose)
{
	FILE *index = vector_file("index", ".tsv");
	static struct read_vector v;
	size_t count = 0;
	size_t wrong = 0;
	while (vector_next(index, &v)) {
		if (choose(&v)) {
			count++;
			wrong += holds(&v) ? 0 : 1;
		}
		bytes_free(&v.data);
	}
	assert_int_equal(fclose(index), 0);
	assert_int_equal(wrong, 0);
	return count;
}

static bool is_good(const struct read_vector *v)
{
	return v->good;
}

static bool is_bad(const struct read_vector *v)
{
	return !v->good;
}

static void every_good_vector_is_taken(void **state)
{
	(void)state;
	assert_in_range(hold(is_good), 50, SIZE_MAX);
}

static void every_bad_vector_is_refused_where_it_must_be(void **state)
{
	(void)state;
	assert_in_range(hold(is_bad), 350, SIZE_MAX);
}

/* --- by row --- */

static bool is_misformed_or_forged(const struct read_vector *v)
{
	return begins(v->why, "envelope:") || begins(v->why, "signature:");
}

/* Wrong signature, truncated, alg -7 or none: refused before anything of the payload is read. */
static void id_01_forged_and_misformed_envelopes_are_refused(void **state)
{
	(void)state;
	assert_in_range(hold(is_misformed_or_forged), 50, SIZE_MAX);
}

static bool is_malleated_or_weak(const struct read_vector *v)
{
	return begins(v->why, "key:") || strstr(v->name, "-not-reduced") != NULL ||
	       strstr(v->name, "-small-order") != NULL;
}

static void id_02_second_forms_of_signatures_and_weak_keys_are_refused(void **state)
{
	(void)state;
	assert_int_equal(hold(is_malleated_or_weak), 25);
}

/* A payload for the batch reader: two changes, raw_len declared, zeros packed. */
static struct bytes bomb(size_t zeros, uint64_t declared)
{
	struct bytes payload = bytes_new(2 * zeros + LIMIT_BATCH_RAW);
	uint8_t *raw = calloc(1, zeros);
	struct bytes vector = vector_data("batch-zeros");
	struct envelope e;
	struct slice head;
	struct slice stream;
	uint64_t raw_len = 0;
	assert_non_null(raw);
	assert_int_equal(envelope_peek(bytes_slice(&vector), &e), STATUS_OK);
	assert_true(batch_split(e.payload, &head, &stream, &raw_len));
	/* The declared length follows the map's head, the version and the key 2. */
	enum { BEFORE_LENGTH = 4 };
	bytes_put(&payload, head.data, BEFORE_LENGTH);
	cbor_put_uint(&payload, declared);
	struct bytes old_length = bytes_new(16);
	cbor_put_uint(&old_length, raw_len);
	bytes_put(&payload, head.data + BEFORE_LENGTH + old_length.len, head.len - BEFORE_LENGTH - old_length.len);
	assert_int_equal(deflate_pack(slice_of(raw, zeros), NULL, &payload), STATUS_OK);
	bytes_free(&old_length);
	bytes_free(&vector);
	free(raw);
	return payload;
}

/*
 * 50 MB of zeros declared as 1 MiB, and as what they are: at most 1.1 MiB allocated, at most 50 ms. The inflater's
 * own state is libz's business: inflateInit takes 7 KiB and a window of 32 KiB (zlib.h, zconf.h).
 */
static void in_06_a_bomb_costs_no_more_than_what_it_declares(void **state)
{
	(void)state;
	enum {
		ZEROS = 50 * 1000 * 1000,
		MOST = 1024 * 1024 * 11 / 10,
		INFLATER = 40 * 1024,
		MS = CLOCKS_PER_SEC / 1000
	};
	static const uint64_t declared[] = {LIMIT_BATCH_RAW, ZEROS};
	for (size_t i = 0; i < 2; i++) {
		struct batch *batch = NULL;
		struct bytes payload = bomb(ZEROS, declared[i]);
		start_counting();
		clock_t start = clock();
		assert_int_equal(batch_read(bytes_slice(&payload), &batch), STATUS_MALFORMED);
		assert_in_range((clock() - start) / MS, 0, 50);
		assert_in_range(allocated, 1, (i == 0 ? MOST : LIMIT_BATCH_RAW / 10) - INFLATER);
		bytes_free(&payload);
	}
}

static bool is_of_streams(const struct read_vector *v)
{
	return strcmp(v->purpose, "batch") == 0 && begins(v->why, "inflate:");
}

/* Garbage behind the stream, two streams, a wrong check value, a dictionary, another size than declared. */
static void in_07_only_one_whole_stream_of_the_declared_size_is_taken(void **state)
{
	(void)state;
	assert_in_range(hold(is_of_streams), 15, SIZE_MAX);
}

/* Everything that reads a payload, given one that is no message. */
static void assert_refused_cheaply(struct slice payload)
{
	static struct request request;
	struct batch_head head;
	struct batch *batch = NULL;
	struct change change;
	struct verdicts verdicts;
	struct envelope e;
	enum { STATE_OF_A_READER = 32 * 1024 };
	start_counting();
	assert_int_equal(envelope_peek(payload, &e), STATUS_MALFORMED);
	assert_int_equal(request_read(payload, &request), STATUS_MALFORMED);
	assert_int_equal(batch_peek(payload, &head), STATUS_MALFORMED);
	assert_int_equal(verdicts_read(payload, &verdicts), STATUS_MALFORMED);
	assert_int_equal(change_decode(payload, &change), STATUS_MALFORMED);
	struct cbor r = cbor_reader(payload.data, payload.len);
	walk_item(&r, LIMIT_NESTING, NULL);
	assert_int_equal(cbor_end(&r), STATUS_MALFORMED);
	assert_int_equal(allocations, 0);
	/* The reader of batches makes room for its own state first, and for nothing the payload says. */
	assert_int_equal(batch_read(payload, &batch), STATUS_MALFORMED);
	assert_int_equal(allocations, 1);
	assert_in_range(allocated, 1, STATE_OF_A_READER);
}

static void in_08_a_huge_count_in_five_bytes_allocates_nothing(void **state)
{
	(void)state;
	static const uint8_t first_bytes[] = {0x9a, 0xba, 0x5a, 0x7a};
	for (size_t i = 0; i < sizeof(first_bytes); i++) {
		const uint8_t item[] = {first_bytes[i], 0x02, 0, 0, 0};
		assert_refused_cheaply(slice_of(item, sizeof(item)));
	}
	/* The same as the rows of a batch: inflated, they are five bytes and no more. */
	struct bytes rows = vector_data("batch-rows-bomb");
	struct envelope e;
	struct batch *batch = NULL;
	assert_int_equal(envelope_peek(bytes_slice(&rows), &e), STATUS_OK);
	start_counting();
	assert_int_equal(batch_read(e.payload, &batch), STATUS_MALFORMED);
	assert_in_range(allocated, 1, 32 * 1024);
	bytes_free(&rows);
}

static void in_09_deep_nesting_is_refused_at_once(void **state)
{
	(void)state;
	enum { DEEP = 100000 };
	uint8_t *deep = malloc(DEEP);
	assert_non_null(deep);
	memset(deep, 0x81, DEEP);
	assert_refused_cheaply(slice_of(deep, DEEP));
	free(deep);
}

static bool is_of_items(const struct read_vector *v)
{
	return begins(v->why, "cbor:") || begins(v->why, "message:") || begins(v->why, "rows:") ||
	       begins(v->why, "head:");
}

/* Longer heads, indefinite lengths, keys twice or out of order, floats, tags: wherever they stand. */
static void in_10_what_is_not_deterministic_is_refused(void **state)
{
	(void)state;
	assert_in_range(hold(is_of_items), 200, SIZE_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_good_vector_is_taken),
		cmocka_unit_test(every_bad_vector_is_refused_where_it_must_be),
		cmocka_unit_test(id_01_forged_and_misformed_envelopes_are_refused),
		cmocka_unit_test(id_02_second_forms_of_signatures_and_weak_keys_are_refused),
		cmocka_unit_test(in_06_a_bomb_costs_no_more_than_what_it_declares),
		cmocka_unit_test(in_07_only_one_whole_stream_of_the_declared_size_is_taken),
		cmocka_unit_test(in_08_a_huge_count_in_five_bytes_allocates_nothing),
		cmocka_unit_test(in_09_deep_nesting_is_refused_at_once),
		cmocka_unit_test(in_10_what_is_not_deterministic_is_refused),
	};
	return cmocka_run_group_tests_name("vectors", tests, start_signing, NULL);
}
