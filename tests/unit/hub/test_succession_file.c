#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hub/act_units.h"
#include "hub/device_acts.h"
#include "hub/refold.h"
#include "hub/retry.h"
#include "hub/succession_file.h"
#include "hub/verify.h"
#include "tests/unit/hub/hub_fixture.h"

/* The fixture's clock stands in March 2024: from 1 April 05801 and 05802 are one, and 05901 is divided. */
#define CHANGE "2024-04-01"
#define HEADER "old,new,from,kind\n"

static const char NEW_UNITS[] = "code,name,level,parent,valid_from,valid_to\n"
				"05801,Xa A1,commune,058,,2024-03-31\n05802,Xa A2,commune,058,,2024-03-31\n"
				"05901,Xa B1,commune,059,,2024-03-31\n"
				"05801,Phuong A,commune,058," CHANGE ",\n05901,Xa B1 moi,commune,059," CHANGE ",\n"
				"05902,Xa B2,commune,059," CHANGE ",\n";
static const char ROWS[] = HEADER "05801,05801," CHANGE ",merge\n05802,05801," CHANGE ",merge\n"
				  "05901,05901," CHANGE ",split\n05901,05902," CHANGE ",split\n";

static enum status import_rows(struct hub *hub, const char *csv, bool known_only, struct units_count *count,
			       struct units_fault *fault)
{
	struct succession_plan plan = {.file = tmpfile(), .who = "tester", .known_only = known_only};
	assert_non_null(plan.file);
	assert_int_equal(fwrite(csv, 1, strlen(csv), plan.file), strlen(csv));
	rewind(plan.file);
	enum status s = succession_import(hub, &plan, count, fault);
	assert_int_equal(fclose(plan.file), 0);
	return s;
}

static void take_rows(struct fixture *f, const char *csv, int64_t expected)
{
	struct units_count count = {0};
	struct units_fault fault;
	assert_int_equal(import_rows(f->hub, csv, false, &count, &fault), STATUS_OK);
	assert_true(count.taken == expected && count.left_out == 0);
}

static void take_units(struct fixture *f, const char *csv)
{
	struct units_fault fault;
	assert_int_equal(import_units(f->hub, csv, &fault), STATUS_OK);
}

static void refused(struct fixture *f, const char *csv, int64_t line, const char *column, const char *unit,
		    const char *reason)
{
	struct units_count count = {0};
	struct units_fault fault;
	int64_t entries = number(f->hub, "SELECT count(*) FROM log");
	assert_int_equal(import_rows(f->hub, csv, false, &count, &fault), STATUS_REFUSED);
	assert_string_equal(fault.reason, reason);
	assert_string_equal(fault.unit, unit);
	assert_string_equal(fault.column == NULL ? "" : fault.column, column);
	assert_true(fault.line == line);
	assert_true(number(f->hub, "SELECT count(*) FROM log") == entries);
}

