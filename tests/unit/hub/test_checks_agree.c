/* No false alarms: figures that are made to agree, at random, and checks over all of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "data_fixture.h"
#include "figures_fixture.h"
#include "hub/checks.h"

enum { ROUNDS = 40 };

static const char DECLARED[] =
	"[total]\nall = first + second\n[rate]\nfirst-rate = first / first-of\nsecond-rate = second / second-of\n"
	"all-rate = first + second / first-of + second-of\n[combined]\nall-rate = first-rate, second-rate\n"
	"[part]\nfirst = first-of\nsecond = second-of\n[same]\nof pair = first-of\n";

static uint64_t luck;

static int64_t random_up_to(int64_t most)
{
	luck = luck * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (int64_t)((luck >> 33) % (uint64_t)(most + 1));
}

static void say_number(struct hub_tables *h, int device, const char *unit, const char *name, int64_t value,
		       int64_t of)
{
	char fields[80];
	if (of == 0)
		(void)snprintf(fields, sizeof(fields), "value=%lld", (long long)value);
	else
		(void)snprintf(fields, sizeof(fields), "value=%lld of=%lld", (long long)value, (long long)of);
	report_q2(h, device, unit, name, fields);
}

/* A rate as it is printed: with 0 to 4 decimals, half a unit rounded up. */
static void say_rate(struct hub_tables *h, int device, const char *unit, const char *name, int64_t part, int64_t of)
{
	int64_t scale = 100;
	for (int64_t places = random_up_to(4); places > 0; places--)
		scale *= 10;
	say_number(h, device, unit, name, (2 * part * scale + of) / (2 * of), scale);
}

struct counts {
	int64_t first, first_of, second, second_of;
};

static void say_all(struct hub_tables *h, int device, const char *unit, const struct counts *c)
{
	say_number(h, device, unit, "first", c->first, 0);
	say_number(h, device, unit, "first-of", c->first_of, 0);
	say_number(h, device, unit, "second", c->second, 0);
	say_number(h, device, unit, "second-of", c->second_of, 0);
	say_number(h, device, unit, "all", c->first + c->second, 0);
	say_number(h, device, unit, "pair", c->first, c->first_of);
	say_rate(h, device, unit, "first-rate", c->first, c->first_of);
	say_rate(h, device, unit, "second-rate", c->second, c->second_of);
	say_rate(h, device, unit, "all-rate", c->first + c->second, c->first_of + c->second_of);
}

static struct counts random_counts(void)
{
	int64_t most = random_up_to(1) == 0 ? 20 : 300000;
	struct counts c = {.first_of = 1 + random_up_to(most), .second_of = 1 + random_up_to(most)};
	c.first = random_up_to(c.first_of);
	c.second = random_up_to(c.second_of);
	return c;
}

static void check(const struct hub_tables *h, const struct check_list *list)
{
	struct checks_query query = {.figures = second_quarter(), .list = list, .unit = unit_index(h, "27")};
	struct checks_report report;
	assert_int_equal(checks_compute(h->db, h->registry, &query, &report), STATUS_OK);
	assert_int_equal(checks_count(&report, SEVERITY_CONTRADICTION), 0);
	assert_int_equal(report.n_unchecked, 0);
	assert_true(report.n_checked > 30); /* three units with ten declared ones each */
	checks_clear(&report);
}

static void test_figures_that_agree_are_left_alone(void **state)
{
	(void)state;
	struct data_directory data = data_directory_new("checks");
	struct check_list *list = NULL;
	struct named_file_fault fault;
	data_directory_put(&data, "ours", DECLARED);
	assert_int_equal(check_list_read("ours", data.path, &list, &fault), STATUS_OK);
	for (luck = 1; luck <= ROUNDS; luck++) {
		uint64_t seed = luck;
		struct hub_tables h = tables_new();
		struct counts a = random_counts();
		struct counts b = random_counts();
		struct counts sum = {.first = a.first + b.first,
				     .first_of = a.first_of + b.first_of,
				     .second = a.second + b.second,
				     .second_of = a.second_of + b.second_of};
		say_all(&h, 1, "05801", &a);
		say_all(&h, 2, "05802", &b);
		say_all(&h, 4, "058", &sum);
		check(&h, list);
		tables_free(&h);
		luck = seed;
	}
	free(list);
	data_directory_free(&data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_figures_that_agree_are_left_alone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
