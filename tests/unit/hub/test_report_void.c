#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hub/report_void.h"
#include "tests/unit/hub/reading_fixture.h"

struct listed {
	char text[2000];
};

/* "kind key unit replaced-by day device" a line. */
static enum status list(void *context, const struct void_line *line)
{
	struct listed *listed = context;
	size_t used = strlen(listed->text);
	char date[DATE_TEXT];
	(void)snprintf(listed->text + used, sizeof(listed->text) - used, "%s %.*s %.*s %.*s %s %d\n",
		       schema_kind_name(line->kind), (int)line->key.len, (const char *)line->key.data,
		       (int)line->unit.len, (const char *)line->unit.data, (int)line->replaced_by.len,
		       line->replaced_by.len == 0 ? "" : (const char *)line->replaced_by.data,
		       date_format(date_of(origin_stamp(line->origin)), date), line->origin->device[0]);
	return STATUS_OK;
}

static struct listed walk(const struct hub_tables *h, const char *unit)
{
	struct listed listed = {0};
	struct unit_map map;
	assert_int_equal(unit_map_new(h->registry, day("2024-12-31"), &map), STATUS_OK);
	assert_int_equal(void_walk(h->db, &map, unit_index(h, unit), list, &listed), STATUS_OK);
	unit_map_free(&map);
	return listed;
}

static void assert_listed(const struct hub_tables *h, const char *unit, const char *expected)
{
	struct listed listed = walk(h, unit);
	assert_string_equal(listed.text, expected);
}

static void test_void_things_of_every_kind_are_listed_until_they_are_back(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	tell(&h, 1, KIND_DOSSIER, "A-1", "2024-03-01T08:00:00", "status=accepted");
	tell(&h, 1, KIND_DOSSIER, "A-2", "2024-03-01T08:00:00", "status=accepted");
	tell(&h, 3, KIND_EQUIPMENT, "PC-1", "2024-03-01T08:00:00", "state=in_use");
	tell(&h, 2, KIND_INDICATOR, "05802|2024-Q1|fibre", "2024-03-01T08:00:00", "value=7");
	assert_listed(&h, "27", "");
	tell(&h, 4, KIND_DOSSIER, "A-1", "2024-03-05T08:00:00", "void=true");
	tell(&h, 3, KIND_EQUIPMENT, "PC-1", "2024-03-06T08:00:00", "void=true");
	tell(&h, 2, KIND_INDICATOR, "05802|2024-Q1|fibre", "2024-03-07T08:00:00", "void=true");
	assert_listed(&h, "27",
		      "dossier A-1 05801  2024-03-05 4\n"
		      "equipment PC-1 05901  2024-03-06 3\n"
		      "indicator 05802|2024-Q1|fibre 05802  2024-03-07 2\n");
	assert_listed(&h, "059", "equipment PC-1 05901  2024-03-06 3\n");
	tell(&h, 1, KIND_DOSSIER, "A-1", "2024-03-08T08:00:00", "void=");
	tell(&h, 3, KIND_EQUIPMENT, "PC-1", "2024-03-08T08:00:00", "void=false");
	assert_listed(&h, "27", "indicator 05802|2024-Q1|fibre 05802  2024-03-07 2\n");
	tables_free(&h);
}

static void test_replaced_codes_are_listed_with_what_replaced_them(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	tell(&h, 1, KIND_DOSSIER, "L-1", "2024-03-01T08:00:00", "status=accepted");
	tell(&h, 1, KIND_DOSSIER, "L-1", "2024-03-02T08:00:00", "replaced_by=A-1");
	/* An official code is replaced by none (rule 7). */
	tell(&h, 1, KIND_DOSSIER, "A-2", "2024-03-02T08:00:00", "replaced_by=A-1");
	struct listed listed = walk(&h, "27");
	assert_memory_equal(listed.text, "dossier L-1 05801 A-1", 21);
	assert_null(strstr(listed.text, "A-2"));
	tell(&h, 1, KIND_DOSSIER, "L-1", "2024-03-03T08:00:00", "replaced_by=");
	assert_listed(&h, "27", "");
	tables_free(&h);
}

/* A device that has no say about a thing takes nothing back (rule 5). */
static void test_word_that_does_not_count_takes_nothing_back(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	tell(&h, 1, KIND_DOSSIER, "A-1", "2024-03-01T08:00:00", "status=accepted");
	tell(&h, 3, KIND_DOSSIER, "A-1", "2024-03-05T08:00:00", "void=true");
	assert_listed(&h, "27", "");
	tables_free(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_void_things_of_every_kind_are_listed_until_they_are_back),
		cmocka_unit_test(test_replaced_codes_are_listed_with_what_replaced_them),
		cmocka_unit_test(test_word_that_does_not_count_takes_nothing_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