static void test_every_fault_is_told_with_row_and_column(void **state)
{
	struct fixture *f = *state;
	refused(f, HEADER "05801,05802," CHANGE ",merge\n", 2, "old", "05801", "succession-not-ended");
	take_units(f, NEW_UNITS);
	refused(f, HEADER ",05801," CHANGE ",merge\n", 2, "old", "", "succession-code");
	refused(f, HEADER "05802,a b," CHANGE ",merge\n", 2, "new", "05802", "succession-code");
	refused(f, HEADER "05802,05801,soon,merge\n", 2, "from", "05802", "succession-date");
	refused(f, HEADER "05802,05801,,merge\n", 2, "from", "05802", "succession-date");
	refused(f, HEADER "05802,05801," CHANGE ",melt\n", 2, "kind", "05802", "succession-kind");
	refused(f, HEADER "05802,05801," CHANGE ",\n", 2, "kind", "05802", "succession-kind");
	refused(f, HEADER "09999,05801," CHANGE ",merge\n", 2, "old", "09999", "succession-unknown");
	refused(f, HEADER "05802,09999," CHANGE ",merge\n", 2, "new", "09999", "succession-unknown");
	refused(f, HEADER "05902,05902,2024-05-01,merge\n", 2, "new", "05902", "succession-same");
	refused(f, HEADER "05802,05801,2024-04-02,merge\n", 2, "old", "05802", "succession-not-before");
	refused(f, HEADER "05801,05902,2024-03-01,split\n", 2, "new", "05902", "succession-not-after");
	refused(f, HEADER "05802,05902," CHANGE ",merge\n05802,05801," CHANGE ",merge\n", 3, "kind", "05802",
		"succession-several");
	refused(f, HEADER "05802,05902," CHANGE ",split\n05802,05801," CHANGE ",merge\n", 3, "kind", "05802",
		"succession-several");
	refused(f, HEADER "05802,05801," CHANGE ",merge\n05802,05801," CHANGE ",merge\n", 3, "new", "05802",
		"succession-twice");
	refused(f, HEADER, 0, "", "", "empty");
	refused(f, "old,new\n05802,05801\n", 2, "from", "05802", "succession-date");
	refused(f, HEADER "05802,05801," CHANGE ",merge,more\n", 2, "", "", "shape");
}

static void test_rows_of_other_provinces_can_be_left_out(void **state)
{
	struct fixture *f = *state;
	struct units_count count = {0};
	struct units_fault fault;
	take_units(f, NEW_UNITS);
	assert_int_equal(import_rows(f->hub,
				     HEADER "05802,05801," CHANGE ",merge\n1,2," CHANGE ",merge\n"
					    "05901,3," CHANGE ",split\n05902,05901," CHANGE ",merge\n",
				     true, &count, &fault),
			 STATUS_OK);
	assert_true(count.taken == 1 && count.left_out == 3); /* 05902 was no unit the day before */
	assert_int_equal(import_rows(f->hub, HEADER "1,2," CHANGE ",merge\n", true, &count, &fault),
			 STATUS_REFUSED);
	assert_string_equal(fault.reason, "empty");
}

/* What is stated of an old unit for a day replaces what was stated before; other units and days stay. */
static void test_a_later_file_has_the_last_word_on_its_units(void **state)
{
	struct fixture *f = *state;
	take_units(f, NEW_UNITS);
	take_rows(f, ROWS, 4);
	take_rows(f, HEADER "05901,05902," CHANGE ",merge\n", 1);
	assert_true(number(f->hub, "SELECT count(*) FROM succession") == 3);
	assert_true(number(f->hub, "SELECT kind FROM succession WHERE old = '05901'") == SUCCESSION_MERGE);
}

static void import_faulty(struct fixture *f, const char *csv, const char *reason)
{
	struct units_fault fault;
	assert_int_equal(import_units(f->hub, csv, &fault), STATUS_REFUSED);
	assert_string_equal(fault.reason, reason);
	assert_true(fault.line > 0);
}

#define UNIT_HEADER "code,name,level,parent,valid_from,valid_to\n"

static void test_one_code_for_one_unit_after_the_other(void **state)
{
	struct fixture *f = *state;
	/* A later first day ends what had the code before; the same first day is the same unit. */
	take_units(f, UNIT_HEADER "05801,Later,commune,058,2024-06-01,\n");
	assert_true(number(f->hub, "SELECT valid_to FROM unit WHERE code = '05801' AND valid_from IS NULL") ==
		    START_DAY + 91);
	take_units(f, UNIT_HEADER "05801,Later still,commune,058,2024-06-01,2024-12-31\n");
	assert_true(number(f->hub, "SELECT count(*) FROM unit WHERE code = '05801'") == 2);
	import_faulty(f, UNIT_HEADER "05801,Which,commune,058,,\n", "unit-versions");
	import_faulty(f, UNIT_HEADER "05801,A,commune,058,2024-05-01,2024-07-01\n", "unit-overlap");
	import_faulty(f, UNIT_HEADER "1,A,commune,058,2024-05-01,2024-07-01\n1,B,commune,058,2024-07-01,\n",
		      "unit-twice");
	import_faulty(f, UNIT_HEADER "28,Other,province,,,\n", "unit-province");
	/* All days of the later one: it is replaced. */
	take_units(f, UNIT_HEADER "05801,Earlier,commune,058,2024-05-01,\n");
	assert_true(number(f->hub, "SELECT count(*) FROM unit WHERE code = '05801'") == 2);
	assert_true(number(f->hub, "SELECT count(*) FROM unit WHERE name LIKE 'Later%'") == 0);
	/* A former province and what was below it. */
	take_units(f, UNIT_HEADER "28,Former,province,,,2024-05-31\n2801,Xa,commune,28,,2024-05-31\n");
	import_faulty(f, UNIT_HEADER "2802,Xa,commune,28,2024-06-01,\n", "unit-parent-days");
}

