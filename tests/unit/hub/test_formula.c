#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "hub/formula.h"

static struct formula parsed(const char *text)
{
	struct formula f;
	assert_int_equal(formula_parse(slice_str(text), &f), STATUS_OK);
	return f;
}

static void refused(const char *text)
{
	struct formula f = {.n = 77};
	assert_int_equal(formula_parse(slice_str(text), &f), STATUS_REFUSED);
	assert_int_equal(f.n, 77);
}

static void test_signs_between_blanks_part_figures(void **state)
{
	(void)state;
	struct formula f = parsed("ho-so + of  ho-so - dossiers.done_late");
	assert_int_equal(f.n, 3);
	assert_string_equal(f.terms[0].name, "ho-so");
	assert_int_equal(f.terms[0].kind, FIGURE_VALUE);
	assert_false(f.terms[0].minus || f.terms[1].minus);
	assert_int_equal(f.terms[1].kind, FIGURE_OF);
	assert_true(f.terms[2].minus);
	assert_int_equal(f.terms[2].kind, FIGURE_DOSSIERS);
	assert_string_equal(formula_count_name(f.terms[2].count), "done_late");
	f = parsed("hai chữ, và-gạch");
	assert_int_equal(f.n, 1);
	assert_string_equal(f.terms[0].name, "hai chữ, và-gạch");
}

/* As the record table keeps them: NFC, trimmed. */
static void test_names_are_in_normal_form(void **state)
{
	(void)state;
	struct formula f = parsed("  ho\xcc\x82\xcc\x80 so\xcc\x9b  ");
	assert_string_equal(f.terms[0].name, "h\xe1\xbb\x93 s\xc6\xa1");
}

static void test_what_is_no_sum_is_refused(void **state)
{
	(void)state;
	char text[100];
	refused("");
	refused("  ");
	refused("a + ");
	refused(" + a");
	refused("dossiers.");
	refused("dossiers.Done");
	refused("a\xff");
	memset(text, 'a', sizeof(text));
	text[LIMIT_NAME] = '\0';
	(void)parsed(text);
	text[LIMIT_NAME] = 'a';
	text[LIMIT_NAME + 1] = '\0';
	refused(text);
	(void)parsed("a + a + a + a + a + a + a + a + a + a + a + a");
	refused("a + a + a + a + a + a + a + a + a + a + a + a + a");
}

static void test_a_figure_is_written_as_it_is_read(void **state)
{
	(void)state;
	static const char *const figures[] = {"ho-so", "of ho-so", "dossiers.received"};
	char text[FIGURE_TEXT];
	for (size_t i = 0; i < 3; i++) {
		struct formula f = parsed(figures[i]);
		assert_string_equal(formula_figure(&f.terms[0], text), figures[i]);
	}
}

/* Each count has a name of its own and shows another cell. */
static void test_every_count_is_a_cell_of_its_own(void **state)
{
	(void)state;
	struct cells c = {.received = 1000000, .carried_in = 2000000, .done = 300000, .open = 40000};
	c.rate_input_digitised = 1;
	c.rate_result_digitised = 2;
	c.digitised_done = 3;
	c.reused_received = 4;
	c.fee_received = 5;
	c.rate_paid_online = 6;
	c.rated_done = 7;
	c.rate_satisfied = 8;
	c.dissatisfied_done = 9;
	c.input_stated = 10;
	c.result_stated = 11;
	c.digitised_stated = 12;
	c.reused_stated = 13;
	c.paid_stated = 14;
	static const char *const names[] = {"input_digitised",
					    "result_digitised",
					    "digitised",
					    "reused",
					    "fee",
					    "paid_online",
					    "rated",
					    "satisfied",
					    "dissatisfied",
					    "input_stated",
					    "result_stated",
					    "digitised_stated",
					    "reused_stated",
					    "paid_stated"};
	for (int i = 0; i < 14; i++) {
		char text[FIGURE_TEXT];
		(void)snprintf(text, sizeof(text), "dossiers.%s", names[i]);
		assert_int_equal(formula_count_value(&c, parsed(text).terms[0].count), i + 1);
	}
	assert_int_equal(formula_count_value(&c, parsed("dossiers.total_in").terms[0].count), 3000000);
	assert_int_equal(formula_count_value(&c, parsed("dossiers.gap").terms[0].count), 2660000);
	for (int i = 0; i < formula_count_total(); i++)
		for (int k = 0; k < i; k++)
			assert_string_not_equal(formula_count_name(i), formula_count_name(k));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_signs_between_blanks_part_figures),
		cmocka_unit_test(test_names_are_in_normal_form),
		cmocka_unit_test(test_what_is_no_sum_is_refused),
		cmocka_unit_test(test_a_figure_is_written_as_it_is_read),
		cmocka_unit_test(test_every_count_is_a_cell_of_its_own),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
