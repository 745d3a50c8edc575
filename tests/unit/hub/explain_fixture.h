/* Lists as files beside the small province of reading_fixture.h. Included by each test after cmocka.h. */
#ifndef MOTCUA_TESTS_EXPLAIN_FIXTURE_H
#define MOTCUA_TESTS_EXPLAIN_FIXTURE_H

#include <unistd.h>

#include "hub/explain.h"
#include "reading_fixture.h"

enum { LIST_PATH = 32 };

/* Writes a list; remove it. */
static inline void write_list(const char *text, char ret_path[static LIST_PATH])
{
	(void)snprintf(ret_path, LIST_PATH, "/tmp/motcua-list-XXXXXX");
	int fd = mkstemp(ret_path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(close(fd), 0);
}

/* May 2024 of the district 058, asked long after. */
static inline struct explain_query may_of(const struct hub_tables *h, const char *unit)
{
	return (struct explain_query){.period = {.from = day("2024-05-01"), .to = day("2024-05-31")},
				      .today = day("2026-01-01"),
				      .unit = unit_index(h, unit),
				      .rule = &COUNT_FORM06,
				      .against = &COUNT_FORM06};
}

static inline enum status explain_text(struct hub_tables *h, const char *unit, const char *list,
				       struct explain *ret_explain)
{
	char path[LIST_PATH];
	struct explain_query query = may_of(h, unit);
	struct unit_map map;
	assert_int_equal(unit_map_new(h->registry, query.period.to, &map), STATUS_OK);
	query.map = &map;
	write_list(list, path);
	enum status s = explain_list(h->db, h->registry, &query, path, NULL, ret_explain);
	unit_map_free(&map);
	assert_int_equal(unlink(path), 0);
	return s;
}

static inline struct explain explained(struct hub_tables *h, const char *unit, const char *list)
{
	struct explain e;
	assert_int_equal(explain_text(h, unit, list, &e), STATUS_OK);
	for (int i = 0; i < DIFFERENCE_CELLS; i++)
		assert_int_equal(explain_rest(&e, (enum difference_cell)i), 0);
	return e;
}

/* The causes found, in the order of the table: "void 1, unit 2". */
static inline const char *causes_of(const struct explain *e, char ret_text[static 256])
{
	size_t len = 0;
	ret_text[0] = '\0';
	for (int i = 0; i < DIFFERENCE_CAUSES; i++)
		if (e->of_cause[i] != 0)
			len += (size_t)snprintf(ret_text + len, 256 - len, "%s%s %d", len == 0 ? "" : ", ",
						difference_cause_name((enum difference_cause)i),
						(int)e->of_cause[i]);
	return ret_text;
}

static inline void assert_causes(struct hub_tables *h, const char *unit, const char *list, const char *expected)
{
	char found[256];
	struct explain e = explained(h, unit, list);
	assert_string_equal(causes_of(&e, found), expected);
	explain_free(&e);
}

#endif