static void take_plan(struct fixture *f, const char *csv, struct units_plan plan, enum status expected,
		      struct units_count *count, struct units_fault *fault)
{
	plan.file = tmpfile();
	plan.who = "tester";
	assert_non_null(plan.file);
	assert_int_equal(fwrite(csv, 1, strlen(csv), plan.file), strlen(csv));
	rewind(plan.file);
	assert_int_equal(units_import_plan(f->hub, &plan, count, fault), expected);
	assert_int_equal(fclose(plan.file), 0);
}

/* A list of the whole country, without days of its own. */
static void test_only_a_part_of_a_list_and_with_days_for_all(void **state)
{
	struct fixture *f = *state;
	struct units_count count = {0};
	struct units_fault fault;
	static const char country[] =
		UNIT_HEADER "27,Own,province,,,\n28,Former,province,,,\n29,Other,province,,,\n"
			    "281,Huyen,district,28,,\n28101,Xa,commune,281,,\n"
			    "29101,Xa,commune,29,,\n05811,Xa,commune,058,,\n";
	struct units_plan plan = {.valid_from = DAY_UNSET, .valid_to = START_DAY, .only = "27,28"};
	take_plan(f, country, plan, STATUS_OK, &count, &fault);
	assert_true(count.taken == 5 && count.left_out == 2);
	assert_true(number(f->hub, "SELECT count(*) FROM unit WHERE valid_to = 19783") == 5);
	assert_int_equal(registry_find_unit(f->hub->registry, slice_str("29")), UNIT_NONE);
	plan.only = "30";
	take_plan(f, "code,name,level,parent\n29,Other,province,\n", plan, STATUS_REFUSED, &count, &fault);
	assert_string_equal(fault.reason, "unit-none-chosen");
	plan = (struct units_plan){.valid_from = START_DAY + 1, .valid_to = DAY_UNSET};
	take_plan(f, "code,name,level,parent\n27,Own,province,\n", plan, STATUS_OK, &count, &fault);
	assert_true(number(f->hub, "SELECT count(*) FROM unit WHERE code = '27'") == 2);
}

/* --- what comes of it --- */

static struct slice say(struct fixture *f, struct pc *pc, const char *code, const char *unit, struct bytes *out)
{
	struct change c = dossier_of(code, f->now, unit);
	struct bytes batch = next_batch(f, pc, &c, 1);
	struct request request = request_of(f, pc);
	struct bytes body = body_of(f, pc, &request, &batch, 1);
	bytes_clear(out);
	assert_int_equal(exchange(f->hub, bytes_slice(&body), out), STATUS_OK);
	bytes_free(&batch);
	bytes_free(&body);
	return bytes_slice(out);
}

static int64_t counted(struct fixture *f, const char *unit)
{
	struct query q = query_start(f->hub->db, "SELECT count(*) FROM dossier WHERE unit = ?1");
	query_str(&q, 1, unit);
	assert_true(query_row(&q));
	int64_t count = query_get_int(&q, 0);
	assert_int_equal(query_finish(&q), STATUS_OK);
	return count;
}

