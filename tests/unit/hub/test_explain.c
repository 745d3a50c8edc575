#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "explain_fixture.h"
#include "hub/explain_print.h"

#define DONE " status=returned due_at=2024-05-20 finished_at=2024-05-14 returned_at=2024-05-15"
#define HEAD "code,unit,status,received_at,due_at,finished_at,returned_at,linked_to\n"
#define ROW  "returned,2024-05-06,2024-05-20,2024-05-14,2024-05-15,"

static void known(struct hub_tables *h, const char *code, const char *unit, const char *received)
{
	char fields[256];
	(void)snprintf(fields, sizeof(fields), "unit=%s received_at=%s" DONE, unit, received);
	tell(h, 4, KIND_DOSSIER, code, "2024-05-16T08:00:00", fields);
}

static void test_the_same_list_has_nothing_to_tell(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	known(&h, "A", "05801", "2024-05-06");
	known(&h, "B", "05802", "2024-05-06");
	struct explain e = explained(&h, "058", HEAD "A,05801," ROW "\nB,05802," ROW "\n");
	assert_int_equal(e.n_dossiers, 0);
	assert_int_equal(e.here.done_early, 2);
	assert_int_equal(e.there.done_early, 2);
	explain_free(&e);
	tables_free(&h);
}

static void test_presence(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	known(&h, "A", "05801", "2024-05-06");
	known(&h, "B", "05801", "2024-04-06");
	known(&h, "L-1-1-240506-1", "05801", "2024-05-06");
	assert_causes(&h, "058", HEAD "X,05801," ROW "\n",
		      "here-only 1, carried-in 1, provisional 1, there-only 1");
	/* An empty list is a list: all of ours is here alone. */
	assert_causes(&h, "058", HEAD, "here-only 1, carried-in 1, provisional 1");
	/* What is outside the period on both sides concerns nobody. */
	known(&h, "C", "05801", "2024-06-06");
	assert_causes(&h, "058", HEAD "A,05801," ROW "\nD,05801,accepted,2024-06-07,,,,\n",
		      "carried-in 1, provisional 1");
	tables_free(&h);
}

/* The row of our unit is the one that is compared, wherever it stands; the others are counted again. */
static void test_a_code_in_several_rows(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	known(&h, "A", "05802", "2024-05-06");
	assert_causes(&h, "058", HEAD "A,05801," ROW "\nA,05802," ROW "\n", "linked 1");
	assert_causes(&h, "058", HEAD "A,05802," ROW "\nA,05802," ROW "\nA,," ROW "\n", "duplicate 1");
	struct explain e = explained(&h, "058", HEAD "A,05802," ROW "\nA,05802," ROW "\nA,," ROW "\n");
	assert_int_equal(e.less[CAUSE_DUPLICATE][CELL_RECEIVED], -2);
	assert_int_equal(e.dossiers[CAUSE_DUPLICATE][CELL_RECEIVED], 1);
	explain_free(&e);
	/* One that is not of the unit asked for is compared only where there is no other. */
	assert_causes(&h, "058", HEAD "A,05901," ROW "\nA,05801," ROW "\n", "");
	assert_causes(&h, "058", HEAD "A,05802," ROW "\nX,05901," ROW "\nX,05801," ROW "\n", "there-only 1");
	assert_causes(&h, "058", HEAD "A,05901," ROW "\nA,05901," ROW "\n", "unit 1");
	/* The part of a linked dossier under a code of its own, on either side. */
	assert_causes(&h, "058", HEAD "A,05802," ROW "\nA.1,05801," ROW "A\n", "linked 1");
	tell(&h, 4, KIND_DOSSIER, "A.2", "2024-05-16T08:00:00",
	     "unit=05801 received_at=2024-05-06 linked_to=A" DONE);
	assert_causes(&h, "058", HEAD "A,05802," ROW "\n", "linked 1");
	tables_free(&h);
}

static void test_units(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	known(&h, "A", "05801", "2024-05-06");
	tell(&h, 3, KIND_DOSSIER, "B", "2024-05-16T08:00:00", "unit=05901 received_at=2024-05-06" DONE);
	/* Ours elsewhere, theirs elsewhere. */
	assert_causes(&h, "058", HEAD "A,05901," ROW "\nB,05802," ROW "\n", "unit 2");
	/* For the whole province it is the same. */
	assert_causes(&h, "27", HEAD "A,05901," ROW "\nB,05802," ROW "\n", "");
	/* Codes of another scheme say nothing of units. */
	assert_causes(&h, "27", HEAD "A,H27.1," ROW "\nB,H27.2," ROW "\n", "");
	assert_causes(&h, "27", HEAD "A,H27.1," ROW "\nB,05901," ROW "\n", "unit 1");
	tables_free(&h);
}

static void test_void_and_without_a_say(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	known(&h, "A", "05801", "2024-05-06");
	tell(&h, 4, KIND_DOSSIER, "A", "2024-05-17T08:00:00", "void=true");
	/* Known, but no write of it counts: the device is not the unit's. */
	tell(&h, 3, KIND_DOSSIER, "B", "2024-05-16T08:00:00", "unit=05801 received_at=2024-05-06" DONE);
	assert_causes(&h, "058", HEAD "A,05801," ROW "\nB,05801," ROW "\n", "void 1, conflict 1");
	/* What they have taken back themselves counts nowhere. */
	assert_causes(&h, "058",
		      "{\"code\":\"A\",\"received_at\":\"2024-05-06\",\"void\":true}\n"
		      "{\"code\":\"C\",\"received_at\":\"2024-04-06\",\"status\":\"done\","
		      "\"finished_at\":\"2024-04-07\"}\n",
		      "");
	tables_free(&h);
}

