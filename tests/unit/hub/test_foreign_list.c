#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "explain_fixture.h"

#define BIT(field) (UINT64_C(1) << (field))

struct gathered {
	int rows;
	struct foreign_row last;
	char unit[16];
	uint8_t status_in_may;
};

static enum status gather(void *context, const struct foreign_row *row)
{
	struct gathered *g = context;
	g->rows++;
	g->last = *row;
	(void)snprintf(g->unit, sizeof(g->unit), "%.*s", (int)row->unit.len, (const char *)row->unit.data);
	g->status_in_may = dossier_status_on(&row->facts, day("2024-05-20"));
	return STATUS_OK;
}

static struct gathered rows_of(const struct explain *e, const char *code)
{
	struct gathered g = {0};
	assert_int_equal(foreign_list_rows(e->scratch, slice_str(code), gather, &g), STATUS_OK);
	return g;
}

static void test_facts_of_a_row(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	struct explain e =
		explained(&h, "27",
			  "Mã hồ sơ;Đơn vị;Trạng thái;Hình thức tiếp nhận;Ngày tiếp nhận;Ngày hẹn trả;Phí\n"
			  "A;05801;Yêu cầu bổ sung;Trực tuyến;06/05/2024 08:30;20/05/2024;15000\n");
	struct gathered g = rows_of(&e, "A");
	assert_int_equal(g.rows, 1);
	assert_int_equal(g.last.n, 1);
	assert_string_equal(g.unit, "05801");
	assert_int_equal(g.last.facts.status, DOSSIER_NEED_DOCS);
	assert_int_equal(g.last.facts.status_at, TIME_UNSET);
	assert_int_equal(g.last.facts.channel, CHANNEL_ONLINE);
	assert_int_equal(g.last.facts.received, day("2024-05-06"));
	assert_int_equal(g.last.received_at, at("2024-05-06T08:30:00"));
	assert_int_equal(g.last.facts.due_at, at("2024-05-20"));
	assert_int_equal(g.last.facts.finished, DAY_UNSET);
	assert_true(g.last.facts.fee_due);
	/* The status of the list holds for any day that is asked. */
	assert_int_equal(g.status_in_may, DOSSIER_NEED_DOCS);
	assert_int_equal(e.list.silent & BIT(FIELD_CHANNEL), 0);
	assert_int_not_equal(e.list.silent & BIT(FIELD_RETURNED_AT), 0);
	bool has = true;
	assert_int_equal(foreign_list_has(e.scratch, slice_str("B"), &has), STATUS_OK);
	assert_false(has);
	explain_free(&e);
	tables_free(&h);
}

/* A cell that cannot be read leaves the rest of its row as it is, and is told by field and reason. */
static void test_cells_that_cannot_be_read(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	struct explain e = explained(&h, "27",
				     "code,status,received_at,due_at,rating,unit,domain\n"
				     "A,nonsense,31/02/2024,2024-05-20,9,Phường Một,\n"
				     "B,done,2024-05-06,,,,\n"
				     "C,,soon,,,,\n"
				     ",accepted,2024-05-06,,,,\n"
				     "D,accepted,2024-05-06,,,,,,one too many\n"
				     "E,,,,,,Hộ tịch\n");
	assert_int_equal(e.list.rows, 4);
	assert_int_equal(rows_of(&e, "E").last.facts.received, DAY_UNSET);
	assert_int_equal(e.list.refused, 2);
	assert_int_equal(e.list.unread, 4);
	assert_int_equal(rows_of(&e, "A").last.unread,
			 BIT(FIELD_STATUS) | BIT(FIELD_RECEIVED_AT) | BIT(FIELD_RATING));
	assert_int_equal(rows_of(&e, "A").last.facts.due, day("2024-05-20"));
	assert_int_equal(rows_of(&e, "B").last.unread, 0);
	assert_int_equal(rows_of(&e, "C").last.unread, BIT(FIELD_RECEIVED_AT));
	assert_int_equal(e.list.n_faults, 6);
	assert_int_equal(e.list.faults[4].line, 5);
	assert_int_equal(e.list.faults[4].field, FIELD_COUNT);
	assert_string_equal(e.list.faults[4].reason, "no-key");
	/* A list that names units by their names says nothing of units. */
	assert_int_not_equal(e.list.silent & BIT(FIELD_UNIT), 0);
	explain_free(&e);
	tables_free(&h);
}