/* Everything again from the log: the same tables. */
static void assert_rebuilt(struct fixture *f)
{
	struct bytes before = derived_rows(f->hub);
	struct hub_transaction t;
	struct state s = state_of(f->hub);
	assert_int_equal(hub_begin(f->hub, &t), STATUS_OK);
	assert_int_equal(hub_end(&t, state_rebuild(&s, f->hub->db)), STATUS_OK);
	state_clear(&s);
	assert_derived(f->hub, &before);
	bytes_free(&before);
}

/* L5, rule 5: the verdict is given once, by what was known then; another is had by retry alone. */
static void test_verdicts_stay_and_retry_asks_again(void **state)
{
	struct fixture *f = *state;
	struct bytes out = bytes_new(LIMIT_REPLY);
	struct pc a2 = enrolled_pc(f, 1, "05802");
	struct pc b1 = enrolled_pc(f, 2, "05901");
	struct retry_count retried = {0};
	(void)say(f, &a2, "A-1", "05802", &out);
	f->now += 40 * DAY; /* 10 April */
	(void)say(f, &a2, "A-2", "05801", &out);
	(void)say(f, &b1, "B-1", "05901", &out);
	assert_true(counted(f, "05801") == 0);
	take_units(f, NEW_UNITS);
	take_rows(f, ROWS, 4);
	assert_true(counted(f, "05801") == 0);
	assert_rebuilt(f);
	assert_int_equal(retry_run(f->hub, "tester", &retried), STATUS_OK);
	assert_true(retried.judged == 1 && retried.taken == 1 && counted(f, "05801") == 1);
	(void)say(f, &a2, "A-3", "05801", &out);
	(void)say(f, &b1, "B-2", "05902", &out);
	assert_true(counted(f, "05801") == 2 && counted(f, "05902") == 0);
	assert_int_equal(device_assign(f->hub, b1.id, "05902", START_DAY + 40, "tester"), STATUS_OK);
	assert_int_equal(device_assign(f->hub, b1.id, "05902", START_DAY + 41, "tester"), STATUS_REFUSED);
	assert_int_equal(device_assign(f->hub, b1.id, "05802", START_DAY + 40, "tester"), STATUS_EMPTY);
	assert_int_equal(device_assign(f->hub, b1.id, "0599", START_DAY + 40, "tester"), STATUS_EMPTY);
	assert_int_equal(retry_run(f->hub, "tester", &retried), STATUS_OK);
	assert_true(retried.taken == 1 && counted(f, "05902") == 1);
	assert_true(number(f->hub, "SELECT count(*) FROM conflict") == 0);
	assert_rebuilt(f);
	bytes_free(&out);
	signing_key_free(a2.key);
	signing_key_free(b1.key);
}

/* An assignment reaches back to its first day and no further, also for what was refused. */
static void test_an_assignment_speaks_from_its_day_on(void **state)
{
	struct fixture *f = *state;
	struct bytes out = bytes_new(LIMIT_REPLY);
	struct pc pc = enrolled_pc(f, 1, "05801");
	struct retry_count retried = {0};
	(void)say(f, &pc, "A-1", "05901", &out);
	f->now += 2 * DAY;
	(void)say(f, &pc, "A-2", "05901", &out);
	assert_int_equal(device_assign(f->hub, pc.id, "05901", START_DAY + 1, "tester"), STATUS_OK);
	assert_int_equal(retry_run(f->hub, "tester", &retried), STATUS_OK);
	assert_true(retried.judged == 2 && retried.taken == 1);
	assert_true(number(f->hub, "SELECT count(*) FROM dossier WHERE code = 'A-2'") == 1);
	assert_rebuilt(f);
	bytes_free(&out);
	signing_key_free(pc.key);
}

