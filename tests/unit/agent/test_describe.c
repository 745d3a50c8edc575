#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "agent/describe.h"
#include "config/messages.h"
#include "config/wording.h"
#include "protocol/tables/row.h"

/* In English, which needs no catalogue. */
static int speak_english(void **state)
{
	(void)state;
	return messages_open("en") == STATUS_OK ? 0 : -1;
}

static void every_fault_of_a_row_has_a_sentence(void **state)
{
	(void)state;
	for (int fault = ROW_OK + 1; fault <= ROW_UNKNOWN_FIELD; fault++) {
		const char *word = row_fault_name((enum row_fault)fault);
		assert_ptr_not_equal(wording_reason(word), word);
	}
}

static void every_reason_of_a_table_has_a_sentence(void **state)
{
	(void)state;
	static const char *const words[] = {"header-unknown", "header-repeated", "header-empty", "header-not-text",
					    "header-quote",   "too-wide",        "too-long",     "utf-16",
					    "not-utf-8",      "empty",           "spreadsheet",  "html",
					    "not-a-file"};
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		assert_ptr_not_equal(wording_reason(words[i]), words[i]);
}

static void assert_described(enum field field, const struct value *value, const char *expected)
{
	struct bytes text = bytes_new(LIMIT_TEXT);
	describe_value(schema_field(field), value, &text);
	bytes_put_u8(&text, '\0');
	assert_int_equal(bytes_status(&text), STATUS_OK);
	assert_string_equal((const char *)text.data, expected);
	bytes_free(&text);
}

static void a_value_is_shown_in_words(void **state)
{
	(void)state;
	struct value value = {.state = VALUE_NUMBER, .number = DOSSIER_ACCEPTED};
	assert_described(FIELD_STATUS, &value, "accepted");
	value.number = date_start(date_from(2024, 5, 22));
	assert_described(FIELD_DUE_AT, &value, "2024-05-22");
	value.number += 8 * 60 * 60 * 1000;
	assert_described(FIELD_DUE_AT, &value, "2024-05-22 08:00:00");
	value.number = 12000;
	assert_described(FIELD_FEE, &value, "12000");
	value = (struct value){.state = VALUE_NULL};
	assert_described(FIELD_FEE, &value, "(cleared)");
	value = (struct value){.state = VALUE_ABSENT};
	assert_described(FIELD_FEE, &value, "");
}

static void the_fields_of_a_kind_begin_with_its_key(void **state)
{
	(void)state;
	struct bytes text = bytes_new(LIMIT_LINE);
	describe_fields(KIND_INDICATOR, &text);
	bytes_put_u8(&text, '\0');
	assert_int_equal(bytes_status(&text), STATUS_OK);
	assert_string_equal((const char *)text.data, "unit, name, period, void, value, of, changed_at");
	bytes_free(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_fault_of_a_row_has_a_sentence),
		cmocka_unit_test(every_reason_of_a_table_has_a_sentence),
		cmocka_unit_test(a_value_is_shown_in_words),
		cmocka_unit_test(the_fields_of_a_kind_begin_with_its_key),
	};
	return cmocka_run_group_tests(tests, speak_english, NULL);
}