static void test_dates_that_cannot_be(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	struct explain e = explained(&h, "27",
				     "code,received_at,due_at,finished_at,returned_at\n"
				     "A,2024-05-06,2030-01-01,2026-01-02,\n"
				     "B,2024-05-06,,1900-01-01,2024-05-07\n"
				     "C,2024-05-06,,2024-05-05,2024-05-07\n"
				     "D,1989-12-31,,1990-01-01,2026-01-01\n");
	assert_int_equal(rows_of(&e, "A").last.unread, BIT(FIELD_FINISHED_AT));
	assert_int_equal(rows_of(&e, "B").last.unread, BIT(FIELD_FINISHED_AT) | BIT(FIELD_RECEIVED_AT));
	assert_int_equal(rows_of(&e, "C").last.unread, BIT(FIELD_FINISHED_AT) | BIT(FIELD_RECEIVED_AT));
	assert_int_equal(rows_of(&e, "D").last.unread, BIT(FIELD_RECEIVED_AT));
	/* They are counted there as they stand. */
	assert_int_equal(rows_of(&e, "A").last.facts.finished, day("2026-01-02"));
	assert_string_equal(e.list.faults[0].reason, "wrong-date");
	explain_free(&e);
	tables_free(&h);
}

static void test_lists_that_cannot_be_counted(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	static const char *const cases[][2] = {
		{"no,heading\n1,2\n", "header-unknown"},
		{"code,status\nA,done\n", "no-receipt-dates"},
		{"code,code,received_at\nA,A,2024-05-06\n", "header-repeated"},
		{"", "empty"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct explain e;
		assert_int_equal(explain_text(&h, "27", cases[i][0], &e), STATUS_REFUSED);
		assert_string_equal(e.list.reason, cases[i][1]);
		explain_free(&e);
	}
	struct explain_query query = may_of(&h, "27");
	struct explain e;
	assert_int_equal(explain_list(h.db, h.registry, &query, "/nowhere", NULL, &e), STATUS_EMPTY);
	explain_free(&e);
	assert_int_equal(explain_list(h.db, h.registry, &query, "/tmp", NULL, &e), STATUS_REFUSED);
	assert_string_equal(e.list.reason, "not-a-file");
	explain_free(&e);
	tables_free(&h);
}

/* Records of other kinds, joined codes and what was taken back are no dossiers that count. */
static void test_rows_that_do_not_count(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	struct explain e =
		explained(&h, "27",
			  "{\"kind\":\"equipment\",\"asset\":\"M-1\",\"type\":\"computer\"}\n"
			  "{\"kind\":\"dossier\",\"code\":\"L-1-1-240506-1\",\"replaced_by\":\"A\"}\n"
			  "{\"kind\":\"dossier\",\"code\":\"B\",\"received_at\":\"2024-05-06\",\"void\":true}\n"
			  "{\"kind\":\"dossier\",\"code\":\"A\",\"received_at\":\"2024-05-06\",\"void\":false}\n");
	assert_int_equal(e.list.others, 1);
	assert_int_equal(e.list.taken_back, 2);
	assert_int_equal(e.list.rows, 1);
	assert_int_equal(e.there.received, 1);
	explain_free(&e);
	tables_free(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_facts_of_a_row),         cmocka_unit_test(test_cells_that_cannot_be_read),
		cmocka_unit_test(test_dates_that_cannot_be),   cmocka_unit_test(test_lists_that_cannot_be_counted),
		cmocka_unit_test(test_rows_that_do_not_count),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