/* A dossier that goes over from a unit to what succeeded it is no contradiction. */
static void test_going_over_is_no_conflict(void **state)
{
	struct fixture *f = *state;
	struct bytes out = bytes_new(LIMIT_REPLY);
	struct pc b1 = enrolled_pc(f, 1, "05901");
	(void)say(f, &b1, "B-1", "05901", &out);
	f->now += 40 * DAY;
	take_units(f, NEW_UNITS);
	struct pc b2 = enrolled_pc(f, 2, "05902");
	(void)say(f, &b2, "B-1", "05902", &out);
	assert_true(number(f->hub, "SELECT count(*) FROM conflict") == 1);
	take_rows(f, ROWS, 4);
	assert_true(number(f->hub, "SELECT reasons FROM conflict") == 4); /* two receipt dates, and no more */
	bytes_free(&out);
	signing_key_free(b1.key);
	signing_key_free(b2.key);
}

static void test_an_older_database_is_folded_again_once(void **state)
{
	struct fixture *f = *state;
	struct bytes out = bytes_new(LIMIT_REPLY);
	struct pc pc = enrolled_pc(f, 1, "05801");
	(void)say(f, &pc, "A-1", "05801", &out);
	struct bytes before = derived_rows(f->hub);
	assert_int_equal(refold_if_due(f->hub), STATUS_OK);
	sql(f, "UPDATE dossier SET unit_day = 0; INSERT INTO note (name, value) VALUES ('refold', x'')");
	reopen_hub(f);
	assert_derived(f->hub, &before);
	assert_true(number(f->hub, "SELECT count(*) FROM note WHERE name = 'refold'") == 0);
	bytes_free(&before);
	bytes_free(&out);
	signing_key_free(pc.key);
}

static void test_bodies_read_back_and_refuse_another_form(void **state)
{
	(void)state;
	struct bytes body = bytes_new(1000);
	struct succession_row row = {
		.old = slice_str("05801"), .heir = slice_str("1"), .from = -7, .kind = SUCCESSION_TRANSFER};
	struct succession_row read;
	act_succession_put(&body, &row);
	struct cbor r = cbor_reader(body.data, body.len);
	act_succession_take(&r, &read);
	assert_int_equal(cbor_end(&r), STATUS_OK);
	assert_true(slice_equal(read.old, row.old) && slice_equal(read.heir, row.heir));
	assert_true(read.from == -7 && read.kind == SUCCESSION_TRANSFER);
	bytes_clear(&body);
	row.kind = SUCCESSION_SAME; /* never stated */
	act_succession_put(&body, &row);
	r = cbor_reader(body.data, body.len);
	act_succession_take(&r, &read);
	assert_int_equal(cbor_status(&r), STATUS_MALFORMED);
	struct assign_act assign = {.device = {1, 2, 3}, .unit = slice_str("05801"), .from = 19000};
	struct assign_act again;
	bytes_clear(&body);
	act_assign_put(&body, &assign);
	assert_int_equal(act_assign_take(bytes_slice(&body), &again), STATUS_OK);
	assert_memory_equal(again.device, assign.device, DEVICE_ID_LEN);
	assert_true(slice_equal(again.unit, assign.unit) && again.from == assign.from);
	for (size_t len = 0; len < body.len; len++)
		assert_int_equal(act_assign_take(slice_of(body.data, len), &again), STATUS_MALFORMED);
	bytes_free(&body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		HUB_TEST(test_every_fault_is_told_with_row_and_column),
		HUB_TEST(test_rows_of_other_provinces_can_be_left_out),
		HUB_TEST(test_a_later_file_has_the_last_word_on_its_units),
		HUB_TEST(test_one_code_for_one_unit_after_the_other),
		HUB_TEST(test_only_a_part_of_a_list_and_with_days_for_all),
		HUB_TEST(test_verdicts_stay_and_retry_asks_again),
		HUB_TEST(test_an_assignment_speaks_from_its_day_on),
		HUB_TEST(test_going_over_is_no_conflict),
		HUB_TEST(test_an_older_database_is_folded_again_once),
		cmocka_unit_test(test_bodies_read_back_and_refuse_another_form),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
