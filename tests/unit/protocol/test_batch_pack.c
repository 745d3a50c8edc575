#include "cbor_fixture.h"
#include "random_fixture.h"

#include "protocol/batch_pack.h"
#include "protocol/cbor.h"
#include "protocol/deflate.h"

enum { ROOM = 256 * 1024, HEADER_LEN = 2, NAME_LEN = 4 };

static struct bytes packed(struct slice rows)
{
	struct bytes out = bytes_new(ROOM);
	assert_int_equal(batch_pack(rows, &out), STATUS_OK);
	return out;
}

static void assert_comes_back(struct slice rows)
{
	struct bytes z = packed(rows);
	struct bytes raw = bytes_new(ROOM);
	assert_int_equal(batch_unpack(bytes_slice(&z), true, rows.len, &raw), STATUS_OK);
	assert_true(slice_equal(bytes_slice(&raw), rows));
	bytes_free(&raw);
	bytes_free(&z);
}

/* Batches are kept for good: what stands in the dictionary can never change, so its name is told here once more. */
static void test_the_dictionary_is_the_one_that_the_protocol_names(void **state)
{
	(void)state;
	static const uint8_t name[NAME_LEN] = {0xaf, 0x18, 0x73, 0xe2};
	struct bytes z = packed(slice_str("\xa7"));
	assert_true(z.len > HEADER_LEN + NAME_LEN);
	assert_memory_equal(z.data + HEADER_LEN, name, NAME_LEN);
	bytes_free(&z);
}

static void test_streams_without_the_dictionary_are_read(void **state)
{
	(void)state;
	struct slice rows = slice_str("as earlier writers sealed them");
	struct bytes z = bytes_new(ROOM);
	struct bytes raw = bytes_new(ROOM);
	assert_int_equal(deflate_pack(rows, NULL, &z), STATUS_OK);
	for (int dictionary = 0; dictionary < 2; dictionary++) {
		bytes_clear(&raw);
		assert_int_equal(batch_unpack(bytes_slice(&z), dictionary == 1, rows.len, &raw), STATUS_OK);
		assert_true(slice_equal(bytes_slice(&raw), rows));
	}
	bytes_free(&raw);
	bytes_free(&z);
}

static void test_the_dictionary_is_taken_only_where_it_may_be(void **state)
{
	(void)state;
	struct slice rows = slice_str("of version 1, which had none");
	struct bytes z = packed(rows);
	struct bytes raw = bytes_new(ROOM);
	assert_int_equal(batch_unpack(bytes_slice(&z), false, rows.len, &raw), STATUS_MALFORMED);
	assert_int_equal(raw.len, 0);
	bytes_free(&raw);
	bytes_free(&z);
}

/* Long columns, each of few values that its neighbours do not have, between short ones. */
static struct bytes long_columns(uint8_t columns, size_t n)
{
	struct random r = {7};
	struct bytes rows = bytes_new(ROOM);
	struct bytes column = bytes_new(ROOM);
	cbor_put_map(&rows, columns);
	for (uint8_t key = 0; key < columns; key++) {
		bytes_clear(&column);
		for (size_t i = 0; i < (key % 2 == 0 ? n : 3); i++)
			bytes_put_u8(&column, (uint8_t)(40 * (key % 4) + random_below(&r, 12)));
		cbor_put_uint(&rows, key);
		cbor_put_bytes(&rows, column.data, column.len);
	}
	bytes_free(&column);
	return rows;
}

static void test_long_columns_are_packed_apart(void **state)
{
	(void)state;
	struct bytes rows = long_columns(4, 8000);
	struct bytes plain = bytes_new(ROOM);
	struct bytes z = packed(bytes_slice(&rows));
	assert_int_equal(deflate_pack(bytes_slice(&rows), NULL, &plain), STATUS_OK);
	assert_true(z.len * 10 < plain.len * 9);
	assert_comes_back(bytes_slice(&rows));
	bytes_free(&plain);
	bytes_free(&rows);
	bytes_free(&z);
}

/* One batch cannot have as many; the rest of them shares a block. */
static void test_more_long_columns_than_blocks_come_back(void **state)
{
	(void)state;
	struct bytes rows = long_columns(200, 400);
	assert_comes_back(bytes_slice(&rows));
	bytes_free(&rows);
}

/* Whatever the bytes are, and wherever they break off. */
static void test_everything_comes_back(void **state)
{
	(void)state;
	struct random r = {11};
	struct bytes rows = long_columns(4, 6100);
	for (size_t round = 0; round < 300; round++) {
		rows.data[random_below(&r, rows.len)] = (uint8_t)random_next(&r);
		assert_comes_back(slice_of(rows.data, rows.len - random_below(&r, 7000)));
	}
	assert_comes_back(slice_of(rows.data, 0));
	bytes_free(&rows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_dictionary_is_the_one_that_the_protocol_names),
		cmocka_unit_test(test_streams_without_the_dictionary_are_read),
		cmocka_unit_test(test_the_dictionary_is_taken_only_where_it_may_be),
		cmocka_unit_test(test_long_columns_are_packed_apart),
		cmocka_unit_test(test_more_long_columns_than_blocks_come_back),
		cmocka_unit_test(test_everything_comes_back),
	};
	return cmocka_run_group_tests_name("batch_pack", tests, NULL, NULL);
}
