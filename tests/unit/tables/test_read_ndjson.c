#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sample_table.h"
#include "tests/unit/protocol/random_fixture.h"

static void expect_rows(struct slice table, const char *seen)
{
	static const size_t pieces[] = {1, 7, 1000000};
	for (size_t i = 0; i < 3; i++) {
		struct sample s = sample_of(table, pieces[i]);
		assert_int_equal(sample_run(&s, FORMAT_NDJSON), STATUS_OK);
		bytes_put_u8(&s.seen, '\0');
		assert_string_equal((const char *)s.seen.data, seen);
		bytes_free(&s.seen);
	}
}

static void expect(const char *table, const char *seen)
{
	expect_rows(slice_str(table), seen);
}

static void test_every_type_of_json_becomes_a_cell(void **state)
{
	(void)state;
	expect("{\"a\":\"x\",\"b\":-5,\"c\":true,\"d\":false,\"e\":null,\"f\":1.5,\"g\":[1],\"h\":{},\"i\":\"\"}\n",
	       "1 ok a=x|b=number-5|c=bool1|d=bool0|e=null|f=other|g=other|h=other|i=\n");
	expect("{}", "1 ok \n");
}

static void test_blank_lines_and_carriage_returns_are_tolerated(void **state)
{
	(void)state;
	expect("\r\n{\"a\":1}\r\n \t\r\n\n{\"a\":2}", "2 ok a=number1\n5 ok a=number2\n");
	expect("\xef\xbb\xbf{\"a\":1}\n", "1 ok a=number1\n");
	expect("", "");
}

static void test_a_line_that_is_not_one_object_is_a_fault_and_reading_goes_on(void **state)
{
	(void)state;
	expect("nonsense\n[1]\n{\"a\":1}{\"a\":2}\n{\"a\":\n\"x\"\n{\"a\":3}\n",
	       "1 not-json \n2 not-json \n3 not-json \n4 not-json \n5 not-json \n6 ok a=number3\n");
}

static void test_a_name_that_stands_twice_is_a_fault(void **state)
{
	(void)state;
	expect("{\"a\":1,\"a\":2}\n", "1 not-json \n");
}

static void test_integers_beyond_64_bits_are_a_fault(void **state)
{
	(void)state;
	expect("{\"a\":9223372036854775807}\n{\"a\":9223372036854775808}\n{\"a\":-9223372036854775809}\n",
	       "1 ok a=number9223372036854775807\n2 bad-number \n3 bad-number \n");
}

static void test_what_is_no_text_is_a_fault(void **state)
{
	(void)state;
	expect("{\"a\":\"\xff\"}\n{\"a\":\"\\u0000\"}\n{\"a\":\"\\ud800\"}\n{\"a\":\"\\u01a1\"}\n",
	       "1 not-text \n2 not-text \n3 not-json \n4 ok a=ơ\n");
	expect_rows(slice_of("{\"a\":\"x\0\"}\n", 11), "1 not-json \n");
}

/* One object of len bytes, and another after it. */
static struct bytes long_line(size_t len)
{
	struct bytes table = bytes_new(1024 * 1024);
	bytes_put_str(&table, "{\"a\":\"");
	uint8_t *letters = bytes_grow(&table, len - 8);
	assert_non_null(letters);
	memset(letters, 'z', len - 8);
	bytes_put_str(&table, "\"}\n{\"a\":1}\n");
	return table;
}

static void test_a_line_over_the_limit_is_a_fault_and_reading_goes_on(void **state)
{
	(void)state;
	static const size_t lengths[] = {LIMIT_LINE, LIMIT_LINE + 1, LIMIT_LINE * 5};
	static const size_t pieces[] = {1000, 1000000};
	for (size_t i = 0; i < 6; i++) {
		size_t len = lengths[i / 2];
		struct bytes table = long_line(len);
		struct sample s = sample_of(bytes_slice(&table), pieces[i % 2]);
		assert_int_equal(sample_run(&s, FORMAT_NDJSON), STATUS_OK);
		bytes_put_u8(&s.seen, '\0');
		if (len > LIMIT_LINE)
			assert_string_equal((const char *)s.seen.data, "1 too-long \n2 ok a=number1\n");
		else
			assert_memory_equal(s.seen.data, "1 ok a=zzz", 10);
		assert_int_equal(s.report.rows, 2);
		bytes_free(&s.seen);
		bytes_free(&table);
	}
}

static void test_an_unended_line_over_the_limit_is_a_fault(void **state)
{
	(void)state;
	struct bytes table = long_line(LIMIT_LINE * 2);
	struct sample s = sample_of(slice_of(table.data, LIMIT_LINE + 100), 1000);
	assert_int_equal(sample_run(&s, FORMAT_NDJSON), STATUS_OK);
	bytes_put_u8(&s.seen, '\0');
	assert_string_equal((const char *)s.seen.data, "1 too-long \n");
	bytes_free(&s.seen);
	bytes_free(&table);
}