/* What a device split off stands here under a code of its own; in the list both are one. */
static void test_a_code_that_was_split(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	known(&h, "A", "05801", "2024-05-06");
	known(&h, "A@0404", "05801", "2024-05-06");
	assert_causes(&h, "058", HEAD "A,05801," ROW "\n", "conflict 1");
	assert_causes(&h, "058", HEAD "B,05801," ROW "\n", "here-only 2, there-only 1");
	tables_free(&h);
}

/* As long as nobody has accepted it. */
static void test_a_contradiction_here(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	known(&h, "A", "05801", "2024-05-06");
	static const char list[] = HEAD "A,05801,returned,2024-04-06,2024-05-20,2024-05-14,2024-05-15,\n";
	assert_causes(&h, "058", list, "received-date 1");
	assert_int_equal(database_script(h.db, "INSERT INTO conflict VALUES ('A', 4, x'01')"), STATUS_OK);
	assert_causes(&h, "058", list, "conflict 1");
	assert_int_equal(database_script(h.db, "INSERT INTO accepted VALUES ('A', x'02')"), STATUS_OK);
	assert_causes(&h, "058", list, "conflict 1");
	assert_int_equal(database_script(h.db, "UPDATE accepted SET fingerprint = x'01'"), STATUS_OK);
	assert_causes(&h, "058", list, "received-date 1");
	tables_free(&h);
}

/* An export that wrote UTC and did not say so: the very same moment, seven hours apart. */
static void test_utc_read_as_local_time(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	known(&h, "A", "05801", "2024-05-01T02:10:00");
	known(&h, "B", "05801", "2024-05-01T02:11:00");
	static const char rest[] = "2024-05-20,2024-05-14,2024-05-15,\n";
	char list[512];
	(void)snprintf(list, sizeof(list),
		       HEAD "A,05801,returned,30/04/2024 19:10,%sB,05801,returned,2024-04-30,%s", rest, rest);
	assert_causes(&h, "058", list, "received-date 1, times 1");
	tables_free(&h);
}

static void print_document(const void *context, FILE *out)
{
	const void *const *both = context;
	const struct hub_tables *h = both[1];
	assert_int_equal(explain_print(both[0], h->registry, REPORT_JSON, 0, out), STATUS_OK);
}

static void print_for_people(const void *context, FILE *out)
{
	const void *const *both = context;
	const struct hub_tables *h = both[1];
	assert_int_equal(explain_print(both[0], h->registry, REPORT_TABLE, 1, out), STATUS_OK);
}

/* The sums are counted apart from the causes: what these leave over would be seen. */
static void test_what_the_causes_leave_over(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	struct explain e = explained(&h, "058", HEAD);
	const void *const both[] = {&e, &h};
	assert_false(explain_differs(&e));
	char *text = printed(print_for_people, both);
	assert_null(strstr(text, "unexplained"));
	free(text);
	e.here.received++;
	assert_true(explain_differs(&e));
	assert_int_equal(explain_rest(&e, CELL_RECEIVED), 1);
	text = printed(print_for_people, both);
	assert_non_null(strstr(text, "unexplained: received +1\n"));
	free(text);
	explain_free(&e);
	tables_free(&h);
}

/* Nothing of the file but codes and counts comes out, nor stays. */
static void test_no_other_column_is_kept(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	struct explain e = explained(
		&h, "058", "code,received_at,procedure,domain,owner\nX,2024-05-06,1.0001,Secret,Secret\n");
	int n = 0;
	struct query q = query_start(e.scratch, "SELECT record FROM foreign_row");
	while (query_row(&q)) {
		struct slice record = query_get_blob(&q, 0);
		n++;
		for (size_t i = 0; i + 6 <= record.len; i++) {
			assert_int_not_equal(memcmp(record.data + i, "Secret", 6), 0);
			assert_int_not_equal(memcmp(record.data + i, "1.0001", 6), 0);
		}
	}
	assert_int_equal(query_finish(&q), STATUS_OK);
	assert_int_equal(n, 1);
	const void *const both[] = {&e, &h};
	char *text = printed(print_document, both);
	assert_non_null(strstr(text, "\"X\""));
	assert_null(strstr(text, "Secret"));
	free(text);
	explain_free(&e);
	tables_free(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_same_list_has_nothing_to_tell),
		cmocka_unit_test(test_presence),
		cmocka_unit_test(test_a_code_in_several_rows),
		cmocka_unit_test(test_units),
		cmocka_unit_test(test_void_and_without_a_say),
		cmocka_unit_test(test_a_code_that_was_split),
		cmocka_unit_test(test_a_contradiction_here),
		cmocka_unit_test(test_utc_read_as_local_time),
		cmocka_unit_test(test_what_the_causes_leave_over),
		cmocka_unit_test(test_no_other_column_is_kept),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
