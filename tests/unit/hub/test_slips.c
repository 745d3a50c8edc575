#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config/messages.h"
#include "hub/slips.h"
#include "tests/unit/hub/hub_fixture.h"

static const char UNKIND[] = "code,name,level,parent,phone\n"
			     "27,Tinh,province,,<b>0209</b> & \"1\"\n"
			     "058,\"</h1><script>alert('x')</script> & \"\"A\"\"\",district,27,\n";

/* A sheet of one slip; the caller frees it. */
static char *sheet_of(struct fixture *f, const char *unit, const char *code, bool confirm)
{
	char *text = NULL;
	size_t len = 0;
	struct slip_sheet sheet;
	FILE *out = open_memstream(&text, &len);
	assert_non_null(out);
	assert_int_equal(slips_sheet(f->hub, out, confirm, &sheet), STATUS_OK);
	int index = registry_find_unit(f->hub->registry, slice_str(unit));
	assert_int_not_equal(index, UNIT_NONE);
	struct slip slip = {
		.unit = registry_unit(f->hub->registry, index), .code = code, .expires = INT64_C(1716350460000)};
	slips_begin(&sheet);
	slips_put(&sheet, &slip);
	slips_end(&sheet);
	assert_int_equal(fclose(out), 0);
	return text;
}

static size_t count(const char *text, const char *what)
{
	size_t n = 0;
	for (const char *at = strstr(text, what); at != NULL; at = strstr(at + 1, what))
		n++;
	return n;
}

static void assert_says(const char *text, const char *what)
{
	if (strstr(text, what) == NULL)
		fail_msg("'%s' does not stand in:\n%s", what, text);
}

static void test_a_slip_says_all_a_clerk_needs(void **state)
{
	struct fixture *f = *state;
	struct units_fault fault;
	assert_int_equal(
		import_units(f->hub, "code,name,level,parent,phone\n27,Tinh,province,,0209 3870 425\n", &fault),
		STATUS_OK);
	char *text = sheet_of(f, "05801", "hub.test:8443/041061050R3GG28A1C60T3GF208H44RM2MB1E60S38RR", true);
	assert_says(text, "<html lang=\"en\">");
	assert_says(text, "<h1>Xa A1 (05801)</h1>");
	assert_says(text, "hub.test:8443/</span>");
	assert_says(text, "<span>0410</span>\n<span>6105</span>");
	assert_says(text, "<span>38RR</span>");
	assert_int_equal(count(text, "<span>") - count(text, "<p class=\"top\"><span>") - 1, 11);
	assert_says(text, "<strong>11:01, 22/05/2024</strong>");
	assert_says(text, "<strong>0209 3870 425</strong>");
	assert_says(text, "32 digits");
	assert_says(text, "Tinh Thu");
	free(text);
	text = sheet_of(f, "05801", "041061050R3GG28A1C60T3GF208H44RM2MB1E60S38RR", false);
	assert_says(text, "--url");
	assert_says(text, "at once");
	assert_int_equal(count(text, "class=\"host\""), 0);
	free(text);
}

static void test_without_a_telephone_none_is_promised(void **state)
{
	char *text = sheet_of(*state, "05801", "041061050R3GG28A1C60T3GF208H44RM2MB1E60S38RR", true);
	assert_int_equal(count(text, "Telephone"), 0);
	free(text);
}

/* What people call their units is text, whatever it looks like; and nothing is loaded or run. */
static void test_names_are_text_and_nothing_is_run(void **state)
{
	struct fixture *f = *state;
	struct units_fault fault;
	assert_int_equal(import_units(f->hub, UNKIND, &fault), STATUS_OK);
	char *text = sheet_of(f, "058", "a.test/041061050R3GG28A1C60T3GF208H44RM2MB1E60S38RR", true);
	assert_says(
		text,
		"<h1>&lt;/h1&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &quot;A&quot; (058)</h1>");
	assert_says(text, "&lt;b&gt;0209&lt;/b&gt; &amp; &quot;1&quot;");
	assert_says(text, "default-src 'none'");
	static const char *const never[] = {
		"<script", "<img", "<link", "href=", "src=", "url(", "http:", "https:", "@import"};
	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
		assert_int_equal(count(text, never[i]), 0);
	free(text);
}

static int english_up(void **state)
{
	return messages_open("en") == STATUS_OK ? fixture_up(state) : -1;
}

#define SLIP_TEST(test) cmocka_unit_test_setup_teardown(test, english_up, fixture_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SLIP_TEST(test_a_slip_says_all_a_clerk_needs),
		SLIP_TEST(test_without_a_telephone_none_is_promised),
		SLIP_TEST(test_names_are_text_and_nothing_is_run),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
