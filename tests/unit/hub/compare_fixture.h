/*
 * What the hub has of a PC in March 2024, as a line of text for each thing, for the tests of comparing. Included
 * after hub_fixture.h.
 */
#ifndef MOTCUA_TESTS_COMPARE_FIXTURE_H
#define MOTCUA_TESTS_COMPARE_FIXTURE_H

#include "hub/compare.h"

static const struct period MARCH = {START_DAY, START_DAY + 30};

static inline struct compare_view *scan_up_to(struct fixture *f, const struct pc *pc, uint64_t up_to)
{
	struct device device;
	struct compare_view *view = NULL;
	assert_int_equal(registry_find_device(f->hub->registry, pc->id, &device), STATUS_OK);
	const struct compare_plan plan = {.device = &device, .days = MARCH, .up_to = up_to};
	assert_int_equal(database_snapshot(f->hub->db), STATUS_OK);
	assert_int_equal(compare_scan(f->hub, &plan, &view), STATUS_OK);
	database_rollback(f->hub->db);
	return view;
}

static inline struct compare_view *scan(struct fixture *f, const struct pc *pc)
{
	return scan_up_to(f, pc, UINT64_MAX);
}

/* "A-1 B-2!": keys in their order, ! where a mark stands. */
static inline void assert_lines(const struct compare_view *view, const char *expected)
{
	char text[512] = "";
	for (size_t i = 0; i < view->digest.n_lines; i++) {
		const struct digest_line *line = &view->digest.lines[i];
		size_t at = strlen(text);
		(void)snprintf(text + at, sizeof(text) - at, "%s%.*s%s", i == 0 ? "" : " ", (int)line->key.len,
			       (const char *)line->key.data, line->marks != 0 ? "!" : "");
	}
	assert_string_equal(text, expected);
}

static inline void assert_has(struct fixture *f, const struct pc *pc, const char *expected)
{
	struct compare_view *view = scan(f, pc);
	assert_lines(view, expected);
	compare_view_free(view);
}

static inline void code_of(struct fixture *f, const struct pc *pc, char ret_code[static DIGEST_CODE_TEXT])
{
	struct compare_view *view = scan(f, pc);
	(void)compare_code(view, MARCH, ret_code);
	compare_view_free(view);
}

#endif