static void test_too_many_members_are_a_fault(void **state)
{
	(void)state;
	for (size_t count = LIMIT_COLUMNS; count <= LIMIT_COLUMNS + 1; count++) {
		struct bytes table = bytes_new(64 * 1024);
		for (size_t i = 0; i < count; i++) {
			char member[32];
			(void)snprintf(member, sizeof member, "%c\"m%zu\":1", i == 0 ? '{' : ',', i);
			bytes_put_str(&table, member);
		}
		bytes_put_str(&table, "}\n");
		struct sample s = sample_of(bytes_slice(&table), 100000);
		assert_int_equal(sample_run(&s, FORMAT_NDJSON), STATUS_OK);
		const char *begins = count > LIMIT_COLUMNS ? "1 too-wide m0=number1|" : "1 ok m0=number1|";
		assert_memory_equal(s.seen.data, begins, strlen(begins));
		bytes_free(&s.seen);
		bytes_free(&table);
	}
}

static void put_member(struct bytes *line, struct random *r)
{
	static const char *const names[] = {"k", "code", "mã", "", "a b", "K"};
	static const char *const values[] = {"1",        "-5",     "0",           "-0",    "123456789012345678",
					     "\"x\"",    "\"\"",   "\"Hộ tịch\"", "true",  "1234567890123456789",
					     "false",    "null",   "1.5",         "01",    "-",
					     "1e3",      "[1]",    "{}",          "tru",   "\"\\n\"",
					     "\"\x7f\"", "\"\t\"", "+1",          "nulls", "99999999999999999999"};
	bytes_put_str(line, random_below(r, 4) == 0 ? " , " : ",");
	bytes_put_str(line, "\"");
	bytes_put_str(line, names[random_below(r, sizeof(names) / sizeof(names[0]))]);
	bytes_put_str(line, random_below(r, 4) == 0 ? "\"\t: " : "\":");
	/* Mostly what is sound, or no line would be. */
	bytes_put_str(line, values[random_below(r, random_below(r, 8) == 0 ? 25 : 12)]);
}

/* Neither the word nor the reason of a line depends on which reader took it: an escape in a name asks for the
 * other.
 */
static void test_plain_lines_are_read_as_others_are(void **state)
{
	(void)state;
	static const char escaped[] = "{\"\\u006b\":";
	struct random r = {3};
	size_t sound = 0;
	for (size_t round = 0; round < 20000; round++) {
		struct bytes plain = bytes_new(1000);
		struct bytes other = bytes_new(1000);
		bytes_put_str(&plain, "{\"k\":7");
		for (uint64_t n = random_below(&r, 4); n > 0; n--)
			put_member(&plain, &r);
		bytes_put_str(&plain, random_below(&r, 4) == 0 ? " }\r" : "}");
		if (random_below(&r, 3) == 0)
			plain.data[5 + random_below(&r, plain.len - 5)] = (uint8_t)random_next(&r);
		bytes_put_str(&other, escaped);
		bytes_put(&other, plain.data + 5, plain.len - 5);
		struct sample a = sample_of(bytes_slice(&plain), 1000);
		struct sample b = sample_of(bytes_slice(&other), 1000);
		assert_int_equal(sample_run(&a, FORMAT_NDJSON), STATUS_OK);
		assert_int_equal(sample_run(&b, FORMAT_NDJSON), STATUS_OK);
		if (!slice_equal(bytes_slice(&a.seen), bytes_slice(&b.seen)))
			fail_msg("%.*s", (int)plain.len, (const char *)plain.data);
		sound += a.seen.len > 4 && memcmp(a.seen.data, "1 ok", 4) == 0 ? 1 : 0;
		bytes_free(&plain);
		bytes_free(&other);
		bytes_free(&a.seen);
		bytes_free(&b.seen);
	}
	assert_in_range(sound, 2000, 18000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_type_of_json_becomes_a_cell),
		cmocka_unit_test(test_blank_lines_and_carriage_returns_are_tolerated),
		cmocka_unit_test(test_a_line_that_is_not_one_object_is_a_fault_and_reading_goes_on),
		cmocka_unit_test(test_a_name_that_stands_twice_is_a_fault),
		cmocka_unit_test(test_integers_beyond_64_bits_are_a_fault),
		cmocka_unit_test(test_what_is_no_text_is_a_fault),
		cmocka_unit_test(test_a_line_over_the_limit_is_a_fault_and_reading_goes_on),
		cmocka_unit_test(test_an_unended_line_over_the_limit_is_a_fault),
		cmocka_unit_test(test_too_many_members_are_a_fault),
		cmocka_unit_test(test_plain_lines_are_read_as_others_are),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
